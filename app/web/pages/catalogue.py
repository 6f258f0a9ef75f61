"""The catalogue in public: qualifications, their units, and the statements of occupational standards.

Credentials name these addresses, so they must answer for as long as the credentials live.
"""

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.catalogue import service as catalogue
from app.catalogue.model import Ksb, Qualification, Source, Unit
from app.catalogue.seed import packaged
from app.credentials.documents import organisation_slug
from app.database import transaction
from app.errors import NotFound
from app.web import negotiation, rendering
from app.web.dependencies import wiring_of
from app.web.documents import OPEN

_HEADERS = {**OPEN, "Cache-Control": "public, max-age=300", "Vary": "Accept"}
_KINDS = {
    "core": "Core",
    "mandatory": "Mandatory unit",
    "pathway": "Pathway unit",
    "optional": "Optional unit",
    "occupational_specialism": "Occupational specialism",
    "dual_specialism": "Dual occupational specialism",
    "industry_placement": "Industry placement",
}
_SUMMARY_NOTE = "Our own short summary; the official wording is the standard's."


async def _list(request: Request) -> Response:
    async with transaction(wiring_of(request).engine) as conn:
        found = await catalogue.list_qualifications(conn)
    if negotiation.prefers_html(request):
        kinds = sorted({item.kind for item in found})
        by_kind = [(kind, [item for item in found if item.kind == kind]) for kind in kinds]
        return _page(request, "catalogue.html", by_kind=by_kind)
    return _json({"qualifications": [_qualification_json(item) for item in found]}, ())


async def _unit(request: Request) -> Response:
    async with transaction(wiring_of(request).engine) as conn:
        unit = await catalogue.get_unit(conn, request.path_params["id"])
        qualification = await catalogue.get_qualification(conn, unit.qualification_id)
        ksbs = {ksb.id: ksb for ksb in await catalogue.get_ksbs(conn, {item.ksb_id for item in unit.ksbs})}
    if negotiation.prefers_html(request):
        mapped = [(ksbs[item.ksb_id], item) for item in unit.ksbs if item.ksb_id in ksbs]
        return _page(
            request,
            "unit.html",
            unit=unit,
            kind=_KINDS[unit.kind],
            qualification=qualification,
            mapped=mapped,
            sources=_sources(unit.sources),
        )
    members = _unit_json(unit) | {"qualification": _qualification_json(qualification)}
    members["statements"] = [
        {**_ksb_json(ksbs[item.ksb_id]), "coverage": item.coverage, "verified": item.verified, "basis": item.basis}
        for item in unit.ksbs
        if item.ksb_id in ksbs
    ]
    return _json(members, unit.sources)


async def _qualification(request: Request) -> Response:
    async with transaction(wiring_of(request).engine) as conn:
        found = await catalogue.get_qualification(conn, request.path_params["id"])
    if negotiation.prefers_html(request):
        return _page(request, "qualification.html", qualification=found, kinds=_KINDS, sources=_sources(found.sources))
    return _json(_qualification_json(found) | {"units": [_unit_json(unit) for unit in found.units]}, found.sources)


async def _ksb(request: Request) -> Response:
    async with transaction(wiring_of(request).engine) as conn:
        found = await catalogue.get_ksbs(conn, {request.path_params["id"]})
    if not found:
        raise NotFound("ksb_unknown", "There is no statement with this id in the catalogue.")
    if negotiation.prefers_html(request):
        return _page(request, "ksb.html", ksb=found[0], note=_SUMMARY_NOTE)
    return _json(_ksb_json(found[0]), ())


async def _awarding_organisation(request: Request) -> Response:
    slug = request.path_params["slug"]
    async with transaction(wiring_of(request).engine) as conn:
        every = await catalogue.list_qualifications(conn)
        organisations = await catalogue.list_organisations(conn)
    theirs = [item for item in every if organisation_slug(item.awarding_organisation) == slug]
    if not theirs:
        raise NotFound("organisation_unknown", "There is no awarding organisation under this name in the catalogue.")
    known = {item.recognition_number: item for item in organisations}
    organisation = known.get(theirs[0].recognition_number or "")
    if negotiation.prefers_html(request):
        name = theirs[0].awarding_organisation
        return _page(request, "organisation.html", name=name, organisation=organisation, qualifications=theirs)
    members: dict[str, Any] = {
        "name": theirs[0].awarding_organisation,
        "recognitionNumber": organisation.recognition_number if organisation else None,
        "ukprn": organisation.ukprn if organisation else None,
        "qualifications": [_qualification_json(item) for item in theirs],
    }
    return _json(members, organisation.sources if organisation else ())


def _sources(keys: Iterable[str]) -> list[Source]:
    wanted = set(keys)
    return [source for source in packaged().sources if source.key in wanted]


def _page(request: Request, template: str, **context: Any) -> Response:
    return rendering.page(request, template, headers=_HEADERS, attribution=packaged().attribution, **context)


def _json(members: dict[str, Any], source_keys: Iterable[str]) -> Response:
    sources = [{"title": source.title, "url": source.url} for source in _sources(source_keys)]
    return JSONResponse(members | {"sources": sources, "attribution": packaged().attribution}, headers=_HEADERS)


def _unit_json(unit: Unit) -> dict[str, Any]:
    return {
        "id": unit.id,
        "code": unit.code,
        "codeIsOfficial": unit.code_is_official,
        "title": unit.title,
        "kind": unit.kind,
        "level": unit.level,
        "credits": unit.credits,
        "grades": unit.grade_scale,
        "passing": unit.passing,
        "liveFrom": unit.live_from.isoformat() if unit.live_from else None,
        "liveUntil": unit.live_until.isoformat() if unit.live_until else None,
        "notAwardable": unit.not_awardable,
        "verified": unit.verified,
    }


def _qualification_json(qualification: Qualification) -> dict[str, Any]:
    return {
        "id": qualification.id,
        "title": qualification.title,
        "kind": qualification.kind,
        "level": qualification.level,
        "number": qualification.number,
        "totalCredits": qualification.total_credits,
        "awardingOrganisation": qualification.awarding_organisation,
        "isHtq": qualification.is_htq,
        "htqEvidence": qualification.htq_evidence,
        "verified": qualification.verified,
    }


def _ksb_json(ksb: Ksb) -> dict[str, Any]:
    return {
        "id": ksb.id,
        "occupation": ksb.occupation_id,
        "version": ksb.version,
        "code": ksb.code,
        "kind": ksb.kind,
        "text": ksb.text,
        "isOfficialWording": ksb.is_official_wording,
        "uri": ksb.uri,
        "matches": [
            {"framework": match.framework, "target": match.target, "relation": match.relation} for match in ksb.matches
        ],
    }


routes = [
    Route("/catalogue", _list),
    Route("/catalogue/units/{id}", _unit),
    Route("/catalogue/qualifications/{id}", _qualification),
    Route("/catalogue/ksbs/{id}", _ksb),
    Route("/catalogue/awarding-organisations/{slug}", _awarding_organisation),
]
