"""Who the issuer is, by the verifier's own list: names come from there, never from inside the document."""

from app.verification.checks.trail import Trail, finding
from app.verification.evidence import Evidence
from app.verification.report import Finding, Outcome

SOURCE = "this verifier's own list of colleges"


def check_issuer(evidence: Evidence, trail: Trail) -> Finding:
    """Whether the verifier knows the issuer."""
    recognition = evidence.recognition
    if not recognition.known:
        code = recognition.code or "issuer_list_missing"
        sentence = recognition.failure or "This verifier has no list of colleges to compare with."
        return finding("issuer", Outcome.ERROR, code, sentence)
    if recognition.issuer is None:
        return finding(
            "issuer", Outcome.ERROR, "issuer_unknown", "The issuer is not on this verifier's list of colleges."
        )
    issuer = recognition.issuer
    return finding(
        "issuer",
        Outcome.VALID,
        "issuer_ok",
        f"The issuer is {issuer.name} (UKPRN {issuer.ukprn}).",
        source=SOURCE,
    )
