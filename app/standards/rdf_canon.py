"""RDF Dataset Canonicalization (RDFC-1.0) with SHA-256, or another hash where asked, within a budget of work.

Source: W3C RDF Dataset Canonicalization, sections 4.4 to 4.8; the names of steps below are theirs.

Denial of service (section 7.1): labelling blank nodes that look alike can take time exponential in their number. The
steps that only they need are counted, the count does not depend on the machine, and a graph that needs more than
`MAX_STEPS` of them is refused. A graph whose blank nodes all have different first-degree hashes needs none.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from itertools import permutations
from typing import Protocol

from app.standards.n_quads import NotCanonicalisable, Quad, line


class Digest(Protocol):
    def hexdigest(self) -> str: ...


Hash = Callable[[bytes], Digest]
"""A hash function of hashlib."""

MAX_QUADS = 20_000
MAX_BLANK_NODES = 2_000
MAX_STEPS = 100_000
"""Related nodes hashed, candidates permuted and labels copied; about 1 µs each."""
_MAX_DEPTH = 200


def canonical_n_quads(quads: Iterable[Quad], max_steps: int = MAX_STEPS, hashing: Hash = sha256) -> bytes:
    """The canonical N-Quads of a dataset: blank nodes relabelled `_:c14n0` on, lines in code point order.

    Raises `NotCanonicalisable` with code graph_too_large or graph_ambiguous.
    """
    dataset = list(dict.fromkeys(quads))
    labels = _labels(dataset, max_steps, hashing)
    if labels:
        new = labels.get
        lines = [
            f"{new(s, s)} {p} {new(o, o)} {new(g, g)} .\n" if g else f"{new(s, s)} {p} {new(o, o)} .\n"
            for s, p, o, g in dataset
        ]
    else:
        lines = [line(quad) for quad in dataset]
    lines.sort()
    return "".join(lines).encode()


def canonical_labels(quads: Iterable[Quad], max_steps: int = MAX_STEPS, hashing: Hash = sha256) -> dict[str, str]:
    """The issued identifiers map of section 4.4: each blank node of `quads` -> its canonical label, `_:` included.

    Raises as `canonical_n_quads`.
    """
    return _labels(list(dict.fromkeys(quads)), max_steps, hashing)


def _labels(dataset: list[Quad], max_steps: int, hashing: Hash) -> dict[str, str]:
    if len(dataset) > MAX_QUADS:
        raise NotCanonicalisable("graph_too_large", "The document makes too many statements to be checked safely.")
    hashes = _first_degree_hashes(dataset, hashing)
    if len(hashes) > MAX_BLANK_NODES:
        raise NotCanonicalisable("graph_too_large", "The document has too many unnamed parts to be checked safely.")
    by_hash: dict[str, list[str]] = {}
    for node, digest in hashes.items():
        by_hash.setdefault(digest, []).append(node)
    issued = _Issuer("_:c14n")
    alike: list[list[str]] = []
    for digest in sorted(by_hash):
        nodes = by_hash[digest]
        if len(nodes) == 1:
            issued.issue(nodes[0])
        else:
            alike.append(nodes)
    if alike:
        _Alike(dataset, hashes, issued, max_steps, hashing).label(alike)
    return issued.labels


def _first_degree_hashes(dataset: list[Quad], hashing: Hash) -> dict[str, str]:
    """Section 4.6 for every blank node: the hash of its quads with itself as `_:a` and any other as `_:z`."""
    seen: dict[str, list[str]] = defaultdict(list)
    for s, p, o, g in dataset:
        if g:
            _see_in_graph(seen, s, p, o, g)
        elif s[0] == "_":
            if o[0] != "_":
                seen[s].append(f"_:a {p} {o} .\n")
            elif o == s:
                seen[s].append(f"_:a {p} _:a .\n")
            else:
                seen[s].append(f"_:a {p} _:z .\n")
                seen[o].append(f"_:z {p} _:a .\n")
        elif o[0] == "_":
            seen[o].append(f"{s} {p} _:a .\n")
    hashes = {}
    for node, lines in seen.items():
        lines.sort()
        hashes[node] = hashing("".join(lines).encode()).hexdigest()
    return hashes


def _see_in_graph(seen: Mapping[str, list[str]], s: str, p: str, o: str, g: str) -> None:
    for node in {term for term in (s, o, g) if term[0] == "_"}:
        shown = ["_:a" if term == node else "_:z" if term[0] == "_" else term for term in (s, o, g)]
        seen[node].append(f"{shown[0]} {p} {shown[1]} {shown[2]} .\n")


class _Issuer:
    """Section 4.5: gives each blank node the next label, in the order they are asked for."""

    __slots__ = ("_prefix", "labels")

    def __init__(self, prefix: str, labels: dict[str, str] | None = None) -> None:
        self._prefix = prefix
        self.labels = {} if labels is None else labels

    def issue(self, node: str) -> str:
        label = self.labels.get(node)
        if label is None:
            label = self.labels[node] = f"{self._prefix}{len(self.labels)}"
        return label

    def copy(self) -> "_Issuer":
        return _Issuer(self._prefix, dict(self.labels))


class _Alike:
    """Steps 5 of section 4.4.3: tells apart blank nodes that share a first-degree hash."""

    def __init__(
        self, dataset: list[Quad], hashes: Mapping[str, str], issued: _Issuer, max_steps: int, hashing: Hash
    ) -> None:
        self._hashing = hashing
        self._hashes = hashes
        self._issued = issued
        self._steps_left = max_steps
        # Each blank node's neighbours: (position, predicate in the form that is hashed, neighbour).
        self._related: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for s, p, o, g in dataset:
            blank = [(place, term) for place, term in (("s", s), ("o", o), ("g", g)) if term[:1] == "_"]
            for node in {term for _, term in blank}:
                self._related[node] += [
                    (place, "" if place == "g" else p, term) for place, term in blank if term != node
                ]

    def label(self, alike: Iterable[list[str]]) -> None:
        """Issue canonical labels to all nodes in `alike`, which are lists of equal hash in the order of hashes."""
        for nodes in alike:
            paths = []
            for node in nodes:
                if node not in self._issued.labels:
                    temporary = _Issuer("_:b")
                    temporary.issue(node)
                    paths.append(self._hash_n_degree(node, temporary, 0))
            paths.sort(key=lambda path: path[0])
            for _, issuer in paths:
                for node in issuer.labels:
                    self._issued.issue(node)

    def _spend(self, steps: int) -> None:
        self._steps_left -= steps
        if self._steps_left < 0:
            raise NotCanonicalisable(
                "graph_ambiguous", "The document repeats identical unnamed parts and cannot be checked safely."
            )

    def _hash_n_degree(self, node: str, issuer: _Issuer, depth: int) -> tuple[str, _Issuer]:
        """Section 4.8, Hash N-Degree Quads. Returns the hash and the issuer of the chosen path."""
        if depth > _MAX_DEPTH:
            self._spend(self._steps_left + 1)
        by_hash: dict[str, list[str]] = {}
        for place, predicate, related in self._related[node]:
            digest = self._hash_related(related, predicate, issuer, place)
            by_hash.setdefault(digest, []).append(related)
        to_hash: list[str] = []
        for digest in sorted(by_hash):
            path, issuer = self._shortest_path(by_hash[digest], issuer, depth)
            to_hash += digest, path
        return self._hashing("".join(to_hash).encode()).hexdigest(), issuer

    def _hash_related(self, related: str, predicate: str, issuer: _Issuer, place: str) -> str:
        """Section 4.7, Hash Related Blank Node."""
        self._spend(1)
        known = self._issued.labels.get(related) or issuer.labels.get(related) or self._hashes[related]
        return self._hashing(f"{place}{predicate}{known}".encode()).hexdigest()

    def _shortest_path(self, related: list[str], issuer: _Issuer, depth: int) -> tuple[str, _Issuer]:
        """Section 4.8.3 step 5.4: the least path over all orders of the nodes with one related hash."""
        chosen, chosen_issuer = "", issuer
        for order in permutations(related):
            path, candidate = self._path(order, issuer.copy(), depth, chosen)
            if path and (not chosen or path < chosen):
                chosen, chosen_issuer = path, candidate
        return chosen, chosen_issuer

    def _path(self, order: tuple[str, ...], issuer: _Issuer, depth: int, chosen: str) -> tuple[str, _Issuer]:
        """The path of one order; "" as soon as it can no longer be less than `chosen`."""
        self._spend(len(order) + len(issuer.labels))
        path = ""
        unlabelled = []
        for node in order:
            label = self._issued.labels.get(node)
            if label is None:
                if node not in issuer.labels:
                    unlabelled.append(node)
                label = issuer.issue(node)
            path += label
            if chosen and len(path) >= len(chosen) and path > chosen:
                return "", issuer
        for node in unlabelled:
            digest, deeper = self._hash_n_degree(node, issuer, depth + 1)
            path += f"{issuer.issue(node)}<{digest}>"
            issuer = deeper
            if chosen and len(path) >= len(chosen) and path > chosen:
                return "", issuer
        return path, issuer
