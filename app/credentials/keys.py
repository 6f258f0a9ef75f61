"""The life of signing keys: rotated once a year, given up at once when somebody else may hold one.

A change of keys is one transaction over everything that speaks of them: the key itself, the DID document and its entry
in the log, every status list, the linkage of the domain and, after a compromise, the receipts and the accreditations
given with it. Only the keystore cannot take part; what it holds too much is a key that nobody published, and harmless.

What was recorded in the public register before a compromise stays good: the register proves when it was signed. Of
everything else that key signed nobody can tell any more whose it is; it has to be issued again.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import receipting
from app.anchoring import service as anchoring
from app.credentials import accreditation_renewal, status, store
from app.credentials.signing import Issuer, ReceiptKey
from app.errors import Conflict
from app.institutions import upkeep
from app.institutions.model import SigningKey
from app.institutions.ports import KeyStore
from app.institutions.service import Identity
from app.standards.anchor_receipt import LeafKind
from app.standards.data_integrity import CanonicalForm


@dataclass(frozen=True, slots=True)
class KeyUse:
    """Credentials in force that a key signed, and those of them whose entry in the register is from before a moment."""

    signed: int
    proven: int

    @property
    def to_issue_again(self) -> int:
        return self.signed - self.proven


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What was done: the key retired or given up, who signs from now on, and what was signed again."""

    key: SigningKey
    identity: Identity
    use: KeyUse
    lists: int
    receipts: int = 0
    accreditations: int = 0


async def use_of(conn: AsyncConnection, identity: Identity, key: SigningKey, before: datetime) -> KeyUse:
    """How much hangs on a key, and how much of it is provably from before a moment."""
    institution = identity.institution
    digests = await store.digests_signed_with(conn, institution.id, key.id(institution.did))
    return KeyUse(len(digests), len(await anchoring.anchored(conn, institution.id, digests, before=before)))


async def rotate(
    conn: AsyncConnection,
    keystore: KeyStore,
    canonical: CanonicalForm,
    institution_id: UUID,
    now: datetime,
    key_name: str | None = None,
) -> KeyChange:
    """Sign with a new key from now on. The old one stays listed: what it signed stays valid everywhere.

    `key_name`: the key that is to retire, so that a second start of the same command does not retire the one after it.
    Raises `Conflict("key_already_rotated")` and what `institutions.identity` and the keystore raise.
    """
    before = await upkeep.hold(conn, institution_id)
    if key_name not in (None, before.signing_key.name):
        raise Conflict(
            "key_already_rotated", f"{key_name} signs no more: {before.signing_key.name} has taken its place meanwhile."
        )
    use = await use_of(conn, before, before.signing_key, now)
    identity = await upkeep.replace_key(conn, keystore, before, now)
    issuer = await publish(conn, Issuer(identity, keystore, canonical), now)
    lists = await status.sign_again(conn, issuer, now)
    return KeyChange(identity.earlier_keys[-1], issuer.identity, use, lists)


async def compromise(
    conn: AsyncConnection,
    keystore: KeyStore,
    canonical: CanonicalForm,
    institution_id: UUID,
    *,
    since: datetime,
    now: datetime,
    key_name: str | None = None,
) -> KeyChange:
    """Give up a key (the current one by default) that may not have been ours alone since `since` (whole seconds).

    Raises `Refused` (since_in_future, since_before_key), `NotFound("signing_key_unknown")`,
    `Conflict("key_already_compromised")` and what the keystore raises.
    """
    since = since.replace(microsecond=0)
    before = await upkeep.hold(conn, institution_id)
    key = upkeep.find_key(before, key_name)
    identity = await upkeep.give_up_key(conn, keystore, before, key, since, now)
    use = await use_of(conn, before, key, since)
    issuer = await publish(conn, Issuer(identity, keystore, canonical), now)
    lists = await status.sign_again(conn, issuer, now)
    # A receipt proves itself by the register, but is read only under a signature that holds: under the new key's.
    lost = key.id(before.institution.did)
    receipts = await receipting.sign_receipts_again(conn, institution_id, lost, ReceiptKey(issuer), now)
    accreditations = await accreditation_renewal.renew_signed_with(conn, issuer, lost, now)
    return KeyChange(replace(key, revoked_at=since), issuer.identity, use, lists, receipts, accreditations)


async def publish(conn: AsyncConnection, issuer: Issuer, now: datetime) -> Issuer:
    """Bring what an institution publishes about itself up to date: DID document, wallet's statement, domain's linkage.

    And what others say of it: its accreditations name its wallet. Safe to repeat: what is there and true is left alone.
    """
    identity = await upkeep.state_wallet(conn, issuer.keystore, issuer.identity)
    document = await upkeep.publish_did_document(conn, identity, now)
    if document is not None:
        digest = sha256(document).digest()
        await anchoring.append(conn, identity.institution.id, [(LeafKind.DID_DOCUMENT, digest)], now)
    await upkeep.link_domain(conn, issuer.keystore, identity, now)
    issuer = replace(issuer, identity=identity)
    await accreditation_renewal.renew_for_wallet(conn, issuer, now)
    return issuer
