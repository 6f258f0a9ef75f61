"""Tables and queries of anchoring; private to the package."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring.model import (
    IN_FLIGHT,
    Block,
    Checkpoint,
    CheckpointState,
    Entry,
    Inclusion,
    Log,
    SentTransaction,
)
from app.anchoring.tiles import TileKey
from app.database import metadata
from app.standards.anchor_receipt import LeafKind

_WHEN = DateTime(timezone=True)

logs = Table(
    "logs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner", Uuid, nullable=False, unique=True),
    Column("owner_did", String(500), nullable=False),
    Column("wallet_address", String(42), nullable=False, unique=True),
    Column("wallet_keystore", String(200), nullable=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("contract", String(42), nullable=False),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("checkpoint_list", LargeBinary),
    Column("checkpoint_list_at", _WHEN),
)
log_entries = Table(
    "log_entries",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("log_id", Uuid, ForeignKey("logs.id"), nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("leaf_index", BigInteger),
    Column("appended_at", _WHEN, nullable=False),
    UniqueConstraint("log_id", "leaf_index"),
    UniqueConstraint("log_id", "kind", "digest"),
    Index("ix_log_entries_open", "log_id", "id", postgresql_where=text("leaf_index IS NULL")),
    Index("ix_log_entries_digest", "digest"),
)
log_tiles = Table(
    "log_tiles",
    metadata,
    Column("log_id", Uuid, ForeignKey("logs.id"), primary_key=True),
    Column("level", SmallInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("hashes", LargeBinary, nullable=False),
)
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("log_id", Uuid, ForeignKey("logs.id"), nullable=False, index=True),
    Column("tree_size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("tx_hash", LargeBinary),
    Column("log_index", BigInteger),
    Column("block_number", BigInteger),
    Column("block_hash", LargeBinary),
    Column("block_time", _WHEN),
    Index(
        "uq_checkpoints_in_flight",
        "log_id",
        unique=True,
        postgresql_where=text("state IN ('sealed', 'submitted', 'included')"),
    ),
)
anchor_transactions = Table(
    "anchor_transactions",
    metadata,
    # A chain that forgot everything gets the very same bytes again, for another checkpoint.
    Column("checkpoint_id", BigInteger, ForeignKey("checkpoints.id"), primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("nonce", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("created_at", _WHEN, nullable=False),
)
receipts = Table(
    "receipts",
    metadata,
    Column("entry_id", BigInteger, ForeignKey("log_entries.id"), primary_key=True),
    Column("checkpoint_id", BigInteger, ForeignKey("checkpoints.id"), nullable=False, index=True),
    Column("document", LargeBinary, nullable=False),
)


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
        log_entries.c.log_id == log_id, log_entries.c.kind == int(kind)
    )
    return dict((await conn.execute(query.group_by(log_entries.c.digest))).all())


async def insert_checkpoint(conn: AsyncConnection, log_id: UUID, tree_size: int, root: bytes, now: datetime) -> None:
    await conn.execute(
        insert(checkpoints).values(
            log_id=log_id, tree_size=tree_size, root=root, state=CheckpointState.SEALED, created_at=now
        )
    )


async def checkpoint_in_flight(conn: AsyncConnection, log_id: UUID, *, lock: bool = False) -> Checkpoint | None:
    query = select(checkpoints).where(checkpoints.c.log_id == log_id, checkpoints.c.state.in_(IN_FLIGHT))
    row = (await conn.execute(query.with_for_update() if lock else query)).one_or_none()
    return _checkpoint(row) if row else None


async def list_checkpoints(
    conn: AsyncConnection, log_id: UUID, state: CheckpointState | None = None
) -> tuple[Checkpoint, ...]:
    """Oldest first."""
    query = select(checkpoints).where(checkpoints.c.log_id == log_id).order_by(checkpoints.c.id)
    if state is not None:
        query = query.where(checkpoints.c.state == state)
    return tuple(_checkpoint(row) for row in await conn.execute(query))


async def newest_finalized(conn: AsyncConnection, log_id: UUID) -> Checkpoint | None:
    query = (
        select(checkpoints)
        .where(checkpoints.c.log_id == log_id, checkpoints.c.state == CheckpointState.FINALIZED)
        .order_by(checkpoints.c.tree_size.desc())
        .limit(1)
    )
    row = (await conn.execute(query)).one_or_none()
    return _checkpoint(row) if row else None


async def set_state(
    conn: AsyncConnection, checkpoint_id: int, state: CheckpointState, inclusion: Inclusion | None = None
) -> None:
    values: dict[str, Any] = {"state": state}
    if inclusion is not None:
        values |= {
            "tx_hash": inclusion.tx_hash,
            "log_index": inclusion.log_index,
            "block_number": inclusion.block.number,
            "block_hash": inclusion.block.hash,
            "block_time": inclusion.block.time,
        }
    await conn.execute(update(checkpoints).where(checkpoints.c.id == checkpoint_id).values(values))


async def insert_transaction(conn: AsyncConnection, sent: SentTransaction) -> None:
    await conn.execute(
        insert(anchor_transactions).values(
            hash=sent.hash,
            checkpoint_id=sent.checkpoint_id,
            nonce=sent.nonce,
            raw=sent.raw,
            created_at=sent.created_at,
        )
    )


async def list_transactions(conn: AsyncConnection, checkpoint_id: int) -> tuple[SentTransaction, ...]:
    query = select(anchor_transactions).filter_by(checkpoint_id=checkpoint_id)
    return tuple(
        SentTransaction(row.checkpoint_id, row.nonce, row.raw, row.hash, row.created_at)
        for row in await conn.execute(query.order_by(anchor_transactions.c.created_at))
    )


async def entries_without_receipt(conn: AsyncConnection, log_id: UUID, below: int, limit: int) -> tuple[Entry, ...]:
    query = (
        select(log_entries)
        .outerjoin(receipts, receipts.c.entry_id == log_entries.c.id)
        .where(log_entries.c.log_id == log_id, log_entries.c.leaf_index < below, receipts.c.entry_id.is_(None))
        .order_by(log_entries.c.leaf_index)
        .limit(limit)
    )
    return tuple(
        Entry(row.id, LeafKind(row.kind), row.digest, row.salt, row.leaf_index) for row in await conn.execute(query)
    )


async def insert_receipts(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    await conn.execute(upsert(receipts).on_conflict_do_nothing(), list(rows))


async def delete_receipts(conn: AsyncConnection, checkpoint_ids: Sequence[int]) -> None:
    await conn.execute(delete(receipts).where(receipts.c.checkpoint_id.in_(checkpoint_ids)))


async def find_receipt(conn: AsyncConnection, owner: UUID, digest: bytes) -> bytes | None:
    query = (
        select(receipts.c.document)
        .join(log_entries, log_entries.c.id == receipts.c.entry_id)
        .join(logs, logs.c.id == log_entries.c.log_id)
        .where(log_entries.c.digest == digest, logs.c.owner == owner)
        .limit(1)
    )
    return (await conn.execute(query)).scalar()


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
    """(open, sealed, with receipt)."""
    query = (
        select(
            func.count().filter(log_entries.c.leaf_index.is_(None)),
            func.count().filter(log_entries.c.leaf_index.is_not(None)),
            func.count(receipts.c.entry_id),
        )
        .select_from(log_entries.outerjoin(receipts))
        .where(log_entries.c.log_id == log_id)
    )
    waiting, sealed, with_receipt = (await conn.execute(query)).one()
    return waiting, sealed, with_receipt


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
    )


def _checkpoint(row: Row[Any]) -> Checkpoint:
    block = Block(row.block_number, row.block_hash, row.block_time) if row.block_number is not None else None
    return Checkpoint(
        row.id,
        row.log_id,
        row.tree_size,
        row.root,
        CheckpointState(row.state),
        row.created_at,
        row.tx_hash,
        row.log_index,
        block,
    )
