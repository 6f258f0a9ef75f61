"""A local EVM node (anvil) for the demo, development and tests.

anvil's state dump is not atomic: killed while it writes, it leaves a file that the next start refuses. So every
start copies the last good file aside, and a file that cannot be read is replaced by the newest good copy. What a
copy lacks is noticed later as a chain that forgot checkpoints, and anchored again.
"""

import ctypes
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from app.errors import OutsideFailed, Refused

CHAIN_ID = 31337
# Published with anvil itself, worth nothing anywhere: the local chain's own funded account.
_FAUCET_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
_COPIES = 3
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class LocalChain:
    """A running node. `finalize` mines the empty blocks that make what is in it final."""

    rpc_url: str
    process_id: int

    def rpc(self, method: str, *params: Any) -> Any:
        """One JSON-RPC call. Raises `OutsideFailed`."""
        try:
            response = httpx.post(
                self.rpc_url,
                json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
                timeout=10,
                trust_env=False,
                verify=_tls(),
            )
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise OutsideFailed("chain_unreachable", "The local chain does not answer.") from error
        if "error" in answer:
            raise OutsideFailed("chain_error", f"The local chain says: {answer['error'].get('message')}")
        return answer["result"]

    def fund(self, address: str, ether: int = 10) -> None:
        """Give a wallet play money: on this chain it costs nothing."""
        self.rpc("anvil_setBalance", address, hex(ether * 10**18))

    def faucet(self) -> Any:
        """The account that deploys the registry here."""
        from eth_account import Account

        return Account.from_key(_FAUCET_KEY)

    def finalize(self) -> bool:
        """Mine until the newest block with a transaction is final. True when there was something to do."""
        latest = self.rpc("eth_getBlockByNumber", "latest", False)
        number = int(latest["number"], 16)
        final = int(self.rpc("eth_getBlockByNumber", "finalized", False)["number"], 16)
        for height in range(number, final, -1):
            block = latest if height == number else self.rpc("eth_getBlockByNumber", hex(height), False)
            if block["transactions"]:
                self.rpc("anvil_mine", hex(height - final))
                return True
        return False


def practice_chain(rpc_url: str | None) -> LocalChain:
    """A running local chain, wherever it was started. Raises `Refused("chain_not_practice")` for any other."""
    if rpc_url is None:
        raise Refused("chain_not_practice", "No chain is configured: set STACKMARK_CHAIN_RPC_URL.")
    chain = LocalChain(rpc_url, 0)
    if int(chain.rpc("eth_chainId"), 16) != CHAIN_ID:
        raise Refused("chain_not_practice", "This is a real chain; play money and practice contracts are not for it.")
    return chain


def anvil_program(contracts_dir: Path) -> Path:
    """The native program inside the npm package, so that signals reach it. Raises `OutsideFailed`."""
    found = sorted((contracts_dir / "node_modules" / "@foundry-rs").glob("anvil-*/bin/anvil"))
    if not found:
        raise OutsideFailed("anvil_missing", "The local chain is not installed: run make install.")
    return found[0].resolve()


@contextmanager
def local_chain(
    contracts_dir: Path, state_file: Path | None = None, port: int | None = None, chain_id: int = CHAIN_ID
) -> Iterator[LocalChain]:
    """Run a node, with `state_file` as its memory if given; stops it at the end."""
    port = port or free_port()
    command = [
        str(anvil_program(contracts_dir)),
        *("--host", "127.0.0.1", "--port", str(port), "--chain-id", str(chain_id)),
        *("--slots-in-an-epoch", "1", "--accounts", "1", "--quiet", "--no-cors"),
        # Without it a restarted node cannot answer for its final block until two new ones are mined.
        "--preserve-historical-states",
    ]
    if state_file is not None:
        state_file.parent.mkdir(parents=True, exist_ok=True)
        restore_state(state_file)
        command += ["--state", str(state_file), "--state-interval", "1"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=stop_with_parent,
    )
    try:
        chain = LocalChain(f"http://127.0.0.1:{port}", process.pid)
        _wait_until_ready(chain, process)
        yield chain
    finally:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def restore_state(state_file: Path) -> None:
    """Keep a copy of a good state file, or put the newest good copy in place of a torn one."""
    copies = [state_file.with_suffix(f".copy{number}") for number in range(_COPIES)]
    if _is_whole(state_file):
        for older, newer in zip(reversed(copies), reversed(copies[:-1]), strict=False):
            if newer.exists():
                newer.replace(older)
        shutil.copyfile(state_file, copies[0])
        return
    state_file.unlink(missing_ok=True)
    for copy in copies:
        if _is_whole(copy):
            shutil.copyfile(copy, state_file)
            return


def stop_with_parent() -> None:
    """Run in a new child: Linux asks it to stop when its parent is gone, even killed with -9.

    Two nodes left writing one state file would tear it.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@cache
def _tls() -> ssl.SSLContext:
    """Made once: to read the certificates of all authorities takes longer than the call, mostly to plain http."""
    return httpx.create_ssl_context(trust_env=False)


def _is_whole(file: Path) -> bool:
    try:
        return isinstance(json.loads(file.read_bytes()), dict)
    except (OSError, ValueError):
        return False


def _wait_until_ready(chain: LocalChain, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise OutsideFailed("chain_unreachable", f"The local chain stopped at once (exit {process.returncode}).")
        with suppress(OutsideFailed):
            chain.rpc("eth_chainId")
            return
        time.sleep(0.05)
    raise OutsideFailed("chain_unreachable", "The local chain did not start within 30 seconds.")
