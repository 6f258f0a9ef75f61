"""What is measured on: a college with a real key file, and credentials of the shape that the product issues."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from app.adapters.keystore import FileKeystore
from app.credentials.signing import Issuer
from app.institutions.model import Institution, SigningKey, Wallet
from app.institutions.service import Identity
from app.standards import did, open_badge, status_list
from app.standards.data_integrity import CanonicalForm

NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
CHAIN_ID = 31337
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
_HOST = "credentials.example"
_URL = f"https://{_HOST}"
_ALIGNED = (
    ("K1", "Contemporary programming concepts, patterns and the trade-offs between them."),
    ("K4", "Relevant legislation, professional standards and ethical practice in computing."),
    ("S2", "Design, build and test software that meets a stated need and can be maintained."),
    ("B3", "Reviews own work honestly and improves it where the evidence asks for it."),
)


@dataclass(frozen=True, slots=True)
class College:
    """An institution whose key lies in an encrypted file, decrypted once, as in production."""

    identity: Identity
    keystore: FileKeystore

    def issuer(self, canonical: CanonicalForm) -> Issuer:
        return Issuer(self.identity, self.keystore, canonical)


def college(folder: Path) -> College:
    """A new college; its keys are made under `folder`."""
    keystore = FileKeystore(folder, lambda: "a passphrase for measurements")
    institution = Institution(
        id=uuid4(),
        slug="northgate",
        name="Northgate College (sample)",
        ukprn="10000001",
        did=did.web_did(_HOST, "i", "northgate"),
        public_url=_URL,
        created_at=NOW,
    )
    key_file, public_key = keystore.create_signing_key(institution.slug, "key-2026-07")
    wallet_file, address = keystore.create_wallet(institution.slug)
    return College(
        Identity(
            institution,
            SigningKey(institution.id, "key-2026-07", public_key, key_file, NOW),
            Wallet(institution.id, address, wallet_file, CHAIN_ID, CONTRACT),
        ),
        keystore,
    )


def credentials(institution: Institution, count: int) -> list[dict[str, Any]]:
    """`count` unsigned credentials of one unit with four alignments, each for another learner."""
    profile = open_badge.Profile(
        institution.did, institution.name, (("ext:UKPRN", institution.ukprn),), url=institution.page_url
    )
    unit = _unit()
    return [open_badge.achievement_credential(profile, unit, _award(institution, number)) for number in range(count)]


def to_bytes(document: Mapping[str, Any]) -> bytes:
    """The bytes that are stored and served."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _award(institution: Institution, number: int) -> open_badge.Award:
    salt = secrets.token_urlsafe(16)
    place = (number * 7919) % status_list.LENGTH
    return open_badge.Award(
        id=f"urn:uuid:{UUID(bytes=secrets.token_bytes(16), version=4)}",
        valid_from=NOW,
        awarded_on=date(2026, 6, 26),
        learner_name=f"Zoë O’Sample-{number:05}",
        email_hash=open_badge.hash_email(f"learner{number}@example.org", salt),
        email_salt=salt,
        award_reference=secrets.token_urlsafe(12),
        grade=("Pass", "Merit", "Distinction")[number % 3],
        credits_earned=15,
        status=status_list.entry(f"{institution.status_url}/1", place),
    )


def _unit() -> open_badge.Achievement:
    return open_badge.Achievement(
        id=f"{_URL}/catalogue/units/hnc-computing-1",
        name="Programming",
        description="Programming, part of Pearson BTEC Level 4 Higher National Certificate. Level 4, 15 credits.",
        criteria="Assessed against the criteria that the awarding organisation sets for this part.",
        achievement_type="MicroCredential",
        credits=15,
        code="1",
        creator=open_badge.Profile(f"{_URL}/catalogue/awarding-organisations/pearson", "Pearson Education Ltd"),
        grades=("Unclassified", "Pass", "Merit", "Distinction"),
        alignments=tuple(
            open_badge.Alignment(f"{code} {text}", f"{_URL}/catalogue/ksbs/st0116-{code}", code, "Occupation ST0116")
            for code, text in _ALIGNED
        ),
        identifiers=(("ext:QAN", "603/7595/4"),),
    )
