"""Accreditations of issuers as credentials: who may issue, or let others issue, for which qualifications.

Terms follow W3C Recognized Entities 1.0 (working draft, no stable context yet) where it has them: RecognizedEntity,
recognizedTo, RecognizedAction, action. One credential is one edge from a parent (its issuer) to a child (its subject).

Secured with eddsa-jcs-2022 and not with the suite of the badges: our terms then need no published JSON-LD context
that every verifier must have pinned. The terms are still mapped, inside the document, to a namespace of ours, so
that a JSON-LD reader keeps every word of it. The context must be exactly this one.

The reader is strict, because what it reads is a permission: an unknown action permits nothing, an unknown member
might be a limit and makes the whole unreadable, and what cannot be withdrawn is not read at all.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.standards import clr, endorsement, status_list, vc
from app.standards.did import WalletAddress, caip10, parse_caip10

NAMESPACE = "urn:stackmark:accreditation:"
ANY_QUALIFICATION = f"{NAMESPACE}any-qualification"
"""Stands for every qualification, as the id of one."""
_TERMS = (
    "AccreditationCredential",
    "RecognizedEntity",
    "RecognizedAction",
    "recognizedTo",
    "action",
    "qualification",
    "number",
    "legalName",
    "ukprn",
    "recognitionNumber",
    "wallet",
)
CONTEXTS: tuple[Any, ...] = (
    vc.CONTEXT,
    {name: NAMESPACE + name for name in _TERMS} | {"achievement": {"@id": f"{NAMESPACE}achievement", "@type": "@id"}},
)
LIST_TYPE = "AccreditationList"
SERVICE_TYPE = "AccreditationList"
MAX_LISTED = 200
"""Edges in one list, those that have ended included."""
_MAX_QUALIFICATIONS = 500
_MAX_ACHIEVEMENTS = 500
_MAX_ACTIONS = 10
_MAX_TEXT = 300
_NUMBER = re.compile(r"([0-9]{3})/?([0-9]{4})/?([0-9X])", re.ASCII)
_DID = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]{1,480}", re.ASCII)

_MEMBERS = frozenset(
    ("@context", "id", "type", "issuer", "validFrom", "validUntil", "credentialStatus", "credentialSubject", "proof")
)
_SUBJECT_MEMBERS = frozenset(
    ("id", "type", "name", "legalName", "ukprn", "recognitionNumber", "wallet", "recognizedTo")
)
_ACTION_MEMBERS = frozenset(("type", "action", "qualification"))
_QUALIFICATION_MEMBERS = frozenset(("id", "number", "achievement"))


class AccreditationProblem(ValueError):
    """The accreditation or the list of them cannot be read. `code` is stable; the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Action(StrEnum):
    """ISSUE: credentials for learners. ACCREDIT: pass the same permission on to others."""

    ISSUE = "issue"
    ACCREDIT = "accredit"


@dataclass(frozen=True, slots=True)
class Entity:
    """Who is accredited. `wallet` is the one whose entries in the public register are its own."""

    did: str
    name: str
    legal_name: str = ""
    ukprn: str = ""
    recognition_number: str = ""
    wallet: WalletAddress | None = None


