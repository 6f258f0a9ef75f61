"""The ladders of the catalogue in public: the published paths, and the whole graph for programs."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.catalogue.seed import load_seed
from app.stacking.explorer import OCCUPATION, EdgeKind, Ladder, ladders
from app.stacking.paths_published import published_paths
from app.stacking.progression_facts import published_graph
from app.web import negotiation, rendering
from app.web.documents import SHORT, as_json, published

_HEADERS = {**SHORT, "Vary": "Accept"}


async def _pathways(request: Request) -> Response:
    graph = published_graph()
    shown = ladders(graph, published_paths(), {})
    if not negotiation.prefers_html(request):
        members = {
            "paths": [_path(ladder) for ladder in shown],
            "nodes": [
                {"id": node.id, "title": node.title, "kind": node.kind, "level": node.level, "isHtq": node.is_htq}
                for _, node in sorted(graph.nodes.items())
            ],
            "edges": [
                {
                    "from": edge.start,
                    "to": edge.end,
                    "kind": edge.kind,
                    "saidBy": edge.said_by,
                    "sources": list(edge.sources),
                    "verified": edge.verified,
                    "credits": edge.credits,
                    "rule": edge.rule,
                }
                for edge in graph.edges
            ],
        }
        return published(request, as_json(members), _HEADERS)
    sources = {source.key: source for source in load_seed().sources}
    onward: list[tuple[Any, list[Any]]] = []
    for node in sorted(graph.nodes.values(), key=lambda node: (node.level or 0, node.title, node.id)):
        edges = [edge for edge in graph.edges if edge.start == node.id and edge.kind is not EdgeKind.MEETS]
        if node.kind != OCCUPATION and edges:
            ends = {edge.end: graph.nodes[edge.end] for edge in edges}
            onward.append((node, sorted(ends.values(), key=lambda end: (end.level or 0, end.title))))
    return rendering.page(
        request, "pathways.html", headers=_HEADERS, ladders=shown, sources=sources, onward=onward, bundle="bundle"
    )


def _path(ladder: Ladder) -> dict[str, Any]:
    path = ladder.path
    return {
        "id": path.id,
        "title": path.title,
        "totalCredits": path.total_credits,
        "verified": path.verified,
        "verifiedFields": list(path.verified_fields),
        "note": path.note,
        "sources": list(path.sources),
        "steps": [
            {
                "item": rung.node.id,
                "title": rung.node.title,
                "level": rung.node.level,
                "after": list(rung.step.after),
                "role": rung.step.role,
                "credits": rung.step.credits,
                "rule": rung.step.rule,
            }
            for rung in ladder.rungs
        ],
    }


routes = [Route("/pathways", _pathways)]
