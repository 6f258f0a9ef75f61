"""Queries of occupational standards: statements, their matches in other frameworks, versions."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue.model import Ksb, KsbMatch, Occupation, StandardVersion
from app.catalogue.store.rows import any_of, fields, ksb_row, occupation_row, upsert, values
from app.catalogue.store.tables import ksb_matches, ksbs, occupations, standard_versions


async def find_ksbs(conn: AsyncConnection, ids: Collection[str]) -> tuple[Ksb, ...]:
    """The statements among `ids` that are on record, by id; unknown ids are left out."""
    return await _ksbs_where(conn, ksbs.c.id == any_of(list(ids)))


async def ksbs_of(conn: AsyncConnection, occupation_id: str) -> tuple[Ksb, ...]:
    """Every statement of an occupation, of whatever version, by id."""
    return await _ksbs_where(conn, ksbs.c.occupation_id == occupation_id)


async def find_occupations(conn: AsyncConnection, *, id: str = "", standard_id: str = "") -> tuple[Occupation, ...]:
    """The occupation `id`, or those of a standard, by id; without their statements."""
    wanted = occupations.c.id == id if id else occupations.c.standard_id == standard_id
    rows = await conn.execute(select(occupations).where(wanted).order_by(occupations.c.id))
    return tuple(Occupation(**values(row), ksbs=()) for row in rows)


async def find_standards(conn: AsyncConnection, occupation_ids: Collection[str]) -> tuple[StandardVersion, ...]:
    """Every version of these occupations of which there are statements, with their number: one query."""
    imported = standard_versions.c
    is_whole = occupations.c.ksbs_complete & ksbs.c.version.is_not_distinct_from(occupations.c.version)
    query = (
        select(
            ksbs.c.occupation_id,
            occupations.c.standard_id,
            ksbs.c.version,
            func.coalesce(func.min(imported.title), occupations.c.title).label("title"),
            func.coalesce(func.min(imported.level), occupations.c.level).label("level"),
            func.count().label("statements"),
            func.bool_and(func.coalesce(imported.is_whole, is_whole)).label("is_whole"),
        )
        .join(occupations, occupations.c.id == ksbs.c.occupation_id)
        .outerjoin(
            standard_versions,
            (imported.occupation_id == ksbs.c.occupation_id) & (imported.version == ksbs.c.version),
        )
        .where(ksbs.c.occupation_id == any_of(list(occupation_ids)))
        .group_by(ksbs.c.occupation_id, ksbs.c.version, occupations.c.id)
    )
    return tuple(StandardVersion(**row._mapping) for row in await conn.execute(query))


async def save_framework(
    conn: AsyncConnection, version: dict[str, Any], statements: Sequence[Ksb], occupation: Occupation | None
) -> None:
    """Write statements and their matches, `version` as a row of `standard_versions`, and a new occupation if given."""
    if occupation is not None:
        await upsert(conn, occupations, [occupation_row(occupation)])
    await upsert(conn, standard_versions, [version])
    await upsert(conn, ksbs, [ksb_row(ksb) for ksb in statements])
    await conn.execute(delete(ksb_matches).where(ksb_matches.c.ksb_id == any_of([ksb.id for ksb in statements])))
    rows = [{"ksb_id": ksb.id} | fields(match) for ksb in statements for match in ksb.matches]
    if rows:
        await conn.execute(insert(ksb_matches), rows)


async def lock_frameworks(conn: AsyncConnection) -> None:
    """One import at a time, until the caller's transaction ends: two of one standard would compare with old rows."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("catalogue:frameworks", 0))))


async def _ksbs_where(conn: AsyncConnection, wanted: ColumnElement[bool]) -> tuple[Ksb, ...]:
    match = func.jsonb_build_array(ksb_matches.c.framework, ksb_matches.c.target, ksb_matches.c.relation, type_=JSONB)
    matches = (
        select(func.jsonb_agg(aggregate_order_by(match, ksb_matches.c.target, ksb_matches.c.relation), type_=JSONB))
        .where(ksb_matches.c.ksb_id == ksbs.c.id)
        .correlate(ksbs)
        .scalar_subquery()
    )
    rows = await conn.execute(select(ksbs, matches.label("matches")).where(wanted).order_by(ksbs.c.id))
    return tuple(
        Ksb(**{**row._mapping, "matches": tuple(KsbMatch(*match) for match in row.matches or ())}) for row in rows
    )
