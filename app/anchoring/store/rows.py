"""From rows to values."""

from typing import Any

from sqlalchemy import Row

from app.anchoring.model import Block, Checkpoint, CheckpointState, Entry
from app.standards.anchor_receipt import LeafKind


def read_checkpoint(row: Row[Any]) -> Checkpoint:
    block = Block(row.block_number, row.block_hash, row.block_time) if row.block_number is not None else None
    return Checkpoint(
        row.id,
        row.log_id,
        row.chain_id,
        row.contract,
        row.tree_size,
        row.root,
        CheckpointState(row.state),
        row.created_at,
        row.anchored_by,
        row.tx_hash,
        row.log_index,
        block,
        row.finality,
        row.note,
        row.named,
    )


def read_entry(row: Row[Any]) -> Entry:
    return Entry(row.id, LeafKind(row.kind), row.digest, row.salt, row.leaf_index)
