"""Who pays for a transaction, and statements of wallets that several people hold.

Revision ID: 0012
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("anchor_transactions", sa.Column("sender", sa.String(42)))
    # So far each wallet sent its own.
    op.execute(
        "UPDATE anchor_transactions SET sender = logs.wallet_address FROM checkpoints, logs"
        " WHERE checkpoints.id = anchor_transactions.checkpoint_id AND logs.id = checkpoints.log_id"
    )
    op.alter_column("anchor_transactions", "sender", nullable=False)
    op.create_index("ix_anchor_transactions_sender", "anchor_transactions", ["sender", "nonce"])
    # As long as there are owners who sign.
    op.alter_column("wallets", "signature", type_=sa.Text())
    op.add_column("wallets", sa.Column("scheme", sa.String(10), nullable=False, server_default="eip191"))


def downgrade() -> None:
    op.drop_column("wallets", "scheme")
    op.execute("UPDATE wallets SET statement = '', signature = '' WHERE length(signature) > 132")
    op.alter_column("wallets", "signature", type_=sa.String(132))
    op.drop_index("ix_anchor_transactions_sender", "anchor_transactions")
    op.drop_column("anchor_transactions", "sender")
