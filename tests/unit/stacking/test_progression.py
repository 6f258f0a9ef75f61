"""What a learner could take next: which awards, how far they are, and that the units named complete them."""

import re
from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from app.stacking import packs
from app.stacking.held import HeldCredential, HeldKind, Standing
from app.stacking.pack import RulePack
from app.stacking.progression import Link, NextStep, next_steps
from app.stacking.progression_facts import published_skill_facts
from app.stacking.rules import evaluate
from tests.unit.stacking.making import DAY, credential, group, pack, unit

FACTS = published_skill_facts()
NEWEST = packs.newest_packs()
HNC, HND = packs.find_pack("hnc-computing-2022"), packs.find_pack("hnd-computing-network-2022")
DEFICIT = re.compile(r"\b(missing|lack|fail|short of|not enough|deficit|only)", re.IGNORECASE)


def of(rules: RulePack, *names: str, grade: str = "Pass", **other: object) -> list[HeldCredential]:
    units = {each.id: each for each in rules.units}
    return [credential(number, units[name], grade, **other) for number, name in enumerate(names, 1)]


def steps(held: list[HeldCredential], of_packs: tuple[RulePack, ...] = NEWEST) -> dict[str, NextStep]:
    return {each.pack.id: each for each in next_steps(of_packs, held, DAY, FACTS)}


def test_nothing_held_leads_nowhere_yet() -> None:
    assert next_steps(NEWEST, [], DAY, FACTS) == ()


def test_what_completes_an_award_is_told_with_its_credits_levels_and_units() -> None:
    held = of(HNC, "u01", "u02", "u03", "u04", "u05", "u06", "u07")
    step = steps(held)["hnc-computing-2022"]
    assert step.sentence == "15 credits complete the HNC."
    assert (step.counted, step.credits, step.by_level) == (105, 15, ((4, 15),))
    assert [each.unit.id for each in step.units] == ["u09"]
    assert step.links == (Link.BEGUN,)


def test_a_t_level_opens_doors_and_nothing_is_counted() -> None:
    parts = [
        replace(held, qualification_kind="T Level", level=3, credits=None)
        for held in (
            credential(1, unit("tlevel-61058014-core"), "A"),
            credential(2, unit("tlevel-61058014-placement"), "Met"),
        )
    ]
    found = steps(parts)
    assert {name: (step.links, step.counted, step.credits) for name, step in found.items()} == {
        "hnc-computing-2022": ((Link.DOOR_OPEN,), 0, 120),
        "hnd-computing-network-2022": ((Link.DOOR_OPEN,), 0, 240),
    }
    assert found["hnd-computing-network-2022"].by_level == ((4, 120), (5, 120))


def test_an_award_brought_forward_leaves_the_next_level() -> None:
    award = credential(
        1, unit("x"), "Merit", unit_id=None, kind=HeldKind.AWARD, qualification_id="hnc-computing", credits=120
    )
    found = steps([award])
    assert "hnc-computing-2022" not in found
    step = found["hnd-computing-network-2022"]
    assert (step.links, step.counted, step.by_level) == ((Link.BEGUN, Link.LED_TO), 120, ((5, 120),))


def test_a_withdrawn_award_does_not_lead_on() -> None:
    award = credential(
        1,
        unit("x"),
        unit_id=None,
        kind=HeldKind.AWARD,
        qualification_id="hnc-computing",
        credits=120,
        standing=Standing.REVOKED,
    )
    assert next_steps(NEWEST, [award], DAY, FACTS) == ()


def test_units_that_evidence_more_of_the_occupation_come_first() -> None:
    step = steps(of(HND, "u01"))["hnd-computing-network-2022"]
    assert step.skills is not None
    assert step.skills.occupation.id == "OCC0127"
    assert step.skills.added == len({ksb for each in step.units for ksb in each.ksbs})
    order = [(each.unit.credits, len(each.ksbs)) for each in step.units]
    assert order == sorted(order, reverse=True)
    assert order[1] == (15, 3)


