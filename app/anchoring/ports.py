"""What anchoring needs of the outside: a chain, a wallet, and the owner's signature on receipts."""

from typing import Protocol

from app.anchoring.model import AnchorCall, DisownCall, Fees, Inclusion, Payer, SignedTransaction


class Chain(Protocol):
    """One EVM chain. Every method raises `OutsideFailed("chain_unreachable")` when it cannot get an answer."""

    async def chain_id(self) -> int: ...

    async def has_registry(self, contract: str) -> bool:
        """Whether the registry's own code, and no other, is at `contract`."""
        ...

    async def next_nonce(self, address: str, *, final: bool = False) -> int:
        """Number of the wallet's mined transactions; with `final`, of those that cannot vanish any more."""
        ...

    async def balance(self, address: str) -> int:
        """In wei."""
        ...

    async def fees(self) -> Fees: ...

    async def broadcast(self, raw: bytes) -> None:
        """Hand over signed bytes; that the node knows them already is a success.

        Raises `OutsideFailed` with code transaction_underpriced (a higher fee is wanted), wallet_unfunded, or
        transaction_refused.
        """
        ...

    async def inclusion(self, tx_hash: bytes) -> Inclusion | None:
        """None while the transaction is in no block."""
        ...

    async def find_anchored(self, contract: str, address: str, root: bytes) -> Inclusion | None:
        """The transaction whose event recorded `root` for `address`, whoever sent it; None when there is none."""
        ...

    async def is_final(self, block_number: int) -> bool: ...

    async def anchored_at(self, contract: str, address: str, root: bytes) -> int:
        """Unix time at which `address` recorded `root`; 0 = never."""
        ...

    async def last_size(self, contract: str, address: str) -> int: ...

    async def may_anchor(self, contract: str, address: str, root: bytes, size: int) -> bool:
        """Whether the registry would take this from `address` now; False = it would be paid for and refused."""
        ...

    async def disowned_since(self, contract: str, address: str, *, final: bool = False) -> int:
        """Unix time from which on the registry believes nothing of `address`, 0 = it has no such notice; with `final`,
        as of the last final block."""
        ...

    async def may_disown(self, contract: str, address: str, since: int) -> bool:
        """Whether the registry would take this notice of `address` now."""
        ...


class Wallet(Protocol):
    """Signs with the owner's wallet, whoever keeps it. `keystore`: the reference that says who does.

    Every method raises `Refused("passphrase_wrong")`, `OutsideFailed("key_missing")` or another failure of whoever
    keeps the wallet.
    """

    async def payer(self, keystore: str, address: str) -> Payer:
        """Who sends what the wallet at `address` records."""
        ...

    async def sign_anchor(self, keystore: str, call: AnchorCall) -> SignedTransaction:
        """The payer's transaction that records a checkpoint for the wallet; nonce and fees are the payer's.

        Raises `OwnersAwaited` while not enough of those have agreed who hold the wallet together.
        """
        ...

    async def sign_disown(self, keystore: str, call: DisownCall) -> SignedTransaction:
        """The wallet's own transaction that gives notice of it. Raises `OwnersAwaited` for a wallet of several people,
        who have to do this themselves."""
        ...


class ReceiptSigner(Protocol):
    """The log owner's signature: eddsa-jcs-2022 over receipts and lists, and signed notes over checkpoints."""

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        ...

    @property
    def key_id(self) -> str: ...

    @property
    def public_key(self) -> bytes:
        """32 bytes, Ed25519."""
        ...

    @property
    def log_url(self) -> str:
        """Where the owner's log is published."""
        ...
