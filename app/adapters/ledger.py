"""A wallet's whole history in the registry: events and storage, all of it as of one final block.

A node may leave out events, or lie: storage is asked too, and of several nodes only what all of them say is believed.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from app.adapters.registry import EvmRegistry, KnowsNotices
from app.auditing.model import History, Recorded
from app.auditing.ports import Ledger
from app.errors import OutsideFailed

if TYPE_CHECKING:
    from app.adapters.evm import EvmChain

MAX_RECORDS = 100_000
MAX_CALLS = 5_000
"""Of eth_getLogs: where a node answers for so few blocks at a time that it takes more, say where to begin."""
ROOTS_AT_ONCE = 500
_ROOT_ANCHORED = "0x" + keccak(text="RootAnchored(address,bytes32,uint64)").hex()
_ANCHORED_AT_MANY = keccak(text="anchoredAtMany(address,bytes32[])")[:4]
_LAST_SIZE = keccak(text="lastSize(address)")[:4]


class EvmLedger:
    """One node. `from_block`: where to begin; nothing of the registry is older than its deployment."""

    def __init__(self, chain: "EvmChain", *, finality: str, from_block: int = 0) -> None:
        self._chain = chain
        self._finality = finality
        self._from_block = from_block

    async def history(self, chain_id: int, contract: str, wallet: str, roots: Sequence[bytes]) -> History:
        """As the port says."""
        try:
            if await self._chain.chain_id() != chain_id:
                return _unknown("chain_other", "The log is recorded on a chain that this audit does not ask.")
            if not await self._chain.has_registry(contract):
                return _unknown("registry_unknown", "The register named is not one whose rules we know.")
            final = await self._final_block()
            records = await self._records(contract, wallet, final)
            wanted = list(dict.fromkeys([*roots, *(one.root for one in records)]))
            times = await self._times(contract, wallet, wanted, hex(final))
            absent = [root for root in wanted if not times[root]]
            latest = await self._times(contract, wallet, absent, "latest")
            pending = frozenset(root for root, at in latest.items() if at)
            last_size = await self._last_size(contract, wallet, hex(final))
            since = await self._chain.disowned_since(contract, wallet)
        except OutsideFailed as error:
            return _unknown(error.code, "The chain could not be asked just now.")
        except (ValueError, TypeError, AttributeError, LookupError, DecodingError):
            return _unknown("chain_answer_unreadable", "The chain gave an answer that cannot be read.")
        return _heeding(History(tuple(records), times, pending, last_size), since)

    async def disowned_since(self, chain_id: int, contract: str, wallet: str) -> int:
        """As `app.adapters.registry.KnowsNotices` has it."""
        return await EvmRegistry(self._chain).disowned_since(chain_id, contract, wallet)

    async def _final_block(self) -> int:
        if self._finality.isdigit():
            return max(0, int(await self._chain.call("eth_blockNumber"), 16) - int(self._finality))
        block = await self._chain.call("eth_getBlockByNumber", self._finality, False)
        return int(block["number"], 16)

    async def _records(self, contract: str, wallet: str, final: int) -> list[Recorded]:
        """The events up to a block. A node that will not answer for so many blocks is asked for half of them."""
        waiting, calls = [(self._from_block, final)], 0
        found: list[tuple[int, int, Recorded]] = []
        while waiting:
            first, last = waiting.pop()
            calls += 1
            if calls > MAX_CALLS or len(found) > MAX_RECORDS:
                raise ValueError("too much to read")
            try:
                logs = await self._logs(contract, wallet, first, last)
            except OutsideFailed as error:
                if error.code != "chain_error" or first >= last:
                    raise
                middle = (first + last) // 2
                waiting += [(middle + 1, last), (first, middle)]
                continue
            found += [_recorded(log, contract, wallet, first, last) for log in logs]
        places = [(block, index) for block, index, _ in found]
        if places != sorted(set(places)):
            raise ValueError("the events do not come in their order")
        return [record for _, _, record in found]

    async def _logs(self, contract: str, wallet: str, first: int, last: int) -> Any:
        topics = [_ROOT_ANCHORED, "0x" + bytes(12).hex() + wallet[2:].lower()]
        asked = {"address": contract, "topics": topics, "fromBlock": hex(first), "toBlock": hex(last)}
        return await self._chain.call("eth_getLogs", asked)

    async def _times(self, contract: str, wallet: str, roots: Sequence[bytes], block: str) -> dict[bytes, int]:
        found: dict[bytes, int] = {}
        for start in range(0, len(roots), ROOTS_AT_ONCE):
            some = list(roots[start : start + ROOTS_AT_ONCE])
            data = _ANCHORED_AT_MANY + encode(["address", "bytes32[]"], [wallet, some])
            answer = await self._read(contract, data, block)
            # At a block from before its deployment the registry has no code, and nothing was recorded.
            times = decode(["uint64[]"], answer)[0] if answer else [0] * len(some)
            found |= dict(zip(some, map(int, times), strict=True))
        return found

    async def _last_size(self, contract: str, wallet: str, block: str) -> int:
        data = _LAST_SIZE + encode(["address"], [wallet])
        answer = await self._read(contract, data, block)
        return int(decode(["uint64"], answer)[0]) if answer else 0

    async def _read(self, contract: str, data: bytes, block: str) -> bytes:
        return bytes.fromhex(
            (await self._chain.call("eth_call", {"to": contract, "data": "0x" + data.hex()}, block))[2:]
        )


class LedgerByChain:
    """Each chain that is asked, by its number; of any other one nothing is known. A wallet's notice is heeded on
    whichever chain it is given (`app.adapters.registry`); `contracts`: where else than in the log's own register."""

    def __init__(
        self, ledgers: Mapping[int, Ledger], otherwise: Ledger | None = None, contracts: Collection[str] = ()
    ) -> None:
        self._ledgers = dict(ledgers)
        self._otherwise = otherwise
        self._contracts = tuple(contracts)

    async def history(self, chain_id: int, contract: str, wallet: str, roots: Sequence[bytes]) -> History:
        ledger = self._ledgers.get(chain_id, self._otherwise)
        if ledger is None:
            return _unknown("chain_other", "The log is recorded on a chain that this audit does not ask.")
        places = {one.lower(): one for one in (contract, *self._contracts)}
        others = [
            one.disowned_since(number, place, wallet)
            for number, one in self._ledgers.items()
            if number != chain_id and isinstance(one, KnowsNotices)
            for place in places.values()
        ]
        found, notices = await asyncio.gather(
            ledger.history(chain_id, contract, wallet, roots), asyncio.gather(*others)
        )
        return _heeding(found, min((since for since in notices if since), default=0))


