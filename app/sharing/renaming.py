"""A change of name as a whole: in the credentials, and in what is kept here beside the learner.

Whoever changes a name comes here and not to `credentials`, which knows nothing of links: the words by which a learner
knows a link again may mention anybody, themselves under the former name too.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials import clearing
from app.credentials import service as credentials
from app.credentials.model import Changes, CorrectionReason, Credential
from app.credentials.signing import Issuer
from app.sharing import store
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
    """As `credentials.change_name`, whose arguments it takes, answers it gives and errors it raises."""
    former = (await credentials.get_learner(conn, issuer.institution.id, learner_id)).name
    corrected = await credentials.change_name(conn, issuer, reference, learner_id, name=name, note=note, now=now)
    await _clear(conn, issuer.institution.id, learner_id, former)
    return corrected


async def correct(
    conn: AsyncConnection, issuer: Issuer, reference: CanonicalForm, credential_id: UUID, **wanted: Any
) -> Credential:
    """As `credentials.correct`, whose arguments it takes, answers it gives and errors it raises."""
    changes: Changes = wanted["changes"]
    former = None
    if wanted["reason"] == CorrectionReason.CHANGE_OF_NAME and changes.learner_name is not None:
        found = await credentials.find(conn, credential_id)
        if found is not None and found.institution_id == issuer.institution.id and found.learner_id is not None:
            former = (await credentials.get_learner(conn, found.institution_id, found.learner_id)).name
    corrected = await credentials.correct(conn, issuer, reference, credential_id, **wanted)
    if former is not None and corrected.learner_id is not None:
        await _clear(conn, issuer.institution.id, corrected.learner_id, former)
    return corrected


async def _clear(conn: AsyncConnection, institution_id: UUID, learner_id: UUID, former: str) -> None:
    """Empty the words of every link that mention the former name, ended links too: one word of it is enough."""
    name = (await credentials.get_learner(conn, institution_id, learner_id)).name
    gone = clearing.words([former]) - clearing.words([name])
    for link in await store.list_links(conn, institution_id, learner_id):
        if clearing.mentions(link.audience, gone):
            await store.set_audience(conn, link.id, "")
