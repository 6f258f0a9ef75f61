"""The life of signing keys on real parts: what a rotation and a compromise change, and what stays valid."""

import asyncio
import json
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.adapters.wallet_signatures import recover
from app.anchoring import service as anchoring
from app.anchoring.audit import audit_log, places_of
from app.credentials import keys, status
from app.credentials import service as credentials
from app.credentials.audit import audit_credentials
from app.credentials.keys import KeyChange
from app.database import reading, transaction
from app.errors import AppError, Conflict, NotFound, OutsideFailed, Refused
from app.institutions import service as institutions
from app.institutions import upkeep
from app.institutions.model import RETIRING, published_wallet
from app.standards import anchor_receipt, data_integrity, did, strict_json, wallet_statement
from app.standards.anchor_receipt import LeafKind
from app.standards.did import DidDocument
from app.wiring import now
from tests.integration.conftest import Installation


async def rotate(installation: Installation, at: datetime | None = None) -> KeyChange:
    wiring, institution_id = installation.wiring, installation.issuer.institution.id
    async with transaction(wiring.engine) as conn:
        await upkeep.hold(conn, institution_id)
        return await keys.rotate(conn, wiring.keystore, wiring.compiled, institution_id, at or now())


async def compromise(
    installation: Installation, since: datetime, at: datetime | None = None, name: str | None = None
) -> KeyChange:
    wiring, institution_id = installation.wiring, installation.issuer.institution.id
    async with transaction(wiring.engine) as conn:
        await upkeep.hold(conn, institution_id)
        return await keys.compromise(
            conn, wiring.keystore, wiring.compiled, institution_id, since=since, now=at or now(), key_name=name
        )


async def published(installation: Installation, at: datetime | None = None) -> DidDocument:
    """The DID document as any verifier reads it."""
    issuer_did = installation.issuer.institution.did
    async with transaction(installation.wiring.engine) as conn:
        data = (
            await institutions.published_did_document(conn, did=issuer_did)
            if at is None
            else await institutions.did_document_at(conn, did=issuer_did, at=at)
        )
    return did.read_document(strict_json.parse_object(data), issuer_did)


def holds(installation: Installation, document: dict[str, Any], issuer: DidDocument) -> str | None:
    """Name of the listed key whose signature on `document` holds; None when there is none."""
    proof = data_integrity.read_proof(document)
    key = issuer.signing_key(proof.verification_method)
    if key is None:
        return None
    hash_data = data_integrity.hash_for(proof, document, installation.wiring.canonical)
    return key.id.partition("#")[2] if data_integrity.verify_signature(key.key, proof.signature, hash_data) else None


async def credential_document(installation: Installation, credential_id: UUID) -> dict[str, Any]:
    async with transaction(installation.wiring.engine) as conn:
        return strict_json.parse_object(await credentials.document(conn, credential_id))


async def status_lists(installation: Installation) -> list[dict[str, Any]]:
    async with transaction(installation.wiring.engine) as conn:
        found = await status.published(conn, installation.issuer.institution.id, 1)
        second = await status.published(conn, installation.issuer.institution.id, 2)
    return [strict_json.parse_object(data) for data in (found, second) if data]


async def faults(installation: Installation) -> list[str]:
    wiring, institution_id = installation.wiring, installation.issuer.institution.id
    async with transaction(wiring.engine) as conn:
        log = await anchoring.log_of(conn, institution_id)
    places = await places_of(wiring.engine, log, LeafKind.CREDENTIAL)
    found = await audit_log(wiring.engine, log, wiring.chain)
    return found + (await audit_credentials(wiring.engine, institution_id, wiring.compiled, places))[1]


