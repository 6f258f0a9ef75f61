"""Credit of other institutions that counts here: what was agreed, and what linked learners hold under it.

Only passed units count, on the other institution's own credential, awarded on a day on which the agreement ran. A cap
is filled by the day of the award; what would go beyond it is left out, and so is a unit that is held here too. Where a
rule set has limits of its own for transferred credit, they hold as well.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue import service as catalogue
from app.credentials import service as credentials
from app.credentials.model import Credential, CredentialKind, CredentialState
from app.credentials.signing import Issuer
from app.errors import Conflict, NotFound, Refused
from app.institutions.model import Institution
from app.stacking import store
from app.standards import credit_transfer, data_integrity, strict_json
from app.standards.credit_transfer import CreditTransferAgreement

LIST_TYPE: Final = "CreditTransferAgreementList"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What `receiver_id` takes from `giver_id`. Both days are included; `document` is the signed statement."""

    id: UUID
    receiver_id: UUID
    giver_id: UUID
    qualification_ids: tuple[str, ...]
    unit_ids: tuple[str, ...]
    most_credits: int | None
    valid_from: date
    valid_until: date | None
    document: bytes

    def covers(self, credential: Credential) -> bool:
        """Whether a unit, of the giver, may be taken."""
        named = credential.qualification_id in self.qualification_ids or credential.unit_id in self.unit_ids
        ran = self.valid_from <= credential.awarded_on
        return named and ran and (self.valid_until is None or credential.awarded_on <= self.valid_until)


async def agree(
    conn: AsyncConnection,
    issuer: Issuer,
    giver: Institution,
    *,
    qualification_ids: Sequence[str] = (),
    unit_ids: Sequence[str] = (),
    most_credits: int | None = None,
    valid_from: date,
    valid_until: date | None = None,
    now: datetime,
) -> Agreement:
    """Sign that `issuer` takes credit from `giver`; published at once.

    Raises `Refused` (agreement_empty, agreement_dates_reversed, agreement_cap, same_institution) or `NotFound`
    (qualification_unknown, unit_unknown).
    """
    receiver = issuer.institution
    if giver.id == receiver.id:
        raise Refused("same_institution", "An institution needs no agreement with itself.")
    if not qualification_ids and not unit_ids:
        raise Refused("agreement_empty", "Name the qualifications or units that are taken.")
    if valid_until is not None and valid_until < valid_from:
        raise Refused("agreement_dates_reversed", "The agreement would end before it begins.")
    if most_credits is not None and not 0 < most_credits < 10_000:
        raise Refused("agreement_cap", "A cap is a number of credits from 1 to 9,999; without one there is no cap.")
    qualifications = tuple(dict.fromkeys(qualification_ids))
    units = tuple(dict.fromkeys(unit_ids))
    await catalogue.get_qualifications(conn, qualifications)
    for unit_id in units:
        await catalogue.get_unit(conn, unit_id)
    agreement_id = uuid4()
    catalogue_url = f"{receiver.public_url}/catalogue"
    document = _signed(
        issuer,
        CreditTransferAgreement(
            id=f"urn:uuid:{agreement_id}",
            issuer=receiver.did,
            takes_from=giver.did,
            qualifications=tuple(f"{catalogue_url}/qualifications/{each}" for each in qualifications),
            units=tuple(f"{catalogue_url}/units/{each}" for each in units),
            most_credits=most_credits,
            since=valid_from,
            until=valid_until,
            made=now,
        ),
        now,
    )
    made = Agreement(
        agreement_id, receiver.id, giver.id, qualifications, units, most_credits, valid_from, valid_until, document
    )
    await store.insert_agreement(
        conn,
        {
            "id": made.id,
            "receiver_id": made.receiver_id,
            "giver_id": made.giver_id,
            "qualification_ids": list(qualifications),
            "unit_ids": list(units),
            "most_credits": most_credits,
            "valid_from": valid_from,
            "valid_until": valid_until,
            "document": document,
            "signed_at": now,
        },
    )
    return made


