"""Awards that follow their parts: the next edition of one whose parts were corrected, and what an award is made of.

When an award follows is not decided here: see `stacking.cascading`. An award that is made of other parts than before is
another award, with a number of its own: it is withdrawn and issued again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials import editions, learners, store
from app.credentials.editions import Correction, Standing
from app.credentials.model import ACHIEVEMENTS, CorrectionReason, Credential, CredentialKind, CredentialState, Learner
from app.credentials.signing import Issuer
from app.errors import NotFound
from app.standards.data_integrity import CanonicalForm
from app.standards.open_badge import Part


@dataclass(frozen=True, slots=True)
class AwardContent:
    """What the next edition of an award says."""

    grade: str
    credits_earned: int
    awarded_on: date
    parts: tuple[Part, ...]
    trace: tuple[str, ...]


async def lock_learner_with_all(
    conn: AsyncConnection, institution_id: UUID, learner_id: UUID
) -> tuple[Learner, tuple[Credential, ...]]:
    """A learner and what they achieved, in any state; none of it changes until the caller's transaction ends.

    In the order of locks of `editions`: learner, credentials by id. Raises `NotFound("learner_unknown")`.
    """
    learner = await learners.find_learner(conn, institution_id, learner_id, lock=True)
    rows = await store.lock_rows(conn, institution_id, learner_id=learner_id)
    found = tuple(map(store.credential_of, rows))
    return learner, tuple(one for one in found if one.kind in ACHIEVEMENTS)


async def parts_of(conn: AsyncConnection, award_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Award -> the credentials it names as its parts, by id."""
    found: dict[UUID, tuple[UUID, ...]] = {}
    if award_ids:
        for award_id, part_id in await store.parts_of(conn, award_ids):
            found[award_id] = (*found.get(award_id, ()), part_id)
    return found


async def renew_award(
    conn: AsyncConnection,
    issuer: Issuer,
    reference: CanonicalForm,
    learner: Learner,
    award_id: UUID,
    content: AwardContent,
    *,
    note: str,
    now: datetime,
) -> None:
    """Sign the next edition of an award that has the same parts, corrected; it is not under review any more.

    The caller holds the rows. `note` is the institution's own. Raises `NotFound("credential_unknown")` for what is not
    an award in force, and what `editions.supersede` raises.
    """
    rows = await store.lock_rows(conn, issuer.institution.id, id=award_id)
    row = next((one for one in rows if one.kind == CredentialKind.AWARD and one.revoked_at is None), None)
    if row is None or row.state != CredentialState.SIGNED:
        raise NotFound("credential_unknown", "There is no award in force with this number here.")
    old = Standing.of(row)
    name = old.learner_name
    new = Correction(old, name, content.grade, content.credits_earned, content.awarded_on, content.parts, content.trace)
    why = CorrectionReason.PART_CORRECTED
    await editions.supersede(conn, issuer, reference, learner, [new], reason=why, note=note, now=now)
    await store.clear_review(conn, award_id)


async def under_review(conn: AsyncConnection) -> tuple[UUID, ...]:
    """Every award in force that is marked for review, of all institutions."""
    return await store.awards_under_review(conn)


async def newest_correction(conn: AsyncConnection, credential_id: UUID) -> CorrectionReason | None:
    """Why the newest edition was made; None for the first."""
    past = await store.list_editions(conn, credential_id)
    return past[-1].reason if past else None
