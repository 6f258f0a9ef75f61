"""Tables and queries of the catalogue. Private to the package: others call `app.catalogue.service`.

Loading is an upsert and never deletes an entry: credentials name units for as long as they live. An
occupation row is the version loaded last; the statements of earlier versions stay, because their ids carry
the version. The mappings of a unit are replaced as a set whenever the unit is loaded.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    Table,
    Text,
    UniqueConstraint,
    any_,
    delete,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue.model import (
    COVERAGES,
    KSB_KINDS,
    UNIT_KINDS,
    AwardingOrganisation,
    Catalogue,
    Ksb,
    KsbMapping,
    Occupation,
    OccupationLink,
    Placement,
    Qualification,
    StandardVersion,
    Unit,
)
from app.database import metadata


def _one_of(column: str, values: Sequence[str]) -> str:
    quoted = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({quoted})"


def _texts(name: str) -> Column[Any]:
    return Column(name, ARRAY(Text), nullable=False)


awarding_organisations = Table(
    "awarding_organisations",
    metadata,
    Column("recognition_number", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("ukprn", Text, unique=True),
    Column("verified", Boolean, nullable=False),
    _texts("sources"),
)

# `number` is not unique: two pathways of one regulated qualification share it.
qualifications = Table(
    "qualifications",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("total_credits", Integer),
    Column("number", Text),
    Column("awarding_organisation", Text, nullable=False),
    Column("recognition_number", Text, ForeignKey("awarding_organisations.recognition_number")),
    Column("is_htq", Boolean),
    Column("htq_evidence", Text, nullable=False),
    Column("units_complete", Boolean, nullable=False),
    Column("occupation_link", JSONB(none_as_null=True)),
    Column("subject_area", Text),
    Column("route", Text),
    Column("pathway", Text),
    Column("overall_awarded_by", Text, nullable=False),
    Column("overall_grade_table", Text),
    Column("total_hours", Integer),
    Column("guided_hours", Integer),
    Column("lle_funding_from", Date),
    Column("status_note", Text, nullable=False),
    Column("verified", Boolean, nullable=False),
    _texts("verified_fields"),
    _texts("sources"),
    CheckConstraint("level BETWEEN 1 AND 8", name="level"),
    CheckConstraint("total_credits > 0", name="total_credits"),
    Index("ix_qualifications_number", "number"),
)

units = Table(
    "units",
    metadata,
    Column("id", Text, primary_key=True),
    Column("qualification_id", Text, ForeignKey("qualifications.id"), nullable=False),
    # The place in the qualification, so that a list reads as the awarding organisation's list does.
    Column("position", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("credits", Integer),
    _texts("grade_scale"),
    _texts("passing"),
    Column("live_from", Date),
    Column("live_until", Date),
    Column("code_is_official", Boolean, nullable=False),
    Column("not_awardable", Text),
    Column("must_be_paired", Boolean, nullable=False),
    Column("placement", JSONB(none_as_null=True)),
    _texts("assessed_by"),
    Column("result_owned_by", Text, nullable=False),
    Column("credits_verified", Boolean, nullable=False),
    Column("verified", Boolean, nullable=False),
    _texts("sources"),
    UniqueConstraint("qualification_id", "code"),
    CheckConstraint(_one_of("kind", UNIT_KINDS), name="kind"),
    CheckConstraint(_one_of("result_owned_by", ("awarding_organisation", "college")), name="result_owned_by"),
    CheckConstraint("credits > 0", name="credits"),
    CheckConstraint("live_until >= live_from", name="live_dates"),
    CheckConstraint("passing <@ grade_scale", name="passing"),
)

occupations = Table(
    "occupations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("standard_id", Text, nullable=False),
    Column("version", Text),
    Column("title", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("route", Text, nullable=False),
    _texts("soc_codes"),
    _texts("headings"),
    _texts("options"),
    Column("ksbs_complete", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("verified", Boolean, nullable=False),
    _texts("sources"),
)

ksbs = Table(
    "ksbs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("occupation_id", Text, ForeignKey("occupations.id"), nullable=False, index=True),
    Column("version", Text),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("is_official_wording", Boolean, nullable=False),
    CheckConstraint(_one_of("kind", KSB_KINDS), name="kind"),
)

unit_ksbs = Table(
    "unit_ksbs",
    metadata,
    Column("unit_id", Text, ForeignKey("units.id", ondelete="CASCADE"), primary_key=True),
    Column("ksb_id", Text, ForeignKey("ksbs.id"), primary_key=True, index=True),
    Column("coverage", Text, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("basis", Text, nullable=False),
    CheckConstraint(_one_of("coverage", COVERAGES), name="coverage"),
)


async def upsert_catalogue(conn: AsyncConnection, catalogue: Catalogue) -> None:
    """Write every entry of `catalogue`, new or changed. Running it twice changes nothing."""
    entries = catalogue.qualifications
    every_unit = [unit for entry in entries for unit in entry.units]
    every_ksb = [ksb for occupation in catalogue.occupations for ksb in occupation.ksbs]
    await _upsert(conn, awarding_organisations, [_organisation_row(o) for o in catalogue.awarding_organisations])
    await _upsert(conn, qualifications, [_qualification_row(entry) for entry in entries])
    await _upsert(conn, units, [_unit_row(unit, place) for e in entries for place, unit in enumerate(e.units, 1)])
    await _upsert(conn, occupations, [_occupation_row(occupation) for occupation in catalogue.occupations])
    await _upsert(conn, ksbs, [_ksb_row(ksb) for ksb in every_ksb])
    await conn.execute(delete(unit_ksbs).where(unit_ksbs.c.unit_id == _any_of([unit.id for unit in every_unit])))
    await _upsert(conn, unit_ksbs, [_mapping_row(unit, mapping) for unit in every_unit for mapping in unit.ksbs])


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
    wanted = _any_of(list(references))
    query = _units_with_ksbs().where(
        or_(qualifications.c.id == wanted, qualifications.c.number == wanted),
        units.c.code == _any_of(list(codes)),
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


async def units_of(conn: AsyncConnection, qualification_id: str) -> tuple[Unit, ...]:
    """The units of a qualification in their own order; empty when there are none or no such qualification."""
    rows = await conn.execute(_units_with_ksbs().where(units.c.qualification_id == qualification_id))
    return tuple(_unit(row) for row in rows)


async def find_ksbs(conn: AsyncConnection, ids: Collection[str]) -> tuple[Ksb, ...]:
    """The statements among `ids` that are on record, by id; unknown ids are left out."""
    rows = await conn.execute(select(ksbs).where(ksbs.c.id == _any_of(list(ids))).order_by(ksbs.c.id))
    return tuple(Ksb(**row._mapping) for row in rows)


async def find_standards(conn: AsyncConnection, occupation_ids: Collection[str]) -> tuple[StandardVersion, ...]:
    """Every version of these occupations of which there are statements, with their number: one query."""
    is_whole = occupations.c.ksbs_complete & ksbs.c.version.is_not_distinct_from(occupations.c.version)
    query = (
        select(
            ksbs.c.occupation_id,
            occupations.c.standard_id,
            ksbs.c.version,
            occupations.c.title,
            occupations.c.level,
            func.count().label("statements"),
            func.bool_and(is_whole).label("is_whole"),
        )
        .join(occupations, occupations.c.id == ksbs.c.occupation_id)
        .where(ksbs.c.occupation_id == _any_of(list(occupation_ids)))
        .group_by(ksbs.c.occupation_id, ksbs.c.version, occupations.c.id)
    )
    return tuple(StandardVersion(**row._mapping) for row in await conn.execute(query))


async def list_organisations(conn: AsyncConnection) -> tuple[AwardingOrganisation, ...]:
    """Every awarding organisation, by name."""
    rows = await conn.execute(select(awarding_organisations).order_by(awarding_organisations.c.name))
    return tuple(AwardingOrganisation(**{**row._mapping, "sources": tuple(row.sources)}) for row in rows)


def _any_of(values: list[str]) -> Any:
    # One array parameter instead of one parameter per value: the server takes at most 65,535 of those.
    return any_(literal(values, ARRAY(Text)))


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


async def _upsert(conn: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = insert(table)
    key = list(table.primary_key.columns)
    changes = {column.name: statement.excluded[column.name] for column in table.columns if column not in set(key)}
    await conn.execute(statement.on_conflict_do_update(index_elements=key, set_=changes), rows)


def _fields(value: object, *leave_out: str) -> dict[str, Any]:
    # The columns are named as the fields are; tuples become arrays.
    names = (name for name in type(value).__dataclass_fields__ if name not in leave_out)  # type: ignore[attr-defined]
    found = {name: getattr(value, name) for name in names}
    return {name: list(field) if isinstance(field, tuple) else field for name, field in found.items()}


def _organisation_row(organisation: AwardingOrganisation) -> dict[str, Any]:
    return _fields(organisation)


def _qualification_row(entry: Qualification) -> dict[str, Any]:
    link = None if entry.occupation is None else _fields(entry.occupation)
    return _fields(entry, "units", "occupation") | {"occupation_link": link}


def _unit_row(unit: Unit, position: int) -> dict[str, Any]:
    placement = None if unit.placement is None else _fields(unit.placement)
    return _fields(unit, "ksbs") | {"position": position, "placement": placement}


def _occupation_row(occupation: Occupation) -> dict[str, Any]:
    return _fields(occupation, "ksbs")


def _ksb_row(ksb: Ksb) -> dict[str, Any]:
    return _fields(ksb)


def _mapping_row(unit: Unit, mapping: KsbMapping) -> dict[str, Any]:
    return {"unit_id": unit.id} | _fields(mapping)


def _values(row: Row[Any], *leave_out: str) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in row._mapping.items()
        if name not in leave_out
    }


def _qualification(row: Row[Any], its_units: tuple[Unit, ...]) -> Qualification:
    link = row.occupation_link
    return Qualification(
        **_values(row, "occupation_link"),
        units=its_units,
        occupation=None if link is None else OccupationLink(**link),
    )


def _unit(row: Row[Any]) -> Unit:
    values = _values(row, "position", "qualification_number", "mappings", "placement")
    placement = row.placement
    if placement is not None:
        placement = Placement(**{**placement, "remote_share_excludes": tuple(placement["remote_share_excludes"])})
    return Unit(**values, placement=placement, ksbs=tuple(KsbMapping(*fields) for fields in row.mappings or ()))
