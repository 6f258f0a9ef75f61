"""What a profile shows: names, credits by level without double counting, evidence of statements."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from app.catalogue.model import Ksb, KsbMapping, StandardVersion
from app.catalogue.seed import load_seed
from app.credentials.model import Credential, CredentialKind, CredentialState, RevocationReason
from app.stacking.profile import LevelCredits, credits_by_level, describe, ksb_evidence, occupation_coverage

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


def mapped(unit_id, *mappings):
    return {unit_id: replace(UNITS[unit_id], ksbs=tuple(KsbMapping(*mapping, "the college") for mapping in mappings))}


def standard(version, statements=21, is_whole=True):
    return StandardVersion("OCC0127", "ST0127", version, "Network engineer", 4, statements, is_whole)


def ksb(version, code):
    kind = {"K": "knowledge", "S": "skill", "B": "behaviour"}[code[0]]
    return Ksb(f"OCC0127@{version}:{code}", "OCC0127", version, code, kind, f"Statement {code} of {version}")


def test_codes_of_two_versions_are_never_counted_together():
    units = mapped(
        "hnc-computing-u01",
        ("OCC0127@1.2:K10", "assessed", True),
        ("OCC0127@1.3:K10", "taught", False),
        ("OCC0127@1.2:S2", "workplace", False),
        ("OCC0127@1.2:K2", "not_stated", False),
    )
    statements = [ksb("1.2", "K10"), ksb("1.3", "K10"), ksb("1.2", "S2"), ksb("1.2", "K2")]
    evidenced = ksb_evidence(describe([held(1, "hnc-computing-u01")], QUALIFICATIONS), units, statements)
    first, second = occupation_coverage(evidenced, [standard("1.3"), standard("1.2"), standard("1.1")])
    assert [statement.code for statement in first.statements] == ["K2", "K10", "S2"]
    assert (first.evidenced, first.confirmed, first.proposed) == (3, 1, 2)
    assert first.sentence == "3 of 21 evidenced so far"
    assert first.basis == "1 by a confirmed mapping, 2 by a proposed mapping"
    assert [kind for kind, _ in first.by_kind] == ["knowledge", "skill"]
    assert (second.standard.version, [each.text for each in second.statements]) == ("1.3", ["Statement K10 of 1.3"])


def test_coverage_is_said_once_each_and_the_most_recent_day_is_given():
    units = mapped("hnc-computing-u01", ("OCC0127@1.2:K10", "taught", False)) | mapped(
        "hnc-computing-u02", ("OCC0127@1.2:K10", "assessed", False), ("OCC0127@1.2:K10", "not_stated", False)
    )
    credentials = [held(1, "hnc-computing-u01", awarded_on=date(2027, 1, 5)), held(2, "hnc-computing-u02")]
    (found,) = ksb_evidence(describe(credentials, QUALIFICATIONS), units, [ksb("1.2", "K10")])
    assert (found.coverages, found.latest) == (("taught", "assessed"), date(2027, 1, 5))
    part = found.within({UUID(int=2)})
    assert (part.coverages, part.latest) == (("assessed",), date(2026, 7, 3))
    assert found.within({UUID(int=3)}) is None


def test_a_standard_of_which_only_part_is_on_record_says_so():
    (found,) = ksb_evidence(
        describe([held(1, "hnc-computing-u01")], QUALIFICATIONS),
        mapped("hnc-computing-u01", ("OCC0127@1.2:K10", "taught", False)),
        [ksb("1.2", "K10")],
    )
    (covered,) = occupation_coverage([found], [standard("1.2", 13, is_whole=False)])
    assert covered.sentence == "1 of 13 statements on record here evidenced so far"
    assert not {"missing", "lack", "gap", "only", "fail"} & set(covered.sentence.split())
    assert occupation_coverage([], [standard("1.2")]) == ()


def test_nothing_withdrawn_is_evidence():
    assert ksb_evidence(describe([held(1, "hnc-computing-u01", **WITHDRAWN)], QUALIFICATIONS), UNITS, KSBS) == ()
