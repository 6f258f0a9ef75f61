"""The rules of a pack that are sums over what counts: minimums, limits in force on a day, and that the newest part is
not from before the rule set applies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from app.stacking.options import Block, Option
from app.stacking.pack import Counting, Measure, RulePack


class Picked(Protocol):
    """A credential that counts."""

    @property
    def option(self) -> Option: ...


@dataclass(frozen=True, slots=True)
class Rule:
    """A minimum (`least`) or a limit (`most`) as a sum over what counts. `weigh` is what one option adds to it, `block`
    what an award brought forward does."""

    id: str
    least: int | None
    most: int | None
    weigh: Callable[[Option], int]
    block: Callable[[Block], int]

    def total(self, picks: Sequence[Picked], block: Block | None) -> int:
        return sum([self.weigh(pick.option) for pick in picks]) + (self.block(block) if block else 0)

    def is_kept(self, amount: int) -> bool:
        return (self.least is None or amount >= self.least) and (self.most is None or amount <= self.most)


def rules_of(pack: RulePack, as_of: date) -> tuple[Rule, ...]:
    """The sums that a choice must keep to: the pack's minimums, the limits in force on the day, and that the newest
    part is not from before the rule set applies."""
    found = [_rule(rule.id, rule.of, rule.amount, None) for rule in pack.minimums if rule.measure is Measure.CREDITS]
    found += [_rule(rule.id, rule.of, None, rule.amount) for rule in pack.limits if rule.is_in_force_on(as_of)]
    since = pack.effective_from
    found.append(
        Rule(
            "effective",
            1,
            None,
            lambda option: int(option.held.awarded_on >= since),
            lambda block: int(block.held.awarded_on >= since),
        )
    )
    return tuple(found)


def _rule(name: str, of: Counting, least: int | None, most: int | None) -> Rule:
    def weigh(option: Option) -> int:
        covered = of.covers(option.unit.id, option.unit.level, option.origin, option.passes)
        return option.unit.credits if covered else 0

    def weigh_block(block: Block) -> int:
        rule, held = block.rule, block.held
        if not of.covers(None, rule.level, held.origin, True):
            return 0
        # An award may rest on less than all of its credits passed; what its rules ask for is certain.
        return rule.passed if of.passed_only else rule.credits

    return Rule(name, least, most, weigh, weigh_block)
