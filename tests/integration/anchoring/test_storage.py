"""The database fails while a log is anchored: a connection that drops, a full disk, a great many entries, a wrong clock."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from app.anchoring import sending, service, store
from app.anchoring.model import CheckpointState
from app.database import libpq_url, transaction
from app.errors import AppError
from app.standards.anchor_receipt import LeafKind
from app.wiring import now
from tests.integration.anchoring.test_surroundings import assert_whole, checkpoints, settle
from tests.integration.conftest import Installation

MANY = 100_000
SEGMENT = 16 << 20
"""A file of the write-ahead log: PostgreSQL must be able to write that much, or it restarts."""


async def append(installation: Installation, number: int) -> None:
    digests = [(LeafKind.CREDENTIAL, secrets.token_bytes(32)) for _ in range(number)]
    async with transaction(installation.wiring.engine) as conn:
        await service.append(conn, installation.issuer.institution.id, digests, now())


def connections(installation: Installation) -> list[int]:
    """The server's processes that work for this installation's database."""
    url = libpq_url(installation.settings.secret_database_url())
    with psycopg.connect(url) as conn:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return [pid for (pid,) in conn.execute(query)]


async def test_a_connection_that_drops_before_any_commit_loses_nothing(installation: Installation) -> None:
    log, steps, chain = await installation.log(), installation.wiring.steps, installation.chain
    url = libpq_url(installation.settings.secret_database_url())
    engine = installation.wiring.engine.sync_engine
    left, dropped = [0], 0

    def drop(_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            with psycopg.connect(url, autocommit=True) as conn:
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    event.listen(engine, "commit", drop)
    try:
        for point in range(1, 100):
            await append(installation, 1)
            left[0] = point
            try:
                for _ in range(6):
                    if not await sending.advance(steps, log.id):
                        break
                    chain.finalize()
            except (AppError, DBAPIError):
                pass
            reached, left[0] = left[0] <= 0, 0
            dropped += reached
            await settle(steps, log, chain)
            await assert_whole(installation, log)
            if not reached:
                break
    finally:
        event.remove(engine, "commit", drop)
    finals = await checkpoints(installation, log)
    assert {one.state for one in finals} == {CheckpointState.FINALIZED}
    assert await installation.wiring.chain.next_nonce(log.wallet_address) == len(finals)
    assert dropped >= 8


@contextmanager
def full_disk(installation: Installation) -> Iterator[None]:
    """No file of the database may grow beyond a segment: what a full disk does to a table that needs more room."""
    found = connections(installation)
    for process in found:
        limit_files(process, str(SEGMENT))
    try:
        yield
    finally:
        for process in set(found) & set(connections(installation)):
            limit_files(process, "unlimited")


def limit_files(process: int, size: str) -> None:
    """The limit in force, not the one above it; only who runs a process may change its limits."""
    owner = os.stat(f"/proc/{process}").st_uid
    subprocess.run(["prlimit", f"--pid={process}", f"--fsize={size}:"], user=owner, check=True)


async def test_a_full_disk_and_a_hundred_thousand_entries_at_once(installation: Installation) -> None:
    log, steps, chain = await installation.log(), installation.wiring.steps, installation.chain
    await append(installation, MANY)
    async with transaction(installation.wiring.engine) as conn:
        before = await store.oldest_open(conn, log.id)
    with full_disk(installation), pytest.raises((AppError, DBAPIError)):
        await append(installation, MANY)
    # All or nothing: what did not fit left nothing behind.
    async with transaction(installation.wiring.engine) as conn:
        assert await store.oldest_open(conn, log.id) == before
    with full_disk(installation), pytest.raises((AppError, DBAPIError)):
        await settle(steps, log, chain)
    await settle(steps, log, chain)
    await assert_whole(installation, log)
    finals = await checkpoints(installation, log)
    assert finals[-1].tree_size > MANY
    assert await installation.wiring.chain.next_nonce(log.wallet_address) == len(finals)


@pytest.mark.parametrize("days", [-400, 400])
async def test_a_clock_that_is_wrong_and_is_put_right(installation: Installation, days: int) -> None:
    log, steps, chain = await installation.log(), installation.wiring.steps, installation.chain
    wrong = replace(steps, now=lambda: now() + timedelta(days=days))
    await append(installation, 3)
    chain.rpc("evm_setAutomine", False)
    try:
        await sending.advance(wrong, log.id)
    finally:
        chain.rpc("evm_setAutomine", True)
    await sending.advance(steps, log.id)
    chain.rpc("evm_mine")
    await settle(wrong, log, chain)
    await append(installation, 1)
    await settle(steps, log, chain)
    await assert_whole(installation, log)
    # The time of record is the chain's, whatever our clock said.
    for checkpoint in await checkpoints(installation, log):
        assert checkpoint.block is not None
        assert abs(checkpoint.block.time - now()) < timedelta(hours=1)
