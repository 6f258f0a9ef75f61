"""What the bundle of an award brings beside the award's own: its parts, the rules that count them, and all that it
takes to check each part without us.

Parts and rules are texts in it, so that they have, byte for byte, the digest that the award names. What all of them
share (an issuer's keys, a status list) is in it once.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials import accrediting, status, store
from app.credentials.model import PublishedEvidence
from app.institutions import service as institutions
from app.standards import open_badge, strict_json

RulesAt = Callable[[str], bytes | None]
"""The published bytes of the rule set at a path such as `/rules/hnc-computing-2022/2`; None where there is none."""

MAX_DEPTH = 4
_URN = "urn:uuid:"


async def bundled_parts(conn: AsyncConnection, award: PublishedEvidence, rules: RulesAt) -> dict[str, bytes]:
    """The members "parts", "rules" and "published" of an award's bundle, as JSON; none for what names no parts.

    A part that was erased, or is not of this installation, is left out.
    """
    rows, texts = await _everything_named(conn, award.signed.document, award.institution.public_url, rules)
    if not rows and not texts:
        return {}
    parts = {
        f"{_URN}{row.id}": {
            "document": row.document.decode(),
            "anchorReceipt": json.loads(row.receipt) if row.receipt else None,
        }
        for row in rows
    }
    lists = {(row.institution_id, row.list_number) for row in rows}
    published: dict[str, bytes | None] = {}
    for institution_id in sorted({institution_id for institution_id, _ in lists}):
        institution = await institutions.get_by_id(conn, institution_id)
        if institution.id != award.institution.id:
            published[institution.did] = await institutions.published_did_document(conn, did=institution.did)
            published |= (await accrediting.published_behind(conn, institution)).documents
        for number in sorted(number for owner, number in lists if owner == institution_id):
            url = f"{institution.status_url}/{number}"
            listed = await status.find(conn, institution_id, number) if url != award.status_list_url else None
            if listed is not None:
                published |= {url: listed.document, f"{url}/reasons": listed.reasons}
    return {"parts": _json(parts), "rules": _json(texts), "published": _joined(published)}


async def _everything_named(
    conn: AsyncConnection, award: bytes, public_url: str, rules: RulesAt
) -> tuple[list[Any], dict[str, str]]:
    """(rows of the parts, and of theirs; texts of the rules by address)."""
    rows: dict[UUID, Any] = {}
    texts: dict[str, str] = {}
    level = [award]
    for _ in range(MAX_DEPTH):
        named = {name for document in level for name, _ in _named(document)}
        for address in sorted(name for name in named if name.startswith(f"{public_url}/rules/")):
            found = rules(urlsplit(address).path)
            if found is not None:
                texts[address] = found.decode()
        wanted = {UUID(name.removeprefix(_URN)) for name in named if name.startswith(_URN)} - rows.keys()
        if not wanted:
            break
        new = await store.find_parts(conn, sorted(wanted))
        rows |= {row.id: row for row in new}
        level = [row.document for row in new]
    return list(rows.values()), texts


def _named(document: bytes) -> set[tuple[str, str]]:
    return open_badge.related_digests(strict_json.parse_object(document, 1_000_000))


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _joined(documents: Mapping[str, bytes | None]) -> bytes:
    """Each document as the bytes that were published."""
    listed = [json.dumps(name).encode() + b":" + data for name, data in documents.items() if data is not None]
    return b"{" + b",".join(listed) + b"}"
