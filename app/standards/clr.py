"""Comprehensive Learner Record 2.0: building an unsigned ClrCredential (1EdTech Comprehensive Learner Record 2.0).

A record holds complete signed credentials, each with its own contexts and proof, as they were issued. What it adds is
the issuer's word that they are about one person, and how the achievements relate. An embedded credential must come out
of it equal to what went in: each verifies on its own.

Rules beyond the specification, as for our badges: `extensions.json` among the contexts, no `credentialSubject.id`, no
ULN or date of birth in any form, plain strings, one status entry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.standards import open_badge, vc
from app.standards.open_badge import Achievement, Profile

CONTEXT = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
CONTEXTS = (vc.CONTEXT, CONTEXT, open_badge.CONTEXT, open_badge.EXTENSIONS)
SCHEMA = "https://purl.imsglobal.org/spec/clr/v2p0/schema/json/clr_v2p0_clrcredential_schema.json"
TYPE = "ClrCredential"
MAX_CREDENTIALS = 50
"""In one record: as many as a verifier checks at once, each of them being checked with it."""
MAX_BYTES = 900_000
"""The largest record: with all it takes to check it, it must fit into the 1,000,000 bytes that a verifier reads."""


class AssociationType(StrEnum):
    """How a source achievement relates to a target. Of the specification's eight, those we state."""

    IS_CHILD_OF = "isChildOf"
    IS_PART_OF = "isPartOf"
    PRECEDES = "precedes"


@dataclass(frozen=True, slots=True)
class Association:
    """The achievement `source_id` stands in this relation to the achievement `target_id`."""

    type: AssociationType
    source_id: str
    target_id: str


@dataclass(frozen=True, slots=True)
class Record:
    """A learner's record. `credentials` are complete signed credentials, parsed from the bytes that were signed.

    `partial` says that the issuer knows of more than is here. `achievements` are those that associations name and no
    credential of the record asserts. `email_salt` is printable.
    """

    id: str
    name: str
    valid_from: datetime
    learner_name: str
    email_hash: str
    email_salt: str
    record_reference: str
    credentials: Sequence[Mapping[str, Any]]
    status: dict[str, Any]
    partial: bool = False
    achievements: Sequence[Achievement] = ()
    associations: Sequence[Association] = ()


def embedded(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The credentials inside a record made here; none in any other document."""
    inside: list[dict[str, Any]] = document["credentialSubject"].get("verifiableCredential", [])
    return inside


def clr_credential(issuer: Profile, record: Record) -> dict[str, Any]:
    """The unsigned record, members in reading order. Raises `ValueError` for a record without credentials."""
    if not record.credentials:
        raise ValueError("a record holds at least one credential")
    subject: dict[str, Any] = {
        "type": ["ClrSubject"],
        "identifier": open_badge.learner_json(
            record.learner_name, record.email_hash, record.email_salt, record.record_reference
        ),
        "verifiableCredential": list(record.credentials),
    }
    if record.achievements:
        subject["achievement"] = [open_badge.achievement_json(achievement) for achievement in record.achievements]
    if record.associations:
        subject["association"] = [
            {
                "type": "Association",
                "associationType": association.type.value,
                "sourceId": association.source_id,
                "targetId": association.target_id,
            }
            for association in record.associations
        ]
    return {
        "@context": list(CONTEXTS),
        "id": record.id,
        "type": ["VerifiableCredential", TYPE],
        "issuer": open_badge.profile_json(issuer),
        "validFrom": vc.timestamp(record.valid_from),
        "name": record.name,
        "partial": record.partial,
        "credentialSubject": subject,
        "credentialStatus": record.status,
        "credentialSchema": [{"id": SCHEMA, "type": open_badge.SCHEMA_TYPE}],
    }
