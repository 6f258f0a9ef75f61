"""How the chains of the settings stand: each is looked at, and the troubles of one are not the other's."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.adapters.connecting import connected
from app.adapters.local_chain import free_port
from app.adapters.standing import ChainStanding, look
from app.anchoring.chains import rules_of
from app.main import create_app
from tests.integration.anchoring.nodes import Fault, Hang, Node, node_before
from tests.integration.anchoring.two_chains import FIRST, SECOND, TwoChains, open_account, two_chains
from tests.integration.conftest import PUBLIC_URL, ROOT, Foundation, Installation
from tests.integration.test_command_line import DONE, OUTSIDE, REFUSED, Terminal
from tests.integration.test_second_chain import terminal_with_both

FURTHER = 4


@pytest.fixture
async def there(foundation: Foundation) -> AsyncIterator[TwoChains]:
    async with two_chains(foundation) as made:
        yield made


def status(terminal: Terminal, expect: int = DONE) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is said of the first chain, and of the second."""
    found = json.loads(terminal.run("chain", "status", "--json", expect=expect))
    [second] = found["further"]
    return found, second


def codes(found: dict[str, Any]) -> list[str]:
    assert all(problem["message"].endswith((".", "deploy")) for problem in found["problems"])
    return [problem["code"] for problem in found["problems"]]


async def test_an_ill_second_chain_is_told_of_and_the_first_one_is_well(there: TwoChains, tmp_path: Path) -> None:
    terminal = terminal_with_both(there, tmp_path)
    await there.installation.issue_one()
    await there.work()
    await there.reanchor()
    await there.settle_second()
    first, second = status(terminal)
    assert (codes(first), codes(second)) == ([], [])
    assert [(one["chainId"], one["finality"]["rule"]) for one in (first, second)] == [
        (FIRST, "finalized"),
        (SECOND, "1"),
    ]
    assert [one["state"] for one in (*first["nodes"], *second["nodes"])] == ["healthy", "healthy"]
    assert first["registry"] == second["registry"]
    # On the second chain only the one that was opened there.
    assert [one["institution"] for one in first["wallets"]] == ["northgate", "southport"]
    [wallet] = second["wallets"]
    assert wallet["lastCheckpoint"]["treeSize"] == wallet["sizeOnChain"] > 0
    assert "chain 4242, block" in terminal.run("chain", "status").lower()

    there.second.rpc("anvil_setBalance", wallet["address"], "0x0")
    first, second = status(terminal, FURTHER)
    assert (codes(first), codes(second)) == ([], ["wallet_empty"])
    there.second.fund(wallet["address"])

    there.second.rpc("anvil_setCode", str(there.settings.registry_address), "0x6001")
    first, second = status(terminal, FURTHER)
    assert (codes(first), codes(second)) == ([], ["registry_other"])
    there.second.rpc("anvil_setCode", str(there.settings.registry_address), "0x")
    first, second = status(terminal, FURTHER)
    assert (codes(first), codes(second)) == ([], ["registry_missing"])

    terminal.settings["SECOND_CHAIN_ID"] = "4243"
    first, second = status(terminal, FURTHER)
    assert (codes(first), codes(second)) == ([], ["node_elsewhere", "chain_wrong"])
    terminal.settings["SECOND_CHAIN_RPC_URLS"] = f"http://127.0.0.1:{free_port()}"
    first, second = status(terminal, FURTHER)
    assert (codes(first), codes(second)) == ([], ["node_silent", "chain_unreachable"])
    assert len(first["wallets"]) == 2


async def test_a_dead_first_chain_does_not_hide_the_second(there: TwoChains, tmp_path: Path) -> None:
    terminal = terminal_with_both(there, tmp_path)
    await open_account(there, as_main=False)
    there.kill_first()
    first, second = status(terminal, OUTSIDE)
    assert (codes(first), first["wallets"]) == (["node_silent", "chain_unreachable"], [])
    assert (codes(second), len(second["wallets"])) == ([], 1)
    # Ill as well, it is told of, and the exit code is that of the first.
    there.second.rpc("anvil_setBalance", second["wallets"][0]["address"], "0x0")
    first, second = status(terminal, OUTSIDE)
    assert codes(second) == ["wallet_empty"]


async def test_without_a_database_the_chains_are_looked_at_too(there: TwoChains, tmp_path: Path) -> None:
    terminal = terminal_with_both(there, tmp_path)
    del terminal.settings["DATABASE_URL"]
    first, second = status(terminal)
    assert "wallets" not in first
    assert (first["registry"]["known"], second["registry"]["known"]) == (True, True)
    terminal.settings["REGISTRY_ADDRESS"] = "0x" + "11" * 20
    assert codes(status(terminal, REFUSED)[0]) == ["registry_missing"]


