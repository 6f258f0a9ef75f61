"""Held credentials out of a file that curriculum staff write: JSON or CSV, to try a rule pack on.

One entry for each credential: `unit` (the catalogue's id of a unit) or `qualification` (of a whole award), `grade`,
`awardedOn`, and where they matter `origin`, `framework`, `hours`, `standing`, `endedOn`. Title, level and credits are
taken from the rule pack, else from the catalogue.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID

from app.catalogue.model import Catalogue, Qualification, Unit
from app.errors import Refused
from app.stacking.held import HeldCredential, HeldKind, Origin, Standing
from app.stacking.pack import RulePack
from app.standards import strict_json

MAX_BYTES: Final = 10_000_000
MAX_ROWS: Final = 10_000
MEMBERS: Final = ("unit", "qualification", "grade", "awardedOn", "origin", "framework", "hours", "standing", "endedOn")
_FRAMEWORKS: Final = ("RQF", "QCF", "FHEQ")
Kind = TypeVar("Kind", bound=StrEnum)


def read_held(data: bytes, pack: RulePack, catalogue: Catalogue) -> tuple[HeldCredential, ...]:
    """The credentials in the order of the file; each has its place (from 1) for a number.

    Raises `Refused("held_file_unreadable")`, or `Refused("held_file_has_errors")` with every problem by row and column.
    """
    entries = _entries(data)
    if len(entries) > MAX_ROWS:
        raise Refused("held_file_unreadable", f"The file has more than {MAX_ROWS:,} credentials.")
    units = {unit.id: unit for each in catalogue.qualifications for unit in each.units}
    qualifications = {each.id: each for each in catalogue.qualifications}
    found: list[HeldCredential] = []
    problems: list[dict[str, Any]] = []
    for row, entry in enumerate(entries, 1):
        reading = _Entry(row, entry, problems)
        if (made := reading.credential(pack, units, qualifications)) is not None:
            found.append(made)
    if problems:
        raise Refused("held_file_has_errors", "Mend the rows named here and try again.", {"problems": problems})
    return tuple(found)


def _entries(data: bytes) -> Sequence[Mapping[str, Any]]:
    if len(data) > MAX_BYTES:
        raise Refused("held_file_unreadable", f"The file is larger than {MAX_BYTES:,} bytes.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("held_file_unreadable", "The file is not UTF-8 text.") from None
    if not text.lstrip().startswith(("{", "[")):
        try:
            return [
                {name.strip(): value.strip() for name, value in row.items() if name and value.strip()}
                for row in csv.DictReader(io.StringIO(text, newline=""), restval="")
            ]
        except csv.Error as error:
            raise Refused("held_file_unreadable", f"The file is not CSV that can be read: {error}.") from None
    try:
        whole = strict_json.parse(text.encode(), MAX_BYTES)
    except strict_json.NotStrictJson as error:
        raise Refused("held_file_unreadable", f"The file cannot be read. {error}") from None
    entries = whole.get("credentials") if isinstance(whole, dict) else whole
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise Refused("held_file_unreadable", "The file must be a list of credentials, or have one as credentials.")
    return entries


class _Entry:
    """One row, with what is wrong in it told to `problems`."""

    def __init__(self, row: int, entry: Mapping[str, Any], problems: list[dict[str, Any]]) -> None:
        self._row, self._entry, self._problems = row, entry, problems

    def credential(
        self, pack: RulePack, units: Mapping[str, Unit], qualifications: Mapping[str, Qualification]
    ) -> HeldCredential | None:
        before = len(self._problems)
        for name in self._entry.keys() - set(MEMBERS):
            self._wrong(name, f"is not a column that is known; they are {', '.join(MEMBERS)}")
        unit_id, award_id = self._text("unit"), self._text("qualification")
        if unit_id is None and award_id is None:
            self._wrong("unit", "must name a unit, or qualification a whole award")
        grade = self._text("grade") or ""
        awarded_on = self._day("awardedOn")
        if awarded_on is None and len(self._problems) == before:
            self._wrong("awardedOn", "is missing")
        origin = self._one_of("origin", Origin, Origin.HOME)
        standing = self._one_of("standing", Standing, Standing.IN_FORCE)
        framework = self._text("framework")
        if framework is not None and framework not in _FRAMEWORKS:
            self._wrong("framework", f"must be one of {', '.join(_FRAMEWORKS)}")
        hours = self._number("hours")
        ended_on = self._day("endedOn")
        named = self._named(unit_id, award_id, grade, pack, units, qualifications)
        if named is None or awarded_on is None or len(self._problems) != before:
            return None
        return HeldCredential(
            id=UUID(int=self._row),
            grade=grade,
            awarded_on=awarded_on,
            origin=origin,
            standing=standing,
            ended_on=ended_on,
            framework=framework,
            hours=hours,
            **named,
        )

    def _named(
        self,
        unit_id: str | None,
        award_id: str | None,
        grade: str,
        pack: RulePack,
        units: Mapping[str, Unit],
        qualifications: Mapping[str, Qualification],
    ) -> dict[str, Any] | None:
        """What the pack or the catalogue says of it: title, level, credits, whether the grade passes."""
        if unit_id is None:
            return None if award_id is None else self._award(award_id, pack, qualifications)
        listed, here = units.get(unit_id), pack.unit_of.get(unit_id)
        if listed is None and here is None:
            self._wrong("unit", "is a unit neither of the rule set nor of the catalogue")
            return None
        qualification = qualifications.get(listed.qualification_id if listed else award_id or "")
        points = pack.grade_points(grade)
        passed = listed.is_pass(grade) if listed else points is None or points.passes
        title, level, credits = (
            (here.title, here.level, here.credits or None)
            if here
            else (listed.title, listed.level, listed.credits)
            if listed
            else ("", 0, None)
        )
        return {
            "qualification_id": qualification.id if qualification else award_id or "",
            "qualification_kind": qualification.kind if qualification else "",
            "unit_id": unit_id,
            "title": title,
            "level": level,
            "credits": credits,
            "passed": passed,
        }

    def _award(
        self, award_id: str, pack: RulePack, qualifications: Mapping[str, Qualification]
    ) -> dict[str, Any] | None:
        listed = qualifications.get(award_id)
        brought = next((each for each in pack.brings_forward if each.qualification_id == award_id), None)
        if listed is None and brought is None:
            self._wrong("qualification", "is an award neither of the rule set nor of the catalogue")
            return None
        return {
            "qualification_id": award_id,
            "qualification_kind": listed.kind if listed else "",
            "unit_id": None,
            "title": listed.title if listed else brought.title if brought else "",
            "level": listed.level if listed else brought.level if brought else 0,
            "credits": listed.total_credits if listed else brought.credits if brought else None,
            "kind": HeldKind.AWARD,
        }

    def _text(self, name: str) -> str | None:
        value = self._entry.get(name)
        if value is None or isinstance(value, str):
            return value or None
        self._wrong(name, "must be a text")
        return None

    def _number(self, name: str) -> int | None:
        value = self._entry.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6:
            value = int(value)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 100_000):
            return value
        self._wrong(name, "must be a whole number of hours")
        return None

    def _day(self, name: str) -> date | None:
        text = self._text(name)
        return self._read(name, text, date.fromisoformat, "must be a day, such as 2026-07-03") if text else None

    def _one_of(self, name: str, kinds: type[Kind], usual: Kind) -> Kind:
        text = self._text(name)
        if text is None:
            return usual
        read = self._read(name, text.lower(), kinds, f"must be one of {', '.join(kinds)}")
        return usual if read is None else read

    def _read(self, name: str, text: str, reader: Callable[[str], Any], wrong: str) -> Any:
        try:
            return reader(text)
        except ValueError:
            self._wrong(name, wrong)
            return None

    def _wrong(self, column: str, message: str) -> None:
        self._problems.append({"row": self._row, "column": column, "message": f"{message}."})