@dataclass(frozen=True, slots=True)
class QualificationReference:
    """A qualification by its catalogue address and its regulated number.

    `achievements` are the addresses of its parts, for a qualification without a number: a record of one part names
    the number of the whole, or nothing but the part.
    """

    id: str
    number: str | None = None
    achievements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What one achievement of a credential says it belongs to: its own address and qualification numbers."""

    id: str | None
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scope:
    """The qualifications of a permission."""

    everything: bool
    ids: frozenset[str]
    numbers: frozenset[str]

    def covers(self, claim: Claim) -> bool:
        """Every number that is claimed must be covered: one that is must not carry another in with it."""
        if self.everything:
            return True
        if claim.numbers:
            return claim.numbers <= self.numbers
        return claim.id in self.ids


@dataclass(frozen=True, slots=True)
class Accreditation:
    """One edge as read; its signature is not checked yet. Dates are UTC, `valid_until` None = open."""

    id: str
    parent: str
    child: Entity
    permits: Mapping[Action, Scope]
    valid_from: datetime
    valid_until: datetime | None
    status_list: str
    status_index: int
    document: Mapping[str, Any]

    def covers(self, moment: datetime) -> bool:
        return self.valid_from <= moment and (self.valid_until is None or moment <= self.valid_until)

    def permits_all(self, action: Action, claims: Sequence[Claim]) -> bool:
        scope = self.permits.get(action)
        return scope is not None and all(scope.covers(claim) for claim in claims)


def unsigned_accreditation(
    *,
    id: str,
    parent: str,
    child: Entity,
    action: Action,
    qualifications: Sequence[QualificationReference],
    valid_from: datetime,
    valid_until: datetime | None,
    status: Mapping[str, Any],
) -> dict[str, Any]:
    """The edge as JSON, ready for eddsa-jcs-2022. `id` is a URN, `parent` the DID that will sign."""
    subject: dict[str, Any] = {"id": child.did, "type": "RecognizedEntity", "name": child.name}
    if child.legal_name:
        subject["legalName"] = child.legal_name
    if child.ukprn:
        subject["ukprn"] = child.ukprn
    if child.recognition_number:
        subject["recognitionNumber"] = child.recognition_number
    if child.wallet is not None:
        subject["wallet"] = caip10(child.wallet.chain_id, child.wallet.address)
    listed = [_qualification(reference) for reference in qualifications]
    subject["recognizedTo"] = [{"type": "RecognizedAction", "action": action, "qualification": listed}]
    document: dict[str, Any] = {
        "@context": list(CONTEXTS),
        "id": id,
        "type": ["VerifiableCredential", "AccreditationCredential"],
        "issuer": parent,
        "validFrom": vc.timestamp(valid_from),
    }
    if valid_until is not None:
        document["validUntil"] = vc.timestamp(valid_until)
    return document | {"credentialSubject": subject, "credentialStatus": dict(status)}


def read_accreditation(document: Any) -> Accreditation:
    """Read one edge. Raises `AccreditationProblem("accreditation_malformed")` for anything not understood."""
    if not isinstance(document, dict) or not document.keys() <= _MEMBERS:
        raise _malformed("it has parts that are not known here")
    for _, sentence in vc.structure_problems(document):
        raise AccreditationProblem("accreditation_malformed", f"An accreditation cannot be read. {sentence}")
    if document["@context"] != list(CONTEXTS) or "AccreditationCredential" not in document["type"]:
        raise _malformed("it is not an accreditation of a known kind")
    identifier, parent, subject = (document.get(name) for name in ("id", "issuer", "credentialSubject"))
    if not isinstance(identifier, str) or not isinstance(parent, str) or _DID.fullmatch(parent) is None:
        raise _malformed("it does not say who gave it")
    start, end = (vc.parse_timestamp(document.get(name)) for name in ("validFrom", "validUntil"))
    if start is None:
        raise _malformed("it does not say when it begins")
    try:
        entry = status_list.read_entry(document)
    except status_list.StatusListProblem as problem:
        raise _malformed("its status entry is not known here") from problem
    if entry is None:
        raise _malformed("it names no list by which it could be withdrawn")
    if not isinstance(subject, dict) or not subject.keys() <= _SUBJECT_MEMBERS:
        raise _malformed("it has parts that are not known here")
    return Accreditation(
        id=identifier,
        parent=parent,
        child=_entity(subject),
        permits=_permits(subject.get("recognizedTo")),
        valid_from=start,
        valid_until=end,
        status_list=entry[0],
        status_index=entry[1],
        document=document,
    )


def read_list(document: Any, subject: str) -> list[Any]:
    """The edges, still unread, of the list published for the DID `subject`.

    Raises `AccreditationProblem` (accreditation_list_malformed, accreditation_of_other, accreditation_too_many).
    """
    if not isinstance(document, dict) or document.get("type") != LIST_TYPE:
        raise AccreditationProblem("accreditation_list_malformed", "The issuer's list of accreditations is damaged.")
    if document.get("subject") != subject:
        raise AccreditationProblem("accreditation_of_other", "The list of accreditations is another institution's.")
    return bounded_edges(document.get("accreditations"))


def bounded_edges(edges: Any) -> list[Any]:
    """`edges` as given, if they are a list that may be read. Raises as `read_list`."""
    if not isinstance(edges, list):
        raise AccreditationProblem("accreditation_list_malformed", "The issuer's list of accreditations is damaged.")
    if len(edges) > MAX_LISTED:
        raise AccreditationProblem("accreditation_too_many", "The issuer lists more accreditations than are read.")
    return edges


def list_url(did_document: Mapping[str, Any]) -> str | None:
    """Where a DID document says that the list is published; None when it names no place, or several."""
    services = did_document.get("service")
    found = [
        service.get("serviceEndpoint")
        for service in (services if isinstance(services, list) else [])
        if isinstance(service, dict) and service.get("type") == SERVICE_TYPE
    ]
    return found[0] if len(found) == 1 and vc.is_url(found[0]) else None


def claims(credential: Mapping[str, Any]) -> tuple[Claim, ...]:
    """What a credential is about, one claim for each achievement; a subject without one claims something unnamed."""
    subjects = credential.get("credentialSubject")
    found: list[Claim] = []
    for subject in subjects if isinstance(subjects, list) else [subjects]:
        achieved = subject.get("achievement") if isinstance(subject, dict) else None
        found += [_claim(item) for item in (achieved if isinstance(achieved, list) and achieved else [achieved])]
    return tuple(found) or (Claim(None, frozenset()),)


def claims_none(credential: Mapping[str, Any]) -> bool:
    """Whether it says of nobody that they achieved anything: a record, whose parts each say it for themselves (CLR
    2.0 lists achievements beside them only to relate them), or an endorsement.

    What says that it is something else besides claims what it is about, as anything else does.
    """
    types = credential.get("type")
    named = {item for item in types if isinstance(item, str)} if isinstance(types, list) else set()
    subjects = credential.get("credentialSubject")
    achieved = any(
        isinstance(one, dict) and "achievement" in one
        for one in (subjects if isinstance(subjects, list) else [subjects])
    )
    return named == {"VerifiableCredential", clr.TYPE} or (
        named == {"VerifiableCredential", endorsement.TYPE} and not achieved
    )


def normal_number(text: str) -> str:
    """A qualification number as `603/5832/4`; any other text as it stands."""
    match = _NUMBER.fullmatch(text.strip().upper())
    return "/".join(match.groups()) if match else text


def _claim(achievement: Any) -> Claim:
    if not isinstance(achievement, dict):
        return Claim(None, frozenset())
    identifiers = achievement.get("otherIdentifier", [])
    numbers = set()
    for entry in identifiers if isinstance(identifiers, list) else [identifiers]:
        kind, value = (
            (entry.get("identifierType"), entry.get("identifier")) if isinstance(entry, dict) else ("ext:QAN", "")
        )
        if kind == "ext:QAN":
            # What is no text becomes a number that nobody is accredited for.
            numbers.add(normal_number(value) if isinstance(value, str) else "")
    identifier = achievement.get("id")
    return Claim(identifier if isinstance(identifier, str) else None, frozenset(numbers))


def _qualification(reference: QualificationReference) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": reference.id}
    if reference.number:
        entry["number"] = reference.number
    if reference.achievements:
        entry["achievement"] = list(reference.achievements)
    return entry


def _entity(subject: Mapping[str, Any]) -> Entity:
    types, did = subject.get("type"), subject.get("id")
    if "RecognizedEntity" not in (types if isinstance(types, list) else [types]):
        raise _malformed("it is not about an institution")
    if not isinstance(did, str) or _DID.fullmatch(did) is None:
        raise _malformed("it does not say whom it is for")
    wallet = None
    if "wallet" in subject:
        wallet = parse_caip10(subject["wallet"])
        if wallet is None:
            raise _malformed("the wallet it names cannot be read")
    return Entity(
        did=did,
        name=_text(subject, "name"),
        legal_name=_text(subject, "legalName", ""),
        ukprn=_text(subject, "ukprn", ""),
        recognition_number=_text(subject, "recognitionNumber", ""),
        wallet=wallet,
    )


def _permits(recognised_to: Any) -> dict[Action, Scope]:
    """Action -> scope. What is not understood permits nothing; the same action said twice is both scopes."""
    entries = recognised_to if isinstance(recognised_to, list) else [recognised_to]
    if not entries or len(entries) > _MAX_ACTIONS:
        raise _malformed("it does not say what it is for")
    found: dict[Action, Scope] = {}
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("type") != "RecognizedAction":
            raise _malformed("it does not say what it is for")
        if entry.get("action") not in list(Action) or not entry.keys() <= _ACTION_MEMBERS:
            continue
        action, scope = Action(entry["action"]), _scope(entry.get("qualification"))
        known = found.get(action, Scope(False, frozenset(), frozenset()))
        found[action] = Scope(
            known.everything or scope.everything, known.ids | scope.ids, known.numbers | scope.numbers
        )
    return found


def _scope(qualifications: Any) -> Scope:
    if not isinstance(qualifications, list) or not 0 < len(qualifications) <= _MAX_QUALIFICATIONS:
        raise _malformed("it does not name the qualifications")
    ids: set[str] = set()
    numbers: set[str] = set()
    for entry in qualifications:
        if not isinstance(entry, dict) or not entry.keys() <= _QUALIFICATION_MEMBERS or not vc.is_url(entry.get("id")):
            raise _malformed("a qualification in it cannot be read")
        achievements = entry.get("achievement", [])
        if not isinstance(achievements, list) or len(achievements) > _MAX_ACHIEVEMENTS:
            raise _malformed("a qualification in it cannot be read")
        if not all(vc.is_url(item) for item in achievements):
            raise _malformed("a qualification in it cannot be read")
        ids |= {entry["id"], *achievements}
        if "number" in entry:
            numbers.add(normal_number(_text(entry, "number")))
    return Scope(ANY_QUALIFICATION in ids, frozenset(ids), frozenset(numbers))


def _text(holder: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = holder.get(name, default)
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not value.isprintable():
        raise _malformed(f"its {name} cannot be read")
    if name in holder and not value.strip():
        raise _malformed(f"its {name} is empty")
    return value


def _malformed(what: str) -> AccreditationProblem:
    return AccreditationProblem("accreditation_malformed", f"An accreditation cannot be read: {what}.")
