"""Queries about learners."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, case, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials.model import Learner
from app.credentials.store.tables import learners


async def save_learners(
    conn: AsyncConnection, institution_id: UUID, people: Mapping[str, tuple[str, str]]
) -> dict[str, Learner]:
    """ULN -> learner, made or brought up to date. `people` maps a ULN to (name, e-mail).

    A settled name stays: the college's other systems may still send the former one.
    """
    query = upsert(learners)
    name = case((learners.c.name_settled, learners.c.name), else_=query.excluded.name)
    query = query.on_conflict_do_update(
        index_elements=["institution_id", "uln"],
        set_={"name": name, "email": query.excluded.email},
    )
    rows = [
        {"id": uuid4(), "institution_id": institution_id, "uln": uln, "name": name, "email": email}
        for uln, (name, email) in people.items()
    ]
    if rows:
        await conn.execute(query, rows)
    found = await conn.execute(
        select(learners).where(learners.c.institution_id == institution_id, learners.c.uln.in_(list(people)))
    )
    return {row.uln: _learner(row) for row in found}


async def find_learner(
    conn: AsyncConnection, institution_id: UUID, learner_id: UUID, *, lock: bool = False
) -> Learner | None:
    """`lock`: imports that bring the learner wait; what only points to the learner (an award) does not."""
    query = select(learners).filter_by(id=learner_id, institution_id=institution_id)
    row = (await conn.execute(query.with_for_update(key_share=True) if lock else query)).one_or_none()
    return _learner(row) if row else None


async def lock_learner_words(
    conn: AsyncConnection, institution_id: UUID, learner_id: UUID
) -> tuple[str, str, str] | None:
    """(name, ULN, e-mail): what must not be found anywhere once a learner is erased.

    Nothing more can be issued to the learner until the caller's transaction ends.
    """
    query = select(learners.c.name, learners.c.uln, learners.c.email)
    query = query.where(learners.c.id == learner_id, learners.c.institution_id == institution_id)
    row = (await conn.execute(query.with_for_update())).one_or_none()
    return (row.name, row.uln, row.email) if row else None


async def settle_name(conn: AsyncConnection, learner_id: UUID, name: str) -> None:
    """A name set by people: results files no longer change it."""
    await conn.execute(update(learners).where(learners.c.id == learner_id).values(name=name, name_settled=True))


async def settled_names(conn: AsyncConnection, institution_id: UUID) -> dict[str, str]:
    """ULN -> name, of the learners whose name was set by people."""
    query = select(learners.c.uln, learners.c.name).filter_by(institution_id=institution_id, name_settled=True)
    return {row.uln: row.name for row in await conn.execute(query)}


async def list_learners(conn: AsyncConnection, institution_id: UUID, ids: Iterable[UUID]) -> tuple[Learner, ...]:
    query = select(learners).where(learners.c.institution_id == institution_id, learners.c.id.in_(list(ids)))
    return tuple(_learner(row) for row in await conn.execute(query))


async def search_learners(
    conn: AsyncConnection, institution_id: UUID, *, name: str, uln: str, email: str, limit: int
) -> tuple[Learner, ...]:
    """By part of the name, or by the whole ULN or e-mail address; "" = not asked for."""
    query = select(learners).where(learners.c.institution_id == institution_id)
    if name:
        query = query.where(learners.c.name.icontains(name, autoescape=True))
    if uln:
        query = query.where(learners.c.uln == uln)
    if email:
        query = query.where(func.lower(learners.c.email) == email.lower())
    return tuple(_learner(row) for row in await conn.execute(query.order_by(learners.c.name).limit(limit)))


def _learner(row: Row[Any]) -> Learner:
    return Learner(row.id, row.institution_id, row.name, row.email, row.uln)
