"""Another wallet for an institution: everything that names the wallet, in one transaction.

What the chain is told of it is said before: who follows whom by `app.adapters.wallet_calls`, what is disowned by
`app.anchoring.notices`. Until this has happened the wallet before it goes on, and after it only the new one records.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import notices
from app.anchoring import service as anchoring
from app.anchoring.model import Notice
from app.credentials import keys
from app.credentials.signing import Issuer
from app.institutions import upkeep
from app.institutions.ports import KeyStore
from app.institutions.service import Identity
from app.standards.data_integrity import CanonicalForm


async def note_down(conn: AsyncConnection, institution_id: UUID, since: datetime, now: datetime) -> tuple[Notice, ...]:
    """Notices that the wallet in use is not safe since then, for every chain on which it is published or has recorded;
    those still to be told. Raises as `notices.note_down`."""
    identity = await upkeep.hold(conn, institution_id)
    places = [(one.chain_id, one.contract) for one in (identity.wallet, *identity.also_on)]
    return await notices.note_down(conn, institution_id, places, since, now)


@dataclass(frozen=True, slots=True)
class WalletChange:
    """`again`: checkpoints that the new wallet has to record anew."""

    identity: Identity
    again: int


async def replace(
    conn: AsyncConnection,
    keystore: KeyStore,
    canonical: CanonicalForm,
    institution_id: UUID,
    *,
    address: str,
    reference: str,
    disowned_from: datetime | None = None,
    now: datetime,
) -> WalletChange:
    """Use another wallet: named in the DID document, its statement made, accreditations renewed, the log handed over.

    `disowned_from` as `anchoring.hand_over` has it. Raises `Conflict` (wallet_known, checkpoint_in_flight) and what the
    keystore raises.
    """
    before = await upkeep.hold(conn, institution_id)
    identity = await upkeep.replace_wallet(conn, before, address, reference, now)
    again = await anchoring.hand_over(conn, institution_id, address, reference, disowned_from=disowned_from, now=now)
    issuer = await keys.publish(conn, Issuer(identity, keystore, canonical), now)
    await anchoring.resume(conn, institution_id)
    return WalletChange(issuer.identity, again)