async def test_after_a_rotation_old_and_new_are_valid_and_everything_published_says_so(
    installation: Installation,
) -> None:
    wiring, institution = installation.wiring, installation.issuer.institution
    old_key = installation.issuer.identity.signing_key
    before = await installation.issue_one()
    async with transaction(wiring.engine) as conn:
        await status.open_list(conn, await wiring.issuer(conn, institution.id), now())
    began = now()
    done = await rotate(installation)
    after = await installation.issue_one(component="2")
    new_key = done.identity.signing_key

    assert done.key.name == old_key.name
    assert (done.use.signed, done.lists) == (1, 2)
    assert new_key.name.startswith(f"key-{began:%Y-%m}-")
    issuer = await published(installation)
    listed = {key.id.partition("#")[2]: (key.expires, key.revoked) for key in issuer.signing_keys}
    assert set(listed) == {old_key.name, new_key.name}
    assert listed[new_key.name] == (None, None)
    assert listed[old_key.name][0] == (new_key.created_at + RETIRING).replace(microsecond=0)
    assert holds(installation, await credential_document(installation, before.id), issuer) == old_key.name
    assert holds(installation, await credential_document(installation, after.id), issuer) == new_key.name
    lists = await status_lists(installation)
    assert [holds(installation, one, issuer) for one in lists] == [new_key.name, new_key.name]

    async with transaction(wiring.engine) as conn:
        versions = await institutions.did_document_versions(conn, institution.id)
        log = await anchoring.log_of(conn, institution.id)
        receipts = [await anchoring.find_receipt(conn, institution.id, one.sha256) for one in versions]
    assert [one.version for one in versions] == [1, 2]
    assert receipts == [None, None]
    assert versions[0].valid_until == versions[1].valid_from == new_key.created_at.replace(microsecond=0)
    assert await places_of(wiring.engine, log, LeafKind.DID_DOCUMENT) == {one.sha256: 1 for one in versions}
    assert (await published(installation, versions[1].valid_from)) == issuer
    earlier = await published(installation, versions[1].valid_from - timedelta(seconds=1))
    assert [key.id.partition("#")[2] for key in earlier.signing_keys] == [old_key.name]
    with pytest.raises(NotFound) as unknown:
        await published(installation, versions[0].valid_from - timedelta(seconds=1))
    assert unknown.value.code == "did_version_unknown"

    await installation.work()
    async with transaction(wiring.engine) as conn:
        receipt = await anchoring.find_receipt(conn, institution.id, versions[1].sha256)
    assert receipt is not None
    assert anchor_receipt.read_receipt(json.loads(receipt)).digest == sha256(versions[1].document).digest()
    assert await faults(installation) == []


async def test_many_rotations_keep_every_key_and_every_version(installation: Installation) -> None:
    moment = now()
    ids = []
    for number, component in enumerate(("1", "2", "3")):
        ids.append((await installation.issue_one(component=component)).id)
        await rotate(installation, moment + timedelta(days=number + 1))
    issuer = await published(installation)
    assert len(issuer.signing_keys) == 4
    signers = [holds(installation, await credential_document(installation, one), issuer) for one in ids]
    assert None not in signers
    assert len(set(signers)) == 3
    for days in (0, 1, 2, 3):
        assert len((await published(installation, moment + timedelta(days=days))).signing_keys) == days + 1
    async with transaction(installation.wiring.engine) as conn:
        identity = await institutions.identity(conn, installation.issuer.institution.id)
    named = published_wallet(identity.institution, identity.wallet, *identity.keys)
    assert named["signingKeys"] == [key.public_key for key in identity.keys[::-1]]
    assert named["compromisedKeys"] == []


async def test_after_a_compromise_only_what_the_register_proves_to_be_older_stays_valid(
    installation: Installation,
) -> None:
    wiring, institution = installation.wiring, installation.issuer.institution
    stolen = installation.issuer.identity.signing_key
    proven = await installation.issue_one()
    withdrawn = await installation.issue_one(component="2")
    await installation.work()
    late = await installation.issue_one(component="3")
    async with transaction(wiring.engine) as conn:
        issuer = await wiring.issuer(conn, institution.id)
        await credentials.revoke(conn, issuer, withdrawn.id, reason="issued in error", now=now())
        newest = (await anchoring.finalized_checkpoints(conn, institution.id))[-1]
    assert newest.block is not None
    since = max(newest.block.time, now()) + timedelta(hours=1)
    done = await compromise(installation, since, since + timedelta(hours=1))

    assert (done.use.signed, done.use.proven, done.use.to_issue_again) == (2, 1, 1)
    assert (done.key.name, done.key.revoked_at) == (stolen.name, since.replace(microsecond=0))
    assert done.identity.signing_key.name != stolen.name
    listed = await published(installation)
    assert [key.id for key in listed.signing_keys] == [done.identity.key_id]
    async with transaction(wiring.engine) as conn:
        document = json.loads(await institutions.published_did_document(conn, did=institution.did))
        receipt = json.loads(await anchoring.find_receipt(conn, institution.id, proven.digest or b"") or b"{}")
    methods = {method["id"]: method for method in document["verificationMethod"]}
    assert methods[stolen.id(institution.did)]["revoked"] == since.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert stolen.id(institution.did) not in document["assertionMethod"]
    for credential in (proven, late):
        assert holds(installation, await credential_document(installation, credential.id), listed) is None
    assert [holds(installation, one, listed) for one in await status_lists(installation)] == [
        done.identity.signing_key.name
    ]
    # The proof that it is older stays readable under a key that still speaks for the institution.
    assert holds(installation, receipt, listed) == done.identity.signing_key.name
    assert done.receipts > 0
    # And who asks what held when it was signed finds the key.
    then = await published(installation, proven.created_at)
    assert holds(installation, await credential_document(installation, proven.id), then) == stolen.name
    named = published_wallet(institution, done.identity.wallet, *done.identity.keys)
    assert named["signingKeys"] == [done.identity.signing_key.public_key]
    assert [entry["key"] for entry in named["compromisedKeys"]] == [stolen.public_key]
    # The audit knows what was listed when it was signed.
    await installation.work()
    assert await faults(installation) == []


