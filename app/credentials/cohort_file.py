"""Reads a cohort file: a CSV of learners and their grades, one row per learner and unit.

Pure: bytes in, rows and problems out. Every problem is reported, so that a registrar mends a file once. A row
with an error is not among the rows. Cells are data, never formulas: a cell that a spreadsheet would run is
refused. Messages never repeat a name, an e-mail address or a ULN, so that they can be shown, logged and
mailed.

Columns (a heading row is needed; any order, any case): learner_name, uln, email, qualification, component,
grade, award_date. A date is 2026-06-26 or 26/06/2026.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.catalogue.identifiers import (
    Finding,
    Severity,
    check_qualification_number,
    check_uln,
    component_code,
    error,
    qualification_reference,
)
from app.catalogue.model import Unit

COLUMNS: Final = ("learner_name", "uln", "email", "qualification", "component", "grade", "award_date")
MAX_BYTES: Final = 10 * 1024 * 1024
MAX_ROWS: Final = 50_000
MAX_COLUMNS: Final = 100
# A slip such as 0206 for 2026 is a date too; no award in the catalogue is older than this.
EARLIEST_DATE: Final = date(2000, 1, 1)

# Cells in which a formula could hide. A ULN or a date that starts so fails its own format.
_TEXT_COLUMNS: Final = frozenset({"learner_name", "email", "qualification", "component", "grade"})
_FORMULA = re.compile(r"[\t\r]|\s*[=+\-@＝＋－＠]")  # noqa: RUF001 (full-width forms count as formulas too)
# Not str.strip() alone: that also drops line breaks and control characters, which must be found instead.
_BLANKS: Final = " \t\u00a0\u2007\u202f\u3000"
MAX_NAME: Final = 200
MAX_EMAIL: Final = 254
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_JOINERS: Final = "\u200c\u200d"
# Besides letters and marks: blank, apostrophes, hyphens, full stop, the middle dots of Catalan and Japanese.
_NAME_SIGNS: Final = frozenset(" '’‘-‐‑.·・")  # noqa: RUF001 (look-alikes are what names are written with)
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_UK_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_OTHER_FILES: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")
_DUPLICATE: Final = "This learner already has this unit in row {}; keep one of the two rows."
_SAVE_AS: Final = "In the spreadsheet choose Save as, then “CSV UTF-8 (comma delimited)”."


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `row` counts as a spreadsheet does: headings are row 1, the first learner row 2."""

    row: int
    column: str | None
    code: str
    message: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class CohortRow:
    """One award of the file: qualification and component in normal form, the name in Unicode NFC."""

    row: int
    learner_name: str
    uln: str
    email: str
    qualification: str
    component: str
    grade: str
    award_date: date


@dataclass(frozen=True, slots=True)
class CohortFile:
    """The rows without an error, in file order, and every problem, in row order."""

    rows: tuple[CohortRow, ...]
    problems: tuple[Problem, ...]

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)

    @property
    def references(self) -> tuple[tuple[str, str], ...]:
        """The distinct pairs (qualification, component) to look up in the catalogue, sorted."""
        return tuple(sorted({(row.qualification, row.component) for row in self.rows}))


def parse_cohort(data: bytes, *, today: date, max_rows: int = MAX_ROWS) -> CohortFile:
    """Rows and problems of a cohort file, given as received. Raises nothing: a bad file is a problem.

    `today` is the last day an award may be dated. Reading stops at the first fault that makes the rest
    unreadable: not CSV, not UTF-8, a missing column, more than `MAX_BYTES` or `max_rows`.
    """
    fault = _fault_of_file(data)
    if fault is not None:
        return CohortFile((), (fault,))
    try:
        text = data.removeprefix(_BYTE_ORDER_MARK).decode("utf-8")
    except UnicodeDecodeError:
        return CohortFile((), (_not_utf8(data),))
    reading = _Reading(today=today)
    try:
        _read(csv.reader(io.StringIO(text, newline=""), strict=True), reading, max_rows)
    except csv.Error:
        message = "The quotes in this row do not close, or a cell is far too long; reading stopped here."
        reading.add(reading.row + 1, None, "not_csv", message)
    return CohortFile(tuple(reading.rows), tuple(sorted(reading.problems, key=lambda problem: problem.row)))


