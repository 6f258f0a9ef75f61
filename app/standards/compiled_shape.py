"""A fast path to the canonical N-Quads (RDFC-1.0) of documents that differ only in a few known strings.

Many learners share one achievement, so almost every quad of a credential is constant. The first document
of a shape is canonicalised in full and compiled: unique markers stand in the places that vary ("holes"), and
each quad is noted with the holes in it. Later documents of that shape need only the first-degree hashes
(RDFC-1.0 section 4.6) of the few blank nodes near a hole, the labels in hash order, and the texts filled and
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
from collections.abc import Callable, Mapping
from types import EllipsisType
from typing import Any

from app.standards.json_ld import Canonicaliser, NotCanonicalisable
from app.standards.shape_compiler import CompiledShape, NoShape, ShapeCompiler

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
    "evidence": {"narrative": _LITERAL},
}
# No dot segments, percent signs or queries: parsers differ in what they accept or tidy up.
_SAFE_IRI = re.compile(
    r"(https?://)[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?(?:#[A-Za-z0-9._~-]*)?"
    r"|(urn:uuid:)[A-Za-z0-9-]+",
    re.ASCII,
)


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
        except NoShape:
            return self._canonicaliser.n_quads(document)
        try:
            shape = self._shapes[key]
        except KeyError:
            return self._learn(key, values, document)
        known = shape.n_quads(values) if shape else None
        return self._canonicaliser.n_quads(document) if known is None else known

    def is_compiled(self, document: Mapping[str, Any]) -> bool:
        """Whether `document` has a compiled shape, so that it will not normally take the full path."""
        try:
            return self._shapes.get(_separate(document)[0]) is not None
        except NoShape:
            return False

    def _learn(self, key: tuple[bytes, int], values: list[str], document: Mapping[str, Any]) -> bytes:
        expected = self._canonicaliser.n_quads(document)
        try:
            shape = _compile(self._canonicaliser, document)
        except (NoShape, NotCanonicalisable):
            shape = None
        if shape is not None and shape.n_quads(values) != expected:
            shape = None
        self._shapes[key] = shape
        for oldest in list(self._shapes)[: -self._limit]:
            self._shapes.pop(oldest, None)
        return expected


def _separate(document: Mapping[str, Any]) -> tuple[tuple[bytes, int], list[str]]:
    """The key of the document's shape, and the strings in its holes in document order.

    Raises `NoShape` when the document must take the full path.
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
        raise NoShape from None


def _scheme(iri: str) -> str:
    match = _SAFE_IRI.fullmatch(iri) if len(iri) < 512 else None
    if match is None:
        raise NoShape
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
    """The shape of `document`, which the full path accepts. Raises `NoShape` if it is not to be compiled."""
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
    return ShapeCompiler(markers, iri_holes, marker, quads).compile()
