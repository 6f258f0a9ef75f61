"""Erasing on real parts: nothing of a learner is left in any table, and everything else stays true."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from app import jobs, worker
from app.anchoring import service as anchoring
from app.anchoring.audit import audit_log, erased_positions, places_of
from app.auditing.model import Outcome
from app.credentials import cohort_import, records
from app.credentials import erasing as core
from app.credentials import service as credentials
from app.credentials.audit import audit_credentials, audit_erasures
from app.credentials.erasing import Erasure, Target
from app.credentials.model import Changes, Credential, CredentialKind
from app.database import libpq_url, transaction
from app.errors import AppError
from app.main import create_app
from app.sharing import erasing
from app.sharing import service as sharing
from app.standards import erasure_receipt, open_badge, strict_json
from app.standards.anchor_receipt import LeafKind
from app.standards.erasure_receipt import ErasureReason
from app.verification import verify
from app.watching import audit_all
from app.wiring import now
from tests.integration.auditing.lying_host import manner
from tests.integration.conftest import ANNA, Installation
from tests.integration.serving import served
from tests.integration.stacking.classroom import HEADINGS, UNITS, uln
from tests.integration.web.test_api_credentials import assert_problem

BO = {"learner_name": "Bo Lindqvist", "uln": uln(7), "email": "bo@example.org"}


async def erase(
    installation: Installation, target: Target, reason: ErasureReason = ErasureReason.LEARNER_REQUEST
) -> Erasure:
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        return await erasing.erase(conn, issuer, target, reason=reason, now=now())


def dump(installation: Installation) -> str:
    """Every row of every table as text; bytes in hex."""
    url = libpq_url(installation.settings.secret_database_url())
    rows: list[str] = []
    with psycopg.connect(url) as conn:
        tables = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows += [row[0] for row in conn.execute(f'SELECT t::text FROM "{table}" t').fetchall()]
    return "\n".join(rows).lower()


def found(text: str, needles: Iterable[str]) -> set[str]:
    """Those that stand in a dump, as text or inside bytes."""
    return {
        one
        for one in needles
        if one.lower() in text or one.encode().hex() in text or one.lower().encode().hex() in text
    }


async def traces(installation: Installation, learner_id: UUID, person: dict[str, str]) -> set[str]:
    """Everything that could lead to a learner: names, numbers, digests, salts and hashes of all that was made."""
    url = libpq_url(installation.settings.secret_database_url())
    needles = {person["uln"], person["email"], str(learner_id), *person["learner_name"].split()}
    with psycopg.connect(url) as conn:
        owned = "SELECT id, digest, document FROM credentials WHERE learner_id = %s"
        past = (
            "SELECT credential_id, e.digest, e.document FROM credential_editions e"
            " JOIN credentials c ON c.id = credential_id WHERE learner_id = %s"
        )
        for query in (owned, past):
            for number, digest, document in conn.execute(query, (learner_id,)).fetchall():
                needles.add(str(number))
                if digest is not None:
                    needles.add(digest.hex())
                    row = conn.execute("SELECT salt FROM log_entries WHERE digest = %s", (digest,)).fetchone()
                    needles |= {row[0].hex()} if row else set()
                if document is not None:
                    subject = json.loads(document)["credentialSubject"]
                    needles |= {one["identityHash"] for one in subject["identifier"]}
                    needles.add(open_badge.digest_sri(document))
        for (token,) in conn.execute("SELECT token_sha256 FROM share_links WHERE learner_id = %s", (learner_id,)):
            needles.add(token.hex())
    return needles


async def whole(installation: Installation) -> None:
    """Both audits pass: the operator's and the one from outside."""
    wiring, institution = installation.wiring, installation.issuer.institution
    async with transaction(wiring.engine) as conn:
        log = await anchoring.log_of(conn, institution.id)
    assert await audit_log(wiring.engine, log, wiring.chain) == []
    places = await places_of(wiring.engine, log, LeafKind.CREDENTIAL)
    assert (await audit_credentials(wiring.engine, institution.id, wiring.compiled, places))[1] == []
    assert await audit_erasures(wiring.engine, institution.id, await erased_positions(wiring.engine, log)) == []
    with served(create_app(installation.settings)) as url:
        (report,), _ = await audit_all([institution.did], manner(installation, url), {})
    assert (report.outcome, report.findings) == (Outcome.WHOLE, ())


