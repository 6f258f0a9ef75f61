"""The tenant's keys. Each is its own DID (did:key method, section 3.1), so that nothing need be published."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256, sha512

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.standards.multikey import KeyType, PublicKey


@dataclass(frozen=True, slots=True)
class TenantKey:
    """A key and the issuer it is. `sign` makes the raw signature (r || s for ECDSA) over a message."""

    public: PublicKey
    sign: Callable[[bytes], bytes] = field(repr=False)

    @property
    def did(self) -> str:
        return f"did:key:{self.public.encode()}"

    @property
    def id(self) -> str:
        """The verification method."""
        return f"{self.did}#{self.public.encode()}"


def keys_from(seed: bytes) -> tuple[TenantKey, ...]:
    """The same keys for the same seed: Ed25519, P-256, P-384."""
    edwards = Ed25519PrivateKey.from_private_bytes(sha256(b"ed25519" + seed).digest())
    return (
        TenantKey(PublicKey(KeyType.ED25519, edwards.public_key().public_bytes_raw()), edwards.sign),
        _ecdsa(KeyType.P256, ec.SECP256R1(), SHA256(), b"p256" + seed),
        _ecdsa(KeyType.P384, ec.SECP384R1(), SHA384(), b"p384" + seed),
    )


def _ecdsa(key_type: KeyType, curve: ec.EllipticCurve, algorithm: HashAlgorithm, seed: bytes) -> TenantKey:
    number = int.from_bytes(sha512(seed).digest())
    private = ec.derive_private_key(1 + number % (curve.group_order - 1), curve)
    half = (curve.key_size + 7) // 8

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(algorithm)))
        return r.to_bytes(half) + s.to_bytes(half)

    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return TenantKey(PublicKey(key_type, point), sign)
