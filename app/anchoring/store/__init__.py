"""Tables and queries of anchoring; private to the package."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring.model import (
    IN_FLIGHT,
    MOVES,
    Checkpoint,
    CheckpointState,
    Inclusion,
    Log,
    Pause,
)
from app.anchoring.store.alarms import close_alarms, list_alarms, open_alarm
from app.anchoring.store.elsewhere import (
    contract_on,
    entries_named_by,
    entries_to_name,
    hold_receipts,
    next_to_forget,
    next_to_name,
    set_chain,
    set_named,
)
from app.anchoring.store.erasing import erased_positions, forget_entries, positions_of
from app.anchoring.store.notices import find_notice, list_notices, save_notice, set_notice_sent, set_notice_told
from app.anchoring.store.public import final_tile, find_feed, newest_note, recorded_times, set_feed, set_notes
from app.anchoring.store.receipts import (
    count_entries,
    delete_receipts,
    digests_with_receipt,
    drop_receipts,
    entries_with_late_receipt,
    entries_without_receipt,
    find_checkpoint_list,
    find_receipt,
    insert_receipts,
    receipt_of,
    receipts_after,
    replace_receipts,
    set_checkpoint_list,
)
from app.anchoring.store.rows import read_checkpoint
from app.anchoring.store.tables import checkpoints, log_entries, log_tiles, logs
from app.anchoring.store.transactions import (
    dearest_with_nonce,
    final_nonces,
    insert_transaction,
    list_transactions,
    lock_sender,
    nonces_of_others,
)
from app.anchoring.tiles import TileKey
from app.standards.anchor_receipt import LeafKind

__all__ = [
    "checkpoint_in_flight",
    "close_alarms",
    "contract_on",
    "count_entries",
    "dearest_with_nonce",
    "delete_receipts",
    "digest_counts",
    "digest_times",
    "digests_with_receipt",
    "drop_receipts",
    "entries_named_by",
    "entries_to_name",
    "entries_with_late_receipt",
    "entries_without_receipt",
    "erased_positions",
    "final_chains",
    "final_nonces",
    "final_tile",
    "finals_covering",
    "find_checkpoint_list",
    "find_feed",
    "find_log",
    "find_notice",
    "find_receipt",
    "forget_entries",
    "hold_receipts",
    "insert_checkpoint",
    "insert_entries",
    "insert_log",
    "insert_receipts",
    "insert_transaction",
    "leaf_hashes",
    "list_alarms",
    "list_checkpoints",
    "list_logs",
    "list_notices",
    "list_transactions",
    "lock_sender",
    "newest_finalized",
    "newest_note",
    "next_to_forget",
    "next_to_name",
    "nonces_of_others",
    "number_open_entries",
    "oldest_open",
    "open_alarm",
    "positions_of",
    "read_tiles",
    "receipt_of",
    "receipts_after",
    "recorded_times",
    "replace_receipts",
    "save_notice",
    "sealed_entries",
    "set_anchored_by",
    "set_chain",
    "set_checkpoint_list",
    "set_feed",
    "set_named",
    "set_notes",
    "set_notice_sent",
    "set_notice_told",
    "set_pause",
    "set_size",
    "set_state",
    "set_wallet",
    "write_tiles",
]


async def insert_log(conn: AsyncConnection, log: Log) -> None:
    await conn.execute(
        insert(logs).values(
            id=log.id,
            owner=log.owner,
            owner_did=log.owner_did,
            wallet_address=log.wallet_address,
            wallet_keystore=log.wallet_keystore,
            chain_id=log.chain_id,
            contract=log.contract,
        )
    )


async def find_log(conn: AsyncConnection, *, lock: bool = False, **match: Any) -> Log | None:
    query = select(logs).filter_by(**match)
    row = (await conn.execute(query.with_for_update() if lock else query)).one_or_none()
    return _log(row) if row else None


async def list_logs(conn: AsyncConnection) -> tuple[Log, ...]:
    return tuple(_log(row) for row in await conn.execute(select(logs).order_by(logs.c.id)))


async def insert_entries(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    # The same digest of the same kind is the same fact: a repeated request must not make a second leaf.
    await conn.execute(upsert(log_entries).on_conflict_do_nothing(), list(rows))


async def number_open_entries(conn: AsyncConnection, log: Log, limit: int) -> list[bytes]:
    """Give the oldest open entries the next positions; their leaf hashes in order."""
    numbered = (
        select(log_entries.c.id, (func.row_number().over(order_by=log_entries.c.id) - 1 + log.size).label("place"))
        .where(log_entries.c.log_id == log.id, log_entries.c.leaf_index.is_(None))
        .order_by(log_entries.c.id)
        .limit(limit)
        .cte("numbered")
    )
    query = (
        update(log_entries)
        .where(log_entries.c.id == numbered.c.id)
        .values(leaf_index=numbered.c.place)
        .returning(log_entries.c.leaf_index, log_entries.c.leaf_hash)
    )
    rows = sorted((await conn.execute(query)).all())
    return [leaf_hash for _, leaf_hash in rows]


async def set_size(conn: AsyncConnection, log_id: UUID, size: int) -> None:
    await conn.execute(update(logs).where(logs.c.id == log_id).values(size=size))


async def read_tiles(conn: AsyncConnection, log_id: UUID, keys: Iterable[TileKey]) -> dict[TileKey, bytes]:
    found: dict[TileKey, bytes] = {}
    by_level: dict[int, list[int]] = {}
    for level, number in keys:
        by_level.setdefault(level, []).append(number)
    for level, numbers in by_level.items():
        query = select(log_tiles.c.number, log_tiles.c.hashes).where(
            log_tiles.c.log_id == log_id, log_tiles.c.level == level, log_tiles.c.number.in_(numbers)
        )
        found |= {(level, number): hashes for number, hashes in (await conn.execute(query))}
    return found


async def write_tiles(conn: AsyncConnection, log_id: UUID, tiles: Mapping[TileKey, bytes]) -> None:
    query = upsert(log_tiles)
    query = query.on_conflict_do_update(
        index_elements=["log_id", "level", "number"], set_={"hashes": query.excluded.hashes}
    )
    rows = [
        {"log_id": log_id, "level": level, "number": number, "hashes": hashes}
        for (level, number), hashes in tiles.items()
    ]
    if rows:
        await conn.execute(query, rows)


async def leaf_hashes(conn: AsyncConnection, log_id: UUID) -> list[bytes]:
    query = select(log_entries.c.leaf_hash).where(log_entries.c.log_id == log_id, log_entries.c.leaf_index.is_not(None))
    return list((await conn.execute(query.order_by(log_entries.c.leaf_index))).scalars())


async def sealed_entries(conn: AsyncConnection, log_id: UUID) -> list[Row[Any]]:
    """Rows (id, leaf_index, kind, digest, salt, leaf_hash) in log order, for the audit."""
    query = select(log_entries).where(log_entries.c.log_id == log_id, log_entries.c.leaf_index.is_not(None))
    return list(await conn.execute(query.order_by(log_entries.c.leaf_index)))


async def digest_counts(conn: AsyncConnection, log_id: UUID, kind: LeafKind) -> dict[bytes, int]:
    query = select(log_entries.c.digest, func.count()).where(
        log_entries.c.log_id == log_id, log_entries.c.kind == int(kind), log_entries.c.digest.is_not(None)
    )
    return dict((await conn.execute(query.group_by(log_entries.c.digest))).all())


async def digest_times(conn: AsyncConnection, log_id: UUID, kind: LeafKind) -> dict[bytes, datetime]:
    query = select(log_entries.c.digest, log_entries.c.appended_at).filter_by(log_id=log_id, kind=int(kind))
    return dict((await conn.execute(query)).all())


async def insert_checkpoint(conn: AsyncConnection, log: Log, root: bytes, now: datetime) -> None:
    """Of the log as it stands, for its wallet to record on its chain."""
    await conn.execute(
        insert(checkpoints).values(
            log_id=log.id,
            chain_id=log.chain_id,
            contract=log.contract,
            tree_size=log.size,
            root=root,
            state=CheckpointState.SEALED,
            created_at=now,
            anchored_by=log.wallet_address,
        )
    )


async def set_anchored_by(conn: AsyncConnection, checkpoint_id: int, address: str) -> None:
    await conn.execute(update(checkpoints).where(checkpoints.c.id == checkpoint_id).values(anchored_by=address))


async def set_wallet(conn: AsyncConnection, log_id: UUID, address: str, keystore: str) -> None:
    await conn.execute(update(logs).where(logs.c.id == log_id).values(wallet_address=address, wallet_keystore=keystore))


async def checkpoint_in_flight(conn: AsyncConnection, log: Log, *, lock: bool = False) -> Checkpoint | None:
    """The one on its way on the log's chain."""
    query = select(checkpoints).where(*_here(log), checkpoints.c.state.in_(IN_FLIGHT))
    row = (await conn.execute(query.with_for_update() if lock else query)).one_or_none()
    return read_checkpoint(row) if row else None


