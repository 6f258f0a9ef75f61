"""Tables and queries of institutions; private to the package."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any
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
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.database import metadata
from app.institutions.model import (
    Accreditation,
    ApiKey,
    DidDocumentVersion,
    Institution,
    Scope,
    SigningKey,
    Wallet,
)
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
    Column("signature", String(132), nullable=False, server_default=""),
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


async def insert_institution(conn: AsyncConnection, institution: Institution) -> None:
    values = {name: getattr(institution, name) for name in _INSTITUTION}
    await conn.execute(insert(institutions).values(values | {name: values[name] or None for name in _NUMBERS}))


async def lock_registering(conn: AsyncConnection) -> None:
    """Let one transaction at a time register an institution: a name, number or domain is taken once it is committed."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("registering", 0))))


async def find_institution(conn: AsyncConnection, **match: Any) -> Institution | None:
    row = (await conn.execute(select(institutions).filter_by(**match))).one_or_none()
    return _institution(row) if row else None


async def lock_institution(conn: AsyncConnection, institution_id: UUID, *, shared: bool) -> Institution | None:
    """Shared: keys stay as they are until the transaction ends. Not shared: nobody else may rely on them meanwhile."""
    query = select(institutions).filter_by(id=institution_id)
    row = (await conn.execute(query.with_for_update(read=shared, key_share=not shared))).one_or_none()
    return _institution(row) if row else None


async def list_institutions(conn: AsyncConnection) -> tuple[Institution, ...]:
    rows = await conn.execute(select(institutions).order_by(institutions.c.name))
    return tuple(_institution(row) for row in rows)


async def insert_signing_key(conn: AsyncConnection, key: SigningKey) -> None:
    await conn.execute(
        insert(signing_keys).values(
            institution_id=key.institution_id,
            name=key.name,
            public_key=key.public_key,
            keystore=key.keystore,
            created_at=key.created_at,
        )
    )


async def list_signing_keys(conn: AsyncConnection, institution_id: UUID) -> tuple[SigningKey, ...]:
    """Oldest first."""
    query = select(signing_keys).filter_by(institution_id=institution_id).order_by(signing_keys.c.id)
    return tuple(
        SigningKey(
            row.institution_id,
            row.name,
            row.public_key,
            row.keystore,
            row.created_at,
            revoked_at=row.revoked_at,
            expires_at=row.expires_at,
        )
        for row in await conn.execute(query)
    )


async def retire_signing_key(conn: AsyncConnection, key: SigningKey, expires_at: datetime) -> None:
    query = update(signing_keys).filter_by(institution_id=key.institution_id, name=key.name)
    await conn.execute(query.values(expires_at=expires_at))


async def revoke_signing_key(conn: AsyncConnection, key: SigningKey, since: datetime) -> None:
    query = update(signing_keys).filter_by(institution_id=key.institution_id, name=key.name)
    await conn.execute(query.values(revoked_at=since))


async def insert_wallet(conn: AsyncConnection, wallet: Wallet, now: datetime) -> None:
    await conn.execute(
        insert(wallets).values(
            institution_id=wallet.institution_id,
            address=wallet.address,
            keystore=wallet.keystore,
            chain_id=wallet.chain_id,
            contract=wallet.contract,
            created_at=now,
        )
    )


async def current_wallet(conn: AsyncConnection, institution_id: UUID) -> Wallet | None:
    query = select(wallets).filter_by(institution_id=institution_id).order_by(wallets.c.id.desc()).limit(1)
    row = (await conn.execute(query)).one_or_none()
    return Wallet(**{name: getattr(row, name) for name in _WALLET}) if row else None


async def set_statement(conn: AsyncConnection, wallet: Wallet) -> None:
    query = update(wallets).filter_by(institution_id=wallet.institution_id, address=wallet.address)
    await conn.execute(query.values(statement=wallet.statement, signature=wallet.signature))


async def insert_did_document(
    conn: AsyncConnection, institution_id: UUID, version: int, document: bytes, published_at: datetime
) -> None:
    await conn.execute(
        insert(did_documents).values(
            institution_id=institution_id, version=version, document=document, published_at=published_at
        )
    )


async def did_document_versions(conn: AsyncConnection, **match: Any) -> tuple[DidDocumentVersion, ...]:
    """Oldest first; each is in force until the next is published."""
    query = (
        select(did_documents)
        .join(institutions, institutions.c.id == did_documents.c.institution_id)
        .where(*(institutions.c[name] == value for name, value in match.items()))
        .order_by(did_documents.c.version)
    )
    rows = [*await conn.execute(query), None]
    return tuple(
        DidDocumentVersion(row.version, row.document, row.published_at, later.published_at if later else None)
        for row, later in pairwise(rows)
        if row
    )


