"""A learner's comprehensive record on real parts: what goes in, what stays out, what a newer one does."""

import asyncio
import json
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app.anchoring import service as anchoring
from app.anchoring.audit import places_of
from app.credentials import endorsements, records, status
from app.credentials import service as credentials
from app.credentials.audit import audit_credentials
from app.credentials.model import Changes, Credential, CredentialKind
from app.credentials.signing import Issuer
from app.database import transaction
from app.errors import AppError, Conflict, NotFound, Refused
from app.institutions import service as institutions
from app.stacking import service as stacking
from app.standards import clr, data_integrity, did, status_list, strict_json
from app.standards.anchor_receipt import LeafKind
from app.wiring import now
from tests.integration.conftest import ANNA, PUBLIC_URL, Installation
from tests.integration.credentials.test_correcting import LONG_AGO, correct
from tests.integration.stacking.classroom import award, issue_units, withdraw


async def make(installation: Installation, learner_id: UUID, issuer: Issuer | None = None) -> Credential:
    async with transaction(installation.wiring.engine) as conn:
        reference = installation.wiring.canonical
        return await records.issue_record(conn, issuer or installation.issuer, reference, learner_id, now=now())


async def document(installation: Installation, credential_id: UUID) -> dict[str, Any]:
    async with transaction(installation.wiring.engine) as conn:
        return strict_json.parse_object(await credentials.document(conn, credential_id), clr.MAX_BYTES)


async def again(installation: Installation, credential: Credential) -> Credential:
    async with transaction(installation.wiring.engine) as conn:
        return await credentials.get(conn, installation.issuer.institution.id, credential.id)


def inside(record: dict[str, Any]) -> list[str]:
    return [held["id"] for held in record["credentialSubject"]["verifiableCredential"]]


def related(record: dict[str, Any], kind: str) -> set[tuple[str, str]]:
    found = record["credentialSubject"].get("association", [])
    return {(one["sourceId"], one["targetId"]) for one in found if one["associationType"] == kind}


async def revoked_places(installation: Installation) -> set[int]:
    async with transaction(installation.wiring.engine) as conn:
        found = await status.find(conn, installation.issuer.institution.id, 1)
    assert found is not None
    listed = json.loads(found.document)
    bits = status_list.decode(listed["credentialSubject"]["encodedList"])
    return {index for index in range(len(bits) * 8) if status_list.is_set(bits, index)}


def place_of(record: dict[str, Any]) -> int:
    return int(record["credentialStatus"]["statusListIndex"])


async def test_a_record_holds_a_stacked_award_and_its_parts_byte_for_byte(installation: Installation) -> None:
    units = await issue_units(installation, "PPPPMMDD")
    learner_id = next(iter(units.values())).learner_id
    assert learner_id is not None
    assert await award(installation, learner_id) == 1
    component = await installation.issue_one(qualification="610/5799/X", component="ZTLOS091", grade="Merit")
    made = await make(installation, learner_id)
    assert (made.kind, made.learner_id, made.grade, made.qualification_id) == (
        CredentialKind.RECORD,
        learner_id,
        "",
        "",
    )

    record = await document(installation, made.id)
    async with transaction(installation.wiring.engine) as conn:
        held = await credentials.held_by(conn, installation.issuer.institution.id, learner_id)
        stored = await credentials.documents(conn, [one.id for one in held])
        whole = await credentials.document(conn, made.id)
    assert len(held) == 10
    assert inside(record) == [one.uri for one in sorted(held, key=lambda one: (one.awarded_on, one.id))]
    assert all(data in whole for data in stored.values())
    assert record["partial"] is False

    # The parts are children of the award that names them; the T Level component is a part of its programme.
    ids = {
        held["id"]: held["credentialSubject"]["achievement"]["id"]
        for held in record["credentialSubject"]["verifiableCredential"]
    }
    award_id = f"{PUBLIC_URL}/catalogue/qualifications/hnc-computing"
    assert related(record, "isChildOf") == {(ids[unit.uri], award_id) for unit in units.values()}
    programme = f"{PUBLIC_URL}/catalogue/qualifications/tlevel-6105799x?programme"
    assert related(record, "isPartOf") == {(ids[component.uri], programme)}
    assert [one["id"] for one in record["credentialSubject"]["achievement"]] == [programme]

    for private in (ANNA["uln"], ANNA["email"], "eip155"):
        assert private.encode() not in whole


