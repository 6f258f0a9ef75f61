"""Custodians that refuse, stall, lie or are not there: a stable code, a sentence, and soon; and then back to work."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pkcs11
import pytest
from pkcs11 import Attribute, ObjectClass

from app.adapters.custody import aws_kms
from app.adapters.custody.aws_kms import AwsKms
from app.adapters.custody.hsm import Hsm
from app.adapters.custody.remote import RemoteKeystore
from app.adapters.keystore import FileKeystore
from app.errors import AppError, OutsideFailed, Refused
from tests.integration.custody.conftest import Held, Opener
from tests.integration.custody.kms_service import REGION, KmsService
from tests.integration.custody.soft_token import MODULE, PIN, TOKEN, SoftToken
from tests.integration.custody.test_contract import call, owner, public_key


def code_of(ask: Callable[[], object], family: type[AppError] = OutsideFailed) -> str:
    with pytest.raises(family) as failed:
        ask()
    assert failed.value.message.endswith((".", "?"))
    return failed.value.code


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time limits of a moment, so that a test of them takes no longer."""
    monkeypatch.setattr(aws_kms, "READ_SECONDS", 0.3)


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_a_wrong_passphrase(tmp_path: Path) -> None:
    reference, _ = FileKeystore(tmp_path, lambda: "right").create_signing_key("northgate", "key")
    wallet, _ = FileKeystore(tmp_path, lambda: "right").create_wallet("northgate")
    wrong = FileKeystore(tmp_path, lambda: "wrong")
    assert code_of(lambda: wrong.sign(reference, b"data"), Refused) == "passphrase_wrong"
    assert code_of(lambda: wrong.sign_anchor(wallet, call()), Refused) == "passphrase_wrong"


KMS_ERRORS = {
    "AccessDeniedException": (400, "custody_denied"),
    "UnrecognizedClientException": (400, "custody_denied"),
    "ExpiredTokenException": (400, "custody_denied"),
    "ThrottlingException": (400, "custody_throttled"),
    "LimitExceededException": (400, "custody_throttled"),
    "DisabledException": (400, "key_disabled"),
    "KMSInvalidStateException": (400, "key_disabled"),
    "KMSInternalException": (500, "custody_unreachable"),
    "KeyUnavailableException": (500, "custody_unreachable"),
    "InvalidKeyUsageException": (400, "custody_failed"),
}


@pytest.mark.parametrize("name", KMS_ERRORS)
def test_what_kms_says_is_told_by_its_code_and_never_in_its_words(
    name: str, kms: KmsService, open_custody: Opener
) -> None:
    keystore = open_custody("aws-kms").keystore
    reference, public = keystore.create_signing_key(owner(), "key-2026-09")
    status, code = KMS_ERRORS[name]
    told = (status, {"__type": name, "message": "arn:aws:iam::123456789012:user/somebody is not"})
    kms.answers[:] = [told] * aws_kms.ATTEMPTS
    with pytest.raises(OutsideFailed) as failed:
        keystore.sign(reference, b"data")
    kms.answers.clear()
    assert failed.value.code == code
    assert "somebody" not in f"{failed.value!r}{failed.value}"
    if code != "custody_unreachable":
        public_key(public).verify(keystore.sign(reference, b"data"), b"data")


def test_kms_is_asked_again_once_when_it_is_busy(kms: KmsService, open_custody: Opener) -> None:
    keystore = open_custody("aws-kms").keystore
    reference, public = keystore.create_signing_key(owner(), "key-2026-09")
    kms.answers[:] = [(400, {"__type": "ThrottlingException"}), None]
    public_key(public).verify(keystore.sign(reference, b"data"), b"data")
    assert kms.calls[-2:] == ["Sign", "Sign"]


def test_a_kms_key_switched_off_or_going_to_be_deleted(kms: KmsService, open_custody: Opener) -> None:
    keystore = open_custody("aws-kms").keystore
    reference, _ = keystore.create_wallet(owner())
    key = kms.keys[reference.removeprefix("aws-kms:")]
    key.enabled, key.key_state = False, "Disabled"
    assert code_of(lambda: keystore.sign_anchor(reference, call())) == "key_disabled"
    key.key_state, key.deletion_date = "PendingDeletion", datetime.now(UTC)
    assert code_of(lambda: keystore.sign_anchor(reference, call())) == "key_disabled"


