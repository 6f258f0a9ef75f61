"""Frameworks from files: what is read, what is refused as a row and as a whole, and what an import would change."""

import json
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue.frameworks.model import MAX_TEXT, plan
from app.catalogue.frameworks.reading import MAX_BYTES, MAX_ITEMS, read_framework
from app.catalogue.model import Ksb, KsbMatch
from app.errors import AppError, Refused, TooLarge
from tests.unit.catalogue.framework_files import (
    ESCO,
    MOMENT,
    STATEMENTS,
    as_file,
    association,
    case,
    heading,
    item,
    link,
    number,
    skills_england,
    uri,
)

BOTH = pytest.mark.parametrize("made", [case, skills_england])


def read(value):
    return read_framework(as_file(value))


def refusals(value):
    return [(each.row, each.code) for each in read(value).refused]


@BOTH
def test_every_statement_is_read_with_its_code_kind_and_words(made):
    found = read(made())
    assert {each.code: each.text for each in found.statements} == STATEMENTS
    assert {each.code[0]: each.kind for each in found.statements} == {
        "K": "knowledge",
        "S": "skill",
        "B": "behaviour",
    }
    assert (found.standard_id, found.version, found.refused) == ("ST0127", "1.2", ())


def test_a_package_gives_matches_in_both_directions_and_skills_england_gives_none():
    statements = {each.code: each for each in read(case()).statements}
    assert statements["K10"].matches == (KsbMatch("UK-SSC", "1234.5", "related"), KsbMatch("ESCO", ESCO, "exact"))
    assert statements["K10"].uri == uri("K10")
    assert statements["K8"].matches == ()
    assert [each.matches for each in read(skills_england()).statements] == [()] * 4
    assert read(skills_england()).statements[0].uri == f"urn:uuid:{number('K8')}"


def test_scoped_codes_name_the_occupation():
    found = read(case(CFItems=[item("K10", "Words", humanCodingScheme="OCC0127@1.2:K10")], CFAssociations=[]))
    assert (found.occupation_id, found.statements[0].code) == ("OCC0127", "K10")


CASE_ROWS = [
    ("text", "row_malformed"),
    (item("K10", "Words", identifier=None), "field_missing"),
    (item("K10", "Words", uri=7), "field_missing"),
    (item("K10", ""), "field_missing"),
    (item("K10", "Words", lastChangeDateTime="yesterday"), "field_malformed"),
    (item("K10", "Words", lastChangeDateTime="2026-07-01T09:00:00"), "field_malformed"),
    (item("K10", "Words", CFDocumentURI=link("https://frameworks.example/other")), "other_document"),
    (item("K10", "Words", humanCodingScheme="OCC0127@1.3:K10"), "version_differs"),
    (item("K10", "Words", humanCodingScheme="K0"), "code_malformed"),
    (item("K10", "Words", humanCodingScheme="K\u0661"), "code_malformed"),
    (item("K10", "Words", humanCodingScheme="k10"), "code_malformed"),
    (item("K10", "Words", humanCodingScheme="D1"), "code_malformed"),
    (item("K10", "Words", humanCodingScheme=None), "code_missing"),
    (item("K10", "Words", CFItemType="Skill"), "ksb_kind_differs"),
    (item("K10", "Words\u202esdrow"), "text_malformed"),
    (item("K10", "Words\x07"), "text_malformed"),
    (item("K10", " \n "), "text_malformed"),
    (item("K10", "x" * (MAX_TEXT + 1)), "text_malformed"),
    (item("S1", "Other words", identifier=number("x"), uri=uri("S1")), "uri_repeated"),
]


@pytest.mark.parametrize(("row", "code"), CASE_ROWS, ids=lambda value: value if isinstance(value, str) else "row")
def test_a_row_of_a_package_that_cannot_be_taken_is_refused_alone(row, code):
    package = case(CFItems=[item("B1", "Fine"), row, *([item("S1", "Words")] if code == "uri_repeated" else [])])
    package["CFAssociations"] = []
    found = read(package)
    assert [each.code for each in found.statements] == ["B1"]
    assert found.refused[0].row == "CFItems[2]"
    assert {each.code for each in found.refused} == {code}


SKILLS_ROWS = [
    ("knowledges", "text", "row_malformed"),
    ("knowledges", {"knowledgeId": number("x"), "detail": "No code here"}, "code_missing"),
    ("knowledges", {"knowledgeId": number("x"), "detail": "K1:"}, "code_missing"),
    ("knowledges", {"knowledgeId": number("x")}, "text_malformed"),
    ("knowledges", {"knowledgeId": number("x"), "detail": ["K1: a list"]}, "text_malformed"),
    ("knowledges", {"knowledgeId": "7", "detail": "K1: Words"}, "field_malformed"),
    ("knowledges", {"detail": "K1: Words"}, "field_malformed"),
    ("skills", {"skillId": number("x"), "detail": "K1: Words"}, "ksb_kind_differs"),
]


