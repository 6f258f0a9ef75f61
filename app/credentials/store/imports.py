"""Queries about cohort imports."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials.model import CohortImport, CredentialState, ImportState
from app.credentials.store.tables import cohort_imports, credentials


async def lock_importing(conn: AsyncConnection, institution_id: UUID) -> None:
    """Let one transaction at a time take in a file for an institution: a file is known again once it is committed."""
    key = func.hashtextextended(f"importing:{institution_id}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))


async def find_import(conn: AsyncConnection, **match: Any) -> CohortImport | None:
    query = select(cohort_imports).filter_by(**match)
    row = (await conn.execute(query)).one_or_none()
    return _import(row) if row else None


async def list_imports(conn: AsyncConnection, institution_id: UUID) -> tuple[CohortImport, ...]:
    query = select(cohort_imports).filter_by(institution_id=institution_id).order_by(cohort_imports.c.created_at)
    return tuple(_import(row) for row in await conn.execute(query))


async def unfinished_imports(conn: AsyncConnection) -> tuple[CohortImport, ...]:
    """Of every institution; the worker's sweep is the one caller that is not an institution's."""
    query = select(cohort_imports).where(cohort_imports.c.state != ImportState.AWARDED)
    return tuple(_import(row) for row in await conn.execute(query.order_by(cohort_imports.c.created_at)))


async def insert_import(conn: AsyncConnection, cohort: CohortImport, idempotency_key: str | None) -> None:
    await conn.execute(
        insert(cohort_imports).values(
            id=cohort.id,
            institution_id=cohort.institution_id,
            file_name=cohort.file_name,
            file_sha256=cohort.file_sha256,
            idempotency_key=idempotency_key,
            row_count=cohort.row_count,
            state=cohort.state,
            created_at=cohort.created_at,
        )
    )


async def set_import_state(conn: AsyncConnection, import_id: UUID, **values: Any) -> None:
    """`values`: state, issued_at."""
    await conn.execute(update(cohort_imports).where(cohort_imports.c.id == import_id).values(values))


async def import_progress(conn: AsyncConnection, import_id: UUID) -> tuple[int, int]:
    """(prepared, signed) credentials of an import."""
    query = select(credentials.c.state, func.count()).filter_by(import_id=import_id).group_by(credentials.c.state)
    counts: dict[str, int] = dict((await conn.execute(query)).all())
    return counts.get(CredentialState.PREPARED, 0), counts.get(CredentialState.SIGNED, 0)


async def digests_of_import(conn: AsyncConnection, import_id: UUID) -> list[bytes]:
    query = select(credentials.c.digest).where(credentials.c.import_id == import_id, credentials.c.digest.is_not(None))
    return list((await conn.execute(query)).scalars())


async def learners_of_import(conn: AsyncConnection, import_id: UUID) -> list[UUID]:
    query = select(credentials.c.learner_id).filter_by(import_id=import_id).distinct()
    return list((await conn.execute(query)).scalars())


async def imports_with(conn: AsyncConnection, learner_id: UUID) -> list[Row[Any]]:
    """Rows (id, file_name, idempotency_key) of the imports that brought results of a learner."""
    brought = select(credentials.c.import_id).filter_by(learner_id=learner_id)
    table = cohort_imports.c
    query = select(table.id, table.file_name, table.idempotency_key).where(table.id.in_(brought))
    return list(await conn.execute(query))


async def set_import_texts(conn: AsyncConnection, import_id: UUID, **values: str | None) -> None:
    """`values`: file_name, idempotency_key."""
    await conn.execute(update(cohort_imports).where(cohort_imports.c.id == import_id).values(values))


def _import(row: Row[Any]) -> CohortImport:
    return CohortImport(
        row.id,
        row.institution_id,
        row.file_name,
        row.file_sha256,
        row.row_count,
        ImportState(row.state),
        row.created_at,
        row.issued_at,
    )
