"""Use cases of institutions: register, publish, accredit, authenticate."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Conflict, NotAllowed, NotFound, Refused
from app.institutions import store
from app.institutions.model import (
    SLUG,
    Accreditation,
    ApiKey,
    Institution,
    Scope,
    SigningKey,
    Wallet,
    did_document,
)
from app.institutions.ports import KeyStore
from app.institutions.roles import Role, check_numbers
from app.standards import did

_KEY_PREFIX = "sm_"


@dataclass(frozen=True, slots=True)
class Identity:
    """An institution with the key it signs with and its wallet."""

    institution: Institution
    signing_key: SigningKey
    wallet: Wallet

    @property
    def key_id(self) -> str:
        return self.signing_key.id(self.institution.did)


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key just made: `secret` is shown once and never stored."""

    key: ApiKey
    secret: str

    def __repr__(self) -> str:
        return f"NewApiKey(key={self.key!r})"


async def register(
    conn: AsyncConnection,
    keystore: KeyStore,
    *,
    slug: str,
    name: str,
    ukprn: str,
    public_url: str,
    chain_id: int,
    contract: str,
    now: datetime,
    role: Role = Role.PROVIDER,
    recognition_number: str = "",
) -> tuple[Identity, bytes]:
    """Create an institution with its DID, first signing key and public wallet; publish its DID document.

    Returns the identity and the published document's bytes. Raises `Refused` (slug_invalid, name_invalid, the codes
    of `check_numbers`) or `Conflict("institution_exists")`.
    """
    if not SLUG.fullmatch(slug):
        raise Refused("slug_invalid", "The short name may have small letters, digits and hyphens (3 to 60).")
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise Refused("name_invalid", "The institution's name is empty, too long or has unusual characters.")
    check_numbers(role, ukprn, recognition_number)
    for name_of, value in (("slug", slug), ("ukprn", ukprn), ("recognition_number", recognition_number)):
        if value and await store.find_institution(conn, **{name_of: value}):
            raise Conflict("institution_exists", "An institution with this short name or number exists already.")
    institution = Institution(
        id=uuid4(),
        slug=slug,
        name=name.strip(),
        ukprn=ukprn,
        did=did.web_did(urlsplit(public_url).netloc, "i", slug),
        public_url=public_url,
        created_at=now,
        role=role,
        recognition_number=recognition_number,
    )
    key_name = f"key-{now:%Y-%m}"
    key_reference, public_key = keystore.create_signing_key(slug, key_name)
    wallet_reference, address = keystore.create_wallet(slug)
    key = SigningKey(institution.id, key_name, public_key, key_reference, now)
    wallet = Wallet(institution.id, address, wallet_reference, chain_id, contract)
    await store.insert_institution(conn, institution)
    await store.insert_signing_key(conn, key)
    await store.insert_wallet(conn, wallet, now)
    document = json.dumps(did_document(institution, (key,), wallet), ensure_ascii=False).encode()
    await store.insert_did_document(conn, institution.id, document, now)
    return Identity(institution, key, wallet), document


async def get(conn: AsyncConnection, slug: str) -> Institution:
    """Raises `NotFound("institution_unknown")`."""
    return _found(await store.find_institution(conn, slug=slug))


async def get_by_id(conn: AsyncConnection, institution_id: UUID) -> Institution:
    """Raises `NotFound("institution_unknown")`."""
    return _found(await store.find_institution(conn, id=institution_id))


async def find_by_did(conn: AsyncConnection, institution_did: str) -> Institution | None:
    return await store.find_institution(conn, did=institution_did)


async def find_by_slug(conn: AsyncConnection, slug: str) -> Institution | None:
    return await store.find_institution(conn, slug=slug)


async def identity(conn: AsyncConnection, institution_id: UUID) -> Identity:
    """The institution with its newest usable signing key and its wallet.

    Raises `NotFound("institution_unknown")` or `Refused("signing_key_missing")`.
    """
    institution = _found(await store.find_institution(conn, id=institution_id))
    usable = [key for key in await store.list_signing_keys(conn, institution_id) if key.revoked_at is None]
    wallet = await store.current_wallet(conn, institution_id)
    if not usable or wallet is None:
        raise Refused("signing_key_missing", "The institution has no key in use to sign with.")
    return Identity(institution, usable[-1], wallet)


async def list_all(conn: AsyncConnection) -> tuple[Institution, ...]:
    return await store.list_institutions(conn)


async def published_did_document(conn: AsyncConnection, *, slug: str | None = None, did: str | None = None) -> bytes:
    """The current DID document's bytes. Raises `NotFound("institution_unknown")`."""
    match = {"slug": slug} if slug is not None else {"did": did}
    document = await store.current_did_document(conn, **match)
    if document is None:
        raise NotFound("institution_unknown", "There is no institution here under that name.")
    return document


async def accredit(
    conn: AsyncConnection, institution_id: UUID, qualification_ids: Iterable[str], valid_from: date
) -> None:
    """Record that the institution may issue for these qualifications from a date; what is recorded stays."""
    held = {item.qualification_id for item in await store.list_accreditations(conn, institution_id)}
    for qualification_id in qualification_ids:
        if qualification_id not in held:
            await store.insert_accreditation(conn, institution_id, Accreditation(qualification_id, valid_from, None))


async def accreditations(conn: AsyncConnection, institution_id: UUID) -> tuple[Accreditation, ...]:
    return await store.list_accreditations(conn, institution_id)


async def create_api_key(
    conn: AsyncConnection, institution_id: UUID, *, label: str, scopes: Iterable[str], now: datetime
) -> NewApiKey:
    """A new key with 256 random bits. Raises `Refused` (scope_unknown, label_invalid)."""
    try:
        wanted = frozenset(Scope(scope) for scope in scopes)
    except ValueError:
        raise Refused("scope_unknown", "The scopes are: issue, revoke, admin.") from None
    if not wanted:
        raise Refused("scope_unknown", "A key needs at least one scope: issue, revoke or admin.")
    if not label.strip() or len(label) > 100:
        raise Refused("label_invalid", "Give the key a name of up to 100 characters, so that you know it again.")
    secret = _KEY_PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(uuid4(), institution_id, label.strip(), secret[:9], wanted, now, None)
    await store.insert_api_key(conn, key, _hash(secret))
    return NewApiKey(key, secret)


async def list_api_keys(conn: AsyncConnection, institution_id: UUID) -> tuple[ApiKey, ...]:
    return await store.list_api_keys(conn, institution_id)


async def revoke_api_key(conn: AsyncConnection, institution_id: UUID, key_id: UUID, now: datetime) -> None:
    """Raises `NotFound("api_key_unknown")` for another institution's key too."""
    if not await store.revoke_api_key(conn, institution_id, key_id, now):
        raise NotFound("api_key_unknown", "There is no such key in use.")


async def authenticate(conn: AsyncConnection, secret: str, scope: Scope) -> ApiKey:
    """The key behind `secret`. Raises `NotAllowed` (api_key_invalid, scope_missing).

    The look-up is by the hash of 256 random bits, so it leaks nothing useful by its timing.
    """
    key = await store.find_api_key(conn, _hash(secret)) if secret.startswith(_KEY_PREFIX) else None
    if key is None or key.revoked_at is not None:
        raise NotAllowed("api_key_invalid", "The API key is missing, unknown or withdrawn.")
    if not key.may(scope):
        raise NotAllowed("scope_missing", f'This API key may not do that: it lacks the scope "{scope}".')
    return key


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _found(institution: Institution | None) -> Institution:
    if institution is None:
        raise NotFound("institution_unknown", "There is no institution here under that name.")
    return institution
