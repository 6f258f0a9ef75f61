"""API keys, learners and links over the API, and the profile behind a link."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from app.database import transaction
from app.sharing import service as sharing
from app.wiring import now
from tests.integration.web.test_api_credentials import assert_problem


async def test_a_keys_life(installation: Any) -> None:
    client, admin = installation.client, installation.headers("admin")
    made = await client.post("/api/api-keys", json={"label": "MIS", "scopes": ["issue"]}, headers=admin)
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "no-store"
    secret = made.json()["secret"]
    using = {"Authorization": f"Bearer {secret}"}
    assert (await client.get("/api/credentials", headers=using)).status_code == 200
    listed = await client.get("/api/api-keys", headers=admin)
    assert secret not in listed.text
    assert "MIS" in [key["label"] for key in listed.json()["api_keys"]]
    stranger = {"Authorization": f"Bearer {installation.other_api_key['admin']}"}
    address = f"/api/api-keys/{made.json()['id']}"
    assert_problem(await client.delete(address, headers=stranger), 404, "api_key_unknown")
    assert (await client.delete(address, headers=admin)).status_code == 204
    assert_problem(await client.get("/api/credentials", headers=using), 401, "api_key_invalid")
    assert_problem(await client.delete(address, headers=admin), 404, "api_key_unknown")


async def test_keys_that_cannot_be_made(installation: Any) -> None:
    client, admin = installation.client, installation.headers("admin")
    unknown = await client.post("/api/api-keys", json={"label": "x", "scopes": ["root"]}, headers=admin)
    assert_problem(unknown, 422, "scope_unknown")
    unnamed = await client.post("/api/api-keys", json={"label": " ", "scopes": ["issue"]}, headers=admin)
    assert_problem(unnamed, 422, "label_invalid")


async def test_finding_a_learner_says_no_more_than_needed(installation: Any) -> None:
    client, headers = installation.client, installation.headers("issue")
    credential = await installation.issue_one(learner_name="Anna Müller")
    for found in (
        await client.get("/api/learners?name=müller", headers=headers),
        await client.post("/api/learners/search", json={"uln": "1234567899"}, headers=headers),
        await client.post("/api/learners/search", json={"email": "ANNA@example.org"}, headers=headers),
    ):
        assert found.json()["learners"] == [
            {"id": str(credential.learner_id), "name": "Anna Müller", "uln_ending": "7899"}
        ]
    # A per cent sign is a letter here, not "anything".
    assert (await client.get("/api/learners?name=%25%25", headers=headers)).json()["learners"] == []
    assert_problem(await client.get("/api/learners?name=a", headers=headers), 422, "request_malformed")
    assert_problem(await client.post("/api/learners/search", json={}, headers=headers), 422, "search_empty")


async def test_a_links_life(installation: Any) -> None:
    client, headers = installation.client, installation.headers("issue")
    credential = await installation.issue_one(learner_name="Anna Müller")
    links = f"/api/learners/{credential.learner_id}/links"
    made = await client.post(links, json={"audience": "Example Ltd", "days": 30}, headers=headers)
    assert made.status_code == 201, made.text
    page = await client.get(made.json()["url"], headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "noindex" in page.headers["x-robots-tag"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "no-store" in page.headers["cache-control"]
    assert "Anna Müller" in page.text
    for personal in ("1234567899", "anna@example.org", str(credential.learner_id)):
        assert personal not in page.text
    (link,) = (await client.get(links, headers=headers)).json()["links"]
    assert (link["views"], link["works"], "url" in link) == (1, True, False)
    stranger = {"Authorization": f"Bearer {installation.other_api_key['issue']}"}
    assert_problem(await client.delete(f"/api/links/{link['id']}", headers=stranger), 404, "link_unknown")
    assert (await client.delete(f"/api/links/{link['id']}", headers=headers)).status_code == 204
    gone = await client.get(made.json()["url"], headers={"Accept": "text/html"})
    assert gone.status_code == 410
    assert "no longer shared" in gone.text
    assert "Anna" not in gone.text
    assert_problem(await client.delete(f"/api/links/{link['id']}", headers=headers), 404, "link_unknown")


async def test_an_expired_link_says_so(installation: Any) -> None:
    credential = await installation.issue_one(learner_name="Anna Müller")
    async with transaction(installation.wiring.engine) as conn:
        made = await sharing.create(
            conn,
            installation.issuer.institution.id,
            credential.learner_id,
            audience="",
            lifetime=timedelta(days=1),
            now=now() - timedelta(days=2),
        )
    page = await installation.client.get(f"/p/{made.token}", headers={"Accept": "text/html"})
    assert page.status_code == 410
    assert "noindex" in page.headers["x-robots-tag"]
    assert "Nothing is wrong with their credentials" in page.text
    assert_problem(await installation.client.get(f"/p/{made.token}"), 410, "link_expired")


async def test_links_that_cannot_be_made_or_opened(installation: Any) -> None:
    client, headers = installation.client, installation.headers("issue")
    assert_problem(
        await client.post(f"/api/learners/{uuid4()}/links", json={}, headers=headers), 404, "learner_unknown"
    )
    credential = await installation.issue_one(learner_name="Anna Müller")
    address = f"/api/learners/{credential.learner_id}/links"
    assert_problem(await client.post(address, json={"days": 800}, headers=headers), 422, "request_malformed")
    assert_problem(await client.post(address, json={"audience": "x" * 101}, headers=headers), 422, "audience_invalid")
    assert_problem(await client.get("/p/" + "A" * 22), 404, "link_unknown")


async def test_a_profile_shows_what_was_achieved_and_holds(installation: Any) -> None:
    client = installation.client
    shown = await installation.issue_one(component="1", grade="Merit")
    await installation.issue_one(component="2", grade="Unclassified")
    withdrawn = await installation.issue_one(component="3", grade="Pass")
    await client.post(
        f"/api/credentials/{withdrawn.id}/revoke", json={"reason": "other"}, headers=installation.headers("revoke")
    )
    made = await client.post(f"/api/learners/{shown.learner_id}/links", json={}, headers=installation.headers("issue"))
    page = await client.get(made.json()["url"])
    assert f"/verify/{shown.id}" in page.text
    assert f"/verify/{withdrawn.id}" not in page.text
    assert "Unclassified" not in page.text
