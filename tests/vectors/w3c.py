"""Canonical forms for the W3C vectors, which use vocabularies that we do not pin."""

from collections.abc import Mapping
from typing import Any

from pyld import jsonld

from app.adapters.contexts import pinned_contexts
from app.standards import multikey
from app.standards.data_integrity import Proof
from app.standards.json_ld import Canonicaliser, NotCanonicalisable
from tests.vectors import published

CONTEXTS = pinned_contexts() | {
    "https://www.w3.org/ns/credentials/examples/v2": published.context("credentials-examples-v2.jsonld"),
    "https://w3id.org/citizenship/v4rc1": published.context("citizenship-v4rc1.jsonld"),
}
FULL = Canonicaliser(CONTEXTS)


class PyldForm:
    """The test oracle's canonical form, for documents that `FULL` refuses although they are sound."""

    def n_quads(self, document: Mapping[str, Any]) -> bytes:
        def load(url: str, _: Any) -> dict[str, Any]:
            context = {"@context": CONTEXTS[url]}
            return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": context}

        options = {"documentLoader": load, "algorithm": "URDNA2015", "format": "application/n-quads"}
        try:
            return jsonld.normalize(dict(document), options).encode()
        except jsonld.JsonLdError as error:
            raise NotCanonicalisable("not_json_ld", str(error)) from None


# In the employment and residence documents one node has two types that each bring terms. pyoxigraph 0.5.13 applies
# those of the last type only, so the others are undefined to it and `FULL` refuses them.
TWO_TYPED = PyldForm()


def key_of(proof: Proof) -> multikey.PublicKey:
    """The key that a did:key method is itself, which only a test may believe: the service never reads a fragment."""
    return multikey.decode_multikey(proof.verification_method.rpartition("#")[2])
