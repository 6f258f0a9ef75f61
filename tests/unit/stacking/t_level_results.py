"""Made T Levels and results for the tests of the overall result."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from app.stacking.t_level import Component, ComponentKind, ComponentResult, TLevel, overall
from app.stacking.t_level_rules import published_rules

RULES = published_rules()
AS_OF = date(2026, 12, 1)
DAY = date(2026, 5, 15)
CORE_GRADES = ("A*", "A", "B", "C", "D", "E")
SPECIALISM_GRADES = ("Distinction", "Merit", "Pass")
QUALIFICATIONS = {"starters2020a": "603/5832/4", "starters2020b": "603/5829/4"}

CORE = Component("core", ComponentKind.CORE, "Digital core")
ALONE = Component("alone", ComponentKind.SPECIALISM, "Network Cabling")
OTHER = Component("other", ComponentKind.SPECIALISM, "Cyber Security")
HEATING = Component("heating", ComponentKind.SPECIALISM, "Heating Engineering", paired=True)
PLUMBING = Component("plumbing", ComponentKind.SPECIALISM, "Plumbing Engineering", paired=True)
VENTILATION = Component("ventilation", ComponentKind.SPECIALISM, "Ventilation", paired=True)
PLACEMENT = Component("placement", ComponentKind.PLACEMENT, "Industry placement")
COMPONENTS = (CORE, ALONE, OTHER, HEATING, PLUMBING, VENTILATION, PLACEMENT)

T_LEVEL = TLevel("t-level", "T Level in Things", "610/0000/0", "standard", 2021, COMPONENTS)


def with_table(table):
    """(the T Level that the table is of, a start year for which it holds)."""
    if table.startswith("starters2020"):
        return replace(T_LEVEL, number=QUALIFICATIONS[table], first_teaching_year=2020), 2020
    return replace(T_LEVEL, table=table), 2024


def result(number, component, grade, **other):
    values = {
        "id": UUID(int=number),
        "component_id": component.id,
        "kind": component.kind,
        "title": component.title,
        "grade": grade,
        "attempt": 1,
        "awarded_on": DAY,
    }
    return ComponentResult(**{**values, **other})


def results(core=None, specialism=None, placement=None):
    """One result for each that is not None; `specialism` may be a pair of grades, of Heating and Plumbing."""
    single = specialism if isinstance(specialism, str) else None
    pair = specialism if isinstance(specialism, tuple) else (None, None)
    parts = ((CORE, core), (ALONE, single), (HEATING, pair[0]), (PLUMBING, pair[1]), (PLACEMENT, placement))
    return [result(number, part, grade) for number, (part, grade) in enumerate(parts, 1) if grade is not None]


def found(given, table="standard", as_of=AS_OF):
    t_level, start_year = with_table(table)
    return overall(RULES, t_level, start_year, given, as_of)
