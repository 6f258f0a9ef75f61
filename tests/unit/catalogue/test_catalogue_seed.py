"""The packaged facts load, fit together and make no claim that their sources do not carry."""

import re
from collections import Counter
from datetime import date

import pytest

from app.catalogue import identifiers as ids
from app.catalogue.seed import load_seed, parse_catalogue

CATALOGUE = load_seed()
QUALIFICATIONS = {entry.id: entry for entry in CATALOGUE.qualifications}
UNITS = {unit.id: unit for entry in CATALOGUE.qualifications for unit in entry.units}
KSBS = {ksb.id: ksb for occupation in CATALOGUE.occupations for ksb in occupation.ksbs}


def test_counts():
    kinds = Counter(entry.kind for entry in CATALOGUE.qualifications)
    assert (kinds["T Level"], len(CATALOGUE.qualifications), len(UNITS)) == (28, 41, 234)
    assert Counter(unit.kind for unit in UNITS.values())["occupational_specialism"] == 96
    assert (len(CATALOGUE.occupations), len(KSBS), len(CATALOGUE.bundles)) == (5, 56, 6)
    assert (len(CATALOGUE.awarding_organisations), len(CATALOGUE.subject_areas)) == (8, 50)


def test_nothing_is_wrong_and_the_doubts_are_known():
    findings = CATALOGUE.findings()
    assert [finding for finding in findings if finding.severity == "error"] == []
    assert {finding.code for finding in findings} == {
        "unit_code_provisional",
        "qualification_number_check_digit",
        "htq_in_title",
        "htq_mark_unconfirmed",
    }
    assert CATALOGUE.ksbs_from_elsewhere() == frozenset()
    assert CATALOGUE.organisations_from_elsewhere() == frozenset()


def test_identifiers_have_their_form():
    for organisation in CATALOGUE.awarding_organisations:
        assert ids.check_recognition_number(organisation.recognition_number) == ()
        assert organisation.ukprn is None or ids.check_ukprn(organisation.ukprn) == ()
    for occupation in CATALOGUE.occupations:
        assert ids.check_occupation(occupation.id) == ids.check_standard(occupation.standard_id) == ()
        assert not any(ids.check_soc(code) for code in occupation.soc_codes)
    for unit in UNITS.values():
        if unit.kind == "occupational_specialism":
            assert ids.check_specialism_code(unit.code) == ()
        assert re.fullmatch(r"[a-z0-9-]+", unit.id)
        assert unit.code == ids.component_code(unit.code)
    assert not any(ids.check_subject_area(code) for code, _ in CATALOGUE.subject_areas)


def test_every_t_level_is_a_core_specialisms_and_one_placement():
    for entry in CATALOGUE.qualifications:
        if entry.kind != "T Level":
            continue
        kinds = Counter(unit.kind for unit in entry.units)
        assert kinds["core"] == kinds["industry_placement"] == 1
        assert kinds["occupational_specialism"] >= 1
        assert entry.is_htq is False
        assert "college" in entry.overall_awarded_by
        assert entry.total_credits is None
        assert all(unit.credits is None for unit in entry.units)


def test_the_core_is_known_by_its_learning_aim():
    core = UNITS["tlevel-6105799x-core"]
    assert (core.code, core.grade_scale[0], core.grade_scale[-1]) == ("6105799X", "Unclassified", "A*")
    assert core.live_from == date(2025, 9, 1)
    assert UNITS["tlevel-6105799x-ztlos094"].title == "Cyber Security"


def test_the_college_owns_the_placement_alone():
    for unit in UNITS.values():
        assert (unit.result_owned_by == "college") == (unit.kind == "industry_placement")
        assert (unit.placement is not None) == (unit.code == "PLACEMENT")
    assert UNITS["tlevel-6105799x-placement"].grade_scale == ("Not met", "Met")
    assert UNITS["tlevel-61057484-placement"].placement.minimum_hours_early_years_educator == 750


def test_no_reason_for_special_consideration_can_be_recorded():
    assert not any("special" in grade for unit in UNITS.values() for grade in unit.grade_scale)


def test_hnc_computing_is_eight_units_of_fifteen_credits():
    entry = QUALIFICATIONS["hnc-computing"]
    assert [unit.code for unit in entry.units] == ["1", "2", "3", "4", "5", "6", "7", "13"]
    assert sum(unit.credits for unit in entry.units) == entry.total_credits == 120
    assert entry.is_htq is False


def test_what_no_source_confirms_cannot_be_awarded():
    for unit in UNITS.values():
        if not unit.sources or "choose from bank" in unit.title or " optional " in unit.title:
            assert not unit.is_awardable, unit.id
        if unit.is_awardable:
            assert unit.passing, unit.id


def test_every_mapping_is_an_open_proposal_about_a_listed_statement():
    mappings = [mapping for unit in UNITS.values() for mapping in unit.ksbs]
    mappings += [mapping for bundle in CATALOGUE.bundles for mapping in bundle.ksbs]
    assert mappings
    for mapping in mappings:
        assert mapping.ksb_id in KSBS
        assert not mapping.verified
        assert mapping.basis == "proposed mapping, to be confirmed by the college"


def test_statements_are_summaries_under_their_version():
    assert KSBS["OCC0127@1.2:K10"].version == "1.2"
    assert not any(ksb.is_official_wording for ksb in KSBS.values())
    site_supervisor = next(entry for entry in CATALOGUE.occupations if entry.id == "OCC0048")
    assert (site_supervisor.ksbs, len(site_supervisor.headings)) == ((), 10)


def test_bundles_name_units_of_their_parent():
    for bundle in CATALOGUE.bundles:
        assert all(UNITS[unit].qualification_id == bundle.parent_id for unit in bundle.unit_ids)
        if bundle.credits is not None:
            assert sum(UNITS[unit].credits for unit in bundle.unit_ids) == bundle.credits


def test_every_source_named_is_listed_and_the_licence_is_stated():
    listed = {source.key for source in CATALOGUE.sources}
    named = {key for entry in CATALOGUE.qualifications for key in entry.sources}
    named |= {key for unit in UNITS.values() for key in unit.sources}
    named |= {key for entry in CATALOGUE.occupations for key in entry.sources}
    assert named <= listed
    assert any("Open Government Licence v3.0" in line for line in CATALOGUE.attribution)
    assert any("Skills England" in line for line in CATALOGUE.attribution)


def test_a_file_without_a_field_is_refused():
    with pytest.raises(KeyError):
        parse_catalogue({"gradeScales": {}})
