"""Asking for each published document once in the check of one file, however many credentials in it name it.

Without it, whoever sends a presentation of fifty credentials makes this verifier ask a host of their choice fifty
times. Kept for one check alone: nothing is remembered from one to the next.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from app.verification.evidence import Fetched
from app.verification.ports import Publications


class AskedOnce:
    """The same documents as `publications` has."""

    def __init__(self, publications: Publications) -> None:
        self._publications = publications
        self._asked: dict[tuple[Any, ...], asyncio.Future[Fetched]] = {}

    async def did_document(self, did: str, at: datetime | None = None) -> Fetched:
        return await self._once(self._publications.did_document, did, at)

    async def status_list(self, url: str, at: datetime | None = None) -> Fetched:
        return await self._once(self._publications.status_list, url, at)

    async def status_reasons(self, url: str) -> Fetched:
        return await self._once(self._publications.status_reasons, url)

    async def accreditations(self, url: str) -> Fetched:
        return await self._once(self._publications.accreditations, url)

    async def checkpoints(self, url: str) -> Fetched:
        return await self._once(self._publications.checkpoints, url)

    async def receipt(self, url: str, digest: bytes) -> Fetched:
        return await self._once(self._publications.receipt, url, digest)

    async def _once(self, ask: Callable[..., Coroutine[Any, Any, Fetched]], *what: Any) -> Fetched:
        key = (ask, *what)
        if key not in self._asked:
            self._asked[key] = asyncio.ensure_future(ask(*what))
        # Whoever stops waiting does not stop it for the others.
        return await asyncio.shield(self._asked[key])
