"""Checking every DID document an institution published: its number, its time, and its place in the log."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.database import transaction
from app.institutions import service as institutions


async def audit_identity(engine: AsyncEngine, institution_id: UUID, appended: Mapping[bytes, datetime]) -> list[str]:
    """Every fault found. `appended` says when each digest of a DID document came into the institution's log.

    Without it: whoever can write to the database gives himself a key in a past that nobody looks at any more, and what
    he signs with it reads as signed while that key was listed.
    """
    faults: list[str] = []
    async with transaction(engine) as conn:
        versions = await institutions.did_document_versions(conn, institution_id)
    if [one.version for one in versions] != list(range(1, len(versions) + 1)):
        faults.append(f"the DID documents are not numbered 1 to {len(versions)} without a gap")
    seen: set[bytes] = set()
    latest: datetime | None = None
    for one in versions:
        name = f"DID document, version {one.version},"
        if latest is not None and one.valid_from < latest:
            faults.append(f"{name} was published before the version that it follows")
        latest = one.valid_from
        entered = appended.get(one.sha256)
        if entered is None:
            faults.append(f"{name} is not in the log as it stands here: it was altered, or never recorded")
        elif one.sha256 not in seen and entered.replace(microsecond=0) != one.valid_from:
            # A document that came back word for word has the entry of its first time.
            faults.append(f"{name} was not published when the log recorded it")
        seen.add(one.sha256)
    extra = set(appended) - seen
    if extra:
        faults.append(f"{len(extra)} DID document entries of the log belong to no version that is kept")
    return faults
