"""Timestamps and the shape of a credential."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from app.standards import vc
from tests.unit.standards import sample


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T09:00:00Z", datetime(2026, 11, 21, 9, tzinfo=UTC)),
        ("2026-11-21T09:00:00+01:00", datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("2026-11-21T09:00:00-05:30", datetime(2026, 11, 21, 14, 30, tzinfo=UTC)),
        ("2026-11-21T09:00:00+14:00", datetime(2026, 11, 20, 19, tzinfo=UTC)),
        ("2026-11-21T09:00:00.5Z", datetime(2026, 11, 21, 9, 0, 0, 500_000, UTC)),
        ("2026-11-21T09:00:00.123456789Z", datetime(2026, 11, 21, 9, 0, 0, 123_456, UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_timestamp(text: str, moment: datetime) -> None:
    assert vc.parse_timestamp(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        None,
        1_700_000_000,
        "",
        "2026-11-21",
        "2026-11-21T09:00:00",
        "2026-11-21T09:00Z",
        "2026-11-21 09:00:00Z",
        "2026-11-21t09:00:00z",
        "2026-11-21T09:00:00Z\n",
        " 2026-11-21T09:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-21T25:00:00Z",
        "2026-11-21T09:00:61Z",
        "0000-01-01T00:00:00Z",
        "-2026-11-21T09:00:00Z",
        "12026-11-21T09:00:00Z",
        "2026-11-21T09:00:00+99:00",
        "2026-11-21T09:00:00-24:00",
        "2026-11-21T09:00:00+14:01",
        "2026-11-21T09:00:00+01:60",
        "2026-11-21T09:00:00+0100",
        "2026-11-21T09:00:00.Z",
        "\u0662026-11-21T09:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-11-21T09:00:00." + "0" * 60 + "Z",
    ],
    ids=ascii,
)
def test_not_a_timestamp(text: Any) -> None:
    assert vc.parse_timestamp(text) is None


def test_timestamps_are_written_in_utc_and_whole_seconds() -> None:
    moment = datetime(2026, 11, 21, 0, 30, 0, 999_999, timezone(timedelta(hours=1)))
    assert vc.timestamp(moment) == "2026-11-20T23:30:00Z"
    assert vc.parse_timestamp(vc.timestamp(moment)) == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://a.example/x", True),
        ("urn:uuid:6f0e2d4b", True),
        ("did:web:a.example#k", True),
        ("relative", False),
        ("//a.example", False),
        ("https://a.example/a b", False),
        ('https://a.example/"', False),
        ("https://a.example/\n", False),
        ("1a:b", False),
        ("a:", False),
        (None, False),
        (["urn:a"], False),
        ("urn:" + "a" * 3000, False),
    ],
)
def test_url(value: Any, expected: bool) -> None:
    assert vc.is_url(value) is expected


def test_our_own_credential_has_no_problems() -> None:
    assert list(vc.structure_problems(sample.credential())) == []


ENTRY = sample.credential()["credentialStatus"]
RESOURCE = {"id": "urn:x", "digestSRI": "sha384-x"}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"@context": vc.CONTEXT}, ["context_not_v2"]),
        ({"@context": []}, ["context_not_v2"]),
        ({"@context": ["https://www.w3.org/2018/credentials/v1", vc.CONTEXT]}, ["context_not_v2"]),
        ({"type": "VerifiableCredential"}, []),
        ({"type": "VerifiableCredentialToo"}, ["type_not_credential"]),
        ({"type": {"VerifiableCredential": 1}}, ["type_not_credential"]),
        ({"type": ["OpenBadgeCredential"]}, ["type_not_credential"]),
        ({"issuer": None}, ["issuer_missing"]),
        ({"issuer": {"name": "x"}}, ["issuer_missing"]),
        ({"issuer": "Example College"}, ["issuer_missing"]),
        ({"issuer": [sample.DID]}, ["issuer_missing"]),
        ({"issuer": sample.DID}, []),
        ({"id": "1"}, ["id_not_url"]),
        ({"id": None}, ["id_not_url"]),
        ({"credentialSubject": {}}, ["subject_missing"]),
        ({"credentialSubject": []}, ["subject_missing"]),
        ({"credentialSubject": [{}]}, ["subject_missing"]),
        ({"credentialSubject": "x"}, ["subject_missing"]),
        ({"credentialSubject": [{"a": 1}]}, []),
        ({"validFrom": "2026-11-21"}, ["date_malformed"]),
        ({"validFrom": "2026-11-21T00:00:00+99:00"}, ["date_malformed"]),
        ({"validUntil": 7}, ["date_malformed"]),
        ({"validUntil": "2020-01-01T00:00:00Z"}, ["dates_reversed"]),
        ({"credentialStatus": "x"}, ["status_malformed"]),
        ({"credentialStatus": [ENTRY, {}]}, ["status_malformed"]),
        ({"credentialStatus": [ENTRY, ENTRY]}, []),
        ({"credentialStatus": ENTRY | {"type": ["BitstringStatusListEntry"]}}, []),
        ({"credentialStatus": ENTRY | {"type": []}}, ["status_malformed"]),
        ({"credentialStatus": ENTRY | {"id": "5"}}, ["status_malformed"]),
        ({"credentialStatus": {name: value for name, value in ENTRY.items() if name != "id"}}, []),
        ({"evidence": {"type": "Evidence"}}, []),
        ({"evidence": [{"type": ["Evidence"]}, {"id": "urn:x"}]}, ["part_malformed"]),
        ({"evidence": "urn:x"}, ["part_malformed"]),
        ({"evidence": []}, []),
        ({"termsOfUse": {"id": "urn:x", "type": 5}}, ["part_malformed"]),
        ({"refreshService": {"id": "x", "type": "X"}}, ["part_malformed"]),
        ({"renderMethod": {}}, ["part_malformed"]),
        ({"credentialSchema": {"id": "urn:x"}}, ["part_malformed"]),
        ({"credentialSchema": {"type": "JsonSchema"}}, ["part_malformed"]),
        ({"relatedResource": RESOURCE}, []),
        ({"relatedResource": [RESOURCE, RESOURCE | {"id": "urn:y"}]}, []),
        ({"relatedResource": [RESOURCE, RESOURCE]}, ["resource_malformed"]),
        ({"relatedResource": ["urn:x"]}, ["resource_malformed"]),
        ({"relatedResource": RESOURCE | {"id": ["urn:x"]}}, ["resource_malformed"]),
        ({"relatedResource": {"id": "urn:x"}}, ["resource_malformed"]),
    ],
    ids=str,
)
def test_structure_problems(changes: dict[str, Any], codes: list[str]) -> None:
    assert [code for code, _ in vc.structure_problems(sample.credential() | changes)] == codes


def test_an_empty_object_has_every_basic_problem() -> None:
    codes = {code for code, _ in vc.structure_problems({})}
    assert codes == {"context_not_v2", "type_not_credential", "issuer_missing", "subject_missing"}
