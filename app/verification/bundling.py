"""Making a bundle: a credential, and beside it all that it takes to check it when nobody can be asked any more.

Only what is public goes in, as published; a bundle is checked like anybody's, member by member. What could not be had
is left out and named, so that whoever keeps the file knows what it will not show.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.standards import strict_json
from app.standards.data_integrity import CanonicalForm
from app.verification.bounded import (
    QUESTION_SECONDS,
    BoundedPublications,
    BoundedRecogniser,
    BoundedRegistry,
)
from app.verification.checks.trail import Trail
from app.verification.evidence import AccreditationEvidence, Fetched, Submission
from app.verification.gather import ACCREDITATION_SERVICE, ANCHORS_SERVICE, CHECKPOINT_SERVICE, gather
from app.verification.ports import Publications, Recogniser, Registry
from app.verification.report import Outcome
from app.verification.verify import run_checks

KIND = "CredentialBundle"
MAX_LIST = 400_000
"""Bytes of the list of checkpoints that a bundle has room for."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The bundle as bytes, and a sentence for each thing that could not be put in."""

    document: bytes
    missing: tuple[str, ...]


async def make_bundle(
    submission: Submission,
    *,
    publications: Publications,
    registry: Registry,
    recogniser: Recogniser,
    canonicaliser: CanonicalForm,
    trail: Trail,
    within: float = QUESTION_SECONDS,
) -> Bundle:
    """Gather what is published about a credential into one file; what is not had `within` so many seconds is missing.

    Raises `ValueError` with a sentence when the credential's own signature does not hold: such a file is worth
    nothing, however much is put beside it.
    """
    publications = BoundedPublications(publications, within)
    registry, recogniser = BoundedRegistry(registry, within), BoundedRecogniser(recogniser, within)
    evidence = await gather(submission, publications, registry, recogniser, trail.moment)
    findings = {one.check: one for one in run_checks(evidence, canonicaliser, trail)}
    for check in ("structure", "issuer_key", "signature"):
        if findings[check].outcome is not Outcome.VALID:
            raise ValueError(findings[check].sentence)
    receipt, accreditation, checkpoints = await asyncio.gather(
        _receipt(submission, trail, publications),
        _at(trail, ACCREDITATION_SERVICE, publications.accreditations),
        _at(trail, CHECKPOINT_SERVICE, publications.checkpoints),
    )
    published = {
        "anchorReceipt": receipt,
        "didDocument": evidence.did_document,
        "statusListCredential": evidence.status_list,
        "statusReasons": evidence.status_reasons,
        "accreditation": accreditation,
        "checkpoints": _short_enough(checkpoints),
    }
    members: dict[str, Any] = {"type": KIND, "credential": submission.credential}
    missing = []
    for name, fetched in published.items():
        members[name] = _parsed(fetched)
        if name == "accreditation" and members[name] is not None:
            members[name] = members[name].get("accreditations")
        if fetched is not None and members[name] is None:
            missing.append(fetched.failure or "Something published about it cannot be read.")
    members["accreditorDocuments"], lacking = _accreditors(evidence.accreditation)
    missing += lacking
    return Bundle(json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode(), tuple(missing))


def _accreditors(evidence: AccreditationEvidence | None) -> tuple[dict[str, Any], list[str]]:
    """Keys and status lists of those on a path to the issuer, by DID or address; and what could not be had of them."""
    published = {**evidence.documents, **evidence.lists} if evidence else {}
    found = {name: _parsed(fetched) for name, fetched in published.items()}
    lacking = [
        published[name].failure or "Something an accreditor publishes cannot be read."
        for name, document in found.items()
        if document is None
    ]
    return {name: document for name, document in found.items() if document is not None}, lacking


async def _receipt(submission: Submission, trail: Trail, publications: Publications) -> Fetched | None:
    if submission.receipt is not None:
        return Fetched(None, json.dumps(submission.receipt).encode())
    address = trail.issuer.service(ANCHORS_SERVICE) if trail.issuer else None
    return await publications.receipt(address, trail.digest) if address and trail.digest else None


async def _at(trail: Trail, service: str, fetch: Callable[[str], Awaitable[Fetched]]) -> Fetched | None:
    address = trail.issuer.service(service) if trail.issuer else None
    return await fetch(address) if address else None


def _short_enough(listed: Fetched | None) -> Fetched | None:
    if listed is None or len(listed.data or b"") <= MAX_LIST:
        return listed
    # The receipt proves the entry without it; with it, the bundle would be too large to be handed in.
    return replace(listed, data=None, failure="The issuer's list of register entries is too long for a bundle.")


def _parsed(fetched: Fetched | None) -> Mapping[str, Any] | None:
    if fetched is None or fetched.data is None:
        return None
    try:
        return strict_json.parse_object(fetched.data, 1_000_000)
    except strict_json.NotStrictJson:
        return None