async def take_in_anna(installation: Installation) -> None:
    """Every unit of a pathway, from a file that bears her name; the award follows."""
    rows = [
        f"{ANNA['learner_name']},{ANNA['uln']},{ANNA['email']},603/7595/4,{unit},Merit,2026-06-26" for unit in UNITS
    ]
    async with transaction(installation.wiring.engine) as conn:
        await cohort_import.commit(
            conn,
            installation.issuer,
            (HEADINGS + "\n".join(rows)).encode(),
            file_name="Results of Anna Müller.csv",
            idempotency_key=f"import-{ANNA['uln']}",
            now=now(),
        )


async def anna_with_everything(installation: Installation) -> tuple[UUID, list[Credential]]:
    """An award and its parts, a corrected credential, a withdrawn one, a record, a share link, a waiting job, notes."""
    wiring = installation.wiring
    await take_in_anna(installation)
    await installation.work()
    async with transaction(wiring.engine) as conn:
        issuer = await wiring.issuer(conn, installation.issuer.institution.id)
        everything = await credentials.list_issued(conn, issuer.institution.id)
        learner_id = everything[0].learner_id
        assert learner_id is not None
        unit = next(one for one in everything if one.kind is CredentialKind.UNIT)
        await credentials.correct(
            conn,
            issuer,
            wiring.canonical,
            unit.id,
            changes=Changes("Pass", None, None),
            reason="grade changed",
            note="Anna asked",
            now=now(),
        )
        await sharing.create(conn, issuer.institution.id, learner_id, audience="Anna’s employer", now=now())
    async with transaction(wiring.engine) as conn:
        issuer = await wiring.issuer(conn, installation.issuer.institution.id)
        await records.issue_record(conn, issuer, wiring.canonical, learner_id, now=now())
    await installation.work()
    async with transaction(wiring.engine) as conn:
        issuer = await wiring.issuer(conn, installation.issuer.institution.id)
        last = (await credentials.held_by(conn, issuer.institution.id, learner_id))[-1]
        await credentials.revoke(conn, issuer, last.id, reason="malpractice", note="Müller again", now=now())
        await jobs.enqueue(
            conn,
            jobs.AWARD_LEARNER,
            delay_seconds=3_600,
            institution_id=str(issuer.institution.id),
            learner_id=str(learner_id),
        )
        return learner_id, list(await credentials.list_issued(conn, issuer.institution.id))


async def test_nothing_of_an_erased_learner_is_left_in_any_table_and_both_audits_pass(
    installation: Installation,
) -> None:
    learner_id, held = await anna_with_everything(installation)
    bo = await installation.issue_one(**BO)
    needles = await traces(installation, learner_id, ANNA)
    assert len(needles) > 30
    # Of a text that no award names, nobody keeps the digest in that form.
    plain = {one for one in needles if not one.startswith("sha384-")}
    assert found(dump(installation), plain) == plain
    kept = (await installation.client.get(f"/credentials/{bo.id}")).content

    done = await erase(installation, Target(learner_id=learner_id))

    assert found(dump(installation), needles) == set()
    assert {number for _, number in done.plan.credentials} == {one.id for one in held}
    assert {kind for kind, _ in done.plan.credentials} == {
        CredentialKind.UNIT,
        CredentialKind.AWARD,
        CredentialKind.RECORD,
    }
    await installation.work()
    assert found(dump(installation), needles) == set()
    assert (await installation.client.get(f"/credentials/{bo.id}")).content == kept
    await whole(installation)


