"""Erasing credentials and learners: what is deleted, what stays, and what everybody is told.

Decisions
- Deleted: the credential's text in every edition, its result and dates, salt, digest and receipts in the log, and what
  holds or names it (records hold it whole, awards name it). With the learner also name, ULN, e-mail, share links,
  and the learner's words in notes, names of imported files and waiting jobs.
- What stays leads to nobody: the leaf hash in its place of the log (every root and proof needs it), the place in a
  status list, the hash of a random number, and a receipt of the erasure without any detail of a person.
- The place in the status list is set, with the reason beside it. A copy that somebody kept is genuine and says so when
  it is checked; it also says that it was erased at the learner's request, which is no reproach. It does not look
  forged: its signature holds, the key stays published, and a bundle still proves its place in the register. What had
  been withdrawn before keeps the reason it had: erasing clears nobody of malpractice.
- An award alone is not erased: it would be made again from its parts. A learner, or a part with it, can be.
- The same results file is not taken twice, so it brings nobody back; another one may, and that is its sender's doing.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app import jobs
from app.anchoring import erasing as log
from app.credentials import naming, status, store
from app.credentials.model import CorrectionReason, CredentialKind, RevocationReason
from app.credentials.signing import Issuer
from app.database import HotReads
from app.errors import NotFound, Refused
from app.standards import data_integrity, erasure_receipt
from app.standards.erasure_receipt import ErasureReason
from app.standards.status_reasons import Standing


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be erased: a learner with all there is, or one credential with what holds or names it."""

    learner_id: UUID | None = None
    credential_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What will go. `credentials`: (kind, number) of each; `positions` of the log that become unlinkable."""

    institution_id: UUID
    learner_id: UUID | None
    credentials: tuple[tuple[CredentialKind, UUID], ...]
    editions: int
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was done: the number of the erasure, and its signed receipt as bytes."""

    id: UUID
    plan: Plan
    receipt: bytes


async def institution_of(conn: AsyncConnection, target: Target) -> UUID:
    """Whose the target is. Raises `NotFound` (credential_unknown, credential_erased, learner_unknown)."""
    if target.learner_id is not None:
        found = await store.institution_of_learner(conn, target.learner_id)
        if found is None:
            raise NotFound("learner_unknown", "There is no such learner here. Perhaps all of it was erased before.")
        return found
    if target.credential_id is None:
        raise Refused("erasure_unclear", "Name a credential or a learner.")
    record = await store.find_credential(conn, target.credential_id)
    if record is None:
        raise await unknown(conn, target.credential_id)
    return record.institution_id


async def plan(conn: AsyncConnection, institution_id: UUID, target: Target) -> Plan:
    """What erasing would delete; nothing is written. Raises as `erase` does."""
    rows, past = await _rows(conn, institution_id, target)
    return await _planned(conn, institution_id, target, rows, past)


async def erase(
    conn: AsyncConnection,
    issuer: Issuer,
    target: Target,
    *,
    reason: ErasureReason,
    share_links: int = 0,
    now: datetime,
) -> Erasure:
    """Erase, in the caller's transaction, and sign the receipt. `share_links`: deleted already, by whose they are.

    Raises `NotFound` (learner_unknown, credential_unknown, credential_erased) or `Refused` (award_follows_parts,
    not_erasable, what the keystore raises).
    """
    institution = issuer.institution
    learner_id = target.learner_id
    words = await store.lock_learner_words(conn, institution.id, learner_id) if learner_id is not None else None
    if learner_id is not None and words is None:
        raise NotFound("learner_unknown", "There is no such learner at this institution.")
    rows, past = await _rows(conn, institution.id, target)
    planned = await _planned(conn, institution.id, target, rows, past)
    if learner_id is not None and words is not None:
        await naming.clear_texts_of(conn, learner_id, words, rows, past)
    ids = [row.id for row in rows]
    await _set_places(conn, issuer, rows, past, reason, now)
    await _mark_elsewhere(conn, ids)
    forgotten = await log.forget(conn, institution.id, _digests(rows, past))
    await store.delete_credentials(conn, ids)
    await store.insert_erased(conn, map(_hashed, ids), now.astimezone(UTC).date(), reason)
    if learner_id is not None:
        await store.delete_learner(conn, learner_id)
    await jobs.forget(conn, [*ids, *([learner_id] if learner_id else [])])
    erasure_id = uuid4()
    counts = {
        "credentials": len(rows),
        "editions": len(past),
        "receipts": forgotten.receipts,
        "logEntries": len(forgotten.positions) + forgotten.waiting,
        "shareLinks": share_links,
        "learners": 1 if learner_id else 0,
    }
    receipt = _receipt(issuer, erasure_id, reason, counts, forgotten.positions, now)
    await store.insert_erasure(conn, erasure_id, institution.id, reason, receipt, now)
    return Erasure(erasure_id, planned, receipt)


async def receipt_of(conn: AsyncConnection, institution_id: UUID, erasure_id: UUID) -> bytes:
    """The signed receipt of an erasure. Raises `NotFound("erasure_unknown")`."""
    found = await store.find_erasure(conn, institution_id, erasure_id)
    if found is None:
        raise NotFound("erasure_unknown", "There is no receipt of an erasure with this number here.")
    return found


