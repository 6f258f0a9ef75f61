"""The W3C test vectors of eddsa-rdfc-2022, eddsa-jcs-2022, proof sets and proof chains, step by step."""

from pathlib import Path
from typing import Any

import pytest

from app.standards import data_integrity, jcs, multikey, proof_sets
from app.standards.data_integrity import CanonicalForm, Proof, ProofProblem
from app.standards.json_ld import Canonicaliser
from tests.unit.standards import sample
from tests.vectors import published
from tests.vectors.w3c import CONTEXTS, FULL, key_of

ROOT = published.folder("di-eddsa")
CHAINS = ROOT / "proof-set-chain"
OLDER = "https://w3id.org/security/suites/ed25519-2020/v1"


def checked(document: dict[str, Any], form: CanonicalForm = FULL) -> list[bool]:
    """Whether each of the document's proofs holds, by the key that its did:key method names."""
    proofs = [proof for proof in proof_sets.read_proofs(document) if isinstance(proof, Proof)]
    return [proof_sets.check_proof(proof, document, key_of(proof), form).holds for proof in proofs]


def text(folder: Path, name: str) -> str:
    return (folder / f"{name}.txt").read_text()


@pytest.mark.parametrize(("folder", "form"), [(".", FULL), ("employ", FULL)])
def test_rdfc(folder: str, form: CanonicalForm) -> None:
    where = ROOT / "eddsa-rdfc-2022" / folder
    signed = published.read(where / "signedDataInt.json")
    proof = data_integrity.read_proof(signed)
    config = published.read(where / "proofConfigDataInt.json")
    assert form.n_quads(data_integrity.unsecured(signed)).decode() == text(where, "canonDocDataInt")
    assert form.n_quads(config).decode() == text(where, "proofCanonDataInt")
    hashed = data_integrity.hash_for(proof, signed, form).hex()
    assert hashed == text(where, "combinedHashDataInt").strip()
    assert hashed == text(where, "proofHashDataInt").strip() + text(where, "docHashDataInt").strip()
    assert proof.signature.hex() == text(where, "sigHexDataInt").strip()
    assert signed["proof"]["proofValue"] == text(where, "sigBTC58DataInt").strip()
    assert checked(signed, form) == [True]
    assert [place for place, changed in sample.changed_leaves(signed) if holds_at_all(changed, form, proof)] == []


def holds_at_all(document: dict[str, Any], form: CanonicalForm, signed_by: Proof) -> bool:
    """Whether the document still passes with the right key; a document that cannot be read does not."""
    try:
        (proof,) = proof_sets.read_proofs(document)
        assert isinstance(proof, Proof)
        return proof_sets.check_proof(proof, document, key_of(signed_by), form).holds
    except (ValueError, KeyError):
        return False


def test_jcs() -> None:
    where = ROOT / "eddsa-jcs-2022"
    signed = published.read(where / "signedJCS.json")
    proof = data_integrity.read_proof(signed)
    assert jcs.canonicalise(data_integrity.unsecured(signed)).decode() == text(where, "canonDocJCS")
    assert jcs.canonicalise(published.read(where / "proofConfigJCS.json")).decode() == text(where, "proofCanonJCS")
    hashed = data_integrity.hash_for(proof, signed, FULL).hex()
    assert hashed == text(where, "combinedHashJCS").strip()
    assert hashed == text(where, "proofHashJCS").strip() + text(where, "docHashJCS").strip()
    assert proof.signature.hex() == text(where, "sigHexJCS").strip()
    assert signed["proof"]["proofValue"] == text(where, "sigBTC58JCS").strip()
    assert checked(signed) == [True]
    assert [place for place, changed in sample.changed_leaves(signed) if holds_at_all(changed, FULL, proof)] == []


def test_an_older_signature_type_is_unknown_and_not_false() -> None:
    """Its sum is that of eddsa-rdfc-2022; what is not taken is the name, which the standard has given up."""
    where = ROOT / "Ed25519Signature2020"
    signed = published.read(where / "signedEdSig.json")
    with pytest.raises(ProofProblem) as problem:
        proof_sets.read_proofs(signed)
    assert (problem.value.code, problem.value.checkable) == ("proof_type_unknown", False)
    form = Canonicaliser(CONTEXTS | {OLDER: published.context("security-suites-ed25519-2020-v1.jsonld")})
    config, document = published.read(where / "proofConfigEdSig.json"), data_integrity.unsecured(signed)
    assert form.n_quads(config).decode() == text(where, "proofCanonEdSig")
    assert form.n_quads(document).decode() == text(where, "canonDocEdSig")
    hashed = data_integrity.hash_rdfc(form, document, config)
    assert hashed.hex() == text(where, "combinedHashEdSig").strip()
    assert hashed.hex() == text(where, "proofHashEdSig").strip() + text(where, "docHashEdSig").strip()
    signature = multikey.decode_base58btc(signed["proof"]["proofValue"])
    assert signed["proof"]["proofValue"] == text(where, "sigBTC58EdSig").strip()
    assert signature.hex() == text(where, "sigHexEdSig").strip()
    key = multikey.decode_multikey(config["verificationMethod"].rpartition("#")[2])
    assert data_integrity.verify_signature(key, signature, hashed)


