"""What our records and endorsements say, what they must never say, and that a credential comes out of one unchanged."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.contexts import canonicaliser
from app.standards import clr, strict_json, vc
from app.standards.clr import Association, AssociationType
from app.standards.json_ld import NotCanonicalisable
from tests.unit.standards import sample

FULL = canonicaliser()
EXACT = st.integers(-(2**53) + 1, 2**53 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | EXACT | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def inside(record: dict[str, Any]) -> list[dict[str, Any]]:
    held: list[dict[str, Any]] = record["credentialSubject"]["verifiableCredential"]
    return held


@given(st.lists(st.dictionaries(st.text(max_size=8), JSON, min_size=1, max_size=5), min_size=1, max_size=4))
def test_any_document_comes_out_of_a_record_as_it_went_in(documents: list[dict[str, Any]]) -> None:
    stored = [json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode() for document in documents]
    record = sample.record([strict_json.parse_object(data) for data in stored])
    sent = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    read = json.loads(sent.decode("utf-8", "surrogatepass"))
    # Compared as text: 1, 1.0 and true are equal to Python and not the same in a document.
    assert [json.dumps(document, separators=(",", ":")).encode() for document in inside(read)] == stored


@pytest.mark.parametrize("number", ["20.0", "20", "7.5", "0.1", "1e-07", "9007199254740991", "-0.0", "1e+22"])
def test_a_number_keeps_its_spelling_inside_a_record(number: str) -> None:
    stored = f'{{"creditsEarned":{number}}}'
    record = sample.record([strict_json.parse_object(stored.encode())])
    assert stored in json.dumps(record, separators=(",", ":"))


def test_a_signed_credential_stands_in_the_record_byte_for_byte() -> None:
    signed = [sample.signed(sample.credential(number, learner_name="Zoë 😀"), FULL) for number in (1, 2)]
    stored = [json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() for document in signed]
    record = sample.record([strict_json.parse_object(data) for data in stored])
    sent = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    assert all(data in sent for data in stored)


def test_a_record_names_the_learner_and_nothing_private() -> None:
    record = sample.record([sample.signed(sample.credential(), FULL)])
    subject = record["credentialSubject"]
    assert "id" not in subject
    assert [identity["identityType"] for identity in subject["identifier"]] == ["emailAddress", "name", "ext:awardRef"]
    assert [identity["hashed"] for identity in subject["identifier"]] == [True, False, False]
    assert "learner1@" not in json.dumps(record)


def test_a_record_is_a_credential_in_which_every_term_is_defined() -> None:
    record = sample.record(
        [sample.signed(sample.credential(), FULL)],
        partial=True,
        achievements=[sample.achievement()],
        associations=[Association(AssociationType.IS_PART_OF, "urn:a", "urn:b")],
    )
    assert list(vc.structure_problems(record)) == []
    signed = FULL.n_quads(record).decode()
    assert "vocab.html#partial" in signed
    assert 'vocab.html#AssociationType> "isPartOf"' in signed
    # The learner is in the signature: the unversioned context of the specification would drop this.
    assert "clr/vocab.html#identifier-1" in signed


def test_what_is_not_needed_is_left_out() -> None:
    record = sample.record([{"id": "urn:uuid:1"}])
    assert set(record["credentialSubject"]) == {"type", "identifier", "verifiableCredential"}
    assert record["partial"] is False
    assert isinstance(record["credentialStatus"], dict)
    assert "proof" not in record


def test_a_record_of_nothing_is_not_made() -> None:
    with pytest.raises(ValueError, match="at least one"):
        sample.record([])


@pytest.mark.parametrize("change", [{"invented": 1}, {"type": ["VerifiableCredential", "Invented"]}])
def test_what_would_not_be_signed_inside_is_refused(change: dict[str, Any]) -> None:
    held = sample.signed(sample.credential(), FULL) | change
    with pytest.raises(NotCanonicalisable):
        FULL.n_quads(sample.record([held]))


def test_an_endorsement_speaks_of_one_thing_and_of_no_person() -> None:
    document = sample.endorsed()
    assert list(vc.structure_problems(document)) == []
    assert b"endorsementComment" in FULL.n_quads(document)
    assert document["type"] == ["VerifiableCredential", "EndorsementCredential"]
    assert set(document["credentialSubject"]) == {"id", "type", "endorsementComment"}
    assert "IdentityObject" not in json.dumps(document)


def test_the_contexts_in_order() -> None:
    assert clr.CONTEXTS == (
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
    )
    assert sample.endorsed()["@context"] == sample.credential()["@context"]
