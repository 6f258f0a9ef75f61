"""Verifiable Credential Data Integrity 1.0: one proof; how it is read, what it signs, how it is made and checked.

Sources: W3C Data Integrity EdDSA Cryptosuites v1.0, sections 3.2 (eddsa-rdfc-2022) and 3.3 (eddsa-jcs-2022); W3C
Data Integrity ECDSA Cryptosuites v1.0, sections 3.2 (ecdsa-rdfc-2019), 3.3 (ecdsa-jcs-2019) and 3.6 (ecdsa-sd-2023,
in `ecdsa_sd`). The first four sign hash(canonical proof options) || hash(canonical document), options first: 64
bytes, or 96 with a P-384 key, which brings SHA-384 (`rdfc_384`). Several proofs on one document are in `proof_sets`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from app.standards import ecdsa_sd, jcs, multikey, rdfc_384, signatures
from app.standards.multikey import KeyType
from app.standards.vc import is_url, parse_timestamp, timestamp

TYPE = "DataIntegrityProof"
RDFC = "eddsa-rdfc-2022"
JCS = "eddsa-jcs-2022"
ECDSA_RDFC = "ecdsa-rdfc-2019"
ECDSA_JCS = "ecdsa-jcs-2019"
ECDSA_SD = "ecdsa-sd-2023"
# The types of key that each suite is used with.
KEY_TYPES = {
    RDFC: (KeyType.ED25519,),
    JCS: (KeyType.ED25519,),
    ECDSA_RDFC: (KeyType.P256, KeyType.P384),
    ECDSA_JCS: (KeyType.P256, KeyType.P384),
    ECDSA_SD: (KeyType.P256,),
}
# The name of the binding digest by which an anchor receipt names a document with such a proof.
BINDING_METHODS = {
    RDFC: "di-rdfc-sha256",
    JCS: "di-jcs-sha256",
    ECDSA_RDFC: "di-rdfc-sha256",
    ECDSA_JCS: "di-jcs-sha256",
    ECDSA_SD: "ecdsa-sd-sha256",
}
_OVER_JCS = (JCS, ECDSA_JCS)
_MAX_TEXT = 1_000
_MAX_REFERENCES = 8

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
    """One Data Integrity proof, read but not yet verified.

    `signature` is raw: 64 bytes, or 96 by a P-384 key; for ecdsa-sd-2023 it is the issuer's base signature, and
    `disclosed` is the whole. `previous` are the ids of the proofs that this one signs too. `domain` is empty where
    none is named. `expires`, `domain`, `challenge` and `nonce` are signed, but what they ask is the caller's to check.
    """

    cryptosuite: str
    verification_method: str
    purpose: str
    created: datetime | None
    signature: bytes
    options: Mapping[str, Any]
    id: str | None = None
    previous: tuple[str, ...] = ()
    expires: datetime | None = None
    domain: tuple[str, ...] = ()
    challenge: str | None = None
    nonce: str | None = None
    disclosed: ecdsa_sd.DerivedProof | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What one proof comes to. `digest` is the binding digest called `method` (32 bytes); None unless it holds."""

    holds: bool
    method: str
    digest: bytes | None = None


def proof_options(cryptosuite: str, verification_method: str, created: datetime) -> dict[str, Any]:
    """The proof without its value. `created` is shown in whole seconds, UTC."""
    return {
        "type": TYPE,
        "cryptosuite": cryptosuite,
        "created": timestamp(created),
        "verificationMethod": verification_method,
        "proofPurpose": "assertionMethod",
    }


def unsecured(document: Mapping[str, Any]) -> dict[str, Any]:
    """`document` without its proofs."""
    return {name: value for name, value in document.items() if name != "proof"}


