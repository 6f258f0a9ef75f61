"""The ladders of the catalogue as a graph: T Level and apprenticeship, higher technical qualification, degree. Pure.

Nodes are awards, bundles and occupations. An edge says what follows what, on whose word, and whether that word was
confirmed: a rule pack names its sources for the whole of it, so what it says of one edge counts as not confirmed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from app.catalogue.model import Catalogue
from app.errors import Refused
from app.stacking.held import HeldCredential, HeldKind, Standing
from app.stacking.pack import RulePack
from app.stacking.paths_published import Path, PathStep

OCCUPATION: Final = "occupation"
BUNDLE: Final = "bundle"


class EdgeKind(StrEnum):
    """OPENS: entry without credit. LEADS_TO: what its rules build on. BRINGS_FORWARD: counts as a whole. STEP: follows
    in a published path. MEETS: an award is made for an occupation."""

    OPENS = "opens"
    LEADS_TO = "leads_to"
    BRINGS_FORWARD = "brings_forward"
    STEP = "step"
    MEETS = "meets"


class Mark(StrEnum):
    """What a learner holds of a node: the award itself, or at least one of its units or components."""

    HELD = "held"
    BEGUN = "begun"


@dataclass(frozen=True, slots=True)
class Node:
    """An award, a bundle or an occupation. `level` is None where no source gives it."""

    id: str
    title: str
    kind: str
    level: int | None
    is_htq: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """From one node to what follows it. `said_by` is the rule pack (its address), the path or the catalogue;
    `sources` are keys of sources; `credits` what is brought along, None where nothing is said of credit."""

    start: str
    end: str
    kind: EdgeKind
    said_by: str
    sources: tuple[str, ...]
    verified: bool
    credits: int | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of a path with what a learner holds of it; `mark` is None for nothing yet."""

    node: Node
    step: PathStep
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """A published path whose steps are all in the catalogue."""

    path: Path
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by id, and edges in order of their ends. Without rings among awards: a ladder goes up."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    _onward: Mapping[str, frozenset[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        onward: dict[str, set[str]] = defaultdict(set)
        for edge in self.edges:
            if edge.kind is not EdgeKind.MEETS:
                onward[edge.start].add(edge.end)
        object.__setattr__(self, "_onward", {start: frozenset(ends) for start, ends in onward.items()})
        if ring := _ring(self._onward):
            titles = ", ".join(self.nodes[name].title for name in ring)
            raise Refused("ladder_cyclic", f"These awards would each lead to the next for ever: {titles}.")

    def following(self, name: str) -> frozenset[str]:
        """What follows at once."""
        return self._onward.get(name, frozenset())

    def reachable(self, name: str) -> frozenset[str]:
        """Everything that follows over however many steps."""
        found: set[str] = set()
        waiting = [*self.following(name)]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting += self.following(current)
        return frozenset(found)


def build(catalogue: Catalogue, packs: Iterable[RulePack], paths: Iterable[Path]) -> Graph:
    """The graph of a catalogue. Names that it does not have are left out.

    Raises `Refused("ladder_cyclic")` when awards lead to each other in a ring.
    """
    nodes = {node.id: node for node in _nodes(catalogue)}
    packs = tuple(packs)
    every = [*_of_packs(catalogue, packs), *_of_paths(paths), *_of_occupations(catalogue)]
    edges = {
        (edge.start, edge.end, edge.kind, edge.said_by): edge
        for edge in every
        if edge.start in nodes and edge.end in nodes and edge.start != edge.end
    }
    return Graph(nodes, tuple(edge for _, edge in sorted(edges.items())))


