"""Statements of institutions on the rule sets they use.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "rule_statements",
        sa.Column("institution_id", sa.Uuid(), sa.ForeignKey("institutions.id"), primary_key=True),
        sa.Column("pack_id", sa.String(200), primary_key=True),
        sa.Column("pack_version", sa.Integer(), primary_key=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("rule_statements")
