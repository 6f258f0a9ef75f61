"""The life of keys: planned ends, windows of DID documents in whole seconds, and the bindings of wallet and domain."""

import sqlalchemy as sa
from alembic import op

from app.migrating import refuse_where

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("signing_keys", sa.Column("expires_at", sa.DateTime(timezone=True)))
    op.add_column("wallets", sa.Column("statement", sa.Text(), server_default="", nullable=False))
    op.add_column("wallets", sa.Column("signature", sa.String(length=132), server_default="", nullable=False))
    op.create_table(
        "domain_linkages",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("signed_with", sa.String(length=60), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_domain_linkages_institution_id")
        ),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_domain_linkages")),
    )
    # Signatures name whole seconds: a document must be in force at the second in which its first key signed.
    op.execute("UPDATE did_documents SET published_at = date_trunc('second', published_at)")


def downgrade() -> None:
    refuse_where(
        op.get_bind(),
        "signing_keys WHERE expires_at IS NOT NULL",
        "{} signing keys have retired, and the older version would sign with them.",
    )
    op.drop_table("domain_linkages")
    op.drop_column("wallets", "signature")
    op.drop_column("wallets", "statement")
    op.drop_column("signing_keys", "expires_at")
