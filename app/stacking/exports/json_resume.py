"""A JSON Resume (jsonresume.org, schema v1.0.0) of a profile: basics, education, certificates and skills. Pure.

The schema allows no other member at the top; what it has no place for (when the file was made, the attribution that
statements need) is in `meta`, which is open.
"""

from itertools import groupby
from typing import Any, Final

from app.credentials.model import CredentialKind
from app.stacking.exports.writing import Subject
from app.stacking.profile import OccupationCoverage, ProfileCredential

SCHEMA: Final = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"
VERSION: Final = "v1.0.0"


def json_resume(subject: Subject) -> dict[str, Any]:
    """The whole document. Every credential in force is a certificate with the address of the page that checks it."""
    profile = subject.profile
    basics: dict[str, Any] = {
        "name": profile.learner_name,
        "summary": (
            f"Achievements recorded by {profile.institution_name}. Each certificate links to a page that checks its "
            "signature and whether it still holds."
        ),
    }
    if subject.uln:
        basics["profiles"] = [{"network": "Unique Learner Number (ULN)", "username": subject.uln}]
    meta: dict[str, Any] = {"version": VERSION, "lastModified": subject.moment}
    if profile.occupations:
        meta["attribution"] = list(subject.attribution)
    return {
        "$schema": SCHEMA,
        "basics": basics,
        "education": _education(subject),
        "certificates": [
            {
                "name": _named(each),
                "date": each.awarded_on.isoformat(),
                "url": subject.verify_url(each.id),
                "issuer": profile.institution_name,
            }
            for each in profile.current
        ],
        "skills": [_skill(each) for each in profile.occupations],
        "meta": meta,
    }


def _education(subject: Subject) -> list[dict[str, Any]]:
    """One entry a qualification. A qualification of which only parts are held is called just that."""
    entries = []
    by_qualification = sorted(subject.profile.current, key=lambda each: each.qualification_id)
    for qualification_id, held in groupby(by_qualification, key=lambda each: each.qualification_id):
        every = list(held)
        units = [each for each in every if each.kind is CredentialKind.UNIT]
        award = next((each for each in every if each.kind is CredentialKind.AWARD), None)
        title = every[0].qualification_title
        entry = {
            "institution": subject.profile.institution_name,
            "url": subject.qualification_url(qualification_id),
            "area": title if award else f"Parts of {title}",
            "studyType": f"Level {max(each.level for each in every)}",
            "endDate": max(each.awarded_on for each in every).isoformat(),
            "courses": [f"{each.title} ({each.grade})" for each in units],
        }
        entries.append(entry | ({"score": award.grade} if award else {}))
    return entries


def _named(credential: ProfileCredential) -> str:
    review = " (under review by the college)" if credential.review_reason else ""
    return f"{credential.title}: {credential.grade}{review}"


def _skill(occupation: OccupationCoverage) -> dict[str, Any]:
    return {
        "name": f"{occupation.standard.title} ({occupation.standard.label})",
        "level": f"{occupation.sentence}: {occupation.basis}",
        "keywords": [f"{each.code}: {each.text}" for each in occupation.statements],
    }
