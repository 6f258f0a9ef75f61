"""PostgreSQL: the engine, the shared table metadata and the one place that commits.

Decisions. SQLAlchemy Core, not the ORM: rows become frozen dataclasses in each package's `store`, hot reads
return bytes, and nothing loads lazily behind a caller's back. Tables are created by Alembic alone, in tests
too. A use case receives an open `AsyncConnection`; only `transaction()` commits.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.errors import UniqueViolation
from psycopg.rows import namedtuple_row
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


_OPTIONS: Mapping[str, Any] = {"connect_timeout": 5, "options": "-c timezone=UTC -c statement_timeout=60000"}

# Every question comes again and again and names one row: to plan it anew each time would cost more than to answer it.
_PREPARED = {**_OPTIONS, "options": f"{_OPTIONS['options']} -c plan_cache_mode=force_generic_plan"}


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
        connect_args=dict(_OPTIONS),
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


class HotReads:
    """One question, one row, over connections of its own: for the few addresses that everybody asks for.

    The driver is asked directly, each question is a statement of its own that the server has prepared, and a
    connection is not tried before it is used: the question is asked again over another one when it turns out to be
    gone, as after a restart of the database. Belongs to one event loop; at most `size` connections.
    """

    def __init__(self, database_url: str, size: int = 4) -> None:
        self._url = libpq_url(database_url)
        self._idle: list[psycopg.AsyncConnection[Any]] = []
        self._room = asyncio.Semaphore(size)

    async def first(self, query: str, given: Mapping[str, Any]) -> Any:
        """The first row that `query` gives, as a named tuple, or None; `given` are the values of its `%(name)s`.

        Raises `OutsideFailed("database_unavailable")`.
        """
        async with self._room:
            while True:
                is_new = not self._idle
                try:
                    conn = await self._connect() if is_new else self._idle.pop()
                    row = await self._ask(conn, query, given)
                except psycopg.OperationalError as error:
                    if is_new or not conn.broken:
                        raise OutsideFailed("database_unavailable", _UNAVAILABLE) from error
                else:
                    self._idle.append(conn)
                    return row

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close()

    async def _connect(self) -> "psycopg.AsyncConnection[Any]":
        return await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, row_factory=namedtuple_row, prepare_threshold=0, **_PREPARED
        )

    async def _ask(self, conn: "psycopg.AsyncConnection[Any]", query: str, given: Mapping[str, Any]) -> Any:
        try:
            return await (await conn.execute(query.encode(), given, binary=True)).fetchone()
        except BaseException:
            # Perhaps in the middle of an answer: nobody else may read the rest of it.
            await conn.close()
            raise


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
