"""The second chain kept up by the worker: as often as the settings say, and never at the cost of the first one."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app import worker
from app.anchoring import service, store
from app.anchoring.model import CheckpointState
from app.database import transaction
from app.wiring import now, wired
from tests.integration.anchoring.test_surroundings import assert_whole
from tests.integration.anchoring.two_chains import FIRST, SECOND, TwoChains, two_chains
from tests.integration.conftest import Foundation

HOUR = timedelta(hours=1)


@pytest.fixture
async def there(foundation: Foundation) -> AsyncIterator[TwoChains]:
    async with two_chains(foundation) as made:
        yield made


async def every(there: TwoChains, hours: float | None) -> int:
    """What the worker's sweep finds to be due now."""
    return await sweep(there, hours, timedelta(0))


async def sweep(there: TwoChains, hours: float | None, later: timedelta) -> int:
    async with wired(there.settings.model_copy(update={"second_chain_hours": hours})) as wiring:
        return await worker.record_elsewhere(wiring, now() + later)


async def final_on(there: TwoChains) -> dict[int, int]:
    """By chain, how many entries are final there."""
    log = await there.log()
    async with transaction(there.wiring.engine) as conn:
        finals = await store.list_checkpoints(conn, log.id, CheckpointState.FINALIZED)
    return {
        chain: max((one.tree_size for one in finals if one.chain_id == chain), default=0) for chain in (FIRST, SECOND)
    }


async def test_with_every_checkpoint_the_second_chain_is_kept_level(there: TwoChains) -> None:
    assert await every(there, 0) == 0
    for component in ("1", "2"):
        await there.installation.issue_one(component=component)
        await there.work()
        # What is new since may be the college's own document, which names the wallet on both chains.
        while await every(there, 0):
            await there.work()
        reached = await final_on(there)
        assert reached[SECOND] == reached[FIRST] > 0
    # At rest, nothing more is sent, however often it is looked for.
    sent = await there.sent_there()
    assert [await every(there, 0) for _ in range(3)] == [0, 0, 0]
    assert await there.sent_there() == sent
    await assert_whole(there.installation, await there.log())


async def test_it_is_off_unless_the_settings_say_how_often(there: TwoChains) -> None:
    await there.installation.issue_one()
    await there.work()
    assert await every(there, None) == 0
    alone = {"second_chain": None, "second_chain_id": None, "second_chain_hours": 0}
    async with wired(there.settings.model_copy(update=alone)) as wiring:
        assert await worker.record_elsewhere(wiring, now()) == 0
    assert (await final_on(there))[SECOND] == 0


async def test_each_log_is_recorded_once_in_so_many_hours(there: TwoChains) -> None:
    await there.installation.issue_one()
    await there.work()
    assert await every(there, 6) == 2  # Northgate's and Southport's
    await there.work()
    await there.installation.issue_one(component="2")
    await there.work()
    assert await sweep(there, 6, 5 * HOUR) == 0
    assert await sweep(there, 6, 7 * HOUR) == 2
    assert await sweep(there, 6, 7 * HOUR) == 0
    await there.work()
    reached = await final_on(there)
    assert reached[SECOND] == reached[FIRST]


async def test_a_dead_second_chain_holds_up_nothing_and_is_made_good(there: TwoChains) -> None:
    await there.installation.issue_one()
    await there.work()
    code = there.second.rpc("eth_getCode", str(there.settings.registry_address), "latest")
    there.second.rpc("anvil_setCode", str(there.settings.registry_address), "0x")
    assert await every(there, 0) == 2
    first_alone = replace(there.installation, chain=there.first)
    for component in ("2", "3"):
        await there.installation.issue_one(component=component)
        await first_alone.work()
        # One is on its way there already; no heap of them is made.
        assert await every(there, 0) == 0
    assert (await final_on(there))[SECOND] == 0
    there.second.rpc("anvil_setCode", str(there.settings.registry_address), code)
    await there.settle_second()
    while await every(there, 0):
        await there.work()
    reached = await final_on(there)
    assert reached[SECOND] == reached[FIRST]
    await assert_whole(there.installation, await there.log())


async def test_a_stopped_wallet_records_nothing_there_either(there: TwoChains) -> None:
    await there.installation.issue_one()
    await there.work()
    log = await there.log()
    async with transaction(there.wiring.engine) as conn:
        await service.pause(conn, log.owner, "Somebody looks at it.", now())
    assert await every(there, 0) == 1  # Southport's
    async with transaction(there.wiring.engine) as conn:
        await service.resume(conn, log.owner)
    assert await every(there, 0) == 1
