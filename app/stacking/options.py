"""Which credentials may count, and as what: everything about one credential that no other credential changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from app.stacking.evaluation import Reason, ReasonCode
from app.stacking.held import HeldCredential, HeldKind, Origin, Standing
from app.stacking.pack import BroughtForward, Exemption, PackUnit, RulePack

T_LEVEL: Final = "T Level"
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_ORIGINS: Final = {origin: place for place, origin in enumerate(Origin)}


@dataclass(frozen=True, slots=True)
class Option:
    """A credential that may count as `unit`. `points` are 0 where the unit's level makes no grade."""

    held: HeldCredential
    unit: PackUnit
    points: int
    passes: bool
    origin: Origin

    @property
    def passed(self) -> int:
        return self.unit.credits if self.passes else 0

    @property
    def rank(self) -> tuple[bool, int, int, date, UUID]:
        """Lowest is best: passed, most points, earned here, earliest, smallest id."""
        return not self.passes, -self.points, _ORIGINS[self.origin], self.held.awarded_on, self.held.id


@dataclass(frozen=True, slots=True)
class Block:
    """An award that fills whole groups."""

    held: HeldCredential
    rule: BroughtForward


@dataclass(slots=True)
class Admitted:
    """What may count (options by unit, best first; blocks), and the reasons of what never can.

    `doors`: ids of the entry requirements that are met.
    """

    options: dict[str, list[Option]]
    blocks: list[Block]
    refused: dict[UUID, Reason]
    doors: frozenset[str]


def admit(held: Sequence[HeldCredential], pack: RulePack, as_of: date) -> Admitted:
    """Sort `held` (in order of award date and id) into what may count under `pack` and what cannot."""
    options: dict[str, list[Option]] = {}
    blocks: list[Block] = []
    refused: dict[UUID, Reason] = {}
    passed: dict[str, HeldCredential] = {}
    for credential in held:
        outcome: Option | Block | Reason | None = _unsound(credential, as_of)
        if outcome is None:
            is_award = credential.kind is HeldKind.AWARD
            name = credential.qualification_id if is_award else credential.unit_id or ""
            if credential.passed:
                passed.setdefault(name, credential)
            outcome = _as_award(credential, pack) if is_award else _as_unit(credential, pack)
            exempting = [rule for rule in pack.exemptions if credential.passed and name in rule.holding]
            for rule in exempting:
                options.setdefault(rule.unit, []).append(_exempt(credential, rule, pack))
            if exempting and isinstance(outcome, Reason):
                continue
        if isinstance(outcome, Option):
            options.setdefault(outcome.unit.id, []).append(outcome)
        elif isinstance(outcome, Block):
            blocks.append(outcome)
        elif outcome is not None:
            refused[credential.id] = outcome
    for of_unit in options.values():
        of_unit.sort(key=lambda option: option.rank)
    return Admitted(options, blocks, refused, frozenset(_open_doors(pack, passed, refused)))


def _open_doors(pack: RulePack, passed: Mapping[str, HeldCredential], refused: dict[UUID, Reason]) -> Iterator[str]:
    """The entry requirements that are met; what meets one and counts nowhere else gets that for a reason."""
    for entry in pack.entry:
        met = next((names for names in entry.any_of if all(name in passed for name in names)), None)
        if met is None:
            continue
        yield entry.id
        for name in met:
            credential = passed[name]
            if credential.id in refused:
                sentence = (
                    f"{credential.title} opens the door to the {pack.short_title}; it carries no credit towards it."
                )
                refused[credential.id] = _refuse(credential, ReasonCode.OPENS_THE_DOOR, sentence)


def _unsound(held: HeldCredential, as_of: date) -> Reason | None:
    """Why it does not hold on that day."""
    if held.awarded_on > as_of:
        sentence = f"{held.title} was awarded on {written(held.awarded_on)}, after the day asked about."
        return _refuse(held, ReasonCode.NOT_YET, sentence)
    standing = held.standing_on(as_of)
    if standing is Standing.REVOKED:
        return _refuse(held, ReasonCode.REVOKED, f"{held.title} was withdrawn, so it does not count.")
    if standing is Standing.SUSPENDED:
        sentence = f"{held.title} is being looked into and does not count until that is settled."
        return _refuse(held, ReasonCode.SUSPENDED, sentence)
    if standing is Standing.SUPERSEDED:
        sentence = f"{held.title} was corrected; the corrected one is looked at instead."
        return _refuse(held, ReasonCode.SUPERSEDED, sentence)
    return None


