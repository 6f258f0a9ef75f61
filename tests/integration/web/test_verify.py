"""The check an employer makes: by number, by file, on the page and as JSON."""

import html
import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.adapters.local_chain import free_port
from app.main import create_app
from app.standards import strict_json
from app.wiring import now
from tests.integration.web.test_api_credentials import assert_problem

PAGE = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}


async def test_genuine(installation: Any) -> None:
    credential = await installation.issue_one(learner_name="Anna Müller")
    pending = (await installation.client.get(f"/verify/{credential.id}", headers=JSON)).json()
    assert (pending["verdict"], pending["anchor"]) == ("valid", "not yet anchored")
    await installation.work()
    report = await installation.client.get(f"/verify/{credential.id}", headers=JSON)
    assert (report.json()["verdict"], report.json()["anchor"]) == ("valid", "anchored")
    assert report.json()["issuer"] == "Northgate College (test)"
    page = await installation.client.get(f"/verify/{credential.id}", headers=PAGE)
    assert "<h1>Genuine</h1>" in page.text
    for words in ("Anna Müller", "Merit", "26 June 2026", "Northgate College (test)", "How we know"):
        assert words in page.text
    for personal in ("1234567899", "anna@example.org"):
        assert personal not in page.text
    assert "blockchain" not in page.text.lower()
    assert "noindex" in page.headers["x-robots-tag"]


async def test_withdrawn_says_since_when_and_why(installation: Any) -> None:
    credential = await installation.issue_one(learner_name="Anna Müller")
    await installation.client.post(
        f"/api/credentials/{credential.id}/revoke",
        json={"reason": "grade changed", "note": "private words"},
        headers=installation.headers("revoke"),
    )
    report = await installation.client.get(f"/verify/{credential.id}", headers=JSON)
    assert report.json()["verdict"] == "was valid"
    page = await installation.client.get(f"/verify/{credential.id}", headers=PAGE)
    assert "Genuine, but withdrawn on" in page.text
    assert "grade changed" in page.text
    assert "private words" not in page.text


async def test_a_changed_document_is_not_genuine_and_says_so_beside_its_claims(installation: Any) -> None:
    credential = await installation.issue_one(learner_name="Anna Müller")
    document = (await installation.client.get(f"/credentials/{credential.id}")).content
    forged = document.replace(b"Merit", b"Distinction").replace("Müller".encode(), b"<script>alert(1)</script>")
    report = await installation.client.post(
        "/verify", content=forged, headers=JSON | {"Content-Type": "application/vc"}
    )
    assert report.status_code == 200
    assert report.json()["verdict"] == "not valid"
    page = await installation.client.post("/verify", files={"document": ("c.json", forged)}, headers=PAGE)
    assert "<h1>Not genuine</h1>" in page.text
    assert "not confirmed" in page.text
    assert "<script>alert" not in page.text


async def test_a_made_up_issuer_is_never_named_as_one(installation: Any) -> None:
    credential = await installation.issue_one(learner_name="Anna Müller")
    document = strict_json.parse_object((await installation.client.get(f"/credentials/{credential.id}")).content)
    document["issuer"] = {"id": "did:web:evil.example", "type": ["Profile"], "name": "Northgate College (test)"}
    page = await installation.client.post("/verify", files={"document": ("c.json", json.dumps(document))}, headers=PAGE)
    assert "Genuine" not in page.text
    assert "Northgate College (test)" not in page.text


async def test_bundle_and_bare_credential(installation: Any) -> None:
    credential = await installation.issue_one(learner_name="Anna Müller")
    await installation.work()
    bundle = await installation.bundle(credential.id)
    bare = (await installation.client.get(f"/credentials/{credential.id}")).content
    for sent in (bundle, bare):
        report = await installation.client.post("/verify", content=sent)
        assert report.headers["content-type"] == "application/json"
        assert (report.json()["verdict"], report.json()["anchor"]) == ("valid", "anchored")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "file_empty"),
        (b"not json", 400, "text_not_credential"),
        (b"\x89PNG\r\n\x1a\n", 400, "image_malformed"),
        (b'{"id": 1, "id": 2}', 400, "duplicate_member"),
        (b'{"type": "CredentialBundle"}', 400, "bundle_malformed"),
        (b'{"a": "' + b"x" * 1_010_000 + b'"}', 413, "document_too_large"),
        (b'{"a": "' + b"x" * 10_600_000 + b'"}', 413, "body_too_large"),
    ],
)
async def test_what_cannot_be_read_is_a_problem(installation: Any, body: bytes, status: int, code: str) -> None:
    assert_problem(await installation.client.post("/verify", content=body), status, code)
    page = await installation.client.post("/verify", files={"document": ("scan.png", body)}, headers=PAGE)
    assert page.status_code in (status, 422 if not body else status)
    assert page.headers["content-type"].startswith("text/html")


