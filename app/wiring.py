"""The composition root: which adapter stands behind which port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.adapters.contexts import canonicaliser
from app.adapters.keystore import FileKeystore
from app.adapters.publications import HostedPublications, HttpPublications
from app.adapters.recognition import TenantList
from app.anchoring.sending import Steps
from app.credentials import service as credentials
from app.credentials.signing import Issuer, ReceiptKey
from app.database import create_engine, transaction
from app.errors import OutsideFailed
from app.settings import Settings
from app.standards.compiled_shape import ShapeCache
from app.standards.json_ld import Canonicaliser
from app.verification import verify
from app.verification.evidence import Submission
from app.verification.ports import Registry
from app.verification.report import Report

if TYPE_CHECKING:
    from app.adapters.evm import EvmChain


def now() -> datetime:
    """The clock of this process, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Wiring:
    """One process's adapters, made on first use: a web process that never asks the chain never loads web3."""

    settings: Settings
    engine: AsyncEngine

    @cached_property
    def canonical(self) -> Canonicaliser:
        return canonicaliser()

    @cached_property
    def compiled(self) -> ShapeCache:
        return ShapeCache(self.canonical)

    @cached_property
    def keystore(self) -> FileKeystore:
        return FileKeystore(self.settings.wallets_dir, self.settings.secret_passphrase)

    @cached_property
    def chain(self) -> "EvmChain":
        """Raises `OutsideFailed("chain_not_configured")`."""
        from app.adapters.evm import EvmChain

        if self.settings.chain_rpc_url is None:
            raise OutsideFailed("chain_not_configured", "No chain is configured: set STACKMARK_CHAIN_RPC_URL.")
        return EvmChain(self.settings.chain_rpc_url, self.settings.finality, self.settings.contracts_dir)

    @cached_property
    def registry(self) -> Registry:
        from app.adapters.registry import EvmRegistry, NoRegistry

        return EvmRegistry(self.chain) if self.settings.chain_rpc_url else NoRegistry()

    @cached_property
    def publications(self) -> HostedPublications:
        local = self.settings.public_url.startswith("http://localhost")
        return HostedPublications(self.engine, HttpPublications(allow_localhost=local), now)

    @cached_property
    def steps(self) -> Steps:
        return Steps(self.engine, self.chain, self.keystore, self._receipt_key, self.settings.finality, now)

    async def issuer(self, conn: AsyncConnection, institution_id: UUID) -> Issuer:
        return await credentials.issuer_of(conn, self.keystore, self.compiled, institution_id)

    async def verify(self, submission: Submission) -> Report:
        return await verify.verify(
            submission,
            publications=self.publications,
            registry=self.registry,
            recogniser=TenantList(self.engine),
            canonicaliser=self.canonical,
            now=now(),
        )

    async def _receipt_key(self, institution_id: UUID) -> ReceiptKey:
        async with transaction(self.engine) as conn:
            return ReceiptKey(await self.issuer(conn, institution_id))


@asynccontextmanager
async def wired(settings: Settings, pool_size: int = 8) -> AsyncIterator[Wiring]:
    """The wiring of one process; closes what it opened."""
    engine = create_engine(settings.secret_database_url(), pool_size)
    wiring = Wiring(settings, engine)
    try:
        yield wiring
    finally:
        if "chain" in wiring.__dict__:
            await wiring.chain.close()
        await engine.dispose()
