"""Values and states of logs, checkpoints and transactions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.standards.anchor_receipt import LeafKind


class CheckpointState(StrEnum):
    """sealed -> submitted -> included -> finalized; orphaned when the chain no longer has it."""

    SEALED = "sealed"
    SUBMITTED = "submitted"
    INCLUDED = "included"
    FINALIZED = "finalized"
    ORPHANED = "orphaned"


IN_FLIGHT = (CheckpointState.SEALED, CheckpointState.SUBMITTED, CheckpointState.INCLUDED)


@dataclass(frozen=True, slots=True)
class Log:
    """One owner's log. `size` counts sealed leaves; `owner_did` signs the receipts."""

    id: UUID
    owner: UUID
    owner_did: str
    wallet_address: str
    wallet_keystore: str
    chain_id: int
    contract: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A digest in a log; `index` is None while it is OPEN."""

    id: int
    kind: LeafKind
    digest: bytes
    salt: bytes
    index: int | None


@dataclass(frozen=True, slots=True)
class Block:
    """Where a transaction was included. `time` is UTC."""

    number: int
    hash: bytes
    time: datetime


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A (root, tree size) of a log and what the chain says of it. `note`: signed for clients of logs, once final."""

    id: int
    log_id: UUID
    tree_size: int
    root: bytes
    state: CheckpointState
    created_at: datetime
    tx_hash: bytes | None = None
    log_index: int | None = None
    block: Block | None = None
    note: bytes | None = None


@dataclass(frozen=True, slots=True)
class Fees:
    """EIP-1559 fees in wei per gas."""

    max_fee: int
    priority_fee: int


@dataclass(frozen=True, slots=True)
class AnchorCall:
    """One call of `anchor(root, treeSize)`, ready to be signed by the wallet."""

    chain_id: int
    contract: str
    nonce: int
    root: bytes
    tree_size: int
    fees: Fees


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """The bytes to broadcast and their hash."""

    raw: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class SentTransaction:
    """A transaction whose bytes are on disk."""

    checkpoint_id: int
    nonce: int
    raw: bytes
    hash: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Inclusion:
    """What the chain says of a transaction: `succeeded` False = it was reverted; `log_index` of its event."""

    block: Block
    succeeded: bool
    tx_hash: bytes
    log_index: int | None
