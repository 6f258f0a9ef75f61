"""What the W3C suites ask of proofs, presentations and status lists, put to the conformance tenant over its API.

Sources as in `suite_statements`. Each statement about proofs is put for each suite and each type of key.
"""

import base64
import gzip
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from app.conformance.keys import TenantKey
from app.conformance.vocabulary import EXAMPLES, OpenCanonicaliser, all_contexts
from app.standards import data_integrity, did, multikey, status_list, vc
from app.standards.multikey import KeyType
from tests.integration.web.tenant import Suite, a_suite, unsigned
from tests.unit.verification.people import HOLDER, ISSUER, SUITES, THIEF, presentation

FORM = OpenCanonicaliser(all_contexts())
SIGNED_ON = datetime(2026, 1, 1, tzinfo=UTC)
EACH = pytest.mark.parametrize(("cryptosuite", "place"), SUITES, ids=lambda value: str(value))
WISH = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@pytest.fixture
async def suite() -> AsyncIterator[Suite]:
    async with a_suite() as made:
        yield made


# Data Integrity: what is made ------------------------------------------------------------------------------------


@EACH
async def test_a_proof_that_is_made_has_the_form_of_one(suite: Suite, cryptosuite: str, place: int) -> None:
    key = suite.keys[place]
    signed = await suite.issued(unsigned(issuer=key.did), cryptosuite=cryptosuite)
    proof = signed["proof"]
    assert (proof["type"], proof["cryptosuite"]) == ("DataIntegrityProof", cryptosuite)
    assert proof["proofPurpose"] == "assertionMethod"
    assert TIMESTAMP.fullmatch(proof["created"])
    assert vc.is_url(proof["verificationMethod"])
    assert not {"domain", "challenge", "previousProof", "nonce", "expires"} & proof.keys()
    assert proof["proofValue"][0] == "z"
    length = 96 if key.public.type is KeyType.P384 else 64
    assert len(multikey.decode_base58btc(proof["proofValue"])) == length
    # The contexts stay in the proof where the JSON itself is signed, and nowhere else (3.3.1 of both suites).
    assert proof.get("@context") == (signed["@context"] if "jcs" in cryptosuite else None)
    page = did.key_document(proof["verificationMethod"].partition("#")[0])
    (method,) = page["verificationMethod"]
    assert (method["id"], method["type"], method["publicKeyMultibase"][0]) == (
        proof["verificationMethod"],
        "Multikey",
        "z",
    )
    assert proof["verificationMethod"] in page["assertionMethod"]


# Data Integrity: what is verified --------------------------------------------------------------------------------


def made_by(key: TenantKey, cryptosuite: str, **options: Any) -> dict[str, Any]:
    """A credential that the key's owner signed with these options beside or in place of the usual."""
    document = unsigned(issuer=key.did)
    return data_integrity.secure(document, cryptosuite, key.id, SIGNED_ON, key.sign, key.public.type, FORM, options)


