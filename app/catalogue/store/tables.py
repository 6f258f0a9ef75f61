"""The tables of the catalogue; the migrations make them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.catalogue.model import COVERAGES, KSB_KINDS, MATCH_FRAMEWORKS, MATCH_RELATIONS, UNIT_KINDS
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
    Column("uri", Text),
    CheckConstraint(_one_of("kind", KSB_KINDS), name="kind"),
)

# Beside the occupation, whose row is the version loaded last: what was imported of each version.
standard_versions = Table(
    "standard_versions",
    metadata,
    Column("occupation_id", Text, ForeignKey("occupations.id"), primary_key=True),
    Column("version", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("is_whole", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("uri", Text),
    Column("file_sha256", LargeBinary, nullable=False),
    Column("imported_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("source IN ('case', 'skills-england')", name="source"),
)

ksb_matches = Table(
    "ksb_matches",
    metadata,
    Column("ksb_id", Text, ForeignKey("ksbs.id"), primary_key=True),
    Column("framework", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("relation", Text, primary_key=True),
    CheckConstraint(_one_of("framework", MATCH_FRAMEWORKS), name="framework"),
    CheckConstraint(_one_of("relation", MATCH_RELATIONS), name="relation"),
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
