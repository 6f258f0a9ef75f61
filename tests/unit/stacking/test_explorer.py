"""The graph of ladders: it goes up without rings, every edge says on whose word, and what is held is marked."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue.seed import load_seed
from app.errors import Refused
from app.stacking.explorer import Edge, EdgeKind, Graph, Mark, Node, build, ladders, marks
from app.stacking.held import HeldKind, Standing
from app.stacking.packs import newest_packs
from app.stacking.paths_published import published_paths
from tests.unit.stacking.making import DAY, credential, unit

SEED = load_seed()
GRAPH = build(SEED, newest_packs(), published_paths())
SOURCES = {source.key for source in SEED.sources}


def ladder_of(*edges: tuple[str, str], kind: EdgeKind = EdgeKind.LEADS_TO) -> Graph:
    names = sorted({name for edge in edges for name in edge})
    nodes = {name: Node(name, name.upper(), "HNC", 4) for name in names}
    return Graph(nodes, tuple(Edge(start, end, kind, "test", (), False) for start, end in edges))


def test_every_edge_has_a_source_or_is_marked_unverified() -> None:
    assert len(GRAPH.edges) > 40
    for edge in GRAPH.edges:
        assert edge.said_by
        assert edge.sources or not edge.verified
        assert set(edge.sources) <= SOURCES


def test_the_paths_are_in_the_catalogue_and_say_what_is_confirmed() -> None:
    assert [path.id for path in published_paths()] == [
        "path-digital-t-level-to-degree",
        "path-lle-stack-hnc",
        "path-construction",
        "path-accounting",
    ]
    assert len(ladders(GRAPH, published_paths(), {})) == 4
    for path in published_paths():
        assert set(path.sources) <= SOURCES
        assert path.sources
        items = [step.item for step in path.steps]
        for place, step in enumerate(path.steps):
            assert set(step.after) <= set(items[:place])


def test_a_path_without_units_says_that_it_counts_nothing() -> None:
    construction = next(path for path in published_paths() if path.id == "path-construction")
    assert "not a rule set" in construction.note
    awards = {pack.qualification_id for pack in newest_packs()}
    assert awards.isdisjoint(step.item for step in construction.steps)


def test_a_t_level_leads_over_level_4_and_5_to_a_degree() -> None:
    assert GRAPH.reachable("tlevel-61058014") == {
        "hnc-computing",
        "hnd-computing-england-network",
        "bsc-computing-topup",
    }
    assert "OCC0127" in GRAPH.nodes
    assert any(edge.end == "OCC0127" and edge.kind is EdgeKind.MEETS for edge in GRAPH.edges)


def test_awards_never_lead_down() -> None:
    for edge in GRAPH.edges:
        if edge.kind is not EdgeKind.MEETS:
            start, end = GRAPH.nodes[edge.start], GRAPH.nodes[edge.end]
            assert (start.level or 0) <= (end.level or 0)


NAMES = [f"n{number}" for number in range(8)]
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1]))


@given(PAIRS)
def test_a_graph_is_refused_exactly_when_a_ring_is_in_it(edges: list[tuple[str, str]]) -> None:
    reached = {name: {end for start, end in edges if start == name} for name in NAMES}
    for _ in NAMES:
        reached = {name: ends | {far for end in ends for far in reached[end]} for name, ends in reached.items()}
    if any(name in ends for name, ends in reached.items()):
        with pytest.raises(Refused) as caught:
            ladder_of(*edges)
        assert caught.value.code == "ladder_cyclic"
    else:
        graph = ladder_of(*edges)
        assert {name: graph.reachable(name) for name in NAMES} == reached


def test_a_long_ladder_does_not_exhaust_the_stack() -> None:
    edges = [(f"{number:05}", f"{number + 1:05}") for number in range(5_000)]
    assert len(ladder_of(*edges).reachable("00000")) == 5_000
    with pytest.raises(Refused):
        ladder_of(*edges, ("05000", "00000"))


def test_an_occupation_is_no_rung_so_it_closes_no_ring() -> None:
    assert ladder_of(("a", "b"), ("b", "a"), kind=EdgeKind.MEETS).reachable("a") == frozenset()


def test_names_that_the_catalogue_lacks_are_left_out() -> None:
    path = published_paths()[0]
    unknown = replace(path, steps=(*path.steps, replace(path.steps[-1], item="none", after=("bsc-computing-topup",))))
    graph = build(SEED, (), (unknown,))
    assert "none" not in graph.nodes
    assert graph.reachable("bsc-computing-topup") == frozenset()
    assert ladders(graph, (unknown,), {}) == ()


def test_what_is_held_is_marked() -> None:
    award = credential(
        1, unit("x"), unit_id=None, kind=HeldKind.AWARD, qualification_id="hnc-computing", qualification_kind="HNC"
    )
    begun = credential(2, unit("hnd-computing-england-network-u02"), qualification_id="hnd-computing-england-network")
    withdrawn = credential(3, unit("y"), qualification_id="aat-l4-pat", standing=Standing.REVOKED)
    failed = credential(4, unit("z"), qualification_id="hnc-mechanical-htq", passed=False)
    found = marks(GRAPH, SEED, [award, begun, withdrawn, failed], DAY)
    assert found == {
        "hnc-computing": Mark.HELD,
        "hnd-computing-england-network": Mark.BEGUN,
        # A bundle of which it is a unit.
        "mc-networking-security": Mark.BEGUN,
        "mc-single-networking": Mark.BEGUN,
    }
    digital = ladders(GRAPH, published_paths(), found)[0]
    assert [rung.mark for rung in digital.rungs] == [None, Mark.HELD, Mark.BEGUN, None]
