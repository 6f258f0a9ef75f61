"""The monitor against a lying host, with a real receiver of alarms: told once, kept until taken, over once."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from app.adapters.local_chain import free_port
from app.adapters.state_file import read_state, write_state
from app.adapters.webhook import WebhookSender
from app.auditing.model import Outcome
from app.errors import Refused
from app.monitoring import Sender, one_round, watch
from app.standards import webhooks
from app.watching import Manner
from tests.integration.auditing.lying_host import (
    PAGE,
    another_moment,
    honest,
    manner,
)
from tests.integration.auditing.test_audit_from_outside import DID, PATIENCE, another_root, changed_leaf, grow, hangs
from tests.integration.conftest import ROOT, Installation
from tests.integration.serving import served

SECRET_TEXT = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRET = webhooks.read_secret(SECRET_TEXT)


@dataclass
class Receiver:
    """Takes alarms; `refusing` = how many it answers with 500 first."""

    refusing: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    forged: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        if not webhooks.is_genuine(SECRET, request.headers, body, datetime.now(UTC)):
            self.forged += 1
        if self.refusing:
            self.refusing -= 1
            await Response(status_code=500)(scope, receive, send)
            return
        self.taken.append(json.loads(body))
        self.ids.append(request.headers["webhook-id"])
        await Response(status_code=204)(scope, receive, send)

    def said(self) -> list[str]:
        """What was taken since this was last asked."""
        said = [f"{one['type']} {one['data']['code']}" for one in self.taken]
        self.taken.clear()
        return said


def sender(url: str) -> Sender:
    return WebhookSender(url, SECRET, now=lambda: datetime.now(UTC), first_wait=0.01, timeout=60)


async def test_a_fault_is_told_once_and_once_when_it_is_over(installation: Installation, tmp_path: Path) -> None:
    await grow(installation, 2, 300)
    host, receiver, state = await honest(installation), Receiver(), tmp_path / "state.json"
    with served(host) as url, served(receiver) as hook:
        how = manner(installation, url)
        hasty = replace(how, timeout=PATIENCE)

        async def look(to: str = hook, how: Manner = how) -> list[str]:
            await one_round([DID], how, state, sender(to))
            return receiver.said()

        assert await look() == []
        async with another_moment(host):
            another_root(host)
            receiver.refusing = 2
            assert await look() == ["log.found split_view"]
            assert await look() == []
            host.hanging.add(f"{PAGE}/did.json")
            # Silent, it is not rid of its fault; and silence is told the second time.
            assert await look(how=hasty) == []
            assert await look(how=hasty) == ["log.found did_not_fetched"]
        assert await look() == ["log.over did_not_fetched", "log.over split_view"]
        assert await look() == []
        # Nobody takes an alarm: it waits in the file, across restarts, and comes before what is newer.
        dead = f"http://127.0.0.1:{free_port()}"
        async with another_moment(host):
            another_root(host)
            assert await look(dead) == []
            assert [one["body"]["type"] for one in read_state(state)["pending"]] == ["log.found"]
        assert await look(dead) == []
        assert await look() == ["log.found split_view", "log.over split_view"]
        assert read_state(state)["pending"] == []
    assert receiver.forged == 0
    assert len(set(receiver.ids)) == len(receiver.ids) == 6


async def test_every_kind_of_lie_raises_an_alarm(installation: Installation, tmp_path: Path) -> None:
    await grow(installation, 2, 300)
    host, receiver = await honest(installation), Receiver()
    with served(host) as url, served(receiver) as hook:
        how = manner(installation, url, timeout=PATIENCE)
        for number, (lie, code, rounds) in enumerate(
            (
                (changed_leaf, "history_rewritten", 1),
                (hangs(f"{PAGE}/checkpoints"), "list_not_fetched", 2),
            )
        ):
            state = tmp_path / f"{number}.json"
            await one_round([DID], how, state, sender(hook))
            async with another_moment(host):
                lie(host)
                for _ in range(rounds):
                    await one_round([DID], how, state, sender(hook))
            assert f"log.found {code}" in receiver.said()


async def test_a_damaged_memory_stops_the_monitor_rather_than_starting_anew(
    installation: Installation, tmp_path: Path
) -> None:
    state = tmp_path / "state.json"
    how = manner(installation, "http://127.0.0.1:9")
    for damaged in ("{", "[]", '{"logs": 1}', '{"watches": {"x": 1}}', '{"logs": {"x": {"1": "z"}}}'):
        state.write_text(damaged)
        with pytest.raises(Refused) as refused:
            await one_round([DID], how, state, None)
        assert refused.value.code == "state_damaged"
        assert state.read_text() == damaged


async def test_the_watch_goes_on_after_a_round_that_failed(tmp_path: Path) -> None:
    stopped, rounds = asyncio.Event(), 0

    async def look() -> list[Any]:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            stopped.set()
        raise Refused("state_damaged", "It is damaged.")

    await asyncio.wait_for(watch(look, 0.01, stopped), 90)
    assert rounds == 3


def test_the_memory_is_put_in_place_in_one_step(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    write_state(state, {"a": 1})
    write_state(state, {"a": 2})
    assert read_state(state) == {"a": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("url", ["http://example.org/hook", "ftp://example.org", "https://", "hook"])
def test_alarms_go_over_https_alone(url: str) -> None:
    with pytest.raises(Refused) as refused:
        sender(url)
    assert refused.value.code == "webhook_address"


async def test_the_commands(installation: Installation, tmp_path: Path) -> None:
    """`stackmark audit --from-chain` and `stackmark monitor --once` in processes of their own, without a database."""
    await grow(installation, 2, 300)
    host, receiver = await honest(installation), Receiver()
    (tmp_path / "secret").write_text(SECRET_TEXT + "\n")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "STACKMARK_CHAIN_RPC_URL": str(installation.settings.chain_rpc_url),
        "STACKMARK_CONTRACTS_DIR": str(ROOT / "contracts"),
    }

    async def run(*arguments: str, expect: int) -> str:
        command = [sys.executable, "-m", "app.cli", *arguments]
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    with served(host) as url, served(receiver) as hook:
        audit = ("audit", "--from-chain", "--institution", "northgate", "--served-at", url, "--state", "seen.json")
        monitor = (
            *("monitor", "--once", "--institution", DID, "--served-at", url, "--state", "watch.json"),
            *("--webhook", hook, "--secret-file", "secret"),
        )
        said = await run(*audit, expect=0)
        assert f"{DID}: 304 log entries, 2 checkpoints published, 2 on the chain, 0 faults" in said
        await run(*monitor, expect=0)
        another_root(host)
        (report,) = json.loads(await run(*audit, "--json", expect=1))["logs"]
        assert (report["outcome"], report["size"]) == (Outcome.FAULTY, 304)
        assert [one["code"] for one in report["findings"]] == ["split_view"]
        await run(*monitor, expect=1)
        await run(*monitor, expect=1)
        assert receiver.said() == ["log.found split_view"]
        environment["STACKMARK_CHAIN_RPC_URL"] = f"http://127.0.0.1:{free_port()}"
        host.files = (await honest(installation)).files
        said = await run(*audit, expect=3)
        assert "cannot tell: The chain could not be asked just now." in said
        assert "from_chain_only" in await run("audit", "--compare", "https://x", expect=1)
