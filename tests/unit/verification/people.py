"""People who are their own keys (did:key): some issue credentials, some show them, some steal them."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.adapters.contexts import conformance_canonicaliser
from app.conformance.keys import TenantKey, keys_from
from app.standards import data_integrity, did, vc
from app.verification import verify
from app.verification.evidence import Submission
from app.verification.proof_only import UNASKED, Occasion
from app.verification.report import Report
from app.verification.verifier import Verifier
from tests.fakes import MemoryList, MemoryPublications, MemoryRegistry

Document = dict[str, Any]

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
FORM = conformance_canonicaliser()
SUITES = [
    (data_integrity.RDFC, 0),
    (data_integrity.JCS, 0),
    (data_integrity.ECDSA_RDFC, 1),
    (data_integrity.ECDSA_JCS, 1),
    (data_integrity.ECDSA_RDFC, 2),
    (data_integrity.ECDSA_JCS, 2),
]
"""Each suite that is made, with the place of the key for it among a person's."""


@dataclass(frozen=True)
class Person:
    """`keys`: Ed25519, P-256, P-384, each a name of its own; `did` is the first one's."""

    keys: tuple[TenantKey, ...]

    @property
    def did(self) -> str:
        return self.keys[0].did

    def signs(
        self, document: Mapping[str, Any], suite: str = data_integrity.JCS, *, key: int = 0, **options: Any
    ) -> Document:
        """`options` add to or replace those of the proof."""
        chosen = self.keys[key]
        made = NOW - timedelta(minutes=1)
        return data_integrity.secure(document, suite, chosen.id, made, chosen.sign, chosen.public.type, FORM, options)

    def shows(self, *credentials: Document, suite: str = data_integrity.JCS, **changes: Any) -> Document:
        """A presentation signed for authentication. `changes`: members of it, or (in `proof`) proof options."""
        options = {"proofPurpose": "authentication", **changes.pop("proof", {})}
        return self.signs(presentation(*credentials, **changes), suite, **options)


ISSUER, HOLDER, THIEF = (Person(keys_from(name)) for name in (b"an issuer", b"a holder", b"a thief"))
EVERYBODY = [key for person in (ISSUER, HOLDER, THIEF) for key in person.keys]


def credential(subject: str | None = None, **changes: Any) -> Document:
    """An unsigned credential of the issuer's, about `subject`."""
    about = {"name": "Network Security Fundamentals"} | ({"id": subject} if subject else {})
    whole: Document = {
        "@context": [vc.CONTEXT],
        "id": "urn:uuid:6f0e2d4b-0a1a-4a0d-8d0a-000000000001",
        "type": ["VerifiableCredential"],
        "issuer": ISSUER.did,
        "validFrom": "2026-11-20T09:00:00Z",
        "credentialSubject": about,
    }
    return whole | changes


def presentation(*credentials: Document, **changes: Any) -> Document:
    whole: Document = {"@context": [vc.CONTEXT], "type": ["VerifiablePresentation"]}
    if credentials:
        whole["verifiableCredential"] = list(credentials)
    return {name: value for name, value in (whole | changes).items() if value is not None}


def publications(**others: Document) -> MemoryPublications:
    documents = {key.did: did.key_document(key.did) for key in EVERYBODY} | others
    return MemoryPublications({name: json.dumps(one).encode() for name, one in documents.items()})


def a_verifier(published: MemoryPublications | None = None, now: datetime = NOW) -> Verifier:
    """One that recognises the issuer, and nobody else."""
    there = published or publications()

    async def in_full(submission: Submission) -> Report:
        return await verify.verify(
            submission,
            publications=there,
            registry=MemoryRegistry({}),
            recogniser=MemoryList({key.did: ("Example College", "10000000") for key in ISSUER.keys}),
            canonicaliser=FORM,
            now=now,
        )

    return Verifier(in_full, there, FORM, lambda: now)


def proofs_of(document: Document, occasion: Occasion = UNASKED, verifier: Verifier | None = None) -> Report:
    return asyncio.run((verifier or a_verifier()).proofs(document, occasion))


def shown(
    document: Document,
    occasion: Occasion = UNASKED,
    *,
    proofs_only: bool = False,
    verifier: Verifier | None = None,
) -> Report:
    return asyncio.run((verifier or a_verifier()).presentation(document, occasion, proofs_only=proofs_only))
