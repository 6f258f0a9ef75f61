"""The compiler behind `compiled_shape`: from the quads of one document to a function of the strings in its holes.

Source: RDFC-1.0 sections 4.4 (labels in hash order) and 4.6 (first-degree hashes).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter

from app.standards.n_quads import Quad, line, quoted
from app.standards.rdf_canon import MAX_BLANK_NODES

_MAX_LITERAL = 10_000
# The full path refuses a literal with one of these.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LABELS = tuple(f"_:c14n{number}".encode() for number in range(MAX_BLANK_NODES))


class NoShape(Exception):
    """The document must take the full path."""


Pieces = Callable[[Sequence[bytes]], Sequence[bytes]]
"""Picks the pieces of a text, in order, out of the numbered ones. All is UTF-8: its order is that of code points."""


@dataclass(frozen=True, slots=True)
class _Text:
    """Lines that stand together, as pieces of text. `groups` are rows whose order depends on what fills them."""

    parts: tuple[Pieces | tuple[Pieces, ...], ...]

    def fill(self, pieces: Sequence[bytes]) -> bytes:
        filled = b""
        for part in self.parts:
            if isinstance(part, tuple):
                filled += b"".join(sorted([b"".join(row(pieces)) for row in part]))
            else:
                filled += b"".join(part(pieces))
        return filled


@dataclass(frozen=True, slots=True)
class CompiledShape:
    """The canonical form of every document of one shape, as a function of the strings in its holes.

    What texts are put together from is numbered: the values of the holes, then `pieces`, then blank nodes' labels.
    `nodes` are the blank nodes near a hole: each its number and what its first-degree hash is of. `hashes` are those
    (32 bytes) that only one constant blank node has; `twins` are the constant blank nodes that share one, in their
    final order; `known` is all of the hashes. `blocks` hold all quads of one subject each, `texts` are blocks
    without a variable.
    """

    literal_holes: tuple[int, ...]
    iri_holes: tuple[int, ...]
    constant_iris: frozenset[str]
    pieces: tuple[bytes, ...]
    nodes: tuple[tuple[int, _Text], ...]
    hashes: tuple[tuple[bytes, int], ...]
    twins: tuple[int, ...]
    known: frozenset[bytes]
    blocks: tuple[_Text, ...]
    texts: tuple[bytes, ...]

    def n_quads(self, values: Sequence[str]) -> bytes | None:
        """Canonical N-Quads with `values`, one per hole in document order.

        None where this shape cannot answer safely and the full path must be asked. Identifier values must
        be distinguishable by their scheme and safe to write.
        """
        iris = {values[hole] for hole in self.iri_holes}
        if len(iris) != len(self.iri_holes) or not self.constant_iris.isdisjoint(iris):
            return None
        texts = list(values)
        for hole in self.literal_holes:
            value = texts[hole]
            if not value.isprintable() or '"' in value or "\\" in value or len(value) > _MAX_LITERAL:
                if len(value) > _MAX_LITERAL or _UNWRITABLE.search(value):
                    return None
                texts[hole] = quoted(value)[1:-1]

        pieces = [text.encode() for text in texts]
        pieces += self.pieces
        found = {sha256(text.fill(pieces)).digest(): node for node, text in self.nodes}
        if len(found) != len(self.nodes) or not self.known.isdisjoint(found):
            return None
        order = [node for _, node in sorted([*self.hashes, *found.items()])]
        order += self.twins
        labels = [b""] * len(order)
        for node, label in zip(order, _LABELS, strict=False):
            labels[node] = label
        pieces += labels
        lines = [block.fill(pieces) for block in self.blocks]
        lines += self.texts
        # Each text starts with its subject and a space, no two with the same: sorted texts are sorted lines.
        lines.sort()
        return b"".join(lines)


_Row = tuple[str | int, ...]
"""A line: constant text, holes by number, and blank nodes as the complement (`~`) of their number."""
_Parts = list[_Row | tuple[_Row, ...]]
"""Rows whose order is known, as one; and groups of rows to be sorted once they are filled."""


class ShapeCompiler:
    """Turns the quads of a document whose holes hold `markers` into a `CompiledShape`."""

    def __init__(self, markers: list[str], iri_holes: list[int], marker: str, quads: list[Quad]) -> None:
        self._hole_of = {mark: hole for hole, mark in enumerate(markers)}
        self._iri_holes = iri_holes
        self._marker = re.compile(f"{marker}-[0-9]+")
        self._quads = list(dict.fromkeys(quads))
        self._terms = [term for subject, _, value, _ in self._quads for term in (subject, value)]
        self._blanks = {term: number for number, term in enumerate(dict.fromkeys(filter(_is_blank, self._terms)))}
        self._pieces = {"": 0}

    def compile(self) -> CompiledShape:
        named_graph = any(graph for _, _, _, graph in self._quads)
        if named_graph or not self._markers_are_whole() or self._may_coincide() or len(self._blanks) > MAX_BLANK_NODES:
            raise NoShape
        hashes, nodes, isolated = self._rank()
        count = Counter(hashes.values())
        twins = {node for node, digest in hashes.items() if count[digest] > 1}
        # Equal nodes that touch no other blank node are interchangeable: whichever gets which label, the
        # lines are the same, and RDFC-1.0 labels them after all others, by hash (section 4.4.3 step 5).
        if not twins <= isolated:
            raise NoShape
        # Pieces are numbered as texts are made, and labels come after all pieces: so the texts first.
        node_texts = [(self._blanks[node], self._text(rows)) for node, rows in nodes.items()]
        blocks, texts = self._lay_out()
        iris = {term[1:-1] for term in self._terms if term[0] == "<"}
        return CompiledShape(
            literal_holes=tuple(hole for hole in self._hole_of.values() if hole not in self._iri_holes),
            iri_holes=tuple(self._iri_holes),
            constant_iris=frozenset(iris.difference(self._hole_of)),
            pieces=tuple(piece.encode() for piece in self._pieces),
            nodes=tuple((number, self._numbered(text)) for number, text in node_texts),
            hashes=tuple(sorted((digest, self._blanks[node]) for node, digest in hashes.items() if node not in twins)),
            twins=tuple(self._blanks[node] for node in sorted(twins, key=lambda node: hashes[node])),
            known=frozenset(hashes.values()),
            blocks=tuple(map(self._numbered, blocks)),
            texts=texts,
        )

    def _markers_are_whole(self) -> bool:
        """Whether each hole left a trace, and only as the whole of an identifier or text."""
        rest = [predicate for _, predicate, _, _ in self._quads]
        rest += [term for term in self._terms if _content(term) not in self._hole_of]
        holes = {self._hole_of.get(_content(term)) for term in self._terms}
        return holes.issuperset(self._hole_of.values()) and not any(map(self._marker.search, rest))

    def _may_coincide(self) -> bool:
        """Whether filling could turn two quads into one: a text among others of one subject and property."""
        texts = [quad for quad in self._quads if quad[2][0] == '"']
        count = Counter(quad[:2] for quad in texts)
        filled = [quad for quad in texts if _content(quad[2]) in self._hole_of]
        return any(count[quad[:2]] > 1 for quad in filled)

    def _items(self, term: str) -> _Row:
        """A term as the items of a row."""
        if term in self._blanks:
            return (~self._blanks[term],)
        content = _content(term)
        if content not in self._hole_of:
            return (term,)
        before, _, after = term.partition(content)
        return (before, self._hole_of[content], after)

    def _rank(self) -> tuple[dict[str, bytes], dict[str, list[_Row]], set[str]]:
        """Hashes of the constant blank nodes; what is hashed of those near a hole; those beside no other blank node."""
        hashes: dict[str, bytes] = {}
        nodes: dict[str, list[_Row]] = {}
        isolated: set[str] = set()
        mentioned: dict[str, list[Quad]] = defaultdict(list)
        for quad in self._quads:
            for node in {quad[0], quad[2]} & self._blanks.keys():
                mentioned[node].append(quad)
        for node, quads in mentioned.items():
            seen = [tuple("_:a" if term == node else "_:z" if _is_blank(term) else term for term in q) for q in quads]
            rows = [(*self._items(s), f" {p} ", *self._items(o), " .\n") for s, p, o, _ in seen]
            if _varies(rows):
                nodes[node] = rows
            else:
                hashes[node] = sha256("".join(sorted(map(line, seen))).encode()).digest()  # type: ignore[arg-type]
                if not any("_:z" in quad for quad in seen):
                    isolated.add(node)
        return hashes, nodes, isolated

    def _lay_out(self) -> tuple[list[_Parts], tuple[bytes, ...]]:
        """The quads by subject: blocks to fill, and whole constant texts."""
        by_subject: dict[str, list[_Row]] = defaultdict(list)
        for subject, predicate, value, _ in self._quads:
            by_subject[subject].append((f"{predicate} ", *self._items(value), " .\n"))
        blocks: list[_Parts] = []
        texts: list[bytes] = []
        for subject, rows in by_subject.items():
            text = self._text(rows, (*self._items(subject), " "))
            match text:
                case [(str(constant),)]:
                    texts.append(constant.encode())
                case _:
                    blocks.append(text)
        return blocks, tuple(texts)

    def _text(self, rows: list[_Row], subject: _Row = ()) -> _Parts:
        """Rows in the order of their lines, each after `subject`; where fillings decide the order, a group of rows."""
        parts: _Parts = []
        fixed: list[str | int] = []
        for group in _in_order(rows):
            if len(group) == 1:
                fixed += *subject, *group[0]
            else:
                if fixed:
                    parts.append(self._merged(fixed))
                    fixed = []
                parts.append(tuple(self._merged((*subject, *row)) for row in group))
        if fixed:
            parts.append(self._merged(fixed))
        return parts

    def _merged(self, items: Iterable[str | int]) -> _Row:
        """Neighbouring constants as one, and known as a piece."""
        merged: list[str | int] = []
        for item in items:
            if isinstance(item, str) and merged and isinstance(merged[-1], str):
                merged[-1] += item
            else:
                merged.append(item)
        for item in merged:
            if isinstance(item, str):
                self._pieces.setdefault(item, len(self._pieces))
        return tuple(merged)

    def _numbered(self, parts: _Parts) -> _Text:
        """`parts` with each item as its number; all pieces must be known by now."""

        def pick(row: _Row) -> Pieces:
            numbers = [self._number(item) for item in row]
            # One number alone would be picked as a string, not as a sequence of one.
            return itemgetter(*numbers, self._number("")) if len(numbers) == 1 else itemgetter(*numbers)

        return _Text(tuple(tuple(map(pick, part)) if isinstance(part[0], tuple) else pick(part) for part in parts))

    def _number(self, item: str | int) -> int:
        if isinstance(item, str):
            return len(self._hole_of) + self._pieces[item]
        return item if item >= 0 else len(self._hole_of) + len(self._pieces) + ~item


def _is_blank(term: str) -> bool:
    return term[:1] == "_"


def _content(term: str) -> str:
    """What stands between the brackets of an identifier or the quotes of a text."""
    return term[1 : term.rindex('"')] if term[0] == '"' else term[1:-1]


def _in_order(rows: list[_Row]) -> list[list[_Row]]:
    """Rows sorted by what is constant at their start. A group of several: one's start is the start of another's."""
    groups: list[list[_Row]] = []
    first = ""
    for start, row in sorted(((_start(row), row) for row in rows), key=itemgetter(0)):
        if groups and start.startswith(first):
            groups[-1].append(row)
        else:
            groups.append([row])
            first = start
    return [part for group in groups for part in ([group] if _varies(group) else [[row] for row in group])]


def _varies(rows: list[_Row]) -> bool:
    return any(isinstance(item, int) for row in rows for item in row)


def _start(row: _Row) -> str:
    start = ""
    for item in row:
        if isinstance(item, int):
            break
        start += item
    return start
