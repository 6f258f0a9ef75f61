"""Cohort files: tables of faults, and properties over invented cells."""

import csv
import io
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue.identifiers import uln_check_digit
from app.catalogue.seed import load_seed
from app.credentials import cohort_file
from app.credentials.cohort_file import COLUMNS, check_against_catalogue, parse_cohort

TODAY = date(2026, 11, 22)
SOUND = {
    "learner_name": "Alice Sample",
    "uln": "9900900005",
    "email": "alice@example.org",
    "qualification": "603/7595/4",
    "component": "1",
    "grade": "Pass",
    "award_date": "2026-07-03",
}
UNITS = {
    (reference, unit.code): unit
    for entry in load_seed().qualifications
    for unit in entry.units
    for reference in (entry.id, entry.number)
    if reference
}


def as_csv(*rows, headings=COLUMNS, quoting=csv.QUOTE_MINIMAL):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows((headings, *rows))
    return text.getvalue().encode()


def row(**cells):
    return tuple((SOUND | cells).values())


def parse(data, **options):
    return parse_cohort(data, today=TODAY, **options)


def found(file):
    return [(problem.row, problem.column, problem.code) for problem in file.problems]


def test_a_sound_row():
    file = parse(as_csv(row()))
    assert file.problems == ()
    (only,) = file.rows
    assert (only.row, only.learner_name, only.award_date) == (2, "Alice Sample", date(2026, 7, 3))
    assert file.references == (("603/7595/4", "1"),)
    assert not file.has_errors


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n", b"\r"),
        lambda data: data.replace(b"learner_name", b"  Learner Name "),
        lambda data: data.replace(b"Alice Sample", b'" Alice  Sample "'),
        lambda data: data.replace(b"Alice Sample", "Alice\u00a0Sample".encode()),
        lambda data: data.replace(b"2026-07-03", b"03/07/2026"),
        lambda data: data.replace(b"2026-07-03", b"3/7/2026"),
        lambda data: data.replace(b"603/7595/4", b"60375954"),
        lambda data: data.replace(b",1,", b",01,"),
        lambda data: data + b"\n,,,,,,\n  \n",
        lambda data: data.rstrip(b"\n") + b",,,\n",
        lambda data: data.rstrip(b"\n"),
    ],
)
def test_what_spreadsheets_do_to_a_file_is_tolerated(change):
    file = parse(change(as_csv(row())))
    assert file.rows == parse(as_csv(row())).rows
    assert file.problems == ()


def test_columns_may_stand_in_any_order():
    backwards = as_csv(row()[::-1], headings=COLUMNS[::-1])
    assert parse(backwards).rows == parse(as_csv(row())).rows


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        *[({column: " "}, column, "value_missing") for column in COLUMNS],
        ({"uln": "990090000"}, "uln", "uln_format"),
        ({"uln": "9.90090E+09"}, "uln", "uln_format"),
        ({"uln": "=9900900005"}, "uln", "uln_format"),
        ({"uln": "9900900006"}, "uln", "uln_checksum"),
        ({"uln": "9999999999"}, "uln", "uln_checksum"),
        ({"email": "alice"}, "email", "email_format"),
        ({"email": "alice@example"}, "email", "email_format"),
        ({"email": "a..b@example.org"}, "email", "email_format"),
        ({"email": "alice@example.org, bob@example.org"}, "email", "email_format"),
        ({"email": "Alice <alice@example.org>"}, "email", "email_format"),
        (
            {"email": "a@" + "b" * 60 + "." + "c" * 60 + "." + "d" * 60 + "." + "e" * 63 + ".f" * 8},
            "email",
            "email_format",
        ),
        ({"learner_name": "Alice\nSample"}, "learner_name", "name_control_character"),
        ({"learner_name": "Alice Sample\x07"}, "learner_name", "name_control_character"),
        ({"learner_name": "Alice\x85Sample"}, "learner_name", "name_control_character"),
        ({"learner_name": "Alice \u202eelpmaS"}, "learner_name", "name_control_character"),
        ({"learner_name": "Alice \u2066Sample"}, "learner_name", "name_control_character"),
        ({"learner_name": "Alice\u2028Sample"}, "learner_name", "name_control_character"),
        ({"learner_name": "\u200dAlice"}, "learner_name", "name_control_character"),
        ({"learner_name": "Alice\u200bSample"}, "learner_name", "name_control_character"),
        ({"learner_name": "Al1ce"}, "learner_name", "name_character"),
        ({"learner_name": "<b>Alice</b>"}, "learner_name", "name_character"),
        ({"learner_name": "..."}, "learner_name", "name_character"),
        ({"learner_name": "a" * 201}, "learner_name", "name_too_long"),
        ({"award_date": "3 July 2026"}, "award_date", "date_format"),
        ({"award_date": "2026-02-30"}, "award_date", "date_format"),
        ({"award_date": "07/31/2026"}, "award_date", "date_format"),
        ({"award_date": "03/07/26"}, "award_date", "date_format"),
        ({"award_date": "0206-07-03"}, "award_date", "date_format"),
        ({"award_date": "20260703"}, "award_date", "date_format"),
        ({"award_date": "2026-11-23"}, "award_date", "date_in_future"),
        ({"learner_name": "=1+1"}, "learner_name", "formula_prefix"),
        ({"learner_name": " =1+1"}, "learner_name", "formula_prefix"),
        ({"email": "@SUM(A1)"}, "email", "formula_prefix"),
        ({"qualification": "+1"}, "qualification", "formula_prefix"),
        ({"component": "-1"}, "component", "formula_prefix"),
        ({"grade": "\tPass"}, "grade", "formula_prefix"),
        ({"grade": "＝1"}, "grade", "formula_prefix"),  # noqa: RUF001 (full-width on purpose)
    ],
)
def test_one_fault_in_a_row(cells, column, code):
    file = parse(as_csv(row(), row(**cells)))
    assert (3, column, code) in found(file)
    assert [entry.row for entry in file.rows] == [2]
    assert file.has_errors


