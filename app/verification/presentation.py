"""A presentation: the credentials in it, and who shows them (VCDM 2.0, section 4.13; Data Integrity 1.0, section 2.1).

The holder's signature is made for one occasion (purpose `authentication`), so a verifier that asked a question, a
challenge or its own domain, must find it answered: an answer to another question is a replay, and no answer at all is
what a thief sends who cut the signature off. Nobody having asked, a presentation without a signature is a mere
container: it is as good as what is in it, and says nothing of who shows it.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.standards import proof_sets, vc, vc_1_1
from app.standards.data_integrity import CanonicalForm, Proof, ProofProblem
from app.standards.proof_sets import AnyProof
from app.verification import proof_only
from app.verification.bounded import QUESTION_SECONDS, BoundedPublications
from app.verification.checks.trail import finding, skipped
from app.verification.evidence import Submission
from app.verification.ports import Publications
from app.verification.proof_only import UNASKED, Fault, Occasion
from app.verification.report import (
    Anchoring,
    DocumentKind,
    Finding,
    Level,
    Outcome,
    Report,
    Verdict,
    day,
    lowest,
    oldest,
    worst,
    worst_anchoring,
)
from app.verification.several import VerifyCredential, verify_each
from app.verification.submission import MAX_EMBEDDED, is_record

_TYPE = "VerifiablePresentation"
_ENVELOPES = ("EnvelopedVerifiableCredential", "EnvelopedVerifiablePresentation")

_SUMMARIES = {
    Verdict.VALID: "What this presentation holds is genuine and in force.",
    Verdict.NOT_VALID: "This presentation, or a credential in it, is not genuine. Do not rely on it.",
    Verdict.WAS_VALID: "A credential in this presentation is genuine, but it is no longer in force.",
    Verdict.CANNOT_TELL: "We cannot tell whether all of this presentation is genuine and in force. Do not rely on it "
    "yet.",
}
_SUMMARIES_AS_OF = {
    Verdict.VALID: "What this presentation holds was genuine and in force on {day}.",
    Verdict.NOT_VALID: "This presentation, or a credential in it, is not genuine, or was not on {day}.",
    Verdict.WAS_VALID: "A credential in this presentation is genuine, but it was no longer in force on {day}.",
    Verdict.CANNOT_TELL: "We cannot tell whether all of this presentation was genuine and in force on {day}.",
}


async def verify(
    presentation: Mapping[str, Any],
    *,
    verify_credential: VerifyCredential,
    publications: Publications,
    canonicaliser: CanonicalForm,
    now: datetime,
    occasion: Occasion = UNASKED,
    proofs_only: bool = False,
    within: float = QUESTION_SECONDS,
    as_of: datetime | None = None,
) -> Report:
    """The report on a presentation, with those of `verify_credential` on each credential in it as its parts.

    `as_of`: the past moment that `verify_credential` asks about; who shows the presentation is asked as of now.
    `proofs_only`: nothing but proofs is asked for, here and by `verify_credential`; the presentation must then have
    one, and the verdict is CANNOT_TELL at best (`proof_only.holds`). Never raises for what it finds.
    What is not answered about its holder `within` so many seconds is not known.
    """
    structure = _check_structure(presentation)
    if structure.outcome is not Outcome.VALID:
        nobody = skipped("holder", "There is nothing to be shown.")
        return _report(presentation, now, (structure, nobody), (), False, as_of)
    credentials = _credentials(presentation)
    holder, parts = await asyncio.gather(
        _check_holder(
            presentation,
            credentials,
            BoundedPublications(publications, within),
            canonicaliser,
            now,
            occasion,
            proofs_only,
        ),
        verify_each([Submission(one, None) for one in credentials], verify_credential),
    )
    return _report(presentation, now, (structure, holder), parts, proofs_only, as_of)


def _check_structure(presentation: Mapping[str, Any]) -> Finding:
    """Whether it has the form of a presentation."""
    for outcome, code, sentence in _structure_problems(presentation):
        return finding("structure", outcome, code, sentence)
    return finding("structure", Outcome.VALID, "structure_ok", "The document has the form of a presentation.")


def _structure_problems(presentation: Mapping[str, Any]) -> Iterator[tuple[Outcome, str, str]]:
    contexts = presentation.get("@context")
    if not isinstance(contexts, list) or not contexts or contexts[0] not in (vc.CONTEXT, vc_1_1.CONTEXT):
        yield Outcome.INVALID, "context_not_vc", "The document does not use the vocabulary of verifiable credentials."
    if _TYPE not in _types(presentation):
        yield Outcome.INVALID, "type_not_presentation", f'The document does not say that it is a "{_TYPE}".'
    if "id" in presentation and not vc.is_url(presentation["id"]):
        yield Outcome.INVALID, "id_not_url", "The document's own identifier is not a URI."
    if "holder" in presentation and _holder(presentation) is None:
        yield Outcome.INVALID, "holder_malformed", "The document does not name its holder by a URI."
    found = _several(presentation.get("verifiableCredential"))
    if not found and not _is_signed(presentation):
        yield Outcome.INVALID, "presentation_empty", "The presentation holds no credential, and nobody signed it."
    if len(found) > MAX_EMBEDDED:
        yield (
            Outcome.ERROR,
            "credentials_too_many",
            f"The presentation holds more than the {MAX_EMBEDDED} credentials that are checked at once.",
        )
    for item in found:
        yield from _member_problems(item)


def _member_problems(item: Any) -> Iterator[tuple[Outcome, str, str]]:
    if not isinstance(item, dict):
        yield Outcome.INVALID, "credential_malformed", "One of the things in the presentation is not a credential."
        return
    types = _types(item)
    if any(name in types for name in _ENVELOPES):
        yield Outcome.ERROR, "envelope_not_supported", "A credential in the presentation is signed in another way."
    if _TYPE in types:
        yield Outcome.ERROR, "presentation_nested", "A presentation inside another is not read."
    if is_record(item):
        yield (
            Outcome.ERROR,
            "embedded_too_deep",
            "A credential in the presentation itself holds credentials; check that one on its own.",
        )


async def _check_holder(
    presentation: Mapping[str, Any],
    credentials: Sequence[Mapping[str, Any]],
    publications: Publications,
    canonicaliser: CanonicalForm,
    now: datetime,
    occasion: Occasion,
    proofs_only: bool,
) -> Finding:
    """Whether whoever shows it signed it, by a key of the holder's own, in answer to what was asked."""
    if not _is_signed(presentation):
        if occasion.is_asked or proofs_only:
            return finding("holder", Outcome.INVALID, "holder_proof_missing", "Nobody signed this presentation.")
        return skipped("holder", "Nobody signed this presentation, so who shows it is not known.", "holder_none")
    try:
        proofs = proof_sets.read_proofs(presentation)
    except ProofProblem as problem:
        outcome = Outcome.INVALID if problem.checkable else Outcome.ERROR
        return finding("holder", outcome, problem.code, str(problem))
    published = await proof_only.fetch_signers(proofs, publications)
    fault = (
        proof_only.first_fault(presentation, proofs, published, proof_only.AUTHENTICATION, occasion, canonicaliser, now)
        or _holder_fault(presentation, credentials, proofs)
        or (None if proofs_only else _subject_fault(credentials, proofs))
    )
    if fault is not None:
        return finding("holder", fault.outcome, fault.code, fault.sentence)
    answered = " in answer to what was asked" if occasion.is_asked else "; whether for this occasion was not asked"
    return finding("holder", Outcome.VALID, "holder_ok", f"Whoever shows it signed it{answered}.")


