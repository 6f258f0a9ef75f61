"""Reading what issuers publish: parsed, understood and signature-checked once for as long as the bytes stay the same.

Thousands of credentials share an institution's keys, status list and accreditations. What a verifier works out of
these is remembered by the SHA-256 of the bytes it was worked out of, together with all else it depends on (whose keys,
which vocabularies), and never by name or address: other bytes under the same name are another document. Whatever
depends on the time (dates, how long a list holds, the moment asked about) is decided anew each time, and so is
everything that did not hold.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, TypeVar

from app.standards import did, status_list, strict_json
from app.standards.did import DidDocument
from app.standards.remembered import Key, Memory

Made = TypeVar("Made")

# Bytes that one byte of JSON takes when parsed, about; and what a small outcome takes with its key.
_PARSED = 8
_SMALL = 1_000


class Reader:
    """`memory` may be shared by all verifications of a process; a new reader has one of its own.

    Documents are shared too: nobody may change what is returned here.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or Memory()

    def document(self, data: bytes, max_bytes: int = strict_json.MAX_BYTES) -> Mapping[str, Any]:
        """As `strict_json.parse_object`; raises as it does."""
        if len(data) > max_bytes:
            return strict_json.parse_object(data, max_bytes)
        key = ("json", sha256(data).digest())
        return self._memory.recall(
            key, lambda: strict_json.parse_object(data, max_bytes), lambda _: _SMALL + _PARSED * len(data)
        )

    def did_document(self, data: bytes, name: str) -> DidDocument:
        """The document of the DID `name`. Raises `ValueError`."""
        key = ("did", sha256(data).digest(), name)
        return self._memory.recall(
            key, lambda: did.read_document(self.document(data), name), lambda _: _SMALL + len(data)
        )

    def bits(self, encoded: Any) -> bytes:
        """As `status_list.decode`; raises as it does."""
        if not isinstance(encoded, str) or not encoded.isascii():
            return status_list.decode(encoded)
        key = ("bits", sha256(encoded.encode()).digest())
        return self._memory.recall(key, lambda: status_list.decode(encoded), lambda bits: _SMALL + len(bits))

    def once(
        self,
        made_of: Key,
        make: Callable[[], Made],
        keep: Callable[[Made], bool] = lambda _: True,
        size: int = 0,
    ) -> Made:
        """An outcome of `make`, by its name and everything it is made of; remembered where `keep` says so.

        `size`: bytes of what it was made of, where the outcome is about as large.
        """
        return self._memory.recall(made_of, make, lambda made: _SMALL + _PARSED * size if keep(made) else None)


def keys_of(issuer: DidDocument) -> Key:
    """All that a signature of the issuer's is checked with: its name, its keys and their dates."""
    listed = (*issuer.signing_keys, *issuer.withdrawn_keys)
    return (
        issuer.id,
        len(issuer.signing_keys),
        *((key.id, key.key.type.name, key.key.data, key.expires, key.revoked) for key in listed),
    )
