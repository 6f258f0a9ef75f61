"""PostgreSQL: the engine, the shared table metadata and the one place that commits.

Decisions. SQLAlchemy Core, not the ORM: rows become frozen dataclasses in each package's `store`, hot reads
return bytes, and nothing loads lazily behind a caller's back. Tables are created by Alembic alone, in tests
too. A use case receives an open `AsyncConnection`; only `transaction()` commits.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg.errors import UniqueViolation
from sqlalchemy import MetaData
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.errors import Conflict, OutsideFailed

READING_SECONDS = 20.0

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def driver_url(database_url: str) -> str:
    """`postgres://` or `postgresql://` in any spelling, as SQLAlchemy wants it for psycopg 3."""
    scheme, separator, rest = database_url.partition("://")
    if not separator or scheme.split("+")[0] not in ("postgres", "postgresql"):
        raise ValueError("the database address must start with postgresql://")
    return f"postgresql+psycopg://{rest}"


def libpq_url(database_url: str) -> str:
    """The same address for psycopg itself (Procrastinate)."""
    return driver_url(database_url).replace("postgresql+psycopg://", "postgresql://", 1)


def create_engine(database_url: str, pool_size: int = 8) -> AsyncEngine:
    """An engine whose connections are checked before use, so that a database restart costs one retry."""
    return create_async_engine(
        driver_url(database_url),
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        pool_timeout=10,
        # An error in the log must not quote the row that caused it: rows hold names and ULNs.
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC -c statement_timeout=60000"},
    )


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection for a few reads that need no common moment: no BEGIN, no COMMIT, two round trips fewer.

    Raises `OutsideFailed("database_unavailable")`, also when it takes unreasonably long: a server that is there and
    says nothing would keep whoever asks waiting for ever. Anything written through it is saved at once, so write
    nothing.
    """
    try:
        async with asyncio.timeout(READING_SECONDS), engine.connect() as conn:
            yield await conn.execution_options(isolation_level="AUTOCOMMIT")
    except (OperationalError, InterfaceError, TimeoutError) as error:
        raise OutsideFailed("database_unavailable", _UNAVAILABLE) from error


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction: commits when the block ends, rolls back when it raises.

    Raises `OutsideFailed("database_unavailable")` when the server cannot be reached or goes away, and
    `Conflict("saved_meanwhile")` when another transaction saved the same thing first.
    """
    try:
        async with engine.begin() as conn:
            yield conn
    except (OperationalError, InterfaceError) as error:
        raise OutsideFailed("database_unavailable", _UNAVAILABLE) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise OutsideFailed("database_unavailable", _UNAVAILABLE) from error
        if isinstance(error.orig, UniqueViolation):
            raise Conflict("saved_meanwhile", _SAVED_MEANWHILE) from error
        raise


_UNAVAILABLE = "The database cannot be reached just now. Nothing was saved; please try again in a minute."
_SAVED_MEANWHILE = "The same thing was saved from elsewhere at this moment; nothing was saved twice. Please look again."
