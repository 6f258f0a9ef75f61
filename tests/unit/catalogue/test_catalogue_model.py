"""The rules of units and qualifications, on small invented records."""

from dataclasses import replace
from datetime import date

import pytest

from app.catalogue.model import (
    PLACEMENT_CODE,
    PLACEMENT_GRADES,
    Catalogue,
    KsbMapping,
    Qualification,
    Unit,
)

UNIT = Unit(
    id="q-u01",
    qualification_id="q",
    code="1",
    title="Programming",
    kind="core",
    level=4,
    credits=15,
    grade_scale=("Unclassified", "Pass", "Merit", "Distinction"),
    passing=("Pass", "Merit", "Distinction"),
)
QUALIFICATION = Qualification(
    id="q",
    title="An award",
    kind="HNC",
    level=4,
    total_credits=30,
    number="603/7595/4",
    awarding_organisation="Pearson",
    is_htq=False,
    htq_evidence="",
    units=(UNIT, replace(UNIT, id="q-u02", code="2")),
    units_complete=True,
    verified=True,
)
PLACEMENT = replace(
    UNIT,
    id="q-placement",
    code=PLACEMENT_CODE,
    title="Industry placement",
    kind="industry_placement",
    credits=None,
    grade_scale=PLACEMENT_GRADES,
    passing=("Met",),
)
DAY = date(2026, 7, 3)


def codes(findings):
    return [(finding.severity, finding.code) for finding in findings]


def test_grades_are_on_the_scale_letter_for_letter():
    assert UNIT.findings_for_grade("Pass") == ()
    assert UNIT.findings_for_grade("Unclassified") == ()
    for wrong in ("pass", "P", "A*", "", "Pass "):
        (finding,) = UNIT.findings_for_grade(wrong)
        assert (finding.severity, finding.code) == ("error", "grade_not_on_scale")
        assert "Unclassified, Pass, Merit, Distinction" in finding.message


def test_a_fail_is_on_the_scale_and_does_not_pass():
    assert [UNIT.is_pass(grade) for grade in (*UNIT.grade_scale, "pass")] == [False, True, True, True, False]


def test_a_placement_is_met_or_not_and_a_reason_is_never_repeated():
    assert PLACEMENT.findings_for_grade("Met") == ()
    assert not PLACEMENT.is_pass("Not met")
    (finding,) = PLACEMENT.findings_for_grade("Completed with special consideration")
    assert "special" not in finding.message


@pytest.mark.parametrize(
    ("live_from", "live_until", "live", "code"),
    [
        (None, None, True, []),
        (DAY, DAY, True, []),
        (date(2026, 7, 4), None, False, ["award_before_live"]),
        (None, date(2026, 7, 2), False, ["unit_not_live"]),
        (date(2026, 1, 1), date(2026, 12, 31), True, []),
    ],
)
def test_live_dates_include_the_first_and_the_last_day(live_from, live_until, live, code):
    unit = replace(UNIT, live_from=live_from, live_until=live_until)
    assert unit.is_live_on(DAY) is live
    assert [finding.code for finding in unit.findings_for_award("Pass", DAY)] == code


def test_a_placeholder_is_refused_with_its_reason():
    unit = replace(UNIT, not_awardable="it is still to be chosen")
    assert not unit.is_awardable
    (finding,) = unit.findings_for_award("Pass", DAY)
    assert finding.code == "unit_not_awardable"
    assert "still to be chosen" in finding.message


def test_every_reason_is_given_at_once():
    unit = replace(UNIT, live_from=date(2027, 1, 1))
    assert [f.code for f in unit.findings_for_award("First", DAY)] == [
        "grade_not_on_scale",
        "award_before_live",
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"kind": "lecture"}, [("error", "unit_kind_unknown")]),
        ({"passing": ("First",)}, [("error", "grade_scale_invalid")]),
        ({"grade_scale": ("Pass", "Pass"), "passing": ("Pass",)}, [("error", "grade_scale_invalid")]),
        ({"grade_scale": (), "passing": ()}, [("error", "grade_scale_missing")]),
        ({"grade_scale": (), "passing": (), "not_awardable": "no scale"}, []),
        ({"live_from": DAY, "live_until": date(2026, 7, 2)}, [("error", "live_dates_reversed")]),
        ({"credits": 0}, [("error", "credits_not_positive")]),
        ({"code_is_official": False}, [("warning", "unit_code_provisional")]),
        ({"ksbs": (KsbMapping("K10", "taught", False, "x"),)}, [("error", "ksb_format")]),
        ({"ksbs": (KsbMapping("OCC0795:S1", "taught", False, "x"),)}, [("warning", "ksb_version_unknown")]),
    ],
)
def test_findings_of_a_unit(change, expected):
    assert codes(replace(UNIT, **change).findings()) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"total_credits": 45}, [("error", "credits_do_not_add_up")]),
        ({"total_credits": 45, "units_complete": False}, []),
        ({"total_credits": None}, []),
        (
            {"units": (UNIT, replace(UNIT, id="b", code="2", credits=None))},
            [("error", "credits_do_not_add_up")],
        ),
        ({"units": (UNIT, replace(UNIT, id="b"))}, [("error", "unit_code_repeated")]),
        (
            {"units": (UNIT, replace(UNIT, id="b", code="2", qualification_id="other"))},
            [("error", "unit_parent_missing")],
        ),
        ({"level": 3}, [("error", "unit_level_above")] * 2),
        ({"number": "603/7595/5"}, [("warning", "qualification_number_check_digit")]),
        ({"number": "603"}, [("error", "qualification_number_format")]),
        ({"number": None}, []),
        ({"is_htq": True, "verified": False}, [("warning", "htq_mark_unconfirmed")]),
        ({"is_htq": True, "verified": False, "verified_fields": ("isHtq",)}, []),
        ({"title": "HND in Computing HTQ"}, [("warning", "htq_in_title")]),
    ],
)
def test_findings_of_a_qualification(change, expected):
    assert codes(replace(QUALIFICATION, **change).findings()) == expected


def test_a_catalogue_notices_repeated_ids_and_names_what_it_leans_on():
    mapped = replace(UNIT, ksbs=(KsbMapping("OCC0127@1.2:K1", "taught", False, "x"),))
    entry = replace(QUALIFICATION, units=(mapped, mapped), total_credits=30, recognition_number="RN5133")
    catalogue = Catalogue((entry,), (), (), ())
    assert ("error", "id_repeated") in codes(catalogue.findings())
    assert catalogue.ksbs_from_elsewhere() == {"OCC0127@1.2:K1"}
    assert catalogue.organisations_from_elsewhere() == {"RN5133"}
