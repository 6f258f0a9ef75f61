"""Cascades, awards and withdrawals at the same moment, and cascades cut off in the middle: on a real PostgreSQL."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import event, text

from app.credentials.model import Changes
from app.database import transaction
from app.stacking import cascading
from app.stacking.notices import EventKind
from app.wiring import now
from tests.integration.conftest import Installation
from tests.integration.credentials.test_correcting import correct, everything, faults
from tests.integration.stacking.classroom import award, awards, held, issue_units, withdraw
from tests.integration.stacking.test_cascade import HND, approve_for, told, with_award


class Cut(Exception):
    """The connection is gone."""


async def follow(installation: Installation, award_id: Any) -> EventKind | None:
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        return await cascading.follow(conn, issuer, installation.wiring.canonical, award_id, now())


async def mark(installation: Installation, part_id: Any) -> None:
    async with transaction(installation.wiring.engine) as conn:
        await cascading.request(conn, part_id)


async def in_force(installation: Installation) -> list[Any]:
    return [one.id for one in await awards(installation) if one.revoked_at is None]


async def test_cascades_at_once_issue_one_award_and_one_notice(installation: Installation) -> None:
    await approve_for(installation, HND)
    units, made = await with_award(installation, "PPPPPPPP")
    await installation.issue_one(qualification=HND, component="1", grade="Pass")
    await withdraw(installation, units["1"].id)
    await mark(installation, units["1"].id)
    outcomes = await asyncio.gather(*(follow(installation, made.id) for _ in range(4)))
    assert sorted(map(str, outcomes)) == ["None", "None", "None", "replaced"]
    assert len(await in_force(installation)) == 1
    assert len(await awards(installation)) == 2
    assert len(await told(installation)) == 1
    await installation.work()
    assert await faults(installation) == []


async def test_a_cascade_and_an_award_at_once_make_one_award(installation: Installation) -> None:
    await approve_for(installation, HND)
    units, made = await with_award(installation, "PPPPPPPP")
    await installation.issue_one(qualification=HND, component="1", grade="Pass")
    await withdraw(installation, units["1"].id)
    await asyncio.gather(
        follow(installation, made.id),
        *(award(installation, made.learner_id) for _ in range(3)),  # type: ignore[arg-type]
    )
    assert len(await in_force(installation)) == 1
    await installation.work()
    assert len(await in_force(installation)) == 1
    assert await faults(installation) == []


@pytest.mark.parametrize("first", ["withdrawal", "award"])
async def test_a_withdrawal_and_an_award_at_once_leave_no_award_on_a_withdrawn_part(
    installation: Installation, first: str
) -> None:
    units = await issue_units(installation, "PPPPPPPP")
    learner_id = units["1"].learner_id
    assert learner_id is not None
    both = [withdraw(installation, units["1"].id), award(installation, learner_id)]
    await asyncio.gather(*(both if first == "withdrawal" else reversed(both)))
    await installation.work()
    assert await in_force(installation) == []
    assert await faults(installation) == []


async def test_two_parts_withdrawn_at_once_withdraw_the_award_once(installation: Installation) -> None:
    units, made = await with_award(installation, "PPPPPPPP")
    await asyncio.gather(withdraw(installation, units["1"].id), withdraw(installation, units["2"].id))
    await asyncio.gather(mark(installation, units["1"].id), mark(installation, units["2"].id))
    await installation.work()
    (event_,) = await told(installation)
    assert (event_.kind, event_.award_id) == (EventKind.WITHDRAWN, made.id)
    assert await faults(installation) == []


async def test_a_part_withdrawn_while_its_award_is_being_renewed_is_not_missed(installation: Installation) -> None:
    units, made = await with_award(installation, "PPPPPPPP")
    await correct(installation, units["1"].id, changes=Changes(grade="Merit"))
    await asyncio.gather(follow(installation, made.id), withdraw(installation, units["2"].id))
    await installation.work()
    assert await in_force(installation) == []
    assert await faults(installation) == []


async def test_the_last_two_parts_landing_together_make_one_award(installation: Installation) -> None:
    units = await issue_units(installation, "PPPPPPPP")
    learner_id = units["1"].learner_id
    assert learner_id is not None
    for unit in ("7", "13"):
        await withdraw(installation, units[unit].id)

    async def land(component: str) -> None:
        await installation.issue_one(component=component, grade="Pass")
        await award(installation, learner_id)

    await asyncio.gather(land("7"), land("13"))
    await installation.work()
    assert len(await in_force(installation)) == 1
    assert len(await held(installation, (await awards(installation))[0].kind)) == 1


async def test_cut_off_after_any_statement_nothing_is_half_done(installation: Installation) -> None:
    """For each statement of a cascade: the connection fails there, everything is as before, and the next one succeeds
    no later than after the last."""
    await approve_for(installation, HND)
    units, made = await with_award(installation, "PPPPPPPP")
    await installation.issue_one(qualification=HND, component="1", grade="Pass")
    await withdraw(installation, units["1"].id)
    await mark(installation, units["1"].id)
    before = await everything(installation)
    cuts = 0
    while True:
        left = [cuts + 1]

        def cut(*_: Any, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Cut

        engine = installation.wiring.engine.sync_engine
        event.listen(engine, "before_cursor_execute", cut)
        try:
            outcome = await follow(installation, made.id)
            break
        except Cut:
            cuts += 1
        finally:
            event.remove(engine, "before_cursor_execute", cut)
        assert await everything(installation) == before
    assert (outcome, cuts > 20) == (EventKind.REPLACED, True)
    assert await follow(installation, made.id) is None
    await installation.work()
    assert len(await in_force(installation)) == 1
    assert len(await told(installation)) == 1
    assert await faults(installation) == []


async def test_a_request_that_was_lost_is_made_again_by_the_sweep(installation: Installation) -> None:
    units, made = await with_award(installation, "PPPPPPPP")
    await withdraw(installation, units["1"].id)
    await mark(installation, units["1"].id)
    async with transaction(installation.wiring.engine) as conn:
        await conn.execute(text("DELETE FROM procrastinate_jobs WHERE task_name LIKE 'stacking.%'"))
    assert await in_force(installation) == [made.id]
    async with transaction(installation.wiring.engine) as conn:
        await cascading.request_unfinished(conn)
    await installation.work()
    assert await in_force(installation) == []
