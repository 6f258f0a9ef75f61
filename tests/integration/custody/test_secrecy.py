"""Nothing that opens a custodian, and no private half, is shown anywhere: searched for in every spelling of its bytes."""

import base64
import io
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from eth_account import Account
from pydantic import SecretStr

from app.adapters.custody import aws_kms, rest
from app.adapters.custody.opening import custodians_of
from app.errors import AppError
from app.logs import configure_logging
from app.settings import Settings
from tests.integration.custody.azure_service import AzureService
from tests.integration.custody.conftest import PASSPHRASE, SIGNING, Held
from tests.integration.custody.google_service import GoogleService
from tests.integration.custody.kms_service import KmsService
from tests.integration.custody.test_contract import call, owner
from tests.integration.custody.test_moving import NAMES


def spellings(secret: bytes) -> set[str]:
    """How `secret` would look in a text, wherever in a longer base64 text it began."""
    found = {secret.hex(), secret.hex(" "), repr(secret)[2:-1], str(list(secret))[1:-1], secret.decode("latin-1")}
    if len(secret) >= 16:
        found |= {str(int.from_bytes(secret)), str(int.from_bytes(secret, "little"))}
    for encode in (base64.b64encode, base64.urlsafe_b64encode, base64.b32encode):
        for before in range(3):
            # What depends on the bytes beside it is cut off at both ends.
            text = encode(bytes(before) + secret).decode().rstrip("=")
            found.add(text[4 if before else 0 : -4])
    return found | {one.upper() for one in found if one == secret.hex()}


def shown(text: str, secret: bytes) -> set[str]:
    return {one for one in spellings(secret) if one.lower() in text.lower()} if secret else {"nothing to look for"}


def test_the_search_finds_what_it_is_for() -> None:
    secret = bytes(range(100, 132))
    for text in (
        f"key={secret.hex()}",
        f"0x{secret.hex().upper()}",
        f"d={int.from_bytes(secret)}",
        base64.b64encode(b"before" + secret + b"after").decode(),
        base64.b64encode(b"befor" + secret + b"after").decode(),
        f"{secret!r}",
        f"{list(secret)}",
    ):
        assert shown(text, secret), text
    assert not shown("nothing", secret)