async def test_a_record_and_each_credential_in_it_is_signed_by_the_college(installation: Installation) -> None:
    first = await installation.issue_one()
    await installation.issue_one(component="2")
    record = await document(installation, (await make(installation, first.learner_id)).id)
    async with transaction(installation.wiring.engine) as conn:
        did_document = await institutions.published_did_document(conn, did=installation.issuer.institution.did)
    keys = did.read_document(strict_json.parse_object(did_document), installation.issuer.institution.did)
    for signed in (record, *record["credentialSubject"]["verifiableCredential"]):
        proof = data_integrity.read_proof(signed)
        key = keys.signing_key(proof.verification_method)
        assert key is not None
        hashed = data_integrity.hash_for(proof, signed, installation.wiring.canonical)
        assert data_integrity.verify_signature(key.key, proof.signature, hashed)


async def test_what_was_withdrawn_is_left_out_and_a_record_of_nothing_is_refused(installation: Installation) -> None:
    kept, gone = await installation.issue_one(), await installation.issue_one(component="2")
    await withdraw(installation, gone.id)
    assert inside(await document(installation, (await make(installation, kept.learner_id)).id)) == [kept.uri]
    await withdraw(installation, kept.id)
    with pytest.raises(Refused) as refused:
        await make(installation, kept.learner_id)
    assert refused.value.code == "record_empty"


async def test_what_is_still_being_made_makes_the_record_partial(installation: Installation) -> None:
    signed, waiting = await installation.issue_one(), await installation.issue_one(component="2")
    async with transaction(installation.wiring.engine) as conn:
        await conn.execute(text("UPDATE credentials SET state = 'prepared' WHERE id = :id"), {"id": waiting.id})
    record = await document(installation, (await make(installation, signed.learner_id)).id)
    assert record["partial"] is True
    assert inside(record) == [signed.uri]


async def test_a_newer_record_withdraws_the_one_before_it(installation: Installation) -> None:
    first = await installation.issue_one()
    earlier = await make(installation, first.learner_id)
    second = await installation.issue_one(component="2")
    newer = await make(installation, first.learner_id)
    old = await again(installation, earlier)
    assert old.revoked_at is not None
    assert old.revocation_reason == "a newer record was made"
    assert (await again(installation, newer)).revoked_at is None
    records_made = [await document(installation, one.id) for one in (earlier, newer)]
    assert await revoked_places(installation) == {place_of(records_made[0])}
    assert inside(records_made[0]) == [first.uri]
    assert set(inside(records_made[1])) == {first.uri, second.uri}
    async with transaction(installation.wiring.engine) as conn:
        current = await records.current_record(conn, installation.issuer.institution.id, first.learner_id)
    assert current.id == newer.id
    # Neither names the learner by the same hash or number: two readers cannot tell that they hold the same person's.
    named = [one["credentialSubject"]["identifier"] for one in records_made]
    assert named[0][0]["identityHash"] != named[1][0]["identityHash"]
    assert named[0][2]["identityHash"] != named[1][2]["identityHash"]


async def test_four_at_the_same_moment_leave_one_record_in_force(installation: Installation) -> None:
    first = await installation.issue_one()
    made = await asyncio.gather(*(make(installation, first.learner_id) for _ in range(4)))
    states = [(await again(installation, one)).revoked_at is None for one in made]
    assert sorted(states) == [False, False, False, True]


async def test_a_record_counts_for_nothing_when_awards_and_profiles_are_made(installation: Installation) -> None:
    units = await issue_units(installation, "PPPPPPPP")
    learner_id = units["1"].learner_id
    assert learner_id is not None
    await make(installation, learner_id)
    institution_id = installation.issuer.institution.id
    async with transaction(installation.wiring.engine) as conn:
        held = await credentials.held_by(conn, institution_id, learner_id)
        each = await credentials.lock_held_by_each(conn, institution_id, [learner_id])
        profile = await stacking.profile(conn, institution_id, learner_id, now())
    assert len(held) == len(each[learner_id]) == len(profile.credentials) == 8
    assert await award(installation, learner_id) == 1
    # And a record in force stands in nobody's way: another unit, another award, another record.
    await make(installation, learner_id)


