"""Signatures of every key type: what is no key or no signature does not verify, and never raises."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from app.standards import signatures
from app.standards.multikey import KeyType, PublicKey
from tests.unit.standards.curves import OTHER_P256, P256, SIGNERS

MESSAGE = b"signed"
ORDER = {
    KeyType.P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    KeyType.P384: int(
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16
    ),
}
PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
TYPES = pytest.mark.parametrize("key_type", list(KeyType), ids=lambda key_type: key_type.name)
CURVES = pytest.mark.parametrize("key_type", list(ORDER), ids=lambda key_type: key_type.name)


@TYPES
def test_a_signature_holds_for_its_key_and_message_alone(key_type: KeyType) -> None:
    signer = SIGNERS[key_type]
    signature = signer.sign(MESSAGE)
    assert len(signature) == signatures.LENGTH[key_type]
    assert signatures.verify(signer.key, signature, MESSAGE)
    assert not signatures.verify(signer.key, signature, MESSAGE + b"!")
    for other in [*SIGNERS.values(), OTHER_P256]:
        assert signatures.verify(other.key, signature, MESSAGE) == (other is signer)


@TYPES
@given(data=st.data())
def test_any_changed_byte_breaks_a_signature(key_type: KeyType, data: st.DataObject) -> None:
    signature = bytearray(SIGNERS[key_type].sign(MESSAGE))
    index = data.draw(st.integers(0, len(signature) - 1))
    signature[index] ^= data.draw(st.integers(1, 255))
    assert not signatures.verify(SIGNERS[key_type].key, bytes(signature), MESSAGE)


@TYPES
@given(key=st.binary(max_size=100), signature=st.binary(max_size=100))
def test_no_bytes_at_all_raise(key_type: KeyType, key: bytes, signature: bytes) -> None:
    padded = key[: key_type.length].ljust(key_type.length, b"\2")
    for data in (key, padded, SIGNERS[key_type].key.data):
        for value in (signature, signature[:64].ljust(signatures.LENGTH[key_type], b"\1")):
            assert signatures.verify(PublicKey(key_type, data), value, MESSAGE) in (False, True)


@CURVES
def test_der_zero_and_unreduced_numbers_are_no_signature(key_type: KeyType) -> None:
    signer, half, order = SIGNERS[key_type], signatures.LENGTH[key_type] // 2, ORDER[key_type]
    r, s = (int.from_bytes(part) for part in (signer.sign(MESSAGE)[:half], signer.sign(MESSAGE)[half:]))
    for false_r, false_s in [(0, 0), (0, s), (r, 0), (1, 1), (order, s), (r, order), (0, 1), (order, order)]:
        assert not signatures.verify(signer.key, false_r.to_bytes(half) + false_s.to_bytes(half), MESSAGE)
    whole = signer.sign(MESSAGE)
    for wrong in (b"", whole[:-1], whole + b"\0", b"\0" + whole[1:] + b"\0", b"0E\x02!\0" + whole[:59]):
        assert not signatures.verify(signer.key, wrong, MESSAGE)


def test_a_point_off_the_curve_at_infinity_or_spelled_otherwise_is_no_key() -> None:
    signature = P256.sign(MESSAGE)
    uncompressed = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), P256.key.data).public_numbers()
    off_curve = b"\2" + (1).to_bytes(32)
    x = uncompressed.x.to_bytes(32)
    # 5 is the x of a point; with the prime added it would be the same point in another spelling.
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\2" + (5).to_bytes(32))
    for data in (
        off_curve,
        b"\0",
        b"\0" * 33,
        b"\2" + (PRIME + 5).to_bytes(32),
        b"\2" + (PRIME).to_bytes(32),
        b"\4" + x,
        b"\6" + x,
        b"\4" + x + uncompressed.y.to_bytes(32),
        bytes([P256.key.data[0] ^ 1]) + x,
        x,
    ):
        assert not signatures.verify(PublicKey(KeyType.P256, data), signature, MESSAGE), data.hex()
