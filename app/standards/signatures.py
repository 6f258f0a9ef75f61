"""Signatures by the keys a Multikey can name: Ed25519, and ECDSA over P-256 (SHA-256) and P-384 (SHA-384).

Sources: RFC 8032; FIPS 186-5. An ECDSA signature is r || s, both unsigned, big-endian and as long as the curve's
order, never DER. Nothing here raises on what a stranger sent: a key or signature that is none does not verify.
"""

from hashlib import sha256, sha384

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from app.standards.multikey import KeyType, PublicKey

# Bytes of a signature by a key of each type.
LENGTH = {KeyType.ED25519: 64, KeyType.P256: 64, KeyType.P384: 96}


def digest(key_type: KeyType, data: bytes) -> bytes:
    """The hash that goes with keys of this type: SHA-384 (48 bytes) with P-384, else SHA-256 (32 bytes)."""
    return sha384(data).digest() if key_type is KeyType.P384 else sha256(data).digest()


def verify(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is by `key` over `message`. False also for a point off the curve or a wrong length."""
    if len(signature) != LENGTH[key.type] or len(key.data) != key.type.length:
        return False
    try:
        if key.type is KeyType.ED25519:
            Ed25519PublicKey.from_public_bytes(key.data).verify(signature, message)
        else:
            _verify_ecdsa(key, signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _verify_ecdsa(key: PublicKey, signature: bytes, message: bytes) -> None:
    # The length was checked, so only a compressed point can be read here; x is refused unless it is below the prime.
    curve, algorithm = (ec.SECP384R1(), SHA384()) if key.type is KeyType.P384 else (ec.SECP256R1(), SHA256())
    point = ec.EllipticCurvePublicKey.from_encoded_point(curve, key.data)
    half = len(signature) // 2
    r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
    point.verify(encode_dss_signature(r, s), message, ec.ECDSA(algorithm))
