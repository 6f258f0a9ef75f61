"""What becomes of awards when a part of them changes: policies, events to be told, words that name the part.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("credentials", sa.Column("revocation_detail", sa.String(100)))
    op.create_table(
        "stacking_policies",
        sa.Column("institution_id", sa.Uuid(), sa.ForeignKey("institutions.id"), primary_key=True),
        sa.Column("pack_id", sa.String(120), primary_key=True),
        sa.Column("cascade", sa.String(10)),
        sa.Column("sign_off", sa.String(10)),
    )
    op.create_table(
        "award_events",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("institution_id", sa.Uuid(), sa.ForeignKey("institutions.id"), nullable=False),
        sa.Column("learner_id", sa.Uuid(), sa.ForeignKey("learners.id", ondelete="CASCADE"), nullable=False),
        sa.Column("award_id", sa.Uuid(), sa.ForeignKey("credentials.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("replacement_id", sa.Uuid(), sa.ForeignKey("credentials.id", ondelete="SET NULL")),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("learner_told_at", sa.DateTime(timezone=True)),
        sa.Column("institution_told_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("award_id", "kind", "cause"),
    )
    for column in ("institution_id", "learner_id", "replacement_id"):
        op.create_index(f"ix_award_events_{column}", "award_events", [column])
    op.create_table(
        "award_candidates",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("institution_id", sa.Uuid(), sa.ForeignKey("institutions.id"), nullable=False, index=True),
        sa.Column("learner_id", sa.Uuid(), sa.ForeignKey("learners.id", ondelete="CASCADE"), nullable=False),
        sa.Column("pack_id", sa.String(120), nullable=False),
        sa.Column("pack_version", sa.Integer(), nullable=False),
        sa.Column("qualification_id", sa.String(120), nullable=False),
        sa.Column("grade", sa.String(40), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(200)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("comment", sa.String(500), nullable=False, server_default=""),
        sa.Column("award_id", sa.Uuid(), sa.ForeignKey("credentials.id", ondelete="SET NULL")),
        sa.CheckConstraint("(state IN ('approved', 'returned')) = (decided_by IS NOT NULL)", name="decided"),
    )
    op.create_index("ix_award_candidates_learner_id", "award_candidates", ["learner_id"])
    op.create_index(
        "uq_award_candidates_one_waiting",
        "award_candidates",
        ["institution_id", "learner_id", "qualification_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )


def downgrade() -> None:
    op.drop_table("award_candidates")
    op.drop_table("award_events")
    op.drop_table("stacking_policies")
    op.drop_column("credentials", "revocation_detail")