async def test_any_readable_document_gets_a_verdict(installation: Any) -> None:
    """However misshapen: a report or a page, never a failure of ours."""
    for document in (
        {},
        {"credentialSubject": "x", "issuer": 5, "id": "urn:uuid:zz", "relatedResource": [1, {"id": 3}]},
        {"credentialSubject": [{"identifier": {"identityType": "name", "hashed": False, "identityHash": 7}}]},
        {"credentialSubject": {"achievement": [[]], "result": {"value": {}}, "creditsEarned": True}, "awardedDate": 3},
        {"credentialSubject": {"achievement": {"id": "http://localhost:8000/catalogue/units/none"}}},
    ):
        sent = json.dumps(document).encode()
        report = await installation.client.post("/verify", content=sent)
        assert report.json()["verdict"] in ("not valid", "cannot tell")
        page = await installation.client.post("/verify", files={"document": ("c.json", sent)}, headers=PAGE)
        assert page.status_code == 200, page.text


async def test_unknown_number_is_a_clear_page(installation: Any) -> None:
    for number in (uuid4(), "nonsense"):
        page = await installation.client.get(f"/verify/{number}", headers=PAGE)
        assert page.status_code == 404
        assert "No credential with this number" in page.text
        assert_problem(await installation.client.get(f"/verify/{number}", headers=JSON), 404, "credential_unknown")


async def test_what_people_paste(installation: Any) -> None:
    client, number = installation.client, str(uuid4())
    for pasted in (number, number.upper(), f"urn:uuid:{number}", f" https://elsewhere.example/verify/{number}?x=1 "):
        found = await client.get("/verify", params={"reference": pasted})
        assert found.headers["location"] == f"/verify/{number}"
    profile = await client.get("/verify", params={"reference": "https://evil.example/p/AAAAAAAAAAAAAAAAAAAAAA"})
    assert profile.headers["location"] == "/p/AAAAAAAAAAAAAAAAAAAAAA"
    assert (await client.get("/verify")).headers["location"] == "/"
    assert_problem(await client.get("/verify", params={"reference": "hello"}, headers=JSON), 404, "reference_unknown")


async def test_checks_of_files_are_limited_per_client(installation: Any) -> None:
    for _ in range(installation.settings.public_writes_per_minute):
        assert (await installation.client.post("/verify", content=b"{")).status_code == 400
    limited = await installation.client.post("/verify", content=b"{")
    assert_problem(limited, 429, "too_many_requests")
    assert 1 <= int(limited.headers["retry-after"]) <= 60


async def test_a_register_that_does_not_answer_is_not_green(installation: Any) -> None:
    credential = await installation.issue_one(learner_name="Anna Müller")
    await installation.work()
    dead = installation.settings.model_copy(update={"chain_rpc_url": f"http://127.0.0.1:{free_port()}"})
    application = create_app(dead)
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://localhost:8000") as client,
    ):
        report = (await client.get(f"/verify/{credential.id}", headers=JSON)).json()
        assert report["anchor"] == "cannot tell"
        page = await client.get(f"/verify/{credential.id}", headers=PAGE)
        assert "could not be checked just now" in page.text
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")


