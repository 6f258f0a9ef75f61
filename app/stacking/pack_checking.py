"""Whether a rule pack can be used: its form by the published schema, then whether its parts fit together.

The last step runs the rules on somebody who has passed everything at the best grade: a pack that does not even make
the award then can never make it. The same run shows whether a pack leaves too many ways to be worked out.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

import jsonschema

from app.errors import Refused
from app.stacking import rules
from app.stacking.held import HeldCredential, HeldKind
from app.stacking.pack import Group, GroupKind, Measure, PackUnit, RulePack
from app.stacking.pack_reading import read_pack
from app.standards import strict_json
from app.standards.json_lines import Path, line_of, lines_of

MAX_BYTES: Final = 1_000_000
_PLENTY: Final = 100_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where it stands (line from 1), and a sentence that names the member."""

    code: str
    line: int
    where: str
    sentence: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Checked:
    """The pack where it can be used, else None, with everything that was found."""

    pack: RulePack | None
    problems: tuple[Problem, ...]


def check_pack(data: bytes) -> Checked:
    """Read a pack from its bytes (UTF-8 JSON). Never raises for what they hold."""
    try:
        value = strict_json.parse_object(data, MAX_BYTES)
    except strict_json.NotStrictJson as error:
        return Checked(None, (Problem("pack_not_json", 1, "", str(error)),))
    lines = lines_of(data.decode())
    found = [_of_schema(error, lines) for error in _validator().iter_errors(value)]
    if not found:
        found = [Problem(code, line_of(lines, path), named(path), text) for code, path, text in _of_names(value)]
    if found:
        return Checked(None, tuple(sorted(set(found), key=lambda problem: (problem.line, problem.sentence))))
    try:
        pack = read_pack(value)
    except ValueError as error:
        return Checked(None, (Problem("pack_day_wrong", 1, "", f"a day is not in the calendar: {error}"),))
    found = [Problem(code, line_of(lines, path), named(path), text) for code, path, text in _of_parts(pack, value)]
    if not found:
        found = [Problem(code, 1, "", text) for code, text in _of_outcome(pack)]
    return Checked(None if found else pack, tuple(sorted(found, key=lambda each: (each.line, each.sentence))))


def cycles(packs: Sequence[RulePack]) -> Iterator[tuple[str, ...]]:
    """Awards that, over however many steps, are made of themselves: the ids of their packs."""
    made_by = {pack.qualification_id: pack for pack in packs}
    for pack in packs:
        trail: list[str] = []
        reached = [pack]
        while reached:
            current = reached.pop()
            below = [
                made_by[each.qualification_id] for each in current.brings_forward if each.qualification_id in made_by
            ]
            if any(each.id == pack.id for each in below):
                yield (*trail, current.id) if current.id not in trail else tuple(trail)
                break
            if current.id not in trail:
                trail.append(current.id)
                reached += below


@cache
def _validator() -> Any:
    schema = json.loads(files("app.stacking").joinpath("pack.schema.json").read_bytes())
    return jsonschema.Draft202012Validator(schema)


def schema_bytes() -> bytes:
    """The published JSON Schema of rule packs."""
    return files("app.stacking").joinpath("pack.schema.json").read_bytes()


def _of_schema(error: Any, lines: dict[Path, int]) -> Problem:
    deepest = error
    while deepest.context:
        deepest = min(deepest.context, key=lambda each: (-len(each.absolute_path), each.validator == "type"))
    path = tuple(deepest.absolute_path)
    name = named(path) or "the rule pack"
    return Problem("pack_form_wrong", line_of(lines, path), named(path), f"{name} {_wrong(deepest)}.")


def _wrong(error: Any) -> str:
    """What the schema says of a value, in words."""
    asked = error.validator_value
    match error.validator:
        case "required":
            return str(error.message).replace(" is a required property", " is missing")
        case "additionalProperties":
            unknown = set(error.instance) - set(error.schema["properties"])
            return f"has a member that is not known: {', '.join(sorted(unknown))}"
        case "type":
            return f"must be {_kind(asked)}"
        case "enum":
            return f"must be one of {', '.join(map(str, asked))}"
        case "const":
            return f"must be {asked}"
        case "minimum":
            return f"must be at least {asked}"
        case "maximum":
            return f"must be at most {asked}"
        case "pattern":
            return f"is not written as it must be ({asked})"
        case "uniqueItems":
            return "names something twice"
        case "minItems":
            return "must not be empty"
        case "maxProperties":
            return "must be one thing, not several"
    return f"does not keep to the schema ({error.validator})"


def _kind(types: Any) -> str:
    words = {
        "string": "a text",
        "integer": "a whole number",
        "array": "a list",
        "object": "an object",
        "null": "null",
        "boolean": "true or false",
    }
    return " or ".join(words.get(each, each) for each in ([types] if isinstance(types, str) else types))


