"""Ports that always answer: within a limit, and with a value whatever goes wrong behind them.

A port promises to tell its failures as values, and each adapter has limits of its own. A verification does not rely on
that: one that hangs would leave an employer without an answer, and one that raises would take the rest of the report
with it. What is not answered is unknown, and so never shown as good.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from app.errors import AppError
from app.verification.evidence import ChainAnswer, Fetched, Recognition
from app.verification.ports import Publications, Recogniser, Registry

QUESTION_SECONDS = 12.0
"""For each question. A verification asks at most five times one after the other (`gather`), the rest at once, and ends
within five times that, an award's parts within as long again (`gather_parts`); a limit on all together would let one
host that hangs use up the time of the others."""

_LAST_SECOND = 253_402_300_799  # of the year 9999
Answer = TypeVar("Answer")
_LOG = logging.getLogger(__name__)
_LATE = "It could not be had in time."
_FAILED = "It could not be had just now."


class BoundedPublications:
    """`publications`, each question answered `within` so many seconds."""

    def __init__(self, publications: Publications, within: float) -> None:
        self._asked = publications
        self._within = within

    async def did_document(self, did: str, at: datetime | None = None) -> Fetched:
        return await self._answer(self._asked.did_document(did, at))

    async def status_list(self, url: str, at: datetime | None = None) -> Fetched:
        return await self._answer(self._asked.status_list(url, at))

    async def status_reasons(self, url: str) -> Fetched:
        return await self._answer(self._asked.status_reasons(url))

    async def accreditations(self, url: str) -> Fetched:
        return await self._answer(self._asked.accreditations(url))

    async def checkpoints(self, url: str) -> Fetched:
        return await self._answer(self._asked.checkpoints(url))

    async def receipt(self, url: str, digest: bytes) -> Fetched:
        return await self._answer(self._asked.receipt(url, digest))

    async def credential(self, url: str, at: datetime | None = None) -> Fetched:
        return await self._answer(self._asked.credential(url, at))

    async def credential_receipt(self, url: str) -> Fetched:
        return await self._answer(self._asked.credential_receipt(url))

    async def rules(self, url: str) -> Fetched:
        return await self._answer(self._asked.rules(url))

    async def _answer(self, asked: Awaitable[Fetched]) -> Fetched:
        return await _answer(asked, self._within, "publication", _unpublished)


class BoundedRegistry:
    """`registry`, answering `within` so many seconds; a time that is none is no answer."""

    def __init__(self, registry: Registry, within: float) -> None:
        self._asked = registry
        self._within = within

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        asked = self._asked.anchored(chain_id, contract, address, root)
        answer = await _answer(asked, self._within, "chain", _unasked)
        if answer.anchored_at is not None and not 0 <= answer.anchored_at <= _LAST_SECOND:
            return _unasked("chain_answer_unreadable", "The public register gave an answer that cannot be read.")
        return answer


class BoundedRecogniser:
    """`recogniser`, answering `within` so many seconds."""

    def __init__(self, recogniser: Recogniser, within: float) -> None:
        self._asked = recogniser
        self._within = within

    async def recognise(self, did: str) -> Recognition:
        return await _answer(self._asked.recognise(did), self._within, "issuer_list", _unrecognised)


async def _answer(asked: Awaitable[Answer], within: float, about: str, failed: Callable[[str, str], Answer]) -> Answer:
    try:
        async with asyncio.timeout(within):
            return await asked
    except TimeoutError:
        return failed(f"{about}_timeout", _LATE)
    except AppError as error:
        return failed(error.code, _FAILED)
    except Exception:
        # Whoever runs this verifier must learn of it; whoever asked learns that nothing is known.
        _LOG.exception("a verification went on without an answer")
        return failed(f"{about}_failed", _FAILED)


def _unpublished(code: str, sentence: str) -> Fetched:
    return Fetched(None, None, code, sentence)


def _unasked(code: str, sentence: str) -> ChainAnswer:
    return ChainAnswer(datetime.now(UTC), None, False, code, sentence)


def _unrecognised(code: str, sentence: str) -> Recognition:
    return Recognition(known=False, code=code, failure=sentence)
