"""Issuing: check an order, prepare its document, sign what was prepared."""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import service as anchoring
from app.catalogue import service as catalogue
from app.catalogue.model import Ksb, Qualification, Unit
from app.credentials import status, store
from app.credentials.documents import issuer_profile, unit_achievement
from app.credentials.model import CredentialKind, CredentialState, Learner, Order
from app.credentials.signing import Issuer
from app.errors import Conflict, NotAllowed, Refused
from app.institutions import service as institutions
from app.institutions.model import Accreditation
from app.standards import data_integrity, open_badge, status_list
from app.standards.anchor_receipt import LeafKind
from app.standards.json_ld import NotCanonicalisable

SIGN_AT_ONCE = 500


async def order_units(
    conn: AsyncConnection,
    issuer: Issuer,
    wanted: Sequence[tuple[Learner, Unit, str, date]],
    today: date,
) -> list[Order]:
    """Orders for (learner, unit, grade, award date), each checked against accreditation and catalogue.

    Raises `Refused` (award_date_future, the codes of `Unit.findings_for_award`), `NotAllowed("not_accredited")` or
    `Conflict("award_duplicate")`.
    """
    accredited = await institutions.accreditations(conn, issuer.institution.id)
    qualifications: dict[str, Qualification] = {}
    achievements: dict[str, open_badge.Achievement] = {}
    orders = []
    for learner, unit, grade, awarded_on in wanted:
        check_result(unit, grade, awarded_on, today)
        if unit.qualification_id not in qualifications:
            qualifications[unit.qualification_id] = await catalogue.get_qualification(conn, unit.qualification_id)
        check_accredited(accredited, qualifications[unit.qualification_id], awarded_on, today)
        if unit.id not in achievements:
            ksbs = await _ksbs(conn, unit)
            qualification = qualifications[unit.qualification_id]
            achievements[unit.id] = unit_achievement(issuer.institution, qualification, unit, ksbs)
        orders.append(
            Order(
                learner=learner,
                achievement=achievements[unit.id],
                kind=CredentialKind.UNIT,
                qualification_id=unit.qualification_id,
                unit_id=unit.id,
                grade=grade,
                credits_earned=credits_earned(unit, grade),
                awarded_on=awarded_on,
            )
        )
    held = await store.held_units(
        conn, issuer.institution.id, [(order.learner.id, str(order.unit_id)) for order in orders]
    )
    if held:
        raise Conflict(
            "award_duplicate",
            f"{len(held)} of these results have a credential already. To change a grade, correct that one.",
        )
    return orders


async def prepare(
    conn: AsyncConnection, issuer: Issuer, orders: Sequence[Order], now: datetime, import_id: UUID | None = None
) -> list[UUID]:
    """Allocate identifiers and status places, and store each unsigned document (PREPARED); ids in order."""
    places = await status.allocate(conn, issuer, len(orders), now)
    profile = issuer_profile(issuer.institution)
    rows: list[Mapping[str, Any]] = []
    parts: list[Mapping[str, Any]] = []
    for order, (list_id, list_url, index) in zip(orders, places, strict=True):
        credential_id = uuid4()
        salt = secrets.token_urlsafe(16)
        document = open_badge.achievement_credential(
            profile,
            order.achievement,
            open_badge.Award(
                id=f"urn:uuid:{credential_id}",
                valid_from=now,
                awarded_on=order.awarded_on,
                learner_name=order.learner.name,
                email_hash=open_badge.hash_email(order.learner.email, salt),
                email_salt=salt,
                award_reference=secrets.token_urlsafe(12),
                grade=order.grade,
                credits_earned=order.credits_earned,
                status=status_list.entry(list_url, index),
                parts=order.parts,
                trace=order.trace,
            ),
        )
        rows.append(
            {
                "id": credential_id,
                "institution_id": issuer.institution.id,
                "learner_id": order.learner.id,
                "import_id": import_id,
                "kind": order.kind,
                "state": CredentialState.PREPARED,
                "qualification_id": order.qualification_id,
                "unit_id": order.unit_id,
                "grade": order.grade,
                "credits_earned": order.credits_earned,
                "awarded_on": order.awarded_on,
                "status_list_id": list_id,
                "status_index": index,
                "document": document_bytes(document),
                "created_at": now,
            }
        )
        parts += [{"award_id": credential_id, "part_id": part_id} for part_id in order.part_ids]
    await store.insert_credentials(conn, rows)
    await store.insert_parts(conn, parts)
    return [row["id"] for row in rows]


async def sign_prepared(
    conn: AsyncConnection,
    issuer: Issuer,
    reference: data_integrity.CanonicalForm,
    now: datetime,
    ids: Sequence[UUID] | None = None,
) -> int:
    """Sign up to `SIGN_AT_ONCE` prepared documents and queue their digests for the log; their number.

    `reference` is the full canonical form, against which one document of the batch, drawn at random, is compared.
    """
    rows = await store.lock_prepared(conn, issuer.institution.id, SIGN_AT_ONCE, ids)
    if not rows:
        return 0
    sample = secrets.choice(rows).id
    signed_rows = []
    for row in rows:
        if row.id == sample:
            compare_forms(issuer, reference, json.loads(row.document))
        signed, digest = issuer.sign_prepared(row.document, now)
        signed_rows.append({"row_id": row.id, "signed": signed, "binding": digest})
    await store.store_signed(conn, signed_rows, now)
    digests = [(LeafKind.CREDENTIAL, bytes(row["binding"])) for row in signed_rows]
    await anchoring.append(conn, issuer.institution.id, digests, now)
    return len(rows)


def check_accredited(accredited: Sequence[Accreditation], qualification: Qualification, *on: date) -> None:
    """Each of the days must be covered: the day of the award, and today, on which a verifier looks for it.

    Raises `NotAllowed("not_accredited")`.
    """
    held = [item for item in accredited if item.qualification_id == qualification.id]
    for day in on:
        if any(item.covers(day) for item in held):
            continue
        raise NotAllowed(
            "not_accredited",
            f"This institution was not approved to issue for {qualification.title} on {day.day} {day:%B %Y}.",
        )


def check_result(unit: Unit, grade: str, awarded_on: date, today: date) -> None:
    """Raises `Refused` (award_date_future, the codes of `Unit.findings_for_award`)."""
    if awarded_on > today:
        raise Refused("award_date_future", "The award date lies in the future.")
    for finding in unit.findings_for_award(grade, awarded_on):
        if finding.severity == "error":
            raise Refused(finding.code, finding.message)


def credits_earned(unit: Unit, grade: str) -> int | None:
    """The unit's credits if `grade` passes, else 0; None where the unit carries none."""
    return None if unit.credits is None else unit.credits if unit.is_pass(grade) else 0


def compare_forms(issuer: Issuer, reference: data_integrity.CanonicalForm, document: Mapping[str, Any]) -> None:
    """Compare the issuer's canonical form of `document` with the full one. Raises `Refused` or `RuntimeError`."""
    try:
        same = issuer.canonical.n_quads(document) == reference.n_quads(document)
    except NotCanonicalisable as error:
        raise Refused(error.code, f"This cannot be signed. {error}") from None
    if not same:
        raise RuntimeError("the compiled canonical form differs from the full one: nothing was signed")


async def _ksbs(conn: AsyncConnection, unit: Unit) -> dict[str, Ksb]:
    return {ksb.id: ksb for ksb in await catalogue.get_ksbs(conn, {mapping.ksb_id for mapping in unit.ksbs})}


def document_bytes(document: Mapping[str, Any]) -> bytes:
    """As it is stored and served."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