def named(path: Path) -> str:
    """A place in the pack as people write it: `groups[0].choose`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


_Found = tuple[str, Path, str]


def _of_names(value: dict[str, Any]) -> Iterator[_Found]:
    """Names that are repeated, or that point to nothing."""
    for member in ("units", "groups", "entry"):
        yield from _repeated(member, [each["id"] for each in value.get(member, ())])
    rules_named = [
        (member, place, each["id"])
        for member in ("minimums", "limits")
        for place, each in enumerate(value.get(member, ()))
    ]
    seen: set[str] = {"effective"}
    for member, place, name in rules_named:
        if name in seen:
            yield "pack_name_repeated", (member, place, "id"), f"the name {name} is used for two rules."
        seen.add(name)
    units = {each["id"] for each in value["units"]}
    groups = {each["id"] for each in value["groups"]}
    named: list[tuple[Path, str]] = [
        (("groups", place, "units", nth), name)
        for place, each in enumerate(value["groups"])
        for nth, name in enumerate(each["units"])
    ]
    named += [
        (("barred", place, nth), name)
        for place, pair in enumerate(value.get("barred", ()))
        for nth, name in enumerate(pair)
    ]
    named += [(("exemptions", place, "unit"), each["unit"]) for place, each in enumerate(value.get("exemptions", ()))]
    for member in ("minimums", "limits"):
        for place, each in enumerate(value.get(member, ())):
            named += [
                ((member, place, "of", "units", nth), name) for nth, name in enumerate(each["of"].get("units", ()))
            ]
    for path, name in named:
        if name not in units:
            yield "pack_unit_unknown", path, f"there is no unit {name} in this rule pack."
    for place, each in enumerate(value.get("bringsForward", ())):
        for nth, name in enumerate(each["groups"]):
            if name not in groups:
                yield "pack_group_unknown", ("bringsForward", place, "groups", nth), f"there is no group {name}."
    in_groups = {name for each in value["groups"] for name in each["units"]}
    for place, each in enumerate(value["units"]):
        if each["id"] not in in_groups:
            yield "pack_unit_unused", ("units", place), f"the unit {each['id']} stands in no group."
    accepted: dict[str, str] = {}
    for place, each in enumerate(value["units"]):
        for nth, name in enumerate(each["accepts"]):
            if accepted.get(name, each["id"]) != each["id"]:
                yield (
                    "pack_ambiguous",
                    ("units", place, "accepts", nth),
                    f"{name} is taken as {accepted[name]} and as {each['id']}: a credential could count twice.",
                )
            accepted[name] = each["id"]


def _repeated(member: str, names: Sequence[str]) -> Iterator[_Found]:
    for place, name in enumerate(names):
        if name in names[:place]:
            yield "pack_name_repeated", (member, place, "id"), f"the name {name} is used twice among the {member}."


def _of_parts(pack: RulePack, value: dict[str, Any]) -> Iterator[_Found]:
    """Parts that do not fit together."""
    if pack.effective_until is not None and pack.effective_until < pack.effective_from:
        yield "pack_days_wrong", ("effective", "until"), "the rule set ends before it starts."
    for place, unit in enumerate(value["units"]):
        if unit["level"] > pack.level:
            yield "pack_level_above", ("units", place, "level"), f"{unit['title']} is at a higher level than the award."
    for place, group in enumerate(pack.groups):
        amounts = [unit.credits if group.measure is Measure.CREDITS else 1 for unit in group.units]
        if group.needed not in _sums(amounts, group.needed):
            text = f"the units of {group.title} cannot make up exactly {group.needed} {group.measure}."
            yield "pack_unsatisfiable", ("groups", place, "choose"), text
        elif group.kind is GroupKind.MANDATORY and sum(amounts) != group.needed:
            text = (
                f"every unit of {group.title} is mandatory: that is {sum(amounts)} {group.measure}, not {group.needed}."
            )
            yield "pack_unsatisfiable", ("groups", place, "choose"), text
    mandatory = {unit.id for group in pack.groups if group.kind is GroupKind.MANDATORY for unit in group.units}
    for place, pair in enumerate(pack.barred):
        if pair[0] == pair[1] or set(pair) <= mandatory:
            yield "pack_unsatisfiable", ("barred", place), f"{pair[0]} and {pair[1]} are both needed and barred."
    for place, limit in enumerate(pack.limits):
        if limit.until is not None and limit.until < limit.since:
            yield "pack_days_wrong", ("limits", place, "in", "until"), f"{limit.title} ends before it starts."
    yield from _of_grades(pack)
    yield from _of_what_comes_in(pack)


def _sums(amounts: Sequence[int], most: int) -> set[int]:
    sums = {0}
    for amount in amounts:
        sums |= {total + amount for total in sums if total + amount <= most}
    return sums


def _of_grades(pack: RulePack) -> Iterator[_Found]:
    if not pack.grades:
        return
    names = [each.grade for each in pack.grades]
    if len(set(names)) != len(names):
        yield "pack_name_repeated", ("grading", "points"), "a grade is named twice."
    points = [each.from_points for each in pack.bands]
    if points != sorted(set(points)):
        yield "pack_bands_wrong", ("grading", "bands"), "the bands do not run from low to high."
    passing = [each.points_per_credit for each in pack.grades if each.passes]
    graded = sum(_credits(pack, level) for level in pack.graded_levels) if pack.graded_levels else pack.total_credits
    floor = max(
        (
            rule.amount
            for rule in pack.minimums
            if rule.of.passed_only and rule.of.levels == pack.graded_levels and not rule.of.origins | rule.of.units
        ),
        default=0,
    )
    if not passing or min(passing) * min(floor, graded) < points[0]:
        text = "somebody could complete this and reach no band: the first one asks for more than the least that passes."
        yield "pack_bands_wrong", ("grading", "bands"), text


def _credits(pack: RulePack, level: int) -> int:
    return sum(
        min(group.needed, sum(unit.credits for unit in group.units if unit.level == level))
        for group in pack.groups
        if group.measure is Measure.CREDITS
    )


def _of_what_comes_in(pack: RulePack) -> Iterator[_Found]:
    """Exemptions and awards brought forward: nothing may count in two ways."""
    brought = {each.qualification_id for each in pack.brings_forward}
    for place, rule in enumerate(pack.exemptions):
        points = pack.grade_points(rule.grade)
        if pack.grades and (points is None or not points.passes):
            yield "pack_grade_unknown", ("exemptions", place, "grade"), f"{rule.grade} is not a grade that passes here."
        for nth, name in enumerate(rule.holding):
            if name in pack.unit_of or name in brought:
                text = f"{name} counts already: it cannot stand in for another unit as well."
                yield "pack_ambiguous", ("exemptions", place, "holding", nth), text
    groups = {group.id: group for group in pack.groups}
    for place, each in enumerate(pack.brings_forward):
        filled: list[Group] = [groups[name] for name in each.groups]
        if each.qualification_id == pack.qualification_id:
            yield "pack_cyclic", ("bringsForward", place), f"{each.title} would be made of itself."
        if sum(group.needed for group in filled) != each.credits or any(
            group.measure is not Measure.CREDITS for group in filled
        ):
            text = f"the groups that {each.title} fills do not ask for {each.credits} credits."
            yield "pack_unsatisfiable", ("bringsForward", place, "credits"), text
        graded = pack.grades and (not pack.graded_levels or each.level in pack.graded_levels)
        if graded:
            text = f"{each.title} would count towards the grade, but brings none: grade other levels, or leave it out."
            yield "pack_ambiguous", ("bringsForward", place), text


def _of_outcome(pack: RulePack) -> Iterator[tuple[str, str]]:
    """What running the rules on somebody who has everything shows."""
    never = [unit.title for unit in pack.units if _day_for(pack, unit) is None]
    if never:
        yield "pack_unsatisfiable", f"{never[0]} was never offered while this rule set is in force."
        return
    try:
        outcome = rules.evaluate(pack, tuple(_everything(pack)), date.max)
    except Refused as error:
        yield error.code, error.message
        return
    if not outcome.complete:
        yield "pack_unsatisfiable", f"nobody can complete it. {' '.join(outcome.missing)}".strip()


def _everything(pack: RulePack) -> Iterator[HeldCredential]:
    best = max((each for each in pack.grades if each.passes), key=lambda each: each.points_per_credit, default=None)
    number = 0
    for unit in pack.units:
        number += 1
        yield HeldCredential(
            UUID(int=number),
            unit.accepts[0],
            "",
            unit.accepts[0],
            unit.title,
            unit.level,
            unit.credits or None,
            best.grade if best else "",
            _day_for(pack, unit) or pack.effective_from,
            hours=_PLENTY,
        )
    for name in {name for entry in pack.entry for name in entry.any_of[0]} - set(pack.unit_of):
        number += 1
        for kind in HeldKind:
            number += 1
            unit_id = name if kind is HeldKind.UNIT else None
            yield HeldCredential(UUID(int=number), name, "", unit_id, name, 1, None, "", pack.effective_from, kind)


def _day_for(pack: RulePack, unit: PackUnit) -> date | None:
    """A day on which the unit could be earned under this rule set."""
    day = max(pack.effective_from, unit.live_from or date.min)
    ends = [each for each in (pack.effective_until, unit.live_until) if each is not None]
    return day if all(day <= each for each in ends) else None
