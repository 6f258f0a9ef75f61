"""What an institution publishes of its identity: keys now and then, the wallet's word, the domain's linkage.

An institution with a domain of its own has these at that domain's well-known addresses too: which institution is meant
is then told by the host the request names.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.database import reading
from app.errors import NotFound, Refused
from app.institutions import service as institutions
from app.institutions.domains import own_did
from app.standards import domain_linkage, vc
from app.web.dependencies import wiring_of
from app.web.documents import LASTING, SHORT, as_json, published

_DEFAULT_PORTS = (":443", ":80")


async def _did_document(request: Request) -> Response:
    return await _served(request, slug=request.path_params["slug"])


async def _own_did_document(request: Request) -> Response:
    return await _served(request, did=own_did(_host(request)))


async def _served(request: Request, *, slug: str | None = None, did: str | None = None) -> Response:
    """The DID document; with `?versionTime=` (DID 1.0, section 3.2.1) the one in force at that time."""
    wanted = request.query_params.get("versionTime")
    headers = SHORT
    async with reading(wiring_of(request).engine) as conn:
        if wanted is None:
            document = await institutions.published_did_document(conn, slug=slug, did=did)
        else:
            at = vc.parse_timestamp(wanted)
            if at is None:
                raise Refused("version_time_invalid", "Give the time with its zone: ?versionTime=2026-09-12T10:00:00Z.")
            version = await institutions.did_document_version(conn, slug=slug, did=did, at=at)
            document = version.document
            if version.valid_until is not None:
                # What was in force in the past never changes; the version of today may end any moment.
                headers = LASTING
    return published(request, document, headers)


async def _versions(request: Request) -> Response:
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        versions = await institutions.did_document_versions(conn, institution.id)
    members = {
        "did": institution.did,
        "versions": [
            {
                "version": one.version,
                "from": vc.timestamp(one.valid_from),
                "until": vc.timestamp(one.valid_until) if one.valid_until else None,
                "sha256": one.sha256.hex(),
            }
            for one in versions
        ],
    }
    return published(request, as_json(members), SHORT)


async def _wallets(request: Request) -> Response:
    async with reading(wiring_of(request).engine) as conn:
        statement = await institutions.wallet_statement(conn, slug=request.path_params["slug"])
    return published(request, as_json(statement), SHORT)


async def _own_wallets(request: Request) -> Response:
    async with reading(wiring_of(request).engine) as conn:
        statement = await institutions.wallet_statement(conn, did=own_did(_host(request)))
    return published(request, as_json(statement), SHORT)


async def _did_configuration(request: Request) -> Response:
    """Every institution whose DID lives at this origin: exactly one on a domain of its own."""
    async with reading(wiring_of(request).engine) as conn:
        linkages = await institutions.domain_linkages(conn, _host(request))
    if not linkages:
        raise NotFound("did_configuration_unknown", "No institution is published under this address.")
    return published(request, domain_linkage.configuration(linkages), SHORT)


def _host(request: Request) -> str:
    """The host the request names, as origins and DIDs spell it. Compared with what is recorded, never believed."""
    host = request.headers.get("host", "").lower()
    for port in _DEFAULT_PORTS:
        host = host.removesuffix(port)
    return host


routes = [
    Route("/i/{slug}/did.json", _did_document),
    Route("/i/{slug}/did/versions", _versions),
    Route("/i/{slug}/anchor-wallets.json", _wallets),
    Route("/.well-known/did.json", _own_did_document),
    Route("/.well-known/anchor-wallets.json", _own_wallets),
    Route("/.well-known/did-configuration.json", _did_configuration),
]
