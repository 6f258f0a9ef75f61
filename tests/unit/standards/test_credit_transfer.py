"""CreditTransferAgreement v1: what is written is read again, and what is not version 1 is not read."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.standards.credit_transfer import CreditTransferAgreement, read, unsigned

AGREEMENT = CreditTransferAgreement(
    id="urn:uuid:1",
    issuer="did:web:a.example",
    takes_from="did:web:b.example",
    qualifications=("https://a.example/catalogue/qualifications/hnc-computing",),
    units=(),
    most_credits=60,
    since=date(2026, 1, 1),
    until=None,
    made=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "agreement",
    [AGREEMENT, replace(AGREEMENT, most_credits=None, until=date(2026, 1, 1), units=("https://a.example/u",))],
)
def test_what_is_written_is_read_again(agreement: CreditTransferAgreement) -> None:
    assert read(unsigned(agreement)) == agreement


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "ErasureReceipt"},
        {"version": "2"},
        {"more": 1},
        {"issuer": ""},
        {"takesFrom": "did:web:a.example"},
        {"takesFrom": None},
        {"qualifications": []},
        {"qualifications": "hnc-computing"},
        {"qualifications": ["x", "x"]},
        {"units": [1]},
        {"units": ["x"] * 501},
        {"mostCredits": 0},
        {"mostCredits": -15},
        {"mostCredits": True},
        {"mostCredits": 1.5},
        {"mostCredits": "60"},
        {"from": "20260101"},
        {"from": "2026-02-30"},
        {"from": None},
        {"until": "2025-12-31"},
        {"until": ""},
        {"made": "yesterday"},
    ],
)
def test_what_is_not_version_1_is_not_read(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read({**unsigned(AGREEMENT), **changes})


@pytest.mark.parametrize("member", sorted(unsigned(AGREEMENT)))
def test_nothing_may_be_missing(member: str) -> None:
    document = unsigned(AGREEMENT)
    del document[member]
    with pytest.raises(ValueError, match=r"."):
        read(document)
