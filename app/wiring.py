"""The composition root: which adapter stands behind which port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.adapters.contexts import canonicaliser, conformance_canonicaliser
from app.adapters.keystore import FileKeystore
from app.adapters.pdf import attached_json
from app.adapters.publications import HostedPublications, HttpPublications, KnownPublications
from app.adapters.recognition import KnownTenant, TenantList
from app.anchoring.sending import Steps
from app.credentials import service as credentials
from app.credentials.behind import Behind
from app.credentials.model import PublishedEvidence
from app.credentials.signing import Issuer, ReceiptKey
from app.database import HotReads, create_engine
from app.errors import OutsideFailed
from app.institutions.ports import DomainNames
from app.settings import Settings
from app.standards import clr, strict_json
from app.standards.compiled_shape import ShapeCache
from app.standards.json_ld import Canonicaliser
from app.standards.remembered import RememberedForm
from app.verification import carriers, verify
from app.verification.evidence import Submission
from app.verification.ports import Publications, Registry
from app.verification.reader import Reader
from app.verification.report import Report
from app.verification.verifier import Verifier

if TYPE_CHECKING:
    from app.adapters.evm import EvmChain


def now() -> datetime:
    """The clock of this process, UTC."""
    return datetime.now(UTC)


def submission_of(found: PublishedEvidence) -> Submission:
    """What we publish of a credential, as if it had been handed in."""
    receipt = strict_json.parse_object(found.signed.receipt) if found.signed.receipt else None
    return Submission(strict_json.parse_object(found.signed.document, clr.MAX_BYTES), receipt)


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
    def _for_strangers(self) -> RememberedForm:
        return RememberedForm(self.canonical)

    @cached_property
    def _for_suites(self) -> RememberedForm:
        return RememberedForm(conformance_canonicaliser())

    @cached_property
    def _for_ours(self) -> RememberedForm:
        # Only what was issued here is let into the compiled shapes: a stranger must not push ours out.
        return RememberedForm(self.compiled)

    @cached_property
    def _reader(self) -> Reader:
        return Reader()

    @cached_property
    def _behind(self) -> Behind:
        return Behind(self.engine)

    @cached_property
    def reads(self) -> HotReads:
        return HotReads(self.settings.secret_database_url())

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
    def domain_names(self) -> DomainNames:
        from app.adapters.dns import ResolverNames

        server = self.settings.dns_server
        return ResolverNames(str(server) if server else None, self.settings.dns_port)

    @cached_property
    def witnesses(self) -> tuple["EvmChain", ...]:
        """Further nodes of the chain, asked only when something is verified."""
        from app.adapters.evm import EvmChain

        addresses = self.settings.witness_rpc_urls.split()
        return tuple(EvmChain(url, self.settings.finality, self.settings.contracts_dir) for url in addresses)

    @cached_property
    def registry(self) -> Registry:
        from app.adapters.registry import NoRegistry, registry_of

        return registry_of([self.chain, *self.witnesses]) if self.settings.chain_rpc_url else NoRegistry()

    @cached_property
    def publications(self) -> HostedPublications:
        local = self.settings.public_url.startswith("http://localhost")
        return HostedPublications(self.engine, HttpPublications(allow_localhost=local), now)

    @cached_property
    def steps(self) -> Steps:
        return Steps(self.engine, self.chain, self.keystore, self._receipt_key, self.settings.finality, now)

    async def issuer(self, conn: AsyncConnection, institution_id: UUID) -> Issuer:
        return await credentials.issuer_of(conn, self.keystore, self.compiled, institution_id)

    async def unwrap(self, data: bytes) -> carriers.Carried:
        """What a file carries; raises as `carriers.unwrap` does. In a thread: pictures and PDFs take their time."""
        return await asyncio.to_thread(carriers.unwrap, data, attached_json)

    async def verify(
        self,
        submission: Submission,
        as_of: datetime | None = None,
        *,
        older: bool = False,
        publications: Publications | None = None,
    ) -> Report:
        """The report on what somebody handed in.

        `older`: as `verify.verify` has it, for the VC API alone. `publications`: instead of this process's own.
        """
        return await verify.verify(
            submission,
            publications=publications or self.publications,
            registry=self.registry,
            recogniser=TenantList(self.engine),
            canonicaliser=self._for_suites if older else self._for_strangers,
            now=now(),
            as_of=as_of,
            older=older,
            reader=self._reader,
        )

    @cached_property
    def verifier(self) -> Verifier:
        """The same check as `verify`, proofs alone, and presentations."""
        return Verifier(self.verify, self.publications, self._for_suites, now)

    async def verify_ours(self, found: PublishedEvidence, as_of: datetime | None = None) -> Report:
        """The report on a credential of ours, from the bytes we publish; the checks are those of any stranger's."""
        if as_of is not None:
            return await self.verify(submission_of(found), as_of)
        moment = now()
        behind = await self._behind.of(found)
        has_root = bool(behind.accreditors) or (found.behind is not None and found.behind.has_root)
        documents = {
            found.institution.did: found.did_document,
            found.status_list_url: found.status_list,
            f"{found.status_list_url}/reasons": found.status_reasons,
            **behind.documents,
        }
        return await verify.verify(
            submission_of(found),
            publications=KnownPublications(documents, moment, self.publications),
            registry=self.registry,
            recogniser=KnownTenant(found.institution, *behind.accreditors, has_root=has_root),
            canonicaliser=self._for_ours,
            now=moment,
            reader=self._reader,
        )

    async def _receipt_key(self, conn: AsyncConnection, institution_id: UUID) -> ReceiptKey:
        return ReceiptKey(await self.issuer(conn, institution_id))


@asynccontextmanager
async def wired(settings: Settings, pool_size: int = 8) -> AsyncIterator[Wiring]:
    """The wiring of one process; closes what it opened."""
    engine = create_engine(settings.secret_database_url(), pool_size)
    wiring = Wiring(settings, engine)
    try:
        yield wiring
    finally:
        for chain in ([wiring.chain] if "chain" in wiring.__dict__ else []) + [*wiring.__dict__.get("witnesses", ())]:
            await chain.close()
        if "reads" in wiring.__dict__:
            await wiring.reads.close()
        await engine.dispose()
