"""Alarms: once for each new fault, once when it is over, and never over while something could not be looked at."""

from datetime import UTC, datetime, timedelta

import pytest

from app.auditing import alarms
from app.auditing.alarms import Watch
from app.auditing.model import Audited, Finding, Severity, fault, unknown

START = datetime(2026, 9, 12, 10, tzinfo=UTC)
SPLIT, MISSING = fault("split_view", "…", 9), fault("tile_missing", "…", "tile/0/001")
AWAY = unknown("checkpoint_not_fetched", "…")
NOTICE = Finding(Severity.NOTICE, "award_backdated", "…")


def told(*rounds: tuple[Finding, ...]) -> list[list[str]]:
    """What each round of findings tells, over a memory that is written and read again each time."""
    watch, said = Watch(), []
    for number, findings in enumerate(rounds):
        report = Audited("did:web:x", "https://x/log", START + timedelta(hours=number), findings)
        watch, new = alarms.weigh(alarms.read(watch.as_json()), report)
        said.append([f"{alarm.body['type']} {alarm.body['data']['code']}" for alarm in new])
    return said


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        (((), ()), [[], []]),
        (((SPLIT,), (SPLIT,), ()), [["log.found split_view"], [], ["log.over split_view"]]),
        (((SPLIT,), (SPLIT, MISSING)), [["log.found split_view"], ["log.found tile_missing"]]),
        (((AWAY,), ()), [[], []]),
        (((AWAY,), (AWAY,), (AWAY,), ()), [[], ["log.found checkpoint_not_fetched"], [], ["log.over checkpoint_not_fetched"]]),
        (((SPLIT,), (), (SPLIT,)), [["log.found split_view"], ["log.over split_view"], ["log.found split_view"]]),
        (((NOTICE,), (NOTICE,)), [[], []]),
    ],
)  # fmt: skip
def test_what_is_told(rounds: tuple[tuple[Finding, ...], ...], expected: list[list[str]]) -> None:
    assert told(*rounds) == expected


def test_a_host_that_falls_silent_is_not_rid_of_its_faults() -> None:
    assert told((SPLIT,), (AWAY,), (AWAY,), ()) == [
        ["log.found split_view"],
        [],
        ["log.found checkpoint_not_fetched"],
        ["log.over checkpoint_not_fetched", "log.over split_view"],
    ]


def test_an_alarm_has_one_id_and_another_one_when_the_fault_comes_again() -> None:
    ids = []
    watch = Watch()
    for number, findings in enumerate(((SPLIT,), (), (SPLIT,))):
        report = Audited("did:web:x", "https://x/log", START + timedelta(hours=number), findings)
        assert alarms.weigh(watch, report) == alarms.weigh(watch, report)
        watch, new = alarms.weigh(watch, report)
        ids += [alarm.id for alarm in new]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    "value", [None, [], {"x": 1}, {"x": {"since": "now"}}, {"x": {"since": "2026-09-12T10:00:00Z"}}]
)
def test_what_was_told_and_cannot_be_read_is_not_forgotten(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        alarms.read(value)
