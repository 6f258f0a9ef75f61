"""Pieces of two colleges in one award: under a signed agreement, for a learner who proved that both records are theirs."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.credentials import service as credentials
from app.credentials.erasing import Target
from app.credentials.model import Credential, CredentialKind
from app.database import transaction
from app.errors import AppError
from app.institutions import service as institutions
from app.sharing import erasing
from app.stacking import linking, packs, sign_off, transferring
from app.stacking import service as stacking
from app.stacking.notices import EventKind
from app.stacking.transferring import Agreement
from app.standards import credit_transfer, data_integrity, multikey, strict_json
from app.standards.erasure_receipt import ErasureReason
from app.wiring import now
from tests.integration.conftest import ANNA, Installation
from tests.integration.credentials.test_correcting import everything
from tests.integration.stacking.classroom import AWARDED_ON, UNITS, award, awards, results, take_in, uln
from tests.integration.stacking.test_cascade import JSON, named, told

HNC = "hnc-computing"


@dataclass(frozen=True)
class Anna:
    """One person, on record at both colleges under different numbers."""

    here: UUID
    there: UUID


async def learner_of(installation: Installation, at_other: bool) -> UUID:
    issuer = installation.other if at_other else installation.issuer
    async with transaction(installation.wiring.engine) as conn:
        (found, *_) = await credentials.list_issued(conn, issuer.institution.id)
    assert found.learner_id is not None
    return found.learner_id


async def issue_there(installation: Installation, component: str, grade: str = "Pass", **changes: Any) -> Credential:
    """At the second college, under another ULN and name: nothing but the learner's own proof joins the two."""
    order = {
        "learner_name": "Anna Mueller",
        "uln": uln(7),
        "email": "a.mueller@example.net",
        "qualification": "603/7595/4",
        "component": component,
        "grade": grade,
        "awarded_on": AWARDED_ON,
        "now": now(),
        **changes,
    }
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.other.institution.id)
        return await credentials.issue_one(conn, issuer, installation.wiring.canonical, **order)


async def split(installation: Installation, here: int, grades: str = "PPPPPPPP") -> Anna:
    """The first units at the first college, the others at the second."""
    words = {"U": "Unclassified", "P": "Pass", "M": "Merit", "D": "Distinction"}
    for unit, grade in list(zip(UNITS, grades, strict=True))[:here]:
        await installation.issue_one(component=unit, grade=words[grade])
    for unit, grade in list(zip(UNITS, grades, strict=True))[here:]:
        await issue_there(installation, unit, words[grade])
    return Anna(await learner_of(installation, False), await learner_of(installation, True))


async def agree(installation: Installation, **changes: Any) -> Agreement:
    wanted = {"qualification_ids": [HNC], "valid_from": date(2026, 1, 1), "now": now(), **changes}
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        return await transferring.agree(conn, issuer, installation.other.institution, **wanted)


async def code(installation: Installation, anna: Anna, at_other: bool) -> str:
    """Made at one college for the other one."""
    here, there = installation.issuer.institution.id, installation.other.institution.id
    async with transaction(installation.wiring.engine) as conn:
        if at_other:
            return await linking.make_code(conn, there, anna.there, here, now())
        return await linking.make_code(conn, here, anna.here, there, now())


async def enter(
    installation: Installation, anna: Anna, at_other: bool, given: str, later: timedelta | None = None
) -> bool:
    issuer, learner = (installation.other, anna.there) if at_other else (installation.issuer, anna.here)
    async with transaction(installation.wiring.engine) as conn:
        moment = now() + (later or timedelta())
        return await linking.enter_code(conn, issuer.institution.id, learner, given, moment)


async def link(installation: Installation, anna: Anna) -> None:
    assert not await enter(installation, anna, True, await code(installation, anna, False))
    assert await enter(installation, anna, False, await code(installation, anna, True))


async def code_of(work: Any) -> str:
    with pytest.raises(AppError) as refused:
        await work
    return refused.value.code