@contextmanager
def everything_said() -> Iterator[io.StringIO]:
    """All that is printed and logged, by anybody, as detailed as this service can be told to be."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    heard = io.StringIO()
    try:
        with redirect_stdout(heard), redirect_stderr(heard):
            configure_logging("text", "debug")
            yield heard
    finally:
        root.handlers[:], root.level = before, level


Service = KmsService | GoogleService | AzureService | None
SERVICES = {"aws-kms": "kms", "google-kms": "google", "azure-key-vault": "azure"}


def failing(held: Held) -> list[Settings]:
    """The same custodian with a wrong login, or none, or nobody at the other end."""
    nobody = "http://127.0.0.1:9"
    changes = {
        "file": {"passphrase": SecretStr("wrong " + PASSPHRASE)},
        "aws-kms": {"aws_kms_endpoint": nobody},
        "google-kms": {"google_kms_endpoint": nobody},
        "azure-key-vault": {"azure_key_vault": nobody},
        "pkcs11": {"pkcs11_token": "no such token"},
    }
    return [held.settings.model_copy(update=changes[held.custody])]


def private_halves(held: Held, references: list[str], service: Service) -> list[bytes]:
    """The private keys themselves, where a test can get at them."""
    found = []
    for reference in references:
        if held.custody == "file":
            data = (held.settings.wallets_dir / "keystores" / reference).read_bytes()
            if reference.endswith(".json"):
                found.append(bytes(Account.decrypt(data.decode(), PASSPHRASE)))
            else:
                key = load_pem_private_key(data, PASSPHRASE.encode())
                assert isinstance(key, Ed25519PrivateKey)
                found.append(key.private_bytes_raw())
        elif service is not None:
            key = service.keys[reference.removeprefix(f"{held.custody}:")]
            private = key.private if isinstance(service, GoogleService | AzureService) else key.private_key.private_key
            if isinstance(private, EllipticCurvePrivateKey):
                found.append(private.private_numbers().private_value.to_bytes(32))
            else:
                found.append(private.private_bytes_raw())
    return found


def test_no_secret_is_in_any_log_error_or_repr(
    held: Held, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_kms, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(rest, "CONNECT_SECONDS", 0.3)
    service: Service = request.getfixturevalue(SERVICES[held.custody]) if held.custody in SERVICES else None
    references: list[str] = []
    with everything_said() as heard:
        keystore = held.keystore
        college = owner()
        if held.custody in SIGNING:
            references.append(keystore.create_signing_key(college, "key-2026-09")[0])
            heard.write(repr(keystore.sign(references[0], b"data")))
        wallet = keystore.create_wallet(college)[0]
        references.append(wallet)
        heard.write(repr(keystore.sign_anchor(wallet, call())))
        heard.write(keystore.sign_statement(wallet, "text"))
        attempts = [lambda: keystore.sign(f"{held.custody}:transit/none#1", b"data")]
        for settings in failing(held):
            broken = custodians_of(settings)
            attempts.append(lambda broken=broken: broken.sign_statement(wallet, "text"))  # type: ignore[misc]
        for attempt in attempts:
            try:
                attempt()
            except AppError as error:
                heard.write("".join(traceback.format_exception(error)) + repr(error) + str(error.details))
                logging.getLogger("app").exception("it failed", exc_info=error)
            else:
                raise AssertionError("it did not fail")
        for said in (held, keystore, held.settings, custodians_of(held.settings), vars(keystore)):
            heard.write(repr(said))
    text = heard.getvalue()
    assert "it failed" in text
    opening = [secret.encode() for secret in held.secrets]
    if isinstance(service, GoogleService):
        opening.append(service.account_der)
    if isinstance(service, GoogleService | AzureService):
        opening += [token.encode() for token in service.tokens]
    for secret in (*opening, *private_halves(held, references, service)):
        assert shown(text, secret) == set()


@pytest.mark.parametrize("place", ["cmdline", "environ"])
def test_no_secret_is_in_the_list_of_processes(held: Held, place: str) -> None:
    """Everybody on a machine may read command lines; environments are for the same user alone, and secrets are files."""
    given = {name: str(value) for field, name in NAMES.items() if (value := getattr(held.settings, field)) is not None}
    environment = {f"STACKMARK_{name}": value for name, value in given.items()}
    passphrase = held.settings.wallets_dir.parent / "words"
    passphrase.write_text(PASSPHRASE, encoding="utf-8")
    environment |= {
        "STACKMARK_PASSPHRASE_FILE": str(passphrase),
        "STACKMARK_WALLETS_DIR": str(held.settings.wallets_dir),
    }
    program = (
        "import sys\nfrom pathlib import Path\nfrom app.settings import settings\n"
        "from app.adapters.custody.opening import custodians_of\n"
        "custodians_of(settings()).custodian(sys.argv[1]).create_wallet(sys.argv[2])\n"
        "print(Path('/proc/self', sys.argv[3]).read_bytes().replace(b'\\0', b' ').decode())"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STACKMARK_")}
    done = subprocess.run(
        [sys.executable, "-c", program, held.custody, owner(), place],
        env=kept | environment,
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    # AWS's and Azure's own tools may be given their login in the environment; this service is not.
    theirs = place == "environ" and held.custody in ("aws-kms", "azure-key-vault")
    secrets = () if theirs else held.secrets
    for secret in secrets:
        assert shown(done.stdout + done.stderr, secret.encode()) == set()


def test_no_command_takes_a_secret_as_an_argument() -> None:
    import typer.main

    from app.cli import app

    def options(command: object) -> Iterator[str]:
        for parameter in getattr(command, "params", []):
            yield from parameter.opts
        for inner in getattr(command, "commands", {}).values():
            yield from options(inner)

    # A file that holds one is how a command gets it.
    named = {name for name in options(typer.main.get_command(app)) if not name.endswith("-file")}
    assert "--custody" in named
    assert not {name for name in named if any(word in name for word in ("pin", "pass", "token", "secret", "private"))}
