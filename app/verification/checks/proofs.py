"""Which of a document's signatures counts: one that the issuer's own key made, whatever else is attached.

Anyone can add a signature to a document, first or last. So neither the first is believed nor a stranger's held against
the document: it is as good as the issuer's own signature on it, and what else it carries is only told.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.standards import data_integrity, proof_sets
from app.standards.data_integrity import CanonicalForm, Checked, Proof, ProofProblem
from app.standards.did import DidDocument, VerificationKey
from app.standards.proof_sets import AnyProof

Keyed = tuple[Proof, VerificationKey]


def of_issuer(proofs: Iterable[AnyProof], issuer_id: str) -> tuple[Proof, ...]:
    """The lasting statements made in the issuer's name: its own key names, for assertion, not for one occasion."""
    return tuple(
        proof
        for proof in proofs
        if isinstance(proof, Proof)
        and proof.verification_method.partition("#")[0] == issuer_id
        and proof.purpose == "assertionMethod"
        and not proof.domain
        and proof.challenge is None
    )


def first_holding(
    document: Mapping[str, Any], keyed: Iterable[Keyed], proofs: tuple[AnyProof, ...], canonicaliser: CanonicalForm
) -> tuple[Proof, VerificationKey, Checked] | None:
    """The first of these signatures that holds, and in a chain also those it builds on; None where none does.

    Raises `ProofProblem` or `NotCanonicalisable` of the first that cannot be checked, where none holds.
    """
    known = tuple(keyed)
    problem: Exception | None = None
    for proof, key in known:
        try:
            checked = _checked(proof, key, document, known, proofs, canonicaliser)
            if checked is not None:
                return proof, key, checked
        except ValueError as error:  # ProofProblem and NotCanonicalisable are both
            problem = problem or error
    if problem is not None:
        raise problem
    return None


def trustworthy(
    document: Mapping[str, Any], keyed: Iterable[Keyed], proofs: tuple[AnyProof, ...], canonicaliser: CanonicalForm
) -> tuple[Proof, ...]:
    """Those of the issuer's signatures that hold and whose date nobody but the issuer can have written.

    Whoever has a key that was lost can add a signature of any date with it; a key in use signs no date after its end.
    """
    known = tuple(keyed)
    found = []
    for proof, key in known:
        if key.revoked is not None or (
            key.expires is not None and not (proof.created and proof.created <= key.expires)
        ):
            continue
        try:
            if _checked(proof, key, document, known, proofs, canonicaliser) is not None:
                found.append(proof)
        except ValueError:  # ProofProblem and NotCanonicalisable: what cannot be checked dates nothing
            continue
    return tuple(found)


def signed_by_issuer(
    document: Mapping[str, Any],
    issuer: DidDocument,
    canonicaliser: CanonicalForm,
) -> tuple[Proof, VerificationKey] | None:
    """The issuer's own signature on another of its documents, by a key it lists today. Raises as `first_holding`."""
    proofs = proof_sets.read_proofs(document)
    keyed = [
        (proof, key)
        for proof in of_issuer(proofs, issuer.id)
        if (key := issuer.signing_key(proof.verification_method)) is not None
    ]
    found = first_holding(document, keyed, proofs, canonicaliser)
    return (found[0], found[1]) if found else None


def over_json(proof: Proof) -> bool:
    """Whether the signature is over the JSON as it stands, so that no vocabulary was looked at when it was made."""
    return proof.cryptosuite in (data_integrity.JCS, data_integrity.ECDSA_JCS)


def _checked(
    proof: Proof,
    key: VerificationKey,
    document: Mapping[str, Any],
    keyed: tuple[Keyed, ...],
    proofs: tuple[AnyProof, ...],
    canonicaliser: CanonicalForm,
) -> Checked | None:
    """What the check of a signature that holds says; None where it, or in a chain one it builds on, does not."""
    checked = proof_sets.check_proof(proof, document, key.key, canonicaliser)
    return checked if checked.holds and _founded(proof, document, keyed, proofs, canonicaliser) else None


def _founded(
    proof: Proof,
    document: Mapping[str, Any],
    keyed: tuple[Keyed, ...],
    proofs: tuple[AnyProof, ...],
    canonicaliser: CanonicalForm,
) -> bool:
    keys = {id(each): key for each, key in keyed}
    for below in proof_sets.foundations(proof, proofs):
        key = keys.get(id(below))
        if not isinstance(below, Proof) or key is None:
            raise ProofProblem(
                "proof_chain_unchecked", "The signature builds on another that cannot be checked here.", checkable=False
            )
        if not proof_sets.check_proof(below, document, key.key, canonicaliser).holds:
            return False
    return True
