"""All custodians of an installation as one: each call goes to whoever holds the key that its reference names."""

from collections.abc import Callable, Mapping
from typing import Any

from app.adapters.custody import failures
from app.adapters.custody.custodian import Custodian
from app.anchoring.model import AnchorCall, SignedTransaction

FILE = "file"


def scheme_of(reference: str) -> str:
    """Who holds a key: what stands before the first colon; `file` for a name without one, as all were at first."""
    scheme, colon, _ = reference.partition(":")
    return scheme if colon else FILE


class Custodians:
    """The `KeyStore` of institutions, and the keys behind the `Wallet` of anchoring.

    `openers`: scheme -> custodian, opened on first use, so that a custodian that nobody uses need not be there.
    New signing keys are made with `custody`, new wallets with `wallet_custody`.
    """

    def __init__(self, openers: Mapping[str, Callable[[], Custodian]], custody: str, wallet_custody: str) -> None:
        self._openers = openers
        self._opened: dict[str, Custodian] = {}
        self.custody = custody
        self.wallet_custody = wallet_custody

    def __repr__(self) -> str:
        return f"Custodians({sorted(self._openers)}, custody={self.custody!r}, wallet_custody={self.wallet_custody!r})"

    def making_at(self, custody: str) -> "Custodians":
        """The same custodians, but new keys of either kind are made with `custody`. Raises `Refused` as `custodian`."""
        self.custodian(custody)
        other = Custodians(self._openers, custody, custody)
        other._opened = self._opened
        return other

    def custodian(self, scheme: str) -> Custodian:
        """Raises `Refused` (custody_unknown, custody_not_configured, custody_library_missing)."""
        if scheme not in self._opened:
            if scheme not in self._openers:
                raise failures.unknown_custody(scheme)
            self._opened[scheme] = self._openers[scheme]()
        return self._opened[scheme]

    def create_signing_key(self, owner: str, name: str) -> tuple[str, str]:
        return self.custodian(self.custody).create_signing_key(owner, name)

    def holds_signing_key(self, owner: str, name: str) -> bool:
        # Where the key would be made; what others hold and nobody published does no harm under the same name.
        return self.custodian(self.custody).holds_signing_key(owner, name)

    def sign(self, reference: str, data: bytes) -> bytes:
        return self._holding(reference).sign(reference, data)

    def create_wallet(self, owner: str) -> tuple[str, str]:
        return self.custodian(self.wallet_custody).create_wallet(owner)

    def sign_statement(self, reference: str, text: str) -> str:
        return self._holding(reference).sign_statement(reference, text)

    def statement_scheme(self, reference: str) -> str:
        return self._holding(reference).statement_scheme(reference)

    def wallet_address(self, reference: str) -> str:
        return self._holding(reference).wallet_address(reference)

    def sign_anchor(self, keystore: str, call: AnchorCall) -> SignedTransaction:
        return self._holding(keystore).sign_anchor(keystore, call)

    def sign_transaction(self, reference: str, transaction: dict[str, Any]) -> SignedTransaction:
        return self._holding(reference).sign_transaction(reference, transaction)

    def sign_digest(self, reference: str, digest: bytes) -> bytes:
        return self._holding(reference).sign_digest(reference, digest)

    def _holding(self, reference: str) -> Custodian:
        return self.custodian(scheme_of(reference))
