"""Several credentials at once: what is in a presentation or a record, told one by one, and what a shared link shows."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.credentials import service as credentials
from app.database import reading, transaction
from app.sharing import service as sharing
from app.stacking import service as stacking
from app.verification.evidence import Submission
from app.verification.report import Report
from app.verification.several import few_at_once, of_list
from app.verification.submission import MAX_EMBEDDED
from app.web import rendering
from app.web.dependencies import wiring_of
from app.web.documents import PERSONAL
from app.web.pages.profile import shared
from app.web.pages.reading import Content, read_content
from app.web.pages.verdict import Told, tell, tell_presentation
from app.wiring import now

_HEADERS = {**PERSONAL, "Vary": "Accept"}
_ANYBODY = "Whoever has the link can open it, so who shows these credentials is not known."


@dataclass(frozen=True, slots=True)
class Member:
    """A credential inside another document, for showing."""

    content: Content
    report: Report
    told: Told


def members_of(handed_in: Submission, report: Report) -> list[Member]:
    """What is inside, in order; nothing where none of it was looked at."""
    if not report.parts:
        return []
    found = []
    for one, part in zip(handed_in.embedded, report.parts, strict=True):
        content = read_content(one.credential)
        found.append(Member(content, part, tell(part, content, None)))
    return found


async def page(request: Request, handed_in: Submission, report: Report) -> Response:
    """The page on a presentation."""
    return rendering.page(
        request,
        "several.html",
        headers=_HEADERS,
        told=tell_presentation(report),
        report=report,
        members=members_of(handed_in, report),
    )


async def of_profile(request: Request, token: str) -> Response:
    """The reports on what a shared profile shows. It counts as an opening of the link, like the page."""
    wiring, moment = wiring_of(request), now()
    async with transaction(wiring.engine) as conn:
        link = await sharing.open_link(conn, token, moment)
        awards, others = shared(await stacking.profile(conn, link.institution_id, link.learner_id, moment))
    async with reading(wiring.engine) as conn:
        found = [await credentials.evidence(conn, item.id) for item in [*awards, *others][:MAX_EMBEDDED]]
    parts = await few_at_once([wiring.verify_ours(one) for one in found])
    return JSONResponse(of_list(parts, moment, _ANYBODY).as_json(), headers=_HEADERS)
