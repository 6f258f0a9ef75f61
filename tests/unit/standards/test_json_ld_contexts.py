"""Contexts: what is not implemented stops the start; what is, follows JSON-LD 1.1."""

from typing import Any

import pytest

from app.standards import json_ld_contexts
from app.standards.json_ld import Canonicaliser, NotCanonicalisable, UnsupportedContext
from app.standards.json_ld_contexts import Contexts

EX = "https://v.example/#"
NAMES = {"id": "@id", "type": "@type"}


def form(context: Any, document: dict[str, Any]) -> list[str]:
    """The canonical lines of a document with one context, shortened."""
    lines = Canonicaliser({"urn:c": context}).n_quads({"@context": ["urn:c"], **document}).decode()
    short = lines.replace(f"<{EX}", "<").replace("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf:")
    return sorted(short.splitlines())


@pytest.mark.parametrize(
    "context",
    [
        "https://elsewhere.example/context",
        [None, "https://elsewhere.example/context"],
        {"@import": "https://elsewhere.example/context"},
        {"@base": "https://elsewhere.example/"},
        {"@language": "en"},
        {"@direction": "rtl"},
        {"@propagate": False},
        {"@version": 1.0},
        {"@vocab": "relative"},
        {"@type": {"@container": "@set"}},
        {"@future": True},
        {"": f"{EX}a"},
        {"a:b": f"{EX}a"},
        {"https://v.example/a": f"{EX}a"},
        {"a/b": f"{EX}a"},
        {"a": 7},
        {"a": ""},
        {"a": "relative"},
        {"a": {}},
        {"a": {"@id": 7}},
        {"a": {"@id": ["urn:a"]}},
        {"a": {"@reverse": f"{EX}a"}},
        {"a": {"@id": f"{EX}a", "@nest": "b"}},
        {"a": {"@id": f"{EX}a", "@language": "cy"}},
        {"a": {"@id": f"{EX}a", "@direction": "ltr"}},
        {"a": {"@id": f"{EX}a", "@index": "b"}},
        {"a": {"@id": f"{EX}a", "@future": True}},
        {"a": {"@id": f"{EX}a", "@protected": "yes"}},
        {"a": {"@id": f"{EX}a", "@prefix": 1}},
        {"a": {"@id": f"{EX}a", "@container": "@language"}},
        {"a": {"@id": f"{EX}a", "@container": "@index"}},
        {"a": {"@id": f"{EX}a", "@container": "@id"}},
        {"a": {"@id": f"{EX}a", "@container": ["@graph", "@id"]}},
        {"a": {"@id": f"{EX}a", "@container": ["@graph", "@set"]}},
        {"a": {"@id": f"{EX}a", "@type": "@json", "@container": "@set"}},
        {"a": {"@id": f"{EX}a", "@type": "@none"}},
        {"a": {"@id": f"{EX}a", "@type": 7}},
        {"a": {"@id": f"{EX}a", "@type": "relative"}},
        {"a": {"@id": f"{EX}a", "@type": "http://www.w3.org/2001/XMLSchema#double"}},
        {"a": "@id"},
        {"id": "@type"},
        {"id": f"{EX}id"},
        {"id": None},
        {"type": {"@id": None}},
        {"value": "@value"},
        {"graph": "@graph"},
        {"set": {"@id": "@set"}},
        {"a": "b", "b": "a"},
        {"a": {"@id": "a:b"}, "b": "b"},
        {"a": {"@id": f"{EX}a", "@context": {"b": {"@reverse": f"{EX}b"}}}},
        {"a": {"@id": f"{EX}a", "@context": "https://elsewhere.example/context"}},
        {"a": {"@id": f"{EX}a", "@context": {"b": "relative"}}},
        {"A": {"@id": f"{EX}A", "@context": {"B": {"@id": f"{EX}B", "@context": {"c": {"@nest": "d"}}}}}},
    ],
    ids=str,
)
def test_what_is_not_implemented_is_refused_when_the_set_is_made(context: Any) -> None:
    with pytest.raises(UnsupportedContext):
        Canonicaliser({"urn:c": context})


