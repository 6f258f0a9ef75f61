"""Status of credentials: places in lists, the lists themselves with the reasons beside them, and their history."""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import service as anchoring
from app.credentials import store
from app.credentials.signing import Issuer
from app.standards import data_integrity, status_list, status_reasons
from app.standards.anchor_receipt import LeafKind

CAPACITY = 100_000
"""Places used of the 131,072 in each list, so that drawing a free one at random stays quick."""
_EMPTY = bytes(status_list.LENGTH // 8)


@dataclass(frozen=True, slots=True)
class PublishedList:
    """One version of a list as bytes. `reasons` None = nothing in it is set, or it is older than such statements."""

    document: bytes
    reasons: bytes | None


async def allocate(conn: AsyncConnection, issuer: Issuer, count: int, now: datetime) -> list[tuple[int, str, int]]:
    """`count` free places, drawn at random: (list id, list URL, index). Makes and publishes a new list when full."""
    places: list[tuple[int, str, int]] = []
    while len(places) < count:
        row = await store.lock_open_status_list(conn, issuer.institution.id, CAPACITY)
        if row is None:
            # Whoever else found none may have opened one while this one was waiting.
            await store.lock_opening(conn, issuer.institution.id)
            row = await store.lock_open_status_list(conn, issuer.institution.id, CAPACITY)
        if row is None:
            await open_list(conn, issuer, now)
            continue
        taken = bytearray(row.allocated)
        take = min(count - len(places), CAPACITY - row.allocated_count)
        url = f"{issuer.institution.status_url}/{row.number}"
        for _ in range(take):
            index = secrets.randbelow(status_list.LENGTH)
            while status_list.is_set(taken, index):
                index = secrets.randbelow(status_list.LENGTH)
            status_list.set_bit(taken, index)
            places.append((row.id, url, index))
        await store.set_allocated(conn, row.id, bytes(taken), row.allocated_count + take)
    return places


async def open_list(conn: AsyncConnection, issuer: Issuer, now: datetime) -> None:
    """A new, empty list, published at once: a credential must never name a list that cannot be read."""
    await store.insert_status_list(conn, issuer.institution.id, _EMPTY)
    newest = (await store.list_status_lists(conn, issuer.institution.id))[-1]
    await _publish(conn, issuer, newest.id, newest.number, newest.revoked, now)


async def set_revoked(
    conn: AsyncConnection, issuer: Issuer, places: Mapping[int, Collection[int]], now: datetime
) -> None:
    """Set places, given as list id -> indexes, and publish each list again, once, in the caller's transaction.

    Why they are set must be on record already: the reasons are published with the list.
    """
    # By id, as everybody who locks several lists does; one who also allocates does so afterwards.
    for list_id, indexes in sorted(places.items()):
        row = await store.lock_status_list(conn, list_id)
        bits = bytearray(row.revoked)
        for index in indexes:
            status_list.set_bit(bits, index)
        await store.set_revoked_bits(conn, list_id, bytes(bits))
        await _publish(conn, issuer, list_id, row.number, bytes(bits), now)


async def refresh(conn: AsyncConnection, issuer: Issuer, now: datetime) -> int:
    """Sign again every list of an institution that is a day old, long before its week runs out; their number."""
    renewed = 0
    for row in await store.list_status_lists(conn, issuer.institution.id):
        current = await store.find_status_list(conn, issuer.institution.id, row.number)
        if current is None or (now - current.signed_at).total_seconds() > 86_400:
            locked = await store.lock_status_list(conn, row.id)
            await _publish(conn, issuer, row.id, row.number, locked.revoked, now)
            renewed += 1
    return renewed


async def sign_again(conn: AsyncConnection, issuer: Issuer, now: datetime) -> int:
    """Sign every list of an institution with its key of now; their number."""
    rows = await store.list_status_lists(conn, issuer.institution.id)
    for row in rows:
        locked = await store.lock_status_list(conn, row.id)
        await _publish(conn, issuer, row.id, row.number, locked.revoked, now)
    return len(rows)


async def published(conn: AsyncConnection, institution_id: UUID, number: int) -> bytes | None:
    """The signed list as bytes; None when there is no such list."""
    found = await find(conn, institution_id, number)
    return found.document if found else None


async def published_at(conn: AsyncConnection, institution_id: UUID, number: int, at: datetime) -> bytes | None:
    """The signed list that was in force at a moment; None when there was none yet."""
    found = await find(conn, institution_id, number, at)
    return found.document if found else None


async def find(
    conn: AsyncConnection, institution_id: UUID, number: int, at: datetime | None = None
) -> PublishedList | None:
    """The list and the reasons published with it, now or as they were in force at a moment."""
    row = await store.find_status_list(conn, institution_id, number, at)
    return PublishedList(row.document, row.reasons) if row else None


async def _publish(
    conn: AsyncConnection, issuer: Issuer, list_id: int, number: int, bits: bytes, now: datetime
) -> None:
    url = f"{issuer.institution.status_url}/{number}"
    unsigned = status_list.unsigned_list(url, {"id": issuer.institution.did}, bits, now)
    signed, digest = issuer.sign(unsigned, now)
    given = await store.reasons_of_list(conn, list_id)
    reasons = None
    if given:
        statement = status_reasons.unsigned(url, issuer.institution.did, given, now)
        reasons = _bytes(data_integrity.sign_jcs(statement, issuer.key_id, now, issuer.sign_bytes))
    await store.insert_status_list_version(conn, list_id, _bytes(signed), digest, reasons, now)
    await anchoring.append(conn, issuer.institution.id, [(LeafKind.STATUS_LIST, digest)], now)


def _bytes(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
