"""Use cases of stacking: progress, awards, a second look at an award, the learner's profile."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue import service as catalogue
from app.catalogue.model import Qualification, Unit
from app.credentials import service as credentials
from app.credentials.model import CredentialKind
from app.errors import Refused
from app.institutions import service as institutions
from app.stacking import packs, rules, transferring
from app.stacking.awarding import award_completed as award_completed
from app.stacking.awarding import known_of
from app.stacking.evaluation import Evaluation
from app.stacking.held import HeldCredential
from app.stacking.pack import RulePack
from app.stacking.profile import (
    LearnerProfile,
    PackProgress,
    credits_by_level,
    describe,
    ksb_evidence,
    occupation_coverage,
)
from app.stacking.progression import next_steps
from app.stacking.progression_facts import ladders_of, published_skill_facts
from app.stacking.t_level_held import t_levels_held
from app.stacking.t_level_rules import published_rules
from app.standards import uk_time


async def progress(
    conn: AsyncConnection, institution_id: UUID, learner_id: UUID, pack: RulePack, as_of: date
) -> Evaluation:
    """How far a learner of the institution is under `pack` on a day; nothing counted when there is no such learner."""
    held = await credentials.held_by(conn, institution_id, learner_id)
    taken = (await transferring.transferred(conn, institution_id, [learner_id])).get(learner_id, ())
    known = await known_of(conn, (*held, *taken))
    return rules.evaluate(pack, known.seen(held, taken), as_of)


async def reconsider(conn: AsyncConnection, institution_id: UUID, award_id: UUID, as_of: date) -> Evaluation:
    """What the learner's credentials add up to on a day under the rule pack that an award names.

    Nothing is changed. A complete outcome does not mend an award that names a withdrawn part; it says that a new award
    can be issued once this one is withdrawn, which `cascading` does where nobody has to decide.

    Raises `NotFound` (credential_unknown; rule_pack_unknown when the pack it names is not published here with
    the same bytes) or `Refused("not_an_award")`.
    """
    award = await credentials.get(conn, institution_id, award_id)
    if award.kind is not CredentialKind.AWARD or award.learner_id is None:
        raise Refused("not_an_award", "This is not an award made of parts.")
    published = packs.named_by(await credentials.document(conn, award_id))
    return await progress(conn, institution_id, award.learner_id, published.pack, as_of)


async def profile(conn: AsyncConnection, institution_id: UUID, learner_id: UUID, now: datetime) -> LearnerProfile:
    """All that a learner holds at the institution. Raises `NotFound("learner_unknown")`."""
    today = uk_time.day_of(now)
    learner = await credentials.get_learner(conn, institution_id, learner_id)
    institution = (await institutions.identity(conn, institution_id)).institution
    held = await credentials.held_by(conn, institution_id, learner_id)
    known = await known_of(conn, held)
    qualifications, seen = known.qualifications, known.seen(held)
    units = _units(qualifications.values())
    described = describe(held, qualifications)
    held_units = [units[credential.unit_id] for credential in held if credential.unit_id is not None]
    ksb_ids = {mapping.ksb_id for unit in held_units for mapping in unit.ksbs}
    ksbs = await catalogue.get_ksbs(conn, ksb_ids) if ksb_ids else ()
    t_levels, t_levels_without_result = t_levels_held(published_rules(), held, qualifications, today)
    evidenced = ksb_evidence(described, units, ksbs)
    touched = {statement.occupation_id for statement in evidenced}
    standards = await catalogue.get_standards(conn, touched) if touched else ()
    return LearnerProfile(
        learner_id=learner.id,
        learner_name=learner.name,
        institution_id=institution.id,
        institution_name=institution.name,
        as_of=now,
        credentials=described,
        credits_by_level=credits_by_level(described),
        progress=_progress_begun(seen, today),
        t_levels=t_levels,
        t_levels_without_result=t_levels_without_result,
        ksbs=evidenced,
        occupations=occupation_coverage(evidenced, standards),
        next_steps=next_steps(packs.newest_packs(), seen, today, published_skill_facts()),
        ladders=ladders_of(seen, today),
    )


def _progress_begun(units: Sequence[HeldCredential], as_of: date) -> tuple[PackProgress, ...]:
    """Progress under the newest version of each pack for which at least one credential counts."""
    every = [PackProgress(pack, rules.evaluate(pack, units, as_of)) for pack in packs.newest_packs()]
    return tuple(entry for entry in every if entry.progress.counted)


def _units(qualifications: Iterable[Qualification]) -> dict[str, Unit]:
    return {unit.id: unit for qualification in qualifications for unit in qualification.units}
