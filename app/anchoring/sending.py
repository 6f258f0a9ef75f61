"""From a sealed checkpoint to receipts: submit, confirm, receipt, and what to do when the chain forgot.

Each step takes its own transaction through `Steps.engine` and is safe to repeat after a crash at any line.
"""

import json
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.anchoring import service, store
from app.anchoring.model import AnchorCall, Checkpoint, CheckpointState, Entry, Inclusion, Log, SentTransaction
from app.anchoring.ports import Chain, ReceiptSigner, Wallet
from app.anchoring.tiles import TileSet
from app.database import transaction
from app.errors import NotFound, OutsideFailed
from app.standards import data_integrity, merkle
from app.standards.anchor_receipt import ChainRecord, unsigned_receipt

GAS_LIMIT = 100_000
RECEIPTS_AT_ONCE = 2_000

logger = structlog.get_logger()

_Covered = tuple[Checkpoint, Sequence[Entry]]


@dataclass(frozen=True, slots=True)
class Steps:
    """What the steps work with. `signer_of` gives the receipt signer of an owner, for one
    transaction; `finality` is named in receipts.
    """

    engine: AsyncEngine
    chain: Chain
    wallet: Wallet
    signer_of: Callable[[AsyncConnection, UUID], Awaitable[ReceiptSigner]]
    finality: str
    now: Callable[[], datetime]


async def advance(steps: Steps, log_id: UUID) -> bool:
    """Walk one log as far as it will go. True when something is still in flight, so: come back soon."""
    log = await _log(steps, log_id)
    await forgotten(steps, log)
    while True:
        async with transaction(steps.engine) as conn:
            await service.seal(conn, log_id, steps.now())
        async with transaction(steps.engine) as conn:
            checkpoint = await store.checkpoint_in_flight(conn, log_id)
        if checkpoint is None:
            break
        if checkpoint.state is CheckpointState.SEALED:
            await submit(steps, log, checkpoint)
        if not await confirm(steps, log):
            return True
    await issue_receipts(steps, log)
    return False


async def submit(steps: Steps, log: Log, checkpoint: Checkpoint) -> None:
    """Sign the transaction, commit its bytes, then broadcast it.

    Raises `OutsideFailed` with code chain_unreachable, chain_wrong, registry_missing or wallet_unfunded; the
    checkpoint stays sealed and nothing is lost.
    """
    if await steps.chain.chain_id() != log.chain_id:
        raise OutsideFailed("chain_wrong", f"The node answers for another chain than {log.chain_id}.")
    if not await steps.chain.has_registry(log.contract):
        raise OutsideFailed("registry_missing", f"The register is not at {log.contract} on chain {log.chain_id}.")
    nonce = await steps.chain.next_nonce(log.wallet_address)
    fees = await steps.chain.fees()
    needed = GAS_LIMIT * fees.max_fee
    if await steps.chain.balance(log.wallet_address) < needed:
        raise OutsideFailed(
            "wallet_unfunded",
            f"The wallet {log.wallet_address} on chain {log.chain_id} cannot pay for the next checkpoint: "
            f"it needs {needed / 10**18:.6f} of the chain's currency. Credentials are safe and wait.",
        )
    call = AnchorCall(log.chain_id, log.contract, nonce, checkpoint.root, checkpoint.tree_size, fees)
    signed = steps.wallet.sign_anchor(log.wallet_keystore, call)
    async with transaction(steps.engine) as conn:
        current = await store.checkpoint_in_flight(conn, log.id, lock=True)
        if current is None or current.id != checkpoint.id or current.state is not CheckpointState.SEALED:
            return
        await store.insert_transaction(
            conn, SentTransaction(checkpoint.id, nonce, signed.raw, signed.hash, steps.now())
        )
        await store.set_state(conn, checkpoint.id, CheckpointState.SUBMITTED)
    await steps.chain.broadcast(signed.raw)


