"""A whole installation for measurements, as `stackmark demo` starts it, in a folder that is thrown away.

Embedded PostgreSQL through the migrations, a local chain with the registry, the catalogue, one college with a funded
wallet, accredited by a scheme operator. No worker runs: measurements take its steps themselves.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from app.adapters.local_chain import CHAIN_ID, LocalChain
from app.anchoring import sending
from app.anchoring import service as anchoring
from app.catalogue import service as catalogue
from app.catalogue.seed import load_seed
from app.credentials import accrediting
from app.credentials import service as credentials
from app.credentials.scheme import make_scheme_operator
from app.database import transaction
from app.local import local_installation
from app.settings import Settings
from app.wiring import Wiring, now, wired

SLUG = "northgate"
PUBLIC_URL = "https://credentials.example"
"""As in production: identifiers carry no port. Its documents are read from its own tables, never fetched."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Running parts; `college` is the institution that issues."""

    settings: Settings
    chain: LocalChain
    college: UUID

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Wiring]:
        """The adapters, for use in one event loop."""
        async with wired(self.settings) as wiring:
            yield wiring


@contextmanager
def installed(folder: Path, contracts_dir: Path, port: int) -> Iterator[Installation]:
    """An installation that names itself `PUBLIC_URL` and will be served on `port`; stopped at the end."""
    # The embedded server may run as a user of its own and must reach its folder.
    folder.chmod(0o755)
    base = Settings(
        _env_file=None,  # type: ignore[call-arg]
        data_dir=folder / "data",
        wallets_dir=folder / "wallets",
        contracts_dir=contracts_dir,
        port=port,
    )
    with local_installation(base, PUBLIC_URL) as local:
        college = asyncio.run(_furnish(local.settings, local.chain))
        yield Installation(local.settings, local.chain, college)


async def anchor_all(wiring: Wiring, chain: LocalChain, college: UUID) -> None:
    """Walk the college's log until everything in it has a receipt."""
    async with transaction(wiring.engine) as conn:
        log = await anchoring.log_of(conn, college)
    while await sending.advance(wiring.steps, log.id):
        chain.finalize()


async def _furnish(settings: Settings, chain: LocalChain) -> UUID:
    async with wired(settings) as wiring, transaction(wiring.engine) as conn:
        await catalogue.load_catalogue(conn, load_seed())
        issuer = await credentials.become_issuer(
            conn,
            wiring.keystore,
            wiring.compiled,
            slug=SLUG,
            name="Northgate College (sample)",
            ukprn="10000001",
            public_url=settings.public_url,
            chain_id=CHAIN_ID,
            contract=str(settings.registry_address),
            now=now(),
        )
        chain.fund(issuer.identity.wallet.address)
        # As everywhere: a scheme operator stands behind the college, and every check looks at it.
        operator = await make_scheme_operator(
            conn,
            wiring.keystore,
            wiring.compiled,
            name="Scheme operator (sample)",
            public_url=settings.public_url,
            chain_id=CHAIN_ID,
            contract=str(settings.registry_address),
            now=now(),
        )
        await accrediting.accredit(
            conn, operator, issuer.institution, ["hnc-computing"], valid_from=date(2020, 9, 1), now=now()
        )
        return issuer.institution.id
