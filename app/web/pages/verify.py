"""Checking a credential: by its number, from a file, or by a link of ours. For employers, without an account."""

import asyncio
from datetime import datetime
from uuid import UUID

import segno
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.adapters.local_chain import CHAIN_ID as PRACTICE_CHAIN
from app.catalogue import service as catalogue
from app.credentials import service as credentials
from app.credentials.model import Credential
from app.database import reading, transaction
from app.errors import NotFound, Refused
from app.institutions import service as institutions
from app.standards import uk_time
from app.verification import as_of, submission
from app.verification.carriers import Kind
from app.verification.evidence import Submission
from app.verification.report import Report
from app.web import negotiation, rendering
from app.web.bodies import CREDENTIAL_FILE_TYPES, MULTIPART, media_type, read_upload_or_text
from app.web.dependencies import limited_write, wiring_of
from app.web.documents import PERSONAL, credential_number
from app.web.pages import links, several
from app.web.pages.handed_in import count_each, valid_from, verifier_of, with_receipts
from app.web.pages.reading import Content, read_content
from app.web.pages.verdict import linkedin_url, part_lines, tell
from app.wiring import now, submission_of

_HEADERS = {**PERSONAL, "Vary": "Accept"}


async def _by_number(request: Request) -> Response:
    """The report on a credential of this installation. Checked from its published evidence, as a stranger would."""
    number = credential_number(request.path_params["number"])
    return await _report_on(request, number, negotiation.prefers_html(request))


async def _report_on(request: Request, number: UUID, wants_page: bool) -> Response:
    wiring, day = wiring_of(request), _day_asked(request)
    if day is None:
        found = await credentials.newest_evidence(wiring.reads, number)
    else:
        async with reading(wiring.engine) as conn:
            found = await credentials.evidence(conn, number, day)
    handed_in = submission_of(found)
    if submission.is_record(handed_in.credential):
        # A record: each credential in it has a receipt of its own.
        handed_in = await with_receipts(request, handed_in)
        report = await wiring.verify(handed_in, day)
    else:
        report = await wiring.verify_ours(found, day)
    if wants_page:
        return await _page(request, handed_in, report)
    base = wiring.settings.public_url
    members = {"credential": found.signed.record.uri, "document": f"{base}/credentials/{number}", **report.as_json()}
    if found.signed.record.review_reason:
        members["underReview"] = True
    return JSONResponse(members, headers=_HEADERS)


def _day_asked(request: Request) -> datetime | None:
    """`?at=2025-09-12`; None where today is meant, as in a form sent without a day. Raises `Refused("day_invalid")`."""
    given = request.query_params.get("at", "").strip()
    return as_of.read_day(given, now()) if given else None


async def _submitted(request: Request) -> Response:
    """The report on what was sent, whatever carries it. A bad verdict is an answer, not an error."""
    await limited_write(request)
    is_form = media_type(request) == MULTIPART
    if is_form:
        data = await read_upload_or_text(request, "document", "reference")
    elif media_type(request) in CREDENTIAL_FILE_TYPES or media_type(request).endswith("+json"):
        data = await request.body()
    else:
        raise Refused("media_type_unknown", "Send the credential as application/json, or as a file in a form.")
    carried = await wiring_of(request).unwrap(data)
    wants_page = negotiation.prefers_html(request, default=is_form)
    if carried.kind is Kind.LINK:
        return await _linked(request, carried.payload.decode(), wants_page)
    handed_in = submission.read(carried.payload)
    await count_each(request, len(handed_in.embedded))
    if handed_in.presentation is not None:
        report = await verifier_of(request).presentation(handed_in.presentation)
    else:
        handed_in = await with_receipts(request, handed_in)
        report = await wiring_of(request).verify(handed_in)
    if not wants_page:
        return JSONResponse(report.as_json(), headers=_HEADERS)
    show = _page if handed_in.presentation is None else several.page
    return await show(request, handed_in, report)


async def _linked(request: Request, link: str, wants_page: bool) -> Response:
    """What one of our own links leads to. No other address is ever visited."""
    number, token = links.read(link, wiring_of(request).settings.public_url)
    if wants_page:
        return RedirectResponse(f"/verify/{number}" if number else f"/p/{token}", 303, _HEADERS)
    return await _report_on(request, number, False) if number else await several.of_profile(request, token)


async def _find(request: Request) -> Response:
    """From what an employer pasted, a number or a link, to the page it means. Never leads to another host."""
    pasted = request.query_params.get("reference", "").strip()[:2_000]
    if not pasted:
        return RedirectResponse("/", 303)
    return RedirectResponse(links.find(pasted), 303)


async def _page(request: Request, handed_in: Submission, report: Report) -> Response:
    content = read_content(handed_in.credential, handed_in.receipt)
    wiring = wiring_of(request)
    async with transaction(wiring.engine) as conn:
        record = await _record(conn, content)
        issuer = await institutions.find_by_did(conn, content.issuer_id) if content.issuer_id else None
        level = await _level(conn, content, wiring.settings.public_url)
    number = record.id if record else None
    address = f"{wiring.settings.public_url}/verify/{number}" if number else None
    return rendering.page(
        request,
        "verify.html",
        headers=_HEADERS,
        told=tell(report, content, record),
        content=content,
        report=report,
        issuer=issuer if report.issuer_name else None,
        level=level,
        parts=part_lines(report, content),
        members=several.members_of(handed_in, report),
        is_practice=content.chain == f"eip155:{PRACTICE_CHAIN}",
        needs_review=bool(record and record.review_reason and not record.revoked_at and report.as_of is None),
        corrected_on=record.corrected_at if record else None,
        is_newest=record is None or valid_from(handed_in.credential) == record.valid_from,
        number=number,
        today=uk_time.day_of(now()),
        address=address,
        qr=await asyncio.to_thread(_qr, address) if address else None,
        linkedin=linkedin_url(content, report.issuer_name or "", address) if address else None,
    )


async def _record(conn: AsyncConnection, content: Content) -> Credential | None:
    """Our record of it, if it is one of ours by number and by issuer: a forgery may borrow a number."""
    record = await credentials.find(conn, content.number) if content.number else None
    if record is None or content.issuer_id is None:
        return None
    issuer = await institutions.find_by_did(conn, content.issuer_id)
    return record if issuer is not None and issuer.id == record.institution_id else None


async def _level(conn: AsyncConnection, content: Content, public_url: str) -> int | None:
    """The level, looked up in our catalogue: the credential says it in its description only."""
    achievement = content.achievement_id or ""
    if not achievement.startswith(f"{public_url}/catalogue/"):
        return None
    unit_id = achievement.partition("/catalogue/units/")[2]
    qualification_id = achievement.partition("/catalogue/qualifications/")[2]
    try:
        if unit_id:
            return (await catalogue.get_unit(conn, unit_id)).level
        return (await catalogue.get_qualification(conn, qualification_id)).level
    except NotFound:
        return None


def _qr(address: str) -> str:
    return segno.make(address, error="m").svg_data_uri(scale=3, border=2)


routes = [
    Route("/verify", _find),
    Route("/verify", _submitted, methods=["POST"]),
    Route("/verify/{number}", _by_number),
]
