"""From a learner's credentials to the overall results of their T Levels. Pure.

The year in which a learner began is recorded nowhere: not in a credential, not in the catalogue, not in a results file.
It is found only as far as results tell it:

- Where one table holds for every intake that the T Level can have had, the year does not matter. That is so for every
  T Level first taught in 2021 or later.
- Else (the three of 2020) a result dated before September 2021 is of the intake of 2020, and so is a specialism dated
  before 2023: results by the later table exist from summer 2023 on, after two years. Anything else is taken for the
  intake of 2021 or later, and the result says so: a learner of 2020 who finished late would have another table.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from app.catalogue.model import Qualification
from app.credentials.model import Credential, CredentialKind
from app.errors import Refused
from app.stacking.t_level import Component, ComponentKind, ComponentResult, TLevel, TLevelResult, overall
from app.stacking.t_level_rules import TLevelRules
from app.standards import uk_time

T_LEVEL: Final = "T Level"
_KINDS: Final = {
    "core": ComponentKind.CORE,
    "occupational_specialism": ComponentKind.SPECIALISM,
    "industry_placement": ComponentKind.PLACEMENT,
}


@dataclass(frozen=True, slots=True)
class NoOverall:
    """A T Level of which components are held and no overall result is worked out; `code` and `sentence` say why."""

    t_level_id: str
    title: str
    code: str
    sentence: str


def t_levels_held(
    rules: TLevelRules, held: Iterable[Credential], qualifications: Mapping[str, Qualification], as_of: date
) -> tuple[tuple[TLevelResult, ...], tuple[NoOverall, ...]]:
    """(results, T Levels without one) for every T Level of which a component is held, by title."""
    by_qualification: dict[str, list[Credential]] = defaultdict(list)
    for credential in held:
        if qualifications[credential.qualification_id].kind == T_LEVEL:
            by_qualification[credential.qualification_id].append(credential)
    found: list[TLevelResult] = []
    without: list[NoOverall] = []
    for qualification in sorted((qualifications[each] for each in by_qualification), key=_by_title):
        results = component_results(by_qualification[qualification.id], qualification)
        try:
            t_level = t_level_of(qualification)
            year, note = start_year(rules, t_level, results, as_of)
            found.append(replace(overall(rules, t_level, year, results, as_of), start_year_note=note))
        except Refused as refused:
            without.append(NoOverall(qualification.id, qualification.title, refused.code, refused.message))
    return tuple(found), tuple(without)


def t_level_of(qualification: Qualification) -> TLevel:
    """A T Level from its catalogue entry. Its components go live on 1 September of the first teaching year.

    Raises `Refused("t_level_first_year_unknown")` when the entry does not say when that was.
    """
    live = [unit.live_from.year for unit in qualification.units if unit.live_from is not None]
    if not live:
        message = (
            f"No overall result is worked out for {qualification.title}: when it was first taught is not recorded."
        )
        raise Refused("t_level_first_year_unknown", message)
    return TLevel(
        id=qualification.id,
        title=qualification.title,
        number=qualification.number or "",
        table=qualification.overall_grade_table,
        first_teaching_year=min(live),
        components=tuple(
            Component(unit.id, _KINDS[unit.kind], unit.title, unit.must_be_paired)
            for unit in qualification.units
            if unit.kind in _KINDS
        ),
    )


def component_results(held: Iterable[Credential], qualification: Qualification) -> list[ComponentResult]:
    """Results from credentials of one T Level; the attempts of a component are counted by award date and id."""
    units = {unit.id: unit for unit in qualification.units}
    attempts: dict[str, int] = defaultdict(int)
    results: list[ComponentResult] = []
    for credential in sorted(held, key=lambda credential: (credential.awarded_on, credential.id)):
        unit = units.get(credential.unit_id or "")
        if credential.kind is not CredentialKind.UNIT or unit is None or unit.kind not in _KINDS:
            continue
        attempts[unit.id] += 1
        results.append(
            ComponentResult(
                id=credential.id,
                component_id=unit.id,
                kind=_KINDS[unit.kind],
                title=unit.title,
                grade=credential.grade,
                attempt=attempts[unit.id],
                awarded_on=credential.awarded_on,
                withdrawn=None if credential.revoked_at is None else uk_time.day_of(credential.revoked_at),
            )
        )
    return results


def start_year(rules: TLevelRules, t_level: TLevel, results: Sequence[ComponentResult], as_of: date) -> tuple[int, str]:
    """(year of the intake, how it was found), as the head of this module says."""
    first = t_level.first_teaching_year
    tables = [table for table in rules.tables if table.is_of(t_level.table or "", t_level.number)]
    if len([table for table in tables if table.holds_from(first)]) < 2:
        return first, "When the learner began is not recorded; one table holds for every intake of this T Level."
    rule = rules.start_year
    known = [
        result
        for result in results
        if result.awarded_on <= as_of and (result.withdrawn is None or as_of < result.withdrawn)
    ]
    if any(result.awarded_on < rule.any_before for result in known):
        before, what = rule.any_before, "a result"
    elif any(_is_early_specialism(result, rule.specialism_before) for result in known):
        before, what = rule.specialism_before, "a specialism"
    else:
        return rule.otherwise, (
            f"When the learner began is not recorded. The table for {rule.otherwise} and later is used; for one who "
            f"began in {rule.intake} there is another."
        )
    return rule.intake, (
        f"When the learner began is not recorded; {what} dated before {before.day} {before:%B %Y} is of the intake of "
        f"{rule.intake}."
    )


def _is_early_specialism(result: ComponentResult, before: date) -> bool:
    return result.kind is ComponentKind.SPECIALISM and result.awarded_on < before


def _by_title(qualification: Qualification) -> tuple[str, str]:
    return qualification.title, qualification.id
