"""How a chain that is set up here stands: each of its nodes, its register, the rule of finality. One chain's troubles
are its own: nothing here fails for what a chain says or does not say; it is a problem with a code and a sentence.

A node is named by its place in the settings, for its address may hold the key of an account there.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.adapters.connecting import ConnectedChain
from app.anchoring.model import Block
from app.errors import OutsideFailed

if TYPE_CHECKING:
    from app.adapters.evm import EvmChain

BEHIND_SECONDS = 60
LEAST_BEHIND = 3
"""A node may be so many blocks behind the others, or so many as the chain makes in that time, before it is said."""
REMEMBERED_FOR = timedelta(seconds=10)
_FINE = ("healthy", "behind")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something for somebody to mend: a stable `code` and a sentence."""

    code: str
    message: str

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class NodeStanding:
    """`state`: healthy, behind or disagreeing (with the others), elsewhere (on another chain) or silent. Blocks: None =
    not told."""

    state: str
    head: Block | None = None
    final: Block | None = None
    code_hash: str | None = None


@dataclass(frozen=True, slots=True)
class ChainStanding:
    """`head`, `final`, `code_hash`: as the healthy nodes have it, the one furthest on; None = none, or nobody knows."""

    chain_id: int
    finality: str
    rule: str
    contract: str
    nodes: tuple[NodeStanding, ...]
    head: Block | None
    final: Block | None
    code_hash: str | None
    registry_known: bool
    problems: tuple[Problem, ...]

    @property
    def answers(self) -> bool:
        """Whether enough nodes answer for this chain, and none contradicts another."""
        return not {problem.code for problem in self.problems} & {"chain_unreachable", "chain_wrong", "chain_disagrees"}


async def look(chain: ConnectedChain) -> ChainStanding:
    """Ask every node; raises nothing but what is a fault of ours."""
    wanted, majority = chain.rules.chain_id, len(chain.nodes) // 2 + 1
    nodes = _compared(
        await asyncio.gather(*(_look_at(node, chain) for node in chain.nodes)), chain.rules.profile.block_seconds
    )
    agreed = await _agreeing(chain.nodes, nodes, majority)
    fine = [one for one in agreed if one.state in _FINE]
    problems = [problem for place, one in enumerate(agreed, 1) if (problem := _of_node(place, one, agreed, wanted))]
    best = max(fine, key=_height, default=None)
    code = best.code_hash if best else None
    known = code is not None and chain.nodes[0].is_registry_code(code)
    if len(fine) < majority:
        problems.append(_too_few(agreed, len(fine), majority, wanted))
    elif not known:
        problems.append(_of_registry(chain, code))
    return ChainStanding(
        wanted,
        chain.rules.finality,
        chain.rules.profile.rule,
        chain.contract,
        agreed,
        best.head if best else None,
        best.final if best else None,
        code,
        known,
        tuple(problems),
    )


class Lookout:
    """A chain looked at for whoever asks, at most once in a few seconds: strangers ask too, and each look costs."""

    def __init__(self, chain: ConnectedChain, now: Callable[[], datetime], patience_seconds: float) -> None:
        self.chain = chain
        self._now, self._patience = now, patience_seconds
        self._seen: tuple[datetime, ChainStanding | None] | None = None
        self._looking = asyncio.Lock()

    async def standing(self) -> ChainStanding | None:
        """None = the chain takes longer than there is time for."""
        async with self._looking:
            if self._seen is None or self._now() - self._seen[0] >= REMEMBERED_FOR:
                self._seen = self._now(), await self._look()
            return self._seen[1]

    async def _look(self) -> ChainStanding | None:
        try:
            async with asyncio.timeout(self._patience):
                return await look(self.chain)
        except TimeoutError:
            return None


