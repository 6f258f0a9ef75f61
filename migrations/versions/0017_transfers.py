"""Credit from elsewhere: agreements between institutions, records that a learner linked, recognised prior learning.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "transfer_agreements",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("receiver_id", sa.Uuid(), sa.ForeignKey("institutions.id"), nullable=False, index=True),
        sa.Column("giver_id", sa.Uuid(), sa.ForeignKey("institutions.id"), nullable=False, index=True),
        sa.Column("qualification_ids", sa.ARRAY(sa.String(120)), nullable=False),
        sa.Column("unit_ids", sa.ARRAY(sa.String(120)), nullable=False),
        sa.Column("most_credits", sa.Integer()),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("receiver_id <> giver_id", name="two"),
        sa.CheckConstraint("most_credits > 0", name="most_credits"),
    )
    op.create_table(
        "learner_link_codes",
        sa.Column("code_sha256", sa.LargeBinary(), primary_key=True),
        sa.Column("learner_id", sa.Uuid(), sa.ForeignKey("learners.id", ondelete="CASCADE"), nullable=False),
        sa.Column("made_for", sa.Uuid(), sa.ForeignKey("institutions.id"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_learner_link_codes_learner_id", "learner_link_codes", ["learner_id"])
    op.create_table(
        "learner_links",
        sa.Column("shown_id", sa.Uuid(), sa.ForeignKey("learners.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("entered_by_id", sa.Uuid(), sa.ForeignKey("learners.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("shown_at_id", sa.Uuid(), sa.ForeignKey("institutions.id"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_learner_links_entered_by_id", "learner_links", ["entered_by_id"])
    op.create_table(
        "recognitions",
        sa.Column("credential_id", sa.Uuid(), sa.ForeignKey("credentials.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("institution_id", sa.Uuid(), sa.ForeignKey("institutions.id"), nullable=False),
        sa.Column("evidence", sa.String(200), nullable=False),
        sa.Column("assessor", sa.String(200), nullable=False),
        sa.Column("claimed_grade", sa.String(40), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_recognitions_institution_id", "recognitions", ["institution_id"])


def downgrade() -> None:
    op.drop_table("recognitions")
    op.drop_table("learner_links")
    op.drop_table("learner_link_codes")
    op.drop_table("transfer_agreements")
