"""What a learner could take next: the awards that build on what they hold, how far each is, what completes it. Pure.

What completes an award is found by the rules themselves: they are run once more on what is held and on every unit that
is still open, as if passed at the lowest grade that passes. The units that count then are a way to the award that
keeps every group, pair and limit. Each is worth no more than what is held, so nothing held is put in the place of.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.catalogue.model import Catalogue
from app.stacking.evaluation import Evaluation, ReasonCode, Requirement
from app.stacking.held import HeldCredential, HeldKind, Standing
from app.stacking.pack import Measure, PackUnit, RulePack, SignOff
from app.stacking.rules import evaluate

# Behind every number that a credential can have, so that of two equal ones the one that is held counts.
_OPEN_FROM: Final = (1 << 128) - (1 << 32)
_TAKEN: Final = frozenset(
    {
        ReasonCode.COUNTED,
        ReasonCode.COUNTED_EXEMPTION,
        ReasonCode.GROUP_FULL,
        ReasonCode.BARRED,
        ReasonCode.WITHIN_AWARD,
    }
)
_NewIn = Callable[[PackUnit], frozenset[str]]


class Link(StrEnum):
    """Why an award is a next step: parts of it are held; what is complete leads to it; its door is open."""

    BEGUN = "begun"
    LED_TO = "led_to"
    DOOR_OPEN = "door_open"


@dataclass(frozen=True, slots=True)
class OccupationFacts:
    """An occupation and its statements that can be cited."""

    id: str
    title: str
    ksbs: frozenset[str]


@dataclass(frozen=True, slots=True)
class SkillFacts:
    """Statements that each unit of the catalogue is mapped to, and the occupation of each award that has one."""

    of_unit: Mapping[str, frozenset[str]]
    of_award: Mapping[str, OccupationFacts]


@dataclass(frozen=True, slots=True)
class StepUnit:
    """A unit that could be taken next. `ksbs` are statements of the occupation that nothing held evidences yet."""

    unit: PackUnit
    group: str
    ksbs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SkillGap:
    """Statements of the linked occupation: how many there are, how many are evidenced, how many the units would add."""

    occupation: OccupationFacts
    evidenced: int
    added: int


@dataclass(frozen=True, slots=True)
class NextStep:
    """An award that builds on what is held.

    `credits` and `units_more` are what completes it, `by_level` the credits by level, lowest first. `units` are a way
    to it, those that fill most first. `further` is what else its rules ask for, in sentences.
    """

    pack: RulePack
    links: tuple[Link, ...]
    counted: int
    credits: int
    by_level: tuple[tuple[int, int], ...]
    units: tuple[StepUnit, ...]
    skills: SkillGap | None
    further: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What completes it, such as "15 credits complete the HNC."."""
        name = f"the {self.pack.short_title}"
        if self.credits:
            return (
                f"{self.credits} credit{'' if self.credits == 1 else 's'} complete{'s' * (self.credits == 1)} {name}."
            )
        if self.units:
            count = len(self.units)
            return f"{count} unit{'' if count == 1 else 's'} complete{'s' * (count == 1)} {name}."
        return f"Every unit of {name} is in place."


def skill_facts(catalogue: Catalogue) -> SkillFacts:
    """The facts that a catalogue holds; a bundle has the occupation of what it is a part of."""
    occupations = {
        each.id: OccupationFacts(each.id, each.title, frozenset(ksb.id for ksb in each.ksbs))
        for each in catalogue.occupations
    }
    of_award = {
        each.id: occupations[each.occupation.occupation_id]
        for each in catalogue.qualifications
        if each.occupation is not None and each.occupation.occupation_id in occupations
    }
    of_award |= {each.id: of_award[each.parent_id] for each in catalogue.bundles if each.parent_id in of_award}
    of_unit = {
        unit.id: frozenset(mapping.ksb_id for mapping in unit.ksbs)
        for each in catalogue.qualifications
        for unit in each.units
    }
    return SkillFacts(of_unit, of_award)


