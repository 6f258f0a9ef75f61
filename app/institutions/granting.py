"""The qualifications an institution may issue for, as its signed accreditations leave them.

What an accreditation grants is written down beside it, so that issuing asks one table and no signature.
"""

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.institutions import store
from app.institutions.model import Accreditation


async def grant(
    conn: AsyncConnection,
    institution_id: UUID,
    qualification_ids: Iterable[str],
    valid_from: date,
    valid_until: date | None,
    edge_id: UUID,
) -> None:
    """Record what the accreditation `edge_id` lets an institution issue for; both days are included."""
    for qualification_id in qualification_ids:
        granted = Accreditation(qualification_id, valid_from, valid_until)
        await store.insert_accreditation(conn, institution_id, granted, edge_id)


async def end(
    conn: AsyncConnection, edge_id: UUID, last_day: date, qualification_ids: Collection[str] | None = None
) -> None:
    """End what an accreditation granted, after `last_day`; for some qualifications, or for all (None)."""
    await store.end_accreditations(conn, edge_id, last_day, qualification_ids)
