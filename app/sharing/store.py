"""Tables and queries of sharing; private to the package."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    LargeBinary,
    Row,
    String,
    Table,
    Uuid,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.database import metadata
from app.sharing.model import ShareLink

_WHEN = DateTime(timezone=True)

share_links = Table(
    "share_links",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("institution_id", Uuid, ForeignKey("institutions.id"), nullable=False, index=True),
    Column("learner_id", Uuid, ForeignKey("learners.id"), nullable=False, index=True),
    Column("token_sha256", LargeBinary(32), nullable=False, unique=True),
    Column("audience", String(100), nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("expires_at", _WHEN, nullable=False),
    Column("withdrawn_at", _WHEN),
)
share_views = Table(
    "share_views",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("link_id", Uuid, ForeignKey("share_links.id"), nullable=False, index=True),
    Column("viewed_at", _WHEN, nullable=False),
)


async def insert_link(conn: AsyncConnection, link: ShareLink, token_sha256: bytes) -> None:
    await conn.execute(
        insert(share_links).values(
            id=link.id,
            institution_id=link.institution_id,
            learner_id=link.learner_id,
            token_sha256=token_sha256,
            audience=link.audience,
            created_at=link.created_at,
            expires_at=link.expires_at,
        )
    )


async def find_link(conn: AsyncConnection, token_sha256: bytes) -> ShareLink | None:
    row = (await conn.execute(_links().where(share_links.c.token_sha256 == token_sha256))).one_or_none()
    return _link(row) if row else None


async def list_links(conn: AsyncConnection, institution_id: UUID, learner_id: UUID) -> tuple[ShareLink, ...]:
    query = _links().where(share_links.c.institution_id == institution_id, share_links.c.learner_id == learner_id)
    return tuple(_link(row) for row in await conn.execute(query.order_by(share_links.c.created_at)))


async def withdraw_link(conn: AsyncConnection, institution_id: UUID, link_id: UUID, now: datetime) -> bool:
    query = update(share_links).filter_by(id=link_id, institution_id=institution_id, withdrawn_at=None)
    return (await conn.execute(query.values(withdrawn_at=now))).rowcount == 1


async def set_audience(conn: AsyncConnection, link_id: UUID, audience: str) -> None:
    await conn.execute(update(share_links).filter_by(id=link_id).values(audience=audience))


async def delete_links(conn: AsyncConnection, institution_id: UUID, learner_id: UUID) -> int:
    """The links to a learner's profile and every look through them; number of links."""
    links = select(share_links.c.id).filter_by(institution_id=institution_id, learner_id=learner_id)
    await conn.execute(delete(share_views).where(share_views.c.link_id.in_(links)))
    query = delete(share_links).filter_by(institution_id=institution_id, learner_id=learner_id)
    return int((await conn.execute(query)).rowcount)


async def insert_view(conn: AsyncConnection, link_id: UUID, now: datetime) -> None:
    await conn.execute(insert(share_views).values(link_id=link_id, viewed_at=now))


def _links() -> Any:
    views = select(func.count()).where(share_views.c.link_id == share_links.c.id).scalar_subquery()
    return select(share_links, views.label("views"))


def _link(row: Row[Any]) -> ShareLink:
    return ShareLink(
        row.id,
        row.institution_id,
        row.learner_id,
        row.audience,
        row.created_at,
        row.expires_at,
        row.withdrawn_at,
        row.views,
    )
