"""What the file alone tells: its form, its dates, its signature."""

from collections.abc import Mapping
from typing import Any

from app.errors import Refused
from app.standards import data_integrity, proof_sets, vc, vc_1_1
from app.standards.data_integrity import CanonicalForm, Proof, ProofProblem
from app.standards.json_ld import NotCanonicalisable
from app.standards.proof_sets import UnreadProof
from app.verification.checks.proofs import first_holding, over_json
from app.verification.checks.trail import Trail, finding, skipped
from app.verification.evidence import Evidence
from app.verification.report import Finding, Outcome, day
from app.verification.submission import embedded_in

# The document may be as good as any; this verifier just cannot read it safely.
UNSAFE_TO_READ = ("graph_too_large", "graph_ambiguous", "context_unknown")


def check_structure(evidence: Evidence, trail: Trail) -> Finding:
    """Whether it has the form of a signed credential."""
    credential = evidence.submission.credential
    rules = vc_1_1.structure_problems if _is_older(credential, trail) else vc.structure_problems
    for code, sentence in rules(credential):
        return finding("structure", Outcome.INVALID, code, sentence)
    try:
        trail.proofs = proof_sets.read_proofs(credential)
    except ProofProblem as problem:
        return _problem("structure", problem)
    unread = [proof.problem for proof in trail.proofs if isinstance(proof, UnreadProof)]
    if len(unread) == len(trail.proofs):
        return _problem("structure", next((problem for problem in unread if not problem.checkable), unread[0]))
    try:
        embedded_in(credential)
    except Refused as problem:
        # Nobody could look at it, and whoever shows the record would seem to vouch for it.
        outcome = Outcome.INVALID if problem.code == "clr_malformed" else Outcome.ERROR
        return finding("structure", outcome, problem.code, problem.message)
    return finding("structure", Outcome.VALID, "structure_ok", "The document has the form of a signed credential.")


def check_dates(evidence: Evidence, trail: Trail) -> Finding:
    """Whether the moment asked about lies within the dates of the credential."""
    credential = evidence.submission.credential
    # Version 1.1 knows the names of version 2.0 too, without saying what to do with them: the narrower dates count.
    periods = (vc.DATES, vc_1_1.DATES) if _is_older(credential, trail) else (vc.DATES,)
    starts, ends = (
        [vc.parse_timestamp(credential[name]) for name in names if name in credential]
        for names in zip(*periods, strict=True)
    )
    start = max((one for one in starts if one is not None), default=None)
    end = min((one for one in ends if one is not None), default=None)
    if None in (*starts, *ends):
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


def _is_older(credential: Mapping[str, Any], trail: Trail) -> bool:
    return trail.reads_older and vc_1_1.is_1_1(credential)


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
