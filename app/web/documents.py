"""Published documents, served as the bytes that were stored: credentials, bundles, lists, receipts.

Plain Starlette routes: these are the hottest addresses, and there is nothing to convert.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.anchoring import publishing
from app.anchoring import service as anchoring
from app.anchoring.publishing import checkpoints_json
from app.credentials import accrediting, erasing, status
from app.credentials import service as credentials
from app.credentials.status import PublishedList
from app.database import reading
from app.errors import NotFound, Refused
from app.institutions import service as institutions
from app.stacking import packs, transferring
from app.standards.status_list import TIME_TO_LIVE
from app.standards.vc import parse_timestamp
from app.web import negotiation
from app.web.dependencies import wiring_of

CREDENTIAL_TYPES = (
    "application/vc",
    "application/vc+ld+json",
    "application/ld+json",
    negotiation.JSON,
    negotiation.HTML,
)
STATUS_TYPES = (negotiation.JSON, "application/vc")
"""A status list is plain JSON unless it is asked for as a credential: so does VCALM, and so do its test suites."""
OPEN = {"Access-Control-Allow-Origin": "*"}
"""Documents that any verifier may read, in a browser too; none of them depends on who asks."""
PERSONAL = {**OPEN, "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}
LASTING = {**OPEN, "Cache-Control": "public, max-age=86400, immutable"}
SHORT = {**OPEN, "Cache-Control": "public, max-age=300"}
_TAG = re.compile(r'"([0-9a-f]{64})/([a-z+/]+)"')
_STATUS = {**OPEN, "Vary": "Accept", "Cache-Control": f"public, max-age={TIME_TO_LIVE // timedelta(seconds=1)}"}


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
    known = _known_tags(request)
    # An edition has one text, so its digest tells whether a client has it: the text is then not even read.
    digests = [bytes.fromhex(found[1]) for tag in known if (found := _TAG.fullmatch(tag)) and found[2] == wanted]
    digest, document = await credentials.newest_document(wiring_of(request).reads, number, digests)
    headers["ETag"] = f'"{digest.hex()}/{wanted}"'
    if document is None or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(document, headers=headers, media_type=wanted)


async def _bundle(request: Request) -> Response:
    number = credential_number(request.path_params["number"])
    async with reading(wiring_of(request).engine) as conn:
        bundle = await credentials.bundle(conn, number, packs.bytes_at)
    name = f"credential-{str(number)[:8]}.json"
    headers = {**PERSONAL, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(bundle, headers=headers, media_type=negotiation.JSON)


async def _status_list(request: Request) -> Response:
    found = await _find_list(request)
    if found is None:
        raise NotFound(
            "status_list_unknown", "This institution has no list with this number, or had none at that time."
        )
    return published(
        request, found.document, _STATUS, negotiation.preferred(request.headers.get("accept"), STATUS_TYPES)
    )


async def _status_reasons(request: Request) -> Response:
    found = await _find_list(request)
    if found is None or found.reasons is None:
        raise NotFound("status_reasons_unknown", "There are no reasons to give: nothing in this list is set.")
    return published(request, found.reasons, _STATUS)


async def _find_list(request: Request) -> PublishedList | None:
    at = _moment(request, "timestamp")
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        return await status.find(conn, institution.id, request.path_params["number"], at)


def _moment(request: Request, name: str) -> datetime | None:
    """The moment a parameter of the address names; None when it is not given. Raises `Refused("timestamp_invalid")`."""
    given = request.query_params.getlist(name)
    if not given:
        return None
    at = parse_timestamp(given[0]) if len(given) == 1 else None
    if at is None:
        # A plus sign in an address stands for a blank.
        raise Refused("timestamp_invalid", f"Write one moment, with its time zone: ?{name}=2026-09-12T10:00:00Z.")
    return at


async def _accreditations(request: Request) -> Response:
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        document = await accrediting.published(conn, institution)
    return published(request, document, SHORT)


async def _transfer_agreements(request: Request) -> Response:
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        document = await transferring.published(conn, institution)
    return published(request, document, SHORT)


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
    return published(request, receipt, PERSONAL)


async def _checkpoints(request: Request) -> Response:
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        found = await anchoring.finalized_checkpoints(conn, institution.id)
    members = {"did": institution.did, "checkpoints": checkpoints_json(found)}
    return published(request, as_json(members), SHORT)


async def _checkpoint_list(request: Request) -> Response:
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        document = await publishing.published(conn, institution.id)
    if document is None:
        raise NotFound("checkpoints_none", "This institution has no final entry in the public register yet.")
    return published(request, document, SHORT)


async def _consistency(request: Request) -> Response:
    sizes = [request.query_params.get(name, "") for name in ("first", "second")]
    if not all(size.isascii() and size.isdigit() and len(size) < 16 for size in sizes):
        raise Refused("sizes_invalid", "Give two sizes of the log: ?first=…&second=….")
    first, second = (int(size) for size in sizes)
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        proof = await anchoring.consistency(conn, institution.id, first, second)
    members = {"alg": "RFC9162_SHA256", "first": first, "second": second, "proof": [item.hex() for item in proof]}
    return published(request, as_json(members), SHORT)


async def _erasure(request: Request) -> Response:
    """The signed receipt of an erasure. It names nobody, and is given to whoever knows its number."""
    try:
        number = UUID(request.path_params["number"])
    except ValueError:
        raise NotFound("erasure_unknown", "There is no receipt of an erasure with this number here.") from None
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        receipt = await erasing.receipt_of(conn, institution.id, number)
    return published(request, receipt, PERSONAL)


def published(
    request: Request, data: bytes, headers: Mapping[str, str], media_type: str = negotiation.JSON
) -> Response:
    """Bytes that anybody may mirror: with a validator (RFC 9110, section 8.8.3), and 304 for who has them already."""
    # The same bytes under another media type are another representation, so they need another tag.
    tag = f'"{sha256(media_type.encode() + data).hexdigest()[:32]}"'
    headers = {**headers, "ETag": tag}
    if _known_tags(request) & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=media_type)


def download(data: bytes, name: str) -> Response:
    """A file about a learner: to be kept by whoever asked for it, and by nobody on the way."""
    headers = {
        "Cache-Control": "no-store, private",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "Content-Disposition": f'attachment; filename="{name}.json"',
    }
    return Response(data, headers=headers, media_type=negotiation.JSON)


def _known_tags(request: Request) -> set[str]:
    # Section 13.1.2: compared weakly, and a star stands for whatever there is.
    return {entry.strip().removeprefix("W/") for entry in request.headers.get("if-none-match", "").split(",")}


def as_json(members: Mapping[str, Any]) -> bytes:
    """Compact JSON, as every document made here is written."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


routes = [
    Route("/credentials/{number}", _credential),
    Route("/credentials/{number}/bundle", _bundle),
    Route("/i/{slug}/status/{number:int}", _status_list),
    Route("/i/{slug}/status/{number:int}/reasons", _status_reasons),
    Route("/i/{slug}/accreditations", _accreditations),
    Route("/i/{slug}/transfer-agreements", _transfer_agreements),
    Route("/i/{slug}/anchors", _checkpoints),
    Route("/i/{slug}/checkpoints", _checkpoint_list),
    Route("/i/{slug}/anchors/consistency", _consistency),
    Route("/i/{slug}/anchors/{digest}", _receipt),
    Route("/i/{slug}/erasures/{number}", _erasure),
]