def _holder_fault(
    presentation: Mapping[str, Any], credentials: Sequence[Mapping[str, Any]], proofs: Sequence[AnyProof]
) -> Fault | None:
    """Whether the one who signed is the one who is named; for self-made credentials, the issuer too.

    VCDM 2.0, section 4.13.4 (Presentations Including Holder Claims).
    """
    named, signers = _holder(presentation), _signers(proofs)
    if len(signers) > 1:
        return _wrong("holder_several", "Several have signed this presentation, so who shows it is not known.")
    if named is not None and named not in signers:
        return _wrong("holder_other", "Somebody other than the holder named in it signed this presentation.")
    for credential in credentials:
        if signers & _claimed_signers(credential) and not (named == vc.issuer_id(credential) and named in signers):
            return _wrong(
                "holder_not_issuer",
                "Whoever shows it made a credential in it, and is not named as its issuer and as the holder alike.",
            )
    return None


def _subject_fault(credentials: Sequence[Mapping[str, Any]], proofs: Sequence[AnyProof]) -> Fault | None:
    """A copy of somebody's credential can be signed over by anybody: the one it is about must be who shows it.

    Only where a credential names its subject by a DID, so that the two can be compared at all. A parent may well
    show a child's credential: that cannot be told from a theft here.
    """
    signers = _signers(proofs)
    for credential in credentials:
        for subject in _several(credential.get("credentialSubject")):
            name = subject.get("id") if isinstance(subject, dict) else None
            if isinstance(name, str) and name.startswith("did:") and name not in signers:
                return Fault(
                    Outcome.ERROR,
                    "holder_not_subject",
                    "A credential in it is about somebody other than the one who shows it.",
                )
    return None


