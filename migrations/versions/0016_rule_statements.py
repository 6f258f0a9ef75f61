"""Statements of institutions on the rule sets they use.

Revision ID: 0016
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0012"


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
