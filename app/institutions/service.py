"""Use cases of institutions: register, publish, accredit, authenticate."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Conflict, NotAllowed, NotFound, Refused
from app.institutions import store
from app.institutions.domains import check_domain_name, own_did
from app.institutions.model import (
    SLUG,
    Accreditation,
    ApiKey,
    DidDocumentVersion,
    Institution,
    Scope,
    SigningKey,
    Wallet,
    did_document,
    in_force,
    next_key_name,
    published_statement,
)
from app.institutions.ports import KeyStore
from app.institutions.roles import Role, check_numbers
from app.institutions.store import begins_accreditations as begins_accreditations
from app.institutions.store import read_institution as read_institution
from app.institutions.store import state_of as state_of
from app.institutions.store import with_institution as with_institution
from app.standards import did

_KEY_PREFIX = "sm_"


@dataclass(frozen=True, slots=True)
class Identity:
    """An institution with the key it signs with, its wallet, and those it used before (oldest first).

    `accounts`: all these wallets on further chains.
    """

    institution: Institution
    signing_key: SigningKey
    wallet: Wallet
    earlier_keys: tuple[SigningKey, ...] = ()
    earlier_wallets: tuple[Wallet, ...] = ()
    accounts: tuple[Wallet, ...] = ()

    @property
    def keys(self) -> tuple[SigningKey, ...]:
        """Every key ever used, oldest first."""
        return (*self.earlier_keys, self.signing_key)

    @property
    def also_on(self) -> tuple[Wallet, ...]:
        """The wallet of today on further chains."""
        return tuple(one for one in self.accounts if one.address == self.wallet.address)

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
    domain: str | None = None,
    role: Role = Role.PROVIDER,
    recognition_number: str = "",
    wallet: tuple[str, str] | None = None,
) -> tuple[Identity, bytes]:
    """Create an institution with its DID, first signing key and public wallet; publish its DID document.

    `domain`: its own, where its DID and its pages then live instead of under `public_url`; what the domain's records
    say is the caller's to check. `wallet`: reference and checksummed address of one that there is already; a new one is
    made otherwise. Returns the identity and the published document's bytes. Raises `Refused` (slug_invalid,
    name_invalid, domain_invalid, the codes of `check_numbers`) or `Conflict` (institution_exists, domain_taken,
    wallet_known).
    """
    if not SLUG.fullmatch(slug):
        raise Refused("slug_invalid", "The short name may have small letters, digits and hyphens (3 to 60).")
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise Refused("name_invalid", "The institution's name is empty, too long or has unusual characters.")
    check_numbers(role, ukprn, recognition_number)
    await store.lock_registering(conn)
    for name_of, value in (("slug", slug), ("ukprn", ukprn), ("recognition_number", recognition_number)):
        if value and await store.find_institution(conn, **{name_of: value}):
            raise Conflict("institution_exists", "An institution with this short name or number exists already.")
    if domain is not None:
        check_domain_name(domain)
        if domain == urlsplit(public_url).hostname or await store.find_institution(conn, did=own_did(domain)):
            raise Conflict("domain_taken", "This domain belongs to this service or to another institution already.")
    institution = Institution(
        id=uuid4(),
        slug=slug,
        name=name.strip(),
        ukprn=ukprn,
        did=own_did(domain) if domain else did.web_did(urlsplit(public_url).netloc, "i", slug),
        public_url=f"https://{domain}" if domain else public_url,
        created_at=now,
        role=role,
        recognition_number=recognition_number,
    )
    if wallet is not None and await store.has_wallet(conn, wallet[1]):
        raise Conflict("wallet_known", "This wallet is an institution's already, and anchors for nobody else.")
    await store.insert_institution(conn, institution)
    key = await make_signing_key(conn, keystore, institution, (), now)
    reference, address = wallet or keystore.create_wallet(slug)
    anchoring_wallet = Wallet(institution.id, address, reference, chain_id, contract, now)
    await store.insert_wallet(conn, anchoring_wallet, now)
    identity = Identity(institution, key, anchoring_wallet)
    document = did_document_bytes(identity)
    await store.insert_did_document(conn, institution.id, 1, document, now.replace(microsecond=0))
    return identity, document


async def make_signing_key(
    conn: AsyncConnection, keystore: KeyStore, institution: Institution, keys: Iterable[SigningKey], now: datetime
) -> SigningKey:
    """A new key beside `keys`. The keystore cannot take part in the transaction: should that fail, a key remains that
    nobody knows, and its name is passed over the next time."""
    used = {key.name for key in keys}
    name = next_key_name(now, lambda name: name in used or keystore.holds_signing_key(institution.slug, name))
    reference, public_key = keystore.create_signing_key(institution.slug, name)
    key = SigningKey(institution.id, name, public_key, reference, now)
    await store.insert_signing_key(conn, key)
    return key


def did_document_bytes(identity: Identity) -> bytes:
    """The DID document that tells what is known of an institution now."""
    wallets = (*identity.earlier_wallets, identity.wallet)
    document = did_document(identity.institution, identity.keys, wallets, identity.accounts)
    return json.dumps(document, ensure_ascii=False).encode()


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


async def identity(conn: AsyncConnection, institution_id: UUID, *, for_signing: bool = False) -> Identity:
    """The institution with its newest usable signing key and its wallet.

    `for_signing`: no key is retired or given up until the caller's transaction ends, so that nothing is signed with a
    key that was taken back meanwhile. Raises `NotFound("institution_unknown")` or `Refused("signing_key_missing")`.
    """
    if for_signing:
        # First of all, so that the keys are read only once a change of them is over.
        await store.lock_institution(conn, institution_id, shared=True)
    institution = _found(await store.find_institution(conn, id=institution_id))
    keys = await store.list_signing_keys(conn, institution_id)
    current = [key for key in keys if key.is_current]
    wallets = await store.list_wallets(conn, institution_id)
    if not current or not wallets:
        raise Refused("signing_key_missing", "The institution has no key in use to sign with.")
    earlier = tuple(key for key in keys if key != current[-1])
    accounts = [account for wallet in wallets for account in await store.list_accounts(conn, wallet)]
    return Identity(institution, current[-1], wallets[-1], earlier, wallets[:-1], tuple(accounts))


async def list_all(conn: AsyncConnection) -> tuple[Institution, ...]:
    return await store.list_institutions(conn)


async def has_scheme_operator(conn: AsyncConnection) -> bool:
    """Whether somebody here begins accreditations, so that whoever issues must have one."""
    return await store.has_role(conn, Role.SCHEME_OPERATOR)


async def published_did_document(conn: AsyncConnection, *, slug: str | None = None, did: str | None = None) -> bytes:
    """The current DID document's bytes. Raises `NotFound("institution_unknown")`."""
    match = {"slug": slug} if slug is not None else {"did": did}
    document = await store.current_did_document(conn, **match)
    if document is None:
        raise NotFound("institution_unknown", "There is no institution here under that name.")
    return document


