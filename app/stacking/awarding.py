"""Making awards: what learners hold under lock, which rule sets that completes, and the orders for it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue import service as catalogue
from app.catalogue.model import Qualification
from app.credentials import issuing, reissuing
from app.credentials import service as credentials
from app.credentials.documents import award_achievement
from app.credentials.model import Credential, CredentialKind, Learner, Order
from app.credentials.signing import Issuer
from app.errors import NotAllowed
from app.institutions import service as institutions
from app.institutions.model import Accreditation, Institution
from app.stacking import packs, rules, sign_off, store, transferring
from app.stacking.evaluation import Evaluation
from app.stacking.held import HeldCredential, Origin
from app.stacking.holding import awards_held, units_held
from app.stacking.pack import AwardType, RulePack
from app.stacking.packs import PublishedPack
from app.standards import uk_time
from app.standards.data_integrity import CanonicalForm
from app.standards.open_badge import Achievement, Part, digest_sri

LEARNERS_AT_ONCE: Final = 500
CREDENTIAL_MEDIA_TYPE: Final = "application/vc"


@dataclass(frozen=True, slots=True)
class Earned:
    """An award that a learner completed and does not hold yet."""

    learner: Learner
    published: PublishedPack
    progress: Evaluation
    grade: str
    awarded_on: date


@dataclass(frozen=True, slots=True)
class Awaiting:
    """An award on which a person decides. `basis`: see `sign_off.basis_of`."""

    earned: Earned
    basis: str


@dataclass(frozen=True, slots=True)
class Found:
    """What learners completed: to be issued, and to be decided on."""

    earned: list[Earned]
    awaiting: list[Awaiting]


@dataclass(frozen=True, slots=True)
class Known:
    """What has to be known of credentials before rules can look at them: qualifications by id, parts of awards, which
    of them are recognised prior learning."""

    qualifications: Mapping[str, Qualification]
    parts: Mapping[UUID, tuple[UUID, ...]]
    recognised: frozenset[UUID] = frozenset()

    def seen(self, held: Sequence[Credential], transferred: Sequence[Credential] = ()) -> list[HeldCredential]:
        """`held` as the rules see it, and units of other institutions that count here."""
        units = [
            replace(one, origin=Origin.RECOGNISED) if one.id in self.recognised else one
            for one in units_held(held, self.qualifications)
        ]
        taken = [replace(one, origin=Origin.TRANSFER) for one in units_held(transferred, self.qualifications)]
        return [*units, *taken, *awards_held(held, self.qualifications, self.parts)]

    def title_of(self, credential: Credential) -> str:
        """Of the unit, or of the whole award."""
        qualification = self.qualifications[credential.qualification_id]
        titles = (unit.title for unit in qualification.units if unit.id == credential.unit_id)
        return next(titles, qualification.title)


async def known_of(conn: AsyncConnection, held: Iterable[Credential]) -> Known:
    """Raises `NotFound("qualification_unknown")`."""
    every = list(held)
    qualifications = await catalogue.get_qualifications(conn, {one.qualification_id for one in every})
    awards = {one.id for one in every if one.kind is CredentialKind.AWARD}
    recognised = await store.recognised_among(conn, [one.id for one in every])
    return Known(qualifications, await reissuing.parts_of(conn, awards), recognised)


def day_of(now: datetime, held: Iterable[Credential]) -> date:
    """The day on which it is decided what counts: that of `now`, or a later one on which something was withdrawn.

    `now` was read before a lock was waited for, perhaps over midnight and on another machine; what was withdrawn
    meanwhile does not count because it still held on the day before.
    """
    return max([uk_time.day_of(now), *(uk_time.day_of(one.revoked_at) for one in held if one.revoked_at is not None)])


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
    out; one on which a person decides is put into the queue of `sign_off`.

    Raises what `issuing.prepare` and `issuing.sign_prepared` raise.
    """
    await store.lock_awards(conn, issuer.institution.id)
    each = list({learner.id: learner for learner in learners}.values())
    awarded = 0
    for start in range(0, len(each), LEARNERS_AT_ONCE):
        ids = [learner.id for learner in each[start : start + LEARNERS_AT_ONCE]]
        # Once more after something was awarded: it may be a part of something larger.
        while (found := await look_at(conn, issuer, ids, now)).earned:
            awarded += len(await issue(conn, issuer, reference, found.earned, now))
            await _queue(conn, issuer, ids, found.awaiting, now)
            ids = list({one.learner.id for one in found.earned})
        await _queue(conn, issuer, ids, found.awaiting, now)
    return awarded


