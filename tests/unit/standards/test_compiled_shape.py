"""The compiled path gives the bytes, or the refusal, of the full path: on friendly and on hostile values."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from openbadgeslib.ob3.contexts import document_loader
from pyld import jsonld

from app.adapters.contexts import canonicaliser
from app.standards import data_integrity, open_badge, status_list
from app.standards.compiled_shape import ShapeCache
from app.standards.json_ld import NotCanonicalisable
from tests.unit.standards import sample

FULL = canonicaliser()
# Shared by the tests of hostile values, so that what one teaches it another meets.
FAST = ShapeCache(FULL)

NAMES = [
    "Zoë Ångström-Núñez",
    "Gwenllïan ŵŷ",
    'Robert "Bobby" \\ Tables\\',
    'x" . <urn:a> <urn:b> "',
    'x"@en . _:c14n0 <urn:a> "',
    "_:c14n0",
    "_:a",
    "<urn:a>",
    '"^^<http://www.w3.org/2001/XMLSchema#string>',
    "line\nbreak\rand\ttab",
    "\n",
    "\\n\\u0041 \\",
    "",
    " ",
    "\u2028\u2029\u00a0",
    "👩🏽\u200d🎓 \U0001d518\U0001d52b \U0010ffff \ufeff",
    "\ufffe",
    "\uffff",
    "e\u0301 é",
    "שלום مرحبا \u202eabc\u202c",
    "\ue000\uf8ff",
    "hole0x-1",
    "hole0x",
    "https://hole0x-0",
    "@id",
    "@type",
    "urn:undef#name",
    "name",
    "{}{0}%s%(a)s$x",
    "x" * 9_999,
    "x" * 10_001,
]

hostile = st.one_of(
    st.sampled_from(NAMES),
    st.text(max_size=30),
    st.text(alphabet='"\\\n\r\t<>_:.@^ aé😀\u2028\x07\x85', max_size=12),
    st.text(alphabet=st.characters(categories=["Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Cn"]), max_size=3),
)
identifiers = st.one_of(
    st.uuids().map("urn:uuid:{}".format),
    st.from_regex(r"https?://[A-Za-z0-9.:-]{1,12}(/[A-Za-z0-9._~%?/-]{0,9}){0,2}(#[0-9a-z/]{0,4})?", fullmatch=True),
    st.sampled_from(
        [
            sample.DID,
            "https://awards.example/a/603-0001-2/u1",
            "https://college.example.ac.uk/status/1",
            "https://college.example.ac.uk/status/1#1",
            "http://relative-reference.invalid/x",
            "https://a.example/b/../c",
            "https://a.example/./c",
            "https://a.example:99999/",
            "https://é.example/",
            "https://a.example/%zz",
            "https://a.example/a b",
            'urn:uuid:1> <urn:x> "y" . <urn:z',
            "urn:undef#x",
            "URN:UUID:1",
            "relative",
            "#1",
            "_:b0",
            "@type",
            "",
        ]
    ),
)


def outcome(canonical: data_integrity.CanonicalForm, document: Any) -> bytes | str:
    try:
        return canonical.n_quads(document)
    except NotCanonicalisable as error:
        return f"{error.code}: {error}"


def test_every_learner_of_a_shape_gets_the_bytes_of_the_full_path() -> None:
    fast = ShapeCache(FULL)
    for number in range(40):
        document = sample.credential(number, alignments=15)
        assert fast.n_quads(document) == FULL.n_quads(document)
        assert fast.is_compiled(document)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(sample.credential(1, alignments=0), id="no alignments"),
        pytest.param(sample.credential(1, grade=None), id="no grade"),
        pytest.param(sample.credential(1, credits_earned=None), id="no credit"),
        pytest.param(
            sample.credential(
                1,
                parts=[
                    open_badge.Part(f"urn:uuid:{number}", f"sha384-{number}", "application/json") for number in range(3)
                ],
            ),
            id="stacked on three parts",
        ),
        pytest.param(
            sample.credential(
                1,
                parts=[open_badge.Part("urn:uuid:1", "sha384-1", "application/vc")],
                trace=("Programming counts: 15 credits at Merit.", 'Networking "counts"\\\t: 15.'),
            ),
            id="saying how its parts add up",
        ),
        pytest.param(
            open_badge.achievement_credential(
                sample.COLLEGE, sample.achievement(creator=sample.COLLEGE), sample.award()
            ),
            id="issuer and creator the same, so that an unnamed part stands twice",
        ),
        pytest.param(
            {**data_integrity.proof_options(data_integrity.RDFC, sample.KEY_ID, sample.SIGNED_ON)}
            | {"@context": list(open_badge.CONTEXTS)},
            id="proof options",
        ),
    ],
)
def test_each_kind_of_document_is_compiled(document: dict[str, Any]) -> None:
    fast = ShapeCache(FULL)
    expected = FULL.n_quads(document)
    assert fast.n_quads(document) == expected
    assert fast.is_compiled(document)
    assert fast.n_quads(document) == expected


@pytest.mark.parametrize("host", ["college.example.ac.uk", "localhost:8000", "localhost:45123"])
def test_a_college_at_any_port_is_compiled(host: str) -> None:
    documents = []
    for number in (1, 2):
        document = sample.credential(number)
        url = f"http://{host}/i/college/status/1"
        documents.append({**document, "credentialStatus": status_list.entry(url, number)})
    fast = ShapeCache(FULL)
    for document in documents:
        assert fast.n_quads(document) == FULL.n_quads(document)
        assert fast.is_compiled(document)


def test_parts_may_differ_within_one_shape_but_not_coincide() -> None:
    fast = ShapeCache(FULL)

    def stacked(*numbers: int) -> dict[str, Any]:
        parts = [open_badge.Part(f"urn:uuid:{n}", f"sha384-{n}", "application/json") for n in numbers]
        return sample.credential(1, parts=parts)

    fast.n_quads(stacked(1, 2))
    for document in (stacked(3, 4), stacked(4, 3), stacked(5, 5)):
        assert fast.is_compiled(document)
        assert fast.n_quads(document) == FULL.n_quads(document)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_hostile_name(name: str) -> None:
    for fast in (FAST, ShapeCache(FULL)):
        for document in (sample.credential(1), sample.credential(2, learner_name=name)):
            assert outcome(fast, document) == outcome(FULL, document)


@settings(max_examples=150, deadline=None)
@given(name=hostile, salt=hostile, email_hash=hostile, reference=hostile, grade=hostile, index=hostile)
def test_hostile_values_in_every_text(
    name: str, salt: str, email_hash: str, reference: str, grade: str, index: str
) -> None:
    document = sample.credential(
        1, learner_name=name, email_salt=salt, email_hash=email_hash, award_reference=reference, grade=grade
    )
    document["credentialStatus"]["statusListIndex"] = index
    document["validFrom"] = salt
    document["awardedDate"] = name
    assert outcome(FAST, document) == outcome(FULL, document)


@settings(max_examples=120, deadline=None)
@given(own=identifiers, entry=identifiers, status_url=identifiers)
def test_hostile_identifiers(own: str, entry: str, status_url: str) -> None:
    document = sample.credential(1)
    document["id"] = own
    document["credentialStatus"] |= {"id": entry, "statusListCredential": status_url}
    assert outcome(FAST, document) == outcome(FULL, document)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(st.sampled_from(["same", "Pass", "other"]), min_size=5, max_size=5))
def test_one_value_in_several_places(values: list[str]) -> None:
    # Two "name" identities with one value are two equal blank nodes: the compiled path must not label them.
    document = sample.credential(1, learner_name=values[0], award_reference=values[1], grade=values[2])
    twin = {"type": "IdentityObject", "hashed": False, "identityHash": values[3], "identityType": "name"}
    document["credentialSubject"]["identifier"] += [twin, {**twin, "identityHash": values[4]}]
    assert outcome(FAST, document) == outcome(FULL, document)


def test_equal_unnamed_parts_take_the_full_path() -> None:
    fast = ShapeCache(FULL)

    def named(first: str, second: str) -> dict[str, Any]:
        document = sample.credential(1, learner_name=first)
        document["credentialSubject"]["identifier"][2] |= {"identityType": "name", "identityHash": second}
        return document

    fast.n_quads(named("a", "b"))
    assert fast.is_compiled(named("c", "c"))
    assert fast.n_quads(named("c", "c")) == FULL.n_quads(named("c", "c"))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_other_change_is_another_shape(data: st.DataObject) -> None:
    FAST.n_quads(sample.credential(1))
    document = sample.credential(2)
    holder, name = data.draw(st.sampled_from(list(leaves(document))))
    holder[name] = data.draw(st.sampled_from(["other", "", 16, 15.0, 15, True, None, [], {}, "https://x.example/1"]))
    assert outcome(FAST, document) == outcome(FULL, document)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"inventedTerm": "x"}, "term_undefined"),
        ({"id": "not-absolute"}, "reference_relative"),
        ({"id": "_:b0"}, "blank_node_named"),
        ({"@context": []}, "context_missing"),
        ({"@context": ["https://elsewhere.example/context"]}, "context_unknown"),
        ({"@id": "urn:x"}, "keyword_not_allowed"),
        ({"name": "bell\x07"}, "control_character"),
        ({"awardedDate": "bell\x07"}, "control_character"),
        ({"awardedDate": "\ud800"}, "not_json_ld"),
    ],
)
def test_refusals_are_those_of_the_full_path(change: dict[str, Any], code: str) -> None:
    document = sample.credential(1) | change
    FAST.n_quads(sample.credential(1))
    for _ in range(2):  # a refused document teaches nothing
        with pytest.raises(NotCanonicalisable) as fast:
            FAST.n_quads(document)
        assert fast.value.code == code
    assert outcome(FAST, document) == outcome(FULL, document)


def test_the_document_is_left_as_it_was() -> None:
    document = sample.credential(1)
    before = deepcopy(document)
    ShapeCache(FULL).n_quads(document)
    assert document == before


def test_the_cache_is_bounded_and_forgets_the_oldest() -> None:
    fast = ShapeCache(FULL, limit=2)
    shapes = [sample.credential(1, alignments=count) for count in range(3)]
    for document in shapes:
        fast.n_quads(document)
    assert [fast.is_compiled(document) for document in shapes] == [False, True, True]
    assert fast.n_quads(shapes[0]) == FULL.n_quads(shapes[0])


def test_signing_through_the_cache_gives_the_same_proof() -> None:
    assert sample.signed(sample.credential(7), FAST) == sample.signed(sample.credential(7), FULL)


@settings(max_examples=12, deadline=None)
@given(hostile, hostile)
def test_pyld_agrees(name: str, grade: str) -> None:
    # What we refuse PyLD signs: it implements URDNA2015, which writes control characters differently.
    assume(not isinstance(outcome(FULL, sample.credential(3, learner_name=name, grade=grade)), str))
    document = sample.credential(3, learner_name=name, grade=grade)
    theirs = jsonld.normalize(
        json.loads(json.dumps(document)),
        {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": document_loader()},
    )
    assert FAST.n_quads(document) == theirs.encode()


def leaves(value: Any) -> Any:
    """(holder, name) of each leaf that can be replaced in place."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in pairs:
        if isinstance(inner, dict | list):
            yield from leaves(inner)
        else:
            yield value, name
