"""A stolen wallet is disowned on every chain on which it counts; a chain that is away is told when it is back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app import worker
from app.adapters.local_chain import LocalChain
from app.anchoring import alarms, notices, sending, store
from app.anchoring.fees import SendingPolicy
from app.anchoring.model import CheckpointState, Notice
from app.anchoring.steps import Steps
from app.credentials import wallets
from app.database import transaction
from app.errors import OutsideFailed
from app.verification import verify
from app.verification.report import Anchoring, Report, Verdict
from app.wiring import Wiring, now, wired
from tests.integration.anchoring.nodes import Node, http, node_before
from tests.integration.anchoring.test_surroundings import assert_whole
from tests.integration.anchoring.two_chains import FIRST, SECOND, TwoChains, two_chains
from tests.integration.conftest import Foundation
from tests.integration.test_command_line import REFUSED
from tests.integration.test_second_chain import terminal_with_both


@pytest.fixture
async def there(foundation: Foundation) -> AsyncIterator[TwoChains]:
    async with two_chains(foundation) as made:
        yield made


@asynccontextmanager
async def before_the_second(there: TwoChains) -> AsyncIterator[tuple[Node, Wiring]]:
    """A node through which alone the second chain is reached, and that can be taken away and given back."""
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(node_before(there.second))
        settings = there.settings.model_copy(update={"second_chain_rpc_urls": node.url})
        yield node, await stack.enter_async_context(wired(settings))


def away(method: str, told: Any) -> bytes:
    return http(503, "no")


async def later(*chains: LocalChain) -> datetime:
    """An hour passes on the chains; the moment after which everything happens from now on."""
    for chain in chains:
        chain.rpc("evm_increaseTime", 3600)
        chain.rpc("evm_mine")
    times = [int(chain.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16) for chain in chains]
    return datetime.fromtimestamp(min(times), UTC)


async def anchored_on_both(there: TwoChains, component: str) -> UUID:
    credential = await there.installation.issue_one(component=component)
    await there.work()
    await there.reanchor()
    await there.work()
    return credential.id


async def note_down(there: TwoChains, since: datetime) -> tuple[Notice, ...]:
    async with transaction(there.wiring.engine) as conn:
        return await wallets.note_down(conn, there.installation.issuer.institution.id, since, now())


async def give(steps: Steps, notice: Notice, chain: LocalChain) -> None:
    while not await notices.advance(steps, notice):
        chain.finalize()


async def since_on(there: TwoChains, address: str) -> list[int]:
    contract = str(there.settings.registry_address)
    return [await there.wiring.chain_on(one).disowned_since(contract, address) for one in (FIRST, SECOND)]


async def sent_on(there: TwoChains, address: str) -> list[int]:
    return [await there.wiring.chain_on(one).next_nonce(address) for one in (FIRST, SECOND)]


async def codes(there: TwoChains) -> list[str]:
    async with transaction(there.wiring.engine) as conn:
        return [one.code for one in await alarms.current(conn, (await there.log()).id)]


async def checked(there: TwoChains, credential_id: UUID) -> Report:
    submission, _ = verify.read_submission(await there.installation.bundle(credential_id))
    there.wiring.__dict__.pop("registry", None)
    return await there.wiring.verify(submission)


async def test_a_theft_is_told_on_every_chain_once(there: TwoChains) -> None:
    early = await anchored_on_both(there, "1")
    theft = await later(there.first, there.second)
    late = await anchored_on_both(there, "2")
    address = (await there.log()).wallet_address
    before = await sent_on(there, address)
    given = await note_down(there, theft)
    assert {(one.chain_id, one.since) for one in given} == {(FIRST, theft.timestamp()), (SECOND, theft.timestamp())}
    # Asked again before it is told, it is the same.
    assert await note_down(there, theft + timedelta(minutes=5)) == given
    while await left(there):
        await there.work()
    assert await since_on(there, address) == [theft.timestamp()] * 2
    assert await sent_on(there, address) == [number + 1 for number in before]
    assert await note_down(there, theft) == ()
    await there.work()
    assert await sent_on(there, address) == [number + 1 for number in before]
    assert (await checked(there, early)).anchoring is Anchoring.ANCHORED
    assert (await checked(there, late)).finding("chain").code == "anchor_disowned"
    # Since an earlier moment, as it turns out: told anew.
    assert len(await note_down(there, theft - timedelta(minutes=1))) == 2
    while await left(there):
        await there.work()
    assert await since_on(there, address) == [theft.timestamp() - 60] * 2
    assert await sent_on(there, address) == [number + 2 for number in before]


async def left(there: TwoChains) -> int:
    async with transaction(there.wiring.engine) as conn:
        return len(await notices.waiting(conn, (await there.log()).id))


async def test_a_chain_that_is_away_is_told_when_it_is_back_and_holds_up_nobody(
    there: TwoChains, tmp_path: Path
) -> None:
    """As somebody does it: one command, while one of the chains is dead; the rest is the worker's."""
    theft = now().replace(microsecond=0) - timedelta(hours=1)
    late = await anchored_on_both(there, "1")
    stolen = (await there.log()).wallet_address
    before = await sent_on(there, stolen)
    terminal = terminal_with_both(there, tmp_path)
    async with before_the_second(there) as (node, wiring):
        node.fault = away
        terminal.settings["SECOND_CHAIN_RPC_URLS"] = node.url
        address, reference = (
            line.split()[0] for line in terminal.run("wallet", "create", "northgate").strip().splitlines()
        )
        there.first.fund(address)
        there.second.fund(address)
        words = ("wallet", "replace", "northgate", "--address", address, "--key", reference, "--yes")
        since = f"{theft:%Y-%m-%dT%H:%M:%SZ}"
        for wrong in ("yesterday", "2999-01-01T00:00:00Z", "1970-01-01T00:00:00Z"):
            assert "time_malformed" in terminal.run(*words, "--stolen-since", wrong, expect=REFUSED)
        assert await left(there) == 0
        async with final_blocks(there):
            said = await run(terminal, *words, "--stolen-since", since)
        assert f"Chain {SECOND} could not be told now" in said
        assert f"{address} is in use." in said
        assert await since_on(there, stolen) == [theft.timestamp(), 0]
        assert "notice_not_given" in await codes(there)
        # Nothing of the first chain waits for it: what was recorded since is recorded again.
        await there.settle_first()
        report = await checked(there, late)
        assert (report.verdict, report.anchoring) == (Verdict.VALID, Anchoring.ANCHORED)
        # The thief records on the chain that was not told: heeded on the other one, it is no evidence.
        root = (await newest_on_second(there)).root
        contract = str(there.settings.registry_address)
        answer = await there.wiring.registry.anchored(SECOND, contract, stolen, root)
        assert answer.code == "anchor_disowned"

        node.fault = None
        while await left(there):
            await worker.run(wiring.settings, until_idle=True)
            there.second.finalize()
    assert await since_on(there, stolen) == [theft.timestamp()] * 2
    assert await sent_on(there, stolen) == [number + 1 for number in before]
    assert "notice_not_given" not in await codes(there)
    await assert_whole(there.installation, await there.log())


