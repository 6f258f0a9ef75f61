"""Checkpoints of wallets that are Safes: proposed to the owners, sent by the relayer once enough of them have signed.

The relayer is a wallet of this installation with any custodian. It pays and can do nothing else: what it brings is what
the owners signed, or the Safe refuses it. So it may serve every Safe here, and need not be trusted by any.
"""

from typing import Any, Protocol

from app.adapters.custody.safe import safe_of
from app.adapters.custody.safe_proposals import Proposals
from app.anchoring.model import AnchorCall, Payer, SignedTransaction
from app.errors import Refused

GAS_BEYOND, GAS_BEYOND_PER_SIGNATURE, GAS_BEYOND_FIRST = 32_000, 8_000, 17_500
"""What a Safe takes for a checkpoint beside the register's own work, rounded up, and its very first transaction more.

Measured with two signatures: 46,600 in its form for cheap chains (SafeL2), 37,700 in the other.
"""


class Keeper(Protocol):
    """Who keeps the relayer's key."""

    def wallet_address(self, reference: str) -> str: ...

    def sign_transaction(self, reference: str, transaction: dict[str, Any]) -> SignedTransaction: ...


class SafeWallet:
    """The `Wallet` of anchoring for references such as `safe:0x…`. `key`: the relayer's, by its reference."""

    def __init__(self, proposals: Proposals, keystore: Keeper, key: str | None) -> None:
        self._proposals = proposals
        self._keystore = keystore
        self._key = key

    async def payer(self, keystore: str, address: str) -> Payer:
        """Raises `Refused` (safe_missing, relayer_missing)."""
        _, relayer = self.relayer()
        state = await self._proposals.safe(safe_of(keystore))
        beyond = GAS_BEYOND + GAS_BEYOND_PER_SIGNATURE * state.threshold + (GAS_BEYOND_FIRST if not state.nonce else 0)
        return Payer(relayer, state.gas_limit, beyond)

    async def sign_anchor(self, keystore: str, call: AnchorCall) -> SignedTransaction:
        """Raises `OwnersAwaited`, and what `Proposals` raises."""
        key, relayer = self.relayer()
        proposal = await self._proposals.propose(
            call.chain_id, safe_of(keystore), call.contract, call.root, call.tree_size
        )
        order = await self._proposals.execution(proposal, call.nonce, call.fees)
        await self._proposals.rehearse(order, relayer)
        return self._keystore.sign_transaction(key, order)

    def relayer(self) -> tuple[str, str]:
        """Its key's reference and its address. Raises `Refused("relayer_missing")` and what its custodian raises."""
        if self._key is None:
            raise Refused(
                "relayer_missing",
                "A wallet here is a Safe, and nobody pays for what its owners sign. Make somebody: stackmark wallet "
                "create-relayer, then set STACKMARK_SAFE_RELAYER.",
            )
        return self._key, self._keystore.wallet_address(self._key)
