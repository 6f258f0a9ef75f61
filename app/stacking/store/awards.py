"""Tables and queries of awards: policies, events, what waits for a decision; and the one lock of stacking."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.database import metadata

WHOLE_INSTITUTION = ""
"""In place of a pack's id: the policy for every pack that has none of its own."""

stacking_policies = Table(
    "stacking_policies",
    metadata,
    Column("institution_id", Uuid, ForeignKey("institutions.id"), primary_key=True),
    Column("pack_id", String(120), primary_key=True),
    Column("cascade", String(10)),
    Column("sign_off", String(10)),
)
# What happened to awards by themselves, once each; a mailer marks whom it told. Gone with the award when it is erased.
award_events = Table(
    "award_events",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("institution_id", Uuid, ForeignKey("institutions.id"), nullable=False, index=True),
    Column("learner_id", Uuid, ForeignKey("learners.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("award_id", Uuid, ForeignKey("credentials.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("cause", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("replacement_id", Uuid, ForeignKey("credentials.id", ondelete="SET NULL"), index=True),
    Column("happened_at", DateTime(timezone=True), nullable=False),
    Column("learner_told_at", DateTime(timezone=True)),
    Column("institution_told_at", DateTime(timezone=True)),
    UniqueConstraint("award_id", "kind", "cause"),
)
# Complete stacks on which a person of the awarding organisation decides, and what was decided.
award_candidates = Table(
    "award_candidates",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("institution_id", Uuid, ForeignKey("institutions.id"), nullable=False, index=True),
    Column("learner_id", Uuid, ForeignKey("learners.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("pack_id", String(120), nullable=False),
    Column("pack_version", Integer, nullable=False),
    Column("qualification_id", String(120), nullable=False),
    Column("grade", String(40), nullable=False),
    Column("basis", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", String(200)),
    Column("decided_at", DateTime(timezone=True)),
    Column("comment", String(500), nullable=False, server_default=""),
    Column("award_id", Uuid, ForeignKey("credentials.id", ondelete="SET NULL")),
    CheckConstraint("(state IN ('approved', 'returned')) = (decided_by IS NOT NULL)", name="decided"),
    Index(
        "uq_award_candidates_one_waiting",
        "institution_id",
        "learner_id",
        "qualification_id",
        unique=True,
        postgresql_where=text("state = 'waiting'"),
    ),
)


async def lock_awards(conn: AsyncConnection, institution_id: UUID) -> None:
    """Let one transaction at a time make awards for an institution; held until it ends.

    An advisory lock, not the learners' rows: an import writes those in the order of its file, and two orders
    of locking would be a deadlock.
    """
    key = func.hashtextextended(f"stacking:{institution_id}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))


async def set_policy(conn: AsyncConnection, institution_id: UUID, pack_id: str, **chosen: str | None) -> None:
    """`chosen`: cascade, sign_off; what is not given stays."""
    row = {"institution_id": institution_id, "pack_id": pack_id, **chosen}
    query = upsert(stacking_policies).values(row)
    await conn.execute(query.on_conflict_do_update(index_elements=["institution_id", "pack_id"], set_=chosen))


async def policies_of(conn: AsyncConnection, institution_id: UUID) -> dict[str, Row[Any]]:
    """Pack id (or `WHOLE_INSTITUTION`) -> row (cascade, sign_off), each None where nothing was chosen."""
    query = select(stacking_policies).filter_by(institution_id=institution_id)
    return {row.pack_id: row for row in await conn.execute(query)}


async def insert_event(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Nothing happens when it is on record already: the same award, kind and cause."""
    await conn.execute(upsert(award_events).values(values).on_conflict_do_nothing())


async def list_events(conn: AsyncConnection, **match: Any) -> list[Row[Any]]:
    """Oldest first."""
    query = select(award_events).filter_by(**match).order_by(award_events.c.happened_at, award_events.c.id)
    return list(await conn.execute(query))


async def insert_candidate(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    await conn.execute(insert(award_candidates).values(values))


async def set_candidate(conn: AsyncConnection, candidate_id: UUID, **values: Any) -> None:
    await conn.execute(update(award_candidates).filter_by(id=candidate_id).values(values))


async def list_candidates(conn: AsyncConnection, **match: Any) -> list[Row[Any]]:
    """Oldest first."""
    query = select(award_candidates).filter_by(**match)
    return list(await conn.execute(query.order_by(award_candidates.c.made_at, award_candidates.c.id)))
