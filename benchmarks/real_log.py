"""A small log of signed documents, its roots computed as sealing computes them.

Salts are random, so they are drawn again until the root has no zero byte: each would make the transaction 12 gas
cheaper, and two checkpoints are to differ by what is in them alone.
"""

import secrets
from collections.abc import Sequence

from app.adapters.contexts import canonicaliser
from app.standards import merkle, status_list
from app.standards.anchor_receipt import LeafKind, leaf_hash
from benchmarks import material

Leaf = tuple[LeafKind, bytes]
"""What is to be logged: kind and digest."""


def digest_without_zero_byte() -> bytes:
    """Random; stands for the root of a log that is too large to be made here."""
    return bytes(1 + secrets.randbelow(255) for _ in range(32))


def signed_credentials(college: material.College, count: int) -> list[Leaf]:
    """`count` credentials of the usual shape, signed."""
    issuer = college.issuer(canonicaliser())
    documents = material.credentials(college.identity.institution, count)
    return [(LeafKind.CREDENTIAL, issuer.sign(document, material.NOW)[1]) for document in documents]


def signed_status_list(college: material.College, withdrawn: int) -> Leaf:
    """The institution's status list with that many of its entries set, signed."""
    issuer, bits = college.issuer(canonicaliser()), bytearray(status_list.LENGTH // 8)
    for index in range(withdrawn):
        status_list.set_bit(bits, index)
    institution = college.identity.institution
    unsigned = status_list.unsigned_list(
        f"{institution.status_url}/1", {"id": institution.did}, bytes(bits), material.NOW
    )
    return LeafKind.STATUS_LIST, issuer.sign(unsigned, material.NOW)[1]


class RealLog:
    """Empty at first; grows by `seal`."""

    def __init__(self) -> None:
        self._leaves: list[bytes] = []

    @property
    def size(self) -> int:
        return len(self._leaves)

    def seal(self, appended: Sequence[Leaf]) -> tuple[bytes, int]:
        """Root and size of the log once these are in it."""
        while True:
            leaves = [*self._leaves, *(leaf_hash(kind, secrets.token_bytes(32), digest) for kind, digest in appended)]
            root = merkle.Tree(leaves).root()
            if 0 not in root:
                self._leaves = leaves
                return root, len(leaves)
