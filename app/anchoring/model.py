"""Values and states of logs, checkpoints and transactions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.standards.anchor_receipt import LeafKind


class CheckpointState(StrEnum):
    """sealed -> submitted -> included -> finalized; orphaned when the chain no longer has it."""

    SEALED = "sealed"
    SUBMITTED = "submitted"
    INCLUDED = "included"
    FINALIZED = "finalized"
    ORPHANED = "orphaned"


MOVES: Mapping[CheckpointState, frozenset[CheckpointState]] = MappingProxyType(
    {
        # Its transaction is signed and on disk, or somebody else has brought it; a later one was recorded first, or the
        # log left the chain.
        CheckpointState.SEALED: frozenset({CheckpointState.SUBMITTED, CheckpointState.ORPHANED}),
        # It is in a block; that block is final; nothing of ours can be mined any more, so it is signed anew; overtaken.
        CheckpointState.SUBMITTED: frozenset(
            {
                CheckpointState.INCLUDED,
                CheckpointState.FINALIZED,
                CheckpointState.SEALED,
                CheckpointState.ORPHANED,
            }
        ),
        # Its block is final; its block vanished; another transaction took the place in the chain that came instead.
        CheckpointState.INCLUDED: frozenset(
            {
                CheckpointState.FINALIZED,
                CheckpointState.SUBMITTED,
                CheckpointState.SEALED,
                CheckpointState.ORPHANED,
            }
        ),
        # The chain forgot what it had called final.
        CheckpointState.FINALIZED: frozenset({CheckpointState.ORPHANED}),
        # For good: its entries are covered by a checkpoint after it, on the same chain or on the one the log moved to.
        CheckpointState.ORPHANED: frozenset(),
    }
)
"""The legal moves from each state. A store refuses any other."""

IN_FLIGHT = (CheckpointState.SEALED, CheckpointState.SUBMITTED, CheckpointState.INCLUDED)


@dataclass(frozen=True, slots=True)
class Log:
    """One owner's log. `size` counts sealed leaves; `owner_did` signs the receipts. Paused: nothing is sent.

    `chain_id`, `contract`: where new checkpoints are recorded. What is sent, is sent of a log on a chain: of the same
    log, `on` another one, sending is the same.
    """

    id: UUID
    owner: UUID
    owner_did: str
    wallet_address: str
    wallet_keystore: str
    chain_id: int
    contract: str
    size: int
    pause: "Pause | None" = None

    def on(self, chain_id: int, contract: str) -> "Log":
        """The log as it is recorded on another chain, by the same wallet."""
        return replace(self, chain_id=chain_id, contract=contract)


@dataclass(frozen=True, slots=True)
class Pause:
    """The owner has stopped everything that its wallet would send; what was sent already goes on."""

    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that somebody must know of: a stable `code`, a sentence, and since when it has been so."""

    code: str
    message: str
    since: datetime


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
    """A (root, tree size) of a log on a chain, and what that chain says of it.

    `anchored_by`: the wallet that records it. `finality`: the rule by which it was found final. `note`: signed for
    clients of logs, once final. `named`: receipts of so many of the leaves it covers are known to name it, where it is
    not their first record.
    """

    id: int
    log_id: UUID
    chain_id: int
    contract: str
    tree_size: int
    root: bytes
    state: CheckpointState
    created_at: datetime
    anchored_by: str
    tx_hash: bytes | None = None
    log_index: int | None = None
    block: Block | None = None
    finality: str | None = None
    note: bytes | None = None
    named: int = 0


@dataclass(frozen=True, slots=True)
class Fees:
    """EIP-1559 fees in wei per gas; `base_fee` is the block's own at the time, for information."""

    max_fee: int
    priority_fee: int
    base_fee: int = 0


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
class Payer:
    """Who sends a wallet's checkpoints and pays for them: the wallet itself, or another account that acts for it.

    `gas_limit`: of one checkpoint. `gas_beyond`: what one takes beside the register's own work, rounded up.
    """

    address: str
    gas_limit: int
    gas_beyond: int = 0


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """The bytes to broadcast and their hash."""

    raw: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class SentTransaction:
    """A transaction whose bytes are on disk. `sender` pays, and has the nonce."""

    checkpoint_id: int
    sender: str
    nonce: int
    raw: bytes
    hash: bytes
    fees: Fees
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Inclusion:
    """What the chain says of a transaction: `succeeded` False = it was reverted; `log_index` of its event."""

    block: Block
    succeeded: bool
    tx_hash: bytes
    log_index: int | None


@dataclass(frozen=True, slots=True)
class Notice:
    """That nothing is to be believed which a wallet recorded at `since` (Unix time) or later, for one register to have.

    `nonce`, `sent`, `fees`, `sent_at`: the newest transaction that says so; None before the first. `told_at`: when it
    was found there for good.
    """

    log_id: UUID
    chain_id: int
    contract: str
    address: str
    keystore: str
    since: int
    told_at: datetime | None = None
    nonce: int | None = None
    sent: SignedTransaction | None = None
    fees: Fees | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DisownCall:
    """One call of `disown(since)`, ready to be signed by the wallet."""

    chain_id: int
    contract: str
    nonce: int
    since: int
    fees: Fees
