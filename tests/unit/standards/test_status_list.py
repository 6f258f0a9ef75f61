"""Bitstring status lists: which bit is whose, and lists that must not be believed."""

import base64
import gzip
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.standards import status_list, vc
from app.standards.status_list import LENGTH, StatusListProblem

URL = "https://college.example.ac.uk/status/1"
ISSUER = "did:web:college.example.ac.uk"
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def packed(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def a_list(bits: bytes = bytes(LENGTH // 8), **changes: Any) -> dict[str, Any]:
    return {**status_list.unsigned_list(URL, {"id": ISSUER}, bits, NOW), **changes}


def test_index_0_is_the_most_significant_bit_of_the_first_byte() -> None:
    bits = bytearray(LENGTH // 8)
    status_list.set_bit(bits, 0)
    status_list.set_bit(bits, 9)
    status_list.set_bit(bits, LENGTH - 1)
    assert (bits[0], bits[1], bits[-1]) == (0x80, 0x40, 0x01)


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(0, LENGTH - 1), max_size=20), st.integers(0, LENGTH - 1))
def test_what_is_set_is_read_and_nothing_else(indices: set[int], other: int) -> None:
    bits = bytearray(LENGTH // 8)
    for index in indices:
        status_list.set_bit(bits, index)
    document = a_list(bytes(bits))
    assert all(status_list.read_bit(document, URL, ISSUER, index) for index in indices)
    assert status_list.read_bit(document, URL, ISSUER, other) is (other in indices)


def test_the_same_bits_are_the_same_text() -> None:
    assert status_list.encode(bytes(LENGTH // 8)) == status_list.encode(bytes(LENGTH // 8))


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        (None, "status_list_malformed"),
        (7, "status_list_malformed"),
        ("", "status_list_malformed"),
        ("u", "status_list_malformed"),
        ("z" + status_list.encode(bytes(LENGTH // 8))[1:], "status_list_malformed"),
        ("uÀÀ", "status_list_malformed"),
        ("u!!!!", "status_list_malformed"),
        (packed(b"not gzip"), "status_list_malformed"),
        (packed(gzip.compress(bytes(LENGTH // 8), mtime=0)[:-9]), "status_list_malformed"),
        (packed(gzip.compress(bytes(LENGTH // 8), mtime=0)[:-8] + bytes(8)), "status_list_malformed"),
        (packed(gzip.compress(bytes(64 * 1024 * 1024), 9, mtime=0)), "status_list_malformed"),  # 64 kB of bomb
        ("u" + "A" * (9 * 1024 * 1024), "status_list_malformed"),
        (status_list.encode(bytes(LENGTH // 8 - 1)), "status_list_too_short"),
        (status_list.encode(b""), "status_list_too_short"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_damaged_lists(encoded: Any, code: str) -> None:
    with pytest.raises(StatusListProblem) as problem:
        status_list.decode(encoded)
    assert problem.value.code == code


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "https://elsewhere.example/status/1"},
        {"issuer": "did:web:attacker.example"},
        {"issuer": {"id": "did:web:attacker.example"}},
        {"issuer": None},
        {"type": ["VerifiableCredential"]},
        {"type": "BitstringStatusListCredential"},
        {"credentialSubject": None},
        {"credentialSubject": [a_list()["credentialSubject"]]},
        {"credentialSubject": {**a_list()["credentialSubject"], "statusPurpose": "suspension"}},
        {"credentialSubject": {**a_list()["credentialSubject"], "statusPurpose": ["suspension"]}},
        {"credentialSubject": {**a_list()["credentialSubject"], "type": "StatusList2021"}},
    ],
    ids=str,
)
def test_another_list(changes: dict[str, Any]) -> None:
    with pytest.raises(StatusListProblem) as problem:
        status_list.read_bit(a_list(**changes), URL, ISSUER, 0)
    assert problem.value.code == "status_list_foreign"


def test_an_index_outside_the_list() -> None:
    with pytest.raises(StatusListProblem) as problem:
        status_list.read_bit(a_list(), URL, ISSUER, LENGTH)
    assert problem.value.code == "status_index_out_of_range"
    assert status_list.read_bit(a_list(), URL, ISSUER, LENGTH - 1) is False


def test_the_entry_we_write_is_the_entry_we_read() -> None:
    assert status_list.read_entry({"credentialStatus": status_list.entry(URL, 94567)}) == (URL, 94567)
    assert status_list.read_entry({"credentialStatus": [status_list.entry(URL, 0)]}) == (URL, 0)
    assert status_list.read_entry({}) is None


def test_one_type_or_purpose_may_stand_in_a_list() -> None:
    entry = status_list.entry(URL, 5) | {"type": ["BitstringStatusListEntry"]}
    assert status_list.read_entry({"credentialStatus": entry}) == (URL, 5)
    listed = a_list()
    listed["credentialSubject"]["statusPurpose"] = ["suspension", "revocation"]
    assert status_list.read_bit(listed, URL, ISSUER, 5) is False
    listed["credentialSubject"]["statusPurpose"] = ["suspension"]
    with pytest.raises(StatusListProblem, match="not the one"):
        status_list.read_bit(listed, URL, ISSUER, 5)


@pytest.mark.parametrize(
    "status",
    [
        [],
        "x",
        [status_list.entry(URL, 1), status_list.entry(URL, 2)],
        {},
        {**status_list.entry(URL, 1), "type": "StatusList2021Entry"},
        {**status_list.entry(URL, 1), "type": ["BitstringStatusListEntry", "AnotherStatus"]},
        {**status_list.entry(URL, 1), "statusPurpose": "suspension"},
        {**status_list.entry(URL, 1), "statusSize": 2},
        {**status_list.entry(URL, 1), "statusListCredential": "not a url"},
        {**status_list.entry(URL, 1), "statusListIndex": 1},
        {**status_list.entry(URL, 1), "statusListIndex": "-1"},
        {**status_list.entry(URL, 1), "statusListIndex": "\u0661"},
        {**status_list.entry(URL, 1), "statusListIndex": ""},
        {**status_list.entry(URL, 1), "statusListIndex": "1" * 10},
    ],
    ids=str,
)
def test_an_entry_that_cannot_be_read(status: Any) -> None:
    with pytest.raises(StatusListProblem) as problem:
        status_list.read_entry({"credentialStatus": status})
    assert problem.value.code == "status_entry_unknown"


def test_the_list_is_a_credential_for_a_week() -> None:
    document = a_list()
    assert list(vc.structure_problems(document)) == []
    assert (document["validFrom"], document["validUntil"]) == ("2026-11-21T00:00:00Z", "2026-11-28T00:00:00Z")