async def test_an_award_under_review_says_so(installation: Any) -> None:
    """A stacked award with its parts; one of them is withdrawn."""
    client = installation.client
    rows = ["learner_name,uln,email,qualification,component,grade,award_date"]
    rows += [
        f"Anna Müller,1234567899,anna@example.org,603/7595/4,{component},Merit,2026-06-26"
        for component in (1, 2, 3, 4, 5, 6, 7, 13)
    ]
    headers = installation.headers("issue") | {"Content-Type": "text/csv"}
    made = await client.post("/api/imports", content="\n".join(rows).encode(), headers=headers)
    assert made.status_code == 201, made.text
    await installation.work()
    listed = (await client.get("/api/credentials", headers=installation.headers("issue"))).json()["credentials"]
    awards = [item for item in listed if item["kind"] == "award"]
    assert len(awards) == 1
    award, part = awards[0], next(item for item in listed if item["kind"] == "unit")
    page = await client.get(f"/verify/{award['id']}", headers=PAGE)
    assert "Made of these 8 parts" in page.text
    assert f"/verify/{part['id']}" in page.text
    await client.post(
        f"/api/credentials/{part['id']}/revoke", json={"reason": "other"}, headers=installation.headers("revoke")
    )
    await installation.work()
    page = await client.get(f"/verify/{award['id']}", headers=PAGE)
    assert "The college is reviewing this award because a part of it was withdrawn or corrected." in page.text


async def test_a_day_is_asked_about_by_a_form_without_scripts(installation: Any) -> None:
    """What was asked is said back in words, and today is one step away."""
    client = installation.client
    credential = await installation.issue_one(awarded_on=date(2026, 3, 27), now=datetime(2026, 3, 28, 12, tzinfo=UTC))
    reason = {"reason": "other"}
    await client.post(f"/api/credentials/{credential.id}/revoke", json=reason, headers=installation.headers("revoke"))
    address = f"/verify/{credential.id}"
    today = (await client.get(address, headers=PAGE)).text
    assert f'<form action="{address}" method="get">' in today
    assert re.search(
        r'<label for="at">.+<input id="at" name="at" type="date" [^>]*aria-describedby="at-hint"', today, re.DOTALL
    )
    assert "Back to today" not in today
    then = (await client.get(address, params={"at": "2026-03-29"}, headers=PAGE)).text
    for words in (
        # The college published nothing here on that day: what could be said of it then cannot be told now.
        "We cannot tell whether this credential was genuine and in force on 29 March 2026.",
        "This answer is about 29 March 2026, not about today.",
        'value="2026-03-29"',
        f'<a href="{address}">Back to today</a>',
    ):
        assert words in then
    # The day the clocks went forward ended at eleven at night, UTC.
    report = (await client.get(address, params={"at": "2026-03-29"}, headers=JSON)).json()
    assert (report["verdict"], report["asOf"]) == ("cannot tell", "2026-03-29T22:59:59Z")
    # Before it was issued there is nothing to check, which is not to say that the number is wrong.
    assert_problem(await client.get(address, params={"at": "2026-03-27"}, headers=JSON), 404, "not_issued_yet")
    before = (await client.get(address, params={"at": "2026-03-27"}, headers=PAGE)).text
    assert "Not issued yet on that day" in before
    assert f'<a href="{address}">Check it as of today</a>' in before
    # A form sent without a day, and the day that is today, are the ordinary check.
    here = now().astimezone(ZoneInfo("Europe/London")).date()
    for asked in ("", here.isoformat()):
        report = (await client.get(address, params={"at": asked}, headers=JSON)).json()
        assert (report["verdict"], report["asOf"]) == ("was valid", None)
    for asked in ("soon", "2026-02-30", (here + timedelta(days=1)).isoformat()):
        assert_problem(await client.get(address, params={"at": asked}, headers=JSON), 422, "day_invalid")
        refused = await client.get(address, params={"at": asked}, headers=PAGE)
        assert "We cannot check that day" in refused.text


async def test_every_check_on_the_page_says_why_it_is_made(installation: Any) -> None:
    credential = await installation.issue_one()
    page = (await installation.client.get(f"/verify/{credential.id}", headers=PAGE)).text
    report = (await installation.client.get(f"/verify/{credential.id}", headers=JSON)).json()
    told = [one for one in report["checks"] if one["code"] not in ("not_needed", "accreditation_none", "not_stacked")]
    assert page.count("Why this is checked") == len(told) > 5
    for one in told:
        assert one["defendsAgainst"][1:] in html.unescape(page)