async def confirm(steps: Steps, log: Log) -> bool:
    """Look where the checkpoint in flight is and record it. True when it has become final (or needs a new start)."""
    async with transaction(steps.engine) as conn:
        checkpoint = await store.checkpoint_in_flight(conn, log.id)
        sent = await store.list_transactions(conn, checkpoint.id) if checkpoint else ()
    if checkpoint is None:
        return True
    if await steps.chain.chain_id() != log.chain_id:
        raise OutsideFailed("chain_wrong", f"The node answers for another chain than {log.chain_id}.")
    inclusion = await _find(steps, log, checkpoint, sent)
    if inclusion is None:
        return await _not_included(steps, log, checkpoint, sent)
    final = await steps.chain.is_final(inclusion.block.number)
    state = CheckpointState.FINALIZED if final else CheckpointState.INCLUDED
    async with transaction(steps.engine) as conn:
        current = await store.checkpoint_in_flight(conn, log.id, lock=True)
        if current is not None and current.id == checkpoint.id:
            await store.set_state(conn, checkpoint.id, state, inclusion)
    if final:
        logger.info("checkpoint_final", log=str(log.id), size=checkpoint.tree_size, block=inclusion.block.number)
    return final


async def issue_receipts(steps: Steps, log: Log) -> int:
    """Make the receipts that the final checkpoints allow, a batch to a transaction; their number.

    Each proves its entry against the first checkpoint that covers it: the block of that one dates the entry, and a
    later date could look like one after the loss of a key. A receipt that names a later checkpoint is made anew.
    """
    made = 0
    while True:
        async with transaction(steps.engine) as conn:
            newest = await store.newest_finalized(conn, log.id)
            if newest is None:
                return made
            entries = await store.entries_without_receipt(conn, log.id, newest.tree_size, RECEIPTS_AT_ONCE)
            if not entries:
                entries = await store.entries_with_late_receipt(conn, log.id, RECEIPTS_AT_ONCE)
                await store.drop_receipts(conn, [entry.id for entry in entries])
            if not entries:
                return made
            signer = await steps.signer_of(conn, log.owner)
            covering = await _first_covering(conn, log.id, entries)
            paths = await service.prove(conn, log.id, _paths(covering))
            rows = []
            for (checkpoint, covered), proofs in zip(covering, paths, strict=True):
                record = _record(log, checkpoint, steps.finality)
                rows += [
                    {
                        "entry_id": entry.id,
                        "checkpoint_id": checkpoint.id,
                        "document": _receipt(log, checkpoint, record, entry, path, signer, steps.now()),
                    }
                    for entry, path in zip(covered, proofs, strict=True)
                ]
            await store.insert_receipts(conn, rows)
            made += len(rows)


async def sign_receipts_again(
    conn: AsyncConnection, owner: UUID, key_id: str, signer: ReceiptSigner, now: datetime
) -> int:
    """Put `signer`'s signature in the place of the one by `key_id` on every receipt that has it; their number."""
    log = await service.log_of(conn, owner)
    signed, last = 0, 0
    while rows := await store.receipts_after(conn, log.id, last, RECEIPTS_AT_ONCE):
        last = rows[-1].entry_id
        documents = {}
        for row in rows:
            receipt = json.loads(row.document)
            if receipt.pop("proof")["verificationMethod"] == key_id:
                documents[row.entry_id] = _signed(receipt, signer, now)
        if documents:
            await store.replace_receipts(conn, documents)
        signed += len(documents)
    return signed


async def forgotten(steps: Steps, log: Log) -> bool:
    """Notice a chain that no longer has final checkpoints, and anchor again. True when it had to.

    The newest one answers for all: a chain that still has it has what came before it.
    """
    async with transaction(steps.engine) as conn:
        finals = await store.list_checkpoints(conn, log.id, CheckpointState.FINALIZED)
    if not finals or await steps.chain.chain_id() != log.chain_id:
        return False
    if await steps.chain.anchored_at(log.contract, log.wallet_address, finals[-1].root):
        return False
    lost = [
        final.id for final in finals if not await steps.chain.anchored_at(log.contract, log.wallet_address, final.root)
    ]
    logger.warning("chain_forgot_checkpoints", log=str(log.id), checkpoints=len(lost))
    async with transaction(steps.engine) as conn:
        current = await store.find_log(conn, lock=True, id=log.id)
        for checkpoint_id in lost:
            await store.set_state(conn, checkpoint_id, CheckpointState.ORPHANED)
        await store.delete_receipts(conn, lost)
        if current is not None and not await store.checkpoint_in_flight(conn, log.id):
            await service.seal_size(conn, current, steps.now())
    return True