@pytest.mark.parametrize(("name", "row", "code"), SKILLS_ROWS)
def test_a_row_of_skills_england_that_cannot_be_taken_is_refused_alone(name, row, code):
    assert refusals(skills_england({"B1": "Fine"}, **{name: [row]})) == [(f"{name}[1]", code)]


@pytest.mark.parametrize(
    "detail", ["K1: Words", "K1 Words", "K1. Words", "K1 - Words", "K1 \u2013 Words", " K1 :  Words\r\n"]
)
def test_a_code_is_read_off_the_front_of_the_words(detail):
    (found,) = read(skills_england({}, knowledges=[{"knowledgeId": number("x"), "detail": detail}])).statements
    assert (found.code, found.text) == ("K1", "Words")


def test_a_code_that_stands_twice_is_taken_from_neither_row():
    twice = [{"knowledgeId": number(text), "detail": f"K1: {text}"} for text in ("one", "other")]
    assert refusals(skills_england({"B1": "Fine"}, knowledges=twice)) == [
        ("knowledges[1]", "code_repeated"),
        ("knowledges[2]", "code_repeated"),
    ]


def test_a_match_with_something_unknown_is_refused_and_the_statement_is_taken():
    package = case()
    package["CFAssociations"] = [
        association("exactMatchOf", link(uri("K10")), link("https://elsewhere.example/skill/1")),
        association("isRelatedTo", link(uri("K10")), link("urn:x", identifier="a b", targetType="ext:UK-SSC")),
        association("exactMatchOf", link(uri("K10")), link(ESCO.replace("skill", "occupation"))),
        {"associationType": "exactMatchOf"},
        *[association("isChildOf", link(uri("K8")), link(uri(name))) for name in ("Knowledge", "Skill", "Behaviour")],
    ]
    found = read(package)
    assert len(found.statements) == 4
    assert [(each.row, each.code) for each in found.refused if each.row.startswith("CFAssociations")] == [
        ("CFAssociations[1]", "match_unknown"),
        ("CFAssociations[2]", "match_unknown"),
        ("CFAssociations[3]", "match_unknown"),
        ("CFAssociations[4]", "row_malformed"),
    ]
    # One item may stand under several headings; all of them are headings.
    assert [each for each in found.refused if each.row.startswith("CFItems")] == []


def chain(length):
    nodes = [f"node {place}" for place in range(length)]
    return case(
        CFItems=[*(heading(name) for name in nodes[1:]), item("K1", "Words", uri=uri(nodes[0]))],
        CFAssociations=[
            association("isChildOf", link(uri(child)), link(uri(parent))) for child, parent in pairwise(nodes)
        ],
    )


def test_a_deep_tree_is_read_up_to_a_bound():
    assert len(read(chain(21)).statements) == 1
    with pytest.raises(Refused) as refused:
        read(chain(22))
    assert refused.value.code == "framework_too_deep"


@pytest.mark.parametrize("tail", ["node 0", "node 1", "node 4"])
def test_a_tree_that_bites_its_tail_is_refused(tail):
    package = chain(5)
    package["CFAssociations"].append(association("isChildOf", link(uri("node 4")), link(uri(tail))))
    with pytest.raises(Refused) as refused:
        read(package)
    assert refused.value.code == "framework_cyclic"


DOCUMENT = case()["CFDocument"]
BAD_FILES = [
    (b"", "malformed_json"),
    (b"\xff\xfe{}", "not_utf8"),
    (b"[]", "not_an_object"),
    (b"{}", "framework_unknown"),
    (b'{"CFDocument": {}, "CFDocument": {}}', "duplicate_member"),
    (b'{"referenceNumber": "ST0127", "level": 1e999}', "number_not_exact"),
    (b'{"referenceNumber": "ST0127", "title": "\\ud800"}', "lone_surrogate"),
    (b"[" * 100_000, "too_deep"),
    (b'{"a":' * 60 + b"1" + b"}" * 60, "too_deep"),
    (as_file({"CFDocument": "text"}), "framework_malformed"),
    (as_file(case(CFItems={})), "framework_malformed"),
    (as_file(case(CFAssociations="text")), "framework_malformed"),
    (as_file(case(CFItems=[])), "framework_empty"),
    (as_file(case(CFDocument={**DOCUMENT, "version": None})), "framework_version_unclear"),
    (as_file(case(CFDocument={**DOCUMENT, "version": "draft"})), "framework_version_unclear"),
    (as_file(case(CFDocument={**DOCUMENT, "version": 1.2})), "framework_version_unclear"),
    (as_file(skills_england(versionNumber="1.3")), "framework_version_unclear"),
    (as_file(skills_england(versionNumber=None, version="")), "framework_version_unclear"),
    (as_file(skills_england(referenceNumber="ST127")), "framework_malformed"),
    (as_file(skills_england(knowledges={})), "framework_malformed"),
    (as_file(skills_england({})), "framework_empty"),
    (
        as_file(case(CFItems=[item(f"K{n}", "Words", humanCodingScheme=f"OCC000{n}@1.2:K{n}") for n in (1, 2)])),
        "framework_malformed",
    ),
    (as_file(case({}, CFItems=[heading("x")] * (MAX_ITEMS + 1))), "framework_too_large"),
    (as_file(skills_england(duties=[0] * (MAX_ITEMS + 1))), "framework_too_large"),
    (b" " * (MAX_BYTES + 1), "file_too_large"),
]


