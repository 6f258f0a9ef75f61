"""Accreditations as credentials: what is built is read back, nothing else is read as a permission."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openbadgeslib.ob3.contexts import document_loader
from pyld import jsonld

from app.adapters.contexts import canonicaliser
from app.standards import accreditation, data_integrity, status_list
from app.standards.accreditation import (
    ANY_QUALIFICATION,
    AccreditationProblem,
    Action,
    Claim,
    Entity,
    QualificationReference,
)
from app.standards.did import WalletAddress
from tests.unit.standards import sample

STATUS = status_list.entry("https://scheme.example/status/1", 7)
COLLEGE = Entity(
    sample.DID, "Example College", "Example College Ltd", "10000000", "RN5133", WalletAddress(31337, "0x" + "ab" * 20)
)
REFERENCE = QualificationReference(
    "https://scheme.example/catalogue/qualifications/hnc", "603/7595/4", ("https://scheme.example/units/1",)
)
FROM = datetime(2026, 9, 1, tzinfo=UTC)
UNTIL = datetime(2027, 8, 31, 23, 59, 59, tzinfo=UTC)


def built(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": "urn:uuid:6f0e2d4b-0a1a-4a0d-8d0a-000000000001",
        "parent": "did:web:scheme.example",
        "child": COLLEGE,
        "action": Action.ISSUE,
        "qualifications": [REFERENCE],
        "valid_from": FROM,
        "valid_until": UNTIL,
        "status": STATUS,
        **changes,
    }
    return accreditation.unsigned_accreditation(**given)


def test_what_is_built_is_read_back() -> None:
    document = built()
    read = accreditation.read_accreditation(json.loads(json.dumps(document)))
    assert (read.parent, read.child, read.valid_from, read.valid_until) == (
        "did:web:scheme.example",
        COLLEGE,
        FROM,
        UNTIL,
    )
    assert (read.status_list, read.status_index) == ("https://scheme.example/status/1", 7)
    assert set(read.permits) == {Action.ISSUE}
    assert [read.covers(moment) for moment in (FROM, UNTIL)] == [True, True]
    assert not read.covers(datetime(2026, 8, 31, tzinfo=UTC))
    assert not read.covers(datetime(2027, 9, 1, tzinfo=UTC))


def test_the_least_that_an_accreditation_says() -> None:
    read = accreditation.read_accreditation(built(child=Entity(sample.DID, "X"), valid_until=None))
    assert (read.child, read.valid_until) == (Entity(sample.DID, "X"), None)


def test_a_json_ld_reader_keeps_every_word() -> None:
    """Nothing falls out of the document for those who read it as JSON-LD: each text and address is in the graph."""
    document = built()
    expanded = json.dumps(jsonld.expand(document, {"documentLoader": document_loader()}))
    for word in ("Example College Ltd", "10000000", "RN5133", "eip155:31337:", REFERENCE.id, "603/7595/4"):
        assert word in expanded
    for term in ("recognizedTo", "RecognizedAction", "AccreditationCredential", "achievement", "wallet"):
        assert f"{accreditation.NAMESPACE}{term}" in expanded


def changed(*path: Any, to: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(built()))
    holder: Any = document
    for name in path[:-1]:
        holder = holder[name]
    if to is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = to
    return document


ACTION = ("credentialSubject", "recognizedTo", 0)
UNREADABLE = [
    ("no object", "text"),
    ("an unknown member", changed("termsOfUse", to={"type": "Limit"})),
    ("another context", changed("@context", to=["https://www.w3.org/ns/credentials/v2"])),
    ("terms of another meaning", changed("@context", 1, "action", to="https://evil.example/action")),
    ("another type", changed("type", to=["VerifiableCredential"])),
    ("no identifier", changed("id", to=None)),
    ("an issuer that is no DID", changed("issuer", to="https://scheme.example/")),
    ("an issuer in an object", changed("issuer", to={"id": "did:web:scheme.example"})),
    ("no beginning", changed("validFrom", to=None)),
    ("a beginning without a zone", changed("validFrom", to="2026-09-01T00:00:00")),
    ("an end that is no date", changed("validUntil", to="never")),
    ("an end before the beginning", changed("validUntil", to="2025-01-01T00:00:00Z")),
    ("no status", changed("credentialStatus", to=None)),
    ("an unknown status", changed("credentialStatus", "statusPurpose", to="suspension")),
    ("two subjects", changed("credentialSubject", to=[built()["credentialSubject"]] * 2)),
    ("an unknown member of the subject", changed("credentialSubject", "limit", to=1)),
    ("a subject that is no institution", changed("credentialSubject", "type", to="Person")),
    ("a subject that is no DID", changed("credentialSubject", "id", to="x")),
    ("no name", changed("credentialSubject", "name", to=None)),
    ("an empty name", changed("credentialSubject", "name", to=" ")),
    ("a name that turns the text round", changed("credentialSubject", "name", to="\u202eegelloC")),
    ("a name without end", changed("credentialSubject", "name", to="x" * 301)),
    ("a wallet that is none", changed("credentialSubject", "wallet", to="0x12")),
    ("no permission", changed("credentialSubject", "recognizedTo", to=None)),
    ("an empty permission", changed("credentialSubject", "recognizedTo", to=[])),
    ("a permission of another type", changed(*ACTION, "type", to="Other")),
    ("too many permissions", changed("credentialSubject", "recognizedTo", to=built()["credentialSubject"]["recognizedTo"] * 11)),
    ("no qualifications", changed(*ACTION, "qualification", to=None)),
    ("an empty list of qualifications", changed(*ACTION, "qualification", to=[])),
    ("too many qualifications", changed(*ACTION, "qualification", to=[{"id": REFERENCE.id}] * 501)),
    ("a qualification without address", changed(*ACTION, "qualification", 0, "id", to=None)),
    ("an unknown limit of a qualification", changed(*ACTION, "qualification", 0, "grade", to="Pass")),
    ("a number that is no text", changed(*ACTION, "qualification", 0, "number", to=60375954)),
    ("parts that are no addresses", changed(*ACTION, "qualification", 0, "achievement", to=["one"])),
    ("parts that are no list", changed(*ACTION, "qualification", 0, "achievement", to="urn:x")),
]  # fmt: skip


@pytest.mark.parametrize(("what", "document"), UNREADABLE, ids=[row[0] for row in UNREADABLE])
def test_what_is_not_understood_is_not_read(what: str, document: Any) -> None:
    with pytest.raises(AccreditationProblem) as refused:
        accreditation.read_accreditation(document)
    assert refused.value.code == "accreditation_malformed"


@pytest.mark.parametrize("action", ["anything", "Issue", None, 7, ["issue"], {}])
def test_an_unknown_action_permits_nothing(action: Any) -> None:
    document = built()
    document["credentialSubject"]["recognizedTo"][0]["action"] = action
    assert accreditation.read_accreditation(document).permits == {}


def test_an_action_with_an_unknown_limit_permits_nothing() -> None:
    read = accreditation.read_accreditation(changed(*ACTION, "outputValidation", to={"type": "JsonSchema"}))
    assert read.permits == {}


def claim(*numbers: str, id: str | None = None) -> Claim:
    return Claim(id, frozenset(numbers))


COVERED = [
    ("its number", claim("603/7595/4"), True),
    ("its number and another", claim("603/7595/4", "610/0000/1"), False),
    ("another number with its address", claim("610/0000/1", id=REFERENCE.id), False),
    ("its address", claim(id=REFERENCE.id), True),
    ("the address of its part", claim(id="https://scheme.example/units/1"), True),
    ("another address", claim(id="https://scheme.example/units/12"), False),
    ("nothing", claim(), False),
]


@pytest.mark.parametrize(("what", "claimed", "expected"), COVERED, ids=[row[0] for row in COVERED])
def test_what_a_scope_covers(what: str, claimed: Claim, expected: bool) -> None:
    read = accreditation.read_accreditation(built())
    assert read.permits_all(Action.ISSUE, [claimed]) is expected
    assert not read.permits_all(Action.ACCREDIT, [claimed])
    everything = accreditation.read_accreditation(built(qualifications=[QualificationReference(ANY_QUALIFICATION)]))
    assert everything.permits_all(Action.ISSUE, [claimed])


def test_every_achievement_of_a_credential_must_be_covered() -> None:
    read = accreditation.read_accreditation(built())
    assert not read.permits_all(Action.ISSUE, [claim("603/7595/4"), claim("610/0000/1")])


def test_a_badge_claims_its_number_and_its_address() -> None:
    number = "603/0001/2"
    assert accreditation.claims(sample.credential()) == (
        Claim("https://awards.example/a/603-0001-2/u1", frozenset({number})),
    )
    nameless = {"credentialSubject": [{"achievement": []}, *[sample.credential()["credentialSubject"]]]}
    assert accreditation.claims(nameless)[0] == Claim(None, frozenset())


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["achievement", "otherIdentifier", "identifierType", "identifier", "id", "x"]), inner, max_size=4), max_leaves=12))  # fmt: skip
def test_any_subject_claims_at_least_something(subject: Any) -> None:
    """Never an empty list of claims: that would be covered by every scope."""
    assert accreditation.claims({"credentialSubject": subject})


LISTS = [
    ([], "accreditation_list_malformed"),
    ({"type": "Other"}, "accreditation_list_malformed"),
    ({"type": "AccreditationList"}, "accreditation_of_other"),
    ({"type": "AccreditationList", "subject": sample.DID}, "accreditation_list_malformed"),
    ({"type": "AccreditationList", "subject": sample.DID, "accreditations": {}}, "accreditation_list_malformed"),
    ({"type": "AccreditationList", "subject": sample.DID, "accreditations": [1] * 201}, "accreditation_too_many"),
]


@pytest.mark.parametrize(("document", "code"), LISTS, ids=range(len(LISTS)))
def test_a_list_that_is_none(document: Any, code: str) -> None:
    with pytest.raises(AccreditationProblem) as refused:
        accreditation.read_list(document, sample.DID)
    assert refused.value.code == code


def test_where_a_did_document_says_its_list_is() -> None:
    service = {"type": "AccreditationList", "serviceEndpoint": "https://college.example/accreditations"}
    assert accreditation.list_url({"service": [{"type": "Other"}, service]}) == service["serviceEndpoint"]
    for services in (None, {}, [], [service, service], [{**service, "serviceEndpoint": 7}], ["x"]):
        assert accreditation.list_url({"service": services}) is None


def test_a_signed_accreditation_verifies_with_our_suite() -> None:
    signed = data_integrity.sign_jcs(built(), sample.KEY_ID, sample.SIGNED_ON, sample.KEY.sign)
    proof = data_integrity.read_proof(signed)
    hashed = data_integrity.hash_for(proof, signed, canonicaliser())
    assert data_integrity.verify_signature(sample.PUBLIC_KEY, proof.signature, hashed)
