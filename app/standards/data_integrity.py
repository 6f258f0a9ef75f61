"""Verifiable Credential Data Integrity 1.0 with the cryptosuites eddsa-rdfc-2022 and eddsa-jcs-2022.

Source: W3C Data Integrity EdDSA Cryptosuites v1.0, sections 3.2 (eddsa-rdfc-2022) and 3.3 (eddsa-jcs-2022).
Both sign SHA-256(canonical proof options) || SHA-256(canonical document): 64 bytes, options first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.standards import jcs, multikey
from app.standards.vc import parse_timestamp, timestamp

RDFC = "eddsa-rdfc-2022"
JCS = "eddsa-jcs-2022"

Sign = Callable[[bytes], bytes]


class CanonicalForm(Protocol):
    def n_quads(self, document: Mapping[str, Any]) -> bytes: ...


class ProofProblem(ValueError):
    """The proof does not hold or cannot be checked. `code` is stable; the message is for people."""

    def __init__(self, code: str, message: str, checkable: bool = True) -> None:
        super().__init__(message)
        self.code = code
        # False: this verifier cannot tell (an unknown suite), which is never the same as a false signature.
        self.checkable = checkable


@dataclass(frozen=True, slots=True)
class Proof:
    """One Data Integrity proof, read but not yet verified. `signature` is 64 bytes for Ed25519."""

    cryptosuite: str
    verification_method: str
    purpose: str
    created: datetime | None
    signature: bytes
    options: Mapping[str, Any]


def proof_options(cryptosuite: str, verification_method: str, created: datetime) -> dict[str, Any]:
    """The proof without its value. `created` is shown in whole seconds, UTC."""
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": cryptosuite,
        "created": timestamp(created),
        "verificationMethod": verification_method,
        "proofPurpose": "assertionMethod",
    }


def hash_rdfc(canonicaliser: CanonicalForm, document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """The 64 bytes that eddsa-rdfc-2022 signs. Raises `NotCanonicalisable`."""
    config = {**options, "@context": document.get("@context")}
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    return combine(canonicaliser.n_quads(config), canonicaliser.n_quads(unsecured))


def hash_jcs(document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """The 64 bytes that eddsa-jcs-2022 signs. Raises `ValueError` for what JCS cannot write."""
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    return combine(jcs.canonicalise(options), jcs.canonicalise(unsecured))


def combine(canonical_options: bytes, canonical_document: bytes) -> bytes:
    return sha256(canonical_options).digest() + sha256(canonical_document).digest()


def secured(document: Mapping[str, Any], options: Mapping[str, Any], signature: bytes) -> dict[str, Any]:
    """`document` with its one proof object added last."""
    value = "z" + multikey.base58_encode(signature)
    return {**document, "proof": {**options, "proofValue": value}}


def sign_jcs(document: Mapping[str, Any], verification_method: str, created: datetime, sign: Sign) -> dict[str, Any]:
    """Secure a document of ours that is not a credential. `sign` makes a 64-byte Ed25519 signature."""
    options = proof_options(JCS, verification_method, created)
    if "@context" in document:
        options = {"@context": document["@context"], **options}
    return secured(document, options, sign(hash_jcs(document, options)))


def read_proof(document: Mapping[str, Any]) -> Proof:
    """The document's one proof. Raises `ProofProblem` when it is absent, several, or misshapen."""
    proof = document.get("proof")
    if proof is None:
        raise ProofProblem("proof_missing", "The document carries no signature.")
    if not isinstance(proof, dict):
        raise ProofProblem(
            "proof_several", "The document carries several signatures; this verifier reads one.", checkable=False
        )
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    if proof.get("type") != "DataIntegrityProof" or proof.get("cryptosuite") not in (RDFC, JCS):
        raise ProofProblem(
            "proof_type_unknown", "The document is signed in a way this verifier does not know.", checkable=False
        )
    method, purpose, value = (proof.get(name) for name in ("verificationMethod", "proofPurpose", "proofValue"))
    if not (isinstance(method, str) and isinstance(purpose, str) and isinstance(value, str)):
        raise ProofProblem("proof_malformed", "The signature block lacks a part it must have.")
    if "previousProof" in proof or "domain" in proof or "challenge" in proof:
        raise ProofProblem("proof_malformed", "The signature block was not made for a lasting credential.")
    created = None
    if "created" in proof:
        created = parse_timestamp(proof["created"])
        if created is None:
            raise ProofProblem("proof_malformed", "The date in the signature block is not a date.")
    try:
        signature = multikey.decode_base58btc(value)
    except ValueError:
        raise ProofProblem("proof_malformed", "The signature value is damaged.") from None
    if len(signature) != 64:
        raise ProofProblem("proof_malformed", "The signature value has the wrong length.")
    return Proof(proof["cryptosuite"], method, purpose, created, signature, options)


def hash_for(proof: Proof, document: Mapping[str, Any], canonicaliser: CanonicalForm) -> bytes:
    """The 64 bytes `proof` must have signed over `document`. Raises `NotCanonicalisable` or `ProofProblem`."""
    if proof.cryptosuite == RDFC:
        if "@context" in proof.options:
            raise ProofProblem("proof_malformed", "The signature block brings its own vocabulary.")
        return hash_rdfc(canonicaliser, document, proof.options)
    if "@context" in proof.options:
        document = _context_of_proof(document, proof.options["@context"])
    try:
        return hash_jcs(document, proof.options)
    except ValueError as error:
        raise ProofProblem("proof_malformed", f"The document has no canonical form: {error}") from None


def verify_signature(key: multikey.PublicKey, signature: bytes, hash_data: bytes) -> bool:
    """Ed25519 over the 64 hashed bytes."""
    if key.type is not multikey.KeyType.ED25519:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.data).verify(signature, hash_data)
    except InvalidSignature:
        return False
    return True


def _context_of_proof(document: Mapping[str, Any], proof_context: Any) -> Mapping[str, Any]:
    # Section 3.3.2: the document's contexts must start with the proof's, in order, and are then replaced by them.
    def listed(value: Any) -> list[Any]:
        return value if isinstance(value, list) else [value]

    expected = listed(proof_context)
    if listed(document.get("@context"))[: len(expected)] != expected:
        raise ProofProblem("proof_context_mismatch", "The vocabulary was changed after signing.")
    return {**document, "@context": proof_context}
