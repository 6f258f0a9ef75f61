"""A chain that is set up here: its rules, its nodes, and the two ways of asking them.

Sending takes what most nodes say (`quorum`), verifying only what all of them say (`registry`). Somebody who verifies or
audits names nodes alone: which chain each is of is then what it says of itself, or what it was named with.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.anchoring.chains import ChainRules
from app.anchoring.ports import Chain
from app.errors import OutsideFailed, Refused

if TYPE_CHECKING:
    from app.adapters.evm import EvmChain

_MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class ConnectedChain:
    """`contract`: the register there. `chain`: one node as it is; of several, what most of them say."""

    rules: ChainRules
    contract: str
    nodes: tuple["EvmChain", ...]
    chain: Chain

    async def close(self) -> None:
        for node in self.nodes:
            await node.close()


def connected(rules: ChainRules, urls: Sequence[str], contracts_dir: Path, contract: str | None) -> ConnectedChain:
    """The chain behind `urls`; nobody is asked yet. `contract` as for `register_at`."""
    from app.adapters.evm import EvmChain

    nodes = tuple(EvmChain(url, rules.finality, contracts_dir) for url in urls)
    return ConnectedChain(rules, register_at(contract, contracts_dir), nodes, chain_of(nodes, rules.chain_id))


def register_at(contract: str | None, contracts_dir: Path) -> str:
    """The register's address as set; None = where it is on every chain."""
    from app.adapters.deploying import anchor_registry

    return contract or anchor_registry(contracts_dir).address


def chain_of(nodes: Sequence["EvmChain"], chain_id: int) -> Chain:
    from app.adapters.quorum import QuorumChain

    return nodes[0] if len(nodes) == 1 else QuorumChain(nodes, chain_id)


@dataclass(frozen=True, slots=True)
class NamedNode:
    """A node as somebody names it: an address, perhaps with the number of its chain before it (`8453=https://…`)."""

    url: str
    chain_id: int | None = None


def read_node(text: str) -> NamedNode:
    """Raises `Refused("node_unreadable")`."""
    number, sign, url = text.partition("=")
    if sign and number.isascii() and number.isdigit() and len(number) <= _MAX_DIGITS:
        return NamedNode(url, int(number))
    if not text.startswith(("http://", "https://")):
        raise Refused("node_unreadable", "Name a node by its address, or by its chain and address: 8453=https://….")
    return NamedNode(text)


async def by_chain(
    named: Sequence[NamedNode], rules: Callable[[int], str], otherwise: str, contracts_dir: Path
) -> tuple[dict[int, list["EvmChain"]], list["EvmChain"]]:
    """The nodes of each chain, and those of which nobody can tell: they say nothing, and may be of any.

    `rules`: the rule of finality on a chain; `otherwise`: for those last.
    """
    from app.adapters.evm import EvmChain

    async def look(node: NamedNode) -> int | None:
        if node.chain_id is not None or len(named) == 1:
            return node.chain_id
        asked = EvmChain(node.url, otherwise, contracts_dir)
        try:
            return await asked.chain_id()
        except OutsideFailed:
            return None
        finally:
            await asked.close()

    found: dict[int, list[EvmChain]] = {}
    silent: list[EvmChain] = []
    for node, chain_id in zip(named, await asyncio.gather(*map(look, named)), strict=True):
        made = EvmChain(node.url, otherwise if chain_id is None else rules(chain_id), contracts_dir)
        (silent if chain_id is None else found.setdefault(chain_id, [])).append(made)
    return found, silent
