"""What a document says of itself is what the college's own rules went by; what it does not say is not guessed."""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.catalogue.model import Qualification, Unit
from app.credentials.issuing import credits_earned
from app.credentials.model import CredentialKind
from app.stacking.held import HeldKind, Origin
from app.stacking.holding import units_held
from app.standards import open_badge
from app.verification.stacked import Learner, Unclear, learner_of, named_by, read_claim, read_part, shown
from tests.unit.credentials import catalogued
from tests.unit.credentials.catalogued import COLLEGE, HNC, QUALIFICATIONS, T_LEVEL
from tests.unit.verification.awards import HOME, hnc, hnc_results

NUMBER = UUID(int=7)
AWARDABLE = [
    (qualification, unit)
    for qualification in QUALIFICATIONS.values()
    for unit in qualification.units
    if unit.is_awardable and unit.grade_scale
]


def document_of(qualification: Qualification, unit: Unit, grade: str) -> tuple[Any, dict[str, Any]]:
    """(record, document) as the college makes them."""
    record = replace(catalogued.credential(CredentialKind.UNIT, qualification, unit), grade=grade)
    achievement = catalogued.unit_achievement(COLLEGE, qualification, unit, {})
    given = catalogued.sample.award(
        1, id=record.uri, grade=grade, credits_earned=credits_earned(unit, grade), awarded_on=record.awarded_on
    )
    return record, open_badge.achievement_credential(catalogued.issuer_profile(COLLEGE), achievement, given)


def test_every_unit_of_the_catalogue_is_read_as_the_college_counted_it() -> None:
    assert len(AWARDABLE) > 100
    for qualification, unit in AWARDABLE:
        for grade in unit.grade_scale:
            record, document = document_of(qualification, unit, grade)
            (counted,) = units_held([record], QUALIFICATIONS)
            read = read_part(document, record.id, COLLEGE.did)
            # The kind and the name of the qualification are not among what the rules of units go by.
            assert replace(read, qualification_id="", qualification_kind="") == replace(
                counted, qualification_id="", qualification_kind=""
            )


@pytest.mark.parametrize("qualification", [HNC, T_LEVEL], ids=["with credit", "without"])
def test_a_credential_of_before_these_names_is_read_alike_or_not_at_all(qualification: Qualification) -> None:
    unit = qualification.units[0]
    record, document = document_of(qualification, unit, unit.grade_scale[-1])
    read = read_part(document, record.id, COLLEGE.did)
    achievement = document["credentialSubject"]["achievement"]
    achievement["otherIdentifier"] = achievement["otherIdentifier"][:1]
    del achievement["resultDescription"][0]["requiredValue"]
    if unit.credits is None:
        # Nothing in it said which grades pass.
        with pytest.raises(Unclear, match="whether the unit was passed"):
            read_part(document, record.id, COLLEGE.did)
    else:
        assert read_part(document, record.id, COLLEGE.did) == read


def test_an_award_as_a_part_knows_what_it_is_made_of() -> None:
    award = hnc().award()
    read = read_part(award, NUMBER, HOME.did)
    assert (read.kind, read.qualification_id, read.credits, read.level) == (HeldKind.AWARD, "hnc-computing", 120, 4)
    assert len(read.parts) == 8
    assert read_part(award, NUMBER, "did:web:elsewhere.example").origin is Origin.TRANSFER


def test_recognised_prior_learning_is_counted_as_that_whoever_signed_it() -> None:
    record, document = document_of(HNC, HNC.units[0], "Pass")
    document["credentialSubject"]["achievement"]["achievementType"] = open_badge.RECOGNISED
    for issuer in (COLLEGE.did, "did:web:elsewhere.example"):
        assert read_part(document, record.id, issuer).origin is Origin.RECOGNISED


def test_what_an_award_claims_is_as_of_the_british_day() -> None:
    document = hnc().unsigned() | {"validFrom": "2026-06-30T23:30:00Z", "awardedDate": "2026-06-30T00:00:00Z"}
    claim = read_claim(document)
    assert (claim.on, claim.awarded_on, claim.grade, claim.credits_earned) == (
        date(2026, 7, 1),
        date(2026, 6, 30),
        "Merit",
        120,
    )


def _subject(edit: Callable[[Any], object]) -> Callable[[Any], object]:
    return lambda document: edit(document["credentialSubject"])


def _achievement(edit: Callable[[Any], object]) -> Callable[[Any], object]:
    return lambda document: edit(document["credentialSubject"]["achievement"])


