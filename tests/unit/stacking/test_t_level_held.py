"""From credentials to the overall results of T Levels, and what results tell of the year in which a learner began."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.catalogue.seed import load_seed
from app.credentials.model import CredentialKind
from app.errors import Refused
from app.stacking.t_level import ComponentKind, overall
from app.stacking.t_level_held import component_results, start_year, t_level_of, t_levels_held
from app.stacking.t_level_rules import Overall
from tests.unit.stacking.t_level_results import AS_OF, RULES
from tests.unit.stacking.test_profile import WITHDRAWN, held

SEED = {entry.id: entry for entry in load_seed().qualifications}
SUPPORT = "tlevel-6105799x"
DIGITAL_2020 = "tlevel-60358324"
BUILDING = "tlevel-60369115"
COMPLETE = [
    held(1, f"{SUPPORT}-core", "B"),
    held(2, f"{SUPPORT}-ztlos091", "Distinction"),
    held(3, f"{SUPPORT}-placement", "Met"),
]


def worked_out(credentials, as_of=AS_OF):
    return t_levels_held(RULES, credentials, SEED, as_of)


def test_core_specialism_and_placement_make_a_result():
    (outcome,), without = worked_out([*COMPLETE, held(4, "hnc-computing-u01")])
    assert without == ()
    assert (outcome.title, outcome.overall, outcome.ucas_points) == (
        "T Level in Digital Support and Security",
        Overall.DISTINCTION,
        144,
    )
    assert [used.title for used in outcome.achieved] == [
        "Digital Support and Security core",
        "Digital Infrastructure",
        "Industry placement",
    ]
    assert (outcome.start_year, outcome.start_year_note) == (
        2025,
        "When the learner began is not recorded; one table holds for every intake of this T Level.",
    )


def test_a_learner_without_a_t_level_has_none():
    assert worked_out([held(4, "hnc-computing-u01")]) == ((), ())


def test_each_t_level_has_its_own_result_by_title():
    credentials = [*COMPLETE, held(5, f"{DIGITAL_2020}-core", "C")]
    results, _ = worked_out(credentials)
    assert [(outcome.title, outcome.overall) for outcome in results] == [
        ("T Level in Digital Production, Design and Development", Overall.PARTIAL),
        ("T Level in Digital Support and Security", Overall.DISTINCTION),
    ]


def test_a_title_without_a_table_is_told_and_stops_nothing():
    results, (without,) = worked_out([*COMPLETE, held(5, "tlevel-61051251-core", "A")])
    assert [outcome.overall for outcome in results] == [Overall.DISTINCTION]
    assert (without.title, without.code) == ("T Level in Marketing", "t_level_table_not_published")
    assert without.sentence == (
        "No overall result is worked out for T Level in Marketing: no table of grades is published for it."
    )


def test_a_t_level_of_a_college_that_does_not_say_when_it_was_first_taught():
    entry = SEED[SUPPORT]
    undated = replace(entry, units=tuple(replace(unit, live_from=None) for unit in entry.units))
    with pytest.raises(Refused) as caught:
        t_level_of(undated)
    assert caught.value.code == "t_level_first_year_unknown"
    results, (without,) = t_levels_held(RULES, COMPLETE, {SUPPORT: undated}, AS_OF)
    assert (results, without.code) == ((), "t_level_first_year_unknown")


def test_paired_specialisms_are_known_from_the_catalogue_and_their_sum_is_no_component():
    t_level = t_level_of(SEED[BUILDING])
    paired = [component.title for component in t_level.components if component.paired]
    assert paired == [
        "Heating Engineering",
        "Plumbing Engineering",
        "Refrigeration Engineering",
        "Air Conditioning Engineering",
        "Ventilation",
    ]
    assert "Plumbing and Heating Engineering" not in [component.title for component in t_level.components]
    credentials = [
        held(1, f"{BUILDING}-core", "B"),
        held(2, f"{BUILDING}-10202102", "Merit"),
        held(3, f"{BUILDING}-10202101", "Pass"),
        held(4, f"{BUILDING}-placement", "Met"),
    ]
    (outcome,), _ = worked_out(credentials)
    assert (outcome.specialism_grade, outcome.overall) == ("Pass", Overall.MERIT)


def test_attempts_are_counted_by_date():
    credentials = [
        held(3, f"{SUPPORT}-core", "C", awarded_on=date(2026, 1, 12)),
        held(1, f"{SUPPORT}-core", "B", awarded_on=date(2026, 7, 3)),
        held(2, f"{SUPPORT}-ztlos091", "Pass"),
    ]
    made = component_results(credentials, SEED[SUPPORT])
    assert [(entry.kind, entry.grade, entry.attempt) for entry in made] == [
        (ComponentKind.CORE, "C", 1),
        (ComponentKind.CORE, "B", 2),
        (ComponentKind.SPECIALISM, "Pass", 1),
    ]


def test_a_withdrawn_credential_counts_until_the_day_it_was_withdrawn():
    gone = {**WITHDRAWN, "revoked_at": datetime(2026, 9, 1, 8, tzinfo=UTC)}
    credentials = [held(1, f"{SUPPORT}-core", "B", **gone), *COMPLETE[1:]]
    for as_of, expected in ((date(2026, 8, 31), Overall.DISTINCTION), (date(2026, 9, 1), Overall.PARTIAL)):
        (outcome,), _ = worked_out(credentials, as_of)
        assert outcome.overall is expected


def test_a_record_or_an_award_is_no_result():
    award = held(7, None, "Distinction", kind=CredentialKind.AWARD, qualification_id=SUPPORT)
    assert component_results([award], SEED[SUPPORT]) == []


def intake(*dated, qualification=DIGITAL_2020, as_of=AS_OF):
    """The start year found for results (end of the unit's id, its date)."""
    entry = SEED[qualification]
    grades = {"core": "B", "placement": "Met"}
    credentials = [
        held(number, f"{qualification}-{part}", grades.get(part, "Merit"), awarded_on=day)
        for number, (part, day) in enumerate(dated, 1)
    ]
    return start_year(RULES, t_level_of(entry), component_results(credentials, entry), as_of)


SPECIALISM = next(
    unit.id.removeprefix(f"{DIGITAL_2020}-")
    for unit in SEED[DIGITAL_2020].units
    if unit.kind == "occupational_specialism"
)


@pytest.mark.parametrize(
    ("dated", "year"),
    [
        ([("core", date(2021, 8, 31))], 2020),
        ([("core", date(2021, 9, 1))], 2021),
        ([("core", date(2022, 8, 17))], 2021),
        ([(SPECIALISM, date(2022, 8, 17))], 2020),
        ([(SPECIALISM, date(2022, 12, 31))], 2020),
        ([(SPECIALISM, date(2023, 1, 1))], 2021),
        ([("core", date(2021, 6, 1)), (SPECIALISM, date(2024, 8, 14))], 2020),
        ([(SPECIALISM, date(2022, 8, 17)), (SPECIALISM, date(2023, 8, 16))], 2020),
        ([("placement", date(2022, 6, 1))], 2021),
        ([], 2021),
    ],
)
def test_the_intake_of_2020_is_known_by_early_results_alone(dated, year):
    found, note = intake(*dated)
    assert found == year
    assert note.startswith("When the learner began is not recorded")


def test_how_the_intake_was_found_is_said():
    assert intake((SPECIALISM, date(2022, 8, 17)))[1] == (
        "When the learner began is not recorded; a specialism dated before 1 January 2023 is of the intake of 2020."
    )
    assert intake((SPECIALISM, date(2023, 8, 16)))[1] == (
        "When the learner began is not recorded. The table for 2021 and later is used; for one who began in 2020 there "
        "is another."
    )


def test_a_result_that_is_not_known_yet_tells_nothing_of_the_intake():
    assert intake((SPECIALISM, date(2022, 8, 17)), as_of=date(2022, 8, 16))[0] == 2021


@pytest.mark.parametrize("dated", [date(2022, 8, 17), date(2023, 8, 16)])
def test_the_same_grades_of_two_intakes_are_read_from_two_tables(dated):
    credentials = [
        held(1, f"{DIGITAL_2020}-core", "E", awarded_on=dated),
        held(2, f"{DIGITAL_2020}-{SPECIALISM}", "Distinction", awarded_on=dated),
        held(3, f"{DIGITAL_2020}-placement", "Met", awarded_on=dated),
    ]
    (outcome,), _ = worked_out(credentials)
    expected = {2022: ("starters2020a", Overall.PASS), 2023: ("standard", Overall.MERIT)}[dated.year]
    assert (outcome.table.id, outcome.overall) == expected


@pytest.mark.parametrize("qualification", [entry.id for entry in SEED.values() if entry.kind == "T Level"])
def test_for_every_other_t_level_the_start_year_changes_nothing(qualification):
    """Whatever year between the first teaching and now: the table is the one that was taken without knowing."""
    t_level = t_level_of(SEED[qualification])
    if t_level.first_teaching_year == 2020 or t_level.table is None:
        return
    year, _ = start_year(RULES, t_level, [], AS_OF)
    taken = overall(RULES, t_level, year, [], AS_OF).table
    for other in range(t_level.first_teaching_year, AS_OF.year + 1):
        assert overall(RULES, t_level, other, [], AS_OF).table == taken
