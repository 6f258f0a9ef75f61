"""Issuing, listing and withdrawing over the API: the way it goes, and every way it is refused."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.credentials import service as credentials
from app.database import transaction

ORDER = {
    "learner_name": "Anna Müller",
    "uln": "1234567899",
    "email": "anna@example.org",
    "qualification": "603/7595/4",
    "component": "1",
    "grade": "Merit",
    "award_date": "2026-06-26",
}


def assert_problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["code"] == code
    assert problem["type"] == f"urn:stackmark:problem:{code}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


async def test_issue_then_anchor(installation: Any) -> None:
    client = installation.client
    response = await client.post("/api/credentials", json=ORDER, headers=installation.headers("issue"))
    assert response.status_code == 201, response.text
    made = response.json()
    assert made["anchor"] == "pending"
    assert made["state"] == "signed"
    assert response.headers["location"] == f"/api/credentials/{made['id']}"
    for secret in (ORDER["uln"], ORDER["email"]):
        assert secret not in response.text
    await installation.work()
    shown = await client.get(response.headers["location"], headers=installation.headers("issue"))
    assert shown.json()["anchor"] == "anchored"
    listed = await client.get("/api/credentials", headers=installation.headers("issue"))
    assert [item["id"] for item in listed.json()["credentials"]] == [made["id"]]
    assert listed.json()["credentials"][0]["anchor"] == "anchored"
    assert listed.json()["next_offset"] is None


async def test_the_list_is_paged(installation: Any) -> None:
    for component in ("1", "2", "3"):
        await installation.issue_one(component=component)
    headers = installation.headers("issue")
    first = (await installation.client.get("/api/credentials?limit=2", headers=headers)).json()
    assert len(first["credentials"]) == 2
    rest = (
        await installation.client.get(f"/api/credentials?limit=2&offset={first['next_offset']}", headers=headers)
    ).json()
    assert len(rest["credentials"]) == 1
    assert rest["next_offset"] is None


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"uln": "1234567890"}, 422, "result_invalid"),
        ({"email": "anna"}, 422, "result_invalid"),
        ({"learner_name": "=HYPERLINK()"}, 422, "result_invalid"),
        ({"learner_name": "Anna\u202ereversed"}, 422, "result_invalid"),
        ({"award_date": "2999-01-01"}, 422, "result_invalid"),
        ({"award_date": "26.06.2026"}, 422, "result_invalid"),
        ({"grade": "Superb"}, 422, "grade_not_on_scale"),
        ({"component": "999"}, 404, "unit_unknown"),
        ({"qualification": "tlevel-60358300", "component": "60358300", "grade": "A"}, 403, "not_accredited"),
        ({"grade": 3}, 422, "request_malformed"),
        ({"colour": "red"}, 422, "request_malformed"),
    ],
)
async def test_orders_that_are_refused(installation: Any, changes: dict[str, Any], status: int, code: str) -> None:
    response = await installation.client.post(
        "/api/credentials", json={**ORDER, **changes}, headers=installation.headers("issue")
    )
    assert_problem(response, status, code)
    for personal in (ORDER["uln"], ORDER["email"], "1234567890"):
        assert personal not in response.text


async def test_problems_name_their_fields(installation: Any) -> None:
    order = {**ORDER, "uln": "12", "email": "anna"}
    response = await installation.client.post("/api/credentials", json=order, headers=installation.headers("issue"))
    problems = assert_problem(response, 422, "result_invalid")["details"]["problems"]
    assert [(item["field"], item["code"]) for item in problems] == [("uln", "uln_format"), ("email", "email_format")]
    del order["grade"]
    response = await installation.client.post(
        "/api/credentials", json={**order, "extra": 1}, headers=installation.headers("issue")
    )
    fields = assert_problem(response, 422, "request_malformed")["details"]["fields"]
    assert {item["field"] for item in fields} == {"grade", "extra"}


async def test_the_same_result_twice(installation: Any) -> None:
    headers = installation.headers("issue")
    assert (await installation.client.post("/api/credentials", json=ORDER, headers=headers)).status_code == 201
    again = await installation.client.post("/api/credentials", json=ORDER, headers=headers)
    assert_problem(again, 409, "award_duplicate")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"uln": "1234567899", "uln": "9999999999"}', 400, "duplicate_member"),
        (b"{", 400, "malformed_json"),
        (b"[]", 400, "not_an_object"),
        (b"\xff\xfe", 400, "not_utf8"),
        (b'{"grade": NaN}', 400, "malformed_json"),
        (b'{"grade": 1e999}', 400, "number_not_exact"),
        (b'{"grade": "\\ud800"}', 400, "lone_surrogate"),
        (b"[" * 100 + b"]" * 100, 400, "too_deep"),
        (b'{"grade": "' + b"x" * 70_000 + b'"}', 413, "body_too_large"),
    ],
)
async def test_bodies_that_are_not_one_document(installation: Any, body: bytes, status: int, code: str) -> None:
    headers = {**installation.headers("issue"), "Content-Type": "application/json"}
    assert_problem(await installation.client.post("/api/credentials", content=body, headers=headers), status, code)


async def test_another_kind_of_body(installation: Any) -> None:
    headers = {**installation.headers("issue"), "Content-Type": "application/x-www-form-urlencoded"}
    response = await installation.client.post("/api/credentials", content=b"uln=1", headers=headers)
    assert_problem(response, 415, "media_type_unknown")


async def test_revoke(installation: Any) -> None:
    credential = await installation.issue_one()
    address = f"/api/credentials/{credential.id}/revoke"
    revoke = installation.headers("revoke")
    wrong = await installation.client.post(address, json={"reason": "bored"}, headers=revoke)
    assert_problem(wrong, 422, "reason_unknown")
    note = {"reason": "other", "note": "x" * 501}
    assert_problem(await installation.client.post(address, json=note, headers=revoke), 422, "note_too_long")
    done = await installation.client.post(address, json={"reason": "grade changed", "note": "n"}, headers=revoke)
    assert done.status_code == 200, done.text
    assert done.json()["revocation_reason"] == "grade changed"
    assert_problem(
        await installation.client.post(address, json={"reason": "other"}, headers=revoke), 409, "already_revoked"
    )


async def test_keys_and_scopes(installation: Any) -> None:
    client = installation.client
    credential = await installation.issue_one()
    missing = await client.get("/api/credentials")
    assert_problem(missing, 401, "api_key_invalid")
    assert missing.headers["www-authenticate"] == "Bearer"
    for secret in ("sm_wrong", "Basic x", "x" * 5_000):
        response = await client.get("/api/credentials", headers={"Authorization": f"Bearer {secret}"})
        assert_problem(response, 401, "api_key_invalid")
        assert secret not in response.text
    withdrawal = {"reason": "other"}
    address = f"/api/credentials/{credential.id}/revoke"
    assert_problem(
        await client.post(address, json=withdrawal, headers=installation.headers("issue")), 403, "scope_missing"
    )
    assert_problem(await client.get("/api/credentials", headers=installation.headers("revoke")), 403, "scope_missing")
    assert_problem(await client.get("/api/api-keys", headers=installation.headers("issue")), 403, "scope_missing")
    # The body of an unknown caller is not even looked at.
    assert_problem(await client.post("/api/credentials", content=b"{{{"), 401, "api_key_invalid")
    admin = await client.get("/api/credentials", headers=installation.headers("admin"))
    assert admin.status_code == 200


async def test_another_institutions_credentials_do_not_exist(installation: Any) -> None:
    client = installation.client
    credential = await installation.issue_one()
    stranger = {scope: {"Authorization": f"Bearer {secret}"} for scope, secret in installation.other_api_key.items()}
    shown = await client.get(f"/api/credentials/{credential.id}", headers=stranger["issue"])
    assert_problem(shown, 404, "credential_unknown")
    revoked = await client.post(
        f"/api/credentials/{credential.id}/revoke", json={"reason": "other"}, headers=stranger["revoke"]
    )
    assert_problem(revoked, 404, "credential_unknown")
    listed = await client.get("/api/credentials", headers=stranger["issue"])
    assert listed.json()["credentials"] == []
    learner = credential.learner_id
    links = await client.post(f"/api/learners/{learner}/links", json={}, headers=stranger["issue"])
    assert_problem(links, 404, "learner_unknown")
    assert_problem(
        await client.get(f"/api/learners/{learner}/links", headers=stranger["issue"]), 404, "learner_unknown"
    )
    found = await client.get("/api/learners?name=Anna", headers=stranger["issue"])
    assert found.json()["learners"] == []
    async with transaction(installation.wiring.engine) as conn:
        unchanged = await credentials.get(conn, installation.issuer.institution.id, credential.id)
    assert unchanged.revoked_at is None


async def test_numbers_that_are_none(installation: Any) -> None:
    headers = installation.headers("issue")
    assert_problem(await installation.client.get("/api/credentials/abc", headers=headers), 404, "address_unknown")
    unknown = await installation.client.get(f"/api/credentials/{uuid4()}", headers=headers)
    assert_problem(unknown, 404, "credential_unknown")
    limit = await installation.client.get("/api/credentials?limit=100000", headers=headers)
    assert_problem(limit, 422, "request_malformed")
    assert_problem(await installation.client.put("/api/credentials", headers=headers), 405, "method_not_allowed")
    assert_problem(await installation.client.get("/api/nowhere", headers=headers), 404, "address_unknown")
