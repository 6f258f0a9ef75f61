"""Saying what was chosen: a reason for each credential, what each group has, what is still to do."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from uuid import UUID

from app.stacking.choosing import Choice, years_before
from app.stacking.evaluation import GroupProgress, Reason, ReasonCode, Requirement
from app.stacking.held import HeldCredential, HeldKind, Origin
from app.stacking.options import Admitted, Block, Option, written
from app.stacking.pack import Counting, Group, Measure, RulePack
from app.stacking.sums import Rule


def explain(admitted: Admitted, choice: Choice, rules: Sequence[Rule], pack: RulePack) -> dict[UUID, Reason]:
    """One reason for each credential that might have counted."""
    return _Explained(admitted, choice, rules, pack).reasons()


class _Explained:
    def __init__(self, admitted: Admitted, choice: Choice, rules: Sequence[Rule], pack: RulePack) -> None:
        self._admitted, self._choice, self._rules, self._pack = admitted, choice, rules, pack
        self._taken = {pick.option.unit.id: pick for pick in choice.picks}
        days = [pick.option.held.awarded_on for pick in choice.picks]
        days += [choice.block.held.awarded_on] if choice.block else []
        self._oldest: date | None = min(days, default=None)
        self._newest: date | None = max(days, default=None)
        self._limits = {limit.id: limit for limit in pack.limits}

    def reasons(self) -> dict[UUID, Reason]:
        found: dict[UUID, Reason] = {}
        for options in self._admitted.options.values():
            for option in options:
                reason = self._of(option)
                if option.held.id not in found or reason.counts:
                    found[option.held.id] = reason
        for block in self._admitted.blocks:
            found[block.held.id] = self._of_block(block)
        return found

    def _of(self, option: Option) -> Reason:
        pick = self._taken.get(option.unit.id)
        if pick is not None and pick.option is option:
            return _counted(option, pick.group)
        held, block = option.held, self._choice.block
        if block is not None and held.id in block.held.parts:
            sentence = f"{held.title} is a part of {block.held.title}, which counts as a whole: no credit counts twice."
            return Reason(held.id, ReasonCode.WITHIN_AWARD, sentence, instead=block.held.id)
        if outside := self._outside(held):
            return outside
        if pick is not None:
            return _duplicate(option, pick.option)
        for one, other in (pair for each in self._pack.barred for pair in (each, each[::-1])):
            if one == option.unit.id and other in self._taken:
                instead = self._taken[other].option.held
                sentence = f"{held.title} and {instead.title} may not both count; the other one is counted."
                return Reason(held.id, ReasonCode.BARRED, sentence, instead=instead.id)
        return self._not_needed(option)

    def _outside(self, held: HeldCredential) -> Reason | None:
        years, oldest, newest = self._pack.recency_years, self._oldest, self._newest
        if years is None or oldest is None or newest is None:
            return None
        if held.awarded_on < years_before(newest, years):
            sentence = (
                f"{held.title} was awarded on {written(held.awarded_on)}, more than {years} years before the newest "
                f"part ({written(newest)})."
            )
            return Reason(held.id, ReasonCode.TOO_OLD, sentence)
        if oldest < years_before(held.awarded_on, years):
            sentence = (
                f"{held.title} was awarded on {written(held.awarded_on)}. The parts must lie within {years} years of "
                "each other; earlier ones add up to more."
            )
            return Reason(held.id, ReasonCode.OUTSIDE_WINDOW, sentence)
        return None

    def _not_needed(self, option: Option) -> Reason:
        held, full = option.held, self._full
        groups = self._pack.groups_of[option.unit.id]
        if any(full[group.id] < group.needed for group in groups):
            for rule in self._rules:
                amount = self._totals[rule.id] + rule.weigh(option)
                limit = self._limits.get(rule.id)
                if limit is not None and amount > limit.amount:
                    sentence = (
                        f"{held.title} would go over what may count as {limit.title}: at most {limit.amount} credits "
                        f"({limit.source})."
                    )
                    return Reason(held.id, ReasonCode.LIMIT_REACHED, sentence)
        named = " and ".join(group.title for group in groups)
        sentence = f"{held.title} is not needed: other units fill {named}."
        return Reason(held.id, ReasonCode.GROUP_FULL, sentence)

    @cached_property
    def _full(self) -> dict[str, int]:
        return {group.id: filled for group, filled in filled_of(self._choice, self._pack)}

    @cached_property
    def _totals(self) -> dict[str, int]:
        return {rule.id: rule.total(self._choice.picks, self._choice.block) for rule in self._rules}

    def _of_block(self, block: Block) -> Reason:
        held, rule = block.held, block.rule
        if block is self._choice.block:
            sentence = f"{held.title} is brought forward as a whole: {rule.credits} credits at level {rule.level}."
            return Reason(held.id, ReasonCode.COUNTED_FORWARD, sentence, rule.credits, rule.groups[0])
        if self._choice.block is not None:
            sentence = f"{held.title} is not needed: {self._choice.block.held.title} is brought forward."
            return Reason(held.id, ReasonCode.DUPLICATE_UNIT, sentence, instead=self._choice.block.held.id)
        sentence = f"{held.title} is not needed as a whole: what it is made of is counted unit by unit."
        return Reason(held.id, ReasonCode.GROUP_FULL, sentence)


def group_progress(choice: Choice, pack: RulePack) -> Iterator[GroupProgress]:
    """Each group in the order of the pack."""
    taken = {pick.option.unit.id for pick in choice.picks}
    by_group = _by_group(choice)
    for group, filled in filled_of(choice, pack, by_group):
        counted = by_group.get(group.id, [])
        brought = choice.block is not None and group.id in choice.block.rule.groups
        yield GroupProgress(
            id=group.id,
            title=group.title,
            kind=group.kind,
            measure=group.measure,
            needed=group.needed,
            filled=filled,
            credits_passed=sum(option.passed for option in counted),
            counted=(choice.block.held.id,) if brought and choice.block else tuple(each.held.id for each in counted),
            open_units=() if brought else tuple(unit for unit in group.units if unit.id not in taken),
        )


def filled_of(
    choice: Choice, pack: RulePack, by_group: Mapping[str, Sequence[Option]] | None = None
) -> Iterator[tuple[Group, int]]:
    """How much of each group is filled, in credits or units as it counts."""
    brought = choice.block.rule.groups if choice.block else ()
    by_group = _by_group(choice) if by_group is None else by_group
    for group in pack.groups:
        options = by_group.get(group.id, [])
        amount = sum(option.unit.credits for option in options) if group.measure is Measure.CREDITS else len(options)
        yield group, group.needed if group.id in brought else amount


def _by_group(choice: Choice) -> dict[str, list[Option]]:
    found: dict[str, list[Option]] = {}
    for pick in choice.picks:
        found.setdefault(pick.group.id, []).append(pick.option)
    return found


def requirements(
    held: Sequence[HeldCredential], admitted: Admitted, choice: Choice, rules: Sequence[Rule], pack: RulePack
) -> Iterator[Requirement]:
    """Each minimum, limit and entry requirement, and where the learner is with it. `held` are those in force."""
    totals = {rule.id: rule.total(choice.picks, choice.block) for rule in rules}
    for minimum in pack.minimums:
        reached = _hours(held, minimum.of) if minimum.measure is Measure.HOURS else totals[minimum.id]
        met = reached >= minimum.amount
        yield Requirement(minimum.id, minimum.title, minimum.measure, reached, minimum.amount, False, met)
    for limit in pack.limits:
        if limit.id in totals:
            reached = totals[limit.id]
            met = reached <= limit.amount
            yield Requirement(limit.id, limit.title, Measure.CREDITS, reached, limit.amount, True, met)
    for entry in pack.entry:
        met = entry.id in admitted.doors
        yield Requirement(entry.id, entry.title, Measure.UNITS, int(met), 1, False, met or not entry.required)


def missing(
    groups: Sequence[GroupProgress], found: Sequence[Requirement], choice: Choice, pack: RulePack
) -> Iterator[str]:
    """What is still to do, in sentences. Whoever reads them is told what comes next, not what they lack."""
    for group in groups:
        short = group.needed - group.filled
        if not short:
            continue
        amounts = [unit.credits if group.measure is Measure.CREDITS else 1 for unit in group.open_units]
        if sum(amounts) == short:
            # Nothing is left to choose: each open unit is needed.
            for unit in group.open_units:
                size = f", {unit.credits} credits" if unit.credits else ""
                yield f"Still to earn: {unit.title}{size} of {group.title}."
        else:
            titles = ", ".join(unit.title for unit in group.open_units)
            word = _counted_in(group.measure, short)
            yield f"Still to earn: {short} {word} of {group.title}, from {titles}."
    still_open = sum(group.needed - group.filled for group in groups if group.measure is Measure.CREDITS)
    unmet = [each for each in found if not each.is_met]
    for requirement in unmet:
        if requirement.measure is Measure.UNITS:
            yield f"Still to show: {requirement.title}."
        elif requirement.measure is Measure.HOURS or requirement.reached + still_open < requirement.needed:
            yield _short_of(requirement, choice, pack)
    if not unmet and all(group.is_full for group in groups):
        yield f"This rule set is for what is completed from {written(pack.effective_from)}; an earlier one applies."


def _short_of(requirement: Requirement, choice: Choice, pack: RulePack) -> str:
    word = _counted_in(requirement.measure, requirement.needed)
    needs_passes = any(rule.id == requirement.id and rule.of.passed_only for rule in pack.minimums)
    titles = ", ".join(pick.option.held.title for pick in choice.picks if not pick.option.passes)
    further = f" A pass is needed in some of: {titles}." if needs_passes and titles else ""
    return f"{requirement.title}: {requirement.reached} of the {requirement.needed} {word} asked for so far.{further}"


def _counted(option: Option, group: Group) -> Reason:
    held, credits = option.held, option.unit.credits
    if option.origin is Origin.EXEMPT:
        sentence = f"{held.title} stands in for {option.unit.title} in {group.title}."
        return Reason(held.id, ReasonCode.COUNTED_EXEMPTION, sentence, credits, group.id)
    size = f"{credits} credits at {held.grade}" if credits else held.grade
    if option.passes:
        by = {
            Origin.TRANSFER: ", awarded by another institution",
            Origin.RECOGNISED: ", recognised as prior learning",
        }.get(option.origin, "")
        return Reason(held.id, ReasonCode.COUNTED, f"{held.title} counts: {size}{by}.", credits, group.id)
    sentence = f"{held.title} counts as attempted: {size}, none of them passed."
    return Reason(held.id, ReasonCode.COUNTED_NOT_PASSED, sentence, credits, group.id)


def _duplicate(option: Option, better: Option) -> Reason:
    held, instead = option.held, better.held
    sentence = (
        f"{held.title} is held more than once and is looked at once: the result used is {instead.grade}, "
        f"awarded on {written(instead.awarded_on)}, not this {held.grade} of {written(held.awarded_on)}."
    )
    return Reason(held.id, ReasonCode.DUPLICATE_UNIT, sentence, instead=instead.id)


def _hours(held: Sequence[HeldCredential], of: Counting) -> int:
    return sum(
        each.hours or 0
        for each in held
        if each.kind is HeldKind.UNIT and of.covers(each.unit_id, each.level, each.origin, each.passed)
    )


def _counted_in(measure: Measure, amount: int) -> str:
    return measure.value if amount != 1 else measure.value.removesuffix("s")


def newest_day(choice: Choice) -> date | None:
    days = [pick.option.held.awarded_on for pick in choice.picks]
    days += [choice.block.held.awarded_on] if choice.block else []
    return max(days, default=None)