@pytest.mark.parametrize(
    "name",
    [
        "Siân Ó Briain",
        "O'Neill",
        "D’Arcy-Sample",
        "J. P. Sample Jr.",
        "Nguyễn Thị Ví Dụ",
        "Fúnmiláyọ̀ Àpẹẹrẹ",
        "Олена Приклад",
        "فاطمة مثال",
        "می‌ترا نمونه",
        "प्रिया उदाहरण",
        "தமிழ் உதாரணம்",
        "示例小明",
        "예시 민준",
        "X",
    ],
)
def test_names_of_many_scripts(name):
    file = parse(as_csv(row(learner_name=name)))
    assert file.problems == ()
    assert file.rows[0].learner_name == unicodedata.normalize("NFC", name)


def test_a_name_is_brought_to_nfc():
    assert parse(as_csv(row(learner_name="Zoe\u0308 Sample"))).rows[0].learner_name == "Zoë Sample"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", [(1, None, "file_empty")]),
        (b"\xef\xbb\xbf \r\n", [(1, None, "file_empty")]),
        (as_csv(), [(1, None, "file_empty")]),
        (as_csv(("", "", "", "", "", "", "")), [(1, None, "file_empty")]),
        (b"PK\x03\x04rest", [(1, None, "not_csv")]),
        (b"\xd0\xcf\x11\xe0rest", [(1, None, "not_csv")]),
        (as_csv(row()) + b"\x00", [(3, None, "not_csv")]),
        (as_csv(row()) + b'"open\n', [(3, None, "not_csv")]),
        (b'"open', [(1, None, "not_csv")]),
        (as_csv(row()) + b'"a"b,c\n', [(3, None, "not_csv")]),
        (as_csv(row()).decode().encode("utf-16"), [(1, None, "encoding_not_utf8")]),
        (as_csv(row()) + b"Zo\xeb", [(3, None, "encoding_not_utf8")]),
        (as_csv(("x",), headings=("name",)), [(1, None, "columns_missing")]),
        (as_csv(row()[:6], headings=COLUMNS[:6]), [(1, None, "columns_missing")]),
        (as_csv((*row(), "x"), headings=(*COLUMNS, "Tutor")), [(1, None, "columns_unknown")]),
        (as_csv((*row(), "x"), headings=(*COLUMNS, "")), [(1, None, "columns_unknown")]),
        (as_csv((*row(), "x"), headings=(*COLUMNS, " ULN ")), [(1, "uln", "column_duplicated")]),
        (b"," * 1000 + as_csv(row()), [(1, None, "row_too_long")]),
        (as_csv(row()[:5]), [(2, None, "row_too_short")]),
        (as_csv((*row(), "x")), [(2, None, "row_too_long")]),
    ],
)
def test_faults_of_the_file(data, expected):
    assert found(parse(data)) == expected


def test_an_unknown_column_is_a_warning_and_the_rows_are_read():
    file = parse(as_csv((*row(), "x"), headings=(*COLUMNS, "Tutor")))
    assert (len(file.rows), file.has_errors) == (1, False)


def test_the_place_of_a_wrong_byte_is_given():
    data = b"\xef\xbb\xbf" + as_csv(row()) + b"Zo\xeb"
    (problem,) = parse(data).problems
    assert f"byte {len(data)}" in problem.message
    assert "CSV UTF-8" in problem.message


def test_semicolons_are_recognised():
    (problem,) = parse(as_csv(row()).replace(b",", b";")).problems
    assert "semicolons" in problem.message


def test_limits():
    assert found(parse(b"x" * (cohort_file.MAX_BYTES + 1))) == [(1, None, "file_too_large")]
    three = as_csv(*[row(component=str(number)) for number in (1, 2, 3)])
    assert parse(three, max_rows=3).problems == ()
    assert found(parse(three, max_rows=2)) == [(4, None, "file_too_large")]


def test_rows_are_counted_as_a_spreadsheet_counts_them():
    # Row 2 holds a line break inside quotes, row 3 is blank.
    data = as_csv(row(grade="Pa\nss")) + b"\n" + as_csv(row(uln="1", component="2")).split(b"\n", 1)[1]
    assert found(parse(data)) == [(4, "uln", "uln_format")]


