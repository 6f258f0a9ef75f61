"""The log in public: the owner's signed list of its final checkpoints, made anew with each one and each day."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import store
from app.anchoring.model import Checkpoint, CheckpointState
from app.anchoring.steps import Steps
from app.database import transaction
from app.standards import checkpoint_list, data_integrity
from app.standards.vc import timestamp

RENEWED_AFTER = timedelta(days=1)


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
        if known is not None and now - known[1] < RENEWED_AFTER and _is_current(known[0], finals, signer.key_id):
            return False
        unsigned = checkpoint_list.unsigned_list(log.owner_did, _entries(finals), now)
        signed = data_integrity.sign_jcs(unsigned, signer.key_id, now, signer.sign)
        document = json.dumps(signed, separators=(",", ":"), ensure_ascii=False).encode()
        await store.set_checkpoint_list(conn, log.id, document, now)
    return True


async def published(conn: AsyncConnection, owner: UUID) -> bytes | None:
    """The signed list as bytes; None before the first final checkpoint."""
    found = await store.find_checkpoint_list(conn, owner)
    return found[0] if found else None


def checkpoint_json(checkpoint: Checkpoint) -> dict[str, Any]:
    """A final checkpoint as published."""
    block = checkpoint.block
    return {
        "treeSize": checkpoint.tree_size,
        "root": "0x" + checkpoint.root.hex(),
        "txHash": "0x" + checkpoint.tx_hash.hex() if checkpoint.tx_hash else None,
        "blockNumber": block.number if block else None,
        "blockHash": "0x" + block.hash.hex() if block else None,
        "blockTime": timestamp(block.time) if block else None,
    }


def _is_current(document: bytes, finals: tuple[Checkpoint, ...], key_id: str) -> bool:
    # A chain that forgot may take checkpoints away too: the list is of those that are final, no more and no fewer.
    known = json.loads(document)
    listed = known["checkpoints"]
    return known["proof"]["verificationMethod"] == key_id and [entry["root"] for entry in listed] == [
        entry["root"] for entry in _entries(finals)
    ]


def _entries(finals: Iterable[Checkpoint]) -> list[Mapping[str, Any]]:
    """Growing sizes only: after a chain forgot, the same size may have been recorded a second time."""
    entries: dict[int, Mapping[str, Any]] = {}
    for checkpoint in finals:
        entries[checkpoint.tree_size] = checkpoint_json(checkpoint)
    return [entries[size] for size in sorted(entries)]
