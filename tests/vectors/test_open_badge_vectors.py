"""1EdTech's published fixtures and schema for Open Badges 3.0."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft201909Validator

from app.adapters.contexts import canonicaliser
from app.standards import multikey, open_badge, proof_sets, rdf_canon, status_list
from app.standards.compiled_shape import ShapeCache
from app.standards.data_integrity import Proof
from app.standards.json_ld import NotCanonicalisable
from tests.oracles import oxigraph
from tests.unit.credentials import catalogued
from tests.unit.standards import sample
from tests.vectors import published

ROOT = published.folder("ob30")
SCHEMA = published.read(published.folder("schemas") / "ob_v3p0_achievementcredential_schema.json")
FULL = canonicaliser()


def holds(document: dict[str, Any]) -> bool:
    """Whether the one signature that can be read holds."""
    (proof,) = [proof for proof in proof_sets.read_proofs(document) if isinstance(proof, Proof)]
    # These fixtures name each key by itself. Only a test may believe that.
    key = multikey.decode_multikey(proof.verification_method.replace("#", ":").rpartition(":")[2])
    return proof_sets.check_proof(proof, document, key, FULL).holds


@pytest.mark.parametrize(
    "name",
    [
        "complete.json",
        "simple.json",
        "simple-context-alias.json",
        "simple-context-version.json",
        "simple-did-key-method.json",
        "simple-did-web-method.json",
        "simple-multiple-proofs.json",
        "sd/derivedcredential.json",
        "endorsement-valid.json",
        "simple-err-expired.json",
        "simple-err-issued.json",
        "simple-err-issuer.json",
        "bit-string-list/credential-status-revoked.json",
        "bit-string-list/credential-status-revoked-blank-nodes.json",
        "bit-string-list/testlist",
    ],
)
def test_a_published_signature_holds(name: str) -> None:
    document = published.read(ROOT / name)
    assert holds(document)
    assert not holds(document | {"name": "changed"})


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("simple-err-context.json", "term_undefined"),
        ("simple-err-credential-subject-achievement-result-description-type.json", "term_undefined"),
        ("simple-err-credential-subject-identifier-type.json", "term_undefined"),
        ("simple-err-credential-subject-profile-type.json", "term_undefined"),
        ("simple-err-credential-subject-result-type.json", "term_undefined"),
        ("simple-err-credential-subject-type.json", "term_undefined"),
        ("simple-err-evidence-type.json", "term_undefined"),
        ("simple-err-issuer-otheridentifier-type.json", "term_undefined"),
        ("simple-err-issuer-parentorg-type.json", "term_undefined"),
        ("simple-err-issuer-type.json", "term_undefined"),
        ("simple-err-type.json", "term_undefined"),
        ("simple-err-proof-method-no-scheme.json", "reference_relative"),
    ],
)
def test_a_published_fault_is_refused(name: str, code: str) -> None:
    with pytest.raises(NotCanonicalisable) as refusal:
        holds(published.read(ROOT / name))
    assert refusal.value.code == code


def test_a_published_false_signature_does_not_hold() -> None:
    assert not holds(published.read(ROOT / "simple-err-proof-value.json"))


@pytest.mark.parametrize("name", ["simple-multiple-proofs.json", "simple-eddsa-2022.json"])
def test_a_published_signature_of_an_unknown_kind_is_unknown_and_not_false(name: str) -> None:
    first = proof_sets.read_proofs(published.read(ROOT / name))[0]
    assert isinstance(first, proof_sets.UnreadProof)
    assert (first.problem.code, first.problem.checkable) == ("proof_type_unknown", False)


def test_a_published_status_list_is_read() -> None:
    document = published.read(ROOT / "bit-string-list" / "credential-status-revoked.json")
    status = document["credentialStatus"]
    entries = status if isinstance(status, list) else [status]
    bits = status_list.decode(published.read(ROOT / "bit-string-list" / "testlist")["credentialSubject"]["encodedList"])
    assert status_list.is_set(bits, int(entries[0]["statusListIndex"]))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "impl-guide-canon").rglob("*.txt")), ids=lambda path: f"{path.parent.name} {path.stem}"
)
def test_the_canonical_examples_of_the_implementation_guides_are_canonical_to_us(path: Path) -> None:
    expected = path.read_bytes().strip().splitlines()
    assert rdf_canon.canonical_n_quads(oxigraph.read(path.read_bytes())).splitlines() == expected


@pytest.mark.parametrize(
    "document",
    [
        sample.credential(),
        sample.credential(alignments=15),
        sample.credential(grade=None, credits_earned=None),
        sample.credential(parts=[open_badge.Part("urn:uuid:1", "sha384-x", "application/json")]),
        sample.signed(sample.credential(learner_name="Zoë 😀"), ShapeCache(FULL)),
        catalogued.held(catalogued.HNC, catalogued.HNC.units[0]).document,
        catalogued.held(catalogued.T_LEVEL, catalogued.T_LEVEL.units[0]).document,
        catalogued.held_award(catalogued.HNC).document,
    ],
    ids=["usual", "15 alignments", "no grade or credit", "stacked", "signed", "unit", "component", "award"],
)
def test_what_we_build_is_valid_against_the_published_schema(document: dict[str, Any]) -> None:
    errors = [f"{error.json_path}: {error.message}" for error in Draft201909Validator(SCHEMA).iter_errors(document)]
    assert errors == []


@pytest.mark.parametrize("name", ["id", "type", "issuer", "validFrom", "credentialSubject"])
def test_the_schema_would_notice(name: str) -> None:
    document = json.loads(json.dumps(sample.credential()))
    del document[name]
    assert not Draft201909Validator(SCHEMA).is_valid(document)
