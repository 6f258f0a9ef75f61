"""JSON-LD 1.1 contexts from a closed set, compiled once and remembered.

Source: JSON-LD 1.1 Processing Algorithms and API, sections 4.1 (Context Processing), 4.2 (Create Term Definition) and
5.2 (IRI Expansion), for the contexts that `json_ld_supported` lets in.

An `ActiveContext` remembers what was made from it. Contexts that define the same are the same object, so documents can
reach only so many of them; beyond `MAX_ACTIVE` all are forgotten and made anew on demand. Safe to share between
threads: what is remembered is immutable, and at worst two threads make the same.
"""

import json
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from app.standards.json_ld_supported import UnsupportedContext, check_supported
from app.standards.n_quads import XSD, NotCanonicalisable, is_iri

MAX_LISTED = 16
MAX_ACTIVE = 1_000
_MAX_TYPINGS = 256
_MAX_REMEMBERED_TYPES = 8
# RFC 3986 gen-delims: a plain term that ends with one is a prefix (4.2.2 step 14.2.5).
_GEN_DELIMS = tuple(":/?#[]@")


class Kind(IntEnum):
    """What the values of a term become."""

    LITERAL = 0
    IRI = 1
    """A text is an identifier (`"@type": "@id"`)."""
    VOCABULARY = 2
    """A text is a term or an identifier (`"@type": "@vocab"`)."""
    JSON = 3
    KEYWORD = 4
    """`id` or `type` itself."""
    NOTHING = 5
    """Defined as null: whatever it holds is not signed."""


class Term:
    """A term definition, never changed once made.

    `iri` is its IRI mapping (empty for NOTHING), `predicate` the same in N-Quads; `suffix` the datatype as it follows
    a literal in N-Quads. `scope` is its own context as JSON text, or "". `is_plain`: not in a container, nor special.
    """

    __slots__ = (
        "container",
        "iri",
        "is_plain",
        "is_prefix",
        "is_protected",
        "kind",
        "predicate",
        "scope",
        "suffix",
        "type",
    )

    def __init__(
        self,
        iri: str,
        type_: str = "",
        container: str = "",
        scope: str = "",
        is_prefix: bool = False,
        is_protected: bool = False,
    ) -> None:
        self.iri, self.type, self.container, self.scope = iri, type_, container, scope
        self.is_prefix, self.is_protected = is_prefix, is_protected
        self.predicate = f"<{iri}>"
        self.suffix = f"^^<{type_}>" if type_ and type_[0] != "@" and type_ != XSD + "string" else ""
        kinds = {"@id": Kind.IRI, "@vocab": Kind.VOCABULARY, "@json": Kind.JSON}
        self.kind = kinds.get(type_, Kind.LITERAL)
        if not iri or iri[0] == "@":
            self.kind = Kind.KEYWORD if iri else Kind.NOTHING
        self.is_plain = container in ("", "@set") and self.kind <= Kind.VOCABULARY

    @property
    def meaning(self) -> tuple[str, str, str, str, bool]:
        """All but `is_protected`: what must not change in a protected term."""
        return (self.iri, self.type, self.container, self.scope, self.is_prefix)


