"""Real parts for every integration test: PostgreSQL through the migrations, an EVM node, files on disk.

One server and one node serve the whole run. A template database with the catalogue and two institutions is made once;
each test gets a copy of it, and the chain is put back to the same moment afterwards.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from eth_keyfile import keyfile
from pydantic import SecretStr

from app import worker
from app.adapters.local_chain import LocalChain, local_chain
from app.adapters.local_postgres import local_postgres
from app.anchoring import service as anchoring
from app.anchoring.model import Log
from app.catalogue import service as catalogue
from app.catalogue.seed import load_seed
from app.credentials import service as credentials
from app.credentials.model import Credential
from app.credentials.signing import Issuer
from app.database import transaction
from app.institutions import service as institutions
from app.local import deploy
from app.migrating import migrate
from app.settings import Settings
from app.stacking import packs
from app.wiring import Wiring, now, wired

ROOT = Path(__file__).resolve().parents[2]
PUBLIC_URL = "http://localhost:8000"
ANNA = {"learner_name": "Anna Müller-O’Neill", "uln": "1234567899", "email": "anna@example.org"}


@dataclass(frozen=True)
class Foundation:
    """What all tests of a run share."""

    server_url: str
    template_url: str
    chain: LocalChain
    settings: Settings
    keys: dict[str, dict[str, str]]
    serial: list[int] = field(default_factory=lambda: [0])


@dataclass(frozen=True)
class Installation:
    """One test's own installation: its database, its moment of the chain, a client, two institutions."""

    settings: Settings
    wiring: Wiring
    chain: LocalChain
    client: httpx.AsyncClient
    issuer: Issuer
    other: Issuer
    api_key: dict[str, str]
    other_api_key: dict[str, str]

    def headers(self, scope: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key[scope]}"}

    async def issue_one(self, **changes: Any) -> Credential:
        """One HNC Computing credential, signed, not yet anchored."""
        order: dict[str, Any] = {
            **ANNA,
            "qualification": "603/7595/4",
            "component": "1",
            "grade": "Merit",
            "awarded_on": date(2026, 6, 26),
            "now": now(),
            **changes,
        }
        async with transaction(self.wiring.engine) as conn:
            issuer = await self.wiring.issuer(conn, self.issuer.institution.id)
            return await credentials.issue_one(conn, issuer, self.wiring.canonical, **order)

    async def bundle(self, credential_id: UUID) -> bytes:
        async with transaction(self.wiring.engine) as conn:
            return await credentials.bundle(conn, credential_id, packs.bytes_at)

    async def log(self) -> Log:
        """Northgate's."""
        async with transaction(self.wiring.engine) as conn:
            return await anchoring.log_of(conn, self.issuer.institution.id)

    async def work(self) -> None:
        """Run the worker until nothing is left to do and everything sealed has its receipt."""

        async def settle() -> None:
            while True:
                await worker.run(self.settings, until_idle=True)
                if await self.is_settled():
                    return

        async def finalize() -> None:
            while True:
                await asyncio.to_thread(self.chain.finalize)
                await asyncio.sleep(0.1)

        blocks = asyncio.create_task(finalize())
        try:
            await asyncio.wait_for(settle(), 90)
        finally:
            blocks.cancel()

    async def is_settled(self) -> bool:
        async with transaction(self.wiring.engine) as conn:
            for institution in await institutions.list_all(conn):
                waiting, sealed, receipts = await anchoring.progress(conn, institution.id)
                if waiting or sealed != receipts:
                    return False
        return True


@pytest.fixture(scope="session", autouse=True)
def wallets_quick_to_open() -> Iterator[None]:
    """Wallets made in this process are locked with few rounds of scrypt, for each wiring of a test opens them.

    Those that a command makes are as hard to open as anybody's (tests/integration/test_command_line.py).
    """
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(keyfile, "get_default_work_factor_for_kdf", lambda kdf: 2)
        yield