@pytest.mark.parametrize(
    ("faults", "states", "expected", "answers"),
    [
        ((None, None, None), ["healthy"] * 3, [], True),
        (("behind", None, None), ["behind", "healthy", "healthy"], ["node_behind"], True),
        (("hang", None, None), ["silent", "healthy", "healthy"], ["node_silent"], True),
        (("garbled", None, None), ["silent", "healthy", "healthy"], ["node_silent"], True),
        (("elsewhere", None, None), ["elsewhere", "healthy", "healthy"], ["node_elsewhere"], True),
        (("forked", None, None), ["disagreeing", "healthy", "healthy"], ["node_disagrees"], True),
        (("other code", None, None), ["disagreeing", "healthy", "healthy"], ["node_disagrees"], True),
        (("forked", "hang", None), ["disagreeing", "silent", "disagreeing"], ["node_disagrees", "node_silent", "node_disagrees", "chain_disagrees"], False),
        (("hang", "hang", None), ["silent", "silent", "healthy"], ["node_silent"] * 2 + ["chain_unreachable"], False),
        (("elsewhere", "elsewhere", None), ["elsewhere"] * 2 + ["healthy"], ["node_elsewhere"] * 2 + ["chain_wrong"], False),
    ],
    ids=lambda value: "+".join(str(one) for one in value) if isinstance(value, tuple) else None,
)  # fmt: skip
async def test_each_node_is_looked_at_and_a_majority_is_enough(
    installation: Installation, faults: tuple[str | None, ...], states: list[str], expected: list[str], answers: bool
) -> None:
    installation.chain.rpc("anvil_mine", "0x60")
    async with AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(node_before(installation.chain)) for _ in faults]
        for node, fault in zip(nodes, faults, strict=True):
            node.fault = FAULTS[fault] if fault else None
        found = await looked_at(installation, nodes)
    assert [one.state for one in found.nodes] == states
    assert [problem.code for problem in found.problems] == expected
    assert found.answers is answers
    assert (found.head is not None) is found.registry_known
    # A node's address may hold the key of an account there.
    assert not any(node.url in problem.message for node in nodes for problem in found.problems)


async def looked_at(installation: Installation, nodes: list[Node]) -> ChainStanding:
    rules = rules_of("ethereum", FIRST, "", None)
    urls = [node.url for node in nodes]
    chain = connected(rules, urls, ROOT / "contracts", installation.settings.registry_address)
    try:
        return await look(chain)
    finally:
        await chain.close()


def _changed(method: str, change: Any) -> Fault:
    return lambda asked, told: change(told) if asked == method else told


def _hang(told: Any) -> Any:
    raise Hang


FAULTS: dict[str, Fault] = {
    "behind": _changed(
        "eth_getBlockByNumber", lambda told: {**told, "number": hex(max(1, int(told["number"], 16) - 40))}
    ),
    "hang": _changed("eth_chainId", _hang),
    "garbled": _changed("eth_getBlockByNumber", lambda told: {"number": "many"}),
    "elsewhere": _changed("eth_chainId", lambda told: "0x1"),
    "forked": _changed("eth_getBlockByNumber", lambda told: {**told, "hash": "0x" + "ab" * 32}),
    "other code": _changed("eth_getCode", lambda told: "0x6001"),
}


async def test_the_page_for_operators_tells_of_every_chain(there: TwoChains) -> None:
    async def ready() -> Any:
        # A process of its own each time: a look is remembered for a few seconds.
        application = create_app(there.settings)
        transport = httpx.ASGITransport(application)
        async with (
            application.router.lifespan_context(application),
            httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client,
        ):
            answer = await client.get("/readyz")
            assert (await client.get("/readyz")).json() == answer.json()
        assert answer.status_code == 200
        return answer.json()

    well: dict[str, Any] = {"nodes": ["healthy"], "problems": []}
    ill: dict[str, Any] = {"nodes": ["silent"], "problems": ["node_silent", "chain_unreachable"]}
    first, second = {"chainId": FIRST, "finality": "finalized"}, {"chainId": SECOND, "finality": "1"}
    said = await ready()
    assert (said["status"], said["chain"], said["chains"]) == ("ready", "answers", [first | well, second | well])
    there.second.rpc("anvil_setCode", str(there.settings.registry_address), "0x")
    said = await ready()
    assert (said["status"], said["chains"][1]["problems"]) == ("ready", ["registry_missing"])
    there.kill_first()
    said = await ready()
    assert (said["status"], said["chain"], said["chains"][0]) == ("degraded", "does not answer", first | ill)
    assert said["chains"][1]["nodes"] == ["healthy"]