async def newest_on_second(there: TwoChains) -> Any:
    async with transaction(there.wiring.engine) as conn:
        found = await store.list_checkpoints(conn, (await there.log()).id)
    return [one for one in found if one.chain_id == SECOND][-1]


async def run(terminal: Any, *words: str) -> str:
    return str(await asyncio.to_thread(terminal.run, *words))


@asynccontextmanager
async def final_blocks(there: TwoChains) -> AsyncIterator[None]:
    """What is in a block of the first chain becomes final while somebody waits for it."""

    async def finalize() -> None:
        while True:
            await asyncio.to_thread(there.first.finalize)
            await asyncio.sleep(0.05)

    task = asyncio.create_task(finalize())
    try:
        yield
    finally:
        task.cancel()


async def test_what_was_signed_before_a_crash_is_what_is_sent_after_it(there: TwoChains) -> None:
    theft = await later(there.first, there.second)
    [notice] = await note_down(there, theft)

    class Dies:
        def __getattr__(self, name: str) -> Any:
            return getattr(there.wiring.chain, name)

        async def broadcast(self, raw: bytes) -> None:
            raise OutsideFailed("chain_unreachable", "The process is gone, or the node is.")

    steps = there.wiring.steps
    for _ in range(2):
        with pytest.raises(OutsideFailed):
            await notices.advance(replace(steps, chain=Dies()), notice)
    async with transaction(there.wiring.engine) as conn:
        signed = await store.find_notice(conn, notice)
    assert signed is not None
    assert signed.sent is not None
    await give(steps, notice, there.first)
    mined = there.first.rpc("eth_getTransactionReceipt", "0x" + signed.sent.hash.hex())
    assert mined["status"] == "0x1"
    assert await sent_on(there, notice.address) == [1, 0]


async def test_a_wallet_that_the_thief_has_emptied_gives_notice_once_it_is_filled(there: TwoChains) -> None:
    theft = await later(there.first, there.second)
    [notice] = await note_down(there, theft)
    there.first.rpc("anvil_setBalance", notice.address, "0x0")
    with pytest.raises(OutsideFailed) as failed:
        await notices.advance(there.wiring.steps, notice)
    assert failed.value.code == "wallet_unfunded"
    assert await codes(there) == ["notice_not_given"]
    there.first.fund(notice.address)
    await give(there.wiring.steps, notice, there.first)
    assert await codes(there) == []


async def test_a_checkpoint_that_is_on_its_way_is_pushed_aside_by_the_notice(there: TwoChains) -> None:
    """With its own number in the wallet's queue, and more offered for it. The new wallet records what it held."""
    chain, steps = there.first, there.wiring.steps
    theft = await later(there.first, there.second)
    credential = await there.installation.issue_one()
    log = await there.log()
    chain.rpc("evm_setAutomine", False)
    try:
        assert await sending.advance(steps, log.id)
        [notice] = await note_down(there, theft)
        assert not await notices.advance(steps, notice)
        # Too little is offered soon, where nobody mines: the same call again, for more.
        eager = replace(steps, policy=SendingPolicy(replace_after=timedelta(0)))
        assert not await notices.advance(eager, notice)
    finally:
        chain.rpc("evm_setAutomine", True)
    chain.rpc("evm_mine")
    await give(steps, notice, chain)
    assert await sent_on(there, notice.address) == [1, 0]
    reference, address = there.wiring.keystore.create_wallet("northgate")
    there.first.fund(address)
    async with transaction(there.wiring.engine) as conn:
        done = await wallets.replace(
            conn,
            there.wiring.keystore,
            there.wiring.compiled,
            log.owner,
            address=address,
            reference=reference,
            disowned_from=theft,
            now=now(),
        )
    assert done.again == 1
    await there.settle_first()
    assert (await checked(there, credential.id)).anchoring is Anchoring.ANCHORED
    await assert_whole(there.installation, await there.log())
    async with transaction(there.wiring.engine) as conn:
        states = [one.state for one in await store.list_checkpoints(conn, log.id)]
    assert states[0] is CheckpointState.ORPHANED
    assert set(states[1:]) == {CheckpointState.FINALIZED}
