"""The log in public and erasure: notes of final checkpoints, their feed, entries that may lose salt and digest.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

from app.migrating import refuse_where

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("checkpoints", sa.Column("note", sa.LargeBinary()))
    op.add_column("logs", sa.Column("checkpoint_feed", sa.LargeBinary()))
    op.alter_column("log_entries", "digest", existing_type=sa.LargeBinary(), nullable=True)
    op.alter_column("log_entries", "salt", existing_type=sa.LargeBinary(), nullable=True)
    op.create_check_constraint(op.f("ck_log_entries_erased_whole"), "log_entries", "(salt IS NULL) = (digest IS NULL)")
    op.create_check_constraint(
        op.f("ck_log_entries_erased_in_place"), "log_entries", "salt IS NOT NULL OR leaf_index IS NOT NULL"
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["institution_id"], ["institutions.id"], name=op.f("fk_erasures_institution_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_institution_id"), "erasures", ["institution_id"])
    op.create_table(
        "erased_credentials",
        sa.Column("number_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("erased_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("number_sha256", name=op.f("pk_erased_credentials")),
    )
    op.create_table(
        "erased_places",
        sa.Column("status_list_id", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["status_list_id"], ["status_lists.id"], name=op.f("fk_erased_places_status_list_id")),
        sa.PrimaryKeyConstraint("status_list_id", "status_index", name=op.f("pk_erased_places")),
    )


def downgrade() -> None:
    # Entries that were erased cannot be brought back: going back needs a log that has none.
    refuse_where(
        op.get_bind(),
        "erasures",
        "{} erasures were made, and their receipts are all that shows what was deleted: the older version has no place "
        "for them.",
    )
    op.drop_table("erased_places")
    op.drop_table("erased_credentials")
    op.drop_table("erasures")
    op.drop_constraint(op.f("ck_log_entries_erased_in_place"), "log_entries")
    op.drop_constraint(op.f("ck_log_entries_erased_whole"), "log_entries")
    op.alter_column("log_entries", "salt", existing_type=sa.LargeBinary(), nullable=False)
    op.alter_column("log_entries", "digest", existing_type=sa.LargeBinary(), nullable=False)
    op.drop_column("logs", "checkpoint_feed")
    op.drop_column("checkpoints", "note")