def next_steps(
    packs: Iterable[RulePack], held: Sequence[HeldCredential], as_of: date, facts: SkillFacts
) -> tuple[NextStep, ...]:
    """The awards that build on what is held on a day and are not complete: nearest first, then lowest level, then id.

    One for each award: of several packs for the same one the nearest, of those the one that nobody signs off.
    Raises what `rules.evaluate` raises.
    """
    every = [
        (pack, evaluate(pack, held, as_of))
        for pack in packs
        if pack.effective_until is None or as_of <= pack.effective_until
    ]
    in_force = [each for each in held if each.awarded_on <= as_of and each.standing_on(as_of) is Standing.IN_FORCE]
    awarded = {each.qualification_id for each in in_force if each.kind is HeldKind.AWARD}
    awarded |= {pack.qualification_id for pack, found in every if found.complete}
    led_to = {name for pack, _ in every if pack.qualification_id in awarded for name in pack.leads_to}
    steps = []
    for pack, found in every:
        links = tuple(_links(pack, found, led_to))
        if links and pack.qualification_id not in awarded:
            step = _step(pack, found, links, in_force, as_of, facts)
            # Everything in place and still no award: it was completed before these rules apply, and leads nowhere.
            if step.units or step.further:
                steps.append(step)
    nearest: dict[str, NextStep] = {}
    for step in sorted(steps, key=_distance):
        nearest.setdefault(step.pack.qualification_id, step)
    return tuple(nearest.values())


def _distance(step: NextStep) -> tuple[int, int, int, bool, str]:
    by_owner = step.pack.sign_off is SignOff.OWNER
    return step.credits, len(step.units), step.pack.level, by_owner, step.pack.id


def _links(pack: RulePack, found: Evaluation, led_to: Collection[str]) -> Iterator[Link]:
    if found.counted:
        yield Link.BEGUN
    if pack.id in led_to:
        yield Link.LED_TO
    doors = {each.id for each in pack.entry}
    if any(each.id in doors and each.reached for each in found.requirements):
        yield Link.DOOR_OPEN


def _step(
    pack: RulePack,
    found: Evaluation,
    links: tuple[Link, ...],
    in_force: Sequence[HeldCredential],
    as_of: date,
    facts: SkillFacts,
) -> NextStep:
    occupation = facts.of_award.get(pack.qualification_id)
    evidenced = {
        ksb
        for each in in_force
        if each.kind is HeldKind.UNIT and each.passed
        for ksb in facts.of_unit.get(each.unit_id or "", ())
    }
    wanted = occupation.ksbs - evidenced if occupation else frozenset[str]()

    def new_in(unit: PackUnit) -> frozenset[str]:
        return wanted & {ksb for name in unit.accepts for ksb in facts.of_unit.get(name, ())}

    day = max(as_of, pack.effective_from)
    taken, outcome = _completed(pack, found, in_force, day, new_in)
    places = {unit.id: place for place, unit in enumerate(pack.units)}
    taken.sort(key=lambda each: (-each[0].credits, -len(new_in(each[0])), places[each[0].id]))
    by_level: dict[int, int] = defaultdict(int)
    for unit, _ in taken:
        by_level[unit.level] += unit.credits
    groups = {group.id: group.title for group in pack.groups}
    return NextStep(
        pack=pack,
        links=links,
        counted=found.credits_counted,
        credits=sum(by_level.values()),
        by_level=tuple((level, amount) for level, amount in sorted(by_level.items()) if amount),
        units=tuple(StepUnit(unit, groups[group], tuple(sorted(new_in(unit)))) for unit, group in taken),
        skills=_skills(occupation, evidenced, [ksb for unit, _ in taken for ksb in new_in(unit)]),
        further=tuple(_further(each) for each in outcome.requirements if not each.is_met),
    )


