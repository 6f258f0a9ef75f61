"""Queries about status lists: which places are taken, which are set, and every version published."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials.store.tables import status_list_versions, status_lists


async def lock_open_status_list(conn: AsyncConnection, institution_id: UUID, capacity: int) -> Row[Any] | None:
    query = (
        select(status_lists)
        .where(status_lists.c.institution_id == institution_id, status_lists.c.allocated_count < capacity)
        .order_by(status_lists.c.number)
        .limit(1)
        .with_for_update()
    )
    return (await conn.execute(query)).one_or_none()


async def lock_opening(conn: AsyncConnection, institution_id: UUID) -> None:
    """Let one transaction at a time open a status list for an institution: there is no row to lock before it."""
    key = func.hashtextextended(f"status list:{institution_id}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))


async def insert_status_list(conn: AsyncConnection, institution_id: UUID, empty: bytes) -> None:
    count = (
        await conn.execute(select(func.count()).select_from(status_lists).filter_by(institution_id=institution_id))
    ).scalar_one()
    await conn.execute(
        insert(status_lists).values(institution_id=institution_id, number=count + 1, allocated=empty, revoked=empty)
    )


async def set_allocated(conn: AsyncConnection, list_id: int, allocated: bytes, count: int) -> None:
    await conn.execute(
        update(status_lists).where(status_lists.c.id == list_id).values(allocated=allocated, allocated_count=count)
    )


async def lock_status_list(conn: AsyncConnection, list_id: int) -> Row[Any]:
    query = select(status_lists).where(status_lists.c.id == list_id).with_for_update()
    return (await conn.execute(query)).one()


async def set_revoked_bits(conn: AsyncConnection, list_id: int, revoked: bytes) -> None:
    await conn.execute(update(status_lists).where(status_lists.c.id == list_id).values(revoked=revoked))


async def list_status_lists(conn: AsyncConnection, institution_id: UUID) -> list[Row[Any]]:
    query = select(status_lists).filter_by(institution_id=institution_id).order_by(status_lists.c.number)
    return list(await conn.execute(query))


async def insert_status_list_version(
    conn: AsyncConnection, list_id: int, document: bytes, digest: bytes, reasons: bytes | None, now: datetime
) -> None:
    versions = status_list_versions.c
    latest = (await conn.execute(select(func.max(versions.version)).where(versions.status_list_id == list_id))).scalar()
    await conn.execute(
        insert(status_list_versions).values(
            status_list_id=list_id,
            version=(latest or 0) + 1,
            document=document,
            digest=digest,
            reasons=reasons,
            signed_at=now,
        )
    )


async def find_status_list(
    conn: AsyncConnection, institution_id: UUID, number: int, at: datetime | None = None
) -> Row[*tuple[Any, ...]] | None:
    """The newest version (document, reasons, signed_at), or the newest of those that held at a moment."""
    versions = status_list_versions.c
    query = (
        select(versions.document, versions.reasons, versions.signed_at)
        .join(status_lists)
        .where(status_lists.c.institution_id == institution_id, status_lists.c.number == number)
        .order_by(versions.version.desc())
        .limit(1)
    )
    if at is not None:
        # A list says from which second it holds, and does so for the whole of it.
        query = query.where(func.date_trunc("second", versions.signed_at) <= at)
    return (await conn.execute(query)).one_or_none()
