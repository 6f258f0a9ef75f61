"""What is published of a credential: its newest edition, its bundle, and everything as it was at a moment."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import service as anchoring
from app.anchoring.publishing import published as checkpoints
from app.credentials import accrediting, erasing, status, store
from app.credentials.bundled_parts import RulesAt, bundled_parts
from app.credentials.model import (
    Credential,
    CredentialKind,
    PublishedEvidence,
    RevocationReason,
    SignedDocument,
)
from app.database import HotReads
from app.errors import NotFound
from app.institutions import service as institutions
from app.institutions.model import Institution
from app.standards import clr, status_list, strict_json


async def document(conn: AsyncConnection, credential_id: UUID) -> bytes:
    """The newest edition: the bytes that were signed.

    Raises `NotFound`: credential_unknown; credential_erased; edition_erased, or for a comprehensive record
    record_replaced, when the text was erased.
    """
    found = await store.find_signed(conn, credential_id)
    if found is None:
        raise await erasing.unknown(conn, credential_id)
    if found[0] is None:
        raise _erased(await store.find_credential(conn, credential_id))
    return found[0]


async def newest_document(reads: HotReads, credential_id: UUID, known: Collection[bytes]) -> tuple[bytes, bytes | None]:
    """(binding digest, the newest edition as `document` gives it), without the text where its digest is `known`.

    Raises as `document` does.
    """
    found = await store.find_document(reads, credential_id, [*known])
    if found is None:
        raise await erasing.unknown(reads, credential_id)
    if found.is_erased:
        raise _erased(store.credential_of(await store.find_evidence(reads, credential_id)))
    return found.digest, found.document


async def signed_document(conn: AsyncConnection, credential_id: UUID) -> SignedDocument:
    """What a verification starts from, whoever issued it. Raises what `document` raises."""
    found = await store.find_with_document(conn, credential_id)
    if found is None:
        raise await erasing.unknown(conn, credential_id)
    record, document_bytes = found
    if document_bytes is None:
        raise _erased(record)
    return SignedDocument(record, document_bytes, await _receipt(conn, record.institution_id, record.digest))


async def signed_document_at(conn: AsyncConnection, credential_id: UUID, at: datetime) -> SignedDocument:
    """The edition that was in force at a moment; the record is as of then but for the result, which the text has.

    Raises what `document` raises, and `NotFound("not_issued_yet")` before there was any.
    """
    found = await store.find_with_document(conn, credential_id)
    if found is None:
        raise await erasing.unknown(conn, credential_id)
    if at < found[0].created_at.replace(microsecond=0):
        raise _not_yet()
    record, document_bytes = found
    if record.revoked_at is not None and at < record.revoked_at.replace(microsecond=0):
        record = replace(record, revoked_at=None, revocation_reason=None, revocation_detail=None)
    if at < record.valid_from:
        past = await store.find_edition(conn, credential_id, at)
        if past is None:
            raise _not_yet()
        document_bytes = past.document
        corrected_at = past.valid_from if past.number > 1 else None
        record = replace(record, digest=past.digest, edition=past.number, corrected_at=corrected_at)
    if document_bytes is None:
        raise _erased(found[0])
    return SignedDocument(record, document_bytes, await _receipt(conn, record.institution_id, record.digest))


async def receipt_of_edition(conn: AsyncConnection, credential_id: UUID, valid_from: datetime) -> bytes | None:
    """The receipt of the edition that states this `validFrom`, even when its text was erased; None = there is none."""
    record = await store.find_credential(conn, credential_id)
    if record is None:
        return None
    if valid_from == record.valid_from:
        return await _receipt(conn, record.institution_id, record.digest)
    past = await store.find_edition(conn, credential_id, valid_from)
    if past is None or past.valid_from != valid_from:
        return None
    return await _receipt(conn, record.institution_id, past.digest)


async def evidence(conn: AsyncConnection, credential_id: UUID, at: datetime | None = None) -> PublishedEvidence:
    """Everything published that a check of this credential relies on, now or as it was in force at a moment.

    Raises what `signed_document` and `signed_document_at` raise.
    """
    return await _evidence_at(conn, credential_id, at) if at is not None else await newest_evidence(conn, credential_id)


async def newest_evidence(conn: AsyncConnection | HotReads, credential_id: UUID) -> PublishedEvidence:
    """As `evidence`, now; in one question."""
    row = await store.find_evidence(conn, credential_id)
    if row is None:
        raise await erasing.unknown(conn, credential_id)
    record = store.credential_of(row)
    if row.document is None:
        raise _erased(record)
    institution, did_document = institutions.read_institution(row)
    return PublishedEvidence(
        SignedDocument(record, row.document, row.receipt),
        institution,
        did_document,
        f"{institution.status_url}/{row.list_number}",
        row.list_document,
        row.list_reasons,
        store.behind_state(row),
    )


async def published_parts(conn: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, tuple[bytes, bytes | None]]:
    """(document, receipt if there is one) of credentials of this installation, by number; what is not here is left out.

    In one question, however many an award is made of.
    """
    return {row.id: (row.document, row.receipt) for row in await store.find_parts(conn, ids)} if ids else {}


async def _evidence_at(conn: AsyncConnection, credential_id: UUID, at: datetime) -> PublishedEvidence:
    signed = await signed_document_at(conn, credential_id, at)
    institution = await institutions.get_by_id(conn, signed.record.institution_id)
    did_document = await institutions.published_did_document(conn, did=institution.did)
    list_url, _ = status_list.read_entry(strict_json.parse_object(signed.document, clr.MAX_BYTES)) or ("", 0)
    listed = await status.find(conn, institution.id, int(list_url.rpartition("/")[2] or 0), at)
    return PublishedEvidence(
        signed,
        institution,
        did_document,
        list_url,
        listed.document if listed else None,
        listed.reasons if listed else None,
    )


async def bundle(conn: AsyncConnection, credential_id: UUID, rules: RulesAt) -> bytes:
    """A CredentialBundle: the credential's own bytes, and beside them what it takes to check it without us; of an
    award, its parts and the `rules` that count them too.

    Receipt null = not anchored yet; reasons null = nothing in the list is set. Raises what `signed_document` raises.
    """
    found = await evidence(conn, credential_id)
    members = {
        "credential": found.signed.document,
        "anchorReceipt": found.signed.receipt,
        "didDocument": found.did_document,
        "statusListCredential": found.status_list,
        "statusReasons": found.status_reasons,
        "accreditation": await accrediting.edges_json(conn, found.institution.id),
        "accreditorDocuments": await _accreditors(conn, found.institution),
        "checkpoints": await checkpoints(conn, found.institution.id),
    }
    if found.signed.record.kind is CredentialKind.AWARD:
        members |= await bundled_parts(conn, found, rules)
    # Joined as bytes, so that each document stays exactly what was signed.
    joined = b",".join(json.dumps(name).encode() + b":" + (value or b"null") for name, value in members.items())
    return b'{"type":"CredentialBundle",' + joined + b"}"


async def _accreditors(conn: AsyncConnection, institution: Institution) -> bytes:
    """The keys and status lists of those behind an institution, by identifier or address; each as it is published."""
    documents = (await accrediting.published_behind(conn, institution)).documents
    listed = {name: data for name, data in documents.items() if data and name != institution.accreditations_url}
    return b"{" + b",".join(json.dumps(name).encode() + b":" + data for name, data in listed.items()) + b"}"


async def _receipt(conn: AsyncConnection, institution_id: UUID, digest: bytes | None) -> bytes | None:
    return await anchoring.find_receipt(conn, institution_id, digest) if digest else None


def _erased(record: Credential | None) -> NotFound:
    """Why a text is no longer had from us. The new one is not named: whom it names now may be nobody's business."""
    if record is not None and record.revoked_at is not None and record.kind is CredentialKind.RECORD:
        on = f"{record.revoked_at.day} {record.revoked_at:%B %Y}"
        if record.revocation_reason is RevocationReason.DETAILS_CHANGED:
            return NotFound(
                "record_replaced",
                f"This record was replaced on {on} because details in it were corrected. Ask the learner for the new "
                "one.",
            )
        if record.revocation_reason is RevocationReason.NEWER_RECORD:
            return NotFound(
                "record_replaced",
                f"This record was replaced by a newer one on {on}, and details in it were corrected since. Ask the "
                "learner for the new one.",
            )
    return NotFound(
        "edition_erased",
        "This edition of the credential no longer stands, and its text was erased for the learner's sake: details "
        "of the learner in it were wrong or have changed.",
    )


def _not_yet() -> NotFound:
    return NotFound("not_issued_yet", "This credential had not been issued on the day asked about.")