async def unknown(conn: AsyncConnection | HotReads, number: UUID) -> NotFound:
    """Why there is no credential with this number: there never was, or it was erased."""
    found = await store.find_erased(conn, _hashed(number))
    if found is None:
        return NotFound("credential_unknown", "There is no credential with this number here.")
    erased_on, reason = found
    return NotFound(
        "credential_erased",
        f"This credential was erased on {erased_on:%d %B %Y} {ErasureReason(reason).words}. Nothing about it is kept, "
        "so nothing can be checked here any more.",
        {"erasedOn": erased_on.isoformat(), "reason": reason},
    )


async def _rows(conn: AsyncConnection, institution_id: UUID, target: Target) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """Everything that must go, held: the credentials and their past editions."""
    if target.learner_id is not None:
        ids = set(await store.ids_of_learner(conn, target.learner_id))
    elif target.credential_id is not None:
        ids = {target.credential_id}
    else:
        raise Refused("erasure_unclear", "Name a credential or a learner.")
    # What names it names it for ever: records hold it whole, awards by its number and digest; and records hold awards.
    while more := set(await store.ids_naming(conn, ids)) - ids:
        ids |= more
    rows = [row for row in await store.lock_whole(conn, ids) if row.institution_id == institution_id]
    if target.credential_id is not None:
        _check_single(next((row for row in rows if row.id == target.credential_id), None))
    return rows, await store.editions_of_all(conn, ids)


def _check_single(row: Row[Any] | None) -> None:
    if row is None:
        raise NotFound("credential_unknown", "There is no credential with this number here.")
    if row.kind == CredentialKind.AWARD:
        raise Refused(
            "award_follows_parts", "An award would be made again from its parts. Erase the learner, or a part of it."
        )
    if row.kind == CredentialKind.ENDORSEMENT:
        raise Refused("not_erasable", "An endorsement is about no learner. Withdraw it instead.")


async def _planned(
    conn: AsyncConnection, institution_id: UUID, target: Target, rows: Sequence[Row[Any]], past: Sequence[Row[Any]]
) -> Plan:
    positions = await log.positions(conn, institution_id, _digests(rows, past))
    named = tuple((CredentialKind(row.kind), row.id) for row in rows)
    return Plan(institution_id, target.learner_id, named, len(past), positions)


async def _set_places(
    conn: AsyncConnection,
    issuer: Issuer,
    rows: Sequence[Row[Any]],
    past: Sequence[Row[Any]],
    reason: ErasureReason,
    now: datetime,
) -> None:
    """Set the place of every edition and keep why; one that was set before keeps its reason and its day."""
    kept = [_place(row, Standing.REVOKED, f"erased {reason.words}", now) for row in rows if row.revoked_at is None]
    kept += [
        _place(row, Standing.REVOKED, RevocationReason(row.revocation_reason).value, row.revoked_at)
        for row in rows
        if row.revoked_at is not None
    ]
    kept += [
        _place(row, Standing.SUPERSEDED, CorrectionReason(row.reason).published, row.superseded_at) for row in past
    ]
    await store.insert_places(conn, kept)
    # From here on the rows that say so are gone, and the list is published with what was kept.
    places: dict[int, Collection[int]] = {}
    for one in kept:
        places[one["status_list_id"]] = {*places.get(one["status_list_id"], ()), one["status_index"]}
    await status.set_revoked(conn, issuer, places, now)


async def _mark_elsewhere(conn: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Awards of other institutions that name what is being erased stay, and are looked at again; no number is kept."""
    others = set(await store.ids_naming(conn, ids)) - set(ids)
    marked = set()
    for each in ids if others else ():
        marked |= set(await store.mark_for_review(conn, each, "a part of it was erased", others))
    for award_id in sorted(marked):
        await jobs.enqueue(conn, jobs.CASCADE_AWARD, credential_id=str(award_id))


def _place(row: Row[Any], standing: Standing, reason: str, since: datetime) -> dict[str, Any]:
    return {
        "status_list_id": row.status_list_id,
        "status_index": row.status_index,
        "standing": standing.value,
        "reason": reason,
        "since": since,
    }


def _digests(rows: Sequence[Row[Any]], past: Sequence[Row[Any]]) -> list[bytes]:
    return [row.digest for row in (*rows, *past) if row.digest is not None]


def _hashed(number: UUID) -> bytes:
    return sha256(number.bytes).digest()


def _receipt(
    issuer: Issuer,
    erasure_id: UUID,
    reason: ErasureReason,
    counts: dict[str, int],
    positions: Sequence[int],
    now: datetime,
) -> bytes:
    institution = issuer.institution
    unsigned = erasure_receipt.unsigned(
        receipt_id=f"{institution.page_url}/erasures/{erasure_id}",
        issuer=institution.did,
        log_url=institution.log_url,
        reason=reason,
        counts=counts,
        positions=positions,
        now=now,
    )
    signed = data_integrity.sign_jcs(unsigned, issuer.key_id, now, issuer.sign_bytes)
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()
