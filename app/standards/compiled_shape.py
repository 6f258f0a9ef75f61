"""A fast path to the canonical N-Quads (RDFC-1.0) of documents that differ only in a few known strings.

Many learners share one achievement, so almost every quad of a credential is constant. The first document
of a shape is canonicalised in full and compiled: unique markers stand in the places that vary ("holes"), and
each quad is noted with the holes in it. Later documents of that shape need only the first-degree hashes
(RDFC-1.0 section 4.6) of the few blank nodes near a hole, the labels in hash order, and the lines filled and
sorted.

`ShapeCache` cannot be given values for the wrong shape: it finds the shape from the document itself. The key
is the whole document with the holes blanked out, so anything else that differs is another shape. Whatever is
not plainly safe goes the full way, with the same bytes or the same refusal:
- a literal with control characters or lone surrogates; an identifier that is not a plain http(s) or urn:uuid;
- identifiers that coincide with each other or with a constant one (nodes would merge);
- blank nodes that become equal (RDFC-1.0 section 4.8 would be needed);
- a shape whose first compiled result is not, byte for byte, what the full path gave.
"""

import json
import marshal
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import EllipsisType
from typing import Any

import pyoxigraph as ox

from app.standards.json_ld import Canonicaliser, NotCanonicalisable

Place = str | EllipsisType
"""What a shape's key tells of a hole: `...` for a literal, the scheme (`https://`) for an identifier."""

_LITERAL: Place = ...
_IDENTIFIER = ""
_HOLES: Mapping[str, Any] = {
    # Where documents of one shape may differ; lists are looked through. `created` is of a proof's options.
    "id": _IDENTIFIER,
    "validFrom": _LITERAL,
    "awardedDate": _LITERAL,
    "created": _LITERAL,
    "credentialSubject": {
        "identifier": {"identityHash": _LITERAL, "salt": _LITERAL},
        "result": {"value": _LITERAL},
    },
    "credentialStatus": {"id": _IDENTIFIER, "statusListIndex": _LITERAL, "statusListCredential": _IDENTIFIER},
    "relatedResource": {"id": _IDENTIFIER, "digestSRI": _LITERAL},
}
_MAX_LITERAL = 10_000
# The full path refuses a literal with one of these.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TO_ESCAPE = re.compile(r'[\t\n\r"\\]')
# RDF 1.1 N-Quads section 4, canonical form.
_ESCAPED = str.maketrans({"\t": r"\t", "\n": r"\n", "\r": r"\r", '"': r"\"", "\\": r"\\"})
# No dot segments, percent signs or queries: parsers differ in what they accept or tidy up.
_SAFE_IRI = re.compile(
    r"(https?://)[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?(?:#[A-Za-z0-9._~-]*)?"
    r"|(urn:uuid:)[A-Za-z0-9-]+",
    re.ASCII,
)
# Names of RFC 2606 for what never exists: the full path has one as the base that betrays relative references.
_RESERVED = ".invalid"


class _NoShape(Exception):
    """The document must take the full path."""


