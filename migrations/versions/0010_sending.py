"""Fees of sent transactions, the owner's switch, and alarms.

A downgrade loses what was offered for each transaction, and the alarms; the older version opens none. It is refused
where that costs money or records: while a transaction is on its way, whose replacement must beat what was offered;
while a wallet is stopped, which would then go on sending; and after a change of wallet, for then nobody could tell any
more under which address a checkpoint was recorded.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from app.migrating import refuse_where

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    # What was sent before is replaced at whatever the market asks: no fee of it is known.
    op.add_column("anchor_transactions", sa.Column("max_fee", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("anchor_transactions", sa.Column("priority_fee", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("anchor_transactions", "max_fee", server_default=None)
    op.alter_column("anchor_transactions", "priority_fee", server_default=None)
    op.add_column("logs", sa.Column("paused_at", sa.DateTime(timezone=True)))
    op.add_column("logs", sa.Column("paused_reason", sa.Text()))
    # A wallet may follow another; so far there was one for each log.
    op.add_column("checkpoints", sa.Column("anchored_by", sa.String(42)))
    op.execute("UPDATE checkpoints SET anchored_by = logs.wallet_address FROM logs WHERE logs.id = checkpoints.log_id")
    op.alter_column("checkpoints", "anchored_by", nullable=False)
    op.create_table(
        "log_alarms",
        sa.Column("log_id", sa.Uuid(), sa.ForeignKey("logs.id"), primary_key=True),
        sa.Column("code", sa.String(60), primary_key=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    bind = op.get_bind()
    refuse_where(
        bind,
        "anchor_transactions JOIN checkpoints ON checkpoints.id = checkpoint_id"
        " WHERE state IN ('sealed', 'submitted', 'included')",
        "{} transactions are on their way, and what was offered for them would be forgotten. Wait until they are final.",
    )
    refuse_where(
        bind,
        "logs WHERE paused_at IS NOT NULL",
        "{} wallets are stopped, and the older version would let them send. Resume them first: stackmark wallet resume.",
    )
    refuse_where(
        bind,
        "checkpoints JOIN logs ON logs.id = log_id WHERE anchored_by <> wallet_address",
        "{} records are under a former wallet, and the older version would look for them under the one in use.",
    )
    op.drop_table("log_alarms")
    op.drop_column("checkpoints", "anchored_by")
    op.drop_column("logs", "paused_reason")
    op.drop_column("logs", "paused_at")
    op.drop_column("anchor_transactions", "priority_fee")
    op.drop_column("anchor_transactions", "max_fee")
