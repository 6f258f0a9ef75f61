"""What a wallet says of itself to the registry: who follows it, whose log it takes over, whose it is.

These are rare, made by hand, and safe to repeat: each is told only when the registry does not say so already, and is
waited for until it is final. The wallet must be stopped meanwhile, so that nothing else takes its next number. What it
disowns is told to several chains, and not waited for: `app.anchoring.notices`.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from eth_abi.abi import decode, encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from app.adapters.custody.custodians import scheme_of
from app.adapters.custody.wallets import SAFE
from app.adapters.evm import EvmChain
from app.anchoring.fees import SendingPolicy, first_offer, per_gas
from app.anchoring.model import SignedTransaction
from app.errors import OutsideFailed, OwnersAwaited

GAS_LIMIT = 200_000
_TRIES, _PAUSE_SECONDS = 900, 2.0


class Signs(Protocol):
    """A custodian of the wallet."""

    def sign_transaction(self, reference: str, transaction: dict[str, Any]) -> SignedTransaction: ...


class WalletCalls:
    """Calls of one registry. `told` hears in words what is being waited for."""

    def __init__(
        self,
        chain: EvmChain,
        signs: Signs,
        policy: SendingPolicy,
        contract: str,
        told: Callable[[str], None],
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        self._chain, self._signs, self._policy, self._told = chain, signs, policy, told
        self._contract = to_checksum_address(contract)
        self._pause = pause_seconds

    async def hand_over(self, old: tuple[str, str], new: tuple[str, str]) -> None:
        """Let the wallet `new` follow `old`, each (address, reference); without a log there is nothing to give."""
        size = await self._chain.last_size(self._contract, old[0])
        if size == 0:
            return
        successor, accepted_at = await self._read("successorOf(address)", ["address", "uint64"], ["address"], [old[0]])
        if to_checksum_address(successor) != to_checksum_address(new[0]):
            await self._tell(old, "nameSuccessor(address)", [new[0]], "the wallet in use names the one that follows it")
        if not accepted_at:
            await self._tell(
                new, "acceptSuccession(address,uint64)", [old[0], size], "the new wallet takes the log over"
            )

    async def declare(self, wallet: tuple[str, str], did: str, document_sha256: bytes) -> None:
        """Say in the registry itself whose wallet it is: `did`, and the SHA-256 of its document now."""
        if await self._read("profileOf(address)", ["bytes32"], ["address"], [wallet[0]]) == document_sha256:
            return
        await self._tell(wallet, "setProfile(string,bytes32)", [did, document_sha256], "the wallet says whose it is")

    async def _read(self, function: str, answers: list[str], kinds: list[str], given: list[Any]) -> Any:
        data = keccak(text=function)[:4] + encode(kinds, given)
        raw = await self._chain.call("eth_call", {"to": self._contract, "data": "0x" + data.hex()}, "latest")
        values = decode(answers, bytes.fromhex((raw or "0x")[2:]))
        return values if len(values) > 1 else values[0]

    async def _tell(self, wallet: tuple[str, str], function: str, given: list[Any], what: str) -> None:
        """Send one call and wait until it is final. Raises `OutsideFailed`: nothing is half done, start again.

        Raises `OwnersAwaited` for a Safe: its owners make the call themselves, and it is seen here when they have.
        """
        address, reference = wallet
        if scheme_of(reference) == SAFE:
            said = ", ".join(f"0x{one.hex()}" if isinstance(one, bytes) else str(one) for one in given)
            raise OwnersAwaited(
                f"The owners of the Safe {address} have to do this themselves, with a call of {function} at "
                f"{self._contract}, given {said}. Then start the same command again."
            )
        market = await self._chain.fees()
        offer = first_offer(market, self._policy)
        if offer is None:
            raise OutsideFailed(
                "fees_above_cap",
                f"The chain asks {per_gas(market.base_fee + market.priority_fee)} for a unit of gas just now, more "
                "than is allowed here. Start again in a quieter hour.",
            )
        if await self._chain.balance(address) < GAS_LIMIT * offer.max_fee:
            raise OutsideFailed("wallet_unfunded", f"The wallet {address} cannot pay for this; top it up first.")
        kinds = function[function.index("(") + 1 : -1].split(",")
        transaction = {
            "type": 2,
            "chainId": await self._chain.chain_id(),
            "nonce": await self._chain.next_nonce(address),
            "to": self._contract,
            "value": 0,
            "gas": GAS_LIMIT,
            "maxFeePerGas": offer.max_fee,
            "maxPriorityFeePerGas": offer.priority_fee,
            "data": keccak(text=function)[:4] + encode(kinds, given),
        }
        signed = self._signs.sign_transaction(reference, transaction)
        await self._chain.broadcast(signed.raw)
        self._told(f"Sent: {what}. Waiting until it is final.")
        for _ in range(_TRIES):
            receipt = await self._chain.call("eth_getTransactionReceipt", "0x" + signed.hash.hex())
            if receipt is not None and int(receipt["status"], 16) != 1:
                raise OutsideFailed("transaction_reverted", f"The register refused that {what}.")
            if receipt is not None and await self._chain.is_final(int(receipt["blockNumber"], 16)):
                return
            await asyncio.sleep(self._pause)
        raise OutsideFailed(
            "transaction_waits", f"The chain has not made it final yet that {what}. Start the same command again later."
        )
