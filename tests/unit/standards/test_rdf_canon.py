"""RDFC-1.0: blank nodes are told apart by what surrounds them, within a budget that no graph can exceed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.contexts import canonicaliser
from app.standards import rdf_canon
from app.standards.json_ld import NotCanonicalisable
from app.standards.n_quads import Quad, line
from tests.oracles import oxigraph
from tests.unit.standards import sample

terms = st.sampled_from(["_:a", "_:b", "_:c", "_:d", "<urn:x>"])
objects = terms | st.sampled_from(['"x"', '"y"@cy'])
quads = st.tuples(
    terms, st.sampled_from(["<urn:p>", "<urn:q>"]), objects, st.sampled_from(["", "", "_:a", "_:g", "<urn:g>"])
)


@settings(max_examples=400, deadline=None)
@given(st.lists(quads, max_size=14), st.integers(0, 2**32))
def test_names_order_and_repetition_do_not_matter_and_pyoxigraph_agrees(dataset: list[Quad], seed: int) -> None:
    form = rdf_canon.canonical_n_quads(dataset)
    random = Random(seed)
    names = [f"_:n{number}" for number in range(5)]
    random.shuffle(names)
    other = dict(zip(["_:a", "_:b", "_:c", "_:d", "_:g"], names, strict=True))
    renamed: list[Quad] = [tuple(other.get(term, term) for term in quad) for quad in dataset]  # type: ignore[misc]
    random.shuffle(renamed)
    assert rdf_canon.canonical_n_quads(renamed + renamed[:3]) == form
    assert rdf_canon.canonical_n_quads(oxigraph.read(form)) == form
    assert oxigraph.canonical_of(dataset) == form


def clique(size: int) -> list[Quad]:
    return [(f"_:{a}", "<urn:p>", f"_:{b}", "") for a in range(size) for b in range(size) if a != b]


def circle(size: int) -> list[Quad]:
    return [(f"_:{number}", "<urn:p>", f"_:{(number + 1) % size}", "") for number in range(size)]


def twin_stars(size: int) -> list[Quad]:
    """What two identical results with identical alignments are."""
    return [(f"_:{hub}", "<urn:p>", f"_:{hub}x{number}", "") for hub in range(2) for number in range(size)]


def tree(depth: int, name: str = "_:r") -> list[Quad]:
    """Two equal children for each node."""
    children = [f"{name}{side}" for side in "ab"] if depth else []
    return [quad for child in children for quad in [(name, "<urn:p>", child, ""), *tree(depth - 1, child)]]


def pairs(count: int) -> list[Quad]:
    both = (("a", "b"), ("b", "a"))
    return [(f"_:{number}{a}", "<urn:p>", f"_:{number}{b}", "") for number in range(count) for a, b in both]


def credential(results: int, alignments: int) -> list[Quad]:
    alignment = {"type": ["Alignment"], "targetName": "K1", "targetUrl": "https://standards.example/K1"}
    document = sample.credential()
    document["credentialSubject"]["result"] = [{"type": ["Result"], "alignment": [alignment] * alignments}] * results
    return canonicaliser().quads(document)


POISON: dict[str, Callable[[], list[Quad]]] = {
    "clique of 9": lambda: clique(9),
    "clique of 40": lambda: clique(40),
    "clique of 140": lambda: clique(140),
    "circle of 300": lambda: circle(300),
    "circle of 2000": lambda: circle(2_000),
    "twin stars of 9": lambda: twin_stars(9),
    "twin stars of 999": lambda: twin_stars(999),
    "two trees of 256 leaves": lambda: tree(8, "_:r") + tree(8, "_:s"),
    "graphs that name each other": lambda: [
        (f"_:{a}", "<urn:p>", f"_:{b}", f"_:{c}") for a in range(9) for b in range(9) for c in range(9) if a != b != c
    ],
    "a credential with two identical results, each with nine identical alignments": lambda: credential(2, 9),
}
# Under the limits of the killable process of the design: 2 s of processor time, and 256 MB beyond the interpreter.
LIMITED = """
import math, resource, sys, time
from app.standards.rdf_canon import canonical_n_quads
from app.standards.json_ld import NotCanonicalisable
from tests.unit.standards.test_rdf_canon import POISON
quads = POISON[sys.argv[1]]()
with open("/proc/self/statm") as sizes:
    used = int(sizes.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 256 * 2**20,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + 2,) * 2)
try:
    canonical_n_quads(quads)
    print("accepted")
except NotCanonicalisable as refusal:
    print(refusal.code)
"""


@pytest.mark.parametrize("name", POISON)
def test_poison_ends_with_an_answer_and_not_with_a_kill(name: str) -> None:
    command = [sys.executable, "-c", LIMITED, name]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3])
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.strip() == "graph_ambiguous"


@pytest.mark.parametrize("name", POISON)
def test_the_same_poison_is_refused_whatever_it_is_called(name: str) -> None:
    # The budget counts steps, not time: the answer is the same on every machine.
    dataset = POISON[name]()
    for seed in range(3):
        shuffled = Random(seed).sample(dataset, len(dataset))
        with pytest.raises(NotCanonicalisable) as refusal:
            rdf_canon.canonical_n_quads(shuffled)
        assert refusal.value.code == "graph_ambiguous"


@pytest.mark.parametrize("dataset", [clique(4), circle(20), twin_stars(4), tree(3), pairs(1_000), credential(5, 2)])
def test_a_little_symmetry_is_fine(dataset: list[Quad]) -> None:
    form = rdf_canon.canonical_n_quads(dataset)
    assert len(form.splitlines()) == len(dataset)
    assert rdf_canon.canonical_n_quads(dataset[::-1]) == form


def test_a_graph_that_is_too_large_is_refused() -> None:
    statements = [("<urn:x>", "<urn:p>", f'"{number}"', "") for number in range(rdf_canon.MAX_QUADS)]
    assert rdf_canon.canonical_n_quads(statements + statements)
    nodes = [(f"_:{number}", "<urn:p>", f'"{number}"', "") for number in range(rdf_canon.MAX_BLANK_NODES)]
    assert rdf_canon.canonical_n_quads(nodes)
    for more in (
        [*statements, ("<urn:x>", "<urn:p>", "<urn:x>", "")],
        [*nodes, ("_:one", "<urn:p>", "<urn:x>", "")],
    ):
        with pytest.raises(NotCanonicalisable) as refusal:
            rdf_canon.canonical_n_quads(more)
        assert refusal.value.code == "graph_too_large"


def test_nothing_is_nothing() -> None:
    assert rdf_canon.canonical_n_quads([]) == b""
    assert rdf_canon.canonical_labels([]) == {}


def test_labels_are_those_of_the_form() -> None:
    dataset = [*circle(5), ("_:0", "<urn:q>", '"x"', "_:g")]
    labels = rdf_canon.canonical_labels(dataset)
    relabelled = sorted(line(tuple(labels.get(term, term) for term in quad)) for quad in dataset)  # type: ignore[arg-type]
    assert "".join(relabelled).encode() == rdf_canon.canonical_n_quads(dataset)
