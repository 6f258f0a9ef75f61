"""The tables of institutions; the migrations make them."""

from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from app.database import metadata
from app.institutions.roles import Role

_WHEN = DateTime(timezone=True)


def _owned() -> Column[UUID]:
    return Column("institution_id", Uuid, ForeignKey("institutions.id"), nullable=False, index=True)


institutions = Table(
    "institutions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("slug", String(60), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("ukprn", String(8), unique=True),
    Column("did", String(500), nullable=False, unique=True),
    Column("public_url", String(300), nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("role", String(30), nullable=False, server_default=Role.PROVIDER),
    Column("recognition_number", String(10), unique=True),
)
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    _owned(),
    Column("name", String(60), nullable=False),
    Column("public_key", String(120), nullable=False, unique=True),
    Column("keystore", String(200), nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("expires_at", _WHEN),
    Column("revoked_at", _WHEN),
    UniqueConstraint("institution_id", "name"),
)
wallets = Table(
    "wallets",
    metadata,
    Column("id", Integer, primary_key=True),
    _owned(),
    Column("address", String(42), nullable=False, unique=True),
    Column("keystore", String(200), nullable=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("contract", String(42), nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("statement", Text, nullable=False, server_default=""),
    Column("signature", Text, nullable=False, server_default=""),
    Column("scheme", String(10), nullable=False, server_default="eip191"),
)
# The same wallet on chains beside the one it is on: another contract, another word on whose it is.
wallet_accounts = Table(
    "wallet_accounts",
    metadata,
    Column("wallet_id", Integer, ForeignKey("wallets.id"), primary_key=True),
    Column("chain_id", BigInteger, primary_key=True),
    Column("contract", String(42), nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("statement", Text, nullable=False, server_default=""),
    Column("signature", Text, nullable=False, server_default=""),
    Column("scheme", String(10), nullable=False, server_default="eip191"),
)
did_documents = Table(
    "did_documents",
    metadata,
    Column("institution_id", Uuid, ForeignKey("institutions.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("published_at", _WHEN, nullable=False),
)
domain_linkages = Table(
    "domain_linkages",
    metadata,
    Column("institution_id", Uuid, ForeignKey("institutions.id"), primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("signed_with", String(60), nullable=False),
    Column("expires_at", _WHEN, nullable=False),
)
accreditations = Table(
    "accreditations",
    metadata,
    Column("id", Integer, primary_key=True),
    _owned(),
    Column("qualification_id", String(120), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    # The signed accreditation that granted it, kept by `credentials`; NULL = recorded by the operator alone.
    Column("edge_id", Uuid),
    UniqueConstraint("edge_id", "qualification_id"),
    Index(
        "uq_accreditations_without_edge",
        "institution_id",
        "qualification_id",
        "valid_from",
        unique=True,
        postgresql_where=text("edge_id IS NULL"),
    ),
)
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owned(),
    Column("label", String(100), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("secret_sha256", LargeBinary(32), nullable=False, unique=True),
    Column("scopes", ARRAY(String(20)), nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("revoked_at", _WHEN),
)
