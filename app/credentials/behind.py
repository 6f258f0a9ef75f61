"""Those who stand behind an institution, as published; read again only where something of it changed.

What is kept is found by `BehindState`, which every check reads from the database anew: what another process publishes
or withdraws is seen by the very next check.
"""

from dataclasses import astuple

from sqlalchemy.ext.asyncio import AsyncEngine

from app.credentials import accrediting
from app.credentials.accrediting import PublishedBehind
from app.credentials.model import PublishedEvidence
from app.database import reading
from app.standards.remembered import Memory

_KEPT_BYTES = 32 * 1024 * 1024


class Behind:
    """One process's memory of it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._memory = Memory(_KEPT_BYTES)

    async def of(self, found: PublishedEvidence) -> PublishedBehind:
        """What is published of those behind the issuer of a credential."""
        institution = found.institution
        state = found.behind
        key = (institution.did, institution.accreditations_url, *(astuple(state) if state is not None else ()))
        known: PublishedBehind | None = self._memory.known(key) if state is not None else None
        if known is not None:
            return known
        # What is published meanwhile may be in this already; the state that goes with it is another, so nobody will
        # be given it for what it is not.
        async with reading(self._engine) as conn:
            behind = await accrediting.published_behind(conn, institution)
        if state is not None:
            self._memory.keep(key, behind, sum(len(data) for data in behind.documents.values() if data) + 1_000)
        return behind
