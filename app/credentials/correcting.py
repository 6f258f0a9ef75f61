"""Correcting a credential: what is wrong in it is replaced, and it stays the same credential."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app import jobs
from app.catalogue import service as catalogue
from app.credentials import cohort_file, editions, learners, naming, records, store
from app.credentials.editions import Correction, Standing
from app.credentials.issuing import check_accredited, check_result, credits_earned
from app.credentials.model import (
    ACHIEVEMENTS,
    Changes,
    CorrectionReason,
    Credential,
    CredentialKind,
    CredentialState,
)
from app.credentials.signing import Issuer
from app.errors import Conflict, NotFound, Refused
from app.institutions import service as institutions
from app.standards import clr, open_badge
from app.standards.data_integrity import CanonicalForm


async def correct(
    conn: AsyncConnection,
    issuer: Issuer,
    reference: CanonicalForm,
    credential_id: UUID,
    *,
    changes: Changes,
    reason: str,
    note: str = "",
    now: datetime,
) -> Credential:
    """Sign a new edition of a credential and revoke the old one, at once; a job looks at the awards that name it.

    A changed result is checked like a new one. A change of name becomes one of all the learner's credentials, see
    `naming.change_name`. For wrong learner details, past editions with another name than the new one are erased, and
    so is every record that holds what was wrong; where one was in force, a new one is made. What is left of an erased
    text is what the audit needs: its digest, its dates, its places in the status list and in the log.

    Raises `Refused` (reason_unknown, reason_does_not_fit, note_too_long, not_signed_yet, not_correctable,
    award_follows_parts, correction_empty, grade_capped, the codes of `issuing.check_result`, `cohort_file.read_name`
    and `Issuer.sign`), `Conflict("already_revoked")`, `NotAllowed("not_accredited")` or `NotFound` (credential_unknown,
    unit_unknown).
    """
    why = _fitting(reason, changes)
    editions.check_note(note)
    name = None if changes.learner_name is None else naming.checked_name(changes.learner_name)
    found = await store.find_credential(conn, credential_id)
    if found is None or found.institution_id != issuer.institution.id:
        raise NotFound("credential_unknown", "There is no credential with this number here.")
    _check_correctable(found)
    if found.learner_id is None or found.kind not in ACHIEVEMENTS:
        raise Refused(
            "not_correctable", "Records and endorsements are not corrected: make a new one, or withdraw this one."
        )
    if name is not None and why is CorrectionReason.CHANGE_OF_NAME:
        await naming.change_name(conn, issuer, reference, found.learner_id, name=name, note=note, now=now)
        return await _get(conn, credential_id)
    learner = await learners.find_learner(conn, issuer.institution.id, found.learner_id, lock=name is not None)
    # With the learner's details go the records that hold them.
    wanted = {"id": credential_id} if name is None else {"learner_id": found.learner_id}
    rows = await store.lock_rows(conn, issuer.institution.id, **wanted)
    row = next(one for one in rows if one.id == credential_id)
    # Somebody may have withdrawn it while its row was waited for.
    _check_correctable(store.credential_of(row))
    correction = await _correction(conn, issuer, Standing.of(row), changes, name, now)
    outdated = []
    if name is not None:
        outdated = await records.withdraw_outdated(conn, rows, _holds(found.uri, name), note, now)
    await editions.supersede(
        conn, issuer, reference, learner, [correction], reason=why, note=note, now=now, withdrawn=outdated
    )
    if name is not None:
        await store.settle_name(conn, learner.id, name)
        await editions.erase_other_names(conn, [credential_id], name)
    if outdated:
        await records.make_anew(conn, issuer, reference, learner.id, now=now)
    await jobs.enqueue(conn, jobs.REVIEW_STACKS, credential_id=str(credential_id))
    if found.kind is CredentialKind.UNIT:
        # A better grade may complete an award.
        await jobs.enqueue(
            conn,
            jobs.AWARD_LEARNER,
            lock=f"issue:{issuer.institution.id}",
            institution_id=str(issuer.institution.id),
            learner_id=str(learner.id),
        )
    return await _get(conn, credential_id)


def award_date(text: str, today: date) -> date:
    """A date as results files may have it. Raises `Refused` (date_format, date_in_future)."""
    found = cohort_file.read_date(text.strip(), today)
    if isinstance(found, date):
        return found
    raise Refused(*found)


def _fitting(reason: str, changes: Changes) -> CorrectionReason:
    try:
        why = CorrectionReason(reason)
    except ValueError:
        why = CorrectionReason.PART_CORRECTED
    if why is CorrectionReason.PART_CORRECTED:
        # Nobody's to choose: an award follows its parts by itself.
        known = ", ".join(one for one in CorrectionReason if one is not CorrectionReason.PART_CORRECTED)
        raise Refused("reason_unknown", f"Choose one of these reasons: {known}.")
    result_changes = changes.grade is not None or changes.awarded_on is not None
    if changes.learner_name is not None and not why.concerns_name:
        fault = "A new name needs the reason “wrong learner details” or “change of name”."
    elif changes.learner_name is None and why.concerns_name:
        fault = f"For the reason “{why}”, give the learner's name as it should be."
    elif why is CorrectionReason.CHANGE_OF_NAME and result_changes:
        fault = "Change the name first, which renews all of the learner's credentials; then correct the result."
    elif why is CorrectionReason.GRADE_CHANGED and changes.grade is None:
        fault = "For the reason “grade changed”, give the grade as it should be."
    elif why is CorrectionReason.AWARD_DATE_WRONG and changes.awarded_on is None:
        fault = "For the reason “award date wrong”, give the date as it should be."
    else:
        return why
    raise Refused("reason_does_not_fit", fault)


def _holds(uri: str, name: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a record holds a credential that is being corrected, or names the learner otherwise."""

    def holds(record: Mapping[str, Any]) -> bool:
        return open_badge.learner_name(record) != name or uri in {one["id"] for one in clr.embedded(record)}

    return holds


