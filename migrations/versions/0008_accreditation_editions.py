"""Former statements of accreditations, signed again when a key is lost or a wallet changes; a plain scheme name.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from app.migrating import refuse_where

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "accreditation_editions",
        sa.Column("edge_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["edge_id"], ["accreditation_edges.id"], name=op.f("fk_accreditation_editions_edge_id")
        ),
        sa.PrimaryKeyConstraint("edge_id", "number", name=op.f("pk_accreditation_editions")),
        sa.UniqueConstraint("digest", name=op.f("uq_accreditation_editions_digest")),
    )
    # The name of old said what every page says beside it. A name that an operator chose stays.
    op.execute(
        "UPDATE institutions SET name = 'Stackmark'"
        " WHERE role = 'scheme operator' AND name = 'Stackmark scheme operator (this installation)'"
    )


def downgrade() -> None:
    # The name of the scheme operator stays: whether it was given or chosen is not known any more.
    refuse_where(
        op.get_bind(),
        "accreditation_editions",
        "{} accreditations were signed again, and the older version has no place for what was said before.",
    )
    op.drop_table("accreditation_editions")
