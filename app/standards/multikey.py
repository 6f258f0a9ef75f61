"""Multibase base58btc and Multikey (Controlled Identifiers 1.0, section Multikey)."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_FOREIGN = 0xFF
_VALUES = bytes(_ALPHABET.index(chr(code)) if chr(code) in _ALPHABET else _FOREIGN for code in range(256))
"""By code of a character: its value as a digit."""
_MAX_CHARACTERS = 512


class KeyType(Enum):
    """Public key types, each with its two-byte multicodec prefix and the length of the key in bytes."""

    ED25519 = (b"\xed\x01", 32)
    P256 = (b"\x80\x24", 33)
    P384 = (b"\x81\x24", 49)

    @property
    def prefix(self) -> bytes:
        return self.value[0]

    @property
    def length(self) -> int:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: its type and its raw (Ed25519) or compressed-point (P-256, P-384) bytes."""

    type: KeyType
    data: bytes

    def encode(self) -> str:
        """The Multikey form, `z…`."""
        return "z" + base58_encode(self.type.prefix + self.data)


def base58_encode(data: bytes) -> str:
    """Base58 (Bitcoin alphabet) of `data`, leading zero bytes as `1`."""
    number = int.from_bytes(data)
    digits = []
    while number:
        # Ten digits at a time: one big-integer division where ten would be ten times as slow.
        number, group = divmod(number, 58**10)
        for _ in range(10):
            group, digit = divmod(group, 58)
            digits.append(_ALPHABET[digit])
    text = "".join(reversed(digits)).lstrip("1")
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def base58_decode(text: str) -> bytes:
    """The bytes of base58 `text`. Raises `ValueError` on a foreign character or more than 512 characters."""
    if len(text) > _MAX_CHARACTERS:
        raise ValueError("base58 text is too long")
    values = text.encode("ascii", "replace").translate(_VALUES)
    if _FOREIGN in values:
        raise ValueError("not a base58 character")
    number = 0
    # Ten digits at a time: one step of big-integer arithmetic where ten would be ten times as slow.
    for start in range(0, len(values), 10):
        group = 0
        for value in values[start : start + 10]:
            group = group * 58 + value
        number = number * 58 ** min(10, len(values) - start) + group
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def decode_base58btc(text: str) -> bytes:
    """The bytes of multibase base58btc `text` (`z…`). Raises `ValueError`."""
    if not text.startswith("z"):
        raise ValueError("not multibase base58btc")
    return base58_decode(text[1:])


@lru_cache(1024)  # An institution's few keys are read for each of its credentials.
def decode_multikey(text: str) -> PublicKey:
    """The public key in Multikey `text`. Raises `ValueError` for another type, length or spelling."""
    data = decode_base58btc(text)
    for key_type in KeyType:
        if data[:2] == key_type.prefix and len(data) == 2 + key_type.length:
            return PublicKey(key_type, data[2:])
    raise ValueError("not a public key of a known type")
