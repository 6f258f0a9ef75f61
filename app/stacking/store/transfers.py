"""Tables and queries of credit from elsewhere: agreements, records that a learner linked, recognised prior learning."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Uuid,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.database import metadata

_WHEN = DateTime(timezone=True)

transfer_agreements = Table(
    "transfer_agreements",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("receiver_id", Uuid, ForeignKey("institutions.id"), nullable=False, index=True),
    Column("giver_id", Uuid, ForeignKey("institutions.id"), nullable=False, index=True),
    Column("qualification_ids", ARRAY(String(120)), nullable=False),
    Column("unit_ids", ARRAY(String(120)), nullable=False),
    Column("most_credits", Integer),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("document", LargeBinary, nullable=False),
    Column("signed_at", _WHEN, nullable=False),
    CheckConstraint("receiver_id <> giver_id", name="two"),
    CheckConstraint("most_credits > 0", name="most_credits"),
)
# Codes are kept as hashes, and deleted when they are used.
learner_link_codes = Table(
    "learner_link_codes",
    metadata,
    Column("code_sha256", LargeBinary, primary_key=True),
    Column("learner_id", Uuid, ForeignKey("learners.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("made_for", Uuid, ForeignKey("institutions.id"), nullable=False),
    Column("expires_at", _WHEN, nullable=False),
)
# The code of `shown_id` was entered at the other institution by `entered_by_id`. Both ways round: they are linked.
learner_links = Table(
    "learner_links",
    metadata,
    Column("shown_id", Uuid, ForeignKey("learners.id", ondelete="CASCADE"), primary_key=True),
    Column("entered_by_id", Uuid, ForeignKey("learners.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("shown_at_id", Uuid, ForeignKey("institutions.id"), nullable=False),
    Column("made_at", _WHEN, nullable=False),
)
# What the credential rests on; neither is published. Gone with it when it is erased.
recognitions = Table(
    "recognitions",
    metadata,
    Column("credential_id", Uuid, ForeignKey("credentials.id", ondelete="CASCADE"), primary_key=True),
    Column("institution_id", Uuid, ForeignKey("institutions.id"), nullable=False, index=True),
    Column("evidence", String(200), nullable=False),
    Column("assessor", String(200), nullable=False),
    Column("claimed_grade", String(40), nullable=False),
    Column("recorded_at", _WHEN, nullable=False),
)


async def insert_agreement(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    await conn.execute(insert(transfer_agreements).values(values))


async def find_agreement(conn: AsyncConnection, agreement_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    query = select(transfer_agreements).filter_by(id=agreement_id)
    return (await conn.execute(query.with_for_update() if lock else query)).one_or_none()


async def agreements_from(conn: AsyncConnection, receiver_id: UUID) -> list[Row[Any]]:
    """What an institution signed as the one that takes, oldest first."""
    query = select(transfer_agreements).filter_by(receiver_id=receiver_id)
    return list(await conn.execute(query.order_by(transfer_agreements.c.signed_at, transfer_agreements.c.id)))


async def replace_agreement(
    conn: AsyncConnection, agreement_id: UUID, valid_until: date, document: bytes, now: datetime
) -> None:
    query = update(transfer_agreements).filter_by(id=agreement_id)
    await conn.execute(query.values(valid_until=valid_until, document=document, signed_at=now))


async def insert_code(
    conn: AsyncConnection, code_sha256: bytes, learner_id: UUID, made_for: UUID, expires_at: datetime
) -> None:
    """In the place of any other of the learner's for that institution."""
    codes = learner_link_codes.c
    await conn.execute(delete(learner_link_codes).where(codes.learner_id == learner_id, codes.made_for == made_for))
    row = {"code_sha256": code_sha256, "learner_id": learner_id, "made_for": made_for, "expires_at": expires_at}
    await conn.execute(insert(learner_link_codes).values(row))


async def take_code(conn: AsyncConnection, code_sha256: bytes, made_for: UUID, now: datetime) -> UUID | None:
    """Whose code it is, once; None for one that is unknown, used, run out or for another institution."""
    codes = learner_link_codes.c
    query = (
        delete(learner_link_codes)
        .where(codes.code_sha256 == code_sha256, codes.made_for == made_for, codes.expires_at > now)
        .returning(codes.learner_id)
    )
    return (await conn.execute(query)).scalar()


async def insert_half(
    conn: AsyncConnection, shown_id: UUID, shown_at_id: UUID, entered_by_id: UUID, now: datetime
) -> None:
    row = {"shown_id": shown_id, "entered_by_id": entered_by_id, "shown_at_id": shown_at_id, "made_at": now}
    await conn.execute(upsert(learner_links).values(row).on_conflict_do_nothing())


async def linked_to(conn: AsyncConnection, learner_ids: Collection[UUID]) -> list[tuple[UUID, UUID, UUID]]:
    """(learner, the same person's other record, its institution) of these learners, by both."""
    one, other = learner_links.alias("one"), learner_links.alias("other")
    query = (
        select(one.c.entered_by_id, one.c.shown_id, one.c.shown_at_id)
        .join(
            other,
            (other.c.shown_id == one.c.entered_by_id) & (other.c.entered_by_id == one.c.shown_id),
        )
        .where(one.c.entered_by_id.in_(list(learner_ids)))
        .order_by(one.c.entered_by_id, one.c.shown_id)
    )
    return [(row.entered_by_id, row.shown_id, row.shown_at_id) for row in await conn.execute(query)]


async def insert_recognition(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    await conn.execute(insert(recognitions).values(values))


async def recognised_among(conn: AsyncConnection, credential_ids: Collection[UUID]) -> frozenset[UUID]:
    """Which of these credentials are recognised prior learning."""
    query = select(recognitions.c.credential_id).where(recognitions.c.credential_id.in_(list(credential_ids)))
    return frozenset((await conn.execute(query)).scalars())


async def list_recognitions(conn: AsyncConnection, institution_id: UUID) -> list[Row[Any]]:
    """Oldest first."""
    query = select(recognitions).filter_by(institution_id=institution_id)
    return list(await conn.execute(query.order_by(recognitions.c.recorded_at, recognitions.c.credential_id)))
