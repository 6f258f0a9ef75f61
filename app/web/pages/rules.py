"""The published rule sets: the list, the schema, and each one as the bytes that awards name or as a page to read."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.database import reading
from app.institutions import service as institutions
from app.stacking import packs, statements
from app.stacking.pack import RulePack
from app.stacking.pack_checking import schema_bytes
from app.stacking.pack_words import in_force, in_words
from app.web import negotiation, rendering
from app.web.dependencies import wiring_of
from app.web.documents import LASTING, SHORT, as_json, published

_SCHEMA = "application/schema+json"
# The page of a pack may be worded better one day; its bytes never change.
_PAGE = {**SHORT, "Vary": "Accept"}
_BYTES = {**LASTING, "Vary": "Accept"}


async def _list(request: Request) -> Response:
    every = [entry.pack for entry in packs.published_packs()]
    if negotiation.prefers_html(request):
        newest = {pack.id for pack in every}
        by_id = [(pack_id, [pack for pack in every if pack.id == pack_id]) for pack_id in sorted(newest)]
        return rendering.page(request, "rules.html", headers=_PAGE, by_id=by_id, in_force=in_force)
    return published(request, as_json({"ruleSets": [_described(pack) for pack in every]}), _PAGE)


async def _pack(request: Request) -> Response:
    """Programs that do not ask for a page get the bytes: an award names their digest."""
    pack_id, version = request.path_params["pack"], request.path_params["version"]
    data = packs.pack_bytes(pack_id, version)
    if not negotiation.prefers_html(request, default=False):
        return published(request, data, _BYTES, packs.MEDIA_TYPE)
    pack = packs.find_pack(pack_id, version)
    return rendering.page(request, "rule_set.html", headers=_PAGE, pack=pack, parts=in_words(pack, packs.titles()))


async def _statement(request: Request) -> Response:
    """What an institution that uses a rule set says of it, signed."""
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        found = await statements.find(conn, institution, request.path_params["pack"], request.path_params["version"])
    return published(request, found, SHORT, "application/vc")


async def _schema(request: Request) -> Response:
    return published(request, schema_bytes(), SHORT, _SCHEMA)


def _described(pack: RulePack) -> dict[str, Any]:
    until = pack.effective_until
    return {
        "id": pack.id,
        "version": pack.version,
        "address": pack.path,
        "title": pack.title,
        "owner": pack.owner,
        "awards": pack.qualification_title,
        "qualification": pack.qualification_id,
        "type": pack.award_type,
        "level": pack.level,
        "framework": pack.framework,
        "credits": pack.total_credits,
        "effective": {"from": pack.effective_from.isoformat(), "until": until.isoformat() if until else None},
        "leadsTo": list(pack.leads_to),
        "verified": list(pack.verified),
        "unverified": list(pack.unverified),
    }


routes = [
    Route("/rules", _list),
    Route("/rules/schema/2", _schema),
    Route("/rules/{pack}/{version:int}", _pack),
    Route("/rules/{pack}/{version:int}/statements/{slug}", _statement),
]
