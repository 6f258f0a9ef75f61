"""Checking every accreditation an institution gave, as ever signed: its signature, and its one place in the log."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.credentials import store
from app.credentials.audit import Published, signed_digest
from app.database import transaction
from app.institutions import service as institutions
from app.standards.data_integrity import CanonicalForm


async def audit_accreditations(
    engine: AsyncEngine, institution_id: UUID, canonical: CanonicalForm, places: Mapping[bytes, int]
) -> list[str]:
    """Every fault found. `places` counts each digest's entries in the institution's log."""
    faults: list[str] = []
    async with transaction(engine) as conn:
        rows = [*await store.edges_from(conn, institution_id), *await store.past_edges_from(conn, institution_id)]
        institution = await institutions.get_by_id(conn, institution_id)
        published = Published(institution.did, await institutions.did_document_versions(conn, institution_id))
    for row in rows:
        digest = signed_digest(row.document, canonical, published)
        if digest is None or digest != row.digest:
            faults.append(f"accreditation {row.id} is not as it was signed by a key that the institution publishes")
        elif places.get(digest, 0) != 1:
            faults.append(f"accreditation {row.id} stands in {places.get(digest, 0)} log entries, not in one")
    extra = set(places) - {row.digest for row in rows}
    if extra:
        faults.append(f"{len(extra)} accreditation entries of the log belong to no accreditation")
    return faults
