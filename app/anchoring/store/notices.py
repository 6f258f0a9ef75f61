"""Queries about notices of wallets that are not safe any more: each until its register has it for good."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring.model import Fees, Notice, SignedTransaction
from app.anchoring.store.tables import wallet_notices


async def save_notice(conn: AsyncConnection, notice: Notice, now: datetime) -> None:
    """Once for each register and wallet; an earlier moment takes the place of a later one, and is to be told anew."""
    table = wallet_notices.c
    query = upsert(wallet_notices).values(
        log_id=notice.log_id,
        chain_id=notice.chain_id,
        contract=notice.contract,
        address=notice.address,
        keystore=notice.keystore,
        since=notice.since,
        asked_at=now,
    )
    query = query.on_conflict_do_update(
        index_elements=["log_id", "chain_id", "contract", "address"],
        set_={"since": query.excluded.since, "told_at": None},
        where=query.excluded.since < table.since,
    )
    await conn.execute(query)


async def list_notices(
    conn: AsyncConnection, log_id: UUID | None = None, address: str | None = None
) -> tuple[Notice, ...]:
    """Those that their registers do not have for good: of one log or of all, of one wallet or of all."""
    query = select(wallet_notices).where(wallet_notices.c.told_at.is_(None))
    if log_id is not None:
        query = query.where(wallet_notices.c.log_id == log_id)
    if address is not None:
        query = query.where(wallet_notices.c.address == address)
    order = (wallet_notices.c.log_id, wallet_notices.c.chain_id, wallet_notices.c.contract, wallet_notices.c.address)
    return tuple(_notice(row) for row in await conn.execute(query.order_by(*order)))


async def find_notice(conn: AsyncConnection, notice: Notice, *, lock: bool = False) -> Notice | None:
    """As it stands now."""
    query = select(wallet_notices).where(_is(notice))
    row = (await conn.execute(query.with_for_update() if lock else query)).one_or_none()
    return _notice(row) if row else None


async def set_notice_sent(
    conn: AsyncConnection, notice: Notice, nonce: int, sent: SignedTransaction, fees: Fees, now: datetime
) -> None:
    values = {"nonce": nonce, "raw": sent.raw, "hash": sent.hash, "sent_at": now}
    offered = {"max_fee": fees.max_fee, "priority_fee": fees.priority_fee}
    await conn.execute(update(wallet_notices).where(_is(notice)).values(values | offered))


async def set_notice_told(conn: AsyncConnection, notice: Notice, now: datetime) -> bool:
    """False where an earlier moment was noted down meanwhile, of which the register does not know."""
    query = update(wallet_notices).where(_is(notice), wallet_notices.c.since == notice.since)
    first = func.coalesce(wallet_notices.c.told_at, now)
    return (await conn.execute(query.values(told_at=first))).rowcount == 1


def _is(notice: Notice) -> ColumnElement[bool]:
    table = wallet_notices.c
    return and_(
        table.log_id == notice.log_id,
        table.chain_id == notice.chain_id,
        table.contract == notice.contract,
        table.address == notice.address,
    )


def _notice(row: Row[Any]) -> Notice:
    is_sent = row.raw is not None
    return Notice(
        row.log_id,
        row.chain_id,
        row.contract,
        row.address,
        row.keystore,
        row.since,
        row.told_at,
        row.nonce,
        SignedTransaction(row.raw, row.hash) if is_sent else None,
        Fees(row.max_fee, row.priority_fee) if is_sent else None,
        row.sent_at,
    )
