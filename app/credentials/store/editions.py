"""Queries about editions of credentials: what a correction replaces, and what a name change leaves behind."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, insert, null, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials.model import CorrectionReason, CredentialState, Edition, RevocationReason
from app.credentials.store.tables import credential_editions, credentials, erased_places
from app.standards.status_reasons import Standing, StatusReason


async def lock_rows(conn: AsyncConnection, institution_id: UUID, **match: Any) -> list[Row[Any]]:
    """Whole rows of credentials, in any state, by id; locked against withdrawal, signing and other corrections."""
    query = select(credentials).filter_by(institution_id=institution_id, **match).order_by(credentials.c.id)
    return list(await conn.execute(query.with_for_update()))


async def insert_editions(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    await conn.execute(insert(credential_editions), list(rows))


async def store_corrected(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """`rows`: row_id and the columns of the newest edition, each under its name with `new_` before it."""
    columns = ("document", "digest", "status_list_id", "status_index", "grade", "credits_earned", "awarded_on")
    query = (
        update(credentials)
        .where(credentials.c.id == bindparam("row_id"))
        .values(
            edition=credentials.c.edition + 1,
            corrected_at=bindparam("new_corrected_at"),
            signed_at=now,
            **{name: bindparam(f"new_{name}") for name in columns},
        )
    )
    await conn.execute(query, list(rows))


async def replace_prepared(conn: AsyncConnection, documents: Mapping[UUID, bytes]) -> None:
    """New unsigned documents for credentials that wait for their signature; the caller holds their rows."""
    query = update(credentials).where(credentials.c.id == bindparam("row_id")).values(document=bindparam("written"))
    if documents:
        await conn.execute(query, [{"row_id": key, "written": written} for key, written in documents.items()])


async def list_editions(conn: AsyncConnection, credential_id: UUID) -> tuple[Edition, ...]:
    """Past editions, oldest first."""
    query = select(credential_editions).filter_by(credential_id=credential_id).order_by(credential_editions.c.number)
    return tuple(
        Edition(
            number=row.number,
            digest=row.digest,
            valid_from=row.valid_from,
            superseded_at=row.superseded_at,
            reason=CorrectionReason(row.reason),
            kept=row.document is not None,
        )
        for row in await conn.execute(query)
    )


async def find_edition(conn: AsyncConnection, credential_id: UUID, at: datetime) -> Row[*tuple[Any, ...]] | None:
    """The past edition (number, digest, document, valid_from) that held at a moment."""
    table = credential_editions.c
    query = select(table.number, table.digest, table.document, table.valid_from).where(
        table.credential_id == credential_id, table.valid_from <= at, table.superseded_at > at
    )
    return (await conn.execute(query)).one_or_none()


async def past_documents(conn: AsyncConnection, credential_ids: Iterable[UUID]) -> list[Row[Any]]:
    """Rows (credential_id, number, document, note) of past editions."""
    table = credential_editions.c
    query = select(table.credential_id, table.number, table.document, table.note).where(
        table.credential_id.in_(list(credential_ids))
    )
    return list(await conn.execute(query))


async def past_editions_of_all(conn: AsyncConnection, institution_id: UUID) -> list[Row[Any]]:
    """Rows (id of the credential, document, digest) of every past edition, for the audit."""
    query = (
        select(credentials.c.id, credential_editions.c.document, credential_editions.c.digest)
        .join(credential_editions)
        .where(credentials.c.institution_id == institution_id)
        .order_by(credentials.c.id, credential_editions.c.number)
    )
    return list(await conn.execute(query))


async def first_editions(conn: AsyncConnection, institution_id: UUID) -> list[Row[Any]]:
    """Rows (id, digest, signed_at, awarded_on) of every signed credential, as it was first."""
    first = credential_editions.alias("first")
    query = (
        select(
            credentials.c.id,
            func.coalesce(first.c.digest, credentials.c.digest).label("digest"),
            func.coalesce(first.c.valid_from, credentials.c.signed_at).label("signed_at"),
            credentials.c.awarded_on,
        )
        .outerjoin(first, (first.c.credential_id == credentials.c.id) & (first.c.number == 1))
        .where(credentials.c.institution_id == institution_id, credentials.c.state == CredentialState.SIGNED)
        .order_by(credentials.c.id)
    )
    return list(await conn.execute(query))


async def erase_edition(conn: AsyncConnection, credential_id: UUID, number: int) -> None:
    """Drop a past edition's text; its digest and its dates stay."""
    query = update(credential_editions).where(
        credential_editions.c.credential_id == credential_id, credential_editions.c.number == number
    )
    await conn.execute(query.values(document=null()))


async def erase_withdrawn(conn: AsyncConnection, credential_id: UUID) -> None:
    """Drop the text of a withdrawn credential; its digest and the record of it stay."""
    query = update(credentials).where(credentials.c.id == credential_id, credentials.c.revoked_at.is_not(None))
    await conn.execute(query.values(document=null()))


async def set_note(conn: AsyncConnection, credential_id: UUID, number: int | None, note: str) -> None:
    """The private note of a withdrawal (`number` None) or of a correction."""
    if number is None:
        query = update(credentials).where(credentials.c.id == credential_id).values(revocation_note=note)
    else:
        query = (
            update(credential_editions)
            .where(credential_editions.c.credential_id == credential_id, credential_editions.c.number == number)
            .values(note=note)
        )
    await conn.execute(query)


async def reasons_of_list(conn: AsyncConnection, list_id: int) -> dict[int, StatusReason]:
    """Why and when each place of a status list was set, in words for everybody."""
    withdrawn, past, erased = credentials.c, credential_editions.c, erased_places.c
    query = union_all(
        select(
            withdrawn.status_index,
            withdrawn.revocation_reason.label("reason"),
            withdrawn.revoked_at.label("on"),
            null().label("number"),
            withdrawn.revocation_detail.label("detail"),
        ).where(withdrawn.status_list_id == list_id, withdrawn.revoked_at.is_not(None)),
        select(past.status_index, past.reason, past.superseded_at, past.number, null()).where(
            past.status_list_id == list_id
        ),
    )
    kept = select(erased.status_index, erased.standing, erased.reason, erased.since.label("on"))
    given = {
        row.status_index: StatusReason(Standing(row.standing), row.reason, row.on)
        for row in await conn.execute(kept.where(erased.status_list_id == list_id))
    }
    return given | {
        index: StatusReason(Standing.REVOKED, detail or RevocationReason(reason).value, on)
        if number is None
        else StatusReason(Standing.SUPERSEDED, CorrectionReason(reason).published, on)
        for index, reason, on, number, detail in await conn.execute(query)
    }