async def test_a_part_withdrawn_later_marks_the_record_for_review(installation: Installation) -> None:
    first = await installation.issue_one()
    record = await make(installation, first.learner_id)
    await withdraw(installation, first.id, "malpractice")
    async with transaction(installation.wiring.engine) as conn:
        assert await credentials.review_dependents(conn, first.id) == [record.id]
        current = await records.current_record(conn, installation.issuer.institution.id, first.learner_id)
    assert current.review_reason == f"{first.uri} was withdrawn: malpractice"
    assert current.revoked_at is None
    with pytest.raises(Refused) as refused:
        async with transaction(installation.wiring.engine) as conn:
            await stacking.reconsider(conn, installation.issuer.institution.id, record.id, now().date())
    assert refused.value.code == "not_an_award"


async def test_a_part_corrected_later_marks_the_record_for_review_and_a_newer_record_not(
    installation: Installation,
) -> None:
    first = await installation.issue_one(now=LONG_AGO)
    assert first.learner_id is not None
    record = await make(installation, first.learner_id)
    await correct(installation, first.id)
    async with transaction(installation.wiring.engine) as conn:
        assert await credentials.review_dependents(conn, first.id) == [record.id]
    marked = await again(installation, record)
    assert (marked.review_reason, marked.edition) == (f"{first.uri} was corrected", 1)
    newer = await make(installation, first.learner_id)
    async with transaction(installation.wiring.engine) as conn:
        assert await credentials.review_dependents(conn, first.id) == []
    assert (await again(installation, newer)).review_reason is None


async def test_a_record_is_not_corrected_but_made_again(installation: Installation) -> None:
    first = await installation.issue_one(now=LONG_AGO)
    assert first.learner_id is not None
    record = await make(installation, first.learner_id)
    for wanted in (
        {"changes": Changes(grade="Pass"), "reason": "grade changed"},
        {"changes": Changes(learner_name="Amir Miller"), "reason": "change of name"},
    ):
        with pytest.raises(Refused) as refused:
            await correct(installation, record.id, **wanted)
        assert refused.value.code == "not_correctable"


async def test_another_institution_can_neither_make_nor_see_a_record(installation: Installation) -> None:
    first = await installation.issue_one()
    record = await make(installation, first.learner_id)
    other = installation.other
    with pytest.raises(NotFound) as refused:
        await make(installation, first.learner_id, other)
    assert refused.value.code == "learner_unknown"
    async with transaction(installation.wiring.engine) as conn:
        for asked in (
            records.current_record(conn, other.institution.id, first.learner_id),
            credentials.get(conn, other.institution.id, record.id),
        ):
            with pytest.raises(NotFound):
                await asked
    with pytest.raises(NotFound):
        await make(installation, uuid4())


async def test_the_same_person_at_two_colleges_has_two_records(installation: Installation) -> None:
    here = await installation.issue_one()
    async with transaction(installation.wiring.engine) as conn:
        there = await credentials.issue_one(
            conn,
            installation.other,
            installation.wiring.canonical,
            **ANNA,
            qualification="603/7595/4",
            component="2",
            grade="Pass",
            awarded_on=date(2026, 6, 26),
            now=now(),
        )
    assert inside(await document(installation, (await make(installation, here.learner_id)).id)) == [here.uri]
    record = await make(installation, there.learner_id, installation.other)
    assert inside(await document(installation, record.id)) == [there.uri]


