"""Use cases of a log: open it, append to it, seal it, and read from it. Sending checkpoints is `sending`."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app import jobs
from app.anchoring import store, tiles
from app.anchoring.fees import SendingPolicy
from app.anchoring.model import IN_FLIGHT, Checkpoint, CheckpointState, Log, Pause
from app.anchoring.store import receipt_of as receipt_of
from app.anchoring.tiles import MissingTile, TileSet
from app.errors import Conflict, NotFound
from app.standards import merkle
from app.standards.anchor_receipt import LeafKind, leaf_hash

SEAL_AT_MOST = 100_000

Result = TypeVar("Result")


async def open_log(
    conn: AsyncConnection, *, owner: UUID, owner_did: str, address: str, keystore: str, chain_id: int, contract: str
) -> Log:
    """The one log of a new owner."""
    log = Log(uuid4(), owner, owner_did, address, keystore, chain_id, contract, 0)
    await store.insert_log(conn, log)
    return log


async def append(conn: AsyncConnection, owner: UUID, digests: Iterable[tuple[LeafKind, bytes]], now: datetime) -> None:
    """Queue digests (32 bytes each) for the owner's log and enqueue its sealing, in the caller's transaction."""
    log = await log_of(conn, owner)
    rows = []
    for kind, digest in digests:
        salt = secrets.token_bytes(32)
        rows.append(
            {
                "log_id": log.id,
                "kind": int(kind),
                "digest": digest,
                "salt": salt,
                "leaf_hash": leaf_hash(kind, salt, digest),
                "appended_at": now,
            }
        )
    if rows:
        await store.insert_entries(conn, rows)
        await request_advance(conn, log)


async def request_advance(conn: AsyncConnection, log: Log, delay_seconds: float = 0) -> None:
    """Enqueue one walk of the log through its states; walks of one wallet on one chain run one after the other."""
    await jobs.enqueue(
        conn,
        jobs.ADVANCE_LOG,
        # On each chain a wallet counts its transactions anew.
        lock=f"wallet:{log.wallet_address}:{log.chain_id}",
        delay_seconds=delay_seconds,
        log_id=str(log.id),
    )


async def request_again(conn: AsyncConnection, log_id: UUID, delay_seconds: float) -> None:
    log = await store.find_log(conn, id=log_id)
    if log is not None:
        await request_advance(conn, log, delay_seconds)


async def request_for(conn: AsyncConnection, wallet_address: str) -> Log | None:
    """Walk the log that a wallet anchors, if there is one: those who hold the wallet have agreed to something."""
    log = await store.find_log(conn, wallet_address=wallet_address)
    if log is not None:
        await request_advance(conn, log)
    return log


async def request_all(conn: AsyncConnection) -> None:
    """Walk every log that has something to do; the net under every other request."""
    for log in await store.list_logs(conn):
        await request_advance(conn, log)


async def window(conn: AsyncConnection, log: Log, now: datetime, policy: SendingPolicy) -> float | None:
    """Seconds until what is OPEN is to be sealed: 0 = now; None = nothing is, or the owner has stopped it."""
    count, oldest = await store.oldest_open(conn, log.id)
    if oldest is None or log.pause is not None:
        return None
    if count >= policy.batch_size:
        return 0
    return max(0.0, (oldest + policy.batch_age - now).total_seconds())


async def pause(conn: AsyncConnection, owner: UUID, reason: str, now: datetime) -> None:
    """Stop the owner's wallet: from the next step on nothing is sealed, signed or broadcast. Issuing goes on."""
    log = await log_of(conn, owner)
    await store.set_pause(conn, log.id, Pause(now, reason))


async def resume(conn: AsyncConnection, owner: UUID) -> None:
    """End a pause, and go on at once."""
    log = await log_of(conn, owner)
    await store.set_pause(conn, log.id, None)
    await request_advance(conn, log)


async def hand_over(
    conn: AsyncConnection, owner: UUID, address: str, keystore: str, *, disowned_from: datetime | None, now: datetime
) -> int:
    """Let another wallet record the owner's checkpoints from now on; how many are to be recorded again.

    `disowned_from`: what the wallet before it recorded then or later is not to be believed; the new one records the log
    again, and receipts are made anew. What it has sent and is not final is given up then, on whichever chain: whether
    it comes in or not, it counts for nothing. Else raises `Conflict("checkpoint_in_flight")`: wait until it is final.
    """
    log = await store.find_log(conn, lock=True, owner=owner)
    if log is None:
        raise NotFound("log_unknown", "This institution has no log.")
    # On whichever chain: what this wallet has sent, no other can offer more for. What is only sealed here goes along.
    waiting = [one for one in await store.list_checkpoints(conn, log.id) if one.state in IN_FLIGHT]
    given_up = []
    for one in waiting:
        is_sealed = one.chain_id == log.chain_id and one.state is CheckpointState.SEALED
        if is_sealed and not await store.list_transactions(conn, one.id):
            await store.set_anchored_by(conn, one.id, address)
        elif disowned_from is not None:
            await store.set_state(conn, one.id, CheckpointState.ORPHANED)
            given_up.append(one)
        else:
            raise Conflict(
                "checkpoint_in_flight", "A checkpoint of this wallet is still on its way; wait until it is final."
            )
    await store.set_wallet(conn, log.id, address, keystore)
    finals = await store.list_checkpoints(conn, log.id, CheckpointState.FINALIZED)
    doubted = [
        final.id
        for final in finals
        if disowned_from is not None
        and final.anchored_by == log.wallet_address
        and (final.block is None or final.block.time >= disowned_from)
    ]
    for checkpoint_id in doubted:
        await store.set_state(conn, checkpoint_id, CheckpointState.ORPHANED)
    if doubted:
        await store.delete_receipts(conn, doubted)
    new = replace(log, wallet_address=address)
    if (doubted or any(one.chain_id == log.chain_id for one in given_up)) and not await store.checkpoint_in_flight(
        conn, log
    ):
        await seal_size(conn, new, now)
    await request_advance(conn, new)
    return len(doubted) + len(given_up)


