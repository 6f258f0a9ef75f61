"""The checksum of Google's services, against what is published and against another way of working it out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.custody.crc32c import crc32c

# RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms.
PUBLISHED = {
    bytes(32): 0x8A9136AA,
    b"\xff" * 32: 0x62A8AB43,
    bytes(range(32)): 0x46DD794E,
    bytes(reversed(range(32))): 0x113FDB5C,
    b"123456789": 0xE3069283,
    b"": 0,
}


@pytest.mark.parametrize("data", PUBLISHED)
def test_published_checksums(data: bytes) -> None:
    assert crc32c(data) == PUBLISHED[data]


@given(data=st.binary(max_size=200), place=st.integers(0), bit=st.integers(0, 7))
def test_a_bit_that_turned_over_is_always_found(data: bytes, place: int, bit: int) -> None:
    if data:
        altered = bytearray(data)
        altered[place % len(data)] ^= 1 << bit
        assert crc32c(bytes(altered)) != crc32c(data)
