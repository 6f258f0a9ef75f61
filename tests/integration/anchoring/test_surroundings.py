"""Broken surroundings: an empty wallet, a chain that is away, reorganises or forgets, a nonce used by others."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.evm import EvmChain
from app.adapters.local_chain import LocalChain, free_port, local_chain
from app.anchoring import sending, service, store
from app.anchoring.audit import audit_log
from app.anchoring.model import Checkpoint, CheckpointState, Log
from app.anchoring.steps import Steps
from app.database import transaction
from app.errors import OutsideFailed
from app.local import deploy
from app.verification import verify
from app.verification.report import Anchoring, Verdict
from tests.integration.conftest import ROOT, Installation


async def log_of(installation: Installation) -> Log:
    return await installation.log()


async def checkpoints(installation: Installation, log: Log) -> tuple[Checkpoint, ...]:
    async with transaction(installation.wiring.engine) as conn:
        return await store.list_checkpoints(conn, log.id)


async def settle(steps: Steps, log: Log, chain: LocalChain) -> None:
    for _ in range(6):
        if not await sending.advance(steps, log.id):
            return
        chain.finalize()
    raise AssertionError("the log did not come to rest")


async def assert_whole(installation: Installation, log: Log) -> None:
    async with transaction(installation.wiring.engine) as conn:
        current = await service.log_of(conn, log.owner)
        waiting, sealed, receipts = await service.progress(conn, log.owner)
    assert (waiting, receipts) == (0, sealed)
    assert await audit_log(installation.wiring.engine, current, installation.wiring.chain) == []


async def test_an_empty_wallet_waits_and_says_so(installation: Installation) -> None:
    log = await log_of(installation)
    installation.chain.rpc("anvil_setBalance", log.wallet_address, "0x0")
    credential = await installation.issue_one()
    with pytest.raises(OutsideFailed) as failed:
        await sending.advance(installation.wiring.steps, log.id)
    assert failed.value.code == "wallet_unfunded"
    assert log.wallet_address in failed.value.message
    assert [one.state for one in await checkpoints(installation, log)] == [CheckpointState.SEALED]
    submission, _ = verify.read_submission(await installation.bundle(credential.id))
    report = await installation.wiring.verify(submission)
    assert (report.verdict, report.anchoring) == (Verdict.VALID, Anchoring.PENDING)
    installation.chain.fund(log.wallet_address)
    await settle(installation.wiring.steps, log, installation.chain)
    await assert_whole(installation, log)


async def test_a_block_that_vanishes_is_followed_until_the_checkpoint_is_final(installation: Installation) -> None:
    log = await log_of(installation)
    steps = installation.wiring.steps
    await installation.issue_one()
    before = installation.chain.rpc("evm_snapshot")
    assert await sending.advance(steps, log.id)
    assert (await checkpoints(installation, log))[-1].state is CheckpointState.INCLUDED
    # The chain reorganises: the block with our transaction never was, and the node has forgotten the transaction too.
    installation.chain.rpc("evm_revert", before)
    assert not await sending.confirm(steps, log)
    assert (await checkpoints(installation, log))[-1].state is CheckpointState.SUBMITTED
    await settle(steps, log, installation.chain)
    assert [one.state for one in await checkpoints(installation, log)] == [CheckpointState.FINALIZED]
    await assert_whole(installation, log)
    # The same bytes were sent again, not a second transaction.
    assert await installation.wiring.chain.next_nonce(log.wallet_address) == 1


async def test_a_nonce_used_by_another_transaction_of_the_wallet(installation: Installation) -> None:
    log = await log_of(installation)
    steps = installation.wiring.steps
    chain = installation.chain
    await installation.issue_one()
    chain.rpc("evm_setAutomine", False)
    try:
        assert await sending.advance(steps, log.id)
        chain.rpc("anvil_dropAllTransactions")
        chain.rpc("anvil_impersonateAccount", log.wallet_address)
        chain.rpc("eth_sendTransaction", {"from": log.wallet_address, "to": log.wallet_address, "value": "0x1"})
        chain.rpc("evm_mine")
    finally:
        chain.rpc("evm_setAutomine", True)
    # What took the nonce may yet vanish, and ours be mined after all.
    assert not await sending.confirm(steps, log)
    assert (await checkpoints(installation, log))[-1].state is CheckpointState.SUBMITTED
    chain.finalize()
    assert not await sending.confirm(steps, log)
    assert (await checkpoints(installation, log))[-1].state is CheckpointState.SEALED
    await settle(steps, log, chain)
    await assert_whole(installation, log)


async def test_another_chain_behind_the_same_address_is_refused(installation: Installation) -> None:
    log = await log_of(installation)
    await installation.issue_one()

    class OtherChain(EvmChain):
        async def chain_id(self) -> int:
            return 1

    settings = installation.settings
    elsewhere = OtherChain(str(settings.chain_rpc_url), "finalized", settings.contracts_dir)
    try:
        with pytest.raises(OutsideFailed) as failed:
            await sending.advance(replace(installation.wiring.steps, chain=elsewhere), log.id)
    finally:
        await elsewhere.close()
    assert failed.value.code == "chain_wrong"
    assert [one.state for one in await checkpoints(installation, log)] == [CheckpointState.SEALED]


@pytest.fixture
def second_chain(tmp_path: Path) -> tuple[int, Path]:
    return free_port(), tmp_path / "state.json"


async def test_issuing_goes_on_while_the_chain_is_away_and_a_forgetful_chain_is_anchored_again(
    installation: Installation, second_chain: tuple[int, Path]
) -> None:
    port, state = second_chain
    log = await log_of(installation)
    settings = installation.settings.model_copy(update={"chain_rpc_url": f"http://127.0.0.1:{port}"})
    evm = EvmChain(str(settings.chain_rpc_url), "finalized", settings.contracts_dir)
    steps = replace(installation.wiring.steps, chain=evm)
    try:
        # 1. Nobody answers: the credential is signed all the same and its anchor waits.
        first = await installation.issue_one()
        with pytest.raises(OutsideFailed) as failed:
            await sending.advance(steps, log.id)
        assert failed.value.code == "chain_unreachable"
        # 2. It comes, and everything catches up; stopped by a signal, it keeps its state.
        with local_chain(ROOT / "contracts", state, port) as chain:
            await deploy(settings, chain)
            chain.fund(log.wallet_address)
            await settle(steps, log, chain)
        with local_chain(ROOT / "contracts", state, port) as chain:
            assert not await sending.forgotten(steps, log)
            receipt = await receipt_of(installation, first.digest)
        # 3. It comes back without any memory, as after a deep reorganisation.
        state.unlink()
        for copy in state.parent.glob("state.copy*"):
            copy.unlink()
        with local_chain(ROOT / "contracts", state, port) as chain:
            await deploy(settings, chain)
            chain.fund(log.wallet_address)
            await settle(steps, log, chain)
            async with transaction(installation.wiring.engine) as conn:
                current = await service.log_of(conn, log.owner)
            assert await audit_log(installation.wiring.engine, current, evm) == []
    finally:
        await evm.close()
    states = [one.state for one in await checkpoints(installation, log)]
    assert states == [CheckpointState.ORPHANED, CheckpointState.FINALIZED]
    again = await receipt_of(installation, first.digest)
    assert receipt is not None
    assert again not in (None, receipt)


async def receipt_of(installation: Installation, digest: bytes | None) -> bytes | None:
    assert digest is not None
    async with transaction(installation.wiring.engine) as conn:
        return await service.find_receipt(conn, installation.issuer.institution.id, digest)
