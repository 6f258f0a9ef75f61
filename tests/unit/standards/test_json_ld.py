"""Safe mode: what would fall out of the signature is refused, and so is what could stop the process."""

from typing import Any

import pyoxigraph as ox
import pytest

from app.adapters.contexts import canonicaliser
from app.standards import open_badge, vc
from app.standards.json_ld import Canonicaliser, NotCanonicalisable
from tests.unit.standards import sample

FULL = canonicaliser()


def subject(**changes: Any) -> dict[str, Any]:
    return {"credentialSubject": sample.credential()["credentialSubject"] | changes}


def refusal(document: dict[str, Any], full: Canonicaliser = FULL) -> str:
    with pytest.raises(NotCanonicalisable) as refused:
        full.n_quads(document)
    assert str(refused.value)
    return refused.value.code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"@context": None}, "context_missing"),
        ({"@context": []}, "context_missing"),
        ({"@context": vc.CONTEXT}, "context_missing"),
        ({"@context": [*open_badge.CONTEXTS, "https://elsewhere.example/x"]}, "context_unknown"),
        ({"@context": [*open_badge.CONTEXTS, {"name": "https://x.example/#name"}]}, "context_unknown"),
        ({"@context": [[vc.CONTEXT]]}, "context_unknown"),
        ({"@context": [None]}, "context_unknown"),
        ({"@id": "urn:x"}, "keyword_not_allowed"),
        ({"@graph": []}, "keyword_not_allowed"),
        ({"@included": [{"id": "urn:x"}]}, "keyword_not_allowed"),
        ({"https://schema.org/name": "x"}, "keyword_not_allowed"),
        (subject(**{"@context": {"name": "https://x.example/#name"}}), "keyword_not_allowed"),
        (subject(**{"@type": "X"}), "keyword_not_allowed"),
        ({"name": {"@value": "x", "@language": "cy"}}, "keyword_not_allowed"),
        ({"name": [["x"]]}, "list_nested"),
        (subject(result=[[{"value": "x"}]]), "list_nested"),
        ({"name": "bell\x07"}, "control_character"),
        ({"name": "\x7f"}, "control_character"),
        ({"name": ["fine", "\x85"]}, "control_character"),
        ({"name": "\ufffe"}, "control_character"),
        ({"name": "\uffff"}, "control_character"),
        (subject(source={"name": "\x00"}), "control_character"),
        ({"invented": "x"}, "term_undefined"),
        ({"type": ["VerifiableCredential", "InventedCredential"]}, "term_undefined"),
        (subject(invented=1), "term_undefined"),
        ({"credentialSchema": [{"id": "urn:x", "type": "1EdTechJsonSchemaValidator2099"}]}, "term_undefined"),
        ({"@context": list(open_badge.CONTEXTS[:2])}, "term_undefined"),
        ({"name": {"en": "Welsh", "cy": "Cymraeg"}}, "term_undefined"),
        ({"id": "relative"}, "reference_relative"),
        ({"id": ""}, "reference_relative"),
        ({"issuer": "/college"}, "reference_relative"),
        ({"issuer": {"id": "#college", "type": ["Profile"]}}, "reference_relative"),
        ({"id": "http://relative-reference.invalid/x"}, "reference_relative"),
        ({"id": 7}, "not_json_ld"),
        ({"type": 7}, "not_json_ld"),
        ({"name": "\ud800"}, "not_json_ld"),
        ({"name": float("nan")}, "not_json_ld"),
    ],
    ids=ascii,
)
def test_refused(changes: dict[str, Any], code: str) -> None:
    assert refusal(sample.credential() | changes) == code


def test_the_same_document_in_another_order_has_the_same_form() -> None:
    document = sample.credential()
    backwards = dict(reversed(document.items()))
    backwards["credentialSubject"] = dict(reversed(document["credentialSubject"].items()))
    backwards["credentialSubject"]["identifier"] = document["credentialSubject"]["identifier"][::-1]
    assert FULL.n_quads(backwards) == FULL.n_quads(document)


def test_blank_node_labels_do_not_reach_the_form() -> None:
    assert len({FULL.n_quads(sample.credential(alignments=15)) for _ in range(5)}) == 1


def test_line_breaks_and_quotes_stay_inside_their_literal() -> None:
    lines = FULL.n_quads(sample.credential(learner_name='a\nb\r\t"\\ .\n<urn:a>')).splitlines()
    assert sum(b'"a\\nb\\r\\t\\"\\\\ .\\n<urn:a>"' in line for line in lines) == 1
    assert len(lines) == len(FULL.n_quads(sample.credential()).splitlines())


IDENTITY = {"type": "IdentityObject", "hashed": False, "identityHash": "x", "identityType": "name"}
ALIGNMENT = sample.credential()["credentialSubject"]["achievement"]["alignment"][0]


def test_a_few_identical_parts_are_fine() -> None:
    assert FULL.n_quads(sample.credential() | subject(identifier=[IDENTITY] * 4))


def test_two_parts_that_differ_only_in_how_many_children_they_have_are_not_alike() -> None:
    def node(children: int) -> dict[str, Any]:
        return {"type": ["Profile"], "otherIdentifier": [{"type": "IdentifierEntry"}] * children}

    # Alike only to a hash that takes equal lines for one, which makes one alike too many.
    sources = [{"type": ["Achievement"], "creator": node(count)} for count in (1, 2)]
    assert FULL.n_quads(sample.credential() | subject(source=sources))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(subject(identifier=[IDENTITY] * 12), id="identical identities"),
        pytest.param(
            subject(
                result=[{"type": ["Result"], "alignment": [ALIGNMENT] * 9}] * 2,
            ),
            id="identical results, each with identical alignments",
        ),
    ],
)
def test_poison_is_refused_before_it_is_canonicalised(changes: dict[str, Any]) -> None:
    # Canonicalising these takes seconds to minutes with every other thread stopped.
    assert refusal(sample.credential() | changes) == "graph_ambiguous"


def test_too_many_unnamed_parts_are_refused() -> None:
    many = [IDENTITY | {"identityHash": str(number)} for number in range(600)]
    assert refusal(sample.credential() | subject(identifier=many)) == "graph_too_large"


def test_a_clique_is_refused() -> None:
    class Clique(Canonicaliser):
        def quads(self, document: Any) -> list[ox.Quad]:
            nodes = [ox.BlankNode() for _ in range(9)]
            return [ox.Quad(a, ox.NamedNode("urn:p"), b) for a in nodes for b in nodes if a != b]

    assert refusal({}, Clique({})) == "graph_ambiguous"
