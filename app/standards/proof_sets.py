"""Several proofs on one document: sets, where each signs the document alone, and chains, where a proof also signs
the proofs it names.

Source: W3C Verifiable Credential Data Integrity 1.0, sections 2.1.1 (proof sets), 2.1.2 (proof chains) and 4.5
(verify proof sets and chains).

Anyone can add a proof to a document, so one that cannot be read must not hide the others: it is kept as
`UnreadProof` with the reason. What is unsound in the whole (names used twice, references that lead nowhere or in a
circle) refuses the document, because then nobody can say who signed what. How many proofs must hold is the
caller's to decide; a proof in a chain says nothing where one of its `foundations` does not hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.standards import data_integrity, multikey
from app.standards.data_integrity import CanonicalForm, Checked, Proof, ProofProblem

MAX_PROOFS = 8


@dataclass(frozen=True, slots=True)
class UnreadProof:
    """A proof among several that cannot be checked: `problem.checkable` says whether it is wrong or only unknown."""

    id: str | None
    problem: ProofProblem


AnyProof = Proof | UnreadProof


def read_proofs(document: Mapping[str, Any]) -> tuple[AnyProof, ...]:
    """The document's proofs, in its order; never none. A proof that stands alone is always a `Proof`.

    Raises `ProofProblem`: proof_missing, proofs_too_many (not checkable), proof_malformed, proof_id_repeated,
    previous_proof_unknown, proof_chain_circular; for a proof alone, also what `data_integrity.read_one` raises.
    """
    value = document.get("proof")
    if value is None or value == []:
        raise ProofProblem("proof_missing", "The document carries no signature.")
    if isinstance(value, list) and len(value) > MAX_PROOFS:
        raise ProofProblem(
            "proofs_too_many", f"The document carries more than {MAX_PROOFS} signatures.", checkable=False
        )
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(proof, dict) for proof in listed):
        raise ProofProblem("proof_malformed", "A signature block of the document is damaged.")
    proofs = tuple(_read(proof) for proof in listed) if isinstance(value, list) else (data_integrity.read_one(value),)
    _require_sound_chains(proofs)
    return proofs


def foundations(proof: Proof, proofs: Sequence[AnyProof]) -> tuple[AnyProof, ...]:
    """The proofs of the document that `proof` signs, and those which they sign, in the document's order."""
    wanted = set(proof.previous)
    while True:
        found = tuple(each for each in proofs if each.id in wanted)
        known = {name for each in found if isinstance(each, Proof) for name in each.previous}
        if known <= wanted:
            return found
        wanted |= known


def check_proof(
    proof: Proof, document: Mapping[str, Any], key: multikey.PublicKey, canonicaliser: CanonicalForm
) -> Checked:
    """Whether `proof`, read from `document`, is by `key` over the document and the proofs it names.

    Whether those proofs hold is asked apart. Raises as `data_integrity.check`.
    """
    return data_integrity.check(proof, signed_part(proof, document), key, canonicaliser)


def signed_part(proof: Proof, document: Mapping[str, Any]) -> dict[str, Any]:
    """What `proof` signs of `document`: no proofs in a set; in a chain the named ones, in the document's order."""
    part = data_integrity.unsecured(document)
    if proof.previous:
        part["proof"] = [each for each in document["proof"] if each.get("id") in proof.previous]
    return part


def _read(proof: Mapping[str, Any]) -> AnyProof:
    try:
        return data_integrity.read_one(proof)
    except ProofProblem as problem:
        name = proof.get("id")
        return UnreadProof(name if isinstance(name, str) else None, problem)


def _require_sound_chains(proofs: Sequence[AnyProof]) -> None:
    names = [proof.id for proof in proofs if proof.id is not None]
    if len(set(names)) != len(names):
        raise ProofProblem("proof_id_repeated", "Two signatures of the document have the same name.")
    chained = [proof for proof in proofs if isinstance(proof, Proof)]
    if any(name not in names for proof in chained for name in proof.previous):
        raise ProofProblem("previous_proof_unknown", "A signature builds on another that is not in the document.")
    if any(proof.id in [each.id for each in foundations(proof, proofs)] for proof in chained):
        raise ProofProblem("proof_chain_circular", "Signatures of the document build on each other in a circle.")