@pytest.mark.parametrize("limit", ["MAX_CREDENTIALS", "MAX_BYTES"])
async def test_a_record_too_large_to_be_checked_is_refused_and_the_earlier_one_stays(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    first = await installation.issue_one()
    record = await make(installation, first.learner_id)
    size = len(json.dumps(await document(installation, record.id)))
    await installation.issue_one(component="2")
    monkeypatch.setattr(clr, limit, {"MAX_CREDENTIALS": 1, "MAX_BYTES": size}[limit])
    with pytest.raises(Refused) as refused:
        await make(installation, first.learner_id)
    assert refused.value.code == "record_too_large"
    assert (await again(installation, record)).revoked_at is None
    assert await revoked_places(installation) == set()


async def test_the_audit_finds_every_record_and_endorsement_in_the_log_once(installation: Installation) -> None:
    first = await installation.issue_one()
    await make(installation, first.learner_id)
    await make(installation, first.learner_id)
    await endorse(installation, institution="southport", comment="Good neighbours.")
    institution_id = installation.issuer.institution.id
    engine = installation.wiring.engine
    await installation.work()
    async with transaction(engine) as conn:
        log = await anchoring.log_of(conn, institution_id)
    places = await places_of(engine, log, LeafKind.CREDENTIAL)
    assert await audit_credentials(engine, institution_id, installation.wiring.compiled, places) == (4, [])


# --- endorsements -------------------------------------------------------------------------------------------------


async def endorse(installation: Installation, **wanted: Any) -> Credential:
    async with transaction(installation.wiring.engine) as conn:
        return await endorsements.endorse(conn, installation.issuer, installation.wiring.canonical, **wanted, now=now())


async def test_a_unit_and_an_institution_are_endorsed(installation: Installation) -> None:
    unit = await a_unit(installation)
    for wanted, endorsed_id in (
        ({"unit": unit}, f"{PUBLIC_URL}/catalogue/units/{unit}"),
        ({"institution": "southport"}, installation.other.institution.did),
    ):
        made = await endorse(installation, **wanted, comment="  Taught well.\n")
        assert (made.kind, made.learner_id, made.endorsed_id) == (CredentialKind.ENDORSEMENT, None, endorsed_id)
        signed = await document(installation, made.id)
        assert signed["credentialSubject"] == {
            "id": endorsed_id,
            "type": ["EndorsementSubject"],
            "endorsementComment": "Taught well.",
        }


async def test_an_endorsement_is_withdrawn_like_any_credential_and_can_then_be_given_again(
    installation: Installation,
) -> None:
    made = await endorse(installation, institution="southport", comment="Good.")
    with pytest.raises(Conflict) as refused:
        await endorse(installation, institution="southport", comment="Very good.")
    assert refused.value.code == "endorsement_duplicate"
    await withdraw(installation, made.id, "other")
    assert await revoked_places(installation) == {place_of(await document(installation, made.id))}
    await endorse(installation, institution="southport", comment="Very good.")


async def test_two_endorsements_of_one_thing_at_the_same_moment_are_one(installation: Installation) -> None:
    asked = [endorse(installation, institution="southport", comment="Good.") for _ in range(3)]
    outcomes: Sequence[object] = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(one, Credential) for one in outcomes) == 1
    assert [one.code for one in outcomes if isinstance(one, AppError)] == ["endorsement_duplicate"] * 2


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({}, "endorsed_unclear"),
        ({"unit": "x", "institution": "southport"}, "endorsed_unclear"),
        ({"unit": "no-such-unit"}, "unit_unknown"),
        ({"institution": "nowhere"}, "institution_unknown"),
        ({"institution": "northgate"}, "endorsed_oneself"),
        ({"institution": "southport", "comment": " \n "}, "comment_empty"),
        ({"institution": "southport", "comment": "x" * 2_001}, "comment_too_long"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_not_endorsed(installation: Installation, wanted: dict[str, str], code: str) -> None:
    with pytest.raises(AppError) as refused:
        await endorse(installation, **{"comment": "Good.", **wanted})
    assert refused.value.code == code
    async with transaction(installation.wiring.engine) as conn:
        assert (await conn.execute(text("SELECT count(*) FROM credentials"))).scalar_one() == 0


async def a_unit(installation: Installation) -> str:
    credential = await installation.issue_one()
    assert credential.unit_id is not None
    return credential.unit_id
