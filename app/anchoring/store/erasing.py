"""Queries that make entries unlinkable: salt, digest and receipt go, the leaf hash and its position stay."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring.store.tables import log_entries, receipts


async def forget_entries(conn: AsyncConnection, log_id: UUID, digests: Sequence[bytes]) -> tuple[list[int], int, int]:
    """(positions whose entries lost salt and digest, receipts deleted, entries deleted that had no position yet)."""
    matching = (log_entries.c.log_id == log_id) & log_entries.c.digest.in_(list(digests))
    found = (
        await conn.execute(select(log_entries.c.id, log_entries.c.leaf_index).where(matching).with_for_update())
    ).all()
    placed = [row.id for row in found if row.leaf_index is not None]
    gone = await conn.execute(delete(receipts).where(receipts.c.entry_id.in_([row.id for row in found])))
    await conn.execute(update(log_entries).where(log_entries.c.id.in_(placed)).values(salt=None, digest=None))
    waiting = [row.id for row in found if row.leaf_index is None]
    await conn.execute(delete(log_entries).where(log_entries.c.id.in_(waiting)))
    return sorted(row.leaf_index for row in found if row.leaf_index is not None), gone.rowcount, len(waiting)


async def erased_positions(conn: AsyncConnection, log_id: UUID) -> list[int]:
    query = select(log_entries.c.leaf_index).where(log_entries.c.log_id == log_id, log_entries.c.salt.is_(None))
    return list((await conn.execute(query.order_by(log_entries.c.leaf_index))).scalars())


async def positions_of(conn: AsyncConnection, log_id: UUID, digests: Sequence[bytes]) -> list[int]:
    """Where digests stand in the log, of those that have a position."""
    query = select(log_entries.c.leaf_index).where(
        log_entries.c.log_id == log_id,
        log_entries.c.digest.in_(list(digests)),
        log_entries.c.leaf_index.is_not(None),
    )
    return list((await conn.execute(query.order_by(log_entries.c.leaf_index))).scalars())
