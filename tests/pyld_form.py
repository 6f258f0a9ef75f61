"""PyLD as a canonical form: a second implementation, which also reads the contexts of credentials inside credentials."""

from collections.abc import Mapping
from typing import Any

import pyoxigraph as ox
from pyld import jsonld

from app.adapters.contexts import pinned_contexts
from app.standards.json_ld import NotCanonicalisable

_BASE = "http://relative-reference.invalid/"


class PyldForm:
    """A `CanonicalForm` over the pinned contexts. What would silently not be signed is refused, as by ours."""

    def __init__(self) -> None:
        self._contexts = {url: {"@context": value} for url, value in pinned_contexts().items()}

    def n_quads(self, document: Mapping[str, Any]) -> bytes:
        options = {"documentLoader": self._load, "base": _BASE}
        expanded = jsonld.expand(dict(document), options, on_property_dropped=self._refuse)
        made: str = jsonld.normalize(expanded, {**options, "algorithm": "URDNA2015", "format": "application/n-quads"})
        if _BASE in made:
            raise NotCanonicalisable("reference_relative", "A reference is not a complete identifier (URI).")
        return made.encode()

    def quads(self, document: Mapping[str, Any]) -> list[ox.Quad]:
        return list(ox.parse(self.n_quads(document), format=ox.RdfFormat.N_QUADS))

    def _load(self, url: str, options: object = None) -> dict[str, Any]:
        if url not in self._contexts:
            raise NotCanonicalisable("context_unknown", f"This vocabulary is not one we know: {url[:120]}")
        return {"contextUrl": None, "documentUrl": url, "document": self._contexts[url]}

    def _refuse(self, name: str) -> None:
        raise NotCanonicalisable("term_undefined", f'"{name[:80]}" is not defined by the contexts.')
