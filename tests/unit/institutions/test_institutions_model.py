"""Rules of identities: names of keys, what the DID document and the published wallet say of each key."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.errors import AppError
from app.institutions.model import (
    RETIRING,
    DidDocumentVersion,
    Institution,
    SigningKey,
    Wallet,
    did_document,
    in_force,
    next_key_name,
    published_wallet,
)
from app.institutions.service import Identity
from app.institutions.upkeep import check_compromise, find_key
from app.standards import did

NOW = datetime(2026, 9, 12, 10, 0, 0, tzinfo=UTC)
COLLEGE = Institution(
    UUID(int=1), "northgate", "Northgate College", "10000001", "did:web:host.example:i:northgate",
    "https://host.example", NOW,
)  # fmt: skip
WALLET = Wallet(COLLEGE.id, "0x" + "aB" * 20, "w.json", 31337, "0x" + "11" * 20, NOW)
MULTIKEYS = (
    "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
    "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
    "z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG",
)


def key(number: int, **changes: datetime) -> SigningKey:
    return SigningKey(COLLEGE.id, f"key-2026-0{number + 7}", MULTIKEYS[number], f"{number}.pem", NOW, **changes)


RETIRED = key(0, expires_at=NOW + RETIRING)
COMPROMISED = key(1, revoked_at=NOW)
CURRENT = key(2)


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (set(), "key-2026-09"),
        ({"key-2026-08"}, "key-2026-09"),
        ({"key-2026-09"}, "key-2026-09-2"),
        ({"key-2026-09", "key-2026-09-2"}, "key-2026-09-3"),
        ({"key-2026-09", "key-2026-09-3"}, "key-2026-09-2"),
        ({"key-2026-09-2"}, "key-2026-09"),
    ],
)
def test_keys_are_named_by_month(taken: set[str], expected: str) -> None:
    assert next_key_name(NOW, taken.__contains__) == expected


@pytest.mark.parametrize(
    ("one", "current"),
    [
        (CURRENT, True),
        (RETIRED, False),
        (COMPROMISED, False),
        (key(0, expires_at=NOW, revoked_at=NOW), False),
    ],
)
def test_a_key_is_current_until_it_is_retired_or_given_up(one: SigningKey, current: bool) -> None:
    assert one.is_current is current


def test_every_key_ever_used_is_named_and_a_compromised_one_signs_nothing() -> None:
    document = did_document(COLLEGE, (RETIRED, COMPROMISED, CURRENT), (WALLET,))
    methods = {method["id"].partition("#")[2]: method for method in document["verificationMethod"]}
    assert list(methods) == ["key-2026-07", "key-2026-08", "key-2026-09", "anchor-wallet-1"]
    limits = {name: (method.get("expires"), method.get("revoked")) for name, method in methods.items()}
    assert limits == {
        "key-2026-07": ("2026-09-13T10:00:00Z", None),
        "key-2026-08": (None, "2026-09-12T10:00:00Z"),
        "key-2026-09": (None, None),
        "anchor-wallet-1": (None, None),
    }
    assert document["assertionMethod"] == [f"{COLLEGE.did}#key-2026-07", f"{COLLEGE.did}#key-2026-09"]
    assert document["capabilityInvocation"] == [f"{COLLEGE.did}#anchor-wallet-1"]
    read = did.read_document(document, COLLEGE.did)
    assert [one.expires for one in read.signing_keys] == [NOW + RETIRING, None]
    assert read.wallets == (did.WalletAddress(31337, WALLET.address.lower()),)


def test_a_key_both_retired_and_given_up_signs_nothing() -> None:
    document = did_document(COLLEGE, (key(0, expires_at=NOW, revoked_at=NOW), CURRENT), (WALLET,))
    assert document["assertionMethod"] == [f"{COLLEGE.did}#key-2026-09"]
    assert {"expires", "revoked"} <= set(document["verificationMethod"][0])


def test_the_document_says_where_the_rest_is_published() -> None:
    services = {
        one["id"]: (one["type"], one["serviceEndpoint"])
        for one in did_document(COLLEGE, (CURRENT,), (WALLET,))["service"]
    }
    page = "https://host.example/i/northgate"
    assert services == {
        f"{COLLEGE.did}#anchors": ("EvmAnchorRegistry", f"{page}/anchors"),
        f"{COLLEGE.did}#accreditation": ("AccreditationList", f"{page}/accreditations"),
        f"{COLLEGE.did}#checkpoints": ("CheckpointList", f"{page}/checkpoints"),
        f"{COLLEGE.did}#log": ("TransparencyLog", f"{page}/log"),
    }


def test_the_published_wallet_names_every_key_but_the_compromised() -> None:
    members = published_wallet(COLLEGE, WALLET, RETIRED, COMPROMISED, CURRENT)
    assert members["signingKeys"] == [CURRENT.public_key, RETIRED.public_key]
    assert members["compromisedKeys"] == [{"key": COMPROMISED.public_key, "since": "2026-09-12T10:00:00Z"}]


IDENTITY = Identity(COLLEGE, CURRENT, WALLET, (RETIRED, COMPROMISED))


@pytest.mark.parametrize(("name", "found"), [(None, CURRENT), ("key-2026-07", RETIRED), ("key-2026-08", COMPROMISED)])
def test_a_key_is_found_by_its_name(name: str | None, found: SigningKey) -> None:
    assert find_key(IDENTITY, name) == found


def test_an_unknown_key_is_not_found() -> None:
    with pytest.raises(AppError) as refused:
        find_key(IDENTITY, "key-2025-01")
    assert refused.value.code == "signing_key_unknown"


@pytest.mark.parametrize(
    ("one", "since", "code"),
    [
        (CURRENT, NOW, ""),
        (CURRENT, NOW + timedelta(hours=1), ""),
        (RETIRED, NOW, ""),
        (CURRENT, NOW + timedelta(hours=1, seconds=1), "since_in_future"),
        (CURRENT, NOW - timedelta(seconds=1), "since_before_key"),
        (COMPROMISED, NOW, "key_already_compromised"),
    ],
)
def test_what_a_compromise_may_claim(one: SigningKey, since: datetime, code: str) -> None:
    try:
        check_compromise(one, since, NOW + timedelta(hours=1))
        refused = ""
    except AppError as error:
        refused = error.code
    assert refused == code


def test_a_key_may_be_compromised_from_the_second_it_was_made_in() -> None:
    made_within = SigningKey(COLLEGE.id, "key-2026-09", MULTIKEYS[0], "k.pem", NOW.replace(microsecond=700_000))
    check_compromise(made_within, NOW, NOW + timedelta(hours=1))


FIRST = DidDocumentVersion(1, b"one", NOW, NOW + timedelta(days=1))
SECOND = DidDocumentVersion(2, b"two", NOW + timedelta(days=1), None)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(seconds=-1), None),
        (timedelta(0), FIRST),
        (timedelta(hours=23, minutes=59, seconds=59), FIRST),
        (timedelta(days=1), SECOND),
        (timedelta(days=999), SECOND),
    ],
)
def test_the_version_in_force_at_a_time(after: timedelta, expected: DidDocumentVersion | None) -> None:
    assert in_force((FIRST, SECOND), NOW + after) == expected


def test_of_two_versions_of_one_second_the_later_one_holds() -> None:
    both = (DidDocumentVersion(1, b"one", NOW, NOW), DidDocumentVersion(2, b"two", NOW, None))
    assert in_force(both, NOW) == both[1]
    assert in_force((), NOW) is None
