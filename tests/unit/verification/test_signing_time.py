"""Keys retire and keys are stolen: what was signed before stays good where that is proven, and only there."""

from datetime import datetime, timedelta

import pytest

from app.verification.report import Outcome, Verdict
from tests.fakes import MemoryRegistry
from tests.unit.verification.world import (
    NOW,
    World,
    a_status_list,
    a_world,
    did_document,
    recorded_by,
    stamp,
)

LOST = NOW - timedelta(days=20)
BEFORE, AFTER = LOST - timedelta(days=2), LOST + timedelta(days=2)


def after_a_theft(*, signed_on: datetime = BEFORE, recorded_on: datetime | None = None) -> World:
    """The old key was lost on LOST; the college signs with a new one since."""
    world = a_world(key="key-2025-09", signed_on=signed_on, recorded_on=recorded_on)
    world.keys = did_document(key_2025_09={"revoked": stamp(LOST)}, key_2026_09={})
    world.history = [
        (NOW - timedelta(days=400), did_document(key_2025_09={})),
        (LOST + timedelta(days=3), world.keys),
    ]
    return world


def test_the_register_shows_that_it_was_signed_before_the_key_was_lost() -> None:
    report = after_a_theft().report()
    found = report.finding("signing_time")
    assert (found.outcome, found.code) == (Outcome.VALID, "signed_before_compromise")
    assert report.verdict is Verdict.VALID
    assert report.finding("issuer_key").code == "issuer_key_ok"


def test_backdating_signed_by_the_thief_as_of_before_and_recorded_after() -> None:
    report = after_a_theft(signed_on=BEFORE, recorded_on=AFTER).report()
    assert report.finding("signing_time").code == "key_compromised"
    assert report.verdict is Verdict.NOT_VALID


def test_signed_after_the_loss_by_its_own_word() -> None:
    report = after_a_theft(signed_on=AFTER).report()
    assert report.finding("signing_time").code == "key_revoked"
    assert report.verdict is Verdict.NOT_VALID


def test_backdating_without_a_receipt_is_not_believed() -> None:
    world = after_a_theft()
    world.receipt = None
    report = world.report()
    assert report.finding("signing_time").code == "signing_time_unproven"
    assert report.verdict is Verdict.CANNOT_TELL


def test_backdating_with_a_receipt_of_the_thiefs_own_making() -> None:
    """The stolen key signs a receipt too, with any date in it; the register does not know the root."""
    world = after_a_theft()
    world.registry = MemoryRegistry({})
    report = world.report()
    assert report.finding("chain").code == "root_not_recorded"
    assert report.finding("signing_time").code == "key_compromised"
    assert report.verdict is Verdict.NOT_VALID


def test_backdating_while_the_register_is_away() -> None:
    world = after_a_theft()
    world.registry = MemoryRegistry({}, away=True)
    report = world.report()
    assert report.finding("signing_time").code == "signing_time_unproven"
    assert report.verdict is Verdict.CANNOT_TELL


def test_backdating_recorded_before_by_a_wallet_that_is_not_the_colleges() -> None:
    world = after_a_theft()
    stranger = "0x" + "bb" * 20
    assert world.receipt is not None
    world.registry = recorded_by(world.receipt, BEFORE, wallet=stranger)
    report = world.report()
    assert report.verdict is not Verdict.VALID


def test_a_key_that_was_never_listed_for_signing_is_not_made_good_by_being_withdrawn() -> None:
    world = after_a_theft()
    never = did_document(key_2025_09={}, key_2026_09={})
    never["assertionMethod"] = never["assertionMethod"][1:]
    world.history = [(NOW - timedelta(days=400), never)]
    report = world.report()
    assert report.finding("issuer_key").code == "key_not_listed"
    assert report.verdict is Verdict.NOT_VALID


def test_a_host_without_history_that_answers_with_the_page_of_today_proves_nothing_of_then() -> None:
    world = after_a_theft()
    world.history = [(NOW - timedelta(days=400), world.keys)]
    report = world.report()
    assert (report.finding("issuer_key").code, report.verdict) == ("history_missing", Verdict.CANNOT_TELL)


