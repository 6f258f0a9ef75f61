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
    conn: AsyncConnection, list_id: int, document: bytes, digest: bytes, now: datetime
) -> None:
    versions = status_list_versions.c
    latest = (await conn.execute(select(func.max(versions.version)).where(versions.status_list_id == list_id))).scalar()
    await conn.execute(
        insert(status_list_versions).values(
            status_list_id=list_id, version=(latest or 0) + 1, document=document, digest=digest, signed_at=now
        )
    )


async def current_status_list(
    conn: AsyncConnection, institution_id: UUID, number: int
) -> tuple[bytes, datetime] | None:
    """(document, signed at) of the newest version."""
    query = (
        select(status_list_versions.c.document, status_list_versions.c.signed_at)
        .join(status_lists)
        .where(status_lists.c.institution_id == institution_id, status_lists.c.number == number)
        .order_by(status_list_versions.c.version.desc())
        .limit(1)
    )
    row = (await conn.execute(query)).one_or_none()
    return (row.document, row.signed_at) if row else None
