"""What our credential template says, and what it must never say."""

import json
from typing import Any

import pytest

from app.adapters.contexts import canonicaliser
from app.standards import open_badge, vc
from tests.unit.standards import sample


def test_the_email_hash_is_that_of_the_specification() -> None:
    # Open Badges 3.0, IdentityObject: SHA-256 of "a@example.com" and the salt "Kosher", concatenated.
    assert open_badge.hash_email("a@example.com", "Kosher") == (
        "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"
    )
    assert open_badge.hash_email("  A@Example.COM ", "Kosher") == open_badge.hash_email("a@example.com", "Kosher")
    assert open_badge.hash_email("a@example.com", "kosher") != open_badge.hash_email("a@example.com", "Kosher")


@pytest.mark.parametrize(
    "document",
    [
        sample.credential(),
        sample.credential(alignments=15),
        sample.credential(grade=None, credits_earned=None),
        open_badge.corrected_credential(sample.COLLEGE, sample.credential(), sample.award(grade="Merit")),
        open_badge.renamed(sample.credential(), "Renée Example"),
        sample.credential(parts=[open_badge.Part("urn:uuid:1", "sha384-x", "application/json")]),
        sample.credential(trace=("Programming counts: 15 credits at Merit.",)),
        open_badge.achievement_credential(
            open_badge.Profile(sample.DID, "Bare"),
            open_badge.Achievement("urn:a", "Bare", "Nothing optional.", "Done.", "ext:TLevel"),
            sample.award(),
        ),
    ],
    ids=["usual", "15 alignments", "no grade or credit", "corrected", "renamed", "stacked", "traced", "bare"],
)
def test_every_variant_is_a_credential_in_which_every_term_is_defined(document: dict[str, Any]) -> None:
    assert list(vc.structure_problems(document)) == []
    assert canonicaliser().n_quads(document)
    assert json.loads(json.dumps(document)) == document


def test_the_three_contexts_in_order() -> None:
    # Without the third, safe-mode verifiers refuse the schema entry.
    assert sample.credential()["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
    ]


def test_the_learner_has_no_identifier_of_their_own() -> None:
    subject = sample.credential()["credentialSubject"]
    assert "id" not in subject
    assert [identity["identityType"] for identity in subject["identifier"]] == ["emailAddress", "name", "ext:awardRef"]
    assert [identity["hashed"] for identity in subject["identifier"]] == [True, False, False]
    assert "learner1@" not in json.dumps(sample.credential())


def test_one_status_entry_and_nothing_of_the_chain() -> None:
    document = sample.credential()
    assert isinstance(document["credentialStatus"], dict)
    assert "proof" not in document
    assert not {"evidence", "anchor"} & set(document)


def test_the_result_points_to_the_scale_it_is_on() -> None:
    subject = sample.credential()["credentialSubject"]
    (scale,) = subject["achievement"]["resultDescription"]
    (result,) = subject["result"]
    assert result["resultDescription"] == scale["id"]
    assert result["value"] in scale["allowedValue"]
    assert isinstance(sample.credential()["credentialSubject"]["creditsEarned"], int)


def test_a_correction_repeats_the_achievement_word_for_word_and_replaces_the_rest() -> None:
    former = sample.credential(1)
    next_one = sample.award(2, id=former["id"], learner_name="Renée Example")
    corrected = open_badge.corrected_credential(sample.COLLEGE, {**former, "proof": {"type": "any"}}, next_one)
    assert corrected == open_badge.achievement_credential(sample.COLLEGE, sample.achievement(), next_one)
    assert open_badge.learner_name(corrected) == "Renée Example"
    assert open_badge.learner_name(former) not in json.dumps(corrected)


def test_another_name_changes_nothing_else() -> None:
    document = sample.credential()
    renamed = open_badge.renamed(document, "Renée Example")
    assert renamed == json.loads(json.dumps(document).replace("Learner 1", "Renée Example"))
    assert open_badge.learner_name(document) == "Learner 1"
