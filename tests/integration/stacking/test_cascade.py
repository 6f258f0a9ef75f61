"""A part is withdrawn or corrected: what is made of it follows, once, and learner and institution can be told."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from app.credentials import service as credentials
from app.credentials.model import Changes, Credential
from app.database import transaction
from app.errors import NotFound, Refused
from app.institutions import service as institutions
from app.stacking import cascading, notices
from app.stacking import service as stacking
from app.stacking.notices import AwardEvent, EventKind
from app.wiring import now
from tests.integration.conftest import Installation
from tests.integration.credentials.test_correcting import correct, faults
from tests.integration.stacking.classroom import (
    AWARDED_ON,
    award,
    awards,
    choose_policy,
    issue_units,
    withdraw,
)

HNC, HND = "hnc-computing", "hnd-computing-england-network"
LEVEL_5 = ("16", "17", "27", "28", "29", "DATA-STRUCTURES-AND-ALGORITHMS", "APPLICATION-DEVELOPMENT")
JSON = {"Accept": "application/json"}


async def told(installation: Installation) -> tuple[AwardEvent, ...]:
    async with transaction(installation.wiring.engine) as conn:
        return await notices.notices(conn, installation.issuer.institution.id)


async def approve_for(installation: Installation, *qualifications: str) -> None:
    async with transaction(installation.wiring.engine) as conn:
        await institutions.accredit(conn, installation.issuer.institution.id, qualifications, AWARDED_ON)


async def with_award(installation: Installation, grades: str) -> tuple[dict[str, Credential], Credential]:
    units = await issue_units(installation, grades)
    assert await award(installation, units["1"].learner_id) == 1
    (made,) = await awards(installation)
    return units, made


async def again(installation: Installation, credential: Credential) -> Credential:
    """As it is on record now."""
    async with transaction(installation.wiring.engine) as conn:
        return await credentials.get(conn, installation.issuer.institution.id, credential.id)


async def named(client: httpx.AsyncClient, award_id: UUID) -> set[str]:
    document = (await client.get(f"/credentials/{award_id}", headers=JSON)).json()
    return {part["id"] for part in document["relatedResource"]}


@pytest.mark.parametrize("reason", ["issued in error", "malpractice", "wrong learner details", "grade changed"])
async def test_an_award_that_is_not_complete_any_more_is_withdrawn_in_words_that_name_the_part(
    installation: Installation, reason: str
) -> None:
    units, made = await with_award(installation, "PPPPPPPP")
    await withdraw(installation, units["1"].id, reason)
    await installation.work()
    gone = await again(installation, made)
    assert gone.revocation_reason == "a part of it was withdrawn"
    assert gone.reason_given == "Programming, one of its parts, was withdrawn"
    (event,) = await told(installation)
    assert (event.kind, event.award_id, event.replacement_id) == (EventKind.WITHDRAWN, made.id, None)
    assert (event.learner_told_at, event.institution_told_at) == (None, None)
    assert "Programming, one of its parts, was withdrawn" in event.sentence
    # Everybody who checks it is told, in the list that is signed.
    report = (await installation.client.get(f"/verify/{made.id}", headers=JSON)).json()
    assert report["verdict"] == "was valid"
    assert "(Programming, one of its parts, was withdrawn)" in str(report)
    assert await faults(installation) == []


async def test_an_award_that_other_parts_complete_is_issued_again_and_each_is_found_from_the_other(
    installation: Installation,
) -> None:
    await approve_for(installation, HND)
    units, made = await with_award(installation, "MMMMPPPP")
    assert made.grade == "Merit"
    other = await installation.issue_one(qualification=HND, component="1", grade="Pass")
    await withdraw(installation, units["1"].id)
    await installation.work()
    old, new = sorted(await awards(installation), key=lambda one: one.revoked_at is None)
    assert (old.id, new.grade, new.revoked_at) == (made.id, "Pass", None)
    assert old.reason_given == "Programming, one of its parts, was withdrawn"
    assert f"urn:uuid:{other.id}" in await named(installation.client, new.id)
    assert f"urn:uuid:{units['1'].id}" not in await named(installation.client, new.id)
    (event,) = await told(installation)
    assert (event.kind, event.award_id, event.replacement_id) == (EventKind.REPLACED, old.id, new.id)
    assert "the grade Pass instead of Merit" in event.sentence
    async with transaction(installation.wiring.engine) as conn:
        assert await notices.replaced_by(conn, old.id) == new.id
        assert await notices.replaces(conn, new.id) == old.id
        assert await notices.replaced_by(conn, new.id) is None
    assert (await installation.client.get(f"/verify/{new.id}", headers=JSON)).json()["verdict"] == "valid"
    assert await faults(installation) == []


async def test_a_corrected_part_makes_the_next_edition_of_the_same_award(installation: Installation) -> None:
    units, made = await with_award(installation, "MMMMPPPP")
    await correct(installation, units["1"].id, changes=Changes(grade="Pass"))
    await installation.work()
    (renewed,) = await awards(installation)
    assert (renewed.id, renewed.edition, renewed.grade) == (made.id, 2, "Pass")
    document = (await installation.client.get(f"/credentials/{made.id}", headers=JSON)).json()
    assert "Programming counts: 15 credits at Pass." in document["evidence"][0]["narrative"].splitlines()
    assert (renewed.revoked_at, renewed.review_reason) == (None, None)
    (event,) = await told(installation)
    assert (event.kind, event.award_id) == (EventKind.CORRECTED, made.id)
    assert event.sentence.endswith(
        "with the grade Pass instead of Merit: Programming, one of its parts, was corrected."
    )
    report = (await installation.client.get(f"/verify/{made.id}", headers=JSON)).json()
    assert (report["verdict"], report.get("underReview")) == ("valid", None)
    async with transaction(installation.wiring.engine) as conn:
        assert await credentials.review_dependents(conn, units["1"].id) == []
    assert await faults(installation) == []


async def test_a_regrade_to_a_failure_that_is_not_compensated_withdraws_the_award(installation: Installation) -> None:
    units, made = await with_award(installation, "PPPPPPPU")
    await correct(installation, units["1"].id, changes=Changes(grade="Unclassified"))
    await installation.work()
    assert (await again(installation, made)).reason_given == "Programming, one of its parts, was corrected"


async def test_every_award_that_rests_on_the_part_goes_with_it(installation: Installation) -> None:
    await approve_for(installation, HND)
    units, hnc = await with_award(installation, "PPPPPPPP")
    for code in LEVEL_5:
        await installation.issue_one(qualification=HND, component=code, grade="Merit")
    assert await award(installation, hnc.learner_id) == 1
    (hnd,) = [one for one in await awards(installation) if one.qualification_id == HND]
    await withdraw(installation, units["1"].id, "malpractice")
    await installation.work()
    assert (await again(installation, hnc)).reason_given == "Programming, one of its parts, was withdrawn"
    lost = await again(installation, hnd)
    assert lost.revoked_at is not None
    assert {event.award_id for event in await told(installation)} == {hnc.id, hnd.id}
    assert {event.kind for event in await told(installation)} == {EventKind.WITHDRAWN}
    assert await faults(installation) == []


async def test_for_other_reasons_a_person_decides_unless_the_institution_wants_it_otherwise(
    installation: Installation,
) -> None:
    units, made = await with_award(installation, "PPPPPPPP")
    await withdraw(installation, units["1"].id, "other")
    await installation.work()
    assert (await again(installation, made)).revoked_at is None
    (waiting,) = await told(installation)
    assert (waiting.kind, waiting.award_id) == (EventKind.WAITING, made.id)
    # The rule set's own policy goes before the institution's.
    await choose_policy(installation, "review")
    await choose_policy(installation, "at-once", "hnc-computing-2022")
    async with transaction(installation.wiring.engine) as conn:
        await cascading.request_unfinished(conn)
    await installation.work()
    assert (await again(installation, made)).revoked_at is not None
    assert [event.kind for event in await told(installation)] == [EventKind.WAITING, EventKind.WITHDRAWN]


async def test_corrected_details_of_a_person_are_for_a_person_to_look_at(installation: Installation) -> None:
    units, made = await with_award(installation, "PPPPPPPP")
    await correct(
        installation, units["1"].id, changes=Changes(learner_name="Hanna Miller"), reason="wrong learner details"
    )
    await installation.work()
    waits = await again(installation, made)
    assert (waits.revoked_at, waits.edition) == (None, 1)
    (event,) = await told(installation)
    assert event.kind is EventKind.WAITING
    for name in ("Hanna", "Miller", "Anna"):
        assert name not in event.sentence


async def test_what_waits_for_a_person_is_told_once_however_often_it_is_asked(installation: Installation) -> None:
    units, made = await with_award(installation, "PPPPPPPP")
    await choose_policy(installation, "review")
    await withdraw(installation, units["1"].id, "malpractice")
    for _ in range(3):
        async with transaction(installation.wiring.engine) as conn:
            await cascading.request_unfinished(conn)
        await installation.work()
    assert [event.kind for event in await told(installation)] == [EventKind.WAITING]
    assert (await again(installation, made)).revoked_at is None


async def test_an_award_the_institution_may_not_make_any_more_is_not_made_again(installation: Installation) -> None:
    await approve_for(installation, HND)
    units, made = await with_award(installation, "PPPPPPPP")
    await installation.issue_one(qualification=HND, component="1", grade="Pass")
    async with transaction(installation.wiring.engine) as conn:
        await conn.execute(text("UPDATE accreditations SET valid_until = '2026-07-31'"))
    await withdraw(installation, units["1"].id)
    await installation.work()
    assert [one.id for one in await awards(installation)] == [made.id]
    (event,) = await told(installation)
    assert event.kind is EventKind.WAITING
    assert event.sentence.endswith("the institution is not approved for that any more.")


async def test_what_was_withdrawn_while_the_clock_passed_midnight_is_not_counted(installation: Installation) -> None:
    units = await issue_units(installation, "PPPPPPPP")
    await withdraw(installation, units["1"].id)
    yesterday = now() - timedelta(days=1)
    learner_id = units["1"].learner_id
    assert learner_id is not None
    async with transaction(installation.wiring.engine) as conn:
        learner = await credentials.get_learner(conn, installation.issuer.institution.id, learner_id)
        assert (
            await stacking.award_completed(
                conn, installation.issuer, installation.wiring.canonical, [learner], yesterday
            )
            == 0
        )


async def test_unknown_policies_and_rule_sets_are_refused(installation: Installation) -> None:
    with pytest.raises(Refused) as refused:
        await choose_policy(installation, "perhaps")
    assert refused.value.code == "policy_unknown"
    with pytest.raises(NotFound) as missing:
        await choose_policy(installation, "review", "no-such-pack")
    assert missing.value.code == "rule_pack_unknown"
