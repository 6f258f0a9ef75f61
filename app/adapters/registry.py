"""The registry as verification asks it: by chain id, trusted by its code, read at a final block."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from eth_abi.exceptions import DecodingError

from app.errors import OutsideFailed
from app.verification.evidence import ChainAnswer
from app.verification.ports import Registry

if TYPE_CHECKING:
    from app.adapters.evm import EvmChain

REMEMBERED_FOR = timedelta(minutes=1)
MAX_REMEMBERED = 10_000
_LAST_SECOND = 253_402_300_799  # of the year 9999


class EvmRegistry:
    """One chain's registry. A contract counts only if its code is, byte for byte, the published AnchorRegistry.

    The registry has no owner and no settings, so the same code answers honestly wherever it stands. A final record
    is remembered for a minute (thousands of credentials share one root), and the report states its age.
    """

    def __init__(self, chain: "EvmChain") -> None:
        self._chain = chain
        self._final: dict[tuple[int, str, str, bytes], ChainAnswer] = {}

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        key = (chain_id, contract, address, root)
        known = self._final.get(key)
        if known is not None and _now() - known.at < REMEMBERED_FOR:
            return known
        try:
            if await self._chain.chain_id() != chain_id:
                return _unknown("chain_other", "The register entry is on a chain that this verifier does not ask.")
            if not await self._chain.has_registry(contract):
                return _unknown("registry_unknown", "The register named is not one whose rules we know.")
            recorded = await self._chain.anchored_at(contract, address, root, final=True)
            if recorded > _LAST_SECOND:
                raise ValueError("no moment")
            since = await self._chain.disowned_since(contract, address) if recorded else 0
            if 0 < since <= recorded:
                # Whoever had the stolen key could record anything from then on.
                return _unknown(
                    "anchor_disowned", "The register entry was made after the issuer lost control of its wallet."
                )
            if recorded:
                if len(self._final) >= MAX_REMEMBERED:
                    self._final.clear()
                self._final[key] = ChainAnswer(_now(), recorded, True)
                return self._final[key]
            return ChainAnswer(_now(), await self._chain.anchored_at(contract, address, root))
        except OutsideFailed as error:
            return _unknown(error.code, "The public register could not be asked just now.")
        except (ValueError, TypeError, AttributeError, LookupError, DecodingError):
            # Whatever a node says that is no answer to the question is no evidence of anything.
            return _unknown("chain_answer_unreadable", "The public register gave an answer that cannot be read.")


class AgreeingRegistry:
    """Several nodes asked the same. A node that lies, or was led onto another chain, is found out by the others.

    All must answer, and alike: one that does not is no reason to believe the rest.
    """

    def __init__(self, registries: Sequence[Registry]) -> None:
        self._registries = tuple(registries)

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        answers = await asyncio.gather(
            *(registry.anchored(chain_id, contract, address, root) for registry in self._registries)
        )
        unanswered = next((answer for answer in answers if answer.anchored_at is None), None)
        if unanswered is not None:
            return unanswered
        if len({answer.anchored_at for answer in answers}) > 1:
            return _unknown("chain_disagrees", "Two nodes of the public register say different things.")
        # Final only where every one of them says so; as old as the oldest answer.
        return replace(min(answers, key=lambda one: one.at), final=all(answer.final for answer in answers))


class RegistryByChain:
    """Each chain that is trusted here, by its number; what is recorded on any other one goes to `otherwise`."""

    def __init__(self, registries: Mapping[int, Registry], otherwise: Registry | None = None) -> None:
        self._registries = dict(registries)
        self._otherwise = otherwise

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        registry = self._registries.get(chain_id, self._otherwise)
        if registry is None:
            return _unknown("chain_other", "The register entry is on a chain that this verifier does not ask.")
        return await registry.anchored(chain_id, contract, address, root)


class NoRegistry:
    """For a verifier that was given no chain to ask."""

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        return _unknown("chain_not_asked", "This verifier was given no way to ask the public register.")


def registry_of(chains: Sequence["EvmChain"]) -> Registry:
    """One node is believed; of several, only what all say."""
    registries = [EvmRegistry(chain) for chain in chains]
    return registries[0] if len(registries) == 1 else AgreeingRegistry(registries)


def registry_by_chain(chains: Mapping[int, Sequence["EvmChain"]], silent: Sequence["EvmChain"]) -> Registry:
    """Several nodes, by the number of their chain. One that does not say what it is of may be of any of them, and is
    then one of those that must all agree: whoever names two nodes does not want to rely on one.
    """
    if not chains:
        return registry_of(silent) if silent else NoRegistry()
    registries = {chain_id: registry_of([*nodes, *silent]) for chain_id, nodes in chains.items()}
    return RegistryByChain(registries, registry_of(silent) if silent else None)


def _unknown(code: str, sentence: str) -> ChainAnswer:
    return ChainAnswer(_now(), None, False, code, sentence)


def _now() -> datetime:
    return datetime.now(UTC)
