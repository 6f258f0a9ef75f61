"""`stackmark wallet …`: how it stands, what it will cost, stop, resume, dismiss."""

import json

from app.anchoring import alarms, sending, store
from app.anchoring import service as anchoring
from app.database import transaction
from app.wiring import now
from tests.integration.conftest import Installation
from tests.integration.test_command_line import OUTSIDE, Terminal, terminal

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
