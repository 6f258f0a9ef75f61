"""Checking every credential of an institution: its signature's digest, and its one place in the log."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.credentials import store
from app.database import transaction
from app.institutions import service as institutions
from app.standards import clr, data_integrity, did, strict_json
from app.standards.anchor_receipt import binding_digest
from app.standards.data_integrity import CanonicalForm, ProofProblem
from app.standards.did import DidDocument
from app.standards.json_ld import NotCanonicalisable
from app.standards.strict_json import NotStrictJson


async def audit_credentials(
    engine: AsyncEngine, institution_id: UUID, canonical: CanonicalForm, places: Mapping[bytes, int]
) -> tuple[int, list[str]]:
    """(number of signed credentials, every fault found). `places` counts each digest's entries in the log."""
    faults: list[str] = []
    async with transaction(engine) as conn:
        rows = await store.signed_documents(conn, institution_id)
        waiting = await store.count_prepared(conn, institution_id)
        institution = await institutions.get_by_id(conn, institution_id)
        published = await institutions.published_did_document(conn, did=institution.did)
    issuer = did.read_document(strict_json.parse_object(published), institution.did)
    if waiting:
        faults.append(f"{waiting} credentials are prepared but not signed")
    for row in rows:
        digest = _digest(row.document, canonical, issuer)
        if digest is None:
            faults.append(f"credential {row.id} is not signed by a key that the institution publishes")
            continue
        if digest != row.digest:
            faults.append(f"credential {row.id} does not have the digest recorded for it")
        if places.get(digest, 0) != 1:
            faults.append(f"credential {row.id} stands in {places.get(digest, 0)} log entries, not in one")
    extra = set(places) - {row.digest for row in rows}
    if extra:
        faults.append(f"{len(extra)} credential entries of the log belong to no credential")
    return len(rows), faults


def _digest(data: bytes, canonical: CanonicalForm, issuer: DidDocument) -> bytes | None:
    """The binding digest of a document whose signature holds; None for any other."""
    try:
        document = strict_json.parse_object(data, clr.MAX_BYTES)
        proof = data_integrity.read_proof(document)
        hash_data = data_integrity.hash_for(proof, document, canonical)
    except (NotStrictJson, ProofProblem, NotCanonicalisable):
        return None
    key = issuer.signing_key(proof.verification_method)
    if key is None or not data_integrity.verify_signature(key.key, proof.signature, hash_data):
        return None
    return binding_digest(hash_data, proof.signature)
