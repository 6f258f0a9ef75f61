"""Checkpoints of transparency logs (C2SP tlog-checkpoint): origin, tree size and root hash, as the text of a note.

Ours are made by the log alone and carry no extension lines; those of others are read and kept apart.
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass

from app.standards.signed_note import NoteKey

MAX_SIZE = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_ROOT = re.compile(r"[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True, slots=True)
class LogCheckpoint:
    """`origin` names the log; `root` (32 bytes) is that of its first `size` leaves."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """What is signed."""
        return "\n".join((self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions)) + "\n"


def origin_of(log_url: str) -> str:
    """The origin of the log published under `log_url`: the address without its scheme (C2SP tlog-tiles)."""
    return log_url.partition("://")[2].rstrip("/")


def key_of(log_url: str, public_key: bytes) -> NoteKey:
    """An institution's signing key (Ed25519, 32 bytes) as the key of its log: the key's name is the origin."""
    return NoteKey(origin_of(log_url), public_key)


def read(text: str) -> LogCheckpoint:
    """Read the text of a note. Raises `ValueError` for what is no checkpoint."""
    lines = text.removesuffix("\n").split("\n")
    if not text.endswith("\n") or len(lines) < 3 or not all(lines):
        raise ValueError("not a checkpoint")
    origin, size, root, *extensions = lines
    if _SIZE.fullmatch(size) is None or int(size) > MAX_SIZE:
        raise ValueError("the size cannot be read")
    if _ROOT.fullmatch(root) is None or b64encode(b64decode(root)).decode() != root:
        raise ValueError("the root cannot be read")
    return LogCheckpoint(origin, int(size), b64decode(root), tuple(extensions))