def test_an_alias_turned_to_another_key_changes_nothing(kms: KmsService, open_custody: Opener) -> None:
    """Whoever may turn aliases cannot have his own key sign for a college."""
    keystore, college = open_custody("aws-kms").keystore, owner()
    reference, public = keystore.create_signing_key(college, "key-2026-09")
    thief, _ = keystore.create_signing_key(college, "key-2026-10")
    client = boto3.session.Session(region_name=REGION).client("kms", endpoint_url=kms.endpoint)
    client.update_alias(AliasName=f"alias/stackmark/{college}/key-2026-09", TargetKeyId=thief.removeprefix("aws-kms:"))
    public_key(public).verify(open_custody("aws-kms").keystore.sign(reference, b"data"), b"data")


def test_a_kms_key_crashed_before_its_alias_is_no_key_by_that_name(kms: KmsService, open_custody: Opener) -> None:
    keystore, college = open_custody("aws-kms").keystore, owner()
    kms.answers[:] = [None, None, (400, {"__type": "AccessDeniedException"})]
    assert code_of(lambda: keystore.create_signing_key(college, "key-2026-09")) == "custody_denied"
    assert not keystore.holds_signing_key(college, "key-2026-09")
    reference, public = keystore.create_signing_key(college, "key-2026-09")
    public_key(public).verify(keystore.sign(reference, b"data"), b"data")