def test_prefixes_and_terms_of_terms() -> None:
    context = {
        "ex": EX,
        "word": "ex:",
        "a": "ex:a",
        "b": {"@id": "a"},
        "c": {"@id": "ex:c", "@type": "ex:t"},
        "no": "https://v.example/no",
    }
    assert form(context, {"a": "1", "b": "2", "c": "3"}) == [
        '_:c14n0 <a> "1" .',
        '_:c14n0 <a> "2" .',
        '_:c14n0 <c> "3"^^<t> .',
    ]
    # `no` does not end like a prefix, so `no:a` is an IRI of its own.
    assert form(context | {"d": "no:a"}, {"d": "4"}) == ['_:c14n0 <no:a> "4" .']
    assert form(context | {"n": {"@id": "https://v.example/no", "@prefix": True}, "d": "n:a"}, {"d": "4"}) == [
        '_:c14n0 <https://v.example/noa> "4" .'
    ]


def test_a_vocabulary_for_all_other_names() -> None:
    context = {"@vocab": EX, **NAMES, "known": "urn:known", "none": None, "other": {"@type": "@id"}}
    assert form(context, {"id": "urn:x", "type": "T", "known": "1", "any": "2", "other": "urn:y"}) == [
        '<urn:x> <any> "2" .',
        "<urn:x> <other> <urn:y> .",
        "<urn:x> <rdf:type> <T> .",
        '<urn:x> <urn:known> "1" .',
    ]
    for refused in ({"none": "x"}, {"a b": "x"}, {"any": {"@id": "urn:x"}}, {"x:y": "z"}):
        with pytest.raises(NotCanonicalisable):
            form(context, {"id": "urn:x", **refused})


SCOPED = {
    **NAMES,
    "A": {"@id": f"{EX}A", "@context": {"p": f"{EX}p-of-a", "q": f"{EX}q-of-a"}},
    "B": {"@id": f"{EX}B", "@context": {"p": f"{EX}p-of-b"}},
    "p": f"{EX}p",
    "part": f"{EX}part",
}


@pytest.mark.parametrize("types", [["A", "B"], ["B", "A"]])
def test_several_types_bring_their_terms_in_the_order_of_their_names(types: list[str]) -> None:
    assert form(SCOPED, {"id": "urn:x", "type": types, "p": "1", "q": "2"})[:2] == [
        '<urn:x> <p-of-b> "1" .',
        '<urn:x> <q-of-a> "2" .',
    ]


def test_terms_of_a_type_end_with_its_node() -> None:
    document = {"id": "urn:x", "type": "A", "part": {"id": "urn:y", "p": "1"}}
    assert '<urn:y> <p> "1" .' in form(SCOPED, document)
    with pytest.raises(NotCanonicalisable):
        form(SCOPED, {"id": "urn:x", "type": "A", "part": {"q": "1"}})


def test_a_type_is_read_before_it_brings_its_terms() -> None:
    context = {**NAMES, "A": {"@id": f"{EX}A", "@context": {"B": "urn:other"}}, "B": f"{EX}B"}
    assert "<urn:x> <rdf:type> <B> ." in form(context, {"id": "urn:x", "type": ["A", "B"]})


def test_terms_of_a_property_go_on_below_it_and_may_replace_protected_ones() -> None:
    context = {
        **NAMES,
        "@protected": True,
        "p": f"{EX}p",
        "part": f"{EX}part",
        "in": {"@id": f"{EX}in", "@context": {"p": f"{EX}p-inside"}},
    }
    document = {"id": "urn:x", "p": "1", "in": {"id": "urn:y", "p": "2", "part": {"id": "urn:z", "p": "3"}}}
    values = [line for line in form(context, document) if '"' in line]
    assert values == ['<urn:x> <p> "1" .', '<urn:y> <p-inside> "2" .', '<urn:z> <p-inside> "3" .']


def test_a_property_that_puts_all_aside() -> None:
    context = {**NAMES, "@protected": True, "p": f"{EX}p", "in": {"@id": f"{EX}in", "@context": None}}
    with pytest.raises(NotCanonicalisable) as refusal:
        form(context, {"id": "urn:x", "in": {"p": "1"}})
    assert refusal.value.code == "term_undefined"


