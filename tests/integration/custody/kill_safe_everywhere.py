"""Kill -9 a worker at every point of anchoring with a Safe, and see that nothing is doubled and no owner asked twice.

Runs as a program of its own, because it forks (see `kill_everywhere` of anchoring, whose events these are, with those
of the proposals on disk and of the node that they are held against). For n = 1, 2, 3 …: append a digest, walk and be
killed at the n-th event; walk again until the owners are awaited, who sign what is asked; walk and be killed at the
n-th event; walk on until it is final; audit. It ends when neither walk reaches its n-th event. Prints one JSON line.
"""

import importlib
import json
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from eth_account import Account
from eth_account.messages import encode_typed_data
from sqlalchemy import event, text

from app.adapters.custody.safe_files import Proposal
from app.adapters.custody.safe_proposals import Proposals
from app.adapters.keystore import FileKeystore
from app.adapters.local_chain import LocalChain
from app.anchoring import alarms, sending, service
from app.anchoring.audit import audit_log
from app.anchoring.model import CheckpointState
from app.anchoring.steps import Steps
from app.database import transaction
from app.settings import Settings
from app.standards.anchor_receipt import LeafKind
from app.wiring import Wiring, now
from tests.integration.anchoring.kill_everywhere import Deadline, in_child

NEEDED = 2


def main(data: dict[str, Any]) -> dict[str, Any]:
    settings = Settings(_env_file=None, **data["settings"])
    keystore = FileKeystore(settings.wallets_dir, settings.secret_passphrase)
    keystore.open(data["signing_key"], str(settings.safe_relayer))
    for module in ("app.adapters.evm", "app.adapters.custody.safe_wallet"):
        importlib.import_module(module)
    chain = LocalChain(str(settings.chain_rpc_url), 0)
    owner, safe = UUID(data["owner"]), str(data["safe"])
    asked = Path(data["asked"])
    killed: dict[str, int] = {"asking": 0, "sending": 0}
    faults: list[str] = []

    def doomed(wiring: Wiring, point: int) -> Steps:
        """As the worker's own, but killed at the n-th event."""
        deadline = Deadline(point)
        event.listen(wiring.engine.sync_engine, "commit", deadline.event)
        proposals = Proposals(deadline.around(wiring.nodes[0]), settings.proposals)  # type: ignore[arg-type]
        proposals.files = deadline.around(proposals.files)  # type: ignore[assignment]
        wiring.__dict__["proposals"] = proposals
        steps = wiring.steps
        return Steps(
            steps.engine,
            deadline.around(steps.chain),
            deadline.around(steps.wallet),
            steps.signer_of,
            steps.finality,
            steps.now,
        )

    async def log_id(wiring: Wiring) -> UUID:
        async with transaction(wiring.engine) as conn:
            return (await service.log_of(conn, owner)).id

    async def settle(wiring: Wiring, steps: Steps) -> None:
        for _ in range(10):
            if not await sending.advance(steps, await log_id(wiring)):
                return
            chain.finalize()
        raise RuntimeError("the log did not come to rest")

    def asking_until(point: int) -> Callable[[Wiring], Awaitable[None]]:
        async def walk(wiring: Wiring) -> None:
            async with transaction(wiring.engine) as conn:
                await service.append(conn, owner, [(LeafKind.CREDENTIAL, secrets.token_bytes(32))], now())
            await sending.advance(doomed(wiring, point), await log_id(wiring))

        return walk

    def sending_until(point: int) -> Callable[[Wiring], Awaitable[None]]:
        async def walk(wiring: Wiring) -> None:
            await settle(wiring, doomed(wiring, point))

        return walk

    async def sign(wiring: Wiring) -> None:
        """The worker, started again, comes to where it waits; then the owners sign each thing they are asked for."""
        await sending.advance(wiring.steps, await log_id(wiring))
        async with transaction(wiring.engine) as conn:
            found = await alarms.current(conn, await log_id(wiring))
        if [one.code for one in found] != ["owners_awaited"]:
            raise RuntimeError(f"the owners are not awaited: {found}")
        for one in waiting(wiring):
            if (await wiring.proposals.progress(one)).ready or (await wiring.proposals.progress(one)).stale:
                continue
            given = json.loads(wiring.proposals.files.file(one).read_text())["typedData"]
            for key in data["keys"][:NEEDED]:
                signature = Account.from_key(key).sign_message(encode_typed_data(full_message=given)).signature
                await wiring.proposals.add(one, bytes(signature))
            asked.write_text(f"{asked.read_text()}{one.tree_size} {one.root.hex()}\n")

    def waiting(wiring: Wiring) -> list[Proposal]:
        return [one for one in wiring.proposals.files.list_all(safe) if isinstance(one, Proposal)]

    async def check(wiring: Wiring) -> None:
        await settle(wiring, wiring.steps)
        async with transaction(wiring.engine) as conn:
            log = await service.log_of(conn, owner)
            waits, sealed, receipts = await service.progress(conn, owner)
            finals = await service.finalized_checkpoints(conn, owner)
            others = (
                await conn.execute(
                    text("SELECT count(*) FROM checkpoints WHERE log_id = :log AND state <> :final"),
                    {"log": log.id, "final": CheckpointState.FINALIZED},
                )
            ).scalar()
            open_alarms = await alarms.current(conn, log.id)
        found = await audit_log(wiring.engine, log, wiring.chain)
        if (waits, sealed - receipts, others) != (0, 0, 0):
            found.append(f"{waits} open, {sealed - receipts} without receipt, {others} checkpoints not final")
        if open_alarms:
            found.append(f"an alarm that is not over: {open_alarms}")
        # One transaction of the relayer's, and one of the Safe's, for each checkpoint.
        bought = await wiring.chain.next_nonce((await wiring.wallets.payer(log.wallet_keystore, safe)).address)
        sent = (await wiring.proposals.safe(safe)).nonce
        if not bought == sent == len(finals):
            found.append(f"{bought} bought, {sent} sent by the Safe, for {len(finals)} checkpoints")
        # Each checkpoint was put before the owners once, and they signed it once.
        put = sorted((one.tree_size, one.root.hex()) for one in waiting(wiring))
        signed = sorted((int(size), root) for size, root in map(str.split, asked.read_text().splitlines()))
        if not put == signed == sorted((one.tree_size, one.root.hex()) for one in finals):
            found.append(f"{len(put)} proposals, {len(signed)} signed, for {len(finals)} checkpoints")
        if found:
            raise RuntimeError("; ".join(found))

    def child(work: Callable[[Wiring], Awaitable[None]]) -> int:
        return in_child(settings, keystore, work)

    for point in range(1, 400):
        outcomes = {"asking": child(asking_until(point))}
        if child(sign):
            faults.append(f"point {point}: the owners could not sign after the restart")
            break
        outcomes["sending"] = child(sending_until(point))
        if child(check):
            faults.append(f"point {point}: not whole after the restart")
        for name, status in outcomes.items():
            killed[name] += status == signal.SIGKILL
            if status not in (0, signal.SIGKILL):
                faults.append(f"point {point}, {name}: the child ended with {status}")
        if not any(outcomes.values()):
            break
    return {"killed": killed, "faults": faults}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.load(sys.stdin))) + "\n")
