"""Recomputing a log from its leaves: what must be true of it after any crash."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from app.anchoring import store, tiles
from app.anchoring.model import CheckpointState, Log
from app.anchoring.ports import Chain
from app.database import transaction
from app.standards import merkle
from app.standards.anchor_receipt import LeafKind, leaf_hash


async def audit_log(engine: AsyncEngine, log: Log, chain: Chain | None) -> list[str]:
    """Every fault found, as sentences; empty = the log is whole. `chain` None = the chain is not asked."""
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
        if (
            chain is not None
            and checkpoint.state is CheckpointState.FINALIZED
            and not await chain.anchored_at(log.contract, checkpoint.anchored_by, checkpoint.root)
        ):
            faults.append(f"checkpoint {checkpoint.id} is final here but the chain does not have it")
        previous = checkpoint
    return faults


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
