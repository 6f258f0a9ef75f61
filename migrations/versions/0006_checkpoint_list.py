"""The signed list of a log's final checkpoints, as bytes.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("logs", sa.Column("checkpoint_list", sa.LargeBinary()))
    op.add_column("logs", sa.Column("checkpoint_list_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("logs", "checkpoint_list_at")
    op.drop_column("logs", "checkpoint_list")
