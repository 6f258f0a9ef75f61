"""Queries of qualifications, their units and who awards them, and the loading of a whole catalogue."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, Select, delete, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue.model import (
    AwardingOrganisation,
    Catalogue,
    KsbMapping,
    OccupationLink,
    Placement,
    Qualification,
    Unit,
)
from app.catalogue.store.rows import any_of, fields, ksb_row, occupation_row, upsert, values
from app.catalogue.store.tables import awarding_organisations, ksbs, occupations, qualifications, unit_ksbs, units


async def upsert_catalogue(conn: AsyncConnection, catalogue: Catalogue) -> None:
    """Write every entry of `catalogue`, new or changed. Running it twice changes nothing."""
    entries = catalogue.qualifications
    every_unit = [unit for entry in entries for unit in entry.units]
    every_ksb = [ksb for occupation in catalogue.occupations for ksb in occupation.ksbs]
    await upsert(conn, awarding_organisations, [_organisation_row(o) for o in catalogue.awarding_organisations])
    await upsert(conn, qualifications, [_qualification_row(entry) for entry in entries])
    await upsert(conn, units, [_unit_row(unit, place) for e in entries for place, unit in enumerate(e.units, 1)])
    await upsert(conn, occupations, [occupation_row(occupation) for occupation in catalogue.occupations])
    # A summary of ours never takes the place of official wording that was imported.
    newer = insert(ksbs).excluded.is_official_wording | ~ksbs.c.is_official_wording
    await upsert(conn, ksbs, [ksb_row(ksb) for ksb in every_ksb], newer)
    await conn.execute(delete(unit_ksbs).where(unit_ksbs.c.unit_id == any_of([unit.id for unit in every_unit])))
    await upsert(conn, unit_ksbs, [_mapping_row(unit, mapping) for unit in every_unit for mapping in unit.ksbs])


async def find_unit(conn: AsyncConnection, unit_id: str) -> Unit | None:
    """The unit with its mappings, or None."""
    row = (await conn.execute(_units_with_ksbs().where(units.c.id == unit_id))).one_or_none()
    return None if row is None else _unit(row)


async def find_components(
    conn: AsyncConnection, references: Collection[str], codes: Collection[str]
) -> tuple[tuple[str, str | None, Unit], ...]:
    """Units with any of `codes` in a qualification whose id or number is in `references`: id, number, unit.

    One query whatever the number of references; the result may hold pairs nobody asked for. References and
    codes are compared as they are: the caller brings them to normal form.
    """
    wanted = any_of(list(references))
    query = _units_with_ksbs().where(
        or_(qualifications.c.id == wanted, qualifications.c.number == wanted),
        units.c.code == any_of(list(codes)),
    )
    return tuple((row.qualification_id, row.qualification_number, _unit(row)) for row in await conn.execute(query))


async def list_qualifications(conn: AsyncConnection) -> tuple[Qualification, ...]:
    """Every qualification with its units, by title: two queries."""
    of: dict[str, list[Unit]] = {}
    for row in await conn.execute(_units_with_ksbs()):
        of.setdefault(row.qualification_id, []).append(_unit(row))
    rows = await conn.execute(select(qualifications).order_by(qualifications.c.title, qualifications.c.id))
    return tuple(_qualification(row, tuple(of.get(row.id, ()))) for row in rows)


async def find_qualification(conn: AsyncConnection, qualification_id: str) -> Qualification | None:
    """The qualification with its units, or None."""
    query = select(qualifications).where(qualifications.c.id == qualification_id)
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else _qualification(row, await units_of(conn, qualification_id))


async def find_qualifications(conn: AsyncConnection, ids: Collection[str]) -> tuple[Qualification, ...]:
    """Those there are, with their units: two queries whatever their number."""
    of: dict[str, list[Unit]] = {}
    for row in await conn.execute(_units_with_ksbs().where(units.c.qualification_id == any_of(list(ids)))):
        of.setdefault(row.qualification_id, []).append(_unit(row))
    rows = await conn.execute(select(qualifications).where(qualifications.c.id == any_of(list(ids))))
    return tuple(_qualification(row, tuple(of.get(row.id, ()))) for row in rows)


async def units_of(conn: AsyncConnection, qualification_id: str) -> tuple[Unit, ...]:
    """The units of a qualification in their own order; empty when there are none or no such qualification."""
    rows = await conn.execute(_units_with_ksbs().where(units.c.qualification_id == qualification_id))
    return tuple(_unit(row) for row in rows)


async def list_organisations(conn: AsyncConnection) -> tuple[AwardingOrganisation, ...]:
    """Every awarding organisation, by name."""
    rows = await conn.execute(select(awarding_organisations).order_by(awarding_organisations.c.name))
    return tuple(AwardingOrganisation(**{**row._mapping, "sources": tuple(row.sources)}) for row in rows)


def _units_with_ksbs() -> Select[Any]:
    mapping = func.jsonb_build_array(
        unit_ksbs.c.ksb_id, unit_ksbs.c.coverage, unit_ksbs.c.verified, unit_ksbs.c.basis, type_=JSONB
    )
    mappings = (
        select(func.jsonb_agg(aggregate_order_by(mapping, unit_ksbs.c.ksb_id), type_=JSONB))
        .where(unit_ksbs.c.unit_id == units.c.id)
        .correlate(units)
        .scalar_subquery()
    )
    return (
        select(units, qualifications.c.number.label("qualification_number"), mappings.label("mappings"))
        .join(qualifications, qualifications.c.id == units.c.qualification_id)
        .order_by(units.c.qualification_id, units.c.position)
    )


def _organisation_row(organisation: AwardingOrganisation) -> dict[str, Any]:
    return fields(organisation)


def _qualification_row(entry: Qualification) -> dict[str, Any]:
    link = None if entry.occupation is None else fields(entry.occupation)
    return fields(entry, "units", "occupation") | {"occupation_link": link}


def _unit_row(unit: Unit, position: int) -> dict[str, Any]:
    placement = None if unit.placement is None else fields(unit.placement)
    return fields(unit, "ksbs") | {"position": position, "placement": placement}


def _mapping_row(unit: Unit, mapping: KsbMapping) -> dict[str, Any]:
    return {"unit_id": unit.id} | fields(mapping)


def _qualification(row: Row[Any], its_units: tuple[Unit, ...]) -> Qualification:
    link = row.occupation_link
    return Qualification(
        **values(row, "occupation_link"),
        units=its_units,
        occupation=None if link is None else OccupationLink(**link),
    )


def _unit(row: Row[Any]) -> Unit:
    found = values(row, "position", "qualification_number", "mappings", "placement")
    placement = row.placement
    if placement is not None:
        placement = Placement(**{**placement, "remote_share_excludes": tuple(placement["remote_share_excludes"])})
    return Unit(**found, placement=placement, ksbs=tuple(KsbMapping(*mapping) for mapping in row.mappings or ()))
