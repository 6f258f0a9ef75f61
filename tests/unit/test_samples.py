"""The committed samples are what the generator writes, are sound, and each fault file shows its fault."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from app.catalogue.seed import load_seed
from app.credentials.cohort_file import check_against_catalogue, parse_cohort
from samples.generate import HNC_LEARNERS, T_LEVEL_LEARNERS, sample_files

FOLDER = Path(__file__).parents[2] / "samples"
EXPECTED = json.loads((FOLDER / "bad" / "expected.json").read_text(encoding="utf-8"))
TODAY = date(2026, 11, 22)
UNITS = {
    (reference, unit.code): unit
    for entry in load_seed().qualifications
    for unit in entry.units
    for reference in (entry.id, entry.number)
    if reference
}
# A small file cannot show the first; no unit of the packaged catalogue has closed.
CODES_WITHOUT_A_FILE = {"file_too_large", "unit_not_live"}
CODES = {
    "encoding_not_utf8",
    "file_empty",
    "file_too_large",
    "columns_missing",
    "columns_unknown",
    "column_duplicated",
    "row_too_short",
    "row_too_long",
    "value_missing",
    "uln_format",
    "uln_checksum",
    "email_format",
    "name_control_character",
    "name_character",
    "name_too_long",
    "date_format",
    "date_in_future",
    "formula_prefix",
    "duplicate_row",
    "learner_inconsistent",
    "not_csv",
    "unit_unknown",
    "grade_not_on_scale",
    "unit_not_live",
    "unit_not_awardable",
    "award_before_live",
}


def problems_of(path):
    file = parse_cohort(path.read_bytes(), today=TODAY)
    return file, (*file.problems, *check_against_catalogue(file, UNITS))


def test_the_generator_writes_the_same_bytes_again():
    written = sample_files()
    assert written == sample_files()
    for name, content in written.items():
        assert (FOLDER / name).read_bytes() == content, name
    committed = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.csv")}
    assert committed == {name for name in written if name.endswith(".csv")}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_fault_file_shows_its_fault_and_no_other(name):
    _, problems = problems_of(FOLDER / "bad" / name)
    assert [{"code": problem.code, "row": problem.row} for problem in problems] == EXPECTED[name]


def test_every_code_has_a_file():
    shown = {entry["code"] for entries in EXPECTED.values() for entry in entries}
    assert shown == CODES - CODES_WITHOUT_A_FILE


@pytest.mark.parametrize(
    ("name", "learners", "rows"),
    [
        ("hnc-computing-2026.csv", HNC_LEARNERS, 2400),
        ("t-level-digital-support-2026.csv", T_LEVEL_LEARNERS, 180),
    ],
)
def test_a_sample_is_sound_and_synthetic(name, learners, rows):
    file, problems = problems_of(FOLDER / name)
    assert problems == ()
    assert len(file.rows) >= rows
    assert len({row.uln for row in file.rows}) == learners
    for row in file.rows:
        assert row.email.endswith("@example.org")
        assert row.uln.startswith("9900")
        assert row.award_date < TODAY


def test_the_hnc_sample_is_a_realistic_mix():
    file, _ = problems_of(FOLDER / "hnc-computing-2026.csv")
    units = Counter(row.uln for row in file.rows)
    assert Counter(units.values())[8] >= 280
    assert min(units.values()) < 8
    grades = Counter(row.grade for row in file.rows)
    assert set(grades) == {"Unclassified", "Pass", "Merit", "Distinction"}
    failed = Counter(row.uln for row in file.rows if row.grade == "Unclassified")
    assert set(failed.values()) == {1}


def test_the_names_are_varied():
    names = {row.learner_name for row in problems_of(FOLDER / "hnc-computing-2026.csv")[0].rows}
    assert len(names) > 100
    for sign in "'’-.ŷłñ示":
        assert any(sign in name for name in names), sign
