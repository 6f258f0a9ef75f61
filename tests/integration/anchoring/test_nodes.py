"""Nodes of the chain that fail, lag, lie or contradict each other while a wallet sends: never a receipt on their word."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.adapters.evm import EvmChain
from app.adapters.quorum import QuorumChain
from app.anchoring import alarms, sending, service
from app.anchoring.model import CheckpointState, Log
from app.anchoring.steps import Steps
from app.database import transaction
from app.errors import OutsideFailed
from app.standards.anchor_receipt import LeafKind
from app.wiring import now
from tests.integration.anchoring.nodes import Fault, Hang, Node, http, node_before, telling
from tests.integration.anchoring.test_surroundings import assert_whole, checkpoints, log_of, settle
from tests.integration.conftest import ROOT, Installation


@dataclass(frozen=True)
class Scene:
    installation: Installation
    log: Log
    nodes: tuple[Node, ...]
    steps: Steps

    async def walk(self) -> OutsideFailed | None:
        """One walk, and the blocks that make final what it sent; what stood in its way."""
        try:
            await sending.advance(self.steps, self.log.id)
            return None
        except OutsideFailed as failed:
            return failed
        finally:
            self.installation.chain.finalize()

    async def codes(self) -> set[str]:
        async with transaction(self.installation.wiring.engine) as conn:
            return {alarm.code for alarm in await alarms.current(conn, self.log.id)}

    async def receipts(self) -> int:
        async with transaction(self.installation.wiring.engine) as conn:
            return (await service.progress(conn, self.log.owner))[2]


@asynccontextmanager
async def scene(installation: Installation, number: int) -> AsyncIterator[Scene]:
    """`number` nodes before the one chain; something waits to be anchored."""
    log = await log_of(installation)
    async with transaction(installation.wiring.engine) as conn:
        await service.append(conn, log.owner, [(LeafKind.CREDENTIAL, bytes(32))], now())
    async with AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(node_before(installation.chain)) for _ in range(number)]
        chains = [EvmChain(node.url, "finalized", ROOT / "contracts", timeout_seconds=1) for node in nodes]
        for chain in chains:
            stack.push_async_callback(chain.close)
        together: Any = chains[0] if number == 1 else QuorumChain(chains, 31337)
        yield Scene(installation, log, tuple(nodes), replace(installation.wiring.steps, chain=together))


def hanging(method: str, real: Any) -> Any:
    raise Hang


STALE_BLOCK = {
    "number": "0x0",
    "baseFeePerGas": "0x1",
    "timestamp": "0x1",
    "hash": "0x" + "00" * 32,
    "transactions": [],
}
FAULTS: list[tuple[str, Fault]] = [
    ("hangs up", hanging),
    ("too many requests", lambda method, real: http(429, "{}")),
    ("out of order", lambda method, real: http(503, "")),
    ("no JSON", lambda method, real: http(200, "<html>busy</html>")),
    ("JSON that is no answer", lambda method, real: http(200, "[1,2]")),
    ("nothing known", lambda method, real: None),
    ("another type", lambda method, real: {"a": 1}),
    ("another chain", telling({"eth_chainId": "0x1"})),
    ("no register there", telling({"eth_getCode": "0x"})),
    ("another contract there", telling({"eth_getCode": "0x6001"})),
    ("broke", telling({"eth_getBalance": "0x0"})),
    ("nothing is ever mined", telling({"eth_getTransactionReceipt": None, "eth_call": "0x" + "00" * 32})),
    ("nothing is ever final", lambda method, real: STALE_BLOCK if method == "eth_getBlockByNumber" else real),
]


@pytest.mark.parametrize(("what", "fault"), FAULTS, ids=[what for what, _ in FAULTS])
async def test_one_bad_node_alone_makes_no_receipt_and_loses_nothing(
    installation: Installation, what: str, fault: Fault
) -> None:
    async with scene(installation, 1) as found:
        found.nodes[0].fault = fault
        said = [await found.walk() for _ in range(3)]
        assert all(failed is None or failed.message.endswith(".") for failed in said)
        assert await found.receipts() == 0
        found.nodes[0].fault = None
        await settle(found.steps, found.log, installation.chain)
        assert await found.codes() <= {"wallet_used_elsewhere"}
        await assert_whole(installation, found.log)
        finals = [one for one in await checkpoints(installation, found.log) if one.state is CheckpointState.FINALIZED]
        sent = await installation.wiring.chain.next_nonce(found.log.wallet_address)
        # A node that hides what was mined, and for good, makes us pay for a refusal; no other does.
        assert sent == len(finals) or (what == "nothing is ever mined" and sent > len(finals))


@pytest.mark.parametrize(("what", "fault"), FAULTS, ids=[what for what, _ in FAULTS])
async def test_one_bad_node_of_three_stops_nothing(installation: Installation, what: str, fault: Fault) -> None:
    async with scene(installation, 3) as found:
        found.nodes[1].fault = fault
        if what == "broke":
            # The most careful answer is taken: whoever says that the wallet is empty is believed until it is looked into.
            with pytest.raises(OutsideFailed, match="cannot pay"):
                await sending.advance(found.steps, found.log.id)
            found.nodes[1].fault = None
        await settle(found.steps, found.log, installation.chain)
        await assert_whole(installation, found.log)


@pytest.mark.parametrize("number", [2, 3])
async def test_nodes_that_contradict_each_other_are_an_alarm_and_never_a_receipt(
    installation: Installation, number: int
) -> None:
    def another_block(node: int) -> Fault:
        def told(method: str, real: Any) -> Any:
            if method == "eth_getBlockByHash" and real:
                return {**real, "hash": "0x" + f"{node:02x}" * 32}
            return real

        return told

    async with scene(installation, number) as found:
        for place, node in enumerate(found.nodes[1:], start=1):
            node.fault = another_block(place)
        said = [await found.walk() for _ in range(3)]
        assert [failed.code for failed in said if failed] == ["chain_disagrees"] * 3
        assert await found.codes() == {"chain_disagrees"}
        assert await found.receipts() == 0
        for node in found.nodes:
            node.fault = None
        await settle(found.steps, found.log, installation.chain)
        assert await found.codes() == set()
        await assert_whole(installation, found.log)


async def test_two_of_three_nodes_away_is_unreachable_not_a_decision(installation: Installation) -> None:
    async with scene(installation, 3) as found:
        found.nodes[0].fault = found.nodes[2].fault = hanging
        with pytest.raises(OutsideFailed) as failed:
            await sending.advance(found.steps, found.log.id)
        assert failed.value.code == "chain_unreachable"
        assert "Only 1 of 3" in failed.value.message


async def test_a_stale_node_is_not_sent_through(installation: Installation) -> None:
    async with scene(installation, 1) as found:
        await settle(found.steps, found.log, installation.chain)
        async with transaction(installation.wiring.engine) as conn:
            await service.append(conn, found.log.owner, [(LeafKind.CREDENTIAL, bytes(31) + b"1")], now())
        # It has forgotten the wallet's transaction, though it still shows what it recorded.
        found.nodes[0].fault = telling({"eth_getTransactionCount": "0x0"})
        with pytest.raises(OutsideFailed) as failed:
            await sending.advance(found.steps, found.log.id)
        assert failed.value.code == "chain_behind"
        assert found.nodes[0].asked.get("eth_sendRawTransaction") == 1
        found.nodes[0].fault = None
        await settle(found.steps, found.log, installation.chain)
        await assert_whole(installation, found.log)


async def test_a_node_ahead_of_the_others_has_no_checkpoint_given_up(installation: Installation) -> None:
    """In the moment in which one node of three has the block already, the others know neither root nor size of it."""
    chain = installation.chain
    async with scene(installation, 3) as made:
        chain.rpc("evm_setAutomine", False)
        try:
            assert await sending.advance(made.steps, made.log.id)
            chain.rpc("evm_mine")
        finally:
            chain.rpc("evm_setAutomine", True)
        behind = {"eth_getTransactionReceipt": None, "eth_call": "0x" + "00" * 32, "eth_getTransactionCount": "0x0"}
        for node in made.nodes[1:]:
            node.fault = telling(behind)
        assert await sending.advance(made.steps, made.log.id)
        [checkpoint] = await checkpoints(installation, made.log)
        assert checkpoint.state is CheckpointState.SUBMITTED
        for node in made.nodes[1:]:
            node.fault = None
        await settle(made.steps, made.log, chain)
        await assert_whole(installation, made.log)
        [checkpoint] = await checkpoints(installation, made.log)
        assert checkpoint.state is CheckpointState.FINALIZED
