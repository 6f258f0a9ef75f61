"""What the file alone tells: its form, its dates, its signature."""

from app.standards import anchor_receipt, data_integrity, vc
from app.standards.data_integrity import CanonicalForm, ProofProblem
from app.standards.json_ld import NotCanonicalisable
from app.verification.checks.trail import Trail, finding, skipped
from app.verification.evidence import Evidence
from app.verification.report import Finding, Outcome, day

# The document may be as good as any; this verifier just cannot read it safely.
UNSAFE_TO_READ = ("graph_too_large", "graph_ambiguous", "context_unknown")


def check_structure(evidence: Evidence, trail: Trail) -> Finding:
    """Whether it has the form of a signed credential."""
    credential = evidence.submission.credential
    for code, sentence in vc.structure_problems(credential):
        return finding("structure", Outcome.INVALID, code, sentence)
    try:
        trail.proof = data_integrity.read_proof(credential)
    except ProofProblem as problem:
        outcome = Outcome.INVALID if problem.checkable else Outcome.ERROR
        return finding("structure", outcome, problem.code, str(problem))
    return finding("structure", Outcome.VALID, "structure_ok", "The document has the form of a signed credential.")


def check_dates(evidence: Evidence, trail: Trail) -> Finding:
    """Whether the moment asked about lies within the dates of the credential."""
    credential = evidence.submission.credential
    start, end = (
        vc.parse_timestamp(credential[name]) if name in credential else None for name in ("validFrom", "validUntil")
    )
    if ("validFrom" in credential and start is None) or ("validUntil" in credential and end is None):
        return finding("dates", Outcome.ERROR, "date_malformed", "The dates cannot be read.")
    if start is not None and start > trail.moment:
        return finding("dates", Outcome.INVALID, "not_yet_valid", f"It is not valid before {day(start)}.")
    if end is not None and end < trail.moment:
        return finding("dates", Outcome.INVALID, "expired", f"It ran out on {day(end)}; it was genuine until then.")
    return finding("dates", Outcome.VALID, "dates_ok", "It is within its dates.")


def check_signature(evidence: Evidence, trail: Trail, canonicaliser: CanonicalForm) -> Finding:
    """Whether the issuer's key signed exactly this."""
    proof, key = trail.proof, trail.key
    if proof is None or key is None:
        return skipped("signature", "There is no issuer's key to check the signature with.")
    if proof.cryptosuite != data_integrity.RDFC:
        return finding(
            "signature", Outcome.ERROR, "proof_type_unknown", "Credentials are expected with another kind of signature."
        )
    try:
        hash_data = data_integrity.hash_for(proof, evidence.submission.credential, canonicaliser)
    except NotCanonicalisable as error:
        outcome = Outcome.ERROR if error.code in UNSAFE_TO_READ else Outcome.INVALID
        return finding("signature", outcome, error.code, str(error))
    except ProofProblem as problem:
        return finding("signature", Outcome.INVALID, problem.code, str(problem))
    if not data_integrity.verify_signature(key.key, proof.signature, hash_data):
        return finding(
            "signature",
            Outcome.INVALID,
            "signature_wrong",
            "The document was changed after it was signed, or was never signed by this issuer.",
        )
    trail.digest = anchor_receipt.binding_digest(hash_data, proof.signature)
    return finding("signature", Outcome.VALID, "signature_ok", "Nothing in it was changed since the issuer signed it.")