@pytest.fixture(scope="session")
def foundation(tmp_path_factory: pytest.TempPathFactory, wallets_quick_to_open: None) -> Iterator[Foundation]:
    folder = tmp_path_factory.mktemp("installation")
    # The embedded server runs as a user of its own when the tests run as root; it must reach its folder.
    for parent in (folder, *folder.parents[:3]):
        if parent.is_relative_to(tmp_path_factory.getbasetemp().parent):
            parent.chmod(0o755)
    with (
        local_postgres(_made(folder / "postgres"), "template", is_thrown_away=True) as template_url,
        local_chain(ROOT / "contracts") as chain,
    ):
        migrate(template_url)
        settings = Settings(
            _env_file=None,
            data_dir=folder,
            wallets_dir=folder / "wallets",
            contracts_dir=ROOT / "contracts",
            database_url=SecretStr(template_url),
            chain_rpc_url=chain.rpc_url,
            public_url=PUBLIC_URL,
            passphrase=SecretStr("correct horse battery staple"),
            worker_poll_seconds=0.1,
        )
        settings = settings.model_copy(update={"registry_address": asyncio.run(deploy(settings, chain))})
        keys = asyncio.run(_furnish(settings, chain))
        yield Foundation(template_url.replace("/template", "/postgres"), template_url, chain, settings, keys)


@pytest.fixture
async def installation(foundation: Foundation) -> AsyncIterator[Installation]:
    async with fresh_installation(foundation) as made:
        yield made


@asynccontextmanager
async def fresh_installation(foundation: Foundation) -> AsyncIterator[Installation]:
    """A database of its own and the chain at the starting moment; both are gone afterwards."""
    from app.main import create_app

    foundation.serial[0] += 1
    name = f"test_{foundation.serial[0]}"
    with psycopg.connect(foundation.server_url, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE template STRATEGY FILE_COPY")
    snapshot = foundation.chain.rpc("evm_snapshot")
    url = foundation.template_url.replace("/template", f"/{name}")
    settings = foundation.settings.model_copy(update={"database_url": SecretStr(url)})
    async with AsyncExitStack() as stack:
        wiring = await stack.enter_async_context(wired(settings))
        application = create_app(settings)
        await stack.enter_async_context(application.router.lifespan_context(application))
        transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL))
        async with transaction(wiring.engine) as conn:
            found = {one.slug: one.id for one in await institutions.list_all(conn)}
            issuer = await wiring.issuer(conn, found["northgate"])
            other = await wiring.issuer(conn, found["southport"])
        yield Installation(
            settings,
            wiring,
            foundation.chain,
            client,
            issuer,
            other,
            foundation.keys["northgate"],
            foundation.keys["southport"],
        )
    foundation.chain.rpc("evm_revert", snapshot)
    with psycopg.connect(foundation.server_url, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def _furnish(settings: Settings, chain: LocalChain) -> dict[str, dict[str, str]]:
    """The catalogue, two institutions with funded wallets, and API keys: slug -> scope -> secret."""
    keys: dict[str, dict[str, str]] = {}
    async with wired(settings) as wiring, transaction(wiring.engine) as conn:
        await catalogue.load_catalogue(conn, load_seed())
        for slug, ukprn in (("northgate", "10000001"), ("southport", "10000002")):
            issuer = await credentials.become_issuer(
                conn,
                wiring.keystore,
                wiring.compiled,
                slug=slug,
                name=f"{slug.title()} College (test)",
                ukprn=ukprn,
                public_url=PUBLIC_URL,
                chain_id=31337,
                contract=str(settings.registry_address),
                now=now(),
            )
            chain.fund(issuer.identity.wallet.address)
            accredited = ["hnc-computing", "tlevel-6105799x"]
            await institutions.accredit(conn, issuer.institution.id, accredited, date(2020, 9, 1))
            keys[slug] = {}
            for scope in ("issue", "revoke", "admin"):
                made = await institutions.create_api_key(
                    conn, issuer.institution.id, label=f"test {scope}", scopes=[scope], now=now()
                )
                keys[slug][scope] = made.secret
    return keys


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
