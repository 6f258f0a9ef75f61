"""What surrounds every request: headers, health, unknown failures, and the description of the API."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from app.adapters.local_chain import free_port
from app.main import create_app
from app.web import negotiation
from app.web.edge import Edge
from tests.integration.web.test_api_credentials import assert_problem

PAGE = {"Accept": "text/html"}


async def test_security_headers_are_on_every_answer(installation: Any) -> None:
    for address in ("/", "/verify/x", "/api/credentials", "/static/stackmark.css", "/healthz"):
        headers = (await installation.client.get(address, headers=PAGE)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in headers


async def test_pages_need_nothing_inline_and_nothing_from_elsewhere(installation: Any) -> None:
    credential = await installation.issue_one()
    for address in ("/", f"/verify/{credential.id}", "/i/northgate", "/catalogue", "/verify/x", "/api/docs"):
        text = (await installation.client.get(address, headers=PAGE)).text
        assert '<html lang="en-GB">' in text
        assert 'href="#main"' in text
        assert re.search(r"<h1\b", text)
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)", text), address
        assert not re.search(r'(?:src|<link[^>]*href)="https?:', text), address


async def test_head_and_robots(installation: Any) -> None:
    assert (await installation.client.head("/")).status_code == 200
    assert "Disallow: /p/" in (await installation.client.get("/robots.txt")).text
    assert (await installation.client.get("/healthz")).json() == {"status": "alive"}
    ready = await installation.client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


async def test_a_database_that_does_not_answer(installation: Any) -> None:
    url = SecretStr(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    application = create_app(installation.settings.model_copy(update={"database_url": url}))
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://localhost:8000") as client,
    ):
        response = await client.get("/i/northgate/did.json", headers={"Accept": "application/json"})
        assert_problem(response, 503, "database_unavailable")
        assert response.headers["retry-after"] == "30"
        for address in (f"/credentials/{UUID(int=7)}", f"/verify/{UUID(int=7)}"):
            assert_problem(
                await client.get(address, headers={"Accept": "application/json"}), 503, "database_unavailable"
            )
        page = await client.get("/i/northgate", headers=PAGE)
        assert page.status_code == 503
        assert "says nothing about any credential" in page.text
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200


async def test_an_unknown_failure_tells_nothing() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("the learner's ULN is 1234567899")

    transport = httpx.ASGITransport(Edge(failing, https=True))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        response = await client.get("/api/credentials")
        problem = assert_problem(response, 500, "internal_error")
        assert "1234567899" not in response.text
        assert problem["details"]["reference"] in problem["detail"]
        assert "strict-transport-security" in response.headers
        page = await client.get("/verify/x", headers=PAGE)
        assert page.status_code == 500
        assert "1234567899" not in page.text


async def test_the_description_covers_both_parts(installation: Any) -> None:
    described = (await installation.client.get("/api/openapi.json")).json()
    for path in ("/verify", "/verify/{number}", "/credentials/{number}", "/api/credentials", "/api/imports"):
        assert path in described["paths"]
    order = described["paths"]["/api/credentials"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert order["additionalProperties"] is False
    assert described["paths"]["/api/credentials"]["post"]["security"]
    text = (await installation.client.get("/api/docs", headers=PAGE)).text
    assert "POST /verify" in text


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "a/one"),
        ("", "a/one"),
        ("a/two", "a/two"),
        ("a/*;q=0.5, a/two", "a/two"),
        ("a/one;q=0, */*", "a/two"),
        ("a/two;q=junk", "a/one"),
        ("b/none", "a/one"),
        ("A/TWO ; q=0.9", "a/two"),
        (",".join(["b/x"] * 5_000), "a/one"),
    ],
)
def test_negotiation(accept: str | None, expected: str) -> None:
    assert negotiation.preferred(accept, ("a/one", "a/two")) == expected
