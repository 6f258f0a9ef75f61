"""Gathering the evidence: what the documents name is fetched all at once, then what that leads to.

A name that cannot be read leads nowhere; what is not needed is not fetched. Nothing here decides anything.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.standards import anchor_receipt, proof_sets, status_list, strict_json, vc
from app.standards.anchor_receipt import FurtherRecord, Receipt
from app.standards.data_integrity import ProofProblem
from app.standards.did import DidDocument
from app.standards.status_list import StatusListProblem
from app.verification import records
from app.verification.accreditation import gather_accreditation
from app.verification.checks.proofs import of_issuer
from app.verification.evidence import ChainAnswer, Evidence, Fetched, Recognition, Submission
from app.verification.ports import Publications, Recogniser, Registry
from app.verification.reader import Reader

# Types of service in an issuer's DID document.
ANCHORS_SERVICE = "EvmAnchorRegistry"
CHECKPOINT_SERVICE = "CheckpointList"
ACCREDITATION_SERVICE = "AccreditationList"


async def gather(
    submission: Submission,
    publications: Publications,
    registry: Registry,
    recogniser: Recogniser,
    now: datetime,
    as_of: datetime | None = None,
    reader: Reader | None = None,
) -> Evidence:
    """Everything the checks may want; failures are values in it."""
    reader = reader or Reader()
    issuer_id = vc.issuer_id(submission.credential)
    receipt = _receipt(submission.receipt)
    current, listed, answers, recognition = await asyncio.gather(
        _did_document(issuer_id, publications),
        _status_list(submission.credential, publications, as_of),
        _chains(receipt, registry),
        recogniser.recognise(issuer_id) if issuer_id else _nobody(),
    )
    issuer = _read(current, issuer_id, reader)
    answer, further = answers[0] if answers else None, answers[1:]
    counts = records.counting(receipt, answer, further, issuer.wallets) if receipt and issuer else None
    recorded = counts.recorded if counts else _recorded(answer)
    # A record that may yet vanish is worth looking up the keys of its day.
    seen = counts.recorded if counts else _time(answer)
    then, reasons, checkpoints, accreditation = await asyncio.gather(
        _document_then(submission.credential, issuer, seen, publications, as_of),
        _reasons(submission.credential, listed, publications, reader),
        _checkpoints(issuer, answer if counts is None else counts.answer, submission.receipt, publications),
        gather_accreditation(
            submission.credential,
            current,
            publications=publications,
            recogniser=recogniser,
            anchored_at=recorded,
            now=as_of or now,
            brought=(submission.bundle or {}).get("accreditation"),
            at=as_of,
            reader=reader,
        ),
    )
    return Evidence(
        submission, current, listed, answer, recognition, then, reasons, checkpoints, accreditation, further, seen
    )


async def _did_document(issuer_id: str | None, publications: Publications) -> Fetched | None:
    return await publications.did_document(issuer_id) if issuer_id else None


async def _status_list(
    credential: Mapping[str, Any], publications: Publications, as_of: datetime | None
) -> Fetched | None:
    try:
        entry = status_list.read_entry(credential)
    except StatusListProblem:
        return None
    return await publications.status_list(entry[0], as_of) if entry else None


def _receipt(document: Mapping[str, Any] | None) -> Receipt | None:
    try:
        return anchor_receipt.read_receipt(document) if document is not None else None
    except ValueError:
        return None


async def _chains(receipt: Receipt | None, registry: Registry) -> tuple[ChainAnswer, ...]:
    """What each chain that the receipt names says, in its order; each is asked for itself."""
    if receipt is None:
        return ()
    named: tuple[Receipt | FurtherRecord, ...] = (receipt, *receipt.also)
    asked = (registry.anchored(one.chain_id, one.contract, one.anchored_by.address, one.root) for one in named)
    return tuple(await asyncio.gather(*asked))


async def _document_then(
    credential: Mapping[str, Any],
    issuer: DidDocument | None,
    seen: datetime | None,
    publications: Publications,
    as_of: datetime | None,
) -> Fetched | None:
    """The issuer's document as of the moment asked about; or of the signature, where its key was withdrawn since."""
    if issuer is None:
        return None
    if as_of is not None:
        return await publications.did_document(issuer.id, as_of)
    if not issuer.withdrawn_keys:
        return None
    try:
        own = of_issuer(proof_sets.read_proofs(credential), issuer.id)
    except ProofProblem:
        return None
    withdrawn = [proof for proof in own if issuer.withdrawn_key(proof.verification_method)]
    if not withdrawn:
        return None
    moment = withdrawn[0].created or seen
    return await publications.did_document(issuer.id, moment) if moment is not None else None


async def _reasons(
    credential: Mapping[str, Any], listed: Fetched | None, publications: Publications, reader: Reader
) -> Fetched | None:
    """The reasons, only where the credential's place is set: most lists are never asked about."""
    if listed is None or listed.data is None:
        return None
    try:
        entry = status_list.read_entry(credential)
        subject = reader.document(listed.data, 1_000_000).get("credentialSubject")
        bits = reader.bits(subject.get("encodedList") if isinstance(subject, dict) else None)
    except (StatusListProblem, strict_json.NotStrictJson):
        return None
    if entry is None or entry[1] >= len(bits) * 8 or not status_list.is_set(bits, entry[1]):
        return None
    return await publications.status_reasons(entry[0])


async def _checkpoints(
    issuer: DidDocument | None,
    answer: ChainAnswer | None,
    receipt: Mapping[str, Any] | None,
    publications: Publications,
) -> Fetched | None:
    """The signed list of checkpoints, where the chain itself could not be asked."""
    address = issuer.service(CHECKPOINT_SERVICE) if issuer else None
    if receipt is None or address is None or (answer is not None and answer.anchored_at is not None):
        return None
    return await publications.checkpoints(address)


def _recorded(answer: ChainAnswer | None) -> datetime | None:
    return _time(answer) if records.holds(answer) else None


def _time(answer: ChainAnswer | None) -> datetime | None:
    return datetime.fromtimestamp(answer.anchored_at, UTC) if answer is not None and answer.anchored_at else None


async def _nobody() -> Recognition:
    return Recognition(known=True)


def _read(fetched: Fetched | None, issuer_id: str | None, reader: Reader) -> DidDocument | None:
    if fetched is None or fetched.data is None or issuer_id is None:
        return None
    try:
        return reader.did_document(fetched.data, issuer_id)
    except ValueError:
        return None
