"""The one lock of stacking; the package has no tables. Private to the package."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection


async def lock_awards(conn: AsyncConnection, institution_id: UUID) -> None:
    """Let one transaction at a time make awards for an institution; held until it ends.

    An advisory lock, not the learners' rows: an import writes those in the order of its file, and two orders
    of locking would be a deadlock.
    """
    key = func.hashtextextended(f"stacking:{institution_id}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))
