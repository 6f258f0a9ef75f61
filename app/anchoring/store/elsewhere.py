"""Queries about logs on more than one chain: where they stand, and which receipts are to name a further record.

A checkpoint counts as named up to a leaf: receipts of the leaves that it is the first to cover on its chain name it
below that one, unless their first record is on the same chain. New receipts name whatever is final when they are made.
"""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring.model import Checkpoint, CheckpointState, Entry, Log
from app.anchoring.store.rows import read_checkpoint, read_entry
from app.anchoring.store.tables import checkpoints, log_entries, logs, receipts

_FINAL, _ORPHANED = CheckpointState.FINALIZED, CheckpointState.ORPHANED


async def set_chain(conn: AsyncConnection, log: Log) -> None:
    """Where new checkpoints of the log are recorded from now on."""
    await conn.execute(update(logs).where(logs.c.id == log.id).values(chain_id=log.chain_id, contract=log.contract))


async def contract_on(conn: AsyncConnection, log_id: UUID, chain_id: int) -> str | None:
    """The contract in which the log's newest checkpoint on a chain is, or is to be, recorded; None = it has none."""
    query = select(checkpoints.c.contract).filter_by(log_id=log_id, chain_id=chain_id)
    return (await conn.execute(query.order_by(checkpoints.c.id.desc()).limit(1))).scalar()


async def hold_receipts(conn: AsyncConnection, log_id: UUID) -> None:
    """Nobody else makes receipts of the log until the transaction ends; entries may be appended to it meanwhile."""
    await conn.execute(select(logs.c.id).where(logs.c.id == log_id).with_for_update(key_share=True))


async def next_to_name(conn: AsyncConnection, log_id: UUID) -> Checkpoint | None:
    """The smallest final checkpoint that not all receipts may name yet."""
    table = checkpoints.c
    query = (
        select(checkpoints)
        .where(table.log_id == log_id, table.state == _FINAL, table.named < table.tree_size)
        .order_by(table.tree_size, table.id)
        .limit(1)
    )
    row = (await conn.execute(query)).one_or_none()
    return read_checkpoint(row) if row else None


async def next_to_forget(conn: AsyncConnection, log_id: UUID) -> Checkpoint | None:
    """The largest checkpoint that its chain took back and that receipts may still name."""
    table = checkpoints.c
    query = (
        select(checkpoints)
        .where(table.log_id == log_id, table.state == _ORPHANED, table.named > 0)
        .order_by(table.tree_size.desc(), table.id.desc())
        .limit(1)
    )
    row = (await conn.execute(query)).one_or_none()
    return read_checkpoint(row) if row else None


async def entries_to_name(conn: AsyncConnection, checkpoint: Checkpoint, limit: int) -> tuple[Entry, ...]:
    """Entries, in log order, whose receipts are to name `checkpoint` beside their first record and may not do so."""
    start = max(checkpoint.named, await _start(conn, checkpoint))
    return await _recorded_elsewhere(conn, checkpoint, start, checkpoint.tree_size, limit)


async def entries_named_by(conn: AsyncConnection, checkpoint: Checkpoint, limit: int) -> tuple[Entry, ...]:
    """The last entries, in log order, whose receipts may name `checkpoint` beside their first record."""
    start = await _start(conn, checkpoint)
    return await _recorded_elsewhere(conn, checkpoint, start, checkpoint.named, limit, from_the_end=True)


async def set_named(conn: AsyncConnection, checkpoint_id: int, named: int) -> None:
    await conn.execute(update(checkpoints).where(checkpoints.c.id == checkpoint_id).values(named=named))


async def _start(conn: AsyncConnection, checkpoint: Checkpoint) -> int:
    """How many leaves the one before it on its chain covers."""
    table = checkpoints.c
    query = select(func.max(table.tree_size)).where(
        table.log_id == checkpoint.log_id,
        table.chain_id == checkpoint.chain_id,
        table.tree_size < checkpoint.tree_size,
        (table.state == _FINAL) | (table.named > 0),
    )
    return (await conn.execute(query)).scalar() or 0


async def _recorded_elsewhere(
    conn: AsyncConnection, checkpoint: Checkpoint, start: int, end: int, limit: int, *, from_the_end: bool = False
) -> tuple[Entry, ...]:
    """Entries from `start` to before `end` with receipts whose first record is on another chain."""
    place = log_entries.c.leaf_index
    query = (
        select(log_entries)
        .join(receipts, receipts.c.entry_id == log_entries.c.id)
        .join(checkpoints, checkpoints.c.id == receipts.c.checkpoint_id)
        .where(log_entries.c.log_id == checkpoint.log_id, place >= start, place < end)
        .where(checkpoints.c.chain_id != checkpoint.chain_id)
        .order_by(place.desc() if from_the_end else place)
        .limit(limit)
    )
    found = [read_entry(row) for row in await conn.execute(query)]
    return tuple(reversed(found) if from_the_end else found)
