"""Real units of the catalogue as credentials of a made-up college, for tests of records."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from app.catalogue.model import Qualification, Unit
from app.catalogue.seed import load_seed
from app.credentials.associations import Held
from app.credentials.documents import award_achievement, issuer_profile, unit_achievement
from app.credentials.model import Credential, CredentialKind, CredentialState
from app.institutions.model import Institution
from app.standards import open_badge
from tests.unit.standards import sample

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
COLLEGE = Institution(
    UUID(int=1), "college", "Example College", "10000000", sample.DID, "https://college.example.ac.uk", NOW
)
QUALIFICATIONS = {each.id: each for each in load_seed().qualifications}
HNC, HND = QUALIFICATIONS["hnc-computing"], QUALIFICATIONS["hnd-healthcare-practice-england"]
T_LEVEL = QUALIFICATIONS["tlevel-6105799x"]


def credential(kind: CredentialKind, qualification: Qualification, unit: Unit | None) -> Credential:
    return Credential(
        id=uuid4(),
        institution_id=COLLEGE.id,
        learner_id=UUID(int=2),
        kind=kind,
        state=CredentialState.SIGNED,
        qualification_id=qualification.id,
        unit_id=unit.id if unit else None,
        grade="Pass",
        awarded_on=date(2026, 6, 26),
        created_at=NOW,
        digest=None,
        revoked_at=None,
        revocation_reason=None,
    )


def held(qualification: Qualification, unit: Unit, **changes: Any) -> Held:
    record = credential(CredentialKind.UNIT, qualification, unit)
    achievement = unit_achievement(COLLEGE, qualification, unit, {})
    return Held(record, document(record, achievement, **changes))


def held_award(qualification: Qualification, *parts: Held) -> Held:
    record = credential(CredentialKind.AWARD, qualification, None)
    named = [open_badge.Part(part.credential.uri, "sha384-x", "application/vc") for part in parts]
    achievement = award_achievement(COLLEGE, qualification, ("Pass",))
    return Held(record, document(record, achievement, parts=named))


def document(record: Credential, achievement: open_badge.Achievement, **changes: Any) -> dict[str, Any]:
    award = sample.award(1, id=record.uri, grade=None, **changes)
    return open_badge.achievement_credential(issuer_profile(COLLEGE), achievement, award)
