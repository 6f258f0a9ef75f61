"""Queries about alarms: what somebody must know of a log, each once for as long as it lasts."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring.model import Alarm
from app.anchoring.store.tables import log_alarms


async def open_alarm(conn: AsyncConnection, log_id: UUID, code: str, message: str, now: datetime) -> bool:
    """True when it is new; one that lasts keeps its beginning and gets the newest words."""
    query = upsert(log_alarms).values(log_id=log_id, code=code, message=message, since=now)
    query = query.on_conflict_do_update(index_elements=["log_id", "code"], set_={"message": message})
    began = (await conn.execute(query.returning(log_alarms.c.since))).scalar_one()
    return bool(began == now)


async def close_alarms(conn: AsyncConnection, log_id: UUID, codes: Collection[str]) -> tuple[str, ...]:
    """Those of `codes` that were open."""
    query = delete(log_alarms).where(log_alarms.c.log_id == log_id, log_alarms.c.code.in_(codes))
    return tuple((await conn.execute(query.returning(log_alarms.c.code))).scalars())


async def list_alarms(conn: AsyncConnection, log_id: UUID) -> tuple[Alarm, ...]:
    """Oldest first."""
    query = select(log_alarms).where(log_alarms.c.log_id == log_id).order_by(log_alarms.c.since, log_alarms.c.code)
    return tuple(Alarm(row.code, row.message, row.since) for row in await conn.execute(query))
