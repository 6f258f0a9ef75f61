"""What happened to awards by themselves, to be told to the learner and to the institution: an outbox.

A row is written in the transaction in which it happened, once for each happening; who tells people marks it. Nothing
here names a person: the learner is known by number alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.stacking import store
from app.stacking.cascade_policy import Cause


class EventKind(StrEnum):
    """WITHDRAWN: no longer complete. REPLACED: complete with other parts, so another award was made. CORRECTED: the
    same parts, one of them corrected, so a new edition was made. WAITING: a person decides."""

    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    CORRECTED = "corrected"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class AwardEvent:
    """One happening. `replacement_id`: the award made in the place of `award_id`. Told at None = not yet."""

    id: UUID
    institution_id: UUID
    learner_id: UUID
    award_id: UUID
    kind: EventKind
    sentence: str
    replacement_id: UUID | None
    happened_at: datetime
    learner_told_at: datetime | None
    institution_told_at: datetime | None


async def note(
    conn: AsyncConnection,
    institution_id: UUID,
    learner_id: UUID,
    award_id: UUID,
    kind: EventKind,
    causes: Iterable[Cause],
    sentence: str,
    now: datetime,
    replacement_id: UUID | None = None,
) -> None:
    """Put a happening into the outbox, unless it is there."""
    await store.insert_event(
        conn,
        {
            "id": uuid4(),
            "institution_id": institution_id,
            "learner_id": learner_id,
            "award_id": award_id,
            "kind": kind,
            "cause": cause_of(causes),
            "sentence": sentence,
            "replacement_id": replacement_id,
            "happened_at": now,
        },
    )


def cause_of(causes: Iterable[Cause]) -> str:
    """The same for the same causes."""
    return ";".join(sorted(cause.key for cause in causes))


async def notices(conn: AsyncConnection, institution_id: UUID) -> tuple[AwardEvent, ...]:
    """Everything that happened to awards of an institution, oldest first."""
    return tuple(map(_event, await store.list_events(conn, institution_id=institution_id)))


async def replaced_by(conn: AsyncConnection, award_id: UUID) -> UUID | None:
    """The award that was made in the place of one."""
    found = await store.list_events(conn, award_id=award_id, kind=EventKind.REPLACED)
    return found[0].replacement_id if found else None


async def replaces(conn: AsyncConnection, award_id: UUID) -> UUID | None:
    """The award in whose place this one was made."""
    found = await store.list_events(conn, replacement_id=award_id)
    return found[0].award_id if found else None


def _event(row: Row[tuple[object, ...]]) -> AwardEvent:
    return AwardEvent(
        id=row.id,
        institution_id=row.institution_id,
        learner_id=row.learner_id,
        award_id=row.award_id,
        kind=EventKind(row.kind),
        sentence=row.sentence,
        replacement_id=row.replacement_id,
        happened_at=row.happened_at,
        learner_told_at=row.learner_told_at,
        institution_told_at=row.institution_told_at,
    )