def parse_result(values: Mapping[str, str], *, today: date) -> CohortFile:
    """One result, `values` by column name, under the rules of a file's row; its problems are all in row 1."""
    reading = _Reading(today=today)
    reading.row = 1
    _read_row([values[column] for column in COLUMNS], list(COLUMNS), reading)
    return CohortFile(tuple(reading.rows), tuple(reading.problems))


def read_name(text: str) -> tuple[str, tuple[Finding, ...]]:
    """A learner's name in normal form, and what is wrong with it."""
    name = _SPACES.sub(" ", unicodedata.normalize("NFC", text.strip(_BLANKS)))
    return name, _check_name(name)


def check_against_catalogue(file: CohortFile, units: Mapping[tuple[str, str], Unit]) -> tuple[Problem, ...]:
    """Problems of the rows against the units found for `file.references`, in row order.

    Codes: unit_unknown, unit_not_awardable, grade_not_on_scale, award_before_live, unit_not_live, and
    duplicate_row where two spellings of a qualification turn out to be the same unit.
    """
    problems: list[Problem] = []
    first_seen: dict[tuple[str, str], int] = {}
    columns = {
        "grade_not_on_scale": "grade",
        "award_before_live": "award_date",
        "unit_not_live": "award_date",
    }
    for row in file.rows:
        unit = units.get((row.qualification, row.component))
        if unit is None:
            problems.append(Problem(row.row, "component", "unit_unknown", _unknown_unit(row)))
            continue
        for finding in unit.findings_for_award(row.grade, row.award_date):
            column = columns.get(finding.code, "component")
            problems.append(Problem(row.row, column, finding.code, finding.message, finding.severity))
        first = first_seen.setdefault((row.uln, unit.id), row.row)
        if first != row.row:
            problems.append(Problem(row.row, None, "duplicate_row", _DUPLICATE.format(first)))
    return tuple(problems)


