"""Receipts: the proof that an entry is in a final checkpoint, signed by the log's owner. Made after finality only."""

import json
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
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
from app.standards.anchor_receipt import ChainRecord, unsigned_receipt

RECEIPTS_AT_ONCE = 2_000

_Covered = tuple[Checkpoint, Sequence[Entry]]


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
        anchored_by=checkpoint.anchored_by,
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
