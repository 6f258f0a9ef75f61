"""Azure Key Vault: answers about other keys, keys at rest or gone, kinds it has not, logins that do not open it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.custody import login, rest
from app.adapters.custody.azure_key_vault import AzureKeyVault
from app.adapters.custody.custodian import Custodian, Kind
from app.adapters.custody.remote import RemoteKeystore
from app.errors import Conflict, Refused
from tests.integration.custody.azure_service import AzureService, Version, encoded
from tests.integration.custody.conftest import Opener
from tests.integration.custody.rest_service import Bend, changed, told
from tests.integration.custody.test_contract import call, owner
from tests.integration.custody.test_failing import closed_port, code_of, silent

Ready = tuple[Custodian, AzureService]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of a moment, so that a test of them takes no longer."""
    monkeypatch.setattr(rest, "PAUSE_SECONDS", 0.01)


@pytest.fixture
def ready(azure: AzureService, open_custody: Opener) -> Iterator[Ready]:
    yield open_custody("azure-key-vault").keystore, azure
    azure.bends.clear()


def identifier(reference: str) -> str:
    return reference.removeprefix("azure-key-vault:")


def test_a_signing_key_is_refused_in_words(ready: Ready) -> None:
    """There is no Ed25519: nothing is made, and the sentence says what to do."""
    keystore, azure = ready
    count = len(azure.keys)
    assert not keystore.holds_signing_key("northgate", "key-2026-09")
    with pytest.raises(Refused) as refused:
        keystore.create_signing_key("northgate", "key-2026-09")
    assert refused.value.code == "custody_kind_not_kept"
    assert "Ed25519" in refused.value.message
    assert len(azure.keys) == count


def test_a_wallet_does_not_sign_in_the_place_of_a_signing_key(ready: Ready) -> None:
    keystore, azure = ready
    reference, _ = keystore.create_wallet(owner())
    azure.calls.clear()
    assert code_of(lambda: keystore.sign(reference, bytes(32))) == "key_missing"
    assert azure.calls == []


@pytest.mark.parametrize(
    ("bend", "code"),
    [
        (changed(kid=None), "custody_garbled"),
        (changed(kid="https://thief.vault.azure.net/keys/a/" + "0" * 32), "custody_garbled"),
        (changed(value=None), "custody_garbled"),
        (changed(value="not base64url!"), "custody_garbled"),
        (changed(value="A"), "custody_garbled"),
        (changed(value=encoded(bytes(63))), "custody_signature_wrong"),
        (changed(value=encoded(bytes(65))), "custody_signature_wrong"),
        (changed(value=encoded(bytes(64))), "custody_signature_wrong"),
        (changed(value=encoded(b"\xff" * 64)), "custody_signature_wrong"),
    ],
)
def test_a_signature_that_is_none_is_not_used(bend: Bend, code: str, ready: Ready) -> None:
    keystore, azure = ready
    reference, _ = keystore.create_wallet(owner())
    azure.bends[:] = [bend] * rest.ATTEMPTS
    assert code_of(lambda: keystore.sign_anchor(reference, call())) == code


def test_a_signature_of_another_key_is_not_used(ready: Ready) -> None:
    keystore, azure = ready
    reference, _ = keystore.create_wallet(owner())
    thief, _ = keystore.create_wallet(owner())
    kept = azure.keys[identifier(reference)]
    azure.keys[identifier(reference)] = azure.keys[identifier(thief)]
    assert code_of(lambda: keystore.sign_anchor(reference, call())) == "custody_signature_wrong"
    azure.keys[identifier(reference)] = kept
    keystore.sign_anchor(reference, call())


ONE = encoded(bytes(31) + b"\x01")
OTHER_KEYS: dict[str, tuple[dict[str, object], str]] = {
    "another curve": ({"crv": "P-256"}, "key_missing"),
    "the curve in its old name": ({"crv": "SECP256K1"}, "key_missing"),
    "another type": ({"kty": "RSA-HSM"}, "key_missing"),
    "no curve": ({"crv": None}, "key_missing"),
    "a point beside the curve": ({"x": ONE, "y": ONE}, "custody_garbled"),
    "a number too great": ({"x": encoded(b"\xff" * 40)}, "custody_garbled"),
    "no point": ({"y": None}, "custody_garbled"),
    "another key": ({"kid": "https://thief.vault.azure.net/keys/a/" + "0" * 32}, "custody_garbled"),
}


@pytest.mark.parametrize("name", OTHER_KEYS)
def test_a_key_of_another_kind_is_not_taken_for_a_wallet(name: str, ready: Ready, open_custody: Opener) -> None:
    """One that somebody put into the vault by hand, under a reference that fits."""
    keystore, azure = ready
    reference, _ = keystore.create_wallet(owner())
    fields, code = OTHER_KEYS[name]
    key = azure.bundle(identifier(reference))["key"] | fields
    azure.bends[:] = [told(200, {"key": {n: v for n, v in key.items() if v is not None}})] * rest.ATTEMPTS
    assert code_of(lambda: open_custody("azure-key-vault").keystore.wallet_address(reference)) == code


def test_an_answer_without_a_key_in_it(ready: Ready, open_custody: Opener) -> None:
    keystore, azure = ready
    reference, _ = keystore.create_wallet(owner())
    for body in ({"key": "none"}, {"value": []}):
        azure.bends[:] = [told(200, body)] * rest.ATTEMPTS
        fresh = open_custody("azure-key-vault").keystore
        assert code_of(lambda: fresh.wallet_address(reference)) == "custody_garbled"  # noqa: B023


