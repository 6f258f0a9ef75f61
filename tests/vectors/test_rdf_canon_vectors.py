"""The W3C test suite of RDFC-1.0: each canonical form, each map of labels, and the graph that must be given up."""

from hashlib import sha384
from typing import Any

import pytest

from app.standards import rdf_canon, rdfc_384
from app.standards.json_ld import NotCanonicalisable
from app.standards.n_quads import Quad
from tests.oracles import oxigraph
from tests.vectors import published

ROOT = published.folder("rdf-canon")
ENTRIES = published.read(ROOT / "manifest.jsonld")["entries"]


def entries(kind: str, hashing: str = "SHA256") -> list[Any]:
    found = [
        entry
        for entry in ENTRIES
        if entry["type"] == f"rdfc:{kind}" and entry.get("hashAlgorithm", "SHA256") == hashing
    ]
    return [pytest.param(entry, id=f"{entry['id'][1:]} {entry['name']}") for entry in found]


def quads(entry: dict[str, Any]) -> list[Quad]:
    return oxigraph.read((ROOT / entry["action"]).read_bytes())


@pytest.mark.parametrize("entry", entries("RDFC10EvalTest"))
def test_canonical_form(entry: dict[str, Any]) -> None:
    assert rdf_canon.canonical_n_quads(quads(entry)) == (ROOT / entry["result"]).read_bytes()


@pytest.mark.parametrize("entry", entries("RDFC10EvalTest"))
def test_the_order_of_statements_and_the_names_of_blank_nodes_do_not_matter(entry: dict[str, Any]) -> None:
    renamed = [tuple(f"_:z{term[2:]}" if term[:2] == "_:" else term for term in quad) for quad in quads(entry)]
    assert rdf_canon.canonical_n_quads(renamed[::-1]) == (ROOT / entry["result"]).read_bytes()  # type: ignore[arg-type]


@pytest.mark.parametrize("entry", entries("RDFC10MapTest"))
def test_labels(entry: dict[str, Any]) -> None:
    labels = rdf_canon.canonical_labels(quads(entry))
    assert {node[2:]: label[2:] for node, label in labels.items()} == published.read(ROOT / entry["result"])


@pytest.mark.parametrize("entry", entries("RDFC10EvalTest", "SHA384"))
def test_canonical_form_with_sha384(entry: dict[str, Any]) -> None:
    """As P-384 keys want it: straight, and from the form with SHA-256."""
    expected = (ROOT / entry["result"]).read_bytes()
    assert rdf_canon.canonical_n_quads(quads(entry), hashing=sha384) == expected
    assert rdfc_384.relabelled(rdf_canon.canonical_n_quads(quads(entry))) == expected


@pytest.mark.parametrize("entry", entries("RDFC10MapTest", "SHA384"))
def test_labels_with_sha384(entry: dict[str, Any]) -> None:
    labels = rdf_canon.canonical_labels(quads(entry), hashing=sha384)
    assert {node[2:]: label[2:] for node, label in labels.items()} == published.read(ROOT / entry["result"])


@pytest.mark.parametrize("entry", entries("RDFC10NegativeEvalTest"))
def test_the_clique_is_given_up(entry: dict[str, Any]) -> None:
    with pytest.raises(NotCanonicalisable) as refusal:
        rdf_canon.canonical_n_quads(quads(entry))
    assert refusal.value.code == "graph_ambiguous"


def test_no_test_was_missed() -> None:
    kinds = ("RDFC10EvalTest", "RDFC10MapTest", "RDFC10NegativeEvalTest")
    assert [len(entries(kind)) for kind in kinds] == [63, 20, 1]
    assert [len(entries(kind, "SHA384")) for kind in kinds] == [1, 1, 0]
    assert sum(len(entries(kind, hashing)) for kind in kinds for hashing in ("SHA256", "SHA384")) == len(ENTRIES)
