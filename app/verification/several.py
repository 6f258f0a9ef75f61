"""Several credentials in one document: each is checked as if it had come alone.

A presentation is a container (`presentation`), a profile a mere list; a record (CLR 2.0) is a credential too, and is
checked as one (`verify`). Whatever holds them, the whole is no better than the worst in it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from app.errors import Refused
from app.standards.open_badge import digest_sri
from app.verification import stacked
from app.verification.checks.trail import skipped
from app.verification.evidence import Submission
from app.verification.report import (
    Anchoring,
    DocumentKind,
    Level,
    Report,
    Verdict,
    lowest,
    oldest,
    worst,
    worst_anchoring,
)
from app.verification.submission import embedded_in

AT_ONCE = 5
"""How many are checked at a time: each may ask other hosts, and whoever sends the document chooses which."""

VerifyCredential = Callable[[Submission], Awaitable[Report]]

_OF_A_LIST = {
    Verdict.VALID: "Each of these credentials is genuine and in force.",
    Verdict.WAS_VALID: "These credentials are genuine, but at least one of them is no longer in force.",
    Verdict.CANNOT_TELL: "We cannot tell about every one of these credentials. Do not rely on them together; look at "
    "each.",
    Verdict.NOT_VALID: "At least one of these is not a genuine credential in force. Do not rely on them together; "
    "look at each.",
}


async def verify_each(submissions: Sequence[Submission], verify_credential: VerifyCredential) -> tuple[Report, ...]:
    """The reports on `submissions`, in their order; `AT_ONCE` of them at a time."""
    beside = _written(submissions)
    return await few_at_once([verify_credential(replace(one, beside=beside)) for one in submissions])


def _written(submissions: Sequence[Submission]) -> Mapping[tuple[str, str], bytes]:
    """What came together, by identifier and digest, where an award among it names credentials.

    They came as parsed, and an award names bytes: these are those of a document written without spaces, as ours are. A
    document that was written otherwise has another digest, and is asked for where it is published.
    """
    if not any(stacked.named_by(one.credential) for one in submissions):
        return {}
    texts = [(one, json.dumps(one.credential, ensure_ascii=False, separators=(",", ":"))) for one in submissions]
    written = [(str(one.credential.get("id")), text.encode()) for one, text in texts]
    return {(name, digest_sri(data)): data for name, data in written}


async def few_at_once(checks: Sequence[Awaitable[Report]]) -> tuple[Report, ...]:
    """What `checks` come to, in their order; `AT_ONCE` of them at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(check: Awaitable[Report]) -> Report:
        async with gate:
            return await check

    return tuple(await asyncio.gather(*map(one, checks)))


async def verify_members(submission: Submission, verify_credential: VerifyCredential) -> tuple[Report, ...]:
    """The reports on the credentials inside a record; none for any other document.

    None either where what is inside cannot be read: the structure of the record is then at fault, and says so.
    """
    try:
        # Those in the submission are the same ones, perhaps with their receipts.
        members = submission.embedded or embedded_in(submission.credential)
    except Refused:
        return ()
    return await verify_each(members, verify_credential) if members else ()


def of_list(parts: Sequence[Report], now: datetime, shown_by: str) -> Report:
    """The report on credentials that nobody put together by a signature; of none, we cannot tell.

    `shown_by`: a sentence on who shows them, which nothing here could find out.
    """
    verdict = worst(part.verdict for part in parts) if parts else Verdict.CANNOT_TELL
    return Report(
        findings=(skipped("holder", shown_by, "holder_none"),),
        verdict=verdict,
        anchoring=worst_anchoring(parts) if parts else Anchoring.UNKNOWN,
        level=lowest(parts) if parts else Level.NONE,
        checked_at=now,
        summary=_OF_A_LIST[verdict],
        true_as_of=oldest(parts),
        parts=tuple(parts),
        kind=DocumentKind.PROFILE,
    )
