"""The ladders in public: as a page, and as a graph for programs."""

from html import unescape

import httpx
from starlette.applications import Starlette

from app.stacking.paths_published import published_paths
from app.web.pages import pathways

CLIENT = httpx.AsyncClient(
    transport=httpx.ASGITransport(Starlette(routes=pathways.routes)), base_url="https://stackmark.example"
)


async def test_programs_get_the_graph_with_sources_and_flags() -> None:
    answer = (await CLIENT.get("/pathways", headers={"Accept": "application/json"})).json()
    assert [path["id"] for path in answer["paths"]] == [path.id for path in published_paths()]
    assert all(path["verified"] is False and path["sources"] for path in answer["paths"])
    nodes = {node["id"] for node in answer["nodes"]}
    assert all({edge["from"], edge["to"]} <= nodes for edge in answer["edges"])


async def test_people_are_told_what_is_not_confirmed() -> None:
    page = unescape((await CLIENT.get("/pathways", headers={"Accept": "text/html"})).text)
    for path in published_paths():
        assert path.title in page
        assert path.note in page
    assert page.count("Not confirmed yet.") == 3
    assert "Confirmed by its sources: credit arithmetic, caps. The rest is not." in page
