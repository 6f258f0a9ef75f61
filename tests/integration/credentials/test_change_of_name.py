"""A change of name on real parts: every credential in force follows, and the former name is nowhere afterwards."""

import asyncio
import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.credentials import cohort_import, records
from app.credentials import service as credentials
from app.credentials.model import Changes, Credential, CredentialKind
from app.database import transaction
from app.errors import NotFound, Refused
from app.stacking import service as stacking
from app.standards import open_badge
from app.wiring import now
from tests.integration.conftest import ANNA, Installation
from tests.integration.credentials.test_correcting import LONG_AGO, correct, everything, faults, seen, verdict
from tests.integration.stacking.classroom import HEADINGS, UNITS, award, awards, issue_units

FORMER = ANNA["learner_name"]
NEW = "Amir Müller-O’Neill"
# The one word of the former name that the new one lacks.
GONE = "Anna"


async def change_name(installation: Installation, learner_id: UUID, **wanted: Any) -> tuple[Credential, ...]:
    order = {"name": NEW, "now": now(), **wanted}
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        return await credentials.change_name(conn, issuer, installation.wiring.canonical, learner_id, **order)


async def places_of_name(installation: Installation, name: str) -> list[str]:
    """Table and column of every value that holds `name`, in any case: texts, documents, the queue's arguments."""
    found = []
    async with transaction(installation.wiring.engine) as conn:
        columns = await conn.execute(
            text(
                "SELECT table_name, column_name, data_type FROM information_schema.columns"
                " JOIN pg_tables ON tablename = table_name AND schemaname = table_schema WHERE table_schema = 'public'"
            )
        )
        for table, column, kind in columns.all():
            values = (
                await conn.execute(text(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL'))
            ).scalars()
            texts = (
                bytes(value).decode("utf-8", "replace")
                if kind == "bytea"
                else json.dumps(value, default=str, ensure_ascii=False)
                for value in values
            )
            if any(name.casefold() in one.casefold() for one in texts):
                found.append(f"{table}.{column}")
    return sorted(found)


async def import_results(installation: Installation, rows: str, **named: Any) -> None:
    async with transaction(installation.wiring.engine) as conn:
        await cohort_import.commit(
            conn,
            installation.issuer,
            (HEADINGS + rows).encode(),
            **{"file_name": "results.csv", "idempotency_key": None, "now": now(), **named},
        )


def row(unit: str, grade: str = "Pass", name: str = FORMER) -> str:
    return f"{name},{ANNA['uln']},{ANNA['email'].replace('anna', 'a')},603/7595/4,{unit},{grade},2026-06-26\n"


async def test_the_former_name_is_nowhere_in_the_database(installation: Installation) -> None:
    """Units, an award, records, a withdrawn credential, an earlier edition, one not signed yet, notes, a file's name."""
    rows = "".join(row(unit) for unit in UNITS)
    await import_results(installation, rows, file_name="Anna_results.csv", idempotency_key="anna-2026")
    await installation.work()
    (made,) = await awards(installation)
    async with transaction(installation.wiring.engine) as conn:
        units = await credentials.held_by(conn, installation.issuer.institution.id, made.learner_id)
        # The first is withdrawn by the second.
        record_ids = []
        for _ in range(2):
            issuer, reference = installation.issuer, installation.wiring.canonical
            record_ids.append((await records.issue_record(conn, issuer, reference, made.learner_id, now=now())).id)
    corrected, withdrawn = [unit for unit in units if unit.kind is CredentialKind.UNIT][:2]
    await correct(installation, corrected.id, note="Anna's tutor rang")
    async with transaction(installation.wiring.engine) as conn:
        await credentials.revoke(
            conn, installation.issuer, withdrawn.id, reason="other", note="ANNA asked for it", now=now()
        )
    await import_results(installation, row(str(withdrawn.unit_id).rpartition("-u")[2].lstrip("0")))
    before = await places_of_name(installation, GONE)
    assert before == [
        "cohort_imports.file_name",
        "cohort_imports.idempotency_key",
        "credential_editions.document",
        "credential_editions.note",
        "credentials.document",
        "credentials.revocation_note",
        "learners.name",
    ]
    renamed = await change_name(installation, made.learner_id, note="by deed")
    assert await places_of_name(installation, GONE) == []
    await installation.work()
    assert await places_of_name(installation, GONE) == []
    assert await faults(installation) == []
    assert len(renamed) == 8
    async with transaction(installation.wiring.engine) as conn:
        kept = [await credentials.get(conn, installation.issuer.institution.id, one) for one in record_ids]
        assert await credentials.documents(conn, record_ids) == {}
        # A new one holds the new editions.
        issuer, reference = installation.issuer, installation.wiring.canonical
        newer = await records.issue_record(conn, issuer, reference, made.learner_id, now=now())
    assert [(one.edition, one.revocation_reason) for one in kept] == [
        (1, "a newer record was made"),
        (1, "learner details changed"),
    ]
    assert newer.revoked_at is None
    assert await places_of_name(installation, GONE) == []
    assert {credential.kind for credential in renamed} == {CredentialKind.UNIT, CredentialKind.AWARD}
    # What waited for its signature was signed with the new name.
    async with transaction(installation.wiring.engine) as conn:
        held = await credentials.held_by(conn, installation.issuer.institution.id, made.learner_id)
        texts = await credentials.documents(conn, [credential.id for credential in held])
    assert len(held) == 10
    assert set(texts) == {credential.id for credential in held} - {withdrawn.id}
    assert {open_badge.learner_name(json.loads(data)) for data in texts.values()} == {NEW}


async def test_an_award_follows_with_the_new_editions_of_its_parts(installation: Installation) -> None:
    units = await issue_units(installation, "PPPPPPPP")
    assert await award(installation, units["1"].learner_id) == 1
    (made,) = await awards(installation)
    await change_name(installation, made.learner_id)
    await installation.work()
    (renamed,) = await awards(installation)
    assert (renamed.id, renamed.edition, renamed.review_reason) == (made.id, 2, None)
    async with transaction(installation.wiring.engine) as conn:
        texts = await credentials.documents(conn, [made.id, *(unit.id for unit in units.values())])
        assert (await stacking.reconsider(conn, installation.issuer.institution.id, made.id, now().date())).complete
    named = open_badge.related_digests(json.loads(texts[made.id]))
    assert {(unit.uri, open_badge.digest_sri(texts[unit.id])) for unit in units.values()} < named


async def test_an_award_under_review_is_not_cleared_by_a_change_of_name(installation: Installation) -> None:
    """Renewed digests must not hide that a part was corrected after the sum was made."""
    units = await issue_units(installation, "PPPPPPPP")
    assert await award(installation, units["1"].learner_id) == 1
    await correct(installation, units["1"].id, changes=Changes(grade="Unclassified"))
    await change_name(installation, units["1"].learner_id)
    await installation.work()
    (made,) = await awards(installation)
    assert made.edition == 2
    assert made.review_reason == f"urn:uuid:{units['1'].id} was corrected"


async def test_each_list_is_signed_again_once_and_tells_nobody_why(installation: Installation) -> None:
    issued = [await installation.issue_one(component=unit, now=LONG_AGO) for unit in ("1", "2", "3")]
    before = [await seen(installation, one.id) for one in issued]
    async with transaction(installation.wiring.engine) as conn:
        count = text("SELECT count(*) FROM status_list_versions")
        versions = (await conn.execute(count)).scalar_one()
    await change_name(installation, issued[0].learner_id)
    async with transaction(installation.wiring.engine) as conn:
        assert (await conn.execute(count)).scalar_one() == versions + 1
        found = await credentials.evidence(conn, issued[0].id)
    assert (await seen(installation, issued[0].id)).is_set == sorted(one.index for one in before)
    assert found.status_reasons is not None
    reasons = json.loads(found.status_reasons)["reasons"]
    assert {one["reason"] for one in reasons.values()} == {"learner details changed"}
    assert b"name" not in found.status_reasons


async def test_a_file_kept_from_before_was_valid_and_its_text_is_not_had_from_us(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    kept = await seen(installation, issued.id)
    await installation.work()
    await change_name(installation, issued.learner_id)
    await installation.work()
    report = await verdict(installation, kept.document)
    # Its receipt is still there: that it was signed in time does not depend on the text.
    assert (report["verdict"], report["anchor"]) == ("was valid", "anchored")
    assert (await verdict(installation, (await seen(installation, issued.id)).document))["verdict"] == "valid"
    async with transaction(installation.wiring.engine) as conn:
        with pytest.raises(NotFound) as erased:
            await credentials.evidence(conn, issued.id, LONG_AGO + timedelta(days=1))
    assert erased.value.code == "edition_erased"


async def test_a_withdrawn_credential_loses_its_text_and_says_so(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    async with transaction(installation.wiring.engine) as conn:
        await credentials.revoke(conn, installation.issuer, issued.id, reason="other", now=now())
    assert await change_name(installation, issued.learner_id) == ()
    for address in (f"/credentials/{issued.id}", f"/credentials/{issued.id}/bundle", f"/verify/{issued.id}"):
        answer = await installation.client.get(address, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (404, "edition_erased"), address
    await installation.work()
    assert await faults(installation) == []


async def test_a_results_file_does_not_bring_the_former_name_back(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO, email="a@example.org")
    await change_name(installation, issued.learner_id)
    async with transaction(installation.wiring.engine) as conn:
        checked = await cohort_import.dry_run(
            conn, installation.issuer, (HEADINGS + row("2")).encode(), date(2026, 11, 22)
        )
    assert [(problem.code, problem.severity) for problem in checked.problems] == [("name_settled", "warning")]
    assert GONE not in checked.problems[0].message
    await import_results(installation, row("2"))
    await installation.issue_one(component="3", email="a@example.org")
    await installation.work()
    assert await places_of_name(installation, GONE) == []


async def test_an_award_made_at_the_same_time_bears_the_new_name(installation: Installation) -> None:
    units = await issue_units(installation, "PPPPPPPP")
    learner_id = units["1"].learner_id
    await asyncio.gather(award(installation, learner_id), change_name(installation, learner_id))
    assert len(await awards(installation)) == 1
    assert await places_of_name(installation, FORMER) == []
    (made,) = await awards(installation)
    assert (await seen(installation, made.id)).document["credentialSubject"]["identifier"][1]["identityHash"] == NEW


async def test_the_reason_change_of_name_renews_them_all_from_any_one(installation: Installation) -> None:
    first, second = [await installation.issue_one(component=unit, now=LONG_AGO) for unit in ("1", "2")]
    changes = Changes(learner_name="  Amir   Müller-O’Neill ")
    assert (await correct(installation, first.id, changes=changes, reason="change of name")).edition == 2
    assert await places_of_name(installation, FORMER) == []
    assert open_badge.learner_name((await seen(installation, second.id)).document) == NEW


async def test_wrong_details_are_mended_in_one_credential_and_its_past_is_erased(installation: Installation) -> None:
    """Somebody else's name must not be kept; credentials that were right stay untouched."""
    right = await installation.issue_one(now=LONG_AGO)
    wrong = await installation.issue_one(component="2", learner_name="Hanna Miller", now=LONG_AGO)
    await correct(installation, wrong.id, changes=Changes(grade="Pass"))
    changes = Changes(learner_name=FORMER, grade="Merit")
    done = await correct(installation, wrong.id, changes=changes, reason="wrong learner details")
    assert (done.edition, done.grade) == (3, "Merit")
    assert await places_of_name(installation, "Hanna") == []
    async with transaction(installation.wiring.engine) as conn:
        editions = await credentials.editions_of(conn, installation.issuer.institution.id, wrong.id)
        untouched = await credentials.get(conn, installation.issuer.institution.id, right.id)
    assert [edition.kept for edition in editions] == [False, False, True]
    assert untouched.edition == 1


async def test_only_the_institutions_own_learners_are_renamed(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    before = await everything(installation)
    async with transaction(installation.wiring.engine) as conn:
        with pytest.raises(NotFound) as unknown:
            await credentials.change_name(
                conn, installation.other, installation.wiring.canonical, issued.learner_id, name=NEW, now=now()
            )
    assert unknown.value.code == "learner_unknown"
    with pytest.raises(NotFound):
        await change_name(installation, uuid4())
    assert await everything(installation) == before


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"name": FORMER}, "correction_empty"),
        ({"name": f" {FORMER} "}, "correction_empty"),
        ({"name": ""}, "name_character"),
        ({"name": "Am1r"}, "name_character"),
        ({"name": "a" * 201}, "name_too_long"),
        ({"name": "Amir\u202e"}, "name_control_character"),
        ({"note": "x" * 501}, "note_too_long"),
        ({"note": "was anna before"}, "note_names_former"),
    ],
)
async def test_names_and_notes_that_are_refused(installation: Installation, wanted: dict[str, Any], code: str) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    before = await everything(installation)
    with pytest.raises(Refused) as refused:
        await change_name(installation, issued.learner_id, **wanted)
    assert refused.value.code == code
    assert GONE not in refused.value.message
    assert await everything(installation) == before


@pytest.mark.parametrize(
    ("table", "fails"),
    [
        ("credential_editions", "(SELECT count(*) FROM credential_editions) > 1"),
        ("status_list_versions", "true"),
        ("log_entries", "NEW.kind = 1"),
    ],
)
async def test_one_failing_insert_in_the_middle_leaves_every_name_as_it_was(
    installation: Installation, table: str, fails: str
) -> None:
    issued = [await installation.issue_one(component=unit, now=LONG_AGO) for unit in ("1", "2")]
    body = f"BEGIN IF {fails} THEN RAISE EXCEPTION 'full'; END IF; RETURN NULL; END"
    before = await everything(installation)
    async with transaction(installation.wiring.engine) as conn:
        await conn.execute(text(f"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"))
        await conn.execute(text(f"CREATE TRIGGER fails AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fail()"))
    with pytest.raises(DBAPIError):
        await change_name(installation, issued[0].learner_id)
    assert await everything(installation) == before


async def test_changing_it_back_is_a_change_of_name_too(installation: Installation) -> None:
    issued = await installation.issue_one(now=LONG_AGO)
    await change_name(installation, issued.learner_id)
    await change_name(installation, issued.learner_id, name=FORMER)
    assert await places_of_name(installation, NEW) == []
    async with transaction(installation.wiring.engine) as conn:
        editions = await credentials.editions_of(conn, installation.issuer.institution.id, issued.id)
    # The first edition was erased with the name that has come back: what is gone is gone.
    assert [edition.kept for edition in editions] == [False, False, True]
