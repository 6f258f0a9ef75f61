"""An institution's wallet on a further chain: opened there, published, stated by the wallet itself, and logged.

A verifier takes a record for the institution's only where its DID document names the wallet on that chain, so this
comes before the first record there. What is recorded is `app.anchoring.reanchoring`. The two are transactions of their
own, each safe to repeat: between them, a wallet is published on a chain on which it has nothing yet, which harms
nobody.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import reanchoring
from app.anchoring import service as anchoring
from app.credentials import keys
from app.credentials.signing import Issuer
from app.institutions import upkeep
from app.institutions.ports import KeyStore
from app.institutions.service import Identity
from app.standards.data_integrity import CanonicalForm


async def open_account(
    conn: AsyncConnection,
    keystore: KeyStore,
    canonical: CanonicalForm,
    institution_id: UUID,
    *,
    chain_id: int,
    contract: str,
    now: datetime,
    as_main: bool = False,
) -> Identity:
    """Publish the wallet on a chain, with the contract it records in there; once, however often it is asked for.

    `as_main`: from now on it is named as the wallet's first chain. Raises what `institutions.identity`, `keys.publish`
    and the keystore raise.
    """
    identity = await upkeep.hold(conn, institution_id)
    identity = await upkeep.open_account(conn, identity, chain_id, contract, now)
    if as_main:
        identity = await upkeep.change_chain(conn, identity, chain_id)
    return (await keys.publish(conn, Issuer(identity, keystore, canonical), now)).identity


async def record_if_due(
    conn: AsyncConnection,
    keystore: KeyStore,
    canonical: CanonicalForm,
    institution_id: UUID,
    *,
    chain_id: int,
    contract: str,
    every: timedelta,
    now: datetime,
) -> bool:
    """Have the institution's newest final checkpoint recorded on a further chain, once in `every`; whether it is asked
    for now. No chain is asked here, and the first one's records wait for nothing. Raises as `open_account`."""
    log = (await anchoring.log_of(conn, institution_id)).on(chain_id, contract)
    if not await reanchoring.is_due(conn, log, every, now):
        return False
    await open_account(conn, keystore, canonical, institution_id, chain_id=chain_id, contract=contract, now=now)
    return await reanchoring.request(conn, log, now) is not None
