"""Roles of institutions, and accreditations as signed credentials."""

import sqlalchemy as sa
from alembic import op

from app.migrating import refuse_where

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("institutions", sa.Column("role", sa.String(length=30), server_default="provider", nullable=False))
    op.add_column("institutions", sa.Column("recognition_number", sa.String(length=10), nullable=True))
    op.create_unique_constraint("uq_institutions_recognition_number", "institutions", ["recognition_number"])
    # A scheme operator has no UKPRN, and an awarding organisation need not have one.
    op.alter_column("institutions", "ukprn", existing_type=sa.String(length=8), nullable=True)
    op.create_table(
        "accreditation_edges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("qualification_ids", sa.ARRAY(sa.String(length=120)), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("status_list_id", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawal_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["institutions.id"], name=op.f("fk_accreditation_edges_parent_id")),
        sa.ForeignKeyConstraint(["child_id"], ["institutions.id"], name=op.f("fk_accreditation_edges_child_id")),
        sa.ForeignKeyConstraint(
            ["status_list_id"], ["status_lists.id"], name=op.f("fk_accreditation_edges_status_list_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accreditation_edges")),
        sa.UniqueConstraint("digest", name=op.f("uq_accreditation_edges_digest")),
        sa.UniqueConstraint(
            "status_list_id", "status_index", name=op.f("uq_accreditation_edges_status_list_id_status_index")
        ),
    )
    op.create_index(op.f("ix_accreditation_edges_parent_id"), "accreditation_edges", ["parent_id"], unique=False)
    op.create_index(op.f("ix_accreditation_edges_child_id"), "accreditation_edges", ["child_id"], unique=False)
    op.add_column("accreditations", sa.Column("edge_id", sa.Uuid(), nullable=True))
    op.drop_constraint("uq_accreditations_institution_id_qualification_id_valid_from", "accreditations")
    op.create_unique_constraint(
        op.f("uq_accreditations_edge_id_qualification_id"), "accreditations", ["edge_id", "qualification_id"]
    )
    op.create_index(
        "uq_accreditations_without_edge",
        "accreditations",
        ["institution_id", "qualification_id", "valid_from"],
        unique=True,
        postgresql_where=sa.text("edge_id IS NULL"),
    )


def downgrade() -> None:
    refuse_where(
        op.get_bind(),
        "institutions WHERE role <> 'provider' OR ukprn IS NULL",
        "{} institutions are more than providers, and the older version does not know them.",
    )
    refuse_where(
        op.get_bind(),
        "accreditation_edges",
        "{} signed accreditations were made, and the older version has no place for them.",
    )
    op.drop_index("uq_accreditations_without_edge", "accreditations")
    op.drop_constraint(op.f("uq_accreditations_edge_id_qualification_id"), "accreditations")
    op.create_unique_constraint(
        "uq_accreditations_institution_id_qualification_id_valid_from",
        "accreditations",
        ["institution_id", "qualification_id", "valid_from"],
    )
    op.drop_column("accreditations", "edge_id")
    op.drop_table("accreditation_edges")
    op.alter_column("institutions", "ukprn", existing_type=sa.String(length=8), nullable=False)
    op.drop_constraint("uq_institutions_recognition_number", "institutions")
    op.drop_column("institutions", "recognition_number")
    op.drop_column("institutions", "role")
