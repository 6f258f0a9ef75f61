"""Published rule packs: reading one from its bytes, strictly, and the packs shipped with the program.

The bytes are the publication. They are served unchanged, and a stacked award names their SHA-384.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final, NoReturn

from app.errors import NotFound, Refused
from app.stacking.model import Band, GradePoints, Group, GroupKind, PackSource, PackUnit, RulePack
from app.standards import strict_json

MEDIA_TYPE: Final = "application/json"


@dataclass(frozen=True, slots=True)
class PublishedPack:
    """A pack and the exact bytes it was read from."""

    pack: RulePack
    data: bytes


def parse_pack(data: bytes) -> RulePack:
    """A pack from its bytes (UTF-8 JSON); every member is known and required.

    Raises `Refused("rule_pack_invalid")` with a sentence naming the member, also when the parts do not fit
    together: credits that do not add up, a unit in two groups, a complete set of results without a grade.
    """
    try:
        pack = _pack(strict_json.parse_object(data))
    except strict_json.NotStrictJson as error:
        _invalid(str(error))
    for problem in _problems(pack):
        _invalid(problem)
    return pack


def published_packs() -> tuple[PublishedPack, ...]:
    """Every shipped pack, by id, newest version first."""
    return _shipped()


def find_pack(pack_id: str, version: int | None = None) -> RulePack:
    """The pack, in its newest version unless one is named. Raises `NotFound("rule_pack_unknown")`."""
    return _find(pack_id, version).pack


def pack_bytes(pack_id: str, version: int | None = None) -> bytes:
    """The published bytes, unchanged; newest version by default. Raises `NotFound("rule_pack_unknown")`."""
    return _find(pack_id, version).data


@cache
def _shipped() -> tuple[PublishedPack, ...]:
    found = []
    for entry in files("app.stacking").joinpath("packs").iterdir():
        if not entry.name.endswith(".json"):
            continue
        data = entry.read_bytes()
        pack = parse_pack(data)
        if entry.name != f"{pack.id}.v{pack.version}.json":
            _invalid(f"the file {entry.name} holds version {pack.version} of {pack.id}")
        found.append(PublishedPack(pack, data))
    return tuple(sorted(found, key=lambda entry: (entry.pack.id, -entry.pack.version)))


def _find(pack_id: str, version: int | None) -> PublishedPack:
    for entry in _shipped():
        if entry.pack.id == pack_id and version in (None, entry.pack.version):
            return entry
    raise NotFound("rule_pack_unknown", "There is no such rule set.", {"pack": pack_id})


def _invalid(what: str) -> NoReturn:
    raise Refused("rule_pack_invalid", f"The rule set cannot be used: {what.rstrip('.')}.")


class _Record:
    """A JSON object whose members are read once, by type, and must all be read."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            _invalid(f"{where} must be an object")
        self._left: dict[str, Any] = dict(value)
        self._where = where

    def _take(self, name: str) -> Any:
        if name not in self._left:
            _invalid(f"{self._where} lacks {name}")
        return self._left.pop(name)

    def text(self, name: str) -> str:
        value = self._take(name)
        if not isinstance(value, str) or not value.strip():
            _invalid(f"{name} of {self._where} must be a text")
        return value

    def optional_text(self, name: str) -> str | None:
        if self._left.get(name, "") is None:
            return self._take(name)  # type: ignore[no-any-return]
        return self.text(name)

    def number(self, name: str, least: int) -> int:
        value = self._take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= 10_000:
            _invalid(f"{name} of {self._where} must be a whole number from {least} to 10000")
        return value

    def optional_number(self, name: str, least: int) -> int | None:
        if self._left.get(name, 0) is None:
            return self._take(name)  # type: ignore[no-any-return]
        return self.number(name, least)

    def truth(self, name: str) -> bool:
        value = self._take(name)
        if not isinstance(value, bool):
            _invalid(f"{name} of {self._where} must be true or false")
        return value

    def day(self, name: str) -> date:
        text = self.text(name)
        try:
            return date.fromisoformat(text)
        except ValueError:
            _invalid(f"{name} of {self._where} must be a date such as 2026-07-03")

    def optional_day(self, name: str) -> date | None:
        if self._left.get(name, "") is None:
            return self._take(name)  # type: ignore[no-any-return]
        return self.day(name)

    def record(self, name: str) -> "_Record":
        return _Record(self._take(name), name)

    def records(self, name: str) -> "list[_Record]":
        return [_Record(value, f"an entry of {name}") for value in self._list(name)]

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(_Record({name: value}, self._where).text(name) for value in self._list(name))

    def done(self) -> None:
        if self._left:
            _invalid(f"{self._where} has members that are not known: {', '.join(sorted(self._left))}")

    def _list(self, name: str) -> Sequence[Any]:
        value = self._take(name)
        if not isinstance(value, list) or not value:
            _invalid(f"{name} of {self._where} must be a list with entries")
        return value


