"""Signing and reading proofs: one changed character anywhere breaks the signature."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.adapters.contexts import canonicaliser
from app.standards import data_integrity
from app.standards.data_integrity import ProofProblem
from app.standards.json_ld import NotCanonicalisable
from app.standards.multikey import KeyType, PublicKey
from tests.unit.standards import sample

FULL = canonicaliser()
SIGNED = sample.signed(sample.credential(), FULL)
NOTE = data_integrity.sign_jcs(
    {"type": "Note", "size": 7, "path": ["a", "b"]}, sample.KEY_ID, sample.SIGNED_ON, sample.KEY.sign
)


def holds(document: dict[str, Any]) -> bool:
    try:
        proof = data_integrity.read_proof(document)
        hashed = data_integrity.hash_for(proof, document, FULL)
    except (ProofProblem, NotCanonicalisable):
        return False
    return data_integrity.verify_signature(sample.PUBLIC_KEY, proof.signature, hashed)


def test_what_we_sign_holds() -> None:
    assert holds(SIGNED)
    assert holds(NOTE)
    assert holds(json.loads(json.dumps(SIGNED, indent=3, sort_keys=True)))


@pytest.mark.parametrize("document", [SIGNED, NOTE], ids=["credential", "note"])
def test_one_changed_character_anywhere_breaks_it(document: dict[str, Any]) -> None:
    accepted = [place for place, changed in sample.changed_leaves(document) if holds(changed)]
    assert accepted == []


@pytest.mark.parametrize("document", [SIGNED, NOTE], ids=["credential", "note"])
def test_a_member_added_or_removed_breaks_it(document: dict[str, Any]) -> None:
    for name in document:
        assert not holds({key: value for key, value in document.items() if key != name}), name
    for name in document["proof"]:
        proof = {key: value for key, value in document["proof"].items() if key != name}
        assert not holds(document | {"proof": proof}), name
    assert not holds(document | {"description": "added"})
    assert not holds(document | {"proof": document["proof"] | {"nonce": "added"}})


def test_another_key_does_not_verify() -> None:
    proof = data_integrity.read_proof(SIGNED)
    hashed = data_integrity.hash_for(proof, SIGNED, FULL)
    assert not data_integrity.verify_signature(PublicKey(KeyType.ED25519, bytes(32)), proof.signature, hashed)
    assert not data_integrity.verify_signature(PublicKey(KeyType.P256, bytes(33)), proof.signature, hashed)


def test_options_are_hashed_first() -> None:
    options = data_integrity.proof_options(data_integrity.RDFC, sample.KEY_ID, sample.SIGNED_ON)
    document = sample.credential()
    whole = data_integrity.hash_rdfc(FULL, document, options)
    assert len(whole) == 64
    assert data_integrity.hash_rdfc(FULL, document | {"name": "x"}, options)[:32] == whole[:32]
    assert data_integrity.hash_rdfc(FULL, document, options | {"created": "2026-01-01T00:00:00Z"})[32:] == whole[32:]


def test_the_proof_is_one_object_in_last_place() -> None:
    assert list(SIGNED)[-1] == "proof"
    assert SIGNED["proof"]["created"] == "2026-11-21T09:00:00Z"
    assert "@context" not in SIGNED["proof"]
    read = data_integrity.read_proof(SIGNED)
    assert (read.cryptosuite, read.verification_method, read.purpose, read.created) == (
        "eddsa-rdfc-2022",
        sample.KEY_ID,
        "assertionMethod",
        datetime(2026, 11, 21, 9, tzinfo=UTC),
    )


PROOF = SIGNED["proof"]


@pytest.mark.parametrize(
    ("proof", "code", "checkable"),
    [
        (None, "proof_missing", True),
        ([PROOF], "proof_several", False),
        ([PROOF, PROOF], "proof_several", False),
        ([], "proof_several", False),
        ("x", "proof_several", False),
        (PROOF | {"type": "Ed25519Signature2020"}, "proof_type_unknown", False),
        (PROOF | {"cryptosuite": "ecdsa-sd-2023"}, "proof_type_unknown", False),
        (PROOF | {"cryptosuite": ["eddsa-rdfc-2022"]}, "proof_type_unknown", False),
        (PROOF | {"verificationMethod": {"id": sample.KEY_ID}}, "proof_malformed", True),
        (PROOF | {"proofPurpose": None}, "proof_malformed", True),
        (PROOF | {"proofValue": 7}, "proof_malformed", True),
        (PROOF | {"proofValue": ""}, "proof_malformed", True),
        (PROOF | {"proofValue": "u" + PROOF["proofValue"][1:]}, "proof_malformed", True),
        (PROOF | {"proofValue": PROOF["proofValue"] + "1"}, "proof_malformed", True),
        (PROOF | {"proofValue": "z1" + PROOF["proofValue"][1:]}, "proof_malformed", True),
        (PROOF | {"proofValue": PROOF["proofValue"].replace("z", "z0", 1)}, "proof_malformed", True),
        (PROOF | {"created": "yesterday"}, "proof_malformed", True),
        (PROOF | {"created": None}, "proof_malformed", True),
        (PROOF | {"previousProof": "urn:x"}, "proof_malformed", True),
        (PROOF | {"domain": "x"}, "proof_malformed", True),
        (PROOF | {"challenge": "x"}, "proof_malformed", True),
    ],
    ids=str,
)
def test_a_proof_that_is_not_read(proof: Any, code: str, checkable: bool) -> None:
    with pytest.raises(ProofProblem) as problem:
        data_integrity.read_proof(SIGNED | {"proof": proof})
    assert (problem.value.code, problem.value.checkable) == (code, checkable)


def test_an_rdfc_proof_must_not_bring_its_own_vocabulary() -> None:
    document = SIGNED | {"proof": {"@context": SIGNED["@context"], **PROOF}}
    with pytest.raises(ProofProblem) as problem:
        data_integrity.hash_for(data_integrity.read_proof(document), document, FULL)
    assert problem.value.code == "proof_malformed"


A, B, C = "https://a.example/1", "https://b.example/1", "https://c.example/1"


def with_contexts(contexts: Any) -> dict[str, Any]:
    return data_integrity.sign_jcs(
        {"@context": contexts, "type": "Note"}, sample.KEY_ID, sample.SIGNED_ON, sample.KEY.sign
    )


def test_a_jcs_proof_keeps_the_contexts_it_signed() -> None:
    signed = with_contexts([A, B])
    assert signed["proof"]["@context"] == [A, B]
    assert holds(signed)
    # Section 3.3.2: contexts may be added after the signed ones, and change nothing that is signed.
    assert holds(signed | {"@context": [A, B, C]})
    assert holds(with_contexts(A) | {"@context": [A, C]})


@pytest.mark.parametrize("contexts", [[B, A], [A], [C, A, B], A, [], None, [A, C, B]], ids=str)
def test_changed_contexts_are_refused(contexts: Any) -> None:
    document = with_contexts([A, B]) | {"@context": contexts}
    with pytest.raises(ProofProblem) as problem:
        data_integrity.hash_for(data_integrity.read_proof(document), document, FULL)
    assert problem.value.code == "proof_context_mismatch"


def test_a_jcs_document_without_a_canonical_form_is_a_damaged_document() -> None:
    document = NOTE | {"size": 2**60}
    with pytest.raises(ProofProblem) as problem:
        data_integrity.hash_for(data_integrity.read_proof(document), document, FULL)
    assert problem.value.code == "proof_malformed"
