"""One log recorded on two chains: what an audit makes of what they say together, and of one that is silent."""

from datetime import UTC, datetime, timedelta

import pytest

from app.auditing import checks
from app.auditing.claims import Dated, check_claim
from app.auditing.model import Finding, History, Recorded, Rules, Severity
from app.auditing.places import Told, together

NOW = datetime(2026, 9, 12, 10, tzinfo=UTC)
A, B, C, X = (bytes([value]) * 32 for value in range(1, 5))
PUBLISHED = {3: A, 5: B, 9: C}
FIRST, SECOND = 1, 8453
OLD, NEW = (int((NOW - timedelta(days=days)).timestamp()) for days in (400, 2))


def history(at: int, *records: tuple[int, bytes], pending: frozenset[bytes] = frozenset()) -> History:
    times = dict.fromkeys(PUBLISHED.values(), 0) | {root: at for _, root in records}
    made = tuple(Recorded(size, root, place) for place, (size, root) in enumerate(records))
    return History(made, times, pending, max((size for size, _ in records), default=0))


SILENT = History(code="chain_unreachable", failure="The chain could not be asked just now.")
WHOLE = history(OLD, (3, A), (5, B), (9, C))


def found(*told: History, published: dict[int, bytes] | None = None) -> list[str]:
    """Everything that an audit says of these, the first one the log's own chain."""
    shown = PUBLISHED if published is None else published
    made = together([Told(chain, one) for chain, one in zip((FIRST, SECOND), told, strict=False)], shown)
    findings = [*made.findings, *checks.check_chain(made.published, made.history, 9, NOW, Rules())]
    return [_named(one) for one in findings]


def _named(one: Finding) -> str:
    return f"{one.severity}: {one.code} {one.about}".strip()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([WHOLE], []),
        ([WHOLE, history(NEW, (9, C))], []),
        # After a move: the old records on the one, the new ones on the other.
        ([history(NEW, (9, C)), history(OLD, (3, A), (5, B))], []),
        ([SILENT, history(NEW, (9, C))], ["notice: chain_silent 1"]),
        ([SILENT, history(NEW, (5, B))], ["cannot tell: chain_unreachable 1"]),
        ([history(OLD, (3, A), (5, B), (9, C)), SILENT], ["notice: chain_silent 8453"]),
        ([history(OLD, (3, A), (5, B)), SILENT], ["cannot tell: chain_unreachable 8453"]),
        ([SILENT, SILENT], ["cannot tell: chain_unreachable"]),
        ([WHOLE, history(NEW, (9, X))], ["fault: split_view 9"]),
        ([history(OLD, (3, A), (5, B)), history(NEW, (9, X))], ["fault: split_view 9"]),
        ([SILENT, history(NEW, (5, X), (9, C))], ["notice: chain_silent 1", "fault: split_view 5"]),
        ([history(OLD, (3, A)), history(NEW, (5, B))], ["fault: not_recorded 9"]),
        ([history(OLD, (3, A), (5, B), pending=frozenset([C])), history(NEW)], ["cannot tell: not_final 9"]),
    ],
)
def test_what_two_chains_say_together(told: list[History], expected: list[str]) -> None:
    assert found(*told) == expected


def test_what_is_recorded_on_either_must_be_published() -> None:
    assert found(WHOLE, history(NEW, (7, X))) == ["fault: not_published 7"]


def test_each_chains_own_records_must_grow() -> None:
    shrinking = history(NEW, (9, C), (5, B))
    assert found(WHOLE, shrinking) == []
    assert [one.code for one in checks.check_growing(shrinking)] == ["sizes_not_growing"]


def test_the_earliest_record_dates_a_claim_and_none_is_made_late_by_a_silent_chain() -> None:
    signed = NOW - timedelta(days=400, hours=1)
    claim = Dated("a file", 4, A, signed, None)

    def dated(*told: History) -> list[str]:
        made = together([Told(chain, one) for chain, one in zip((FIRST, SECOND), told, strict=True)], PUBLISHED)
        return [_named(one) for one in check_claim(claim, A, made.history, Rules())]

    assert dated(WHOLE, history(NEW, (9, C))) == []
    assert dated(history(NEW, (9, C)), WHOLE) == []
    assert dated(SILENT, history(NEW, (9, C))) == ["cannot tell: claim_undated a file"]
    assert dated(history(NEW, (9, C)), history(NEW, (5, B))) == ["fault: signature_backdated a file"]


def test_a_notice_leaves_a_log_whole() -> None:
    made = together([Told(FIRST, SILENT), Told(SECOND, history(NEW, (9, C)))], PUBLISHED)
    assert {one.severity for one in made.findings} == {Severity.NOTICE}
    assert "2 checkpoints that no other chain has" in made.findings[0].sentence
    assert made.published == {9: C}