def marks(graph: Graph, catalogue: Catalogue, held: Iterable[HeldCredential], as_of: date) -> dict[str, Mark]:
    """What of the graph a learner holds on a day, by node."""
    bundles: dict[str, list[str]] = defaultdict(list)
    for bundle in catalogue.bundles:
        for unit_id in bundle.unit_ids:
            bundles[unit_id].append(bundle.id)
    found: dict[str, Mark] = {}
    for each in held:
        if not each.passed or each.awarded_on > as_of or each.standing_on(as_of) is not Standing.IN_FORCE:
            continue
        if each.kind is HeldKind.AWARD:
            found[each.qualification_id] = Mark.HELD
            continue
        for name in (each.qualification_id, *bundles.get(each.unit_id or "", ())):
            found.setdefault(name, Mark.BEGUN)
    return {name: mark for name, mark in found.items() if name in graph.nodes}


def ladders(graph: Graph, paths: Iterable[Path], marked: Mapping[str, Mark]) -> tuple[Ladder, ...]:
    """Each path with its marks, in the order of the paths. One with a step that the catalogue lacks is left out."""
    return tuple(
        Ladder(path, tuple(Rung(graph.nodes[step.item], step, marked.get(step.item)) for step in path.steps))
        for path in paths
        if all(step.item in graph.nodes for step in path.steps)
    )


def _nodes(catalogue: Catalogue) -> Iterator[Node]:
    for each in catalogue.qualifications:
        yield Node(each.id, each.title, each.kind, each.level, bool(each.is_htq))
    for bundle in catalogue.bundles:
        yield Node(bundle.id, bundle.title, BUNDLE, bundle.level)
    known = {each.id for each in catalogue.occupations}
    for occupation in catalogue.occupations:
        yield Node(occupation.id, occupation.title, OCCUPATION, occupation.level)
    for each in catalogue.qualifications:
        link = each.occupation
        if link is not None and link.occupation_id is not None and link.occupation_id not in known:
            yield Node(link.occupation_id, link.title, OCCUPATION, link.level)


def _of_packs(catalogue: Catalogue, packs: Sequence[RulePack]) -> Iterator[Edge]:
    whole = {unit.id: each.id for each in catalogue.qualifications for unit in each.units}
    awards = {pack.id: pack.qualification_id for pack in packs}
    for pack in packs:

        def edge(start: str, end: str, kind: EdgeKind, credits: int | None, pack: RulePack = pack) -> Edge:
            keys = tuple(source.key for source in pack.sources if source.url)
            return Edge(start, end, kind, pack.path, keys, verified=False, credits=credits)

        for entry in pack.entry:
            for name in {whole.get(name, name) for names in entry.any_of for name in names}:
                yield edge(name, pack.qualification_id, EdgeKind.OPENS, 0)
        for name in pack.leads_to:
            if name in awards:
                yield edge(pack.qualification_id, awards[name], EdgeKind.LEADS_TO, None)
        for brought in pack.brings_forward:
            yield edge(brought.qualification_id, pack.qualification_id, EdgeKind.BRINGS_FORWARD, brought.credits)


def _of_paths(paths: Iterable[Path]) -> Iterator[Edge]:
    for path in paths:
        for step in path.steps:
            for before in step.after:
                yield Edge(
                    before, step.item, EdgeKind.STEP, path.id, path.sources, path.verified, step.credits, step.rule
                )


def _of_occupations(catalogue: Catalogue) -> Iterator[Edge]:
    for each in catalogue.qualifications:
        link = each.occupation
        if link is not None and link.occupation_id is not None:
            yield Edge(each.id, link.occupation_id, EdgeKind.MEETS, "catalogue", each.sources, link.verified)


def _ring(onward: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """A ring of names, if there is one. In order of names, without recursion: a path may be long."""
    done: set[str] = set()
    for first in sorted(onward):
        trail: list[str] = []
        waiting: list[tuple[str, Iterator[str]]] = []
        if first not in done:
            trail.append(first)
            waiting.append((first, iter(sorted(onward[first]))))
        while waiting:
            name, ends = waiting[-1]
            following = next(ends, None)
            if following is None:
                waiting.pop()
                trail.pop()
                done.add(name)
            elif following in trail:
                return tuple(trail[trail.index(following) :])
            elif following not in done:
                trail.append(following)
                waiting.append((following, iter(sorted(onward.get(following, ())))))
    return ()
