"""Clouds that refuse, stall or mumble: one table for all that are asked over REST."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from werkzeug.wrappers import Request, Response

from app.adapters.custody import rest
from app.adapters.custody.azure_key_vault import AzureKeyVault
from app.adapters.custody.google_kms import GoogleKms
from app.adapters.custody.remote import RemoteKeystore
from app.errors import OutsideFailed
from tests.integration.custody.conftest import Held, Opener
from tests.integration.custody.google_service import RING
from tests.integration.custody.rest_service import Bend, RestService, changed, running, told
from tests.integration.custody.test_contract import call, owner
from tests.integration.custody.test_failing import closed_port, code_of, silent

SERVICES = {"google-kms": "google", "azure-key-vault": "azure"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of a moment, so that a test of them takes no longer."""
    monkeypatch.setattr(rest, "PAUSE_SECONDS", 0.01)


@pytest.fixture(params=SERVICES)
def cloud(request: pytest.FixtureRequest, open_custody: Opener) -> Iterator[tuple[Held, RestService]]:
    held, service = open_custody(request.param), request.getfixturevalue(SERVICES[request.param])
    yield held, service
    service.bends.clear()


def failing(status: int, body: object = b"<html>No</html>") -> Bend:
    return told(status, body)


REFUSED = {"error": {"code": "Nonsense", "status": "INVALID_ARGUMENT", "message": "somebody@northgate.example"}}
ANSWERS: dict[str, tuple[Bend, str]] = {
    "401, and again": (failing(401, REFUSED), "custody_denied"),
    "403": (failing(403, REFUSED), "custody_denied"),
    "403 of a proxy": (failing(403), "custody_denied"),
    "404": (failing(404, REFUSED), "key_missing"),
    "404 of a proxy": (failing(404), "key_missing"),
    "429": (failing(429, REFUSED), "custody_throttled"),
    "500": (failing(500, REFUSED), "custody_unreachable"),
    "502 of a proxy": (failing(502), "custody_unreachable"),
    "503": (failing(503, REFUSED), "custody_unreachable"),
    "400": (failing(400, REFUSED), "custody_failed"),
    "400 without words": (failing(400), "custody_failed"),
    "418 with an error that is none": (failing(418, {"error": ["somebody@northgate.example"]}), "custody_failed"),
    "302": (told(302, b"", Location="http://127.0.0.1:9/elsewhere"), "custody_failed"),
    "a page instead of JSON": (told(200, b"<html>Welcome</html>"), "custody_garbled"),
    "nothing": (told(200, b""), "custody_garbled"),
    "a list": (told(200, ["signature"]), "custody_garbled"),
    "an empty object": (told(200, {}), "custody_garbled"),
    "nested without end": (told(200, b'{"a":' * 10_000), "custody_garbled"),
    "other bytes": (told(200, b"\xff\xfe\x00"), "custody_garbled"),
    "too much": (changed(more="A" * rest.MOST_BYTES), "custody_garbled"),
    "packed": (told(200, b"\x1f\x8b\x08\x00", **{"Content-Encoding": "gzip"}), "custody_garbled"),
    "no JSON value": (told(200, {"signature": None, "value": None, "kid": 7, "name": 7}), "custody_garbled"),
    "numbers for texts": (changed(signature=7, value=7), "custody_garbled"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_cloud_says_is_told_by_its_code_and_never_in_its_words(
    name: str, cloud: tuple[Held, RestService]
) -> None:
    held, service = cloud
    keystore = held.keystore
    reference, _ = keystore.create_wallet(owner())
    bend, code = ANSWERS[name]
    service.bends[:] = [bend] * rest.ATTEMPTS
    with pytest.raises(OutsideFailed) as failed:
        keystore.sign_anchor(reference, call())
    service.bends.clear()
    assert failed.value.code == code
    assert failed.value.message.endswith((".", "?"))
    assert "somebody" not in f"{failed.value!r}{failed.value}{failed.value.details}"
    if code != "custody_unreachable":
        keystore.sign_anchor(reference, call())


@pytest.mark.parametrize("name", ["429", "503", "a page instead of JSON", "401, and again"])
def test_it_is_asked_again_once_when_that_may_help(name: str, cloud: tuple[Held, RestService]) -> None:
    held, service = cloud
    keystore = held.keystore
    reference, _ = keystore.create_wallet(owner())
    service.calls.clear()
    service.bends[:] = [ANSWERS[name][0]]
    keystore.sign_anchor(reference, call())
    assert len(service.calls) == 2


@pytest.mark.parametrize("name", ["429", "503", "a page instead of JSON"])
def test_making_a_key_is_never_asked_twice(name: str, cloud: tuple[Held, RestService]) -> None:
    """Or an answer that got lost would leave a key behind that no one knows."""
    held, service = cloud
    keystore, asked = held.keystore, {"n": 0}

    def lost(real: Any) -> Any:
        asked["n"] += 1
        return ANSWERS[name][0](real)

    service.calls.clear()
    # Whatever comes before it is answered as it is.
    service.bends[:] = [None] * BEFORE_MAKING[held.custody] + [lost] * 4
    code = code_of(lambda: keystore.create_wallet(owner()))
    assert code == ANSWERS[name][1]
    assert asked["n"] == 1


BEFORE_MAKING = {"google-kms": 0, "azure-key-vault": 1}


def test_a_token_that_is_not_taken_any_more_is_renewed_once(cloud: tuple[Held, RestService]) -> None:
    held, service = cloud
    keystore = held.keystore
    reference, _ = keystore.create_wallet(owner())
    before = list(service.tokens)
    service.tokens.clear()
    keystore.sign_anchor(reference, call())
    assert len(service.tokens) == 1
    assert service.tokens[0] not in before


def test_one_token_serves_many_requests(cloud: tuple[Held, RestService]) -> None:
    held, service = cloud
    keystore = held.keystore
    reference, _ = keystore.create_wallet(owner())
    count = len(service.tokens)
    for nonce in range(10):
        keystore.sign_anchor(reference, call(nonce))
    assert len(service.tokens) == count


def test_a_redirect_does_not_take_the_token_elsewhere(cloud: tuple[Held, RestService]) -> None:
    held, service = cloud
    keystore = held.keystore
    reference, _ = keystore.create_wallet(owner())
    service.calls.clear()
    service.bends[:] = [told(307, b"", Location=f"{service.endpoint}/thief")]
    assert code_of(lambda: keystore.sign_anchor(reference, call())) == "custody_failed"
    assert [asked for asked in service.calls if "thief" in asked] == []


def test_a_reference_to_somewhere_else_is_asked_of_nobody(cloud: tuple[Held, RestService]) -> None:
    """Whoever can write into the database cannot have the token sent to another place, or other requests made with it."""
    held, service = cloud
    keystore = held.keystore
    reference, _ = keystore.create_wallet(owner())
    own = reference.split(":", 1)[1]
    service.calls.clear()
    for altered in (
        "", "/", "..", own + "/../..", own + "?x=1", own + "#", own + ":destroy", own + "\n", own[:-1], "x" + own,
        own.replace("northgate-keys", "southgate-keys"), own.replace("127.0.0.1", "127.0.0.2"), own + "/extra", own.upper(),
        "https://thief.example/" + own,
    ):  # fmt: skip
        if altered != own:
            assert code_of(lambda: keystore.sign_anchor(f"{held.custody}:{altered}", call())) == "key_missing"  # noqa: B023
    assert service.calls == []


@contextmanager
def dripping() -> Iterator[int]:
    """A port that answers a byte at a time, each in time, and never comes to an end."""
    done = threading.Event()

    def serve(server: socket.socket) -> None:
        while not done.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(0.05)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
                while not done.wait(0.05):
                    try:
                        connection.sendall(b" ")
                    except OSError:
                        break

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            done.set()
            thread.join()


OPENERS: dict[str, Callable[[str], RemoteKeystore]] = {
    "google-kms": lambda address: RemoteKeystore(GoogleKms(RING, address)),
    "azure-key-vault": lambda address: RemoteKeystore(AzureKeyVault(address)),
}


def test_a_cloud_that_is_not_there_or_says_nothing_or_never_ends(
    cloud: tuple[Held, RestService], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "READ_SECONDS", 0.3)
    monkeypatch.setattr(rest, "CONNECT_SECONDS", 0.3)
    held, _ = cloud
    with silent() as dumb, dripping() as slow:
        for port in (dumb, slow, closed_port()):
            keystore = OPENERS[held.custody](f"http://127.0.0.1:{port}")
            assert code_of(lambda: keystore.holds_signing_key("a", "b")) == "custody_unreachable"  # noqa: B023


class Nobody(RestService):
    """Holds nothing, and remembers who asked."""

    def is_about_keys(self, request: Request) -> bool:
        return True

    def answer(self, request: Request) -> Response:
        return Response("{}", 404)


def self_made(folder: Path) -> tuple[str, str]:
    """A certificate for this machine that nobody vouches for."""
    key, name = generate_private_key(SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cloud")])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(files[0]), str(files[1])


def test_somebody_in_between_is_not_given_the_token(
    cloud: tuple[Held, RestService], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who cannot show a certificate that this machine trusts is told nothing; over TLS itself it works."""
    held, _ = cloud
    certificate, between = self_made(tmp_path), Nobody()
    with running(between, certificate):
        keystore = OPENERS[held.custody](between.endpoint)
        assert code_of(lambda: keystore.holds_signing_key("a", "b")) == "custody_unreachable"
        assert between.calls == []
        monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
        assert not OPENERS[held.custody](between.endpoint).holds_signing_key("a", "b")
        assert len(between.calls) == 1


def test_a_connection_is_kept_and_one_that_was_closed_is_opened_again(cloud: tuple[Held, RestService]) -> None:
    """Making a key too, although that is never asked twice."""
    held, service = cloud
    keystore = held.keystore
    reference, _ = keystore.create_wallet(owner())
    for nonce in range(3):
        keystore.sign_anchor(reference, call(nonce))
    assert len(set(service.doors[-3:])) == 1
    service.hang_up()
    keystore.create_wallet(owner())
    service.hang_up()
    keystore.sign_anchor(reference, call())


def test_a_forked_process_asks_over_connections_of_its_own(cloud: tuple[Held, RestService]) -> None:
    """Two that share one would read each other's answers."""
    held, service = cloud
    keystore = held.keystore
    reference, address = keystore.create_wallet(owner())
    keystore.sign_anchor(reference, call())
    before = service.doors[-1]
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            keystore.sign_anchor(reference, call())
            os.write(writing, keystore.wallet_address(reference).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read().decode() == address
    os.waitpid(child, 0)
    assert service.doors[-1] != before
    keystore.sign_anchor(reference, call())
    assert service.doors[-1] == before
