"""Queries about accreditation edges: signed bytes, and what each of them says."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials.store.tables import accreditation_edges


async def insert_edge(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    await conn.execute(insert(accreditation_edges).values(values))


async def lock_edge(conn: AsyncConnection, edge_id: UUID) -> Row[Any] | None:
    query = select(accreditation_edges).filter_by(id=edge_id).with_for_update()
    return (await conn.execute(query)).one_or_none()


async def edges_to(conn: AsyncConnection, child_ids: Collection[UUID], *, lock: bool = False) -> list[Row[Any]]:
    """Newest first, those that have ended or were withdrawn included. `lock` = none is withdrawn meanwhile."""
    table = accreditation_edges.c
    query = select(accreditation_edges).where(table.child_id.in_(child_ids)).order_by(table.signed_at.desc(), table.id)
    return list(await conn.execute(query.with_for_update(read=True) if lock else query))


async def edges_from(conn: AsyncConnection, parent_id: UUID) -> list[Row[Any]]:
    query = select(accreditation_edges).filter_by(parent_id=parent_id)
    return list(await conn.execute(query.order_by(accreditation_edges.c.signed_at, accreditation_edges.c.id)))


async def set_edge_withdrawn(conn: AsyncConnection, edge_id: UUID, reason: str, now: datetime) -> None:
    query = update(accreditation_edges).filter_by(id=edge_id)
    await conn.execute(query.values(withdrawn_at=now, withdrawal_reason=reason))
