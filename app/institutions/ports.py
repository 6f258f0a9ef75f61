"""What institutions need of the outside: somewhere that keeps keys and signs with them, and the names of domains."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """Records found, or why nobody can tell (`failure`). `validated`: the resolver vouches for DNSSEC."""

    values: tuple[str, ...] = ()
    validated: bool = False
    failure: str = ""


class KeyStore(Protocol):
    """Keeps key material, or knows who does. References it hands out are names, never secrets.

    Every method may raise what the custodian behind it fails with (`app.adapters.custody.failures`): `OutsideFailed`
    when it cannot be reached or will not do it, `Refused` when this installation is not set up for it.
    """

    def create_signing_key(self, owner: str, name: str) -> tuple[str, str]:
        """A new Ed25519 key for `owner` (a slug): (reference, Multikey of the public half)."""
        ...

    def holds_signing_key(self, owner: str, name: str) -> bool:
        """Whether a key was ever made under this name, in use or not: what a transaction that failed left behind."""
        ...

    def sign(self, reference: str, data: bytes) -> bytes:
        """64-byte Ed25519 signature. Raises `Refused("passphrase_wrong")` or `OutsideFailed("key_missing")`."""
        ...

    def create_wallet(self, owner: str) -> tuple[str, str]:
        """A new secp256k1 wallet for `owner`: (reference, checksummed address)."""
        ...

    def sign_statement(self, reference: str, text: str) -> str:
        """The wallet's signature of a text (ERC-191, "personal_sign") as 0x and hex: 65 bytes, or of a wallet that
        several people hold 65 for each who signed.

        Raises as `sign` does, and `OwnersAwaited` where those people have not signed yet: they are asked to.
        """
        ...

    def statement_scheme(self, reference: str) -> str:
        """How such a signature is checked: one of the schemes of `app.standards.wallet_statement`."""
        ...


class DomainNames(Protocol):
    """The domain name system. A failure comes back as a value: silence proves nothing about a domain."""

    async def texts(self, name: str) -> DnsAnswer:
        """The TXT records of `name`, each as one text."""
        ...

    async def alias(self, name: str) -> DnsAnswer:
        """Where `name` points with a CNAME record: one host name in lower case without the last dot, or nothing."""
        ...
