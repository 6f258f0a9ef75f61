"""Queries of institutions; private to the package."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    Text,
    cast,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

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
from app.institutions.store.accounts import exchange_accounts as exchange_accounts
from app.institutions.store.accounts import list_accounts as list_accounts
from app.institutions.store.accounts import save_account as save_account
from app.institutions.store.tables import (
    accreditations,
    api_keys,
    did_documents,
    domain_linkages,
    institutions,
    signing_keys,
    wallets,
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


async def has_role(conn: AsyncConnection, role: Role) -> bool:
    found = await conn.execute(select(institutions.c.id).where(institutions.c.role == role).limit(1))
    return found.first() is not None


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


async def list_wallets(conn: AsyncConnection, institution_id: UUID) -> tuple[Wallet, ...]:
    """Oldest first; the last is the one in use."""
    query = select(wallets).filter_by(institution_id=institution_id).order_by(wallets.c.id)
    return tuple(Wallet(**{name: getattr(row, name) for name in _WALLET}) for row in await conn.execute(query))


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
    query = select(_newest_document(institutions.c.id)).select_from(institutions).filter_by(**match)
    return (await conn.execute(query)).scalar()


def with_institution(query: Select[Any], institution_id: ColumnElement[UUID]) -> Select[Any]:
    """Another package's `query` with the institution of each row and its current DID document: `read_institution`."""
    columns = [institutions.c[name].label(f"{_JOINED}{name}") for name in _INSTITUTION]
    query = query.add_columns(*columns, _newest_document(institutions.c.id).label(f"{_JOINED}document"))
    return query.join(institutions, institutions.c.id == institution_id)


def read_institution(row: Any) -> tuple[Institution, bytes]:
    """(institution, DID document) of a row of a query that `with_institution` made."""
    return _institution(row, _JOINED), getattr(row, f"{_JOINED}document")


def state_of(institution_id: ColumnElement[UUID]) -> ScalarSelect[str]:
    """For another package's query: a text that changes with what is recorded or published of an institution itself."""
    recorded = func.md5(cast(literal_column(institutions.name), Text))
    published = func.encode(func.sha256(_newest_document(institutions.c.id)), literal_column("'hex'"))
    return select(func.concat(recorded, published)).where(institutions.c.id == institution_id).scalar_subquery()


def begins_accreditations() -> ColumnElement[bool]:
    """For another package's query: what `has_role` says of the scheme operator."""
    roots = institutions.alias("r")
    operator: ColumnElement[str] = literal_column(f"'{Role.SCHEME_OPERATOR.value}'")
    return select(roots.c.id).where(roots.c.role == operator).exists()


def _newest_document(institution_id: ColumnElement[UUID]) -> ScalarSelect[bytes]:
    query = select(did_documents.c.document).where(did_documents.c.institution_id == institution_id)
    return query.order_by(did_documents.c.version.desc()).limit(literal_column("1")).scalar_subquery()


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
_JOINED = "of_"
_NUMBERS = ("ukprn", "recognition_number")
_INSTITUTION = ("id", "slug", "name", "did", "public_url", "created_at", "role", *_NUMBERS)


def _institution(row: Any, prefix: str = "") -> Institution:
    values = {name: getattr(row, f"{prefix}{name}") for name in _INSTITUTION}
    return Institution(**(values | {name: values[name] or "" for name in _NUMBERS} | {"role": Role(values["role"])}))


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
