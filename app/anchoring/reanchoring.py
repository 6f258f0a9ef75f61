"""A log on a second chain: its newest final checkpoint recorded there too, and the move to that chain for good.

The same root and size, by the same wallet, in the same contract's code: whatever becomes of the first chain, the second
one shows that these leaves were there by the time of its own record. Nothing of this asks the first chain, so it can be
done after that one has died; only the earlier times of its records can then be shown to nobody any more.

A second record is sent as every record is (`sending`), and named in the receipts beside the first (`receipting`). After
a move the log goes on where it was: same leaves, same positions, next checkpoint on the other chain. What was on its
way on the chain that is left is given up, and the first checkpoint on the other one covers it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app import jobs
from app.anchoring import alarms, receipting, sending, service, store
from app.anchoring.model import IN_FLIGHT, Checkpoint, CheckpointState, Log
from app.anchoring.steps import Steps
from app.database import transaction
from app.errors import Conflict, OutsideFailed
from app.standards.vc import timestamp


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a log is recorded on a chain: leaves that are final there, since when, and leaves on their way."""

    chain_id: int
    is_own: bool
    final: int
    recorded_at: datetime | None
    on_its_way: int

    def as_json(self) -> dict[str, Any]:
        return {
            "chainId": self.chain_id,
            "isOwn": self.is_own,
            "entries": self.final,
            "recordedAt": timestamp(self.recorded_at) if self.recorded_at else None,
            "onItsWay": self.on_its_way,
        }


async def standings(conn: AsyncConnection, log: Log) -> tuple[Standing, ...]:
    """On the log's own chain, then on every other one that it has checkpoints on."""
    everything = await store.list_checkpoints(conn, log.id)
    others = sorted({one.chain_id for one in everything} - {log.chain_id})
    return tuple(
        _standing([one for one in everything if one.chain_id == chain_id], chain_id, chain_id == log.chain_id)
        for chain_id in (log.chain_id, *others)
    )


def _standing(there: Sequence[Checkpoint], chain_id: int, is_own: bool) -> Standing:
    newest = max(
        (one for one in there if one.state is CheckpointState.FINALIZED), key=lambda one: one.tree_size, default=None
    )
    on_its_way = max((one.tree_size for one in there if one.state in IN_FLIGHT), default=0)
    recorded_at = newest.block.time if newest and newest.block else None
    return Standing(chain_id, is_own, newest.tree_size if newest else 0, recorded_at, on_its_way)


async def request(conn: AsyncConnection, log: Log, now: datetime) -> Checkpoint | None:
    """Have the newest final checkpoint recorded on `log`'s chain, which is another than it is on (`Log.on`).

    Whatever is asked twice is done once: None where that chain has it, or where something is on its way there already.
    """
    current = await service.held_log(conn, log.owner)
    newest = await store.newest_finalized(conn, log.id)
    if newest is None or current.chain_id == log.chain_id:
        return None
    wanted = None
    if await store.checkpoint_in_flight(conn, log) is None and (await standing(conn, log)).final < newest.tree_size:
        await store.insert_checkpoint(conn, replace(log, size=newest.tree_size), newest.root, now)
        wanted = await store.checkpoint_in_flight(conn, log)
    await _request_advance(conn, log)
    return wanted


async def is_due(conn: AsyncConnection, log: Log, every: timedelta, now: datetime) -> bool:
    """Whether the newest final checkpoint is to be recorded on `log`'s chain too (`Log.on`), where that is done once
    in `every`: there is something new, nothing is on its way there, and the last one was asked for so long ago."""
    current = await service.held_log(conn, log.owner)
    wanted = await store.newest_finalized(conn, log.id)
    if wanted is None or current.chain_id == log.chain_id or current.pause is not None:
        return False
    there = [one for one in await store.list_checkpoints(conn, log.id) if one.chain_id == log.chain_id]
    stands = _standing(there, log.chain_id, False)
    if stands.on_its_way or stands.final >= wanted.tree_size:
        return False
    kept = [one.created_at for one in there if one.state is not CheckpointState.ORPHANED]
    return not kept or now - max(kept) >= every


