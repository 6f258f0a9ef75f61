"""JSON-LD 1.1 to RDF in safe mode, and its canonical form (RDFC-1.0), over a closed set of contexts.

Source: JSON-LD 1.1 Processing Algorithms and API, sections 5.1 (Expansion) and 8 (RDF Serialization), as one walk from
JSON to quads: what expansion would make of a member is known from its compiled term (`json_ld_contexts`).

Safe mode: whatever would fall out of the signed statements, or could be written in a second way, is refused while it
is read. Members are plain terms (no keywords, no IRIs), identifiers are complete, contexts are URLs of the set;
there are no language maps or lists of lists, and of value objects only a text with its language (VCDM 2.0, section
11.1), which cannot be written otherwise; without a direction, which is not signed. `null`, `[]` and repeated texts in a
set say nothing in JSON-LD and are let through, as every other reader does.
"""

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.standards import jcs, rdf_canon
from app.standards.json_ld_contexts import ActiveContext, Contexts, Kind, Term, undefined
from app.standards.json_ld_supported import UnsupportedContext
from app.standards.n_quads import RDF, XSD, NotCanonicalisable, Quad, quoted

__all__ = ["Canonicaliser", "NotCanonicalisable", "UnsupportedContext"]

MAX_INNER_CONTEXTS = 16
"""Different ones in one document. Each may have to be compiled, which takes far longer than reading the part."""
# Implementations differ in how canonical N-Quads writes these: a signature over one would not hold everywhere.
_REPLACED_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LANGUAGE = re.compile("[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,8}", re.ASCII)
_TYPE = f"<{RDF}type>"
_FIRST, _REST, _NIL = f"<{RDF}first>", f"<{RDF}rest>", f"<{RDF}nil>"
_JSON = f"^^<{RDF}JSON>"
_BOOLEAN, _INTEGER, _DOUBLE = (f"^^<{XSD}{name}>" for name in ("boolean", "integer", "double"))


class Canonicaliser:
    """Canonicalises documents that use only the given contexts.

    `contexts` maps a context URL to the value of its `@context` member. There is no document loader: a URL
    that is not in the mapping is refused. Raises `UnsupportedContext` for a context that uses what is not implemented.
    Safe to share between threads.
    """

    def __init__(self, contexts: Mapping[str, Any]) -> None:
        self._contexts = Contexts(contexts)

    def n_quads(self, document: Mapping[str, Any]) -> bytes:
        """Canonical N-Quads (RDFC-1.0, SHA-256) of `document`, whose `@context` is a list of known URLs.

        Raises `NotCanonicalisable` with code context_unknown, context_missing, keyword_not_allowed,
        control_character, term_undefined, reference_relative, blank_node_named, list_nested, not_json_ld,
        graph_too_large or graph_ambiguous.
        """
        return rdf_canon.canonical_n_quads(self.quads(document))

    def quads(self, document: Mapping[str, Any]) -> list[Quad]:
        """The statements of `document`, possibly repeated; unnamed parts are `_:b0`, `_:b1`, … Raises as `n_quads`."""
        active = self._contexts.active(document.get("@context"))
        walk = _Walk()
        try:
            walk.node({name: value for name, value in document.items() if name != "@context"}, active, "")
        except RecursionError:
            raise NotCanonicalisable("not_json_ld", "The document is nested too deeply.") from None
        if not walk.quads:
            raise NotCanonicalisable("not_json_ld", "The document says nothing that could be signed.")
        return walk.quads