@pytest.mark.parametrize(
    ("name", "unsigned"),
    [
        ("eddsa-rdfc-2022/signedDataInt", "unsigned"),
        ("eddsa-rdfc-2022/employ/signedDataInt", "employmentAuth"),
        ("eddsa-jcs-2022/signedJCS", "unsigned"),
    ],
)
def test_what_is_signed_is_what_was_to_be_signed(name: str, unsigned: str) -> None:
    signed = published.read(ROOT / f"{name}.json")
    assert data_integrity.unsecured(signed) == published.read(ROOT / f"{unsigned}.json")


@pytest.mark.parametrize(
    ("name", "count"), [("ProofSet1", 1), ("ProofSet2", 2), ("ProofChain1", 3), ("ProofChain2", 4)]
)
def test_every_proof_of_a_set_or_chain_holds(name: str, count: int) -> None:
    signed = published.read(CHAINS / f"signed{name}.json")
    assert checked(signed) == [True] * count
    assert checked(signed | {"name": "Another Credential"}) == [False] * count


@pytest.mark.parametrize(("name", "index"), [("Set", 0), ("Set", 1), ("Chain", 2), ("Chain", 3)])
def test_each_step_of_making_a_set_or_chain(name: str, index: int) -> None:
    """The configuration, the document to sign, and the signed configuration of each proof as published."""
    last = published.read(CHAINS / f"signedProof{name}2.json")
    step = index + 1 if name == "Set" else index - 1
    proof = proof_sets.read_proofs(last)[index]
    assert isinstance(proof, Proof)
    assert published.read(CHAINS / f"proof{name}Config{step}.json") == proof.options
    assert published.read(CHAINS / f"proof{name}ConfigSigned{step}.json") == last["proof"][index]
    if name == "Chain":
        assert proof_sets.signed_part(proof, last) == published.read(CHAINS / f"proofChainTempDoc{step}.json")
    else:
        assert proof_sets.signed_part(proof, last) == published.read(CHAINS / "unsigned.json")


def test_a_chain_names_its_foundations() -> None:
    proofs = proof_sets.read_proofs(published.read(CHAINS / "signedProofChain2.json"))
    chained, last = proofs[2:]
    assert isinstance(chained, Proof)
    assert isinstance(last, Proof)
    assert chained.previous == tuple(proof.id for proof in proofs[:2])
    assert last.previous == (chained.id,)
    assert proof_sets.foundations(chained, proofs) == proofs[:2]
    assert proof_sets.foundations(last, proofs) == proofs[:3]


def test_a_proof_cut_out_of_its_chain_is_refused() -> None:
    signed = published.read(CHAINS / "signedProofChain2.json")
    for alone in (
        signed["proof"][3],
        [signed["proof"][3]],
        signed["proof"][1:],
        signed["proof"][:2] + signed["proof"][3:],
    ):
        with pytest.raises(ProofProblem) as problem:
            proof_sets.read_proofs(signed | {"proof": alone})
        assert problem.value.code == "previous_proof_unknown"


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("member", ["proofValue", "created", "verificationMethod"])
def test_a_changed_foundation_breaks_what_was_built_on_it(index: int, member: str) -> None:
    signed = published.read(CHAINS / "signedProofChain2.json")
    others = published.read(CHAINS / "signedProofChain2.json")["proof"]
    value = {"created": "2023-02-24T23:36:39Z"}.get(member, others[1 - index][member])
    signed["proof"][index][member] = value
    # The last proof signs the third alone, which is unchanged: why `foundations` must hold too.
    expected = [True, True, False, True]
    expected[index] = False
    assert checked(signed) == expected


def test_the_published_keys_are_read() -> None:
    pairs = [published.read(ROOT / "keyPair.json"), *published.read(CHAINS / "multiKeyPairs.json").values()]
    for pair in pairs:
        assert multikey.decode_multikey(pair["publicKeyMultibase"]).encode() == pair["publicKeyMultibase"]