def test_what_the_rules_let_stand_need_not_be_taken_again() -> None:
    held = [
        *of(HNC, "u01", "u02", "u03", "u04", "u05", "u06"),
        credential(9, HNC.units[6], "Unclassified", passed=False),
    ]
    step = steps(held)["hnc-computing-2022"]
    assert [each.unit.id for each in step.units] == ["u09"]


def test_what_has_to_be_passed_is_named_again_when_nothing_else_completes_it() -> None:
    tried = [credential(n, HNC.units[n - 4], "Unclassified", passed=False) for n in (8, 9)]
    held = [*of(HNC, "u01", "u02", "u03", "u04"), *tried]
    assert {each.unit_id for each in held if each.grade == "Unclassified"} == {"hnc-computing-u05", "hnc-computing-u06"}
    names = [each.unit.id for each in steps(held)["hnc-computing-2022"].units]
    # 60 credits passed, 30 in two new units, 15 more of the two that were tried: 105, with 120 attempted.
    assert len({"u05", "u06"}.intersection(names)) == 1
    assert len(names) == 3


def test_hours_that_the_rules_ask_for_are_told_beside_the_credits() -> None:
    care = packs.find_pack("hnd-healthcare-practice")
    step = steps(of(care, care.units[0].id))["hnd-healthcare-practice"]
    assert any(re.search(r": 0 of \d+ hours so far\.$", sentence) for sentence in step.further)


def test_of_two_packs_for_one_award_the_nearest_is_shown() -> None:
    long = pack(group("one", 60, *(unit(name) for name in "abcd")))
    short = replace(pack(group("one", 30, unit("a"), unit("b"))), id="short")
    assert [step.pack.id for step in next_steps((long, short), [credential(1, unit("a"))], DAY, FACTS)] == ["short"]


def test_a_rule_set_that_has_ended_leads_nowhere() -> None:
    ended = replace(pack(group("one", 30, unit("a"), unit("b"))), effective_until=date(2026, 7, 2))
    held = [credential(1, unit("a"), awarded_on=date(2026, 1, 1))]
    assert next_steps((ended,), held, DAY, FACTS) == ()


EVERY_UNIT = sorted({name for rules in NEWEST for each in rules.units for name in each.accepts})
UNITS = {name: each for rules in NEWEST for each in rules.units for name in each.accepts}


@st.composite
def learners(draw: st.DrawFn) -> list[HeldCredential]:
    names = draw(st.lists(st.sampled_from(EVERY_UNIT), unique=True, max_size=20))
    grades = st.sampled_from(["Pass", "Merit", "Unclassified", "Met", "70"])
    return [
        credential(
            number,
            replace(UNITS[name], accepts=(name,)),
            grade := draw(grades),
            passed=grade != "Unclassified",
            qualification_kind="HND",
        )
        for number, name in enumerate(names, 1)
    ]


@settings(max_examples=60, deadline=None)
@given(learners())
def test_the_units_named_complete_the_award(held: list[HeldCredential]) -> None:
    found = next_steps(NEWEST, held, DAY, FACTS)
    assert found == next_steps(NEWEST[::-1], held[::-1], DAY, FACTS)
    for step in found:
        lowest = min(
            ((each.points_per_credit, each.grade) for each in step.pack.grades if each.passes), default=(0, "")
        )
        day = max(DAY, step.pack.effective_from)
        taken = [
            credential(100 + n, each.unit, lowest[1], awarded_on=day, hours=10_000 * ("hours" in str(step.further)))
            for n, each in enumerate(step.units)
        ]
        outcome = evaluate(step.pack, [*held, *taken], day)
        assert outcome.complete
        assert sum(each.unit.credits for each in step.units) == step.credits == sum(n for _, n in step.by_level)
        assert set(outcome.counted) >= {each.id for each in taken}
        assert not DEFICIT.search(" ".join((step.sentence, *step.further)))
