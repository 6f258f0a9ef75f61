"""What a wallet sends, on the real chain: dearer offers, caps, reserves, windows, the switch, reorganisations, rivals."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from app.anchoring import alarms, sending, service, store
from app.anchoring.fees import SendingPolicy
from app.anchoring.model import CheckpointState, Log, SentTransaction
from app.anchoring.steps import Steps
from app.database import transaction
from app.errors import OutsideFailed
from app.standards.anchor_receipt import LeafKind
from app.wiring import now
from tests.integration.anchoring.test_surroundings import assert_whole, checkpoints, log_of, settle
from tests.integration.conftest import Installation

GWEI = 10**9


def with_policy(installation: Installation, **changes: Any) -> Steps:
    return replace(installation.wiring.steps, policy=replace(SendingPolicy(), **changes))


async def codes(installation: Installation, log: Log) -> list[str]:
    async with transaction(installation.wiring.engine) as conn:
        return [alarm.code for alarm in await alarms.current(conn, log.id)]


async def sent_for(installation: Installation, checkpoint_id: int) -> tuple[SentTransaction, ...]:
    async with transaction(installation.wiring.engine) as conn:
        return await store.list_transactions(conn, checkpoint_id)


async def append(installation: Installation, number: int) -> None:
    async with transaction(installation.wiring.engine) as conn:
        digests = [(LeafKind.CREDENTIAL, number.to_bytes(32))]
        await service.append(conn, installation.issuer.institution.id, digests, now())


async def test_what_waits_too_long_is_replaced_by_a_dearer_offer_and_only_one_is_mined(
    installation: Installation,
) -> None:
    log, chain = await log_of(installation), installation.chain
    patient, eager = with_policy(installation), with_policy(installation, replace_after=timedelta(0))
    await append(installation, 1)
    chain.rpc("evm_setAutomine", False)
    try:
        assert await sending.advance(patient, log.id)
        assert await sending.advance(patient, log.id)
        [checkpoint] = await checkpoints(installation, log)
        assert len(await sent_for(installation, checkpoint.id)) == 1
        assert await sending.advance(eager, log.id)
        assert await sending.advance(eager, log.id)
        offers = await sent_for(installation, checkpoint.id)
    finally:
        chain.rpc("evm_setAutomine", True)
    assert {one.nonce for one in offers} == {0}
    fees = [one.fees.max_fee for one in offers]
    assert len(fees) == 3
    assert all(later * 8 >= earlier * 9 for earlier, later in pairwise(fees))
    chain.rpc("evm_mine")
    await settle(patient, log, chain)
    await assert_whole(installation, log)
    assert await installation.wiring.chain.next_nonce(log.wallet_address) == 1
    assert (await checkpoints(installation, log))[0].tx_hash == offers[-1].hash


async def test_an_offer_at_the_cap_is_not_raised_but_somebody_is_told(installation: Installation) -> None:
    log, chain = await log_of(installation), installation.chain
    market = await installation.wiring.chain.fees()
    eager = with_policy(installation, replace_after=timedelta(0), max_fee=market.max_fee)
    await append(installation, 1)
    chain.rpc("evm_setAutomine", False)
    try:
        assert await sending.advance(eager, log.id)
        assert await sending.advance(eager, log.id)
    finally:
        chain.rpc("evm_setAutomine", True)
    [checkpoint] = await checkpoints(installation, log)
    assert len(await sent_for(installation, checkpoint.id)) == 1
    assert await codes(installation, log) == ["transaction_stuck"]
    chain.rpc("evm_mine")
    await settle(eager, log, chain)
    assert await codes(installation, log) == []
    await assert_whole(installation, log)


async def test_a_chain_dearer_than_the_cap_is_waited_out(installation: Installation) -> None:
    log = await log_of(installation)
    await append(installation, 1)
    with pytest.raises(OutsideFailed) as failed:
        await sending.advance(with_policy(installation, max_fee=1), log.id)
    assert failed.value.code == "fees_above_cap"
    assert await codes(installation, log) == ["fees_above_cap"]
    await settle(installation.wiring.steps, log, installation.chain)
    assert await codes(installation, log) == []
    await assert_whole(installation, log)


async def test_an_offer_that_the_base_fee_has_outgrown_is_raised(installation: Installation) -> None:
    log, chain = await log_of(installation), installation.chain
    await append(installation, 1)
    before = chain.rpc("eth_getBlockByNumber", "latest", False)
    chain.rpc("evm_setAutomine", False)
    try:
        assert await sending.advance(installation.wiring.steps, log.id)
        [checkpoint] = await checkpoints(installation, log)
        [offer] = await sent_for(installation, checkpoint.id)
        # The market leaves the offer behind: nobody will mine it at this price.
        chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(offer.fees.max_fee * 3))
        chain.rpc("evm_mine")
        chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(offer.fees.max_fee * 3))
        assert await sending.advance(with_policy(installation, replace_after=timedelta(0)), log.id)
    finally:
        # A base fee that was set outlives the snapshot that the next test starts from.
        chain.rpc("anvil_setNextBlockBaseFeePerGas", before["baseFeePerGas"])
        chain.rpc("evm_setAutomine", True)
    assert (await sent_for(installation, checkpoint.id))[-1].fees.max_fee >= offer.fees.max_fee * 6
    chain.rpc("evm_mine")
    await settle(installation.wiring.steps, log, chain)
    await assert_whole(installation, log)


async def test_a_low_balance_is_an_alarm_before_it_runs_dry(installation: Installation) -> None:
    log, chain = await log_of(installation), installation.chain
    market = await installation.wiring.chain.fees()
    steps = with_policy(installation, reserve=20)
    chain.rpc("anvil_setBalance", log.wallet_address, hex(market.max_fee * 150_000))
    await append(installation, 1)
    await settle(steps, log, chain)
    assert await codes(installation, log) == ["balance_low"]
    async with transaction(installation.wiring.engine) as conn:
        [alarm] = await alarms.current(conn, log.id)
    assert log.wallet_address in alarm.message
    chain.fund(log.wallet_address)
    await sending.advance(steps, log.id)
    assert await codes(installation, log) == []


async def test_the_switch_stops_what_would_be_sent_and_issuing_goes_on(installation: Installation) -> None:
    steps, chain = installation.wiring.steps, installation.chain
    log = await log_of(installation)
    async with transaction(installation.wiring.engine) as conn:
        await service.pause(conn, log.owner, "The wrong file was imported.", now())
    await installation.issue_one()
    assert not await sending.advance(steps, log.id)
    assert await checkpoints(installation, log) == ()
    assert await installation.wiring.chain.next_nonce(log.wallet_address) == 0
    async with transaction(installation.wiring.engine) as conn:
        await service.resume(conn, log.owner)
    await settle(steps, log, chain)
    await assert_whole(installation, log)


async def test_what_was_sent_before_the_switch_is_followed_but_not_sent_again(installation: Installation) -> None:
    steps, chain = installation.wiring.steps, installation.chain
    log = await log_of(installation)
    await append(installation, 1)
    chain.rpc("evm_setAutomine", False)
    try:
        assert await sending.advance(steps, log.id)
        chain.rpc("anvil_dropAllTransactions")
        async with transaction(installation.wiring.engine) as conn:
            await service.pause(conn, log.owner, "Looking into something.", now())
        assert await sending.advance(steps, log.id)
    finally:
        chain.rpc("evm_setAutomine", True)
    chain.rpc("evm_mine")
    assert await installation.wiring.chain.next_nonce(log.wallet_address) == 0
    async with transaction(installation.wiring.engine) as conn:
        await service.resume(conn, log.owner)
    await settle(steps, log, chain)
    await assert_whole(installation, log)


async def test_a_batch_waits_for_company_or_for_its_time(installation: Installation) -> None:
    log = await log_of(installation)
    # What an institution logs when it is registered.
    await settle(installation.wiring.steps, log, installation.chain)
    async with transaction(installation.wiring.engine) as conn:
        size = (await service.log_of(conn, log.owner)).size
    sizes = [one.tree_size for one in await checkpoints(installation, log)]
    steps = with_policy(installation, batch_size=3, batch_age=timedelta(hours=1))
    await append(installation, 1)
    await append(installation, 2)
    assert not await sending.advance(steps, log.id)
    assert [one.tree_size for one in await checkpoints(installation, log)] == sizes
    await append(installation, 3)
    await settle(steps, log, installation.chain)
    assert [one.tree_size for one in await checkpoints(installation, log)] == [*sizes, size + 3]
    await append(installation, 4)
    later = replace(steps, now=lambda: now() + timedelta(hours=2))
    await settle(later, log, installation.chain)
    assert [one.tree_size for one in await checkpoints(installation, log)] == [*sizes, size + 3, size + 4]
    await assert_whole(installation, log)


async def test_a_short_window_is_looked_at_again(installation: Installation) -> None:
    steps = with_policy(installation, batch_size=100, batch_age=timedelta(seconds=30), poll=timedelta(seconds=2))
    log = await log_of(installation)
    await append(installation, 1)
    assert await sending.advance(steps, log.id) == 2


@pytest.mark.parametrize("depth", [1, 3, 12])
async def test_a_reorganisation_takes_back_what_was_included(installation: Installation, depth: int) -> None:
    log, steps, chain = await log_of(installation), installation.wiring.steps, installation.chain
    # Deep enough that nothing of it counts as final yet, however deep it goes.
    steps = replace(steps, chain=Unfinal(steps.chain, 40))
    await append(installation, 1)
    fork = chain.rpc("evm_snapshot")
    assert await sending.advance(steps, log.id)
    before = (await checkpoints(installation, log))[0]
    assert before.state is CheckpointState.INCLUDED
    chain.rpc("anvil_mine", hex(depth))
    # Not anvil_reorg: a node that has made some hundred blocks goes back by ten only, and is wrong without a word.
    chain.rpc("evm_revert", fork)
    chain.rpc("anvil_mine", hex(depth + 1))
    assert await sending.advance(steps, log.id)
    for _ in range(10):
        chain.rpc("anvil_mine", "0x40")
        if not await sending.advance(steps, log.id):
            break
    [after] = await checkpoints(installation, log)
    assert after.state is CheckpointState.FINALIZED
    assert before.block is not None
    assert after.block is not None
    assert after.block.hash != before.block.hash
    assert await installation.wiring.chain.next_nonce(log.wallet_address) == 1
    await assert_whole(installation, log)


async def test_a_reorganisation_after_a_receipt_makes_the_receipts_again(installation: Installation) -> None:
    log, steps, chain = await log_of(installation), installation.wiring.steps, installation.chain
    credential = await installation.issue_one()
    await settle(steps, log, chain)
    first = await receipt(installation, credential.digest)
    blocks = int(chain.rpc("eth_blockNumber"), 16)
    [checkpoint] = await checkpoints(installation, log)
    assert checkpoint.block is not None
    chain.rpc("anvil_reorg", blocks - checkpoint.block.number + 1, [])
    assert await receipt(installation, credential.digest) == first
    await settle(steps, log, chain)
    assert await codes(installation, log) == ["chain_forgot_checkpoints"]
    again = await receipt(installation, credential.digest)
    assert again is not None
    assert again != first
    await assert_whole(installation, log)


async def test_a_wallet_used_elsewhere_is_an_alarm_until_somebody_has_looked(installation: Installation) -> None:
    log, steps, chain = await log_of(installation), installation.wiring.steps, installation.chain
    await append(installation, 1)
    chain.rpc("evm_setAutomine", False)
    try:
        assert await sending.advance(steps, log.id)
        chain.rpc("anvil_dropAllTransactions")
        chain.rpc("anvil_impersonateAccount", log.wallet_address)
        chain.rpc("eth_sendTransaction", {"from": log.wallet_address, "to": log.wallet_address, "value": "0x1"})
        chain.rpc("evm_mine")
    finally:
        chain.rpc("evm_setAutomine", True)
    await settle(steps, log, chain)
    assert await codes(installation, log) == ["wallet_used_elsewhere"]
    async with transaction(installation.wiring.engine) as conn:
        assert await alarms.dismiss(conn, log.id) == ("wallet_used_elsewhere",)
    await settle(steps, log, chain)
    assert await codes(installation, log) == []
    await assert_whole(installation, log)


async def test_two_workers_on_one_wallet_send_one_transaction(installation: Installation) -> None:
    import asyncio

    log, steps, chain = await log_of(installation), installation.wiring.steps, installation.chain
    for number in range(5):
        await append(installation, number)
        outcomes = await asyncio.gather(*(sending.advance(steps, log.id) for _ in range(3)), return_exceptions=True)
        assert not [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, OutsideFailed)]
        await settle(steps, log, chain)
    await assert_whole(installation, log)
    finals = await checkpoints(installation, log)
    assert {one.state for one in finals} == {CheckpointState.FINALIZED}
    assert await installation.wiring.chain.next_nonce(log.wallet_address) == len(finals)


async def test_what_is_mined_between_two_questions_is_not_taken_for_overtaken(installation: Installation) -> None:
    """Taken so, its entries would wait for a checkpoint after it, which may not come for months."""
    log, steps, chain = await log_of(installation), installation.wiring.steps, installation.chain
    await append(installation, 1)
    chain.rpc("evm_setAutomine", False)
    try:
        assert await sending.advance(steps, log.id)
        assert await sending.advance(replace(steps, chain=MinedMeanwhile(steps.chain, chain)), log.id)
    finally:
        chain.rpc("evm_setAutomine", True)
    assert [one.state for one in await checkpoints(installation, log)] == [CheckpointState.SUBMITTED]
    await settle(steps, log, chain)
    await assert_whole(installation, log)
    assert [one.state for one in await checkpoints(installation, log)] == [CheckpointState.FINALIZED]


async def receipt(installation: Installation, digest: bytes | None) -> bytes | None:
    assert digest is not None
    async with transaction(installation.wiring.engine) as conn:
        return await service.find_receipt(conn, installation.issuer.institution.id, digest)


class Unfinal:
    """The same chain with another rule of finality: so many blocks on top."""

    def __init__(self, chain: Any, depth: int) -> None:
        self._chain, self._depth = chain, depth

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)

    async def is_final(self, block_number: int) -> bool:
        newest = int(await self._chain.call("eth_blockNumber"), 16)
        return bool(newest - block_number >= self._depth)


class MinedMeanwhile:
    """The same chain, which makes a block just before it is asked for the last size."""

    def __init__(self, chain: Any, node: Any) -> None:
        self._chain, self._node = chain, node

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)

    async def last_size(self, contract: str, address: str) -> int:
        self._node.rpc("evm_mine")
        return int(await self._chain.last_size(contract, address))