def test_a_vault_key_switched_off(ready: Ready, open_custody: Opener) -> None:
    keystore, azure = ready
    reference, _ = keystore.create_wallet(owner())
    azure.keys[identifier(reference)].enabled = False
    for asked in (keystore, open_custody("azure-key-vault").keystore):
        assert code_of(lambda: asked.sign_anchor(reference, call())) == "key_disabled"  # noqa: B023
    # Said of it, where nothing is refused: its public half may be read.
    assert code_of(lambda: open_custody("azure-key-vault").keystore.wallet_address(reference)) == "key_disabled"
    azure.keys[identifier(reference)].enabled = True
    keystore.sign_anchor(reference, call())


@pytest.mark.parametrize("spelling", ["innererror", "innerError"])
@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("KeyDisabled", "key_disabled"),
        ("KeyExpired", "key_disabled"),
        ("KeyNotYetValid", "key_disabled"),
        ("ForbiddenByRbac", "custody_denied"),
        ("ForbiddenByPolicy", "custody_denied"),
        ("ForbiddenByFirewall", "custody_denied"),
    ],
)
def test_why_a_vault_forbids_it(inner: str, code: str, spelling: str, ready: Ready) -> None:
    keystore, azure = ready
    reference, _ = keystore.create_wallet(owner())
    azure.bends[:] = [told(403, {"error": {"code": "Forbidden", spelling: {"code": inner}}})]
    assert code_of(lambda: keystore.sign_anchor(reference, call())) == code


def test_a_deleted_key_is_missing_and_its_name_is_not_given_again(ready: Ready) -> None:
    keystore, azure = ready
    vault, college = AzureKeyVault(azure.endpoint), owner()
    reference = vault.make(Kind.WALLET, college, "wallet-1")
    with pytest.raises(Conflict, match="key_exists"):
        vault.make(Kind.WALLET, college, "wallet-1")
    azure.deleted.add(reference.split("/")[-2])
    assert code_of(lambda: keystore.sign_anchor(f"azure-key-vault:{reference}", call())) == "key_missing"
    with pytest.raises(Conflict, match="key_exists"):
        vault.make(Kind.WALLET, college, "wallet-1")


def test_a_newer_version_under_the_same_name_changes_nothing(ready: Ready, open_custody: Opener) -> None:
    """Whoever may make versions, or a rotation that somebody set up, cannot have another key sign for a college."""
    keystore, azure = ready
    reference, address = keystore.create_wallet(owner())
    thief, _ = keystore.create_wallet(owner())
    newer = identifier(reference)[:-32] + "f" * 32
    azure.keys[newer] = Version(azure.keys[identifier(thief)].private)
    fresh = open_custody("azure-key-vault").keystore
    assert fresh.wallet_address(reference) == address
    fresh.sign_anchor(reference, call())


def test_a_challenge_does_not_have_a_token_made_out_to_somebody_else(ready: Ready) -> None:
    """A false vault, or one behind a false name, would ask for one that opens the college's mail."""
    keystore, azure = ready
    reference, _ = keystore.create_wallet(owner())
    challenge = f'Bearer authorization="{azure.endpoint}/thief", resource="https://graph.microsoft.com"'
    azure.calls.clear()
    azure.bends[:] = [told(401, {}, **{"WWW-Authenticate": challenge})]
    # The service itself refuses to make out a token to anybody but the vault.
    keystore.sign_anchor(reference, call())
    assert [asked for asked in azure.calls if "thief" in asked] == []


def test_a_made_key_of_another_name_is_not_taken(ready: Ready) -> None:
    keystore, azure = ready
    other, _ = keystore.create_wallet(owner())
    azure.bends[:] = [None, told(200, azure.bundle(identifier(other)))]
    assert code_of(lambda: keystore.create_wallet(owner())) == "custody_garbled"


def test_a_login_that_azure_does_not_know(ready: Ready, open_custody: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    _, azure = ready
    asked = len(azure.calls)
    monkeypatch.setenv("IDENTITY_HEADER", "a stranger's")
    assert code_of(lambda: open_custody("azure-key-vault").keystore.create_wallet(owner())) == "custody_denied"
    assert len(azure.calls) == asked


def test_a_persons_login_is_never_used(
    ready: Ready, open_custody: Opener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Somebody who is logged in at the machine with Azure's tools has not lent the service their name."""
    _, azure = ready
    asked, used = len(azure.calls), tmp_path / "used"
    for name in ("az", "azd", "pwsh"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch {used}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.delenv(name)
    # Where a machine of Azure's would be asked who it is: nobody.
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", f"http://127.0.0.1:{closed_port()}")
    assert code_of(lambda: open_custody("azure-key-vault").keystore.create_wallet(owner())) == "custody_denied"
    assert len(azure.calls) == asked
    assert not used.exists()


def test_a_login_that_does_not_come_is_not_waited_for(ready: Ready, monkeypatch: pytest.MonkeyPatch) -> None:
    _, azure = ready
    monkeypatch.setattr(login, "LOGIN_SECONDS", 0.2)
    with silent() as port:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{port}/msi/token")
        keystore = RemoteKeystore(AzureKeyVault(azure.endpoint))
        assert code_of(lambda: keystore.holds_signing_key("a", "b")) == "custody_unreachable"


def test_the_library_that_is_not_installed_is_named(open_custody: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    keystore = open_custody("azure-key-vault").keystore
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    assert code_of(lambda: keystore.create_wallet("northgate"), Refused) == "custody_library_missing"
