"""An installation between two real nodes of different chains, each of which can be stopped for good."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from uuid import UUID

from app.adapters.local_chain import CHAIN_ID, LocalChain, local_chain
from app.anchoring import reanchoring, sending, store
from app.anchoring import service as anchoring
from app.anchoring.model import Log
from app.anchoring.steps import Steps
from app.credentials import chains
from app.database import transaction
from app.errors import OutsideFailed
from app.institutions import service as institutions
from app.local import deploy
from app.settings import Settings
from app.wiring import Wiring, now, wired
from tests.integration.conftest import ROOT, Foundation, Installation, fresh_installation

FIRST, SECOND = CHAIN_ID, 4242


@dataclass(frozen=True)
class TwoChains:
    """`installation` works on the first chain and has the second one in its settings."""

    installation: Installation
    first: LocalChain
    second: LocalChain
    stop_first: ExitStack = field(repr=False)

    @property
    def wiring(self) -> Wiring:
        return self.installation.wiring

    @property
    def settings(self) -> Settings:
        return self.installation.settings

    @property
    def steps(self) -> Steps:
        """On the second chain."""
        return self.wiring.steps_on(SECOND)

    def kill_first(self) -> None:
        """Whatever it knew is gone with it."""
        self.stop_first.close()

    async def log(self) -> Log:
        return await self.installation.log()

    async def log_there(self) -> Log:
        log = await self.log()
        return log.on(SECOND, str(self.settings.registry_address))

    async def reanchor(self) -> bool:
        """As `stackmark chain reanchor` does for Northgate; whether there was anything to do."""
        there = await self.log_there()
        await open_account(self, as_main=False)
        async with transaction(self.wiring.engine) as conn:
            return await reanchoring.request(conn, there, now()) is not None

    async def settle_first(self) -> None:
        log = await self.log()
        for _ in range(8):
            if not await sending.advance(self.wiring.steps, log.id):
                return
            self.first.finalize()
        raise AssertionError("the log did not come to rest on the first chain")

    async def settle_second(self, steps: Steps | None = None) -> None:
        log = await self.log()
        for _ in range(8):
            if not await reanchoring.advance(steps or self.steps, log.id, SECOND):
                return
            self.second.finalize()
        raise AssertionError("the log did not come to rest on the second chain")

    async def work(self) -> None:
        """Run the worker until everything is final on both chains that still run."""
        running = replace(self.installation, chain=_Both((self.first, self.second)))  # type: ignore[arg-type]
        await running.work()
        while await self._is_on_its_way():
            await running.work()

    async def _is_on_its_way(self) -> bool:
        async with transaction(self.wiring.engine) as conn:
            logs = [await anchoring.log_of(conn, one.id) for one in await institutions.list_all(conn)]
            there = [log.on(SECOND, str(self.settings.registry_address)) for log in logs]
            found = [await store.checkpoint_in_flight(conn, log) for log in there]
        return any(one is not None for one in found)

    async def sent_there(self) -> int:
        """How many transactions of the wallet the second chain has."""
        return await self.steps.chain.next_nonce((await self.log()).wallet_address)


@dataclass(frozen=True)
class _Both:
    """As one chain to whoever only wants what is on it to become final. One that was stopped is left out."""

    chains: tuple[LocalChain, ...]

    def finalize(self) -> bool:
        done = False
        for chain in self.chains:
            with suppress(OutsideFailed):
                done = chain.finalize() or done
        return done


async def open_account(there: TwoChains, *, as_main: bool, owner: UUID | None = None) -> None:
    async with transaction(there.wiring.engine) as conn:
        await chains.open_account(
            conn,
            there.wiring.keystore,
            there.wiring.compiled,
            owner or there.installation.issuer.institution.id,
            chain_id=SECOND,
            contract=str(there.settings.registry_address),
            now=now(),
            as_main=as_main,
        )


@asynccontextmanager
async def two_chains(foundation: Foundation) -> AsyncIterator[TwoChains]:
    """Both nodes new, the register deployed on both, every wallet funded on both."""
    contracts = ROOT / "contracts"
    with ExitStack() as stack:
        stop_first = stack.enter_context(ExitStack())
        first = stop_first.enter_context(local_chain(contracts))
        second = stack.enter_context(local_chain(contracts, chain_id=SECOND))
        settings = foundation.settings.model_copy(
            update={
                "chain_rpc_url": first.rpc_url,
                "second_chain": "besu",
                "second_chain_id": SECOND,
                "second_chain_rpc_urls": second.rpc_url,
            }
        )
        for chain in (first, second):
            await deploy(settings.model_copy(update={"chain_rpc_url": chain.rpc_url}), chain)
        async with AsyncExitStack() as inside:
            made = await inside.enter_async_context(fresh_installation(replace(foundation, settings=settings)))
            async with transaction(made.wiring.engine) as conn:
                everyone = [await institutions.identity(conn, one.id) for one in await institutions.list_all(conn)]
            for identity in everyone:
                for chain in (first, second):
                    await asyncio.to_thread(chain.fund, identity.wallet.address)
            yield TwoChains(replace(made, chain=first), first, second, stop_first)


@asynccontextmanager
async def moved(there: TwoChains) -> AsyncIterator[TwoChains]:
    """The same installation with settings in which the second chain is the only one, as after a move."""
    settings = there.settings.model_copy(
        update={
            "chain": "besu",
            "chain_id": SECOND,
            "chain_rpc_url": there.second.rpc_url,
            "second_chain": None,
            "second_chain_id": None,
            "second_chain_rpc_urls": "",
        }
    )
    async with wired(settings) as wiring:
        after = replace(there.installation, settings=settings, wiring=wiring, chain=there.second)
        yield replace(there, installation=after)