def _signers(proofs: Sequence[AnyProof]) -> set[str]:
    return {proof_only.signer(proof) for proof in proofs if isinstance(proof, Proof)}


def _claimed_signers(credential: Mapping[str, Any]) -> set[str]:
    methods = [
        proof.get("verificationMethod") for proof in _several(credential.get("proof")) if isinstance(proof, dict)
    ]
    return {method.partition("#")[0] for method in methods if isinstance(method, str)}


def _report(
    presentation: Mapping[str, Any],
    now: datetime,
    findings: tuple[Finding, Finding],
    parts: tuple[Report, ...],
    proofs_only: bool,
    as_of: datetime | None,
) -> Report:
    outcomes = {one.outcome for one in findings}
    own = Verdict.CANNOT_TELL if Outcome.ERROR in outcomes or proofs_only else Verdict.VALID
    verdict = worst([Verdict.NOT_VALID if Outcome.INVALID in outcomes else own, *(part.verdict for part in parts)])
    identifier = presentation.get("id")
    report = Report(
        findings=findings,
        verdict=verdict,
        anchoring=worst_anchoring(parts) if parts else Anchoring.UNKNOWN,
        level=lowest(parts) if parts else Level.NONE,
        checked_at=now,
        summary=_SUMMARIES[verdict] if as_of is None else _SUMMARIES_AS_OF[verdict].format(day=day(as_of)),
        as_of=as_of,
        true_as_of=oldest(parts),
        credential_id=identifier if vc.is_url(identifier) else None,
        parts=parts,
        kind=DocumentKind.PRESENTATION,
    )
    return replace(report, summary=proof_only.SUMMARY_HOLDS) if proofs_only and proof_only.holds(report) else report


def _is_signed(presentation: Mapping[str, Any]) -> bool:
    return presentation.get("proof") not in (None, [])


def _holder(presentation: Mapping[str, Any]) -> str | None:
    holder = presentation.get("holder")
    name = holder.get("id") if isinstance(holder, dict) else holder
    return name if vc.is_url(name) else None


def _credentials(presentation: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return tuple(_several(presentation.get("verifiableCredential")))


def _types(document: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(item for item in _several(document.get("type")) if isinstance(item, str))


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _wrong(code: str, sentence: str) -> Fault:
    return Fault(Outcome.INVALID, code, sentence)
