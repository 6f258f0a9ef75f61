"""Verify what was read from a file: gather the evidence, run the checks, conclude."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.standards import anchor_receipt, status_list, vc
from app.standards.data_integrity import CanonicalForm
from app.standards.status_list import StatusListProblem
from app.verification import checks
from app.verification.evidence import ChainAnswer, Evidence, Fetched, Recognition, Submission
from app.verification.ports import Publications, Recogniser, Registry
from app.verification.report import Report, conclude
from app.verification.submission import read_submission

__all__ = ["gather", "read_submission", "verify"]


async def verify(
    submission: Submission,
    *,
    publications: Publications,
    registry: Registry,
    recogniser: Recogniser,
    canonicaliser: CanonicalForm,
    now: datetime,
) -> Report:
    """The report on a submission. Never raises for what it finds; outside failures are findings."""
    evidence = await gather(submission, publications, registry, recogniser, now)
    trail = checks.Trail()
    findings = (
        checks.check_structure(evidence, trail),
        checks.check_dates(evidence, trail, now),
        checks.check_issuer_key(evidence, trail),
        checks.check_signature(evidence, trail, canonicaliser),
        checks.check_inclusion(evidence, trail),
        checks.check_chain(evidence, trail),
        checks.check_status(evidence, trail, canonicaliser, now),
        checks.check_issuer(evidence, trail),
    )
    issuer = evidence.recognition.issuer
    return replace(conclude(findings, now), issuer_name=issuer.name if issuer else None)


async def gather(
    submission: Submission,
    publications: Publications,
    registry: Registry,
    recogniser: Recogniser,
    now: datetime,
) -> Evidence:
    """Fetch, all at once, what the documents name. A name that cannot be read leads nowhere."""
    issuer_id = vc.issuer_id(submission.credential)
    did_document, listed, answer, recognition = await asyncio.gather(
        _did_document(issuer_id, publications),
        _status_list(submission.credential, publications),
        _chain(submission.receipt, registry),
        recogniser.recognise(issuer_id) if issuer_id else _nobody(),
    )
    return Evidence(submission, did_document, listed, answer, recognition)


async def _did_document(issuer_id: str | None, publications: Publications) -> Fetched | None:
    return await publications.did_document(issuer_id) if issuer_id else None


async def _status_list(credential: Mapping[str, Any], publications: Publications) -> Fetched | None:
    try:
        entry = status_list.read_entry(credential)
    except StatusListProblem:
        return None
    return await publications.status_list(entry[0]) if entry else None


async def _chain(receipt: Mapping[str, Any] | None, registry: Registry) -> ChainAnswer | None:
    if receipt is None:
        return None
    try:
        read = anchor_receipt.read_receipt(receipt)
    except ValueError:
        return None
    return await registry.anchored(read.chain_id, read.contract, read.anchored_by.address, read.root)


async def _nobody() -> Recognition:
    return Recognition(known=True)
