"""The service with a Safe for a wallet, on a real node: it asks, waits, sends, and asks again where that is needed."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from app.anchoring import service
from app.anchoring.fees import SendingPolicy
from app.anchoring.model import CheckpointState
from app.database import transaction
from app.errors import OutsideFailed, Refused
from app.verification import verify
from app.verification.report import Anchoring, Verdict
from app.wiring import wired
from tests.integration.anchoring.test_sending import Unfinal
from tests.integration.anchoring.test_surroundings import assert_whole, checkpoints
from tests.integration.conftest import Installation
from tests.integration.custody.safe_college import Relayer, SafeCollege, safe_college
from tests.integration.custody.safe_contracts import call_data
from tests.integration.custody.test_contract import owner


@pytest.fixture
async def college(installation: Installation, tmp_path: Path) -> AsyncIterator[SafeCollege]:
    async with safe_college(installation, tmp_path) as made:
        yield made


async def test_nothing_is_anchored_before_two_of_three_owners_have_agreed(college: SafeCollege) -> None:
    installation, log = college.installation, await college.log()
    credential = await installation.issue_one()
    # Not a failure: nothing is tried again in a hurry, and nothing behind it is held up.
    assert await college.walk() == 0
    [alarm] = await college.alarms()
    assert alarm.code == "owners_awaited"
    assert "2 more of the 2 signatures" in alarm.message
    assert f"stackmark wallet proposals list --safe {college.safe}" in alarm.message
    proposal = await college.waiting()
    await college.agree(0)
    assert await college.walk() == 0
    [again] = await college.alarms()
    assert "1 more of the 2 signatures" in again.message
    assert again.since == alarm.since
    [checkpoint] = await checkpoints(installation, log)
    assert (checkpoint.state, checkpoint.root) == (CheckpointState.SEALED, proposal.root)
    assert await college.sent() == []
    submission, _ = verify.read_submission(await installation.bundle(credential.id))
    assert (await installation.wiring.verify(submission)).anchoring is Anchoring.PENDING

    assert await college.agree(2) == proposal
    await college.settle()
    assert await college.codes() == []
    await assert_whole(installation, log)
    [checkpoint] = await checkpoints(installation, log)
    assert checkpoint.state is CheckpointState.FINALIZED
    [bought] = await college.sent()
    assert (bought.sender, bought.hash) == (college.relayer.address, checkpoint.tx_hash)
    assert await installation.wiring.chain.next_nonce(college.relayer.address) == 1
    bundle = await installation.bundle(credential.id)
    anchor = json.loads(bundle)["anchorReceipt"]["anchor"]
    assert anchor["anchoredBy"] == f"eip155:31337:{college.safe.lower()}"
    submission, _ = verify.read_submission(bundle)
    report = await installation.wiring.verify(submission)
    assert (report.verdict, report.anchoring) == (Verdict.VALID, Anchoring.ANCHORED)


async def test_while_owners_are_awaited_what_is_final_gets_its_receipts(college: SafeCollege) -> None:
    first = await college.installation.issue_one()
    await college.walk()
    await college.agree(0, 1)
    assert await college.walk()
    second = await college.installation.issue_one(component="2")
    college.installation.chain.finalize()
    assert await college.walk() == 0
    assert await college.codes() == ["owners_awaited"]
    async with transaction(college.wiring.engine) as conn:
        found = [
            await service.find_receipt(conn, college.issuer.institution.id, one.digest or b"")
            for one in (first, second)
        ]
    assert found[0] is not None
    assert found[1] is None


async def test_a_proposal_that_the_safe_has_gone_past_is_made_anew_and_signed_anew(college: SafeCollege) -> None:
    await college.walk()
    old = await college.agree(0)
    await college.send_as_owners(college.relayer.address)
    assert await college.walk() == 0
    new = await college.waiting()
    assert (new.root, new.tree_size) == (old.root, old.tree_size)
    assert new.transaction.nonce == old.transaction.nonce + 1
    assert (await college.wiring.proposals.progress(new)).missing == 2
    with pytest.raises(Refused, match="proposal_stale"):
        await college.wiring.proposals.add(old, college.signed(old, 1))
    with pytest.raises(Refused, match="signature_not_owners"):
        await college.wiring.proposals.add(new, college.signed(old, 1))
    await college.agree(0, 1)
    await college.settle()
    await assert_whole(college.installation, await college.log())
    assert len(await college.sent()) == 1


async def test_what_owners_bring_themselves_is_found_and_nobody_signs_twice(college: SafeCollege) -> None:
    """Through another page for Safes, with the signatures they gave here or others."""
    installation, log = college.installation, await college.log()
    await college.walk()
    proposal = await college.waiting()
    await college.send_as_owners(proposal.transaction.to, proposal.transaction.data)
    await college.settle()
    await assert_whole(installation, log)
    assert await college.codes() == []
    assert await college.sent() == []
    assert [one.state for one in await checkpoints(installation, log)] == [CheckpointState.FINALIZED]
    assert len(college.wiring.proposals.files.list_all(college.safe)) == 2  # with the statement


@pytest.mark.parametrize("depth", [1, 3])
async def test_a_reorganisation_asks_no_owner_again(college: SafeCollege, depth: int) -> None:
    chain, log = college.installation.chain, await college.log()
    steps = replace(college.steps, chain=Unfinal(college.steps.chain, 40))
    await college.walk(steps)
    await college.agree(0, 1)
    assert await college.walk(steps)
    [before] = await checkpoints(college.installation, log)
    assert before.state is CheckpointState.INCLUDED
    chain.rpc("anvil_mine", hex(depth - 1)) if depth > 1 else None
    chain.rpc("anvil_reorg", depth, [])
    assert await college.walk(steps)
    chain.rpc("anvil_mine", "0x40")
    await college.settle(steps)
    [after] = await checkpoints(college.installation, log)
    assert after.state is CheckpointState.FINALIZED
    assert before.block is not None
    assert after.block is not None
    assert after.block.hash != before.block.hash
    assert len(await college.sent()) == 1
    await assert_whole(college.installation, log)


async def test_a_chain_that_forgot_what_was_final_gets_it_again_with_the_signatures_there_are(
    college: SafeCollege,
) -> None:
    chain, log = college.installation.chain, await college.log()
    await college.anchor()
    [first] = await checkpoints(college.installation, log)
    assert first.block is not None
    chain.rpc("anvil_reorg", int(chain.rpc("eth_blockNumber"), 16) - first.block.number + 1, [])
    await college.settle()
    states = [one.state for one in await checkpoints(college.installation, log)]
    assert states == [CheckpointState.ORPHANED, CheckpointState.FINALIZED]
    assert await college.codes() == ["chain_forgot_checkpoints"]
    await assert_whole(college.installation, log)


async def test_a_replacement_offers_more_for_the_same_call_and_one_is_mined(college: SafeCollege) -> None:
    chain, log = college.installation.chain, await college.log()
    eager = replace(college.steps, policy=SendingPolicy(replace_after=timedelta(0)))
    await college.walk()
    await college.agree(0, 1)
    chain.rpc("evm_setAutomine", False)
    try:
        for _ in range(2):
            assert await college.walk(eager)
        offers = await college.sent()
    finally:
        chain.rpc("evm_setAutomine", True)
    fees = [one.fees.max_fee for one in offers]
    assert len(fees) == 3
    assert all(later * 8 >= earlier * 9 for earlier, later in pairwise(fees))
    assert {(one.sender, one.nonce) for one in offers} == {(college.relayer.address, 0)}
    chain.rpc("evm_mine")
    await college.settle()
    assert (await checkpoints(college.installation, log))[0].tx_hash == offers[-1].hash
    assert await college.wiring.chain.next_nonce(college.relayer.address) == 1
    await assert_whole(college.installation, log)


async def test_a_relayer_that_runs_dry_is_named_with_what_it_pays_for(college: SafeCollege) -> None:
    chain, log = college.installation.chain, await college.log()
    chain.rpc("anvil_setBalance", college.relayer.address, "0x0")
    with pytest.raises(OutsideFailed) as failed:
        await college.walk()
    assert failed.value.code == "wallet_unfunded"
    assert f"{college.relayer.address}, which pays for {college.safe}," in failed.value.message
    market = await college.wiring.chain.fees()
    chain.rpc("anvil_setBalance", college.relayer.address, hex(market.max_fee * 900_000))
    assert await college.walk() == 0
    assert await college.codes() == ["owners_awaited"]
    await college.agree(0, 1)
    await college.settle()
    [low] = await college.alarms()
    assert low.code == "balance_low"
    assert college.relayer.address in low.message
    chain.fund(college.relayer.address)
    await college.walk()
    assert await college.codes() == []
    await assert_whole(college.installation, log)


@pytest.mark.parametrize("kind", ["Safe", "SafeL2"])
async def test_a_checkpoint_costs_no_more_than_was_forecast(
    installation: Installation, tmp_path: Path, kind: str
) -> None:
    async with safe_college(installation, tmp_path, kind=kind) as college:
        for number in range(2):
            await college.append(number)
            expected = await college.wiring.forecast(college.issuer.institution.id)
            await college.anchor()
            newest = (await college.sent())[-1]
            receipt = installation.chain.rpc("eth_getTransactionReceipt", "0x" + newest.hash.hex())
            used = int(receipt["gasUsed"], 16)
            assert 0.85 * expected.gas <= used <= expected.gas
            assert used < (await college.wiring.proposals.safe(college.safe)).gas_limit


async def test_without_a_relayer_it_is_said_what_to_set(college: SafeCollege) -> None:
    bare = college.installation.settings.model_copy(update={"safe_relayer": None})
    async with wired(bare) as wiring:
        alone = replace(college, installation=replace(college.installation, settings=bare, wiring=wiring))
        with pytest.raises(Refused, match="relayer_missing"):
            await alone.walk()
        [alarm] = await alone.alarms()
    assert "STACKMARK_SAFE_RELAYER" in alarm.message
    await college.anchor()
    assert await college.codes() == []


async def test_what_the_register_refuses_of_a_safe_is_not_paid_for(college: SafeCollege) -> None:
    """The owners have disowned the wallet: every checkpoint would fail, and cost the relayer its fee."""
    contract = (await college.log()).contract
    await college.walk()
    await college.send_as_owners(contract, call_data("disown(uint64)", 1))
    with pytest.raises(OutsideFailed) as failed:
        await college.walk()
    assert failed.value.code == "wallet_refused"
    assert "wallet_refused" in await college.codes()
    assert await college.wiring.chain.next_nonce(college.relayer.address) == 0
    assert await college.sent() == []


async def test_an_owner_who_was_removed_does_not_count_any_more(college: SafeCollege) -> None:
    await college.walk()
    await college.agree(1)
    remove = "removeOwner(address,address,uint256)"
    await college.send_as_owners(
        college.safe, call_data(remove, college.owners[0].address, college.owners[1].address, 2)
    )
    state = await college.wiring.proposals.safe(college.safe)
    assert college.owners[1].address not in state.owners
    await college.walk()
    with pytest.raises(Refused, match="signature_not_owners"):
        await college.agree(1)
    await college.agree(0, 2)
    await college.settle()
    await assert_whole(college.installation, await college.log())


async def test_what_the_safe_did_not_do_after_all_is_told_and_done_again(college: SafeCollege) -> None:
    """Between the rehearsal and the block its owners sent something else: the fee is lost, the checkpoint is not."""
    chain, log = college.installation.chain, await college.log()
    await college.walk()
    await college.agree(0, 1)
    chain.rpc("evm_setAutomine", False)
    try:
        assert await college.walk()
        [first] = await college.sent()
        chain.rpc("anvil_dropAllTransactions")
        chain.rpc("evm_setAutomine", True)
        await college.send_as_owners(college.relayer.address)
        sent_again = chain.rpc("eth_sendRawTransaction", "0x" + first.raw.hex())
        chain.rpc("evm_mine")
        assert int(chain.rpc("eth_getTransactionReceipt", sent_again)["status"], 16) == 0
    finally:
        chain.rpc("evm_setAutomine", True)
    assert await college.walk()
    assert await college.codes() == ["transaction_reverted"]
    chain.finalize()
    # Nothing of ours can come any more; then the owners are asked.
    assert await college.walk()
    assert await college.walk() == 0
    assert sorted(await college.codes()) == ["owners_awaited", "transaction_reverted"]
    await college.agree(0, 1)
    await college.settle()
    assert await college.codes() == []
    await assert_whole(college.installation, log)
    assert len(await college.sent()) == 2


async def test_a_new_relayer_goes_on_where_the_one_before_it_is_stuck(college: SafeCollege) -> None:
    installation, chain = college.installation, college.installation.chain
    await college.walk()
    await college.agree(0, 1)
    chain.rpc("evm_setAutomine", False)
    try:
        assert await college.walk()
        chain.rpc("anvil_dropAllTransactions")
        chain.rpc("anvil_setBalance", college.relayer.address, "0x0")
        second = Relayer(*college.wiring.keystore.create_wallet(owner()))
        chain.fund(second.address)
        settings = installation.settings.model_copy(update={"safe_relayer": second.reference})
        async with wired(settings) as wiring:
            moved = replace(college, installation=replace(installation, settings=settings, wiring=wiring))
            eager = replace(moved.steps, policy=SendingPolicy(replace_after=timedelta(0)))
            for steps in (eager, moved.steps):
                assert await moved.walk(steps)
            chain.rpc("evm_setAutomine", True)
            chain.rpc("evm_mine")
            await moved.settle()
            assert [one.sender for one in await moved.sent()] == [college.relayer.address, second.address]
            await assert_whole(moved.installation, await moved.log())
    finally:
        chain.rpc("evm_setAutomine", True)


async def test_the_relayers_own_money_elsewhere_is_noticed(college: SafeCollege) -> None:
    chain = college.installation.chain
    await college.walk()
    await college.agree(0, 1)
    chain.rpc("evm_setAutomine", False)
    try:
        assert await college.walk()
        chain.rpc("anvil_dropAllTransactions")
        chain.rpc("anvil_impersonateAccount", college.relayer.address)
        order = {"from": college.relayer.address, "to": college.relayer.address, "value": "0x1"}
        chain.rpc("eth_sendTransaction", order)
        chain.rpc("evm_mine")
    finally:
        chain.rpc("evm_setAutomine", True)
    await college.settle()
    [alarm] = await college.alarms()
    assert alarm.code == "wallet_used_elsewhere"
    assert college.relayer.address in alarm.message
    await assert_whole(college.installation, await college.log())


async def test_the_switch_stops_what_owners_have_signed(college: SafeCollege) -> None:
    await college.walk()
    await college.agree(0, 1)
    async with transaction(college.wiring.engine) as conn:
        await service.pause(conn, college.issuer.institution.id, "The wrong file was imported.", college.steps.now())
    assert await college.walk() == 0
    assert await college.sent() == []
    async with transaction(college.wiring.engine) as conn:
        await service.resume(conn, college.issuer.institution.id)
    await college.settle()
    await assert_whole(college.installation, await college.log())


async def test_a_safe_of_one_hand_is_no_special_case(installation: Installation, tmp_path: Path) -> None:
    """The contract is asked for its threshold each time: it may be raised or lowered by its owners at any moment."""
    async with safe_college(installation, tmp_path) as college:
        await college.walk()
        await college.send_as_owners(college.safe, call_data("changeThreshold(uint256)", 1))
        await college.walk()
        [alarm] = await college.alarms()
        assert "1 more of the 1 signatures" in alarm.message
        await college.agree(2)
        await college.settle()
        await assert_whole(installation, await college.log())


def test_the_handler_is_asked_what_eip_1271_says() -> None:
    assert keccak(text="isValidSignature(bytes32,bytes)")[:4].hex() == "1626ba7e"
