"""The vocabularies that conformance suites use: of examples, of version 1.1, and written into the document itself.

VCDM 2.0 allows a context to be an object inside the document (section 4.3). Everywhere else such a document is refused,
since its words mean what its author says they mean, and a reader of the JSON would not know. A test tenant vouches for
no words, so it may take them.
"""

from collections.abc import Mapping
from typing import Any

from app.adapters.contexts import older_contexts, pinned_contexts
from app.standards.json_ld import Canonicaliser, NotCanonicalisable, UnsupportedContext

EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
_EXAMPLES = {"@vocab": "https://www.w3.org/ns/credentials/examples#"}
# Not a name that could be looked up.
_INSIDE = "urn:x-inside:"


def all_contexts() -> dict[str, object]:
    """Context URL -> value of its `@context`. Raises as `pinned_contexts`."""
    return {**pinned_contexts(), **older_contexts(), EXAMPLES: _EXAMPLES}


class OpenCanonicaliser:
    """As `Canonicaliser` over `contexts`, and for documents that bring contexts of their own.

    Those must be such as `Canonicaliser` implements, and redefine no protected term.
    """

    def __init__(self, contexts: Mapping[str, object]) -> None:
        self._contexts = dict(contexts)
        self._closed = Canonicaliser(self._contexts)

    def n_quads(self, document: Mapping[str, Any]) -> bytes:
        """As `Canonicaliser.n_quads`; raises `NotCanonicalisable` (context_unknown) for what is not implemented too."""
        inside: dict[str, object] = {}
        named = _named(document, inside)
        if not inside:
            return self._closed.n_quads(document)
        try:
            return Canonicaliser({**self._contexts, **inside}).n_quads(named)
        except UnsupportedContext as problem:
            raise NotCanonicalisable(
                "context_unknown", f"A vocabulary in the document is not read: {problem}"
            ) from None


def _named(value: Any, inside: dict[str, object]) -> Any:
    """`value` with a made-up name in place of each context written into it, which is put into `inside` by that name."""
    if isinstance(value, list):
        return [_named(item, inside) for item in value]
    if not isinstance(value, Mapping):
        return value
    copy = {}
    for name, member in value.items():
        if name == "@context" and isinstance(member, list):
            copy[name] = [_name(context, inside) for context in member]
        else:
            copy[name] = _named(member, inside)
    return copy


def _name(context: Any, inside: dict[str, object]) -> Any:
    if not isinstance(context, Mapping):
        return context
    name = f"{_INSIDE}{len(inside)}"
    inside[name] = context
    return name