class AgreeingLedger:
    """Several nodes asked the same; one that says something else, or nothing, leaves it open what is true."""

    def __init__(self, ledgers: Sequence[Ledger]) -> None:
        self._ledgers = tuple(ledgers)

    async def history(self, chain_id: int, contract: str, wallet: str, roots: Sequence[bytes]) -> History:
        answers = await asyncio.gather(*(ledger.history(chain_id, contract, wallet, roots) for ledger in self._ledgers))
        unanswered = next((answer for answer in answers if answer.code), None)
        if unanswered is not None:
            return unanswered
        # One node may be a few blocks behind: it must then tell the beginning of the same story.
        shortest = min(answers, key=lambda answer: len(answer.records))
        for answer in answers:
            if answer.records[: len(shortest.records)] != shortest.records or any(
                shortest.times[one.root] != answer.times[one.root] for one in shortest.records
            ):
                return _unknown("chain_disagrees", "Two nodes of the chain say different things.")
        return shortest

    async def disowned_since(self, chain_id: int, contract: str, wallet: str) -> int:
        """The earliest that any of them tells of: to doubt, one is enough."""
        asked = [
            one.disowned_since(chain_id, contract, wallet) for one in self._ledgers if isinstance(one, KnowsNotices)
        ]
        return min((since for since in await asyncio.gather(*asked) if since), default=0)


def _heeding(found: History, since: int) -> History:
    """What a wallet recorded after its owner disowned it counts for nothing, here as in every check."""
    if not since or found.code:
        return found
    times = {root: at if at < since else 0 for root, at in found.times.items()}
    records = tuple(one for one in found.records if times[one.root])
    return History(records, times, frozenset(), max((one.size for one in records), default=0))


def _recorded(log: Any, contract: str, wallet: str, first: int, last: int) -> tuple[int, int, Recorded]:
    """(block, place in it, event). Raises `ValueError` for an event that was not asked for."""
    block, topics = int(log["blockNumber"], 16), [str(topic).lower() for topic in log["topics"]]
    if (
        log.get("removed")
        or not first <= block <= last
        or str(log["address"]).lower() != contract.lower()
        or topics[:2] != [_ROOT_ANCHORED, "0x" + bytes(12).hex() + wallet[2:].lower()]
        or len(topics) != 3
    ):
        raise ValueError("an event that was not asked for")
    (size,) = decode(["uint64"], bytes.fromhex(log["data"][2:]))
    return block, int(log["logIndex"], 16), Recorded(int(size), bytes.fromhex(topics[2][2:]), block)


def _unknown(code: str, sentence: str) -> History:
    return History(code=code, failure=sentence)