async def test_whoever_opens_the_address_is_told_when_and_why(installation: Installation) -> None:
    credential = await installation.issue_one()
    await installation.work()
    assert credential.learner_id is not None
    await erase(installation, Target(learner_id=credential.learner_id))
    client = installation.client
    for path in (f"/credentials/{credential.id}", f"/credentials/{credential.id}/bundle", f"/verify/{credential.id}"):
        problem = assert_problem(
            await client.get(path, headers={"Accept": "application/json"}), 410, "credential_erased"
        )
        assert f"erased on {now():%d %B %Y} at the learner’s request" in problem["detail"]
        assert problem["details"] == {"erasedOn": f"{now():%Y-%m-%d}", "reason": "learner-request"}
    page = await client.get(f"/verify/{credential.id}", headers={"Accept": "text/html"})
    assert page.status_code == 410
    assert "nothing can be checked here any more" in page.text
    assert_problem(
        await client.get(f"/verify/{uuid4()}", headers={"Accept": "application/json"}), 404, "credential_unknown"
    )


async def test_a_copy_that_somebody_kept_is_genuine_and_says_that_it_was_erased(installation: Installation) -> None:
    credential = await installation.issue_one()
    await installation.work()
    copy = await installation.bundle(credential.id)
    assert credential.learner_id is not None
    await erase(installation, Target(learner_id=credential.learner_id))
    report = await installation.wiring.verify(verify.read_submission(copy)[0])
    outcomes = {finding.check: finding.outcome.name for finding in report.findings}
    assert {outcomes[check] for check in ("signature", "issuer_key", "inclusion", "chain")} == {"VALID"}
    (status,) = [finding for finding in report.findings if finding.check == "status"]
    assert "erased at the learner’s request" in status.sentence
    assert "forged" not in report.summary


async def test_what_was_withdrawn_for_cause_is_not_cleared_by_erasing_it(installation: Installation) -> None:
    credential = await installation.issue_one()
    await installation.work()
    copy = await installation.bundle(credential.id)
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        await credentials.revoke(conn, issuer, credential.id, reason="malpractice", now=now())
    assert credential.learner_id is not None
    await erase(installation, Target(learner_id=credential.learner_id))
    report = await installation.wiring.verify(verify.read_submission(copy)[0])
    (status,) = [finding for finding in report.findings if finding.check == "status"]
    assert "malpractice" in status.sentence


async def test_one_credential_goes_with_the_record_that_holds_it_and_the_award_that_names_it(
    installation: Installation,
) -> None:
    learner_id, held = await anna_with_everything(installation)
    named = next(one for one in held if one.kind is CredentialKind.UNIT and one.edition == 2)
    done = await erase(installation, Target(credential_id=named.id))
    kinds = sorted(kind for kind, _ in done.plan.credentials)
    assert CredentialKind.RECORD in kinds
    assert kinds.count(CredentialKind.UNIT) == 1
    text = dump(installation)
    assert found(text, {str(number) for _, number in done.plan.credentials}) == set()
    # The learner, and what was not asked about, stay.
    assert found(text, [ANNA["uln"], str(learner_id)]) == {ANNA["uln"], str(learner_id)}
    receipt = erasure_receipt.read(strict_json.parse_object(done.receipt))
    # The unit was corrected before, and the award with it.
    assert (receipt.counts["learners"], receipt.counts["editions"]) == (0, 2)
    await installation.work()
    await whole(installation)


async def test_what_is_not_erased_alone(installation: Installation) -> None:
    await take_in_anna(installation)
    await installation.work()
    async with transaction(installation.wiring.engine) as conn:
        everything = await credentials.list_issued(conn, installation.issuer.institution.id)
    award = next(one for one in everything if one.kind is CredentialKind.AWARD)
    for target, code in (
        (Target(credential_id=award.id), "award_follows_parts"),
        (Target(credential_id=uuid4()), "credential_unknown"),
        (Target(learner_id=uuid4()), "learner_unknown"),
        (Target(), "erasure_unclear"),
    ):
        with pytest.raises(AppError) as refused:
            await erase(installation, target)
        assert refused.value.code == code


async def test_nobody_erases_at_another_institution(installation: Installation) -> None:
    credential = await installation.issue_one()
    assert credential.learner_id is not None
    for target, code in (
        (Target(learner_id=credential.learner_id), "learner_unknown"),
        (Target(credential_id=credential.id), "credential_unknown"),
    ):
        async with transaction(installation.wiring.engine) as conn:
            other = await installation.wiring.issuer(conn, installation.other.institution.id)
            with pytest.raises(AppError) as refused:
                await erasing.erase(conn, other, target, reason=ErasureReason.LEGAL_DUTY, now=now())
        assert refused.value.code == code