def test_without_a_login_kms_is_not_asked(
    kms: KmsService, open_custody: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", "/nonexistent")
    asked = len(kms.calls)
    assert code_of(lambda: open_custody("aws-kms").keystore.create_wallet(owner())) == "custody_denied"
    assert len(kms.calls) == asked


@pytest.mark.usefixtures("at_once", "kms")
def test_a_custodian_that_is_not_there_or_says_nothing() -> None:
    with silent() as port:
        for address in (f"http://127.0.0.1:{port}", f"http://127.0.0.1:{closed_port()}"):
            keystore = RemoteKeystore(AwsKms(REGION, address))
            assert code_of(lambda: keystore.holds_signing_key("a", "b")) == "custody_unreachable"  # noqa: B023


def hsm(token: SoftToken, **changes: object) -> Hsm:
    given: dict[str, object] = {"module": MODULE, "token": TOKEN, "pin_file": token.pin_file, **changes}
    return Hsm(**given)  # type: ignore[arg-type]


WRONG_PIN = """
import json, sys
from pathlib import Path
from app.adapters.custody.hsm import Hsm
from app.errors import AppError
module, token, pin_file, right = sys.argv[1:]
holder, codes = Hsm(Path(module), token, Path(pin_file)), []
for _ in range(2):
    try:
        holder.has("northgate", "key")
    except AppError as error:
        codes.append(error.code)
    # The right one, but only a restart tries it: a module counts.
    Path(pin_file).write_text(Path(right).read_text())
print(json.dumps(codes))
"""


def test_a_wrong_pin_is_tried_once_and_no_more_before_a_restart(module: SoftToken, tmp_path: Path) -> None:
    """A service that tries again by itself would lock a module that counts."""
    pin_file = tmp_path / "module.pin"
    pin_file.write_text("000000", encoding="utf-8")
    words = [sys.executable, "-c", WRONG_PIN, str(MODULE), TOKEN, str(pin_file), str(module.pin_file)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == ["pin_wrong", "pin_wrong"]
    again = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(again.stdout) == []


class LastTry:
    """A module that says one more wrong PIN locks it. SoftHSM never does."""

    initialized = True

    def __init__(self, flag: pkcs11.TokenFlag) -> None:
        self.flags = flag

    def get_token(self, token_label: str) -> "LastTry":
        return self

    def open(self, **given: object) -> None:
        raise AssertionError("it was asked to log in")


@pytest.mark.parametrize("flag", [pkcs11.TokenFlag.USER_PIN_FINAL_TRY, pkcs11.TokenFlag.USER_PIN_LOCKED])
def test_a_module_with_one_last_try_is_not_asked(
    flag: pkcs11.TokenFlag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pkcs11, "lib", lambda path: LastTry(flag))
    holder = Hsm(MODULE, TOKEN, tmp_path / "pin")
    assert code_of(lambda: holder.has("northgate", "key"), Refused) == "pin_locked"


FRESH = """
import json, sys
from pathlib import Path
from app.adapters.custody.hsm import Hsm
from app.errors import AppError
try:
    Hsm(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])).has("northgate", "key")
except AppError as error:
    print(error.code)
"""


@pytest.mark.parametrize(
    ("library", "token", "pin_file", "code"),
    [
        (str(MODULE), TOKEN, "missing.pin", "pin_missing"),
        (str(MODULE), "no such token", None, "custody_unreachable"),
        ("/no/such/library.so", TOKEN, None, "custody_not_configured"),
        ("/usr/lib/x86_64-linux-gnu/libz.so.1", TOKEN, None, "custody_not_configured"),
    ],
)
def test_a_module_that_is_not_as_set_up(
    library: str, token: str, pin_file: str | None, code: str, module: SoftToken
) -> None:
    words = [sys.executable, "-c", FRESH, library, token, pin_file or str(module.pin_file)]
    assert subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout.strip() == code


def test_a_session_that_the_module_forgot_is_opened_again(module: SoftToken, open_custody: Opener) -> None:
    keystore = open_custody("pkcs11").keystore
    reference, public = keystore.create_signing_key(owner(), "key-2026-09")
    wallet, _ = keystore.create_wallet(owner())
    for _ in range(3):
        # As after a restart of the module: sessions and the login are gone.
        pkcs11.lib(str(MODULE)).reinitialize()
        public_key(public).verify(keystore.sign(reference, b"data"), b"data")
        keystore.sign_anchor(wallet, call())


def test_a_forked_process_signs_with_sessions_of_its_own(module: SoftToken, open_custody: Opener) -> None:
    keystore = open_custody("pkcs11").keystore
    reference, public = keystore.create_signing_key(owner(), "key-2026-09")
    signature = keystore.sign(reference, b"data")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, keystore.sign(reference, b"data"))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == signature
    os.waitpid(child, 0)
    public_key(public).verify(keystore.sign(reference, b"after"), b"after")


def test_a_module_that_hangs_is_not_waited_for(module: SoftToken, tmp_path: Path) -> None:
    """Here it is the PIN that does not come: a pipe into which nobody writes."""
    pipe = tmp_path / "pin"
    os.mkfifo(pipe)
    keystore = RemoteKeystore(hsm(module, pin_file=pipe, seconds=0.3), iter(range(0, 10_000, 100)).__next__)
    for _ in range(3):
        assert code_of(lambda: keystore.holds_signing_key("northgate", "key")) == "custody_unreachable"
    pipe.write_text(PIN, encoding="utf-8")
    assert not keystore.holds_signing_key("northgate", "key")


def test_a_private_half_can_be_had_out_of_the_module_by_nobody(module: SoftToken, open_custody: Opener) -> None:
    keystore, college = open_custody("pkcs11").keystore, owner()
    keystore.create_signing_key(college, "key-2026-09")
    keystore.create_wallet(college)
    token = pkcs11.lib(str(MODULE)).get_token(token_label=TOKEN)
    try:
        session = token.open(user_pin=PIN)
    except pkcs11.exceptions.UserAlreadyLoggedIn:
        session = token.open()
    with session:
        keys = [
            key
            for key in session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
            if key[Attribute.LABEL].startswith(college)
        ]
        assert len(keys) == 2
        for key in keys:
            assert key[Attribute.ALWAYS_SENSITIVE]
            assert key[Attribute.NEVER_EXTRACTABLE]
            with pytest.raises(pkcs11.exceptions.AttributeSensitive):
                key[Attribute.VALUE]
    # Nor off the disk.
    for file in (module.folder / "tokens").rglob("*.object"):
        assert PIN.encode() not in file.read_bytes()


def test_a_reference_to_another_token_is_not_answered_by_this_one(module: SoftToken, held: Held) -> None:
    if held.custody != "pkcs11":
        return
    reference, _ = held.keystore.create_signing_key(owner(), "key-2026-09")
    moved = reference.replace("Stackmark%20test", "another")
    assert code_of(lambda: held.keystore.sign(moved, b"data")) == "key_missing"
