"""Tables and queries of credentials; private to the package."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials.model import (
    CohortImport,
    Credential,
    CredentialKind,
    CredentialState,
    ImportState,
    Learner,
    RevocationReason,
)
from app.database import metadata

_WHEN = DateTime(timezone=True)


def _owned() -> Column[UUID]:
    return Column("institution_id", Uuid, ForeignKey("institutions.id"), nullable=False, index=True)


learners = Table(
    "learners",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owned(),
    Column("uln", String(10), nullable=False),
    Column("name", String(200), nullable=False),
    Column("email", String(254), nullable=False),
    UniqueConstraint("institution_id", "uln"),
)
cohort_imports = Table(
    "cohort_imports",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owned(),
    Column("file_name", String(200), nullable=False),
    Column("file_sha256", LargeBinary, nullable=False),
    Column("idempotency_key", String(200)),
    Column("row_count", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("issued_at", _WHEN),
    UniqueConstraint("institution_id", "file_sha256"),
    UniqueConstraint("institution_id", "idempotency_key"),
)
status_lists = Table(
    "status_lists",
    metadata,
    Column("id", Integer, primary_key=True),
    _owned(),
    Column("number", Integer, nullable=False),
    Column("allocated", LargeBinary, nullable=False),
    Column("allocated_count", Integer, nullable=False, server_default="0"),
    Column("revoked", LargeBinary, nullable=False),
    UniqueConstraint("institution_id", "number"),
)
status_list_versions = Table(
    "status_list_versions",
    metadata,
    Column("status_list_id", Integer, ForeignKey("status_lists.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("signed_at", _WHEN, nullable=False),
)
credentials = Table(
    "credentials",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owned(),
    Column("learner_id", Uuid, ForeignKey("learners.id"), nullable=False, index=True),
    Column("import_id", Uuid, ForeignKey("cohort_imports.id"), index=True),
    Column("kind", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("qualification_id", String(120), nullable=False),
    Column("unit_id", String(120)),
    Column("grade", String(40), nullable=False),
    Column("credits_earned", Integer),
    Column("awarded_on", Date, nullable=False),
    Column("status_list_id", Integer, ForeignKey("status_lists.id"), nullable=False),
    Column("status_index", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("digest", LargeBinary, unique=True),
    Column("created_at", _WHEN, nullable=False),
    Column("signed_at", _WHEN),
    Column("revoked_at", _WHEN),
    Column("revocation_reason", String(40)),
    Column("revocation_note", String(500)),
    Column("review_reason", String(500)),
    UniqueConstraint("status_list_id", "status_index"),
    Index("ix_credentials_prepared", "institution_id", "id", postgresql_where=text("state = 'prepared'")),
    Index(
        "uq_credentials_one_per_unit",
        "institution_id",
        "learner_id",
        "unit_id",
        unique=True,
        postgresql_where=text("revoked_at IS NULL AND kind = 'unit'"),
    ),
    Index(
        "uq_credentials_one_per_award",
        "institution_id",
        "learner_id",
        "qualification_id",
        unique=True,
        postgresql_where=text("revoked_at IS NULL AND kind = 'award'"),
    ),
)
credential_parts = Table(
    "credential_parts",
    metadata,
    Column("award_id", Uuid, ForeignKey("credentials.id"), primary_key=True),
    Column("part_id", Uuid, ForeignKey("credentials.id"), primary_key=True, index=True),
)


async def save_learners(
    conn: AsyncConnection, institution_id: UUID, people: Mapping[str, tuple[str, str]]
) -> dict[str, Learner]:
    """ULN -> learner, made or brought up to date. `people` maps a ULN to (name, e-mail)."""
    query = upsert(learners)
    query = query.on_conflict_do_update(
        index_elements=["institution_id", "uln"],
        set_={"name": query.excluded.name, "email": query.excluded.email},
    )
    rows = [
        {"id": uuid4(), "institution_id": institution_id, "uln": uln, "name": name, "email": email}
        for uln, (name, email) in people.items()
    ]
    if rows:
        await conn.execute(query, rows)
    found = await conn.execute(
        select(learners).where(learners.c.institution_id == institution_id, learners.c.uln.in_(list(people)))
    )
    return {row.uln: _learner(row) for row in found}


async def find_learner(conn: AsyncConnection, institution_id: UUID, learner_id: UUID) -> Learner | None:
    query = select(learners).filter_by(id=learner_id, institution_id=institution_id)
    row = (await conn.execute(query)).one_or_none()
    return _learner(row) if row else None


async def list_learners(conn: AsyncConnection, institution_id: UUID, ids: Iterable[UUID]) -> tuple[Learner, ...]:
    query = select(learners).where(learners.c.institution_id == institution_id, learners.c.id.in_(list(ids)))
    return tuple(_learner(row) for row in await conn.execute(query))


async def held_units(
    conn: AsyncConnection, institution_id: UUID, pairs: Iterable[tuple[UUID, str]]
) -> set[tuple[UUID, str]]:
    """Which (learner, unit) pairs have a credential in force already."""
    wanted = list(pairs)
    found: set[tuple[UUID, str]] = set()
    for start in range(0, len(wanted), 5_000):
        query = select(credentials.c.learner_id, credentials.c.unit_id).where(
            credentials.c.institution_id == institution_id,
            credentials.c.revoked_at.is_(None),
            credentials.c.kind == CredentialKind.UNIT,
            tuple_(credentials.c.learner_id, credentials.c.unit_id).in_(wanted[start : start + 5_000]),
        )
        found |= {(learner_id, str(unit_id)) for learner_id, unit_id in (await conn.execute(query))}
    return found


async def insert_credentials(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    await conn.execute(insert(credentials), list(rows))


async def insert_parts(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await conn.execute(insert(credential_parts), list(rows))


async def lock_prepared(
    conn: AsyncConnection, institution_id: UUID, limit: int, ids: Sequence[UUID] | None = None
) -> list[Row[Any]]:
    """Rows (id, document) that wait for a signature; locked, and skipped where another worker holds them."""
    query = (
        select(credentials.c.id, credentials.c.document)
        .where(credentials.c.institution_id == institution_id, credentials.c.state == CredentialState.PREPARED)
        .order_by(credentials.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if ids is not None:
        query = query.where(credentials.c.id.in_(ids))
    return list(await conn.execute(query))


async def store_signed(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """`rows`: row_id, signed (bytes), binding (digest)."""
    query = (
        update(credentials)
        .where(credentials.c.id == bindparam("row_id"))
        .values(
            document=bindparam("signed"),
            digest=bindparam("binding"),
            state=CredentialState.SIGNED,
            signed_at=bindparam("moment"),
        )
    )
    await conn.execute(query, [{**row, "moment": now} for row in rows])


async def find_credential(conn: AsyncConnection, credential_id: UUID, *, lock: bool = False) -> Credential | None:
    query = select(credentials).filter_by(id=credential_id)
    row = (await conn.execute(query.with_for_update() if lock else query)).one_or_none()
    return _credential(row) if row else None


async def find_signed(conn: AsyncConnection, credential_id: UUID) -> tuple[bytes, bytes, UUID] | None:
    """(document, digest, institution id) of a signed credential."""
    query = select(credentials.c.document, credentials.c.digest, credentials.c.institution_id).where(
        credentials.c.id == credential_id, credentials.c.state == CredentialState.SIGNED
    )
    row = (await conn.execute(query)).one_or_none()
    return (row.document, row.digest, row.institution_id) if row else None


async def find_with_document(conn: AsyncConnection, credential_id: UUID) -> tuple[Credential, bytes] | None:
    """A signed credential and its bytes, in one read."""
    query = select(credentials).filter_by(id=credential_id, state=CredentialState.SIGNED)
    row = (await conn.execute(query)).one_or_none()
    return (_credential(row), row.document) if row else None


async def list_credentials(
    conn: AsyncConnection, institution_id: UUID, *, limit: int | None = None, offset: int = 0, **match: Any
) -> tuple[Credential, ...]:
    query = (
        select(credentials)
        .filter_by(institution_id=institution_id, **match)
        .order_by(credentials.c.awarded_on, credentials.c.id)
        .limit(limit)
        .offset(offset)
    )
    return tuple(_credential(row) for row in await conn.execute(query))


async def lock_held(conn: AsyncConnection, institution_id: UUID, learner_ids: Iterable[UUID]) -> tuple[Credential, ...]:
    """Signed credentials, and awards in any state, of many learners; locked against withdrawal."""
    query = (
        select(credentials)
        .where(
            credentials.c.institution_id == institution_id,
            credentials.c.learner_id.in_(list(learner_ids)),
            or_(credentials.c.state == CredentialState.SIGNED, credentials.c.kind == CredentialKind.AWARD),
        )
        .order_by(credentials.c.id)
        .with_for_update(read=True)
    )
    return tuple(_credential(row) for row in await conn.execute(query))


async def signed_documents(conn: AsyncConnection, institution_id: UUID) -> list[Row[Any]]:
    """Rows (id, document, digest) of every signed credential, for the audit."""
    query = select(credentials.c.id, credentials.c.document, credentials.c.digest).where(
        credentials.c.institution_id == institution_id, credentials.c.state == CredentialState.SIGNED
    )
    return list(await conn.execute(query.order_by(credentials.c.id)))


async def count_prepared(conn: AsyncConnection, institution_id: UUID) -> int:
    query = select(func.count()).select_from(credentials)
    query = query.filter_by(institution_id=institution_id, state=CredentialState.PREPARED)
    return (await conn.execute(query)).scalar_one()


async def documents_of(conn: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, bytes]:
    query = select(credentials.c.id, credentials.c.document).where(
        credentials.c.id.in_(ids), credentials.c.state == CredentialState.SIGNED
    )
    return {row.id: row.document for row in await conn.execute(query)}


async def set_revoked(
    conn: AsyncConnection, credential_id: UUID, reason: RevocationReason, note: str, now: datetime
) -> tuple[int, int]:
    """Record the withdrawal; (status list id, index)."""
    query = (
        update(credentials)
        .where(credentials.c.id == credential_id)
        .values(revoked_at=now, revocation_reason=reason, revocation_note=note)
        .returning(credentials.c.status_list_id, credentials.c.status_index)
    )
    row = (await conn.execute(query)).one()
    return row.status_list_id, row.status_index


async def mark_for_review(conn: AsyncConnection, part_id: UUID, reason: str) -> list[UUID]:
    """Flag every award in force that names `part_id`; their ids."""
    query = (
        update(credentials)
        .where(
            credentials.c.id == credential_parts.c.award_id,
            credential_parts.c.part_id == part_id,
            credentials.c.revoked_at.is_(None),
        )
        .values(review_reason=reason)
        .returning(credentials.c.id)
    )
    return list((await conn.execute(query)).scalars())


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


async def search_learners(
    conn: AsyncConnection, institution_id: UUID, *, name: str, uln: str, email: str, limit: int
) -> tuple[Learner, ...]:
    """By part of the name, or by the whole ULN or e-mail address; "" = not asked for."""
    query = select(learners).where(learners.c.institution_id == institution_id)
    if name:
        query = query.where(learners.c.name.icontains(name, autoescape=True))
    if uln:
        query = query.where(learners.c.uln == uln)
    if email:
        query = query.where(func.lower(learners.c.email) == email.lower())
    return tuple(_learner(row) for row in await conn.execute(query.order_by(learners.c.name).limit(limit)))


async def learners_of_import(conn: AsyncConnection, import_id: UUID) -> list[UUID]:
    query = select(credentials.c.learner_id).filter_by(import_id=import_id).distinct()
    return list((await conn.execute(query)).scalars())


def _learner(row: Row[Any]) -> Learner:
    return Learner(row.id, row.institution_id, row.name, row.email, row.uln)


def _credential(row: Row[Any]) -> Credential:
    return Credential(
        id=row.id,
        institution_id=row.institution_id,
        learner_id=row.learner_id,
        kind=CredentialKind(row.kind),
        state=CredentialState(row.state),
        qualification_id=row.qualification_id,
        unit_id=row.unit_id,
        grade=row.grade,
        awarded_on=row.awarded_on,
        created_at=row.created_at,
        digest=row.digest,
        revoked_at=row.revoked_at,
        revocation_reason=RevocationReason(row.revocation_reason) if row.revocation_reason else None,
        review_reason=row.review_reason,
    )


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