def _pack(data: Mapping[str, Any]) -> RulePack:
    top = _Record(data, "the rule set")
    qualification, effective = top.record("qualification"), top.record("effective")
    pack = RulePack(
        id=top.text("id"),
        version=top.number("version", 1),
        title=top.text("title"),
        qualification_id=qualification.text("id"),
        qualification_title=qualification.text("title"),
        short_title=qualification.text("shortTitle"),
        level=qualification.number("level", 1),
        total_credits=qualification.number("totalCredits", 1),
        minimum_credits_passed=top.number("minimumCreditsPassed", 0),
        groups=tuple(_group(record) for record in top.records("groups")),
        grades=tuple(_grade(record) for record in top.records("grades")),
        bands=tuple(_band(record) for record in top.records("bands")),
        maximum_age_years=top.optional_number("maximumAgeYears", 1),
        effective_from=effective.day("from"),
        effective_until=effective.optional_day("until"),
        method=top.texts("method"),
        verified=top.texts("verified"),
        unverified=top.texts("unverified"),
        sources=tuple(_source(record) for record in top.records("sources")),
        attribution=top.texts("attribution"),
    )
    for record in (top, qualification, effective):
        record.done()
    return pack


def _group(record: _Record) -> Group:
    kind = record.text("kind")
    if kind not in tuple(GroupKind):
        _invalid(f"{kind} is not a kind of group")
    group = Group(
        id=record.text("id"),
        title=record.text("title"),
        kind=GroupKind(kind),
        credits=record.number("credits", 1),
        units=tuple(_unit(entry) for entry in record.records("units")),
    )
    record.done()
    return group


def _unit(record: _Record) -> PackUnit:
    unit = PackUnit(record.text("id"), record.text("code"), record.text("title"), record.number("credits", 1))
    record.done()
    return unit


def _grade(record: _Record) -> GradePoints:
    grade = GradePoints(record.text("grade"), record.number("pointsPerCredit", 0), record.truth("passes"))
    record.done()
    return grade


def _band(record: _Record) -> Band:
    band = Band(record.text("grade"), record.number("fromPoints", 0))
    record.done()
    return band


def _source(record: _Record) -> PackSource:
    source = PackSource(record.text("key"), record.text("title"), record.optional_text("url"))
    record.done()
    return source


def _problems(pack: RulePack) -> Iterator[str]:
    units = [unit.id for group in pack.groups for unit in group.units]
    if len(set(units)) != len(units):
        yield "a unit is named twice"
    for names in ([group.id for group in pack.groups], [grade.grade for grade in pack.grades]):
        if len(set(names)) != len(names):
            yield f"an entry is repeated among {', '.join(names)}"
    if sum(group.credits for group in pack.groups) != pack.total_credits:
        yield "the credits of the groups do not add up to the total"
    for group in pack.groups:
        sums = {0}
        for unit in group.units:
            sums |= {total + unit.credits for total in sums}
        everything = sum(unit.credits for unit in group.units)
        if group.credits not in sums or (group.kind is GroupKind.MANDATORY and group.credits != everything):
            yield f"the units of {group.title} cannot make up its {group.credits} credits"
    if pack.minimum_credits_passed > pack.total_credits:
        yield "more credits must be passed than there are"
    points = [band.from_points for band in pack.bands]
    if points != sorted(set(points)):
        yield "the bands do not run from low to high"
    passing = [grade.points_per_credit for grade in pack.grades if grade.passes]
    if not passing or min(passing) * pack.minimum_credits_passed < points[0]:
        yield "a complete set of results could reach no band"
    if pack.effective_until is not None and pack.effective_until < pack.effective_from:
        yield "it ends before it starts"
