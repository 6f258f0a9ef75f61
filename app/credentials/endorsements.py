"""Endorsing: an institution's signed word about a unit of the catalogue or about another institution."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue import service as catalogue
from app.credentials import statements, store
from app.credentials.documents import issuer_profile, unit_achievement_id
from app.credentials.model import Credential, CredentialKind
from app.credentials.signing import Issuer
from app.errors import Conflict, Refused
from app.institutions import service as institutions
from app.standards import endorsement
from app.standards.data_integrity import CanonicalForm

MAX_COMMENT = 2_000


async def endorse(
    conn: AsyncConnection,
    issuer: Issuer,
    reference: CanonicalForm,
    *,
    unit: str | None = None,
    institution: str | None = None,
    comment: str,
    now: datetime,
) -> Credential:
    """Endorse the unit with this catalogue id, or the institution with this short name; one of the two is given.

    Raises `Refused` (endorsed_unclear, endorsed_oneself, comment_empty, comment_too_long, the codes of
    `NotCanonicalisable`), `NotFound` (unit_unknown, institution_unknown) or `Conflict("endorsement_duplicate")`.
    """
    words = comment.strip()
    if not words:
        raise Refused("comment_empty", "Say in a few words what you endorse it for.")
    if len(words) > MAX_COMMENT:
        raise Refused("comment_too_long", f"The comment may have up to {MAX_COMMENT:,} characters.")
    await store.lock_endorsements(conn, issuer.institution.id)
    endorsed_id, title = await _endorsed(conn, issuer, unit, institution)
    earlier = await store.find_in_force(
        conn, issuer.institution.id, kind=CredentialKind.ENDORSEMENT, endorsed_id=endorsed_id
    )
    if earlier is not None:
        raise Conflict(
            "endorsement_duplicate", f"{title} has your endorsement. To change the words, withdraw the old one first."
        )

    def build(endorsement_id: str, entry: dict[str, Any]) -> dict[str, Any]:
        made = endorsement.Endorsement(
            id=endorsement_id,
            name=f"Endorsement of {title}",
            endorsed_id=endorsed_id,
            comment=words,
            valid_from=now,
            status=entry,
        )
        return endorsement.endorsement_credential(issuer_profile(issuer.institution), made)

    return await statements.issue(
        conn, issuer, reference, CredentialKind.ENDORSEMENT, build, now=now, endorsed_id=endorsed_id
    )


async def _endorsed(
    conn: AsyncConnection, issuer: Issuer, unit: str | None, institution: str | None
) -> tuple[str, str]:
    """(identifier, title) of what is endorsed."""
    if unit is not None and institution is None:
        found = await catalogue.get_unit(conn, unit)
        return unit_achievement_id(issuer.institution, found), found.title
    if institution is not None and unit is None:
        other = await institutions.get(conn, institution)
        if other.id == issuer.institution.id:
            raise Refused("endorsed_oneself", "An institution cannot endorse itself.")
        return other.did, other.name
    raise Refused("endorsed_unclear", "Name one thing to endorse: a unit or an institution.")
