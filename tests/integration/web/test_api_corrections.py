"""Correcting and renaming over the API: the way it goes, every way it is refused, and nobody else's."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.credentials import service as credentials
from app.database import transaction
from app.wiring import now
from tests.integration.web.test_api_credentials import assert_problem

WRONG_GRADE = {"grade": "Distinction", "reason": "grade changed", "note": "resit counted"}


async def issued(installation: Any, **changes: Any) -> Any:
    return await installation.issue_one(now=now() - timedelta(hours=1), **changes)


async def test_correct_then_look_at_every_edition(installation: Any) -> None:
    client, headers = installation.client, installation.headers("issue")
    credential = await issued(installation)
    address = f"/api/credentials/{credential.id}"
    first = (await client.get(address, headers=headers)).json()
    assert (first["edition"], first["corrected_at"]) == (1, None)
    await installation.work()
    done = await client.post(f"{address}/correct", json=WRONG_GRADE, headers=headers)
    assert done.status_code == 200, done.text
    view = done.json()
    assert (view["id"], view["grade"], view["edition"], view["anchor"]) == (first["id"], "Distinction", 2, "pending")
    assert view["created_at"] == first["created_at"]
    assert "resit" not in done.text
    again = await client.get(address, headers=headers)
    assert again.json() == view
    editions = await client.get(f"{address}/editions", headers=headers)
    old, new = editions.json()["editions"]
    assert (old["number"], old["reason"], old["kept"], old["anchor"]) == (1, "grade changed", True, "anchored")
    assert (new["number"], new["reason"], new["kept"], new["anchor"]) == (2, None, True, "pending")
    assert old["superseded_at"] == new["valid_from"] == view["corrected_at"]
    assert (new["superseded_at"], old["digest"] != new["digest"]) == (None, True)
    assert "resit" not in editions.text
    document = (await client.get(f"/credentials/{credential.id}")).json()
    assert document["credentialSubject"]["result"][0]["value"] == "Distinction"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "request_malformed"),
        ({"reason": "other", "uln": "1234567899"}, 422, "request_malformed"),
        ({"grade": 3, "reason": "grade changed"}, 422, "request_malformed"),
        ({"grade": "Pass", "reason": "bored"}, 422, "reason_unknown"),
        ({"reason": "grade changed"}, 422, "reason_does_not_fit"),
        ({"reason": "other"}, 422, "correction_empty"),
        ({"grade": "Superb", "reason": "grade changed"}, 422, "grade_not_on_scale"),
        ({"award_date": "26.06.2026", "reason": "award date wrong"}, 422, "date_format"),
        ({"award_date": "2999-01-01", "reason": "award date wrong"}, 422, "date_in_future"),
        ({"award_date": "2019-01-01", "reason": "award date wrong"}, 403, "not_accredited"),
        ({"learner_name": "Anna1", "reason": "wrong learner details"}, 422, "name_character"),
        ({"grade": "Pass", "reason": "grade changed", "note": "x" * 501}, 422, "note_too_long"),
    ],
)
async def test_corrections_that_are_refused(installation: Any, body: dict[str, Any], status: int, code: str) -> None:
    credential = await issued(installation)
    address = f"/api/credentials/{credential.id}/correct"
    response = await installation.client.post(address, json=body, headers=installation.headers("issue"))
    assert_problem(response, status, code)
    assert "1234567899" not in response.text


async def test_a_withdrawn_credential_is_not_corrected(installation: Any) -> None:
    credential = await issued(installation)
    async with transaction(installation.wiring.engine) as conn:
        await credentials.revoke(conn, installation.issuer, credential.id, reason="other", now=now())
    address = f"/api/credentials/{credential.id}/correct"
    response = await installation.client.post(address, json=WRONG_GRADE, headers=installation.headers("issue"))
    assert_problem(response, 409, "already_revoked")


async def test_a_change_of_name(installation: Any) -> None:
    client, headers = installation.client, installation.headers("issue")
    made = [await issued(installation, component=unit) for unit in ("1", "2")]
    address = f"/api/learners/{made[0].learner_id}/name"
    done = await client.post(address, json={"name": "Amir Brown", "note": "by deed"}, headers=headers)
    assert done.status_code == 200, done.text
    assert done.json()["learner"] == {
        "id": str(made[0].learner_id),
        "name": "Amir Brown",
        "uln_ending": done.json()["learner"]["uln_ending"],
    }
    assert set(done.json()["corrected"]) == {str(credential.id) for credential in made}
    for credential in made:
        for shown in (f"/verify/{credential.id}", f"/credentials/{credential.id}/bundle"):
            page = await client.get(shown)
            assert "Amir Brown" in page.text
            assert "Anna" not in page.text
    assert_problem(await client.post(address, json={"name": "Amir Brown"}, headers=headers), 422, "correction_empty")
    former = {"name": "Amir Green", "note": "formerly Brown"}
    assert_problem(await client.post(address, json=former, headers=headers), 422, "note_names_former")
    assert_problem(await client.post(address, json={"name": "7"}, headers=headers), 422, "name_character")
    assert_problem(await client.post(address, json={}, headers=headers), 422, "request_malformed")


async def test_the_scope_to_issue_is_needed(installation: Any) -> None:
    client = installation.client
    credential = await issued(installation)
    for method, address in (
        ("POST", f"/api/credentials/{credential.id}/correct"),
        ("GET", f"/api/credentials/{credential.id}/editions"),
        ("POST", f"/api/learners/{credential.learner_id}/name"),
    ):
        # The body of a caller who may not is not even looked at.
        unknown = await client.request(method, address, content=b"{{{")
        assert_problem(unknown, 401, "api_key_invalid")
        wrong = await client.request(method, address, content=b"{{{", headers=installation.headers("revoke"))
        assert_problem(wrong, 403, "scope_missing")


async def test_another_institutions_credentials_and_learners_do_not_exist(installation: Any) -> None:
    client = installation.client
    credential = await issued(installation)
    stranger = {"Authorization": f"Bearer {installation.other_api_key['issue']}"}
    for number in (credential.id, uuid4()):
        address = f"/api/credentials/{number}"
        corrected = await client.post(f"{address}/correct", json=WRONG_GRADE, headers=stranger)
        assert_problem(corrected, 404, "credential_unknown")
        assert_problem(await client.get(f"{address}/editions", headers=stranger), 404, "credential_unknown")
    by_name = {"learner_name": "Amir Brown", "reason": "change of name"}
    renamed = await client.post(f"/api/credentials/{credential.id}/correct", json=by_name, headers=stranger)
    assert_problem(renamed, 404, "credential_unknown")
    for learner in (credential.learner_id, uuid4()):
        renamed = await client.post(f"/api/learners/{learner}/name", json={"name": "Amir Brown"}, headers=stranger)
        assert_problem(renamed, 404, "learner_unknown")
    async with transaction(installation.wiring.engine) as conn:
        unchanged = await credentials.get(conn, installation.issuer.institution.id, credential.id)
    assert (unchanged.edition, unchanged.grade) == (1, "Merit")


async def test_the_description_names_them(installation: Any) -> None:
    paths = (await installation.client.get("/api/openapi.json")).json()["paths"]
    assert {
        "/api/credentials/{credential_id}/correct",
        "/api/credentials/{credential_id}/editions",
        "/api/learners/{learner_id}/name",
        "/i/{slug}/status/{list}/reasons",
    } <= set(paths)
    parameters = paths["/i/{slug}/status/{list}"]["get"]["parameters"]
    assert [(one["name"], one["required"]) for one in parameters][-1] == ("timestamp", False)
