"""Receipts: the proof that an entry is in a final checkpoint, signed by the log's owner. Made after finality only."""

import json
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import service, store
from app.anchoring.model import Checkpoint, Entry, Log
from app.anchoring.ports import ReceiptSigner
from app.anchoring.steps import Steps
from app.anchoring.tiles import TileSet
from app.database import transaction
from app.standards import data_integrity, merkle
from app.standards.anchor_receipt import ChainRecord, Proven, unsigned_receipt

RECEIPTS_AT_ONCE = 2_000

_Covered = tuple[Checkpoint, Sequence[Entry]]
_Choice = Callable[[AsyncConnection, UUID], Awaitable[Sequence[Entry]]]


async def issue_receipts(steps: Steps, log: Log) -> int:
    """Make the receipts that the final checkpoints allow, a batch to a transaction; their number.

    Each proves its entry against the first checkpoint that covers it: the block of that one dates the entry, and a
    later date could look like one after the loss of a key. A receipt that names a later checkpoint is made anew. On
    every other chain with final checkpoints the first that covers the entry is named too: what was recorded there
    since, or taken back, makes the receipts that it concerns anew.
    """
    made = 0
    for choose in (_lacking, _outdated):
        while number := await _issue_some(steps, log, choose):
            made += number
    return made


async def _issue_some(steps: Steps, log: Log, choose: _Choice) -> int:
    async with transaction(steps.engine) as conn:
        # Two walks of a log, on two chains, must each see what the other has made.
        await store.hold_receipts(conn, log.id)
        entries = await choose(conn, log.id)
        if not entries:
            return 0
        signer = await steps.signer_of(conn, log.owner)
        records = await _records(conn, log.id, entries)
        paths = await service.prove(conn, log.id, _paths(records))
        found: dict[int, list[Proven]] = {}
        for (checkpoint, covered), proofs in zip(records, paths, strict=True):
            record = _record(checkpoint, steps.finality)
            for entry, path in zip(covered, proofs, strict=True):
                found.setdefault(entry.id, []).append(Proven(checkpoint.tree_size, path, checkpoint.root, record))
        first = {entry.id: checkpoint.id for checkpoint, covered in reversed(records) for entry in covered}
        rows = [
            {
                "entry_id": entry.id,
                "checkpoint_id": first[entry.id],
                "document": _receipt(log, entry, found[entry.id], signer, steps.now()),
            }
            for entry in entries
        ]
        await store.drop_receipts(conn, [entry.id for entry in entries])
        await store.insert_receipts(conn, rows)
    return len(rows)


async def _lacking(conn: AsyncConnection, log_id: UUID) -> Sequence[Entry]:
    """Entries without a receipt, then those with one that names a later checkpoint than it should."""
    newest = await store.newest_finalized(conn, log_id)
    if newest is None:
        return ()
    entries = await store.entries_without_receipt(conn, log_id, newest.tree_size, RECEIPTS_AT_ONCE)
    return entries or await store.entries_with_late_receipt(conn, log_id, RECEIPTS_AT_ONCE)


async def _outdated(conn: AsyncConnection, log_id: UUID) -> Sequence[Entry]:
    """Entries whose receipt names a further record that its chain took back, or lacks one; what is done is noted."""
    while (lost := await store.next_to_forget(conn, log_id)) is not None:
        entries = await store.entries_named_by(conn, lost, RECEIPTS_AT_ONCE)
        await store.set_named(conn, lost.id, _place(entries[0]) if entries else 0)
        if entries:
            return entries
    is_elsewhere = len(await store.final_chains(conn, log_id)) > 1
    while is_elsewhere and (further := await store.next_to_name(conn, log_id)) is not None:
        entries = await store.entries_to_name(conn, further, RECEIPTS_AT_ONCE)
        await store.set_named(conn, further.id, _place(entries[-1]) + 1 if entries else further.tree_size)
        if entries:
            return entries
    return ()


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


async def _records(conn: AsyncConnection, log_id: UUID, entries: Sequence[Entry]) -> list[_Covered]:
    """What `entries` (in log order, all covered by a final checkpoint) are recorded in: the first checkpoint of all
    that covers each, then the first on every other chain."""
    first, last = _place(entries[0]), _place(entries[-1])
    records = _spread(await store.finals_covering(conn, log_id, first, last), entries)
    chains = await store.final_chains(conn, log_id)
    if len(chains) == 1:
        return records
    dated_on = {entry.id: checkpoint.chain_id for checkpoint, covered in records for entry in covered}
    for chain_id in chains:
        for checkpoint, covered in _spread(await store.finals_covering(conn, log_id, first, last, chain_id), entries):
            further = [entry for entry in covered if dated_on[entry.id] != chain_id]
            if further:
                records.append((checkpoint, further))
    return records


def _spread(finals: Sequence[Checkpoint], entries: Sequence[Entry]) -> list[_Covered]:
    """`finals` (smallest first), each with those of `entries` (in log order) that it is the first to cover."""
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


def _record(checkpoint: Checkpoint, finality: str) -> ChainRecord:
    if checkpoint.block is None or checkpoint.tx_hash is None or checkpoint.log_index is None:
        raise LookupError(f"checkpoint {checkpoint.id} is final without a block")
    return ChainRecord(
        chain_id=checkpoint.chain_id,
        contract=checkpoint.contract,
        anchored_by=checkpoint.anchored_by,
        tx_hash=checkpoint.tx_hash,
        log_index=checkpoint.log_index,
        block_number=checkpoint.block.number,
        block_hash=checkpoint.block.hash,
        block_time=checkpoint.block.time,
        # Of those from before it was noted, the rule of today is as good as is known.
        finality=checkpoint.finality or finality,
    )


def _receipt(log: Log, entry: Entry, proven: Sequence[Proven], signer: ReceiptSigner, now: datetime) -> bytes:
    first = proven[0]
    unsigned = unsigned_receipt(
        issuer=log.owner_did,
        digest=entry.digest,
        kind=entry.kind,
        salt=entry.salt,
        index=_place(entry),
        tree_size=first.tree_size,
        path=first.path,
        root=first.root,
        record=first.record,
        also=proven[1:],
    )
    return _signed(unsigned, signer, now)


def _signed(unsigned: Mapping[str, Any], signer: ReceiptSigner, now: datetime) -> bytes:
    signed = data_integrity.sign_jcs(unsigned, signer.key_id, now, signer.sign)
    return json.dumps(signed, separators=(",", ":"), ensure_ascii=False).encode()