def _twice(kind: str, value: str) -> Callable[[Any], object]:
    entry = {"type": "IdentifierEntry", "identifier": value, "identifierType": kind}
    return _achievement(lambda one: one["otherIdentifier"].append(entry))


UNCLEAR: dict[str, Callable[[Any], object]] = {
    "several subjects": lambda document: document.update(credentialSubject=[document["credentialSubject"]] * 2),
    "no achievement": _subject(lambda one: one.pop("achievement")),
    "a list of achievements": _subject(lambda one: one.update(achievement=[one["achievement"]])),
    "no grade": _subject(lambda one: one.pop("result")),
    "two grades": _subject(lambda one: one["result"].append({"type": ["Result"], "value": "Distinction"})),
    "a grade that is a number": _subject(lambda one: one["result"][0].update(value=3)),
    "no day": lambda document: document.pop("awardedDate"),
    "a day without a time zone": lambda document: document.update(awardedDate="2026-09-14"),
    "another unit beside": _twice(open_badge.CATALOGUE_UNIT, "hnc-computing-u02"),
    "a whole qualification beside": _twice(open_badge.CATALOGUE_QUALIFICATION, "hnc-computing"),
    "two levels": _twice(open_badge.LEVEL, "5"),
    "another unit in the address": _achievement(lambda one: one.update(id=f"{HOME.origin}/catalogue/units/x")),
    "half of the credits earned": _subject(lambda one: one.update(creditsEarned=7)),
    "half a credit": _achievement(lambda one: one.update(creditsAvailable=7.5)),
    "credits below nothing": _achievement(lambda one: one.update(creditsAvailable=-15)),
    "credits that are true": _achievement(lambda one: one.update(creditsAvailable=True)),
    "credits in words": _achievement(lambda one: one.update(creditsAvailable="15")),
    "a grade that passes without its credits": _subject(lambda one: one.update(creditsEarned=0)),
    "a grade that fails with its credits": _achievement(
        lambda one: one["resultDescription"][0].update(requiredValue="Distinction")
    ),
}


@pytest.mark.parametrize("doubt", UNCLEAR)
def test_what_is_not_said_in_one_way_is_not_guessed(doubt: str) -> None:
    document = copy.deepcopy(hnc_results()[0].unsigned())
    assert read_part(document, NUMBER, HOME.did).credits == 15
    UNCLEAR[doubt](document)
    with pytest.raises(Unclear):
        read_part(document, NUMBER, HOME.did)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Learner("Anna Müller", None), Learner("ANNA  MU\u0308LLER", None), True),
        (Learner("Anna Müller", None), Learner("Anna Muller", None), False),
        (Learner("Anna", None), Learner(None, None), None),
        (Learner(None, None), Learner(None, None), None),
        (Learner("Anna", "did:key:z1"), Learner("Anne", "did:key:z1"), True),
        # A wallet shows another identifier to each college: two of them say nothing.
        (Learner("Anna", "did:key:z1"), Learner("Anna", "did:key:z2"), True),
        (Learner(None, "did:key:z1"), Learner(None, "did:key:z2"), None),
    ],
)
def test_learners_are_compared_by_what_the_documents_show(one: Learner, other: Learner, same: bool | None) -> None:
    assert one.is_same_as(other) is same
    assert other.is_same_as(one) is same


def test_of_two_names_neither_is_believed() -> None:
    document = hnc_results()[0].unsigned()
    identities = document["credentialSubject"]["identifier"]
    identities.append({**identities[1], "identityHash": "Bob Jones"})
    assert learner_of(document) == Learner(None, None)


@pytest.mark.parametrize(
    "related",
    [
        None,
        {},
        "urn:uuid:1",
        [None, 3, [], {"id": 4}],
        [{"id": "https://college.example.ac.uk/image.png", "digestSRI": "sha384-x"}],
        [{"id": "https://college.example.ac.uk/rules/hnc/x", "digestSRI": "sha384-x"}],
    ],
)
def test_what_names_no_parts_and_no_rules_is_no_award(related: Any) -> None:
    assert named_by(hnc_results()[0].unsigned() | {"relatedResource": related}) is None


def test_a_strangers_words_cannot_move_the_cursor() -> None:
    assert shown("a\x1b[2Jb\u202ec\n") == "a [2Jb c "
    assert shown("x" * 50, 10) == "x" * 9 + "…"