async def test_units_of_both_colleges_make_one_award_that_names_each_as_its_own_issuer_signed_it(
    installation: Installation,
) -> None:
    anna = await split(installation, 5, "MMMMPPPP")
    await agree(installation)
    assert await award(installation, anna.here) == 0
    await link(installation, anna)
    await installation.work()
    (made,) = await awards(installation)
    assert (made.learner_id, made.grade) == (anna.here, "Merit")
    async with transaction(installation.wiring.engine) as conn:
        theirs = await credentials.list_issued(conn, installation.other.institution.id)
    assert {one.uri for one in theirs} < await named(installation.client, made.id)
    # What is published of it says nothing of the second record.
    document = (await installation.client.get(f"/credentials/{made.id}", headers=JSON)).text
    for private in ("Mueller", uln(7), "a.mueller@example.net", str(anna.here), str(anna.there)):
        assert private not in document
    # The other college has no agreement: nothing counts there.
    assert await awards(installation, installation.other) == []
    # The two colleges wrote the name in two ways: that both are hers, no document shows.
    report = (await installation.client.get(f"/verify/{made.id}", headers=JSON)).json()
    found = {one["check"]: one["code"] for one in report["checks"]}
    assert (report["verdict"], found["adds_up"]) == ("cannot tell", "part_unclear")


async def test_a_unit_withdrawn_at_the_other_college_takes_the_award_with_it(installation: Installation) -> None:
    anna = await split(installation, 5)
    await agree(installation)
    await link(installation, anna)
    await installation.work()
    (made,) = await awards(installation)
    async with transaction(installation.wiring.engine) as conn:
        (theirs, *_) = await credentials.list_issued(conn, installation.other.institution.id)
        await credentials.revoke(conn, installation.other, theirs.id, reason="malpractice", now=now())
    await installation.work()
    (gone,) = await awards(installation)
    assert (gone.id, gone.revocation_reason) == (made.id, "a part of it was withdrawn")
    assert [event.kind for event in await told(installation)] == [EventKind.WITHDRAWN]


async def test_the_last_unit_from_the_other_college_completes_it_without_anybody_asking(
    installation: Installation,
) -> None:
    anna = await split(installation, 5, "PPPPPPP" + "U")
    async with transaction(installation.wiring.engine) as conn:
        (last,) = [
            one
            for one in await credentials.list_issued(conn, installation.other.institution.id)
            if one.grade == "Unclassified"
        ]
        await credentials.revoke(conn, installation.other, last.id, reason="grade changed", now=now())
    await agree(installation)
    await link(installation, anna)
    await installation.work()
    assert await awards(installation) == []
    await issue_there(installation, UNITS[-1])
    await installation.work()
    assert len(await awards(installation)) == 1


async def test_a_unit_withdrawn_there_while_the_award_is_made_here_does_not_slip_through(
    installation: Installation,
) -> None:
    anna = await split(installation, 5)
    await agree(installation)
    await link(installation, anna)

    async def withdraw_there() -> None:
        async with transaction(installation.wiring.engine) as conn:
            (theirs, *_) = await credentials.list_issued(conn, installation.other.institution.id)
            await credentials.revoke(conn, installation.other, theirs.id, reason="malpractice", now=now())

    await asyncio.gather(*(award(installation, anna.here) for _ in range(3)), withdraw_there())
    await installation.work()
    assert [one for one in await awards(installation) if one.revoked_at is None] == []


async def test_what_waits_for_a_decision_here_lapses_when_a_unit_is_withdrawn_there(installation: Installation) -> None:
    here = installation.issuer.institution.id
    anna = await split(installation, 5)
    await agree(installation)
    async with transaction(installation.wiring.engine) as conn:
        await sign_off.choose(conn, here, "owner")
    await link(installation, anna)
    await installation.work()
    async with transaction(installation.wiring.engine) as conn:
        assert len(await sign_off.awaiting(conn, here)) == 1
        (theirs, *_) = await credentials.list_issued(conn, installation.other.institution.id)
        await credentials.revoke(conn, installation.other, theirs.id, reason="malpractice", now=now())
    await installation.work()
    async with transaction(installation.wiring.engine) as conn:
        assert await sign_off.awaiting(conn, here) == ()
    assert await awards(installation) == []