async def issue(
    conn: AsyncConnection, issuer: Issuer, reference: CanonicalForm, earned: Sequence[Earned], now: datetime
) -> list[UUID]:
    """Sign these awards; ids in order. The caller holds `store.lock_awards` and what the learners hold."""
    ids = await issuing.prepare(conn, issuer, await _orders(conn, issuer, earned), now)
    while await issuing.sign_prepared(conn, issuer, reference, now, ids):
        pass
    return ids


async def parts_named(
    conn: AsyncConnection, issuer: Issuer, published: PublishedPack, counted: Sequence[UUID]
) -> tuple[Part, ...]:
    """What an award names: each credential that counts, as it is now, and the rule set."""
    documents = await credentials.documents(conn, list(counted))
    return (*_named(counted, documents), _rule_part(issuer, published))


def course_of(pack: RulePack) -> str:
    """The catalogue's id of the course for which an institution must be approved: a module's parent."""
    if pack.award_type is AwardType.MODULE and pack.parent_course is not None:
        return pack.parent_course
    return pack.qualification_id


def is_approved(
    accredited: Sequence[Accreditation], qualification: Qualification, awarded_on: date, today: date
) -> bool:
    """Whether the institution may issue this award today."""
    try:
        issuing.check_accredited(accredited, qualification, awarded_on, today)
    except NotAllowed:
        return False
    return True


async def look_at(conn: AsyncConnection, issuer: Issuer, ids: Sequence[UUID], now: datetime) -> Found:
    """What these learners completed and do not hold; nothing of it changes until the caller's transaction ends."""
    held_by = await credentials.lock_held_by_each(conn, issuer.institution.id, ids)
    # Under the lock, so that an award never bears a name that was changed while it was waited for.
    learners = await credentials.get_learners(conn, issuer.institution.id, ids)
    transferred = await transferring.transferred(conn, issuer.institution.id, ids)
    every = [one for each in (*held_by.values(), *transferred.values()) for one in each]
    known = await known_of(conn, every)
    courses = {**known.qualifications, **await _modules(conn, every)}
    accredited = await institutions.accreditations(conn, issuer.institution.id)
    decided = await sign_off.needed_for(conn, issuer.institution.id)
    found = Found([], [])
    for learner in learners:
        held = held_by[learner.id]
        taken = transferred.get(learner.id, ())
        editions = {one.id: one.edition for one in (*held, *taken)}
        seen, today = known.seen(held, taken), day_of(now, (*held, *taken))
        for earned in _completed(learner, held, seen, courses, accredited, decided, today):
            if earned.published.pack.id in decided:
                found.awaiting.append(Awaiting(earned, sign_off.basis_of(earned.progress, editions)))
            else:
                found.earned.append(earned)
    return found


async def _modules(conn: AsyncConnection, held: Iterable[Credential]) -> dict[str, Qualification]:
    """By id, the modules of which a unit is held, and their parent courses."""
    units = {one.unit_id for one in held}
    begun = [
        each.pack
        for each in packs.published_packs()
        if each.pack.award_type is AwardType.MODULE and not units.isdisjoint(each.pack.unit_of)
    ]
    wanted = {pack.qualification_id for pack in begun} | {course_of(pack) for pack in begun}
    return await catalogue.get_qualifications(conn, wanted) if wanted else {}


