"""One wallet after another: planned, after a loss, after a theft. What was good stays good, and nothing is doubled."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.wallet_calls import WalletCalls
from app.anchoring import notices, publishing, sending, service
from app.anchoring.fees import SendingPolicy
from app.anchoring.model import CheckpointState, Log
from app.auditing.model import Outcome
from app.credentials import wallets
from app.database import transaction
from app.errors import Conflict, OutsideFailed
from app.main import create_app
from app.verification import verify
from app.verification.report import Anchoring, Report, Verdict
from app.watching import audit_all
from app.wiring import now
from tests.integration.anchoring.test_surroundings import assert_whole, checkpoints, settle
from tests.integration.auditing.lying_host import manner
from tests.integration.conftest import Installation
from tests.integration.serving import served

PATIENT = SendingPolicy()


@contextlib.asynccontextmanager
async def blocks(installation: Installation) -> AsyncIterator[None]:
    """What is in a block becomes final while somebody waits for it."""

    async def finalize() -> None:
        while True:
            await asyncio.to_thread(installation.chain.finalize)
            await asyncio.sleep(0.05)

    task = asyncio.create_task(finalize())
    try:
        yield
    finally:
        task.cancel()


def calls_of(installation: Installation, log: Log) -> WalletCalls:
    wiring = installation.wiring
    return WalletCalls(wiring.nodes[0], wiring.keystore, PATIENT, log.contract, lambda _: None, 0.05)


async def disown(installation: Installation, since: datetime) -> None:
    """Give notice of the wallet in use, and wait until it is final."""
    wiring = installation.wiring
    async with transaction(wiring.engine) as conn:
        given = await wallets.note_down(conn, installation.issuer.institution.id, since, now())
    for notice in given:
        while not await notices.advance(wiring.steps_on(notice.chain_id), notice):
            await asyncio.to_thread(installation.chain.finalize)


def new_wallet(installation: Installation) -> tuple[str, str]:
    reference, address = installation.wiring.keystore.create_wallet("northgate")
    installation.chain.fund(address)
    return address, reference


async def replace(installation: Installation, new: tuple[str, str], since: datetime | None = None) -> int:
    wiring = installation.wiring
    async with transaction(wiring.engine) as conn:
        done = await wallets.replace(
            conn,
            wiring.keystore,
            wiring.compiled,
            installation.issuer.institution.id,
            address=new[0],
            reference=new[1],
            disowned_from=since,
            now=now(),
        )
    return done.again


async def checked(installation: Installation, credential_id: object) -> Report:
    submission, _ = verify.read_submission(await installation.bundle(credential_id))  # type: ignore[arg-type]
    return await installation.wiring.verify(submission)


async def assert_whole_from_outside(installation: Installation) -> None:
    """The log as anybody audits it: what several wallets recorded is one history."""
    log = await installation.log()
    await publishing.publish_checkpoints(installation.wiring.steps, log.id)
    with served(create_app(installation.settings)) as url:
        (report,), _ = await audit_all([installation.issuer.institution.did], manner(installation, url), {})
    assert (report.outcome, [(one.code, one.sentence) for one in report.findings]) == (Outcome.WHOLE, [])
    finals = [one for one in await checkpoints(installation, log) if one.state is CheckpointState.FINALIZED]
    assert report.records == len(finals)


async def test_a_planned_change_of_wallet(installation: Installation) -> None:
    steps, chain = installation.wiring.steps, installation.chain
    before = await installation.log()
    first = await installation.issue_one()
    await settle(steps, before, chain)
    new = new_wallet(installation)
    old = (before.wallet_address, before.wallet_keystore)
    async with blocks(installation):
        await calls_of(installation, before).hand_over(old, new)
        # Started again, it finds that all has been said.
        await calls_of(installation, before).hand_over(old, new)
    assert await installation.wiring.chain.next_nonce(new[0]) == 1
    assert await replace(installation, new) == 0
    after = await installation.log()
    assert after.wallet_address == new[0]
    second = await installation.issue_one(component="2")
    await settle(steps, after, chain)
    for credential in (first, second):
        report = await checked(installation, credential.id)
        assert (report.verdict, report.anchoring) == (Verdict.VALID, Anchoring.ANCHORED)
    finals = await checkpoints(installation, after)
    assert {one.anchored_by for one in finals} == {old[0], new[0]}
    assert {one.state for one in finals} == {CheckpointState.FINALIZED}
    await assert_whole(installation, after)
    await assert_whole_from_outside(installation)
    # The wallet before it can record nothing more.
    with pytest.raises(OutsideFailed):
        async with blocks(installation):
            await calls_of(installation, before).hand_over(old, new_wallet(installation))


async def test_a_wallet_whose_key_is_lost(installation: Installation) -> None:
    steps, chain = installation.wiring.steps, installation.chain
    before = await installation.log()
    first = await installation.issue_one()
    await settle(steps, before, chain)
    new = new_wallet(installation)
    assert await replace(installation, new) == 0
    second = await installation.issue_one(component="2")
    after = await installation.log()
    await settle(steps, after, chain)
    for credential in (first, second):
        assert (await checked(installation, credential.id)).anchoring is Anchoring.ANCHORED
    await assert_whole(installation, after)
    await assert_whole_from_outside(installation)


async def test_after_a_theft_what_was_recorded_since_is_recorded_again(installation: Installation) -> None:
    steps, chain = installation.wiring.steps, installation.chain
    before = await installation.log()
    early = await installation.issue_one()
    await settle(steps, before, chain)
    chain.rpc("evm_increaseTime", 3600)
    chain.rpc("evm_mine")
    theft = datetime.fromtimestamp(int(chain.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16), UTC)
    late = await installation.issue_one(component="2")
    await settle(steps, before, chain)
    old, new = (before.wallet_address, before.wallet_keystore), new_wallet(installation)
    await disown(installation, theft)
    report = await checked(installation, late.id)
    assert (report.anchoring, report.finding("chain").code) == (Anchoring.UNKNOWN, "anchor_disowned")
    assert await replace(installation, new, theft) == 1
    after = await installation.log()
    await settle(steps, after, chain)
    for credential in (early, late):
        report = await checked(installation, credential.id)
        assert (report.verdict, report.anchoring) == (Verdict.VALID, Anchoring.ANCHORED)
    await assert_whole(installation, after)
    await assert_whole_from_outside(installation)
    by_state = {one.state: one.anchored_by for one in await checkpoints(installation, after)}
    assert by_state[CheckpointState.ORPHANED] == old[0]


async def test_a_wallet_is_not_replaced_while_a_checkpoint_is_on_its_way(installation: Installation) -> None:
    steps, chain = installation.wiring.steps, installation.chain
    log = await installation.log()
    await installation.issue_one()
    assert await sending.advance(steps, log.id)
    with pytest.raises(Conflict) as refused:
        await replace(installation, new_wallet(installation))
    assert refused.value.code == "checkpoint_in_flight"
    await settle(steps, log, chain)
    await assert_whole(installation, await installation.log())


async def test_neither_the_wallet_in_use_nor_one_before_it_comes_again(installation: Installation) -> None:
    log = await installation.log()
    new = new_wallet(installation)
    await replace(installation, new)
    for address in (log.wallet_address, new[0]):
        with pytest.raises(Conflict) as refused:
            await replace(installation, (address, log.wallet_keystore))
        assert refused.value.code == "wallet_known"


async def test_a_walk_that_began_before_the_change_sends_nothing_from_the_old_wallet(
    installation: Installation,
) -> None:
    steps, chain = installation.wiring.steps, installation.chain
    stale = await installation.log()
    await installation.issue_one()
    async with transaction(installation.wiring.engine) as conn:
        await service.pause(conn, stale.owner, "The wallet is being replaced.", now())
    async with transaction(installation.wiring.engine) as conn:
        assert await service.seal(conn, stale.id, now()) is None
    await replace(installation, new_wallet(installation))
    after = await installation.log()
    assert after.pause is None
    async with transaction(installation.wiring.engine) as conn:
        sealed = await service.seal(conn, stale.id, now() + timedelta(seconds=1))
    assert sealed is not None
    await sending.submit(steps, stale, sealed)
    assert await installation.wiring.chain.next_nonce(stale.wallet_address) == 0
    await settle(steps, after, chain)
    await assert_whole(installation, after)


async def test_a_wallet_that_was_given_up_pays_for_nothing_more(installation: Installation) -> None:
    steps, chain = installation.wiring.steps, installation.chain
    log = await installation.log()
    await installation.issue_one()
    await settle(steps, log, chain)
    used = await installation.wiring.chain.next_nonce(log.wallet_address)
    async with blocks(installation):
        theft = int(chain.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        await disown(installation, datetime.fromtimestamp(theft, UTC))
    await installation.issue_one(component="2")
    for _ in range(2):
        with pytest.raises(OutsideFailed) as failed:
            await sending.advance(steps, log.id)
        assert failed.value.code == "wallet_refused"
    assert await installation.wiring.chain.next_nonce(log.wallet_address) == used + 1
    await replace(installation, new_wallet(installation), datetime.fromtimestamp(theft, UTC))
    after = await installation.log()
    await settle(steps, after, chain)
    await assert_whole(installation, after)
