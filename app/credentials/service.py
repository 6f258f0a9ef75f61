"""Use cases of credentials: become an issuer, issue, look up, withdraw; and, from modules of their own, the others."""

from collections.abc import Collection
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app import jobs
from app.anchoring import service as anchoring
from app.catalogue import service as catalogue
from app.credentials import issuing, keys, learners, status, store
from app.credentials.correcting import correct as correct
from app.credentials.model import (
    ACHIEVEMENTS,
    CohortImport,
    Credential,
    CredentialKind,
    CredentialState,
    Edition,
    ImportProgress,
    ImportState,
    Learner,
)
from app.credentials.naming import change_name as change_name
from app.credentials.publishing import bundle as bundle
from app.credentials.publishing import document as document
from app.credentials.publishing import evidence as evidence
from app.credentials.publishing import newest_document as newest_document
from app.credentials.publishing import newest_evidence as newest_evidence
from app.credentials.publishing import receipt_of_edition as receipt_of_edition
from app.credentials.publishing import signed_document as signed_document
from app.credentials.signing import Issuer
from app.credentials.withdrawing import revoke as revoke
from app.errors import NotFound, Refused
from app.institutions import service as institutions
from app.institutions.ports import KeyStore
from app.institutions.roles import Role
from app.standards import clr, open_badge, strict_json
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
    domain: str | None = None,
    role: Role = Role.PROVIDER,
    recognition_number: str = "",
    wallet: tuple[str, str] | None = None,
) -> Issuer:
    """Register an institution and give it what issuing needs: a log, an entry for its DID, a status list.

    Raises what `institutions.register` raises.
    """
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
        domain=domain,
        role=role,
        recognition_number=recognition_number,
        wallet=wallet,
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
    issuer = await keys.publish(conn, issuer, now)
    await status.open_list(conn, issuer, now)
    return issuer


async def issuer_of(
    conn: AsyncConnection, keystore: KeyStore, canonical: CanonicalForm, institution_id: UUID
) -> Issuer:
    """Who signs, until the caller's transaction ends. Raises what `institutions.identity` raises."""
    return Issuer(await institutions.identity(conn, institution_id, for_signing=True), keystore, canonical)


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
    """Issue one credential for one result, signed at once; a job makes the award it may complete.

    Raises what `issuing` raises.
    """
    unit = await catalogue.find_component(conn, qualification, component)
    learner = (await store.save_learners(conn, issuer.institution.id, {uln: (learner_name, email)}))[uln]
    orders = await issuing.order_units(conn, issuer, [(learner, unit, grade, awarded_on)], now.date())
    ids = await issuing.prepare(conn, issuer, orders, now)
    await issuing.sign_prepared(conn, issuer, reference, now, ids)
    institution_id = issuer.institution.id
    await jobs.enqueue(
        conn,
        jobs.AWARD_LEARNER,
        lock=f"issue:{institution_id}",
        institution_id=str(institution_id),
        learner_id=str(learner.id),
    )
    return await get(conn, institution_id, ids[0])


async def issue_import(
    conn: AsyncConnection, issuer: Issuer, reference: CanonicalForm, import_id: UUID, now: datetime
) -> bool:
    """Sign the next batch of an import. True while there is more to sign; each call is its own transaction."""
    if await issuing.sign_prepared(conn, issuer, reference, now):
        return True
    await store.set_import_state(conn, import_id, state=ImportState.ISSUED, issued_at=now)
    await jobs.enqueue(conn, jobs.AWARD_STACKS, lock=f"issue:{issuer.institution.id}", import_id=str(import_id))
    return False


async def find_import(conn: AsyncConnection, import_id: UUID, institution_id: UUID | None = None) -> CohortImport:
    """An import; of `institution_id` alone when given. Raises `NotFound("import_unknown")`."""
    cohort = await store.find_import(conn, id=import_id)
    if cohort is None or institution_id not in (None, cohort.institution_id):
        raise NotFound("import_unknown", "There is no such import at this institution.")
    return cohort


async def request_unfinished(conn: AsyncConnection) -> None:
    """Enqueue again what imports still lack; the net under the job of the import itself."""
    for cohort in await store.unfinished_imports(conn):
        task = jobs.ISSUE_IMPORT if cohort.state is ImportState.COMMITTED else jobs.AWARD_STACKS
        await jobs.enqueue(conn, task, lock=f"issue:{cohort.institution_id}", import_id=str(cohort.id))


async def finish_import(conn: AsyncConnection, import_id: UUID) -> None:
    """Record that the awards an import completed are made."""
    await store.set_import_state(conn, import_id, state=ImportState.AWARDED)


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
    conn: AsyncConnection, institution_id: UUID, *, limit: int | None = 100, offset: int = 0
) -> tuple[Credential, ...]:
    return await store.list_credentials(conn, institution_id, limit=limit, offset=offset)


