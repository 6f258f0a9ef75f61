"""Who pays for a transaction, and statements of wallets that several people hold.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


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
    for table in ("wallets", "wallet_accounts"):
        op.alter_column(table, "signature", type_=sa.Text())
        op.add_column(table, sa.Column("scheme", sa.String(10), nullable=False, server_default="eip191"))


def downgrade() -> None:
    for table in ("wallet_accounts", "wallets"):
        op.drop_column(table, "scheme")
        rows = sa.table(table, sa.column("statement"), sa.column("signature"))
        silent = sa.update(rows).where(sa.func.length(rows.c.signature) > 132).values(statement="", signature="")
        op.execute(silent)
        op.alter_column(table, "signature", type_=sa.String(132))
    op.drop_index("ix_anchor_transactions_sender", "anchor_transactions")
    op.drop_column("anchor_transactions", "sender")
