"""Editions of credentials, reasons beside status lists, names settled by people."""

import sqlalchemy as sa
from alembic import op

from app.migrating import refuse_where

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "credential_editions",
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("status_list_id", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("superseded_at > valid_from", name=op.f("ck_credential_editions_newer")),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credentials.id"], name=op.f("fk_credential_editions_credential_id")
        ),
        sa.ForeignKeyConstraint(
            ["status_list_id"], ["status_lists.id"], name=op.f("fk_credential_editions_status_list_id")
        ),
        sa.PrimaryKeyConstraint("credential_id", "number", name=op.f("pk_credential_editions")),
        sa.UniqueConstraint("digest", name=op.f("uq_credential_editions_digest")),
        sa.UniqueConstraint(
            "status_list_id", "status_index", name=op.f("uq_credential_editions_status_list_id_status_index")
        ),
    )
    op.add_column("credentials", sa.Column("edition", sa.Integer(), server_default="1", nullable=False))
    op.add_column("credentials", sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("credentials", "document", existing_type=sa.LargeBinary(), nullable=True)
    op.create_check_constraint(
        op.f("ck_credentials_document_kept"), "credentials", "document IS NOT NULL OR revoked_at IS NOT NULL"
    )
    op.create_index(
        "ix_credentials_revoked",
        "credentials",
        ["status_list_id"],
        unique=False,
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    op.add_column("learners", sa.Column("name_settled", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("status_list_versions", sa.Column("reasons", sa.LargeBinary(), nullable=True))
    known = "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
    if op.get_bind().exec_driver_sql(known).scalar():
        op.execute("ALTER TABLE credential_editions ALTER COLUMN document SET COMPRESSION lz4")


def downgrade() -> None:
    refuse_where(
        op.get_bind(),
        "credential_editions",
        "{} credentials were corrected, and the older version has no place for their former editions.",
    )
    op.drop_column("status_list_versions", "reasons")
    op.drop_column("learners", "name_settled")
    op.drop_index("ix_credentials_revoked", "credentials")
    op.drop_constraint(op.f("ck_credentials_document_kept"), "credentials")
    op.alter_column("credentials", "document", existing_type=sa.LargeBinary(), nullable=False)
    op.drop_column("credentials", "corrected_at")
    op.drop_column("credentials", "edition")
    op.drop_table("credential_editions")
