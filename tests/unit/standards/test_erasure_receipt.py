"""Erasure receipts: read as they are made, and nothing else is taken for one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.standards import erasure_receipt
from app.standards.erasure_receipt import ErasureReason

NOW = datetime(2026, 9, 12, 10, tzinfo=UTC)
UNSIGNED = erasure_receipt.unsigned(
    receipt_id="https://host.example/i/northgate/erasures/1",
    issuer="did:web:host.example:i:northgate",
    log_url="https://host.example/i/northgate/log",
    reason=ErasureReason.LEARNER_REQUEST,
    counts={"credentials": 2, "logEntries": 2},
    positions=[9, 4],
    now=NOW,
)


def test_a_receipt_is_read_as_it_was_made() -> None:
    receipt = erasure_receipt.read({**UNSIGNED, "proof": {}})
    assert (receipt.positions, receipt.reason, receipt.erased_at) == ((4, 9), ErasureReason.LEARNER_REQUEST, NOW)
    assert receipt.counts["learners"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "Receipt"},
        {"version": "2"},
        {"erasedAt": "yesterday"},
        {"reason": "because"},
        {"counts": {}},
        {"counts": UNSIGNED["counts"] | {"learners": True}},
        {"logPositions": [9, 4]},
        {"logPositions": [4, 4]},
        {"logPositions": [-1]},
        {"logPositions": "4"},
        {"issuer": None},
        {"learner": "Anna"},
    ],
)
def test_what_is_no_erasure_receipt(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        erasure_receipt.read(UNSIGNED | changes)
