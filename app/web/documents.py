"""Published documents, served as the bytes that were stored: credentials, bundles, keys, lists, receipts, rules.

Plain Starlette routes: these are the hottest addresses, and there is nothing to convert.
"""

from datetime import timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.anchoring import service as anchoring
from app.anchoring.model import Checkpoint
from app.credentials import accrediting, status
from app.credentials import service as credentials
from app.database import reading
from app.errors import NotFound, Refused
from app.institutions import service as institutions
from app.stacking import packs
from app.standards.status_list import TIME_TO_LIVE
from app.standards.vc import timestamp
from app.web import negotiation
from app.web.dependencies import wiring_of

CREDENTIAL_TYPES = (
    "application/vc",
    "application/vc+ld+json",
    "application/ld+json",
    negotiation.JSON,
    negotiation.HTML,
)
OPEN = {"Access-Control-Allow-Origin": "*"}
"""Documents that any verifier may read, in a browser too; none of them depends on who asks."""
PERSONAL = {**OPEN, "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}
_LASTING = {**OPEN, "Cache-Control": "public, max-age=86400, immutable"}
_SHORT = {**OPEN, "Cache-Control": "public, max-age=300"}
_STATUS = {**OPEN, "Cache-Control": f"public, max-age={TIME_TO_LIVE // timedelta(seconds=1)}"}


def credential_number(text: str) -> UUID:
    """The number in an address. Raises `NotFound("credential_unknown")`: a misspelt number is an unknown one."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("credential_unknown", "There is no credential with this number here.") from None


async def _credential(request: Request) -> Response:
    number = credential_number(request.path_params["number"])
    wanted = negotiation.preferred(request.headers.get("accept"), CREDENTIAL_TYPES)
    headers = {**PERSONAL, "Vary": "Accept"}
    if wanted == negotiation.HTML:
        return RedirectResponse(f"/verify/{number}", 303, headers)
    async with reading(wiring_of(request).engine) as conn:
        document = await credentials.document(conn, number)
    return Response(document, headers=headers, media_type=wanted)


async def _bundle(request: Request) -> Response:
    number = credential_number(request.path_params["number"])
    async with reading(wiring_of(request).engine) as conn:
        bundle = await credentials.bundle(conn, number)
    name = f"credential-{str(number)[:8]}.json"
    headers = {**PERSONAL, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(bundle, headers=headers, media_type=negotiation.JSON)


async def _did_document(request: Request) -> Response:
    async with reading(wiring_of(request).engine) as conn:
        document = await institutions.published_did_document(conn, slug=request.path_params["slug"])
    return Response(document, headers=_SHORT, media_type=negotiation.JSON)


async def _status_list(request: Request) -> Response:
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        document = await status.published(conn, institution.id, request.path_params["number"])
    if document is None:
        raise NotFound("status_list_unknown", "This institution has no list with this number.")
    return Response(document, headers=_STATUS, media_type="application/vc")


async def _accreditations(request: Request) -> Response:
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        document = await accrediting.published(conn, institution)
    return Response(document, headers=_SHORT, media_type=negotiation.JSON)


async def _receipt(request: Request) -> Response:
    try:
        digest = bytes.fromhex(request.path_params["digest"])
    except ValueError:
        digest = b""
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        receipt = await anchoring.find_receipt(conn, institution.id, digest) if len(digest) == 32 else None
    if receipt is None:
        raise NotFound("receipt_unknown", "There is no register receipt for this digest; perhaps there is none yet.")
    return Response(receipt, headers=PERSONAL, media_type=negotiation.JSON)


async def _checkpoints(request: Request) -> Response:
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        found = await anchoring.finalized_checkpoints(conn, institution.id)
    members = {"did": institution.did, "checkpoints": [checkpoint_json(checkpoint) for checkpoint in found]}
    return JSONResponse(members, headers=_SHORT)


async def _consistency(request: Request) -> Response:
    sizes = [request.query_params.get(name, "") for name in ("first", "second")]
    if not all(size.isascii() and size.isdigit() and len(size) < 16 for size in sizes):
        raise Refused("sizes_invalid", "Give two sizes of the log: ?first=…&second=….")
    first, second = (int(size) for size in sizes)
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        proof = await anchoring.consistency(conn, institution.id, first, second)
    members = {"alg": "RFC9162_SHA256", "first": first, "second": second, "proof": [item.hex() for item in proof]}
    return JSONResponse(members, headers=_SHORT)


async def _rules(request: Request) -> Response:
    data = packs.pack_bytes(request.path_params["pack"], request.path_params["version"])
    return Response(data, headers=_LASTING, media_type=packs.MEDIA_TYPE)


def checkpoint_json(checkpoint: Checkpoint) -> dict[str, object]:
    """A final checkpoint as published."""
    block = checkpoint.block
    return {
        "treeSize": checkpoint.tree_size,
        "root": "0x" + checkpoint.root.hex(),
        "txHash": "0x" + checkpoint.tx_hash.hex() if checkpoint.tx_hash else None,
        "blockNumber": block.number if block else None,
        "blockHash": "0x" + block.hash.hex() if block else None,
        "blockTime": timestamp(block.time) if block else None,
    }


routes = [
    Route("/credentials/{number}", _credential),
    Route("/credentials/{number}/bundle", _bundle),
    Route("/i/{slug}/did.json", _did_document),
    Route("/i/{slug}/status/{number:int}", _status_list),
    Route("/i/{slug}/accreditations", _accreditations),
    Route("/i/{slug}/anchors", _checkpoints),
    Route("/i/{slug}/anchors/consistency", _consistency),
    Route("/i/{slug}/anchors/{digest}", _receipt),
    Route("/rules/{pack}/{version:int}", _rules),
]
