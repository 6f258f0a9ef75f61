"""Migrations up and down, empty and with what costs money in them: nothing that an older version can hold is lost, and
a downgrade that would lose records or money is refused before it has changed anything."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from app.anchoring import store
from app.database import libpq_url, transaction
from app.errors import Refused
from app.migrating import alembic_config, migrate
from app.wiring import now, wired
from tests.integration.anchoring.test_surroundings import assert_whole
from tests.integration.anchoring.two_chains import TwoChains, two_chains
from tests.integration.conftest import ROOT, Foundation, Installation

HEAD = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
MONEY = {
    "log_entries": "*",
    "receipts": "*",
    "log_tiles": "*",
    "checkpoints": "id, log_id, tree_size, root, state, created_at, tx_hash, log_index, block_number, block_hash, note",
    "anchor_transactions": "checkpoint_id, hash, nonce, raw, created_at",
    "wallets": "id, address, keystore, chain_id, contract, statement, signature",
    "credentials": "id, institution_id, learner_id, kind, state, qualification_id, unit_id, grade, awarded_on, revoked_at",
    "did_documents": "*",
}
"""What every version since 0009 can hold, and nothing may be lost of."""


def down(url: str, to: str) -> None:
    command.downgrade(alembic_config(url), to)


@contextmanager
def connected(url: str) -> Iterator[Any]:
    with psycopg.connect(libpq_url(url), autocommit=True) as conn:
        yield conn


def rows(url: str, query: str) -> list[Any]:
    with connected(url) as conn:
        return list(conn.execute(query).fetchall())


def revision(url: str) -> str:
    [(found,)] = rows(url, "SELECT version_num FROM alembic_version")
    return str(found)


def money(url: str) -> dict[str, list[Any]]:
    return {table: sorted(rows(url, f"SELECT {columns} FROM {table}"), key=str) for table, columns in MONEY.items()}


def shape(url: str) -> dict[str, list[Any]]:
    """Tables, columns, constraints, indexes, and what the queue is made of."""
    queries = {
        "columns": "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public'",
        "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
        "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "functions": "SELECT proname, pg_get_function_identity_arguments(oid) FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace",
        "types": "SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace",
    }
    return {name: sorted(rows(url, query), key=str) for name, query in queries.items()}


@pytest.fixture
def empty(foundation: Foundation) -> Iterator[str]:
    """The address of a database with nothing in it."""
    with psycopg.connect(foundation.server_url, autocommit=True) as conn:
        conn.execute("CREATE DATABASE migrated")
        yield foundation.template_url.replace("/template", "/migrated")
        conn.execute("DROP DATABASE migrated WITH (FORCE)")


@pytest.fixture
async def anchored(installation: Installation) -> Installation:
    """With sent and final transactions, receipts, and an alarm that lasts."""
    for component in ("1", "2"):
        await installation.issue_one(component=component)
        await installation.work()
    async with transaction(installation.wiring.engine) as conn:
        await store.open_alarm(conn, await installation.log(), "transaction_stuck", "It waits.", now())
    await installation.wiring.engine.dispose()
    return installation


@pytest.fixture
async def there(foundation: Foundation) -> AsyncIterator[TwoChains]:
    async with two_chains(foundation) as made:
        yield made


def url_of(installation: Installation) -> str:
    return installation.settings.secret_database_url()


async def assert_goes_on(installation: Installation) -> None:
    """Everything that was recorded is there, on the chain too, and the next record is made."""
    async with wired(installation.settings) as wiring:
        fresh = replace(installation, wiring=wiring)
        await assert_whole(fresh, await fresh.log())
        await fresh.issue_one(component="3")
        await fresh.work()
        await assert_whole(fresh, await fresh.log())


def test_every_migration_has_a_way_back_to_nothing_and_up_again(empty: str) -> None:
    migrate(empty)
    whole = shape(empty)
    steps = list(ScriptDirectory.from_config(alembic_config(empty)).walk_revisions())
    assert steps[0].revision == HEAD
    for step in steps:
        assert revision(empty) == step.revision
        down(empty, "-1")
        # Each is its own way back: up again from here, it is as it was.
        command.upgrade(alembic_config(empty), step.revision)
        down(empty, "-1")
    left = shape(empty)
    assert {row[0] for row in left["columns"]} == {"alembic_version"}
    assert left["functions"] == []
    migrate(empty)
    assert shape(empty) == whole


async def test_what_was_paid_for_survives_the_way_down_and_up(anchored: Installation) -> None:
    url = url_of(anchored)
    before, whole = money(url), shape(url)
    assert len(before["anchor_transactions"]) >= 2
    assert len(before["receipts"]) >= 2
    for target in ("0012", "0011", "0010", "0009"):
        down(url, target)
        assert money(url) == before
    for target in ("0010", "0011", "0012", "head"):
        command.upgrade(alembic_config(url), target)
        assert money(url) == before
    assert shape(url) == whole
    # Who recorded and who paid is found again.
    assert rows(url, "SELECT count(*) FROM checkpoints JOIN logs ON logs.id = log_id WHERE anchored_by <> wallet_address") == [(0,)]  # fmt: skip
    assert rows(url, "SELECT count(*) FROM anchor_transactions JOIN checkpoints ON checkpoints.id = checkpoint_id WHERE sender <> anchored_by") == [(0,)]  # fmt: skip
    await assert_goes_on(anchored)


async def test_alarms_survive_where_the_older_version_has_them(anchored: Installation) -> None:
    url = url_of(anchored)
    before = rows(url, "SELECT * FROM log_alarms")
    assert len(before) == 1
    down(url, "0010")
    migrate(url)
    assert rows(url, "SELECT log_id, chain_id, code, message, since FROM log_alarms") == rows(
        url,
        "SELECT log_alarms.log_id, logs.chain_id, code, message, since FROM log_alarms JOIN logs ON logs.id = log_id",
    )
    assert len(rows(url, "SELECT * FROM log_alarms")) == 1


async def test_with_a_second_chain_the_way_back_ends_where_it_would_be_forgotten(there: TwoChains) -> None:
    await there.installation.issue_one()
    await there.work()
    await there.reanchor()
    await there.settle_second()
    await there.work()
    await there.wiring.engine.dispose()
    url = url_of(there.installation)
    before = money(url)
    accounts = rows(url, "SELECT * FROM wallet_accounts")
    down(url, "0011")
    assert money(url) == before
    with pytest.raises(Refused, match="records are on another chain") as refused:
        down(url, "0010")
    assert refused.value.code == "downgrade_refused"
    assert revision(url) == "0011"
    migrate(url)
    assert money(url) == before
    assert rows(url, "SELECT * FROM wallet_accounts") == accounts
    # Refused half way, nothing of the way has happened.
    with pytest.raises(Refused):
        down(url, "0009")
    assert revision(url) == HEAD
    async with wired(there.settings) as wiring:
        after = replace(there, installation=replace(there.installation, wiring=wiring))
        await assert_whole(after.installation, await after.log())
        await after.installation.issue_one(component="2")
        await after.work()
        assert await after.reanchor()
        await after.settle_second()
        await assert_whole(after.installation, await after.log())


OTHER = "0x" + "ab" * 20


@pytest.mark.parametrize(
    ("change", "target", "sentence"),
    [
        (
            "INSERT INTO wallet_notices (log_id, chain_id, contract, address, keystore, since, asked_at)"
            " SELECT id, chain_id, contract, wallet_address, wallet_keystore, 1, now() FROM logs LIMIT 1",
            "0012",
            "1 notices of stolen wallets",
        ),
        (f"UPDATE anchor_transactions SET sender = '{OTHER}'", "0011", "paid for by another account"),
        (f"UPDATE checkpoints SET contract = '{OTHER}'", "0010", "in another register"),
        (
            "INSERT INTO wallet_accounts (wallet_id, chain_id, contract, created_at)"
            " SELECT id, 4242, contract, now() FROM wallets LIMIT 1",
            "0010",
            "1 wallets are published on a further chain",
        ),
        ("UPDATE checkpoints SET state = 'submitted' WHERE id = (SELECT max(id) FROM checkpoints)", "0009", "on their way"),
        ("UPDATE logs SET paused_at = now(), paused_reason = 'A theft.'", "0009", "2 wallets are stopped"),
        (f"UPDATE logs SET wallet_address = '{OTHER}' WHERE size = (SELECT max(size) FROM logs)", "0009", "under a former wallet"),
    ],
    ids=["notice", "payer", "register", "account", "on its way", "stopped", "former wallet"],
)  # fmt: skip
async def test_what_would_cost_money_or_records_is_refused_and_left_as_it_is(
    anchored: Installation, change: str, target: str, sentence: str
) -> None:
    url = url_of(anchored)
    with connected(url) as conn:
        conn.execute(change)
    before = money(url)
    with pytest.raises(Refused, match=sentence) as refused:
        down(url, target)
    assert refused.value.code == "downgrade_refused"
    assert (revision(url), money(url)) == (HEAD, before)


async def test_after_a_change_of_wallet_each_transaction_is_its_own_senders(anchored: Installation) -> None:
    """A number that the former wallet used must not be taken for one of the wallet in use: that one would wait for its
    node to come so far, for ever."""
    url = url_of(anchored)
    with connected(url) as conn:
        conn.execute(f"UPDATE logs SET wallet_address = '{OTHER}' WHERE size = (SELECT max(size) FROM logs)")
    senders = rows(url, "SELECT hash, sender FROM anchor_transactions ORDER BY hash")
    down(url, "0011")
    migrate(url)
    assert rows(url, "SELECT hash, sender FROM anchor_transactions ORDER BY hash") == senders
    assert OTHER not in {sender for _, sender in senders}