class ActiveContext:
    """The terms in force at one place of a document, and what follows from them.

    `vocab` is "" where unknown terms mean nothing. `previous` is the context to go back to for the parts of a node
    (4.1: type-scoped contexts do not propagate). Methods raise `NotCanonicalisable`.
    """

    __slots__ = ("_children", "_contexts", "_prefixes", "_typed", "inherited", "terms", "vocab")

    def __init__(
        self, contexts: "Contexts", terms: Mapping[str, Term], vocab: str, previous: "ActiveContext | None"
    ) -> None:
        self._contexts = contexts
        self.terms = terms
        self.vocab = vocab
        self.inherited: ActiveContext = previous or self
        """The context of a part under a term without a scope (5.1.2 step 7)."""
        self._prefixes = frozenset(name for name, term in terms.items() if term.is_prefix)
        self._children: dict[tuple[str, str], ActiveContext] = {}
        self._typed: dict[tuple[str, ...], tuple[ActiveContext, tuple[str, ...]]] = {}

    @property
    def previous(self) -> "ActiveContext | None":
        return None if self.inherited is self else self.inherited

    def extended(self, urls: Sequence[Any]) -> "ActiveContext":
        """This context after the `@context` of a node, a list of known URLs (5.1.2 step 9).

        Codes context_missing, context_unknown, not_json_ld.
        """
        if len(urls) > MAX_LISTED:
            raise NotCanonicalisable("context_missing", f"A document lists its contexts, at most {MAX_LISTED}.")
        active = self
        for url in urls:
            if not isinstance(url, str) or url not in self._contexts.values:
                shown = url[:120] if isinstance(url, str) else "written inside the document"
                raise NotCanonicalisable("context_unknown", f"This vocabulary is not one we know: {shown}")
            child = active._children.get(("", url))
            if child is None:
                child = active._apply(self._contexts.values[url], "")
                active._children["", url] = child
            active = child
        return active

    def inside(self, term: Term) -> "ActiveContext":
        """The context of the nodes that are values of `term` (5.1.2 steps 7 and 8)."""
        if not term.scope:
            return self.inherited
        return self.inherited._scoped("property", term)

    def beside(self, name: str, term: Term) -> "ActiveContext":
        """The context of the texts and numbers that are values of `term` (5.1.2 step 4.2)."""
        if not term.scope:
            return self
        active = self._scoped("property", term)
        found = active.terms.get(name)
        if found is not term and (found is None or found.meaning != term.meaning):
            raise NotCanonicalisable("not_json_ld", f'"{name}" cannot hold a plain value.')
        return active

    def typed(self, types: Any) -> "tuple[ActiveContext, tuple[str, ...]]":
        """The context of a node of these types, and their IRIs in N-Quads (5.1.2 steps 10, 11 and 13.4.4).

        `types` is the value of the node's `type`: a text or a list of texts. Codes not_json_ld, term_undefined,
        keyword_not_allowed, reference_relative.
        """
        names = (types,) if isinstance(types, str) else tuple(types) if isinstance(types, list | tuple) else (None,)
        try:
            return self._typed[names]
        except (KeyError, TypeError):
            if not all(isinstance(name, str) for name in names):
                raise NotCanonicalisable("not_json_ld", "A type is a text or a list of texts.") from None
        active = self
        for name in sorted(names):
            term = self.terms.get(name)
            if term is not None and term.scope:
                active = active._scoped("type", term)
        known = (active, tuple(f"<{self.vocabulary_iri(name)}>" for name in names))
        # Only terms of the contexts are remembered: nothing that a stranger can make long or many.
        if len(names) <= _MAX_REMEMBERED_TYPES and self.terms.keys() >= set(names):
            if len(self._typed) >= _MAX_TYPINGS:
                self._typed.clear()
            self._typed[names] = known
        return known

    def vocabulary_iri(self, name: str) -> str:
        """The IRI of a type, or of a value that may be a term (5.2 with vocab = true).

        A name that is an IRI must not have a term: otherwise one signed meaning could be shown in two ways.
        """
        term = self.terms.get(name)
        if term is not None and term.kind is not Kind.KEYWORD and term.kind is not Kind.NOTHING:
            return term.iri
        if term is None and name[:1] != "@":
            if ":" not in name and self.vocab and is_iri(self.vocab + name):
                return self.vocab + name
            if ":" in name:
                iri = self.complete_iri(name)
                if any(term.iri == iri for term in self.terms.values()):
                    raise NotCanonicalisable("keyword_not_allowed", f'"{name[:80]}" is not written as a plain term.')
                return iri
        raise undefined(name)

    def check_spelling(self, name: str, term: Term) -> None:
        """Refuse a member called like a class, `Criteria`, that is only another spelling of a property, `criteria`."""
        for other, known in self.terms.items():
            if known.iri == term.iri and other[:1].islower():
                raise NotCanonicalisable("keyword_not_allowed", f'"{name[:80]}" is another spelling of "{other}".')

    def complete_iri(self, text: str) -> str:
        """`text`, which must be an absolute IRI and no abbreviation of another (5.2 with vocab = false)."""
        if is_iri(text) and not (self._prefixes and self._is_compact(text)):
            return text
        raise _not_an_iri(text)

    def _is_compact(self, text: str) -> bool:
        prefix, _, rest = text.partition(":")
        return prefix in self._prefixes and not rest.startswith("//")

    def _scoped(self, kind: str, term: Term) -> "ActiveContext":
        key = (kind, term.scope)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._apply(json.loads(term.scope), kind)
        return child

    def _apply(self, local: Any, kind: str) -> "ActiveContext":
        """4.1 for a context value of the closed set.

        `kind`: "property" may redefine protected terms, "type" does not propagate, "" is a node's own `@context`.
        """
        previous = self.previous or (self if kind == "type" else None)
        active = self
        for one in local if isinstance(local, list) else [local]:
            active = _Definitions(active, one, override=kind == "property").context(previous)
        return active


