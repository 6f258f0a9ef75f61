"""The log in public: the signed note of each final checkpoint, and the feed of them as bytes.

Revision ID: 0009
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("checkpoints", sa.Column("note", sa.LargeBinary()))
    op.add_column("logs", sa.Column("checkpoint_feed", sa.LargeBinary()))


def downgrade() -> None:
    op.drop_column("logs", "checkpoint_feed")
    op.drop_column("checkpoints", "note")
