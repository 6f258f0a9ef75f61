"""Queries about the log in public: signed checkpoints, their feed, and how far tiles may be shown."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring.model import CheckpointState
from app.anchoring.store.tables import checkpoints, log_entries, log_tiles, logs
from app.anchoring.tiles import TileKey

_FINAL = checkpoints.c.state == CheckpointState.FINALIZED


async def set_notes(conn: AsyncConnection, notes: Mapping[int, bytes]) -> None:
    """Signed notes, by the id of their checkpoint."""
    query = update(checkpoints).where(checkpoints.c.id == bindparam("checkpoint")).values(note=bindparam("signed"))
    await conn.execute(query, [{"checkpoint": number, "signed": note} for number, note in notes.items()])


async def set_feed(conn: AsyncConnection, log_id: UUID, feed: bytes) -> None:
    await conn.execute(update(logs).where(logs.c.id == log_id).values(checkpoint_feed=feed))


async def find_feed(conn: AsyncConnection, owner: UUID) -> bytes | None:
    return (await conn.execute(select(logs.c.checkpoint_feed).filter_by(owner=owner))).scalar()


async def newest_note(conn: AsyncConnection, owner: UUID) -> bytes | None:
    """The signed note of the largest final checkpoint that has one."""
    query = (
        select(checkpoints.c.note)
        .join(logs, logs.c.id == checkpoints.c.log_id)
        .where(logs.c.owner == owner, _FINAL, checkpoints.c.note.is_not(None))
        .order_by(checkpoints.c.tree_size.desc())
        .limit(1)
    )
    return (await conn.execute(query)).scalar()


async def final_tile(conn: AsyncConnection, owner: UUID, key: TileKey) -> tuple[int, bytes] | None:
    """(leaves under the largest final checkpoint, the tile's hashes as stored); None where there is no such tile."""
    level, number = key
    size = select(func.max(checkpoints.c.tree_size)).where(checkpoints.c.log_id == logs.c.id, _FINAL).scalar_subquery()
    query = (
        select(func.coalesce(size, 0), log_tiles.c.hashes)
        .join(log_tiles, log_tiles.c.log_id == logs.c.id)
        .where(logs.c.owner == owner, log_tiles.c.level == level, log_tiles.c.number == number)
    )
    row = (await conn.execute(query)).one_or_none()
    return (row[0], row[1]) if row else None


async def recorded_times(conn: AsyncConnection, owner: UUID) -> dict[bytes, datetime]:
    """Digest -> time of the block of the first final checkpoint that covers it, of all that one covers."""
    first = (
        select(func.min(checkpoints.c.block_time))
        .where(checkpoints.c.log_id == log_entries.c.log_id, _FINAL, checkpoints.c.tree_size > log_entries.c.leaf_index)
        .scalar_subquery()
    )
    query = (
        select(log_entries.c.digest, first)
        .join(logs, logs.c.id == log_entries.c.log_id)
        .where(logs.c.owner == owner, log_entries.c.leaf_index.is_not(None), log_entries.c.digest.is_not(None))
    )
    return {digest: at for digest, at in await conn.execute(query) if at is not None}