async def _find(steps: Steps, log: Log, checkpoint: Checkpoint, sent: tuple[SentTransaction, ...]) -> Inclusion | None:
    for one in sent:
        inclusion = await steps.chain.inclusion(one.hash)
        if inclusion is not None and inclusion.succeeded:
            return inclusion
    # A reverted or unknown transaction may still mean success: the root may stand through another one.
    if await steps.chain.anchored_at(log.contract, log.wallet_address, checkpoint.root):
        return await steps.chain.find_anchored(log.contract, log.wallet_address, checkpoint.root)
    return None


async def _not_included(steps: Steps, log: Log, checkpoint: Checkpoint, sent: tuple[SentTransaction, ...]) -> bool:
    if await steps.chain.last_size(log.contract, log.wallet_address) >= checkpoint.tree_size:
        # Overtaken: sizes must grow, so this one can never be anchored. A larger one covers the same leaves.
        async with transaction(steps.engine) as conn:
            await store.set_state(conn, checkpoint.id, CheckpointState.ORPHANED)
        raise OutsideFailed(
            "checkpoint_overtaken",
            f"The chain already has a later record for {log.wallet_address}; the next checkpoint will cover this one.",
        )
    used = await steps.chain.next_nonce(log.wallet_address)
    waiting = [one for one in sent if one.nonce >= used]
    async with transaction(steps.engine) as conn:
        # With no transaction left that could still be mined, a new one is signed with the next free nonce.
        state = CheckpointState.SUBMITTED if waiting else CheckpointState.SEALED
        await store.set_state(conn, checkpoint.id, state)
    for one in waiting:
        await steps.chain.broadcast(one.raw)
    return False


async def _log(steps: Steps, log_id: UUID) -> Log:
    async with transaction(steps.engine) as conn:
        log = await store.find_log(conn, id=log_id)
    if log is None:
        raise NotFound("log_unknown", "There is no such log.")
    return log


async def _first_covering(conn: AsyncConnection, log_id: UUID, entries: Sequence[Entry]) -> list[_Covered]:
    """`entries` (in log order, all covered by a final checkpoint), each with the first that covers it."""
    finals = await store.finals_covering(conn, log_id, _place(entries[0]), _place(entries[-1]))
    found: list[_Covered] = []
    start = 0
    for checkpoint in finals:
        end = bisect_left(entries, checkpoint.tree_size, start, key=_place)
        if end > start:
            found.append((checkpoint, entries[start:end]))
        start = end
    return found


def _paths(covering: Sequence[_Covered]) -> Callable[[TileSet], list[list[list[bytes]]]]:
    def maths(tree: TileSet) -> list[list[list[bytes]]]:
        return [
            list(merkle.inclusion_paths(map(_place, covered), checkpoint.tree_size, tree.node))
            for checkpoint, covered in covering
        ]

    return maths


def _place(entry: Entry) -> int:
    if entry.index is None:
        raise LookupError(f"log entry {entry.id} is not sealed")
    return entry.index


def _record(log: Log, checkpoint: Checkpoint, finality: str) -> ChainRecord:
    if checkpoint.block is None or checkpoint.tx_hash is None or checkpoint.log_index is None:
        raise LookupError(f"checkpoint {checkpoint.id} is final without a block")
    return ChainRecord(
        chain_id=log.chain_id,
        contract=log.contract,
        anchored_by=log.wallet_address,
        tx_hash=checkpoint.tx_hash,
        log_index=checkpoint.log_index,
        block_number=checkpoint.block.number,
        block_hash=checkpoint.block.hash,
        block_time=checkpoint.block.time,
        finality=finality,
    )


def _receipt(
    log: Log,
    checkpoint: Checkpoint,
    record: ChainRecord,
    entry: Entry,
    path: list[bytes],
    signer: ReceiptSigner,
    now: datetime,
) -> bytes:
    unsigned = unsigned_receipt(
        issuer=log.owner_did,
        digest=entry.digest,
        kind=entry.kind,
        salt=entry.salt,
        index=_place(entry),
        tree_size=checkpoint.tree_size,
        path=path,
        root=checkpoint.root,
        record=record,
    )
    return _signed(unsigned, signer, now)


def _signed(unsigned: Mapping[str, Any], signer: ReceiptSigner, now: datetime) -> bytes:
    signed = data_integrity.sign_jcs(unsigned, signer.key_id, now, signer.sign)
    return json.dumps(signed, separators=(",", ":"), ensure_ascii=False).encode()
