"""Records of one learner at two institutions, linked by the learner and by nobody else.

Each institution gives the learner a code that works once, at the other one. Only when both were entered are the records
linked: whoever found one code, or is known to one institution alone, links nothing. No name, date of birth or ULN is
compared anywhere, in the clear or hashed.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app import jobs
from app.credentials import service as credentials
from app.errors import NotFound, Refused
from app.stacking import store

LIFETIME: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LinkedRecord:
    """The record of the same person at another institution."""

    learner_id: UUID
    institution_id: UUID


async def make_code(
    conn: AsyncConnection, institution_id: UUID, learner_id: UUID, other_id: UUID, now: datetime
) -> str:
    """A code for a learner of the institution to enter at the other one; shown once, never stored, good for a day.

    A code made before for the same institution stops working. Raises `NotFound("learner_unknown")` or
    `Refused("same_institution")`.
    """
    if other_id == institution_id:
        raise Refused("same_institution", "A record is linked with one of another institution.")
    await credentials.get_learner(conn, institution_id, learner_id)
    code = secrets.token_urlsafe(16)
    await store.insert_code(conn, _hash(code), learner_id, other_id, now + LIFETIME)
    return code


async def enter_code(conn: AsyncConnection, institution_id: UUID, learner_id: UUID, code: str, now: datetime) -> bool:
    """Enter, for a learner of the institution, the code of another one; whether the two records are linked now.

    Raises `NotFound` (learner_unknown; code_unknown: one that is unknown, used, run out or for somewhere else, all
    alike).
    """
    await credentials.get_learner(conn, institution_id, learner_id)
    shown_id = await store.take_code(conn, _hash(code), institution_id, now) if len(code) < 100 else None
    shown_at = None if shown_id is None else await credentials.institution_of_learner(conn, shown_id)
    if shown_id is None or shown_at is None:
        raise NotFound("code_unknown", "This code does not work here. Ask the other institution for a new one.")
    await store.insert_half(conn, shown_id, shown_at, learner_id, now)
    linked = any(one.learner_id == shown_id for one in await linked_records(conn, learner_id))
    if linked:
        for where, whom in ((institution_id, learner_id), (shown_at, shown_id)):
            # Together they may complete something.
            lock = f"issue:{where}"
            await jobs.enqueue(conn, jobs.AWARD_LEARNER, lock=lock, institution_id=str(where), learner_id=str(whom))
    return linked


async def linked_records(conn: AsyncConnection, learner_id: UUID) -> tuple[LinkedRecord, ...]:
    """Where else the person has records, as far as they proved it."""
    return tuple(LinkedRecord(other, where) for _, other, where in await store.linked_to(conn, [learner_id]))


async def request_elsewhere(conn: AsyncConnection, learner_ids: list[UUID]) -> None:
    """Ask other institutions to look at what new results of these learners complete there."""
    if not learner_ids:
        return
    for _, other, where in await store.linked_to(conn, learner_ids):
        await jobs.enqueue(
            conn,
            jobs.AWARD_LEARNER,
            lock=f"issue:{where}",
            institution_id=str(where),
            learner_id=str(other),
            elsewhere=False,
        )


def _hash(code: str) -> bytes:
    return sha256(code.encode()).digest()
