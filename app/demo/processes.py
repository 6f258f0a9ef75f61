"""The processes that the demo starts, and how others find them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

from app.adapters.local_chain import free_port, stop_with_parent
from app.demo.tale import StepFailed
from app.settings import Settings


@contextmanager
def announced(settings: Settings) -> Iterator[None]:
    """Leave the addresses of the running installation where other commands look for them."""
    file = settings.data_dir / "stackmark.env"
    values = {
        "DATABASE_URL": settings.secret_database_url(),
        "CHAIN_RPC_URL": settings.chain_rpc_url,
        "REGISTRY_ADDRESS": settings.registry_address,
        "PUBLIC_URL": settings.public_url,
        "PASSPHRASE_FILE": settings.passphrase_file,
        "PORT": settings.port,
    }
    file.touch(mode=0o600)
    file.write_text("".join(f"STACKMARK_{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def child(settings: Settings, command: str) -> Iterator[None]:
    """One of our own processes, with the installation's settings; asked to stop at the end, then made to."""
    environment = dict(os.environ) | {
        "STACKMARK_DATABASE_URL": settings.secret_database_url(),
        "STACKMARK_CHAIN_RPC_URL": str(settings.chain_rpc_url),
        "STACKMARK_REGISTRY_ADDRESS": str(settings.registry_address),
        "STACKMARK_PUBLIC_URL": settings.public_url,
        "STACKMARK_PASSPHRASE_FILE": str(settings.passphrase_file),
        "STACKMARK_PORT": str(settings.port),
        "STACKMARK_DATA_DIR": str(settings.data_dir),
        "STACKMARK_WALLETS_DIR": str(settings.wallets_dir),
        # The demo tells the story; its parts speak up when something is wrong.
        "STACKMARK_LOG_LEVEL": "warning",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", command],
        env=environment,
        start_new_session=True,
        preexec_fn=stop_with_parent,
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def choose_port(base: Settings) -> tuple[int, str]:
    """The port to serve on, and a sentence when it is not the one asked for."""
    if _is_free(base.port):
        return base.port, ""
    other = free_port()
    return other, f"Port {base.port} is taken by another program; serving on {other} instead."


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_until_served(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            if httpx.get(address, timeout=5, trust_env=False).status_code == httpx.codes.OK:
                return
        time.sleep(0.2)
    raise StepFailed(f"{address} did not answer within a minute")
