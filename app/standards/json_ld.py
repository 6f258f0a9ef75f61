"""JSON-LD 1.1 to RDF in safe mode, and RDF Dataset Canonicalization (RDFC-1.0), over a closed set of contexts.

Safe mode in one parse: the contexts are inlined behind `{"@vocab": "urn:undef#"}`, and the base IRI is a name that
can never be published, so an undefined term or a relative reference shows in the output and is refused. Otherwise
it would silently fall out of what is signed while people still read it.

Denial of service: canonicalisation is exponential in the number of indistinguishable blank nodes. The graph is
refused, before canonicalisation, when more than `MAX_ALIKE` blank nodes share a first-degree hash.
"""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import pyoxigraph as ox

MAX_BLANK_NODES = 500
MAX_ALIKE = 4
_UNDEFINED = "urn:undef#"
_BASE = "http://relative-reference.invalid/"
# Implementations differ in how canonical N-Quads writes these: a signature over one would not hold everywhere.
_REPLACED_CONTROLS = {*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF} - {0x09, 0x0A, 0x0D}


class NotCanonicalisable(ValueError):
    """The document has no single canonical form we accept. `code` is stable; the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Canonicaliser:
    """Canonicalises documents that use only the given contexts.

    `contexts` maps a context URL to the value of its `@context` member. There is no document loader: a URL
    that is not in the mapping is refused.
    """

    def __init__(self, contexts: Mapping[str, Any]) -> None:
        self._inlined = {
            url: json.dumps(value, ensure_ascii=False, separators=(",", ":")) for url, value in contexts.items()
        }

    def n_quads(self, document: Mapping[str, Any]) -> bytes:
        """Canonical N-Quads (RDFC-1.0, SHA-256) of `document`, whose `@context` is a list of known URLs.

        Raises `NotCanonicalisable` with code context_unknown, context_missing, keyword_not_allowed,
        control_character, term_undefined, reference_relative, not_json_ld, graph_too_large or graph_ambiguous.
        """
        dataset = ox.Dataset(self.quads(document))
        _refuse_costly(dataset)
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        return sorted_n_quads(dataset)

    def quads(self, document: Mapping[str, Any]) -> list[ox.Quad]:
        """The RDF quads of `document`, blank nodes labelled at random. Raises as `n_quads`."""
        body = {name: value for name, value in document.items() if name != "@context"}
        for name, value in body.items():
            _check_member(name, value)
        text = (
            '{"@context":['
            + ",".join([f'{{"@vocab":"{_UNDEFINED}"}}', *self._contexts(document.get("@context"))])
            + "],"
            + json.dumps(body, ensure_ascii=False)[1:]
        )
        try:
            quads = list(ox.parse(text.encode(), format=ox.RdfFormat.JSON_LD, base_iri=_BASE))
        except (SyntaxError, ValueError) as error:
            raise NotCanonicalisable("not_json_ld", f"The document cannot be read as JSON-LD: {error}") from None
        for quad in quads:
            for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
                iri = term.value if isinstance(term, ox.NamedNode) else ""
                if isinstance(term, ox.Literal):
                    iri = term.datatype.value
                if iri.startswith(_UNDEFINED):
                    raise NotCanonicalisable(
                        "term_undefined",
                        f'"{iri[len(_UNDEFINED) :][:80]}" is not defined by the contexts, so it would not be signed.',
                    )
                if iri.startswith(_BASE):
                    raise NotCanonicalisable(
                        "reference_relative", f'"{iri[len(_BASE) :][:80]}" is not a complete identifier (URI).'
                    )
        return quads

    def _contexts(self, urls: Any) -> Iterable[str]:
        if not isinstance(urls, list) or not urls:
            raise NotCanonicalisable("context_missing", "The document must list its contexts.")
        for url in urls:
            inlined = self._inlined.get(url) if isinstance(url, str) else None
            if inlined is None:
                shown = url[:120] if isinstance(url, str) else "written inside the document"
                raise NotCanonicalisable("context_unknown", f"This vocabulary is not one we know: {shown}")
            yield inlined


def sorted_n_quads(dataset: ox.Dataset) -> bytes:
    """N-Quads of a canonicalised dataset in code point order (pyoxigraph does not sort)."""
    serialised = ox.serialize(dataset, format=ox.RdfFormat.N_QUADS)
    return b"".join(sorted((serialised or b"").splitlines(keepends=True)))


def _check_member(name: str, value: Any) -> None:
    # Only plain terms: a keyword, a full IRI or an inner @context as a member name lets two documents
    # with the same signed meaning show different JSON to whoever reads it.
    if name.startswith("@") or ":" in name:
        raise NotCanonicalisable("keyword_not_allowed", f'The member "{name[:80]}" is not a plain term.')
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            _check_member(inner_name, inner)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, list):
                raise NotCanonicalisable("list_nested", f'"{name[:80]}" holds a list inside a list.')
            _check_member(name, item)
    elif isinstance(value, str) and not value.isprintable() and not _REPLACED_CONTROLS.isdisjoint(map(ord, value)):
        raise NotCanonicalisable("control_character", f'"{name[:80]}" contains an invisible control character.')


def _refuse_costly(dataset: ox.Dataset) -> None:
    """RDFC-1.0 step 3 alone (first-degree hashes): linear, and tells whether the rest could be exponential."""
    mentions: dict[str, list[ox.Quad]] = {}
    for quad in dataset:
        for term in (quad.subject, quad.object, quad.graph_name):
            if isinstance(term, ox.BlankNode):
                mentions.setdefault(term.value, []).append(quad)
    if len(mentions) > MAX_BLANK_NODES:
        raise NotCanonicalisable("graph_too_large", "The document has too many unnamed parts to be checked safely.")
    hashes = [_first_degree_hash(label, quads) for label, quads in mentions.items()]
    if len(hashes) - len(set(hashes)) > MAX_ALIKE - 1:
        raise NotCanonicalisable(
            "graph_ambiguous", "The document repeats identical unnamed parts and cannot be checked safely."
        )


def _first_degree_hash(label: str, quads: list[ox.Quad]) -> bytes:
    def shown(term: Any) -> str:
        if isinstance(term, ox.BlankNode):
            return "_:a" if term.value == label else "_:z"
        return str(term)

    # A list: three unnamed children are three equal lines, and not the same as two.
    lines = [" ".join(map(shown, (q.subject, q.predicate, q.object, q.graph_name))) for q in quads]
    return sha256("\n".join(sorted(lines)).encode()).digest()
