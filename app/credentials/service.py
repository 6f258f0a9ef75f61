"""Use cases of credentials: become an issuer, issue one, read, bundle, withdraw, audit."""

import json
from collections.abc import AsyncIterator
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app import jobs
from app.anchoring import service as anchoring
from app.catalogue import service as catalogue
from app.credentials import issuing, status, store
from app.credentials.model import CohortImport, Credential, CredentialState, Learner, RevocationReason
from app.credentials.signing import Issuer
from app.errors import Conflict, NotFound, Refused
from app.institutions import service as institutions
from app.institutions.ports import KeyStore
from app.standards import status_list, strict_json
from app.standards.anchor_receipt import LeafKind
from app.standards.data_integrity import CanonicalForm


async def become_issuer(
    conn: AsyncConnection,
    keystore: KeyStore,
    canonical: CanonicalForm,
    *,
    slug: str,
    name: str,
    ukprn: str,
    public_url: str,
    chain_id: int,
    contract: str,
    now: datetime,
) -> Issuer:
    """Register an institution and give it what issuing needs: a log, an entry for its DID, a status list."""
    identity, did_document = await institutions.register(
        conn,
        keystore,
        slug=slug,
        name=name,
        ukprn=ukprn,
        public_url=public_url,
        chain_id=chain_id,
        contract=contract,
        now=now,
    )
    issuer = Issuer(identity, keystore, canonical)
    await anchoring.open_log(
        conn,
        owner=identity.institution.id,
        owner_did=identity.institution.did,
        address=identity.wallet.address,
        keystore=identity.wallet.keystore,
        chain_id=chain_id,
        contract=contract,
    )
    digest = sha256(did_document).digest()
    await anchoring.append(conn, identity.institution.id, [(LeafKind.DID_DOCUMENT, digest)], now)
    await status.open_list(conn, issuer, now)
    return issuer


async def issuer_of(
    conn: AsyncConnection, keystore: KeyStore, canonical: CanonicalForm, institution_id: UUID
) -> Issuer:
    """Raises what `institutions.identity` raises."""
    return Issuer(await institutions.identity(conn, institution_id), keystore, canonical)


async def issue_one(
    conn: AsyncConnection,
    issuer: Issuer,
    reference: CanonicalForm,
    *,
    learner_name: str,
    uln: str,
    email: str,
    qualification: str,
    component: str,
    grade: str,
    awarded_on: date,
    now: datetime,
) -> Credential:
    """Issue one credential for one result, signed at once. Raises what `issuing` raises."""
    unit = await catalogue.find_component(conn, qualification, component)
    learners = await store.save_learners(conn, issuer.institution.id, {uln: (learner_name, email)})
    orders = await issuing.order_units(conn, issuer, [(learners[uln], unit, grade, awarded_on)], now.date())
    ids = await issuing.prepare(conn, issuer, orders, now)
    await issuing.sign_prepared(conn, issuer, reference, now, ids)
    return await get(conn, issuer.institution.id, ids[0])


async def issue_import(
    conn: AsyncConnection, issuer: Issuer, reference: CanonicalForm, import_id: UUID, now: datetime
) -> bool:
    """Sign the next batch of an import. True while there is more to sign; each call is its own transaction."""
    if await issuing.sign_prepared(conn, issuer, reference, now):
        return True
    await store.set_import_issued(conn, import_id, now)
    await jobs.enqueue(conn, jobs.AWARD_STACKS, lock=f"issue:{issuer.institution.id}", import_id=str(import_id))
    return False


async def find_import(conn: AsyncConnection, import_id: UUID, institution_id: UUID | None = None) -> CohortImport:
    """An import; of `institution_id` alone when given. Raises `NotFound("import_unknown")`."""
    cohort = await store.find_import(conn, id=import_id)
    if cohort is None or institution_id not in (None, cohort.institution_id):
        raise NotFound("import_unknown", "There is no such import at this institution.")
    return cohort


async def get(conn: AsyncConnection, institution_id: UUID, credential_id: UUID) -> Credential:
    """Raises `NotFound("credential_unknown")` for another institution's credential too."""
    credential = await store.find_credential(conn, credential_id)
    if credential is None or credential.institution_id != institution_id:
        raise NotFound("credential_unknown", "There is no credential with this number here.")
    return credential


async def find(conn: AsyncConnection, credential_id: UUID) -> Credential | None:
    """A credential by its unguessable id, whoever issued it."""
    return await store.find_credential(conn, credential_id)


async def list_issued(
    conn: AsyncConnection, institution_id: UUID, *, limit: int = 100, offset: int = 0
) -> tuple[Credential, ...]:
    return await store.list_credentials(conn, institution_id, limit=limit, offset=offset)


