"""A Safe from the terminal: registered, its words signed by its owners and believed by anybody who asks the chain."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from app.adapters.wallet_signatures import has_said
from app.anchoring import publishing
from app.anchoring import service as anchoring
from app.anchoring.model import CheckpointState
from app.auditing.model import Audited, Outcome
from app.database import transaction
from app.errors import NotFound
from app.institutions import service as institutions
from app.main import create_app
from app.watching import audit_all
from app.wiring import wired
from tests.integration.anchoring.test_succession import blocks
from tests.integration.anchoring.test_surroundings import assert_whole, checkpoints
from tests.integration.auditing.lying_host import manner
from tests.integration.conftest import PUBLIC_URL, Installation
from tests.integration.custody.safe_college import Relayer, SafeCollege, safe_college
from tests.integration.custody.safe_contracts import call_data, deploy_safe
from tests.integration.custody.test_contract import owner
from tests.integration.serving import served
from tests.integration.test_command_line import OUTSIDE, REFUSED, Terminal, terminal_of


def terminal_for(college: SafeCollege, folder: Path) -> Terminal:
    """Beside the worker: with the same folder of proposals, and the relayer's key."""
    folder.mkdir(exist_ok=True)
    terminal = terminal_of(college.installation, folder)
    settings = college.installation.settings
    terminal.settings.update({"PROPOSALS_DIR": str(settings.proposals), "SAFE_RELAYER": str(settings.safe_relayer)})
    return terminal


async def test_a_college_is_registered_with_a_safe_and_its_owners_do_the_rest(
    installation: Installation, tmp_path: Path
) -> None:
    folder = tmp_path / "terminal"
    folder.mkdir()
    terminal = terminal_of(installation, folder)
    terminal.settings["PROPOSALS_DIR"] = str(tmp_path / "proposals")
    people = tuple(Account.create() for _ in range(3))
    safe = deploy_safe(installation.chain, [one.address for one in people], 2)
    words = ("institution", "create", "eastgate", "--name", "Eastgate College (test)", "--ukprn", "10000105")
    assert "(relayer_missing)" in terminal.run(*words, "--wallet", f"safe:{safe}", expect=REFUSED)
    made_for = terminal.run("wallet", "create-relayer").split()
    relayer = Relayer(made_for[-1].removeprefix("STACKMARK_SAFE_RELAYER="), made_for[0])
    terminal.settings["SAFE_RELAYER"] = relayer.reference
    for wrong, code in (
        (f"safe:{relayer.address}", "safe_missing"),
        ("safe:0x12", "safe_malformed"),
        (relayer.reference, "wallet_not_safe"),
    ):
        assert f"({code})" in terminal.run(*words, "--wallet", wrong, expect=REFUSED)
    said = terminal.run(*words, "--wallet", f"safe:{safe.lower()}")
    assert f"The Safe {safe} is owned by 3, 2 of whom sign each checkpoint." in said
    assert f"Wallet {relayer.address} needs funds." in said
    other = ("institution", "create", "westgate", "--name", "Westgate College (test)", "--ukprn", "10000106")
    assert "(wallet_known)" in terminal.run(*other, "--wallet", f"safe:{safe}", expect=REFUSED)

    said = terminal.run("wallet", "fund", "eastgate")
    assert relayer.address in said
    said = terminal.run("wallet", "status", "eastgate")
    assert said.startswith(safe)
    assert f"{relayer.address} pays for it." in said
    said = terminal.run("keys", "where", "eastgate", "--check")
    assert f"in use, its owners sign; {relayer.address}, which pays, answers" in said
    settings = installation.settings.model_copy(
        update={"safe_relayer": relayer.reference, "proposals_dir": tmp_path / "proposals"}
    )
    async with wired(settings) as wiring:
        async with transaction(wiring.engine) as conn:
            issuer = await wiring.issuer(conn, (await institutions.get(conn, "eastgate")).id)
        made = replace(installation, settings=settings, wiring=wiring, issuer=issuer)
        college = SafeCollege(made, safe, people, relayer)
        await college.walk()
        said = terminal.run("wallet", "status", "eastgate", expect=OUTSIDE)
        assert "(owners_awaited)" in said
        proposal, statement = await college.waiting(), college.statement()
        said = terminal.run("wallet", "proposals", "list")
        assert f"0x{proposal.name}  Safe {safe}, its transaction 0:" in said
        assert f'0x{statement.name}  Safe {safe}, its words: "I anchor for {issuer.institution.did}' in said
        for asked, name in ((proposal, "safeTxHash"), (statement, "safeMessageHash")):
            signatures = ["0x" + college.signed(asked, place).hex() for place in (2, 0)]
            given = {name: f"0x{asked.name}", "signatures": signatures}
            said = terminal.run("wallet", "proposals", "import", terminal.write(f"{name}.json", json.dumps(given)))
            assert f"{people[2].address} has signed." in said
            assert "2 of 2 signatures" in said
        # Not for the service's own key: it would use up a number that the service counts on.
        send = ("wallet", "proposals", "send", f"0x{proposal.name}", "--with", relayer.reference)
        assert "(relayer_busy)" in terminal.run(*send, expect=REFUSED)
        await college.settle()
        assert [one.state for one in await checkpoints(made, await college.log())] == [CheckpointState.FINALIZED]
        assert terminal.run("wallet", "proposals", "list").strip() == "Nothing is proposed."
        assert ", stale." in terminal.run("wallet", "proposals", "list", "--all")
        assert "No alarms." in terminal.run("wallet", "status", "eastgate")
    listed = json.loads((Path(terminal.settings["WALLETS_DIR"]) / "public" / "eastgate.json").read_text())
    assert listed["address"] == safe


