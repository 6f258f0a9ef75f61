"""Erasing what a learner asks to have erased: the links they shared, and then all that is behind them.

The one way in, so that nobody forgets the links. What is deleted and what stays: see `credentials.erasing`.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials import erasing
from app.credentials.erasing import Erasure, Target
from app.credentials.signing import Issuer
from app.sharing import store
from app.standards.erasure_receipt import ErasureReason


async def erase(
    conn: AsyncConnection, issuer: Issuer, target: Target, *, reason: ErasureReason, now: datetime
) -> Erasure:
    """Erase in the caller's transaction. Raises what `credentials.erasing.erase` raises."""
    links = 0
    if target.learner_id is not None:
        links = await store.delete_links(conn, issuer.institution.id, target.learner_id)
    return await erasing.erase(conn, issuer, target, reason=reason, share_links=links, now=now)
