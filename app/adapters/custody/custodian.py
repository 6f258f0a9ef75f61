"""The ports: what the service needs of a custodian, and what a custodian that keeps keys to itself has to offer."""

from enum import StrEnum
from typing import Any, Protocol

from app.anchoring.model import SignedTransaction
from app.anchoring.ports import Wallet
from app.institutions.ports import KeyStore


class Custodian(KeyStore, Wallet, Protocol):
    """Keeps signing keys and wallets, and signs with them."""

    def sign_transaction(self, reference: str, transaction: dict[str, Any]) -> SignedTransaction:
        """Sign an EIP-1559 transaction (type 2, its fields named as in JSON-RPC). Raises as `sign_anchor`."""
        ...

    def sign_digest(self, reference: str, digest: bytes) -> bytes:
        """A wallet's signature of 32 bytes as they are: 65 bytes, v 27 or 28. For an owner of a Safe, and for no
        digest that somebody else computed. Raises as `sign_anchor`.
        """
        ...


class Kind(StrEnum):
    """What a key is for, and so its curve."""

    SIGNING = "Ed25519"
    WALLET = "secp256k1"


class KeyHolder(Protocol):
    """Makes keys, signs with them, and never gives a private half out. The methods may be called from any thread.

    Each raises the errors of `failures`, and answers or fails within seconds.
    """

    @property
    def scheme(self) -> str:
        """What its references begin with, before a colon."""
        ...

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    def make(self, kind: Kind, owner: str, name: str) -> str:
        """A new key of an owner (a slug) by a name; its reference without the scheme.

        The reference means this very key for good, whatever else is later made under the name. Raises
        `Conflict("key_exists")` where a name can be given once only.
        """
        ...

    def has(self, owner: str, name: str) -> bool:
        """Whether a key was ever made under this name."""
        ...

    def public_key(self, kind: Kind, reference: str) -> bytes:
        """Ed25519: 32 bytes. secp256k1: 65 bytes, uncompressed (0x04, x, y)."""
        ...

    def sign(self, kind: Kind, reference: str, data: bytes) -> bytes:
        """Ed25519: the 64-byte signature of `data`. secp256k1: r and s, 64 bytes, for `data`, a digest of 32."""
        ...
