"""What keeps a published identity true: epochs of keys, versions of the DID document, what wallet and domain say.

Each function works in the caller's transaction, which first holds the institution (`hold`): nobody signs with a key
while it is being taken back. What the log and the status lists owe to a change is `app.credentials.keys`.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Conflict, NotFound, OutsideFailed, OwnersAwaited, Refused
from app.institutions import service, store
from app.institutions.model import RETIRING, SigningKey, Wallet
from app.institutions.ports import KeyStore
from app.institutions.service import Identity
from app.standards import data_integrity
from app.standards.domain_linkage import unsigned_linkage

LINKED_FOR = timedelta(days=365)
_RENEWED_BEFORE = timedelta(days=30)


async def hold(conn: AsyncConnection, institution_id: UUID) -> Identity:
    """The identity, which nobody else signs for or changes until the transaction ends; whoever signs is waited for.

    Take the time of a change only after this. Raises what `service.identity` raises.
    """
    await store.lock_institution(conn, institution_id, shared=False)
    return await service.identity(conn, institution_id)


def find_key(identity: Identity, name: str | None) -> SigningKey:
    """The key of that name; the current one for None. Raises `NotFound("signing_key_unknown")`."""
    if name is None:
        return identity.signing_key
    found = next((key for key in identity.keys if key.name == name), None)
    if found is None:
        known = ", ".join(key.name for key in identity.keys)
        raise NotFound("signing_key_unknown", f"The institution has no signing key of that name. It has: {known}.")
    return found


def check_compromise(key: SigningKey, since: datetime, now: datetime) -> None:
    """Raises `Refused` (since_in_future, since_before_key) or `Conflict("key_already_compromised")`."""
    if key.revoked_at is not None:
        raise Conflict("key_already_compromised", f"The key {key.name} was given up before.")
    if since > now:
        raise Refused("since_in_future", "The moment since when the key is not safe lies in the future.")
    if since < key.created_at.replace(microsecond=0):
        raise Refused("since_before_key", f"The key {key.name} did not exist yet at that moment.")


async def replace_key(conn: AsyncConnection, keystore: KeyStore, identity: Identity, now: datetime) -> Identity:
    """A new signing key; the one before it retires a day later."""
    made = await service.make_signing_key(conn, keystore, identity.institution, identity.keys, now)
    await store.retire_signing_key(conn, identity.signing_key, now + RETIRING)
    retired = replace(identity.signing_key, expires_at=now + RETIRING)
    return replace(identity, signing_key=made, earlier_keys=(*identity.earlier_keys, retired))


async def give_up_key(
    conn: AsyncConnection, keystore: KeyStore, identity: Identity, key: SigningKey, since: datetime, now: datetime
) -> Identity:
    """Record that somebody else may have signed with `key` since then; a new one follows if it was the current one.

    Raises as `check_compromise`.
    """
    check_compromise(key, since, now)
    await store.revoke_signing_key(conn, key, since)
    revoked = replace(key, revoked_at=since)
    if key != identity.signing_key:
        earlier = tuple(revoked if one == key else one for one in identity.earlier_keys)
        return replace(identity, earlier_keys=earlier)
    made = await service.make_signing_key(conn, keystore, identity.institution, identity.keys, now)
    return replace(identity, signing_key=made, earlier_keys=(*identity.earlier_keys, revoked))


async def replace_wallet(
    conn: AsyncConnection, identity: Identity, address: str, reference: str, now: datetime
) -> Identity:
    """Another wallet from now on, on the same chain; the one before it stays named for what it recorded.

    Raises `Conflict("wallet_known")` for one that the institution has or had.
    """
    if any(address.lower() == known.address.lower() for known in (*identity.earlier_wallets, identity.wallet)):
        raise Conflict("wallet_known", f"{address} is or was this institution's wallet; make a new one.")
    last = identity.wallet
    wallet = Wallet(identity.institution.id, address, reference, last.chain_id, last.contract, now)
    await store.insert_wallet(conn, wallet, now)
    return replace(identity, wallet=wallet, earlier_wallets=(*identity.earlier_wallets, last))


async def publish_did_document(conn: AsyncConnection, identity: Identity, now: datetime) -> bytes | None:
    """A new version of the DID document, in force from the second of `now`; None when the last one says it all.

    Raises `OutsideFailed("clock_behind")` when the last one is from the future: times must rise, or what held when
    could not be told.
    """
    latest = (await store.did_document_versions(conn, id=identity.institution.id))[-1]
    document = service.did_document_bytes(identity)
    if document == latest.document:
        return None
    # Signatures name whole seconds; nothing may be signed in a second before its key was published.
    published_at = now.replace(microsecond=0)
    if published_at < latest.valid_from:
        raise OutsideFailed("clock_behind", "This machine's clock is behind what was published last; set it right.")
    await store.insert_did_document(conn, identity.institution.id, latest.version + 1, document, published_at)
    return document


async def open_account(
    conn: AsyncConnection, identity: Identity, chain_id: int, contract: str, now: datetime
) -> Identity:
    """The wallet on a further chain, unless it has been there before."""
    if any(chain_id == one.chain_id for one in (identity.wallet, *identity.also_on)):
        return identity
    account = replace(identity.wallet, chain_id=chain_id, contract=contract, created_at=now, statement="", signature="")
    await store.save_account(conn, account)
    return replace(identity, accounts=(*identity.accounts, account))


async def change_chain(conn: AsyncConnection, identity: Identity, chain_id: int) -> Identity:
    """Have the wallet be on another chain that it has an account on; the one it leaves stays among the further ones.

    Raises `NotFound("account_unknown")`.
    """
    if identity.wallet.chain_id == chain_id:
        return identity
    account = next((one for one in identity.also_on if one.chain_id == chain_id), None)
    if account is None:
        raise NotFound("account_unknown", f"The institution's wallet has no account on chain {chain_id}.")
    await store.exchange_accounts(conn, identity.wallet, account)
    accounts = tuple(one for one in identity.accounts if one is not account)
    return replace(identity, wallet=account, accounts=(identity.wallet, *accounts))


async def state_wallet(conn: AsyncConnection, keystore: KeyStore, identity: Identity) -> Identity:
    """Have the wallet say whom it anchors for on each chain, unless it has, or those who hold it have yet to agree.

    One before it may be nobody's any more, and is not asked.
    """
    wallet = identity.wallet
    if not wallet.statement and (wallet := _stated(keystore, identity, wallet)).statement:
        await store.set_statement(conn, wallet)
    accounts = []
    for account in identity.accounts:
        is_ours = account.address == wallet.address
        stated = _stated(keystore, identity, account) if is_ours and not account.statement else account
        if stated is not account:
            await store.save_account(conn, stated)
        accounts.append(stated)
    return replace(identity, wallet=wallet, accounts=tuple(accounts))


def _stated(keystore: KeyStore, identity: Identity, wallet: Wallet) -> Wallet:
    """The same one while those who hold it together have yet to agree."""
    text = wallet.speaks_for(identity.institution).text
    try:
        signature = keystore.sign_statement(wallet.keystore, text)
    except OwnersAwaited:
        return wallet
    return replace(wallet, statement=text, signature=signature, scheme=keystore.statement_scheme(wallet.keystore))


async def link_domain(conn: AsyncConnection, keystore: KeyStore, identity: Identity, now: datetime) -> bool:
    """Sign the linkage of domain and DID, for a year; whether it was due (missing, ending, or another key's).

    Stored, not made on demand: the web process needs no key for it.
    """
    linked = await store.find_linkage(conn, identity.institution.id)
    if linked is not None and linked[0] == identity.signing_key.name and linked[1] - now > _RENEWED_BEFORE:
        return False
    until = now + LINKED_FOR
    unsigned = unsigned_linkage(identity.institution.did, identity.institution.public_url, now, until)
    reference = identity.signing_key.keystore
    signed = data_integrity.sign_jcs(unsigned, identity.key_id, now, lambda data: keystore.sign(reference, data))
    document = json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()
    await store.save_linkage(conn, identity.institution.id, document, identity.signing_key.name, until)
    return True