def test_a_protected_term_may_be_defined_again_with_the_same_meaning_only() -> None:
    first = {"@protected": True, "a": {"@id": f"{EX}a", "@container": "@set"}}
    same = {"a": {"@id": f"{EX}a", "@container": ["@set"]}}
    one = Canonicaliser({"urn:1": first, "urn:2": same})
    assert one.n_quads({"@context": ["urn:1", "urn:2"], "a": "x"})
    for other in ({"a": f"{EX}a"}, {"a": {"@id": f"{EX}a", "@type": "@id", "@container": "@set"}}, {"a": None}):
        two = Canonicaliser({"urn:1": first, "urn:2": other})
        with pytest.raises(NotCanonicalisable) as refusal:
            two.n_quads({"@context": ["urn:1", "urn:2"], "a": "x"})
        assert refusal.value.code == "not_json_ld"
        # The same meaning defined again stays protected.
        three = Canonicaliser({"urn:1": first, "urn:2": same, "urn:3": other})
        with pytest.raises(NotCanonicalisable):
            three.n_quads({"@context": ["urn:1", "urn:2", "urn:3"], "a": "x"})


def test_lists_keep_their_order_and_may_be_empty() -> None:
    context = {**NAMES, "list": {"@id": f"{EX}list", "@container": "@list"}}
    assert form(context, {"id": "urn:x", "list": []}) == ["<urn:x> <list> <rdf:nil> ."]
    assert form(context, {"id": "urn:x", "list": [None]}) == ["<urn:x> <list> <rdf:nil> ."]
    assert form(context, {"id": "urn:x", "list": "a"}) == form(context, {"id": "urn:x", "list": ["a"]})
    assert form(context, {"id": "urn:x", "list": ["a", "b"]}) != form(context, {"id": "urn:x", "list": ["b", "a"]})
    assert len(form(context, {"id": "urn:x", "list": ["a", "a", {"id": "urn:y"}]})) == 7


def test_each_part_of_a_graph_is_a_graph() -> None:
    context = {**NAMES, "p": f"{EX}p", "graph": {"@id": f"{EX}graph", "@container": "@graph"}}
    document = {"id": "urn:x", "graph": [{"id": "urn:y", "p": "1", "graph": {"id": "urn:z", "p": "2"}}]}
    lines = form(context, document)
    assert len(lines) == 4
    (outer,) = [line.split()[2] for line in lines if line.startswith("<urn:x> <graph>")]
    (inner,) = [line.split()[2] for line in lines if line.startswith("<urn:y> <graph>")]
    assert f'<urn:y> <p> "1" {outer} .' in lines
    assert f"<urn:y> <graph> {inner} {outer} ." in lines
    assert f'<urn:z> <p> "2" {inner} .' in lines


def test_one_active_context_for_one_meaning_however_it_was_reached() -> None:
    contexts = Contexts({"urn:1": {"a": f"{EX}a"}, "urn:2": {"b": f"{EX}b"}})
    both = contexts.active(["urn:1", "urn:2"])
    assert contexts.active(["urn:2", "urn:1"]) is both
    assert both.extended(["urn:1"]).extended(["urn:2", "urn:1"] * 8) is both


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_ld_contexts, "MAX_ACTIVE", 5)
    pieces = {f"urn:{number}": {**NAMES, f"t{number}": f"{EX}{number}"} for number in range(9)}
    small = Canonicaliser(pieces)
    for number in range(40):
        urls = [f"urn:{number % 9}", f"urn:{number % 7}", f"urn:{number % 5}"]
        document = {"@context": urls, "id": "urn:x", f"t{number % 9}": "x", f"t{number % 5}": {"@context": urls[0]}}
        assert small.n_quads(document) == Canonicaliser(pieces).n_quads(document)
        assert len(small._contexts._known) <= 5


def test_strangers_types_are_not_remembered() -> None:
    active = Contexts({"urn:1": SCOPED}).active(["urn:1"])
    for number in range(300):
        active.typed([f"urn:{number}", "A"])
        active.typed(["A"] * (9 + number))
    assert not active._typed
    active.typed(["A", "B"])
    assert len(active._typed) == 1
