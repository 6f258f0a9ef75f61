"""`stackmark chain deploy` and `stackmark chain status`, each in a process of its own, on real nodes."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from app.adapters import deploying
from app.adapters.evm import EvmChain, registry_artifact
from app.adapters.local_chain import LocalChain, local_chain
from app.errors import OutsideFailed, Refused
from tests.integration.conftest import ROOT, Installation
from tests.integration.test_command_line import DONE, OUTSIDE, REFUSED, Terminal, terminal_of

PASSPHRASE = "correct horse battery staple"
FOREIGN = 4242
SCHEME_OPERATOR = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
ANCHORS = deploying.anchor_registry(ROOT / "contracts")
ACCREDITATIONS = deploying.accreditation_registry(ROOT / "contracts", SCHEME_OPERATOR)


@pytest.fixture(scope="module")
def foreign() -> Iterator[LocalChain]:
    """A chain that is no practice chain, on which nothing is deployed."""
    with local_chain(ROOT / "contracts", chain_id=FOREIGN) as chain:
        yield chain


@pytest.fixture
def chain(foreign: LocalChain) -> Iterator[LocalChain]:
    before = foreign.rpc("evm_snapshot")
    yield foreign
    foreign.rpc("evm_revert", before)


@pytest.fixture
def payer(chain: LocalChain, tmp_path: Path) -> Path:
    """A funded wallet in an encrypted file."""
    account = Account.from_key(bytes(31) + b"\x07")
    chain.fund(account.address, 1)
    file = tmp_path / "payer.json"
    # Few rounds: these tests are not about guessing passphrases.
    file.write_text(json.dumps(Account.encrypt(account.key, PASSPHRASE, iterations=2)))
    return file


@pytest.fixture
def operator(chain: LocalChain, tmp_path: Path) -> Terminal:
    """A terminal whose contracts are a copy, so that deployments are recorded there."""
    shutil.copytree(ROOT / "contracts" / "abi", tmp_path / "contracts" / "abi")
    named = {"CHAIN": "besu", "CHAIN_ID": str(FOREIGN), "CHAIN_RPC_URL": chain.rpc_url}
    settings = {**named, "CONTRACTS_DIR": "contracts", "PASSPHRASE": PASSPHRASE}
    return Terminal(tmp_path, settings, (PASSPHRASE, chain.rpc_url))


def deploy(operator: Terminal, payer: Path, *more: str, expect: int = DONE) -> str:
    arguments = ("chain", "deploy", "--chain-id", str(FOREIGN), "--payer", str(payer), "--yes", *more)
    return operator.run(*arguments, expect=expect)


def entries(operator: Terminal) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((operator.folder / "contracts/deployments" / f"{FOREIGN}.json").read_text())
    return found


def test_both_contracts_stand_where_they_stand_on_every_chain(
    operator: Terminal, chain: LocalChain, payer: Path
) -> None:
    said = deploy(operator, payer, "--scheme-operator", SCHEME_OPERATOR)
    assert "At most" in said
    for contract in (ANCHORS, ACCREDITATIONS):
        assert contract.address in said
        entry = entries(operator)["contracts"][contract.name]
        receipt = chain.rpc("eth_getTransactionReceipt", entry["transaction"])
        assert (entry["address"], entry["runtimeCodeHash"]) == (contract.address, contract.runtime_code_hash)
        assert int(receipt["blockNumber"], 16) == entry["block"]
        assert (entry["factory"], entry["salt"]) == (deploying.PROXY, "0x" + deploying.SALT.hex())
    assert entries(operator)["chainId"] == FOREIGN
    called = chain.rpc("eth_call", {"to": ACCREDITATIONS.address, "data": "0x" + _selector("schemeOperator()")})
    assert called[-40:] == SCHEME_OPERATOR[2:].lower()


def test_a_second_deployment_sends_nothing(operator: Terminal, chain: LocalChain, payer: Path) -> None:
    deploy(operator, payer)
    recorded, height = entries(operator), chain.rpc("eth_blockNumber")
    said = deploy(operator, payer)
    assert "already" in said
    assert (entries(operator), chain.rpc("eth_blockNumber")) == (recorded, height)


def test_nothing_is_sent_to_another_chain_than_the_one_meant(
    operator: Terminal, chain: LocalChain, payer: Path
) -> None:
    said = operator.run("chain", "deploy", "--chain-id", "1", "--payer", str(payer), "--yes", expect=REFUSED)
    assert "chain_wrong" in said
    assert chain.rpc("eth_blockNumber") == "0x0"


def test_other_code_at_the_address_is_refused(operator: Terminal, chain: LocalChain, payer: Path) -> None:
    chain.rpc("anvil_setCode", ANCHORS.address, "0x6001")
    assert "contract_other" in deploy(operator, payer, expect=REFUSED)
    assert chain.rpc("eth_blockNumber") == "0x0"


def test_without_a_yes_nothing_is_sent(operator: Terminal, chain: LocalChain, payer: Path) -> None:
    said = operator.run("chain", "deploy", "--chain-id", str(FOREIGN), "--payer", str(payer), expect=REFUSED)
    assert "At most" in said
    assert chain.rpc("eth_blockNumber") == "0x0"


def test_on_a_real_chain_somebody_must_be_named_who_pays(operator: Terminal) -> None:
    said = operator.run("chain", "deploy", "--chain-id", str(FOREIGN), "--yes", expect=REFUSED)
    assert "payer_missing" in said


def test_a_payer_without_funds_or_with_another_passphrase_is_refused(
    operator: Terminal, chain: LocalChain, payer: Path
) -> None:
    address = "0x" + json.loads(payer.read_text())["address"].removeprefix("0x")
    chain.rpc("anvil_setBalance", address, "0x1")
    assert "payer_unfunded" in deploy(operator, payer, expect=REFUSED)
    operator.settings["PASSPHRASE"] = "wrong"
    assert "passphrase_wrong" in deploy(operator, payer, expect=REFUSED)
    payer.write_text("[]")
    assert "payer_unreadable" in deploy(operator, payer, expect=REFUSED)
    assert chain.rpc("eth_blockNumber") == "0x0"


def test_a_scheme_operator_that_is_no_address_is_refused(operator: Terminal, payer: Path) -> None:
    for wrong in ("0x1", SCHEME_OPERATOR.lower().replace("c5", "C5")):
        said = deploy(operator, payer, "--scheme-operator", wrong, expect=REFUSED)
        assert "address_malformed" in said


def test_where_the_proxy_is_missing_it_is_brought_first(operator: Terminal, chain: LocalChain, payer: Path) -> None:
    chain.rpc("anvil_setCode", deploying.PROXY, "0x")
    chain.rpc("anvil_setNonce", deploying.PROXY, "0x0")
    said = deploy(operator, payer)
    assert "the deployment proxy before it" in said
    assert ANCHORS.address in said
    assert chain.rpc("eth_getCode", deploying.PROXY, "latest") != "0x"


def test_a_plain_deployment_is_found_again_by_its_record(operator: Terminal, chain: LocalChain, payer: Path) -> None:
    deploy(operator, payer, "--plain")
    entry = entries(operator)["contracts"]["AnchorRegistry"]
    assert entry["address"] != ANCHORS.address
    assert (entry["factory"], entry["salt"]) == (None, None)
    height = chain.rpc("eth_blockNumber")
    assert entry["address"] in deploy(operator, payer, "--plain")
    assert chain.rpc("eth_blockNumber") == height


def test_an_entry_of_a_deployment_never_changes(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    made = deploying.Deployment(ANCHORS, 1, ANCHORS.address, SCHEME_OPERATOR, "0x00", 1, datetime.now(UTC), None)
    deploying.record(tmp_path, made)
    other = deploying.Deployment(ANCHORS, 1, SCHEME_OPERATOR, SCHEME_OPERATOR, "0x01", 2, datetime.now(UTC), None)
    with pytest.raises(Refused) as refused:
        deploying.record(tmp_path, other)
    assert refused.value.code == "deployment_recorded"
    assert json.loads((tmp_path / "1.json").read_text())["contracts"]["AnchorRegistry"]["address"] == ANCHORS.address


async def test_a_chain_that_refuses_the_proxy_says_so(chain: LocalChain, tmp_path: Path) -> None:
    """As private chains do that take no transaction without a chain id."""

    class Strict(EvmChain):
        async def call(self, method: str, *params: Any) -> Any:
            if method == "eth_sendRawTransaction" and params[0].startswith("0xf8"):
                raise OutsideFailed("chain_error", "only replay-protected transactions allowed over RPC")
            return await super().call(method, *params)

    chain.rpc("anvil_setCode", deploying.PROXY, "0x")
    strict = Strict(chain.rpc_url, "latest", ROOT / "contracts")
    try:
        account = chain.faucet()
        planned = await deploying.plan(strict, ANCHORS, account.address)
        with pytest.raises(OutsideFailed) as failed:
            await deploying.deploy(strict, planned, account)
        plain = await deploying.plan(strict, ANCHORS, account.address, plain=True)
        made = await deploying.deploy(strict, plain, account)
        assert await strict.code_hash(made.address) == ANCHORS.runtime_code_hash
    finally:
        await strict.close()
    assert failed.value.code == "proxy_refused"


def test_status_without_a_contract_says_what_to_do(operator: Terminal) -> None:
    said = operator.run("chain", "status", expect=REFUSED)
    assert f"Chain {FOREIGN}" in said
    assert "stackmark chain deploy" in said


def test_status_knows_an_earlier_register_from_another_contract(
    operator: Terminal, chain: LocalChain, payer: Path
) -> None:
    deploy(operator, payer)
    found = json.loads(operator.run("chain", "status", "--json"))
    assert found["registry"] == {
        "address": ANCHORS.address,
        "codeHash": ANCHORS.runtime_code_hash,
        "expectedCodeHash": registry_artifact(ROOT / "contracts")["runtimeCodeHash"],
        "known": True,
    }
    assert (found["chainId"], found["problems"]) == (FOREIGN, [])
    assert found["finalized"]["number"] <= found["head"]["number"] == 1
    former = operator.folder / "contracts/abi/former.json"
    former.write_text(json.dumps({"AnchorRegistry": [ANCHORS.runtime_code_hash]}))
    newer = operator.folder / "contracts/abi/AnchorRegistry.json"
    newer.write_text(newer.read_text().replace(ANCHORS.runtime_code_hash, "0x" + "11" * 32))
    operator.settings["REGISTRY_ADDRESS"] = ANCHORS.address
    assert "an earlier version" in operator.run("chain", "status")
    chain.rpc("anvil_setCode", ANCHORS.address, "0x6001")
    assert "is not the register" in operator.run("chain", "status", expect=REFUSED)


def test_status_of_a_chain_that_is_away_cannot_tell(operator: Terminal) -> None:
    operator.settings["CHAIN_RPC_URL"] = "http://127.0.0.1:1"
    assert "chain_unreachable" in operator.run("chain", "status", expect=OUTSIDE)


async def test_status_shows_each_wallet_and_warns_of_empty_and_disowned_ones(
    installation: Installation, tmp_path: Path
) -> None:
    terminal = terminal_of(installation, tmp_path)
    await installation.issue_one()
    await installation.work()
    found = json.loads(terminal.run("chain", "status", "--json"))
    wallet = next(one for one in found["wallets"] if one["institution"] == "northgate")
    assert wallet["address"] == installation.issuer.identity.wallet.address
    assert wallet["lastCheckpoint"]["treeSize"] == wallet["sizeOnChain"] > 0
    assert wallet["balance"] > 0
    assert "northgate" in terminal.run("chain", "status")
    chain = installation.chain
    address, contract = wallet["address"], wallet["contract"]
    chain.rpc("anvil_impersonateAccount", address)
    notice = "0x" + _selector("disown(uint64)") + (1).to_bytes(32).hex()
    chain.rpc("eth_sendTransaction", {"from": address, "to": contract, "data": notice})
    chain.rpc("anvil_setBalance", address, "0x0")
    said = terminal.run("chain", "status", expect=REFUSED)
    assert "northgate is empty" in said
    assert "northgate was disowned" in said


def _selector(signature: str) -> str:
    from eth_utils.crypto import keccak

    return str(keccak(text=signature)[:4].hex())
