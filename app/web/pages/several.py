"""Several credentials at once: a presentation, a CLR, a shared profile. One report each, and the worst of all.

Who presents them, and whether all are about the same person, is not found out here, and said so.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.credentials import service as credentials
from app.database import reading, transaction
from app.sharing import service as sharing
from app.stacking import service as stacking
from app.standards.vc import timestamp
from app.verification.evidence import Submission
from app.verification.report import Report, Verdict
from app.verification.submission import MAX_EMBEDDED
from app.web import rendering
from app.web.dependencies import limited_write, wiring_of
from app.web.documents import PERSONAL
from app.web.pages.profile import shared
from app.web.pages.reading import read_content
from app.web.pages.verdict import tell
from app.wiring import now, submission_of

_HEADERS = {**PERSONAL, "Vary": "Accept"}
_AT_ONCE = 5
_FROM_BEST = (Verdict.VALID, Verdict.WAS_VALID, Verdict.CANNOT_TELL, Verdict.NOT_VALID)
_HEADLINES = {
    Verdict.VALID: ("good", "All genuine", "Each of these credentials is genuine and in force."),
    Verdict.WAS_VALID: (
        "ended",
        "Not all in force",
        "These credentials are genuine, but at least one of them is no longer in force.",
    ),
    Verdict.CANNOT_TELL: (
        "unknown",
        "Cannot tell",
        "We cannot tell about every one of these credentials. Do not rely on them together; look at each.",
    ),
    Verdict.NOT_VALID: (
        "bad",
        "Not all genuine",
        "At least one of these is not a genuine credential in force. Do not rely on them together; look at each.",
    ),
}
_HOLDER = {
    "outcome": "SKIPPED",
    "code": "holder_not_checked",
    "sentence": "Who presents these credentials was not checked, nor whether all are about the same person.",
}


@dataclass(frozen=True, slots=True)
class Several:
    """Submissions with their reports, in order. `whole` is the report on the document around them, if it is signed."""

    kind: str
    parts: tuple[tuple[Submission, Report], ...]
    whole: tuple[Submission, Report] | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst of all; of none, cannot tell."""
        reports = [report for _, report in (*self.parts, *((self.whole,) if self.whole else ()))]
        return max((report.verdict for report in reports), key=_FROM_BEST.index, default=Verdict.CANNOT_TELL)

    def as_json(self) -> dict[str, Any]:
        whole = {"record": self.whole[1].as_json()} if self.whole else {}
        return {
            "kind": self.kind,
            "verdict": self.verdict,
            "summary": _HEADLINES[self.verdict][2],
            "checkedAt": timestamp(now()),
            "holder": _HOLDER,
            **whole,
            "credentials": [
                {"credential": read_content(handed_in.credential).id, **report.as_json()}
                for handed_in, report in self.parts
            ],
        }


async def answer(request: Request, handed_in: Submission, members: Sequence[Submission], wants_page: bool) -> Response:
    """The answer on a presentation or a CLR. Each credential inside counts against the client's limit."""
    for _ in members[1:]:
        await limited_write(request)
    verify = wiring_of(request).verify
    reports = await _few_at_once([verify(one) for one in members])
    # A presentation's own signature is the holder's, and not read yet.
    is_record = handed_in.presentation is None
    whole = (handed_in, await verify(handed_in)) if is_record else None
    found = Several("clr" if is_record else "presentation", tuple(zip(members, reports, strict=True)), whole)
    return _page(request, found) if wants_page else JSONResponse(found.as_json(), headers=_HEADERS)


async def of_profile(request: Request, token: str) -> Response:
    """The reports on what a shared profile shows. It counts as an opening of the link, like the page."""
    wiring, moment = wiring_of(request), now()
    async with transaction(wiring.engine) as conn:
        link = await sharing.open_link(conn, token, moment)
        awards, others = shared(await stacking.profile(conn, link.institution_id, link.learner_id, moment))
    async with reading(wiring.engine) as conn:
        found = [await credentials.evidence(conn, item.id) for item in [*awards, *others][:MAX_EMBEDDED]]
    reports = await _few_at_once([wiring.verify_ours(one) for one in found])
    parts = tuple((submission_of(one), report) for one, report in zip(found, reports, strict=True))
    return JSONResponse(Several("profile", parts).as_json(), headers=_HEADERS)


async def _few_at_once(checks: Sequence[Awaitable[Report]]) -> list[Report]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(check: Awaitable[Report]) -> Report:
        async with gate:
            return await check

    return list(await asyncio.gather(*(one(check) for check in checks)))


def _page(request: Request, found: Several) -> Response:
    tone, headline, summary = _HEADLINES[found.verdict]
    told = []
    for handed_in, report in (*((found.whole,) if found.whole else ()), *found.parts):
        content = read_content(handed_in.credential, handed_in.receipt)
        told.append((content, report, tell(report, content, None)))
    return rendering.page(
        request,
        "several.html",
        headers=_HEADERS,
        tone=tone,
        headline=headline,
        summary=summary,
        holder=_HOLDER["sentence"],
        whole=told[0] if found.whole else None,
        parts=told[1:] if found.whole else told,
        checked_at=now(),
    )