def with_proof(signed: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    """`signed` with members of its proof replaced; `...` leaves one out."""
    proof = {name: value for name, value in (signed["proof"] | members).items() if value is not ...}
    return {**signed, "proof": proof}


def refused(key: TenantKey, cryptosuite: str) -> Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """What is wrong -> (the document, the options of the request)."""
    signed = made_by(key, cryptosuite)
    value = signed["proof"]["proofValue"]
    raw = multikey.decode_base58btc(value)
    other = next(name for name in data_integrity.KEY_TYPES if name != cryptosuite and "sd" not in name)
    spoiled: dict[str, Mapping[str, Any]] = {
        "no proof": data_integrity.unsecured(signed),
        "a proof that is null": {**signed, "proof": None},
        "a proof that is a text": {**signed, "proof": value},
        "no type": with_proof(signed, type=...),
        "an unknown type": with_proof(signed, type="UnknownProofType"),
        "no suite": with_proof(signed, cryptosuite=...),
        "an unknown suite": with_proof(signed, cryptosuite="UnknownCryptosuite"),
        "another suite": with_proof(signed, cryptosuite=other),
        "a suite that is no text": with_proof(signed, cryptosuite=[cryptosuite]),
        "no method": with_proof(signed, verificationMethod=...),
        "a method that is none": with_proof(signed, verificationMethod="did:key:invalidVm"),
        "a method that is no text": with_proof(signed, verificationMethod={"id": key.id}),
        "the method of another": with_proof(signed, verificationMethod=THIEF.keys[0].id),
        "no purpose": with_proof(signed, proofPurpose=...),
        "a purpose that is none": with_proof(signed, proofPurpose="mockPurpose"),
        "another purpose, signed": made_by(key, cryptosuite, proofPurpose="authentication"),
        "no value": with_proof(signed, proofValue=...),
        "a value that is null": with_proof(signed, proofValue=None),
        "a value without its header": with_proof(signed, proofValue=value[1:]),
        "a value in base 64": with_proof(signed, proofValue="u" + base64.urlsafe_b64encode(raw).decode().rstrip("=")),
        "a value in base 16": with_proof(signed, proofValue="f" + raw.hex()),
        "a value too short": with_proof(signed, proofValue="z" + multikey.base58_encode(raw[:-1])),
        "a value that is of nothing": with_proof(signed, proofValue="z" + multikey.base58_encode(bytes(len(raw)))),
        "a date that is none": made_by(key, cryptosuite, created="invalidDate"),
        "a date without a zone": made_by(key, cryptosuite, created="2026-01-01T00:00:00"),
        "an end without a zone": made_by(key, cryptosuite, expires="2099-01-01T00:00:00"),
        "an end that is past": made_by(key, cryptosuite, expires="2026-01-02T00:00:00Z"),
        "a later date": with_proof(signed, created="2026-01-01T00:00:01Z"),
        "a name that is no URL": with_proof(signed, id="first"),
        "a proof before it that is not there": made_by(key, cryptosuite, previousProof="urn:uuid:1"),
        "one of the proofs before it is not there": made_by(
            key, cryptosuite, previousProof=["urn:uuid:1", "urn:uuid:2"]
        ),
        "a proof before it that has no name": with_proof(signed, previousProof=5),
        "a nonce that is no text": with_proof(signed, nonce=5),
        "a domain that is no text": with_proof(signed, domain=5),
        "a challenge that is no text": with_proof(signed, challenge=5),
        "a document changed": {**signed, "credentialSubject": {"id": "did:example:another"}},
        "a document with more": {**signed, "name": "More"},
    }
    elsewhere = made_by(key, cryptosuite, domain="elsewhere.example", challenge="c")
    asked: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
        "another purpose expected": (signed, {"expectedProofPurpose": "authentication"}),
        "another domain": (elsewhere, {"domain": "domain.example", "challenge": "c"}),
        "another challenge": (elsewhere, {"domain": "elsewhere.example", "challenge": "1235abcd6789"}),
        "no domain where one is asked for": (signed, {"domain": "domain.example"}),
    }
    return {**{what: (document, {}) for what, document in spoiled.items()}, **asked}


@EACH
async def test_a_proof_that_is_not_as_it_must_be_is_an_error(suite: Suite, cryptosuite: str, place: int) -> None:
    accepted = []
    for what, (document, options) in refused(suite.keys[place], cryptosuite).items():
        answer = await suite.verify(document, checks=["proof"], **options)
        if answer.status_code != 400 or answer.json()["verified"] or not answer.json()["errors"]:
            accepted.append((what, answer.text))
    assert accepted == []


@EACH
async def test_a_proof_that_is_as_it_may_be_is_verified(suite: Suite, cryptosuite: str, place: int) -> None:
    key = suite.keys[place]
    first = made_by(key, cryptosuite, id="urn:uuid:1")
    plain = data_integrity.unsecured(first)
    for document, options in (
        (made_by(key, cryptosuite), {}),
        (first, {}),
        (made_by(key, cryptosuite, expires="2099-01-01T00:00:00+01:00"), {}),
        (made_by(key, cryptosuite, created="2025-01-01T00:00:00.123-05:00"), {}),
        (made_by(key, cryptosuite, nonce="n"), {}),
        (made_by(key, cryptosuite, domain="d.example", challenge="c"), {"domain": "d.example", "challenge": "c"}),
        (made_by(key, cryptosuite, domain=["d.example", "e.example"]), {"domain": "e.example"}),
        (made_by(key, cryptosuite, proofPurpose="authentication"), {"expectedProofPurpose": "authentication"}),
        ({**plain, "proof": [first["proof"], made_by(key, cryptosuite)["proof"]]}, {}),
    ):
        answer = await suite.verify(document, checks=["proof"], **options)
        assert (answer.status_code, answer.json()["verified"]) == (200, True), (answer.text, document["proof"])


