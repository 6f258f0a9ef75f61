"""`stackmark wallet …`: how it stands, what it will cost, stop, resume, dismiss."""

import asyncio
import json

from app.anchoring import alarms, sending, store
from app.anchoring import service as anchoring
from app.database import transaction
from app.wiring import now
from tests.integration.anchoring.test_succession import blocks
from tests.integration.conftest import Installation
from tests.integration.test_command_line import OUTSIDE, REFUSED, Terminal, terminal

__all__ = ["terminal"]


async def test_a_wallet_is_looked_at_stopped_and_resumed(installation: Installation, terminal: Terminal) -> None:
    said = terminal.run("wallet", "forecast", "northgate", "--checkpoints", 2, POUNDS_PER_COIN="2000")
    assert "2 entries in the public register, 122,000 gas, at most 0." in said
    assert "£" in said
    terminal.run("wallet", "stop", "northgate", "--reason", "The wrong file was imported.")
    await installation.issue_one()
    log = await installation.log()
    assert not await sending.advance(installation.wiring.steps, log.id)
    found = json.loads(terminal.run("wallet", "status", "northgate", "--json"))
    assert found["paused"]["reason"] == "The wrong file was imported."
    assert found["entries"]["anchored"] == 0
    assert found["alarms"] == []
    assert found["checkpointsLeft"] > 20
    terminal.run("wallet", "resume", "northgate")
    await installation.work()
    said = terminal.run("wallet", "status", "northgate")
    assert "STOPPED" not in said
    assert "0 waiting, 0 on their way" in said
    assert "No alarms." in said


async def test_an_alarm_shows_and_is_dismissed(installation: Installation, terminal: Terminal) -> None:
    log = await installation.log()
    async with transaction(installation.wiring.engine) as conn:
        await store.open_alarm(conn, log, "wallet_used_elsewhere", "Something else has sent a transaction.", now())
    said = terminal.run("wallet", "status", "northgate", expect=OUTSIDE)
    assert "Something else has sent a transaction. (wallet_used_elsewhere)" in said
    assert "Dismissed: wallet_used_elsewhere." in terminal.run("wallet", "dismiss", "northgate")
    async with transaction(installation.wiring.engine) as conn:
        assert await alarms.current(conn, (await anchoring.log_of(conn, log.owner)).id) == ()


def test_a_chain_that_is_away_is_said_not_guessed(terminal: Terminal) -> None:
    said = terminal.run("wallet", "status", "northgate", expect=OUTSIDE, CHAIN_RPC_URL="http://127.0.0.1:9")
    assert "Balance: not known." in said
    terminal.run("wallet", "forecast", "northgate", expect=OUTSIDE, CHAIN_RPC_URL="http://127.0.0.1:9")


async def test_a_wallet_is_replaced_by_commands_and_says_whose_it_is(
    installation: Installation, terminal: Terminal
) -> None:
    first = await installation.issue_one()
    await installation.work()
    said = terminal.run("wallet", "create", "northgate")
    address, reference = (line.split()[0] for line in said.strip().splitlines())
    installation.chain.fund(address)
    words = ("wallet", "replace", "northgate", "--address", address, "--key", reference)
    said = terminal.run(*words, "--stolen-since", "yesterday", "--yes", expect=REFUSED)
    assert "time_malformed" in said
    async with blocks(installation):
        said = await asyncio.to_thread(terminal.run, *words, "--yes")
        assert f"{address} is in use." in said
        assert "is in use already" in await asyncio.to_thread(terminal.run, *words, "--yes")
        refused = await asyncio.to_thread(terminal.run, "wallet", "declare", "northgate", expect=REFUSED)
        assert "wallet_not_stopped" in refused
        await installation.work()
        await asyncio.to_thread(terminal.run, "wallet", "stop", "northgate", "--reason", "Saying whose it is.")
        said = await asyncio.to_thread(terminal.run, "wallet", "declare", "northgate")
        assert f"The register says that {address} is the wallet of" in said
        await asyncio.to_thread(terminal.run, "wallet", "resume", "northgate")
    assert (await installation.log()).wallet_address == address
    second = await installation.issue_one(component="2")
    await installation.work()
    for credential in (first, second):
        shown = await installation.client.get(f"/verify/{credential.id}", headers={"Accept": "application/json"})
        assert (shown.json()["verdict"], shown.json()["anchor"]) == ("valid", "anchored")
    document = (await installation.client.get("/i/northgate/did.json")).json()
    assert len(document["capabilityInvocation"]) == 2
    assert document["alsoKnownAs"] == [f"did:pkh:eip155:31337:{address.lower()}"]