class _Walk:
    """Collects the quads of one document."""

    __slots__ = ("_blank_nodes", "_entered", "quads")

    def __init__(self) -> None:
        self.quads: list[Quad] = []
        self._blank_nodes = 0
        self._entered: set[ActiveContext] = set()

    def node(self, element: Mapping[str, Any], active: ActiveContext, graph: str) -> str:
        """Add the statements of a node object to `graph` ("" is the default graph); returns the node in N-Quads."""
        add = self.quads.append
        if "@context" in element:
            active = self._enter(active, element["@context"])
        outer = active
        types: tuple[str, ...] = ()
        if "type" in element and "type" in outer.terms:
            active, types = outer.typed(element["type"])
        if "id" in element and "id" in active.terms:
            subject = f"<{_identifier(element['id'], active)}>"
        else:
            subject = self._blank_node()
        for iri in types:
            add((subject, _TYPE, iri, graph))
        terms = active.terms
        for name, value in element.items():
            term = terms.get(name)
            if term is None:
                if name == "@context":
                    continue
                term = _by_vocabulary(name, active)
            if name[:1].isupper():
                active.check_spelling(name, term)
            if term.is_plain:
                for item in value if isinstance(value, list | tuple) else (value,):
                    if item is not None:
                        add((subject, term.predicate, self._value(name, term, item, active, graph), graph))
            elif term.kind is Kind.NOTHING:
                raise undefined(name)
            elif term.kind is Kind.JSON:
                add((subject, term.predicate, _json_literal(name, value), graph))
            elif term.kind is not Kind.KEYWORD:
                self._contained(subject, name, term, value, active, graph)
        return subject

    def _value(self, name: str, term: Term, value: Any, active: ActiveContext, graph: str) -> str:
        """The object of a statement, in N-Quads (5.1.2 for nodes, 5.3.2 and 8.3.2 for values)."""
        if isinstance(value, str) and not term.scope:
            if term.kind is Kind.LITERAL:
                return _literal(name, value) + term.suffix
            if term.kind is Kind.IRI:
                return f"<{_identifier(value, active)}>"
            return f"<{active.vocabulary_iri(value)}>"
        if isinstance(value, dict):
            if "@value" in value:
                return _in_language(name, term, value)
            return self.node(value, active.inside(term), graph)
        if isinstance(value, list | tuple):
            raise NotCanonicalisable("list_nested", f'"{name[:80]}" holds a list inside a list.')
        if term.scope:
            active = active.beside(name, term)
        if isinstance(value, str):
            if term.kind is Kind.LITERAL:
                return _literal(name, value) + term.suffix
            if term.kind is Kind.IRI:
                return f"<{_identifier(value, active)}>"
            return f"<{active.vocabulary_iri(value)}>"
        if isinstance(value, bool):
            return f'"{"true" if value else "false"}"{term.suffix or _BOOLEAN}'
        if isinstance(value, int | float):
            return _number(value, term.suffix)
        raise NotCanonicalisable("not_json_ld", f'"{name[:80]}" holds a value that is not JSON.')

    def _contained(self, subject: str, name: str, term: Term, value: Any, active: ActiveContext, graph: str) -> None:
        """The values of a term with the container `@list` or `@graph` (5.1.2 steps 13.11 and 13.12)."""
        if value is None:
            return
        items = [item for item in (value if isinstance(value, list | tuple) else [value]) if item is not None]
        if term.container == "@list":
            head = _NIL
            for item in reversed(items):
                cell = self._blank_node()
                self.quads.append((cell, _FIRST, self._value(name, term, item, active, graph), graph))
                self.quads.append((cell, _REST, head, graph))
                head = cell
            self.quads.append((subject, term.predicate, head, graph))
            return
        for item in items:
            # Implementations differ in what they make of a text here, or of a part without statements.
            if not isinstance(item, Mapping) or not item.keys() - {"@context", "id"}:
                raise NotCanonicalisable("not_json_ld", f'"{name[:80]}" must hold whole documents.')
            part = self._blank_node()
            self.quads.append((subject, term.predicate, part, graph))
            self.node(item, active.inside(term), part)

    def _enter(self, active: ActiveContext, urls: Any) -> ActiveContext:
        """The context of a part that lists its own, such as an embedded credential."""
        listed = urls if isinstance(urls, list | tuple) else [urls]
        if not listed or not all(isinstance(url, str) for url in listed):
            raise NotCanonicalisable("keyword_not_allowed", "A part of the document brings vocabulary of its own.")
        entered = active.extended(listed)
        self._entered.add(entered)
        if len(self._entered) > MAX_INNER_CONTEXTS:
            raise NotCanonicalisable("graph_too_large", "The document changes its vocabulary too often.")
        return entered

    def _blank_node(self) -> str:
        self._blank_nodes += 1
        return f"_:b{self._blank_nodes - 1}"


