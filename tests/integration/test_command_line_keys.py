"""`stackmark keys …` and institutions on their own domain, as people start them."""

import json
import re
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import dns.rcode
import psycopg
import pytest

from app.anchoring import service as anchoring
from app.database import transaction
from app.standards.vc import timestamp
from app.wiring import now
from tests.integration.conftest import Installation
from tests.integration.institutions.name_server import answering, name_server, refusing
from tests.integration.test_command_line import OUTSIDE, REFUSED, USAGE, Terminal, faults, terminal_of


@pytest.fixture
def terminal(installation: Installation, tmp_path: Path) -> Terminal:
    return terminal_of(installation, tmp_path)


def statement(terminal: Terminal, slug: str = "northgate") -> dict[str, Any]:
    """The published file about an institution."""
    file = Path(terminal.settings["WALLETS_DIR"]) / "public" / f"{slug}.json"
    read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return read


async def test_keys_are_rotated_and_listed(installation: Installation, terminal: Terminal) -> None:
    await installation.issue_one()
    old = installation.issuer.identity.signing_key
    said = terminal.run("keys", "rotate", "northgate", "--yes")
    assert f"{old.name} signed 1 credential in force. They stay valid." in said
    found = re.search(r"^(key-\S+) signs from now on. 1 list signed again.$", said, re.MULTILINE)
    assert found is not None, said
    listed = terminal.run("keys", "list", "northgate").splitlines()
    assert [line.split()[0] for line in listed] == [old.name, found[1]]
    assert "retired, ends 20" in listed[0]
    assert listed[1].endswith("in use")
    assert statement(terminal)["signingKeys"] == [line.split()[1] for line in reversed(listed)]
    assert await faults(installation) == []


async def test_nothing_is_done_without_a_yes(installation: Installation, terminal: Terminal) -> None:
    said = terminal.run("keys", "rotate", "northgate", expect=REFUSED)
    assert "Go on?" in said
    said = terminal.run("keys", "compromise", "northgate", "--since", timestamp(now()), expect=REFUSED)
    assert "Go on?" in said
    assert len(terminal.run("keys", "list", "northgate").splitlines()) == 1


async def test_a_key_is_given_up(installation: Installation, terminal: Terminal) -> None:
    await installation.issue_one()
    await installation.work()
    await installation.issue_one(component="2")
    stolen = installation.issuer.identity.signing_key
    async with transaction(installation.wiring.engine) as conn:
        newest = (await anchoring.finalized_checkpoints(conn, installation.issuer.institution.id))[-1]
    assert newest.block is not None
    since = timestamp(now())
    # The practice chain makes its blocks faster than the clock goes.
    proven = int(newest.block.time < now().replace(microsecond=0))
    said = terminal.run("keys", "compromise", "northgate", "--since", since, "--yes")
    assert f"{stolen.name} signed 2 credentials in force." in said
    assert f"{proven} stay valid: the public register proves that they are older than {since}." in said
    assert f"{2 - proven} have to be issued again" in said
    assert f"{stolen.name} is given up. key-" in said
    named = statement(terminal)
    assert named["compromisedKeys"] == [{"key": stolen.public_key, "since": since}]
    assert stolen.public_key not in named["signingKeys"]
    assert f"compromised since {since}" in terminal.run("keys", "list", "northgate")
    assert await faults(installation) == []

    again = ("keys", "compromise", "northgate", "--since", since, "--yes")
    assert "(key_already_compromised)" in terminal.run(*again, "--key", stolen.name, expect=REFUSED)
    # The new key may be of the same second as the loss of the old one; an hour before, there was none.
    earlier = ("keys", "compromise", "northgate", "--since", timestamp(now() - timedelta(hours=1)), "--yes")
    assert "(since_before_key)" in terminal.run(*earlier, expect=REFUSED)


REFUSALS = [
    (("rotate", "nowhere", "--yes"), "institution_unknown", REFUSED),
    (("compromise", "northgate", "--since", "yesterday", "--yes"), "since_invalid", REFUSED),
    (("compromise", "northgate", "--since", "2026-09-12T10:00:00", "--yes"), "since_invalid", REFUSED),
    (("compromise", "northgate", "--since", "2999-01-01T00:00:00Z", "--yes"), "since_in_future", REFUSED),
    (("compromise", "northgate", "--since", "1999-01-01T00:00:00Z", "--yes"), "since_before_key", REFUSED),
    (("compromise", "northgate", "--since", "1999-01-01T00:00:00Z", "--key", "x"), "signing_key_unknown", REFUSED),
    (("compromise", "northgate"), "", USAGE),
]


def test_what_is_refused_is_refused_before_anything_is_asked(terminal: Terminal) -> None:
    for words, code, expected in REFUSALS:
        said = terminal.run("keys", *words, expect=expected)
        assert code in said
        assert "Go on?" not in said
    said = terminal.run("keys", "rotate", "northgate", "--yes", expect=REFUSED, PASSPHRASE=None)
    assert "(passphrase_missing)" in said
    assert len(terminal.run("keys", "list", "northgate").splitlines()) == 1


