"""The rule sets in public: the list, the schema, and one address that has bytes for programs and a page for people."""

import httpx
import pytest
from starlette.applications import Starlette

from app.stacking import packs
from app.stacking.pack_checking import schema_bytes
from app.web.pages import rules

CLIENT = httpx.AsyncClient(
    transport=httpx.ASGITransport(Starlette(routes=rules.routes)), base_url="https://stackmark.example"
)
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
EVERY = packs.published_packs()


@pytest.mark.parametrize("entry", EVERY, ids=lambda entry: entry.pack.path)
async def test_programs_get_the_bytes_and_browsers_a_page(entry: packs.PublishedPack) -> None:
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        answer = await CLIENT.get(entry.pack.path, headers=headers)
        assert answer.content == entry.data
        assert answer.headers["content-type"] == "application/json"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["vary"] == "Accept"
    page = await CLIENT.get(entry.pack.path, headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "immutable" not in page.headers["cache-control"]
    assert page.headers["vary"] == "Accept"
    for title in ("What it awards", "Read in a source", "Not confirmed by a source"):
        assert title in page.text


async def test_the_list_has_every_version() -> None:
    listed = (await CLIENT.get("/rules", headers={"Accept": "application/json"})).json()["ruleSets"]
    assert [(each["address"], each["owner"]) for each in listed] == [
        (entry.pack.path, entry.pack.owner) for entry in EVERY
    ]
    assert all(each["verified"] and each["unverified"] for each in listed)
    page = (await CLIENT.get("/rules", headers=BROWSER)).text
    for entry in EVERY:
        assert f'<a href="{entry.pack.path}">' in page


async def test_the_schema_is_not_taken_for_a_pack() -> None:
    answer = await CLIENT.get("/rules/schema/2", headers=BROWSER)
    assert answer.content == schema_bytes()
    assert answer.headers["content-type"] == "application/schema+json"


async def test_a_copy_that_is_still_good_is_not_sent_again() -> None:
    for path in ("/rules/hnc-computing-2022/2", "/rules/schema/2", "/rules"):
        tag = (await CLIENT.get(path, headers={"Accept": "application/json"})).headers["etag"]
        again = await CLIENT.get(path, headers={"Accept": "application/json", "If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