def _by_vocabulary(name: str, active: ActiveContext) -> Term:
    """The term of a member that has no definition, where a vocabulary covers all names (5.2 step 7)."""
    if name[:1] == "@" or ":" in name:
        raise NotCanonicalisable("keyword_not_allowed", f'The member "{name[:80]}" is not a plain term.')
    if not active.vocab or name in ("id", "type"):
        raise undefined(name)
    return Term(active.vocabulary_iri(name))


def _identifier(value: Any, active: ActiveContext) -> str:
    if not isinstance(value, str):
        raise NotCanonicalisable("not_json_ld", "An identifier must be a text.")
    if not value.isprintable():
        _check_characters("id", value)
    return active.complete_iri(value)


def _literal(name: str, value: str) -> str:
    if not value.isprintable():
        _check_characters(name, value)
    return quoted(value)


def _in_language(name: str, term: Term, value: Mapping[str, Any]) -> str:
    """A text in a language (8.3.2 step 13). The language in lower case, as every other reader writes it."""
    text, language = value["@value"], value.get("@language")
    if len(value) != 2 or term.kind is not Kind.LITERAL or term.suffix or not isinstance(language, str):
        raise NotCanonicalisable("keyword_not_allowed", f'"{name[:80]}" holds more than a text and its language.')
    if not isinstance(text, str) or not _LANGUAGE.fullmatch(language):
        raise NotCanonicalisable("not_json_ld", f'"{name[:80]}" is not a text in a language.')
    return f"{_literal(name, text)}@{language.lower()}"


def _check_characters(name: str, value: str) -> None:
    if _REPLACED_CONTROL.search(value):
        raise NotCanonicalisable("control_character", f'"{name[:80]}" contains an invisible control character.')
    if _SURROGATE.search(value):
        raise NotCanonicalisable("not_json_ld", f'"{name[:80]}" contains half of a character (a lone surrogate).')


def _number(value: int | float, suffix: str) -> str:
    """A JSON number (8.2.2 steps 6 to 9): whole numbers as integers, others in the canonical form of xsd:double."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotCanonicalisable("not_json_ld", "A number is not finite.")
        if value.is_integer() and abs(value) < 1e21:
            value = int(value)
    if isinstance(value, int) and abs(value) < 10**21:
        return f'"{value}"{suffix or _INTEGER}'
    digits = Decimal(value).normalize().as_tuple().digits
    if abs(value) < 1e-6 or (len(digits) == 17 and digits[-1] == 5):
        # jsonld.js takes 1e-7 for 0, as it sees no decimal point. And exactly between two numbers of 16 digits
        # JavaScript rounds up, C to the even one.
        raise NotCanonicalisable("not_json_ld", f"The number {value!r} is not written the same way everywhere.")
    mantissa, _, exponent = f"{float(value):.15e}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    return f'"{whole}.{fraction.rstrip("0") or "0"}E{int(exponent)}"{suffix or _DOUBLE}'


def _json_literal(name: str, value: Any) -> str:
    """A value of a term with `"@type": "@json"` (8.2.2 step 3): its JCS text."""
    _check_json(name, value)
    try:
        return quoted(jcs.canonicalise(value).decode()) + _JSON
    except ValueError as error:
        raise NotCanonicalisable("not_json_ld", f'"{name[:80]}" has no canonical JSON form: {error}') from None


def _check_json(name: str, value: Any) -> None:
    if isinstance(value, str):
        _check_characters(name, value)
    elif isinstance(value, Mapping):
        for inner_name, inner in value.items():
            _check_characters(name, inner_name)
            _check_json(name, inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check_json(name, inner)
