"""Reasons beside a status list: what we write is what we read, and anything misshapen is refused."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.standards import data_integrity, status_reasons
from app.standards.status_reasons import Standing, StatusReason, StatusReasonsProblem
from tests.unit.standards import sample

LIST_URL = "https://college.example.ac.uk/status/1"
ON = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
REASONS = {7: StatusReason(Standing.REVOKED, "malpractice", ON), 0: StatusReason(Standing.SUPERSEDED, "other", ON)}

reasons = st.dictionaries(
    st.integers(0, 131_071),
    st.builds(
        StatusReason,
        st.sampled_from(Standing),
        st.text(min_size=1, max_size=100).filter(str.isprintable),
        st.integers(946_684_800, 32_503_680_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    ),
    max_size=30,
)


def statement(given_reasons: dict[int, StatusReason] | None = None) -> dict[str, Any]:
    return status_reasons.unsigned(LIST_URL, sample.DID, REASONS if given_reasons is None else given_reasons, ON)


@given(reasons)
def test_round_trip(given_reasons: dict[int, StatusReason]) -> None:
    document = json.loads(json.dumps(statement(given_reasons)))
    assert status_reasons.read(document, LIST_URL, sample.DID) == given_reasons


def test_it_can_be_signed_with_jcs_and_read_with_its_proof() -> None:
    signed = data_integrity.sign_jcs(statement(), sample.KEY_ID, sample.SIGNED_ON, sample.KEY.sign)
    proof = data_integrity.read_proof(signed)
    assert data_integrity.verify_signature(
        sample.PUBLIC_KEY, proof.signature, data_integrity.hash_jcs(signed, proof.options)
    )
    assert status_reasons.read(signed, LIST_URL, sample.DID) == REASONS


FAULTS: list[tuple[tuple[str, ...], Any, str]] = [
    (("type",), "StatusReason", "reasons_malformed"),
    (("version",), "2", "reasons_malformed"),
    (("version",), 1, "reasons_malformed"),
    (("issuer",), "did:web:other.example", "reasons_foreign"),
    (("statusListCredential",), f"{LIST_URL}0", "reasons_foreign"),
    (("validFrom",), "yesterday", "reasons_malformed"),
    (("reasons",), [], "reasons_malformed"),
    (("reasons",), None, "reasons_malformed"),
    (("learner",), "Anna", "reasons_malformed"),
    *[
        (
            ("reasons", index),
            {"status": "revoked", "reason": "other", "on": "2026-11-20T12:30:00Z"},
            "reasons_malformed",
        )
        for index in ("", "-1", "07", "1.0", "+1", " 1", "x", "٣", "1" * 10)
    ],
    *[(("reasons", "7"), value, "reasons_malformed") for value in (None, "malpractice", [], {})],
    *[(("reasons", "7", "status"), value, "reasons_malformed") for value in ("suspended", "", None, [])],
    *[(("reasons", "7", "reason"), value, "reasons_malformed") for value in ("", "x" * 101, "a\u202eb", "a\nb", 1)],
    *[(("reasons", "7", "on"), value, "reasons_malformed") for value in ("2026-11-20", "2026-11-20T12:30:00", 1)],
    (("reasons", "7", "note"), "private", "reasons_malformed"),
]


@pytest.mark.parametrize(("path", "value", "code"), FAULTS)
def test_one_fault_refuses_the_whole_statement(path: tuple[str, ...], value: Any, code: str) -> None:
    document = deepcopy(statement())
    holder: Any = document
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    with pytest.raises(StatusReasonsProblem) as refused:
        status_reasons.read(document, LIST_URL, sample.DID)
    assert refused.value.code == code


@pytest.mark.parametrize("member", ["type", "version", "issuer", "statusListCredential", "validFrom", "reasons"])
def test_no_member_may_be_missing(member: str) -> None:
    document = statement()
    del document[member]
    with pytest.raises(StatusReasonsProblem):
        status_reasons.read(document, LIST_URL, sample.DID)