async def words_of(college: SafeCollege) -> dict[str, Any] | None:
    """None while the wallet is silent."""
    async with transaction(college.wiring.engine) as conn:
        try:
            return await institutions.wallet_statement(conn, slug=college.issuer.institution.slug)
        except NotFound:
            return None


async def speak(college: SafeCollege, terminal: Terminal, *places: int) -> None:
    statement = college.statement()
    given = {
        "safeMessageHash": f"0x{statement.name}",
        "signatures": ["0x" + college.signed(statement, place).hex() for place in places],
    }
    terminal.run("wallet", "proposals", "import", terminal.write("words.json", json.dumps(given)))


async def test_a_safe_says_whom_it_anchors_for_once_its_owners_have_agreed(
    installation: Installation, tmp_path: Path
) -> None:
    async with safe_college(installation, tmp_path) as college:
        terminal = terminal_for(college, tmp_path / "terminal")
        assert await words_of(college) is None
        await speak(college, terminal, 1)
        assert await words_of(college) is None
        await speak(college, terminal, 0)
        members = await words_of(college)
        assert members is not None
        assert (members["scheme"], len(members["signature"])) == ("eip1271", 2 + 2 * 130)
        chain = college.wiring.nodes[0]
        signature = bytes.fromhex(members["signature"][2:])
        assert await has_said(chain, college.safe, members["statement"], signature)
        assert not await has_said(chain, college.safe, members["statement"] + "!", signature)
        assert not await has_said(chain, college.relayer.address, members["statement"], signature)
        assert not await has_said(chain, members["contract"], members["statement"], signature)
        await college.anchor()
        await publishing.publish_checkpoints(college.steps, (await college.log()).id)

        settings = college.installation.settings
        page = f"{PUBLIC_URL}/i/{college.issuer.institution.slug}"
        with served(create_app(settings)) as url:
            published = await installation.client.get(f"{page}/anchor-wallets.json")
            assert published.json() == members

            async def audited(**changes: Any) -> Audited:
                (report,), _ = await audit_all([page], replace(manner(college.installation, url), **changes), {})
                return report

            report = await audited()
            assert (report.findings, report.outcome) == ((), Outcome.WHOLE)
            assert report.records == 1
            # Nobody but the chain can tell what a contract has said.
            assert [one.code for one in (await audited(rpc_urls=("http://127.0.0.1:9",))).findings] == [
                "wallet_unknown"
            ]
            # What it said does not outlast those who said it.
            remove = "removeOwner(address,address,uint256)"
            first, second, _ = college.owners
            await college.send_as_owners(
                college.safe, call_data(remove, await _before(college, second.address), second.address, 2)
            )
            assert [one.code for one in (await audited()).findings] == ["wallet_unknown"]
            await speak(college, terminal, 2)
            assert (await audited()).outcome is Outcome.WHOLE
        assert first.address in (await college.wiring.proposals.safe(college.safe)).owners


async def _before(college: SafeCollege, address: str) -> str:
    """The owner before another in the Safe's list, which begins with a mark of its own."""
    listed = ["0x" + "0" * 39 + "1", *(await college.wiring.proposals.safe(college.safe)).owners]
    return listed[listed.index(address) - 1]


