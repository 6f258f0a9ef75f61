"""The proofs of a document and nothing else, as conformance vectors ask for them (VC API, `checks: ["proof"]`).

Whether the signer is who the document says, whether anybody knows the issuer, whether it was withdrawn: none of it is
looked at. So a report made here never reads "valid": its verdict is CANNOT_TELL at best, and `holds` says whether
what was looked at held. All proofs of the document must hold, whoever made them.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.standards import proof_sets, vc, vc_1_1
from app.standards.data_integrity import CanonicalForm, Proof, ProofProblem
from app.standards.did import DidDocument, VerificationKey
from app.standards.json_ld import NotCanonicalisable
from app.standards.proof_sets import AnyProof, UnreadProof
from app.verification.bounded import QUESTION_SECONDS, BoundedPublications
from app.verification.checks.document import UNSAFE_TO_READ
from app.verification.checks.keys import CLOCK_SKEW, read_published
from app.verification.checks.trail import finding, skipped
from app.verification.evidence import Fetched
from app.verification.ports import Publications
from app.verification.report import Anchoring, Finding, Level, Outcome, Report, Verdict, day

ASSERTION, AUTHENTICATION = "assertionMethod", "authentication"
PURPOSES = (ASSERTION, AUTHENTICATION)

_NOT_ASKED = ("dates", "issuer_key", "inclusion", "checkpoint", "chain", "signing_time", "status", "issuer")
SUMMARY_HOLDS = (
    "The signatures hold. Nothing else was asked: neither who made them, nor whether it is genuine or still in force."
)
SUMMARY_WRONG = "A signature does not hold, or is not what it should be. Do not rely on it."
SUMMARY_UNKNOWN = "We cannot tell whether the signatures hold. Do not rely on it yet."


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the verifier asked the proofs to be made for; None = it did not ask."""

    challenge: str | None = None
    domain: str | None = None

    @property
    def is_asked(self) -> bool:
        return self.challenge is not None or self.domain is not None