@dataclass(frozen=True, slots=True)
class _Filler:
    """A term with a hole: `before` + value + `after` is the term in N-Quads."""

    hole: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class _Node:
    """A blank node near a hole: its quads as its first-degree hash sees them, or (before, term, after)."""

    constant: tuple[str, ...]
    varying: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """All quads of one subject: `constant` rows in order, each with its newline, and (predicate, term)."""

    subject: int
    constant: tuple[str, ...]
    varying: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CompiledShape:
    """The canonical form of every document of one shape, as a function of the strings in its holes.

    Terms are numbered: first `fillers`, then the blank nodes, then the `constants` that stand beside a hole.
    `hashes` are the first-degree hashes (32 bytes) that only one constant blank node has, each with its term;
    `twins` are the terms of constant blank nodes that share a hash with others, in their final order.
    """

    literal_holes: tuple[int, ...]
    iri_holes: tuple[int, ...]
    constant_iris: frozenset[str]
    fillers: tuple[_Filler, ...]
    hashes: tuple[tuple[bytes, int], ...]
    twins: tuple[int, ...]
    twin_hashes: frozenset[bytes]
    nodes: tuple[tuple[int, _Node], ...]
    constants: tuple[str, ...]
    blocks: tuple[_Block, ...]
    texts: tuple[str, ...]

    def n_quads(self, values: Sequence[str]) -> bytes | None:
        """Canonical N-Quads with `values`, one per hole in document order.

        None where this shape cannot answer safely and the full path must be asked. Identifier values must
        have passed `_separate`.
        """
        filled = list(values)
        for hole in self.literal_holes:
            value = filled[hole]
            if len(value) > _MAX_LITERAL or (not value.isprintable() and _UNWRITABLE.search(value)):
                return None
            if _TO_ESCAPE.search(value):
                filled[hole] = value.translate(_ESCAPED)
        iris = {filled[hole] for hole in self.iri_holes}
        if len(iris) != len(self.iri_holes) or not self.constant_iris.isdisjoint(iris):
            return None

        terms = [f"{term.before}{filled[term.hole]}{term.after}" for term in self.fillers]
        ranked = list(self.hashes)
        for number, node in self.nodes:
            lines = [f"{before}{terms[term]}{after}" for before, term, after in node.varying]
            lines += node.constant
            ranked.append((_digest(lines), number))
        ranked.sort()
        distinct = {digest for digest, _ in ranked}
        if len(distinct) != len(ranked) or not self.twin_hashes.isdisjoint(distinct):
            return None

        order = [number for _, number in ranked]
        order += self.twins
        terms += [""] * len(order)
        for label, number in enumerate(order):
            terms[number] = f"_:c14n{label}"
        terms += self.constants
        texts = list(self.texts)
        for block in self.blocks:
            subject = terms[block.subject] + " "
            rows: Sequence[str] = block.constant
            if block.varying:
                rows = [f"{predicate}{terms[term]} .\n" for predicate, term in block.varying]
                rows += block.constant
                rows.sort()
            texts.append(subject + subject.join(rows))
        # Each text starts with its subject and a space, no two with the same: sorted texts are sorted lines.
        texts.sort()
        return "".join(texts).encode()


class ShapeCache:
    """Canonical N-Quads by compiled shape, else by `canonicaliser`: the same bytes, or the same refusal.

    A drop-in for `data_integrity.CanonicalForm`. `limit` bounds the number of shapes kept, oldest out first.
    Safe to share between threads: shapes are immutable, and at worst two threads compile the same one.
    """

    def __init__(self, canonicaliser: Canonicaliser, limit: int = 512) -> None:
        self._canonicaliser, self._limit = canonicaliser, limit
        # None: seen, and not to be compiled.
        self._shapes: dict[tuple[bytes, int], CompiledShape | None] = {}

    def n_quads(self, document: Mapping[str, Any]) -> bytes:
        """As `Canonicaliser.n_quads`. Raises `NotCanonicalisable` with the same codes."""
        try:
            key, values = _separate(document)
        except _NoShape:
            return self._canonicaliser.n_quads(document)
        if key not in self._shapes:
            return self._learn(key, values, document)
        shape = self._shapes.get(key)
        known = shape.n_quads(values) if shape else None
        return self._canonicaliser.n_quads(document) if known is None else known

    def is_compiled(self, document: Mapping[str, Any]) -> bool:
        """Whether `document` has a compiled shape, so that it will not normally take the full path."""
        try:
            return self._shapes.get(_separate(document)[0]) is not None
        except _NoShape:
            return False

    def _learn(self, key: tuple[bytes, int], values: list[str], document: Mapping[str, Any]) -> bytes:
        expected = self._canonicaliser.n_quads(document)
        try:
            shape = _compile(self._canonicaliser, document)
        except (_NoShape, NotCanonicalisable):
            shape = None
        if shape is not None and shape.n_quads(values) != expected:
            shape = None
        self._shapes[key] = shape
        for oldest in list(self._shapes)[: -self._limit]:
            self._shapes.pop(oldest, None)
        return expected


def _separate(document: Mapping[str, Any]) -> tuple[tuple[bytes, int], list[str]]:
    """The key of the document's shape, and the strings in its holes in document order.

    Raises `_NoShape` when the document must take the full path.
    """
    values: list[str] = []

    def take(value: str, place: Place) -> Place:
        values.append(value)
        return _scheme(value) if place is not _LITERAL else place

    blanked = _replace_holes(document, _HOLES, take)
    try:
        # One to one on JSON values, and faster than JSON text. Version 2 writes no references, so equal
        # documents have equal bytes. `...` is no JSON value and cannot be confused with one.
        return (marshal.dumps(blanked, 2), len(values)), values
    except ValueError:
        raise _NoShape from None