async def test_a_safe_without_a_voice_anchors_all_the_same(installation: Installation, tmp_path: Path) -> None:
    async with safe_college(installation, tmp_path, speaks=False) as college:
        terminal = terminal_for(college, tmp_path / "terminal")
        statement = college.statement()
        given = {
            "safeMessageHash": f"0x{statement.name}",
            "signatures": ["0x" + college.signed(statement, place).hex() for place in (0, 1)],
        }
        file = terminal.write("words.json", json.dumps(given))
        assert "(safe_silent)" in terminal.run("wallet", "proposals", "import", file, expect=REFUSED)
        assert await words_of(college) is None
        await college.anchor()
        assert [one.state for one in await checkpoints(college.installation, await college.log())] == [
            CheckpointState.FINALIZED
        ]


async def test_what_is_no_signature_is_not_taken_for_the_safes_words(
    installation: Installation, tmp_path: Path
) -> None:
    """Nor signatures in an order that a Safe does not read, or one that counts twice."""
    async with safe_college(installation, tmp_path) as college:
        statement = college.statement()
        stranger = Account.create()
        forged: list[Callable[[], bytes]] = [
            lambda: b"",
            lambda: bytes(65),
            lambda: college.signed(statement, 1) + college.signed(statement, 0),
            lambda: college.signed(statement, 0) + college.signed(statement, 0),
            lambda: bytes(stranger.unsafe_sign_hash(bytes(32)).signature)[:64],
        ]
        folder = college.wiring.proposals.files.file(statement).parent
        for make in forged:
            (folder / "whole.signature").write_text(make().hex())
            assert college.wiring.proposals.files.finished(statement) is None


async def test_owners_are_heard_at_once_and_not_at_the_next_sweep(installation: Installation, tmp_path: Path) -> None:
    async with safe_college(installation, tmp_path) as college:
        async with transaction(college.wiring.engine) as conn:
            assert await anchoring.request_for(conn, college.relayer.address) is None
            found = await anchoring.request_for(conn, college.safe)
        assert found == await college.log()


async def test_a_safe_follows_a_wallet_with_a_key(installation: Installation, tmp_path: Path) -> None:
    """What only the owners can do is said in words, and seen once they have done it."""
    await installation.issue_one()
    await installation.work()
    before = await installation.log()
    people = tuple(sorted((Account.create() for _ in range(3)), key=lambda one: int(one.address, 16)))
    safe = deploy_safe(installation.chain, [one.address for one in people], 2)
    relayer = Relayer(*installation.wiring.keystore.create_wallet(owner()))
    installation.chain.fund(relayer.address)
    settings = installation.settings.model_copy(
        update={"safe_relayer": relayer.reference, "proposals_dir": tmp_path / "proposals"}
    )
    async with wired(settings) as wiring:
        made = replace(installation, settings=settings, wiring=wiring)
        college = SafeCollege(made, safe, people, relayer)
        terminal = terminal_for(college, tmp_path / "terminal")
        other = ("wallet", "replace", "northgate", "--address", relayer.address, "--key", f"safe:{safe}", "--yes")
        assert "(wallet_other)" in terminal.run(*other, expect=REFUSED)
        words = ("wallet", "replace", "northgate", "--address", safe, "--key", f"safe:{safe}", "--yes")
        async with blocks(installation):
            said = await asyncio.to_thread(terminal.run, *words, expect=OUTSIDE)
            assert f"a call of acceptSuccession(address,uint64) at {before.contract}" in said
            assert "(owners_awaited)" in said
            accept = call_data("acceptSuccession(address,uint64)", before.wallet_address, before.size)
            await college.send_as_owners(before.contract, accept)
            said = await asyncio.to_thread(terminal.run, *words)
        assert f"{safe} is in use." in said
        await college.walk()
        await college.agree(0, 2)
        await college.settle()
        await assert_whole(made, await college.log())
        assert [one.anchored_by for one in await checkpoints(made, await college.log())][-1] == safe


@pytest.mark.parametrize("word", ["sign", "send"])
def test_a_proposal_nobody_made_is_not_found(installation: Installation, tmp_path: Path, word: str) -> None:
    terminal = terminal_of(installation, tmp_path)
    said = terminal.run("wallet", "proposals", word, "0x" + "00" * 32, "--with", "x.json", expect=REFUSED)
    assert "(proposal_unknown)" in said
