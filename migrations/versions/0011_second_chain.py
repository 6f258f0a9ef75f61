"""Records on more than one chain: where each checkpoint stands, alarms by chain, wallets on further chains.

The older version knows one chain for each log. Records on another one would be taken for records on that, so that what
was paid for could be found nowhere: a downgrade is refused where there are any, or where a wallet is published on a
further chain. Of records on the log's own chain nothing is lost but the rule by which each was found final, which the
receipts name. Alarms of other chains are dropped.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

from app.migrating import refuse_where

revision = "0011"
down_revision = "0010"

_IN_FLIGHT = "state IN ('sealed', 'submitted', 'included')"


def upgrade() -> None:
    op.add_column("checkpoints", sa.Column("chain_id", sa.BigInteger()))
    op.add_column("checkpoints", sa.Column("contract", sa.String(42)))
    op.add_column("checkpoints", sa.Column("finality", sa.String(12)))
    op.add_column("checkpoints", sa.Column("named", sa.BigInteger(), nullable=False, server_default="0"))
    # Whatever was recorded before was recorded where its log is.
    op.execute(
        "UPDATE checkpoints SET chain_id = logs.chain_id, contract = logs.contract"
        " FROM logs WHERE logs.id = checkpoints.log_id"
    )
    op.alter_column("checkpoints", "chain_id", nullable=False)
    op.alter_column("checkpoints", "contract", nullable=False)
    op.drop_index("uq_checkpoints_in_flight", "checkpoints")
    op.create_index(
        "uq_checkpoints_in_flight",
        "checkpoints",
        ["log_id", "chain_id"],
        unique=True,
        postgresql_where=sa.text(_IN_FLIGHT),
    )
    op.add_column("log_alarms", sa.Column("chain_id", sa.BigInteger()))
    op.execute("UPDATE log_alarms SET chain_id = logs.chain_id FROM logs WHERE logs.id = log_alarms.log_id")
    op.drop_constraint("pk_log_alarms", "log_alarms", type_="primary")
    op.create_primary_key("pk_log_alarms", "log_alarms", ["log_id", "chain_id", "code"])
    op.create_table(
        "wallet_accounts",
        sa.Column("wallet_id", sa.Integer(), sa.ForeignKey("wallets.id"), primary_key=True),
        sa.Column("chain_id", sa.BigInteger(), primary_key=True),
        sa.Column("contract", sa.String(42), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False, server_default=""),
        sa.Column("signature", sa.String(132), nullable=False, server_default=""),
    )


def downgrade() -> None:
    refuse_where(
        op.get_bind(),
        "checkpoints JOIN logs ON logs.id = log_id"
        " WHERE (checkpoints.chain_id, checkpoints.contract) <> (logs.chain_id, logs.contract)",
        "{} records are on another chain, or in another register, than their log is now: the older version cannot tell "
        "them from the others.",
    )
    refuse_where(
        op.get_bind(),
        "wallet_accounts",
        "{} wallets are published on a further chain, and the older version would leave them out of what it publishes.",
    )
    op.drop_table("wallet_accounts")
    op.execute("DELETE FROM log_alarms USING logs WHERE logs.id = log_id AND logs.chain_id <> log_alarms.chain_id")
    op.drop_constraint("pk_log_alarms", "log_alarms", type_="primary")
    op.drop_column("log_alarms", "chain_id")
    op.create_primary_key("pk_log_alarms", "log_alarms", ["log_id", "code"])
    op.drop_index("uq_checkpoints_in_flight", "checkpoints")
    op.create_index(
        "uq_checkpoints_in_flight",
        "checkpoints",
        ["log_id"],
        unique=True,
        postgresql_where=sa.text(_IN_FLIGHT),
    )
    op.drop_column("checkpoints", "named")
    op.drop_column("checkpoints", "finality")
    op.drop_column("checkpoints", "contract")
    op.drop_column("checkpoints", "chain_id")
