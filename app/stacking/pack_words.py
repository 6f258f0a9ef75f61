"""A rule pack in plain words, as people read it on a page or in a terminal. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.stacking.held import Origin
from app.stacking.options import written
from app.stacking.pack import AwardType, Counting, Group, GroupKind, Measure, PackUnit, RulePack, SignOff

_ORIGINS: Final = {
    Origin.HOME: "earned with whoever makes the award",
    Origin.TRANSFER: "awarded by another institution",
    Origin.RECOGNISED: "recognised as prior learning",
    Origin.EXEMPT: "not asked for because of something else held",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the rules under its title."""

    title: str
    lines: tuple[str, ...]


_FEW_WAYS: Final = 2


def in_words(pack: RulePack, titles: Mapping[str, str] | None = None) -> tuple[Part, ...]:
    """The whole pack, in the order in which people ask: what it awards, what it is made of, what else is asked, who
    says so. Parts that the pack does not have are left out. `titles` are those of other packs, by id."""
    every = (
        Part("What it awards", tuple(_award(pack, titles or {}))),
        *(Part(group.title, tuple(_group(group, pack))) for group in pack.groups),
        Part("What must be reached", tuple(_minimums(pack))),
        Part("What may count at most", tuple(_limits(pack))),
        Part("What counts in another way", tuple(_other_ways(pack))),
        Part("What opens the door", tuple(_entry(pack))),
        Part("The grade", tuple(_grades(pack))),
        Part("How it is worked out", pack.method),
        Part("Read in a source", pack.verified),
        Part("Not confirmed by a source", pack.unverified),
        Part(
            "Sources",
            tuple(f"{each.key}: {each.title}" + (f", {each.url}" if each.url else "") for each in pack.sources),
        ),
        Part("Attribution", pack.attribution),
    )
    return tuple(part for part in every if part.lines)


def in_force(since: date, until: date | None) -> str:
    return f"from {written(since)}" + (f" until {written(until)}" if until else "")


def _award(pack: RulePack, titles: Mapping[str, str]) -> Iterator[str]:
    size = f", {pack.total_credits} credits" if pack.total_credits else ""
    yield f"{pack.qualification_title}: level {pack.level} of the {pack.framework}{size}."
    if pack.award_type is AwardType.MODULE:
        parent = f" of {pack.parent_course}" if pack.parent_course else ""
        yield f"It is a module{parent}, not a qualification of its own."
    yield f"Whose rules these are: {pack.owner}."
    yield f"For what is completed {in_force(pack.effective_from, pack.effective_until)}."
    if pack.sign_off is SignOff.OWNER:
        yield "A person of the awarding organisation decides on each award."
    else:
        yield "The award is made when the rules are met, without further decision."
    if pack.leads_to:
        yield f"It leads to {', '.join(titles.get(name, name) for name in pack.leads_to)}."


def _group(group: Group, pack: RulePack) -> Iterator[str]:
    amount = counted_in(group.measure, group.needed)
    if group.kind is GroupKind.MANDATORY:
        yield f"Every unit, {amount}."
    else:
        yield f"{amount} of these."
    for unit in group.units:
        yield _unit(unit)
    names = {unit.id: unit.title for unit in group.units}
    for one, other in pack.barred:
        if one in names and other in names:
            yield f"Only one of {names[one]} and {names[other]} counts."


def _unit(unit: PackUnit) -> str:
    size = f", {unit.credits} credits" if unit.credits else ""
    offered = ""
    if unit.live_from is not None:
        offered = f", offered {in_force(unit.live_from, unit.live_until)}"
    elif unit.live_until is not None:
        offered = f", offered until {written(unit.live_until)}"
    return f"Unit {unit.code}, {unit.title}: level {unit.level}{size}{offered}."


def _minimums(pack: RulePack) -> Iterator[str]:
    for rule in pack.minimums:
        yield f"{rule.title}: at least {counted_in(rule.measure, rule.amount)}{_of(rule.of, pack)}."
    if pack.recency_years is not None:
        yield f"No two parts that count are more than {pack.recency_years} years apart."


def _limits(pack: RulePack) -> Iterator[str]:
    sources = {each.key: each.title for each in pack.sources}
    for rule in pack.limits:
        amount = counted_in(Measure.CREDITS, rule.amount)
        source = f"{rule.source}, {sources[rule.source]}" if rule.source in sources else rule.source
        when = in_force(rule.since, rule.until)
        title = rule.title[:1].upper() + rule.title[1:]
        yield f"{title}: at most {amount}{_of(rule.of, pack)}, {when} ({source})."


def _of(of: Counting, pack: RulePack) -> str:
    titles: Mapping[str, str] = {unit.id: unit.title for unit in pack.units}
    said = []
    if of.passed_only:
        said.append("passed")
    if of.levels:
        said.append(f"at level {' or '.join(map(str, sorted(of.levels)))}")
    if of.origins:
        said.append(" or ".join(text for origin, text in _ORIGINS.items() if origin in of.origins))
    if of.units:
        said.append(f"of {', '.join(title for name, title in titles.items() if name in of.units)}")
    return f" ({', '.join(said)})" if said else ""


def _other_ways(pack: RulePack) -> Iterator[str]:
    groups = {group.id: group.title for group in pack.groups}
    titles = {unit.id: unit.title for unit in pack.units}
    for each in pack.brings_forward:
        filled = " and ".join(groups[name] for name in each.groups)
        yield f"{each.title} is brought forward as a whole: {each.credits} credits at level {each.level} for {filled}."
    for rule in pack.exemptions:
        yield f"Whoever holds {' or '.join(rule.holding)} need not take {titles[rule.unit]}; it counts at {rule.grade}."
    together = [{unit.id for unit in group.units} for group in pack.groups]
    for one, other in pack.barred:
        if not any({one, other} <= names for names in together):
            yield f"Only one of {titles[one]} and {titles[other]} counts."


def _entry(pack: RulePack) -> Iterator[str]:
    for each in pack.entry:
        ways = " or ".join(" with ".join(names) for names in each.any_of)
        if len(each.any_of) > _FEW_WAYS:
            ways = f"one of {len(each.any_of)} ways that the rule set lists"
        need = "Needed" if each.required else "Usual, and not needed"
        yield f"{need}: {each.title} ({ways}). It carries no credit."


def _grades(pack: RulePack) -> Iterator[str]:
    if not pack.grades:
        return
    for each in pack.grades:
        points = "1 point" if each.points_per_credit == 1 else f"{each.points_per_credit} points"
        yield f"A credit at {each.grade} gives {points}{'' if each.passes else ' and is not passed'}."
    if pack.graded_levels:
        yield f"Only units at level {' and '.join(map(str, sorted(pack.graded_levels)))} make the grade."
    for band in pack.bands:
        yield f"{band.grade} from {band.from_points} points."


def counted_in(measure: Measure, amount: int) -> str:
    """An amount with its word: 1 credit, 15 credits, 2 units, 315 hours."""
    return f"{amount} {measure.value if amount != 1 else measure.value.removesuffix('s')}"
