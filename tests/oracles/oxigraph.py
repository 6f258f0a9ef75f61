"""pyoxigraph as a second opinion: a reader of N-Quads, an RDFC-1.0, and a JSON-LD processor."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph as ox

from app.standards.n_quads import XSD, Quad, line, quoted

_UNDEFINED = "urn:undef#"
_BASE = "http://relative-reference.invalid/"


class Refused(ValueError):
    """pyoxigraph does not read the document, or would drop or complete something in it."""


def read(data: bytes) -> list[Quad]:
    """The quads of N-Quads `data`, as this service writes terms."""
    return [_quad(quad) for quad in ox.parse(data, format=ox.RdfFormat.N_QUADS)]


def canonical(quads: Iterable[ox.Quad]) -> bytes:
    """RDFC-1.0 with SHA-256. pyoxigraph neither sorts nor gives up."""
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    serialised = ox.serialize(dataset, format=ox.RdfFormat.N_QUADS)
    return b"".join(sorted((serialised or b"").splitlines(keepends=True)))


def canonical_of(quads: Iterable[Quad]) -> bytes:
    """`canonical` for quads as this service writes them."""
    return canonical(ox.parse("".join(map(line, quads)).encode(), format=ox.RdfFormat.N_QUADS))


def n_quads(document: Mapping[str, Any], contexts: Mapping[str, Any]) -> bytes:
    """The canonical form of a document whose contexts, inner ones too, are URLs of `contexts`.

    In safe mode: undefined terms are caught by a vocabulary in front, relative references by a base that does not
    exist. A bare null among them would have put that vocabulary aside, so it is refused.
    """

    def inlined(value: Any, outermost: bool = False) -> Any:
        if isinstance(value, list):
            return [inlined(item) for item in value]
        if not isinstance(value, dict):
            return value
        copy = {name: inlined(inner) for name, inner in value.items() if name != "@context"}
        if "@context" in value:
            urls = value["@context"] if isinstance(value["@context"], list) else [value["@context"]]
            first = [{"@vocab": _UNDEFINED}] if outermost else []
            copy["@context"] = first + [contexts[url] for url in urls]
        return copy

    text = json.dumps(inlined(document, outermost=True), ensure_ascii=False)
    try:
        quads = list(ox.parse(text.encode(), format=ox.RdfFormat.JSON_LD, base_iri=_BASE))
    except (SyntaxError, ValueError) as error:
        raise Refused(str(error)) from None
    form = canonical(quads)
    if _UNDEFINED.encode() in form or _BASE.encode() in form:
        raise Refused("something would have been dropped")
    return form


def _quad(quad: ox.Quad) -> Quad:
    return (_term(quad.subject), _term(quad.predicate), _term(quad.object), _term(quad.graph_name))


def _term(term: Any) -> str:
    if isinstance(term, ox.DefaultGraph):
        return ""
    if isinstance(term, ox.NamedNode):
        return f"<{term.value}>"
    if isinstance(term, ox.BlankNode):
        return f"_:{term.value}"
    if term.language:
        return f"{quoted(term.value)}@{term.language}"
    return quoted(term.value) + (f"^^<{term.datatype.value}>" if term.datatype.value != XSD + "string" else "")
