"""From a T Level to an HND with a module at another college, as the demo tells it, and what a stranger sees of it."""

import asyncio
import json
from contextlib import suppress
from datetime import date

from app.database import transaction
from app.demo import stacking as story
from app.demo.tale import Tale
from app.institutions import service as institutions
from app.institutions.model import published_wallet
from tests.integration.conftest import PUBLIC_URL, Installation

JSON = {"Accept": "application/json"}


async def test_pieces_of_two_colleges_add_up_and_fall_with_one_that_is_withdrawn(installation: Installation) -> None:
    wiring, settings = installation.wiring, installation.settings
    here, there = installation.issuer.institution, installation.other.institution
    folder = settings.wallets_dir / "public"
    folder.mkdir(parents=True, exist_ok=True)
    async with transaction(wiring.engine) as conn:
        await institutions.accredit(conn, here.id, (story.HND, story.T_LEVEL), date(2020, 9, 1))
        for college in (here, there):
            identity = await institutions.identity(conn, college.id)
            statement = published_wallet(college, identity.wallet, *identity.keys, accounts=identity.also_on)
            (folder / f"{college.slug}.json").write_text(json.dumps(statement), encoding="utf-8")

    async def worker() -> None:
        while True:
            await installation.work()
            await asyncio.sleep(0.1)

    tale, working = Tale(), asyncio.create_task(worker())
    try:
        # It stops at whatever does not come, and at a sum that does not check offline.
        await story.tell(tale, wiring, settings, here, there, PUBLIC_URL)
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
    await installation.work()
    addresses = {what: address.removeprefix(PUBLIC_URL) for what, address in (*tale.addresses, *tale.ended)}

    hnc = (await installation.client.get(addresses["An HNC from two colleges, checked"], headers=JSON)).json()
    assert (hnc["verdict"], hnc["anchor"]) == ("valid", "anchored")
    assert {(one["issuer"], one["credits"], one["verdict"]) for one in hnc["additions"]} == {
        (here.name, 15, "valid"),
        (there.name, 15, "valid"),
    }
    assert len(hnc["additions"]) == 8

    hnd = (await installation.client.get(addresses["An HND that ended with a unit of it"], headers=JSON)).json()
    assert hnd["verdict"] == "was valid"
    found = {one["check"]: (one["code"], one["sentence"]) for one in hnd["checks"]}
    assert found["adds_up"][0] == "part_withdrawn"
    assert "Cloud Computing, one of its parts, was withdrawn" in found["status"][1]

    page = (await installation.client.get(addresses["The profile of its learner"])).text
    assert "Completed: Pearson BTEC Level 4 HNC in Computing (2022)" in page
    assert "Completed: Pearson BTEC Level 5 HND" not in page
    assert "225 of 240 credits" in page
    # What is awarded is not under way, though two of its units are of the other college's record.
    assert "Towards Pearson BTEC Level 4 HNC" not in page
