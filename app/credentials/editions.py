"""Making the next edition of credentials: same id, newer `validFrom`, a new status place; the old one is revoked.

One way for one credential and for all of a learner's: whatever they are, each status list is signed again once. The
caller holds the credentials' rows. The order of locks is: learner, credentials by id, status lists by id, the list
that new places come from.
"""

import json
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import service as anchoring
from app.credentials import status, store
from app.credentials.documents import issuer_profile
from app.credentials.issuing import compare_forms, document_bytes
from app.credentials.model import CorrectionReason, Credential, CredentialKind, Learner
from app.credentials.signing import Issuer
from app.errors import Refused
from app.standards import open_badge, status_list
from app.standards.anchor_receipt import LeafKind
from app.standards.data_integrity import CanonicalForm
from app.standards.open_badge import digest_sri

MAX_NOTE = 500
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """A signed credential as it stands, its row held. `document` is the bytes that were signed."""

    record: Credential
    document: bytes
    digest: bytes
    list_id: int
    index: int
    credits_earned: int | None

    @classmethod
    def of(cls, row: Row[Any]) -> "Standing":
        return cls(
            store.credential_of(row),
            row.document,
            row.digest,
            row.status_list_id,
            row.status_index,
            row.credits_earned,
        )

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.document)
        return content

    @property
    def learner_name(self) -> str:
        return open_badge.learner_name(self.content) or ""


@dataclass(frozen=True, slots=True)
class Correction:
    """What the next edition of a credential says. `parts` and `trace` None = those of the edition before."""

    old: Standing
    learner_name: str
    grade: str
    credits_earned: int | None
    awarded_on: date
    parts: tuple[open_badge.Part, ...] | None = None
    trace: tuple[str, ...] | None = None

    def valid_from(self, now: datetime) -> datetime:
        """The next whole second that no edition before has: what is newer must be seen to be."""
        return max(now.replace(microsecond=0), self.old.record.valid_from + _SECOND)


def check_note(note: str) -> None:
    """Raises `Refused("note_too_long")`."""
    if len(note) > MAX_NOTE:
        raise Refused("note_too_long", f"The note may have up to {MAX_NOTE} characters.")


async def supersede(
    conn: AsyncConnection,
    issuer: Issuer,
    reference: CanonicalForm,
    learner: Learner,
    corrections: Sequence[Correction],
    *,
    reason: CorrectionReason,
    note: str,
    now: datetime,
    withdrawn: Sequence[Standing] = (),
) -> None:
    """Sign the next edition of each credential of `learner` and revoke the old one, in the caller's transaction.

    An award among them names the new editions of those of its parts that are among them too. The text of every past
    edition is kept here; erasing it is the caller's decision. `withdrawn`, on record as such already, is revoked with
    the old ones: each list is signed again once. Raises what `Issuer.sign` raises.
    """
    if corrections:
        await store.insert_editions(conn, [_past(one, reason, note, now) for one in corrections])
    places: dict[int, list[int]] = defaultdict(list)
    for old in (*(one.old for one in corrections), *withdrawn):
        places[old.list_id].append(old.index)
    await status.set_revoked(conn, issuer, places, now)
    if not corrections:
        return
    free = await status.allocate(conn, issuer, len(corrections), now)
    profile = issuer_profile(issuer.institution)
    # Parts before the awards that name them.
    ordered = sorted(corrections, key=lambda one: one.old.record.kind is CredentialKind.AWARD)
    sample = secrets.choice(ordered)
    rows: list[dict[str, Any]] = []
    replaced: dict[str, tuple[str, str]] = {}
    for one, (list_id, list_url, index) in zip(ordered, free, strict=True):
        document = _document(one, profile, learner, status_list.entry(list_url, index), replaced, now)
        if one is sample:
            compare_forms(issuer, reference, document)
        signed, digest = issuer.sign(document, now)
        data = document_bytes(signed)
        replaced[one.old.record.uri] = digest_sri(one.old.document), digest_sri(data)
        rows.append(
            {
                "row_id": one.old.record.id,
                "new_document": data,
                "new_digest": digest,
                "new_status_list_id": list_id,
                "new_status_index": index,
                "new_grade": one.grade,
                "new_credits_earned": one.credits_earned,
                "new_awarded_on": one.awarded_on,
                "new_corrected_at": one.valid_from(now),
            }
        )
    await store.store_corrected(conn, rows, now)
    digests = [(LeafKind.CREDENTIAL, bytes(row["new_digest"])) for row in rows]
    await anchoring.append(conn, issuer.institution.id, digests, now)


async def erase_other_names(conn: AsyncConnection, credential_ids: Sequence[UUID], name: str) -> None:
    """Drop the text of every past edition in which the learner has another name than `name`."""
    for row in await store.past_documents(conn, credential_ids):
        if row.document is not None and open_badge.learner_name(json.loads(row.document)) != name:
            await store.erase_edition(conn, row.credential_id, row.number)


def _past(one: Correction, reason: CorrectionReason, note: str, now: datetime) -> dict[str, Any]:
    record = one.old.record
    return {
        "credential_id": record.id,
        "number": record.edition,
        "digest": one.old.digest,
        "status_list_id": one.old.list_id,
        "status_index": one.old.index,
        "valid_from": record.valid_from,
        "superseded_at": one.valid_from(now),
        "reason": reason,
        "note": note,
        "document": one.old.document,
    }


def _document(
    one: Correction,
    profile: open_badge.Profile,
    learner: Learner,
    entry: dict[str, Any],
    replaced: Mapping[str, tuple[str, str]],
    now: datetime,
) -> dict[str, Any]:
    content = one.old.content
    salt = secrets.token_urlsafe(16)
    award = open_badge.Award(
        id=one.old.record.uri,
        valid_from=one.valid_from(now),
        awarded_on=one.awarded_on,
        learner_name=one.learner_name,
        email_hash=open_badge.hash_email(learner.email, salt),
        email_salt=salt,
        award_reference=secrets.token_urlsafe(12),
        grade=one.grade,
        credits_earned=one.credits_earned,
        status=entry,
        parts=[_part(related, replaced) for related in content.get("relatedResource", ())]
        if one.parts is None
        else one.parts,
        trace=open_badge.trace_of(content) if one.trace is None else one.trace,
    )
    return open_badge.corrected_credential(profile, content, award)


def _part(related: Mapping[str, str], replaced: Mapping[str, tuple[str, str]]) -> open_badge.Part:
    # An award that named something else than the part as it stood keeps doing so: it must still come up for review.
    before, after = replaced.get(related["id"], ("", ""))
    digest = after if related["digestSRI"] == before else related["digestSRI"]
    return open_badge.Part(related["id"], digest, related["mediaType"])
