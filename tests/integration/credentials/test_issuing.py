"""Issuing and withdrawing one credential on real parts."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.credentials import service as credentials
from app.credentials import status
from app.database import transaction
from app.errors import AppError, Conflict, NotFound, Refused
from app.standards import status_list
from app.wiring import now
from tests.integration.conftest import Installation


async def signed(installation: Installation, credential_id: object) -> dict[str, object]:
    async with transaction(installation.wiring.engine) as conn:
        document: dict[str, object] = json.loads(await credentials.document(conn, credential_id))  # type: ignore[arg-type]
    return document


async def test_a_credential_names_the_learner_and_nothing_private(installation: Installation) -> None:
    credential = await installation.issue_one()
    document = await signed(installation, credential.id)
    shown = json.dumps(document, ensure_ascii=False)
    assert "Anna Müller-O’Neill" in shown
    for private in ("1234567899", "anna@example.org", "eip155"):
        assert private not in shown
    assert isinstance(document["proof"], dict)
    assert "id" not in document["credentialSubject"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"component": "99"}, "unit_unknown"),
        ({"qualification": "000/0000/0"}, "unit_unknown"),
        ({"grade": "Splendid"}, "grade_not_on_scale"),
        ({"awarded_on": date(2999, 1, 1)}, "award_date_future"),
        ({"awarded_on": date(2019, 1, 1)}, "not_accredited"),
        ({"learner_name": "Anna\x08Müller"}, "control_character"),
    ],
)
async def test_what_is_wrong_is_refused_and_leaves_nothing(
    installation: Installation, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(AppError) as refused:
        await installation.issue_one(**changes)
    assert refused.value.code == code
    async with transaction(installation.wiring.engine) as conn:
        counts = await conn.execute(text("SELECT (SELECT count(*) FROM credentials), (SELECT count(*) FROM learners)"))
        assert tuple(counts.one()) == (0, 0)


async def test_the_same_result_twice_is_refused(installation: Installation) -> None:
    await installation.issue_one()
    with pytest.raises(Conflict) as refused:
        await installation.issue_one(grade="Distinction")
    assert refused.value.code == "award_duplicate"


async def test_withdrawing_sets_the_bit_signs_the_list_and_is_final(installation: Installation) -> None:
    credential = await installation.issue_one()
    entry = status_list.read_entry(await signed(installation, credential.id))
    assert entry is not None
    async with transaction(installation.wiring.engine) as conn:
        await credentials.revoke(conn, installation.issuer, credential.id, reason="grade changed", now=now())
        published = json.loads(await status.published(conn, installation.issuer.institution.id, 1) or b"")
    bits = status_list.decode(published["credentialSubject"]["encodedList"])
    assert [index for index in range(len(bits) * 8) if status_list.is_set(bits, index)] == [entry[1]]
    with pytest.raises(Conflict) as refused:
        async with transaction(installation.wiring.engine) as conn:
            await credentials.revoke(conn, installation.issuer, credential.id, reason="grade changed", now=now())
    assert refused.value.code == "already_revoked"
    # The result may be issued again, with another grade, once the first is withdrawn.
    await installation.issue_one(grade="Distinction")


async def test_another_institution_can_neither_see_nor_withdraw(installation: Installation) -> None:
    credential = await installation.issue_one()
    async with transaction(installation.wiring.engine) as conn:
        with pytest.raises(NotFound):
            await credentials.get(conn, installation.other.institution.id, credential.id)
    with pytest.raises(NotFound):
        async with transaction(installation.wiring.engine) as conn:
            await credentials.revoke(conn, installation.other, credential.id, reason="other", now=now())


@pytest.mark.parametrize(("reason", "code"), [("because", "reason_unknown"), ("", "reason_unknown")])
async def test_a_withdrawal_needs_a_known_reason(installation: Installation, reason: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        async with transaction(installation.wiring.engine) as conn:
            await credentials.revoke(conn, installation.issuer, uuid4(), reason=reason, now=now())
    assert refused.value.code == code


async def test_lists_are_signed_again_when_a_day_old(installation: Installation) -> None:
    async with transaction(installation.wiring.engine) as conn:
        assert await status.refresh(conn, installation.issuer, now()) == 0
        later = datetime.now(UTC) + timedelta(days=2)
        assert await status.refresh(conn, installation.issuer, later) == 1
        published = json.loads(await status.published(conn, installation.issuer.institution.id, 1) or b"")
    assert published["validFrom"][:10] == later.date().isoformat()


async def test_status_places_are_random_and_never_given_twice(installation: Installation) -> None:
    async with transaction(installation.wiring.engine) as conn:
        places = await status.allocate(conn, installation.issuer, 300, now())
        more = await status.allocate(conn, installation.issuer, 300, now())
    indexes = [index for _, _, index in places + more]
    assert len(set(indexes)) == 600
    assert indexes != sorted(indexes)
    assert max(indexes) > status_list.LENGTH // 2