async def current_did_document(conn: AsyncConnection, **match: Any) -> bytes | None:
    query = (
        select(did_documents.c.document)
        .join(institutions, institutions.c.id == did_documents.c.institution_id)
        .where(*(institutions.c[name] == value for name, value in match.items()))
        .order_by(did_documents.c.version.desc())
        .limit(1)
    )
    return (await conn.execute(query)).scalar()


async def save_linkage(
    conn: AsyncConnection, institution_id: UUID, document: bytes, signed_with: str, expires_at: datetime
) -> None:
    query = upsert(domain_linkages).values(
        institution_id=institution_id, document=document, signed_with=signed_with, expires_at=expires_at
    )
    changed = {name: query.excluded[name] for name in ("document", "signed_with", "expires_at")}
    await conn.execute(query.on_conflict_do_update(index_elements=["institution_id"], set_=changed))


async def find_linkage(conn: AsyncConnection, institution_id: UUID) -> tuple[str, datetime] | None:
    """(name of the key that signed it, when it runs out)."""
    query = select(domain_linkages.c.signed_with, domain_linkages.c.expires_at)
    row = (await conn.execute(query.filter_by(institution_id=institution_id))).one_or_none()
    return (row.signed_with, row.expires_at) if row else None


async def linkages_of(conn: AsyncConnection, public_urls: Sequence[str]) -> tuple[bytes, ...]:
    """The signed linkages of every institution published under one of these origins, by DID."""
    query = (
        select(domain_linkages.c.document)
        .join(institutions, institutions.c.id == domain_linkages.c.institution_id)
        .where(institutions.c.public_url.in_(public_urls))
        .order_by(institutions.c.did)
    )
    return tuple((await conn.execute(query)).scalars())


async def insert_accreditation(
    conn: AsyncConnection, institution_id: UUID, item: Accreditation, edge_id: UUID | None = None
) -> None:
    await conn.execute(
        insert(accreditations).values(
            institution_id=institution_id,
            qualification_id=item.qualification_id,
            valid_from=item.valid_from,
            valid_until=item.valid_until,
            edge_id=edge_id,
        )
    )


async def end_accreditations(
    conn: AsyncConnection, edge_id: UUID, last_day: date, qualification_ids: Collection[str] | None
) -> None:
    """What ends earlier anyway is left alone."""
    table = accreditations.c
    query = update(accreditations).where(
        table.edge_id == edge_id, or_(table.valid_until.is_(None), table.valid_until > last_day)
    )
    if qualification_ids is not None:
        query = query.where(table.qualification_id.in_(qualification_ids))
    await conn.execute(query.values(valid_until=last_day))


async def list_accreditations(conn: AsyncConnection, institution_id: UUID) -> tuple[Accreditation, ...]:
    query = select(accreditations).filter_by(institution_id=institution_id).order_by(accreditations.c.id)
    return tuple(
        Accreditation(row.qualification_id, row.valid_from, row.valid_until) for row in await conn.execute(query)
    )


async def insert_api_key(conn: AsyncConnection, key: ApiKey, secret_sha256: bytes) -> None:
    await conn.execute(
        insert(api_keys).values(
            id=key.id,
            institution_id=key.institution_id,
            label=key.label,
            prefix=key.prefix,
            secret_sha256=secret_sha256,
            scopes=sorted(key.scopes),
            created_at=key.created_at,
        )
    )


async def find_api_key(conn: AsyncConnection, secret_sha256: bytes) -> ApiKey | None:
    row = (await conn.execute(select(api_keys).filter_by(secret_sha256=secret_sha256))).one_or_none()
    return _api_key(row) if row else None


async def list_api_keys(conn: AsyncConnection, institution_id: UUID) -> tuple[ApiKey, ...]:
    query = select(api_keys).filter_by(institution_id=institution_id).order_by(api_keys.c.created_at)
    return tuple(_api_key(row) for row in await conn.execute(query))


async def revoke_api_key(conn: AsyncConnection, institution_id: UUID, key_id: UUID, now: datetime) -> bool:
    query = update(api_keys).filter_by(id=key_id, institution_id=institution_id, revoked_at=None)
    return (await conn.execute(query.values(revoked_at=now))).rowcount == 1


_WALLET = ("institution_id", "address", "keystore", "chain_id", "contract", "created_at", "statement", "signature")
_NUMBERS = ("ukprn", "recognition_number")
_INSTITUTION = ("id", "slug", "name", "did", "public_url", "created_at", "role", *_NUMBERS)


def _institution(row: Row[Any]) -> Institution:
    values = {name: getattr(row, name) for name in _INSTITUTION}
    return Institution(**(values | {name: values[name] or "" for name in _NUMBERS} | {"role": Role(row.role)}))


def _api_key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        institution_id=row.institution_id,
        label=row.label,
        prefix=row.prefix,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )
