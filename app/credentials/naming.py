"""Changing a learner's name without a trace: afterwards the former name is nowhere in what is stored.

Every credential in force is corrected, awards too. A comprehensive record holds whole credentials with the former
name: it is withdrawn, and a new one is made in its place. Past editions and withdrawn credentials with another name
lose their text; digests, dates and status places stay, so that a file somebody kept still reads "was valid, corrected".
What waits for its signature is rewritten. Private notes and names of imported files that mention the former name are
cleared; an endorsement that has it in full is withdrawn. Results files that still bring the former name no longer
change it. What is kept beside a learner outside this package is cleared by `app.sharing.renaming`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials import cohort_file, editions, learners, records, store
from app.credentials.clearing import CLEARED_FILE_NAME, clear_texts, mentions, withdraw_endorsements, words
from app.credentials.editions import Correction, Standing
from app.credentials.issuing import document_bytes
from app.credentials.model import (
    CorrectionReason,
    Credential,
    CredentialKind,
    CredentialState,
)
from app.credentials.signing import Issuer
from app.errors import Refused
from app.standards import clr, open_badge
from app.standards.data_integrity import CanonicalForm


async def change_name(
    conn: AsyncConnection,
    issuer: Issuer,
    reference: CanonicalForm,
    learner_id: UUID,
    *,
    name: str,
    note: str = "",
    now: datetime,
) -> tuple[Credential, ...]:
    """Give a learner another name, in every credential in force; those that were corrected, by award date.

    All in the caller's transaction: nobody ever sees some of them under one name and some under the other. Raises
    `Refused` (correction_empty, note_too_long, note_names_former, the codes of `cohort_file.read_name` and
    `Issuer.sign`) or `NotFound("learner_unknown")`.
    """
    name = checked_name(name)
    editions.check_note(note)
    institution_id = issuer.institution.id
    learner = await learners.find_learner(conn, institution_id, learner_id, lock=True)
    await store.lock_rows(conn, institution_id, learner_id=learner_id)
    # Once more: an award may have been made while the rows were waited for. From here on none can be.
    rows = await store.lock_rows(conn, institution_id, learner_id=learner_id)
    standing = [Standing.of(row) for row in rows if _is_in_force(row)]
    past = await store.past_documents(conn, [row.id for row in rows])
    # None = erased before.
    written = [row.document for row in (*rows, *past) if row.document is not None]
    others = {learner.name}.union(*map(_names, written)) - {name}
    if not others:
        raise Refused("correction_empty", "The learner has this name already, and so have all the credentials.")
    gone = words(others) - words([name])
    if mentions(note, gone):
        raise Refused("note_names_former", "The note mentions the former name, which is not kept anywhere.")
    due = _due(standing, name)
    outdated = await records.withdraw_outdated(conn, rows, lambda content: _names_in(content) != {name}, note, now)
    endorsements = await withdraw_endorsements(conn, institution_id, others, name, now)
    if due or outdated or endorsements:
        await editions.supersede(
            conn,
            issuer,
            reference,
            learner,
            due,
            reason=CorrectionReason.CHANGE_OF_NAME,
            note=note,
            now=now,
            withdrawn=[*outdated, *endorsements],
        )
    await store.settle_name(conn, learner_id, name)
    await _rewrite_waiting(conn, rows, name)
    await editions.erase_other_names(conn, [row.id for row in rows], name)
    await _erase_withdrawn(conn, rows, name)
    await clear_texts(conn, learner_id, rows, past, gone)
    if outdated:
        await records.make_anew(conn, issuer, reference, learner_id, now=now)
    corrected = {one.old.record.id for one in due}
    everything = await store.list_credentials(conn, institution_id, learner_id=learner_id)
    return tuple(credential for credential in everything if credential.id in corrected)


def checked_name(text: str) -> str:
    """A name as results files may have it. Raises `Refused` with the codes of `cohort_file.read_name`."""
    name, wrong = cohort_file.read_name(text)
    for finding in wrong:
        raise Refused(finding.code, finding.message)
    return name


def _names(data: bytes) -> set[str]:
    return _names_in(json.loads(data))


def _names_in(content: Mapping[str, Any]) -> set[str]:
    """The learner's names in a credential made here, and in those inside it."""
    found = map(open_badge.learner_name, (content, *clr.embedded(content)))
    return {name for name in found if name is not None}


def _is_in_force(row: Row[Any]) -> bool:
    return row.state == CredentialState.SIGNED and row.revoked_at is None


def _due(standing: Sequence[Standing], name: str) -> list[Correction]:
    """What must be signed again: what has another name, and every award with a part that is signed again."""
    units = [one for one in standing if one.record.kind is CredentialKind.UNIT and one.learner_name != name]
    changed = {one.record.uri for one in units}
    awards = [
        one
        for one in standing
        if one.record.kind is CredentialKind.AWARD
        and (one.learner_name != name or changed & {part["id"] for part in one.content.get("relatedResource", ())})
    ]
    return [
        Correction(one, name, one.record.grade, one.credits_earned, one.record.awarded_on) for one in (*units, *awards)
    ]


async def _rewrite_waiting(conn: AsyncConnection, rows: Sequence[Row[Any]], name: str) -> None:
    waiting = {row.id: row.document for row in rows if row.state == CredentialState.PREPARED}
    await store.replace_prepared(
        conn, {key: document_bytes(open_badge.renamed(json.loads(data), name)) for key, data in waiting.items()}
    )


async def _erase_withdrawn(conn: AsyncConnection, rows: Sequence[Row[Any]], name: str) -> None:
    for row in rows:
        is_kept = row.revoked_at is not None and row.document is not None
        if is_kept and _names(row.document) != {name}:
            await store.erase_withdrawn(conn, row.id)


async def clear_texts_of(
    conn: AsyncConnection,
    learner_id: UUID,
    learner: tuple[str, str, str],
    rows: Sequence[Row[Any]],
    past: Sequence[Row[Any]],
) -> None:
    """Clear the names of imported files that mention a learner (name, ULN, e-mail) who is being erased.

    `rows` and `past` are the learner's credentials and their past editions.
    """
    written = [row.document for row in (*rows, *past) if row.document is not None]
    gone = words(set(learner).union(*map(_names, written)))
    numbers = {learner[1], learner[2]}
    for brought in await store.imports_with(conn, learner_id):
        texts = brought.file_name, brought.idempotency_key or ""
        if mentions(texts[0], gone) or any(number in texts[0] for number in numbers):
            await store.set_import_texts(conn, brought.id, file_name=CLEARED_FILE_NAME)
        if mentions(texts[1], gone) or any(number in texts[1] for number in numbers):
            await store.set_import_texts(conn, brought.id, idempotency_key=None)