async def end(conn: AsyncConnection, issuer: Issuer, agreement_id: UUID, last_day: date, now: datetime) -> Agreement:
    """Sign an agreement again with its last day; what was awarded until then counts as before.

    Raises `NotFound("agreement_unknown")`, `Refused("agreement_dates_reversed")` or `Conflict("agreement_ended")`.
    """
    row = await store.find_agreement(conn, agreement_id, lock=True)
    if row is None or row.receiver_id != issuer.institution.id:
        raise NotFound("agreement_unknown", "There is no such agreement of this institution.")
    if row.valid_until is not None and row.valid_until <= last_day:
        raise Conflict("agreement_ended", "This agreement ends by then already.")
    if last_day < row.valid_from:
        raise Refused("agreement_dates_reversed", "The agreement would end before it begins.")
    before = credit_transfer.read(strict_json.parse_object(row.document))
    document = _signed(issuer, replace(before, until=last_day, made=now), now)
    await store.replace_agreement(conn, agreement_id, last_day, document, now)
    return replace(_agreement(row), valid_until=last_day, document=document)


async def agreements(conn: AsyncConnection, institution_id: UUID) -> tuple[Agreement, ...]:
    """What an institution takes from others, oldest first; those that ended included."""
    return tuple(map(_agreement, await store.agreements_from(conn, institution_id)))


async def published(conn: AsyncConnection, institution: Institution) -> bytes:
    """The signed agreements of an institution, those that ended included, as everybody may read them."""
    documents = b",".join(one.document for one in await agreements(conn, institution.id))
    head = json.dumps({"type": LIST_TYPE, "institution": institution.did}, separators=(",", ":")).encode()
    return head[:-1] + b',"agreements":[' + documents + b"]}"


async def transferred(
    conn: AsyncConnection, institution_id: UUID, learner_ids: Collection[UUID]
) -> dict[UUID, tuple[Credential, ...]]:
    """Learner of the institution -> units of other institutions that count here, withdrawn ones included.

    None of them can be withdrawn until the caller's transaction ends.
    """
    agreed = await agreements(conn, institution_id)
    found: dict[UUID, tuple[Credential, ...]] = {}
    if not agreed:
        return found
    for learner_id, other_id, giver_id in await store.linked_to(conn, learner_ids):
        theirs = [one for one in agreed if one.giver_id == giver_id]
        if theirs:
            held = await credentials.lock_held_by_each(conn, giver_id, [other_id])
            here = await credentials.held_by(conn, institution_id, learner_id)
            taken = {one.unit_id for one in here if one.revoked_at is None}
            # Prior learning that another institution recognised is for each institution to look at itself.
            recognised = await store.recognised_among(conn, [one.id for one in held[other_id]])
            earned = [one for one in held[other_id] if one.id not in recognised]
            units = await _taken(conn, theirs, earned, {unit for unit in taken if unit is not None})
            found[learner_id] = (*found.get(learner_id, ()), *units)
    return found


async def _taken(
    conn: AsyncConnection, agreed: Sequence[Agreement], held: Sequence[Credential], here: Collection[str]
) -> list[Credential]:
    known = await catalogue.get_qualifications(conn, {one.qualification_id for one in held})
    units = {unit.id: unit for qualification in known.values() for unit in qualification.units}
    left = {one.id: one.most_credits for one in agreed}
    found = []
    for credential in sorted(held, key=lambda one: (one.awarded_on, one.id)):
        unit = units.get(credential.unit_id or "")
        is_unit = credential.kind is CredentialKind.UNIT and credential.state is CredentialState.SIGNED
        if unit is None or not is_unit or unit.id in here or not unit.is_pass(credential.grade):
            continue
        size = unit.credits or 0
        for agreement in agreed:
            room = left[agreement.id]
            if not agreement.covers(credential) or (room is not None and size > room):
                continue
            if credential.revoked_at is None and room is not None:
                left[agreement.id] = room - size
            found.append(credential)
            break
    return found


def _signed(issuer: Issuer, agreement: CreditTransferAgreement, now: datetime) -> bytes:
    unsigned = credit_transfer.unsigned(agreement)
    signed = data_integrity.sign_jcs(unsigned, issuer.key_id, now, issuer.sign_bytes)
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()


def _agreement(row: Row[Any]) -> Agreement:
    return Agreement(
        id=row.id,
        receiver_id=row.receiver_id,
        giver_id=row.giver_id,
        qualification_ids=tuple(row.qualification_ids),
        unit_ids=tuple(row.unit_ids),
        most_credits=row.most_credits,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        document=row.document,
    )