UNASKED = Occasion()


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a proof does not count. `outcome` INVALID: it is wrong; ERROR: that could not be found out."""

    outcome: Outcome
    code: str
    sentence: str


async def verify(
    document: Mapping[str, Any],
    *,
    publications: Publications,
    canonicaliser: CanonicalForm,
    now: datetime,
    occasion: Occasion = UNASKED,
    purpose: str = ASSERTION,
    within: float = QUESTION_SECONDS,
) -> Report:
    """The report on the form and the proofs of a credential (VC 2.0 or 1.1). Never raises for what it finds.

    What is not answered `within` so many seconds is not known.
    """
    try:
        proofs = _read(document)
    except ProofProblem as problem:
        structure = finding("structure", _outcome(problem), problem.code, str(problem))
        return _report(document, now, structure, skipped("signature", "There is no signature that could be checked."))
    structure = finding("structure", Outcome.VALID, "structure_ok", "The document has the form of a signed credential.")
    published = await fetch_signers(proofs, BoundedPublications(publications, within))
    fault = first_fault(document, proofs, published, purpose, occasion, canonicaliser, now)
    if fault is not None:
        return _report(document, now, structure, finding("signature", fault.outcome, fault.code, fault.sentence))
    return _report(
        document, now, structure, finding("signature", Outcome.VALID, "proof_ok", "Every signature on it holds.")
    )


def holds(report: Report) -> bool:
    """Whether all that was looked at held, in the document and in those inside it."""
    return all(one.outcome in (Outcome.VALID, Outcome.SKIPPED) for one in report.findings) and all(
        holds(part) for part in report.parts
    )


async def fetch_signers(proofs: Iterable[AnyProof], publications: Publications) -> Mapping[str, Fetched]:
    """The documents of all who are said to have signed, by DID."""
    names = list(dict.fromkeys(signer(proof) for proof in proofs if isinstance(proof, Proof)))
    fetched = await asyncio.gather(*(publications.did_document(name) for name in names))
    return dict(zip(names, fetched, strict=True))


def signer(proof: Proof) -> str:
    """The identifier in whose name a proof is made."""
    return proof.verification_method.partition("#")[0]


def first_fault(
    document: Mapping[str, Any],
    proofs: Iterable[AnyProof],
    published: Mapping[str, Fetched],
    purpose: str,
    occasion: Occasion,
    canonicaliser: CanonicalForm,
    now: datetime,
) -> Fault | None:
    """Why the proofs, read from `document`, do not all hold; None where they do. What is wrong is told first."""
    faults = [_fault(document, proof, published, purpose, occasion, canonicaliser, now) for proof in proofs]
    found = [fault for fault in faults if fault is not None]
    wrong = [fault for fault in found if fault.outcome is Outcome.INVALID]
    return next(iter(wrong or found), None)


def _read(document: Mapping[str, Any]) -> tuple[AnyProof, ...]:
    """The proofs of what has the form of a credential. Raises `ProofProblem`, for a form that is wrong too."""
    rules = vc_1_1.structure_problems if vc_1_1.is_1_1(document) else vc.structure_problems
    for code, sentence in rules(document):
        raise ProofProblem(code, sentence)
    return proof_sets.read_proofs(document)


def _fault(
    document: Mapping[str, Any],
    proof: AnyProof,
    published: Mapping[str, Fetched],
    purpose: str,
    occasion: Occasion,
    canonicaliser: CanonicalForm,
    now: datetime,
) -> Fault | None:
    if isinstance(proof, UnreadProof):
        return Fault(_outcome(proof.problem), proof.problem.code, str(proof.problem))
    if proof.purpose != purpose:
        return _wrong("purpose_wrong", "The signature was made for another purpose.")
    misplaced = _occasion_fault(proof, occasion) or _time_fault(proof, now)
    if misplaced is not None:
        return misplaced
    key = _key(proof, published[signer(proof)], purpose)
    if isinstance(key, Fault):
        return key
    return _key_fault(proof, key, now) or _signature_fault(document, proof, key, canonicaliser)


def _occasion_fault(proof: Proof, occasion: Occasion) -> Fault | None:
    if occasion.challenge is not None and proof.challenge != occasion.challenge:
        return _wrong("challenge_other", "The signature was not made in answer to this challenge.")
    if occasion.domain is not None and occasion.domain not in proof.domain:
        return _wrong("domain_other", "The signature was not made for this verifier.")
    return None


def _time_fault(proof: Proof, now: datetime) -> Fault | None:
    if proof.created is not None and proof.created > now + CLOCK_SKEW:
        return _wrong("signed_later", "It says it was signed at a time that has not come.")
    if proof.expires is not None and proof.expires < now:
        return _wrong("proof_expired", f"The signature was made to count until {day(proof.expires)}.")
    return None


def _key(proof: Proof, fetched: Fetched, purpose: str) -> VerificationKey | Fault:
    """The key that the signer itself lists for `purpose` under the name the proof gives."""
    if fetched.data is None:
        return Fault(Outcome.ERROR, fetched.code, fetched.failure)
    try:
        document = read_published(fetched, signer(proof))
    except ValueError as error:
        return Fault(Outcome.ERROR, "did_document_unreadable", f"The signer's page of keys is wrong: {error}.")
    key = next((key for key in _listed(document, purpose) if key.id == proof.verification_method), None)
    return key or _wrong("key_not_listed", "The signer does not list this key for this purpose.")


def _listed(document: DidDocument, purpose: str) -> tuple[VerificationKey, ...]:
    return document.holder_keys if purpose == AUTHENTICATION else document.signing_keys


def _key_fault(proof: Proof, key: VerificationKey, now: datetime) -> Fault | None:
    """No register is asked here, so the signature's own date is all there is; it never speaks for a lost key."""
    if key.revoked is not None:
        return _wrong("key_revoked", f"The key was lost on {day(key.revoked)}.")
    if key.expires is not None and key.expires < now and (proof.created is None or proof.created > key.expires):
        return _wrong("key_expired", f"The key was in use until {day(key.expires)} only.")
    return None


def _signature_fault(
    document: Mapping[str, Any], proof: Proof, key: VerificationKey, canonicaliser: CanonicalForm
) -> Fault | None:
    try:
        checked = proof_sets.check_proof(proof, document, key.key, canonicaliser)
    except ProofProblem as problem:
        return Fault(_outcome(problem), problem.code, str(problem))
    except NotCanonicalisable as error:
        outcome = Outcome.ERROR if error.code in UNSAFE_TO_READ else Outcome.INVALID
        return Fault(outcome, error.code, str(error))
    return None if checked.holds else _wrong("signature_wrong", "It was changed after it was signed with this key.")


def _wrong(code: str, sentence: str) -> Fault:
    return Fault(Outcome.INVALID, code, sentence)


def _outcome(problem: ProofProblem) -> Outcome:
    return Outcome.INVALID if problem.checkable else Outcome.ERROR


def _report(document: Mapping[str, Any], now: datetime, structure: Finding, signature: Finding) -> Report:
    outcomes = {structure.outcome, signature.outcome}
    identifier = document.get("id")
    summary = SUMMARY_HOLDS
    if Outcome.INVALID in outcomes:
        summary = SUMMARY_WRONG
    elif Outcome.ERROR in outcomes:
        summary = SUMMARY_UNKNOWN
    return Report(
        findings=(structure, signature, *(skipped(name, "This was not asked.", "not_asked") for name in _NOT_ASKED)),
        verdict=Verdict.NOT_VALID if Outcome.INVALID in outcomes else Verdict.CANNOT_TELL,
        anchoring=Anchoring.UNKNOWN,
        level=Level.NONE,
        checked_at=now,
        summary=summary,
        credential_id=identifier if vc.is_url(identifier) else None,
    )