def test_the_history_says_another_key_stood_under_that_name() -> None:
    world = after_a_theft()
    other = did_document(key_2025_09={})
    other["verificationMethod"][0]["publicKeyMultibase"] = did_document(other={})["verificationMethod"][0][
        "publicKeyMultibase"
    ]
    world.history = [(NOW - timedelta(days=400), other)]
    report = world.report()
    assert report.finding("issuer_key").code == "key_not_listed"
    assert report.verdict is Verdict.NOT_VALID


def test_no_history_to_be_had_is_cannot_tell() -> None:
    world = after_a_theft()
    world.history = [(NOW - timedelta(days=1), world.keys)]
    report = world.report()
    assert report.finding("issuer_key").outcome is Outcome.ERROR
    assert report.verdict is Verdict.CANNOT_TELL


RETIRED = NOW - timedelta(days=10)
RETIREMENTS = [
    ("recorded while in use", RETIRED - timedelta(days=5), RETIRED - timedelta(days=5), True, "signing_time_ok", Verdict.VALID),
    ("claimed while in use", RETIRED - timedelta(days=5), None, True, "signing_time_claimed", Verdict.VALID),
    ("claimed before, recorded after", RETIRED - timedelta(days=5), RETIRED + timedelta(days=5), True, "signing_time_unproven", Verdict.CANNOT_TELL),
    ("signed after", RETIRED + timedelta(days=5), RETIRED + timedelta(days=5), True, "key_expired", Verdict.NOT_VALID),
    ("signed after, not recorded", RETIRED + timedelta(days=5), None, True, "key_expired", Verdict.NOT_VALID),
    ("in use still", NOW - timedelta(days=5), NOW - timedelta(days=5), False, "signing_time_ok", Verdict.VALID),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "signed_on", "recorded_on", "retired", "code", "verdict"), RETIREMENTS, ids=[row[0] for row in RETIREMENTS]
)
def test_a_retired_key(
    what: str, signed_on: datetime, recorded_on: datetime | None, retired: bool, code: str, verdict: Verdict
) -> None:
    world = a_world(key="key-2025-09", signed_on=signed_on, recorded_on=recorded_on)
    if recorded_on is None:
        world.receipt = None
    ends = RETIRED if retired else NOW + timedelta(days=5)
    world.keys = did_document(key_2025_09={"expires": stamp(ends)}, key_2026_09={})
    report = world.report()
    assert report.finding("signing_time").code == code
    assert report.verdict is verdict


def test_signed_in_the_future() -> None:
    world = a_world(signed_on=NOW - timedelta(days=1))
    world.now = NOW - timedelta(days=2)
    report = world.report()
    assert report.finding("signing_time").code == "signed_later"
    assert report.verdict is Verdict.NOT_VALID


@pytest.mark.parametrize("limit", ["revoked", "expires"])
def test_a_status_list_signed_with_a_key_that_no_longer_counts_clears_nobody(limit: str) -> None:
    """Whoever has an old key could publish a list that withdraws nothing."""
    world = a_world()
    world.keys = did_document(key_2026_09={}, key_2025_09={limit: stamp(LOST)})
    world.keys["assertionMethod"] = [method["id"] for method in world.keys["verificationMethod"][:2]]
    world.listed = a_status_list(key="key-2025-09")
    report = world.report()
    assert report.finding("status").code == "status_list_unsigned"
    assert report.verdict is Verdict.CANNOT_TELL


def test_as_of_a_day_before_the_loss_was_known() -> None:
    """The version of that day lists the key; what is known of the key today counts all the same."""
    world = after_a_theft()
    assert world.report(as_of=LOST - timedelta(days=1)).finding("status").outcome is not Outcome.INVALID
    stolen = after_a_theft(signed_on=BEFORE, recorded_on=AFTER)
    assert stolen.report(as_of=LOST - timedelta(days=1)).verdict is Verdict.NOT_VALID