async def did_document_versions(conn: AsyncConnection, institution_id: UUID) -> tuple[DidDocumentVersion, ...]:
    """Every DID document ever published, oldest first."""
    return await store.did_document_versions(conn, id=institution_id)


async def did_document_version(
    conn: AsyncConnection, *, slug: str | None = None, did: str | None = None, at: datetime
) -> DidDocumentVersion:
    """The DID document in force at `at`. Raises `NotFound` (institution_unknown, did_version_unknown)."""
    match = {"slug": slug} if slug is not None else {"did": did}
    versions = await store.did_document_versions(conn, **match)
    if not versions:
        _found(None)
    found = in_force(versions, at)
    if found is None:
        raise NotFound("did_version_unknown", "The institution had published no keys by that time.")
    return found


async def did_document_at(
    conn: AsyncConnection, *, slug: str | None = None, did: str | None = None, at: datetime
) -> bytes:
    """The bytes of the DID document in force at `at`. Raises `NotFound` (institution_unknown, did_version_unknown)."""
    return (await did_document_version(conn, slug=slug, did=did, at=at)).document


async def wallet_statement(conn: AsyncConnection, *, slug: str | None = None, did: str | None = None) -> dict[str, Any]:
    """The wallet's signed word on whom it anchors for. Raises `NotFound` (institution_unknown, wallet_silent)."""
    institution = _found(await store.find_institution(conn, **({"slug": slug} if slug is not None else {"did": did})))
    wallet = await store.current_wallet(conn, institution.id)
    if wallet is None or not wallet.statement:
        raise NotFound("wallet_silent", "The institution's wallet has not made its statement yet.")
    return published_statement(institution, wallet, await store.list_accounts(conn, wallet))


async def domain_linkages(conn: AsyncConnection, host: str) -> tuple[bytes, ...]:
    """The signed linkages of every institution published under `host` (with its port where it has one)."""
    return await store.linkages_of(conn, [f"{scheme}://{host}" for scheme in ("https", "http")])


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