async def seal(conn: AsyncConnection, log_id: UUID, now: datetime) -> Checkpoint | None:
    """Append what is OPEN and make a checkpoint of it; None when nothing is, one is in flight, or all is stopped."""
    log = await store.find_log(conn, lock=True, id=log_id)
    if log is None or log.pause is not None or await store.checkpoint_in_flight(conn, log):
        return None
    hashes = await store.number_open_entries(conn, log, SEAL_AT_MOST)
    if not hashes:
        return None
    edges = await store.read_tiles(conn, log_id, tiles.edge_tiles(log.size))
    await store.write_tiles(conn, log_id, tiles.append(log.size, edges, hashes))
    grown = replace(log, size=log.size + len(hashes))
    await store.set_size(conn, log_id, grown.size)
    await seal_size(conn, grown, now)
    return await store.checkpoint_in_flight(conn, grown)


async def seal_size(conn: AsyncConnection, log: Log, now: datetime) -> None:
    """A new checkpoint of the log as it stands."""
    root = await prove(conn, log.id, lambda tree: merkle.root(log.size, tree.node))
    await store.insert_checkpoint(conn, log, root, now)


async def prove(conn: AsyncConnection, log_id: UUID, maths: Callable[[TileSet], Result]) -> Result:
    """Run tree maths over stored tiles, fetching those they ask for.

    Raises `LookupError` when a tile is missing from storage: the log is damaged, and the audit says where.
    """
    tile_set = TileSet()
    while True:
        try:
            return maths(tile_set)
        except MissingTile as missing:
            found = await store.read_tiles(conn, log_id, [missing.key])
            if not found:
                raise LookupError(f"log {log_id} lacks tile {missing.key}") from None
            for key, hashes in found.items():
                tile_set.put(key, hashes)


async def chain_of(conn: AsyncConnection, log_id: UUID) -> int | None:
    """The number of the chain that a log is on; None for no log."""
    log = await store.find_log(conn, id=log_id)
    return log.chain_id if log else None


async def log_of(conn: AsyncConnection, owner: UUID) -> Log:
    """Raises `NotFound("log_unknown")`."""
    log = await store.find_log(conn, owner=owner)
    if log is None:
        raise NotFound("log_unknown", "This institution has no log.")
    return log


async def held_log(conn: AsyncConnection, owner: UUID) -> Log:
    """As `log_of`, and nothing is sealed until the caller's transaction ends."""
    log = await store.find_log(conn, lock=True, owner=owner)
    if log is None:
        raise NotFound("log_unknown", "This institution has no log.")
    return log


async def find_receipt(conn: AsyncConnection, owner: UUID, digest: bytes) -> bytes | None:
    """The signed receipt for `digest` (32 bytes) as bytes; None while its checkpoint is not final."""
    return await store.find_receipt(conn, owner, digest)


async def anchored(
    conn: AsyncConnection, owner: UUID, digests: Iterable[bytes], *, before: datetime | None = None
) -> set[bytes]:
    """Those of `digests` (32 bytes each) that have a receipt; with `before`, of a block made before that moment."""
    return await store.digests_with_receipt(conn, owner, list(digests), before)


async def finalized_checkpoints(conn: AsyncConnection, owner: UUID) -> tuple[Checkpoint, ...]:
    """Those on every chain, oldest first."""
    log = await log_of(conn, owner)
    return await store.list_checkpoints(conn, log.id, CheckpointState.FINALIZED)


async def in_flight(conn: AsyncConnection, owner: UUID) -> Checkpoint | None:
    """The checkpoint that is on its way to being final on the log's chain."""
    return await store.checkpoint_in_flight(conn, await log_of(conn, owner))


async def consistency(conn: AsyncConnection, owner: UUID, first: int, second: int) -> list[bytes]:
    """RFC 9162 proof that the log of `second` leaves extends that of `first`. Raises `NotFound`."""
    log = await log_of(conn, owner)
    if not 0 < first <= second <= log.size:
        raise NotFound("checkpoint_unknown", f"The sizes must rise and be at most {log.size}.")
    return await prove(conn, log.id, lambda tree: merkle.consistency_path(first, second, tree.node))


async def progress(conn: AsyncConnection, owner: UUID) -> tuple[int, int, int]:
    """Numbers of entries (waiting, sealed, with a receipt)."""
    log = await log_of(conn, owner)
    return await store.count_entries(conn, log.id)
