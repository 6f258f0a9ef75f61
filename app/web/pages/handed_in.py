"""What is handed in over HTTP: counted against its sender's limit, and beside what is ours the receipt we hold."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from app.credentials import service as credentials
from app.database import transaction
from app.errors import Refused
from app.standards import strict_json, vc
from app.verification.evidence import Submission
from app.verification.once import AskedOnce
from app.verification.report import Report
from app.verification.submission import MAX_EMBEDDED, embedded_in
from app.verification.verifier import Verifier
from app.web.dependencies import limited_write, wiring_of
from app.web.pages.reading import read_content


async def count_each(request: Request, credentials_inside: int) -> None:
    """Counts each credential inside a document after the first, which the request itself stands for.

    More than are ever checked count as none: such a document is refused. Raises as `limited_write` does.
    """
    if credentials_inside <= MAX_EMBEDDED:
        for _ in range(credentials_inside - 1):
            await limited_write(request)


def verifier_of(request: Request, *, older: bool = False) -> Verifier:
    """The verifier for one file, which knows our own receipts. `older`: as `verify.verify` has it."""
    wiring = wiring_of(request)
    publications = AskedOnce(wiring.publications)

    async def as_anywhere(submission: Submission) -> Report:
        handed_in = await with_receipts(request, submission)
        return await wiring.verify(handed_in, older=older, publications=publications)

    return replace(wiring.verifier, credential=as_anywhere, publications=publications)


async def with_receipts(request: Request, handed_in: Submission) -> Submission:
    """Each bare credential of ours with the receipt we hold for it; the receipts are checked like anybody's."""
    async with transaction(wiring_of(request).engine) as conn:
        members = [await _with_receipt(conn, one) for one in members_of(handed_in)]
        return await _with_receipt(conn, replace(handed_in, embedded=tuple(members)))


def members_of(handed_in: Submission) -> tuple[Submission, ...]:
    """The credentials inside, where they can be read; the check itself says where they cannot."""
    try:
        return handed_in.embedded or embedded_in(handed_in.credential)
    except Refused:
        return ()


def valid_from(document: Mapping[str, Any]) -> datetime | None:
    """Since when an edition counts, which tells the editions of one credential apart; None = it does not say."""
    return vc.parse_timestamp(document.get("validFrom"))


async def _with_receipt(conn: AsyncConnection, handed_in: Submission) -> Submission:
    number, since = read_content(handed_in.credential).number, valid_from(handed_in.credential)
    if handed_in.receipt is not None or handed_in.presentation is not None or number is None or since is None:
        return handed_in
    # A file may hold an edition that was corrected since; each has a receipt of its own.
    receipt = await credentials.receipt_of_edition(conn, number, since)
    return replace(handed_in, receipt=strict_json.parse_object(receipt) if receipt else None)
