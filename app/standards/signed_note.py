"""Signed notes (C2SP signed-note): a text, and below it one line for each signature. Ed25519, type 0x01, alone.

A verifier key is written `name+ID+key` as golang.org/x/mod/sumdb/note writes it: the ID is the first four bytes of
SHA-256(name || 0x0A || 0x01 || key) in hex, the key base64 of 0x01 || 32 bytes. What is signed is the text with its
last newline. No text that is a note can be mistaken for what a Data Integrity proof signs: that is two hashes.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256

from app.standards import signatures
from app.standards.multikey import KeyType, PublicKey

ED25519 = b"\x01"
MAX_BYTES = 100_000
MAX_SIGNATURES = 32
_NAME = re.compile(r"[^\s+\x00-\x20]{1,1000}")
_LINE = re.compile(r"— ([^\s+\x00-\x20]+) ([A-Za-z0-9+/]+={0,2})")
_VKEY = re.compile(r"([^\s+\x00-\x20]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A verifier key: `name` (no blanks, no plus) and the 32 bytes of an Ed25519 public key."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None or len(self.public_key) != 32:
            raise ValueError("not a key for notes")

    @property
    def id(self) -> bytes:
        """Four bytes that go in front of a signature; a name for the key, no proof of anything."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:4]

    def vkey(self) -> str:
        """The key in one line, as clients of logs are told it."""
        return f"{self.name}+{self.id.hex()}+{b64encode(ED25519 + self.public_key).decode()}"

    def verifies(self, signature: bytes, text: str) -> bool:
        return signatures.verify(PublicKey(KeyType.ED25519, self.public_key), signature, text.encode())


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was read; nothing in it may be believed before `signed_by`. `signatures`: (name, id, bytes)."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]

    def signed_by(self, keys: Iterable[NoteKey]) -> NoteKey | None:
        """The first of the note's signers that is one of `keys`; None where none of them signed it.

        As the specification asks: lines of unknown keys are passed over, but one known key whose signature does not
        hold spoils the whole note.
        """
        known = {(key.name, key.id): key for key in keys}
        first: NoteKey | None = None
        for name, key_id, signature in self.signatures:
            key = known.get((name, key_id))
            if key is None:
                continue
            if not key.verifies(signature, self.text):
                return None
            first = first or key
        return first


def read_vkey(text: str) -> NoteKey:
    """Raises `ValueError` for any but an Ed25519 verifier key whose ID is its own."""
    match = _VKEY.fullmatch(text)
    data = _base64(match[3]) if match else b""
    if match is None or len(data) != 33 or data[:1] != ED25519:
        raise ValueError("not an Ed25519 verifier key")
    key = NoteKey(match[1], data[1:])
    if key.id.hex() != match[2]:
        raise ValueError("the key does not have the ID it is given")
    return key


def sign(text: str, key: NoteKey, signer: Sign) -> bytes:
    """The note of `text` (ends in a newline) with one signature. `signer` makes 64 bytes with the key's other half.

    Raises `ValueError` for a text that is none, and for a signature that `key` does not verify.
    """
    _check_text(text)
    signature = signer(text.encode())
    if not key.verifies(signature, text):
        raise ValueError("the signer does not hold this key")
    return f"{text}\n— {key.name} {b64encode(key.id + signature).decode()}\n".encode()


def read(data: bytes) -> Note:
    """Raises `ValueError` unless `data` is a note of at most `MAX_BYTES` and `MAX_SIGNATURES`."""
    if len(data) > MAX_BYTES:
        raise ValueError("the note is too long")
    text, separator, below = data.decode("utf-8").rpartition("\n\n")
    text += "\n"
    if not separator or not below.endswith("\n"):
        raise ValueError("the note carries no signature")
    _check_text(text)
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise ValueError("the note carries too many signatures")
    return Note(text, tuple(map(_signature, lines)))


def _signature(line: str) -> tuple[str, bytes, bytes]:
    match = _LINE.fullmatch(line)
    data = _base64(match[2]) if match else b""
    if match is None or len(data) < 5:
        raise ValueError("a signature line cannot be read")
    return match[1], data[:4], data[4:]


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(letter < " " and letter != "\n" for letter in text):
        raise ValueError("not the text of a note")


def _base64(text: str) -> bytes:
    try:
        data = b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    # One spelling each: spare bits at the end could carry anything.
    if b64encode(data).decode() != text:
        raise ValueError("not base64 as it is written")
    return data
