"""The canonical form for the W3C vectors, which use vocabularies that we do not pin."""

from app.adapters.contexts import pinned_contexts
from app.standards import multikey
from app.standards.data_integrity import Proof
from app.standards.json_ld import Canonicaliser
from tests.vectors import published

CONTEXTS = pinned_contexts() | {
    "https://www.w3.org/ns/credentials/examples/v2": published.context("credentials-examples-v2.jsonld"),
    "https://w3id.org/citizenship/v4rc1": published.context("citizenship-v4rc1.jsonld"),
}
FULL = Canonicaliser(CONTEXTS)


def key_of(proof: Proof) -> multikey.PublicKey:
    """The key that a did:key method is itself, which only a test may believe: the service never reads a fragment."""
    return multikey.decode_multikey(proof.verification_method.rpartition("#")[2])
