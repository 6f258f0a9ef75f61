"""The choice is the best there is: against every combination, on small packs of every shape."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refused
from app.stacking.choosing import Choice, Pick, band, choose, years_before
from app.stacking.held import HeldCredential, HeldKind, Origin
from app.stacking.options import Admitted, Block, Option, admit
from app.stacking.pack import BroughtForward, Counting, Group, GroupKind, Limit, Measure, Minimum, PackUnit, RulePack
from app.stacking.rules import evaluate
from app.stacking.sums import rules_of
from tests.unit.stacking.making import credential, group, pack, unit

LATE = date(2030, 1, 1)
SMALL, LARGE, HIGH = unit("a"), unit("c", 30), unit("h", level=5)
UNITS = (SMALL, unit("b"), LARGE, unit("d", 20), HIGH, unit("i", level=5))


@st.composite
def packs(draw: Any) -> RulePack:
    """Two or three groups over six units, shared or not, with rules across them."""
    groups: list[Group] = []
    for name in ("one", "two", "three")[: draw(st.integers(2, 3))]:
        chosen = draw(st.lists(st.sampled_from(UNITS), min_size=1, max_size=4, unique=True))
        if draw(st.integers(0, 4)):
            needed = draw(st.sampled_from([15, 20, 30, 35, 45]))
            groups.append(group(name, needed, *chosen))
        else:
            count = draw(st.integers(1, 2))
            groups.append(Group(name, name, GroupKind.OPTIONAL, Measure.UNITS, count, tuple(chosen)))
    countings = st.builds(
        Counting,
        st.sampled_from([frozenset(), frozenset({4}), frozenset({5})]),
        st.sampled_from([frozenset(), frozenset({Origin.HOME}), frozenset({Origin.TRANSFER, Origin.RECOGNISED})]),
        st.sampled_from([frozenset(), frozenset({"a", "c"})]),
        st.booleans(),
    )
    minimums = draw(st.lists(st.tuples(countings, st.integers(10, 50)), max_size=2))
    limits = draw(st.lists(st.tuples(countings, st.integers(0, 40)), max_size=2))
    brought = draw(st.booleans())
    return pack(
        *groups,
        minimums=tuple(
            Minimum(f"m{number}", "m", of, Measure.CREDITS, amount) for number, (of, amount) in enumerate(minimums)
        ),
        limits=tuple(
            Limit(f"l{number}", "l", of, amount, date(2000, 1, 1), None, "S")
            for number, (of, amount) in enumerate(limits)
        ),
        barred=draw(st.sampled_from([(), (("a", "b"),), (("a", "h"), ("c", "d"))])),
        recency_years=draw(st.sampled_from([None, 2, 7])),
        effective_from=draw(st.sampled_from([date(2010, 1, 1), date(2024, 1, 1)])),
        graded_levels=draw(st.sampled_from([frozenset(), frozenset({4})])),
        brings_forward=(BroughtForward("whole", "The whole", ("one",), 30, 15, 4),) if brought else (),
    )


def holdings(most: int = 5) -> st.SearchStrategy[list[HeldCredential]]:
    def build(of: PackUnit | None, grade: str, day: int, origin: Origin) -> HeldCredential:
        awarded = date.fromordinal(day)
        if of is None:
            whole = credential(0, SMALL, "Pass", awarded_on=awarded, origin=origin)
            return replace(whole, kind=HeldKind.AWARD, unit_id=None, qualification_id="whole")
        return credential(0, of, grade, awarded_on=awarded, origin=origin)

    one = st.builds(
        build,
        st.sampled_from([*UNITS, *UNITS, None]),
        st.sampled_from(["Unclassified", "Pass", "Merit", "Distinction"]),
        st.integers(date(2018, 1, 1).toordinal(), date(2027, 1, 1).toordinal()),
        st.sampled_from([Origin.HOME, Origin.HOME, Origin.TRANSFER, Origin.RECOGNISED]),
    )
    return st.lists(one, max_size=most).map(
        lambda made: [replace(entry, id=UUID(int=number)) for number, entry in enumerate(made, 1)]
    )


Combination = tuple[tuple[tuple[Option, Group], ...], Block | None]


def every_combination(admitted: Admitted, rules: RulePack) -> Iterator[Combination]:
    """Every way to put options into groups, kept to: one of each unit, groups not overfull, barred pairs, the window."""
    slots: list[list[tuple[Option, Group] | None]] = [
        [None, *((option, one) for option in options for one in rules.groups if option.unit in one.units)]
        for options in admitted.options.values()
    ]
    for block in (None, *admitted.blocks):
        for combination in product(*slots):
            picks = tuple(each for each in combination if each is not None)
            if is_allowed(picks, block, rules):
                yield picks, block


def is_allowed(picks: tuple[tuple[Option, Group], ...], block: Block | None, rules: RulePack) -> bool:
    for one in rules.groups:
        if filled(picks, one) > one.needed or (block and one.id in block.rule.groups and filled(picks, one)):
            return False
    taken = {option.unit.id for option, _ in picks}
    if any(set(pair) <= taken for pair in rules.barred):
        return False
    days = [option.held.awarded_on for option, _ in picks] + ([block.held.awarded_on] if block else [])
    if rules.recency_years is None or not days:
        return True
    return min(days) >= years_before(max(days), rules.recency_years)


def filled(picks: tuple[tuple[Option, Group], ...], one: Group) -> int:
    options = [option for option, where in picks if where is one]
    return sum(option.unit.credits for option in options) if one.measure is Measure.CREDITS else len(options)


def best_by_looking_at_all(admitted: Admitted, rules: RulePack) -> tuple[bool, tuple[int, ...]]:
    """(complete, what the best combination is worth, smallest best), by the order of preference as it is published."""
    complete, open_ones = [], []
    sums = rules_of(rules, LATE)
    for picks, block in every_combination(admitted, rules):
        choice = Choice(tuple(Pick(*each) for each in picks), block, False)
        amounts = [(rule, rule.total(choice.picks, block)) for rule in sums]
        if any(rule.most is not None and amount > rule.most for rule, amount in amounts):
            continue
        credits = sum(option.unit.credits for option, _ in picks) + (block.rule.credits if block else 0)
        points = sum(option.points for option, _ in picks)
        full = all((block and one.id in block.rule.groups) or filled(picks, one) == one.needed for one in rules.groups)
        if full and all(rule.least is None or amount >= rule.least for rule, amount in amounts):
            complete.append((-band(rules, points), credits, -points))
        passed = sum(option.passed for option, _ in picks) + (block.rule.passed if block else 0)
        open_ones.append((-credits, -len(picks), -passed, -points))
    return (True, min(complete)) if complete else (False, min(open_ones))


def worth(choice: Choice, rules: RulePack) -> tuple[int, ...]:
    options = [pick.option for pick in choice.picks]
    brought, passed = (choice.block.rule.credits, choice.block.rule.passed) if choice.block else (0, 0)
    credits, points = brought + sum(one.unit.credits for one in options), sum(one.points for one in options)
    if choice.complete:
        return -band(rules, points), credits, -points
    return -credits, -len(options), -passed - sum(one.passed for one in options), -points


@given(packs(), holdings())
def test_no_combination_is_better(rules: RulePack, held: list[HeldCredential]) -> None:
    ordered = sorted(held, key=lambda one: (one.awarded_on, one.id))
    admitted = admit(ordered, rules, LATE)
    choice = choose(admitted, rules, LATE)
    picks = tuple((pick.option, pick.group) for pick in choice.picks)
    assert is_allowed(picks, choice.block, rules)
    assert len({id(option.unit) for option, _ in picks}) == len(picks)
    assert (choice.complete, worth(choice, rules)) == best_by_looking_at_all(admitted, rules)


@given(packs(), holdings(10), st.randoms(use_true_random=False))
def test_the_order_of_arrival_is_of_no_account(rules: RulePack, held: list[HeldCredential], random: Any) -> None:
    shuffled = list(held)
    random.shuffle(shuffled)
    assert evaluate(rules, shuffled, LATE) == evaluate(rules, held, LATE)


@given(packs(), holdings(10))
def test_one_more_credential_never_lowers_what_there_is(rules: RulePack, held: list[HeldCredential]) -> None:
    before, after = evaluate(rules, held[:-1], LATE), evaluate(rules, held, LATE)
    grades = {grade: place for place, grade in enumerate(rules.award_grades)}
    if before.complete:
        assert after.complete
        assert grades[after.grade or ""] >= grades[before.grade or ""]
    elif not after.complete:
        assert after.credits_counted >= before.credits_counted


@given(packs(), holdings(10))
def test_no_credit_counts_twice(rules: RulePack, held: list[HeldCredential]) -> None:
    outcome = evaluate(rules, held, LATE)
    counted = [number for each in outcome.groups for number in each.counted]
    brought = [one.id for one in held if one.kind is HeldKind.AWARD]
    assert len([number for number in counted if number not in brought]) == len(set(counted) - set(brought))
    assert set(counted) == set(outcome.counted)


@given(packs(), holdings(10))
def test_every_credential_has_one_reason(rules: RulePack, held: list[HeldCredential]) -> None:
    outcome = evaluate(rules, held, LATE)
    assert sorted(reason.credential_id for reason in outcome.reasons) == sorted(one.id for one in held)
    assert all(reason.sentence.endswith((".", ").")) for reason in outcome.reasons)
    assert (outcome.grade is not None) is outcome.complete is not bool(outcome.missing)


def test_a_pack_that_leaves_a_million_ways_is_worked_out_or_refused() -> None:
    """Forty units of which twenty count: 10^11 combinations, some hundreds of states."""
    units = [unit(f"u{number:02}") for number in range(40)]
    wide = pack(group("bank", 300, *units))
    held = [credential(number, each, "Merit") for number, each in enumerate(units, 1)]
    outcome = evaluate(wide, held, LATE)
    assert (outcome.complete, outcome.credits_counted, outcome.grade) == (True, 300, "Merit")
    assert outcome.counted == tuple(UUID(int=number) for number in range(1, 21))


def test_a_pack_too_wide_for_bounded_time_is_refused() -> None:
    """Every unit may stand in each of eight groups, and each has a size of its own."""
    units = [unit(f"u{number:02}", 10 + number) for number in range(40)]
    groups = [group(f"g{number}", 100 + number, *units) for number in range(8)]
    held = [credential(number, each) for number, each in enumerate(units, 1)]
    with pytest.raises(Refused) as refused:
        evaluate(pack(*groups), held, LATE)
    assert refused.value.code == "pack_too_wide"


def test_ten_thousand_credentials_are_worked_out() -> None:
    rules = pack(group("one", 45, SMALL, UNITS[1], LARGE))
    held = [credential(number, UNITS[number % 6], "Pass") for number in range(1, 10_001)]
    outcome = evaluate(rules, held, LATE)
    assert (outcome.complete, len(outcome.reasons), outcome.counted) == (
        True,
        10_000,
        tuple(sorted(outcome.counted)),
    )


def test_of_equals_the_smaller_identifiers_count() -> None:
    rules = pack(group("one", 15, *UNITS[:2]))
    held = [credential(1, UNITS[1]), credential(2, SMALL), credential(3, SMALL)]
    assert evaluate(rules, held, LATE).counted == (UUID(int=2),)


def test_of_equal_grades_fewest_credits_are_used() -> None:
    one = Group("one", "One", GroupKind.OPTIONAL, Measure.UNITS, 1, (LARGE, SMALL))
    rules = pack(one, bands=(), grades=())
    held = [credential(1, LARGE), credential(2, SMALL)]
    assert evaluate(rules, held, LATE).counted == (UUID(int=2),)
