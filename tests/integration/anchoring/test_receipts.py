"""By which checkpoint a receipt dates its entry: always the first that covers it, whenever the receipt is made."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from app.anchoring import receipting, sending, service
from app.anchoring.model import CheckpointState, Log
from app.credentials.model import Credential
from app.database import transaction
from app.standards.anchor_receipt import read_receipt
from app.wiring import now
from tests.integration.anchoring.test_surroundings import assert_whole, checkpoints, log_of, receipt_of, settle
from tests.integration.conftest import Installation

COMPONENTS = ("1", "2", "3")


async def record(installation: Installation, log: Log) -> None:
    """One more final checkpoint of what is open, a minute of the chain's time later; no receipts yet."""
    steps = installation.wiring.steps
    installation.chain.rpc("evm_increaseTime", 60)
    async with transaction(installation.wiring.engine) as conn:
        checkpoint = await service.seal(conn, log.id, now())
    assert checkpoint is not None
    await sending.submit(steps, log, checkpoint)
    while not await sending.confirm(steps, log):
        installation.chain.finalize()


async def three_checkpoints(installation: Installation, log: Log) -> list[Credential]:
    """A credential in each of three final checkpoints."""
    issued = []
    for component in COMPONENTS:
        issued.append(await installation.issue_one(component=component))
        await record(installation, log)
    return issued


async def sizes_named(installation: Installation, issued: list[Credential]) -> list[int]:
    """The size of the checkpoint that each credential's receipt names. Each receipt proves its place in that one."""
    found = []
    for one in issued:
        receipt = read_receipt(json.loads(await receipt_of(installation, one.digest) or b"{}"))
        assert receipt.proves_inclusion()
        found.append(receipt.tree_size)
    return found


async def all_receipts(installation: Installation) -> list[Any]:
    async with transaction(installation.wiring.engine) as conn:
        return list((await conn.execute(text("SELECT * FROM receipts ORDER BY entry_id"))).all())


async def name_the_newest(installation: Installation, log: Log) -> None:
    """Every receipt as versions before made them, when several checkpoints had become final in between."""
    finals = await checkpoints(installation, log)
    async with transaction(installation.wiring.engine) as conn:
        await conn.execute(text("UPDATE receipts SET checkpoint_id = :id"), {"id": finals[-1].id})


async def test_each_entry_is_dated_by_the_first_checkpoint_that_covers_it(installation: Installation) -> None:
    log = await log_of(installation)
    issued = await three_checkpoints(installation, log)
    finals = await checkpoints(installation, log)
    assert [one.state for one in finals] == [CheckpointState.FINALIZED] * 3
    made = await receipting.issue_receipts(installation.wiring.steps, log)
    assert made == finals[-1].tree_size
    assert await sizes_named(installation, issued) == [one.tree_size for one in finals]
    second = finals[1].block
    assert second is not None
    async with transaction(installation.wiring.engine) as conn:
        digests = [one.digest for one in issued if one.digest]
        assert await service.anchored(conn, log.owner, digests, before=second.time) == {issued[0].digest}
        assert await service.anchored(conn, log.owner, digests) == set(digests)
    await assert_whole(installation, log)


@pytest.mark.parametrize("at_once", [1, 2, 2_000])
async def test_a_receipt_that_names_a_later_checkpoint_is_made_anew_and_no_other_is_touched(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(receipting, "RECEIPTS_AT_ONCE", at_once)
    log, steps = await log_of(installation), installation.wiring.steps
    issued = await three_checkpoints(installation, log)
    await receipting.issue_receipts(steps, log)
    before = await all_receipts(installation)
    assert await receipting.issue_receipts(steps, log) == 0
    assert await all_receipts(installation) == before

    await name_the_newest(installation, log)
    finals = await checkpoints(installation, log)
    assert await receipting.issue_receipts(steps, log) == finals[1].tree_size
    assert await receipting.issue_receipts(steps, log) == 0
    after = await all_receipts(installation)
    # The same places in the same checkpoints; what named the right one kept its bytes.
    assert [row.checkpoint_id for row in after] == [row.checkpoint_id for row in before]
    assert after[finals[1].tree_size :] == before[finals[1].tree_size :]
    assert await sizes_named(installation, issued) == [one.tree_size for one in finals]


async def test_receipts_made_again_after_the_chain_forgot_follow_the_same_rule(installation: Installation) -> None:
    log, steps = await log_of(installation), installation.wiring.steps
    first = await installation.issue_one()
    await record(installation, log)
    # From here on the chain will have forgotten.
    snapshot = installation.chain.rpc("evm_snapshot")
    others = []
    for component in ("2", "3"):
        others.append(await installation.issue_one(component=component))
        await record(installation, log)
    await receipting.issue_receipts(steps, log)
    kept = await receipt_of(installation, first.digest)
    installation.chain.rpc("evm_revert", snapshot)
    await settle(steps, log, installation.chain)
    made = await checkpoints(installation, log)
    states = [CheckpointState.FINALIZED, CheckpointState.ORPHANED, CheckpointState.ORPHANED, CheckpointState.FINALIZED]
    assert [one.state for one in made] == states
    assert await receipt_of(installation, first.digest) == kept
    assert await sizes_named(installation, [first, *others]) == [made[0].tree_size, *[made[3].tree_size] * 2]
    await assert_whole(installation, log)
