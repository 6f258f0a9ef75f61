"""Google Cloud KMS: answers damaged on their way, keys at rest or still in the making, logins that do not open it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from app.adapters.custody import google_kms, login, rest
from app.adapters.custody.google_kms import GoogleKms
from app.adapters.custody.remote import RemoteKeystore
from app.errors import Conflict, OutsideFailed, Refused
from tests.integration.custody.conftest import Opener
from tests.integration.custody.google_service import RING, GoogleService, Version
from tests.integration.custody.rest_service import Bend, changed
from tests.integration.custody.test_contract import call, owner
from tests.integration.custody.test_failing import code_of, silent


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of a moment, so that a test of them takes no longer."""
    monkeypatch.setattr(rest, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(google_kms, "PENDING_SECONDS", 0.01)


@pytest.fixture
def ready(google: GoogleService, open_custody: Opener) -> Iterator[tuple[Any, GoogleService]]:
    yield open_custody("google-kms").keystore, google
    google.bends.clear()
    google.pending = 0


Ready = tuple[Any, GoogleService]


@pytest.mark.parametrize(
    "bend",
    [
        changed(verifiedDigestCrc32c=False),
        changed(verifiedDigestCrc32c=None),
        changed(verifiedDigestCrc32c="true"),
        changed(signatureCrc32c=None),
        changed(signatureCrc32c="1"),
        changed(name=f"{RING}/cryptoKeys/another/cryptoKeyVersions/1"),
        changed(name=None),
        changed(signature="MEUCIQ=="),
        changed(signature="not base64!"),
    ],
)
def test_an_answer_damaged_on_its_way_is_thrown_away_and_asked_for_once_more(bend: Bend, ready: Ready) -> None:
    keystore, google = ready
    reference, _ = keystore.create_wallet(owner())
    google.calls.clear()
    google.bends[:] = [bend]
    keystore.sign_anchor(reference, call())
    assert len(google.calls) == 2
    google.bends[:] = [bend] * rest.ATTEMPTS
    assert code_of(lambda: keystore.sign_anchor(reference, call())) == "custody_garbled"


def test_data_damaged_on_its_way_there_is_noticed_by_google(ready: Ready, monkeypatch: pytest.MonkeyPatch) -> None:
    keystore, _ = ready
    reference, _ = keystore.create_signing_key(owner(), "key-2026-09")
    monkeypatch.setattr(google_kms, "crc32c", lambda data: 7)
    assert code_of(lambda: keystore.sign(reference, b"data")) == "custody_failed"


@pytest.mark.parametrize("field", ["pem", "pemCrc32c", "name"])
def test_a_public_half_damaged_on_its_way_is_not_believed(field: str, ready: Ready, open_custody: Opener) -> None:
    keystore, google = ready
    reference, _ = keystore.create_wallet(owner())
    google.bends[:] = [changed(**{field: "7"})] * rest.ATTEMPTS
    assert code_of(lambda: open_custody("google-kms").keystore.wallet_address(reference)) == "custody_garbled"


def test_a_signature_of_another_key_is_not_used_however_whole_it_arrived(ready: Ready) -> None:
    """The checksums of whoever signs with another key are right too."""
    keystore, google = ready
    reference, _ = keystore.create_wallet(owner())
    thief, _ = keystore.create_wallet(owner())
    own, other = (name.removeprefix("google-kms:") for name in (reference, thief))
    google.keys[own], kept = google.keys[other], google.keys[own]
    assert code_of(lambda: keystore.sign_anchor(reference, call())) == "custody_signature_wrong"
    google.keys[own] = kept
    keystore.sign_anchor(reference, call())


@pytest.mark.parametrize("state", ["DISABLED", "DESTROY_SCHEDULED", "DESTROYED"])
def test_a_google_key_switched_off_or_destroyed(state: str, ready: Ready, open_custody: Opener) -> None:
    keystore, google = ready
    reference, _ = keystore.create_wallet(owner())
    google.keys[reference.removeprefix("google-kms:")].state = state
    for asked in (keystore, open_custody("google-kms").keystore):
        assert code_of(lambda: asked.sign_anchor(reference, call())) == "key_disabled"  # noqa: B023


@pytest.mark.parametrize("kind", ["signing", "wallet"])
def test_a_key_of_another_algorithm_is_not_taken_for_ours(kind: str, ready: Ready, open_custody: Opener) -> None:
    """One that somebody put there by hand: its curve alone would not tell how it signs."""
    keystore, google = ready
    reference = (
        keystore.create_wallet(owner())[0] if kind == "wallet" else keystore.create_signing_key(owner(), "key")[0]
    )
    google.bends[:] = [changed(algorithm="EC_SIGN_P256_SHA256")]
    fresh = open_custody("google-kms").keystore
    ask = fresh.wallet_address if kind == "wallet" else lambda name: fresh.sign(name, b"data")
    assert code_of(lambda: ask(reference)) == "key_missing"


@pytest.mark.parametrize("algorithm", ["EC_SIGN_SECP256K1_SHA256", "EC_SIGN_P256_SHA256"])
def test_a_key_on_another_curve_is_no_wallet(algorithm: str, ready: Ready) -> None:
    """Whatever its description says; so that a college cannot take it for its wallet by mistake."""
    keystore, google = ready
    name = f"{RING}/cryptoKeys/by-hand-{algorithm}/cryptoKeyVersions/1"
    google.keys[name] = Version(algorithm, generate_private_key(SECP256R1()))
    assert code_of(lambda: keystore.wallet_address(f"google-kms:{name}")) == "key_missing"
    assert code_of(lambda: keystore.sign_statement(f"google-kms:{name}", "text")) == "key_missing"


def test_a_key_that_its_module_is_still_making_is_waited_for(ready: Ready, monkeypatch: pytest.MonkeyPatch) -> None:
    keystore, google = ready
    google.pending = 3
    reference, address = keystore.create_wallet(owner())
    assert keystore.wallet_address(reference) == address
    google.pending = 10_000
    monkeypatch.setattr(google_kms, "PENDING_LOOKS", 3)
    college = owner()
    with pytest.raises(OutsideFailed, match="PENDING_GENERATION") as failed:
        keystore.create_signing_key(college, "key-2026-09")
    assert failed.value.code == "custody_failed"
    # It is there all the same, so its name is passed over.
    assert keystore.holds_signing_key(college, "key-2026-09")


def test_two_that_make_a_key_by_one_name_at_once_get_one_key(ready: Ready) -> None:
    keystore, google = ready
    college = owner()
    keystore.create_signing_key(college, "key-2026-09")
    count = len(google.keys)
    with pytest.raises(Conflict, match="key_exists"):
        keystore.create_signing_key(college, "key-2026-09")
    assert len(google.keys) == count


def test_owners_whose_names_run_together_have_keys_of_their_own(ready: Ready) -> None:
    keystore, _ = ready
    stem = owner()
    first, _ = keystore.create_signing_key(f"{stem}-a", "b-key")
    second, _ = keystore.create_signing_key(stem, "a-b-key")
    assert first != second
    assert not keystore.holds_signing_key(f"{stem}-a-b", "key")


def test_without_a_login_google_is_not_asked(
    ready: Ready, open_custody: Opener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, google = ready
    asked = len(google.calls)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    broken = tmp_path / "login.json"
    for content, code in (
        ("", "custody_denied"),
        ("{", "custody_denied"),
        ('{"type": "drawer"}', "custody_denied"),
        (google.key_file.read_text().replace("BEGIN PRIVATE", "BEGIN OTHER"), "custody_denied"),
    ):
        broken.write_text(content, encoding="utf-8")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(broken))
        assert code_of(lambda: open_custody("google-kms").keystore.create_wallet(owner())) == code
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    assert code_of(lambda: open_custody("google-kms").keystore.create_wallet(owner())) == "custody_denied"
    assert len(google.calls) == asked


ON_A_MACHINE_OF_GOOGLES = """
import sys
from app.adapters.custody.google_kms import GoogleKms
from app.adapters.custody.remote import RemoteKeystore
reference, address = RemoteKeystore(GoogleKms(*sys.argv[1:])).create_wallet("northgate")
print(address == RemoteKeystore(GoogleKms(*sys.argv[1:])).wallet_address(reference))
"""


def test_a_machine_of_googles_needs_no_login_of_its_own(ready: Ready, tmp_path: Path) -> None:
    """In a process of its own: the library reads where the machine's own service is when it is loaded."""
    _, google = ready
    place = google.endpoint.removeprefix("http://")
    kept = {name: value for name, value in os.environ.items() if name != "GOOGLE_APPLICATION_CREDENTIALS"}
    done = subprocess.run(
        [sys.executable, "-c", ON_A_MACHINE_OF_GOOGLES, RING, google.endpoint],
        env=kept | {"GCE_METADATA_HOST": place, "GCE_METADATA_IP": place, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr


def test_a_login_that_google_does_not_know_any_more(
    ready: Ready, open_custody: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, google = ready
    other = GoogleService(google.endpoint)
    other.write_key_file(google.key_file.parent / "stranger.json")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(other.key_file))
    assert code_of(lambda: open_custody("google-kms").keystore.create_wallet(owner())) == "custody_denied"


def test_a_login_that_does_not_come_is_not_waited_for(ready: Ready, monkeypatch: pytest.MonkeyPatch) -> None:
    _, google = ready
    monkeypatch.setattr(login, "LOGIN_SECONDS", 0.2)
    with silent() as port:
        other = GoogleService(f"http://127.0.0.1:{port}")
        other.write_key_file(google.key_file.parent / "slow.json")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(other.key_file))
        keystore = RemoteKeystore(GoogleKms(RING, google.endpoint))
        assert code_of(lambda: keystore.holds_signing_key("a", "b")) == "custody_unreachable"


def test_the_library_that_is_not_installed_is_named(open_custody: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)
    keystore = open_custody("google-kms").keystore
    assert code_of(lambda: keystore.create_wallet("northgate"), Refused) == "custody_library_missing"
