"""Queries that delete credentials and learners, and those about the little that is left of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials.store.tables import (
    credential_editions,
    credential_parts,
    credentials,
    erased_credentials,
    erased_places,
    erasures,
    learners,
)
from app.database import HotReads

_ERASED = "SELECT erased_on, reason FROM erased_credentials WHERE number_sha256 = %(number)s"


async def institution_of_learner(conn: AsyncConnection, learner_id: UUID) -> UUID | None:
    return (await conn.execute(select(learners.c.institution_id).filter_by(id=learner_id))).scalar()


async def ids_of_learner(conn: AsyncConnection, learner_id: UUID) -> list[UUID]:
    return list((await conn.execute(select(credentials.c.id).filter_by(learner_id=learner_id))).scalars())


async def ids_naming(conn: AsyncConnection, part_ids: Iterable[UUID]) -> list[UUID]:
    """Awards and records, in any state, that name one of these credentials."""
    query = select(credential_parts.c.award_id).where(credential_parts.c.part_id.in_(list(part_ids)))
    return list((await conn.execute(query.distinct())).scalars())


async def lock_whole(conn: AsyncConnection, ids: Iterable[UUID]) -> list[Row[Any]]:
    """Whole rows of credentials by id; held against withdrawal, signing and correction."""
    query = select(credentials).where(credentials.c.id.in_(list(ids))).order_by(credentials.c.id)
    return list(await conn.execute(query.with_for_update()))


async def editions_of_all(conn: AsyncConnection, ids: Iterable[UUID]) -> list[Row[Any]]:
    """Whole rows of the past editions of credentials."""
    return list(
        await conn.execute(select(credential_editions).where(credential_editions.c.credential_id.in_(list(ids))))
    )


async def delete_credentials(conn: AsyncConnection, ids: Sequence[UUID]) -> None:
    """With their past editions and what they name; what names them must be among them."""
    parts = credential_parts.c
    await conn.execute(delete(credential_parts).where(parts.award_id.in_(ids) | parts.part_id.in_(ids)))
    await conn.execute(delete(credential_editions).where(credential_editions.c.credential_id.in_(ids)))
    await conn.execute(delete(credentials).where(credentials.c.id.in_(ids)))


async def delete_learner(conn: AsyncConnection, learner_id: UUID) -> None:
    await conn.execute(delete(learners).where(learners.c.id == learner_id))


async def insert_erasure(
    conn: AsyncConnection, erasure_id: UUID, institution_id: UUID, reason: str, receipt: bytes, now: datetime
) -> None:
    await conn.execute(
        insert(erasures).values(
            id=erasure_id, institution_id=institution_id, erased_at=now, reason=reason, receipt=receipt
        )
    )


async def find_erasure(conn: AsyncConnection, institution_id: UUID, erasure_id: UUID) -> bytes | None:
    query = select(erasures.c.receipt).filter_by(id=erasure_id, institution_id=institution_id)
    return (await conn.execute(query)).scalar()


async def list_erasures(conn: AsyncConnection, institution_id: UUID) -> list[Row[Any]]:
    """Rows (id, receipt), oldest first."""
    query = select(erasures.c.id, erasures.c.receipt).filter_by(institution_id=institution_id)
    return list(await conn.execute(query.order_by(erasures.c.erased_at, erasures.c.id)))


async def insert_erased(conn: AsyncConnection, numbers: Iterable[bytes], erased_on: date, reason: str) -> None:
    """`numbers`: SHA-256 of credentials' numbers."""
    # By the hash: nothing of the order in which they were made stays.
    rows = [{"number_sha256": number, "erased_on": erased_on, "reason": reason} for number in sorted(numbers)]
    if rows:
        await conn.execute(insert(erased_credentials), rows)


async def find_erased(conn: AsyncConnection | HotReads, number_sha256: bytes) -> tuple[date, str] | None:
    given = {"number": number_sha256}
    if isinstance(conn, HotReads):
        row = await conn.first(_ERASED, given)
    else:
        row = (await conn.exec_driver_sql(_ERASED, given)).one_or_none()
    return (row.erased_on, row.reason) if row else None


async def insert_places(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """`rows`: status_list_id, status_index, standing, reason, since."""
    if rows:
        await conn.execute(upsert(erased_places).on_conflict_do_nothing(), list(rows))
