"""Verify what was read from a file: gather the evidence, run the checks, conclude."""

from datetime import datetime

from app.standards import vc
from app.standards.data_integrity import CanonicalForm, Proof
from app.verification import stacked
from app.verification.accreditation import check_accreditation
from app.verification.bounded import (
    QUESTION_SECONDS,
    BoundedPublications,
    BoundedRecogniser,
    BoundedRegistry,
)
from app.verification.checks.adds_up import check_adds_up
from app.verification.checks.document import check_dates, check_signature, check_structure
from app.verification.checks.issuer import check_issuer
from app.verification.checks.keys import check_issuer_key, check_signing_time
from app.verification.checks.proofs import trustworthy
from app.verification.checks.register import check_chain, check_checkpoint, check_inclusion
from app.verification.checks.standing import check_status
from app.verification.checks.trail import Trail
from app.verification.evidence import Evidence, Submission
from app.verification.gather import gather
from app.verification.gather_parts import Allowance, gather_parts
from app.verification.once import AskedOnce, RegistryAskedOnce
from app.verification.ports import Publications, Recogniser, Registry
from app.verification.reader import Reader
from app.verification.report import DocumentKind, Finding, Outcome, Report, conclude
from app.verification.several import verify_members
from app.verification.submission import is_record, read_submission

__all__ = ["read_submission", "run_checks", "verify"]


async def verify(
    submission: Submission,
    *,
    publications: Publications,
    registry: Registry,
    recogniser: Recogniser,
    canonicaliser: CanonicalForm,
    now: datetime,
    as_of: datetime | None = None,
    older: bool = False,
    within: float = QUESTION_SECONDS,
    reader: Reader | None = None,
    allowance: Allowance | None = None,
) -> Report:
    """The report on a submission; with `as_of`, on what could be said of it at that moment, from what held then.

    `older`: a credential of version 1.1 is read too (`vc_1_1`), by the same checks; `canonicaliser` must know it. A
    record (CLR 2.0) is checked with each credential in it, whoever asks: the reports on these are its parts. The parts
    that a stacked award names are asked for and checked the same way, as far as `allowance` goes (None = as far as one
    file may), and what they add up to is a finding on the award. Never raises for what it finds; outside failures are
    findings. A question that the outside does not answer `within` so many seconds leaves it unknown. `reader` may be
    kept from one verification to the next; the report is the same without.
    """
    reader, left = reader or Reader(), allowance or Allowance()
    holds_others = is_record(submission.credential)
    named = stacked.named_by(submission.credential)
    if holds_others or named is not None:
        publications = AskedOnce(publications)
        registry = RegistryAskedOnce(registry)

    async def verify_with(one: Submission, allowed: Allowance) -> Report:
        return await verify(
            one,
            publications=publications,
            registry=registry,
            recogniser=recogniser,
            canonicaliser=canonicaliser,
            now=now,
            as_of=as_of,
            older=older,
            within=within,
            reader=reader,
            allowance=allowed,
        )

    async def verify_member(member: Submission) -> Report:
        return await verify_with(member, left)

    bounded = BoundedPublications(publications, within)
    evidence = await gather(
        submission,
        bounded,
        BoundedRegistry(registry, within),
        BoundedRecogniser(recogniser, within),
        now,
        as_of,
        reader,
    )
    trail = Trail(as_of or now, as_of is not None, older, reader=reader)
    findings = run_checks(evidence, canonicaliser, trail)
    stack = None
    if named is not None and trail.digest is not None and evidence.recognition.issuer is not None:
        # A stranger does not choose whom this verifier asks for a hundred documents.
        stack = await gather_parts(named, submission, bounded, verify_with, left, as_of, within)
    adds_up, additions = check_adds_up(submission.credential, named, stack, trail)
    issuer = evidence.recognition.issuer
    return conclude(
        (*findings, adds_up),
        now,
        as_of=as_of,
        issuer_name=issuer.name if issuer else None,
        credential_id=_identifier(submission),
        parts=await verify_members(submission, verify_member) if holds_others else (),
        kind=DocumentKind.RECORD if holds_others else DocumentKind.CREDENTIAL,
        additions=additions,
    )


def run_checks(evidence: Evidence, canonicaliser: CanonicalForm, trail: Trail) -> tuple[Finding, ...]:
    """Every check of a document by itself, in order: authenticity, then the register, then standing and who stands
    behind it. What it is made of is looked at last, and only if it is genuine."""
    structure = check_structure(evidence, trail)
    dates = check_dates(evidence, trail)
    issuer_key = check_issuer_key(evidence, trail)
    signature = check_signature(evidence, trail, canonicaliser)
    inclusion = check_inclusion(evidence, trail)
    checkpoint = check_checkpoint(evidence, trail)
    chain = check_chain(evidence, trail)
    signing_time = check_signing_time(evidence, trail, chain)
    status = check_status(evidence, trail, canonicaliser)
    issuer = check_issuer(evidence, trail)
    accreditation = _accreditation(evidence, trail, canonicaliser, trail.recorded)
    if trail.is_late and accreditation.outcome is not Outcome.VALID:
        # By the time of the later record it was not; of the earlier one, which could not be asked, nothing is known.
        accreditation = _accreditation(evidence, trail, canonicaliser, None)
    return (
        *(structure, dates, issuer_key, signature, inclusion, checkpoint, chain, signing_time),
        *(status, issuer, accreditation),
    )


def _accreditation(
    evidence: Evidence, trail: Trail, canonicaliser: CanonicalForm, recorded: datetime | None
) -> Finding:
    return check_accreditation(
        evidence.accreditation,
        evidence.submission.credential,
        trail.issuer if trail.digest is not None else None,
        anchored_at=recorded,
        now=trail.moment,
        canonicaliser=canonicaliser,
        holding=_dated(evidence, trail, canonicaliser, recorded),
        reader=trail.reader,
    )


def _dated(
    evidence: Evidence, trail: Trail, canonicaliser: CanonicalForm, recorded: datetime | None
) -> tuple[Proof, ...]:
    """The signatures that say when it was signed: most documents have one, and it was just found to hold."""
    if len(trail.keyed) == 1 and trail.proof is not None and trail.key is not None and trail.key.revoked is None:
        return (trail.proof,)
    if recorded is not None:
        return ()
    return trustworthy(evidence.submission.credential, trail.keyed, trail.proofs, canonicaliser)


def _identifier(submission: Submission) -> str | None:
    value = submission.credential.get("id")
    return value if vc.is_url(value) else None
