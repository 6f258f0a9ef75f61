"""Packs and credentials for the tests of the rules, small enough to be looked at in every combination."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from app.stacking.held import HeldCredential
from app.stacking.pack import (
    Band,
    Counting,
    GradePoints,
    Group,
    GroupKind,
    Measure,
    Minimum,
    PackUnit,
    RulePack,
)
from app.stacking.packs import find_pack

DAY = date(2026, 7, 3)
HNC = find_pack("hnc-computing-2022", 1)


def unit(name: str, credits: int = 15, level: int = 4, **other: Any) -> PackUnit:
    return PackUnit(name, name.upper(), f"Unit {name.upper()}", level, credits, (name,), **other)


def credential(number: int, unit: PackUnit, grade: str = "Pass", **other: Any) -> HeldCredential:
    values = {
        "id": UUID(int=number),
        "qualification_id": "any",
        "qualification_kind": "HNC",
        "unit_id": unit.accepts[0],
        "title": unit.title,
        "level": unit.level,
        "credits": unit.credits or None,
        "grade": grade,
        "awarded_on": DAY,
    }
    return HeldCredential(**{**values, **other})


def group(name: str, needed: int, *units: PackUnit, kind: GroupKind = GroupKind.OPTIONAL) -> Group:
    return Group(name, f"{name.capitalize()} units", kind, Measure.CREDITS, needed, units)


def pack(*groups: Group, passed: int = 0, **other: Any) -> RulePack:
    """Grades and bands of four, six and eight points a credit, in proportion to the size of the whole."""
    total = sum(each.needed for each in groups if each.measure is Measure.CREDITS)
    values: dict[str, Any] = {
        "groups": groups,
        "minimums": (Minimum("passed", "Credits passed", Counting(passed_only=True), Measure.CREDITS, passed),)
        if passed
        else (),
        "grades": (
            GradePoints("Unclassified", 0, False),
            GradePoints("Pass", 4, True),
            GradePoints("Merit", 6, True),
            GradePoints("Distinction", 8, True),
        ),
        "bands": (Band("Pass", 0), Band("Merit", 5 * total), Band("Distinction", 7 * total)),
        "level": 5,
        **other,
    }
    return replace(HNC, **values)
