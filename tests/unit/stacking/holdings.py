"""Learners who hold units of the packaged catalogue, and their profiles as the service would put them together."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from app.catalogue.model import Ksb, StandardVersion
from app.catalogue.seed import packaged
from app.credentials.model import Credential, CredentialKind, CredentialState, RevocationReason
from app.stacking.exports.writing import Subject
from app.stacking.profile import (
    LearnerProfile,
    credits_by_level,
    describe,
    ksb_evidence,
    occupation_coverage,
)

QUALIFICATIONS = {entry.id: entry for entry in packaged().qualifications}
UNITS = {unit.id: unit for entry in packaged().qualifications for unit in entry.units}
KSBS = tuple(ksb for occupation in packaged().occupations for ksb in occupation.ksbs)
BUNDLES = packaged().bundles
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AWARDED_ON = date(2026, 7, 3)
WITHDRAWN: dict[str, Any] = {"revoked_at": NOW, "revocation_reason": RevocationReason.GRADE_CHANGED}
ULN = "1234567899"
HND = "hnd-computing-england-network"


def held(number: int, unit_id: str | None, grade: str = "Pass", **changes: Any) -> Credential:
    """One signed credential; of the HNC in Computing as a whole where no unit is given."""
    values: dict[str, Any] = {
        "id": UUID(int=number),
        "institution_id": UUID(int=1000),
        "learner_id": UUID(int=2000),
        "kind": CredentialKind.UNIT if unit_id else CredentialKind.AWARD,
        "state": CredentialState.SIGNED,
        "qualification_id": UNITS[unit_id].qualification_id if unit_id else "hnc-computing",
        "unit_id": unit_id,
        "grade": grade,
        "awarded_on": AWARDED_ON,
        "created_at": NOW,
        "digest": bytes(32),
        "revoked_at": None,
        "revocation_reason": None,
    }
    return Credential(**{**values, **changes})


def standards(ksbs: tuple[Ksb, ...] = KSBS) -> list[StandardVersion]:
    """Every version with its number of statements, as the catalogue's table would say."""
    occupations = {entry.id: entry for entry in packaged().occupations}
    return [
        StandardVersion(
            occupation_id=occupation_id,
            standard_id=occupations[occupation_id].standard_id,
            version=version,
            title=occupations[occupation_id].title,
            level=occupations[occupation_id].level,
            statements=count,
            is_whole=False,
        )
        for (occupation_id, version), count in Counter((ksb.occupation_id, ksb.version) for ksb in ksbs).items()
    ]


def profile(*credentials: Credential, name: str = "Anna Müller-O’Neill") -> LearnerProfile:
    described = describe(credentials, QUALIFICATIONS)
    evidenced = ksb_evidence(described, UNITS, KSBS)
    return LearnerProfile(
        learner_id=UUID(int=2000),
        learner_name=name,
        institution_id=UUID(int=1000),
        institution_name="Northgate College (test)",
        as_of=NOW,
        credentials=described,
        credits_by_level=credits_by_level(described),
        ksbs=evidenced,
        progress=(),
        occupations=occupation_coverage(evidenced, standards()),
    )


def subject(*credentials: Credential, name: str = "Anna Müller-O’Neill", uln: str | None = None) -> Subject:
    return Subject(
        profile=profile(*credentials, name=name),
        public_url="https://stackmark.example",
        ukprn="10000001",
        attribution=packaged().attribution,
        uln=uln,
    )
