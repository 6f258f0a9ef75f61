"""The audit from outside, over real sockets and with a real chain: an honest host, and every lie of a lying one."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.adapters.local_chain import free_port
from app.anchoring import service as anchoring
from app.anchoring.service import append
from app.auditing.claims import Claim
from app.auditing.model import Audited, Outcome, Rules
from app.auditing.seen import read as read_seen
from app.database import transaction
from app.main import create_app
from app.standards import data_integrity, merkle, strict_json
from app.standards.anchor_receipt import LeafKind, binding_digest
from app.standards.signed_note import NoteKey
from app.watching import Manner, audit_all, read_claim
from app.wiring import now
from tests.integration.auditing.lying_host import (
    AT_ONCE,
    LOG,
    PAGE,
    LyingHost,
    another_moment,
    honest,
    manner,
)
from tests.integration.conftest import Installation
from tests.integration.serving import served

DID = "did:web:localhost%3A8000:i:northgate"
# Seconds to wait for what never comes: long enough for all else to come, even on a busy machine.
PATIENCE = 3.0
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))


async def grow(installation: Installation, *steps: int) -> None:
    """Checkpoints of so many leaves more, each recorded on the chain."""
    total = 0
    for step in steps:
        async with transaction(installation.wiring.engine) as conn:
            digests = [(LeafKind.STATUS_LIST, (total + number).to_bytes(32)) for number in range(step)]
            await append(conn, installation.issuer.institution.id, digests, now())
        await installation.work()
        total += step


async def look(how: Manner, memory: dict[str, Any] | None = None, *claims: Claim) -> tuple[Audited, dict[str, Any]]:
    (report,), memory = await audit_all([DID], how, memory or {}, claims)
    return report, memory


def codes(report: Audited) -> set[str]:
    return {finding.code for finding in report.findings}


async def test_an_honest_log_is_found_whole_from_its_public_addresses_and_the_chain_alone(
    installation: Installation,
) -> None:
    await grow(installation, 2, 300, 400)
    dead = installation.settings.model_copy(update={"database_url": None, "wallets_dir": Path("/nowhere")})
    with served(create_app(installation.settings)) as url:
        report, memory = await look(replace(manner(installation, url), base=dead))
        again, after = await look(replace(manner(installation, url), base=dead), memory)
        by_address, _ = await audit_all([f"http://localhost:8000{PAGE}"], manner(installation, url), {})
    assert report.findings == ()
    assert (report.outcome, report.did) == (Outcome.WHOLE, DID)
    assert report.size == 704 == report.as_json()["size"]
    assert (report.checkpoints, report.records) == (3, 3)
    assert read_seen(memory["logs"][DID]).roots == {report.size: report.root}
    assert (again.findings, after) == ((), memory)
    assert by_address[0].findings == ()


def changed_leaf(host: LyingHost) -> None:
    host.show_leaves([merkle.hash_leaf(b"another"), *host.leaves[1:]])


def rewritten(host: LyingHost) -> None:
    leaves = host.leaves
    host.show_log([merkle.hash_leaf(b"another"), *leaves[1:]])


def removed(host: LyingHost) -> None:
    leaves = host.leaves
    host.show_log([*leaves[:-3], *leaves[-2:]])


def another_root(host: LyingHost) -> None:
    host.show_checkpoint(host.size, merkle.hash_leaf(b"another"))


def yesterday(host: LyingHost) -> None:
    before = host.checkpoints[:-1]
    leaves = host.leaves[: before[-1]["treeSize"]]
    host.show_list(before)
    host.show_checkpoint(len(leaves), host.show_leaves(leaves))


def left_out(host: LyingHost) -> None:
    host.show_list([host.checkpoints[0], host.checkpoints[-1]])


def never_recorded(host: LyingHost) -> None:
    leaves = [*host.leaves, merkle.hash_leaf(b"one more")]
    root = host.show_leaves(leaves)
    host.show_checkpoint(len(leaves), root)
    host.show_list([*host.checkpoints, {"treeSize": len(leaves), "root": "0x" + root.hex()}])


def of_a_stranger(host: LyingHost) -> None:
    key = NoteKey(host.key.name, STRANGER.public_key().public_bytes_raw())
    host.show_checkpoint(host.size, merkle.Tree(host.leaves).root(), key, STRANGER.sign)


def altered_list(host: LyingHost) -> None:
    listed = json.loads(host.files[f"{PAGE}/checkpoints"])
    del listed["checkpoints"][0]
    host.files[f"{PAGE}/checkpoints"] = json.dumps(listed).encode()


def put(path: str, data: bytes | None) -> Callable[[LyingHost], None]:
    def lie(host: LyingHost) -> None:
        host.files.pop(path, None)
        if data is not None:
            host.files[path] = data

    return lie


def hangs(path: str) -> Callable[[LyingHost], None]:
    return lambda host: host.hanging.add(path)


def cut(host: LyingHost) -> None:
    path = f"{LOG}/tile/0/000"
    host.files[path] = host.files[path][:-32]


LIES: list[tuple[str, Callable[[LyingHost], Any], set[str]]] = [
    ("a leaf is changed", changed_leaf, {"root_wrong", "history_rewritten"}),
    ("history is rewritten and signed anew", rewritten, {"split_view", "history_rewritten"}),
    ("a leaf is removed and all signed anew", removed, {"log_behind", "not_recorded"}),
    ("another root for the same size", another_root, {"split_view"}),
    ("yesterday's log", yesterday, {"log_behind"}),
    ("a checkpoint is left out of the list", left_out, {"not_published"}),
    ("a checkpoint is published and never recorded", never_recorded, {"not_recorded"}),
    ("a stranger signs the checkpoint", of_a_stranger, {"checkpoint_unsigned"}),
    ("the list is altered", altered_list, {"list_unsigned"}),
    ("the list stands still", lambda host: host.show_list(host.checkpoints, datetime.now(UTC) - timedelta(days=9)), {"list_stale"}),
    ("a tile is gone", put(f"{LOG}/tile/0/001", None), {"tile_missing"}),
    ("a tile is cut", cut, {"tile_malformed"}),
    ("a tile above is wrong", put(f"{LOG}/tile/1/000.p/2", bytes(64)), {"tile_wrong"}),
    ("the checkpoint is gone", put(f"{LOG}/checkpoint", None), {"checkpoint_missing"}),
    ("the checkpoint is nonsense", put(f"{LOG}/checkpoint", b"<html>"), {"checkpoint_malformed"}),
    ("the list is gone", put(f"{PAGE}/checkpoints", None), {"list_missing"}),
    ("keys are added", put(f"{LOG}/vkeys", b"a+00000000+AA==\n"), {"vkeys_wrong"}),
    ("the document is another's", put(f"{PAGE}/did.json", b'{"id":"did:web:other"}'), {"did_malformed"}),
]  # fmt: skip
SILENCES: list[tuple[str, Callable[[LyingHost], Any], str]] = [
    ("the checkpoint never comes", hangs(f"{LOG}/checkpoint"), "checkpoint_not_fetched"),
    ("a tile never comes", hangs(f"{LOG}/tile/0/001"), "tile_not_fetched"),
    ("the keys never come", hangs(f"{PAGE}/did.json"), "did_not_fetched"),
    ("the wallet is silent", hangs(f"{PAGE}/anchor-wallets.json"), "wallet_unknown"),
    ("a tile never ends", lambda host: host.endless.add(f"{LOG}/tile/0/000"), "tile_not_fetched"),
    ("the list never ends", lambda host: host.endless.add(f"{PAGE}/checkpoints"), "list_not_fetched"),
]


async def test_every_lie_is_found_out_and_every_silence_is_no_answer(installation: Installation) -> None:
    await grow(installation, 2, 300, 400)
    host = await honest(installation)
    with served(host) as url:
        how = manner(installation, url)
        assert (await look(how))[0].findings == ()
        for what, lie, expected in LIES:
            async with another_moment(host):
                lie(host)
                report, _ = await look(how)
                assert report.outcome is Outcome.FAULTY, what
                assert expected <= codes(report), (what, report.findings)
        for what, silence, code in SILENCES:
            async with another_moment(host):
                silence(host)
                report, _ = await look(replace(how, timeout=1.5))
                assert report.outcome is Outcome.UNKNOWN, (what, report.findings)
                assert code in codes(report), (what, report.findings)


async def test_a_witness_finds_out_what_the_chain_was_not_asked_about(installation: Installation) -> None:
    await grow(installation, 5, 5)
    host = await honest(installation)
    with served(host) as url:
        how = manner(installation, url, rpc_urls=())
        _, memory = await look(how)
        async with another_moment(host):
            rewritten(host)
            assert (await look(how))[0].outcome is Outcome.WHOLE
            report, after = await look(how, memory)
            assert {"split_view", "history_rewritten"} <= codes(report)
            # What it was shown first stays: the witness is not won over by being shown the lie again.
            assert after == memory
        async with another_moment(host):
            yesterday(host)
            report, after = await look(how, memory)
            assert codes(report) == {"log_shrank"}
            assert read_seen(memory["logs"][DID]).roots.items() <= read_seen(after["logs"][DID]).roots.items()
        assert (await look(how, memory))[0].findings == ()


async def test_two_copies_of_a_log_must_be_of_one_log(installation: Installation) -> None:
    await grow(installation, 5, 300)
    host, copy = await honest(installation), await honest(installation)
    with served(host) as url, served(copy) as copied:
        how = manner(installation, url, mirrors=(f"{copied}{LOG}",))
        assert (await look(how))[0].findings == ()
        async with another_moment(copy):
            yesterday(copy)
            assert (await look(how))[0].findings == ()
        for lie in (rewritten, another_root, never_recorded):
            async with another_moment(copy), another_moment(host):
                lie(copy)
                if lie is never_recorded:
                    # The copy goes on from another past.
                    copy.show_log([merkle.hash_leaf(b"another"), *copy.leaves[1:]])
                assert codes((await look(how))[0]) == {"split_view"}, lie
        copy.hanging.add(f"{LOG}/checkpoint")
        report, _ = await look(replace(how, timeout=PATIENCE))
        assert (report.outcome, codes(report)) == (Outcome.UNKNOWN, {"mirror_not_fetched"})


async def test_a_chain_that_is_away_or_another_is_no_answer(installation: Installation) -> None:
    await grow(installation, 2)
    host = await honest(installation)
    dead = f"http://127.0.0.1:{free_port()}"
    with served(host) as url:
        how = manner(installation, url)
        report, _ = await look(replace(how, rpc_urls=(dead,)))
        assert (report.outcome, codes(report)) == (Outcome.UNKNOWN, {"chain_unreachable"})
        report, _ = await look(replace(how, rpc_urls=(*how.rpc_urls, dead)))
        assert (report.outcome, codes(report)) == (Outcome.UNKNOWN, {"chain_unreachable"})
        report, _ = await look(replace(how, contract="0x" + "11" * 20))
        assert (report.outcome, codes(report)) == (Outcome.UNKNOWN, {"registry_unknown"})
        report, _ = await look(replace(how, rpc_urls=(*how.rpc_urls, *how.rpc_urls)))
        assert report.findings == ()


async def test_before_anything_is_recorded_nothing_is_missing(installation: Installation) -> None:
    with served(create_app(installation.settings)) as url:
        report, _ = await look(manner(installation, url))
    assert codes(report) == set(), report.findings


async def signed_in_the_past(installation: Installation, document: dict[str, Any], created: datetime) -> Claim:
    """The document as a lying institution signs it: with a date of its own choosing. It is recorded today."""
    issuer = installation.issuer
    options = data_integrity.proof_options(data_integrity.RDFC, issuer.key_id, created)
    hashed = data_integrity.hash_rdfc(installation.wiring.canonical, document, options)
    signature = issuer.sign_bytes(hashed)
    digest = binding_digest(hashed, signature)
    async with transaction(installation.wiring.engine) as conn:
        await append(conn, issuer.institution.id, [(LeafKind.CREDENTIAL, digest)], now())
    await installation.work()
    async with transaction(installation.wiring.engine) as conn:
        receipt = await anchoring.find_receipt(conn, issuer.institution.id, digest)
    secured = data_integrity.secured(document, options, signature)
    return Claim("old.json", secured, strict_json.parse_object(receipt or b""))


async def test_a_credential_that_claims_to_be_older_than_its_record_is_named(
    installation: Installation, tmp_path: Path
) -> None:
    credential = await installation.issue_one()
    await installation.work()
    file = tmp_path / "new.json"
    file.write_bytes(await installation.bundle(credential.id))
    new = read_claim(file)
    old = await signed_in_the_past(installation, data_integrity.unsecured(new.credential), now() - timedelta(days=40))
    with served(create_app(installation.settings)) as url:
        how = manner(installation, url, rules=replace(AT_ONCE, awarding=timedelta(days=5_000)))
        report, _ = await look(how, None, new, old)
        assert [(one.code, one.about) for one in report.findings] == [("signature_backdated", "old.json")]
        assert report.claims == 2
        scheme = replace(how, rules=replace(Rules(), awarding=timedelta(days=1), awarding_is_rule=True))
        report, _ = await look(scheme, None, new)
        assert codes(report) == {"award_backdated"}
        # The receipt of one does not vouch for the other.
        report, _ = await look(how, None, Claim("swapped.json", old.credential, new.receipt))
        assert codes(report) == {"claim_receipt_of_other"}
        altered = Claim("altered.json", {**new.credential, "name": "Another"}, new.receipt)
        assert codes((await look(how, None, altered))[0]) == {"claim_unsigned"}
