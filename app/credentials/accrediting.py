"""Accrediting: a scheme operator or an awarding organisation signs who may issue, publishes it and can withdraw it.

Each accreditation is a credential of its own (`standards.accreditation`), kept and served as the bytes that were
signed and logged in the accreditor's log. What it grants is also written down for issuing (`institutions.granting`),
in the same transaction, so that what is issued here is what a verifier will find accredited.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import service as anchoring
from app.catalogue import service as catalogue
from app.credentials import status, store
from app.credentials.signing import Issuer
from app.errors import Conflict, NotAllowed, NotFound, Refused
from app.institutions import granting, roles
from app.institutions import service as institutions
from app.institutions.model import Institution
from app.institutions.roles import Role
from app.standards import accreditation, data_integrity, did, multikey, status_list
from app.standards.accreditation import ANY_QUALIFICATION, Action, Entity, QualificationReference
from app.standards.anchor_receipt import LeafKind, binding_digest

EVERY = "*"
"""Stands for every qualification where qualifications are named."""
_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Edge:
    """One accreditation as recorded. Both days are included; `qualification_ids` may be `EVERY`."""

    id: UUID
    parent_id: UUID
    child_id: UUID
    action: Action
    qualification_ids: tuple[str, ...]
    valid_from: date
    valid_until: date | None
    withdrawn_at: datetime | None
    document: bytes

    def in_force(self, on: date) -> bool:
        return (
            self.withdrawn_at is None and self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)
        )

    def names(self, qualification_id: str) -> bool:
        return qualification_id in self.qualification_ids or EVERY in self.qualification_ids

    def lasts_until(self, day: date | None) -> bool:
        """Whether it lasts at least as long as something that ends on `day` (None = never)."""
        return self.valid_until is None or (day is not None and day <= self.valid_until)


async def accredit(
    conn: AsyncConnection,
    parent: Issuer,
    child: Institution,
    qualification_ids: Sequence[str],
    *,
    valid_from: date,
    valid_until: date | None = None,
    now: datetime,
) -> Edge:
    """Sign, publish and log that `parent` accredits `child` for qualifications of the catalogue.

    What the child may do follows from the two roles. An awarding organisation passes on only what it was itself
    accredited for, and for no longer.

    Raises `Refused` (role_cannot_accredit, qualifications_missing, accreditation_dates_reversed),
    `NotFound("qualification_unknown")`, `Conflict("accreditation_duplicate")` or
    `NotAllowed("not_accredited_to_accredit")`.
    """
    action = roles.permitted_action(parent.institution.role, child.role)
    wanted = tuple(dict.fromkeys(qualification_ids))
    if not wanted or (EVERY in wanted and action is Action.ISSUE):
        raise Refused("qualifications_missing", "Name the qualifications that the provider may issue for.")
    if valid_until is not None and valid_until < valid_from:
        raise Refused("accreditation_dates_reversed", "The accreditation would end before it begins.")
    references = [await _reference(conn, child, qualification_id) for qualification_id in wanted]
    await _check_is_new(conn, parent.institution, child, action, wanted, valid_from, valid_until)
    if parent.institution.role is not Role.SCHEME_OPERATOR:
        await _check_may_pass_on(conn, parent.institution, wanted, valid_until, now.date())
    ((list_id, list_url, index),) = await status.allocate(conn, parent, 1, now)
    edge_id = uuid4()
    unsigned = accreditation.unsigned_accreditation(
        id=f"urn:uuid:{edge_id}",
        parent=parent.institution.did,
        child=await _entity(conn, child),
        action=action,
        qualifications=references,
        valid_from=_midnight(valid_from),
        valid_until=_midnight(valid_until + timedelta(days=1)) - timedelta(seconds=1) if valid_until else None,
        status=status_list.entry(list_url, index),
    )
    document, digest = sign_edge(parent, unsigned, now)
    await store.insert_edge(
        conn,
        {
            "id": edge_id,
            "parent_id": parent.institution.id,
            "child_id": child.id,
            "action": action,
            "qualification_ids": list(wanted),
            "valid_from": valid_from,
            "valid_until": valid_until,
            "status_list_id": list_id,
            "status_index": index,
            "document": document,
            "digest": digest,
            "signed_at": now,
        },
    )
    await anchoring.append(conn, parent.institution.id, [(LeafKind.ACCREDITATION, digest)], now)
    if action is Action.ISSUE:
        await granting.grant(conn, child.id, wanted, valid_from, valid_until, edge_id)
    return Edge(edge_id, parent.institution.id, child.id, action, wanted, valid_from, valid_until, None, document)


async def withdraw(conn: AsyncConnection, parent: Issuer, edge_id: UUID, reason: str, now: datetime) -> Edge:
    """Withdraw an accreditation at once: its place in the accreditor's status list is set, what it granted ends.

    Where it let an awarding organisation accredit, what that one granted for these qualifications ends with it.
    Raises `NotFound("accreditation_unknown")`, `Conflict("accreditation_withdrawn")` or `Refused("reason_invalid")`.
    """
    if not reason.strip() or len(reason) > 500:
        raise Refused("reason_invalid", "Give the reason, in up to 500 characters.")
    row = await store.lock_edge(conn, edge_id)
    if row is None or row.parent_id != parent.institution.id:
        raise NotFound("accreditation_unknown", "This institution gave no accreditation with this number.")
    if row.withdrawn_at is not None:
        raise Conflict("accreditation_withdrawn", "This accreditation was withdrawn before.")
    await store.set_edge_withdrawn(conn, edge_id, reason.strip(), now)
    await status.set_revoked(conn, parent, {row.status_list_id: [row.status_index]}, now)
    # The last day it covers is yesterday: nothing more is issued on the day of the withdrawal.
    last_day = now.date() - timedelta(days=1)
    if row.action == Action.ISSUE:
        await granting.end(conn, edge_id, last_day)
    else:
        await _end_below(conn, row.child_id, last_day, now.date())
    return _edge(row)


async def accreditor_of(conn: AsyncConnection, edge_id: UUID) -> UUID:
    """Who gave an accreditation; its row is not held. Raises `NotFound("accreditation_unknown")`."""
    accreditor = await store.find_accreditor(conn, edge_id)
    if accreditor is None:
        raise NotFound("accreditation_unknown", "There is no accreditation with this number here.")
    return accreditor


async def edges_of(conn: AsyncConnection, institution_id: UUID) -> tuple[Edge, ...]:
    """Every accreditation behind an institution, up to a scheme operator; newest first, its own before those above."""
    found: dict[UUID, Edge] = {}
    level = {institution_id}
    seen: set[UUID] = set()
    for _ in range(_LEVELS):
        rows = await store.edges_to(conn, level) if level else []
        found |= {row.id: _edge(row) for row in rows}
        seen |= level
        level = {row.parent_id for row in rows} - seen
    return tuple(found.values())


async def published(conn: AsyncConnection, institution: Institution) -> bytes:
    """The AccreditationList of an institution: every edge up to a root, each as the bytes that were signed."""
    head = json.dumps({"type": accreditation.LIST_TYPE, "subject": institution.did})[:-1].encode()
    return head + b',"accreditations":' + await edges_json(conn, institution.id) + b"}"


async def edges_json(conn: AsyncConnection, institution_id: UUID) -> bytes:
    """The edges alone as a JSON array: the "accreditation" member of a bundle."""
    edges = (await edges_of(conn, institution_id))[: accreditation.MAX_LISTED]
    return b"[" + b",".join(edge.document for edge in edges) + b"]"


@dataclass(frozen=True, slots=True)
class PublishedBehind:
    """What we publish of those who stand behind an institution: documents by DID or address, and who they are."""

    documents: Mapping[str, bytes | None]
    accreditors: tuple[Institution, ...]


async def published_behind(conn: AsyncConnection, institution: Institution) -> PublishedBehind:
    """The institution's list, and the DID documents and status lists of every accreditor in it."""
    documents: dict[str, bytes | None] = {institution.accreditations_url: await published(conn, institution)}
    accreditors: dict[UUID, Institution] = {}
    for edge in await edges_of(conn, institution.id):
        if edge.parent_id not in accreditors:
            parent = await institutions.get_by_id(conn, edge.parent_id)
            accreditors[parent.id] = parent
            documents[parent.did] = await institutions.published_did_document(conn, did=parent.did)
        url = accreditation.read_accreditation(json.loads(edge.document)).status_list
        if url not in documents:
            documents[url] = await status.published(conn, edge.parent_id, int(url.rpartition("/")[2]))
    return PublishedBehind(documents, tuple(accreditors.values()))


