"""What institutions need of the outside: somewhere that keeps keys and signs with them."""

from typing import Protocol


class KeyStore(Protocol):
    """Keeps key material encrypted at rest. References it hands out are names, never secrets."""

    def create_signing_key(self, owner: str, name: str) -> tuple[str, str]:
        """A new Ed25519 key for `owner` (a slug): (reference, Multikey of the public half)."""
        ...

    def sign(self, reference: str, data: bytes) -> bytes:
        """64-byte Ed25519 signature. Raises `Refused("passphrase_wrong")` or `OutsideFailed("key_missing")`."""
        ...

    def create_wallet(self, owner: str) -> tuple[str, str]:
        """A new secp256k1 wallet for `owner`: (reference, checksummed address)."""
        ...