async def held_by(conn: AsyncConnection, institution_id: UUID, learner_id: UUID) -> tuple[Credential, ...]:
    """What a learner achieved: signed credentials, withdrawn ones included, by award date. Records are none of it."""
    return await store.list_credentials(
        conn, institution_id, kinds=ACHIEVEMENTS, learner_id=learner_id, state=CredentialState.SIGNED
    )


async def lock_held_by_each(
    conn: AsyncConnection, institution_id: UUID, learner_ids: Collection[UUID]
) -> dict[UUID, tuple[Credential, ...]]:
    """Learner id -> signed credentials (withdrawn ones included) and awards, even those not signed yet.

    None of them can be withdrawn until the caller's transaction ends; one being withdrawn is waited for.
    """
    held: dict[UUID, list[Credential]] = {learner_id: [] for learner_id in learner_ids}
    for credential in await store.lock_held(conn, institution_id, learner_ids):
        if credential.learner_id is not None:
            held[credential.learner_id].append(credential)
    return {learner_id: tuple(found) for learner_id, found in held.items()}


async def get_learner(conn: AsyncConnection, institution_id: UUID, learner_id: UUID) -> Learner:
    """Raises `NotFound("learner_unknown")`."""
    return await learners.find_learner(conn, institution_id, learner_id)


async def institution_of_learner(conn: AsyncConnection, learner_id: UUID) -> UUID | None:
    """Whose learner it is."""
    return await store.institution_of_learner(conn, learner_id)


async def get_learners(
    conn: AsyncConnection, institution_id: UUID, learner_ids: Collection[UUID]
) -> tuple[Learner, ...]:
    """Those of the learners that are the institution's."""
    return await store.list_learners(conn, institution_id, learner_ids)


async def learners_of_import(conn: AsyncConnection, institution_id: UUID, import_id: UUID) -> tuple[Learner, ...]:
    """Raises `NotFound("import_unknown")`."""
    await find_import(conn, import_id, institution_id)
    return await store.list_learners(conn, institution_id, await store.learners_of_import(conn, import_id))


async def documents(conn: AsyncConnection, ids: list[UUID]) -> dict[UUID, bytes]:
    """The signed bytes of credentials, by id."""
    return await store.documents_of(conn, ids)


async def editions_of(conn: AsyncConnection, institution_id: UUID, credential_id: UUID) -> tuple[Edition, ...]:
    """Every signed edition of a credential, oldest first. Raises `NotFound("credential_unknown")`."""
    record = await get(conn, institution_id, credential_id)
    past = await store.list_editions(conn, credential_id)
    if record.digest is None:
        return past
    kept = bool(await store.documents_of(conn, [credential_id]))
    return (*past, Edition(record.edition, record.digest, record.valid_from, None, None, kept))


async def list_imports(conn: AsyncConnection, institution_id: UUID) -> tuple[CohortImport, ...]:
    """Oldest first."""
    return await store.list_imports(conn, institution_id)


async def import_progress(conn: AsyncConnection, cohort: CohortImport) -> ImportProgress:
    """How many of an import's credentials are prepared, signed and in the public register."""
    prepared, signed = await store.import_progress(conn, cohort.id)
    digests = await store.digests_of_import(conn, cohort.id)
    anchored = await anchoring.anchored(conn, cohort.institution_id, digests)
    return ImportProgress(prepared, signed, len(anchored))


async def search_learners(
    conn: AsyncConnection, institution_id: UUID, *, name: str = "", uln: str = "", email: str = "", limit: int = 50
) -> tuple[Learner, ...]:
    """Learners by part of the name, or by the whole ULN or e-mail. Raises `Refused("search_empty")`."""
    if not (len(name.strip()) >= 2 or uln or email):
        raise Refused("search_empty", "Give at least two letters of the name, or the whole ULN or e-mail address.")
    return await store.search_learners(
        conn, institution_id, name=name.strip(), uln=uln.strip(), email=email.strip(), limit=limit
    )


async def review_dependents(conn: AsyncConnection, part_id: UUID) -> list[UUID]:
    """Flag every award and record in force that relied on a part since withdrawn or corrected; their ids."""
    part = await store.find_credential(conn, part_id)
    if part is None or part.digest is None:
        return []
    if part.revoked_at is not None:
        return await store.mark_for_review(conn, part_id, f"{part.uri} was withdrawn: {part.revocation_reason}")
    if part.corrected_at is None:
        return []
    # Not what was made, or made anew, since: an award names the edition that is in force, a record holds it.
    data = await document(conn, part_id)
    named, current = open_badge.digest_sri(data), strict_json.parse_object(data)
    stale = [
        award_id
        for award_id, data in (await store.documents_naming(conn, part_id, CredentialKind.AWARD)).items()
        if (part.uri, named) not in open_badge.related_digests(strict_json.parse_object(data))
    ]
    stale += [
        record_id
        for record_id, data in (await store.documents_naming(conn, part_id, CredentialKind.RECORD)).items()
        if current not in clr.embedded(strict_json.parse_object(data, clr.MAX_BYTES))
    ]
    return await store.mark_for_review(conn, part_id, f"{part.uri} was corrected", stale) if stale else []