async def _check_is_new(
    conn: AsyncConnection,
    parent: Institution,
    child: Institution,
    action: Action,
    wanted: Sequence[str],
    valid_from: date,
    valid_until: date | None,
) -> None:
    await store.lock_accrediting(conn, parent.id, child.id)
    for edge in map(_edge, await store.edges_to(conn, [child.id])):
        if (
            (edge.parent_id, edge.action, edge.withdrawn_at) == (parent.id, action, None)
            and set(edge.qualification_ids) == set(wanted)
            and (edge.valid_from, edge.valid_until) == (valid_from, valid_until)
        ):
            raise Conflict(
                "accreditation_duplicate", f"{child.name} has this accreditation already, under number {edge.id}."
            )


async def _check_may_pass_on(
    conn: AsyncConnection, parent: Institution, wanted: Sequence[str], until: date | None, today: date
) -> None:
    # Nothing above can be withdrawn before this stands: the withdrawal would not know what to end.
    held = await _held_to_accredit(conn, parent.id, today, lock=True)
    for qualification_id in wanted:
        if not any(edge.names(qualification_id) and edge.lasts_until(until) for edge in held):
            raise NotAllowed(
                "not_accredited_to_accredit",
                f"{parent.name} is not itself accredited to let others issue for {qualification_id} for that long.",
            )


