"""Between rows and values: the columns are named as the fields are, and tuples become arrays."""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Row, Table, Text, any_, literal
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue.model import Ksb, Occupation


def any_of(values: list[str]) -> Any:
    """What a column is compared with to be one of `values`."""
    # One array parameter instead of one parameter per value: the server takes at most 65,535 of those.
    return any_(literal(values, ARRAY(Text)))


async def upsert(
    conn: AsyncConnection, table: Table, rows: list[dict[str, Any]], where: ColumnElement[bool] | None = None
) -> None:
    """Write rows, new or known by their key; a known one is changed only `where` that is so."""
    if not rows:
        return
    statement = insert(table)
    key = list(table.primary_key.columns)
    changes = {column.name: statement.excluded[column.name] for column in table.columns if column not in set(key)}
    await conn.execute(statement.on_conflict_do_update(index_elements=key, set_=changes, where=where), rows)


def fields(value: object, *leave_out: str) -> dict[str, Any]:
    """A value as a row."""
    names = (name for name in type(value).__dataclass_fields__ if name not in leave_out)  # type: ignore[attr-defined]
    found = {name: getattr(value, name) for name in names}
    return {name: list(field) if isinstance(field, tuple) else field for name, field in found.items()}


def values(row: Row[Any], *leave_out: str) -> dict[str, Any]:
    """A row as the arguments of a value."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in row._mapping.items()
        if name not in leave_out
    }


def occupation_row(occupation: Occupation) -> dict[str, Any]:
    return fields(occupation, "ksbs")


def ksb_row(ksb: Ksb) -> dict[str, Any]:
    return fields(ksb, "matches")
