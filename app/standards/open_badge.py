"""Open Badges 3.0: building an unsigned AchievementCredential (1EdTech Open Badges Specification v3.0).

Rules beyond the specification, each met in the field:
- `extensions.json` is always the third context, or the schema entry breaks safe-mode verifiers.
- No `credentialSubject.id` without the learner's own wallet; the learner is named by a salted e-mail hash, a name
  and an opaque award reference. Never a ULN or a date of birth, in any form: 10**10 numbers hash in seconds.
- Plain strings only (language maps pass the JSON Schema but fall out of the signature).
- One status entry (an array fails the schema), nothing about the chain.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256, sha384
from typing import Any

from app.standards import vc

CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
CONTEXTS = (vc.CONTEXT, CONTEXT, EXTENSIONS)
SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
SCHEMA_TYPE = "1EdTechJsonSchemaValidator2019"

_TRACE = "How the parts add up"
RECOGNISED = "ext:RecognisedPriorLearning"
"""The achievement type of a unit that was not taught but recognised; its grade is the lowest that passes."""
CATALOGUE_UNIT = "ext:CatalogueUnit"
CATALOGUE_QUALIFICATION = "ext:CatalogueQualification"
LEVEL = "ext:RQFLevel"
"""Kinds of an achievement's `otherIdentifier` by which rules that are run again know what it is: the catalogue's name
of the unit or of the whole qualification, and its level in digits. Its credits are `creditsAvailable`."""


@dataclass(frozen=True, slots=True)
class Profile:
    """An organisation. `identifiers` are (kind, value), the kind such as `ext:UKPRN`."""

    id: str
    name: str
    identifiers: tuple[tuple[str, str], ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Alignment:
    """A statement of an occupational standard that the achievement evidences."""

    name: str
    url: str
    code: str
    framework: str


@dataclass(frozen=True, slots=True)
class Achievement:
    """What can be earned. `grades` run from low to high, `lowest_pass` is the first of them that passes (None = not
    said); `credits` is None where a unit has no credit value."""

    id: str
    name: str
    description: str
    criteria: str
    achievement_type: str
    credits: int | None = None
    code: str | None = None
    creator: Profile | None = None
    grades: tuple[str, ...] = ()
    alignments: tuple[Alignment, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    result_name: str = "Grade"
    lowest_pass: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A credential or a published rule set that this one was built on: its identifier and SHA-384 of its bytes."""

    id: str
    digest_sri: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Award:
    """What varies from learner to learner. `email_salt` is printable; `credits_earned` None = not credit-bearing.

    `trace`: how the parts of an award add up, in sentences.
    """

    id: str
    valid_from: datetime
    awarded_on: date
    learner_name: str
    email_hash: str
    email_salt: str
    award_reference: str
    grade: str | None
    credits_earned: int | None
    status: dict[str, Any]
    parts: Sequence[Part] = ()
    trace: Sequence[str] = ()


def hash_email(email: str, salt: str) -> str:
    """The hashed form of an IdentityObject: `sha256$` and hex of SHA-256 over address and salt, concatenated.

    The address is trimmed and lower-cased first (our rule; the specification is silent).
    """
    return "sha256$" + sha256((email.strip().lower() + salt).encode()).hexdigest()


def digest_sri(data: bytes) -> str:
    """The `digestSRI` of `data`: SHA-384, base64 (W3C Subresource Integrity)."""
    return "sha384-" + b64encode(sha384(data).digest()).decode("ascii")


def achievement_credential(issuer: Profile, achievement: Achievement, award: Award) -> dict[str, Any]:
    """The unsigned credential, members in reading order."""
    return _credential(issuer, achievement_json(achievement), award)


def corrected_credential(issuer: Profile, former: Mapping[str, Any], award: Award) -> dict[str, Any]:
    """The next edition, unsigned, of `former`, a credential made here.

    What was achieved is repeated word for word: a catalogue that has changed since must not slip into a correction.
    """
    return _credential(issuer, former["credentialSubject"]["achievement"], award)


def learner_name(document: Mapping[str, Any]) -> str | None:
    """The name in a credential made here."""
    return next((item["identityHash"] for item in _identities(document) if item["identityType"] == "name"), None)