def _as_unit(held: HeldCredential, pack: RulePack) -> Option | Reason:
    if held.qualification_kind == T_LEVEL:
        sentence = (
            f"A T Level carries no level {pack.level} credit: it opens the door to the {pack.short_title}, "
            "it does not count towards it."
        )
        return _refuse(held, ReasonCode.NO_CREDIT, sentence)
    unit = pack.unit_of.get(held.unit_id or "")
    if unit is None:
        sentence = (
            f"{held.title} is not among the units of this rule set. Only a decision on prior learning brings it in."
        )
        return _refuse(held, ReasonCode.OTHER_QUALIFICATION, sentence)
    if held.framework is not None and held.framework != pack.framework:
        sentence = f"{held.title} is from the {held.framework} framework; this rule set is for the {pack.framework}."
        return _refuse(held, ReasonCode.OTHER_FRAMEWORK, sentence)
    if held.level != unit.level:
        sentence = f"{held.title} is on record at level {held.level}; here it is a unit of level {unit.level}."
        return _refuse(held, ReasonCode.WRONG_LEVEL, sentence)
    if (held.credits or 0) != unit.credits:
        if held.credits is None:
            return _refuse(held, ReasonCode.NO_CREDIT, f"{held.title} carries no credit.")
        sentence = f"{held.title} has {held.credits} credits on record, but {unit.credits} in this rule set."
        return _refuse(held, ReasonCode.CREDITS_DIFFER, sentence)
    if not unit.is_live_on(held.awarded_on):
        sentence = f"{held.title} is dated {written(held.awarded_on)}, when this unit was not offered."
        return _refuse(held, ReasonCode.UNIT_NOT_LIVE, sentence)
    if pack.effective_until is not None and held.awarded_on > pack.effective_until:
        sentence = (
            f"{held.title} is dated {written(held.awarded_on)}; this rule set is for what was earned by "
            f"{written(pack.effective_until)}."
        )
        return _refuse(held, ReasonCode.UNIT_NOT_LIVE, sentence)
    return _graded(held, unit, pack, held.grade, held.origin)


def _graded(held: HeldCredential, unit: PackUnit, pack: RulePack, grade: str, origin: Origin) -> Option | Reason:
    if not pack.grades:
        return Option(held, unit, 0, held.passed, origin)
    points = pack.grade_points(grade)
    if points is None:
        sentence = f"The grade of {held.title} is not on the scale of this rule set."
        return _refuse(held, ReasonCode.GRADE_UNKNOWN, sentence)
    makes_the_grade = not pack.graded_levels or unit.level in pack.graded_levels
    return Option(held, unit, points.points_per_credit * unit.credits if makes_the_grade else 0, points.passes, origin)


def _as_award(held: HeldCredential, pack: RulePack) -> Block | Reason:
    rule = next((each for each in pack.brings_forward if each.qualification_id == held.qualification_id), None)
    if rule is None:
        sentence = f"{held.title} is a whole award; what it is made of is looked at for itself."
        return _refuse(held, ReasonCode.OTHER_QUALIFICATION, sentence)
    if held.framework is not None and held.framework != pack.framework:
        sentence = f"{held.title} is from the {held.framework} framework; this rule set is for the {pack.framework}."
        return _refuse(held, ReasonCode.OTHER_FRAMEWORK, sentence)
    if pack.effective_until is not None and held.awarded_on > pack.effective_until:
        sentence = f"{held.title} is dated {written(held.awarded_on)}, after this rule set ended."
        return _refuse(held, ReasonCode.UNIT_NOT_LIVE, sentence)
    return Block(held, rule)


def _exempt(held: HeldCredential, rule: Exemption, pack: RulePack) -> Option:
    unit = next(unit for unit in pack.units if unit.id == rule.unit)
    option = _graded(held, unit, pack, rule.grade, Origin.EXEMPT)
    if isinstance(option, Reason):
        raise ValueError("an exemption names a grade that is not on the scale: the rule pack was not checked")
    return option


def _refuse(held: HeldCredential, code: ReasonCode, sentence: str) -> Reason:
    return Reason(held.id, code, sentence)


def written(day: date) -> str:
    """A date for people, such as 3 July 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
