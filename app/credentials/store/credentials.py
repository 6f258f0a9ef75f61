"""Queries about credentials and the parts of awards."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials.model import ACHIEVEMENTS, Credential, CredentialKind, CredentialState, RevocationReason
from app.credentials.store.tables import credential_parts, credentials


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
    return credential_of(row) if row else None


async def find_signed(conn: AsyncConnection, credential_id: UUID) -> tuple[bytes | None] | None:
    """The document of a signed credential; None in the tuple = erased."""
    query = select(credentials.c.document).where(
        credentials.c.id == credential_id, credentials.c.state == CredentialState.SIGNED
    )
    row = (await conn.execute(query)).one_or_none()
    return (row.document,) if row else None


async def find_with_document(conn: AsyncConnection, credential_id: UUID) -> tuple[Credential, bytes | None] | None:
    """A signed credential and its bytes, in one read; None = erased."""
    query = select(credentials).filter_by(id=credential_id, state=CredentialState.SIGNED)
    row = (await conn.execute(query)).one_or_none()
    return (credential_of(row), row.document) if row else None


async def find_in_force(conn: AsyncConnection, institution_id: UUID, **match: Any) -> Credential | None:
    """The one credential that matches and is not withdrawn."""
    query = select(credentials).filter_by(institution_id=institution_id, revoked_at=None, **match)
    row = (await conn.execute(query)).one_or_none()
    return credential_of(row) if row else None


async def lock_endorsements(conn: AsyncConnection, institution_id: UUID) -> None:
    """Let one transaction at a time endorse for an institution: there is no row to lock before the first one."""
    key = func.hashtextextended(f"endorsing:{institution_id}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))


async def list_credentials(
    conn: AsyncConnection,
    institution_id: UUID,
    *,
    kinds: Collection[CredentialKind] = tuple(CredentialKind),
    limit: int | None = None,
    offset: int = 0,
    **match: Any,
) -> tuple[Credential, ...]:
    query = (
        select(credentials)
        .filter_by(institution_id=institution_id, **match)
        .where(credentials.c.kind.in_(kinds))
        .order_by(credentials.c.awarded_on, credentials.c.id)
        .limit(limit)
        .offset(offset)
    )
    return tuple(credential_of(row) for row in await conn.execute(query))


async def lock_held(conn: AsyncConnection, institution_id: UUID, learner_ids: Iterable[UUID]) -> tuple[Credential, ...]:
    """Signed credentials, and awards in any state, of many learners; locked against withdrawal."""
    query = (
        select(credentials)
        .where(
            credentials.c.institution_id == institution_id,
            credentials.c.learner_id.in_(list(learner_ids)),
            credentials.c.kind.in_(ACHIEVEMENTS),
            or_(credentials.c.state == CredentialState.SIGNED, credentials.c.kind == CredentialKind.AWARD),
        )
        .order_by(credentials.c.id)
        .with_for_update(read=True)
    )
    return tuple(credential_of(row) for row in await conn.execute(query))


async def signed_documents(conn: AsyncConnection, institution_id: UUID) -> list[Row[Any]]:
    """Rows (id, document, digest) of every signed credential, for the audit."""
    query = select(credentials.c.id, credentials.c.document, credentials.c.digest).where(
        credentials.c.institution_id == institution_id, credentials.c.state == CredentialState.SIGNED
    )
    return list(await conn.execute(query.order_by(credentials.c.id)))


async def digests_signed_with(conn: AsyncConnection, institution_id: UUID, key_id: str) -> list[bytes]:
    """Digests of the credentials in force that this key signed, read off the documents themselves."""
    # Inside a JSON text every quotation mark has a backslash before it: only a member can look like this.
    member = f'"verificationMethod":{json.dumps(key_id)}'.encode()
    query = select(credentials.c.digest).where(
        credentials.c.institution_id == institution_id,
        credentials.c.state == CredentialState.SIGNED,
        credentials.c.revoked_at.is_(None),
        func.pg_catalog.position(credentials.c.document, member) > 0,
    )
    return list((await conn.execute(query)).scalars())


async def count_prepared(conn: AsyncConnection, institution_id: UUID) -> int:
    query = select(func.count()).select_from(credentials)
    query = query.filter_by(institution_id=institution_id, state=CredentialState.PREPARED)
    return (await conn.execute(query)).scalar_one()


async def documents_of(conn: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, bytes]:
    query = select(credentials.c.id, credentials.c.document).where(
        credentials.c.id.in_(ids),
        credentials.c.state == CredentialState.SIGNED,
        credentials.c.document.is_not(None),
    )
    return {row.id: row.document for row in await conn.execute(query)}


async def set_revoked(
    conn: AsyncConnection,
    credential_id: UUID,
    reason: RevocationReason,
    note: str,
    now: datetime,
    detail: str | None = None,
) -> tuple[int, int]:
    """Record the withdrawal; (status list id, index)."""
    query = (
        update(credentials)
        .where(credentials.c.id == credential_id)
        .values(revoked_at=now, revocation_reason=reason, revocation_note=note, revocation_detail=detail)
        .returning(credentials.c.status_list_id, credentials.c.status_index)
    )
    row = (await conn.execute(query)).one()
    return row.status_list_id, row.status_index


async def documents_naming(conn: AsyncConnection, part_id: UUID, kind: CredentialKind) -> dict[UUID, bytes]:
    """Id -> document, of everything signed and in force of a kind (awards, records) that names `part_id`."""
    query = (
        select(credentials.c.id, credentials.c.document)
        .join(credential_parts, credentials.c.id == credential_parts.c.award_id)
        .where(
            credential_parts.c.part_id == part_id,
            credentials.c.kind == kind,
            credentials.c.revoked_at.is_(None),
            credentials.c.state == CredentialState.SIGNED,
        )
    )
    return {row.id: row.document for row in await conn.execute(query)}


async def mark_for_review(
    conn: AsyncConnection, part_id: UUID, reason: str, among: Iterable[UUID] | None = None
) -> list[UUID]:
    """Flag all in force that names `part_id` (awards, records), or what of it is `among` the ids given; their ids."""
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
    if among is not None:
        query = query.where(credentials.c.id.in_(list(among)))
    return list((await conn.execute(query)).scalars())


async def clear_review(conn: AsyncConnection, credential_id: UUID) -> None:
    """What was to be looked at was looked at."""
    await conn.execute(update(credentials).where(credentials.c.id == credential_id).values(review_reason=None))


async def awards_under_review(conn: AsyncConnection) -> tuple[UUID, ...]:
    """Every award in force that is marked, of all institutions; oldest first."""
    query = select(credentials.c.id).where(
        credentials.c.kind == CredentialKind.AWARD,
        credentials.c.revoked_at.is_(None),
        credentials.c.review_reason.is_not(None),
    )
    return tuple((await conn.execute(query.order_by(credentials.c.created_at, credentials.c.id))).scalars())


async def parts_of(conn: AsyncConnection, award_ids: Iterable[UUID]) -> list[tuple[UUID, UUID]]:
    """Pairs (award, part), by both."""
    table = credential_parts.c
    query = select(table.award_id, table.part_id).where(table.award_id.in_(list(award_ids)))
    return [(row.award_id, row.part_id) for row in await conn.execute(query.order_by(table.award_id, table.part_id))]


RECORDED = tuple(one.name for one in fields(Credential))
"""The columns of a record."""


def credential_of(row: Any) -> Credential:
    """The record in a row that has `RECORDED`."""
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
        endorsed_id=row.endorsed_id,
        edition=row.edition,
        corrected_at=row.corrected_at,
        revocation_detail=row.revocation_detail,
    )