async def test_a_retired_key_is_given_up_without_a_new_one(installation: Installation) -> None:
    first = installation.issuer.identity.signing_key
    await installation.issue_one()
    rotated = await rotate(installation)
    await installation.issue_one(component="2")
    done = await compromise(installation, now(), name=first.name)
    assert done.identity.signing_key == rotated.identity.signing_key
    assert (done.use.signed, done.use.to_issue_again) == (1, 1)
    assert [key.id for key in (await published(installation)).signing_keys] == [done.identity.key_id]
    async with transaction(installation.wiring.engine) as conn:
        identity = await institutions.identity(conn, installation.issuer.institution.id)
    assert identity.keys == done.identity.keys
    assert await faults(installation) == []


async def test_what_a_compromise_cannot_claim_changes_nothing(installation: Installation) -> None:
    name = installation.issuer.identity.signing_key.name
    made = installation.issuer.identity.signing_key.created_at
    cases: list[tuple[datetime, str | None, type[AppError], str]] = [
        (now() + timedelta(minutes=1), None, Refused, "since_in_future"),
        (made - timedelta(seconds=2), None, Refused, "since_before_key"),
        (now(), "key-1999-01", NotFound, "signing_key_unknown"),
    ]
    for since, key_name, family, code in cases:
        with pytest.raises(family) as refused:
            await compromise(installation, since, name=key_name)
        assert refused.value.code == code
    assert [key.id.partition("#")[2] for key in (await published(installation)).signing_keys] == [name]
    await compromise(installation, now(), name=name)
    with pytest.raises(Conflict) as again:
        await compromise(installation, now(), name=name)
    assert again.value.code == "key_already_compromised"
    with pytest.raises(AppError) as default:
        await compromise(installation, made)
    assert default.value.code == "since_before_key", "a repeat must not give up the key that came after"


async def test_nobody_signs_with_a_key_while_it_is_given_up(installation: Installation) -> None:
    """A thief's race: a signature begun before and finished after would bear a key that is no longer listed."""
    wiring, institution_id = installation.wiring, installation.issuer.institution.id
    async with transaction(wiring.engine) as conn:
        await upkeep.hold(conn, institution_id)
        issuing = asyncio.create_task(installation.issue_one())
        # Each look on its own: within a transaction the server shows what it saw first.
        async with reading(wiring.engine) as other:
            while not (await other.execute(text(_SOMEBODY_WAITS))).scalar():
                assert not issuing.done()
        done = await keys.compromise(conn, wiring.keystore, wiring.compiled, institution_id, since=now(), now=now())
    issued = await issuing
    document = await credential_document(installation, issued.id)
    assert holds(installation, document, await published(installation)) == done.identity.signing_key.name
    assert await faults(installation) == []


_SOMEBODY_WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def test_two_rotations_at_once_come_one_after_the_other(installation: Installation) -> None:
    await asyncio.gather(rotate(installation), rotate(installation))
    async with transaction(installation.wiring.engine) as conn:
        identity = await institutions.identity(conn, installation.issuer.institution.id)
        versions = await institutions.did_document_versions(conn, installation.issuer.institution.id)
    assert [key.is_current for key in identity.keys] == [False, False, True]
    assert [one.version for one in versions] == [1, 2, 3]


async def test_a_clock_that_fell_behind_publishes_nothing(installation: Installation) -> None:
    with pytest.raises(OutsideFailed) as failed:
        await rotate(installation, installation.issuer.identity.signing_key.created_at - timedelta(days=1))
    assert failed.value.code == "clock_behind"
    assert len((await published(installation)).signing_keys) == 1


