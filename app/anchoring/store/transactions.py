"""Queries about the transactions that carry checkpoints: by checkpoint, and by who sends and pays for them."""

from typing import Any

from sqlalchemy import Row, Select, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring.model import IN_FLIGHT, CheckpointState, Fees, Log, SentTransaction
from app.anchoring.store.tables import anchor_transactions, checkpoints


async def insert_transaction(conn: AsyncConnection, sent: SentTransaction) -> None:
    await conn.execute(
        insert(anchor_transactions).values(
            hash=sent.hash,
            checkpoint_id=sent.checkpoint_id,
            sender=sent.sender,
            nonce=sent.nonce,
            raw=sent.raw,
            max_fee=sent.fees.max_fee,
            priority_fee=sent.fees.priority_fee,
            created_at=sent.created_at,
        )
    )


async def list_transactions(conn: AsyncConnection, checkpoint_id: int) -> tuple[SentTransaction, ...]:
    query = select(anchor_transactions).filter_by(checkpoint_id=checkpoint_id)
    return tuple(_sent(row) for row in await conn.execute(query.order_by(anchor_transactions.c.created_at)))


async def dearest_with_nonce(conn: AsyncConnection, chain_id: int, sender: str, nonce: int) -> SentTransaction | None:
    """What was offered most for, of all the sender's transactions with this nonce: a new one would have to beat it."""
    query = (
        _sent_by(chain_id, sender)
        .with_only_columns(*anchor_transactions.c)
        .where(anchor_transactions.c.nonce == nonce)
        .order_by(anchor_transactions.c.max_fee.desc())
        .limit(1)
    )
    row = (await conn.execute(query)).one_or_none()
    return _sent(row) if row else None


async def final_nonces(conn: AsyncConnection, chain_id: int, sender: str) -> int:
    """One more than the highest nonce of the sender's own transactions that made a checkpoint final; 0 before any."""
    query = (
        _sent_by(chain_id, sender)
        .with_only_columns(func.max(anchor_transactions.c.nonce))
        .where(
            checkpoints.c.state == CheckpointState.FINALIZED,
            checkpoints.c.tx_hash == anchor_transactions.c.hash,
        )
    )
    highest = (await conn.execute(query)).scalar()
    return 0 if highest is None else highest + 1


async def nonces_of_others(conn: AsyncConnection, log: Log, sender: str) -> set[int]:
    """Those that the sender has used, on the log's chain, for other logs' checkpoints that are on their way."""
    query = (
        _sent_by(log.chain_id, sender)
        .with_only_columns(anchor_transactions.c.nonce)
        .where(checkpoints.c.log_id != log.id, checkpoints.c.state.in_(IN_FLIGHT))
    )
    return set((await conn.execute(query)).scalars())


async def lock_sender(conn: AsyncConnection, chain_id: int, sender: str) -> None:
    """Let one transaction at a time give out a sender's nonces: of two logs that it pays for, one goes first."""
    key = func.hashtextextended(f"sender:{chain_id}:{sender}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))


def _sent_by(chain_id: int, sender: str) -> Select[Any]:
    return (
        select(anchor_transactions)
        .join(checkpoints, checkpoints.c.id == anchor_transactions.c.checkpoint_id)
        .where(checkpoints.c.chain_id == chain_id, anchor_transactions.c.sender == sender)
    )


def _sent(row: Row[Any]) -> SentTransaction:
    return SentTransaction(
        row.checkpoint_id, row.sender, row.nonce, row.raw, row.hash, Fees(row.max_fee, row.priority_fee), row.created_at
    )
