"""Fees of sent transactions, the owner's switch, and alarms.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

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
    op.drop_table("log_alarms")
    op.drop_column("checkpoints", "anchored_by")
    op.drop_column("logs", "paused_reason")
    op.drop_column("logs", "paused_at")
    op.drop_column("anchor_transactions", "priority_fee")
    op.drop_column("anchor_transactions", "max_fee")