def _scheme(iri: str) -> str:
    match = _SAFE_IRI.fullmatch(iri) if len(iri) < 512 and _RESERVED not in iri.lower() else None
    if match is None:
        raise _NoShape
    return str(match[1] or match[2])


def _replace_holes(
    holder: Mapping[str, Any], holes: Mapping[str, Any], take: Callable[[str, Place], object]
) -> dict[str, Any]:
    """A copy of `holder` with `take(value, place)` in each hole; parts without holes are shared with it."""
    copy: dict[str, Any] = dict(holder)
    for name, inside in holes.items():
        value = holder.get(name)
        if type(value) is str:
            if type(inside) is not dict:
                copy[name] = take(value, inside)
        elif type(value) is dict and type(inside) is dict:
            copy[name] = _replace_holes(value, inside, take)
        elif type(value) is list and type(inside) is dict:
            copy[name] = [_replace_holes(x, inside, take) if type(x) is dict else x for x in value]
    return copy


def _compile(canonicaliser: Canonicaliser, document: Mapping[str, Any]) -> CompiledShape:
    """The shape of `document`, which the full path accepts. Raises `_NoShape` if it is not to be compiled."""
    text = json.dumps(document, ensure_ascii=False)
    marker = next(mark for mark in map("hole{}x".format, range(len(text) + 1)) if mark not in text)
    markers: list[str] = []
    iri_holes: list[int] = []

    def take(value: str, place: Place) -> str:
        mark = f"{marker}-{len(markers)}"
        if place is not _LITERAL:
            iri_holes.append(len(markers))
            mark = _scheme(value) + mark
        markers.append(mark)
        return mark

    quads = canonicaliser.quads(_replace_holes(document, _HOLES, take))
    return _Compiler(markers, iri_holes, marker, quads).compile()


def _digest(lines: list[str]) -> bytes:
    """First-degree hash (32 bytes) from quads in N-Quads; equal ones count, as `_:z` is any other node."""
    lines.sort()
    return sha256("".join(lines).encode()).digest()