async def held_by(conn: AsyncConnection, institution_id: UUID, learner_id: UUID) -> tuple[Credential, ...]:
    """A learner's signed credentials, withdrawn ones included, by award date."""
    return await store.list_credentials(conn, institution_id, learner_id=learner_id, state=CredentialState.SIGNED)


async def get_learner(conn: AsyncConnection, institution_id: UUID, learner_id: UUID) -> Learner:
    """Raises `NotFound("learner_unknown")`."""
    learner = await store.find_learner(conn, institution_id, learner_id)
    if learner is None:
        raise NotFound("learner_unknown", "There is no such learner at this institution.")
    return learner


async def learners_of_import(conn: AsyncConnection, institution_id: UUID, import_id: UUID) -> tuple[Learner, ...]:
    """Raises `NotFound("import_unknown")`."""
    await find_import(conn, import_id, institution_id)
    return await store.list_learners(conn, institution_id, await store.learners_of_import(conn, import_id))


async def documents(conn: AsyncConnection, ids: list[UUID]) -> dict[UUID, bytes]:
    """The signed bytes of credentials, by id."""
    return await store.documents_of(conn, ids)


async def document(conn: AsyncConnection, credential_id: UUID) -> bytes:
    """The bytes that were signed. Raises `NotFound("credential_unknown")`."""
    found = await store.find_signed(conn, credential_id)
    if found is None:
        raise NotFound("credential_unknown", "There is no credential with this number here.")
    return found[0]


async def bundle(conn: AsyncConnection, credential_id: UUID) -> bytes:
    """A CredentialBundle: the credential's own bytes, and beside them what it takes to check it without us.

    Receipt null = not anchored yet. Raises `NotFound("credential_unknown")`.
    """
    found = await store.find_signed(conn, credential_id)
    if found is None:
        raise NotFound("credential_unknown", "There is no credential with this number here.")
    signed, digest, institution_id = found
    receipt = await anchoring.find_receipt(conn, institution_id, digest)
    institution = (await institutions.identity(conn, institution_id)).institution
    did_document = await institutions.published_did_document(conn, did=institution.did)
    list_url, _ = status_list.read_entry(strict_json.parse_object(signed)) or ("", 0)
    listed = await status.published(conn, institution_id, int(list_url.rpartition("/")[2]))
    members = {
        "credential": signed,
        "anchorReceipt": receipt,
        "didDocument": did_document,
        "statusListCredential": listed,
    }
    # Joined as bytes, so that each document stays exactly what was signed.
    joined = b",".join(json.dumps(name).encode() + b":" + (value or b"null") for name, value in members.items())
    return b'{"type":"CredentialBundle",' + joined + b"}"


async def revoke(
    conn: AsyncConnection,
    issuer: Issuer,
    credential_id: UUID,
    *,
    reason: str,
    note: str = "",
    now: datetime,
) -> Credential:
    """Withdraw a credential: its place in the status list is set and the list signed again, at once.

    Awards that name it are reviewed by a job of the same transaction. Raises `Refused` (reason_unknown,
    note_too_long, not_signed_yet), `Conflict("already_revoked")` or `NotFound("credential_unknown")`.
    """
    try:
        why = RevocationReason(reason)
    except ValueError:
        known = ", ".join(RevocationReason)
        raise Refused("reason_unknown", f"Choose one of these reasons: {known}.") from None
    if len(note) > 500:
        raise Refused("note_too_long", "The note may have up to 500 characters.")
    credential = await store.find_credential(conn, credential_id, lock=True)
    if credential is None or credential.institution_id != issuer.institution.id:
        raise NotFound("credential_unknown", "There is no credential with this number here.")
    if credential.state is not CredentialState.SIGNED:
        raise Refused("not_signed_yet", "This credential is still being made; try again in a minute.")
    if credential.revoked_at is not None:
        raise Conflict("already_revoked", "This credential was withdrawn before.")
    list_id, index = await store.set_revoked(conn, credential_id, why, note, now)
    await status.set_revoked(conn, issuer, list_id, index, now)
    await jobs.enqueue(conn, jobs.REVIEW_STACKS, credential_id=str(credential_id))
    return await get(conn, issuer.institution.id, credential_id)


async def review_dependents(conn: AsyncConnection, part_id: UUID) -> list[UUID]:
    """Flag every award in force that relied on a withdrawn credential; their ids."""
    part = await store.find_credential(conn, part_id)
    if part is None or part.revoked_at is None:
        return []
    return await store.mark_for_review(conn, part_id, f"{part.uri} was withdrawn: {part.revocation_reason}")


async def signed_digests(conn: AsyncConnection, institution_id: UUID) -> AsyncIterator[tuple[UUID, bytes, bytes]]:
    """(id, document, recorded digest) of every signed credential, for the audit."""
    for row in await store.signed_documents(conn, institution_id):
        yield row.id, row.document, row.digest