def _completed(
    pack: RulePack, found: Evaluation, held: Sequence[HeldCredential], day: date, new_in: _NewIn
) -> tuple[list[tuple[PackUnit, str]], Evaluation]:
    """The units that complete the award, with their groups, and the outcome with them.

    Offered are first the units of groups that are not full; only where these do not do it all that is open, and then
    units that were tried and not passed as well: nobody is sent to take again what the rules let stand.
    """
    short = {unit.id for group in found.groups if not group.is_full for unit in group.open_units}
    still_open = {unit.id for group in found.groups for unit in group.open_units}
    not_passed = {unit.id for unit in pack.units} - set(_passed(pack, found, held))
    taken: list[tuple[PackUnit, str]] = []
    outcome = found
    for names in (short, still_open, not_passed):
        taken, outcome = _with(names, pack, held, day, new_in)
        if _is_whole(outcome):
            break
    if not set(found.counted) <= set(outcome.counted) and _is_whole(outcome):
        # More points would do without something that counts already: leave out what is not needed.
        for unit, _ in reversed(taken):
            fewer = {each.id for each, _ in taken} - {unit.id}
            without, then = _with(fewer, pack, held, day, new_in)
            if _is_whole(then):
                taken, outcome = without, then
    return taken, outcome


def _passed(pack: RulePack, found: Evaluation, held: Sequence[HeldCredential]) -> Iterator[str]:
    """The units that are held with a pass that the rules take; to take one again would change nothing."""
    codes = {reason.credential_id: reason.code for reason in found.reasons}
    for each in held:
        unit, points = pack.unit_of.get(each.unit_id or ""), pack.grade_points(each.grade)
        passes = points.passes if points is not None else each.passed
        if unit is not None and passes and codes[each.id] in _TAKEN:
            yield unit.id


def _with(
    names: Collection[str], pack: RulePack, held: Sequence[HeldCredential], day: date, new_in: _NewIn
) -> tuple[list[tuple[PackUnit, str]], Evaluation]:
    """What counts among the units of `names` if all were passed on `day`. Of equal ones that with more new statements
    counts, since it gets the smaller number."""
    offered = sorted(
        (unit for unit in pack.units if unit.id in names and unit.is_live_on(day)), key=lambda unit: -len(new_in(unit))
    )
    lowest = min((each for each in pack.grades if each.passes), key=lambda each: each.points_per_credit, default=None)
    grade = lowest.grade if lowest else ""
    as_held = {
        UUID(int=_OPEN_FROM + place): HeldCredential(
            UUID(int=_OPEN_FROM + place),
            pack.qualification_id,
            "",
            unit.accepts[0],
            unit.title,
            unit.level,
            unit.credits or None,
            grade,
            day,
        )
        for place, unit in enumerate(offered)
    }
    outcome = evaluate(pack, (*held, *as_held.values()), day)
    units = dict(zip(as_held, offered, strict=True))
    counted = [reason for reason in outcome.reasons if reason.counts and reason.credential_id in units]
    return [(units[reason.credential_id], reason.group or "") for reason in counted], outcome


def _is_whole(outcome: Evaluation) -> bool:
    """Whether no further unit is needed: what is left is not made of credits."""
    return all(group.is_full for group in outcome.groups) and all(
        each.is_met or each.measure is not Measure.CREDITS for each in outcome.requirements
    )


def _skills(occupation: OccupationFacts | None, evidenced: Collection[str], added: Iterable[str]) -> SkillGap | None:
    if occupation is None or not occupation.ksbs:
        return None
    return SkillGap(occupation, len(occupation.ksbs.intersection(evidenced)), len(set(added)))


def _further(requirement: Requirement) -> str:
    if requirement.measure is Measure.UNITS:
        return f"What opens its door: {requirement.title}."
    return f"{requirement.title}: {requirement.reached} of {requirement.needed} {requirement.measure} so far."
