"""Queries about alarms: what somebody must know of a log, each once for as long as it lasts."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring.model import Alarm, Log
from app.anchoring.store.tables import log_alarms


async def open_alarm(conn: AsyncConnection, log: Log, code: str, message: str, now: datetime) -> bool:
    """True when it is new on the log's chain; one that lasts keeps its beginning and gets the newest words."""
    query = upsert(log_alarms).values(log_id=log.id, chain_id=log.chain_id, code=code, message=message, since=now)
    query = query.on_conflict_do_update(index_elements=["log_id", "chain_id", "code"], set_={"message": message})
    began = (await conn.execute(query.returning(log_alarms.c.since))).scalar_one()
    return bool(began == now)


async def close_alarms(
    conn: AsyncConnection, log_id: UUID, codes: Collection[str] | None, chain_id: int | None = None
) -> tuple[str, ...]:
    """Those of `codes` (None = whichever) that were open, on one chain or on all."""
    query = delete(log_alarms).where(log_alarms.c.log_id == log_id)
    if codes is not None:
        query = query.where(log_alarms.c.code.in_(codes))
    if chain_id is not None:
        query = query.where(log_alarms.c.chain_id == chain_id)
    return tuple((await conn.execute(query.returning(log_alarms.c.code))).scalars())


async def list_alarms(conn: AsyncConnection, log_id: UUID, chain_id: int | None = None) -> tuple[Alarm, ...]:
    """Those on one chain or on all, oldest first."""
    query = select(log_alarms).where(log_alarms.c.log_id == log_id).order_by(log_alarms.c.since, log_alarms.c.code)
    if chain_id is not None:
        query = query.where(log_alarms.c.chain_id == chain_id)
    return tuple(Alarm(row.code, row.message, row.since) for row in await conn.execute(query))
