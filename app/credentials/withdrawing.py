"""Withdrawing a credential, for one of the reasons that people are shown."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app import jobs
from app.credentials import editions, status, store
from app.credentials.model import Credential, CredentialState, RevocationReason
from app.credentials.signing import Issuer
from app.errors import Conflict, NotFound, Refused


async def revoke(
    conn: AsyncConnection,
    issuer: Issuer,
    credential_id: UUID,
    *,
    reason: str,
    note: str = "",
    detail: str | None = None,
    now: datetime,
) -> Credential:
    """Withdraw a credential: its place in the status list is set and the list signed again, at once.

    A job of the same transaction looks at the awards that name it. `detail`: words for everybody in place of the
    reason, such as which part of an award was withdrawn; up to 100 printable characters, no person.

    Raises `Refused` (reason_unknown, note_too_long, not_signed_yet), `Conflict("already_revoked")` or
    `NotFound("credential_unknown")`.
    """
    try:
        why = RevocationReason(reason)
    except ValueError:
        known = ", ".join(RevocationReason)
        raise Refused("reason_unknown", f"Choose one of these reasons: {known}.") from None
    editions.check_note(note)
    credential = await store.find_credential(conn, credential_id, lock=True)
    if credential is None or credential.institution_id != issuer.institution.id:
        raise NotFound("credential_unknown", "There is no credential with this number here.")
    if credential.state is not CredentialState.SIGNED:
        raise Refused("not_signed_yet", "This credential is still being made; try again in a minute.")
    if credential.revoked_at is not None:
        raise Conflict("already_revoked", "This credential was withdrawn before.")
    list_id, index = await store.set_revoked(conn, credential_id, why, note, now, detail)
    await status.set_revoked(conn, issuer, {list_id: [index]}, now)
    await jobs.enqueue(conn, jobs.REVIEW_STACKS, credential_id=str(credential_id))
    withdrawn = await store.find_credential(conn, credential_id)
    if withdrawn is None:
        raise RuntimeError("a credential that was just withdrawn is gone")
    return withdrawn
