"""Recognition of prior learning (RPL): an assessor found that a learner can do what a unit asks for.

It is issued as a credential of the unit that says so in its type and its criteria, so a verifier can tell it from one
that was taught here; the rules see it as recognised, and their caps hold. Its grade is the lowest that passes, whatever
was claimed: experiential learning counts at Pass only with Pearson, and no rule set allows more yet. Who assessed and
where the evidence is kept (a reference, not the evidence) is on record here and never published.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app import jobs
from app.catalogue import service as catalogue
from app.catalogue.model import Unit
from app.credentials import issuing
from app.credentials import service as credentials
from app.credentials.model import Credential
from app.credentials.signing import Issuer
from app.errors import Refused
from app.stacking import store
from app.standards import open_badge, uk_time
from app.standards.data_integrity import CanonicalForm

MAX_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a credential of prior learning rests on."""

    credential_id: UUID
    evidence: str
    assessor: str
    claimed_grade: str
    recorded_at: datetime


async def recognise(
    conn: AsyncConnection,
    issuer: Issuer,
    reference: CanonicalForm,
    learner_id: UUID,
    unit_id: str,
    *,
    evidence: str,
    assessor: str,
    grade: str,
    decided_on: date,
    now: datetime,
) -> Credential:
    """Issue a unit to a learner of the institution as prior learning; a job makes the award it may complete.

    `grade` is what the assessor found, kept beside it. Raises `Refused` (evidence_missing, assessor_missing,
    grade_not_passing), `NotFound` (learner_unknown, unit_unknown) and what `issuing.order_units` raises.
    """
    evidence = _text(evidence, "evidence_missing", "Say where the evidence is kept")
    assessor = _text(assessor, "assessor_missing", "Give the assessor's name")
    institution_id = issuer.institution.id
    unit = await catalogue.get_unit(conn, unit_id)
    if grade not in unit.grade_scale or not unit.is_pass(grade):
        raise Refused("grade_not_passing", "Prior learning is recognised where it passes the unit.")
    learner = await credentials.get_learner(conn, institution_id, learner_id)
    (order,) = await issuing.order_units(
        conn, issuer, [(learner, unit, _capped(unit), decided_on)], uk_time.day_of(now)
    )
    achievement = replace(
        order.achievement,
        achievement_type=open_badge.RECOGNISED,
        criteria=(
            "Recognised as prior learning: an assessor of "
            f"{issuer.institution.name} found that what was learnt before meets what this unit asks for. It was not "
            "taught here, and its grade is the lowest that passes."
        ),
    )
    ids = await issuing.prepare(conn, issuer, [replace(order, achievement=achievement)], now)
    await issuing.sign_prepared(conn, issuer, reference, now, ids)
    await store.insert_recognition(
        conn,
        {
            "credential_id": ids[0],
            "institution_id": institution_id,
            "evidence": evidence,
            "assessor": assessor,
            "claimed_grade": grade,
            "recorded_at": now,
        },
    )
    await jobs.enqueue(
        conn,
        jobs.AWARD_LEARNER,
        lock=f"issue:{institution_id}",
        institution_id=str(institution_id),
        learner_id=str(learner_id),
    )
    return await credentials.get(conn, institution_id, ids[0])


async def recognitions(conn: AsyncConnection, institution_id: UUID) -> tuple[Recognition, ...]:
    """What an institution recognised, oldest first."""
    rows = await store.list_recognitions(conn, institution_id)
    return tuple(
        Recognition(row.credential_id, row.evidence, row.assessor, row.claimed_grade, row.recorded_at) for row in rows
    )


def _capped(unit: Unit) -> str:
    return next(each for each in unit.grade_scale if unit.is_pass(each))


def _text(text: str, code: str, wanted: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= MAX_TEXT or not text.isprintable():
        raise Refused(code, f"{wanted}, in up to {MAX_TEXT} characters.")
    return text
