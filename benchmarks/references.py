"""What the figures are set against: PyLD, the usual Python library for JSON-LD, and the bare signature."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pyoxigraph as ox
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyld import jsonld  # type: ignore[import-untyped]

from app.adapters.contexts import pinned_contexts

PYLD = "PyLD canonicalisation of the document"
PYOXIGRAPH = "pyoxigraph canonicalisation of the document"
ED25519_SIGN = "bare Ed25519 signature"
ED25519_VERIFY = "bare Ed25519 verification"
MESSAGE = bytes(range(64))
"""As long as what eddsa-rdfc-2022 signs."""


class PyLd:
    """URDNA2015 by PyLD with the pinned contexts; PyLD keeps them parsed between documents."""

    def __init__(self) -> None:
        contexts = pinned_contexts()

        def load(url: str, options: Mapping[str, Any]) -> dict[str, Any]:
            document = {"@context": contexts[url]}
            return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": document}

        self._options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}

    def n_quads(self, document: Mapping[str, Any]) -> bytes:
        canonical: str = jsonld.normalize(dict(document), self._options)
        return canonical.encode()


class PyOxigraph:
    """RDFC-1.0 by pyoxigraph, which reads the pinned contexts anew in each document: they are put in place of URLs."""

    def __init__(self) -> None:
        self._contexts = pinned_contexts()

    def n_quads(self, document: Mapping[str, Any]) -> bytes:
        text = json.dumps(self._inlined(document))
        dataset = ox.Dataset(ox.parse(text.encode(), format=ox.RdfFormat.JSON_LD))
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        serialised = ox.serialize(dataset, format=ox.RdfFormat.N_QUADS) or b""
        return b"".join(sorted(serialised.splitlines(keepends=True)))

    def _inlined(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: [self._contexts[url] for url in inner] if name == "@context" else self._inlined(inner)
                for name, inner in value.items()
            }
        return [self._inlined(item) for item in value] if isinstance(value, list) else value


def bare_sign() -> Callable[[], bytes]:
    """One signature of 64 bytes with a key in memory."""
    key = Ed25519PrivateKey.generate()
    return lambda: key.sign(MESSAGE)


def bare_verify() -> Callable[[], None]:
    """One verification of a signature over 64 bytes, with the key already read."""
    key = Ed25519PrivateKey.generate()
    signature, public = key.sign(MESSAGE), key.public_key()
    return lambda: public.verify(signature, MESSAGE)


def repeated(work: Callable[[], object], times: int) -> Callable[[], int]:
    """A round of `times` calls."""

    def one_round() -> int:
        for _ in range(times):
            work()
        return times

    return one_round
