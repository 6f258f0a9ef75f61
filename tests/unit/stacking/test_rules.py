"""The worked examples, and every reason for which a credential counts or does not."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.stacking.evaluation import Evaluation, Reason, ReasonCode
from app.stacking.held import HeldCredential, HeldKind, Origin, Standing
from app.stacking.pack import BroughtForward, Counting, Entry, Exemption, Group, GroupKind, Limit, Measure, Minimum
from app.stacking.rules import evaluate
from tests.unit.stacking.making import DAY, HNC, credential, group, pack, unit

UNITS = HNC.units
GRADES = {"P": "Pass", "M": "Merit", "D": "Distinction", "U": "Unclassified"}
LATER = date(2026, 11, 25)
A, B, C, D = unit("a"), unit("b"), unit("c", 30), unit("d", 20)
CHOICE = pack(group("optional", 30, A, B, C, D), passed=15)


def results(letters: str) -> list[HeldCredential]:
    pairs = zip(letters, UNITS, strict=False)
    return [credential(number, unit, GRADES[letter]) for number, (letter, unit) in enumerate(pairs, 1)]


def reason_of(outcome: Evaluation, number: int) -> Reason:
    return next(reason for reason in outcome.reasons if reason.credential_id == UUID(int=number))


# Letters in the order of the units; expected: complete, grade, counted, passed, points.
WORKED = [
    ("six passes and two merits", "PPPPPPMM", True, "Pass", 120, 120, 540),
    ("four merits and four distinctions", "MMMMDDDD", True, "Distinction", 120, 120, 840),
    ("seven passes and one unclassified", "PPPPPPPU", True, "Pass", 120, 105, 420),
    ("unclassified in a core unit", "UPPPPPPP", True, "Pass", 120, 105, 420),
    ("six passes and two unclassified", "PPPPPPUU", False, None, 120, 90, 360),
    ("seven units, all passed", "PPPPPPP", False, None, 105, 105, 420),
    ("seven distinctions", "DDDDDDD", False, None, 105, 105, 840),
    ("five passes and three merits", "PPPPPMMM", True, "Pass", 120, 120, 570),
    ("four passes and four merits", "PPPPMMMM", True, "Merit", 120, 120, 600),
    ("one short of a distinction", "MMMMMDDD", True, "Merit", 120, 120, 810),
    ("all distinctions", "DDDDDDDD", True, "Distinction", 120, 120, 960),
    ("seven distinctions and one unclassified", "DDDDDDDU", True, "Distinction", 120, 105, 840),
    ("nothing", "", False, None, 0, 0, 0),
]


@pytest.mark.parametrize(
    ("letters", "complete", "grade", "counted", "passed", "points"),
    [case[1:] for case in WORKED],
    ids=[case[0] for case in WORKED],
)
def test_worked_examples(
    letters: str, complete: bool, grade: str | None, counted: int, passed: int, points: int
) -> None:
    outcome = evaluate(HNC, results(letters), LATER)
    assert (outcome.complete, outcome.grade) == (complete, grade)
    assert (outcome.credits_counted, outcome.credits_passed, outcome.points) == (counted, passed, points)
    assert (outcome.credits_needed, outcome.credits_passed_needed) == (120, 105)
    assert (outcome.pack_id, outcome.pack_version) == ("hnc-computing-2022", 1)
    assert bool(outcome.missing) is not complete


def test_an_unclassified_unit_is_attempted_not_passed() -> None:
    reason = reason_of(evaluate(HNC, results("PPPPPPPU"), LATER), 8)
    assert (reason.code, reason.counts, reason.credits) == (ReasonCode.COUNTED_NOT_PASSED, True, 15)
    assert reason.sentence == (
        "Website Design & Development counts as attempted: 15 credits at Unclassified, none of them passed."
    )


def test_what_is_missing_is_said() -> None:
    assert evaluate(HNC, results("PPPPPP"), LATER).missing == (
        "Still to earn: Software Development Lifecycles, 15 credits of Specialist units.",
        "Still to earn: Website Design & Development, 15 credits of Optional units.",
    )
    assert evaluate(HNC, results("PPUUPPPP"), LATER).missing == (
        "Credits passed: 90 of the 105 credits asked for so far. A pass is needed in some of: "
        "Professional Practice, Database Design & Development.",
    )
    assert evaluate(CHOICE, [credential(1, A)], LATER).missing == (
        "Still to earn: 15 credits of Optional units, from Unit B, Unit C, Unit D.",
    )


def test_groups_show_what_is_open() -> None:
    core, specialist, optional = evaluate(HNC, results("PPPPPU"), LATER).groups
    assert (core.filled, core.credits_passed, core.is_full, core.open_units) == (90, 75, True, ())
    assert core.counted == tuple(UUID(int=number) for number in range(1, 7))
    assert (specialist.is_full, specialist.open_units) == (False, (UNITS[6],))
    assert (optional.filled, optional.needed) == (0, 15)


SOUND = credential(1, A, "Merit")
# What is wrong with it -> the reason, and what the sentence names.
REFUSED = [
    (ReasonCode.NOT_YET, {"awarded_on": date(2026, 11, 26)}, "26 November 2026"),
    (ReasonCode.REVOKED, {"standing": Standing.REVOKED}, "withdrawn"),
    (ReasonCode.SUSPENDED, {"standing": Standing.SUSPENDED}, "looked into"),
    (ReasonCode.SUPERSEDED, {"standing": Standing.SUPERSEDED}, "corrected"),
    (ReasonCode.NO_CREDIT, {"qualification_kind": "T Level", "level": 3, "credits": None}, "opens the door to the HNC"),
    (ReasonCode.NO_CREDIT, {"credits": None}, "carries no credit"),
    (ReasonCode.OTHER_QUALIFICATION, {"unit_id": "elsewhere"}, "not among the units"),
    (ReasonCode.OTHER_QUALIFICATION, {"kind": HeldKind.AWARD, "unit_id": None}, "whole award"),
    (ReasonCode.OTHER_FRAMEWORK, {"framework": "QCF"}, "QCF"),
    (ReasonCode.WRONG_LEVEL, {"level": 5}, "level 5"),
    (ReasonCode.CREDITS_DIFFER, {"credits": 20}, "20 credits"),
    (ReasonCode.GRADE_UNKNOWN, {"grade": "pass"}, "not on the scale"),
    (ReasonCode.GRADE_UNKNOWN, {"grade": "\uff30ass"}, "not on the scale"),
    (ReasonCode.GRADE_UNKNOWN, {"grade": "Pass "}, "not on the scale"),
    (ReasonCode.UNIT_NOT_LIVE, {"awarded_on": date(2019, 12, 31)}, "31 December 2019"),
    (ReasonCode.UNIT_NOT_LIVE, {"awarded_on": date(2026, 10, 2)}, "30 September 2026"),
]
DATED = pack(
    group("one", 15, unit("a", live_from=date(2020, 1, 1))),
    effective_until=date(2026, 9, 30),
)


@pytest.mark.parametrize(("code", "fault", "says"), REFUSED, ids=[f"{code}-{says}" for code, _, says in REFUSED])
def test_each_refusal(code: ReasonCode, fault: dict[str, Any], says: str) -> None:
    outcome = evaluate(DATED, [replace(SOUND, **fault)], LATER)
    [reason] = outcome.reasons
    assert (reason.code, reason.counts, reason.credits) == (code, False, 0)
    assert code.startswith("refused_")
    assert says in reason.sentence
    assert (outcome.complete, outcome.credits_counted, outcome.points, outcome.counted) == (False, 0, 0, ())


def test_what_is_sound_counts_beside_all_that_is_refused() -> None:
    held = [replace(SOUND, **{**fault, "id": UUID(int=number)}) for number, (_, fault, _) in enumerate(REFUSED, 2)]
    outcome = evaluate(DATED, [SOUND, *held], LATER)
    assert (outcome.complete, outcome.counted, outcome.grade) == (True, (SOUND.id,), "Merit")


def test_as_of_a_past_day_gives_what_was_true_then() -> None:
    withdrawn = replace(SOUND, standing=Standing.REVOKED, ended_on=date(2026, 8, 1))
    first = pack(group("one", 15, A))
    told = [
        (day, evaluate(first, [withdrawn], day)) for day in (date(2026, 7, 2), DAY, date(2026, 7, 31), date(2026, 8, 1))
    ]
    assert [outcome.complete for _, outcome in told] == [False, True, True, False]
    assert [reason_of(outcome, 1).code for _, outcome in told] == [
        ReasonCode.NOT_YET,
        ReasonCode.COUNTED,
        ReasonCode.COUNTED,
        ReasonCode.REVOKED,
    ]
    assert [outcome.as_of for _, outcome in told] == [day for day, _ in told]


def test_the_best_of_two_results_counts_once() -> None:
    held = [
        credential(1, UNITS[0], "Unclassified", awarded_on=date(2025, 12, 12)),
        credential(2, UNITS[0], "Merit", awarded_on=date(2026, 5, 15)),
        credential(3, UNITS[0], "Merit", awarded_on=date(2026, 7, 3)),
    ]
    outcome = evaluate(HNC, held, LATER)
    assert (outcome.credits_counted, outcome.points) == (15, 90)
    assert reason_of(outcome, 2).code is ReasonCode.COUNTED
    for number in (1, 3):
        reason = reason_of(outcome, number)
        assert (reason.code, reason.instead) == (ReasonCode.DUPLICATE_UNIT, UUID(int=2))
    assert reason_of(outcome, 1).sentence == (
        "Programming is held more than once and is looked at once: the result used is Merit, awarded on "
        "15 May 2026, not this Unclassified of 12 December 2025."
    )


def test_the_same_credential_twice_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="once"):
        evaluate(HNC, [credential(1, UNITS[0]), credential(1, UNITS[1])], LATER)


# Held (unit, grade) pairs -> indexes that count.
CHOICES: list[tuple[str, list[tuple[Any, str]], set[int]]] = [
    ("most credits", [(D, "Distinction"), (A, "Pass"), (B, "Pass")], {1, 2}),
    ("one alone", [(D, "Pass")], {0}),
    ("a better grade of the whole", [(A, "Distinction"), (B, "Distinction"), (C, "Pass")], {0, 1}),
    ("then most points", [(A, "Merit"), (B, "Merit"), (C, "Pass")], {0, 1}),
    ("then by unit id", [(C, "Pass"), (B, "Pass"), (A, "Pass")], {1, 2}),
    ("a pass is not given up for size", [(C, "Unclassified"), (A, "Pass"), (B, "Pass")], {1, 2}),
]


@pytest.mark.parametrize(("held", "expected"), [case[1:] for case in CHOICES], ids=[case[0] for case in CHOICES])
def test_the_best_combination(held: list[tuple[Any, str]], expected: set[int]) -> None:
    outcome = evaluate(CHOICE, [credential(number, *pair) for number, pair in enumerate(held)], LATER)
    assert {number.int for number in outcome.counted} == expected
    assert {reason.code for reason in outcome.reasons if not reason.counts} <= {ReasonCode.GROUP_FULL}


def test_a_full_group_says_so() -> None:
    outcome = evaluate(CHOICE, [credential(1, A), credential(2, B), credential(3, D)], LATER)
    assert reason_of(outcome, 3).sentence == "Unit D is not needed: other units fill Optional units."


def test_parts_must_lie_in_the_window() -> None:
    window = replace(CHOICE, recency_years=7, effective_from=date(2010, 1, 1))
    old = credential(1, A, awarded_on=date(2019, 7, 2))
    outcome = evaluate(window, [old, credential(2, B)], LATER)
    assert (reason_of(outcome, 1).code, outcome.complete) == (ReasonCode.TOO_OLD, False)
    assert reason_of(outcome, 1).sentence == (
        "Unit A was awarded on 2 July 2019, more than 7 years before the newest part (3 July 2026)."
    )
    assert evaluate(window, [replace(old, awarded_on=date(2019, 7, 3)), credential(2, B)], LATER).complete
    early = [credential(1, A, awarded_on=date(2012, 2, 29)), credential(2, B, awarded_on=date(2012, 5, 1))]
    outcome = evaluate(window, [*early, credential(3, D)], LATER)
    assert (outcome.complete, outcome.counted) == (True, (UUID(int=1), UUID(int=2)))
    assert reason_of(outcome, 3).code is ReasonCode.OUTSIDE_WINDOW
    leap = [credential(1, A, awarded_on=date(2021, 2, 28)), credential(2, B, awarded_on=date(2028, 2, 29))]
    assert evaluate(window, leap, date(2030, 1, 1)).complete


def test_of_a_barred_pair_one_counts() -> None:
    barred = replace(CHOICE, barred=(("a", "b"),))
    outcome = evaluate(barred, [credential(1, A, "Pass"), credential(2, B, "Merit")], LATER)
    assert outcome.counted == (UUID(int=2),)
    assert (reason_of(outcome, 1).code, reason_of(outcome, 1).instead) == (ReasonCode.BARRED, UUID(int=2))


def limit(amount: int, *origins: Origin, since: date = date(2020, 1, 1), until: date | None = None) -> Limit:
    return Limit("cap", "credit from elsewhere", Counting(origins=frozenset(origins)), amount, since, until, "S16")


def test_credit_from_elsewhere_counts_up_to_the_limit_of_the_day() -> None:
    capped = replace(CHOICE, limits=(limit(15, Origin.TRANSFER, Origin.RECOGNISED, until=date(2026, 12, 31)),))
    held = [credential(1, A, origin=Origin.TRANSFER), credential(2, B, origin=Origin.RECOGNISED)]
    outcome = evaluate(capped, held, LATER)
    assert (outcome.counted, outcome.credits_counted) == ((UUID(int=1),), 15)
    assert reason_of(outcome, 2).code is ReasonCode.LIMIT_REACHED
    assert reason_of(outcome, 2).sentence == (
        "Unit B would go over what may count as credit from elsewhere: at most 15 credits (S16)."
    )
    assert evaluate(capped, held, date(2027, 1, 1)).complete


def test_a_result_of_ones_own_is_used_where_the_limit_would_stop_another() -> None:
    capped = replace(CHOICE, limits=(limit(0, Origin.TRANSFER),))
    held = [credential(1, C, "Distinction", origin=Origin.TRANSFER), credential(2, C, "Pass")]
    outcome = evaluate(capped, held, LATER)
    assert (outcome.complete, outcome.grade, outcome.counted) == (True, "Pass", (UUID(int=2),))


def test_a_minimum_earned_here_decides_which_result_counts() -> None:
    here = Minimum("here", "Credits earned here", Counting(origins=frozenset({Origin.HOME})), Measure.CREDITS, 15)
    resident = replace(CHOICE, minimums=(here,))
    held = [credential(1, C, "Distinction", origin=Origin.TRANSFER), credential(2, A), credential(3, B)]
    outcome = evaluate(resident, held, LATER)
    assert (outcome.complete, outcome.grade, outcome.counted) == (True, "Pass", (UUID(int=2), UUID(int=3)))
    alone = evaluate(resident, held[:1], LATER)
    assert alone.missing == ("Credits earned here: 0 of the 15 credits asked for so far.",)


def test_hours_of_placement_are_asked_for() -> None:
    hours = Minimum("placement", "Hours of placement", Counting(), Measure.HOURS, 225)
    placed = replace(CHOICE, minimums=(hours,))
    short = evaluate(placed, [credential(1, C, hours=200)], LATER)
    assert (short.complete, short.missing) == (False, ("Hours of placement: 200 of the 225 hours asked for so far.",))
    # Elsewhere than in a unit that counts: hours are hours.
    more = credential(2, unit("z", 0), "Met", hours=25, unit_id="placement")
    assert evaluate(placed, [credential(1, C, hours=200), more], LATER).complete


@pytest.mark.parametrize("required", [True, False])
def test_what_opens_the_door_carries_no_credit(required: bool) -> None:
    door = Entry("entry", "a T Level", (("core", "placement"),), required)
    guarded = replace(CHOICE, entry=(door,))
    parts = [
        replace(credential(number, A, "A*"), unit_id=name, qualification_kind="T Level", level=3, credits=None)
        for number, name in ((7, "core"), (8, "placement"))
    ]
    closed = evaluate(guarded, [credential(1, C), parts[0]], LATER)
    assert (closed.complete, closed.missing) == (not required, ("Still to show: a T Level.",) if required else ())
    assert reason_of(closed, 7).code is ReasonCode.NO_CREDIT
    opened = evaluate(guarded, [credential(1, C), *parts], LATER)
    assert (opened.complete, opened.credits_counted) == (True, 30)
    assert [reason_of(opened, number).code for number in (7, 8)] == [ReasonCode.OPENS_THE_DOOR] * 2


def test_an_exemption_stands_in_for_a_unit_at_its_grade() -> None:
    exempting = replace(CHOICE, exemptions=(Exemption("c", ("diploma",), "Pass"),))
    diploma = replace(
        credential(1, A), kind=HeldKind.AWARD, unit_id=None, qualification_id="diploma", title="A diploma"
    )
    outcome = evaluate(exempting, [diploma], LATER)
    assert (outcome.complete, outcome.grade) == (True, "Pass")
    assert reason_of(outcome, 1).sentence == "A diploma stands in for Unit C in Optional units."
    better = evaluate(exempting, [diploma, credential(2, C, "Distinction")], LATER)
    assert (better.grade, reason_of(better, 1).code) == ("Distinction", ReasonCode.DUPLICATE_UNIT)


HND = pack(
    group("first", 30, A, B, kind=GroupKind.MANDATORY),
    group("second", 15, unit("h", level=5)),
    graded_levels=frozenset({5}),
    bands=pack(group("second", 15, A)).bands,
    brings_forward=(BroughtForward("hnc", "The HNC", ("first",), 30, 15, 4),),
)
WHOLE = replace(
    credential(9, A),
    kind=HeldKind.AWARD,
    unit_id=None,
    qualification_id="hnc",
    title="The HNC",
    parts=frozenset({UUID(int=1), UUID(int=2)}),
)
TOP = credential(3, unit("h", level=5), "Merit")


def test_an_award_is_brought_forward_as_a_whole_where_its_units_are_not_held() -> None:
    outcome = evaluate(HND, [WHOLE, TOP], LATER)
    assert (outcome.complete, outcome.grade, outcome.credits_counted, outcome.credits_passed) == (True, "Merit", 45, 30)
    assert reason_of(outcome, 9).code is ReasonCode.COUNTED_FORWARD
    assert outcome.groups[0].counted == (WHOLE.id,)


def test_the_units_of_an_award_count_one_by_one_or_with_it_never_both() -> None:
    units = [credential(1, A), credential(2, B)]
    outcome = evaluate(HND, [WHOLE, TOP, *units], LATER)
    assert outcome.counted == (UUID(int=1), UUID(int=2), TOP.id)
    assert reason_of(outcome, 9).sentence == (
        "The HNC is not needed as a whole: what it is made of is counted unit by unit."
    )
    one_gone = evaluate(HND, [WHOLE, TOP, units[0]], LATER)
    assert (one_gone.complete, one_gone.credits_counted) == (True, 45)
    assert (reason_of(one_gone, 1).code, reason_of(one_gone, 1).instead) == (ReasonCode.WITHIN_AWARD, WHOLE.id)


def test_a_unit_that_may_stand_in_two_groups_stands_where_it_is_needed() -> None:
    both = pack(group("one", 15, A, B), group("two", 15, A))
    outcome = evaluate(both, [credential(1, A), credential(2, B)], LATER)
    assert [(each.id, each.counted) for each in outcome.groups] == [("one", (UUID(int=2),)), ("two", (UUID(int=1),))]


def test_a_group_may_count_units_that_carry_no_credit() -> None:
    some = tuple(unit(name, 0) for name in "xyz")
    two = pack(Group("units", "Units", GroupKind.OPTIONAL, Measure.UNITS, 2, some), grades=(), bands=())
    held = [credential(1, some[0], "72%"), credential(2, some[2], "81%")]
    assert evaluate(two, held[:1], LATER).missing == ("Still to earn: 1 unit of Units, from Unit Y, Unit Z.",)
    outcome = evaluate(two, held, LATER)
    assert (outcome.complete, outcome.grade, outcome.credits_counted) == (True, "Achieved", 0)


def test_parts_from_before_the_rules_apply_make_no_award_under_them() -> None:
    later = replace(CHOICE, effective_from=date(2026, 9, 1))
    outcome = evaluate(later, [credential(1, C)], LATER)
    assert (outcome.complete, outcome.missing) == (
        False,
        ("This rule set is for what is completed from 1 September 2026; an earlier one applies.",),
    )
