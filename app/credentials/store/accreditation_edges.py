"""Queries about accreditation edges: signed bytes, and what each of them says."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials.store.tables import accreditation_edges, accreditation_editions


async def insert_edge(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    await conn.execute(insert(accreditation_edges).values(values))


async def lock_edge(conn: AsyncConnection, edge_id: UUID) -> Row[Any] | None:
    query = select(accreditation_edges).filter_by(id=edge_id).with_for_update()
    return (await conn.execute(query)).one_or_none()


async def find_accreditor(conn: AsyncConnection, edge_id: UUID) -> UUID | None:
    return (await conn.execute(select(accreditation_edges.c.parent_id).filter_by(id=edge_id))).scalar()


async def edges_to(conn: AsyncConnection, child_ids: Collection[UUID], *, lock: bool = False) -> list[Row[Any]]:
    """Newest first, those that have ended or were withdrawn included. `lock` = none is withdrawn meanwhile."""
    table = accreditation_edges.c
    query = select(accreditation_edges).where(table.child_id.in_(child_ids)).order_by(table.signed_at.desc(), table.id)
    return list(await conn.execute(query.with_for_update(read=True) if lock else query))


async def edges_from(conn: AsyncConnection, parent_id: UUID) -> list[Row[Any]]:
    query = select(accreditation_edges).filter_by(parent_id=parent_id)
    return list(await conn.execute(query.order_by(accreditation_edges.c.signed_at, accreditation_edges.c.id)))


async def lock_edges(conn: AsyncConnection, **match: Any) -> list[Row[Any]]:
    """Whole rows, by id, withdrawn ones included; none changes until the transaction ends."""
    query = select(accreditation_edges).filter_by(**match).order_by(accreditation_edges.c.id)
    return list(await conn.execute(query.with_for_update()))


async def lock_accrediting(conn: AsyncConnection, parent_id: UUID, child_id: UUID) -> None:
    """Let one transaction at a time accredit one institution by another: there is no row to lock before the first."""
    key = func.hashtextextended(f"accrediting:{parent_id}:{child_id}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))


async def replace_edge(conn: AsyncConnection, row: Row[Any], document: bytes, digest: bytes, now: datetime) -> None:
    """Put another statement in the place of an edge's, whose row the caller holds; the one before is kept beside it."""
    editions = accreditation_editions.c
    latest = select(func.max(editions.number)).where(editions.edge_id == row.id)
    await conn.execute(
        insert(accreditation_editions).values(
            edge_id=row.id,
            number=((await conn.execute(latest)).scalar() or 0) + 1,
            document=row.document,
            digest=row.digest,
            signed_at=row.signed_at,
            replaced_at=now,
        )
    )
    query = update(accreditation_edges).filter_by(id=row.id)
    await conn.execute(query.values(document=document, digest=digest, signed_at=now))


async def past_edges_from(conn: AsyncConnection, parent_id: UUID) -> list[Row[Any]]:
    """Rows (id of the edge, document, digest) of statements that were replaced, for the audit."""
    query = (
        select(accreditation_edges.c.id, accreditation_editions.c.document, accreditation_editions.c.digest)
        .join(accreditation_editions)
        .where(accreditation_edges.c.parent_id == parent_id)
        .order_by(accreditation_edges.c.id, accreditation_editions.c.number)
    )
    return list(await conn.execute(query))


async def set_edge_withdrawn(conn: AsyncConnection, edge_id: UUID, reason: str, now: datetime) -> None:
    query = update(accreditation_edges).filter_by(id=edge_id)
    await conn.execute(query.values(withdrawn_at=now, withdrawal_reason=reason))
