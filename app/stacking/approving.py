"""Approving a complete stack: a person of the awarding organisation says yes, and the award is made."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials.signing import Issuer
from app.errors import Conflict
from app.stacking import awarding, sign_off, store
from app.stacking.sign_off import Candidate, CandidateState
from app.standards.data_integrity import CanonicalForm


async def approve(
    conn: AsyncConnection,
    issuer: Issuer,
    reference: CanonicalForm,
    candidate_id: UUID,
    *,
    actor: str,
    comment: str = "",
    now: datetime,
) -> Candidate:
    """Work the stack out again and issue the award, if it is what the person saw.

    Raises `NotFound("candidate_unknown")`, `Conflict` (already_decided; stack_changed: the queue is brought up to date
    by a job of its own), `Refused` (actor_missing, comment_too_long) and what issuing raises.
    """
    institution_id = issuer.institution.id
    await store.lock_awards(conn, institution_id)
    candidate = await sign_off.find(conn, institution_id, candidate_id)
    sign_off.check_waiting(candidate)
    found = await awarding.look_at(conn, issuer, [candidate.learner_id], now)
    due = next((each for each in found.awaiting if each.basis == candidate.basis), None)
    if due is None:
        raise Conflict("stack_changed", "Something in it has changed since it was put here. Look at it again.")
    (award_id,) = await awarding.issue(conn, issuer, reference, [due.earned], now)
    state = CandidateState.APPROVED
    return await sign_off.decide(conn, institution_id, candidate_id, state, actor, comment, now, award_id)