async def _held_to_accredit(
    conn: AsyncConnection, institution_id: UUID, today: date, *, lock: bool = False
) -> list[Edge]:
    edges = [_edge(row) for row in await store.edges_to(conn, [institution_id], lock=lock)]
    return [edge for edge in edges if edge.action is Action.ACCREDIT and edge.in_force(today)]


async def _end_below(conn: AsyncConnection, parent_id: UUID, last_day: date, today: date) -> None:
    """End what an awarding organisation granted and may no longer grant."""
    held = await _held_to_accredit(conn, parent_id, today)
    for row in await store.edges_from(conn, parent_id):
        lost = [name for name in row.qualification_ids if not any(edge.names(name) for edge in held)]
        if lost:
            await granting.end(conn, row.id, last_day, lost)


async def _reference(conn: AsyncConnection, child: Institution, qualification_id: str) -> QualificationReference:
    """As the badges name it: by number, or where it has none, by its parts and itself."""
    if qualification_id == EVERY:
        return QualificationReference(ANY_QUALIFICATION)
    qualification = await catalogue.get_qualification(conn, qualification_id)
    address = f"{child.public_url}/catalogue/qualifications/{qualification.id}"
    if qualification.number:
        return QualificationReference(address, qualification.number)
    parts = [f"units/{unit.id}" for unit in await catalogue.list_units(conn, qualification.id)]
    parts += [f"qualifications/{module.id}" for module in catalogue.modules_of(qualification.id)]
    return QualificationReference(address, None, tuple(f"{child.public_url}/catalogue/{part}" for part in parts))


async def _entity(conn: AsyncConnection, child: Institution) -> Entity:
    wallet = (await institutions.identity(conn, child.id)).wallet
    return Entity(
        did=child.did,
        name=child.name,
        ukprn=child.ukprn,
        recognition_number=child.recognition_number,
        wallet=did.WalletAddress(wallet.chain_id, wallet.address.lower()),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(tzinfo=UTC))


def sign_edge(parent: Issuer, unsigned: Mapping[str, Any], now: datetime) -> tuple[bytes, bytes]:
    """(document, binding digest). Raises `Refused("signature_not_verified")`: wrong keys publish nothing."""
    # Whoever waited for a change of keys has an older time: no key says that it signed before it was made.
    created = max(now, parent.identity.signing_key.created_at)
    signed = data_integrity.sign_jcs(unsigned, parent.key_id, created, parent.sign_bytes)
    proof = data_integrity.read_proof(signed)
    hash_data = data_integrity.hash_for(proof, signed, parent.canonical)
    public_key = multikey.decode_multikey(parent.identity.signing_key.public_key)
    if not data_integrity.verify_signature(public_key, proof.signature, hash_data):
        raise Refused("signature_not_verified", "The signing key is not the one this institution publishes.")
    document = json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()
    return document, binding_digest(hash_data, proof.signature)


def _edge(row: Row[Any]) -> Edge:
    return Edge(
        id=row.id,
        parent_id=row.parent_id,
        child_id=row.child_id,
        action=Action(row.action),
        qualification_ids=tuple(row.qualification_ids),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        withdrawn_at=row.withdrawn_at,
        document=row.document,
    )
