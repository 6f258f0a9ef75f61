"""Forgetting what entries stood for: salt, digest and receipt are deleted; leaf, tiles and checkpoints stay.

A leaf hash is SHA-256 over 32 random bytes among others: with these gone, nothing leads from a document to it or back,
not even for whoever kept the document. So no root changes, and the audit still computes every one of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import service, store


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Positions of the log, ascending, and numbers of receipts and of entries that had no position yet."""

    positions: tuple[int, ...]
    receipts: int
    waiting: int


async def forget(conn: AsyncConnection, owner: UUID, digests: Sequence[bytes]) -> Forgotten:
    """Make the entries of `digests` (32 bytes each) unlinkable. Raises `NotFound("log_unknown")`.

    The log is held meanwhile: an entry is either sealed before, and keeps its place, or never gets one.
    """
    log = await service.held_log(conn, owner)
    positions, receipts, waiting = await store.forget_entries(conn, log.id, digests)
    return Forgotten(tuple(positions), receipts, waiting)


async def positions(conn: AsyncConnection, owner: UUID, digests: Sequence[bytes]) -> tuple[int, ...]:
    """Where the entries of `digests` stand, of those that have a position. Raises `NotFound("log_unknown")`."""
    log = await service.log_of(conn, owner)
    return tuple(await store.positions_of(conn, log.id, digests))
