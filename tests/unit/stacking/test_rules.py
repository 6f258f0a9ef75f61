"""The worked examples, every reason, and what must hold for any credentials in any order."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.stacking.model import Group, GroupKind, HeldCredential, PackUnit, ReasonCode
from app.stacking.packs import find_pack
from app.stacking.rules import evaluate

HNC = find_pack("hnc-computing-2022", 1)
UNITS = tuple(unit for group in HNC.groups for unit in group.units)
GRADES = {"P": "Pass", "M": "Merit", "D": "Distinction", "U": "Unclassified"}
DAY = date(2026, 7, 3)


def credential(number, unit, grade="Pass", **other):
    values = {
        "id": UUID(int=number),
        "qualification_id": HNC.qualification_id,
        "qualification_kind": "HNC",
        "unit_id": unit.id,
        "title": unit.title,
        "level": 4,
        "credits": unit.credits,
        "grade": grade,
        "awarded_on": DAY,
    }
    return HeldCredential(**{**values, **other})


def results(letters, units=UNITS):
    pairs = zip(letters, units, strict=False)
    return [credential(number, unit, GRADES[letter]) for number, (letter, unit) in enumerate(pairs, 1)]


def reason_of(progress, number):
    return next(reason for reason in progress.reasons if reason.credential_id == UUID(int=number))


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
def test_worked_examples(letters, complete, grade, counted, passed, points):
    progress = evaluate(results(letters), HNC)
    assert (progress.complete, progress.grade) == (complete, grade)
    assert (progress.credits_counted, progress.credits_passed, progress.points) == (counted, passed, points)
    assert (progress.credits_needed, progress.credits_passed_needed) == (120, 105)
    assert (progress.pack_id, progress.pack_version) == ("hnc-computing-2022", 1)
    assert bool(progress.missing) is not complete


def test_an_unclassified_unit_is_attempted_not_passed():
    reason = reason_of(evaluate(results("PPPPPPPU"), HNC), 8)
    assert (reason.code, reason.counts, reason.credits) == (ReasonCode.COUNTED_NOT_PASSED, True, 15)
    assert reason.sentence == (
        "Website Design & Development counts as attempted: 15 credits at Unclassified, none of them passed."
    )


def test_what_is_missing_is_said():
    assert evaluate(results("PPPPPP"), HNC).missing == (
        "Still to earn: Software Development Lifecycles, 15 credits of Specialist units.",
        "Still to earn: Website Design & Development, 15 credits of Optional units.",
    )
    assert evaluate(results("PPUUPPPP"), HNC).missing == (
        "At least 105 of the 120 credits must be passed; 90 are. A pass is needed in some of: "
        "Professional Practice, Database Design & Development.",
    )


def test_groups_show_what_is_open():
    core, specialist, optional = evaluate(results("PPPPPU"), HNC).groups
    assert (core.credits_counted, core.credits_passed, core.is_full, core.open_units) == (90, 75, True, ())
    assert core.counted == tuple(UUID(int=number) for number in range(1, 7))
    assert (specialist.is_full, specialist.open_units) == (False, (UNITS[6],))
    assert (optional.credits_counted, optional.credits_needed) == (0, 15)


def test_a_withdrawn_part_uncompletes():
    held = results("PPPPPPPP")
    held[2] = replace(held[2], revoked=True)
    progress = evaluate(held, HNC)
    assert (progress.complete, progress.grade, progress.credits_counted) == (False, None, 105)
    assert reason_of(progress, 3).code is ReasonCode.REVOKED
    corrected = [*held, credential(9, UNITS[2], "Merit", awarded_on=date(2026, 9, 1))]
    assert evaluate(corrected, HNC).complete


REFUSED = [
    (ReasonCode.REVOKED, {"revoked": True}),
    (ReasonCode.OTHER_QUALIFICATION, {"qualification_id": "hnd-computing-england-network"}),
    (ReasonCode.WRONG_LEVEL, {"level": 5}),
    (ReasonCode.NOT_IN_PACK, {"unit_id": "hnc-computing-u99"}),
    (ReasonCode.NO_CREDIT, {"credits": None}),
    (ReasonCode.CREDITS_DIFFER, {"credits": 20}),
    (ReasonCode.GRADE_UNKNOWN, {"grade": "pass"}),
]


@pytest.mark.parametrize(("code", "fault"), REFUSED, ids=[code for code, _ in REFUSED])
def test_each_refusal(code, fault):
    progress = evaluate([credential(1, UNITS[0], **fault)], HNC)
    (reason,) = progress.reasons
    assert (reason.code, reason.counts, reason.credits) == (code, False, 0)
    assert code.startswith("refused_")
    assert reason.sentence.endswith(".")
    assert (progress.credits_counted, progress.points, progress.counted) == (0, 0, ())


def test_a_t_level_gives_no_credit():
    fault = {
        "qualification_id": "tlevel-6105799x",
        "qualification_kind": "T Level",
        "level": 3,
        "credits": None,
    }
    core = credential(1, UNITS[0], "A*", unit_id="tlevel-6105799x-core", **fault)
    assert evaluate([core], HNC).reasons[0].code is ReasonCode.NO_CREDIT
    assert evaluate([core], HNC).reasons[0].sentence == (
        "A T Level carries no level 4 credit: it opens the door to the HNC, it does not count towards it."
    )
    assert evaluate([replace(core, credits=15, level=4)], HNC).credits_counted == 0


def test_the_best_of_two_results_counts_once():
    held = [
        credential(1, UNITS[0], "Unclassified", awarded_on=date(2025, 12, 12)),
        credential(2, UNITS[0], "Merit", awarded_on=date(2026, 5, 15)),
        credential(3, UNITS[0], "Merit", awarded_on=date(2026, 7, 3)),
    ]
    progress = evaluate(held, HNC)
    assert (progress.credits_counted, progress.points) == (15, 90)
    assert reason_of(progress, 2).code is ReasonCode.COUNTED
    for number in (1, 3):
        reason = reason_of(progress, number)
        assert (reason.code, reason.instead) == (ReasonCode.DUPLICATE_UNIT, UUID(int=2))
    assert reason_of(progress, 1).sentence == (
        "Programming is held more than once and is looked at once: the result used is Merit, awarded on "
        "15 May 2026, not this Unclassified of 12 December 2025."
    )


def test_the_same_credential_twice_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="once"):
        evaluate([credential(1, UNITS[0]), credential(1, UNITS[1])], HNC)


# A pack with a choice: 30 credits of four units, two of them large.
A, B, C, D = (
    PackUnit("a", "A", "Animation", 15),
    PackUnit("b", "B", "Big Data", 15),
    PackUnit("c", "C", "Cloud", 30),
    PackUnit("d", "D", "Data Mining", 20),
)
CHOICE = replace(
    HNC,
    groups=(Group("optional", "Optional units", GroupKind.OPTIONAL, 30, (A, B, C, D)),),
    total_credits=30,
    minimum_credits_passed=15,
    bands=tuple(replace(band, from_points=points) for band, points in zip(HNC.bands, (60, 180, 210), strict=True)),
)
WINDOW = replace(CHOICE, maximum_age_years=7)

# Held (unit, grade) pairs -> indexes that count.
CHOICES = [
    ("most credits", [(D, "Distinction"), (A, "Pass"), (B, "Pass")], {1, 2}),
    ("one alone", [(D, "Pass")], {0}),
    ("then most credits passed", [(A, "Distinction"), (B, "Unclassified"), (C, "Pass")], {2}),
    ("then most points", [(A, "Merit"), (B, "Merit"), (C, "Pass")], {0, 1}),
    ("then by unit id", [(C, "Pass"), (B, "Pass"), (A, "Pass")], {1, 2}),
    ("a pass is not given up for size", [(C, "Unclassified"), (A, "Pass"), (B, "Pass")], {1, 2}),
]


@pytest.mark.parametrize(("held", "expected"), [case[1:] for case in CHOICES], ids=[case[0] for case in CHOICES])
def test_the_best_combination(held, expected):
    progress = evaluate([credential(number, *pair) for number, pair in enumerate(held)], CHOICE)
    assert {reason.credential_id.int for reason in progress.reasons if reason.counts} == expected
    assert {reason.code for reason in progress.reasons if not reason.counts} <= {ReasonCode.GROUP_FULL}


def test_a_full_group_says_so():
    progress = evaluate([credential(1, A), credential(2, B), credential(3, D)], CHOICE)
    assert reason_of(progress, 3).sentence == (
        "Data Mining is not needed: Optional units takes 30 credits, and other units of it are counted."
    )
    assert evaluate([credential(1, A)], CHOICE).missing == (
        "Still to earn: 15 credits of Optional units, from Big Data, Cloud, Data Mining.",
    )


def test_parts_must_lie_in_the_window():
    old = credential(1, A, awarded_on=date(2019, 7, 2))
    progress = evaluate([old, credential(2, B)], WINDOW)
    assert reason_of(progress, 1).code is ReasonCode.TOO_OLD
    assert reason_of(progress, 1).sentence == (
        "Animation was awarded on 2 July 2019, more than 7 years before the newest part (3 July 2026)."
    )
    assert evaluate([replace(old, awarded_on=date(2019, 7, 3)), credential(2, B)], WINDOW).complete
    assert evaluate([old, credential(2, B)], CHOICE).complete


def test_the_window_that_gives_most_is_taken():
    early = [credential(1, A, awarded_on=date(2012, 2, 29)), credential(2, B, awarded_on=date(2012, 5, 1))]
    progress = evaluate([*early, credential(3, D)], WINDOW)
    assert (progress.complete, progress.counted) == (True, (UUID(int=1), UUID(int=2)))
    assert reason_of(progress, 3).code is ReasonCode.OUTSIDE_WINDOW
    leap = [credential(1, A, awarded_on=date(2021, 2, 28)), credential(2, B, awarded_on=date(2028, 2, 29))]
    assert evaluate(leap, WINDOW).complete


PACKS = (HNC, CHOICE, WINDOW)


def held_for(pack):
    units = {unit.id: unit for group in pack.groups for unit in group.units}
    outside = PackUnit("other", "O", "Other", 15)

    def build(unit, grade, days, fault, revoked):
        made = credential(0, unit, grade, awarded_on=date.fromordinal(days), revoked=revoked)
        return replace(made, **fault)

    one = st.builds(
        build,
        st.sampled_from([*units.values(), outside]),
        st.sampled_from([*GRADES.values(), "A*"]),
        st.integers(date(2010, 1, 1).toordinal(), date(2030, 1, 1).toordinal()),
        st.sampled_from([{}] * 8 + [fault for _, fault in REFUSED] + [{"qualification_kind": "T Level"}]),
        st.sampled_from([False] * 5 + [True]),
    )
    return st.lists(one, max_size=14).map(
        lambda made: [replace(entry, id=UUID(int=number)) for number, entry in enumerate(made, 1)]
    )


cases = st.sampled_from(PACKS).flatmap(lambda pack: st.tuples(st.just(pack), held_for(pack)))


@given(cases, st.randoms(use_true_random=False))
def test_the_order_is_of_no_account(case, random):
    pack, held = case
    shuffled = list(held)
    random.shuffle(shuffled)
    assert evaluate(shuffled, pack) == evaluate(held, pack)


@given(cases)
def test_each_credential_has_one_reason_and_the_sums_agree(case):
    pack, held = case
    progress = evaluate(held, pack)
    assert sorted(reason.credential_id for reason in progress.reasons) == sorted(entry.id for entry in held)
    counted = {reason.credential_id: reason for reason in progress.reasons if reason.counts}
    assert progress.credits_counted == sum(reason.credits for reason in progress.reasons)
    assert progress.credits_counted == sum(group.credits_counted for group in progress.groups)
    assert progress.credits_passed == sum(
        reason.credits for reason in counted.values() if reason.code is ReasonCode.COUNTED
    )
    points = {grade.grade: grade.points_per_credit for grade in pack.grades}
    assert progress.points == sum(
        points[entry.grade] * counted[entry.id].credits for entry in held if entry.id in counted
    )
    assert sorted(part for group in progress.groups for part in group.counted) == sorted(counted)
    assert progress.credits_passed <= progress.credits_counted <= pack.total_credits
    assert all(group.credits_counted <= group.credits_needed for group in progress.groups)
    assert (progress.grade is not None) is progress.complete is not bool(progress.missing)


@given(cases)
def test_no_unit_counts_twice_and_no_withdrawn_one_at_all(case):
    pack, held = case
    counted = set(evaluate(held, pack).counted)
    units = [entry.unit_id for entry in held if entry.id in counted]
    assert len(set(units)) == len(units)
    assert not any(entry.revoked for entry in held if entry.id in counted)


@given(cases)
def test_one_more_credential_never_takes_credit_or_an_award_away(case):
    pack, held = case
    before = evaluate(held[:-1], pack)
    after = evaluate(held, pack)
    assert after.credits_counted >= before.credits_counted
    assert after.complete or not before.complete


@given(cases, st.data())
def test_withdrawing_never_adds_anything(case, data):
    pack, held = case
    gone = data.draw(st.sets(st.sampled_from(held))) if held else set()
    after = evaluate([replace(entry, revoked=entry.revoked or entry in gone) for entry in held], pack)
    before = evaluate(held, pack)
    assert after.credits_counted <= before.credits_counted
    assert before.complete or not after.complete


@given(held_for(CHOICE))
def test_the_choice_is_the_best_there_is(held):
    """Against every subset of what may count."""
    usable = [entry for entry in held if evaluate([entry], CHOICE).credits_counted]
    best = max((value for value in map(_value, _subsets(usable)) if value), default=(0, 0, 0))
    progress = evaluate(held, CHOICE)
    assert (progress.credits_counted, progress.credits_passed, progress.points) == best


def _subsets(entries):
    return [[entry for bit, entry in enumerate(entries) if mask >> bit & 1] for mask in range(1 << len(entries))]


def _value(subset):
    units = [entry.unit_id for entry in subset]
    if len(set(units)) != len(units) or sum(entry.credits for entry in subset) > 30:
        return None
    points = {grade.grade: grade.points_per_credit for grade in CHOICE.grades}
    return (
        sum(entry.credits for entry in subset),
        sum(entry.credits for entry in subset if points[entry.grade]),
        sum(entry.credits * points[entry.grade] for entry in subset),
    )
