"""What becomes of an award when a part of it is withdrawn or corrected.

    a part changes  ->  REVIEW_STACKS, queued in the same transaction: every award that names it is marked for review
                    ->  CASCADE_AWARD for each: it is worked out again, and follows by itself or waits for a person

- The same parts, one of them corrected: the next edition of the same award (`credentials.reissuing`).
- Complete with other parts: that is another award. The old one is withdrawn, a new one issued, each is found from the
  other (`notices.replaces`).
- Not complete any more: withdrawn, in words that name the part.
- A withdrawn award is itself a part that changed: what it was brought forward into follows in the same way.

Each step is one transaction and may be repeated: an award that was dealt with is not dealt with again. Everything that
decides is read under `store.lock_awards` and the rows of all that the learner holds, so two that come at once are one
after the other, and a part cannot change between the sum and the signature. An award under review carries no other
one until that is settled.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app import jobs
from app.catalogue import service as catalogue
from app.credentials import reissuing
from app.credentials import service as credentials
from app.credentials.model import (
    CorrectionReason,
    Credential,
    CredentialKind,
    CredentialState,
    Learner,
    RevocationReason,
)
from app.credentials.reissuing import AwardContent
from app.credentials.signing import Issuer
from app.errors import NotFound, Refused
from app.institutions import service as institutions
from app.stacking import awarding, linking, packs, sign_off, store, transferring
from app.stacking.awarding import Earned, Known
from app.stacking.cascade_policy import CascadePolicy, Cause, acts
from app.stacking.notices import EventKind, note
from app.stacking.options import written
from app.stacking.packs import PublishedPack
from app.standards import open_badge, strict_json
from app.standards.data_integrity import CanonicalForm

DEFAULT: Final = CascadePolicy.BY_REASON
_URN: Final = "urn:uuid:"


async def request(conn: AsyncConnection, part_id: UUID) -> list[UUID]:
    """Mark what names a part since withdrawn or corrected, and ask for each award to follow; what was marked."""
    flagged = await credentials.review_dependents(conn, part_id)
    for each in flagged:
        await _ask(conn, each)
    part = await credentials.find(conn, part_id)
    if part is None or part.learner_id is None:
        return flagged
    records = [(part.learner_id, part.institution_id)]
    records += [(one.learner_id, one.institution_id) for one in await linking.linked_records(conn, part.learner_id)]
    for learner_id, institution_id in records:
        if await sign_off.is_awaited(conn, institution_id, learner_id):
            # What waits for a decision may rest on it.
            await _look_again(conn, institution_id, learner_id)
    return flagged


async def request_unfinished(conn: AsyncConnection) -> None:
    """Ask again for every award that is marked: the net under `request`. What waits for a person goes on waiting."""
    for award_id in await reissuing.under_review(conn):
        await _ask(conn, award_id)


async def set_policy(conn: AsyncConnection, institution_id: UUID, cascade: str, pack_id: str | None = None) -> None:
    """How an institution's awards follow, or those of one rule set. Raises `Refused("policy_unknown")`."""
    try:
        chosen = CascadePolicy(cascade)
    except ValueError:
        known = ", ".join(CascadePolicy)
        raise Refused("policy_unknown", f"Choose one of: {known}.") from None
    if pack_id is not None:
        packs.find_pack(pack_id)
    await store.set_policy(conn, institution_id, pack_id or store.WHOLE_INSTITUTION, cascade=chosen.value)


async def policy_of(conn: AsyncConnection, institution_id: UUID, pack_id: str) -> CascadePolicy:
    """The one for the rule set, else the institution's, else `DEFAULT`."""
    chosen = await store.policies_of(conn, institution_id)
    found = [chosen[name].cascade for name in (pack_id, store.WHOLE_INSTITUTION) if name in chosen]
    return next((CascadePolicy(one) for one in found if one is not None), DEFAULT)


