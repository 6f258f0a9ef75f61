"""What can go wrong behind a port: it raises, hangs, is away, talks nonsense, or lies. Ports that do so, for tests."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.errors import OutsideFailed
from app.verification.evidence import ChainAnswer, Fetched, Recognition
from app.verification.ports import Publications, Recogniser, Registry
from tests.unit.verification.world import NOW, Document

Fault = Callable[[Awaitable[Any]], Awaitable[Any]]
"""From the true answer to what is answered instead."""


async def raises(truth: Awaitable[Any]) -> Any:
    await truth
    raise RuntimeError("something nobody thought of")


async def breaks(truth: Awaitable[Any]) -> Any:
    await truth
    raise OutsideFailed("database_unavailable", "The database cannot be reached just now.")


async def hangs(truth: Awaitable[Any]) -> Any:
    await truth
    await asyncio.Event().wait()


async def is_away(truth: Awaitable[Fetched]) -> Fetched:
    await truth
    return Fetched(NOW, None, "publication_unreachable", "It could not be fetched just now.")


def says(data: bytes) -> Fault:
    """These bytes, whatever was published."""

    async def fault(truth: Awaitable[Fetched]) -> Fetched:
        return replace(await truth, data=data, code="", failure="")

    return fault


def instead(document: Document) -> Fault:
    return says(json.dumps(document).encode())


async def is_cut_short(truth: Awaitable[Fetched]) -> Fetched:
    whole = await truth
    return replace(whole, data=(whole.data or b"{}")[:-1])


async def has_a_member_twice(truth: Awaitable[Fetched]) -> Fetched:
    whole = (await truth).data or b"{}"
    return Fetched(NOW, whole[:-1] + b"," + whole[1:])


SILENT: Mapping[str, Fault] = {
    "raises": raises,
    "breaks": breaks,
    "hangs": hangs,
    "is away": is_away,
    "nothing": says(b""),
    "a page for people": says(b"<html><body>Sign in</body></html>"),
    "cut short": is_cut_short,
    "null": says(b"null"),
    "a list": says(b"[]"),
    "an empty object": says(b"{}"),
    "a member twice": has_a_member_twice,
    "no text": says(b"\xff\xfe{\x00}\x00"),
    "too deep": says(b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "too large": says(b'{"id":"' + b" " * 2_000_000 + b'"}'),
}
"""Answers to a question about a publication that tell nothing."""


async def chain_away(truth: Awaitable[ChainAnswer]) -> ChainAnswer:
    return replace(await truth, anchored_at=None, final=False, code="chain_unreachable", failure="It is away.")


async def never_recorded(truth: Awaitable[ChainAnswer]) -> ChainAnswer:
    return replace(await truth, anchored_at=0)


async def not_final(truth: Awaitable[ChainAnswer]) -> ChainAnswer:
    return replace(await truth, final=False)


def recorded(moment: int) -> Fault:
    async def fault(truth: Awaitable[ChainAnswer]) -> ChainAnswer:
        return replace(await truth, anchored_at=moment, final=True)

    return fault


CHAIN: Mapping[str, Fault] = {
    "raises": raises,
    "breaks": breaks,
    "hangs": hangs,
    "is away": chain_away,
    "never recorded": never_recorded,
    "not final": not_final,
    "recorded before time": recorded(-1),
    "recorded after all time": recorded(10**30),
    "recorded today": recorded(int(NOW.timestamp())),
}


async def no_list(truth: Awaitable[Recognition]) -> Recognition:
    await truth
    return Recognition(False)


async def nobody(truth: Awaitable[Recognition]) -> Recognition:
    return replace(await truth, issuer=None)


LISTS: Mapping[str, Fault] = {
    "raises": raises,
    "breaks": breaks,
    "hangs": hangs,
    "no list": no_list,
    "nobody": nobody,
}


@dataclass(frozen=True)
class FaultyPublications:
    """As `asked`, but for questions that `faults` has: (method, name, whether of the past) -> fault."""

    asked: Publications
    faults: Mapping[tuple[str, str, bool], Fault]

    async def did_document(self, did: str, at: datetime | None = None) -> Fetched:
        return await self._spoilt("did_document", did, self.asked.did_document(did, at), at is not None)

    async def status_list(self, url: str, at: datetime | None = None) -> Fetched:
        return await self._spoilt("status_list", url, self.asked.status_list(url, at), at is not None)

    async def status_reasons(self, url: str) -> Fetched:
        return await self._spoilt("status_reasons", url, self.asked.status_reasons(url))

    async def accreditations(self, url: str) -> Fetched:
        return await self._spoilt("accreditations", url, self.asked.accreditations(url))

    async def checkpoints(self, url: str) -> Fetched:
        return await self._spoilt("checkpoints", url, self.asked.checkpoints(url))

    async def receipt(self, url: str, digest: bytes) -> Fetched:
        return await self._spoilt("receipt", url, self.asked.receipt(url, digest))

    async def credential(self, url: str, at: datetime | None = None) -> Fetched:
        return await self._spoilt("credential", url, self.asked.credential(url, at), at is not None)

    async def credential_receipt(self, url: str) -> Fetched:
        return await self._spoilt("credential_receipt", url, self.asked.credential_receipt(url))

    async def rules(self, url: str) -> Fetched:
        return await self._spoilt("rules", url, self.asked.rules(url))

    async def _spoilt(self, method: str, name: str, truth: Awaitable[Fetched], is_past: bool = False) -> Fetched:
        fault = self.faults.get((method, name, is_past))
        answer: Fetched = await (fault(truth) if fault else truth)
        return answer


@dataclass(frozen=True)
class FaultyRegistry:
    asked: Registry
    fault: Fault

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        answer: ChainAnswer = await self.fault(self.asked.anchored(chain_id, contract, address, root))
        return answer


@dataclass(frozen=True)
class FaultyRecogniser:
    """As `asked`, but for one institution."""

    asked: Recogniser
    name: str
    fault: Fault

    async def recognise(self, did: str) -> Recognition:
        truth = self.asked.recognise(did)
        answer: Recognition = await (self.fault(truth) if did == self.name else truth)
        return answer
