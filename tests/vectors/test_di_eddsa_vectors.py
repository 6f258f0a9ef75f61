"""The W3C test vectors of eddsa-rdfc-2022 and eddsa-jcs-2022, step by step.

Not used: proof chains (a `previousProof` is refused) and sets of several proofs (one proof is read), which we
neither make nor accept yet; each proof of the published set is checked alone.
"""

from pathlib import Path
from typing import Any

import pytest

from app.adapters.contexts import pinned_contexts
from app.standards import data_integrity, jcs, multikey
from app.standards.data_integrity import ProofProblem
from app.standards.json_ld import Canonicaliser
from tests.vectors import published

ROOT = published.folder("di-eddsa")
FULL = Canonicaliser(
    pinned_contexts()
    | {
        "https://www.w3.org/ns/credentials/examples/v2": published.context("credentials-examples-v2.jsonld"),
        "https://w3id.org/citizenship/v4rc1": published.context("citizenship-v4rc1.jsonld"),
    }
)


def key_of(proof: data_integrity.Proof) -> multikey.PublicKey:
    """The key that a did:key verification method is itself; the service never reads a key out of a fragment."""
    return multikey.decode_multikey(proof.verification_method.rpartition("#")[2])


def holds(document: dict[str, Any]) -> bool:
    proof = data_integrity.read_proof(document)
    hashed = data_integrity.hash_for(proof, document, FULL)
    return data_integrity.verify_signature(key_of(proof), proof.signature, hashed)


def text(folder: Path, name: str) -> str:
    return (folder / f"{name}.txt").read_text()


def test_rdfc() -> None:
    folder = ROOT / "eddsa-rdfc-2022"
    signed = published.read(folder / "signedDataInt.json")
    proof = data_integrity.read_proof(signed)
    unsigned = {name: value for name, value in signed.items() if name != "proof"}
    assert FULL.n_quads(unsigned).decode() == text(folder, "canonDocDataInt")
    config = published.read(folder / "proofConfigDataInt.json")
    assert FULL.n_quads(config).decode() == text(folder, "proofCanonDataInt")
    assert data_integrity.hash_for(proof, signed, FULL).hex() == text(folder, "combinedHashDataInt").strip()
    assert proof.signature.hex() == text(folder, "sigHexDataInt").strip()
    assert holds(signed)
    assert not holds(signed | {"name": "Another Credential"})


def test_rdfc_employment() -> None:
    folder = ROOT / "eddsa-rdfc-2022" / "employ"
    signed = published.read(folder / "signedDataInt.json")
    proof = data_integrity.read_proof(signed)
    config = FULL.n_quads(published.read(folder / "proofConfigDataInt.json"))
    assert config.decode() == text(folder, "proofCanonDataInt")
    # The subject has two types that each bring terms.
    unsigned = {name: value for name, value in signed.items() if name != "proof"}
    assert FULL.n_quads(unsigned).decode() == text(folder, "canonDocDataInt")
    assert data_integrity.hash_for(proof, signed, FULL).hex() == text(folder, "combinedHashDataInt").strip()
    assert holds(signed)
    assert not holds(signed | {"name": "Another Credential"})


def test_jcs() -> None:
    folder = ROOT / "eddsa-jcs-2022"
    signed = published.read(folder / "signedJCS.json")
    proof = data_integrity.read_proof(signed)
    unsigned = {name: value for name, value in signed.items() if name != "proof"}
    assert jcs.canonicalise(unsigned).decode() == text(folder, "canonDocJCS")
    assert jcs.canonicalise(published.read(folder / "proofConfigJCS.json")).decode() == text(folder, "proofCanonJCS")
    assert data_integrity.hash_for(proof, signed, FULL).hex() == text(folder, "combinedHashJCS").strip()
    assert proof.signature.hex() == text(folder, "sigHexJCS").strip()
    assert holds(signed)
    assert not holds(signed | {"name": "Another Credential"})


def test_each_proof_of_a_set_holds_alone() -> None:
    folder = ROOT / "proof-set-chain"
    signed = published.read(folder / "signedProofSet2.json")
    assert len(signed["proof"]) == 2
    for proof in signed["proof"]:
        assert holds(signed | {"proof": proof})
    with pytest.raises(ProofProblem) as problem:
        data_integrity.read_proof(signed)
    assert (problem.value.code, problem.value.checkable) == ("proof_several", False)


def test_a_chained_proof_is_refused_by_name() -> None:
    signed = published.read(ROOT / "proof-set-chain" / "signedProofChain1.json")
    last = signed["proof"][-1]
    assert "previousProof" in last
    with pytest.raises(ProofProblem) as problem:
        data_integrity.read_proof(signed | {"proof": last})
    assert problem.value.code == "proof_malformed"


def test_the_published_key_is_read() -> None:
    pair = published.read(ROOT / "keyPair.json")
    assert multikey.decode_multikey(pair["publicKeyMultibase"]).encode() == pair["publicKeyMultibase"]
