"""A college whose wallet is a Safe: two of three people sign each checkpoint, and a relayer brings what they signed."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from app.adapters.custody.safe import SafeTransaction
from app.adapters.custody.safe_files import Proposal, Statement
from app.anchoring import alarms, sending, service, store
from app.anchoring.model import Alarm, Log, SentTransaction
from app.anchoring.steps import Steps
from app.credentials import service as credentials
from app.credentials.signing import Issuer
from app.database import transaction
from app.institutions import service as institutions
from app.standards.anchor_receipt import LeafKind
from app.wiring import Wiring, now, wired
from tests.integration.anchoring.test_surroundings import checkpoints
from tests.integration.conftest import PUBLIC_URL, Installation
from tests.integration.custody.safe_contracts import deploy_safe, sent
from tests.integration.custody.test_contract import owner

UKPRNS = iter(range(10001000, 10009999))


@dataclass(frozen=True)
class Relayer:
    reference: str
    address: str


@dataclass(frozen=True)
class SafeCollege:
    """`installation` is the one whose settings name the relayer, with this college as its issuer."""

    installation: Installation
    safe: str
    owners: tuple[LocalAccount, ...]
    relayer: Relayer

    @property
    def wiring(self) -> Wiring:
        return self.installation.wiring

    @property
    def steps(self) -> Steps:
        return self.wiring.steps

    @property
    def issuer(self) -> Issuer:
        return self.installation.issuer

    async def log(self) -> Log:
        return await self.installation.log()

    async def append(self, number: int) -> None:
        async with transaction(self.wiring.engine) as conn:
            digests = [(LeafKind.CREDENTIAL, number.to_bytes(32))]
            await service.append(conn, self.issuer.institution.id, digests, now())

    async def walk(self, steps: Steps | None = None) -> float:
        return await sending.advance(steps or self.steps, (await self.log()).id)

    async def alarms(self) -> tuple[Alarm, ...]:
        async with transaction(self.wiring.engine) as conn:
            return await alarms.current(conn, (await self.log()).id)

    async def codes(self) -> list[str]:
        return [alarm.code for alarm in await self.alarms()]

    async def sent(self) -> list[SentTransaction]:
        """For every checkpoint, oldest first."""
        found: list[SentTransaction] = []
        for checkpoint in await checkpoints(self.installation, await self.log()):
            async with transaction(self.wiring.engine) as conn:
                found += await store.list_transactions(conn, checkpoint.id)
        return found

    async def waiting(self) -> Proposal:
        """The one proposal for the Safe's next transaction."""
        found = [one for one in self.wiring.proposals.files.list_all(self.safe) if isinstance(one, Proposal)]
        [current] = [one for one in found if not (await self.wiring.proposals.progress(one)).stale]
        return current

    def statement(self) -> Statement:
        [found] = [one for one in self.wiring.proposals.files.list_all(self.safe) if isinstance(one, Statement)]
        return found

    def signed(self, asked: Proposal | Statement, place: int) -> bytes:
        """By an owner's own wallet, which is given the file's typed data and nothing else."""
        given = json.loads(self.wiring.proposals.files.file(asked).read_text())["typedData"]
        return bytes(self.owners[place].sign_message(encode_typed_data(full_message=given)).signature)

    async def agree(self, *places: int) -> Proposal:
        """Have owners sign what waits."""
        proposal = await self.waiting()
        for place in places:
            await self.wiring.proposals.add(proposal, self.signed(proposal, place))
        return proposal

    async def settle(self, steps: Steps | None = None) -> None:
        for _ in range(8):
            if not await self.walk(steps):
                return
            self.installation.chain.finalize()
        raise AssertionError("the log did not come to rest")

    async def anchor(self) -> None:
        """Everything that is open, with the owners' agreement."""
        await self.walk()
        await self.agree(0, 1)
        await self.settle()

    async def send_as_owners(self, to: str, data: bytes = b"") -> Any:
        """Something else that two owners do with their Safe, without this service."""
        nonce = (await self.wiring.proposals.safe(self.safe)).nonce
        order = SafeTransaction(31337, self.safe, to_checksum_address(to), data, nonce)
        signatures = {one.address: bytes(one.unsafe_sign_hash(order.digest).signature) for one in self.owners[:2]}
        return sent(self.installation.chain, order.execution(signatures), self.safe)


@asynccontextmanager
async def safe_college(
    installation: Installation, folder: Path, *, relayer: Relayer | None = None, **given: Any
) -> AsyncIterator[SafeCollege]:
    """A new college of an installation, anchored by a new Safe (`given`: as `deploy_safe` has it)."""
    if relayer is None:
        relayer = Relayer(*installation.wiring.keystore.create_wallet(owner()))
        installation.chain.fund(relayer.address)
    owners = tuple(sorted((Account.create() for _ in range(3)), key=lambda one: int(one.address, 16)))
    safe = deploy_safe(installation.chain, [one.address for one in owners], 2, **given)
    settings = installation.settings.model_copy(
        update={"safe_relayer": relayer.reference, "proposals_dir": folder / "proposals"}
    )
    async with wired(settings) as wiring:
        async with transaction(wiring.engine) as conn:
            issuer = await credentials.become_issuer(
                conn,
                wiring.keystore,
                wiring.compiled,
                slug=owner(),
                name="A college with a Safe (test)",
                ukprn=str(next(UKPRNS)),
                public_url=PUBLIC_URL,
                chain_id=31337,
                contract=str(settings.registry_address),
                now=now(),
                wallet=(f"safe:{safe}", safe),
            )
            await institutions.accredit(conn, issuer.institution.id, ["hnc-computing"], date(2020, 9, 1))
        made = replace(installation, settings=settings, wiring=wiring, issuer=issuer)
        yield SafeCollege(made, safe, owners, relayer)
