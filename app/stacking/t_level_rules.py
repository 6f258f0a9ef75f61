"""The published rules of a T Level's overall result: tables, pairs, UCAS points, read strictly from one dated file.

Nothing here is written in code that a source could change: the file `tables/t-level-overall.v1.json` says for each
table which intakes it holds for and where it was read. A published file never changes; a correction is a new version.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, NoReturn

from app.errors import Refused
from app.standards import strict_json

_FILE: Final = "t-level-overall.v1.json"
_START: Final = ("intake", "ifAnyBefore", "ifSpecialismBefore", "otherwise")


class Overall(StrEnum):
    """The overall result, best first, in the words of the Department for Education."""

    DISTINCTION_STAR = "Distinction*"
    DISTINCTION = "Distinction"
    MERIT = "Merit"
    PASS = "Pass"  # noqa: S105 (a grade)
    PARTIAL = "Partial achievement"
    UNCLASSIFIED = "Unclassified"
    NO_RESULT = "X - no result"
    PENDING = "Q - pending result"

    @property
    def is_award(self) -> bool:
        """Pass or better."""
        return self in AWARDS

    @property
    def words(self) -> str:
        """For people: without the letter in front."""
        return {Overall.NO_RESULT: "No result", Overall.PENDING: "Result pending"}.get(self, self.value)


AWARDS: Final = (Overall.DISTINCTION_STAR, Overall.DISTINCTION, Overall.MERIT, Overall.PASS)
STATES: Final = (Overall.UNCLASSIFIED, Overall.NO_RESULT, Overall.PENDING)
"""What a core or a specialism can have instead of a grade, best first; the words are the same."""


@dataclass(frozen=True, slots=True)
class RuleSource:
    """Where a rule was read."""

    key: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class GradeTable:
    """One table: (core grade, specialism grade) -> overall result, for the intakes it holds for.

    It is the table of the qualifications it names by number, or of those the catalogue gives `catalogue_table`.
    `last_intake` None = still in use. `unclassified_needed`: how many of core and specialism must be Unclassified,
    without a placement and without a grade, for the whole to be Unclassified.
    """

    id: str
    title: str
    first_intake: int
    last_intake: int | None
    catalogue_table: str | None
    qualifications: tuple[str, ...]
    unclassified_needed: int
    rows: Mapping[tuple[str, str], Overall]
    sources: tuple[RuleSource, ...]

    def is_of(self, catalogue_table: str, number: str) -> bool:
        return number in self.qualifications or self.catalogue_table == catalogue_table

    def holds_for(self, start_year: int) -> bool:
        return self.first_intake <= start_year and (self.last_intake is None or start_year <= self.last_intake)

    def holds_from(self, start_year: int) -> bool:
        """Whether it holds for that intake or any later one."""
        return self.last_intake is None or start_year <= self.last_intake


@dataclass(frozen=True, slots=True)
class StartYearRule:
    """Which intake results tell of: `intake` when any, or a specialism, is dated before a day, else `otherwise`."""

    intake: int
    any_before: date
    specialism_before: date
    otherwise: int


@dataclass(frozen=True, slots=True)
class TLevelRules:
    """All of it, in one version. Grades run from low to high and leave out the states.

    `results_from` and `final_from` are (month, day): a result dated between them is subject to review and appeal
    until the second.
    """

    id: str
    version: int
    title: str
    read_on: date
    label: str
    core_grades: tuple[str, ...]
    specialism_grades: tuple[str, ...]
    placement_met: tuple[str, ...]
    placement_not_met: tuple[str, ...]
    tables: tuple[GradeTable, ...]
    pairs: Mapping[tuple[str, str], str]
    documents: Mapping[Overall, str]
    ucas_codes: Mapping[Overall, str]
    ucas_points: Mapping[tuple[Overall, str], int]
    ucas_notes: Mapping[Overall, str]
    results_from: tuple[int, int]
    final_from: tuple[int, int]
    start_year: StartYearRule
    method: tuple[str, ...]
    verified: tuple[str, ...]
    unverified: tuple[str, ...]
    sources: tuple[RuleSource, ...]
    attribution: tuple[str, ...]


def parse_rules(data: bytes) -> TLevelRules:
    """The rules from their bytes (UTF-8 JSON); every member is known and required.

    Raises `Refused("t_level_rules_invalid")` with a sentence that says what is wrong, also when the parts do not fit
    together: a table with a hole, one in which a better grade gives a worse result, two tables for one intake.
    """
    try:
        rules = _rules(strict_json.parse_object(data))
    except strict_json.NotStrictJson as error:
        _invalid(str(error))
    for problem in _problems(rules):
        _invalid(problem)
    return rules


@cache
def published_rules() -> TLevelRules:
    """The newest version shipped with the program."""
    return parse_rules(published_bytes())


def published_bytes() -> bytes:
    return files("app.stacking").joinpath("tables", _FILE).read_bytes()


def _invalid(what: str) -> NoReturn:
    raise Refused("t_level_rules_invalid", f"The rules of the T Level result cannot be used: {what.rstrip('.')}.")


def _object(value: Any, where: str, *members: str) -> dict[str, Any]:
    """An object with exactly these members."""
    if not isinstance(value, dict):
        _invalid(f"{where} must be an object")
    for name in members:
        if name not in value:
            _invalid(f"{where} lacks {name}")
    for name in value:
        if name not in members:
            _invalid(f"{where} has a member that is not known: {name}")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        _invalid(f"{where} must be a text")
    return value


def _texts(value: Any, where: str, *, empty: bool = False) -> tuple[str, ...]:
    found = tuple(_text(entry, f"an entry of {where}") for entry in _list(value, where, empty=empty))
    if len(set(found)) != len(found):
        _invalid(f"an entry of {where} is repeated")
    return found


def _list(value: Any, where: str, *, empty: bool = False) -> list[Any]:
    if not isinstance(value, list) or not (value or empty):
        _invalid(f"{where} must be a list with entries")
    return value


def _number(value: Any, where: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        _invalid(f"{where} must be a whole number from {least} to {most}")
    return value


def _day(value: Any, where: str) -> date:
    try:
        return date.fromisoformat(_text(value, where))
    except ValueError:
        _invalid(f"{where} must be a date such as 2026-07-03")


def _month_day(value: Any, where: str) -> tuple[int, int]:
    day = _day(f"2000-{_text(value, where)}", where)
    return day.month, day.day


def _overall(value: Any, where: str) -> Overall:
    try:
        return Overall(_text(value, where))
    except ValueError:
        _invalid(f"{where} is not an overall result")


def _rules(data: dict[str, Any]) -> TLevelRules:
    top = _object(
        data,
        "the file",
        *("id", "version", "title", "readOn", "label", "coreGrades", "specialismGrades", "placement", "tables"),
        *("pairs", "documents", "ucas", "provisional", "startYearFromResults", "method", "verified", "unverified"),
        *("sources", "attribution"),
    )
    core, specialism = (_texts(top[name], name) for name in ("coreGrades", "specialismGrades"))
    placement = _object(top["placement"], "placement", "met", "notMet")
    ucas = _object(top["ucas"], "ucas", "codes", "points", "notes")
    provisional = _object(top["provisional"], "provisional", "resultsFrom", "finalFrom")
    start = _object(top["startYearFromResults"], "startYearFromResults", *_START)
    sources = {source.key: source for source in map(_source, _list(top["sources"], "sources"))}
    return TLevelRules(
        id=_text(top["id"], "id"),
        version=_number(top["version"], "version", 1, 10_000),
        title=_text(top["title"], "title"),
        read_on=_day(top["readOn"], "readOn"),
        label=_text(top["label"], "label"),
        core_grades=core,
        specialism_grades=specialism,
        placement_met=_texts(placement["met"], "met"),
        placement_not_met=_texts(placement["notMet"], "notMet"),
        tables=tuple(_table(entry, core, specialism, sources) for entry in _list(top["tables"], "tables")),
        pairs=_grid(top["pairs"], "pairs", specialism, specialism),
        documents=_by_overall(top["documents"], "documents"),
        ucas_codes=_by_overall(ucas["codes"], "codes"),
        ucas_points=_points(ucas["points"], core),
        ucas_notes=_by_overall(ucas["notes"], "notes"),
        results_from=_month_day(provisional["resultsFrom"], "resultsFrom"),
        final_from=_month_day(provisional["finalFrom"], "finalFrom"),
        start_year=StartYearRule(
            _number(start["intake"], "intake", 2020, 2100),
            _day(start["ifAnyBefore"], "ifAnyBefore"),
            _day(start["ifSpecialismBefore"], "ifSpecialismBefore"),
            _number(start["otherwise"], "otherwise", 2020, 2100),
        ),
        method=_texts(top["method"], "method"),
        verified=_texts(top["verified"], "verified"),
        unverified=_texts(top["unverified"], "unverified"),
        sources=tuple(sources.values()),
        attribution=_texts(top["attribution"], "attribution"),
    )


def _source(value: Any) -> RuleSource:
    entry = _object(value, "an entry of sources", "key", "title", "url")
    return RuleSource(*(_text(entry[name], name) for name in ("key", "title", "url")))


def _table(
    value: Any, core: tuple[str, ...], specialism: tuple[str, ...], sources: Mapping[str, RuleSource]
) -> GradeTable:
    members = ("id", "title", "intakes", "catalogueTable", "qualifications", "unclassifiedWithoutPlacement")
    entry = _object(value, "an entry of tables", *members, "sources", "rows")
    name = _text(entry["id"], "id")
    intakes = _object(entry["intakes"], "intakes", "from", "until")
    until, of_catalogue = intakes["until"], entry["catalogueTable"]
    keys = _texts(entry["sources"], "sources")
    if not set(keys) <= set(sources):
        _invalid(f"the table {name} names a source that is not listed")
    return GradeTable(
        id=name,
        title=_text(entry["title"], "title"),
        first_intake=_number(intakes["from"], "from", 2020, 2100),
        last_intake=None if until is None else _number(until, "until", 2020, 2100),
        catalogue_table=None if of_catalogue is None else _text(of_catalogue, "catalogueTable"),
        qualifications=_texts(entry["qualifications"], "qualifications", empty=True),
        unclassified_needed=_number(entry["unclassifiedWithoutPlacement"], "unclassifiedWithoutPlacement", 1, 2),
        rows=MappingProxyType(
            {place: _overall(cell, name) for place, cell in _grid(entry["rows"], name, core, specialism).items()}
        ),
        sources=tuple(sources[key] for key in keys),
    )


def _grid(value: Any, where: str, rows: tuple[str, ...], columns: tuple[str, ...]) -> Mapping[tuple[str, str], str]:
    """(row, column) -> cell, without a hole."""
    lines = {row: _object(line, f"{row} in {where}", *columns) for row, line in _object(value, where, *rows).items()}
    return MappingProxyType(
        {(row, column): _text(lines[row][column], f"a cell of {where}") for row in rows for column in columns}
    )


def _by_overall(value: Any, where: str) -> Mapping[Overall, str]:
    if not isinstance(value, dict):
        _invalid(f"{where} must be an object")
    return MappingProxyType({_overall(key, where): _text(text, where) for key, text in value.items()})


def _points(value: Any, core: tuple[str, ...]) -> Mapping[tuple[Overall, str], int]:
    found: dict[tuple[Overall, str], int] = {}
    for line in _list(value, "points"):
        entry = _object(line, "an entry of points", "overall", "core", "points")
        for grade in _texts(entry["core"], "core"):
            place = (_overall(entry["overall"], "overall"), grade)
            if grade not in core or place in found:
                _invalid(f"points are stated wrongly for {place[0]} with the core at {grade}")
            found[place] = _number(entry["points"], "points", 1, 1_000)
    return MappingProxyType(found)


def _problems(rules: TLevelRules) -> Iterator[str]:
    if len({table.id for table in rules.tables}) != len(rules.tables):
        yield "two tables have one id"
    for table in rules.tables:
        if (table.catalogue_table is None) == (not table.qualifications):
            yield f"the table {table.id} must name either qualifications or a table of the catalogue"
        if table.last_intake is not None and table.last_intake < table.first_intake:
            yield f"the table {table.id} ends before it starts"
        yield from _problems_of_cells(table, rules)
    for first, second in ((one, other) for one in rules.tables for other in rules.tables if one.id < other.id):
        named = set(first.qualifications) & set(second.qualifications)
        of_one = first.catalogue_table is not None and first.catalogue_table == second.catalogue_table
        if (named or of_one) and first.holds_from(second.first_intake) and second.holds_from(first.first_intake):
            yield f"the tables {first.id} and {second.id} hold for one intake"
    for (one, other), grade in rules.pairs.items():
        if grade not in rules.specialism_grades or rules.pairs[other, one] != grade:
            yield f"the pair of {one} and {other} is not the same in any order"
    if set(rules.placement_met) & set(rules.placement_not_met):
        yield "an outcome of the placement is both met and not met"
    if set(rules.ucas_codes) != set(Overall):
        yield "a result has no UCAS code"
    if rules.results_from >= rules.final_from:
        yield "results are final before they are published"


def _problems_of_cells(table: GradeTable, rules: TLevelRules) -> Iterator[str]:
    ranks = {grade: place for place, grade in enumerate(reversed(AWARDS))}
    for (core, specialism), cell in table.rows.items():
        if cell not in AWARDS:
            yield f"the table {table.id} holds {cell}, which is not a grade"
        elif (cell, core) not in rules.ucas_points:
            yield f"no points are stated for {cell} with the core at {core}, in the table {table.id}"
        elif any(
            table.rows[better] in AWARDS and ranks[table.rows[better]] < ranks[cell]
            for better in _better(core, specialism, rules)
        ):
            yield f"in the table {table.id} a better grade than {core} and {specialism} gives a worse result"


def _better(core: str, specialism: str, rules: TLevelRules) -> Iterator[tuple[str, str]]:
    """The places one step up from this one."""
    yield from ((above, specialism) for below, above in pairwise(rules.core_grades) if below == core)
    yield from ((core, above) for below, above in pairwise(rules.specialism_grades) if below == specialism)
