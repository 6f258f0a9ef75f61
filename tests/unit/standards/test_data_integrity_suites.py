"""Every suite that makes one signature over a whole document: made, checked, and broken by any change."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.contexts import canonicaliser
from app.standards import anchor_receipt, data_integrity, multikey, proof_sets, signatures
from app.standards.data_integrity import ECDSA_JCS, ECDSA_RDFC, ECDSA_SD, JCS, RDFC, Proof, ProofProblem
from app.standards.json_ld import NotCanonicalisable
from app.standards.multikey import KeyType
from tests.unit.standards import sample
from tests.unit.standards.curves import SIGNERS

FULL = canonicaliser()
CASES = [
    (RDFC, KeyType.ED25519),
    (JCS, KeyType.ED25519),
    (ECDSA_RDFC, KeyType.P256),
    (ECDSA_RDFC, KeyType.P384),
    (ECDSA_JCS, KeyType.P256),
    (ECDSA_JCS, KeyType.P384),
]
EACH = pytest.mark.parametrize(("suite", "key_type"), CASES, ids=lambda value: getattr(value, "name", value))


def secure(suite: str, key_type: KeyType, more: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    document = sample.credential() | changes
    signer = SIGNERS[key_type]
    return data_integrity.secure(document, suite, sample.KEY_ID, sample.SIGNED_ON, signer.sign, key_type, FULL, more)


SECURED = {case: secure(*case) for case in CASES}


def read(document: dict[str, Any]) -> Proof:
    (proof,) = proof_sets.read_proofs(document)
    assert isinstance(proof, Proof)
    return proof


def holds(document: dict[str, Any], key_type: KeyType) -> bool:
    try:
        return proof_sets.check_proof(read(document), document, SIGNERS[key_type].key, FULL).holds
    except (ProofProblem, NotCanonicalisable):
        return False


@EACH
def test_what_is_secured_holds_however_it_is_spelled(suite: str, key_type: KeyType) -> None:
    document = SECURED[suite, key_type]
    assert holds(document, key_type)
    assert holds(json.loads(json.dumps(document, indent=3, sort_keys=True)), key_type)
    assert list(document)[-1] == "proof"
    # Over JCS the contexts are signed with the options and stay; over RDF they would be another vocabulary.
    assert ("@context" in document["proof"]) == (suite in (JCS, ECDSA_JCS))
    assert data_integrity.unsecured(document) == sample.credential()


@EACH
def test_one_changed_character_anywhere_breaks_it(suite: str, key_type: KeyType) -> None:
    changes = list(sample.changed_leaves(SECURED[suite, key_type]))
    assert len(changes) > 60
    assert [place for place, changed in changes if holds(changed, key_type)] == []


@EACH
def test_a_member_added_or_removed_breaks_it(suite: str, key_type: KeyType) -> None:
    document = SECURED[suite, key_type]
    for name in document:
        assert not holds({key: value for key, value in document.items() if key != name}, key_type), name
    for name in document["proof"]:
        proof = {key: value for key, value in document["proof"].items() if key != name}
        assert not holds(document | {"proof": proof}, key_type), name
    assert not holds(document | {"description": "added"}, key_type)
    for more in (
        {"nonce": "n"},
        {"challenge": "c"},
        {"domain": "d"},
        {"expires": "2030-01-01T00:00:00Z"},
        {"id": "urn:x:1"},
    ):
        assert not holds(document | {"proof": document["proof"] | more}, key_type), more


@EACH
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_changed_byte_of_a_signature_breaks_it(suite: str, key_type: KeyType, data: st.DataObject) -> None:
    document = SECURED[suite, key_type]
    signature = bytearray(read(document).signature)
    signature[data.draw(st.integers(0, len(signature) - 1))] ^= data.draw(st.integers(1, 255))
    assert not holds(data_integrity.secured(document, read(document).options, bytes(signature)), key_type)


@EACH
def test_the_digest_that_binds_an_anchor(suite: str, key_type: KeyType) -> None:
    document = SECURED[suite, key_type]
    proof = read(document)
    checked = proof_sets.check_proof(proof, document, SIGNERS[key_type].key, FULL)
    hashed = data_integrity.hash_for(proof, document, FULL, key_type)
    assert len(hashed) == (96 if key_type is KeyType.P384 else 64)
    assert checked.digest == sha256(hashed + proof.signature).digest()
    assert checked.digest == anchor_receipt.binding_digest(hashed, proof.signature)
    assert checked.method == ("di-jcs-sha256" if suite in (JCS, ECDSA_JCS) else anchor_receipt.RDFC_METHOD)
    # No digest for what does not hold: it must never be looked up as if it did.
    changed = document | {"name": "changed"}
    assert proof_sets.check_proof(proof, changed, SIGNERS[key_type].key, FULL).digest is None


@EACH
def test_no_other_key_and_no_other_suite_will_do(suite: str, key_type: KeyType) -> None:
    document = SECURED[suite, key_type]
    for other, signer in SIGNERS.items():
        if other in data_integrity.KEY_TYPES[suite]:
            assert proof_sets.check_proof(read(document), document, signer.key, FULL).holds == (other is key_type)
        else:
            with pytest.raises(ProofProblem) as problem:
                proof_sets.check_proof(read(document), document, signer.key, FULL)
            assert problem.value.code == "key_type_wrong"
    for other_suite in {case[0] for case in CASES} - {suite}:
        assert not holds(document | {"proof": document["proof"] | {"cryptosuite": other_suite}}, key_type)


@EACH
def test_what_a_presentation_adds_is_read_and_signed(suite: str, key_type: KeyType) -> None:
    more = {
        "proofPurpose": "authentication",
        "challenge": "c-1",
        "domain": ["https://verifier.example", "https://other.example"],
        "expires": "2026-11-21T10:00:00Z",
        "nonce": "n-1",
        "id": "urn:uuid:5a3b0000-0000-4000-8000-000000000001",
    }
    document = secure(suite, key_type, more)
    proof = read(document)
    assert holds(document, key_type)
    assert (proof.purpose, proof.challenge, proof.nonce, proof.id) == ("authentication", "c-1", "n-1", more["id"])
    assert proof.domain == ("https://verifier.example", "https://other.example")
    assert proof.expires == datetime(2026, 11, 21, 10, tzinfo=UTC)
    changes = sample.changed_leaves(document)
    assert [place for place, changed in changes if place.startswith("proof/") and holds(changed, key_type)] == []


def test_one_domain_may_stand_alone() -> None:
    assert read(secure(RDFC, KeyType.ED25519, {"domain": "verifier.example"})).domain == ("verifier.example",)


@EACH
def test_securing_replaces_the_proof_there_was(suite: str, key_type: KeyType) -> None:
    signer = SIGNERS[key_type]
    again = data_integrity.secure(
        SECURED[RDFC, KeyType.ED25519], suite, sample.KEY_ID, sample.SIGNED_ON, signer.sign, key_type, FULL
    )
    assert read(again).options == read(SECURED[suite, key_type]).options
    assert holds(again, key_type)


@pytest.mark.parametrize(
    ("suite", "key_type", "code"),
    [
        (RDFC, KeyType.P256, "key_type_wrong"),
        (JCS, KeyType.P384, "key_type_wrong"),
        (ECDSA_RDFC, KeyType.ED25519, "key_type_wrong"),
        (ECDSA_JCS, KeyType.ED25519, "key_type_wrong"),
        (ECDSA_SD, KeyType.P384, "key_type_wrong"),
        (ECDSA_SD, KeyType.P256, "proof_type_unknown"),
        ("bbs-2023", KeyType.ED25519, "key_type_wrong"),
    ],
)
def test_what_cannot_be_secured(suite: str, key_type: KeyType, code: str) -> None:
    with pytest.raises(ProofProblem) as problem:
        secure(suite, key_type)
    assert problem.value.code == code


def test_a_signer_that_makes_der_is_noticed() -> None:
    with pytest.raises(ValueError, match="wrong length"):
        data_integrity.secure(
            {"a": "b"}, ECDSA_JCS, sample.KEY_ID, sample.SIGNED_ON, lambda _: b"0" * 71, KeyType.P256, FULL
        )


PROOF = SECURED[ECDSA_RDFC, KeyType.P256]["proof"]
LONG = "x" * 1_001


@pytest.mark.parametrize(
    "change",
    [
        {"proofValue": "z" + multikey.base58_encode(bytes(63))},
        {"proofValue": "z" + multikey.base58_encode(b"\1" * 65)},
        {"proofValue": "z" + multikey.base58_encode(b"\1" * 95)},
        {"proofValue": "u" + "A" * 86},
        {"proofValue": "z"},
        {"proofValue": "z" + "1" * 2_000},
        {"cryptosuite": RDFC, "proofValue": "z" + multikey.base58_encode(b"\1" * 96)},
        {"cryptosuite": JCS, "proofValue": "z" + multikey.base58_encode(b"\1" * 96)},
        {"proofValue": None},
        {"verificationMethod": None},
        {"proofPurpose": ["assertionMethod"]},
        {"created": "2026-11-21"},
        {"expires": "tomorrow"},
        {"expires": None},
        {"id": 7},
        {"id": "not a uri"},
        {"challenge": 7},
        {"challenge": None},
        {"challenge": LONG},
        {"nonce": {}},
        {"domain": []},
        {"domain": None},
        {"domain": ["a", 7]},
        {"domain": ["a", "a"]},
        {"domain": [["a"]]},
        {"domain": LONG},
        {"domain": [str(number) for number in range(9)]},
        {"previousProof": 7},
        {"previousProof": []},
        {"previousProof": None},
        {"previousProof": ["urn:x:1", "urn:x:1"]},
        {"previousProof": {"id": "urn:x:1"}},
    ],
    ids=str,
)
def test_a_malformed_proof_is_not_read(change: dict[str, Any]) -> None:
    with pytest.raises(ProofProblem) as problem:
        proof_sets.read_proofs({"proof": PROOF | change})
    assert (problem.value.code, problem.value.checkable) == ("proof_malformed", True)


def test_a_signature_for_the_other_curve_does_not_hold() -> None:
    document = SECURED[ECDSA_RDFC, KeyType.P256]
    longer = read(SECURED[ECDSA_RDFC, KeyType.P384])
    changed = data_integrity.secured(document, read(document).options, longer.signature)
    assert len(read(changed).signature) == signatures.LENGTH[KeyType.P384]
    assert not holds(changed, KeyType.P256)


@pytest.mark.parametrize("suite", [RDFC, ECDSA_RDFC])
def test_an_rdfc_proof_must_not_bring_its_own_vocabulary(suite: str) -> None:
    key_type = data_integrity.KEY_TYPES[suite][0]
    document = SECURED[suite, key_type]
    changed = document | {"proof": document["proof"] | {"@context": document["@context"]}}
    with pytest.raises(ProofProblem) as problem:
        proof_sets.check_proof(read(changed), changed, SIGNERS[key_type].key, FULL)
    assert problem.value.code == "proof_malformed"


@pytest.mark.parametrize(("suite", "key_type"), [case for case in CASES if "jcs" in case[0]])
def test_contexts_may_follow_what_a_jcs_proof_signed_but_not_change(suite: str, key_type: KeyType) -> None:
    document = SECURED[suite, key_type]
    contexts = document["@context"]
    assert holds(document | {"@context": [*contexts, "https://added.example/v1"]}, key_type)
    for changed in (contexts[:-1], contexts[::-1], ["https://added.example/v1", *contexts], [], None):
        assert not holds(document | {"@context": changed}, key_type)
    without = {name: value for name, value in document["proof"].items() if name != "@context"}
    assert not holds(document | {"proof": without}, key_type)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300)
@given(
    name=st.sampled_from([*PROOF, "id", "expires", "domain", "challenge", "nonce", "previousProof", "@context"]),
    value=JSON,
    listed=st.booleans(),
)
def test_no_json_in_a_proof_raises_anything_but_a_problem(name: str, value: Any, listed: bool) -> None:
    proof = PROOF | {name: value}
    document = SECURED[ECDSA_RDFC, KeyType.P256] | {"proof": [proof] if listed else proof}
    try:
        for found in proof_sets.read_proofs(document):
            if isinstance(found, Proof):
                proof_sets.check_proof(found, document, SIGNERS[KeyType.P256].key, FULL)
    except (ProofProblem, NotCanonicalisable):
        pass


@given(proof=JSON)
def test_no_json_as_a_proof_raises_anything_but_a_problem(proof: Any) -> None:
    try:
        found = proof_sets.read_proofs({"proof": proof})
        assert all(isinstance(each, proof_sets.UnreadProof) for each in found)
    except ProofProblem:
        pass
