"""Published against recorded, recomputed and seen: every way of showing one log to some and another to others."""

from datetime import UTC, datetime, timedelta

import pytest

from app.auditing import checks
from app.auditing.claims import Dated, check_claim
from app.auditing.model import Audited, Finding, History, Outcome, Recorded, Rules, Severity, fault, unknown
from app.auditing.seen import Seen
from app.standards.checkpoint_list import CheckpointList
from app.standards.tlog_checkpoint import LogCheckpoint

NOW = datetime(2026, 9, 12, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
A, B, C, X = (bytes([value]) * 32 for value in range(1, 5))
GOOD = {3: A, 5: B, 9: C}


def history(*records: tuple[int, bytes], age: timedelta = 2 * HOUR, **changes: object) -> History:
    at = int((NOW - age).timestamp())
    members: dict[str, object] = {
        "records": tuple(Recorded(size, root, place) for place, (size, root) in enumerate(records)),
        "times": {root: at for _, root in records} | {A: at, B: at, C: at},
        "last_size": max((size for size, _ in records), default=0),
    }
    return History(**(members | changes))  # type: ignore[arg-type]


def codes(findings: object) -> list[str]:
    return [f"{one.code} {one.about}".strip() for one in findings]  # type: ignore[attr-defined]


def on_chain(published: dict[int, bytes], found: History, size: int = 9) -> list[str]:
    return codes(checks.check_chain(published, found, size, NOW, Rules()))


WHOLE = history((3, A), (5, B), (9, C))


def test_nothing_is_found_where_all_agree() -> None:
    assert on_chain(GOOD, WHOLE) == []
    assert codes(checks.check_roots(GOOD, GOOD, WHOLE, Seen({5: B}), 9)) == []
    listed = CheckpointList("did:web:x", NOW, (3, 5, 9), (A, B, C))
    assert codes(checks.check_list(listed, LogCheckpoint("x", 9, C), NOW, Rules())) == []


@pytest.mark.parametrize(
    ("published", "found", "expected"),
    [
        (GOOD | {5: X}, WHOLE, ["split_view 5"]),
        (GOOD | {7: X}, history((3, A), (5, B), (9, C)), ["not_recorded 7"]),
        ({3: A, 9: C}, WHOLE, ["not_published 5"]),
        ({3: A, 9: C}, history((3, A), (5, B), (9, C), age=HOUR / 2), []),
        (GOOD, history((3, A), (9, C), (5, B)), ["sizes_not_growing 5"]),
        (GOOD, history((3, A), (9, C)), ["chain_incomplete 5"]),
        (GOOD, history((3, A), (5, B), (9, C), last_size=12), ["chain_incomplete"]),
        (GOOD, history((3, A), (5, B), (9, C), times={A: 1, B: 1, C: 0}), ["chain_incomplete 9", "not_recorded 9"]),
        (GOOD | {9: X}, history((3, A), (5, B), pending=frozenset([X])), ["not_final 9"]),
        (GOOD, History(code="chain_unreachable", failure="It was away."), ["chain_unreachable"]),
    ],
)
def test_published_against_the_chain(published: dict[int, bytes], found: History, expected: list[str]) -> None:
    assert on_chain(published, found) == expected


def test_a_host_that_shows_yesterdays_log_is_found_out_by_the_chain() -> None:
    assert on_chain({3: A, 5: B}, WHOLE, size=5) == ["log_behind"]


def test_what_could_not_be_looked_at_is_not_called_missing() -> None:
    assert codes(checks.check_chain({9: C}, WHOLE, 9, NOW, Rules(), has_list=False)) == []
    assert codes(checks.check_chain({}, WHOLE, None, NOW, Rules(), has_list=False)) == []


@pytest.mark.parametrize(
    ("recomputed", "seen", "size", "expected"),
    [
        (GOOD | {9: X}, {}, 9, ["root_wrong 9", "history_rewritten 9"]),
        (GOOD | {5: X}, {5: B}, 9, ["root_wrong 5", "history_rewritten 5", "history_rewritten 5"]),
        (GOOD | {7: X}, {7: A}, 9, ["history_rewritten 7"]),
        (GOOD, {5: X}, 9, ["history_rewritten 5", "split_view 5"]),
        (GOOD, {12: X}, 9, ["log_shrank"]),
    ],
)
def test_recomputed_against_what_was_shown(
    recomputed: dict[int, bytes], seen: dict[int, bytes], size: int, expected: list[str]
) -> None:
    assert codes(checks.check_roots(recomputed, GOOD, WHOLE, Seen(seen), size)) == expected


@pytest.mark.parametrize(
    ("made", "sizes", "roots", "expected"),
    [
        (NOW, (3, 5, 9), (A, B, X), ["split_view 9"]),
        (NOW - 2 * HOUR, (3, 5, 9, 12), (A, B, C, X), ["checkpoint_behind"]),
        (NOW, (3, 5, 9, 12), (A, B, C, X), []),
        (NOW - timedelta(days=4), (3, 5, 9), (A, B, C), ["list_stale"]),
        (NOW, (), (), []),
    ],
)
def test_the_list_against_the_checkpoint(
    made: datetime, sizes: tuple[int, ...], roots: tuple[bytes, ...], expected: list[str]
) -> None:
    listed = CheckpointList("did:web:x", made, sizes, roots)
    assert codes(checks.check_list(listed, LogCheckpoint("x", 9, C), NOW, Rules())) == expected


RECORDED = NOW - 2 * HOUR
STRICT = Rules(awarding=timedelta(days=30), awarding_is_rule=True)


@pytest.mark.parametrize(
    ("signed", "awarded", "rules", "expected"),
    [
        (RECORDED, RECORDED, Rules(), []),
        (RECORDED - timedelta(days=7), RECORDED - timedelta(days=90), Rules(), []),
        (RECORDED - timedelta(days=8), None, Rules(), [(Severity.FAULT, "signature_backdated")]),
        (RECORDED, RECORDED - timedelta(days=91), Rules(), [(Severity.NOTICE, "award_backdated")]),
        (RECORDED, RECORDED - timedelta(days=31), STRICT, [(Severity.FAULT, "award_backdated")]),
        (None, None, Rules(), []),
    ],
)
def test_dates_claimed_long_before_the_record(
    signed: datetime | None, awarded: datetime | None, rules: Rules, expected: list[tuple[Severity, str]]
) -> None:
    claim = Dated("a.json", 4, A, signed, awarded)
    # The first record that covers place 4 counts, not a later one.
    found = history((3, A), (5, B), (9, C))
    late = History(found.records, {**found.times, C: int(NOW.timestamp())}, last_size=9)
    assert [(one.severity, one.code) for one in check_claim(claim, A, late, rules)] == expected


@pytest.mark.parametrize(
    ("index", "leaf", "expected"),
    [(4, None, "claim_not_found"), (4, X, "claim_not_in_log"), (9, A, "claim_not_recorded")],
)
def test_a_claim_without_its_place(index: int, leaf: bytes | None, expected: str) -> None:
    claim = Dated("a.json", index, A, None, None)
    assert codes(check_claim(claim, leaf, WHOLE, Rules())) == [f"{expected} a.json"]


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        ((), Outcome.WHOLE),
        ((Finding(Severity.NOTICE, "n", ""),), Outcome.WHOLE),
        ((unknown("u", ""), Finding(Severity.NOTICE, "n", "")), Outcome.UNKNOWN),
        ((unknown("u", ""), fault("f", "")), Outcome.FAULTY),
    ],
)
def test_the_worst_finding_is_the_outcome(findings: tuple[Finding, ...], outcome: Outcome) -> None:
    assert Audited("did:web:x", "", NOW, findings).outcome is outcome
