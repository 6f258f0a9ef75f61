"""Open Badges 3.0: building an unsigned EndorsementCredential (1EdTech Open Badges Specification v3.0).

One organisation's signed word about an achievement, a credential or another organisation. It says nothing of a
learner, and what it endorses is named by identifier alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.standards import open_badge, vc
from app.standards.open_badge import Profile

SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_endorsementcredential_schema.json"
TYPE = "EndorsementCredential"


@dataclass(frozen=True, slots=True)
class Endorsement:
    """`endorsed_id` is the identifier of an achievement, a credential or a profile; `comment` is plain words."""

    id: str
    name: str
    endorsed_id: str
    comment: str
    valid_from: datetime
    status: dict[str, Any]


def endorsement_credential(issuer: Profile, endorsement: Endorsement) -> dict[str, Any]:
    """The unsigned credential, members in reading order."""
    return {
        "@context": list(open_badge.CONTEXTS),
        "id": endorsement.id,
        "type": ["VerifiableCredential", TYPE],
        "issuer": open_badge.profile_json(issuer),
        "validFrom": vc.timestamp(endorsement.valid_from),
        "name": endorsement.name,
        "credentialSubject": {
            "id": endorsement.endorsed_id,
            "type": ["EndorsementSubject"],
            "endorsementComment": endorsement.comment,
        },
        "credentialStatus": endorsement.status,
        "credentialSchema": [{"id": SCHEMA, "type": open_badge.SCHEMA_TYPE}],
    }