async def test_a_key_file_of_a_failed_transaction_is_passed_over_and_never_overwritten(
    installation: Installation,
) -> None:
    folder = installation.settings.wallets_dir / "keystores"
    before = set(folder.iterdir())

    class Failure(Exception):
        pass

    wiring, institution_id = installation.wiring, installation.issuer.institution.id
    names = []

    async def rotate_and_fail() -> None:
        async with transaction(wiring.engine) as conn:
            done = await keys.rotate(conn, wiring.keystore, wiring.compiled, institution_id, now())
            names.append(done.identity.signing_key.name)
            raise Failure

    with pytest.raises(Failure):
        await rotate_and_fail()
    (left,) = set(folder.iterdir()) - before
    content = left.read_bytes()
    async with transaction(wiring.engine) as conn:
        assert (await institutions.identity(conn, institution_id)).keys == installation.issuer.identity.keys
    await installation.issue_one()
    done = await rotate(installation)
    assert done.identity.signing_key.name not in names
    assert left.read_bytes() == content
    await installation.issue_one(component="2")
    assert await faults(installation) == []


async def test_wallet_and_domain_say_that_they_belong_to_the_did(installation: Installation) -> None:
    institution = installation.issuer.institution
    issuer = await published(installation)
    async with transaction(installation.wiring.engine) as conn:
        said = await institutions.wallet_statement(conn, slug=institution.slug)
        (linkage,) = [
            one for one in await institutions.domain_linkages(conn, "localhost:8000") if institution.did.encode() in one
        ]
    statement = wallet_statement.check(said, institution.did, issuer.wallets[0], recover)
    assert statement.contract == str(installation.settings.registry_address).lower()
    other = await installation.client.get("/i/southport/anchor-wallets.json")
    with pytest.raises(wallet_statement.WalletStatementProblem):
        wallet_statement.check(other.json(), institution.did, issuer.wallets[0], recover)
    assert holds(installation, strict_json.parse_object(linkage), issuer) is not None


async def test_the_linkage_is_signed_again_by_each_new_key_and_before_it_runs_out(
    installation: Installation,
) -> None:
    wiring, institution = installation.wiring, installation.issuer.institution

    async def linkage() -> dict[str, Any]:
        async with transaction(wiring.engine) as conn:
            found = await institutions.domain_linkages(conn, "localhost:8000")
        return next(document for one in found if (document := json.loads(one))["issuer"] == institution.did)

    async def renew(at: datetime) -> None:
        async with transaction(wiring.engine) as conn:
            await keys.publish(conn, await wiring.issuer(conn, institution.id), at)

    first = await linkage()
    await renew(now())
    await renew(now() + timedelta(days=300))
    assert await linkage() == first
    done = await rotate(installation)
    second = await linkage()
    assert second["proof"]["verificationMethod"] == done.identity.key_id
    await renew(now() + timedelta(days=340))
    third = await linkage()
    assert third["expirationDate"] > second["expirationDate"]
    assert holds(installation, third, await published(installation)) is not None
    async with transaction(wiring.engine) as conn:
        assert len(await institutions.did_document_versions(conn, institution.id)) == 2


async def test_an_institution_from_before_these_bindings_gets_them(installation: Installation) -> None:
    wiring, institution_id = installation.wiring, installation.issuer.institution.id
    async with transaction(wiring.engine) as conn:
        await conn.execute(text("UPDATE wallets SET statement = '', signature = ''"))
        await conn.execute(text("DELETE FROM domain_linkages"))
        await conn.execute(text("UPDATE did_documents SET document = convert_to('{}', 'UTF8')"))
    missing = await installation.client.get("/i/northgate/anchor-wallets.json")
    assert missing.json()["code"] == "wallet_silent"
    async with transaction(wiring.engine) as conn:
        await keys.publish(conn, await wiring.issuer(conn, institution_id), now())
    issuer = await published(installation)
    said = (await installation.client.get("/i/northgate/anchor-wallets.json")).json()
    wallet_statement.check(said, issuer.id, issuer.wallets[0], recover)
    async with transaction(wiring.engine) as conn:
        assert [one.version for one in await institutions.did_document_versions(conn, institution_id)] == [1, 2]
        assert len(await institutions.domain_linkages(conn, "localhost:8000")) == 1