def related_digests(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    """(id, digestSRI) of what a credential made here names as its parts."""
    return {(related["id"], related["digestSRI"]) for related in document.get("relatedResource", ())}


def renamed(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An unsigned credential made here, with another name for the learner."""
    identities = [_identity("name", name) if one["identityType"] == "name" else one for one in _identities(document)]
    return {**document, "credentialSubject": {**document["credentialSubject"], "identifier": identities}}


def _credential(issuer: Profile, achievement: Mapping[str, Any], award: Award) -> dict[str, Any]:
    subject: dict[str, Any] = {
        "type": ["AchievementSubject"],
        "identifier": learner_json(award.learner_name, award.email_hash, award.email_salt, award.award_reference),
        "achievement": achievement,
    }
    if award.credits_earned is not None:
        subject["creditsEarned"] = award.credits_earned
    if award.grade is not None:
        subject["result"] = [
            {"type": ["Result"], "resultDescription": _result_description_id(achievement["id"]), "value": award.grade}
        ]
    document: dict[str, Any] = {
        "@context": list(CONTEXTS),
        "id": award.id,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": profile_json(issuer),
        "validFrom": vc.timestamp(award.valid_from),
        "awardedDate": f"{award.awarded_on.isoformat()}T00:00:00Z",
        "name": achievement["name"],
        "credentialSubject": subject,
        "credentialStatus": award.status,
        "credentialSchema": [{"id": SCHEMA, "type": SCHEMA_TYPE}],
    }
    if award.parts:
        document["relatedResource"] = [
            {"id": part.id, "digestSRI": part.digest_sri, "mediaType": part.media_type} for part in award.parts
        ]
    if award.trace:
        document["evidence"] = [{"type": ["Evidence"], "name": _TRACE, "narrative": "\n".join(award.trace)}]
    return document


def trace_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The sentences by which an award made here says how its parts add up; none in one that does not."""
    told = (one["narrative"] for one in document.get("evidence", ()) if one.get("name") == _TRACE)
    return tuple(next(told, "").splitlines())


def learner_json(name: str, email_hash: str, email_salt: str, reference: str) -> list[dict[str, Any]]:
    """The `identifier` of a learner who has no wallet: three IdentityObjects, none of them a number of a person."""
    return [
        {
            "type": "IdentityObject",
            "hashed": True,
            "identityHash": email_hash,
            "identityType": "emailAddress",
            "salt": email_salt,
        },
        _identity("name", name),
        _identity("ext:awardRef", reference),
    ]


def _identities(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    identities: list[dict[str, Any]] = document["credentialSubject"]["identifier"]
    return identities


def profile_json(profile: Profile) -> dict[str, Any]:
    """A Profile as a credential shows it."""
    value: dict[str, Any] = {"id": profile.id, "type": ["Profile"], "name": profile.name}
    if profile.url:
        value["url"] = profile.url
    if profile.identifiers:
        value["otherIdentifier"] = _identifiers(profile.identifiers)
    return value


def _identifiers(identifiers: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"type": "IdentifierEntry", "identifier": value, "identifierType": kind} for kind, value in identifiers]


def _identity(kind: str, value: str) -> dict[str, Any]:
    return {"type": "IdentityObject", "hashed": False, "identityHash": value, "identityType": kind}


def _result_description_id(achievement_id: str) -> str:
    return f"{achievement_id}#grade"


def achievement_json(achievement: Achievement) -> dict[str, Any]:
    """An Achievement as a credential shows it."""
    value: dict[str, Any] = {
        "id": achievement.id,
        "type": ["Achievement"],
        "achievementType": achievement.achievement_type,
        "name": achievement.name,
        "description": achievement.description,
        "criteria": {"id": f"{achievement.id}#criteria", "narrative": achievement.criteria},
    }
    if achievement.creator:
        value["creator"] = profile_json(achievement.creator)
    if achievement.credits is not None:
        value["creditsAvailable"] = achievement.credits
    if achievement.code:
        value["humanCode"] = achievement.code
    if achievement.identifiers:
        value["otherIdentifier"] = _identifiers(achievement.identifiers)
    if achievement.alignments:
        value["alignment"] = [
            {
                "type": ["Alignment"],
                "targetName": item.name,
                "targetUrl": item.url,
                "targetType": "CFItem",
                "targetCode": item.code,
                "targetFramework": item.framework,
            }
            for item in achievement.alignments
        ]
    if achievement.grades:
        result: dict[str, Any] = {
            "id": _result_description_id(achievement.id),
            "type": ["ResultDescription"],
            "name": achievement.result_name,
            "resultType": "LetterGrade",
            "allowedValue": list(achievement.grades),
        }
        if achievement.lowest_pass is not None:
            result["requiredValue"] = achievement.lowest_pass
        value["resultDescription"] = [result]
    return value
