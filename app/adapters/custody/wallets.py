"""The `Wallet` of anchoring: whoever keeps a wallet, a single key or the owners of a Safe together."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from app.adapters.custody.custodians import scheme_of
from app.anchoring import fees
from app.anchoring.model import AnchorCall, DisownCall, Payer, SignedTransaction
from app.errors import OwnersAwaited

if TYPE_CHECKING:
    from app.adapters.custody.safe_wallet import SafeWallet

SAFE = "safe"


class Keeper(Protocol):
    """Custodians of single keys."""

    def sign_anchor(self, keystore: str, call: AnchorCall) -> SignedTransaction: ...

    def sign_transaction(self, reference: str, transaction: dict[str, Any]) -> SignedTransaction: ...


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

    async def sign_disown(self, keystore: str, call: DisownCall) -> SignedTransaction:
        if scheme_of(keystore) == SAFE:
            raise OwnersAwaited(
                f"The owners of the Safe {keystore.partition(':')[2]} have to do this themselves, with a call of "
                f"disown(uint64) at {call.contract} on chain {call.chain_id}, given {call.since}."
            )
        from app.adapters.evm import disown_transaction

        return self._keeper.sign_transaction(keystore, disown_transaction(call))

    def relayer(self) -> tuple[str, str]:
        """Who pays for Safes: the key's reference and its address. Raises as `SafeWallet.relayer`."""
        return self._safes().relayer()
