"""One EVM chain over JSON-RPC: the `Chain` of anchoring and the registry reads of verification.

web3.py builds, encodes and decodes; reads go through its HTTP provider without middleware (each middleware asks for
the chain id again). Answers are hints until they are final: the callers decide what counts.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import aiohttp
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3 import AsyncHTTPProvider
from web3.types import RPCEndpoint

from app.anchoring.model import AnchorCall, Block, DisownCall, Fees, Inclusion
from app.errors import OutsideFailed

GAS_LIMIT = 100_000
DISOWN_GAS_LIMIT = 200_000
TIMEOUT_SECONDS = 5
ATTEMPTS = 3

_ANCHOR = keccak(text="anchor(bytes32,uint64)")[:4]
_ANCHORED_AT = keccak(text="anchoredAt(address,bytes32)")[:4]
_LAST_SIZE = keccak(text="lastSize(address)")[:4]
_DISOWN = keccak(text="disown(uint64)")[:4]
_DISOWNED_SINCE = keccak(text="disownedSince(address)")[:4]
_ROOT_ANCHORED = keccak(text="RootAnchored(address,bytes32,uint64)")
_KNOWN = ("already known", "already imported", "nonce too low", "known transaction")
# How the common nodes (geth, Besu, Nethermind, Erigon, anvil) word what can be mended.
_REFUSALS = (
    ("underpriced", "transaction_underpriced"),
    ("max fee per gas less than block base fee", "transaction_underpriced"),
    ("gas price below", "transaction_underpriced"),
    ("insufficient funds", "wallet_unfunded"),
    ("upfront cost exceeds", "wallet_unfunded"),
)


def anchor_transaction(call: AnchorCall) -> dict[str, Any]:
    """The EIP-1559 transaction of one `anchor(root, treeSize)` call."""
    return {
        "type": 2,
        "chainId": call.chain_id,
        "nonce": call.nonce,
        "to": to_checksum_address(call.contract),
        "value": 0,
        "gas": GAS_LIMIT,
        "maxFeePerGas": call.fees.max_fee,
        "maxPriorityFeePerGas": call.fees.priority_fee,
        "data": _ANCHOR + encode(["bytes32", "uint64"], [call.root, call.tree_size]),
    }


def disown_transaction(call: DisownCall) -> dict[str, Any]:
    """The EIP-1559 transaction of one `disown(since)` call."""
    return {
        "type": 2,
        "chainId": call.chain_id,
        "nonce": call.nonce,
        "to": to_checksum_address(call.contract),
        "value": 0,
        "gas": DISOWN_GAS_LIMIT,
        "maxFeePerGas": call.fees.max_fee,
        "maxPriorityFeePerGas": call.fees.priority_fee,
        "data": _DISOWN + encode(["uint64"], [call.since]),
    }


@cache
def registry_artifact(contracts_dir: Path) -> dict[str, Any]:
    """The compiled registry: abi, bytecode, runtimeBytecode, runtimeCodeHash."""
    artifact: dict[str, Any] = json.loads((contracts_dir / "abi" / "AnchorRegistry.json").read_text())
    return artifact


@cache
def registry_code_hashes(contracts_dir: Path) -> frozenset[str]:
    """Code hashes of every AnchorRegistry published so far: a former one keeps its anchors and answers as honestly."""
    former = json.loads((contracts_dir / "abi" / "former.json").read_text())["AnchorRegistry"]
    return frozenset([registry_artifact(contracts_dir)["runtimeCodeHash"], *former])


Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def _readable(
    read: Callable[Arguments, Coroutine[Any, Any, Answer]],
) -> Callable[Arguments, Coroutine[Any, Any, Answer]]:
    """What a node says that is no answer to the question is a failure of the node: never a bug of ours, never zero."""

    @wraps(read)
    async def reading(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        try:
            return await read(*args, **kwargs)
        except (ValueError, TypeError, AttributeError, LookupError, OverflowError, DecodingError):
            raise OutsideFailed(
                "chain_answer_unreadable",
                "The chain's node gave an answer that cannot be read; it will be asked again.",
            ) from None

    return reading


class EvmChain:
    """A chain behind one JSON-RPC address."""

    def __init__(
        self, rpc_url: str, finality: str, contracts_dir: Path, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._provider = AsyncHTTPProvider(
            rpc_url,
            request_kwargs={"timeout": aiohttp.ClientTimeout(total=timeout_seconds)},
            exception_retry_configuration=None,
        )
        self._finality = finality
        self._contracts_dir = contracts_dir
        self._registries: dict[str, str] = {}

    async def close(self) -> None:
        await self._provider.disconnect()

    async def call(self, method: str, *params: Any) -> Any:
        """One JSON-RPC call, tried again when the node does not answer.

        Raises `OutsideFailed` (chain_unreachable, chain_error).
        """
        for attempt in range(ATTEMPTS):
            try:
                answer = await self._provider.make_request(RPCEndpoint(method), list(params))
                break
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                if attempt == ATTEMPTS - 1:
                    raise OutsideFailed(
                        "chain_unreachable", "The chain's node does not answer just now; it will be asked again."
                    ) from error
                await asyncio.sleep(0.1 * 2**attempt)
        if answer.get("error"):
            detail = answer["error"]
            message = str(detail.get("message", "") if isinstance(detail, dict) else detail)[:200]
            # What a contract gave as its reason may be any bytes; people and the database are given text.
            readable = "".join(letter if letter.isprintable() else " " for letter in message).strip()
            raise OutsideFailed("chain_error", f"The chain's node answered with an error: {readable}")
        return answer.get("result")

    @_readable
    async def chain_id(self) -> int:
        return int(await self.call("eth_chainId"), 16)

    @_readable
    async def has_registry(self, contract: str) -> bool:
        if contract not in self._registries:
            found = await self.code_hash(contract)
            if found is None or not self.is_registry_code(found):
                return False
            self._registries[contract] = found
        return True

    def is_registry_code(self, code_hash: str) -> bool:
        """Whether it is the hash of a registry published so far."""
        return code_hash in registry_code_hashes(self._contracts_dir)

    @_readable
    async def code_hash(self, address: str) -> str | None:
        """keccak256 of the code at `address`, None where there is none."""
        code = bytes.fromhex((await self.call("eth_getCode", address, "latest"))[2:])
        return "0x" + keccak(code).hex() if code else None

    @_readable
    async def head(self) -> Block:
        """The newest block."""
        return _block(await self.call("eth_getBlockByNumber", "latest", False))

    @_readable
    async def final_head(self) -> Block | None:
        """The newest block that counts as final; None while none does."""
        number = self._finality
        if number.isdigit():
            height = int(await self.call("eth_blockNumber"), 16) - int(number)
            if height < 0:
                return None
            number = hex(height)
        block = await self.call("eth_getBlockByNumber", number, False)
        return _block(block) if block is not None else None

    @_readable
    async def block_hash(self, number: int) -> str | None:
        """Of the block at a height; None where the node has none."""
        block = await self.call("eth_getBlockByNumber", hex(number), False)
        return str(block["hash"]) if block is not None else None

    @_readable
    async def next_nonce(self, address: str, *, final: bool = False) -> int:
        block = await self._final_block() if final else "latest"
        return int(await self.call("eth_getTransactionCount", address, block), 16)

    @_readable
    async def balance(self, address: str) -> int:
        return int(await self.call("eth_getBalance", address, "latest"), 16)

    @_readable
    async def fees(self) -> Fees:
        block = await self.call("eth_getBlockByNumber", "latest", False)
        priority = int(await self.call("eth_maxPriorityFeePerGas"), 16)
        # A private network may run without a base fee.
        base_fee = int(block.get("baseFeePerGas") or "0x0", 16)
        # Twice the base fee keeps the transaction payable through six full blocks; the rest is refunded.
        return Fees(2 * base_fee + priority, priority, base_fee)

    async def broadcast(self, raw: bytes) -> None:
        try:
            await self.call("eth_sendRawTransaction", "0x" + raw.hex())
        except OutsideFailed as error:
            if error.code != "chain_error":
                raise
            said = error.message.lower()
            if any(known in said for known in _KNOWN):
                return
            code = next((code for words, code in _REFUSALS if words in said), "transaction_refused")
            raise OutsideFailed(code, error.message) from None

    @_readable
    async def inclusion(self, tx_hash: bytes) -> Inclusion | None:
        receipt = await self.call("eth_getTransactionReceipt", "0x" + tx_hash.hex())
        if receipt is None or receipt.get("blockHash") is None:
            return None
        # The event's own index, not the block's first: other wallets anchor in the same block.
        events = [log for log in receipt["logs"] if log["topics"][:1] == ["0x" + _ROOT_ANCHORED.hex()]]
        succeeded = int(receipt["status"], 16) == 1 and len(events) == 1
        return await self._inclusion(receipt, succeeded, int(events[0]["logIndex"], 16) if events else None)

    @_readable
    async def find_anchored(self, contract: str, address: str, root: bytes) -> Inclusion | None:
        topics = ["0x" + _ROOT_ANCHORED.hex(), "0x" + bytes(12).hex() + address[2:].lower(), "0x" + root.hex()]
        logs = await self.call(
            "eth_getLogs", {"address": contract, "topics": topics, "fromBlock": "earliest", "toBlock": "latest"}
        )
        return await self._inclusion(logs[0], True, int(logs[0]["logIndex"], 16)) if logs else None

    @_readable
    async def is_final(self, block_number: int) -> bool:
        if self._finality.isdigit():
            return int(await self.call("eth_blockNumber"), 16) - block_number >= int(self._finality)
        block = await self.call("eth_getBlockByNumber", self._finality, False)
        return block is not None and int(block["number"], 16) >= block_number

    @_readable
    async def anchored_at(self, contract: str, address: str, root: bytes, *, final: bool = False) -> int:
        """Unix time at which `address` recorded `root`, 0 = never; with `final`, as of the last final block."""
        data = _ANCHORED_AT + encode(["address", "bytes32"], [address, root])
        block = await self._final_block() if final else "latest"
        return await self._read_number(contract, data, block)

    @_readable
    async def last_size(self, contract: str, address: str) -> int:
        return await self._read_number(contract, _LAST_SIZE + encode(["address"], [address]), "latest")

    async def may_anchor(self, contract: str, address: str, root: bytes, size: int) -> bool:
        """As the port says."""
        return await self._would_take(contract, address, _ANCHOR + encode(["bytes32", "uint64"], [root, size]))

    @_readable
    async def disowned_since(self, contract: str, address: str, *, final: bool = False) -> int:
        """As the port says; 0 also where the registry knows no notices."""
        current = registry_artifact(self._contracts_dir)["runtimeCodeHash"]
        if not await self.has_registry(contract) or self._registries[contract] != current:
            return 0
        block = await self._final_block() if final else "latest"
        return await self._read_number(contract, _DISOWNED_SINCE + encode(["address"], [address]), block)

    async def may_disown(self, contract: str, address: str, since: int) -> bool:
        """As the port says."""
        return await self._would_take(contract, address, _DISOWN + encode(["uint64"], [since]))

    async def wait_for(self, tx_hash: str, tries: int = 100, pause_seconds: float = 0.1) -> Any:
        """The receipt of a transaction, once it is in a block. Raises `OutsideFailed("chain_unreachable")`."""
        for _ in range(tries):
            receipt = await self.call("eth_getTransactionReceipt", tx_hash)
            if receipt is not None:
                return receipt
            await asyncio.sleep(pause_seconds)
        raise OutsideFailed("chain_unreachable", "The transaction was not taken up by the chain in time.")

    async def _would_take(self, contract: str, address: str, data: bytes) -> bool:
        """Asked of the node as a call that is not sent."""
        try:
            await self.call("eth_call", {"from": address, "to": contract, "data": "0x" + data.hex()}, "latest")
        except OutsideFailed as error:
            if error.code == "chain_error" and "revert" in error.message.lower():
                return False
            raise
        return True

    async def _final_block(self) -> str:
        """A tag or a number, for a question about what cannot change any more."""
        if not self._finality.isdigit():
            return self._finality
        newest = int(await self.call("eth_blockNumber"), 16)
        return hex(max(0, newest - int(self._finality)))

    async def _read_number(self, contract: str, data: bytes, block: str) -> int:
        result = await self.call("eth_call", {"to": contract, "data": "0x" + data.hex()}, block)
        raw = bytes.fromhex(result[2:]) if result is not None else None
        if raw is None or len(raw) not in (0, 32):
            raise OutsideFailed("chain_error", "The chain's node gave no answer to the question.")
        # An address without code answers with nothing: the registry is not there, so nothing is recorded.
        return int(decode(["uint64"], raw)[0]) if raw else 0

    async def _inclusion(self, found: Any, succeeded: bool, log_index: int | None) -> Inclusion | None:
        block = await self.call("eth_getBlockByHash", found["blockHash"], False)
        if block is None:
            return None
        return Inclusion(_block(block), succeeded, bytes.fromhex(found["transactionHash"][2:]), log_index)


def _block(found: Any) -> Block:
    return Block(
        int(found["number"], 16),
        bytes.fromhex(found["hash"][2:]),
        datetime.fromtimestamp(int(found["timestamp"], 16), UTC),
    )
