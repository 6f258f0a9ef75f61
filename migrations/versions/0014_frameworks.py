"""Official wording of standards by version, and matches of statements in other frameworks.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("ksbs", sa.Column("uri", sa.Text()))
    op.create_table(
        "standard_versions",
        sa.Column("occupation_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text()),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["occupation_id"], ["occupations.id"], name=op.f("fk_standard_versions_occupation_id")),
        sa.PrimaryKeyConstraint("occupation_id", "version", name=op.f("pk_standard_versions")),
        sa.CheckConstraint("source IN ('case', 'skills-england')", name=op.f("ck_standard_versions_source")),
    )
    op.create_table(
        "ksb_matches",
        sa.Column("ksb_id", sa.Text(), nullable=False),
        sa.Column("framework", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ksb_id"], ["ksbs.id"], name=op.f("fk_ksb_matches_ksb_id")),
        sa.PrimaryKeyConstraint("ksb_id", "framework", "target", "relation", name=op.f("pk_ksb_matches")),
        sa.CheckConstraint("framework IN ('ESCO', 'UK-SSC')", name=op.f("ck_ksb_matches_framework")),
        sa.CheckConstraint("relation IN ('exact', 'related')", name=op.f("ck_ksb_matches_relation")),
    )


def downgrade() -> None:
    op.drop_table("ksb_matches")
    op.drop_table("standard_versions")
    op.drop_column("ksbs", "uri")