class _Compiler:
    """Turns the quads of a document whose holes hold `markers` into a `CompiledShape`."""

    def __init__(self, markers: list[str], iri_holes: list[int], marker: str, quads: list[ox.Quad]) -> None:
        self._hole_of = {mark: hole for hole, mark in enumerate(markers)}
        self._iri_holes = iri_holes
        self._marker = marker
        self._quads = list(dict.fromkeys(quads))
        self._terms = [term for quad in self._quads for term in (quad.subject, quad.object)]
        self._fillers: dict[str, _Filler] = {}
        blanks: dict[str, None] = {}
        for term in self._terms:
            if isinstance(term, ox.BlankNode):
                blanks[str(term)] = None
            elif isinstance(term, ox.NamedNode | ox.Literal) and term.value in self._hole_of:
                before, _, after = str(term).partition(term.value)
                self._fillers[str(term)] = _Filler(self._hole_of[term.value], before, after)
        # Term in N-Quads -> its number; constant terms have none yet.
        self._numbers = {shown: number for number, shown in enumerate([*self._fillers, *blanks])}
        self._blanks = set(blanks)

    def compile(self) -> CompiledShape:
        named_graph = any(quad.graph_name != ox.DefaultGraph() for quad in self._quads)
        if named_graph or not self._markers_are_whole() or self._may_coincide():
            raise _NoShape
        ranks, nodes = self._rank()
        count = Counter(digest for digest, _, _ in ranks)
        twins = sorted((digest, number) for digest, number, _ in ranks if count[digest] > 1)
        # Equal nodes that touch no other blank node are interchangeable: whichever gets which label, the
        # lines are the same, and RDFC-1.0 labels them after all others, by hash (section 4.4.3 step 5).
        if any(count[digest] > 1 for digest, _, isolated in ranks if not isolated):
            raise _NoShape
        blocks, texts, constants = self._lay_out()
        iris = {term.value for term in self._terms if isinstance(term, ox.NamedNode)}
        return CompiledShape(
            literal_holes=tuple(hole for hole in self._hole_of.values() if hole not in self._iri_holes),
            iri_holes=tuple(self._iri_holes),
            constant_iris=frozenset(iris.difference(self._hole_of)),
            fillers=tuple(self._fillers.values()),
            hashes=tuple(sorted((digest, number) for digest, number, _ in ranks if count[digest] == 1)),
            twins=tuple(number for _, number in twins),
            twin_hashes=frozenset(digest for digest, _ in twins),
            nodes=nodes,
            constants=constants,
            blocks=blocks,
            texts=texts,
        )

    def _markers_are_whole(self) -> bool:
        """Whether each hole left a trace, and only as the whole value of a subject or object."""
        rest = [filler.before + filler.after for filler in self._fillers.values()]
        rest += [str(quad.predicate) for quad in self._quads]
        rest += [shown for shown in map(str, self._terms) if shown not in self._fillers]
        holes = {filler.hole for filler in self._fillers.values()}
        return len(holes) == len(self._hole_of) and not any(self._marker in shown for shown in rest)

    def _may_coincide(self) -> bool:
        """Whether filling could turn two quads into one: a text among others of one subject and property."""
        texts = [quad for quad in self._quads if isinstance(quad.object, ox.Literal)]
        count = Counter((quad.subject, quad.predicate) for quad in texts)
        filled = [quad for quad in texts if str(quad.object) in self._fillers]
        return any(count[quad.subject, quad.predicate] > 1 for quad in filled)

    def _rank(self) -> tuple[list[tuple[bytes, int, bool]], tuple[tuple[int, _Node], ...]]:
        """(hash, term, touches no other blank node) of each constant blank node; the nodes near a hole."""
        ranks: list[tuple[bytes, int, bool]] = []
        nodes: list[tuple[int, _Node]] = []
        mentioned: dict[str, list[ox.Quad]] = defaultdict(list)
        for quad in self._quads:
            for label in self._blanks & {str(quad.subject), str(quad.object)}:
                mentioned[label].append(quad)
        for label, mentions in mentioned.items():
            node = self._node(label, mentions)
            if node.varying:
                nodes.append((self._numbers[label], node))
            else:
                touched = {str(term) for quad in mentions for term in (quad.subject, quad.object)}
                isolated = touched & self._blanks == {label}
                ranks.append((_digest(list(node.constant)), self._numbers[label], isolated))
        return ranks, tuple(nodes)

    def _node(self, label: str, mentions: list[ox.Quad]) -> _Node:
        constant: list[str] = []
        varying: list[tuple[str, int, str]] = []
        for quad in mentions:
            subject, predicate, value = (
                "_:a" if str(term) == label else "_:z" if isinstance(term, ox.BlankNode) else str(term)
                for term in (quad.subject, quad.predicate, quad.object)
            )
            # One of the two is the node itself, so at most one has a hole.
            if subject in self._fillers:
                varying.append(("", self._numbers[subject], f" {predicate} {value} .\n"))
            elif value in self._fillers:
                varying.append((f"{subject} {predicate} ", self._numbers[value], " .\n"))
            else:
                constant.append(f"{subject} {predicate} {value} .\n")
        return _Node(tuple(constant), tuple(varying))

    def _lay_out(self) -> tuple[tuple[_Block, ...], tuple[str, ...], tuple[str, ...]]:
        """The quads by subject: blocks to fill, whole constant texts, and the constant subjects of blocks."""
        constant: dict[str, list[str]] = defaultdict(list)
        varying: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for quad in self._quads:
            subject, predicate, value = str(quad.subject), f"{quad.predicate} ", str(quad.object)
            if value in self._numbers:
                varying[subject].append((predicate, self._numbers[value]))
            else:
                constant[subject].append(f"{predicate}{value} .\n")
        blocks: list[_Block] = []
        texts: list[str] = []
        constants: list[str] = []
        for subject in {**constant, **varying}:
            rows = tuple(sorted(constant[subject]))
            number = self._numbers.get(subject, len(self._numbers) + len(constants))
            if subject in self._numbers or varying[subject]:
                blocks.append(_Block(number, rows, tuple(varying[subject])))
                if subject not in self._numbers:
                    constants.append(subject)
            else:
                texts.append("".join(f"{subject} {row}" for row in rows))
        return tuple(blocks), tuple(texts), tuple(constants)