async def _queue(
    conn: AsyncConnection, issuer: Issuer, ids: Iterable[UUID], awaiting: Sequence[Awaiting], now: datetime
) -> None:
    for learner_id in ids:
        of_learner = [
            (each.earned.published.pack, each.earned.progress, each.basis)
            for each in awaiting
            if each.earned.learner.id == learner_id
        ]
        await sign_off.queue(conn, issuer.institution.id, learner_id, of_learner, now)


def _completed(
    learner: Learner,
    held: Sequence[Credential],
    seen: Sequence[HeldCredential],
    courses: Mapping[str, Qualification],
    accredited: Sequence[Accreditation],
    decided: Collection[str],
    today: date,
) -> Iterator[Earned]:
    """One for each award; where rule sets under which nobody decides complete it, under the first of those."""
    taken = {
        credential.qualification_id
        for credential in held
        if credential.kind is CredentialKind.AWARD and credential.revoked_at is None
    }
    for published in sorted(packs.published_packs(), key=lambda each: each.pack.id in decided):
        pack = published.pack
        if pack.qualification_id in taken or pack.qualification_id not in courses:
            continue
        earned = complete(learner, published, seen, today)
        if earned is None:
            continue
        if is_approved(accredited, courses[course_of(pack)], earned.awarded_on, today):
            yield earned
            taken.add(pack.qualification_id)


def complete(learner: Learner, published: PublishedPack, seen: Sequence[HeldCredential], today: date) -> Earned | None:
    """The award under a rule set, where what is held completes it on a day."""
    outcome = rules.evaluate(published.pack, seen, today)
    if not outcome.complete or outcome.awarded_on is None:
        return None
    if outcome.grade is None:
        raise RuntimeError("a complete set of results has no grade: the rule pack was not checked")
    return Earned(learner, published, outcome, outcome.grade, outcome.awarded_on)


async def _orders(conn: AsyncConnection, issuer: Issuer, earned: Sequence[Earned]) -> list[Order]:
    documents = await credentials.documents(conn, [part for award in earned for part in award.progress.counted])
    achievements: dict[str, Achievement] = {}
    for pack in {award.published.pack.path: award.published.pack for award in earned}.values():
        achievements[pack.path] = await _achievement(conn, issuer.institution, pack)
    return [
        Order(
            learner=award.learner,
            achievement=achievements[award.published.pack.path],
            kind=CredentialKind.AWARD,
            qualification_id=award.published.pack.qualification_id,
            unit_id=None,
            grade=award.grade,
            credits_earned=award.progress.credits_passed,
            awarded_on=award.awarded_on,
            parts=(*_named(award.progress.counted, documents), _rule_part(issuer, award.published)),
            part_ids=award.progress.counted,
            trace=award.progress.trace,
        )
        for award in earned
    ]


async def _achievement(conn: AsyncConnection, institution: Institution, pack: RulePack) -> Achievement:
    qualification = await catalogue.get_qualification(conn, pack.qualification_id)
    achievement = award_achievement(institution, qualification, pack.award_grades)
    if pack.award_type is not AwardType.MODULE:
        return achievement
    parent = await catalogue.get_qualification(conn, course_of(pack))
    return replace(
        achievement,
        description=(
            f"Every unit of the module {qualification.title} was passed. It is a part of {parent.title}, and its units "
            "count towards that and other awards as before. Anyone can run the rules again."
        ),
        criteria=(
            "The units are named by identifier and digest under relatedResource, together with the rule set that "
            f"counted them. This is {institution.name}'s statement that the module is complete; the certificate of "
            f"the parent course comes from {parent.awarding_organisation}."
        ),
        achievement_type="MicroCredential",
    )


def _named(counted: Sequence[UUID], documents: Mapping[UUID, bytes]) -> Iterator[Part]:
    for part in counted:
        yield Part(f"urn:uuid:{part}", digest_sri(documents[part]), CREDENTIAL_MEDIA_TYPE)


def _rule_part(issuer: Issuer, published: PublishedPack) -> Part:
    return Part(issuer.institution.public_url + published.pack.path, digest_sri(published.data), packs.MEDIA_TYPE)
