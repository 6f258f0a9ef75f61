"""Use cases of stacking: progress, awards, a second look at an award, the learner's profile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue import service as catalogue
from app.catalogue.model import Qualification, Unit
from app.credentials import issuing
from app.credentials import service as credentials
from app.credentials.documents import award_achievement
from app.credentials.model import Credential, CredentialKind, Learner, Order
from app.credentials.signing import Issuer
from app.errors import NotAllowed, NotFound, Refused
from app.institutions import service as institutions
from app.stacking import packs, rules, store
from app.stacking.evaluation import Evaluation
from app.stacking.held import HeldCredential
from app.stacking.holding import units_held
from app.stacking.pack import RulePack, SignOff
from app.stacking.packs import PublishedPack
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
from app.standards import strict_json
from app.standards.data_integrity import CanonicalForm
from app.standards.open_badge import Achievement, Part, digest_sri

LEARNERS_AT_ONCE: Final = 500
CREDENTIAL_MEDIA_TYPE: Final = "application/vc"


@dataclass(frozen=True, slots=True)
class _Earned:
    """An award that a learner completed and does not hold yet."""

    learner: Learner
    published: PublishedPack
    progress: Evaluation
    awarded_on: date


async def progress(
    conn: AsyncConnection, institution_id: UUID, learner_id: UUID, pack: RulePack, as_of: date
) -> Evaluation:
    """How far a learner of the institution is under `pack` on a day; nothing counted when there is no such learner."""
    held = await credentials.held_by(conn, institution_id, learner_id)
    return rules.evaluate(pack, units_held(held, await _qualifications(conn, held)), as_of)


async def award_completed(
    conn: AsyncConnection,
    issuer: Issuer,
    reference: CanonicalForm,
    learners: Sequence[Learner],
    now: datetime,
) -> int:
    """Issue every award that `learners` completed and do not hold; how many were issued.

    Safe to repeat and to run twice at the same time: an award in force is never issued again, and a part
    cannot be withdrawn between the sum and the award. An award the institution is not approved for is left
    out. Raises what `issuing.prepare` and `issuing.sign_prepared` raise.
    """
    await store.lock_awards(conn, issuer.institution.id)
    each = list({learner.id: learner for learner in learners}.values())
    awarded = 0
    for start in range(0, len(each), LEARNERS_AT_ONCE):
        earned = await _earned(conn, issuer, each[start : start + LEARNERS_AT_ONCE], now.date())
        if not earned:
            continue
        orders = await _orders(conn, issuer, earned)
        ids = await issuing.prepare(conn, issuer, orders, now)
        while await issuing.sign_prepared(conn, issuer, reference, now, ids):
            pass
        awarded += len(ids)
    return awarded


async def reconsider(conn: AsyncConnection, institution_id: UUID, award_id: UUID, as_of: date) -> Evaluation:
    """What the learner's credentials add up to on a day under the rule pack that an award names.

    Nothing is changed: people decide. A complete outcome does not mend an award that names a withdrawn part;
    it says that a new award can be issued once this one is withdrawn.

    Raises `NotFound` (credential_unknown; rule_pack_unknown when the pack it names is not published here with
    the same bytes) or `Refused("not_an_award")`.
    """
    award = await credentials.get(conn, institution_id, award_id)
    if award.kind is not CredentialKind.AWARD or award.learner_id is None:
        raise Refused("not_an_award", "This is not an award made of parts.")
    pack = _pack_named_by(await credentials.document(conn, award_id))
    return await progress(conn, institution_id, award.learner_id, pack, as_of)


async def profile(conn: AsyncConnection, institution_id: UUID, learner_id: UUID, now: datetime) -> LearnerProfile:
    """All that a learner holds at the institution. Raises `NotFound("learner_unknown")`."""
    learner = await credentials.get_learner(conn, institution_id, learner_id)
    institution = (await institutions.identity(conn, institution_id)).institution
    held = await credentials.held_by(conn, institution_id, learner_id)
    qualifications = await _qualifications(conn, held)
    units = _units(qualifications.values())
    described = describe(held, qualifications)
    held_units = [units[credential.unit_id] for credential in held if credential.unit_id is not None]
    ksb_ids = {mapping.ksb_id for unit in held_units for mapping in unit.ksbs}
    ksbs = await catalogue.get_ksbs(conn, ksb_ids) if ksb_ids else ()
    t_levels, t_levels_without_result = t_levels_held(published_rules(), held, qualifications, now.date())
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
        progress=_progress_begun(units_held(held, qualifications), now.date()),
        t_levels=t_levels,
        t_levels_without_result=t_levels_without_result,
        ksbs=evidenced,
        occupations=occupation_coverage(evidenced, standards),
        next_steps=next_steps(
            packs.newest_packs(), units_held(held, qualifications), now.date(), published_skill_facts()
        ),
        ladders=ladders_of(units_held(held, qualifications), now.date()),
    )


async def _earned(conn: AsyncConnection, issuer: Issuer, learners: Sequence[Learner], today: date) -> list[_Earned]:
    ids = [learner.id for learner in learners]
    held_by = await credentials.lock_held_by_each(conn, issuer.institution.id, ids)
    # Under the lock, so that an award never bears a name that was changed while it was waited for.
    learners = await credentials.get_learners(conn, issuer.institution.id, ids)
    every = [credential for held in held_by.values() for credential in held]
    qualifications = await _qualifications(conn, every)
    accredited = await institutions.accreditations(conn, issuer.institution.id)
    earned: list[_Earned] = []
    for learner in learners:
        held = held_by[learner.id]
        taken = {
            credential.qualification_id
            for credential in held
            if credential.kind is CredentialKind.AWARD and credential.revoked_at is None
        }
        units = units_held(held, qualifications)
        for published in packs.published_packs():
            pack = published.pack
            if pack.qualification_id in taken or pack.qualification_id not in qualifications:
                continue
            if pack.sign_off is not SignOff.AUTOMATIC:
                continue
            outcome = rules.evaluate(pack, units, today)
            awarded_on = outcome.awarded_on
            if not outcome.complete or awarded_on is None:
                continue
            try:
                issuing.check_accredited(accredited, qualifications[pack.qualification_id], awarded_on, today)
            except NotAllowed:
                continue
            earned.append(_Earned(learner, published, outcome, awarded_on))
            taken.add(pack.qualification_id)
    return earned


async def _orders(conn: AsyncConnection, issuer: Issuer, earned: Sequence[_Earned]) -> list[Order]:
    documents = await credentials.documents(conn, [part for award in earned for part in award.progress.counted])
    achievements: dict[str, Achievement] = {}
    rule_parts: dict[str, Part] = {}
    for published in {award.published.pack.path: award.published for award in earned}.values():
        pack = published.pack
        qualification = await catalogue.get_qualification(conn, pack.qualification_id)
        achievements[pack.path] = award_achievement(issuer.institution, qualification, pack.award_grades)
        address = issuer.institution.public_url + pack.path
        rule_parts[pack.path] = Part(address, digest_sri(published.data), packs.MEDIA_TYPE)
    return [
        _order(award, achievements[award.published.pack.path], rule_parts[award.published.pack.path], documents)
        for award in earned
    ]


def _order(award: _Earned, achievement: Achievement, rule_part: Part, documents: Mapping[UUID, bytes]) -> Order:
    counted = award.progress.counted
    if award.progress.grade is None:
        raise RuntimeError("a complete set of results has no grade: the rule pack was not checked")
    parts = [Part(f"urn:uuid:{part}", digest_sri(documents[part]), CREDENTIAL_MEDIA_TYPE) for part in counted]
    return Order(
        learner=award.learner,
        achievement=achievement,
        kind=CredentialKind.AWARD,
        qualification_id=award.published.pack.qualification_id,
        unit_id=None,
        grade=award.progress.grade,
        credits_earned=award.progress.credits_passed,
        awarded_on=award.awarded_on,
        parts=(*parts, rule_part),
        part_ids=counted,
    )


def _pack_named_by(document: bytes) -> RulePack:
    named = {
        (str(part.get("id")), str(part.get("digestSRI")))
        for part in strict_json.parse_object(document).get("relatedResource", ())
    }
    for published in packs.published_packs():
        digest = digest_sri(published.data)
        if any(address.endswith(published.pack.path) and digest == given for address, given in named):
            return published.pack
    raise NotFound("rule_pack_unknown", "The rule set that this award names is not published here.")


def _progress_begun(units: Sequence[HeldCredential], as_of: date) -> tuple[PackProgress, ...]:
    """Progress under the newest version of each pack for which at least one credential counts."""
    every = [PackProgress(pack, rules.evaluate(pack, units, as_of)) for pack in packs.newest_packs()]
    return tuple(entry for entry in every if entry.progress.counted)


async def _qualifications(conn: AsyncConnection, held: Iterable[Credential]) -> dict[str, Qualification]:
    return await catalogue.get_qualifications(conn, {credential.qualification_id for credential in held})


def _units(qualifications: Iterable[Qualification]) -> dict[str, Unit]:
    return {unit.id: unit for qualification in qualifications for unit in qualification.units}