@pytest.mark.parametrize(
    ("data", "code"), BAD_FILES, ids=[f"{place}-{code}" for place, (_, code) in enumerate(BAD_FILES)]
)
def test_a_bad_file_is_refused_as_a_whole(data, code):
    with pytest.raises(Refused) as refused:
        read_framework(data)
    assert refused.value.code == code
    assert isinstance(refused.value, TooLarge) is code.endswith("too_large")


def test_ten_thousand_items_are_read():
    # Codes end at 999 a kind; the rest are headings.
    items = [heading(f"h{place}") for place in range(MAX_ITEMS - 1)]
    links = [association("isChildOf", link(uri("K1")), link(each["uri"])) for each in items[:1]]
    found = read(case(CFItems=[*items, item("K1", "Words")], CFAssociations=links))
    assert len(found.statements) == 1
    assert len(found.refused) == MAX_ITEMS - 2


# --- what an import changes --------------------------------------------------------------------------------------


def ours(code, version="1.2"):
    return Ksb(f"OCC0127@{version}:{code}", "OCC0127", version, code, "knowledge", "Our own summary")


def test_official_words_replace_a_summary_of_the_same_version_and_no_other():
    made = plan(
        read(case()), "OCC0127", [ours("K10"), ours("K8", "1.1"), ours("K99"), replace(ours("K8"), version=None)]
    )
    assert made.changed == ("OCC0127@1.2:K10",)
    assert set(made.added) == {"OCC0127@1.2:K8", "OCC0127@1.2:S1", "OCC0127@1.2:B1"}
    assert (made.left, made.is_whole) == (("OCC0127@1.2:K99",), False)
    assert {ksb.version for ksb in made.ksbs} == {"1.2"}
    assert all(ksb.is_official_wording for ksb in made.ksbs)


@BOTH
def test_to_import_again_changes_nothing(made):
    first = plan(read(made()), "OCC0127", [])
    again = plan(read(made()), "OCC0127", first.ksbs)
    assert (first.is_whole, again.is_whole) == (True, True)
    assert (again.added, again.changed, len(again.unchanged)) == ((), (), 4)


def test_a_file_without_matches_takes_none_away():
    matched = plan(read(case()), "OCC0127", []).ksbs
    reworded = plan(read(skills_england()), "OCC0127", matched)
    assert {ksb.code: ksb.matches for ksb in reworded.ksbs} == {ksb.code: ksb.matches for ksb in matched}


def test_a_refused_statement_leaves_the_standard_in_part_and_a_refused_match_does_not():
    short = skills_england(behaviours=["text"])
    assert plan(read(short), "OCC0127", []).is_whole is False
    unmatched = case()
    unmatched["CFAssociations"].append(association("exactMatchOf", link(uri("K8")), link("https://elsewhere.example")))
    assert plan(read(unmatched), "OCC0127", []).is_whole is True


# --- whatever comes ----------------------------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8) | st.just(MOMENT) | st.just(uri("K10")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["uri", "identifier", "x"]), inner),
    max_leaves=5,
)


def places(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item_ in inner:
        yield from places(item_, (*path, key))


@BOTH
@given(data=st.data())
def test_a_file_with_anything_in_any_place_is_read_or_refused_and_never_breaks(made, data):
    value = json.loads(json.dumps(made()))
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from([path for path in places(value) if path]))
        node = value
        for key in path:
            node = node[key]
        node[last] = data.draw(anything)
    with suppress(AppError):
        found = read(value)
        assert found.statements
        assert {each.version for each in plan(found, "OCC0127", []).ksbs} == {found.version}
