"""Asking for each published document, and the chain for each root, once in the check of one file, however many
credentials in it name it.

Without it, whoever sends a presentation of fifty credentials makes this verifier ask a host of their choice fifty
times. Kept for one check alone: nothing is remembered from one to the next.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from app.verification.evidence import ChainAnswer, Fetched
from app.verification.ports import Publications, Registry


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

    async def credential(self, url: str, at: datetime | None = None) -> Fetched:
        return await self._once(self._publications.credential, url, at)

    async def credential_receipt(self, url: str) -> Fetched:
        return await self._once(self._publications.credential_receipt, url)

    async def rules(self, url: str) -> Fetched:
        return await self._once(self._publications.rules, url)

    async def _once(self, ask: Callable[..., Coroutine[Any, Any, Fetched]], *what: Any) -> Fetched:
        key = (ask, *what)
        if key not in self._asked:
            self._asked[key] = asyncio.ensure_future(ask(*what))
        # Whoever stops waiting does not stop it for the others.
        return await asyncio.shield(self._asked[key])


class RegistryAskedOnce:
    """The same answers as `registry` gives: the parts of an award are mostly under one root."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._asked: dict[tuple[int, str, str, bytes], asyncio.Future[ChainAnswer]] = {}

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        key = (chain_id, contract, address, root)
        if key not in self._asked:
            self._asked[key] = asyncio.ensure_future(self._registry.anchored(*key))
        return await asyncio.shield(self._asked[key])
