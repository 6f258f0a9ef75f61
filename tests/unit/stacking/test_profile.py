"""What a profile shows: names, credits by level without double counting, evidence of statements."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from app.catalogue.seed import load_seed
from app.credentials.model import Credential, CredentialKind, CredentialState, RevocationReason
from app.stacking.profile import LevelCredits, credits_by_level, describe, ksb_evidence

CATALOGUE = load_seed()
QUALIFICATIONS = {entry.id: entry for entry in CATALOGUE.qualifications}
UNITS = {unit.id: unit for entry in CATALOGUE.qualifications for unit in entry.units}
KSBS = tuple(ksb for occupation in CATALOGUE.occupations for ksb in occupation.ksbs)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def held(number, unit_id, grade="Pass", **other):
    values = {
        "id": UUID(int=number),
        "institution_id": UUID(int=1000),
        "learner_id": UUID(int=2000),
        "kind": CredentialKind.UNIT,
        "state": CredentialState.SIGNED,
        "qualification_id": UNITS[unit_id].qualification_id if unit_id else "hnc-computing",
        "unit_id": unit_id,
        "grade": grade,
        "awarded_on": date(2026, 7, 3),
        "created_at": NOW,
        "digest": bytes(32),
        "revoked_at": None,
        "revocation_reason": None,
    }
    return Credential(**{**values, **other})


WITHDRAWN = {"revoked_at": NOW, "revocation_reason": RevocationReason.GRADE_CHANGED}
AWARD = held(9, None, "Merit", kind=CredentialKind.AWARD, review_reason="a part was withdrawn")


def test_credentials_are_named():
    first, award = describe([AWARD, held(1, "hnc-computing-u01")], QUALIFICATIONS)
    assert (first.title, first.qualification_title, first.level, first.credits, first.passed) == (
        "Programming",
        "Pearson BTEC Level 4 HNC in Computing (2022)",
        4,
        15,
        True,
    )
    assert (award.title, award.credits, award.review_reason) == (
        "Completed: Pearson BTEC Level 4 HNC in Computing (2022)",
        120,
        "a part was withdrawn",
    )


def test_a_withdrawn_credential_says_why():
    (gone,) = describe([held(1, "hnc-computing-u01", **WITHDRAWN)], QUALIFICATIONS)
    assert (gone.in_force, gone.withdrawn_reason) == (False, "grade changed")


def test_credits_by_level_count_each_unit_once_and_no_award():
    credentials = [
        held(1, "hnc-computing-u01"),
        replace(held(2, "hnc-computing-u01"), grade="Merit"),
        held(3, "hnc-computing-u02", "Unclassified"),
        held(4, "hnc-computing-u03", **WITHDRAWN),
        held(5, "hnc-computing-u04"),
        held(6, "hnd-computing-england-network-u16"),
        held(7, "tlevel-6105799x-core", "A*"),
        AWARD,
    ]
    found = credits_by_level(describe(credentials, QUALIFICATIONS))
    assert found == (LevelCredits(4, 30), LevelCredits(5, 30))
    assert credits_by_level(()) == ()


def test_statements_name_their_evidence_and_that_it_is_a_proposal():
    credentials = [held(1, "hnc-computing-u01"), held(2, "hnc-computing-u02", "Unclassified"), AWARD]
    (found,) = ksb_evidence(describe(credentials, QUALIFICATIONS), UNITS, KSBS)
    assert (found.ksb_id, found.code, found.kind, found.verified) == ("OCC0116@1.1:S1", "S1", "skill", False)
    assert [(entry.credential_id, entry.title) for entry in found.evidence] == [(UUID(int=1), "Programming")]


def test_nothing_withdrawn_is_evidence():
    assert ksb_evidence(describe([held(1, "hnc-computing-u01", **WITHDRAWN)], QUALIFICATIONS), UNITS, KSBS) == ()