async def follow(
    conn: AsyncConnection, issuer: Issuer, reference: CanonicalForm, award_id: UUID, now: datetime
) -> EventKind | None:
    """Let an award follow its parts; what came of it, None when there was nothing to do (any more).

    Raises what issuing and correcting raise.
    """
    institution = issuer.institution
    await store.lock_awards(conn, institution.id)
    found = await credentials.find(conn, award_id)
    if found is None or found.learner_id is None or found.kind is not CredentialKind.AWARD:
        return None
    try:
        learner, everything = await reissuing.lock_learner_with_all(conn, institution.id, found.learner_id)
    except NotFound:
        # Erased since.
        return None
    held = [one for one in everything if one.state is CredentialState.SIGNED]
    award = next((one for one in held if one.id == award_id and one.revoked_at is None), None)
    if award is None:
        return None
    work = await _Following.of(conn, issuer, reference, learner, award, held, now)
    outcome = await work.follow() if work.causes else None
    if outcome not in (None, EventKind.WAITING):
        for other in held:
            if other.id != award_id and other.review_reason and other.revoked_at is None:
                # It may have waited for this one.
                await _ask(conn, other.id)
    return outcome


class _Following:
    """One award that follows, with all that decides read under lock."""

    def __init__(
        self,
        conn: AsyncConnection,
        issuer: Issuer,
        reference: CanonicalForm,
        learner: Learner,
        award: Credential,
        held: Sequence[Credential],
        taken: Sequence[Credential],
        known: Known,
        document: bytes,
        causes: Sequence[Cause],
        now: datetime,
    ) -> None:
        self._conn, self._issuer, self._reference, self._now = conn, issuer, reference, now
        self._learner, self._award, self._held, self._taken, self._known = learner, award, held, taken, known
        self._document, self.causes = document, causes
        self._today = awarding.day_of(now, (*held, *taken))

    @classmethod
    async def of(
        cls,
        conn: AsyncConnection,
        issuer: Issuer,
        reference: CanonicalForm,
        learner: Learner,
        award: Credential,
        held: Sequence[Credential],
        now: datetime,
    ) -> "_Following":
        transferred = await transferring.transferred(conn, issuer.institution.id, [learner.id])
        taken = transferred.get(learner.id, ())
        known = await awarding.known_of(conn, (*held, *taken))
        document = await credentials.document(conn, award.id)
        causes = await _causes(conn, document, known.parts.get(award.id, ()))
        return cls(conn, issuer, reference, learner, award, held, taken, known, document, causes, now)

    async def follow(self) -> EventKind | None:
        try:
            named = packs.named_by(self._document)
        except NotFound:
            return await self._wait("The rule set that it names is not published here any more.")
        policy = await policy_of(self._conn, self._issuer.institution.id, named.pack.id)
        if not acts(policy, self.causes):
            return await self._wait("Somebody at the institution decides what follows.")
        earned = self._earned(named, counting_reviewed=False)
        if earned is None and self._earned(named, counting_reviewed=True) is not None:
            # What is under review may yet stand, and this with it; asked again when that is settled.
            return None
        if earned is None:
            return await self._withdraw()
        same_parts = set(earned.progress.counted) == set(self._known.parts[self._award.id])
        decided = earned.published.pack.id in await sign_off.needed_for(self._conn, self._issuer.institution.id)
        if decided and not (same_parts and earned.grade == self._award.grade):
            # Another award than the one that was approved.
            return await self._withdraw(" It is complete in another way; a person decides whether it is made again.")
        accredited = await institutions.accreditations(self._conn, self._issuer.institution.id)
        today = earned.awarded_on if same_parts else self._today
        qualification = await catalogue.get_qualification(self._conn, awarding.course_of(earned.published.pack))
        if not awarding.is_approved(accredited, qualification, earned.awarded_on, today):
            return await self._wait("It could be made again, but the institution is not approved for that any more.")
        if same_parts and earned.published is named:
            return await self._renew(earned)
        return await self._replace(earned)

    def _earned(self, named: PublishedPack, *, counting_reviewed: bool) -> Earned | None:
        """Complete in another way: under the rule set the award names, or another one for the same award."""
        held = [
            one
            for one in self._held
            if one.id != self._award.id
            and (counting_reviewed or one.kind is not CredentialKind.AWARD or one.review_reason is None)
        ]
        seen = self._known.seen(held, self._taken)
        others = [
            each
            for each in packs.published_packs()
            if each.pack.qualification_id == self._award.qualification_id and each is not named
        ]
        found = (awarding.complete(self._learner, each, seen, self._today) for each in (named, *others))
        return next((earned for earned in found if earned is not None), None)

    async def _wait(self, why: str) -> EventKind:
        return await self._note(EventKind.WAITING, f"{self._title} is under review: {self._because}. {why}")

    async def _withdraw(self, outlook: str = "") -> EventKind:
        await self._revoke()
        # Under other rules, or by somebody's decision, something may be complete all the same.
        await _look_again(self._conn, self._award.institution_id, self._learner.id)
        return await self._note(
            EventKind.WITHDRAWN, f"{self._title} was withdrawn on {written(self._today)}: {self._because}.{outlook}"
        )

    async def _replace(self, earned: Earned) -> EventKind:
        await self._revoke()
        (new_id,) = await awarding.issue(self._conn, self._issuer, self._reference, [earned], self._now)
        sentence = (
            f"{self._title} was withdrawn on {written(self._today)}: {self._because}. Other parts complete it, so it "
            f"was issued again, with {_graded(self._award.grade, earned.grade)}."
        )
        return await self._note(EventKind.REPLACED, sentence, new_id)

    async def _renew(self, earned: Earned) -> EventKind:
        parts = await awarding.parts_named(self._conn, self._issuer, earned.published, earned.progress.counted)
        content = AwardContent(
            earned.grade, earned.progress.credits_passed, earned.awarded_on, parts, earned.progress.trace
        )
        await reissuing.renew_award(
            self._conn,
            self._issuer,
            self._reference,
            self._learner,
            self._award.id,
            content,
            note=self._because,
            now=self._now,
        )
        sentence = (
            f"{self._title} was corrected on {written(self._today)}, with {_graded(self._award.grade, earned.grade)}: "
            f"{self._because}."
        )
        return await self._note(EventKind.CORRECTED, sentence)

    async def _revoke(self) -> None:
        withdrawn = any(cause.withdrawn for cause in self.causes)
        await credentials.revoke(
            self._conn,
            self._issuer,
            self._award.id,
            reason=RevocationReason.PART_WITHDRAWN if withdrawn else RevocationReason.PART_CORRECTED,
            detail=self.causes[0].sentence,
            now=self._now,
        )

    async def _note(self, kind: EventKind, sentence: str, replacement_id: UUID | None = None) -> EventKind:
        award = self._award
        await note(
            self._conn,
            award.institution_id,
            self._learner.id,
            award.id,
            kind,
            self.causes,
            sentence,
            self._now,
            replacement_id,
        )
        return kind

    @property
    def _title(self) -> str:
        return self._known.qualifications[self._award.qualification_id].title

    @property
    def _because(self) -> str:
        return "; ".join(cause.sentence for cause in self.causes)


