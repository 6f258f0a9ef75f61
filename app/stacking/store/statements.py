"""Statements of institutions on the rule sets they use."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, ForeignKey, Integer, LargeBinary, String, Table, Uuid, select
from sqlalchemy.dialects.postgresql import insert as upsert
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


async def keep_statement(
    conn: AsyncConnection, institution_id: UUID, pack_id: str, version: int, document: bytes, now: datetime
) -> None:
    """Keep a statement, in the place of an earlier one."""
    values = {"document": document, "signed_at": now}
    await conn.execute(
        upsert(rule_statements)
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
