"""Several nodes of one chain as one `Chain`: what most of them say, and never the word of a single one.

With two nodes both must agree; with three, one may fail, lag or lie. Each node must answer for the chain that is
wanted; one that answers for another is left out like one that does not answer. Where so few answer that no majority can
come together, the chain is unreachable; where enough answer and they contradict each other, that is `chain_disagrees`:
an alarm, and never a receipt.

What moves all the time (nonce, balance, fees) is not voted on, for honest nodes are seldom at the same block: the most
careful of the answers is taken.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TYPE_CHECKING, TypeVar

import structlog

from app.anchoring.model import Fees, Inclusion
from app.errors import OutsideFailed

if TYPE_CHECKING:
    from app.adapters.evm import EvmChain

Answer = TypeVar("Answer")
Vote = TypeVar("Vote", bound=Hashable)

logger = structlog.get_logger()


class QuorumChain:
    """The `Chain` of anchoring over at least two nodes."""

    def __init__(self, nodes: Sequence["EvmChain"], chain_id: int) -> None:
        self._nodes = tuple(nodes)
        self._chain_id = chain_id
        self._wanted = len(self._nodes) // 2 + 1

    async def chain_id(self) -> int:
        """The chain that is wanted, if a majority is on it; else the one that a majority is on."""
        return await self._agreed(lambda node: node.chain_id(), on_any_chain=True)

    async def has_registry(self, contract: str) -> bool:
        return await self._agreed(lambda node: node.has_registry(contract))

    async def next_nonce(self, address: str, *, final: bool = False) -> int:
        """The highest: whoever knows of more transactions is further on, and a nonce used twice is a wasted one.

        Of what is final, only as much as each of them vouches for.
        """
        counts = await self._answers(lambda node: node.next_nonce(address, final=final))
        return min(counts) if final else max(counts)

    async def balance(self, address: str) -> int:
        return min(await self._answers(lambda node: node.balance(address)))

    async def fees(self) -> Fees:
        """The dearest: the others are refunded by the chain itself."""
        return max(await self._answers(lambda node: node.fees()), key=lambda fees: fees.max_fee)

    async def broadcast(self, raw: bytes) -> None:
        """To all. One that takes it is enough, for what counts is where it is found afterwards."""
        outcomes = await asyncio.gather(*(node.broadcast(raw) for node in self._nodes), return_exceptions=True)
        failures = [outcome for outcome in outcomes if outcome is not None]
        if len(failures) < len(self._nodes):
            return
        known = [failure for failure in failures if isinstance(failure, OutsideFailed)]
        if len(known) < len(failures):
            raise next(failure for failure in failures if not isinstance(failure, OutsideFailed))
        # A node's opinion of the transaction says more than the silence of another.
        raise next((failure for failure in known if failure.code != "chain_unreachable"), known[0])

    async def inclusion(self, tx_hash: bytes) -> Inclusion | None:
        """In the block that a majority names; None while so many have not seen it."""
        return await self._agreed_or_none(lambda node: node.inclusion(tx_hash))

    async def find_anchored(self, contract: str, address: str, root: bytes) -> Inclusion | None:
        return await self._agreed_or_none(lambda node: node.find_anchored(contract, address, root))

    async def is_final(self, block_number: int) -> bool:
        """Whether a majority calls it final; a node that lags does not."""
        votes = await self._answers(lambda node: node.is_final(block_number))
        return votes.count(True) >= self._wanted

    async def anchored_at(self, contract: str, address: str, root: bytes) -> int:
        return await self._agreed(lambda node: node.anchored_at(contract, address, root))

    async def last_size(self, contract: str, address: str) -> int:
        """The largest that a majority has reached: a node ahead of the others tells of what those cannot show yet."""
        sizes = await self._answers(lambda node: node.last_size(contract, address))
        return sorted(sizes, reverse=True)[self._wanted - 1]

    async def may_anchor(self, contract: str, address: str, root: bytes, size: int) -> bool:
        return await self._agreed(lambda node: node.may_anchor(contract, address, root, size))

    async def disowned_since(self, contract: str, address: str, *, final: bool = False) -> int:
        """The moment that a majority vouches for; a node that lags knows of no notice yet."""
        known = await self._answers(lambda node: node.disowned_since(contract, address, final=final))
        told = sorted(since for since in known if since)
        return told[self._wanted - 1] if len(told) >= self._wanted else 0

    async def may_disown(self, contract: str, address: str, since: int) -> bool:
        return await self._agreed(lambda node: node.may_disown(contract, address, since))

    async def _agreed(self, ask: Callable[["EvmChain"], Awaitable[Vote]], *, on_any_chain: bool = False) -> Vote:
        answers = await self._answers(ask, on_any_chain=on_any_chain)
        answer, votes = Counter(answers).most_common(1)[0]
        if votes < self._wanted:
            raise _disagreement()
        return answer

    async def _agreed_or_none(self, ask: Callable[["EvmChain"], Awaitable[Inclusion | None]]) -> Inclusion | None:
        answers = await self._answers(ask)
        found = Counter(answer for answer in answers if answer is not None)
        if not found:
            return None
        answer, votes = found.most_common(1)[0]
        if votes >= self._wanted:
            return answer
        if len(found) > 1:
            raise _disagreement()
        return None

    async def _answers(
        self, ask: Callable[["EvmChain"], Awaitable[Answer]], *, on_any_chain: bool = False
    ) -> list[Answer]:
        """What those say that answer, and are on the chain wanted; at least as many as make a majority."""

        async def one(node: "EvmChain") -> Answer:
            if not on_any_chain and await node.chain_id() != self._chain_id:
                raise OutsideFailed("chain_wrong", "A node answers for another chain.")
            return await ask(node)

        outcomes = await asyncio.gather(*(one(node) for node in self._nodes), return_exceptions=True)
        answers: list[Answer] = []
        failures: list[OutsideFailed] = []
        for place, outcome in enumerate(outcomes):
            if isinstance(outcome, OutsideFailed):
                logger.warning("node_left_out", node=place, code=outcome.code)
                failures.append(outcome)
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                answers.append(outcome)
        if len(answers) < self._wanted:
            wrong = next((failure for failure in failures if failure.code == "chain_wrong"), None)
            raise wrong or OutsideFailed(
                "chain_unreachable",
                f"Only {len(answers)} of {len(self._nodes)} nodes of the chain answer just now, and {self._wanted} "
                "must agree; they will be asked again.",
            )
        return answers


def _disagreement() -> OutsideFailed:
    return OutsideFailed(
        "chain_disagrees",
        "The chain's nodes contradict each other. Nothing is taken for certain until they agree again.",
    )
