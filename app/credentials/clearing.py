"""Free texts that mention a name which must not be kept: private notes, names of imported files, endorsements."""

import json
import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials import store
from app.credentials.editions import Standing
from app.credentials.model import CredentialKind, RevocationReason

CLEARED_NOTE: Final = "(cleared with a change of name)"
CLEARED_FILE_NAME: Final = "results"
_NOT_A_LETTER = re.compile(r"[\W\d_]+")


async def clear_texts(
    conn: AsyncConnection, learner_id: UUID, rows: Sequence[Row[Any]], past: Sequence[Row[Any]], gone: Collection[str]
) -> None:
    """Texts kept beside the learner's credentials: a single word of the former name (`gone`) is enough to clear one."""
    for row in rows:
        if mentions(row.revocation_note or "", gone):
            await store.set_note(conn, row.id, None, CLEARED_NOTE)
    for row in past:
        if mentions(row.note, gone):
            await store.set_note(conn, row.credential_id, row.number, CLEARED_NOTE)
    for brought in await store.imports_with(conn, learner_id):
        if mentions(brought.file_name, gone):
            await store.set_import_texts(conn, brought.id, file_name=CLEARED_FILE_NAME)
        if mentions(brought.idempotency_key or "", gone):
            # The file's own hash still keeps it from being taken twice.
            await store.set_import_texts(conn, brought.id, idempotency_key=None)


async def withdraw_endorsements(
    conn: AsyncConnection, institution_id: UUID, former: Collection[str], name: str, now: datetime
) -> list[Standing]:
    """Erase every endorsement that has one of the former names in full; those still in force, recorded as withdrawn.

    Their places in the status lists are the caller's to set. The words were a person's, so a person writes them anew.
    In full, not a single word: they are about a unit or an institution, and most that hold the word mean somebody else.
    """
    withdrawn = []
    for row in await store.lock_rows(conn, institution_id, kind=CredentialKind.ENDORSEMENT):
        if names_in_full(row.revocation_note or "", former, name):
            await store.set_note(conn, row.id, None, CLEARED_NOTE)
        if row.document is None or not names_in_full(_comment(row.document), former, name):
            continue
        if row.revoked_at is None:
            await store.set_revoked(conn, row.id, RevocationReason.OTHER, "", now)
            withdrawn.append(Standing.of(row))
        await store.erase_withdrawn(conn, row.id)
    return withdrawn


def words(texts: Collection[str]) -> set[str]:
    """The words of at least two letters, whatever their case."""
    return {word for text in texts for word in _sequence(text) if len(word) > 1}


def mentions(text: str, gone: Collection[str]) -> bool:
    """Whether a text has one of these words."""
    return not words([text]).isdisjoint(gone)


def names_in_full(text: str, former: Collection[str], name: str) -> bool:
    """Whether a text has one of the former names, word for word, other than within the name of now."""
    said = f" {' '.join(_sequence(text))} ".replace(f" {' '.join(_sequence(name))} ", " / ")
    return any(f" {' '.join(sequence)} " in said for one in former if (sequence := _sequence(one)))


def _sequence(text: str) -> list[str]:
    normal = unicodedata.normalize("NFC", text).casefold()
    return [word for word in _NOT_A_LETTER.split(normal) if word]


def _comment(document: bytes) -> str:
    return str(json.loads(document)["credentialSubject"].get("endorsementComment", ""))
