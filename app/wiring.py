"""The composition root: which adapter stands behind which port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.adapters.connecting import ConnectedChain, chain_of, connected, register_at
from app.adapters.contexts import canonicaliser, conformance_canonicaliser
from app.adapters.custody.custodians import Custodians
from app.adapters.custody.opening import custodians_of
from app.adapters.custody.wallets import Wallets
from app.adapters.own_parts import own_parts
from app.adapters.pdf import attached_json
from app.adapters.publications import HostedPublications, HttpPublications, KnownPublications
from app.adapters.recognition import KnownTenant, TenantList
from app.anchoring import service as anchoring
from app.anchoring.chains import ChainRules, finality_of, rules_of
from app.anchoring.fees import Forecast, SendingPolicy, forecast
from app.anchoring.ports import Chain
from app.anchoring.steps import Steps
from app.credentials import service as credentials
from app.credentials.behind import Behind
from app.credentials.model import CredentialKind, PublishedEvidence
from app.credentials.signing import Issuer, ReceiptKey
from app.database import HotReads, create_engine, reading
from app.errors import OutsideFailed, Refused
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
    from app.adapters.custody.safe_proposals import Proposals
    from app.adapters.custody.safe_wallet import SafeWallet
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
    def keystore(self) -> Custodians:
        return custodians_of(self.settings)

    @cached_property
    def proposals(self) -> "Proposals":
        """What the owners of Safes are asked to sign. Raises `OutsideFailed("chain_not_configured")`."""
        from app.adapters.custody.safe_proposals import Proposals

        return Proposals(self.nodes[0], self.settings.proposals)

    @cached_property
    def wallets(self) -> Wallets:
        def safes() -> "SafeWallet":
            from app.adapters.custody.safe_wallet import SafeWallet

            return SafeWallet(self.proposals, self.keystore, self.settings.safe_relayer)

        return Wallets(self.keystore, cache(safes))

    @cached_property
    def rules(self) -> ChainRules:
        return chain_rules(self.settings)

    @cached_property
    def nodes(self) -> tuple["EvmChain", ...]:
        """The nodes of the first chain, its own and the witnesses'. Raises `OutsideFailed("chain_not_configured")`."""
        from app.adapters.evm import EvmChain

        if self.settings.chain_rpc_url is None:
            raise OutsideFailed("chain_not_configured", "No chain is configured: set STACKMARK_CHAIN_RPC_URL.")
        addresses = [self.settings.chain_rpc_url, *self.settings.witness_rpc_urls.split()]
        return tuple(EvmChain(url, self.rules.finality, self.settings.contracts_dir) for url in addresses)

    @cached_property
    def chain(self) -> Chain:
        """One node as it is; of several, what most of them say. Raises `OutsideFailed("chain_not_configured")`."""
        return chain_of(self.nodes, self.rules.chain_id)

    @cached_property
    def first(self) -> ConnectedChain:
        """The first chain as it is set up here. Raises `OutsideFailed("chain_not_configured")`."""
        return ConnectedChain(
            self.rules, register_at(self.settings.registry_address, self.settings.contracts_dir), self.nodes, self.chain
        )

    @cached_property
    def second(self) -> ConnectedChain | None:
        """The second chain, where one is set up. Raises `Refused("chain_twice")`."""
        chosen = self.settings
        if chosen.second_chain is None:
            return None
        return second_of(chosen, chosen.second_chain)

    @property
    def connected_chains(self) -> tuple[ConnectedChain, ...]:
        """Every chain set up here, the first one first. Raises as `second`."""
        first = (self.first,) if self.settings.chain_rpc_url else ()
        return (*first, self.second) if self.second else first

    def chain_on(self, chain_id: int) -> Chain:
        """The chain with that number; the first one where none has it, whose callers find that it is another."""
        return self.second.chain if self.second and self.second.rules.chain_id == chain_id else self.chain

    def connected_on(self, chain_id: int) -> ConnectedChain:
        """As `chain_on`. Raises `OutsideFailed("chain_not_configured")`."""
        return self.second if self.second and self.second.rules.chain_id == chain_id else self.first

    def rules_on(self, chain_id: int) -> ChainRules:
        """As `chain_on`."""
        return self.second.rules if self.second and self.second.rules.chain_id == chain_id else self.rules

    @property
    def chains(self) -> dict[int, Chain]:
        """Every chain set up here, by its number."""
        found = {self.rules.chain_id: self.chain} if self.settings.chain_rpc_url else {}
        return found | ({self.second.rules.chain_id: self.second.chain} if self.second else {})

    @cached_property
    def domain_names(self) -> DomainNames:
        from app.adapters.dns import ResolverNames

        server = self.settings.dns_server
        return ResolverNames(str(server) if server else None, self.settings.dns_port)

    @cached_property
    def registry(self) -> Registry:
        from app.adapters.registry import NoRegistry, RegistryByChain, registry_of

        first = registry_of(self.nodes) if self.settings.chain_rpc_url else NoRegistry()
        if self.second is None:
            return first
        known = registers_of(self.settings)
        there = {self.second.rules.chain_id: registry_of(self.second.nodes)}
        return RegistryByChain(there, first, otherwise_is=self.rules.chain_id, contracts=known)

    @cached_property
    def publications(self) -> HostedPublications:
        local = self.settings.public_url.startswith("http://localhost")
        return HostedPublications(self.engine, HttpPublications(allow_localhost=local), now, self.settings.public_url)

    @cached_property
    def steps(self) -> Steps:
        chosen = self.settings
        policy = SendingPolicy(
            max_fee=self.rules.max_fee,
            replace_after=timedelta(seconds=chosen.replace_after_seconds),
            batch_size=chosen.batch_size,
            batch_age=timedelta(seconds=chosen.batch_seconds),
            reserve=chosen.reserve_checkpoints,
            poll=timedelta(seconds=chosen.worker_poll_seconds),
        )
        return Steps(self.engine, self.chain, self.wallets, self._receipt_key, self.rules.finality, now, policy)

    def steps_on(self, chain_id: int) -> Steps:
        """The steps on the chain with that number; the first one's where no other has it, which then refuse."""
        if self.second is None or self.second.rules.chain_id != chain_id:
            return self.steps
        rules = self.second.rules
        policy = replace(self.steps.policy, max_fee=rules.max_fee)
        return replace(self.steps, chain=self.second.chain, finality=rules.finality, policy=policy)

    async def steps_of(self, log_id: UUID) -> Steps:
        """The steps on the chain that a log is on."""
        async with reading(self.engine) as conn:
            chain_id = await anchoring.chain_of(conn, log_id)
        return self.steps if chain_id is None else self.steps_on(chain_id)

    async def forecast(self, institution_id: UUID, checkpoints: int = 1) -> Forecast:
        """What an institution's next checkpoints cost at most. Raises `OutsideFailed`, `NotFound("log_unknown")`."""
        async with reading(self.engine) as conn:
            log = await anchoring.log_of(conn, institution_id)
        chain, rules = self.chain_on(log.chain_id), self.rules_on(log.chain_id)
        is_first = await chain.last_size(log.contract, log.wallet_address) == 0
        payer = await self.wallets.payer(log.wallet_keystore, log.wallet_address)
        market = await chain.fees()
        # The rate that is set is for the first chain's coin.
        pounds = self.settings.pounds_per_coin if rules is self.rules else None
        return forecast(market, checkpoints, is_first, rules.profile.currency, pounds, payer.gas_beyond)

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
        asked = publications or self.publications
        parts = await own_parts(self.engine, submission.credential, self.settings.public_url)
        return await verify.verify(
            submission,
            publications=KnownPublications(parts, now(), asked) if parts else asked,
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
        handed_in = submission_of(found)
        is_stacked = found.signed.record.kind is CredentialKind.AWARD
        if is_stacked:
            documents |= await own_parts(self.engine, handed_in.credential, self.settings.public_url)
        return await verify.verify(
            handed_in,
            publications=KnownPublications(documents, moment, self.publications),
            registry=self.registry,
            recogniser=KnownTenant(
                found.institution,
                *behind.accreditors,
                has_root=has_root,
                elsewhere=TenantList(self.engine) if is_stacked else None,
            ),
            canonicaliser=self._for_ours,
            now=moment,
            reader=self._reader,
        )

    async def _receipt_key(self, conn: AsyncConnection, institution_id: UUID) -> ReceiptKey:
        return ReceiptKey(await self.issuer(conn, institution_id))


def chain_rules(chosen: Settings) -> ChainRules:
    """The chain an installation has chosen, and what it goes by there."""
    return rules_of(chosen.chain, chosen.chain_id, chosen.finality, chosen.max_fee_gwei)


def second_rules(chosen: Settings, name: str) -> ChainRules:
    """As `chain_rules`, of the second chain: by its profile alone."""
    return rules_of(name, chosen.second_chain_id, "", None)


def chains_of(chosen: Settings) -> tuple[ConnectedChain, ...]:
    """Every chain of the settings, connected anew, the first one first; nobody is asked yet. For whoever has no
    database, and closes them. Raises `Refused("chain_twice")`."""
    found = []
    if chosen.chain_rpc_url is not None:
        urls = [chosen.chain_rpc_url, *chosen.witness_rpc_urls.split()]
        found.append(connected(chain_rules(chosen), urls, chosen.contracts_dir, chosen.registry_address))
    if chosen.second_chain is not None:
        found.append(second_of(chosen, chosen.second_chain))
    return tuple(found)


def registers_of(chosen: Settings) -> tuple[str, ...]:
    """Where registers are to be looked for: at the addresses in the settings, and where they stand on every chain."""
    everywhere = register_at(None, chosen.contracts_dir)
    named = (chosen.registry_address, chosen.second_registry_address, everywhere)
    return tuple(dict.fromkeys(one for one in named if one))


def second_of(chosen: Settings, name: str) -> ConnectedChain:
    """The second chain, connected anew. Raises `Refused("chain_twice")`."""
    rules = second_rules(chosen, name)
    if rules.chain_id == chain_rules(chosen).chain_id:
        raise Refused("chain_twice", f"The second chain is the first one: both have the number {rules.chain_id}.")
    urls = chosen.second_chain_rpc_urls.split()
    return connected(rules, urls, chosen.contracts_dir, chosen.second_registry_address)


def own_nodes(chosen: Settings, *, with_witnesses: bool = False) -> list[str]:
    """The nodes that this installation asks, as they are named to those who verify and audit; those of two chains with
    the numbers of these, so that one that is silent is not waited for by the other."""
    first = [url for url in (chosen.chain_rpc_url,) if url]
    first += chosen.witness_rpc_urls.split() if with_witnesses else []
    if chosen.second_chain is None:
        return first
    second = second_rules(chosen, chosen.second_chain).chain_id
    return [
        *(f"{chain_rules(chosen).chain_id}={url}" for url in first),
        *(f"{second}={url}" for url in chosen.second_chain_rpc_urls.split()),
    ]


def finality_on(chosen: Settings, chain_id: int) -> str:
    """How a chain is asked for what is final: as set up here, else by the rule of a chain we know."""
    rules = [chain_rules(chosen)]
    if chosen.second_chain is not None:
        rules.append(second_rules(chosen, chosen.second_chain))
    here = next((one.finality for one in rules if one.chain_id == chain_id), None)
    return here or finality_of(chain_id) or rules[0].finality


@asynccontextmanager
async def wired(settings: Settings, pool_size: int = 8) -> AsyncIterator[Wiring]:
    """The wiring of one process; closes what it opened."""
    engine = create_engine(settings.secret_database_url(), pool_size)
    wiring = Wiring(settings, engine)
    try:
        yield wiring
    finally:
        for node in wiring.__dict__.get("nodes", ()):
            await node.close()
        if (second := wiring.__dict__.get("second")) is not None:
            await second.close()
        if "reads" in wiring.__dict__:
            await wiring.reads.close()
        await engine.dispose()
