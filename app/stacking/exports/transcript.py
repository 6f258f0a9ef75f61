"""The standardised transcript of modules under the Lifelong Learning Entitlement: our proposal of one, as JSON. Pure.

The Department for Education published what a transcript contains on 18 May 2026. Only two fields of it were confirmed
when this was written: the full name, and the ULN with a footnote. Every field therefore says of itself whether it is
`verified` or `proposed`; the proposed ones have the names that the Student Loans Company uses for its course records.
When the whole list is known the template gets a new version; a file never changes its meaning under one.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from app.stacking.exports.writing import Subject
from app.stacking.modules import CompletedModule
from app.stacking.profile import KsbEvidence, ProfileCredential

TEMPLATE: Final = "stackmark-lle-transcript/1"
_NOT_ON_RECORD = "Not on record here."
_ULN_LEFT_OUT = "Left out of this copy: it is personal and was not asked for."
_ULN_FOOTNOTE = (
    "The Unique Learner Number belongs to the learner's Personal Learning Record. It is personal data and is no proof "
    "of identity."
)


def transcript(subject: Subject, modules: Sequence[CompletedModule]) -> dict[str, Any]:
    """One transcript of `modules`: of one, or of all that a learner completed.

    `value` is null for what is not on record or was left out; `note` then says which.
    """
    profile = subject.profile
    members: dict[str, Any] = {
        "template": TEMPLATE,
        "title": "Module transcript",
        "about": (
            f"A record of {profile.institution_name} of modules completed. It is not the certificate of a "
            "qualification, which comes from the awarding body. This file is not signed: each result links to the "
            "page that checks its signed credential."
        ),
        "statusMeans": {
            "verified": "The published requirements for standardised transcripts name this field.",
            "proposed": "This field is expected; the published requirements were not confirmed for it.",
        },
        "producedAt": subject.moment,
        "learner": {"fullName": _verified(profile.learner_name), "uln": _uln(subject)},
        "provider": {
            "name": _proposed(profile.institution_name),
            "providerId": _proposed(subject.ukprn or None, scheme="UKPRN"),
        },
        "modules": [_module(subject, each) for each in modules],
        "notOnRecord": ["mode", "delivery", "location", "taughtCredits", "fee", "studyPeriods"],
    }
    if any(module["learningOutcomes"]["value"] for module in members["modules"]):
        members["attribution"] = list(subject.attribution)
    return members


def _module(subject: Subject, completed: CompletedModule) -> dict[str, Any]:
    module = completed.module
    single = completed.results[0] if len(completed.results) == 1 else None
    return {
        "name": _proposed(module.title),
        "code": _proposed(module.id),
        "parentCourse": _proposed(module.parent.title, number=module.parent.number),
        "level": _proposed(module.level),
        "credit": _proposed(module.credits),
        "length": _proposed(module.notional_hours, unit="notional hours"),
        "hecos": _proposed(None),
        "grade": _proposed(single.grade) if single else _proposed(None, note="Graded by unit: see results."),
        "date": _proposed(_day(completed.completed_on)),
        "awardingBody": _proposed(module.parent.awarding_organisation),
        "learningOutcomes": _proposed(
            [_outcome(subject, statement) for statement in _evidenced(subject, completed.results)]
        ),
        "results": [_result(subject, completed, each) for each in completed.results],
    }


def _result(subject: Subject, completed: CompletedModule, result: ProfileCredential) -> dict[str, Any]:
    unit = next(unit for unit in completed.module.units if unit.id == result.unit_id)
    return {
        "name": _proposed(unit.title),
        "code": _proposed(unit.code),
        "level": _proposed(unit.level),
        "credit": _proposed(unit.credits),
        "grade": _proposed(result.grade),
        "date": _proposed(_day(result.awarded_on)),
        "credential": f"urn:uuid:{result.id}",
        "verify": subject.verify_url(result.id),
    }


def _outcome(subject: Subject, statement: KsbEvidence) -> dict[str, Any]:
    return {
        "id": statement.ksb_id,
        "text": statement.text,
        "officialWording": statement.is_official_wording,
        "mapping": "confirmed" if statement.verified else "proposed",
        "coverage": list(statement.coverages),
        "evidencedOn": _day(statement.latest),
        "url": subject.ksb_url(statement.ksb_id),
        "matches": [
            {"framework": match.framework, "target": match.target, "relation": match.relation}
            for match in statement.matches
        ],
    }


def _evidenced(subject: Subject, results: Iterable[ProfileCredential]) -> list[KsbEvidence]:
    ids = {result.id for result in results}
    return [found for each in subject.profile.ksbs if (found := each.within(ids))]


def _uln(subject: Subject) -> dict[str, Any]:
    field = _verified(subject.uln) | {"footnote": _proposed(_ULN_FOOTNOTE)}
    return field if subject.uln else field | {"note": _ULN_LEFT_OUT}


def _day(value: date) -> str:
    return value.isoformat()


def _verified(value: Any) -> dict[str, Any]:
    return {"value": value, "status": "verified"}


def _proposed(value: Any, **beside: Any) -> dict[str, Any]:
    field = {"value": value, "status": "proposed"} | {name: each for name, each in beside.items() if each is not None}
    return field if value is not None else {"note": _NOT_ON_RECORD} | field
