"""Correcting one credential on real parts: what changes, what stays, what is refused, what a failure leaves behind."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from procrastinate.exceptions import ConnectorException
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.anchoring import service as anchoring
from app.anchoring.audit import audit_log, places_of
from app.credentials import service as credentials
from app.credentials import status
from app.credentials.audit import audit_credentials
from app.credentials.model import Changes, Credential
from app.database import transaction
from app.errors import AppError, NotFound
from app.standards import status_list, status_reasons
from app.standards.anchor_receipt import LeafKind
from app.wiring import now
from tests.integration.conftest import ANNA, Installation
from tests.integration.stacking.classroom import award, awards, choose_policy, issue_units

LONG_AGO = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
GRADE = {"changes": Changes(grade="Distinction"), "reason": "grade changed"}


async def correct(installation: Installation, credential_id: UUID, **wanted: Any) -> Credential:
    order = {**GRADE, "now": now(), **wanted}
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        return await credentials.correct(conn, issuer, installation.wiring.canonical, credential_id, **order)


@dataclass(frozen=True)
class Seen:
    """A credential as published: its text, its place, and which places of its list are set."""

    document: dict[str, Any]
    index: int
    is_set: list[int]


async def seen(installation: Installation, credential_id: UUID, at: datetime | None = None) -> Seen:
    async with transaction(installation.wiring.engine) as conn:
        found = await credentials.evidence(conn, credential_id, at)
    document = json.loads(found.signed.document)
    entry = status_list.read_entry(document)
    bits = status_list.decode(json.loads(found.status_list or b"")["credentialSubject"]["encodedList"])
    assert entry is not None
    return Seen(document, entry[1], [index for index in range(len(bits) * 8) if status_list.is_set(bits, index)])


async def faults(installation: Installation) -> list[str]:
    wiring, owner = installation.wiring, installation.issuer.institution.id
    async with transaction(wiring.engine) as conn:
        log = await anchoring.log_of(conn, owner)
    places = await places_of(wiring.engine, log, LeafKind.CREDENTIAL)
    _, found = await audit_credentials(wiring.engine, owner, wiring.compiled, places)
    return await audit_log(wiring.engine, log, wiring.chain) + found


async def verdict(installation: Installation, document: dict[str, Any]) -> dict[str, Any]:
    answer = await installation.client.post("/verify", json=document, headers={"Accept": "application/json"})
    report: dict[str, Any] = answer.json()
    return report


async def test_a_corrected_grade_is_the_same_credential_in_a_new_edition(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    before = await seen(installation, issued.id)
    corrected = await correct(installation, issued.id)
    after = await seen(installation, issued.id)
    assert (corrected.edition, corrected.grade, corrected.created_at) == (2, "Distinction", issued.created_at)
    kept = ("id", "awardedDate", "name", "issuer", "@context", "credentialSchema")
    assert {name: after.document[name] for name in kept} == {name: before.document[name] for name in kept}
    assert after.document["validFrom"] > before.document["validFrom"]
    old, new = before.document["credentialSubject"], after.document["credentialSubject"]
    assert new["achievement"] == old["achievement"]
    assert new["result"][0]["value"] == "Distinction"
    # The learner is named alike, and nothing else links the two.
    assert [a == b for a, b in zip(old["identifier"], new["identifier"], strict=True)] == [False, True, False]
    assert (before.is_set, after.is_set) == ([], [before.index])
    assert after.index != before.index


async def test_both_editions_are_in_the_register_and_verify_as_what_they_are(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    before = await seen(installation, issued.id)
    await correct(installation, issued.id)
    await installation.work()
    after = await seen(installation, issued.id)
    now_valid, was_valid = await verdict(installation, after.document), await verdict(installation, before.document)
    assert (now_valid["verdict"], now_valid["anchor"]) == ("valid", "anchored")
    assert (was_valid["verdict"], was_valid["anchor"]) == ("was valid", "anchored")
    assert await faults(installation) == []


async def test_the_page_says_when_it_was_corrected_and_not_what_it_said(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    before = await seen(installation, issued.id)
    corrected = await correct(installation, issued.id)
    browser = {"Accept": "text/html"}
    newest = await installation.client.get(f"/verify/{issued.id}", headers=browser)
    when = f"{corrected.corrected_at:%-d %B %Y}"
    assert f"Corrected on {when}." in newest.text
    assert "Distinction" in newest.text
    assert "Merit" not in newest.text
    former = await installation.client.post("/verify", json=before.document, headers=browser)
    assert f"This edition was corrected on {when}." in former.text
    assert f'href="/verify/{issued.id}"' in former.text


async def test_a_wrong_award_date_is_the_one_thing_that_moves_it(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    changes = Changes(awarded_on=date(2026, 6, 19))
    corrected = await correct(installation, issued.id, changes=changes, reason="award date wrong")
    assert corrected.awarded_on == date(2026, 6, 19)
    assert (await seen(installation, issued.id)).document["awardedDate"] == "2026-06-19T00:00:00Z"


async def test_a_fail_earns_no_credits(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    await correct(installation, issued.id, changes=Changes(grade="Unclassified"))
    assert (await seen(installation, issued.id)).document["credentialSubject"]["creditsEarned"] == 0


async def test_editions_of_the_same_second_still_follow_one_another(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    stamps = [(await seen(installation, issued.id)).document["validFrom"]]
    for grade in ("Pass", "Distinction", "Merit"):
        await correct(installation, issued.id, changes=Changes(grade=grade), now=LONG_AGO)
        stamps.append((await seen(installation, issued.id)).document["validFrom"])
    assert stamps == sorted(set(stamps))
    async with transaction(installation.wiring.engine) as conn:
        editions = await credentials.editions_of(conn, installation.issuer.institution.id, issued.id)
    assert [edition.number for edition in editions] == [1, 2, 3, 4]
    assert [edition.superseded_at for edition in editions] == [*(edition.valid_from for edition in editions[1:]), None]


async def test_the_evidence_of_a_moment_is_the_edition_and_the_list_that_held_then(installation: Installation) -> None:
    first = now()
    issued = await installation.issue_one(now=first)
    before = await seen(installation, issued.id)
    second = first + timedelta(hours=1)
    await correct(installation, issued.id, now=second)
    third = second + timedelta(hours=1)
    async with transaction(installation.wiring.engine) as conn:
        await credentials.revoke(conn, installation.issuer, issued.id, reason="malpractice", now=third)
    after = await seen(installation, issued.id)
    assert after.is_set == sorted([before.index, after.index])
    assert await seen(installation, issued.id, first.replace(microsecond=0)) == before
    assert await seen(installation, issued.id, second - timedelta(seconds=2)) == before
    middle = await seen(installation, issued.id, second)
    assert (middle.document, middle.is_set) == (after.document, [before.index])
    assert await seen(installation, issued.id, third) == after
    assert await seen(installation, issued.id, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)) == after
    async with transaction(installation.wiring.engine) as conn:
        then = await credentials.evidence(conn, issued.id, second)
        assert (then.signed.record.edition, then.signed.record.revoked_at) == (2, None)
        with pytest.raises(NotFound) as unknown:
            await credentials.evidence(conn, issued.id, first - timedelta(seconds=2))
    assert unknown.value.code == "not_issued_yet"


async def test_reasons_are_published_for_everybody_and_notes_for_nobody(installation: Installation) -> None:
    issued, other = (
        await installation.issue_one(now=LONG_AGO),
        await installation.issue_one(component="2", now=LONG_AGO),
    )
    before, revoked = await seen(installation, issued.id), await seen(installation, other.id)
    moment = now()
    assert json.loads(await installation.bundle(issued.id))["statusReasons"] is None
    await correct(installation, issued.id, note="the moderator rang", now=moment)
    async with transaction(installation.wiring.engine) as conn:
        await credentials.revoke(
            conn, installation.issuer, other.id, reason="malpractice", note="see file 7", now=moment
        )
        found = await status.find(conn, installation.issuer.institution.id, 1)
    assert found is not None
    assert found.reasons is not None
    statement = json.loads(found.reasons)
    url = json.loads(found.document)["id"]
    read = status_reasons.read(statement, url, installation.issuer.institution.did)
    assert {index: (one.standing.value, one.reason) for index, one in read.items()} == {
        before.index: ("superseded", "grade changed"),
        revoked.index: ("revoked", "malpractice"),
    }
    assert read[revoked.index].on == moment.replace(microsecond=0)
    for private in (b"moderator", b"file 7"):
        assert private not in found.reasons
    assert json.loads(await installation.bundle(issued.id))["statusReasons"] == statement


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"reason": "bored"}, "reason_unknown"),
        ({"reason": ""}, "reason_unknown"),
        ({"reason": "malpractice"}, "reason_unknown"),
        ({"note": "x" * 501}, "note_too_long"),
        ({"changes": Changes()}, "reason_does_not_fit"),
        ({"changes": Changes(grade="Pass"), "reason": "award date wrong"}, "reason_does_not_fit"),
        ({"changes": Changes(grade="Pass"), "reason": "wrong learner details"}, "reason_does_not_fit"),
        ({"changes": Changes(learner_name="Anna Brown"), "reason": "other"}, "reason_does_not_fit"),
        ({"changes": Changes(learner_name="Anna Brown", grade="Pass")}, "reason_does_not_fit"),
        (
            {"changes": Changes(learner_name="Anna Brown", grade="Pass"), "reason": "change of name"},
            "reason_does_not_fit",
        ),
        ({"changes": Changes(), "reason": "other"}, "correction_empty"),
        ({"changes": Changes(grade="Merit")}, "correction_empty"),
        ({"changes": Changes(awarded_on=date(2026, 6, 26)), "reason": "award date wrong"}, "correction_empty"),
        (
            {"changes": Changes(learner_name=ANNA["learner_name"]), "reason": "wrong learner details"},
            "correction_empty",
        ),
        ({"changes": Changes(learner_name=ANNA["learner_name"]), "reason": "change of name"}, "correction_empty"),
        ({"changes": Changes(learner_name="Anna\u202e Brown"), "reason": "change of name"}, "name_control_character"),
        ({"changes": Changes(learner_name="=1+1"), "reason": "wrong learner details"}, "name_character"),
        ({"changes": Changes(learner_name=" "), "reason": "wrong learner details"}, "name_character"),
        ({"changes": Changes(grade="Splendid")}, "grade_not_on_scale"),
        ({"changes": Changes(awarded_on=date(2999, 1, 1)), "reason": "award date wrong"}, "award_date_future"),
        ({"changes": Changes(awarded_on=date(2019, 1, 1)), "reason": "award date wrong"}, "not_accredited"),
    ],
)
async def test_what_is_refused_changes_nothing(installation: Installation, wanted: dict[str, Any], code: str) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    before = await everything(installation)
    with pytest.raises(AppError) as refused:
        await correct(installation, issued.id, **wanted)
    assert refused.value.code == code
    assert await everything(installation) == before


async def test_only_a_signed_credential_in_force_of_ones_own_is_corrected(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    async with transaction(installation.wiring.engine) as conn:
        with pytest.raises(NotFound):
            await credentials.correct(
                conn, installation.other, installation.wiring.canonical, issued.id, **GRADE, now=now()
            )
    with pytest.raises(NotFound):
        await correct(installation, uuid4())
    async with transaction(installation.wiring.engine) as conn:
        await conn.execute(text("UPDATE credentials SET state = 'prepared'"))
    with pytest.raises(AppError) as waiting:
        await correct(installation, issued.id)
    async with transaction(installation.wiring.engine) as conn:
        await conn.execute(text("UPDATE credentials SET state = 'signed'"))
        await credentials.revoke(conn, installation.issuer, issued.id, reason="other", now=now())
    with pytest.raises(AppError) as withdrawn:
        await correct(installation, issued.id)
    assert (waiting.value.code, withdrawn.value.code) == ("not_signed_yet", "already_revoked")


async def test_a_corrected_credential_still_stands_in_the_way_of_a_second_one(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    await correct(installation, issued.id)
    with pytest.raises(AppError) as refused:
        await installation.issue_one(grade="Pass")
    assert refused.value.code == "award_duplicate"
    async with transaction(installation.wiring.engine) as conn:
        await credentials.revoke(conn, installation.issuer, issued.id, reason="other", now=now())
    await installation.issue_one(grade="Pass")


async def test_of_two_corrections_at_once_the_second_sees_what_the_first_made(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    done = await asyncio.gather(
        *(correct(installation, issued.id) for _ in range(2)),
        correct(installation, issued.id, changes=Changes(grade="Pass")),
        return_exceptions=True,
    )
    # The two alike: one wins, and the other finds nothing to correct unless the third came between them.
    assert all(
        isinstance(one, Credential) or (isinstance(one, AppError) and one.code == "correction_empty") for one in done
    )
    made = sum(isinstance(one, Credential) for one in done)
    async with transaction(installation.wiring.engine) as conn:
        editions = await credentials.editions_of(conn, installation.issuer.institution.id, issued.id)
    assert [edition.number for edition in editions] == list(range(1, made + 2))
    assert len((await seen(installation, issued.id)).is_set) == made
    await installation.work()
    assert await faults(installation) == []


async def test_a_correction_and_a_withdrawal_at_once_end_withdrawn(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)

    async def withdraw() -> None:
        async with transaction(installation.wiring.engine) as conn:
            await credentials.revoke(conn, installation.issuer, issued.id, reason="other", now=now())

    done = await asyncio.gather(correct(installation, issued.id), withdraw(), return_exceptions=True)
    assert done[1] is None
    found = await seen(installation, issued.id)
    assert found.index in found.is_set
    await installation.work()
    assert await faults(installation) == []


async def test_a_corrected_part_brings_its_award_up_for_review(installation: Installation) -> None:
    units = await issue_units(installation, "PPPPPPPP")
    await choose_policy(installation, "review")
    assert await award(installation, units["1"].learner_id) == 1
    await installation.work()
    await correct(installation, units["1"].id)
    await installation.work()
    (made,) = await awards(installation)
    assert made.review_reason == f"urn:uuid:{units['1'].id} was corrected"
    assert (made.revoked_at, made.edition) == (None, 1)
    with pytest.raises(AppError) as refused:
        await correct(installation, made.id)
    assert refused.value.code == "award_follows_parts"
    assert await faults(installation) == []


async def test_a_better_grade_completes_an_award_that_names_the_newest_edition(installation: Installation) -> None:
    units = await issue_units(installation, "UUUPPPPP")
    assert await award(installation, units["1"].learner_id) == 0
    for unit in ("1", "2", "3"):
        await correct(installation, units[unit].id, changes=Changes(grade="Pass"))
    await installation.work()
    (made,) = await awards(installation)
    assert made.review_reason is None
    async with transaction(installation.wiring.engine) as conn:
        assert await credentials.review_dependents(conn, units["1"].id) == []
    assert await faults(installation) == []


@pytest.mark.parametrize("table", ["credential_editions", "status_list_versions", "log_entries", "procrastinate_jobs"])
async def test_one_failing_insert_leaves_everything_as_it_was(installation: Installation, table: str) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    async with transaction(installation.wiring.engine) as conn:
        await conn.execute(
            text("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''full''; END'")
        )
    before = await everything(installation)
    async with transaction(installation.wiring.engine) as conn:
        await conn.execute(text(f"CREATE TRIGGER fails BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fail()"))
    with pytest.raises((DBAPIError, ConnectorException)):
        await correct(installation, issued.id)
    assert await everything(installation) == before
    async with transaction(installation.wiring.engine) as conn:
        await conn.execute(text(f"DROP TRIGGER fails ON {table}"))
    assert (await correct(installation, issued.id)).edition == 2
    await installation.work()
    assert await faults(installation) == []


@pytest.mark.parametrize(
    ("tampering", "fault"),
    [
        (
            "UPDATE credential_editions SET document = convert_to(replace(convert_from(document, 'UTF8'), 'Merit', "
            "'Pass'), 'UTF8')",
            "credential {id} is not signed by a key that the institution publishes",
        ),
        (
            "UPDATE credential_editions SET digest = sha256('x')",
            "credential {id} does not have the digest recorded for it",
        ),
        (
            "UPDATE credential_editions SET document = NULL, digest = sha256('x')",
            "credential {id} stands in 0 log entries, not in one",
        ),
        ("DELETE FROM credential_editions", "1 credential entries of the log belong to no credential"),
    ],
)
async def test_the_audit_looks_at_past_editions_too(installation: Installation, tampering: str, fault: str) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    await correct(installation, issued.id)
    await installation.work()
    assert await faults(installation) == []
    async with transaction(installation.wiring.engine) as conn:
        await conn.execute(text(tampering))
    assert fault.format(id=issued.id) in await faults(installation)


async def everything(installation: Installation) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    async with transaction(installation.wiring.engine) as conn:
        names = (await conn.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))).scalars()
        return {
            name: sorted((await conn.execute(text(f'SELECT t::text FROM "{name}" t'))).scalars())
            for name in list(names)
        }