def test_every_problem_of_a_row_is_reported():
    cells = {"learner_name": "Al1ce", "uln": "1", "email": "x", "grade": "", "award_date": "soon"}
    assert {code for _, _, code in found(parse(as_csv(row(**cells))))} == {
        "name_character",
        "uln_format",
        "email_format",
        "value_missing",
        "date_format",
    }


@pytest.mark.parametrize("again", [{}, {"grade": "Merit"}, {"qualification": "60375954", "component": "01"}])
def test_the_same_unit_twice(again):
    file = parse(as_csv(row(), row(component="2"), row(**again)))
    assert found(file) == [(4, None, "duplicate_row")]
    assert "row 2" in file.problems[0].message


def test_one_learner_has_one_name_and_one_address():
    file = parse(as_csv(row(), row(component="2", learner_name="Alicia Sample", email="a@example.org")))
    assert found(file) == [(3, "learner_name", "learner_inconsistent"), (3, "email", "learner_inconsistent")]
    assert parse(as_csv(row(), row(component="2", email="ALICE@example.org"))).problems == ()


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"component": "99"}, "component", "unit_unknown"),
        ({"qualification": "603/7595/5"}, "component", "unit_unknown"),
        ({"qualification": "HNC Computing"}, "component", "unit_unknown"),
        ({"grade": "pass"}, "grade", "grade_not_on_scale"),
        ({"grade": "A*"}, "grade", "grade_not_on_scale"),
        (
            {"qualification": "6105799x", "component": "placement", "grade": "Completed"},
            "grade",
            "grade_not_on_scale",
        ),
        (
            {"qualification": "6105799x", "component": "ZTLOS094", "award_date": "2025-08-31"},
            "award_date",
            "award_before_live",
        ),
        (
            {"qualification": "tlevel-60369115", "component": "ZTLOS030"},
            "component",
            "unit_not_awardable",
        ),
    ],
)
def test_a_row_against_the_catalogue(cells, column, code):
    file = parse(as_csv(row(), row(**cells) if "component" in cells else row(component="2", **cells)))
    assert file.problems == ()
    (problem,) = check_against_catalogue(file, UNITS)
    assert (problem.row, problem.column, problem.code) == (3, column, code)


def test_the_message_lists_the_scale_and_hints_at_a_mistyped_number():
    (problem,) = check_against_catalogue(parse(as_csv(row(grade="First"))), UNITS)
    assert "Unclassified, Pass, Merit, Distinction" in problem.message
    (problem,) = check_against_catalogue(parse(as_csv(row(qualification="603/7595/5"))), UNITS)
    assert "check digit" in problem.message


def test_two_spellings_of_one_qualification_are_one_unit():
    file = parse(as_csv(row(), row(qualification="HNC-Computing")))
    assert file.problems == ()
    (problem,) = check_against_catalogue(file, UNITS)
    assert (problem.row, problem.code) == (3, "duplicate_row")


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data):
    for attempt in (data, as_csv(row()) + data, data + as_csv(row())):
        file = parse(attempt)
        assert file.rows or file.problems


@given(st.lists(st.lists(st.text(max_size=12), min_size=7, max_size=7), max_size=4))
def test_a_row_is_either_kept_or_explained(cells):
    # All cells quoted, because the writer leaves a lone carriage return bare.
    file = parse(as_csv(row(), *cells, quoting=csv.QUOTE_ALL))
    if any(problem.code in ("not_csv", "encoding_not_utf8") for problem in file.problems):
        return
    explained = {problem.row for problem in file.problems} | {entry.row for entry in file.rows}
    blank = {number for number, record in enumerate(cells, start=3) if not any(cell.strip() for cell in record)}
    assert explained | blank >= set(range(2, len(cells) + 3))


@given(
    st.text(st.characters(categories=["L"]), min_size=1, max_size=20),
    st.integers(0, 20),
    st.characters(categories=["Cc", "Zl", "Zp"], exclude_characters="\x00\t\r\n"),
)
def test_a_control_character_is_found_wherever_it_stands(name, place, control):
    changed = name[:place] + control + name[place:]
    codes = {code for _, _, code in found(parse(as_csv(row(learner_name=changed))))}
    assert codes & {"name_control_character", "formula_prefix"}


@given(st.integers(10**8, 10**9 - 1).map(str), st.sampled_from("0123456789"))
def test_a_uln_is_accepted_exactly_when_its_digit_fits(first_nine, digit):
    file = parse(as_csv(row(uln=first_nine + digit)))
    assert bool(file.rows) == (uln_check_digit(first_nine) == digit)
    assert not any(first_nine in problem.message for problem in file.problems)


@given(st.dates(date(2000, 1, 1), TODAY))
def test_both_ways_to_write_a_date(day):
    for text in (day.isoformat(), f"{day:%d/%m/%Y}"):
        assert parse(as_csv(row(award_date=text))).rows[0].award_date == day
