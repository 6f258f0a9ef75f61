"""An installation on this machine alone: embedded PostgreSQL, local chain, deployed registry, passphrase.

What `stackmark demo` and the tests stand on. A real installation brings its own database and chain and never comes
here.
"""

import asyncio
import secrets
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import SecretStr

from app.adapters.local_chain import LocalChain, local_chain
from app.adapters.local_postgres import local_postgres
from app.errors import AppError
from app.migrating import migrate
from app.settings import Settings
from app.wiring import chain_rules

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LocalInstallation:
    """Running parts, and the settings that lead to them."""

    settings: Settings
    chain: LocalChain


@contextmanager
def local_installation(base: Settings, public_url: str) -> Iterator[LocalInstallation]:
    """Start what `base` leaves to us, bring the schema up to date, deploy the registry; stop all of it at the end."""
    folder = base.data_dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if base.database_url is not None:
            database_url = base.secret_database_url()
        else:
            database_url = stack.enter_context(local_postgres(_folder(folder / "postgres")))
        migrate(database_url)
        chain = stack.enter_context(local_chain(base.contracts_dir, folder / "chain" / "state.json"))
        settings = base.model_copy(
            update={
                "database_url": SecretStr(database_url),
                "chain_rpc_url": chain.rpc_url,
                "public_url": public_url,
                "passphrase_file": base.passphrase_file or _passphrase_file(folder),
            }
        )
        settings = settings.model_copy(update={"registry_address": asyncio.run(deploy(settings, chain))})
        stack.enter_context(_finality(chain))
        yield LocalInstallation(settings, chain)


async def deploy(settings: Settings, chain: LocalChain) -> str:
    """The registry's address on the local chain, deployed when it is not there. It is the same on every chain."""
    from app.adapters import deploying
    from app.adapters.evm import EvmChain

    evm = EvmChain(str(settings.chain_rpc_url), chain_rules(settings).finality, settings.contracts_dir)
    account = chain.faucet()
    registry = deploying.anchor_registry(settings.contracts_dir)
    try:
        planned = await deploying.plan(evm, registry, account.address)
        if planned.is_there:
            return registry.address
        deployed = await deploying.deploy(evm, planned, account)
        logger.info("registry_deployed", contract=deployed.address)
        return deployed.address
    finally:
        await evm.close()


@contextmanager
def _finality(chain: LocalChain) -> Iterator[None]:
    """Mine, once a second, the empty blocks that a public chain would add by itself."""
    stop = threading.Event()

    def mine() -> None:
        while not stop.wait(1):
            with suppress(AppError):
                chain.finalize()

    thread = threading.Thread(target=mine, name="finality", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)


def _passphrase_file(folder: Path) -> Path:
    file = folder / "passphrase"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32) + "\n", encoding="utf-8")
    return file


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
