"""A learner's comprehensive record: everything in force that they hold here, whole, in one signed document (CLR 2.0).

Decisions
- A record is made on request and says what was so at that moment. There is one in force for a learner: a newer one
  withdraws the one before it.
- It holds the bytes of each credential as they were signed. What was withdrawn, and what is still being made, is left
  out; in the second case the record says that it is partial.
- When a credential in it is withdrawn later, or its result corrected, the record is marked for review, like an award.
  Its own signature stays.
- When details of the learner in it are corrected, it is withdrawn, its text erased and a new one made, all in the step
  of the correction. Whoever opens the old one is told that it was replaced and when, but not led to the new one: who
  knows a learner by a former name is not to be told the new.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue import service as catalogue
from app.credentials import learners, statements, store, withdrawing
from app.credentials.associations import Held, relate
from app.credentials.documents import issuer_profile
from app.credentials.editions import Standing
from app.credentials.model import ACHIEVEMENTS, Credential, CredentialKind, CredentialState, RevocationReason
from app.credentials.signing import Issuer
from app.errors import NotFound, Refused
from app.standards import clr, open_badge, strict_json
from app.standards.data_integrity import CanonicalForm


async def issue_record(
    conn: AsyncConnection, issuer: Issuer, reference: CanonicalForm, learner_id: UUID, *, now: datetime
) -> Credential:
    """Make, sign, log and store the record of a learner; the one before it is withdrawn.

    `reference` is the full canonical form, which reads the contexts of credentials inside. Nothing that goes into
    the record can be withdrawn until the caller's transaction ends. Raises `NotFound("learner_unknown")` or `Refused`
    (record_empty, record_too_large, the codes of `NotCanonicalisable`).
    """
    institution = issuer.institution
    learner = await learners.find_learner(conn, institution.id, learner_id, lock=True)
    held = await _held(conn, institution.id, learner_id)
    waiting = await store.list_credentials(
        conn, institution.id, kinds=ACHIEVEMENTS, learner_id=learner_id, state=CredentialState.PREPARED, limit=1
    )
    qualifications = {
        each: await catalogue.get_qualification(conn, each)
        for each in {one.credential.qualification_id for one in held}
    }
    programmes, associations = relate(institution, held, qualifications)
    salt = secrets.token_urlsafe(16)
    award_reference = secrets.token_urlsafe(12)

    def build(record_id: str, entry: dict[str, Any]) -> dict[str, Any]:
        record = clr.Record(
            id=record_id,
            name=f"Learner record of {institution.name}",
            valid_from=now,
            learner_name=learner.name,
            email_hash=open_badge.hash_email(learner.email, salt),
            email_salt=salt,
            record_reference=award_reference,
            credentials=[one.document for one in held],
            status=entry,
            partial=bool(waiting),
            achievements=programmes,
            associations=associations,
        )
        return clr.clr_credential(issuer_profile(institution), record)

    earlier = await store.find_in_force(conn, institution.id, kind=CredentialKind.RECORD, learner_id=learner_id)
    if earlier is not None:
        await withdrawing.revoke(conn, issuer, earlier.id, reason=RevocationReason.NEWER_RECORD, now=now)
    return await statements.issue(
        conn,
        issuer,
        reference,
        CredentialKind.RECORD,
        build,
        now=now,
        learner_id=learner_id,
        part_ids=[one.credential.id for one in held],
    )


async def make_anew(
    conn: AsyncConnection, issuer: Issuer, reference: CanonicalForm, learner_id: UUID, *, now: datetime
) -> Credential | None:
    """The record in the place of one just withdrawn; None where nothing is left for it, or too much for one document.

    Raises what else `issue_record` raises.
    """
    try:
        return await issue_record(conn, issuer, reference, learner_id, now=now)
    except Refused as refused:
        # The old one had to go all the same.
        if refused.code not in ("record_empty", "record_too_large"):
            raise
        return None


async def withdraw_outdated(
    conn: AsyncConnection,
    rows: Sequence[Row[Any]],
    is_outdated: Callable[[Mapping[str, Any]], bool],
    note: str,
    now: datetime,
) -> list[Standing]:
    """Erase the text of every record that is outdated; those that were in force, recorded as withdrawn.

    `rows` are the learner's, held by the caller, whose it is to set the places in the status lists.
    """
    withdrawn = []
    for row in rows:
        if row.kind != CredentialKind.RECORD or row.document is None or not is_outdated(json.loads(row.document)):
            continue
        if row.revoked_at is None:
            await store.set_revoked(conn, row.id, RevocationReason.DETAILS_CHANGED, note, now)
            withdrawn.append(Standing.of(row))
        await store.erase_withdrawn(conn, row.id)
    return withdrawn


async def current_record(conn: AsyncConnection, institution_id: UUID, learner_id: UUID) -> Credential:
    """The record in force. Raises `NotFound` (learner_unknown, record_unknown)."""
    learner = await learners.find_learner(conn, institution_id, learner_id)
    found = await store.find_in_force(conn, institution_id, kind=CredentialKind.RECORD, learner_id=learner.id)
    if found is None:
        raise NotFound("record_unknown", "No record of this learner is in force; one can be made at any time.")
    return found


async def _held(conn: AsyncConnection, institution_id: UUID, learner_id: UUID) -> list[Held]:
    """What the learner holds in force, by award date; locked against withdrawal."""
    locked = await store.lock_held(conn, institution_id, [learner_id])
    in_force = [one for one in locked if one.state is CredentialState.SIGNED and one.revoked_at is None]
    if not in_force:
        raise Refused("record_empty", "This learner holds no credential in force here, so there is nothing to record.")
    if len(in_force) > clr.MAX_CREDENTIALS:
        raise Refused(
            "record_too_large",
            f"This learner holds {len(in_force)} credentials; a record may have up to {clr.MAX_CREDENTIALS}.",
            {"limit_credentials": clr.MAX_CREDENTIALS},
        )
    documents = await store.documents_of(conn, [one.id for one in in_force])
    in_force.sort(key=lambda one: (one.awarded_on, one.id))
    return [Held(one, strict_json.parse_object(documents[one.id], clr.MAX_BYTES)) for one in in_force]