async def _causes(conn: AsyncConnection, document: bytes, parts: Sequence[UUID]) -> list[Cause]:
    """Parts that are not what the award names, withdrawn ones first, by title."""
    named = open_badge.related_digests(strict_json.parse_object(document))
    every = [part for each in parts if (part := await credentials.find(conn, each)) is not None]
    known = await awarding.known_of(conn, every)
    current = await credentials.documents(conn, [part.id for part in every])
    causes = []
    for part in every:
        reason: RevocationReason | CorrectionReason
        if part.revoked_at is not None:
            reason = part.revocation_reason or RevocationReason.OTHER
        elif (part.uri, open_badge.digest_sri(current[part.id])) not in named:
            reason = await reissuing.newest_correction(conn, part.id) or CorrectionReason.OTHER
        else:
            continue
        title = known.title_of(part)
        causes.append(Cause(part.id, title, part.edition, part.revoked_at is not None, reason))
    for urn in {name for name, _ in named if name.startswith(_URN)} - {part.uri for part in every}:
        erased = UUID(urn.removeprefix(_URN))
        causes.append(Cause(erased, "A unit of another institution", 1, True, RevocationReason.OTHER))
    return sorted(causes, key=lambda cause: (not cause.withdrawn, cause.title, cause.part_id))


def _graded(before: str, after: str) -> str:
    return f"the same grade, {after}" if before == after else f"the grade {after} instead of {before}"


async def _ask(conn: AsyncConnection, award_id: UUID) -> None:
    found = await credentials.find(conn, award_id)
    if found is not None and found.kind is CredentialKind.AWARD:
        lock = f"issue:{found.institution_id}"
        await jobs.enqueue(conn, jobs.CASCADE_AWARD, lock=lock, credential_id=str(award_id))


async def _look_again(conn: AsyncConnection, institution_id: UUID, learner_id: UUID) -> None:
    await jobs.enqueue(
        conn,
        jobs.AWARD_LEARNER,
        lock=f"issue:{institution_id}",
        institution_id=str(institution_id),
        learner_id=str(learner_id),
    )