async def test_what_is_erased_there_brings_the_award_here_up_for_a_person_to_look_at(
    installation: Installation,
) -> None:
    anna = await split(installation, 5)
    await agree(installation)
    await link(installation, anna)
    await installation.work()
    (made,) = await awards(installation)
    target, reason = Target(learner_id=anna.there), ErasureReason.LEARNER_REQUEST
    async with transaction(installation.wiring.engine) as conn:
        other = await installation.wiring.issuer(conn, installation.other.institution.id)
        await erasing.erase(conn, other, target, reason=reason, now=now())
    await installation.work()
    (marked,) = await awards(installation)
    assert (marked.id, marked.revoked_at, marked.review_reason) == (made.id, None, "a part of it was erased")
    (event,) = await told(installation)
    assert event.kind is EventKind.WAITING
    assert "A unit of another institution, one of its parts, was withdrawn" in event.sentence
    async with transaction(installation.wiring.engine) as conn:
        assert await linking.linked_records(conn, anna.here) == ()


async def test_a_learner_is_erased_with_all_that_stacking_kept(installation: Installation) -> None:
    anna = await split(installation, 5)
    await agree(installation)
    await link(installation, anna)
    await code(installation, anna, False)
    await installation.work()
    (made,) = await awards(installation)
    async with transaction(installation.wiring.engine) as conn:
        issued = await credentials.list_issued(conn, installation.issuer.institution.id)
        ours = next(one for one in issued if one.kind is CredentialKind.UNIT)
        await credentials.revoke(conn, installation.issuer, ours.id, reason="malpractice", now=now())
    await installation.work()
    assert [event.award_id for event in await told(installation)] == [made.id]
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        target, reason = Target(learner_id=anna.here), ErasureReason.LEARNER_REQUEST
        await erasing.erase(conn, issuer, target, reason=reason, now=now())
    assert await told(installation) == ()
    left = await everything(installation)
    for table in ("award_events", "learner_links", "learner_link_codes", "award_candidates", "recognitions"):
        assert left[table] == [], table


REFUSED = [
    ("another qualification", {"qualification_ids": ["hnd-computing-england-network"]}),
    ("one unit too few", {"qualification_ids": [], "unit_ids": ["hnc-computing-u06", "hnc-computing-u07"]}),
    ("a cap below what is needed", {"most_credits": 30}),
    ("it began after the units were earned", {"valid_from": date(2026, 7, 1)}),
    ("it ended before the units were earned", {"valid_until": date(2026, 6, 25)}),
]


@pytest.mark.parametrize(("why", "terms"), REFUSED, ids=[why for why, _ in REFUSED])
async def test_nothing_counts_beyond_what_was_agreed(
    installation: Installation, why: str, terms: dict[str, Any]
) -> None:
    anna = await split(installation, 5)
    await agree(installation, **terms)
    await link(installation, anna)
    await installation.work()
    assert await awards(installation) == [], why
    await agree(installation)
    assert await award(installation, anna.here) == 1


async def test_a_cap_that_is_just_enough_is_enough(installation: Installation) -> None:
    anna = await split(installation, 5)
    await agree(installation, most_credits=45)
    await link(installation, anna)
    await installation.work()
    assert len(await awards(installation)) == 1


async def test_without_a_link_by_the_learner_the_same_name_and_number_at_both_join_nothing(
    installation: Installation,
) -> None:
    rows = results(1, "PPPPPPPP").splitlines(keepends=True)
    await take_in(installation, "".join(rows[:4]))
    await take_in(installation, "".join(rows[4:]), installation.other)
    await agree(installation)
    await installation.work()
    assert await awards(installation) == []
    assert ANNA["uln"] != uln(1)


async def test_one_code_alone_links_nothing_however_often_it_is_made(installation: Installation) -> None:
    """A stolen code: whoever has it enters it as themselves at the other college, and is still alone there."""
    anna = await split(installation, 5)
    await agree(installation)
    for _ in range(3):
        assert not await enter(installation, anna, True, await code(installation, anna, False))
    async with transaction(installation.wiring.engine) as conn:
        assert await linking.linked_records(conn, anna.here) == ()
        assert await linking.linked_records(conn, anna.there) == ()
    assert await award(installation, anna.here) == 0


async def test_two_people_who_each_enter_a_code_of_the_first_are_not_linked_with_one_another(
    installation: Installation,
) -> None:
    anna = await split(installation, 5)
    thief = await issue_there(installation, "1", uln=uln(8), email="thief@example.net", learner_name="T. Hief")
    assert thief.learner_id is not None
    assert not await enter(installation, Anna(anna.here, thief.learner_id), True, await code(installation, anna, False))
    assert not await enter(installation, anna, False, await code(installation, anna, True))
    async with transaction(installation.wiring.engine) as conn:
        for learner_id in (anna.here, anna.there, thief.learner_id):
            assert await linking.linked_records(conn, learner_id) == ()


