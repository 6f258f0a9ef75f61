"""Withdrawn, corrected, or only withdrawn later: the words that go with the bit, and what they may not do."""

from datetime import timedelta

import pytest

from app.standards import status_reasons
from app.standards.status_reasons import Standing, StatusReason
from app.verification.report import Anchoring, Level, Verdict
from tests.unit.standards import sample
from tests.unit.verification.world import LIST_URL, NOW, World, a_status_list, a_world, did_document, signed_jcs, stamp

ON = NOW - timedelta(days=3)


def with_reason(standing: Standing, reason: str, *, key: str = "key-2026-09", index: int = 3) -> World:
    world = a_world()
    world.listed = a_status_list(3)
    reasons = status_reasons.unsigned(LIST_URL, sample.DID, {index: StatusReason(standing, reason, ON)}, NOW)
    world.others[f"{LIST_URL}/reasons"] = signed_jcs(reasons, key, NOW)
    world.history = [(NOW - timedelta(days=400), did_document(key_2026_09={}))]
    return world


def test_a_correction_is_told_from_a_withdrawal_with_its_day_and_reason() -> None:
    report = with_reason(Standing.SUPERSEDED, "grade changed").report()
    found = report.finding("status")
    assert (report.verdict, found.code) == (Verdict.WAS_VALID, "superseded")
    assert "corrected on 22 November 2026 (grade changed)" in found.sentence
    withdrawn = with_reason(Standing.REVOKED, "issued in error").report()
    assert (withdrawn.verdict, withdrawn.finding("status").code) == (Verdict.WAS_VALID, "revoked")
    assert "22 November 2026 (issued in error)" in withdrawn.finding("status").sentence


@pytest.mark.parametrize(
    "world",
    [
        with_reason(Standing.SUPERSEDED, "grade changed", key="key-of-an-attacker"),
        with_reason(Standing.SUPERSEDED, "grade changed", index=4),
    ],
    ids=["reasons signed by somebody else", "reasons about another place"],
)
def test_words_that_cannot_be_believed_change_nothing(world: World) -> None:
    report = world.report()
    assert (report.verdict, report.finding("status").code) == (Verdict.WAS_VALID, "revoked")
    assert "grade changed" not in report.finding("status").sentence


@pytest.mark.parametrize("listed", [False, True], ids=["no longer listed", "still listed"])
def test_a_stolen_key_cannot_date_a_withdrawal_later(listed: bool) -> None:
    """Its owner took it back; whoever has it would say "in force on that day" of what was withdrawn long before."""
    world = with_reason(Standing.REVOKED, "other", key="key-2025-09")
    world.keys = did_document(key_2025_09={"revoked": stamp(NOW - timedelta(days=9))}, key_2026_09={})
    if listed:
        world.keys["assertionMethod"] = [method["id"] for method in world.keys["verificationMethod"][:2]]
    world.history = [(NOW - timedelta(days=400), world.keys)]
    assert world.report(as_of=ON - timedelta(days=1)).finding("status").code == "withdrawn_when_unknown"


def test_reasons_cannot_clear_what_the_list_has_set() -> None:
    world = with_reason(Standing.REVOKED, "other")
    world.others[f"{LIST_URL}/reasons"] = {"type": "StatusReasons"}
    assert world.report().verdict is Verdict.WAS_VALID
    world.lost = {f"{LIST_URL}/reasons"}
    assert world.report().verdict is Verdict.WAS_VALID


def test_as_of_a_day_before_the_withdrawal_it_was_in_force() -> None:
    world = with_reason(Standing.REVOKED, "other")
    assert world.report(as_of=ON - timedelta(days=1)).verdict is Verdict.VALID
    assert world.report(as_of=ON + timedelta(days=1)).verdict is Verdict.WAS_VALID
    # Without the day, a list of a later day does not tell when.
    world.lost = {f"{LIST_URL}/reasons"}
    report = world.report(as_of=ON - timedelta(days=1))
    assert (report.verdict, report.finding("status").code) == (Verdict.CANNOT_TELL, "withdrawn_when_unknown")


def test_as_of_a_day_between_signature_and_record_it_was_not_anchored_yet() -> None:
    signed, recorded = NOW - timedelta(days=30), NOW - timedelta(days=20)
    world = a_world(signed_on=signed, recorded_on=recorded)
    world.history = [(NOW - timedelta(days=400), world.keys)]
    before, after = (world.report(as_of=recorded + timedelta(days=days)) for days in (-1, 1))
    assert (before.anchoring, before.finding("chain").code) == (Anchoring.PENDING, "not_recorded_then")
    assert before.level is not Level.CHAIN
    assert before.verdict is Verdict.VALID
    assert "after that day" in before.summary
    assert (after.anchoring, after.finding("chain").code) == (Anchoring.ANCHORED, "chain_ok")
