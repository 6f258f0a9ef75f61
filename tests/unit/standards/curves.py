"""Test keys of every type, and an issuer of credentials that can be shown in part."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.standards import data_integrity, ecdsa_sd
from app.standards.multikey import KeyType, PublicKey
from tests.unit.standards import sample


@dataclass(frozen=True)
class Signer:
    """A test key: never a secret."""

    key: PublicKey
    sign: Callable[[bytes], bytes]


def _ecdsa(key_type: KeyType, number: int) -> Signer:
    curve, algorithm, half = (
        (ec.SECP384R1(), SHA384(), 48) if key_type is KeyType.P384 else (ec.SECP256R1(), SHA256(), 32)
    )
    private = ec.derive_private_key(number, curve)

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(algorithm)))
        return r.to_bytes(half) + s.to_bytes(half)

    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return Signer(PublicKey(key_type, point), sign)


ED25519 = Signer(sample.PUBLIC_KEY, sample.KEY.sign)
P256 = _ecdsa(KeyType.P256, 2026)
P384 = _ecdsa(KeyType.P384, 2026)
OTHER_P256 = _ecdsa(KeyType.P256, 7)
SIGNERS = {KeyType.ED25519: ED25519, KeyType.P256: P256, KeyType.P384: P384}


def proof_value(parts: Any, header: bytes = b"\xd9\x5d\x01") -> str:
    """`parts` as they stand in a derived (or, by `header`, base) proof."""
    body = parts if isinstance(parts, bytes) else cbor2.dumps(parts)
    return "u" + urlsafe_b64encode(header + body).decode().rstrip("=")


def parts(
    document: Mapping[str, Any],
    options: Mapping[str, Any],
    canonicaliser: data_integrity.CanonicalForm,
    mandatory: Callable[[bytes], bool] = lambda statement: b"#issuer>" in statement,
) -> list[Any]:
    """The five parts of a derived proof that shows the whole `document`."""
    canonical = canonicaliser.n_quads(document)
    numbers = range(sum(f"_:c14n{number} ".encode() in canonical for number in range(500)))
    labels = {number: sha256(b"label %d" % number).digest() for number in numbers}
    shown = ecdsa_sd.statements(
        canonical, {f"c14n{number}": "u" + urlsafe_b64encode(label).decode()[:-1] for number, label in labels.items()}
    )
    assert shown is not None
    chosen = [index for index, statement in enumerate(shown) if mandatory(statement)]
    together = b"".join(shown[index] for index in chosen)
    alone = [statement for statement in shown if not mandatory(statement)]
    key = OTHER_P256.key.type.prefix + OTHER_P256.key.data
    config = canonicaliser.n_quads({**options, "@context": document["@context"]})
    base = P256.sign(sha256(config).digest() + key + sha256(together).digest())
    return [base, key, [OTHER_P256.sign(statement) for statement in alone], labels, chosen]


def disclosed(document: Mapping[str, Any], canonicaliser: data_integrity.CanonicalForm) -> dict[str, Any]:
    """`document` with an ecdsa-sd-2023 derived proof by `P256` that shows all of it."""
    options = data_integrity.proof_options(data_integrity.ECDSA_SD, sample.KEY_ID, sample.SIGNED_ON)
    value = proof_value(parts(document, options, canonicaliser))
    return {**document, "proof": {**options, "proofValue": value}}
