"""The registry as verification asks it: by chain id, trusted by its code, read at a final block.

A wallet's notice that it is not safe any more is heeded on whichever chain it is given: the thief holds the same key on
each of them, and the owner may have reached one only.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from eth_abi.exceptions import DecodingError

from app.errors import OutsideFailed
from app.verification.evidence import ChainAnswer
from app.verification.ports import Registry

if TYPE_CHECKING:
    from app.adapters.evm import EvmChain

REMEMBERED_FOR = timedelta(minutes=1)
MAX_REMEMBERED = 10_000
NOTICE_SECONDS = 3.0
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
                return _disowned()
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

    async def disowned_since(self, chain_id: int, contract: str, address: str) -> int:
        """As `KnowsNotices` has it."""
        try:
            if await self._chain.chain_id() != chain_id:
                return 0
            return await self._chain.disowned_since(contract, address)
        except (OutsideFailed, ValueError, TypeError, AttributeError, LookupError, DecodingError):
            return 0


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

    async def disowned_since(self, chain_id: int, contract: str, address: str) -> int:
        """The earliest that any of them tells of: to doubt, one is enough."""
        asked = [one.disowned_since(chain_id, contract, address) for one in _knowing(self._registries)]
        return min((since for since in await asyncio.gather(*asked) if since), default=0)


@runtime_checkable
class KnowsNotices(Protocol):
    """A registry that can also be asked for notices alone."""

    async def disowned_since(self, chain_id: int, contract: str, address: str) -> int:
        """Unix time from which on `address` disowned its anchors in `contract` on that chain; 0 = nothing of the kind
        is known, or nobody answers: a notice is heeded where it is seen, and a chain that is silent tells of none."""
        ...


class RegistryByChain:
    """Each chain that is trusted here, by its number; what is recorded on any other one goes to `otherwise`, which
    speaks for the chain `otherwise_is` where that is known.

    `contracts`: where the registers of these chains are; a notice may stand in one of them that no receipt names.
    """

    def __init__(
        self,
        registries: Mapping[int, Registry],
        otherwise: Registry | None = None,
        *,
        otherwise_is: int | None = None,
        contracts: Collection[str] = (),
    ) -> None:
        self._registries = dict(registries)
        self._otherwise = otherwise
        self._contracts = tuple(contracts)
        self._asked = dict(registries)
        if otherwise is not None and otherwise_is is not None:
            self._asked[otherwise_is] = otherwise
        self._notices: dict[tuple[int, str, str], tuple[datetime, int]] = {}

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        registry = self._registries.get(chain_id, self._otherwise)
        if registry is None:
            return _unknown("chain_other", "The register entry is on a chain that this verifier does not ask.")
        answer, since = await asyncio.gather(
            registry.anchored(chain_id, contract, address, root), self._disowned_elsewhere(chain_id, contract, address)
        )
        return _disowned() if answer.anchored_at and 0 < since <= answer.anchored_at else answer

    async def _disowned_elsewhere(self, chain_id: int, contract: str, address: str) -> int:
        """The earliest notice of the wallet on any other chain than this; 0 = none is seen."""
        places = {one.lower(): one for one in (contract, *self._contracts)}
        asked = [
            self._notice(number, registry, place, address)
            for number, registry in self._asked.items()
            if number != chain_id and isinstance(registry, KnowsNotices)
            for place in places.values()
        ]
        return min((since for since in await asyncio.gather(*asked) if since), default=0)

    async def _notice(self, chain_id: int, registry: KnowsNotices, contract: str, address: str) -> int:
        """Remembered for a minute, silence too: a dead chain must not make every answer of the others a slow one."""
        key = (chain_id, contract.lower(), address.lower())
        known = self._notices.get(key)
        if known is not None and _now() - known[0] < REMEMBERED_FOR:
            return known[1]
        try:
            async with asyncio.timeout(NOTICE_SECONDS):
                since = await registry.disowned_since(chain_id, contract, address)
        except TimeoutError:
            since = 0
        if len(self._notices) >= MAX_REMEMBERED:
            self._notices.clear()
        self._notices[key] = _now(), since
        return since


class NoRegistry:
    """For a verifier that was given no chain to ask."""

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        return _unknown("chain_not_asked", "This verifier was given no way to ask the public register.")


def registry_of(chains: Sequence["EvmChain"]) -> Registry:
    """One node is believed; of several, only what all say."""
    registries = [EvmRegistry(chain) for chain in chains]
    return registries[0] if len(registries) == 1 else AgreeingRegistry(registries)


def registry_by_chain(
    chains: Mapping[int, Sequence["EvmChain"]], silent: Sequence["EvmChain"], contracts: Collection[str] = ()
) -> Registry:
    """Several nodes, by the number of their chain. One that does not say what it is of may be of any of them, and is
    then one of those that must all agree: whoever names two nodes does not want to rely on one.
    """
    if not chains:
        return registry_of(silent) if silent else NoRegistry()
    registries = {chain_id: registry_of([*nodes, *silent]) for chain_id, nodes in chains.items()}
    return RegistryByChain(registries, registry_of(silent) if silent else None, contracts=contracts)


def _knowing(registries: Sequence[Registry]) -> list[KnowsNotices]:
    return [one for one in registries if isinstance(one, KnowsNotices)]


def _disowned() -> ChainAnswer:
    # Whoever had the stolen key could record anything from then on.
    return _unknown("anchor_disowned", "The register entry was made after the issuer lost control of its wallet.")


def _unknown(code: str, sentence: str) -> ChainAnswer:
    return ChainAnswer(_now(), None, False, code, sentence)


def _now() -> datetime:
    return datetime.now(UTC)
