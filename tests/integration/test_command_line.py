"""`stackmark` as people start it: exit codes, one sentence for every failure, nothing secret on the screen."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.adapters.contexts import canonicaliser
from app.adapters.local_chain import free_port, local_chain
from app.anchoring import service as anchoring
from app.anchoring.audit import audit_log, places_of
from app.credentials import records
from app.credentials import service as credentials
from app.credentials.audit import audit_credentials
from app.database import transaction
from app.institutions.model import published_wallet
from app.standards import data_integrity, multikey
from app.standards.anchor_receipt import LeafKind
from app.standards.baking import bake_png
from app.wiring import now
from tests.integration import commands
from tests.integration.conftest import ROOT, Installation
from tests.unit.verification.files import pdf, png
from tests.unit.verification.people import HOLDER, THIEF

HEADINGS = "learner_name,uln,email,qualification,component,grade,award_date\n"
DONE, REFUSED, USAGE, OUTSIDE = 0, 1, 2, 3


@dataclass(frozen=True)
class Terminal:
    """Starts commands the way a terminal in an empty folder does, with an installation's settings."""

    folder: Path
    settings: dict[str, str]
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def environment(self, **changes: str | None) -> dict[str, str]:
        # Where Python keeps no bytecode, every start would compile the whole program again.
        ours = ("STACKMARK_", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        given = {
            f"STACKMARK_{name}": value for name, value in {**self.settings, **changes}.items() if value is not None
        }
        return kept | given

    def run(self, *words: object, expect: int = DONE, **changes: str | None) -> str:
        """What the command said; fails unless it ended as expected, without a traceback or a secret."""
        code, out, errors = commands.run([*map(str, words)], self.environment(**changes), self.folder)
        said = out + errors
        assert code == expect, said
        assert "Traceback" not in said
        for secret in self.secrets:
            assert secret not in said
        return said

    def write(self, name: str, content: str | bytes) -> Path:
        file = self.folder / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file


@pytest.fixture
def terminal(installation: Installation, tmp_path: Path) -> Terminal:
    return terminal_of(installation, tmp_path)


def terminal_of(installation: Installation, folder: Path) -> Terminal:
    """A terminal in `folder`, with the installation's settings."""
    settings = installation.settings
    return Terminal(
        folder,
        {
            "DATABASE_URL": settings.secret_database_url(),
            "CHAIN_RPC_URL": str(settings.chain_rpc_url),
            "REGISTRY_ADDRESS": str(settings.registry_address),
            "WALLETS_DIR": str(settings.wallets_dir),
            "CONTRACTS_DIR": str(settings.contracts_dir),
            "PASSPHRASE": settings.secret_passphrase(),
            "PUBLIC_URL": settings.public_url,
        },
        # A node's address may hold the key of an account there.
        (settings.secret_passphrase(), str(settings.chain_rpc_url)),
    )


@pytest.fixture
def database(installation: Installation) -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(installation.settings.secret_database_url(), autocommit=True) as conn:
        yield conn


def test_help_is_there_and_loads_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from app.cli import main\n"
        "sys.argv = ['stackmark', '--help']\n"
        "try:\n    main()\n"
        "finally:\n"
        "    heavy = {'web3', 'eth_account', 'sqlalchemy', 'fastapi', 'procrastinate', 'pyoxigraph'}\n"
        "    sys.stderr.write(' '.join(sorted(heavy & set(sys.modules))))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (DONE, "")
    for command in ("demo", "import", "verify", "audit", "institution", "wallet", "api-key"):
        assert re.search(rf"^\W*{command}\b", done.stdout, re.MULTILINE), done.stdout


FAULTY_SETTINGS = [
    ({"PORT": "abc"}, "STACKMARK_PORT is not usable", REFUSED),
    ({"PUBLIC_URL": "http://credentials.example"}, "must use https", REFUSED),
    ({"DATABASE_URL": "mysql://user:hidden-word@localhost/x"}, "STACKMARK_DATABASE_URL is not usable", REFUSED),
    ({"DATABASE_URL": None}, "set STACKMARK_DATABASE_URL", REFUSED),
    ({"DATABASE_URL": "postgresql://user:hidden-word@127.0.0.1:1/x"}, "The database cannot be reached", OUTSIDE),
]


@pytest.mark.parametrize(("changes", "sentence", "code"), FAULTY_SETTINGS, ids=[row[1] for row in FAULTY_SETTINGS])
def test_a_wrong_setting_is_said_in_one_sentence(
    tmp_path: Path, changes: dict[str, str | None], sentence: str, code: int
) -> None:
    said = Terminal(tmp_path, {}, ("hidden-word",)).run("institution", "list", expect=code, **changes)
    assert sentence in said
    assert len(said.strip().splitlines()) == 1


def test_a_results_file_is_checked_then_taken_then_known(
    terminal: Terminal, database: "psycopg.Connection[Any]"
) -> None:
    bad = ROOT / "samples" / "bad" / "duplicate_row.csv"
    said = terminal.run("import", bad, "--institution", "northgate", "--dry-run", expect=REFUSED)
    assert re.search(r"^error: row \d+: This learner already has this unit in row \d+", said, re.MULTILINE)
    assert "Nothing was written." in said

    row = "Anna Müller,1234567899,anna@example.org,603/7595/4,{},Merit,2026-06-26\n"
    odd = terminal.write("odd.csv", HEADINGS + row.format("[/red] :smile:"))
    said = terminal.run("import", odd, "--institution", "northgate", expect=REFUSED)
    assert "row 2, component: “603/7595/4” has no component “[/RED] :SMILE:” in the catalogue." in said
    assert "1234567899" not in said
    assert count(database, "credentials") == 0

    good = terminal.write("results.csv", HEADINGS + row.format("1") + row.format("2"))
    assert "2 results taken. Import " in terminal.run("import", good, "--institution", "northgate")
    assert "taken before; nothing was done twice" in terminal.run("import", good, "--institution", "northgate")
    assert count(database, "credentials") == 2


def test_what_an_import_needs_is_said(terminal: Terminal, database: "psycopg.Connection[Any]") -> None:
    row = "Anna Müller,1234567899,anna@example.org,603/7595/4,1,Merit,2026-06-26\n"
    good = terminal.write("results.csv", HEADINGS + row)
    said = terminal.run("import", good, "--institution", "nowhere", expect=REFUSED)
    assert "(institution_unknown)" in said
    said = terminal.run("institution", "create", "eastham", "--name", "Eastham College", "--ukprn", "10000003",
                        expect=REFUSED, PASSPHRASE=None)  # fmt: skip
    assert "No passphrase for the keys" in said
    assert count(database, "institutions") == 2
    terminal.run("import", terminal.folder / "missing.csv", "--institution", "northgate", expect=USAGE)


def test_an_institution_is_set_up(terminal: Terminal, database: "psycopg.Connection[Any]") -> None:
    create = ("institution", "create", "eastham", "--name", "Eastham [bold] College", "--ukprn", "10000003")
    said = terminal.run(*create)
    address = re.search(r"Wallet (0x[0-9a-fA-F]{40}) needs funds", said)
    assert address is not None, said
    published = Path(terminal.settings["WALLETS_DIR"]) / "public" / "eastham.json"
    assert f"Published in {published}\n" in said
    statement = json.loads(published.read_text())
    assert (statement["address"], statement["ukprn"]) == (address[1], "10000003")
    # Each guess at the passphrase of a wallet costs 256 MB and most of a second.
    (wallet,) = (Path(terminal.settings["WALLETS_DIR"]) / "keystores").glob(f"*{address[1]}.json")
    locked = json.loads(wallet.read_text())["crypto"]
    assert (locked["kdf"], locked["kdfparams"]["n"], locked["kdfparams"]["r"]) == ("scrypt", 2**18, 8)
    assert "did:web:localhost%3A8000:i:eastham" in said
    assert terminal.run(*create, expect=REFUSED).startswith("Refused: ")

    assert "eastham  Eastham [bold] College  UKPRN 10000003  did:web:" in terminal.run("institution", "list")
    accredit = ("institution", "accredit", "eastham", "--from", "2026-01-01")
    assert "may issue for hnc-computing from 2026-01-01" in terminal.run(*accredit, "hnc-computing")
    terminal.run(*accredit, "no-such-qualification", expect=REFUSED)
    said = terminal.run("wallet", "show", "eastham")
    assert address[1] in said
    assert "Balance: 0.000000" in said

    said = terminal.run("api-key", "create", "eastham", "--label", "nightly", "--scope", "issue")
    secret = said.split()[-1]
    assert said.count(secret) == 1
    query = "SELECT * FROM api_keys JOIN institutions ON institutions.id = institution_id WHERE slug = 'eastham'"
    (stored,) = database.execute(query).fetchall()
    assert hashlib.sha256(secret.encode()).digest() in stored
    assert secret not in [str(value) for value in stored]
    terminal.run("api-key", "create", "eastham", "--label", "x", "--scope", "everything", expect=REFUSED)


def test_accreditations_are_signed_listed_and_withdrawn(terminal: Terminal) -> None:
    board = ("institution", "create", "board", "--name", "The Board", "--role", "awarding-organisation")
    terminal.run(*board, "--recognition-number", "5133", expect=REFUSED)
    assert "did:web:localhost%3A8000:i:board" in terminal.run(*board, "--recognition-number", "RN5133")
    terminal.run("institution", "create", "nobody", "--name", "Nobody", expect=REFUSED)
    terminal.run("institution", "create", "nobody", "--name", "Nobody", "--role", "king", expect=REFUSED)
    assert "None yet" in terminal.run("institution", "accreditations", "northgate")

    said = terminal.run("institution", "accredit", "board", "hnc-computing", "--from", "2026-01-01")
    assert "The Board may let others issue for hnc-computing from 2026-01-01." in said
    assert "did:web:localhost%3A8000:i:scheme. Wallet 0x" in said
    published = Path(terminal.settings["WALLETS_DIR"]) / "public" / "scheme.json"
    assert json.loads(published.read_text())["role"] == "scheme operator"
    listed = terminal.run("institution", "list")
    assert "scheme  Stackmark  scheme operator  did:web:" in listed

    onward = ("institution", "accredit", "northgate", "hnc-computing", "--from", "2026-01-01", "--by", "board")
    said = terminal.run(*onward, "--until", "2027-08-31")
    assert "may issue for hnc-computing from 2026-01-01 until 2027-08-31." in said
    number = re.search(r"^Accreditation (\S+), signed by The Board\.$", said, re.MULTILINE)
    assert number is not None, said
    assert "(role_cannot_accredit)" in terminal.run(*onward[:-1], "southport", expect=REFUSED)

    withdraw = ("institution", "withdraw-accreditation", number[1], "--reason", "it closed")
    assert "Withdrawn." in terminal.run(*withdraw)
    assert "(accreditation_withdrawn)" in terminal.run(*withdraw, expect=REFUSED)
    lines = terminal.run("institution", "accreditations", "northgate").splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{number[1]}  The Board lets Northgate College (test) issue hnc-computing")
    assert lines[0].endswith("until 2027-08-31  withdrawn")
    assert "  Stackmark lets The Board accredit hnc-computing" in lines[1]


async def test_a_credential_is_withdrawn_once(installation: Installation, terminal: Terminal) -> None:
    credential = await installation.issue_one()
    assert "Withdrawn." in terminal.run("revoke", credential.id, "--reason", "malpractice")
    assert "(already_revoked)" in terminal.run("revoke", credential.id, "--reason", "malpractice", expect=REFUSED)
    assert "Choose one of these reasons" in terminal.run("revoke", credential.id, "--reason", "because", expect=REFUSED)
    terminal.run("revoke", "not-a-number", "--reason", "malpractice", expect=USAGE)


async def test_a_credential_is_corrected_and_stays_the_same_one(installation: Installation, terminal: Terminal) -> None:
    credential = await installation.issue_one()
    grade = ("correct", credential.id, "--reason", "grade changed", "--grade", "Pass")
    assert "Corrected: this is edition 2." in terminal.run(*grade)
    assert "(correction_empty)" in terminal.run(*grade, expect=REFUSED)
    renamed = terminal.run("correct", credential.id, "--reason", "change of name", "--name", "Amir Brown")
    assert "edition 3" in renamed
    for words, code in (
        (("--reason", "because"), "reason_unknown"),
        (("--reason", "other", "--name", "Amir Brown"), "reason_does_not_fit"),
        (("--reason", "award date wrong", "--award-date", "soon"), "date_format"),
    ):
        assert f"({code})" in terminal.run("correct", credential.id, *words, expect=REFUSED)
    unknown = terminal.run("correct", UUID(int=0), "--reason", "grade changed", "--grade", "Pass", expect=REFUSED)
    assert "(credential_unknown)" in unknown


TAMPERINGS = [
    ("a changed digest of a credential", "UPDATE credentials SET digest = sha256('x') WHERE id = %(id)s", "credential {id} does not have the digest recorded for it"),
    ("a changed byte of a document", "UPDATE credentials SET document = convert_to(replace(convert_from(document, 'UTF8'), 'Merit', 'Morit'), 'UTF8') WHERE id = %(id)s", "credential {id} is not signed by a key that the institution publishes"),
    ("a document that is none", "UPDATE credentials SET document = 'x' WHERE id = %(id)s", "credential {id} is not signed by a key that the institution publishes"),
    ("a credential that is not signed", "UPDATE credentials SET state = 'prepared' WHERE id = %(id)s", "1 credentials are prepared but not signed"),
    ("a deleted credential", "DELETE FROM credentials WHERE id = %(id)s", "1 credential entries of the log belong to no credential"),
    ("a deleted entry", "DELETE FROM log_entries WHERE digest = %(digest)s", "credential {id} stands in 0 log entries, not in one"),
    ("a changed digest of an entry", "UPDATE log_entries SET digest = sha256('x') WHERE digest = %(digest)s", "entry {place} does not hash to its leaf"),
    ("a changed leaf", "UPDATE log_entries SET leaf_hash = sha256('x') WHERE digest = %(digest)s", "entry {place} does not hash to its leaf"),
    ("a moved entry", "UPDATE log_entries SET leaf_index = leaf_index + 100 WHERE digest = %(digest)s", "the positions in the log are not 0 to"),
    ("a changed tile", "UPDATE log_tiles SET hashes = overlay(hashes placing '\\x00' from 1)", "the stored tiles are not those of the log's leaves"),
    ("a deleted tile", "DELETE FROM log_tiles", "the stored tiles are not those of the log's leaves"),
    ("a changed root", "UPDATE checkpoints SET root = sha256('x')", "is not the root of the first"),
    ("a longer checkpoint", "UPDATE checkpoints SET tree_size = tree_size + 1", "covers more than the log holds"),
]  # fmt: skip


async def test_the_audit_names_every_tampering(
    installation: Installation, terminal: Terminal, database: "psycopg.Connection[Any]"
) -> None:
    credential = await installation.issue_one()
    await installation.issue_one(component="2")
    await installation.work()
    said = terminal.run("audit")
    assert re.search(r"^Northgate College \(test\): 2 credentials, \d+ log entries, 0 faults$", said, re.MULTILINE)

    place = database.execute("SELECT leaf_index FROM log_entries WHERE digest = %s", (credential.digest,)).fetchone()
    assert place is not None
    missed = []
    for what, change, fault in TAMPERINGS:
        with tampered(database, change, {"id": credential.id, "digest": credential.digest}):
            found = await faults(installation)
            if not any(fault.format(id=credential.id, place=place[0]) in sentence for sentence in found):
                missed.append((what, found))
    assert missed == []
    assert await faults(installation) == []

    with tampered(database, TAMPERINGS[1][1], {"id": credential.id, "digest": credential.digest}):
        said = terminal.run("audit", "--without-chain", expect=REFUSED)
    assert f"  credential {credential.id} is not signed by a key that the institution publishes\n" in said
    assert "Southport College (test): 0 credentials" in said


@dataclass(frozen=True)
class Evidence:
    """Files to verify, and the folder of recognised issuers."""

    bundle: dict[str, Any]
    file: Path
    issuers: Path


@pytest.fixture
async def evidence(installation: Installation, terminal: Terminal) -> Evidence:
    credential = await installation.issue_one()
    await installation.work()
    data = await installation.bundle(credential.id)
    issuers = terminal.folder / "issuers"
    issuers.mkdir()
    identity = installation.issuer.identity
    statement = published_wallet(identity.institution, identity.wallet, identity.signing_key)
    (issuers / "northgate.json").write_text(json.dumps(statement))
    return Evidence(json.loads(data), terminal.write("bundle.json", data), issuers)


def test_a_file_is_verified_without_asking_anybody(terminal: Terminal, evidence: Evidence) -> None:
    where = ("--offline", "--issuers", evidence.issuers)
    alone = Terminal(terminal.folder, {"CONTRACTS_DIR": terminal.settings["CONTRACTS_DIR"]}, terminal.secrets)
    said = alone.run("verify", evidence.file, *where)
    assert said.startswith("VALID This credential is genuine and in force. Its entry in the public register could not")

    bare = alone.write("credential.json", json.dumps(evidence.bundle["credential"]))
    report = json.loads(alone.run("verify", bare, *where, "--json", expect=OUTSIDE))
    assert report["verdict"] == "cannot tell"
    assert {check["check"]: check["code"] for check in report["checks"]}["issuer_key"] == "bundle_lacks_document"

    changed = alone.write("changed.json", evidence.file.read_bytes().replace(b"Merit", b"Morit", 1))
    said = alone.run("verify", changed, *where, expect=REFUSED)
    assert said.startswith("NOT VALID ")
    assert "(signature_wrong)" in said

    said = alone.run("verify", alone.write("page.html", "<html>"), *where, expect=REFUSED)
    assert re.fullmatch(r"Refused: This is a saved web page.*\(html_page\)\n", said)


def test_each_credential_in_a_presentation_is_reported_and_the_worst_decides(
    terminal: Terminal, evidence: Evidence
) -> None:
    nobody = Terminal(terminal.folder, {"CONTRACTS_DIR": terminal.settings["CONTRACTS_DIR"]}, terminal.secrets)
    good = evidence.bundle["credential"]
    before = {"created": "2026-01-01T00:00:00Z"}
    sent = {
        "good": HOLDER.shows(good, proof=before),
        "forged": HOLDER.shows(good, good | {"name": "Another"}, proof=before),
        "stolen": THIEF.shows(good, holder=HOLDER.did, proof=before),
    }
    files = {name: nobody.write(f"{name}.json", json.dumps(one)) for name, one in sent.items()}
    with served(terminal) as address:
        where = ("--issuers", evidence.issuers, "--served-at", address)
        said = nobody.run("verify", files["good"], *where)
        assert said.startswith("VALID What this presentation holds is genuine and in force.\n")
        assert "VALID   holder        Whoever shows it signed it" in said
        assert f"  Credential 1 of 1: {good['id']}\n    VALID This credential is genuine" in said
        report = json.loads(nobody.run("verify", files["forged"], *where, "--json", expect=REFUSED))
        assert (report["kind"], report["verdict"]) == ("presentation", "not valid")
        assert [one["verdict"] for one in report["credentials"]] == ["valid", "not valid"]
        assert "(holder_other)" in nobody.run("verify", files["stolen"], *where, expect=REFUSED)
        # Before the college had published anything, nobody can say with what keys it signed.
        said = nobody.run("verify", files["good"], *where, "--at", "2026-06-30", expect=OUTSIDE)
        assert said.startswith(
            "CANNOT TELL We cannot tell whether all of this presentation was genuine and in force on"
        )
        assert "INVALID dates         It is not valid before" in said
    # A presentation brings no evidence, so that nothing is known of it where nobody is asked.
    report = json.loads(nobody.run("verify", files["good"], "--offline", "--json", *where[:2], expect=OUTSIDE))
    assert [one["verdict"] for one in report["credentials"]] == ["cannot tell"]


async def test_a_record_is_verified_with_each_credential_in_it_by_what_its_bundle_brings(
    installation: Installation, terminal: Terminal, evidence: Evidence
) -> None:
    second = await installation.issue_one(component="2")
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        made = await records.issue_record(conn, issuer, installation.wiring.canonical, second.learner_id, now=now())
    await installation.work()
    data = await installation.bundle(made.id)
    where = ("--offline", "--issuers", evidence.issuers)
    alone = Terminal(terminal.folder, {"CONTRACTS_DIR": terminal.settings["CONTRACTS_DIR"]}, terminal.secrets)
    report = json.loads(alone.run("verify", alone.write("record.json", data), *where, "--json"))
    assert (report["kind"], report["verdict"]) == ("record", "valid")
    assert [one["verdict"] for one in report["credentials"]] == ["valid", "valid"]
    place = [one["credentialId"] for one in report["credentials"]].index(second.uri)
    forged = alone.write("forged.json", data.replace(b"Merit", b"Morit", 1))
    said = alone.run("verify", forged, *where, expect=REFUSED)
    assert said.startswith("NOT VALID ")
    assert said.count("(signature_wrong)") == 2
    # Withdrawn since: the record's own signature holds, and the whole is no longer in force.
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        await credentials.revoke(conn, issuer, second.id, reason="other", note="", now=now())
    later = alone.write("later.json", await installation.bundle(made.id))
    said = alone.run("verify", later, *where, expect=REFUSED)
    assert said.startswith("WAS VALID This record is genuine, but a credential in it is no longer in force")
    assert f"Credential {place + 1} of 2: {second.uri}\n    WAS VALID " in said


def test_a_badge_and_a_pdf_are_verified_like_the_bundle_inside(terminal: Terminal, evidence: Evidence) -> None:
    bundle, where = evidence.file.read_bytes(), ("--offline", "--issuers", evidence.issuers)
    for name, data in (("badge.png", bake_png(png(), bundle)), ("award.pdf", pdf(("credential.json", bundle)))):
        assert terminal.run("verify", terminal.write(name, data), *where).startswith("VALID ")


def test_a_file_is_verified_with_what_is_published(terminal: Terminal, evidence: Evidence) -> None:
    nobody = Terminal(terminal.folder, {"CONTRACTS_DIR": terminal.settings["CONTRACTS_DIR"]}, terminal.secrets)
    chain = ("--rpc", terminal.settings["CHAIN_RPC_URL"])
    with served(terminal) as address:
        where = ("--issuers", evidence.issuers, "--served-at", address, "--json")
        report = json.loads(nobody.run("verify", evidence.file, *chain, *where))
        assert (report["verdict"], report["anchor"]) == ("valid", "anchored")
        assert report["issuer"] == "Northgate College (test)"

        bare = nobody.write("credential.json", json.dumps(evidence.bundle["credential"]))
        report = json.loads(nobody.run("verify", bare, *where))
        assert (report["verdict"], report["anchor"]) == ("valid", "not yet anchored")

        with local_chain(ROOT / "contracts", chain_id=1) as other:
            report = json.loads(nobody.run("verify", evidence.file, "--rpc", other.rpc_url, *where))
        assert (report["verdict"], report["anchor"]) == ("valid", "cannot tell")
        assert {check["check"]: check["code"] for check in report["checks"]}["chain"] == "chain_other"
    # Nobody serves any more: the verdict is that it cannot be told, whatever the chain says.
    report = json.loads(nobody.run("verify", evidence.file, *chain, *where, expect=OUTSIDE))
    assert report["verdict"] == "cannot tell"


@contextmanager
def served(terminal: Terminal) -> Iterator[str]:
    """`stackmark serve` on a free port, until the block ends; its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve"],
        env=terminal.environment(PORT=str(port)),
        cwd=terminal.folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        said = ""
        while "Uvicorn running on" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        rest = process.communicate(timeout=120)[1]
    assert process.returncode in (0, -15), said + rest
    for secret in terminal.secrets:
        assert secret not in said + rest


@contextmanager
def tampered(database: "psycopg.Connection[Any]", change: str, values: dict[str, object]) -> Iterator[None]:
    """Change the tables behind everybody's back, and put them back afterwards."""
    tables = ("credentials", "log_entries", "log_tiles", "checkpoints")
    # As a replica the server checks no references between tables.
    database.execute("SET session_replication_role = replica")
    for table in tables:
        database.execute(f"CREATE TABLE saved_{table} AS SELECT * FROM {table}")
    try:
        assert database.execute(change, values).rowcount > 0
        yield
    finally:
        for table in tables:
            database.execute(f"DELETE FROM {table}")
            database.execute(f"INSERT INTO {table} SELECT * FROM saved_{table}")
            database.execute(f"DROP TABLE saved_{table}")


async def faults(installation: Installation) -> list[str]:
    """What the audit says of the first institution."""
    wiring, institution_id = installation.wiring, installation.issuer.institution.id
    async with transaction(wiring.engine) as conn:
        log = await anchoring.log_of(conn, institution_id)
    found = await audit_log(wiring.engine, log, wiring.chain)
    places = await places_of(wiring.engine, log, LeafKind.CREDENTIAL)
    return found + (await audit_credentials(wiring.engine, institution_id, wiring.compiled, places))[1]


def count(database: "psycopg.Connection[Any]", table: str) -> int:
    row = database.execute(f"SELECT count(*) FROM {table}").fetchone()
    return row[0] if row else 0


def test_a_forger_cannot_bring_keys_of_his_own(terminal: Terminal, evidence: Evidence) -> None:
    """Offline, the keys in a bundle are the forger's word: only keys named in the list of issuers count."""
    key = Ed25519PrivateKey.generate()
    public = multikey.PublicKey(
        multikey.KeyType.ED25519, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    ).encode()
    forged = json.loads(json.dumps(evidence.bundle))
    genuine = forged["didDocument"]["verificationMethod"][0]["publicKeyMultibase"]
    forged["didDocument"] = json.loads(json.dumps(forged["didDocument"]).replace(genuine, public))
    forged["credential"]["credentialSubject"]["result"][0]["value"] = "Distinction"
    forged["anchorReceipt"] = None
    for member in ("credential", "statusListCredential"):
        document = {name: value for name, value in forged[member].items() if name != "proof"}
        options = {name: value for name, value in forged[member]["proof"].items() if name != "proofValue"}
        signature = key.sign(data_integrity.hash_rdfc(canonicaliser(), document, options))
        forged[member] = data_integrity.secured(document, options, signature)
    file = terminal.write("forged.json", json.dumps(forged))
    said = terminal.run("verify", file, "--offline", "--issuers", evidence.issuers, expect=OUTSIDE)
    assert said.startswith("CANNOT TELL ")
    assert "(bundle_key_unknown)" in said
