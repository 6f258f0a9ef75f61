"""The `Wallet` of anchoring: whoever keeps a wallet, a single key or the owners of a Safe together."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from app.adapters.custody.custodians import scheme_of
from app.anchoring import fees
from app.anchoring.model import AnchorCall, Payer, SignedTransaction

if TYPE_CHECKING:
    from app.adapters.custody.safe_wallet import SafeWallet

SAFE = "safe"


class Keeper(Protocol):
    """Custodians of single keys."""

    def sign_anchor(self, keystore: str, call: AnchorCall) -> SignedTransaction: ...


class Wallets:
    """`keeper` signs for wallets with a key; `safes` is asked for on first use, and answers for the others."""

    def __init__(self, keeper: Keeper, safes: Callable[[], "SafeWallet"]) -> None:
        self._keeper = keeper
        self._safes = safes

    async def payer(self, keystore: str, address: str) -> Payer:
        if scheme_of(keystore) == SAFE:
            return await self._safes().payer(keystore, address)
        return Payer(address, fees.GAS_LIMIT)

    async def sign_anchor(self, keystore: str, call: AnchorCall) -> SignedTransaction:
        if scheme_of(keystore) == SAFE:
            return await self._safes().sign_anchor(keystore, call)
        return self._keeper.sign_anchor(keystore, call)

    def relayer(self) -> tuple[str, str]:
        """Who pays for Safes: the key's reference and its address. Raises as `SafeWallet.relayer`."""
        return self._safes().relayer()