def hash_rdfc(canonicaliser: CanonicalForm, document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """The 64 bytes that eddsa-rdfc-2022 signs. Raises `NotCanonicalisable`."""
    return combine(_canonical_options(document, options, canonicaliser), canonicaliser.n_quads(unsecured(document)))


def hash_jcs(document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """The 64 bytes that eddsa-jcs-2022 signs. Raises `ValueError` for what JCS cannot write."""
    return combine(jcs.canonicalise(options), jcs.canonicalise(unsecured(document)))


def hash_data(
    document: Mapping[str, Any], options: Mapping[str, Any], key_type: KeyType, canonicaliser: CanonicalForm
) -> bytes:
    """What the suite named in `options` signs with such a key: 64 bytes, or 96 with P-384.

    `document` is taken as it stands: any `proof` in it is signed too, as in a chain. Raises `NotCanonicalisable`,
    or `ValueError` for what JCS cannot write.
    """
    if options.get("cryptosuite") in _OVER_JCS:
        return combine(jcs.canonicalise(options), jcs.canonicalise(document), key_type)
    forms = _canonical_options(document, options, canonicaliser), canonicaliser.n_quads(document)
    if key_type is KeyType.P384:
        forms = rdfc_384.relabelled(forms[0]), rdfc_384.relabelled(forms[1])
    return combine(*forms, key_type)


def combine(canonical_options: bytes, canonical_document: bytes, key_type: KeyType = KeyType.ED25519) -> bytes:
    return signatures.digest(key_type, canonical_options) + signatures.digest(key_type, canonical_document)


def secured(document: Mapping[str, Any], options: Mapping[str, Any], signature: bytes) -> dict[str, Any]:
    """`document` with its one proof object added last."""
    return {**document, "proof": proof_with(options, signature)}


def proof_with(options: Mapping[str, Any], signature: bytes) -> dict[str, Any]:
    """The proof object: its options and its value."""
    return {**options, "proofValue": "z" + multikey.base58_encode(signature)}


def sign_jcs(document: Mapping[str, Any], verification_method: str, created: datetime, sign: Sign) -> dict[str, Any]:
    """Secure a document of ours that is not a credential. `sign` makes a 64-byte Ed25519 signature."""
    options = _with_context(document, proof_options(JCS, verification_method, created))
    return secured(document, options, sign(hash_jcs(document, options)))


def secure(
    document: Mapping[str, Any],
    cryptosuite: str,
    verification_method: str,
    created: datetime,
    sign: Sign,
    key_type: KeyType,
    canonicaliser: CanonicalForm,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """`document` with one proof of any suite but ecdsa-sd-2023, in place of those it has.

    `sign` gets the 64 or 96 bytes of `hash_data` and returns the raw signature (r || s for ECDSA, which hashes
    them once more). `more` adds to or replaces proof options: proofPurpose, challenge, domain, expires.

    Raises `ProofProblem` (key_type_wrong, proof_type_unknown), `NotCanonicalisable`, or `ValueError` for what JCS
    cannot write and for a signature of the wrong length.
    """
    _require_key_type(cryptosuite, key_type)
    if cryptosuite == ECDSA_SD:
        raise ProofProblem("proof_type_unknown", "We do not make signatures for showing parts.", checkable=False)
    options = {**proof_options(cryptosuite, verification_method, created), **(more or {})}
    if cryptosuite in _OVER_JCS:
        options = _with_context(document, options)
    plain = unsecured(document)
    signature = sign(hash_data(plain, options, key_type, canonicaliser))
    if len(signature) != signatures.LENGTH[key_type]:
        raise ValueError("the signer made a signature of the wrong length")
    return secured(plain, options, signature)


def read_proof(document: Mapping[str, Any]) -> Proof:
    """The one proof of a document such as we sign: an object, by an EdDSA suite, made to last.

    Raises `ProofProblem` for any other. `proof_sets.read_proofs` reads whatever a stranger may send.
    """
    proof = document.get("proof")
    if proof is None:
        raise ProofProblem("proof_missing", "The document carries no signature.")
    if not isinstance(proof, dict):
        raise ProofProblem(
            "proof_several", "The document carries several signatures; this verifier reads one.", checkable=False
        )
    if proof.get("type") != TYPE or proof.get("cryptosuite") not in (RDFC, JCS):
        raise _unknown()
    if "previousProof" in proof or "domain" in proof or "challenge" in proof:
        raise ProofProblem("proof_malformed", "The signature block was not made for a lasting credential.")
    return read_one(proof)


def read_one(proof: Mapping[str, Any]) -> Proof:
    """One proof object of any suite in `KEY_TYPES`, read with all its options.

    Raises `ProofProblem`: proof_type_unknown (not checkable), proof_is_base (the secret half of ecdsa-sd-2023),
    proof_malformed.
    """
    cryptosuite = proof.get("cryptosuite")
    if proof.get("type") != TYPE or not isinstance(cryptosuite, str) or cryptosuite not in KEY_TYPES:
        raise _unknown()
    method, purpose, value = (proof.get(name) for name in ("verificationMethod", "proofPurpose", "proofValue"))
    if not (isinstance(method, str) and isinstance(purpose, str) and isinstance(value, str)):
        raise ProofProblem("proof_malformed", "The signature block lacks a part it must have.")
    if "id" in proof and not is_url(proof["id"]):
        raise ProofProblem("proof_malformed", "The name of the signature block is not a URI.")
    created, expires = (_moment(proof, name) for name in ("created", "expires"))
    disclosed = _disclosed(value) if cryptosuite == ECDSA_SD else None
    return Proof(
        cryptosuite,
        method,
        purpose,
        created,
        disclosed.base_signature if disclosed else _signature(cryptosuite, value),
        {name: option for name, option in proof.items() if name != "proofValue"},
        id=proof.get("id"),
        previous=_texts(proof, "previousProof"),
        expires=expires,
        domain=_texts(proof, "domain"),
        challenge=_text(proof, "challenge"),
        nonce=_text(proof, "nonce"),
        disclosed=disclosed,
    )


def hash_for(
    proof: Proof, document: Mapping[str, Any], canonicaliser: CanonicalForm, key_type: KeyType = KeyType.ED25519
) -> bytes:
    """The 64 or 96 bytes `proof` must have signed over `document`, whose own proofs are left out.

    Raises `NotCanonicalisable` or `ProofProblem` (proof_malformed, proof_context_mismatch, key_type_wrong).
    """
    _require_key_type(proof.cryptosuite, key_type)
    return _hash_to_verify(proof, unsecured(document), canonicaliser, key_type)


def verify_signature(key: multikey.PublicKey, signature: bytes, hash_data: bytes) -> bool:
    """Whether `key` signed the hashed bytes. False also for a key or signature that is none."""
    return signatures.verify(key, signature, hash_data)


def check(proof: Proof, document: Mapping[str, Any], key: multikey.PublicKey, canonicaliser: CanonicalForm) -> Checked:
    """Whether `proof` is by `key` over `document` as it stands: without proofs, or with those that it signs too.

    Raises `NotCanonicalisable` or `ProofProblem` (proof_malformed, proof_context_mismatch, key_type_wrong) for what
    cannot be computed.
    """
    _require_key_type(proof.cryptosuite, key.type)
    method = BINDING_METHODS[proof.cryptosuite]
    if proof.disclosed is not None:
        _refuse_own_context(proof)
        options = _canonical_options(document, proof.options, canonicaliser)
        digest = ecdsa_sd.verify(proof.disclosed, key, options, canonicaliser.n_quads(document))
        return Checked(digest is not None, method, digest)
    hashed = _hash_to_verify(proof, document, canonicaliser, key.type)
    if not signatures.verify(key, proof.signature, hashed):
        return Checked(False, method)
    return Checked(True, method, sha256(hashed + proof.signature).digest())


def _hash_to_verify(
    proof: Proof, document: Mapping[str, Any], canonicaliser: CanonicalForm, key_type: KeyType
) -> bytes:
    if proof.cryptosuite not in _OVER_JCS:
        _refuse_own_context(proof)
        return hash_data(document, proof.options, key_type, canonicaliser)
    if "@context" in proof.options:
        document = _context_of_proof(document, proof.options["@context"])
    try:
        return hash_data(document, proof.options, key_type, canonicaliser)
    except ValueError as error:
        raise ProofProblem("proof_malformed", f"The document has no canonical form: {error}") from None


def _canonical_options(document: Mapping[str, Any], options: Mapping[str, Any], canonicaliser: CanonicalForm) -> bytes:
    return canonicaliser.n_quads({**options, "@context": document.get("@context")})


def _with_context(document: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    # Section 3.3.1 of both: over JCS, a document's contexts are signed with the options and stay in the proof.
    return {"@context": document["@context"], **options} if "@context" in document else dict(options)


def _context_of_proof(document: Mapping[str, Any], proof_context: Any) -> Mapping[str, Any]:
    # Section 3.3.2 of both: the document's contexts must start with the proof's, in order, and are then replaced
    # by them.
    def listed(value: Any) -> list[Any]:
        return value if isinstance(value, list) else [value]

    expected = listed(proof_context)
    if listed(document.get("@context"))[: len(expected)] != expected:
        raise ProofProblem("proof_context_mismatch", "The vocabulary was changed after signing.")
    return {**document, "@context": proof_context}


def _refuse_own_context(proof: Proof) -> None:
    if "@context" in proof.options:
        raise ProofProblem("proof_malformed", "The signature block brings its own vocabulary.")


def _require_key_type(cryptosuite: str, key_type: KeyType) -> None:
    if key_type not in KEY_TYPES.get(cryptosuite, ()):
        raise ProofProblem("key_type_wrong", "The signing key is of another kind than the signature.")


def _unknown() -> ProofProblem:
    return ProofProblem(
        "proof_type_unknown", "The document is signed in a way this verifier does not know.", checkable=False
    )


def _signature(cryptosuite: str, value: str) -> bytes:
    try:
        signature = multikey.decode_base58btc(value)
    except ValueError:
        raise ProofProblem("proof_malformed", "The signature value is damaged.") from None
    if len(signature) not in {signatures.LENGTH[key_type] for key_type in KEY_TYPES[cryptosuite]}:
        raise ProofProblem("proof_malformed", "The signature value has the wrong length.")
    return signature


def _disclosed(value: str) -> ecdsa_sd.DerivedProof:
    try:
        return ecdsa_sd.parse(value)
    except ecdsa_sd.BaseProof:
        raise ProofProblem(
            "proof_is_base", "This is the holder's own copy, with the key to every part; it must never be shown."
        ) from None
    except ValueError:
        raise ProofProblem("proof_malformed", "The signature value is damaged.") from None


def _moment(proof: Mapping[str, Any], name: str) -> datetime | None:
    moment = parse_timestamp(proof.get(name))
    if name in proof and moment is None:
        raise ProofProblem("proof_malformed", "The date in the signature block is not a date.")
    return moment


def _text(proof: Mapping[str, Any], name: str) -> str | None:
    value = proof.get(name)
    if name in proof and not (isinstance(value, str) and len(value) <= _MAX_TEXT):
        raise ProofProblem("proof_malformed", f'The signature block has no text as its "{name}".')
    return value


def _texts(proof: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """One text or several different ones; none where the member is absent."""
    if name not in proof:
        return ()
    value = proof[name] if isinstance(proof[name], list) else [proof[name]]
    texts = tuple(item for item in value if isinstance(item, str) and len(item) <= _MAX_TEXT)
    if not texts or len(set(texts)) != len(value) or len(value) > _MAX_REFERENCES:
        raise ProofProblem("proof_malformed", f'The signature block has no texts as its "{name}".')
    return texts
