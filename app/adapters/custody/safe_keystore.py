"""A Safe among the custodians: it holds no key, so all it can do at once is say what its owners have signed before."""

from typing import Any, NoReturn

from app.adapters.custody.safe import safe_of
from app.adapters.custody.safe_files import ProposalFiles, statement_of
from app.anchoring.model import AnchorCall, SignedTransaction
from app.errors import OwnersAwaited, Refused
from app.standards import wallet_statement


class SafeKeystore:
    """The `Custodian` behind references such as `safe:0x…`. Checkpoints of a Safe are `SafeWallet`'s."""

    def __init__(self, files: ProposalFiles, chain_id: int) -> None:
        self._files = files
        self._chain_id = chain_id

    def __repr__(self) -> str:
        return "SafeKeystore()"

    def sign_statement(self, reference: str, text: str) -> str:
        """What the Safe's owners have signed, one after the other. Raises `OwnersAwaited`; then they are asked."""
        statement = statement_of(self._chain_id, safe_of(reference), text)
        whole = self._files.finished(statement)
        if whole is None:
            self._files.put(statement)
            raise OwnersAwaited(
                f"The owners of the Safe {statement.safe} have to sign whom it anchors for. They find it with: "
                f"stackmark wallet proposals list --safe {statement.safe}."
            )
        return "0x" + whole.hex()

    def statement_scheme(self, reference: str) -> str:
        return wallet_statement.CONTRACT

    def wallet_address(self, reference: str) -> str:
        return safe_of(reference)

    def create_signing_key(self, owner: str, name: str) -> tuple[str, str]:
        return _no_key()

    def holds_signing_key(self, owner: str, name: str) -> bool:
        return _no_key()

    def sign(self, reference: str, data: bytes) -> bytes:
        return _no_key()

    def create_wallet(self, owner: str) -> tuple[str, str]:
        return _no_key()

    def sign_anchor(self, keystore: str, call: AnchorCall) -> SignedTransaction:
        return _no_key()

    def sign_transaction(self, reference: str, transaction: dict[str, Any]) -> SignedTransaction:
        return _no_key()

    def sign_digest(self, reference: str, digest: bytes) -> bytes:
        return _no_key()


def _no_key() -> NoReturn:
    raise Refused(
        "safe_has_no_key",
        "A Safe (safe:0x…) holds no key of its own: nothing can be made or signed with it but by its owners.",
    )