async def _look_at(node: "EvmChain", chain: ConnectedChain) -> NodeStanding:
    try:
        if await node.chain_id() != chain.rules.chain_id:
            return NodeStanding("elsewhere")
        head, final = await node.head(), await node.final_head()
        return NodeStanding("healthy", head, final, await node.code_hash(chain.contract))
    except OutsideFailed:
        return NodeStanding("silent")


def _compared(nodes: Sequence[NodeStanding], block_seconds: float) -> tuple[NodeStanding, ...]:
    """Those that are too far behind the one furthest on are said to be."""
    allowed = max(LEAST_BEHIND, int(BEHIND_SECONDS / block_seconds))
    furthest = max((_height(one) for one in nodes), default=0)
    return tuple(
        replace(one, state="behind") if one.head is not None and furthest - one.head.number > allowed else one
        for one in nodes
    )


async def _agreeing(
    chain: Sequence["EvmChain"], nodes: Sequence[NodeStanding], majority: int
) -> tuple[NodeStanding, ...]:
    """Those that have another block than a majority, at a height that all call final, or other code for the register,
    are said to disagree; without a majority all do."""
    finals = [one.final.number for one in nodes if one.final is not None]
    if len(finals) < 2:
        return tuple(nodes)
    votes = await asyncio.gather(
        *(_block_hash(node, min(finals)) if one.final else _nothing() for node, one in zip(chain, nodes, strict=True))
    )
    block = _most([vote for vote, one in zip(votes, nodes, strict=True) if one.final is not None], majority)
    code = _most([one.code_hash for one in nodes if one.state == "healthy"], 1)
    return tuple(
        replace(one, state="disagreeing")
        if one.final is not None and (vote != block or (one.state == "healthy" and one.code_hash != code))
        else one
        for one, vote in zip(nodes, votes, strict=True)
    )


async def _block_hash(node: "EvmChain", number: int) -> str | None:
    try:
        return await node.block_hash(number)
    except OutsideFailed:
        return None


async def _nothing() -> None:
    return None


def _most(said: Sequence[str | None], majority: int) -> str | None:
    """What most say; empty where they are too few."""
    answer, votes = Counter(said).most_common(1)[0] if said else (None, 0)
    return answer if votes >= majority else ""


def _height(one: NodeStanding) -> int:
    return one.head.number if one.head is not None else -1


def _of_node(place: int, one: NodeStanding, nodes: Sequence[NodeStanding], wanted: int) -> Problem | None:
    named = f"Node {place} of chain {wanted}"
    if one.state == "silent":
        return Problem("node_silent", f"{named} does not answer, or not so that it can be understood.")
    if one.state == "elsewhere":
        return Problem("node_elsewhere", f"{named} answers for another chain; it is left out.")
    if one.state == "disagreeing":
        return Problem("node_disagrees", f"{named} contradicts others about what is final; nobody relies on it.")
    if one.state == "behind":
        blocks = max(map(_height, nodes)) - _height(one)
        return Problem("node_behind", f"{named} is {blocks:,} blocks behind the others.")
    return None


def _too_few(nodes: Sequence[NodeStanding], fine: int, majority: int, wanted: int) -> Problem:
    states = Counter(one.state for one in nodes)
    if states["disagreeing"]:
        return Problem(
            "chain_disagrees", f"The nodes of chain {wanted} contradict each other: nothing is taken for certain there."
        )
    if states["elsewhere"] > states["silent"]:
        return Problem("chain_wrong", f"The settings name chain {wanted}, and its nodes answer for another one.")
    return Problem(
        "chain_unreachable", f"Of {len(nodes)} nodes of chain {wanted}, {fine} answer; {majority} must, and agree."
    )


def _of_registry(chain: ConnectedChain, code: str | None) -> Problem:
    wanted = chain.rules.chain_id
    if code is None:
        return Problem(
            "registry_missing", f"There is no contract at {chain.contract} on chain {wanted}: stackmark chain deploy"
        )
    return Problem("registry_other", f"The contract at {chain.contract} on chain {wanted} is not the register.")
