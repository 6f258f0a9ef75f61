"""The tables of logs; the migrations make them."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from app.database import metadata

_WHEN = DateTime(timezone=True)

logs = Table(
    "logs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner", Uuid, nullable=False, unique=True),
    Column("owner_did", String(500), nullable=False),
    Column("wallet_address", String(42), nullable=False, unique=True),
    Column("wallet_keystore", String(200), nullable=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("contract", String(42), nullable=False),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("checkpoint_list", LargeBinary),
    Column("checkpoint_list_at", _WHEN),
    Column("paused_at", _WHEN),
    Column("paused_reason", Text),
    Column("checkpoint_feed", LargeBinary),
)
log_entries = Table(
    "log_entries",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("log_id", Uuid, ForeignKey("logs.id"), nullable=False),
    Column("kind", SmallInteger, nullable=False),
    # Both erased where what they stood for was: the leaf hash then says nothing about anybody.
    Column("digest", LargeBinary),
    Column("salt", LargeBinary),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("leaf_index", BigInteger),
    Column("appended_at", _WHEN, nullable=False),
    CheckConstraint("(salt IS NULL) = (digest IS NULL)", name="erased_whole"),
    CheckConstraint("salt IS NOT NULL OR leaf_index IS NOT NULL", name="erased_in_place"),
    UniqueConstraint("log_id", "leaf_index"),
    UniqueConstraint("log_id", "kind", "digest"),
    Index("ix_log_entries_open", "log_id", "id", postgresql_where=text("leaf_index IS NULL")),
    Index("ix_log_entries_digest", "digest"),
)
log_tiles = Table(
    "log_tiles",
    metadata,
    Column("log_id", Uuid, ForeignKey("logs.id"), primary_key=True),
    Column("level", SmallInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("hashes", LargeBinary, nullable=False),
)
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("log_id", Uuid, ForeignKey("logs.id"), nullable=False, index=True),
    # Where it is recorded: on the log's own chain, or on another beside it.
    Column("chain_id", BigInteger, nullable=False),
    Column("contract", String(42), nullable=False),
    Column("tree_size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", _WHEN, nullable=False),
    # A wallet may follow another; what the one before it recorded stays under that one's address.
    Column("anchored_by", String(42), nullable=False),
    Column("tx_hash", LargeBinary),
    Column("log_index", BigInteger),
    Column("block_number", BigInteger),
    Column("block_hash", LargeBinary),
    Column("block_time", _WHEN),
    # The rule by which it was found final, as receipts name it.
    Column("finality", String(12)),
    # The signed note of a final one (C2SP tlog-checkpoint).
    Column("note", LargeBinary),
    # Receipts of the leaves below this one name it as a further record, where it is one.
    Column("named", BigInteger, nullable=False, server_default="0"),
    Index(
        "uq_checkpoints_in_flight",
        "log_id",
        "chain_id",
        unique=True,
        postgresql_where=text("state IN ('sealed', 'submitted', 'included')"),
    ),
)
anchor_transactions = Table(
    "anchor_transactions",
    metadata,
    # A chain that forgot everything gets the very same bytes again, for another checkpoint.
    Column("checkpoint_id", BigInteger, ForeignKey("checkpoints.id"), primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    # Whose nonce it is: one account may send for the wallets of several logs.
    Column("sender", String(42), nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("max_fee", BigInteger, nullable=False),
    Column("priority_fee", BigInteger, nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Index("ix_anchor_transactions_sender", "sender", "nonce"),
)
log_alarms = Table(
    "log_alarms",
    metadata,
    Column("log_id", Uuid, ForeignKey("logs.id"), primary_key=True),
    Column("chain_id", BigInteger, primary_key=True),
    Column("code", String(60), primary_key=True),
    Column("message", Text, nullable=False),
    Column("since", _WHEN, nullable=False),
)
wallet_notices = Table(
    "wallet_notices",
    metadata,
    Column("log_id", Uuid, ForeignKey("logs.id"), primary_key=True),
    Column("chain_id", BigInteger, primary_key=True),
    Column("contract", String(42), primary_key=True),
    Column("address", String(42), primary_key=True),
    Column("keystore", String(200), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("asked_at", _WHEN, nullable=False),
    # Found in the register for good.
    Column("told_at", _WHEN),
    # The newest transaction that brings it there.
    Column("nonce", BigInteger),
    Column("raw", LargeBinary),
    Column("hash", LargeBinary),
    Column("max_fee", BigInteger),
    Column("priority_fee", BigInteger),
    Column("sent_at", _WHEN),
)
receipts = Table(
    "receipts",
    metadata,
    Column("entry_id", BigInteger, ForeignKey("log_entries.id"), primary_key=True),
    Column("checkpoint_id", BigInteger, ForeignKey("checkpoints.id"), nullable=False, index=True),
    Column("document", LargeBinary, nullable=False),
)
