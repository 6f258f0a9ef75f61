"""Which modules are completed, and why others are not: at least 30 credits, one parent course, level 4 to 6."""

from datetime import date

import pytest

from app.errors import NotFound, Refused
from app.stacking.modules import complete, completed, read_module
from app.stacking.profile import describe
from tests.unit.stacking.holdings import BUNDLES, HND, QUALIFICATIONS, WITHDRAWN, held

PROJECT = f"{HND}-u16"
NETWORKING, SECURITY = f"{HND}-u02", f"{HND}-u05"


def module(*chosen):
    return read_module(chosen, BUNDLES, QUALIFICATIONS)


def described(*credentials):
    return describe(credentials, QUALIFICATIONS)


def found(*credentials):
    return [
        (each.module.id, each.module.credits, each.completed_on)
        for each in completed(described(*credentials), BUNDLES, QUALIFICATIONS)
    ]


def test_a_bundle_a_large_unit_and_chosen_units_are_modules():
    bundle = module("mc-networking-security")
    assert [unit.id for unit in bundle.units] == [NETWORKING, SECURITY]
    assert (bundle.credits, bundle.level, bundle.notional_hours, bundle.parent.id) == (30, 4, 300, HND)
    assert (module(PROJECT).credits, module(PROJECT).level) == (30, 5)
    chosen = module("hnc-computing-u01", "hnc-computing-u02")
    assert (chosen.title, chosen.id) == ("Programming and Networking", "hnc-computing-u01+hnc-computing-u02")


@pytest.mark.parametrize(
    ("chosen", "code", "sentence"),
    [
        (("mc-single-networking",), "module_too_small", "15 credits; an LLE module has at least 30."),
        ((NETWORKING,), "module_too_small", "15 credits; an LLE module has at least 30."),
        (("mc-tlevel-placement",), "module_too_small", "No credit; an LLE module has at least 30."),
        (("hnc-computing-u01", NETWORKING), "module_parents_differ", "different courses"),
        ((NETWORKING, NETWORKING), "module_unit_repeated", "counts once"),
        (("mc-nothing",), "module_unknown", "no bundle or unit"),
        (("mc-networking-security", NETWORKING), "module_unknown", "no bundle or unit"),
        ((), "module_unknown", "no bundle or unit"),
    ],
    ids=str,
)
def test_what_is_no_module(chosen, code, sentence):
    with pytest.raises(Refused) as refused:
        module(*chosen)
    assert refused.value.code == code
    assert sentence in refused.value.message
    assert isinstance(refused.value, NotFound) is (code == "module_unknown")


def test_a_module_is_completed_by_the_best_result_of_each_unit_that_is_in_force():
    credentials = described(
        held(1, NETWORKING, "Pass"),
        held(2, NETWORKING, "Distinction", awarded_on=date(2026, 7, 4)),
        held(3, NETWORKING, "Distinction", awarded_on=date(2026, 7, 5), **WITHDRAWN),
        held(4, SECURITY, "Merit"),
        held(5, SECURITY, "Unclassified"),
    )
    made = complete(module("mc-networking-security"), credentials)
    assert [(result.id.int, result.grade) for result in made.results] == [(2, "Distinction"), (4, "Merit")]
    assert made.completed_on == date(2026, 7, 4)


def test_a_module_begun_says_how_far_it_is():
    with pytest.raises(Refused) as refused:
        complete(module("mc-networking-security"), described(held(1, NETWORKING), held(2, SECURITY, "Unclassified")))
    assert refused.value.code == "module_incomplete"
    assert refused.value.message.startswith("1 of the 2 units of this module passed so far")


def test_every_completed_module_is_found_and_a_withdrawn_part_takes_it_away():
    day = date(2026, 7, 3)
    both = held(1, NETWORKING), held(2, SECURITY)
    assert found(*both) == [("mc-networking-security", 30, day)]
    assert found(*both, held(3, PROJECT)) == [(PROJECT, 30, day), ("mc-networking-security", 30, day)]
    assert found(held(1, NETWORKING), held(2, SECURITY, **WITHDRAWN)) == []
    assert found(held(1, "hnc-computing-u01"), held(2, "hnc-computing-u02")) == []
    assert found() == []
