"""Use cases of sharing: make a link, open it, withdraw it."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials import service as credentials
from app.errors import NotFound, Refused
from app.sharing import store
from app.sharing.model import DEFAULT_LIFETIME, LONGEST_LIFETIME, ShareLink


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link just made; the token is shown once and never stored."""

    link: ShareLink
    token: str

    def __repr__(self) -> str:
        return f"NewLink(link={self.link!r})"


async def create(
    conn: AsyncConnection,
    institution_id: UUID,
    learner_id: UUID,
    *,
    audience: str,
    lifetime: timedelta = DEFAULT_LIFETIME,
    now: datetime,
) -> NewLink:
    """A new link to a learner's profile. Raises `Refused` (lifetime_invalid, audience_invalid) or `NotFound`."""
    await credentials.get_learner(conn, institution_id, learner_id)
    if not timedelta(minutes=5) <= lifetime <= LONGEST_LIFETIME:
        raise Refused("lifetime_invalid", "A link may last from five minutes to two years.")
    if len(audience) > 100:
        raise Refused("audience_invalid", "Say in up to 100 characters whom the link is for.")
    token = secrets.token_urlsafe(16)
    link = ShareLink(uuid4(), institution_id, learner_id, audience, now, now + lifetime, None, 0)
    await store.insert_link(conn, link, _hash(token))
    return NewLink(link, token)


async def open_link(conn: AsyncConnection, token: str, now: datetime) -> ShareLink:
    """The link behind a token, its view logged. Raises `NotFound` (link_unknown, link_expired, link_withdrawn).

    The last two are told apart from the first only to whoever holds the token: they had the link.
    """
    link = await store.find_link(conn, _hash(token)) if len(token) < 100 else None
    if link is None:
        raise NotFound("link_unknown", "There is no profile behind this link. Was it copied in full?")
    if link.withdrawn_at is not None:
        raise NotFound("link_withdrawn", "The learner no longer shares this profile.")
    if not link.works_at(now):
        raise NotFound(
            "link_expired", "This link has run out. The credentials have not: ask the learner for a new link."
        )
    await store.insert_view(conn, link.id, now)
    return link


async def withdraw(conn: AsyncConnection, institution_id: UUID, link_id: UUID, now: datetime) -> None:
    """Raises `NotFound("link_unknown")` for another institution's link too."""
    if not await store.withdraw_link(conn, institution_id, link_id, now):
        raise NotFound("link_unknown", "There is no such link in use.")


async def links_of(conn: AsyncConnection, institution_id: UUID, learner_id: UUID) -> tuple[ShareLink, ...]:
    return await store.list_links(conn, institution_id, learner_id)


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
