"""A profile in the shape of the European Learning Model, version 3 (application profile for European Digital
Credentials): JSON that a Europass tool can take in. Pure.

It is shaped like a European Digital Credential and is none: that takes an advanced or qualified electronic seal, which
a college in England does not have. The document has no proof and no issuer, and says so where it is displayed.

Left out on purpose: levels of the European Qualifications Framework and ECTS points, for which no source confirmed a
rule of conversion; levels and credits are given as the regulated framework of England has them.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from app.stacking.exports.writing import Subject, covered
from app.stacking.profile import KsbEvidence, ProfileCredential

SHAPE: Final = "http://data.europa.eu/snb/model/ap/edc-generic-full"
NOT_SEALED: Final = (
    "This document is not sealed and not signed. It lists achievements in the shape of the European Learning Model; "
    "whether each is genuine and still holds is checked at the address given with it."
)
_ESCO_SKILLS = "http://data.europa.eu/esco/concept-scheme/skills"
_LANGUAGES = "http://publications.europa.eu/resource/authority/language"


def europass(subject: Subject, awarded_by: Mapping[UUID, str]) -> dict[str, Any]:
    """The whole document. `awarded_by` is credential id -> whose result it is: an awarding body's or the college's."""
    profile = subject.profile
    person: dict[str, Any] = {
        "id": "urn:epass:person:1",
        "type": "Person",
        "fullName": _text(profile.learner_name),
        "hasClaim": [
            _achievement(subject, each, place, awarded_by[each.id]) for place, each in enumerate(profile.current, 1)
        ],
    }
    if subject.uln:
        person["identifier"] = [_identifier("learner", subject.uln, "Unique Learner Number (ULN)")]
    english = _concept(f"{_LANGUAGES}/ENG", _LANGUAGES, "English")
    return {
        "credential": {
            "id": f"urn:credential:{uuid5(NAMESPACE_URL, f'{profile.learner_id}/{subject.moment}')}",
            "type": ["VerifiableCredential", "EuropeanDigitalCredential"],
            "credentialSchema": [{"id": SHAPE, "type": "ShaclValidator2017"}],
            "credentialSubject": person,
            "issuanceDate": subject.moment,
            "issued": subject.moment,
            "validFrom": subject.moment,
            "displayParameter": {
                "id": "urn:epass:displayParameter:1",
                "type": "DisplayParameter",
                "language": [english],
                "primaryLanguage": english,
                "title": _text(f"Achievements recorded by {profile.institution_name}"),
                "description": _text(" ".join((NOT_SEALED, *_attribution(subject)))),
            },
        }
    }


def _achievement(subject: Subject, credential: ProfileCredential, place: int, awarded_by: str) -> dict[str, Any]:
    college = _college(subject)
    claim: dict[str, Any] = {
        "id": f"urn:epass:learningAchievement:{place}",
        "type": "LearningAchievement",
        "identifier": [_identifier(f"credential:{place}", f"urn:uuid:{credential.id}", "Credential")],
        "title": _text(credential.title),
        "awardedBy": {
            "id": f"urn:epass:awardingProcess:{place}",
            "type": "AwardingProcess",
            "awardingBody": [college],
            "awardingDate": _midnight(credential.awarded_on),
        },
        "provenBy": [
            {
                "id": f"urn:epass:learningAssessment:{place}",
                "type": "LearningAssessment",
                "title": _text(credential.title),
                "grade": _note(f"grade:{place}", credential.grade),
            }
        ],
        "specifiedBy": _specification(subject, credential, place, awarded_by),
        "supplementaryDocument": [_page(f"verify:{place}", subject.verify_url(credential.id), "Check this credential")],
    }
    if credential.credits is not None:
        claim["creditReceived"] = [_credit(f"received:{place}", credential.credits)]
    if credential.review_reason:
        claim["additionalNote"] = [_note(f"review:{place}", "Under review by the college.")]
    return claim


def _specification(subject: Subject, credential: ProfileCredential, place: int, awarded_by: str) -> dict[str, Any]:
    specification: dict[str, Any] = {
        "id": f"urn:epass:learningAchievementSpec:{place}",
        "type": "LearningAchievementSpecification",
        "title": _text(credential.title),
        "description": _text(f"{credential.title}: {credential.qualification_title}, level {credential.level}."),
        "homepage": [
            _page(
                f"specification:{place}",
                subject.qualification_url(credential.qualification_id),
                credential.qualification_title,
            )
        ],
        "nqfLevel": [
            _concept(
                f"urn:epass:rqf:{credential.level}",
                "urn:epass:rqf",
                f"Regulated Qualifications Framework level {credential.level}",
            )
        ],
        "learningOutcome": [
            _outcome(subject, found, place)
            for statement in subject.profile.ksbs
            if (found := statement.within({credential.id}))
        ],
        "awardingOpportunity": [
            {
                "id": f"urn:epass:awardingOpportunity:{place}",
                "type": "AwardingOpportunity",
                "title": _text(credential.title),
                "awardingBody": [
                    {"id": f"urn:epass:org:awarding:{place}", "type": "Organisation", "legalName": _text(awarded_by)}
                ],
            }
        ],
    }
    if credential.credits is not None:
        specification["creditPoint"] = [_credit(f"specified:{place}", credential.credits)]
    return specification


def _outcome(subject: Subject, statement: KsbEvidence, place: int) -> dict[str, Any]:
    wording = "Official wording." if statement.is_official_wording else "Our own short summary of the statement."
    mapping = "Confirmed mapping." if statement.verified else "Proposed mapping."
    outcome: dict[str, Any] = {
        "id": f"urn:epass:learningOutcome:{place}:{statement.ksb_id}",
        "type": "LearningOutcome",
        "identifier": [_identifier(f"ksb:{statement.ksb_id}", statement.ksb_id, "Occupational standard (England)")],
        "title": _text(statement.text),
        "additionalNote": [_note(f"ksb:{place}:{statement.ksb_id}", f"{wording} {mapping} {covered(statement)}")],
        "supplementaryDocument": [
            _page(f"ksb:{statement.ksb_id}", subject.ksb_url(statement.ksb_id), statement.ksb_id)
        ],
    }
    same = [match.target for match in statement.matches if (match.framework, match.relation) == ("ESCO", "exact")]
    if same:
        outcome["relatedESCOSkill"] = [_concept(target, _ESCO_SKILLS, statement.text) for target in same]
    return outcome


def _college(subject: Subject) -> dict[str, Any]:
    college: dict[str, Any] = {
        "id": "urn:epass:org:1",
        "type": "Organisation",
        "legalName": _text(subject.profile.institution_name),
    }
    if subject.ukprn:
        college["identifier"] = [_identifier("provider", subject.ukprn, "UK Provider Reference Number (UKPRN)")]
    return college


def _attribution(subject: Subject) -> tuple[str, ...]:
    return tuple(f"{line}." for line in subject.attribution) if subject.profile.ksbs else ()


def _credit(name: str, credits: int) -> dict[str, Any]:
    framework = _concept("urn:epass:credit:uk", "urn:epass:credit", "UK credit; one stands for ten notional hours")
    return {
        "id": f"urn:epass:creditPoint:{name}",
        "type": "CreditPoint",
        "framework": framework,
        "point": str(credits),
    }


def _identifier(name: str, notation: str, scheme: str) -> dict[str, Any]:
    return {"id": f"urn:epass:identifier:{name}", "type": "Identifier", "notation": notation, "schemeName": scheme}


def _note(name: str, words: str) -> dict[str, Any]:
    return {"id": f"urn:epass:note:{name}", "type": "Note", "noteLiteral": _text(words)}


def _page(name: str, url: str, title: str) -> dict[str, Any]:
    return {"id": f"urn:epass:webResource:{name}", "type": "WebResource", "title": _text(title), "contentURL": url}


def _concept(identifier: str, scheme: str, label: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "type": "Concept",
        "inScheme": {"id": scheme, "type": "ConceptScheme"},
        "prefLabel": _text(label),
    }


def _text(words: str) -> dict[str, list[str]]:
    return {"en": [words]}


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
