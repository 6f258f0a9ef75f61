"""The W3C test vectors of ecdsa-rdfc-2019 and ecdsa-jcs-2019, with P-256 and P-384 keys, step by step."""

from dataclasses import dataclass
from typing import Any

import pytest

from app.standards import data_integrity, jcs, multikey, proof_sets, rdfc_384, signatures
from app.standards.data_integrity import CanonicalForm, Proof, ProofProblem
from app.standards.multikey import KeyType
from tests.unit.standards import sample
from tests.vectors import published
from tests.vectors.w3c import FULL, key_of

ROOT = published.folder("di-ecdsa")


@dataclass(frozen=True)
class Vector:
    """One folder; `ending` is that of its file names."""

    folder: str
    ending: str
    key_type: KeyType
    form: CanonicalForm = FULL

    def read(self, name: str) -> Any:
        return published.read(ROOT / self.folder / f"{name}{self.ending}.json")

    def text(self, name: str) -> str:
        return (ROOT / self.folder / f"{name}{self.ending}.txt").read_text()

    def canonical(self, document: Any) -> str:
        if "jcs" in self.folder:
            return jcs.canonicalise(document).decode()
        form = self.form.n_quads(document)
        return (rdfc_384.relabelled(form) if self.key_type is KeyType.P384 else form).decode()


VECTORS = [
    Vector("ecdsa-rdfc-2019-p256", "ECDSAP256", KeyType.P256),
    Vector("ecdsa-rdfc-2019-p384", "ECDSAP384", KeyType.P384),
    Vector("ecdsa-rdfc-2019-p256/employ", "ECDSAP256", KeyType.P256, FULL),
    Vector("ecdsa-rdfc-2019-p384/employ", "ECDSAP384", KeyType.P384, FULL),
    Vector("ecdsa-jcs-2019-p256", "JCSECDSAP256", KeyType.P256),
    Vector("ecdsa-jcs-2019-p384", "JCSECDSAP384", KeyType.P384),
]
EACH = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.folder)


def read(vector: Vector) -> tuple[dict[str, Any], Proof]:
    signed = vector.read("signed")
    (proof,) = proof_sets.read_proofs(signed)
    assert isinstance(proof, Proof)
    return signed, proof


@EACH
def test_each_step(vector: Vector) -> None:
    signed, proof = read(vector)
    assert vector.canonical(vector.read("proofConfig")) == vector.text("proofCanon")
    assert vector.canonical(data_integrity.unsecured(signed)) == vector.text("canonDoc")
    hashed = data_integrity.hash_for(proof, signed, vector.form, vector.key_type).hex()
    assert hashed == vector.text("combinedHash").strip()
    assert hashed == vector.text("proofHash").strip() + vector.text("docHash").strip()
    assert proof.signature.hex() == vector.text("sigHex").strip()
    assert signed["proof"]["proofValue"] == vector.text("sigBTC58").strip()
    assert len(proof.signature) == signatures.LENGTH[vector.key_type] == len(hashed) // 2


@EACH
def test_what_is_signed_is_what_was_to_be_signed(vector: Vector) -> None:
    unsigned = "employmentAuth" if vector.folder.endswith("employ") else "unsigned"
    assert data_integrity.unsecured(vector.read("signed")) == published.read(ROOT / f"{unsigned}.json")


@EACH
def test_the_signature_holds_and_nothing_may_change(vector: Vector) -> None:
    signed, proof = read(vector)
    key = key_of(proof)

    def holds(document: dict[str, Any]) -> bool:
        try:
            (found,) = proof_sets.read_proofs(document)
            assert isinstance(found, Proof)
            return proof_sets.check_proof(found, document, key, vector.form).holds
        except ValueError:
            return False

    assert holds(signed)
    assert [place for place, changed in sample.changed_leaves(signed) if holds(changed)] == []


@EACH
def test_a_key_of_another_type_is_refused(vector: Vector) -> None:
    signed, proof = read(vector)
    with pytest.raises(ProofProblem) as problem:
        proof_sets.check_proof(proof, signed, sample.PUBLIC_KEY, vector.form)
    assert problem.value.code == "key_type_wrong"
    # A key of the other curve fits the suite, and hashes otherwise.
    (other,) = {read(each)[1].verification_method for each in VECTORS} - {proof.verification_method}
    assert not proof_sets.check_proof(
        proof, signed, multikey.decode_multikey(other.partition("#")[2]), vector.form
    ).holds


def test_with_p384_the_nodes_are_named_by_sha384() -> None:
    shorter, longer = VECTORS[2], VECTORS[3]
    assert shorter.text("canonDoc") != longer.text("canonDoc")
    assert rdfc_384.relabelled(shorter.text("canonDoc").encode()).decode() == longer.text("canonDoc")


def test_the_published_keys_are_read() -> None:
    for name, key_type in (("p256KeyPair", KeyType.P256), ("p384KeyPair", KeyType.P384)):
        text = published.read(ROOT / f"{name}.json")["publicKeyMultibase"]
        key = multikey.decode_multikey(text)
        assert (key.type, key.encode()) == (key_type, text)
