"""The lock of stacking and its table of statements on rule sets; private to the package."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, ForeignKey, Integer, LargeBinary, String, Table, Uuid, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.database import metadata

rule_statements = Table(
    "rule_statements",
    metadata,
    Column("institution_id", Uuid, ForeignKey("institutions.id"), primary_key=True),
    Column("pack_id", String(200), primary_key=True),
    Column("pack_version", Integer, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("signed_at", DateTime(timezone=True), nullable=False),
)


async def lock_awards(conn: AsyncConnection, institution_id: UUID) -> None:
    """Let one transaction at a time make awards for an institution; held until it ends.

    An advisory lock, not the learners' rows: an import writes those in the order of its file, and two orders
    of locking would be a deadlock.
    """
    key = func.hashtextextended(f"stacking:{institution_id}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(key)))


async def keep_statement(
    conn: AsyncConnection, institution_id: UUID, pack_id: str, version: int, document: bytes, now: datetime
) -> None:
    """Keep a statement, in the place of an earlier one."""
    values = {"document": document, "signed_at": now}
    await conn.execute(
        insert(rule_statements)
        .values(institution_id=institution_id, pack_id=pack_id, pack_version=version, **values)
        .on_conflict_do_update(index_elements=["institution_id", "pack_id", "pack_version"], set_=values)
    )


async def find_statement(conn: AsyncConnection, institution_id: UUID, pack_id: str, version: int) -> bytes | None:
    """The newest statement of an institution on a version of a pack."""
    table = rule_statements.c
    found = await conn.scalar(
        select(table.document).where(
            table.institution_id == institution_id, table.pack_id == pack_id, table.pack_version == version
        )
    )
    return None if found is None else bytes(found)
