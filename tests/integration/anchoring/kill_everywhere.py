"""Kill -9 the anchoring of a log at every point where it meets the outside, and see that nothing is lost or doubled.

Runs as a program of its own, because it forks; reads its settings as JSON on standard input. For n = 1, 2, 3 …: append
a digest, fork a child that walks the log and is killed at the n-th event, fork another that walks on, audit. Events
are: before each call of the chain or the wallet, after a broadcast, before each commit. (After a read, or after a
commit, nothing more happens before the next event, so that is the same moment.) It ends when a child comes through
without reaching its n-th event. Prints one JSON line.
"""

import asyncio
import importlib
import json
import os
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import event, text

from app.adapters.keystore import FileKeystore
from app.adapters.local_chain import LocalChain
from app.anchoring import sending, service
from app.anchoring.audit import audit_log
from app.anchoring.steps import Steps
from app.database import transaction
from app.settings import Settings
from app.standards.anchor_receipt import LeafKind
from app.wiring import Wiring, now, wired


class Deadline:
    """Counts events and kills this process at the given one, as the kernel's out-of-memory killer would."""

    def __init__(self, at: int) -> None:
        self.left = at

    def event(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, inner: Any) -> "Around":
        return Around(inner, self)


class Around:
    """The same object, with an event before each call, and after one that changes the world outside."""

    def __init__(self, inner: Any, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if asyncio.iscoroutinefunction(method):

            async def call(*args: Any, **kwargs: Any) -> Any:
                self._deadline.event()
                result = await method(*args, **kwargs)
                if name == "broadcast":
                    self._deadline.event()
                return result

        else:

            def call(*args: Any, **kwargs: Any) -> Any:
                self._deadline.event()
                return method(*args, **kwargs)

        return call


def in_child(settings: Settings, keystore: FileKeystore, work: Callable[[Wiring], Awaitable[None]]) -> int:
    """Run `work` in a forked process; its wait status (0 = came through, 9 = killed)."""
    pid = os.fork()
    if pid == 0:
        try:

            async def inside() -> None:
                async with wired(settings, pool_size=2) as wiring:
                    wiring.__dict__["keystore"] = keystore
                    await work(wiring)

            asyncio.run(inside())
            os._exit(0)
        except BaseException as error:
            sys.stderr.write(f"{error!r}\n")
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    return status


def main(data: dict[str, Any]) -> dict[str, Any]:
    settings = Settings(_env_file=None, **data["settings"])
    # Loaded and opened before the forks, so that each child costs a fraction of a second.
    keystore = FileKeystore(settings.wallets_dir, settings.secret_passphrase)
    keystore.open(data["signing_key"], data["wallet"])
    importlib.import_module("app.adapters.evm")
    chain = LocalChain(str(settings.chain_rpc_url), 0)
    owner = UUID(data["owner"])
    killed, faults = 0, []

    async def append(wiring: Wiring) -> None:
        async with transaction(wiring.engine) as conn:
            await service.append(conn, owner, [(LeafKind.CREDENTIAL, secrets.token_bytes(32))], now())

    def walk_until(point: int) -> Callable[[Wiring], Awaitable[None]]:
        async def walk(wiring: Wiring) -> None:
            deadline = Deadline(point)
            event.listen(wiring.engine.sync_engine, "commit", deadline.event)
            steps = wiring.steps
            await settle(
                wiring,
                Steps(
                    steps.engine,
                    deadline.around(steps.chain),
                    deadline.around(steps.wallet),
                    steps.signer_of,
                    steps.finality,
                    steps.now,
                ),
            )

        return walk

    async def settle(wiring: Wiring, steps: Steps) -> None:
        async with transaction(wiring.engine) as conn:
            log = await service.log_of(conn, owner)
        for _ in range(10):
            if not await sending.advance(steps, log.id):
                return
            chain.finalize()
        raise RuntimeError("the log did not come to rest")

    async def check(wiring: Wiring) -> None:
        await settle(wiring, wiring.steps)
        async with transaction(wiring.engine) as conn:
            log = await service.log_of(conn, owner)
            waiting, sealed, receipts = await service.progress(conn, owner)
            finals = await service.finalized_checkpoints(conn, owner)
            others = (await conn.execute(text("SELECT count(*) FROM checkpoints WHERE state <> 'finalized'"))).scalar()
        found = await audit_log(wiring.engine, log, wiring.chain)
        sent = await wiring.chain.next_nonce(log.wallet_address)
        if (waiting, sealed - receipts, others) != (0, 0, 0):
            found.append(f"{waiting} open, {sealed - receipts} without receipt, {others} checkpoints not final")
        if sent != len(finals):
            found.append(f"{sent} transactions for {len(finals)} checkpoints")
        if found:
            raise RuntimeError("; ".join(found))

    def child(work: Callable[[Wiring], Awaitable[None]]) -> int:
        return in_child(settings, keystore, work)

    child(append)
    faults += ["before any kill"] if child(check) else []
    for point in range(1, 400):
        child(append)
        status = child(walk_until(point))
        if status == 0:
            break
        if status != signal.SIGKILL:
            faults.append(f"point {point}: the child ended with {status}")
        killed += 1
        if child(check):
            faults.append(f"point {point}: not whole after the restart")
    return {"killed": killed, "faults": faults}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.load(sys.stdin))) + "\n")
