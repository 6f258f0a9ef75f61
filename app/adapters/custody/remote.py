"""A `KeyHolder` as the `Custodian` of the service: all that must be the same whoever holds the key.

A signature is asked for while the process waits, so a holder's time limits are short; and after one that did not answer
nobody asks again for `REST_SECONDS`, or a dead custodian would hold up every request behind it.
"""

import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.adapters.custody import failures
from app.adapters.custody.custodian import KeyHolder, Kind
from app.anchoring.model import AnchorCall, SignedTransaction
from app.errors import OutsideFailed
from app.standards import multikey

REST_SECONDS = 5

Answer = TypeVar("Answer")


class RemoteKeystore:
    """The `KeyStore` of institutions and the `Wallet` of anchoring, over a holder that gives no private half out."""

    def __init__(self, holder: KeyHolder, clock: Callable[[], float] = time.monotonic) -> None:
        self._holder = holder
        self._clock = clock
        self._rests_until = float("-inf")
        self._public: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"RemoteKeystore({self._holder!r})"

    def create_signing_key(self, owner: str, name: str) -> tuple[str, str]:
        reference, public = self._make(Kind.SIGNING, owner, name)
        return reference, multikey.PublicKey(multikey.KeyType.ED25519, public).encode()

    def holds_signing_key(self, owner: str, name: str) -> bool:
        return self._ask(lambda: self._holder.has(owner, name))

    def sign(self, reference: str, data: bytes) -> bytes:
        own = self._own(reference)
        public = self._public_key(Kind.SIGNING, own)
        signature = self._ask(lambda: self._holder.sign(Kind.SIGNING, own, data))
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
        except (InvalidSignature, ValueError):
            raise failures.wrong_signature(self._holder.title) from None
        return signature

    def create_wallet(self, owner: str) -> tuple[str, str]:
        from app.adapters.custody import ethereum

        # A wallet has no name of its own before it has an address, and a name can be given once.
        reference, public = self._make(Kind.WALLET, owner, f"wallet-{secrets.token_hex(4)}")
        return reference, ethereum.address_of(public)

    def sign_statement(self, reference: str, text: str) -> str:
        from app.adapters.custody import ethereum

        return "0x" + self.sign_digest(reference, ethereum.text_digest(text)).hex()

    def sign_digest(self, reference: str, digest: bytes) -> bytes:
        from app.adapters.custody import ethereum

        return ethereum.joined(self._vrs(reference, digest))

    def sign_anchor(self, keystore: str, call: AnchorCall) -> SignedTransaction:
        from app.adapters.evm import anchor_transaction

        return self.sign_transaction(keystore, anchor_transaction(call))

    def sign_transaction(self, reference: str, transaction: dict[str, Any]) -> SignedTransaction:
        from app.adapters.custody import ethereum

        vrs = self._vrs(reference, ethereum.transaction_digest(transaction))
        return ethereum.signed_transaction(transaction, vrs)

    def _vrs(self, reference: str, digest: bytes) -> tuple[int, int, int]:
        from app.adapters.custody import ethereum

        own = self._own(reference)
        public = self._public_key(Kind.WALLET, own)
        signature = self._ask(lambda: self._holder.sign(Kind.WALLET, own, digest))
        vrs = ethereum.complete(digest, signature, public)
        if vrs is None:
            raise failures.wrong_signature(self._holder.title)
        return vrs

    def _make(self, kind: Kind, owner: str, name: str) -> tuple[str, bytes]:
        own = self._ask(lambda: self._holder.make(kind, owner, name))
        return f"{self._holder.scheme}:{own}", self._public_key(kind, own)

    def _public_key(self, kind: Kind, own: str) -> bytes:
        public = self._public.get(own)
        if public is None:
            public = self._ask(lambda: self._holder.public_key(kind, own))
            if len(public) != {Kind.SIGNING: 32, Kind.WALLET: 65}[kind]:
                raise failures.key_missing(self._holder.title, own)
            self._public[own] = public
        return public

    def _own(self, reference: str) -> str:
        return reference.removeprefix(f"{self._holder.scheme}:")

    def _ask(self, call: Callable[[], Answer]) -> Answer:
        if self._clock() < self._rests_until:
            raise failures.unreachable(self._holder.title)
        try:
            return call()
        except OutsideFailed as error:
            if error.code == "custody_unreachable":
                self._rests_until = self._clock() + REST_SECONDS
            raise
