"""The log in public: the owner's signed list of its final checkpoints, the newest as a signed note, and their feed.

All three are made anew with each final checkpoint and each day, and served as the bytes that were made. Only what is
final is shown: a checkpoint on its way to the register may still be overtaken and replaced, and whoever had seen it
signed would hold what looks like proof of a rewritten log.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import store
from app.anchoring.model import Checkpoint, CheckpointState
from app.anchoring.ports import ReceiptSigner
from app.anchoring.steps import Steps
from app.database import transaction
from app.standards import checkpoint_feed, checkpoint_list, data_integrity, signed_note, tlog_checkpoint
from app.standards.checkpoint_feed import FeedEntry
from app.standards.tlog_checkpoint import LogCheckpoint
from app.standards.tlog_tiles import HASH, Tile
from app.standards.vc import timestamp

RENEWED_AFTER = timedelta(days=1)
IN_FULL = 100
"""So many of the newest checkpoints are listed with their places on chains; what is older, by size and root, which is
what is checked. A list of decades so stays small enough for whoever reads it whole. All places are at `anchors`."""


async def publish_checkpoints(steps: Steps, log_id: UUID) -> bool:
    """Sign the list again if it lacks the newest final checkpoint or is a day old. True when it was."""
    async with transaction(steps.engine) as conn:
        log = await store.find_log(conn, lock=True, id=log_id)
        if log is None:
            return False
        finals = await store.list_checkpoints(conn, log.id, CheckpointState.FINALIZED)
        if not finals:
            return False
        known = await store.find_checkpoint_list(conn, log.owner)
        now = steps.now()
        signer = await steps.signer_of(conn, log.owner)
        # A list signed with a key that was lost counts for nothing, so a new key signs it again at once.
        fed = await store.find_feed(conn, log.owner) is not None
        if (
            known is not None
            and fed
            and now - known[1] < RENEWED_AFTER
            and _is_current(known[0], finals, signer.key_id)
        ):
            return False
        unsigned = checkpoint_list.unsigned_list(log.owner_did, listed_json(finals), now)
        signed = data_integrity.sign_jcs(unsigned, signer.key_id, now, signer.sign)
        document = json.dumps(signed, separators=(",", ":"), ensure_ascii=False).encode()
        await store.set_checkpoint_list(conn, log.id, document, now)
        await _publish_notes(conn, log.id, finals, signer, now)
    return True


async def published(conn: AsyncConnection, owner: UUID) -> bytes | None:
    """The signed list as bytes; None before the first final checkpoint."""
    found = await store.find_checkpoint_list(conn, owner)
    return found[0] if found else None


async def signed_checkpoint(conn: AsyncConnection, owner: UUID) -> bytes | None:
    """The newest final checkpoint as a signed note (C2SP tlog-checkpoint); None before the first."""
    return await store.newest_note(conn, owner)


async def feed(conn: AsyncConnection, owner: UUID) -> bytes | None:
    """The feed of final checkpoints (Atom); None before the first."""
    return await store.find_feed(conn, owner)


async def tile(conn: AsyncConnection, owner: UUID, wanted: Tile) -> bytes | None:
    """The hashes of a tile of the log, as far as its newest final checkpoint reaches; None for any other.

    What is shown never changes: tiles only grow, and a partial one is the beginning of what it grows into.
    """
    found = await store.final_tile(conn, owner, (wanted.level, wanted.number))
    if found is None or not wanted.is_in(found[0]):
        return None
    return found[1][: HASH * wanted.width]


async def _publish_notes(
    conn: AsyncConnection, log_id: UUID, finals: tuple[Checkpoint, ...], signer: ReceiptSigner, now: datetime
) -> None:
    """Sign the newest checkpoints as notes, those that another key signed too, and make the feed of them."""
    key = tlog_checkpoint.key_of(signer.log_url, signer.public_key)
    by_size = _by_size(finals)
    newest = [by_size[size][0] for size in sorted(by_size, reverse=True)][: checkpoint_feed.MOST]
    made: dict[int, bytes] = {}
    entries = []
    for checkpoint in newest:
        note = checkpoint.note
        if note is None or signed_note.read(note).signed_by([key]) is None:
            text = LogCheckpoint(key.name, checkpoint.tree_size, checkpoint.root).text()
            note = made[checkpoint.id] = signed_note.sign(text, key, signer.sign)
        recorded = checkpoint.block.time if checkpoint.block else checkpoint.created_at
        entries.append(FeedEntry(checkpoint.tree_size, checkpoint.root, recorded, note))
    if made:
        await store.set_notes(conn, made)
    await store.set_feed(conn, log_id, checkpoint_feed.feed(signer.log_url, entries, now))


def checkpoint_json(checkpoint: Checkpoint, *also: Checkpoint) -> dict[str, Any]:
    """A final checkpoint as published; `also`: the same one on other chains."""
    block = checkpoint.block
    members: dict[str, Any] = {
        "treeSize": checkpoint.tree_size,
        "root": "0x" + checkpoint.root.hex(),
        "chain": f"eip155:{checkpoint.chain_id}",
        "contract": checkpoint.contract.lower(),
        "txHash": "0x" + checkpoint.tx_hash.hex() if checkpoint.tx_hash else None,
        "blockNumber": block.number if block else None,
        "blockHash": "0x" + block.hash.hex() if block else None,
        "blockTime": timestamp(block.time) if block else None,
    }
    if also:
        members["alsoAnchored"] = [
            {name: value for name, value in checkpoint_json(one).items() if name not in ("treeSize", "root")}
            for one in also
        ]
    return members


def checkpoints_json(finals: Iterable[Checkpoint]) -> list[dict[str, Any]]:
    """Final checkpoints as published, smallest first, each with the chains it is recorded on."""
    by_size = _by_size(finals)
    return [checkpoint_json(*by_size[size]) for size in sorted(by_size)]


def listed_json(finals: Iterable[Checkpoint]) -> list[dict[str, Any]]:
    """As `checkpoints_json`, as they stand in the signed list."""
    by_size = _by_size(finals)
    sizes = sorted(by_size)
    return [
        *({"treeSize": size, "root": "0x" + by_size[size][0].root.hex()} for size in sizes[:-IN_FULL]),
        *(checkpoint_json(*by_size[size]) for size in sizes[-IN_FULL:]),
    ]


def _is_current(document: bytes, finals: tuple[Checkpoint, ...], key_id: str) -> bool:
    # A chain that forgot may take checkpoints away too: the list is of those that are final, no more and no fewer.
    known = json.loads(document)
    is_ours: bool = known["proof"]["verificationMethod"] == key_id
    return is_ours and known["checkpoints"] == listed_json(finals)


def _by_size(finals: Iterable[Checkpoint]) -> dict[int, list[Checkpoint]]:
    """Those of one size together, the first one on each chain, oldest first: what was recorded on a second chain is
    the same checkpoint, and after a chain forgot, the same size may have been recorded there a second time."""
    found: dict[int, dict[int, Checkpoint]] = {}
    for checkpoint in finals:
        found.setdefault(checkpoint.tree_size, {}).setdefault(checkpoint.chain_id, checkpoint)
    return {size: list(on_chains.values()) for size, on_chains in found.items()}
