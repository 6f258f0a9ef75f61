"""Complete stacks on which a person of the awarding organisation decides: the queue, and what was decided.

Whether somebody decides is the rule set's to say, and an institution may want it for others too; it cannot do without
where the rule set wants it. A stack that was returned comes again when something in it changes. Who decided is kept by
name, with what they said. `approving` makes the award.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Conflict, NotFound, Refused
from app.stacking import packs, store
from app.stacking.evaluation import Evaluation
from app.stacking.pack import RulePack, SignOff

MAX_ACTOR: Final = 200
MAX_COMMENT: Final = 500


class CandidateState(StrEnum):
    """WAITING: for a decision. RETURNED: not awarded, with a comment. LAPSED: not complete any more, or overtaken."""

    WAITING = "waiting"
    APPROVED = "approved"
    RETURNED = "returned"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A complete stack. `basis` stands for its parts in their editions and its grade."""

    id: UUID
    institution_id: UUID
    learner_id: UUID
    pack_id: str
    pack_version: int
    qualification_id: str
    grade: str
    basis: str
    state: CandidateState
    made_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    comment: str
    award_id: UUID | None


def basis_of(progress: Evaluation, editions: Mapping[UUID, int]) -> str:
    """The same for the same parts, in the same editions, with the same outcome."""
    parts = ",".join(f"{part}:{editions[part]}" for part in sorted(progress.counted))
    return f"{progress.pack_id}/{progress.pack_version} {progress.grade} {parts}"


async def needed_for(conn: AsyncConnection, institution_id: UUID) -> frozenset[str]:
    """Ids of the rule sets under which a person decides at an institution."""
    chosen = await store.policies_of(conn, institution_id)
    wanted = {name for name, row in chosen.items() if row.sign_off == SignOff.OWNER}
    spared = {name for name, row in chosen.items() if row.sign_off == SignOff.AUTOMATIC}
    everywhere = store.WHOLE_INSTITUTION in wanted
    return frozenset(
        each.pack.id
        for each in packs.published_packs()
        if each.pack.sign_off is SignOff.OWNER or each.pack.id in wanted or (everywhere and each.pack.id not in spared)
    )


async def choose(conn: AsyncConnection, institution_id: UUID, sign_off: str, pack_id: str | None = None) -> None:
    """Whether a person decides: "owner" or "automatic", for a rule set or for all that leave it open.

    Raises `Refused` (policy_unknown, sign_off_required) or `NotFound("rule_pack_unknown")`.
    """
    try:
        chosen = SignOff(sign_off)
    except ValueError:
        raise Refused("policy_unknown", f"Choose one of: {', '.join(SignOff)}.") from None
    if pack_id is not None and packs.find_pack(pack_id).sign_off is SignOff.OWNER and chosen is SignOff.AUTOMATIC:
        raise Refused("sign_off_required", "The owner of this rule set decides on each award; that cannot be left out.")
    await store.set_policy(conn, institution_id, pack_id or store.WHOLE_INSTITUTION, sign_off=chosen.value)


async def queue(
    conn: AsyncConnection,
    institution_id: UUID,
    learner_id: UUID,
    found: Collection[tuple[RulePack, Evaluation, str]],
    now: datetime,
) -> int:
    """Bring a learner's queue up to date with what is complete now (pack, outcome, basis); how many were added.

    The caller holds `store.lock_awards`.
    """
    before = await _of(conn, institution_id, learner_id)
    current = {basis for _, _, basis in found}
    for old in before:
        if old.state is CandidateState.WAITING and old.basis not in current:
            await store.set_candidate(conn, old.id, state=CandidateState.LAPSED)
    known = {old.basis for old in before if old.state in (CandidateState.WAITING, CandidateState.RETURNED)}
    added = [each for each in found if each[2] not in known]
    for pack, outcome, basis in added:
        await store.insert_candidate(
            conn,
            {
                "id": uuid4(),
                "institution_id": institution_id,
                "learner_id": learner_id,
                "pack_id": pack.id,
                "pack_version": pack.version,
                "qualification_id": pack.qualification_id,
                "grade": outcome.grade,
                "basis": basis,
                "state": CandidateState.WAITING,
                "made_at": now,
            },
        )
    return len(added)


async def awaiting(conn: AsyncConnection, institution_id: UUID) -> tuple[Candidate, ...]:
    """What waits for a decision, oldest first."""
    rows = await store.list_candidates(conn, institution_id=institution_id, state=CandidateState.WAITING)
    return tuple(map(_candidate, rows))


async def is_awaited(conn: AsyncConnection, institution_id: UUID, learner_id: UUID) -> bool:
    """Whether anything of a learner waits for a decision."""
    return any(one.state is CandidateState.WAITING for one in await _of(conn, institution_id, learner_id))


async def find(conn: AsyncConnection, institution_id: UUID, candidate_id: UUID) -> Candidate:
    """Raises `NotFound("candidate_unknown")`."""
    rows = await store.list_candidates(conn, id=candidate_id, institution_id=institution_id)
    if not rows:
        raise NotFound("candidate_unknown", "There is no complete stack with this number here.")
    return _candidate(rows[0])


async def give_back(
    conn: AsyncConnection, institution_id: UUID, candidate_id: UUID, *, actor: str, comment: str, now: datetime
) -> Candidate:
    """Return a stack with a comment: nothing is awarded until something in it changes.

    Raises `NotFound("candidate_unknown")`, `Refused` (actor_missing, comment_missing, comment_too_long) or
    `Conflict("already_decided")`.
    """
    if not comment.strip():
        raise Refused("comment_missing", "Say what is to be looked at, so that somebody can.")
    await store.lock_awards(conn, institution_id)
    return await decide(conn, institution_id, candidate_id, CandidateState.RETURNED, actor, comment, now)


async def decide(
    conn: AsyncConnection,
    institution_id: UUID,
    candidate_id: UUID,
    state: CandidateState,
    actor: str,
    comment: str,
    now: datetime,
    award_id: UUID | None = None,
) -> Candidate:
    """Record a decision; the caller holds `store.lock_awards`. Raises as `give_back` does."""
    actor, comment = actor.strip(), comment.strip()
    if not 0 < len(actor) <= MAX_ACTOR or not actor.isprintable():
        raise Refused("actor_missing", f"Give the name of who decides, in up to {MAX_ACTOR} characters.")
    if len(comment) > MAX_COMMENT:
        raise Refused("comment_too_long", f"The comment may have up to {MAX_COMMENT} characters.")
    check_waiting(await find(conn, institution_id, candidate_id))
    await store.set_candidate(
        conn, candidate_id, state=state, decided_by=actor, decided_at=now, comment=comment, award_id=award_id
    )
    return await find(conn, institution_id, candidate_id)


def check_waiting(candidate: Candidate) -> None:
    """Raises `Conflict("already_decided")`."""
    if candidate.state is not CandidateState.WAITING:
        raise Conflict("already_decided", f"This is not waiting any more: it was {candidate.state}.")


async def _of(conn: AsyncConnection, institution_id: UUID, learner_id: UUID) -> list[Candidate]:
    rows = await store.list_candidates(conn, institution_id=institution_id, learner_id=learner_id)
    return list(map(_candidate, rows))


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        id=row.id,
        institution_id=row.institution_id,
        learner_id=row.learner_id,
        pack_id=row.pack_id,
        pack_version=row.pack_version,
        qualification_id=row.qualification_id,
        grade=row.grade,
        basis=row.basis,
        state=CandidateState(row.state),
        made_at=row.made_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        comment=row.comment,
        award_id=row.award_id,
    )
