"""What the file alone tells: its form, its dates, its signature."""

from app.standards import data_integrity, proof_sets, vc
from app.standards.data_integrity import CanonicalForm, Proof, ProofProblem
from app.standards.json_ld import NotCanonicalisable
from app.standards.proof_sets import UnreadProof
from app.verification.checks.proofs import first_holding, over_json
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
        trail.proofs = proof_sets.read_proofs(credential)
    except ProofProblem as problem:
        return _problem("structure", problem)
    unread = [proof.problem for proof in trail.proofs if isinstance(proof, UnreadProof)]
    if len(unread) == len(trail.proofs):
        return _problem("structure", next((problem for problem in unread if not problem.checkable), unread[0]))
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
    if end is None and shown_in_part(trail):
        return finding(
            "dates", Outcome.ERROR, "dates_hidden", "It is shown in part: an end date may have been left out."
        )
    return finding("dates", Outcome.VALID, "dates_ok", "It is within its dates.")


def shown_in_part(trail: Trail) -> bool:
    """Whether its holder may have left parts out (ecdsa-sd-2023): what is absent is then unknown, not "none"."""
    return any(isinstance(proof, Proof) and proof.cryptosuite == data_integrity.ECDSA_SD for proof in trail.proofs)


def check_signature(evidence: Evidence, trail: Trail, canonicaliser: CanonicalForm) -> Finding:
    """Whether the issuer's key signed exactly this."""
    if not trail.keyed:
        return skipped("signature", "There is no issuer's key to check the signature with.")
    credential = evidence.submission.credential
    try:
        found = first_holding(credential, trail.keyed, trail.proofs, canonicaliser)
        if found is not None and over_json(found[0]):
            # Every word was signed, but nothing yet said that each word has a meaning everybody agrees on.
            canonicaliser.n_quads(data_integrity.unsecured(credential))
    except NotCanonicalisable as error:
        outcome = Outcome.ERROR if error.code in UNSAFE_TO_READ else Outcome.INVALID
        return finding("signature", outcome, error.code, str(error))
    except ProofProblem as problem:
        return _problem("signature", problem)
    if found is None:
        return finding(
            "signature",
            Outcome.INVALID,
            "signature_wrong",
            "The document was changed after it was signed, or was never signed by this issuer.",
        )
    trail.proof, trail.key, checked = found
    trail.digest, trail.method = checked.digest, checked.method
    others = len(trail.proofs) - 1
    more = f" It carries {others} more; they are not needed, and not vouched for." if others else ""
    return finding(
        "signature", Outcome.VALID, "signature_ok", f"Nothing in it was changed since the issuer signed it.{more}"
    )


def _problem(check: str, problem: ProofProblem) -> Finding:
    return finding(check, Outcome.INVALID if problem.checkable else Outcome.ERROR, problem.code, str(problem))
