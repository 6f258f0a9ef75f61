"""What services give public halves and signatures as, brought to the two forms of the port."""

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.adapters.custody.custodian import Kind


def raw_public_key(kind: Kind, found: object) -> bytes | None:
    """Ed25519: 32 bytes. secp256k1: 65 bytes, uncompressed. None for a key of another kind or curve."""
    if kind is Kind.SIGNING and isinstance(found, Ed25519PublicKey):
        return found.public_bytes(Encoding.Raw, PublicFormat.Raw)
    if kind is Kind.WALLET and isinstance(found, EllipticCurvePublicKey) and found.curve.name == "secp256k1":
        return found.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return None


def raw_signature(der: bytes) -> bytes | None:
    """r and s, 64 bytes, of an ECDSA signature in DER (RFC 3279, section 2.2.3). None when it is none."""
    try:
        r, s = decode_dss_signature(der)
        return r.to_bytes(32) + s.to_bytes(32)
    except (ValueError, OverflowError):
        return None
