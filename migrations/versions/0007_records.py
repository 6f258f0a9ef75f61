"""Records and endorsements: credentials that award nothing, in the table of credentials.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

from app.migrating import refuse_where

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.alter_column("credentials", "kind", type_=sa.String(length=12), existing_nullable=False)
    op.alter_column("credentials", "learner_id", existing_type=sa.Uuid(), nullable=True)
    op.add_column("credentials", sa.Column("endorsed_id", sa.String(length=500), nullable=True))
    op.create_check_constraint(
        op.f("ck_credentials_learner"), "credentials", "(kind = 'endorsement') = (learner_id IS NULL)"
    )
    op.create_check_constraint(
        op.f("ck_credentials_endorsed"), "credentials", "(kind = 'endorsement') = (endorsed_id IS NOT NULL)"
    )
    op.create_index(
        "uq_credentials_one_record",
        "credentials",
        ["institution_id", "learner_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL AND kind = 'record'"),
    )
    op.create_index(
        "uq_credentials_one_endorsement",
        "credentials",
        ["institution_id", "endorsed_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL AND kind = 'endorsement'"),
    )


def downgrade() -> None:
    refuse_where(
        op.get_bind(),
        "credentials WHERE kind IN ('record', 'endorsement')",
        "{} records and endorsements were issued, and the older version does not know them.",
    )
    op.drop_index("uq_credentials_one_endorsement", "credentials")
    op.drop_index("uq_credentials_one_record", "credentials")
    op.drop_constraint(op.f("ck_credentials_endorsed"), "credentials")
    op.drop_constraint(op.f("ck_credentials_learner"), "credentials")
    op.drop_column("credentials", "endorsed_id")
    op.alter_column("credentials", "learner_id", existing_type=sa.Uuid(), nullable=False)
    op.alter_column("credentials", "kind", type_=sa.String(length=10), existing_nullable=False)