class Contexts:
    """A closed set of contexts: URL -> value of its `@context`. Raises `UnsupportedContext`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = dict(values)
        self._terms: dict[tuple[Any, ...], Term] = {}
        self._known: dict[tuple[Any, ...], ActiveContext] = {}
        self._empty = ActiveContext(self, {}, "", None)
        for url, value in self.values.items():
            check_supported(value, url)
            self._check_definitions(url)

    def active(self, urls: Any) -> ActiveContext:
        """The context of a document that lists these URLs. Raises `NotCanonicalisable` as `extended`."""
        if not isinstance(urls, list | tuple) or not urls:
            raise NotCanonicalisable("context_missing", "The document must list its contexts.")
        return self._empty.extended(urls)

    def _check_definitions(self, url: str) -> None:
        """Make every definition of a context once, those in scopes too, so that a fault is found at the start."""
        try:
            waiting, seen = [self.active([url])], set()
            while waiting:
                active = waiting.pop()
                for term in active.terms.values():
                    if term.scope and term.scope not in seen:
                        seen.add(term.scope)
                        waiting.append(active._scoped("property", term))
        except NotCanonicalisable as error:
            raise UnsupportedContext(f"{url}: {error}") from None

    def term(self, *definition: Any) -> Term:
        """The one `Term` of this definition."""
        term = self._terms.get(definition)
        if term is None:
            term = self._terms[definition] = Term(*definition)
        return term

    def context(self, terms: dict[str, Term], vocab: str, previous: ActiveContext | None) -> ActiveContext:
        """The one active context with these terms."""
        # Terms are unique and held by the context itself, so their ids stand for them.
        key = (vocab, id(previous), frozenset((name, id(term)) for name, term in terms.items()))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MAX_ACTIVE:
                self._known, self._terms = {}, {}
                self._empty = ActiveContext(self, {}, "", None)
            known = self._known[key] = ActiveContext(self, terms, vocab, previous)
        return known


class _Definitions:
    """One local context on its way into an active context (4.1.2 step 5 and 4.2.2)."""

    def __init__(self, active: ActiveContext, local: Mapping[str, Any] | None, override: bool) -> None:
        self._contexts = active._contexts
        self._override = override
        self._before = active.terms
        self._terms = dict(active.terms)
        self._vocab = active.vocab
        self._local: Mapping[str, Any] = local or {}
        self._defined: dict[str, bool] = {}
        if local is None:
            # The standard allows it elsewhere if nothing is protected; no published vocabulary does it.
            if not override:
                raise _faulty("only a property can put aside all vocabulary")
            self._terms, self._vocab = {}, ""

    def context(self, previous: ActiveContext | None) -> ActiveContext:
        if "@vocab" in self._local:
            self._vocab = self._local["@vocab"] or ""
        for name in self._local:
            if name[0] != "@":
                self._define(name)
        return self._contexts.context(self._terms, self._vocab, previous)

    def _define(self, name: str) -> None:
        done = self._defined.get(name)
        if done is not None:
            if not done:
                raise _faulty(f'the definition of "{name}" is circular')
            return
        self._defined[name] = False
        self._terms.pop(name, None)
        value = self._local[name]
        simple = isinstance(value, str)
        members: Mapping[str, Any] = value if isinstance(value, dict) else {"@id": value}
        iri = self._mapping(name, members)
        container = members.get("@container", "")
        container = container[0] if isinstance(container, list) else container
        term = self._contexts.term(
            iri,
            self._expanded(members["@type"]) if "@type" in members else "",
            container,
            json.dumps(members["@context"], sort_keys=True) if "@context" in members else "",
            bool(members.get("@prefix", simple and iri.endswith(_GEN_DELIMS))),
            bool(members.get("@protected", self._local.get("@protected", False))),
        )
        before = self._before.get(name)
        if before is not None and before.is_protected and not self._override:
            if before.meaning != term.meaning:
                raise _faulty(f'they disagree on what "{name}" means')
            term = before
        self._terms[name] = term
        self._defined[name] = True

    def _mapping(self, name: str, members: Mapping[str, Any]) -> str:
        mapped = members.get("@id", name)
        if mapped is None:
            return ""
        if mapped != name:
            return self._expanded(mapped)
        if not self._vocab:
            raise _faulty(f'"{name}" has no IRI')
        return self._vocab + name

    def _expanded(self, value: str) -> str:
        """5.2 with vocab = true, while definitions are made."""
        if value[:1] == "@":
            return value
        if value in self._local:
            self._define(value)
        known = self._terms.get(value)
        if known is not None and known.iri:
            return known.iri
        prefix, colon, rest = value.partition(":")
        if colon and not rest.startswith("//"):
            if prefix in self._local:
                self._define(prefix)
            found = self._terms.get(prefix)
            if found is not None and found.is_prefix:
                return found.iri + rest
        if not colon and self._vocab:
            value = self._vocab + value
        if not is_iri(value):
            raise _faulty(f'"{value}" is not an IRI')
        return value


def undefined(name: str) -> NotCanonicalisable:
    """The refusal of a member or type that means nothing."""
    return NotCanonicalisable(
        "term_undefined", f'"{name[:80]}" is not defined by the contexts, so it would not be signed.'
    )


def _faulty(reason: str) -> NotCanonicalisable:
    return NotCanonicalisable("not_json_ld", f"The vocabularies cannot be used together: {reason}.")


def _not_an_iri(text: str) -> NotCanonicalisable:
    if text.startswith("_:"):
        return NotCanonicalisable(
            "blank_node_named", f'"{text[:80]}" is a label that means nothing outside this document.'
        )
    if is_iri(text):
        return NotCanonicalisable("reference_relative", f'"{text[:80]}" is an abbreviation of an identifier (URI).')
    scheme = text.partition(":")[0]
    if is_iri(scheme + ":") and scheme != text:
        return NotCanonicalisable("not_json_ld", f'"{text[:80]}" is not a well-formed identifier (URI).')
    return NotCanonicalisable("reference_relative", f'"{text[:80]}" is not a complete identifier (URI).')