async def list_checkpoints(
    conn: AsyncConnection, log_id: UUID, state: CheckpointState | None = None
) -> tuple[Checkpoint, ...]:
    """Those on every chain, oldest first."""
    query = select(checkpoints).where(checkpoints.c.log_id == log_id).order_by(checkpoints.c.id)
    if state is not None:
        query = query.where(checkpoints.c.state == state)
    return tuple(read_checkpoint(row) for row in await conn.execute(query))


async def newest_finalized(conn: AsyncConnection, log_id: UUID) -> Checkpoint | None:
    """The largest, on whichever chain; of two of the same size the older one."""
    query = (
        select(checkpoints)
        .where(checkpoints.c.log_id == log_id, checkpoints.c.state == CheckpointState.FINALIZED)
        .order_by(checkpoints.c.tree_size.desc(), checkpoints.c.id)
        .limit(1)
    )
    row = (await conn.execute(query)).one_or_none()
    return read_checkpoint(row) if row else None


async def finals_covering(
    conn: AsyncConnection, log_id: UUID, first: int, last: int, chain_id: int | None = None
) -> tuple[Checkpoint, ...]:
    """The final checkpoints in which leaves `first` to `last` were recorded first, smallest first; on one chain or on
    whichever. A chain need not cover them all."""
    table = checkpoints.c
    is_final = [table.log_id == log_id, table.state == CheckpointState.FINALIZED]
    if chain_id is not None:
        is_final.append(table.chain_id == chain_id)
    end = select(func.min(table.tree_size)).where(*is_final, table.tree_size > last).scalar_subquery()
    query = select(checkpoints).where(
        *is_final, table.tree_size > first, table.tree_size <= func.coalesce(end, table.tree_size)
    )
    # Of two of the same size the older one.
    query = query.order_by(table.tree_size, table.id)
    return tuple(read_checkpoint(row) for row in await conn.execute(query))