@EACH
async def test_a_chain_holds_whole_and_in_no_other_way(suite: Suite, cryptosuite: str, place: int) -> None:
    key = suite.keys[place]
    document = unsigned(issuer=key.did)
    one, two = (made_by(key, cryptosuite, id=f"urn:uuid:{number}")["proof"] for number in "12")

    def after(*before: Mapping[str, Any], previous: str | Sequence[str]) -> dict[str, Any]:
        options = data_integrity.proof_options(cryptosuite, key.id, SIGNED_ON) | {"previousProof": previous}
        if "jcs" in cryptosuite:
            options = {"@context": document["@context"], **options}
        hashed = data_integrity.hash_data({**document, "proof": list(before)}, options, key.public.type, FORM)
        return dict(data_integrity.secured({}, options, key.sign(hashed))["proof"])

    last, both = after(one, previous="urn:uuid:1"), after(one, two, previous=["urn:uuid:1", "urn:uuid:2"])
    for proofs, holds in (
        ([one, last], True),
        ([one, two, both], True),
        ([last], False),
        ([two, last], False),
        ([one, both], False),
        ([one | {"proofValue": two["proofValue"]}, last], False),
        ([one, {name: value for name, value in last.items() if name != "previousProof"}], False),
    ):
        answer = await suite.verify({**document, "proof": proofs}, checks=["proof"])
        assert (answer.status_code, answer.json()["verified"]) == ((200, True) if holds else (400, False)), proofs


# Presentations (VCDM 2.0, section 4.13) --------------------------------------------------------------------------

SIGNED_BEFORE = {"created": "2026-01-01T00:00:00Z"}
INSIDE = ISSUER.signs(unsigned(issuer=ISSUER.did), created="2026-01-01T00:00:00Z")
SELF_MADE = HOLDER.signs(unsigned(issuer=HOLDER.did), created="2026-01-01T00:00:00Z")
EXAMPLE = {"ExamplePresentation": "https://example.org/#ExamplePresentation"}
NAMED = ["VerifiablePresentation", "ExamplePresentation"]


