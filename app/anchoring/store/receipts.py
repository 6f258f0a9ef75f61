"""Queries about receipts and the signed lists of checkpoints."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring.model import CheckpointState, Entry
from app.anchoring.store.rows import read_entry
from app.anchoring.store.tables import checkpoints, log_entries, logs, receipts


async def entries_without_receipt(conn: AsyncConnection, log_id: UUID, below: int, limit: int) -> tuple[Entry, ...]:
    query = (
        select(log_entries)
        .outerjoin(receipts, receipts.c.entry_id == log_entries.c.id)
        .where(
            log_entries.c.log_id == log_id,
            log_entries.c.leaf_index < below,
            log_entries.c.salt.is_not(None),
            receipts.c.entry_id.is_(None),
        )
        .order_by(log_entries.c.leaf_index)
        .limit(limit)
    )
    return tuple(read_entry(row) for row in await conn.execute(query))


async def entries_with_late_receipt(conn: AsyncConnection, log_id: UUID, limit: int) -> tuple[Entry, ...]:
    """Entries, in log order, whose receipt names a larger checkpoint than the first final one that covers them.

    Receipts are made in log order, so the last leaf of a checkpoint tells for all that it was the first to cover: one
    look-up for each checkpoint, however long the log.
    """
    final, named = checkpoints.alias("final"), checkpoints.alias("named")
    is_final = (final.c.log_id == log_id, final.c.state == CheckpointState.FINALIZED)
    late = (
        select(func.min(final.c.tree_size))
        .join(log_entries, and_(log_entries.c.log_id == log_id, log_entries.c.leaf_index == final.c.tree_size - 1))
        .join(receipts, receipts.c.entry_id == log_entries.c.id)
        .join(named, named.c.id == receipts.c.checkpoint_id)
        .where(*is_final, named.c.tree_size > final.c.tree_size)
    )
    size = (await conn.execute(late)).scalar()
    if size is None:
        return ()
    before = select(func.max(final.c.tree_size)).where(*is_final, final.c.tree_size < size)
    start = (await conn.execute(before)).scalar() or 0
    query = (
        select(log_entries)
        .join(receipts, receipts.c.entry_id == log_entries.c.id)
        .join(named, named.c.id == receipts.c.checkpoint_id)
        .where(log_entries.c.log_id == log_id, log_entries.c.leaf_index.between(start, size - 1))
        .where(named.c.tree_size > size)
        .order_by(log_entries.c.leaf_index)
        .limit(limit)
    )
    return tuple(read_entry(row) for row in await conn.execute(query))


async def insert_receipts(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    await conn.execute(upsert(receipts).on_conflict_do_nothing(), list(rows))


async def delete_receipts(conn: AsyncConnection, checkpoint_ids: Sequence[int]) -> None:
    await conn.execute(delete(receipts).where(receipts.c.checkpoint_id.in_(checkpoint_ids)))


async def drop_receipts(conn: AsyncConnection, entry_ids: Sequence[int]) -> None:
    """Of entries for which others are made in the same transaction."""
    if entry_ids:
        await conn.execute(delete(receipts).where(receipts.c.entry_id.in_(entry_ids)))


async def find_receipt(conn: AsyncConnection, owner: UUID, digest: bytes) -> bytes | None:
    document: bytes | None = (await conn.execute(_receipt(owner, digest))).scalar()
    return document


def receipt_of(owner: ColumnElement[UUID], digest: ColumnElement[bytes]) -> ScalarSelect[bytes]:
    """For another package's query: what `find_receipt` gives."""
    return _receipt(owner, digest).scalar_subquery()


def _receipt(owner: UUID | ColumnElement[UUID], digest: bytes | ColumnElement[bytes]) -> Select[Any]:
    return (
        select(receipts.c.document)
        .join(log_entries, log_entries.c.id == receipts.c.entry_id)
        .join(logs, logs.c.id == log_entries.c.log_id)
        .where(log_entries.c.digest == digest, logs.c.owner == owner)
        .limit(literal_column("1"))
    )


async def set_checkpoint_list(conn: AsyncConnection, log_id: UUID, document: bytes, now: datetime) -> None:
    query = update(logs).where(logs.c.id == log_id)
    await conn.execute(query.values(checkpoint_list=document, checkpoint_list_at=now))


async def find_checkpoint_list(conn: AsyncConnection, owner: UUID) -> tuple[bytes, datetime] | None:
    """(document, made at); None while there is none."""
    query = select(logs.c.checkpoint_list, logs.c.checkpoint_list_at).filter_by(owner=owner)
    row = (await conn.execute(query)).one_or_none()
    return (row.checkpoint_list, row.checkpoint_list_at) if row and row.checkpoint_list else None


async def receipts_after(conn: AsyncConnection, log_id: UUID, entry_id: int, limit: int) -> list[Row[Any]]:
    """Rows (entry_id, document) of the log's receipts, in the order of their entries, from the next entry on."""
    query = (
        select(receipts.c.entry_id, receipts.c.document)
        .join(log_entries, log_entries.c.id == receipts.c.entry_id)
        .where(log_entries.c.log_id == log_id, receipts.c.entry_id > entry_id)
        .order_by(receipts.c.entry_id)
        .limit(limit)
    )
    return list(await conn.execute(query))


async def replace_receipts(conn: AsyncConnection, documents: Mapping[int, bytes]) -> None:
    """New bytes for receipts, by the id of their entry."""
    query = update(receipts).where(receipts.c.entry_id == bindparam("entry")).values(document=bindparam("signed"))
    await conn.execute(query, [{"entry": entry, "signed": signed} for entry, signed in documents.items()])


async def digests_with_receipt(
    conn: AsyncConnection, owner: UUID, digests: Sequence[bytes], before: datetime | None = None
) -> set[bytes]:
    """Those of `digests` that are in a final checkpoint (of a block before a moment)."""
    found: set[bytes] = set()
    for start in range(0, len(digests), 10_000):
        query = (
            select(log_entries.c.digest)
            .join(receipts, receipts.c.entry_id == log_entries.c.id)
            .join(logs, logs.c.id == log_entries.c.log_id)
            .where(logs.c.owner == owner, log_entries.c.digest.in_(digests[start : start + 10_000]))
        )
        if before is not None:
            query = query.join(checkpoints, checkpoints.c.id == receipts.c.checkpoint_id)
            query = query.where(checkpoints.c.block_time < before)
        found |= set((await conn.execute(query)).scalars())
    return found


async def count_entries(conn: AsyncConnection, log_id: UUID) -> tuple[int, int, int]:
    """(open, sealed, with receipt); what was erased is sealed for good and has no receipt, and is not counted."""
    query = (
        select(
            func.count().filter(log_entries.c.leaf_index.is_(None)),
            func.count().filter(log_entries.c.leaf_index.is_not(None), log_entries.c.salt.is_not(None)),
            func.count(receipts.c.entry_id),
        )
        .select_from(log_entries.outerjoin(receipts))
        .where(log_entries.c.log_id == log_id)
    )
    waiting, sealed, with_receipt = (await conn.execute(query)).one()
    return waiting, sealed, with_receipt