async def final_chains(conn: AsyncConnection, log_id: UUID) -> tuple[int, ...]:
    """The chains on which the log has final checkpoints, by number."""
    table = checkpoints.c
    query = select(table.chain_id).where(table.log_id == log_id, table.state == CheckpointState.FINALIZED)
    return tuple((await conn.execute(query.distinct().order_by(table.chain_id))).scalars())


async def set_state(
    conn: AsyncConnection,
    checkpoint_id: int,
    state: CheckpointState,
    inclusion: Inclusion | None = None,
    finality: str | None = None,
) -> None:
    """Move a checkpoint; staying where it is counts as no move. Raises `LookupError` for a move that is none."""
    sources = [source for source in CheckpointState if source is state or state in MOVES[source]]
    values: dict[str, Any] = {"state": state}
    if finality is not None:
        values["finality"] = finality
    if inclusion is not None:
        values |= {
            "tx_hash": inclusion.tx_hash,
            "log_index": inclusion.log_index,
            "block_number": inclusion.block.number,
            "block_hash": inclusion.block.hash,
            "block_time": inclusion.block.time,
        }
    query = update(checkpoints).where(checkpoints.c.id == checkpoint_id, checkpoints.c.state.in_(sources))
    if (await conn.execute(query.values(values))).rowcount != 1:
        raise LookupError(f"checkpoint {checkpoint_id} cannot become {state}")


async def oldest_open(conn: AsyncConnection, log_id: UUID) -> tuple[int, datetime | None]:
    """(number of open entries, when the oldest of them was appended)."""
    query = select(func.count(), func.min(log_entries.c.appended_at)).where(
        log_entries.c.log_id == log_id, log_entries.c.leaf_index.is_(None)
    )
    count, oldest = (await conn.execute(query)).one()
    return count, oldest


async def set_pause(conn: AsyncConnection, log_id: UUID, pause: Pause | None) -> None:
    values = {"paused_at": pause.since if pause else None, "paused_reason": pause.reason if pause else None}
    await conn.execute(update(logs).where(logs.c.id == log_id).values(values))


def _here(log: Log) -> tuple[ColumnElement[bool], ...]:
    """Of this log, on the chain it is looked at on."""
    return checkpoints.c.log_id == log.id, checkpoints.c.chain_id == log.chain_id


def _log(row: Row[Any]) -> Log:
    return Log(
        row.id,
        row.owner,
        row.owner_did,
        row.wallet_address,
        row.wallet_keystore,
        row.chain_id,
        row.contract,
        row.size,
        Pause(row.paused_at, row.paused_reason) if row.paused_at else None,
    )
