"""From files to another custodian, as the ceremony says, with the commands of `stackmark`."""

import asyncio
from pathlib import Path

import httpx
import pytest

from app.credentials import keys
from app.database import transaction
from app.main import create_app
from app.standards.vc import timestamp
from app.wiring import now, wired
from tests.integration.anchoring.test_succession import blocks
from tests.integration.conftest import PUBLIC_URL, Installation
from tests.integration.custody.conftest import Held, Opener
from tests.integration.test_command_line import REFUSED, Terminal, faults, terminal_of
from tests.integration.web.test_api_credentials import ORDER

NAMES = {
    "aws_kms_region": "AWS_KMS_REGION",
    "aws_kms_endpoint": "AWS_KMS_ENDPOINT",
    "google_kms_key_ring": "GOOGLE_KMS_KEY_RING",
    "google_kms_endpoint": "GOOGLE_KMS_ENDPOINT",
    "azure_key_vault": "AZURE_KEY_VAULT",
    "pkcs11_module": "PKCS11_MODULE",
    "pkcs11_token": "PKCS11_TOKEN",
    "pkcs11_pin_file": "PKCS11_PIN_FILE",
}


def reaching(terminal: Terminal, held: Held) -> Terminal:
    """The terminal with what the custodian needs set, and its secrets among those that must not be shown."""
    more = {name: str(value) for field, name in NAMES.items() if (value := getattr(held.settings, field)) is not None}
    return Terminal(terminal.folder, terminal.settings | more, (*terminal.secrets, *held.secrets))


@pytest.fixture(params=["aws-kms", "google-kms", "pkcs11"])
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
        # This college alone: where the list also names who accredits, a bundle has to bring an accreditation.
        issuers = terminal.folder / "issuers"
        issuers.mkdir(exist_ok=True)
        published = Path(terminal.settings["WALLETS_DIR"]) / "public" / "northgate.json"
        (issuers / published.name).write_bytes(published.read_bytes())
        assert terminal.run("verify", file, "--offline", "--issuers", issuers).startswith("VALID ")

    # And back, should the college leave that custodian.
    said = terminal.run("keys", "rotate", "northgate", "--custody", "file", "--yes")
    assert "Back up the folder of keystores" in said
    assert await faults(installation) == []


async def test_while_a_custodian_is_away_issuing_waits_and_checking_goes_on(
    installation: Installation, open_custody: Opener
) -> None:
    """Nothing half done: no number is used up, no entry made, and what was issued stays checkable by anybody."""
    held, credential = open_custody("aws-kms"), await installation.issue_one(component="2")
    reached = installation.settings.model_copy(
        update={"aws_kms_region": held.settings.aws_kms_region, "aws_kms_endpoint": held.settings.aws_kms_endpoint}
    )
    async with wired(reached) as wiring, transaction(wiring.engine) as conn:
        keystore = wiring.keystore.making_at("aws-kms")
        await keys.rotate(conn, keystore, wiring.compiled, installation.issuer.institution.id, now())

    gone = reached.model_copy(update={"aws_kms_endpoint": "http://127.0.0.1:9"})
    for settings, expected in ((gone, 503), (gone, 503), (reached, 201)):
        application = create_app(settings)
        async with application.router.lifespan_context(application):
            transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
                answer = await client.post("/api/credentials", json=ORDER, headers=installation.headers("issue"))
                assert answer.status_code == expected, answer.text
                shown = await client.get(f"/credentials/{credential.id}", headers={"Accept": "application/json"})
                assert shown.status_code == 200
                listed = await client.get("/api/credentials", headers=installation.headers("issue"))
                assert len(listed.json()["credentials"]) == (1 if expected == 503 else 2)
        if expected == 503:
            assert answer.json()["code"] == "custody_unreachable"
            assert "127.0.0.1" not in answer.text
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


WALLETS = pytest.mark.parametrize("elsewhere", ["aws-kms", "google-kms", "azure-key-vault", "pkcs11"], indirect=True)


@WALLETS
def test_a_wallet_is_made_with_another_custodian(terminal: Terminal, elsewhere: Held) -> None:
    said = terminal.run("wallet", "create", "northgate", "--custody", elsewhere.custody)
    assert said.startswith("0x")
    assert f"  {elsewhere.custody}:" in said
    assert "not in use yet" in said


@pytest.mark.parametrize("elsewhere", ["google-kms", "azure-key-vault"], indirect=True)
async def test_a_wallet_in_a_cloud_succeeds_the_one_in_use_and_anchors(
    installation: Installation, terminal: Terminal, elsewhere: Held
) -> None:
    said = terminal.run("wallet", "create", "northgate", "--custody", elsewhere.custody)
    address, reference = (line.split()[0] for line in said.strip().splitlines())
    installation.chain.fund(address)
    async with blocks(installation):
        words = ("wallet", "replace", "northgate", "--address", address, "--key", reference, "--yes")
        said = await asyncio.to_thread(terminal.run, *words)
        assert f"{address} is in use." in said
    reached = installation.settings.model_copy(
        update={name: value for name in NAMES if (value := getattr(elsewhere.settings, name)) is not None}
    )
    async with wired(reached) as wiring:
        moved = Installation(**{**vars(installation), "wiring": wiring, "settings": reached})
        await moved.issue_one()
        await moved.work()
        assert await faults(moved) == []
    where = terminal.run("keys", "where", "northgate", "--check").splitlines()
    (line,) = (line for line in where if address in line)
    assert line.split()[2] == elsewhere.custody
    assert line.endswith("in use, answers")


@pytest.mark.parametrize("elsewhere", ["azure-key-vault"], indirect=True)
def test_a_signing_key_does_not_go_where_its_kind_is_not_kept(terminal: Terminal, elsewhere: Held) -> None:
    before = terminal.run("keys", "list", "northgate")
    said = terminal.run("keys", "rotate", "northgate", "--custody", elsewhere.custody, "--yes", expect=REFUSED)
    assert "(custody_kind_not_kept)" in said
    assert "Ed25519" in said
    assert terminal.run("keys", "list", "northgate") == before
