"""Base58 and Multikey: round trips, leading zeros, bad input."""

from base64 import b16decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.standards import multikey
from app.standards.multikey import KeyType, PublicKey


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=70), st.integers(0, 5))
def test_base58_round_trip(data: bytes, zeros: int) -> None:
    whole = bytes(zeros) + data
    assert multikey.base58_decode(multikey.base58_encode(whole)) == whole


@pytest.mark.parametrize(
    ("data", "text"),
    [
        # draft-msporny-base58-03 section 5
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (
            b"The quick brown fox jumps over the lazy dog.",
            "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
        ),
        (b16decode(b"0000287FB4CD"), "11233QC4"),
        (b"", ""),
        (b"\0", "1"),
        (b"\0" * 11, "1" * 11),
        (b"\xff", "5Q"),
    ],
)
def test_base58_examples(data: bytes, text: str) -> None:
    assert multikey.base58_encode(data) == text
    assert multikey.base58_decode(text) == data


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "a b", "é", "1\n", "-", "1" * 513])
def test_base58_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="base58"):
        multikey.base58_decode(text)


@pytest.mark.parametrize("key_type", KeyType)
def test_key_round_trip(key_type: KeyType) -> None:
    for data in (bytes(key_type.length), bytes(range(key_type.length)), b"\xff" * key_type.length):
        key = PublicKey(key_type, data)
        assert multikey.decode_multikey(key.encode()) == key


def test_ed25519_keys_look_as_the_specification_says() -> None:
    assert PublicKey(KeyType.ED25519, bytes(32)).encode().startswith("z6Mk")
    assert PublicKey(KeyType.P256, b"\2" + bytes(32)).encode().startswith("zDn")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        "z1",
        "6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd",
        "u7QEDoQ",
        "Z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd",
        "z" + multikey.base58_encode(b"\xed\x01" + bytes(31)),
        "z" + multikey.base58_encode(b"\xed\x01" + bytes(33)),
        "z" + multikey.base58_encode(b"\x00\xed\x01" + bytes(32)),
        "z" + multikey.base58_encode(b"\xe7\x01" + bytes(33)),
        "z" + multikey.base58_encode(b"\x80\x24" + bytes(32)),
        " z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd",
    ],
    ids=str,
)
def test_not_a_key(text: str) -> None:
    with pytest.raises(ValueError, match=r"base58|known type"):
        multikey.decode_multikey(text)
