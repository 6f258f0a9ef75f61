"""Which JSON-LD 1.1 contexts `json_ld_contexts` implements, checked before any is used.

Supported is what published credential vocabularies use: terms, prefixes, `@vocab`, `@protected`, `@type` coercion, the
containers `@set`, `@list` and `@graph`, type-scoped and property-scoped contexts, and null contexts in definitions. A
context with anything else is refused, so nothing can be silently read in another sense. Two rules are ours: the
keywords have exactly one other name each (`id`, `type`), and no term contains a colon or a slash.
"""

from collections.abc import Mapping
from typing import Any

from app.standards.n_quads import XSD, is_iri

_ALIASES = {"id": "@id", "type": "@type"}
_CONTEXT_MEMBERS = {"@version": (1.1,), "@protected": (True, False), "@base": (None,)}
_TERM_MEMBERS = {"@id", "@type", "@container", "@context", "@protected", "@prefix"}
_CONTAINERS = {"", "@list", "@set", "@graph"}


class UnsupportedContext(ValueError):
    """A context of the closed set uses what this module does not implement: the set must not be used."""


def check_supported(value: Any, where: str) -> None:
    """Raise `UnsupportedContext` if a context, or one inside it, uses what is not implemented."""
    for context in value if isinstance(value, list) else [value]:
        if context is None:
            continue
        if not isinstance(context, dict):
            raise UnsupportedContext(f"{where}: a context in a definition that is not an object")
        for name, definition in context.items():
            inside = f"{where}: {name}"
            if name == "@vocab":
                if definition is not None and not (isinstance(definition, str) and is_iri(definition)):
                    raise UnsupportedContext(f"{inside} is not an IRI")
            elif name[:1] in ("@", "") or ":" in name or "/" in name:
                if definition not in _CONTEXT_MEMBERS.get(name, ()):
                    raise UnsupportedContext(inside)
            elif isinstance(definition, dict):
                _check_definition(name, definition, inside)
            elif definition is not None:
                _check_mapping(name, definition, inside)
            elif name in _ALIASES:
                raise UnsupportedContext(inside)


def _check_definition(name: str, definition: Mapping[str, Any], where: str) -> None:
    if not _TERM_MEMBERS.issuperset(definition):
        raise UnsupportedContext(f"{where}: {sorted(set(definition) - _TERM_MEMBERS)}")
    if definition.get("@id", name) is not None or name in _ALIASES:
        _check_mapping(name, definition.get("@id", name), where)
    coerced = definition.get("@type", "@id")
    known = ("@id", "@vocab", "@json")
    if not isinstance(coerced, str) or (coerced[:1] == "@" and coerced not in known) or coerced == XSD + "double":
        # xsd:double: JavaScript also rewrites texts of that type, Python does not.
        raise UnsupportedContext(f"{where}: @type")
    container = definition.get("@container", "")
    container = container[0] if isinstance(container, list) and len(container) == 1 else container
    if (
        not isinstance(container, str)
        or container not in _CONTAINERS
        or (coerced == "@json" and "@container" in definition)
    ):
        raise UnsupportedContext(f"{where}: @container")
    if any(not isinstance(definition.get(flag, False), bool) for flag in ("@protected", "@prefix")):
        raise UnsupportedContext(f"{where}: not true or false")
    if "@context" in definition:
        check_supported(definition["@context"], where)


def _check_mapping(name: str, iri: Any, where: str) -> None:
    if not isinstance(iri, str) or not iri:
        raise UnsupportedContext(f"{where}: not mapped to an IRI")
    if (iri[0] == "@" or name in _ALIASES) and _ALIASES.get(name) != iri:
        raise UnsupportedContext(f"{where}: {iri} under another name than id or type, or another meaning of these")
