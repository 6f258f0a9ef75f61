"""Whoever pays for a transaction that is no checkpoint of ours: the local chain's own account."""

from dataclasses import dataclass
from typing import Any

from eth_utils.address import to_checksum_address

from app.adapters.evm import EvmChain
from app.adapters.local_chain import CHAIN_ID

_GAS_LIMIT = 8_000_000


@dataclass(frozen=True, slots=True)
class Payer:
    """`account` signs, `evm` sends; one transaction at a time."""

    evm: EvmChain
    account: Any

    async def send(self, data: bytes, to: str | None = None) -> Any:
        """The receipt of a transaction that succeeded; without `to` it creates the contract whose code `data` is."""
        fees = await self.evm.fees()
        signed = self.account.sign_transaction(
            {
                "type": 2,
                "chainId": CHAIN_ID,
                "nonce": await self.evm.next_nonce(self.account.address),
                "value": 0,
                "gas": _GAS_LIMIT,
                "maxFeePerGas": fees.max_fee,
                "maxPriorityFeePerGas": fees.priority_fee,
                "data": data,
                **({"to": to} if to else {}),
            }
        )
        await self.evm.broadcast(bytes(signed.raw_transaction))
        receipt = await self.evm.wait_for("0x" + bytes(signed.hash).hex())
        assert int(receipt["status"], 16) == 1
        return receipt

    async def create(self, code: bytes) -> str:
        """The address of a new contract; `code` has the constructor's arguments at its end."""
        return str(to_checksum_address((await self.send(code))["contractAddress"]))
