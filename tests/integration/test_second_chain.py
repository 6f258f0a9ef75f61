"""THE DRILL: a chain dies for good, and nothing is lost. As people do it: commands in processes of their own, a web
server, two real nodes of different chains, one of which is killed with all it knew."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.adapters.local_chain import free_port
from app.anchoring import sending, store
from app.credentials.model import Credential
from app.database import transaction
from app.institutions import service as institutions
from app.institutions.model import published_wallet
from app.main import create_app
from tests.integration.anchoring.two_chains import FIRST, SECOND, TwoChains, moved, two_chains
from tests.integration.conftest import Foundation
from tests.integration.serving import served
from tests.integration.test_command_line import DONE, OUTSIDE, REFUSED, Terminal, terminal_of

PAGE = "http://localhost:8000/i/northgate"


@pytest.fixture
async def there(foundation: Foundation) -> AsyncIterator[TwoChains]:
    async with two_chains(foundation) as made:
        yield made


def terminal_with_both(there: TwoChains, folder: Path) -> Terminal:
    made = terminal_of(there.installation, folder)
    second = {"SECOND_CHAIN": "besu", "SECOND_CHAIN_ID": str(SECOND), "SECOND_CHAIN_RPC_URLS": there.second.rpc_url}
    return replace(made, settings={**made.settings, **second}, secrets=(*made.secrets, there.second.rpc_url))


def terminal_after_the_move(there: TwoChains, folder: Path) -> Terminal:
    made = terminal_of(there.installation, folder)
    second = {"CHAIN": "besu", "CHAIN_ID": str(SECOND), "CHAIN_RPC_URL": there.second.rpc_url}
    return replace(made, settings={**made.settings, **second})


async def publish_wallets(there: TwoChains, folder: Path) -> Path:
    """The files that verifiers keep of the colleges they know."""
    async with transaction(there.wiring.engine) as conn:
        for institution in await institutions.list_all(conn):
            found = await institutions.identity(conn, institution.id)
            statement = published_wallet(institution, found.wallet, *found.keys, accounts=found.also_on)
            (folder / f"{institution.slug}.json").write_text(json.dumps(statement))
    return folder


async def file_of(there: TwoChains, credential: Credential, folder: Path) -> Path:
    file = folder / f"{credential.id}.json"
    file.write_bytes(await there.installation.bundle(credential.id))
    return file


def verified(terminal: Terminal, file: Path, *words: object, expect: int = DONE) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(terminal.run("verify", file, "--json", *words, expect=expect))
    return report


def code(report: dict[str, Any], check: str = "chain") -> str:
    return next(str(one["code"]) for one in report["checks"] if one["check"] == check)


async def test_a_dead_chain_loses_nothing(there: TwoChains, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    terminal = terminal_with_both(there, inside)
    # 1. Issued and anchored on the first chain, in several records.
    issued = []
    for component in ("1", "2"):
        issued.append(await there.installation.issue_one(component=component))
        await there.work()

    # 2. Recorded on the second chain too. The cost comes first, and asking twice pays once.
    said = terminal.run("chain", "reanchor", "--to", "besu", expect=REFUSED)
    assert "at most" in said
    assert "northgate" in said
    assert await there.sent_there() == 0
    terminal.run("chain", "reanchor", "--to", "besu", "--yes")
    await there.work()
    assert await there.sent_there() == 1
    # What is new since is the college's own document, which names the wallet on both chains.
    await there.work()
    terminal.run("chain", "reanchor", "--to", "besu", "--yes")
    await there.work()
    assert "Nothing was sent" in terminal.run("chain", "reanchor", "--to", "besu", "--yes")
    [standing] = json.loads(terminal.run("chain", "records", "--institution", "northgate", "--json"))
    assert [(one["chainId"], one["entries"], one["isOwn"]) for one in standing["chains"]] == [
        (FIRST, standing["entries"], True),
        (SECOND, standing["entries"], False),
    ]
    assert await there.sent_there() == 2
    issuers = await publish_wallets(there, tmp_path)
    files = [await file_of(there, one, inside) for one in issued]

    # 3. The first chain dies for good.
    there.kill_first()
    with served(create_app(there.settings)) as url:
        where = ("--issuers", issuers, "--served-at", url)
        for file in files:
            # With the second chain alone; with both, as they are set up here; and with nobody to ask.
            report = verified(terminal, file, *where, "--rpc", there.second.rpc_url)
            assert (report["verdict"], report["anchor"], code(report)) == ("valid", "anchored", "chain_ok_elsewhere")
            report = verified(terminal, file, *where)
            assert (report["verdict"], report["anchor"], code(report)) == ("valid", "anchored", "chain_ok_elsewhere")
            report = verified(terminal, file, "--issuers", issuers, "--offline")
            assert (report["verdict"], code(report)) == ("valid", "chain_not_asked")
            assert code(report, "inclusion") == "inclusion_ok"
        # Two nodes that might be of one chain must both answer: nobody meant to rely on one of them.
        dead = f"http://127.0.0.1:{free_port()}"
        report = verified(terminal, files[0], *where, "--rpc", there.second.rpc_url, "--rpc", dead)
        assert (report["verdict"], report["anchor"]) == ("valid", "cannot tell")
        # The page of ours.
        page = await there.installation.client.get(f"/verify/{issued[0].id}", headers={"Accept": "text/html"})
        assert f"chain {SECOND}" in page.text
        assert_audits(terminal, url, FIRST, SECOND)

        # 4. The log goes on on the second chain.
        assert "entries" in terminal.run("chain", "switch", "--to", "besu", expect=REFUSED)
        terminal.run("chain", "switch", "--to", "besu", "--yes")
        assert "Nothing was changed" in terminal.run("chain", "switch", "--to", "besu", "--yes")
        await there.work()

    async with moved(there) as after:
        outside = tmp_path / "outside"
        outside.mkdir()
        terminal = terminal_after_the_move(after, outside)
        later = await after.installation.issue_one(component="3")
        await after.work()
        files.append(await file_of(after, later, outside))
        with served(create_app(after.settings)) as url:
            for file, expected in zip(files, ["chain_ok_elsewhere"] * 2 + ["chain_ok"], strict=True):
                report = verified(terminal, file, "--issuers", issuers, "--served-at", url)
                assert (report["verdict"], report["anchor"], code(report)) == ("valid", "anchored", expected)
            assert_audits(terminal, url, FIRST, SECOND)
        log = await after.log()
        assert log.chain_id == SECOND
        # Each record on the second chain was paid for once.
        found = await after.wiring.chain.next_nonce(log.wallet_address)
        async with transaction(after.wiring.engine) as conn:
            made = [one for one in await store.list_checkpoints(conn, log.id) if one.chain_id == SECOND]
        assert found == len(made)
        assert len({one.root for one in made}) == len(made)


def assert_audits(terminal: Terminal, url: str, dead: int, alive: int) -> None:
    """From inside and from outside: whole, and plain about the chain that could not be asked."""
    for words in (
        ("audit", "--institution", "northgate"),
        ("audit", "--from-chain", "--institution", PAGE, "--served-at", url),
    ):
        said = terminal.run(*words)
        assert "0 faults" in said
        assert f"hain {dead} could not be asked" in said
        assert "covered by a record" in said


async def test_before_the_second_record_a_dead_chain_cannot_be_done_without(there: TwoChains, tmp_path: Path) -> None:
    """And afterwards it can, even though the first chain was gone by then."""
    terminal = terminal_with_both(there, tmp_path)
    credential = await there.installation.issue_one()
    await there.work()
    there.kill_first()
    said = terminal.run("audit", "--institution", "northgate", expect=OUTSIDE)
    assert "chain_unreachable" in said
    terminal.run("chain", "reanchor", "--to", "besu", "--institution", "northgate", "--yes")
    await there.settle_second()
    file = await file_of(there, credential, tmp_path)
    issuers = await publish_wallets(there, tmp_path)
    with served(create_app(there.settings)) as url:
        report = verified(terminal, file, "--issuers", issuers, "--served-at", url)
    assert (report["verdict"], report["anchor"], code(report)) == ("valid", "anchored", "chain_ok_elsewhere")
    assert "0 faults" in terminal.run("audit", "--institution", "northgate")


async def test_what_cannot_be_paid_for_or_is_not_there_is_refused_before_anything_is_sent(
    there: TwoChains, tmp_path: Path
) -> None:
    terminal = terminal_with_both(there, tmp_path)
    await there.installation.issue_one()
    await there.work()
    address = (await there.log()).wallet_address
    there.second.rpc("anvil_setBalance", address, "0x0")
    said = terminal.run("chain", "reanchor", "--to", "besu", "--yes", expect=OUTSIDE)
    assert "wallet_unfunded" in said
    assert address in said
    there.second.fund(address)
    assert "chain_not_set_up" in terminal.run("chain", "reanchor", "--to", "polygon", "--yes", expect=REFUSED)
    assert "this is the chain it is on" in terminal.run("chain", "reanchor", "--to", "local", "--yes")
    wrong = {"SECOND_CHAIN_ID": "4243"}
    assert "chain_wrong" in terminal.run("chain", "reanchor", "--to", "besu", "--yes", expect=OUTSIDE, **wrong)
    there.second.rpc("anvil_setCode", str(there.settings.registry_address), "0x6001")
    assert "registry_missing" in terminal.run("chain", "reanchor", "--to", "besu", "--yes", expect=OUTSIDE)
    assert await there.sent_there() == 0
    twice = {"SECOND_CHAIN_ID": str(FIRST)}
    assert "chain_twice" in terminal.run("chain", "reanchor", "--to", "besu", "--yes", expect=REFUSED, **twice)
    assert f"chain {FIRST}" in terminal.run("chain", "records", "--institution", "northgate")
    without = {"SECOND_CHAIN_RPC_URLS": None}
    said = terminal.run("chain", "reanchor", "--to", "besu", "--yes", expect=REFUSED, **without)
    assert "STACKMARK_SECOND_CHAIN_RPC_URLS must name a node" in said


async def test_a_move_away_from_a_chain_that_answers_waits_for_what_is_on_its_way(
    there: TwoChains, tmp_path: Path
) -> None:
    terminal = terminal_with_both(there, tmp_path)
    await there.installation.issue_one()
    log = await there.log()
    assert await sending.advance(there.wiring.steps, log.id)
    said = terminal.run("chain", "switch", "--to", "besu", "--institution", "northgate", "--yes", expect=REFUSED)
    assert "checkpoint_in_flight" in said
    assert (await there.log()).chain_id == FIRST
    await there.work()
    terminal.run("chain", "switch", "--to", "besu", "--institution", "northgate", "--yes")
    await there.work()
    # Both chains have it, and both are asked.
    said = terminal.run("audit", "--institution", "northgate")
    assert "0 faults" in said
    assert "could not be asked" not in said
