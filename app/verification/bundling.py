"""Making a bundle: a credential, and beside it all that it takes to check it when nobody can be asked any more.

Only what is public goes in, as published; a bundle is checked like anybody's, member by member. What could not be had
is left out and named, so that whoever keeps the file knows what it will not show.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
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
from app.verification.gather_parts import Allowance
from app.verification.once import AskedOnce
from app.verification.ports import Publications, Recogniser, Registry
from app.verification.report import Outcome
from app.verification.stacked import named_by
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

    Of an award, its parts and its rules are in the file too, as texts, which keep the bytes that the award names.

    Raises `ValueError` with a sentence when the credential's own signature does not hold: such a file is worth
    nothing, however much is put beside it.
    """
    asked = AskedOnce(BoundedPublications(publications, within))
    registry, recogniser = BoundedRegistry(registry, within), BoundedRecogniser(recogniser, within)

    async def about(one: Submission, trail: Trail) -> _About:
        return await _gathered(one, asked, registry, recogniser, canonicaliser, trail)

    found = await about(submission, trail)
    parts = _Parts()
    await parts.add(submission, asked, about, trail, Allowance())
    own = {name: document for name, document in found.published.items() if document is not None}
    members = dict(found.members)
    if parts.named:
        others = {name: document for name, document in parts.published.items() if name not in own}
        members |= {"parts": parts.parts, "rules": parts.rules, "published": others}
    data = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
    return Bundle(data, (*found.missing, *parts.missing))


@dataclass(frozen=True, slots=True)
class _About:
    """What is published about one credential: as members of its bundle, and by name or address."""

    members: Mapping[str, Any]
    published: Mapping[str, Any]
    missing: tuple[str, ...]


async def _gathered(
    submission: Submission,
    publications: Publications,
    registry: Registry,
    recogniser: Recogniser,
    canonicaliser: CanonicalForm,
    trail: Trail,
) -> _About:
    """Raises `ValueError` as `make_bundle` does."""
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
    fetched = {
        "anchorReceipt": receipt,
        "didDocument": evidence.did_document,
        "statusListCredential": evidence.status_list,
        "statusReasons": evidence.status_reasons,
        "accreditation": accreditation,
        "checkpoints": _short_enough(checkpoints),
    }
    members: dict[str, Any] = {"type": KIND, "credential": submission.credential}
    missing = []
    for name, one in fetched.items():
        members[name] = _parsed(one)
        if one is not None and members[name] is None:
            missing.append(one.failure or "Something published about it cannot be read.")
    behind, lacking = _accreditors(evidence.accreditation)
    published = {
        **behind,
        _service(trail, ACCREDITATION_SERVICE): members["accreditation"],
        _service(trail, CHECKPOINT_SERVICE): members["checkpoints"],
    }
    for name in ("didDocument", "statusListCredential"):
        published[str((members[name] or {}).get("id"))] = members[name]
    published[f"{(members['statusListCredential'] or {}).get('id')}/reasons"] = members["statusReasons"]
    if members["accreditation"] is not None:
        members["accreditation"] = members["accreditation"].get("accreditations")
    members["accreditorDocuments"] = behind
    return _About(members, published, (*missing, *lacking))


@dataclass(slots=True)
class _Parts:
    """What an award is made of, and what that is made of."""

    named: bool = False
    parts: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    published: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    async def add(
        self,
        award: Submission,
        publications: Publications,
        about: Callable[[Submission, Trail], Awaitable[_About]],
        trail: Trail,
        allowance: Allowance,
    ) -> None:
        named = named_by(award.credential)
        if named is None or named.rules is None or trail.issuer is None or not allowance.take(len(named.parts)):
            return
        self.named = True
        rules = await publications.rules(named.rules.id)
        text = _text(rules)
        if text is None:
            self.missing.append(rules.failure or "The rules of the award cannot be read.")
            return
        self.rules[named.rules.id] = text
        for part in named.parts:
            if part.id in self.parts:
                continue
            fetched = await publications.credential(named.address_of(part))
            document, text = _parsed(fetched), _text(fetched)
            if document is None or text is None:
                self.missing.append(fetched.failure or "A part of the award cannot be read.")
                continue
            submission, of_part = Submission(document, None), Trail(trail.moment)
            try:
                found = await about(submission, of_part)
            except ValueError as error:
                self.missing.append(str(error))
                continue
            self.parts[part.id] = {"document": text, "anchorReceipt": found.members["anchorReceipt"]}
            self.published |= {name: one for name, one in found.published.items() if one is not None}
            self.missing += [sentence for sentence in found.missing if sentence not in self.missing]
            await self.add(submission, publications, about, of_part, allowance.below())


def _text(fetched: Fetched) -> str | None:
    try:
        return fetched.data.decode() if fetched.data is not None else None
    except UnicodeDecodeError:
        return None


def _service(trail: Trail, service: str) -> str:
    return (trail.issuer.service(service) if trail.issuer else None) or service


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
