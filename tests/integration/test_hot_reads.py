"""Reads over connections of their own: kept, replaced when the server ended them, never left half read."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from app.credentials.store import evidence
from app.database import HotReads, libpq_url
from app.errors import OutsideFailed
from tests.integration.conftest import Installation

WHO = "SELECT pg_backend_pid() AS pid, %(word)s::text AS word"


@pytest.fixture
async def reads(installation: Installation) -> AsyncIterator[HotReads]:
    made = HotReads(installation.settings.secret_database_url(), 2)
    yield made
    await made.close()


async def _pid(reads: HotReads, word: str = "x") -> int:
    row = await reads.first(WHO, {"word": word})
    assert row.word == word
    pid: int = row.pid
    return pid


async def test_one_connection_is_kept_and_at_most_two_are_made(reads: HotReads) -> None:
    assert len({await _pid(reads) for _ in range(4)}) == 1
    found = await asyncio.gather(*(_pid(reads, str(number)) for number in range(20)))
    assert len(set(found)) <= 2


async def test_what_the_server_ended_is_replaced_without_anybody_noticing(
    reads: HotReads, installation: Installation
) -> None:
    before = set(await asyncio.gather(*(_pid(reads) for _ in range(8))))
    with psycopg.connect(_libpq(installation), autocommit=True) as conn:
        for pid in before:
            conn.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    assert not before & set(await asyncio.gather(*(_pid(reads) for _ in range(8))))


async def test_a_question_given_up_on_is_not_answered_to_the_next(reads: HotReads) -> None:
    slow = asyncio.create_task(reads.first("SELECT pg_sleep(30), 'slow' AS word", {}))
    for _ in range(2_000):
        if await _is_asked(reads):
            break
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    for word in ("next", "and the one after"):
        assert await _pid(reads, word)


async def test_a_question_that_takes_too_long_is_not_asked_again(reads: HotReads) -> None:
    await reads.first("SELECT set_config('statement_timeout', '50', false) AS set", {})
    with pytest.raises(OutsideFailed) as failed:
        await reads.first("SELECT pg_sleep(30)", {})
    assert failed.value.code == "database_unavailable"


async def test_a_wrong_question_is_an_error_and_not_a_dead_database(reads: HotReads) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        await reads.first("SELECT 1 FROM no_such_table", {})
    assert await _pid(reads)


def test_the_long_question_is_short_enough_to_be_kept_by_the_driver() -> None:
    from psycopg import _queries

    assert len(evidence._question()) < _queries.MAX_CACHED_STATEMENT_LENGTH


async def _is_asked(reads: HotReads) -> bool:
    row: Any = await reads.first(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%%pg_sleep(30), ''slow%%'", {}
    )
    return bool(row.n)


def _libpq(installation: Installation) -> str:
    return libpq_url(installation.settings.secret_database_url())