async def test_what_an_earlier_key_signed_verifies_offline(installation: Installation, terminal: Terminal) -> None:
    """Offline only keys named in the list of issuers count: it has to name those of earlier years too."""
    credential = await installation.issue_one()
    await installation.work()
    terminal.run("keys", "rotate", "northgate", "--yes")
    file = terminal.write("bundle.json", await installation.bundle(credential.id))
    # This college alone: where the list also names who accredits, a bundle has to bring an accreditation.
    issuers = terminal.folder / "issuers"
    issuers.mkdir()
    published = Path(terminal.settings["WALLETS_DIR"]) / "public" / "northgate.json"
    (issuers / published.name).write_bytes(published.read_bytes())
    said = terminal.run("verify", file, "--offline", "--issuers", issuers)
    assert said.startswith("VALID ")


KILLED = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from app.adapters.keystore import FileKeystore
from app.cli import main

left = int(sys.argv.pop(1))
def reached(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(Engine, "commit", reached)
create = FileKeystore.create_signing_key
def created(*given):
    made = create(*given)
    reached()
    return made
FileKeystore.create_signing_key = created
main()
"""


async def test_killed_at_every_point_of_a_rotation(installation: Installation, terminal: Terminal) -> None:
    """Before each commit, and once the new key's file is written: nothing half done, and it can be done again."""
    folder = Path(terminal.settings["WALLETS_DIR"]) / "keystores"
    before = len(list(folder.glob("northgate-*.pem")))
    killed = 0
    for point in range(1, 20):
        ended = subprocess.run(
            [sys.executable, "-c", KILLED, str(point), "keys", "rotate", "northgate", "--yes"],
            env=terminal.environment() | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            cwd=terminal.folder,
            capture_output=True,
            timeout=120,
        ).returncode
        assert await faults(installation) == []
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        killed += 1
    assert killed >= 4
    listed = [line.split() for line in terminal.run("keys", "list", "northgate").splitlines()]
    names = [words[0] for words in listed]
    assert len(names) == len(set(names)) >= 2
    # What was left behind lies there unused; nothing was overwritten.
    files = len(list(folder.glob("northgate-*.pem")))
    assert files - before > len(names) - 1
    await installation.issue_one()
    await installation.work()
    assert await faults(installation) == []
    assert statement(terminal)["signingKeys"] == [words[1] for words in reversed(listed)]


DOMAIN = "creds.eastham.ac.uk"
CREATE = ("institution", "create", "eastham", "--name", "Eastham College", "--ukprn", "10000003", "--domain", DOMAIN)


def count(terminal: Terminal) -> int:
    with psycopg.connect(terminal.settings["DATABASE_URL"].replace("+psycopg", "")) as conn:
        row = conn.execute("SELECT count(*) FROM institutions").fetchone()
    return row[0] if row else 0


def test_an_institution_on_its_own_domain(terminal: Terminal) -> None:
    records = {(f"_did.{DOMAIN}", "TXT"): [f'"did=did:web:{DOMAIN}"'], (DOMAIN, "CNAME"): ["localhost."]}
    with name_server(answering(records, signed=True)) as (port, _):
        asking = {"DNS_SERVER": "127.0.0.1", "DNS_PORT": str(port)}
        said = terminal.run(*CREATE, **asking)
        assert f"good: _did.{DOMAIN} names did:web:{DOMAIN}. (dns_record_found, signed (DNSSEC))" in said
        assert "The records wanted are:" not in said
        assert f"Registered did:web:{DOMAIN}." in said
        assert statement(terminal, "eastham")["publishedAt"] == f"https://{DOMAIN}/i/eastham"
        assert "dns_record_found" in terminal.run("institution", "check-domain", "eastham", **asking)
        taken = [*CREATE]
        taken[2], taken[6] = "easton", "10000004"
        assert "(domain_taken)" in terminal.run(*taken, expect=REFUSED, **asking)
    with name_server(refusing(dns.rcode.SERVFAIL)) as (port, _):
        asking["DNS_PORT"] = str(port)
        said = terminal.run("institution", "check-domain", "eastham", expect=OUTSIDE, **asking)
        assert "cannot tell: " in said
    assert "(domain_none)" in terminal.run("institution", "check-domain", "northgate", expect=REFUSED)


def test_a_domain_that_names_nobody_or_somebody_else_is_not_spoken_for(terminal: Terminal) -> None:
    with name_server(answering({})) as (port, _):
        asking = {"DNS_SERVER": "127.0.0.1", "DNS_PORT": str(port)}
        said = terminal.run(*CREATE, expect=REFUSED, **asking)
        assert f'  _did.{DOMAIN}. IN TXT "did=did:web:{DOMAIN}"\n' in said
        assert f"  {DOMAIN}. IN CNAME localhost.\n" in said
        assert "(dns_record_missing)" in said
    with name_server(answering({(f"_did.{DOMAIN}", "TXT"): ['"did=did:web:forger.example"']})) as (port, _):
        asking["DNS_PORT"] = str(port)
        said = terminal.run(*CREATE, expect=REFUSED, **asking)
        assert "wrong: " in said
        assert "(dns_record_other)" in said
        wrong = [*CREATE[:-1], "https://creds.eastham.ac.uk"]
        assert "(domain_invalid)" in terminal.run(*wrong, expect=REFUSED, **asking)
        assert count(terminal) == 2
        assert "Registered" in terminal.run(*CREATE, "--without-dns", **asking)
        assert count(terminal) == 3