async def test_the_receipt_is_signed_published_and_says_nothing_of_a_person(installation: Installation) -> None:
    credential = await installation.issue_one()
    await installation.work()
    assert credential.learner_id is not None
    done = await erase(installation, Target(learner_id=credential.learner_id))
    receipt = erasure_receipt.read(strict_json.parse_object(done.receipt))
    assert receipt.positions == done.plan.positions
    assert len(receipt.positions) == 1
    assert receipt.counts == {
        "credentials": 1, "editions": 0, "receipts": 1, "logEntries": 1, "shareLinks": 0, "learners": 1,
    }  # fmt: skip
    assert (
        found(done.receipt.decode().lower(), {ANNA["uln"], "Anna", str(credential.id), str(credential.learner_id)})
        == set()
    )
    published = await installation.client.get(f"/i/northgate/erasures/{done.id}")
    assert published.content == done.receipt
    for address in (f"/i/northgate/erasures/{uuid4()}", "/i/northgate/erasures/x", f"/i/southport/erasures/{done.id}"):
        assert_problem(await installation.client.get(address), 404, "erasure_unknown")


async def test_an_entry_hidden_without_a_receipt_is_found_by_the_audit(installation: Installation) -> None:
    credential = await installation.issue_one()
    await installation.work()
    url = libpq_url(installation.settings.secret_database_url())
    with psycopg.connect(url) as conn:
        conn.execute("UPDATE log_entries SET salt = NULL, digest = NULL WHERE digest = %s", (credential.digest,))
    wiring, institution = installation.wiring, installation.issuer.institution
    async with transaction(wiring.engine) as conn:
        log = await anchoring.log_of(conn, institution.id)
    (fault,) = await audit_erasures(wiring.engine, institution.id, await erased_positions(wiring.engine, log))
    assert "no receipt says that it was erased" in fault


async def test_what_is_not_sealed_yet_never_gets_a_place(installation: Installation) -> None:
    await installation.work()
    credential = await installation.issue_one()
    assert credential.learner_id is not None
    done = await erase(installation, Target(learner_id=credential.learner_id))
    assert done.plan.positions == ()
    receipt = erasure_receipt.read(strict_json.parse_object(done.receipt))
    assert (receipt.counts["logEntries"], receipt.counts["receipts"]) == (1, 0)
    await installation.work()
    await whole(installation)


async def test_erased_while_its_checkpoint_is_on_the_way_it_gets_no_receipt(installation: Installation) -> None:
    await installation.work()
    credential = await installation.issue_one()
    async with transaction(installation.wiring.engine) as conn:
        log = await anchoring.log_of(conn, installation.issuer.institution.id)
        await anchoring.seal(conn, log.id, now())
    assert credential.learner_id is not None
    done = await erase(installation, Target(learner_id=credential.learner_id))
    assert len(done.plan.positions) == 1
    await installation.work()
    await whole(installation)


async def test_a_job_that_was_running_finds_nothing_and_leaves_nothing(installation: Installation) -> None:
    credential = await installation.issue_one()
    await installation.work()
    assert credential.learner_id is not None
    await erase(installation, Target(learner_id=credential.learner_id))
    async with transaction(installation.wiring.engine) as conn:
        arguments = {
            "institution_id": str(installation.issuer.institution.id),
            "learner_id": str(credential.learner_id),
        }
        await jobs.enqueue(conn, jobs.AWARD_LEARNER, **arguments)
        await jobs.enqueue(conn, jobs.REVIEW_STACKS, credential_id=str(credential.id))
    await worker.run(installation.settings, until_idle=True)
    assert found(dump(installation), [str(credential.learner_id), str(credential.id)]) == set()


async def test_two_erasures_at_once_delete_once(installation: Installation) -> None:
    credential = await installation.issue_one()
    await installation.work()
    target = Target(learner_id=credential.learner_id)
    done: list[Any] = await asyncio.gather(
        erase(installation, target), erase(installation, target), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["Erasure", "NotFound"]
    async with transaction(installation.wiring.engine) as conn:
        with pytest.raises(AppError):
            await core.institution_of(conn, target)
