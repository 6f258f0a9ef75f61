"""Fetching what a stacked award is made of: the rules it names, then its parts, each of which is verified in full.

The award names them, and a stranger may have made it, so there is a limit to how many are asked for (`Allowance`), only
a few are asked for at a time, and none where the rules cannot be had or are not what the award says: a host that does
not answer is asked once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.standards import strict_json
from app.standards.open_badge import digest_sri
from app.verification.bounded import QUESTION_SECONDS
from app.verification.checks.adds_up import MAX_PARTS
from app.verification.evidence import Fetched, PartEvidence, StackEvidence, Submission
from app.verification.ports import Publications
from app.verification.report import Report, Verdict
from app.verification.several import AT_ONCE
from app.verification.stacked import Named, NamedByAward, number_of
from app.verification.submission import is_record

MAX_DEPTH = 4
"""Awards made of awards: a degree of a diploma of a certificate of its units."""

VerifyWith = Callable[[Submission, "Allowance"], Awaitable[Report]]


@dataclass(slots=True)
class _Left:
    parts: int = MAX_PARTS


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much more may be looked at for one file: parts, of whatever award they are, and awards within awards."""

    depth: int = MAX_DEPTH
    _left: _Left = field(default_factory=_Left)

    def take(self, parts: int) -> bool:
        """Whether so many more may be looked at."""
        if self.depth <= 0 or parts > self._left.parts:
            return False
        self._left.parts -= parts
        return True

    def below(self) -> "Allowance":
        """For what a part is made of."""
        return Allowance(self.depth - 1, self._left)


async def gather_parts(
    named: NamedByAward,
    award: Submission,
    publications: Publications,
    verify_with: VerifyWith,
    allowance: Allowance,
    as_of: datetime | None = None,
    within: float = QUESTION_SECONDS,
) -> StackEvidence:
    """The rules and the parts that an award names, as of a time (None = now); failures are values in it.

    What is not had in five times `within` (seconds, for one question) from now counts as not had.

    What came in the same file as the award is not asked for.
    """
    if named.rules is None:
        return StackEvidence(None)
    brought = award.beside.get((named.rules.id, named.rules.digest))
    rules = Fetched(None, brought) if brought else await publications.rules(named.rules.id)
    if rules.data is None or digest_sri(rules.data) != named.rules.digest:
        return StackEvidence(rules)
    if not allowance.take(len(named.parts)):
        return StackEvidence(rules, is_too_large=True)
    gate, until = asyncio.Semaphore(AT_ONCE), asyncio.get_running_loop().time() + 5 * within

    async def in_time(part: Named) -> PartEvidence:
        try:
            async with asyncio.timeout_at(until):
                return await one(part)
        except TimeoutError:
            return PartEvidence(Fetched(None, None, "publication_timeout", "It could not be had in time."))

    async def one(part: Named) -> PartEvidence:
        if number_of(part.id) is None:
            return PartEvidence(Fetched(None, None, "part_name_malformed", "Its number cannot be read."))
        address = named.address_of(part)
        brought = award.beside.get((part.id, part.digest))
        async with gate:
            fetched = Fetched(None, brought) if brought else await publications.credential(address, as_of)
            document = _read(fetched)
            if document is None or is_record(document):
                return PartEvidence(fetched)
            report = await verify_with(Submission(document, None, beside=award.beside), allowance.below())
            if report.verdict in (Verdict.CANNOT_TELL, Verdict.NOT_VALID):
                # A key or an approval that has ended since: the register may show that it was signed before.
                receipt = _read(await publications.credential_receipt(address))
                if receipt is not None:
                    report = await verify_with(Submission(document, receipt, beside=award.beside), allowance.below())
            return PartEvidence(fetched, document, report)

    parts = await asyncio.gather(*map(in_time, named.parts))
    return StackEvidence(rules, tuple(parts))


def _read(fetched: Fetched) -> dict[str, Any] | None:
    try:
        return strict_json.parse_object(fetched.data) if fetched.data is not None else None
    except strict_json.NotStrictJson:
        return None