class _Reading:
    """What has been read so far, and what must be compared between rows."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.row = 0
        self.rows: list[CohortRow] = []
        self.problems: list[Problem] = []
        # Few distinct values repeat in thousands of rows: each is judged once.
        self.dates: dict[str, date | tuple[str, str]] = {}
        self.references: dict[tuple[str, str], tuple[str, str]] = {}
        self.awards: dict[tuple[str, str, str], int] = {}
        self.learners: dict[str, tuple[str, str, int]] = {}

    def add(self, row: int, column: str | None, code: str, message: str, severity: Severity = "error") -> None:
        self.problems.append(Problem(row, column, code, message, severity))


def _fault_of_file(data: bytes) -> Problem | None:
    if len(data) > MAX_BYTES:
        message = f"The file is larger than {MAX_BYTES // 1024 // 1024} MB; please send it in parts."
        return Problem(1, None, "file_too_large", message)
    if data.startswith(_OTHER_FILES):
        return Problem(1, None, "not_csv", f"This is a workbook or another document, not a CSV file. {_SAVE_AS}")
    if data.startswith(_UTF16_MARKS):
        return Problem(1, None, "encoding_not_utf8", f"The file is saved as Unicode text (UTF-16). {_SAVE_AS}")
    nul = data.find(b"\x00")
    if nul >= 0:
        row = data.count(b"\n", 0, nul) + 1
        return Problem(row, None, "not_csv", f"Line {row} holds a null character: this is not a text file.")
    if not data.removeprefix(_BYTE_ORDER_MARK).strip():
        return Problem(1, None, "file_empty", "The file is empty.")
    return None


def _not_utf8(data: bytes) -> Problem:
    # Decoded again with the mark in place, so that the offset is the one in the file.
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        message = f"Line {line} (byte {fault.start + 1}) is not UTF-8, so accents would be lost. {_SAVE_AS}"
        return Problem(line, None, "encoding_not_utf8", message)
    raise AssertionError("called for text that decodes")


def _read(records: Iterator[list[str]], reading: _Reading, max_rows: int) -> None:
    cells = next(records, [])
    reading.row = 1
    header = _header(cells, reading)
    if header is None:
        return
    count = 0
    for reading.row, cells in enumerate(records, start=2):
        if not any(cell.strip(_BLANKS) for cell in cells):
            continue
        count += 1
        if count > max_rows:
            message = f"The file has more than {max_rows} learner rows; please send it in parts."
            reading.add(reading.row, None, "file_too_large", message)
            return
        _read_row(cells, header, reading)
    if count == 0:
        reading.add(1, None, "file_empty", "The file has headings and no learner rows.")


def _header(cells: list[str], reading: _Reading) -> list[str] | None:
    """The column name of every cell, "" for those to ignore; None when the file cannot be read with it."""
    if len(cells) > MAX_COLUMNS:
        reading.add(1, None, "row_too_long", f"The heading row has more than {MAX_COLUMNS} cells.")
        return None
    names = [re.sub(r"[\s_-]+", "_", cell.strip(_BLANKS).lower()) for cell in cells]
    for column in COLUMNS:
        if names.count(column) > 1:
            reading.add(1, column, "column_duplicated", f"The column {column} occurs more than once.")
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        message = f"These columns are missing: {', '.join(missing)}. Row 1 must hold the headings."
        if len(cells) == 1 and any(mark in cells[0] for mark in ";\t"):
            message += f" The cells seem to be parted by semicolons or tabs, not commas. {_SAVE_AS}"
        reading.add(1, None, "columns_missing", message)
    for place, name in enumerate(names, start=1):
        if name not in COLUMNS and len(missing) < len(COLUMNS):
            message = f"Column {place} “{_shown(cells[place - 1])}” is not used."
            reading.add(1, None, "columns_unknown", message, "warning")
    if any(problem.severity == "error" for problem in reading.problems):
        return None
    return [name if name in COLUMNS else "" for name in names]


def _read_row(cells: list[str], header: list[str], reading: _Reading) -> None:
    row, before = reading.row, len(reading.problems)
    if len(cells) != len(header) and not _fits(cells, header, reading):
        return
    values = {}
    for name, cell in zip(header, cells, strict=False):
        if name:
            values[name] = cell.strip(_BLANKS)
            if name in _TEXT_COLUMNS and _FORMULA.match(cell):
                message = "The cell starts like a spreadsheet formula (= + - @ or a tab)."
                reading.add(row, name, "formula_prefix", message)
                values[name] = ""
            elif not values[name]:
                reading.add(row, name, "value_missing", "The cell is empty.")
    name, wrong = read_name(values["learner_name"])
    uln, email = values["uln"], values["email"]
    if name:
        for finding in wrong:
            reading.add(row, "learner_name", finding.code, finding.message)
    if uln:
        for finding in check_uln(uln):
            hint = " The spreadsheet rounded it: format the column as text." if "E+" in uln.upper() else ""
            reading.add(row, "uln", finding.code, finding.message + hint)
    if email:
        for finding in _check_email(email):
            reading.add(row, "email", finding.code, finding.message)
    awarded = _award_date(values["award_date"], reading) if values["award_date"] else None
    qualification, component = _reference(values["qualification"], values["component"], reading)
    if uln:
        if qualification and component:
            first = reading.awards.setdefault((uln, qualification, component), row)
            if first != row:
                reading.add(row, None, "duplicate_row", _DUPLICATE.format(first))
        if name and email:
            _compare_learner(uln, name, email, reading)
    if awarded is not None and len(reading.problems) == before:
        reading.rows.append(CohortRow(row, name, uln, email, qualification, component, values["grade"], awarded))


def _fits(cells: list[str], header: list[str], reading: _Reading) -> bool:
    # Nothing else is said about such a row: its cells may stand under the wrong headings.
    if len(cells) < len(header):
        message = f"The row has {len(cells)} cells and the headings have {len(header)}."
        reading.add(reading.row, None, "row_too_short", message)
        return False
    if any(cell.strip(_BLANKS) for cell in cells[len(header) :]):
        message = f"The row has more cells than there are headings ({len(header)}). A comma in a cell needs quotes."
        reading.add(reading.row, None, "row_too_long", message)
        return False
    return True


def _check_name(name: str) -> tuple[Finding, ...]:
    # Letters and marks of any script and the signs of names; nothing that hides or reorders text.
    found = error("name_too_long", f"The name is longer than {MAX_NAME} characters.") if len(name) > MAX_NAME else ()
    rest = [character for character in name if not (character.isalpha() or character in _NAME_SIGNS)]
    if not rest and any(character.isalpha() for character in name):
        return found
    # A joiner inside a word belongs to the spelling of Persian and Indic names.
    kinds = {unicodedata.category(c) for c in rest if c not in _JOINERS}
    if kinds & {"Cc", "Cf", "Zl", "Zp", "Cs", "Co"} or name.startswith(tuple(_JOINERS)):
        message = "The name holds a control character or one that changes the direction of text; type it again."
        found += error("name_control_character", message)
    if kinds - {"Mn", "Mc", "Me", "Cc", "Cf", "Zl", "Zp", "Cs", "Co"} or not any(c.isalpha() for c in name):
        message = "A name is made of letters, blanks, apostrophes, hyphens and full stops."
        found += error("name_character", message)
    return found


def _check_email(email: str) -> tuple[Finding, ...]:
    if len(email) > MAX_EMAIL or ".." in email or not _EMAIL.fullmatch(email):
        return error("email_format", "This is not an e-mail address such as learner@example.org.")
    return ()


def _reference(qualification: str, component: str, reading: _Reading) -> tuple[str, str]:
    pair = (qualification, component)
    found = reading.references.get(pair)
    if found is None:
        found = (qualification_reference(qualification), component_code(component) if component else "")
        reading.references[pair] = found
    return found


def _award_date(text: str, reading: _Reading) -> date | None:
    found = reading.dates.get(text)
    if found is None:
        found = reading.dates[text] = read_date(text, reading.today)
    if isinstance(found, date):
        return found
    reading.add(reading.row, "award_date", *found)
    return None


def read_date(text: str, today: date) -> date | tuple[str, str]:
    """The date, or the code and message of what is wrong with it."""
    iso, uk = _ISO_DATE.fullmatch(text), _UK_DATE.fullmatch(text)
    year, month, day = (0, 0, 0)
    if iso is not None:
        year, month, day = int(iso[1]), int(iso[2]), int(iso[3])
    elif uk is not None:
        year, month, day = int(uk[3]), int(uk[2]), int(uk[1])
    try:
        found = date(year, month, day)
    except ValueError:
        hint = " The month seems to stand first; write the day first." if uk and month > 12 >= day else ""
        return "date_format", f"Write the date as 2026-06-26 or 26/06/2026.{hint}"
    if found < EARLIEST_DATE:
        return "date_format", f"The year {year} is too long ago for an award; please check it."
    if found > today:
        return "date_in_future", "The award date lies in the future."
    return found


def _compare_learner(uln: str, name: str, email: str, reading: _Reading) -> None:
    known_name, known_email, first = reading.learners.setdefault(uln, (name, email, reading.row))
    for column, value, known in (
        ("learner_name", name, known_name),
        ("email", email.lower(), known_email.lower()),
    ):
        if value != known:
            message = f"Row {first} has the same ULN with another value here. One learner, one spelling."
            reading.add(reading.row, column, "learner_inconsistent", message)


def _unknown_unit(row: CohortRow) -> str:
    message = f"“{_shown(row.qualification)}” has no component “{_shown(row.component)}” in the catalogue."
    for finding in check_qualification_number(row.qualification):
        if finding.severity == "warning":
            message += f" {finding.message}"
    return message


def _shown(value: str) -> str:
    """A cell as it may stand in a message: short, and without characters that do not print."""
    text = "".join(character if character.isprintable() else "?" for character in value)
    return text if len(text) <= 40 else text[:39] + "…"
