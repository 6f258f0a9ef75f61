"""Whatever a Europass document says, it says in terms of the European Learning Model: none of them is our own."""

from typing import Any

from app.stacking.exports.europass import europass
from tests.unit.stacking.holdings import HND, ULN, held, subject
from tests.vectors import published

FOLDER = published.folder("elm")
TERMS = set(published.read(FOLDER / "edc-ap-context.jsonld")["@context"])
SAMPLE = published.read(FOLDER / "AA-Annex1-MC-unsigned.json")
# Of the data model of verifiable credentials (1.1), and of JSON itself.
ELSEWHERE = {"id", "type", "credentialSchema", "credentialSubject", "issuanceDate", "issued", "validFrom", "credential"}
TYPES_ELSEWHERE = {"VerifiableCredential"}
ABOUT = subject(held(1, f"{HND}-u02", "Merit"), held(9, None, "Merit", review_reason="a part was withdrawn"), uln=ULN)


def said(value: Any) -> tuple[set[str], set[str]]:
    """(names of members, types) anywhere in a document; the languages of texts left out."""
    names: set[str] = set()
    types: set[str] = set()
    if isinstance(value, list):
        for item in value:
            names, types = names | said(item)[0], types | said(item)[1]
    if isinstance(value, dict) and set(value) != {"en"}:
        given = value.get("type", [])
        types |= {given} if isinstance(given, str) else set(given)
        names |= set(value)
        for item in value.values():
            names, types = names | said(item)[0], types | said(item)[1]
    return names, types


def test_every_member_and_type_is_one_of_the_published_model() -> None:
    made = europass(ABOUT, {each.id: "Pearson" for each in ABOUT.profile.current})
    names, types = said(made)
    assert names - TERMS == ELSEWHERE
    assert types - TERMS == TYPES_ELSEWHERE
    assert {"learningOutcome", "awardingOpportunity", "provenBy", "creditReceived", "additionalNote"} <= names


def test_the_credential_is_headed_as_in_the_published_unsigned_sample() -> None:
    made = europass(ABOUT, {each.id: "Pearson" for each in ABOUT.profile.current})
    assert set(made) == {"credential"}
    assert set(made["credential"]) <= set(SAMPLE["credential"])
    for name in ("type", "credentialSchema"):
        assert made["credential"][name] == SAMPLE["credential"][name]
