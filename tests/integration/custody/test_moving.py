"""From files to another custodian, as the ceremony says, with the commands of `stackmark`."""

from pathlib import Path

import pytest

from app.standards.vc import timestamp
from app.wiring import now, wired
from tests.integration.conftest import Installation
from tests.integration.custody.conftest import Held, Opener
from tests.integration.test_command_line import REFUSED, Terminal, faults, terminal_of

NAMES = {
    "aws_kms_region": "AWS_KMS_REGION",
    "aws_kms_endpoint": "AWS_KMS_ENDPOINT",
    "pkcs11_module": "PKCS11_MODULE",
    "pkcs11_token": "PKCS11_TOKEN",
    "pkcs11_pin_file": "PKCS11_PIN_FILE",
    "vault_address": "VAULT_ADDRESS",
    "vault_token_file": "VAULT_TOKEN_FILE",
}


def reaching(terminal: Terminal, held: Held) -> Terminal:
    """The terminal with what the custodian needs set, and its secrets among those that must not be shown."""
    more = {name: str(value) for field, name in NAMES.items() if (value := getattr(held.settings, field)) is not None}
    return Terminal(terminal.folder, terminal.settings | more, (*terminal.secrets, *held.secrets))


@pytest.fixture(params=["aws-kms", "pkcs11", "vault"])
def elsewhere(request: pytest.FixtureRequest, open_custody: Opener) -> Held:
    return open_custody(request.param)


@pytest.fixture
def terminal(installation: Installation, tmp_path: Path, elsewhere: Held) -> Terminal:
    folder = tmp_path / "terminal"
    folder.mkdir()
    return reaching(terminal_of(installation, folder), elsewhere)


async def test_a_college_moves_its_signing_key(installation: Installation, terminal: Terminal, elsewhere: Held) -> None:
    before = await installation.issue_one()
    said = terminal.run("keys", "rotate", "northgate", "--custody", elsewhere.custody, "--yes")
    assert f"The new key is made with {elsewhere.custody} and kept there." in said
    assert "Back up the folder of keystores" not in said

    where = [line for line in terminal.run("keys", "where", "northgate", "--check").splitlines() if "  in use" in line]
    assert [line.split()[2] for line in where] == [elsewhere.custody, "file"]
    assert all(line.endswith("in use, answers") for line in where)
    assert len(terminal.run("keys", "where").splitlines()) == 2 * 5

    # The web process and the worker find the key by its reference; what is set for new keys does not matter.
    reached = installation.settings.model_copy(
        update={name: value for name in NAMES if (value := getattr(elsewhere.settings, name)) is not None}
    )
    async with wired(reached) as wiring:
        moved = Installation(**{**vars(installation), "wiring": wiring, "settings": reached})
        after = await moved.issue_one(component="2")
        await moved.work()
        assert await faults(moved) == []
    for credential in (before, after):
        file = terminal.write("bundle.json", await installation.bundle(credential.id))
        issuers = Path(terminal.settings["WALLETS_DIR"]) / "public"
        assert terminal.run("verify", file, "--offline", "--issuers", issuers).startswith("VALID ")

    # And back, should the college leave that custodian.
    said = terminal.run("keys", "rotate", "northgate", "--custody", "file", "--yes")
    assert "Back up the folder of keystores" in said
    assert await faults(installation) == []


ONE = pytest.mark.parametrize("elsewhere", ["pkcs11"], indirect=True)


@ONE
async def test_a_key_that_its_custodian_lost_is_given_up_for_one_elsewhere(
    installation: Installation, terminal: Terminal, elsewhere: Held
) -> None:
    terminal.run("keys", "rotate", "northgate", "--custody", elsewhere.custody, "--yes")
    since = timestamp(now())
    said = terminal.run("keys", "compromise", "northgate", "--since", since, "--custody", "file", "--yes")
    assert "is given up." in said
    listed = terminal.run("keys", "where", "northgate").splitlines()[::2]
    assert [line.split()[2] for line in listed] == ["file", elsewhere.custody, "file", "file"]
    assert await faults(installation) == []


@ONE
def test_a_custodian_that_is_not_set_up_is_asked_for_nothing(terminal: Terminal, elsewhere: Held) -> None:
    bare = Terminal(terminal.folder, {n: v for n, v in terminal.settings.items() if n not in NAMES.values()})
    said = bare.run("keys", "rotate", "northgate", "--custody", elsewhere.custody, "--yes", expect=REFUSED)
    assert "(custody_not_configured)" in said
    assert "STACKMARK_" in said
    assert len(bare.run("keys", "list", "northgate").splitlines()) == 1
    said = bare.run("keys", "rotate", "northgate", "--custody", "a-drawer", "--yes", expect=REFUSED)
    assert "(custody_unknown)" in said


@ONE
def test_a_key_out_of_reach_fails_the_check_and_is_named(terminal: Terminal, elsewhere: Held) -> None:
    terminal.run("keys", "rotate", "northgate", "--custody", elsewhere.custody, "--yes")
    bare = Terminal(terminal.folder, {n: v for n, v in terminal.settings.items() if n not in NAMES.values()})
    said = bare.run("keys", "where", "northgate", "--check", expect=REFUSED)
    assert "DOES NOT ANSWER" in said
    assert "1 key in use cannot be signed with. (custody_check_failed)" in said
    assert "in use, answers" in said


def test_a_wallet_is_made_with_another_custodian(terminal: Terminal, elsewhere: Held) -> None:
    if elsewhere.custody == "vault":
        said = terminal.run("wallet", "create", "northgate", "--custody", "vault", expect=REFUSED)
        assert "(custody_no_wallets)" in said
        return
    said = terminal.run("wallet", "create", "northgate", "--custody", elsewhere.custody)
    assert said.startswith("0x")
    assert f"  {elsewhere.custody}:" in said
    assert "not in use yet" in said