def _check_correctable(credential: Credential) -> None:
    if credential.revoked_at is not None:
        raise Conflict("already_revoked", "This credential was withdrawn. Issue the result again instead.")
    if credential.state is not CredentialState.SIGNED:
        raise Refused("not_signed_yet", "This credential is still being made; try again in a minute.")


async def _correction(
    conn: AsyncConnection, issuer: Issuer, old: Standing, changes: Changes, name: str | None, now: datetime
) -> Correction:
    record = old.record
    grade = record.grade if changes.grade is None else changes.grade
    awarded_on = record.awarded_on if changes.awarded_on is None else changes.awarded_on
    same_result = (grade, awarded_on) == (record.grade, record.awarded_on)
    if same_result and name in (None, old.learner_name):
        raise Refused("correction_empty", "The credential says this already: there is nothing to correct.")
    earned = old.credits_earned
    if not same_result:
        if record.unit_id is None:
            raise Refused(
                "award_follows_parts", "An award's grade and date follow from its parts. Correct the part instead."
            )
        unit = await catalogue.get_unit(conn, record.unit_id)
        check_result(unit, grade, awarded_on, now.date())
        recognised = old.content["credentialSubject"]["achievement"]["achievementType"] == open_badge.RECOGNISED
        if recognised and grade != record.grade:
            raise Refused("grade_capped", "Prior learning has the lowest grade that passes; withdraw it instead.")
        qualification = await catalogue.get_qualification(conn, unit.qualification_id)
        check_accredited(await institutions.accreditations(conn, issuer.institution.id), qualification, awarded_on)
        earned = credits_earned(unit, grade)
    return Correction(old, old.learner_name if name is None else name, grade, earned, awarded_on)


async def _get(conn: AsyncConnection, credential_id: UUID) -> Credential:
    found = await store.find_credential(conn, credential_id)
    if found is None:
        raise RuntimeError("a credential that was just corrected is gone")
    return found
