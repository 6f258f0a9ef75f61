"""Which credentials count where, when there are several ways: an exact search with a fixed order of preference.

The order: a complete award, its best grade, the fewest credits used, then most points, then the latest parts under a
currency rule, then the smallest identifiers. While nothing is complete: most credits, most units, most credits passed,
most points, then the same.

The method is dynamic programming over the units of the pack. A state is what the units looked at so far amount to in
everything a rule can ask about later: how full each group is, which barred units were taken, how much of each limit
and minimum is used; of two ways to the same state only the better one can be part of the best whole, because what is
still to come adds the same to both. So the outcome is that of looking at every combination, which a test does on small
packs. Limits and minimums enter the state only once the best choice without them breaks one: a choice that is best
among more and keeps the rules is best among those that keep them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from app.errors import Refused
from app.stacking.options import Admitted, Block, Option
from app.stacking.pack import Group, Measure, PackUnit, RulePack
from app.stacking.sums import Rule, rules_of

MOST_STEPS: Final = 400_000
"""Steps of one evaluation before it is given up: about half a second. The packs shipped need some hundreds."""


@dataclass(frozen=True, slots=True)
class Pick:
    option: Option
    group: Group


@dataclass(frozen=True, slots=True)
class Choice:
    """What counts where. `complete`: every group is full and every minimum reached."""

    picks: tuple[Pick, ...]
    block: Block | None
    complete: bool


# What a way to a state is worth, smallest best, with the identifiers as one number behind the sums; and the way itself,
# as a chain of (before, option, group).
_Way = tuple[Any, Option, Group] | None
_Value = tuple[tuple[int, ...], int, _Way]
_States = dict[tuple[int, ...], _Value]
# (how many ways there are to take a unit or not, the one that is taken as in `_options`).
_Forced = tuple[int, tuple[int, Option, tuple[int, ...]] | None]


def choose(admitted: Admitted, pack: RulePack, as_of: date) -> Choice:
    """The best choice there is. Raises `Refused("pack_too_wide")` where it cannot be found in bounded time."""
    rules, budget = rules_of(pack, as_of), _Budget(pack)
    for complete in (True, False):
        found: list[tuple[tuple[Any, ...], Choice]] = []
        for block in (None, *admitted.blocks):
            for newest, window in _windows(admitted.options, pack, block):
                best = _Search(pack, admitted.options, window, rules, block, complete, budget).best()
                if best is not None:
                    (*sums, names), choice = best
                    found.append(((sums, -newest.toordinal(), names), choice))
        if found:
            return min(found, key=lambda each: each[0])[1]
    return Choice((), None, False)


class _Budget:
    """Counts the steps of one evaluation."""

    def __init__(self, pack: RulePack) -> None:
        self._left, self._pack = MOST_STEPS, pack

    def spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise Refused(
                "pack_too_wide",
                f"The rule set {self._pack.title} leaves too many ways to combine what is held; it cannot be worked "
                "out in good time. Its owner can split it into smaller groups.",
                {"pack": self._pack.id},
            )


class _Search:
    """The best choice among `window`, with `block` in place or none: a complete one, or the one nearest to it."""

    def __init__(
        self,
        pack: RulePack,
        every: Mapping[str, Sequence[Option]],
        window: Mapping[str, Sequence[Option]],
        rules: Sequence[Rule],
        block: Block | None,
        complete: bool,
        budget: _Budget,
    ) -> None:
        filled = frozenset(block.rule.groups) if block else frozenset()
        self._clusters = [[group for group in cluster if group.id not in filled] for cluster in pack.clusters]
        self._pack, self._every, self._window, self._block = pack, every, window, block
        self._rules = [rule for rule in rules if complete or rule.most is not None]
        self._complete, self._budget = complete, budget
        self._inside = block.held.parts if block else frozenset()

    def best(self) -> tuple[tuple[int, ...], Choice] | None:
        """The choice and its place in the order of preference, smallest first; None where there is none."""
        if self._complete and not self._may_fill():
            return None
        active: list[Rule] = []
        while True:
            found = self._run(active)
            if found is None:
                return None
            order, way = found
            picks = tuple(_unwound(way))
            broken = [rule for rule in self._rules if not rule.is_kept(rule.total(picks, self._block))]
            if not broken:
                return order, Choice(picks, self._block, self._complete)
            active += broken

    def _may_fill(self) -> bool:
        """Whether each group has enough to choose from, seen for itself."""
        return all(
            sum(_amount(unit, group) for unit in group.units if self._window.get(unit.id)) >= group.needed
            for cluster in self._clusters
            for group in cluster
        )

    def _run(self, active: Sequence[Rule]) -> tuple[tuple[int, ...], _Way] | None:
        begun = [rule.block(self._block) if self._block else 0 for rule in active]
        if any(rule.most is not None and amount > rule.most for rule, amount in zip(active, begun, strict=True)):
            return None
        brought, passed = (self._block.rule.credits, self._block.rule.passed) if self._block else (0, 0)
        sums = (0,) if self._complete else (-brought, 0, -passed, 0)
        counted = (_capped(rule, amount) for rule, amount in zip(active, begun, strict=True))
        start = (brought if self._complete else 0, *counted)
        states: _States = {start: (sums, 0, None)}
        for cluster in self._clusters:
            states = self._fill(cluster, states, active)
        ends = []
        for (size, *used), (worth, names, way) in states.items():
            if self._complete:
                if all(rule.is_kept(amount) for rule, amount in zip(active, used, strict=True)):
                    ends.append(((-band(self._pack, -worth[0]), size, *worth, names), way))
            else:
                ends.append(((*worth, names), way))
        return min(ends, key=lambda end: end[0]) if ends else None

    def _fill(self, cluster: Sequence[Group], states: _States, active: Sequence[Rule]) -> _States:
        """Every way to fill the groups of one cluster after what was chosen before."""
        units = sorted({unit.id: unit for group in cluster for unit in group.units}.items())
        units = [(name, unit) for name, unit in units if name in self._every]
        at = 1 + len(active)
        if len(cluster) == 1 and (not active or self._complete):
            forced = self._forced(cluster[0], units, active)
            if forced is not None:
                return self._take(cluster[0], forced, states, active)
        places = [
            [
                (place, _amount(unit, group))
                for place, group in enumerate(cluster)
                if group in self._pack.groups_of[name]
            ]
            for name, unit in units
        ]
        left = _left(places, [bool(self._window.get(name)) for name, _ in units], len(cluster))
        states = {(*key, *(0 for _ in cluster), 0): value for key, value in states.items()}
        for number, (name, unit) in enumerate(units):
            options = self._options(name, active)
            barred, own = _barred(self._pack, units, name)
            after, where = left[number + 1], places[number]
            base = len(self._every[name]) * len(where) + 1
            grown: _States = {}
            self._budget.spend(len(states) * (1 + len(options) * len(where)))
            for key, (worth, names, way) in states.items():
                short = [place for place, _ in where if key[at + place] + after[place] < cluster[place].needed]
                if not (self._complete and short):
                    _offer(grown, key, (worth, names * base + base - 1, way))
                if key[-1] & barred:
                    continue
                for code, option, weights in options:
                    used = _added(key[1:at], weights, active)
                    if used is None:
                        continue
                    for nth, (place, amount) in enumerate(where):
                        filled = key[at + place] + amount
                        if filled > cluster[place].needed or (self._complete and any(one != place for one in short)):
                            continue
                        if self._complete and filled + after[place] < cluster[place].needed:
                            continue
                        size = key[0] + unit.credits if self._complete else 0
                        fills = (*key[at : at + place], filled, *key[at + place + 1 : -1])
                        after_this = (size, *used, *fills, key[-1] | own)
                        value: _Value = (
                            self._worth(worth, option, cluster[place]),
                            names * base + code * len(where) + nth,
                            (way, option, cluster[place]),
                        )
                        _offer(grown, after_this, value)
            states = grown
        ended: _States = {}
        needs = tuple(group.needed for group in cluster)
        for key, value in states.items():
            if not self._complete or key[at:-1] == needs:
                _offer(ended, key[:at], value)
        return ended

    def _forced(
        self, group: Group, units: Sequence[tuple[str, PackUnit]], active: Sequence[Rule]
    ) -> list[_Forced] | None:
        """The one way to fill a group from `units` that is best whatever else is chosen: everything, where nothing is
        too much and no unit leaves a choice. None where there is more to decide."""
        found: list[_Forced] = []
        amount = 0
        for name, unit in units:
            options = self._options(name, active)
            if len(options) > 1 or _barred(self._pack, units, name)[1]:
                return None
            base = len(self._every[name]) + 1
            found.append((base, options[0] if options else None))
            amount += _amount(unit, group) if options else 0
        if amount > group.needed or (self._complete and amount < group.needed):
            return None
        return found

    def _take(self, group: Group, forced: Sequence[_Forced], states: _States, active: Sequence[Rule]) -> _States:
        """The states after a group of which everything is taken. Numbers the way as `_fill` does."""
        self._budget.spend(len(states) * len(forced))
        taken: _States = {}
        for (size, *sums), (worth, names, way) in states.items():
            used: tuple[int, ...] | None = tuple(sums)
            for base, choice in forced:
                if choice is None or used is None:
                    names = names * base + base - 1
                    continue
                code, option, weights = choice
                used = _added(used, weights, active)
                size += option.unit.credits if self._complete else 0
                worth, names, way = self._worth(worth, option, group), names * base + code, (way, option, group)
            if used is not None:
                _offer(taken, (size, *used), (worth, names, way))
        return taken

    def _options(self, name: str, active: Sequence[Rule]) -> list[tuple[int, Option, tuple[int, ...]]]:
        """(place among all of the unit, option, what it adds to each rule), without those that another one beats."""
        within = self._window.get(name, ())
        among = {id(option): code for code, option in enumerate(self._every[name])} if within else {}
        kept: list[tuple[int, Option, tuple[int, ...]]] = []
        for option in within:
            if option.held.id in self._inside:
                continue
            if not active and kept and kept[0][1].points >= option.points:
                # The first by rank passes if any does.
                continue
            weights = tuple(rule.weigh(option) for rule in active)
            if not any(_beats(one, other, option, weights, active) for _, one, other in kept):
                kept.append((among[id(option)], option, weights))
        return kept

    def _worth(self, worth: tuple[int, ...], option: Option, group: Group) -> tuple[int, ...]:
        if self._complete:
            return (worth[0] - option.points,)
        credits, units, passed, points = worth
        return credits - option.unit.credits, units - 1, passed - option.passed, points - option.points


def band(pack: RulePack, points: int) -> int:
    """How many of the grades of the whole the points reach."""
    return sum(each.from_points <= points for each in pack.bands)


def _amount(unit: PackUnit, group: Group) -> int:
    return unit.credits if group.measure is Measure.CREDITS else 1


def _left(places: list[list[tuple[int, int]]], offered: list[bool], groups: int) -> list[list[int]]:
    """For each unit onwards: what could still come to each group."""
    left = [[0] * groups]
    for where, is_offered in zip(reversed(places), reversed(offered), strict=True):
        sums = list(left[-1])
        for place, amount in where if is_offered else ():
            sums[place] += amount
        left.append(sums)
    return left[::-1]


def _barred(pack: RulePack, units: Sequence[tuple[str, PackUnit]], name: str) -> tuple[int, int]:
    """(the units that may not stand beside this one, this one where it may not stand beside some) as bits."""
    if not pack.barred:
        return 0, 0
    bits = {each: 1 << number for number, (each, _) in enumerate(units)}
    others = [other for pair in pack.barred for one, other in (pair, pair[::-1]) if one == name]
    return sum(bits.get(other, 0) for other in set(others)), bits[name] if others else 0


def _added(used: tuple[int, ...], weights: tuple[int, ...], active: Sequence[Rule]) -> tuple[int, ...] | None:
    """The sums with one option more; None where it breaks a limit."""
    sums = []
    for amount, weight, rule in zip(used, weights, active, strict=True):
        if rule.most is not None and amount + weight > rule.most:
            return None
        sums.append(_capped(rule, amount + weight))
    return tuple(sums)


def _capped(rule: Rule, amount: int) -> int:
    """Beyond a minimum more makes no difference."""
    return amount if rule.least is None else min(amount, rule.least)


def _beats(
    one: Option, weighed: tuple[int, ...], other: Option, weights: tuple[int, ...], active: Sequence[Rule]
) -> bool:
    """Whether `one`, which comes first by rank, is at least as good as `other` for every rule."""
    return (
        one.points >= other.points
        and one.passed >= other.passed
        and all(
            mine <= theirs if rule.most is not None else mine >= theirs
            for mine, theirs, rule in zip(weighed, weights, active, strict=True)
        )
    )


def _offer(states: _States, key: tuple[int, ...], value: _Value) -> None:
    known = states.get(key)
    if known is None or value[:2] < known[:2]:
        states[key] = value


def _unwound(way: _Way) -> Iterator[Pick]:
    found = []
    while way is not None:
        way, option, group = way
        found.append(Pick(option, group))
    return reversed(found)


def _windows(
    options: Mapping[str, Sequence[Option]], pack: RulePack, block: Block | None
) -> Iterator[tuple[date, Mapping[str, Sequence[Option]]]]:
    """The options that can lie together under the currency rule, each set as large as can be, with its last day."""
    if pack.recency_years is None:
        yield date.max, options
        return
    days = {option.held.awarded_on for each in options.values() for option in each}
    days |= {block.held.awarded_on} if block else set()
    ordered = sorted(days)
    for place, newest in enumerate(ordered):
        oldest = years_before(newest, pack.recency_years)
        first = next(day for day in ordered if day >= oldest)
        if place + 1 < len(ordered) and years_before(ordered[place + 1], pack.recency_years) <= first:
            continue
        if block is None or oldest <= block.held.awarded_on <= newest:
            inside = {
                name: [option for option in each if oldest <= option.held.awarded_on <= newest]
                for name, each in options.items()
            }
            yield newest, inside


def years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=max(day.year - years, 1))
    except ValueError:  # 29 February
        return day.replace(year=max(day.year - years, 1), day=28)
