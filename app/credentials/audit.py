"""Checking every edition of an institution's credentials: its signature's digest, and its one place in the log."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.credentials import store
from app.database import transaction
from app.institutions import service as institutions
from app.institutions.model import DidDocumentVersion
from app.standards import clr, data_integrity, did, erasure_receipt, strict_json
from app.standards.anchor_receipt import binding_digest
from app.standards.data_integrity import CanonicalForm, ProofProblem
from app.standards.did import DidDocument
from app.standards.json_ld import NotCanonicalisable
from app.standards.strict_json import NotStrictJson


class Published:
    """Every DID document of an institution: a key given up later counts for what it signed while it was listed."""

    def __init__(self, institution_did: str, versions: Sequence[DidDocumentVersion]) -> None:
        self._versions = versions
        self._documents = {
            one.version: did.read_document(strict_json.parse_object(one.document), institution_did) for one in versions
        }

    def at(self, moment: datetime) -> Iterator[DidDocument]:
        """The documents in force at any time in the second of `moment` (signatures name no smaller time)."""
        before = moment - timedelta(seconds=1)
        for one in self._versions:
            if one.valid_from <= moment and (one.valid_until is None or one.valid_until > before):
                yield self._documents[one.version]


async def audit_credentials(
    engine: AsyncEngine, institution_id: UUID, canonical: CanonicalForm, places: Mapping[bytes, int]
) -> tuple[int, list[str]]:
    """(number of signed credentials, every fault found). `places` counts each digest's entries in the log."""
    faults: list[str] = []
    async with transaction(engine) as conn:
        newest = await store.signed_documents(conn, institution_id)
        rows = [*newest, *await store.past_editions_of_all(conn, institution_id)]
        waiting = await store.count_prepared(conn, institution_id)
        institution = await institutions.get_by_id(conn, institution_id)
        versions = await institutions.did_document_versions(conn, institution_id)
    published = Published(institution.did, versions)
    if waiting:
        faults.append(f"{waiting} credentials are prepared but not signed")
    for row in rows:
        # Of an edition whose text was erased, the recorded digest must still have its place.
        digest = row.digest if row.document is None else signed_digest(row.document, canonical, published)
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
    return len(newest), faults


async def claimed_dates(engine: AsyncEngine, institution_id: UUID) -> list[tuple[str, bytes, datetime, datetime]]:
    """(URI, digest, signed at, awarded on) of the first edition of each signed credential that awards something.

    Later editions keep the date of the award and are signed when they are made: they claim nothing new.
    """
    async with transaction(engine) as conn:
        rows = await store.first_editions(conn, institution_id)
    return [
        (f"urn:uuid:{row.id}", row.digest, row.signed_at, datetime.combine(row.awarded_on, time.min, UTC))
        for row in rows
    ]


async def audit_erasures(engine: AsyncEngine, institution_id: UUID, erased: Sequence[int]) -> list[str]:
    """Whether every entry without salt and digest (positions `erased`) is in a signed receipt of an erasure.

    Without it: an entry is hidden, and called erased when somebody asks for it.
    """
    async with transaction(engine) as conn:
        rows = await store.list_erasures(conn, institution_id)
        institution = await institutions.get_by_id(conn, institution_id)
        versions = await institutions.did_document_versions(conn, institution_id)
    published, told, faults = Published(institution.did, versions), set[int](), list[str]()
    for row in rows:
        positions = _signed_positions(row.receipt, institution.did, published)
        if positions is None:
            faults.append(f"the receipt of erasure {row.id} is not signed by the institution")
        told |= set(positions or ())
    faults += [
        f"entry {place} lost its salt, and no receipt says that it was erased" for place in sorted({*erased} - told)
    ]
    faults += [f"entry {place} is said to be erased, and is not" for place in sorted(told - {*erased})]
    return faults


def _signed_positions(data: bytes, issuer: str, published: Published) -> Sequence[int] | None:
    try:
        members = strict_json.parse_object(data, erasure_receipt.MAX_BYTES)
        receipt = erasure_receipt.read(members)
        proof = data_integrity.read_proof(members)
        hashed = data_integrity.hash_jcs(members, proof.options)
    except (ProofProblem, ValueError):
        return None
    documents = published.at(proof.created) if proof.created else ()
    keys = [key for document in documents if (key := document.signing_key(proof.verification_method))]
    is_signed = any(data_integrity.verify_signature(key.key, proof.signature, hashed) for key in keys)
    return receipt.positions if is_signed and receipt.issuer == issuer else None


def signed_digest(data: bytes, canonical: CanonicalForm, published: Published) -> bytes | None:
    """The binding digest of a document whose signature holds; None for any other."""
    try:
        document = strict_json.parse_object(data, clr.MAX_BYTES)
        proof = data_integrity.read_proof(document)
        hash_data = data_integrity.hash_for(proof, document, canonical)
    except (NotStrictJson, ProofProblem, NotCanonicalisable):
        return None
    for issuer in published.at(proof.created) if proof.created else ():
        key = issuer.signing_key(proof.verification_method)
        if key is not None and data_integrity.verify_signature(key.key, proof.signature, hash_data):
            return binding_digest(hash_data, proof.signature)
    return None
