"""DIF Well Known DID Configuration: a domain and a DID that each say they belong to the other.

Source: DIF "Well Known DID Configuration", sections "DID Configuration Resource" and "Domain Linkage Credential". The
credential is of version 1.1 of the credentials data model and carries no `id`, as the specification demands.

Signed with eddsa-jcs-2022: eddsa-rdfc-2022 would need the specification's own JSON-LD context (and that of version
1.1) pinned here, and what is not pinned is not signed. A verifier needs neither to check a JCS proof.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from app.standards.vc import timestamp

CONTEXT = "https://identity.foundation/.well-known/did-configuration/v1"
CONTEXTS = (
    "https://www.w3.org/2018/credentials/v1",
    CONTEXT,
    "https://w3id.org/security/data-integrity/v2",
)


def unsigned_linkage(did: str, origin: str, now: datetime, until: datetime) -> dict[str, Any]:
    """The DomainLinkageCredential that ties `did` to `origin` (such as https://creds.college.ac.uk)."""
    return {
        "@context": list(CONTEXTS),
        "type": ["VerifiableCredential", "DomainLinkageCredential"],
        "issuer": did,
        "issuanceDate": timestamp(now),
        "expirationDate": timestamp(until),
        "credentialSubject": {"id": did, "origin": origin},
    }


def configuration(linkages: Iterable[bytes]) -> bytes:
    """The document at `/.well-known/did-configuration.json`; each linkage stays exactly what was signed."""
    return b'{"@context":' + json.dumps(CONTEXT).encode() + b',"linked_dids":[' + b",".join(linkages) + b"]}"
