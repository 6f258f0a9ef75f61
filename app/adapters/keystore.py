"""Keys in encrypted files: PKCS #8 for Ed25519, Web3 Secret Storage for wallets.

Files lie under `<wallets>/keystores/`, readable by their owner alone, and are opened once per process. Other custodians
stand behind the same two ports: `app.adapters.custody`.
"""

import json
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from app.anchoring.model import AnchorCall, SignedTransaction
from app.errors import OutsideFailed, Refused
from app.standards import multikey, wallet_statement


class FileKeystore:
    """Keys in a folder: a `Custodian` (`app.adapters.custody`)."""

    def __init__(self, folder: Path, passphrase: Callable[[], str]) -> None:
        self._folder = folder / "keystores"
        self._passphrase = passphrase
        self._signing: dict[str, Ed25519PrivateKey] = {}
        self._wallets: dict[str, Any] = {}
        # To open a wallet takes a second and much memory: threads that want the same one wait for it.
        self._opening = threading.Lock()

    def __repr__(self) -> str:
        return f"FileKeystore({str(self._folder)!r})"

    def create_signing_key(self, owner: str, name: str) -> tuple[str, str]:
        key = Ed25519PrivateKey.generate()
        public = multikey.PublicKey(
            multikey.KeyType.ED25519, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        ).encode()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(self._passphrase().encode()))
        reference = f"{owner}-{name}-{public[-8:]}.pem"
        self._write(reference, pem)
        self._signing[reference] = key
        return reference, public

    def holds_signing_key(self, owner: str, name: str) -> bool:
        # The last part is the end of the public key: eight characters, none of them a hyphen.
        return any(self._folder.glob(f"{owner}-{name}-????????.pem"))

    def sign(self, reference: str, data: bytes) -> bytes:
        key = self._signing.get(reference)
        if key is None:
            try:
                loaded = load_pem_private_key(self._read(reference), self._passphrase().encode())
            except ValueError:
                raise _wrong_passphrase() from None
            if not isinstance(loaded, Ed25519PrivateKey):
                raise OutsideFailed("key_missing", f"The file {reference} does not hold a signing key.")
            key = self._signing[reference] = loaded
        return key.sign(data)

    def create_wallet(self, owner: str) -> tuple[str, str]:
        from eth_account import Account

        account = Account.from_key(secrets.token_bytes(32))
        reference = f"{owner}-{account.address}.json"
        self._write(reference, json.dumps(account.encrypt(self._passphrase())).encode())
        self._wallets[reference] = account
        return reference, str(account.address)

    def sign_statement(self, reference: str, text: str) -> str:
        from eth_account.messages import encode_defunct

        return "0x" + bytes(self._account(reference).sign_message(encode_defunct(text=text)).signature).hex()

    def statement_scheme(self, reference: str) -> str:
        return wallet_statement.PERSON

    def wallet_address(self, reference: str) -> str:
        return str(self._account(reference).address)

    def open(self, signing_key: str, wallet: str) -> None:
        """Decrypt both now, not at first use: a wrong passphrase shows at once. Raises as `sign` does."""
        self.sign(signing_key, b"")
        self._account(wallet)

    def sign_anchor(self, keystore: str, call: AnchorCall) -> SignedTransaction:
        from app.adapters.evm import anchor_transaction

        return self.sign_transaction(keystore, anchor_transaction(call))

    def sign_transaction(self, reference: str, transaction: dict[str, Any]) -> SignedTransaction:
        signed = self._account(reference).sign_transaction(transaction)
        return SignedTransaction(bytes(signed.raw_transaction), bytes(signed.hash))

    def sign_digest(self, reference: str, digest: bytes) -> bytes:
        return bytes(self._account(reference).unsafe_sign_hash(digest).signature)

    def _account(self, reference: str) -> Any:
        with self._opening:
            return self._opened(reference)

    def _opened(self, reference: str) -> Any:
        account = self._wallets.get(reference)
        if account is None:
            from eth_account import Account

            try:
                account = Account.from_key(Account.decrypt(json.loads(self._read(reference)), self._passphrase()))
            except ValueError:
                raise _wrong_passphrase() from None
            self._wallets[reference] = account
        return account

    def _write(self, reference: str, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # O_EXCL: a key file is never overwritten.
        handle = os.open(self._folder / reference, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def _read(self, reference: str) -> bytes:
        try:
            return (self._folder / reference.removeprefix("file:")).read_bytes()
        except OSError:
            raise OutsideFailed(
                "key_missing", f"The key file {reference} is not on this machine; restore it from the backup."
            ) from None


def _wrong_passphrase() -> Refused:
    return Refused("passphrase_wrong", "The passphrase does not open the key file.")
