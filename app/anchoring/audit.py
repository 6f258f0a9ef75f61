"""Recomputing a log from its leaves: what must be true of it after any crash."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from app.anchoring import store, tiles
from app.anchoring.model import Checkpoint, CheckpointState, Log
from app.anchoring.ports import Chain
from app.database import transaction
from app.errors import OutsideFailed
from app.standards import merkle
from app.standards.anchor_receipt import LeafKind, leaf_hash


async def audit_log(engine: AsyncEngine, log: Log, chain: Chain | None) -> list[str]:
    """Every fault found, as sentences; empty = the log is whole.

    `chain`: the one the log is on, to be asked for what it has of it; None = not asked. Of all chains: `audit_records`.
    """
    faults: list[str] = []
    async with transaction(engine) as conn:
        rows = await store.sealed_entries(conn, log.id)
        checkpoints = await store.list_checkpoints(conn, log.id)
        stored = await store.read_tiles(conn, log.id, _all_tiles(log.size))
    if [row.leaf_index for row in rows] != list(range(log.size)):
        faults.append(f"the positions in the log are not 0 to {log.size - 1} without a gap")
    hashes = []
    for row in rows:
        # Of an erased entry the leaf alone is kept: the tiles and roots below show that it is the one that was logged.
        if row.salt is not None and leaf_hash(LeafKind(row.kind), row.salt, row.digest) != row.leaf_hash:
            faults.append(f"entry {row.leaf_index} does not hash to its leaf")
        hashes.append(row.leaf_hash)
    tree = merkle.Tree(hashes)
    if tiles.append(0, {}, hashes) != stored:
        faults.append("the stored tiles are not those of the log's leaves")
    previous = None
    for checkpoint in checkpoints:
        if checkpoint.tree_size > tree.size:
            faults.append(f"checkpoint {checkpoint.id} covers more than the log holds")
            continue
        if tree.root(checkpoint.tree_size) != checkpoint.root:
            faults.append(f"checkpoint {checkpoint.id} is not the root of the first {checkpoint.tree_size} leaves")
        if previous is not None and previous.tree_size < checkpoint.tree_size:
            path = tree.consistency_path(previous.tree_size, checkpoint.tree_size)
            if not merkle.verify_consistency(
                previous.tree_size, checkpoint.tree_size, previous.root, checkpoint.root, path
            ):
                faults.append(f"checkpoint {checkpoint.id} does not extend checkpoint {previous.id}")
        previous = checkpoint
    if chain is not None:
        here = [one for one in checkpoints if one.chain_id == log.chain_id and one.state is CheckpointState.FINALIZED]
        faults += await _missing(here, chain)
    return faults


@dataclass(frozen=True, slots=True)
class Records:
    """What chains say of a log's final checkpoints, as sentences. A notice is worth knowing and no fault."""

    faults: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


async def audit_records(engine: AsyncEngine, log: Log, chain_on: Callable[[int], Chain]) -> Records:
    """Whether each chain that a log is recorded on has its final checkpoints there.

    A chain that does not answer is told of, as long as others have all that is recorded on it: whatever is below a
    record is covered by it. Where they do not, nobody can tell. Raises `OutsideFailed`.
    """
    async with transaction(engine) as conn:
        finals = await store.list_checkpoints(conn, log.id, CheckpointState.FINALIZED)
    by_chain: dict[int, list[Checkpoint]] = {}
    for final in finals:
        by_chain.setdefault(final.chain_id, []).append(final)
    faults: list[str] = []
    silent: dict[int, OutsideFailed] = {}
    covered = 0
    for chain_id, recorded in by_chain.items():
        try:
            chain = chain_on(chain_id)
            if await chain.chain_id() != chain_id:
                raise OutsideFailed("chain_wrong", f"Chain {chain_id} is not set up here, so it cannot be asked.")
            missing = await _missing(recorded, chain)
        except OutsideFailed as error:
            silent[chain_id] = error
            continue
        faults += missing
        covered = max(covered, 0 if missing else max(one.tree_size for one in recorded))
    notices = []
    for chain_id, failure in silent.items():
        reaches = max(one.tree_size for one in by_chain[chain_id])
        if reaches > covered:
            raise failure
        notices.append(
            f"chain {chain_id} could not be asked; its {len(by_chain[chain_id])} records, of up to {reaches} entries, "
            f"are covered by a record of {covered} on another chain"
        )
    return Records(tuple(faults), tuple(notices))


async def _missing(recorded: Iterable[Checkpoint], chain: Chain) -> list[str]:
    return [
        f"checkpoint {one.id} is final here but the chain does not have it"
        for one in recorded
        if not await chain.anchored_at(one.contract, one.anchored_by, one.root)
    ]


async def erased_positions(engine: AsyncEngine, log: Log) -> list[int]:
    """Where entries stand that lost salt and digest; each must be in an erasure receipt."""
    async with transaction(engine) as conn:
        return await store.erased_positions(conn, log.id)


async def recorded_times(engine: AsyncEngine, log: Log) -> dict[bytes, datetime]:
    """When each digest of the log was first recorded on the chain, of those that are."""
    async with transaction(engine) as conn:
        return await store.recorded_times(conn, log.owner)


async def places_of(engine: AsyncEngine, log: Log, kind: LeafKind) -> dict[bytes, int]:
    """How often each digest of a kind stands in the log, OPEN entries included."""
    async with transaction(engine) as conn:
        return await store.digest_counts(conn, log.id, kind)


async def times_of(engine: AsyncEngine, log: Log, kind: LeafKind) -> dict[bytes, datetime]:
    """When each digest of a kind came into the log, OPEN entries included."""
    async with transaction(engine) as conn:
        return await store.digest_times(conn, log.id, kind)


def _all_tiles(size: int) -> Iterable[tiles.TileKey]:
    level, count = 0, size
    while count:
        for number in range((count + tiles.WIDTH - 1) // tiles.WIDTH):
            yield level, number
        level, count = level + 1, count // tiles.WIDTH
