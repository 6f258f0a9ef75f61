"""Who pays for a transaction, and statements of wallets that several people hold.

A downgrade keeps every transaction, and loses who sent it, which the upgrade finds again by whose checkpoint it is.
Where somebody else paid (a relayer) it could not, and that one's numbers would be given out anew: then it is refused.
The signed statement of a wallet of several people is lost; they are asked for it again.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

from app.migrating import refuse_where

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("anchor_transactions", sa.Column("sender", sa.String(42)))
    # So far each wallet sent its own; the log may have another one by now.
    op.execute(
        "UPDATE anchor_transactions SET sender = checkpoints.anchored_by FROM checkpoints"
        " WHERE checkpoints.id = anchor_transactions.checkpoint_id"
    )
    op.alter_column("anchor_transactions", "sender", nullable=False)
    op.create_index("ix_anchor_transactions_sender", "anchor_transactions", ["sender", "nonce"])
    # As long as there are owners who sign.
    for table in ("wallets", "wallet_accounts"):
        op.alter_column(table, "signature", type_=sa.Text())
        op.add_column(table, sa.Column("scheme", sa.String(10), nullable=False, server_default="eip191"))


def downgrade() -> None:
    refuse_where(
        op.get_bind(),
        "anchor_transactions JOIN checkpoints ON checkpoints.id = checkpoint_id WHERE sender <> anchored_by",
        "{} transactions were paid for by another account than the wallet, and the older version would forget by whom.",
    )
    for table in ("wallet_accounts", "wallets"):
        rows = sa.table(table, sa.column("statement"), sa.column("signature"), sa.column("scheme"))
        by_several = (rows.c.scheme != "eip191") | (sa.func.length(rows.c.signature) > 132)
        op.execute(sa.update(rows).where(by_several).values(statement="", signature=""))
        op.drop_column(table, "scheme")
        op.alter_column(table, "signature", type_=sa.String(132))
    op.drop_index("ix_anchor_transactions_sender", "anchor_transactions")
    op.drop_column("anchor_transactions", "sender")