async def newest(conn: AsyncConnection, log: Log) -> Checkpoint | None:
    """The largest final checkpoint on whichever chain: what a second record is made of."""
    return await store.newest_finalized(conn, log.id)


async def standing(conn: AsyncConnection, log: Log) -> Standing:
    """On `log`'s chain."""
    return (await standings(conn, log))[0]


async def advance(steps: Steps, log_id: UUID, chain_id: int) -> float:
    """Walk what a log has on a second chain as far as it will go; as `sending.advance`. Nothing is sealed here.

    Raises `OutsideFailed`.
    """
    log = await _log_on(steps, log_id, chain_id)
    if log is None:
        return 0
    try:
        await sending.forgotten(steps, log)
        again = await sending.follow(steps, log)
        if again is None:
            await receipting.issue_receipts(steps, log)
    except OutsideFailed as error:
        await alarms.opened(steps, log, error.code, error.message)
        raise
    await alarms.passed(steps, log)
    return again or 0


async def request_again(conn: AsyncConnection, log_id: UUID, chain_id: int, delay_seconds: float) -> None:
    log = await _find_on(conn, log_id, chain_id)
    if log is not None:
        await _request_advance(conn, log, delay_seconds)


async def request_all(conn: AsyncConnection, chain_id: int) -> None:
    """Walk every log that has something on this chain without being on it."""
    for log in await store.list_logs(conn):
        found = await _find_on(conn, log.id, chain_id)
        if found is not None:
            await _request_advance(conn, found)


async def move(conn: AsyncConnection, log: Log, now: datetime, *, is_gone: bool) -> None:
    """Record on `log`'s chain from now on (`Log.on`), which then has everything that is sealed.

    `is_gone`: the chain that is left does not answer, so that what was sent there is given up. Where it does answer,
    that is waited for. Raises `Conflict("checkpoint_in_flight")`.
    """
    current = await service.held_log(conn, log.owner)
    if current.chain_id == log.chain_id:
        return
    if await store.checkpoint_in_flight(conn, log) is not None:
        raise Conflict(
            "checkpoint_in_flight", f"A record is on its way on chain {log.chain_id}: wait until it is final there."
        )
    left = await store.checkpoint_in_flight(conn, current, lock=True)
    if left is not None:
        if not is_gone and await store.list_transactions(conn, left.id):
            raise Conflict(
                "checkpoint_in_flight",
                f"A record is on its way on chain {current.chain_id}, which answers: wait until it is final there.",
            )
        await store.set_state(conn, left.id, CheckpointState.ORPHANED)
    moved = current.on(log.chain_id, log.contract)
    await store.set_chain(conn, moved)
    # What stands in the way there is nobody's concern any more.
    await store.close_alarms(conn, log.id, None, current.chain_id)
    if (await standing(conn, moved)).final < moved.size:
        await service.seal_size(conn, moved, now)
    await service.request_advance(conn, moved)


async def _request_advance(conn: AsyncConnection, log: Log, delay_seconds: float = 0) -> None:
    await jobs.enqueue(
        conn,
        jobs.ADVANCE_ELSEWHERE,
        lock=f"wallet:{log.wallet_address}:{log.chain_id}",
        delay_seconds=delay_seconds,
        log_id=str(log.id),
        chain_id=log.chain_id,
    )


async def _log_on(steps: Steps, log_id: UUID, chain_id: int) -> Log | None:
    async with transaction(steps.engine) as conn:
        return await _find_on(conn, log_id, chain_id)


async def _find_on(conn: AsyncConnection, log_id: UUID, chain_id: int) -> Log | None:
    """The log on a chain on which it has checkpoints without being on it."""
    log = await store.find_log(conn, id=log_id)
    contract = await store.contract_on(conn, log_id, chain_id)
    return log.on(chain_id, contract) if log and contract and log.chain_id != chain_id else None