async def test_a_code_works_once_for_a_day_and_at_the_institution_it_was_made_for(installation: Installation) -> None:
    anna = await split(installation, 5)
    given = await code(installation, anna, False)
    assert await code_of(enter(installation, anna, False, given)) == "code_unknown"
    assert await code_of(enter(installation, anna, True, given, timedelta(days=1, seconds=1))) == "code_unknown"
    assert await code_of(enter(installation, anna, True, given.swapcase())) == "code_unknown"
    assert await code_of(enter(installation, anna, True, "x" * 10_000)) == "code_unknown"
    newer = await code(installation, anna, False)
    assert await code_of(enter(installation, anna, True, given)) == "code_unknown"
    both = await asyncio.gather(*(enter(installation, anna, True, newer) for _ in range(3)), return_exceptions=True)
    assert sorted(getattr(one, "code", str(one)) for one in both) == ["False", "code_unknown", "code_unknown"]
    async with transaction(installation.wiring.engine) as conn:
        here = installation.issuer.institution.id
        assert await code_of(linking.make_code(conn, here, anna.here, here, now())) == "same_institution"
        assert await code_of(linking.make_code(conn, here, anna.there, uuid4(), now())) == "learner_unknown"


async def test_an_agreement_is_signed_by_the_institution_that_takes_and_names_no_one(
    installation: Installation,
) -> None:
    made = await agree(installation, most_credits=60)
    document = strict_json.parse_object(made.document)
    read = credit_transfer.read(document)
    assert (read.issuer, read.takes_from) == (
        installation.issuer.institution.did,
        installation.other.institution.did,
    )
    assert read.most_credits == 60
    async with transaction(installation.wiring.engine) as conn:
        identity = await institutions.identity(conn, installation.issuer.institution.id)
        assert await transferring.agreements(conn, installation.issuer.institution.id) == (made,)
        assert await transferring.agreements(conn, installation.other.institution.id) == ()
    key = multikey.decode_multikey(identity.signing_key.public_key)
    proof = data_integrity.read_proof(document)
    bare, canonical = data_integrity.unsecured(document), installation.wiring.canonical
    assert data_integrity.check(proof, bare, key, canonical).holds
    assert not data_integrity.check(proof, {**bare, "mostCredits": 600}, key, canonical).holds
    published = await installation.client.get("/i/northgate/transfer-agreements", headers=JSON)
    assert published.json()["agreements"] == [document]
    assert (await installation.client.get("/i/southport/transfer-agreements")).json()["agreements"] == []
    assert (await installation.client.get("/i/nowhere/transfer-agreements")).status_code == 404


async def test_an_agreement_that_ends_covers_what_was_earned_until_then(installation: Installation) -> None:
    anna = await split(installation, 5)
    made = await agree(installation)
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        ended = await transferring.end(conn, issuer, made.id, AWARDED_ON, now())
        assert credit_transfer.read(strict_json.parse_object(ended.document)).until == AWARDED_ON
        assert await code_of(transferring.end(conn, issuer, made.id, AWARDED_ON, now())) == "agreement_ended"
        assert await code_of(transferring.end(conn, issuer, uuid4(), AWARDED_ON, now())) == "agreement_unknown"
    await link(installation, anna)
    await installation.work()
    assert len(await awards(installation)) == 1
    async with transaction(installation.wiring.engine) as conn:
        pack = packs.find_pack("hnc-computing-2022")
        found = await stacking.progress(conn, installation.issuer.institution.id, anna.here, pack, now().date())
    assert found.complete


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"qualification_ids": []}, "agreement_empty"),
        ({"qualification_ids": ["nothing"]}, "qualification_unknown"),
        ({"unit_ids": ["nothing"]}, "unit_unknown"),
        ({"valid_until": date(2025, 12, 31)}, "agreement_dates_reversed"),
        ({"most_credits": 0}, "agreement_cap"),
        ({"most_credits": -1}, "agreement_cap"),
    ],
)
async def test_an_agreement_that_says_nothing_sensible_is_refused(
    installation: Installation, terms: dict[str, Any], code: str
) -> None:
    assert await code_of(agree(installation, **terms)) == code
