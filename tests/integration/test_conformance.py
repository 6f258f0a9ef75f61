"""`stackmark serve --conformance` as a person starts it, driven over real HTTPS."""

import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from app.adapters.local_chain import free_port
from app.conformance.certificate import for_localhost
from app.conformance.keys import keys_from
from app.standards import did
from app.wiring import now
from tests.integration.test_command_line import REFUSED, Terminal
from tests.integration.web.tenant import unsigned

SEED, TOKEN = "the seed of a conformance run", "the token of a conformance run"
STATUS = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}


@dataclass(frozen=True)
class Started:
    """What was said at the start, and where it is served."""

    said: str
    port: int
    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / self.line("Certificate")

    def line(self, name: str) -> str:
        found = re.search(rf"^{re.escape(name)}: (.+)$", self.said, re.MULTILINE)
        assert found is not None, self.said
        return found[1]

    def client(self, token: str) -> httpx.Client:
        trusted = ssl.create_default_context(cafile=self.certificate)
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.line("URL"), verify=trusted, headers=headers, trust_env=False)


@contextmanager
def conformance(folder: Path, **settings: str) -> Iterator[Started]:
    """The command on a free port, until the block ends."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--conformance", "--port", str(port)],
        env=Terminal(folder, settings).environment() | {"PYTHONUNBUFFERED": "1"},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stdout is not None
    try:
        logged = ""
        while "Uvicorn running on" not in logged:
            line = process.stderr.readline()
            assert line, logged
            logged += line
        said = ""
        while "Certificate SHA-256" not in said:
            said += process.stdout.readline()
        yield Started(said, port, folder)
    finally:
        process.terminate()
        out, errors = process.communicate(timeout=120)
    assert process.returncode in (0, -15), out + errors
    assert "Traceback" not in logged + errors
    assert TOKEN not in logged + out + errors


def test_a_suite_drives_it_over_https_without_any_database(tmp_path: Path) -> None:
    with conformance(tmp_path) as started, started.client(started.line("Token")) as client:
        assert started.line("URL") == f"https://localhost:{started.port}"
        dids = [started.line(f"Issuer ({name})") for name in ("ED25519", "P256", "P384")]
        assert [did.key_document(name)["id"] for name in dids] == dids
        for name in dids:
            body = {"credential": unsigned(issuer=name), "options": {"credentialStatus": STATUS}}
            body["credential"]["id"] = f"urn:x:{name[-6:]}"
            made = client.post("/credentials/issue", json=body)
            assert made.status_code == 201, made.text
            signed = made.json()["verifiableCredential"]
            checked = client.post("/credentials/verify", json={"verifiableCredential": signed})
            assert (checked.status_code, checked.json()["verdict"]) == (200, "valid"), checked.text
            change = {"credentialId": signed["id"], "credentialStatus": STATUS, "status": True}
            assert client.post("/credentials/status", json=change).status_code == 200
            assert client.get(signed["credentialStatus"]["statusListCredential"]).status_code == 200
            checked = client.post("/credentials/verify", json={"verifiableCredential": signed})
            assert (checked.status_code, checked.json()["verdict"]) == (400, "was valid")
        refused = httpx.Client(verify=ssl.create_default_context(cafile=started.certificate), trust_env=False)
        with refused:
            url = f"{started.line('URL')}/credentials/issue"
            assert refused.post(url, json={"credential": unsigned()}).status_code == 401
        # Whoever does not trust this very certificate does not connect.
        with httpx.Client(trust_env=False) as stranger, pytest.raises(httpx.ConnectError):
            stranger.get(started.line("URL"))
    assert [file.name for file in started.certificate.parent.iterdir()] == ["certificate.pem"]
    assert b"PRIVATE" not in started.certificate.read_bytes()


def test_the_certificate_is_the_one_announced_and_new_each_time(tmp_path: Path) -> None:
    shown = []
    for _ in range(2):
        with conformance(tmp_path) as started:
            served = ssl.get_server_certificate(("localhost", started.port))
            assert served.strip() == started.certificate.read_text().strip()
            certificate = x509.load_pem_x509_certificate(served.encode())
            assert certificate.fingerprint(SHA256()).hex(":").upper() == started.line("Certificate SHA-256")
            shown.append((started.line("Certificate SHA-256"), started.line("Token"), started.line("Issuer (ED25519)")))
    assert all(first != second for first, second in zip(*shown, strict=True))


def test_keys_and_token_may_be_given_and_are_then_not_shown(tmp_path: Path) -> None:
    with conformance(tmp_path, CONFORMANCE_SEED=SEED, CONFORMANCE_TOKEN=TOKEN) as started:
        assert started.line("Token") == "the one in STACKMARK_CONFORMANCE_TOKEN"
        assert SEED not in started.said
        assert started.line("Issuer (P256)") == keys_from(SEED.encode())[1].did
        with started.client(TOKEN) as client:
            assert client.post("/credentials/issue", json={"credential": unsigned()}).status_code == 201


@pytest.mark.parametrize("name", ["CONFORMANCE_SEED", "CONFORMANCE_TOKEN"])
def test_a_short_secret_is_refused(tmp_path: Path, name: str) -> None:
    said = Terminal(tmp_path, {name: "short-one"}, ("short-one",)).run("serve", "--conformance", expect=REFUSED)
    assert f"STACKMARK_{name} is not usable" in said


def test_what_is_served_by_itself_is_for_localhost_alone() -> None:
    certificate = x509.load_pem_x509_certificate(for_localhost(now()).pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


def test_the_same_seed_makes_the_same_keys_and_another_others() -> None:
    first, again, other = (keys_from(seed) for seed in (b"one", b"one", b"two"))
    assert [key.did for key in first] == [key.did for key in again]
    assert {key.did for key in first}.isdisjoint(key.did for key in other)
    assert "sign" not in repr(first)
