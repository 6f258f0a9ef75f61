"""A wallet's notice is heeded on whichever chain it was given: the thief holds the key on all of them."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from app.adapters.registry import AgreeingRegistry, RegistryByChain
from app.errors import OutsideFailed
from app.verification.evidence import ChainAnswer

HERE, THERE, CONTRACT, OTHER = 1, 2, "0x" + "C1" * 20, "0x" + "c2" * 20
WALLET, ROOT, RECORDED = "0x" + "77" * 20, b"\x01" * 32, 1_000


@dataclass
class Told:
    """One chain: when the record was made there, since when the wallet is disowned in which register, who asked."""

    chain_id: int
    recorded: int = 0
    since: dict[str, int] = field(default_factory=dict)
    asked: int = 0

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        return ChainAnswer(datetime.now(UTC), self.recorded, True)

    async def disowned_since(self, chain_id: int, contract: str, address: str) -> int:
        self.asked += 1
        assert address == WALLET
        return self.since.get(contract.lower(), 0) if chain_id == self.chain_id else 0


@dataclass
class Silent(Told):
    """Nobody answers; as an adapter would, it tells of no notice."""

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        return ChainAnswer(datetime.now(UTC), None, False, "chain_unreachable")


async def ask(registry: RegistryByChain, chain_id: int = HERE) -> ChainAnswer:
    return await registry.anchored(chain_id, CONTRACT, WALLET, ROOT)


@pytest.mark.parametrize(
    ("since", "code"),
    [(RECORDED + 1, ""), (RECORDED, "anchor_disowned"), (RECORDED - 1, "anchor_disowned"), (0, "")],
)
async def test_a_record_made_since_a_notice_on_another_chain_is_no_evidence(since: int, code: str) -> None:
    here, there = Told(HERE, RECORDED), Told(THERE, since={CONTRACT.lower(): since})
    for registry in (
        RegistryByChain({HERE: here, THERE: there}),
        RegistryByChain({HERE: here}, there, otherwise_is=THERE),
        RegistryByChain({THERE: there}, here, otherwise_is=HERE),
        RegistryByChain({HERE: here, THERE: AgreeingRegistry([Told(THERE), there])}),
    ):
        answer = await ask(registry)
        assert answer.code == code
        assert answer.anchored_at == (None if code else RECORDED)


async def test_a_notice_in_a_register_that_no_receipt_names_is_found() -> None:
    """On a private chain, say, whose register is at an address of its own."""
    here, there = Told(HERE, RECORDED), Told(THERE, since={OTHER: RECORDED})
    assert (await ask(RegistryByChain({HERE: here, THERE: there}))).code == ""
    assert (await ask(RegistryByChain({HERE: here, THERE: there}, contracts=[OTHER]))).code == "anchor_disowned"


async def test_a_chain_that_is_silent_tells_of_no_notice_and_makes_nothing_worse() -> None:
    registry = RegistryByChain({HERE: Told(HERE, RECORDED), THERE: Silent(THERE)})
    assert (await ask(registry)).anchored_at == RECORDED
    assert (await ask(registry, THERE)).code == "chain_unreachable"


async def test_what_is_not_recorded_stays_not_recorded() -> None:
    registry = RegistryByChain({HERE: Told(HERE), THERE: Told(THERE, since={CONTRACT.lower(): 1})})
    answer = await ask(registry)
    assert (answer.anchored_at, answer.code) == (0, "")


async def test_a_notice_is_asked_for_once_in_a_while() -> None:
    """Thousands of credentials share a wallet."""
    there = Told(THERE)
    registry = RegistryByChain({HERE: Told(HERE, RECORDED), THERE: there})
    await asyncio.gather(*(ask(registry) for _ in range(3)))
    before = there.asked
    for _ in range(3):
        await ask(registry)
    assert there.asked == before


async def test_a_fault_of_ours_is_no_silence() -> None:
    class Broken(Told):
        async def disowned_since(self, chain_id: int, contract: str, address: str) -> int:
            raise OutsideFailed("unexpected", "An adapter lets through what it should not.")

    with pytest.raises(OutsideFailed):
        await ask(RegistryByChain({HERE: Told(HERE, RECORDED), THERE: Broken(THERE)}))