def signed_presentation(*credentials: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Signed for authentication by the holder, over its words, whatever vocabulary it brings."""
    document = presentation(*credentials, **changes)
    key = HOLDER.keys[0]
    options = {"proofPurpose": "authentication"}
    return data_integrity.secure(
        document, data_integrity.RDFC, key.id, SIGNED_ON, key.sign, key.public.type, FORM, options
    )


PRESENTED: dict[str, dict[str, Any]] = {
    "nothing": signed_presentation(verifiableCredential=[]),
    "a credential": signed_presentation(INSIDE),
    "several credentials": signed_presentation(INSIDE, INSIDE),
    "with a name": signed_presentation(INSIDE, id="urn:uuid:1"),
    "with another context": signed_presentation(INSIDE, **{"@context": [vc.CONTEXT, EXAMPLES]}),
    "with a context inside": signed_presentation(INSIDE, **{"@context": [vc.CONTEXT, EXAMPLE]}, type=NAMED),
    "by a holder": signed_presentation(INSIDE, holder=HOLDER.did),
    "by a holder with more": signed_presentation(INSIDE, holder={"id": HOLDER.did}),
    "self-made": signed_presentation(SELF_MADE, holder=HOLDER.did),
}
NOT_PRESENTED: dict[str, dict[str, Any]] = {
    "no context": {name: value for name, value in PRESENTED["a credential"].items() if name != "@context"},
    "another context first": PRESENTED["a credential"] | {"@context": [EXAMPLES, vc.CONTEXT]},
    "another context alone": PRESENTED["a credential"] | {"@context": [EXAMPLES]},
    "a context nobody knows": PRESENTED["a credential"] | {"@context": [vc.CONTEXT, "https://example.com"]},
    "a context that is no URL": PRESENTED["a credential"] | {"@context": [vc.CONTEXT, "https ://not-a-url/v1"]},
    "a context that is a number": PRESENTED["a credential"] | {"@context": [vc.CONTEXT, 123192875]},
    "no type": {name: value for name, value in PRESENTED["a credential"].items() if name != "type"},
    "another type": PRESENTED["a credential"] | {"type": ["ExamplePresentation"]},
    "a name that is no URL": PRESENTED["with a name"] | {"id": "first"},
    "a text for a credential": PRESENTED["a credential"] | {"verifiableCredential": ["https://example.org/credential"]},
    "a number for a credential": PRESENTED["a credential"] | {"verifiableCredential": [5]},
    "a holder without a name": PRESENTED["by a holder with more"] | {"holder": {"name": "x"}},
    "a holder that is no URL": PRESENTED["by a holder"] | {"holder": "first"},
    "another holder": PRESENTED["by a holder"] | {"holder": THIEF.did},
    "self-made, of no holder": signed_presentation(SELF_MADE),
    "self-made, of another holder": signed_presentation(SELF_MADE, holder="did:example:acme"),
    "a false proof": {**PRESENTED["a credential"], "proof": PRESENTED["nothing"]["proof"]},
    "a proof cut short": with_proof(PRESENTED["a credential"], proofValue="z5nmMBw2u9TGKd9NxxHJtyZKgjN2Eh"),
    "a credential changed": signed_presentation(INSIDE | {"name": "Another"}),
    "a credential nobody signed": signed_presentation(unsigned(issuer=ISSUER.did)),
    "no proof": data_integrity.unsecured(PRESENTED["a credential"]),
}


async def test_presentations_that_must_verify_and_that_must_not(suite: Suite) -> None:
    answered = {}
    for what, document in (PRESENTED | NOT_PRESENTED).items():
        answer = await suite.present(document, checks=[])
        assert answer.json().get("verified", False) is (answer.status_code == 200)
        answered[what] = answer.status_code
    assert answered == dict.fromkeys(PRESENTED, 200) | dict.fromkeys(NOT_PRESENTED, 400)


# Bitstring Status List 1.0 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_an_entry_and_its_list_have_the_form_of_one(suite: Suite, place: int) -> None:
    signed = await suite.issued(unsigned(issuer=suite.keys[place].did), credentialStatus=WISH)
    entry = signed["credentialStatus"]
    assert (entry["type"], entry["statusPurpose"]) == ("BitstringStatusListEntry", "revocation")
    assert entry["statusListIndex"] == str(int(entry["statusListIndex"]))
    assert vc.is_url(entry["id"])
    assert entry["id"] != entry["statusListCredential"]
    listed = (await suite.client.get(entry["statusListCredential"])).json()
    assert list(vc.structure_problems(listed)) == []
    assert listed["id"] == entry["statusListCredential"]
    assert {"VerifiableCredential", "BitstringStatusListCredential"} == set(listed["type"])
    subject = listed["credentialSubject"]
    assert (subject["type"], subject["statusPurpose"]) == ("BitstringStatusList", "revocation")
    encoded = subject["encodedList"]
    assert (encoded[0], "=" in encoded) == ("u", False)
    bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))
    assert len(bits) >= 16 * 1024
    assert not status_list.is_set(bits, int(entry["statusListIndex"]))
    assert (await suite.verify(listed, checks=["proof"])).status_code == 200


async def test_the_status_is_checked_beside_the_proof_where_it_is_asked_for(suite: Suite) -> None:
    signed = await suite.issued(unsigned(), credentialStatus=WISH)
    asked = ["proof", "credentialStatus"]
    for checks in (asked, asked[::-1]):
        answer = await suite.verify(signed, checks=checks)
        assert (answer.status_code, answer.json()["verified"]) == (200, True)
    await suite.post("/credentials/status", credentialId=signed["id"], credentialStatus=WISH, status=True)
    answer = await suite.verify(signed, checks=asked)
    assert (answer.status_code, [one["code"] for one in answer.json()["errors"]]) == (400, ["revoked"])
    assert (await suite.verify(signed, checks=["proof"])).status_code == 200
    for alone in (["credentialStatus"], [*asked, "x"]):
        assert (await suite.verify(signed, checks=alone)).json()["code"] == "check_unknown"


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "UnknownStatusType"},
        {"type": "BitstringStatusList"},
        {"statusPurpose": 5},
        {"statusPurpose": "refresh"},
        {"statusListIndex": True},
        {"statusListIndex": "-1"},
        {"statusListIndex": "1.5"},
        {"statusListIndex": "131072"},
        {"statusListCredential": "https ://not-a-url"},
        {"statusListCredential": "https://nowhere.invalid/status"},
        {"statusSize": 0},
        {"statusSize": 2},
    ],
    ids=str,
)
async def test_an_entry_that_is_not_as_it_must_be_is_an_error(suite: Suite, changes: dict[str, Any]) -> None:
    """By the issuer itself, signed over JSON: nothing but the entry is wrong."""
    key = suite.keys[0]
    sound = (await suite.issued(unsigned(), credentialStatus=WISH))["credentialStatus"]
    for entry, status in ((sound, 200), (sound | changes, 400)):
        document = unsigned(id="urn:uuid:2", issuer=key.did, credentialStatus=entry)
        signed = data_integrity.sign_jcs(document, key.id, SIGNED_ON, key.sign)
        answer = await suite.verify(signed, checks=["proof", "credentialStatus"])
        assert answer.status_code == status, answer.text
