"""Notices of wallets that are not safe any more, one for each chain that is to be told.

A downgrade loses nothing of a notice that its chain has: the chain keeps it. One that no chain has yet would be lost,
and with it that somebody else holds the wallet, so the downgrade is refused while there is one.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from app.migrating import refuse_where

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "wallet_notices",
        sa.Column("log_id", sa.Uuid(), sa.ForeignKey("logs.id"), primary_key=True),
        sa.Column("chain_id", sa.BigInteger(), primary_key=True),
        sa.Column("contract", sa.String(42), primary_key=True),
        sa.Column("address", sa.String(42), primary_key=True),
        sa.Column("keystore", sa.String(200), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("nonce", sa.BigInteger()),
        sa.Column("raw", sa.LargeBinary()),
        sa.Column("hash", sa.LargeBinary()),
        sa.Column("max_fee", sa.BigInteger()),
        sa.Column("priority_fee", sa.BigInteger()),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
    )


def downgrade() -> None:
    refuse_where(
        op.get_bind(),
        "wallet_notices WHERE told_at IS NULL",
        "{} notices of stolen wallets are not on their chains yet, and the older version would forget them. Let the "
        "worker give them first: stackmark wallet status.",
    )
    op.drop_table("wallet_notices")
