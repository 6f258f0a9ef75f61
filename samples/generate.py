"""Writes the sample cohort files of this folder. Run from the repository: `python -m samples.generate`.

Every learner is invented. The family name is the word "example" or "sample" in some language, the e-mail
addresses are under example.org (RFC 2606) and the ULNs are counted up from 990000000 with their check digit.
The same seed gives the same bytes: only `Random.random()` is used, whose sequence Python keeps stable.
"""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final, TypeVar

from app.catalogue.identifiers import uln_check_digit

Row = tuple[str, ...]
T = TypeVar("T")

SEED: Final = 20261122
HEADINGS: Final = ("learner_name", "uln", "email", "qualification", "component", "grade", "award_date")
HNC_LEARNERS: Final = 320
T_LEVEL_LEARNERS: Final = 60
# First nine digits of the synthetic ULNs; each file has a stretch of its own.
HNC_ULNS_FROM: Final = 990_000_001
T_LEVEL_ULNS_FROM: Final = 990_010_001

# (unit number, day the assessment board confirmed it)
HNC_UNITS: Final = (
    ("1", "2025-12-12"),
    ("2", "2025-12-12"),
    ("3", "2026-02-27"),
    ("4", "2026-02-27"),
    ("5", "2026-05-15"),
    ("6", "2026-05-15"),
    ("7", "2026-07-03"),
    ("13", "2026-07-03"),
)
T_LEVEL_RESULTS_DAY: Final = "12/08/2026"
SPECIALISMS: Final = ("ZTLOS091", "ZTLOS092", "ZTLOS093", "ZTLOS094")

# Given names beside the word for "example" or "sample" in a language of the same script.
NAMES: Final = (
    (
        ("Alice", "Ben", "Chloe", "Daniel", "Emily", "Freddie", "Grace", "Harry"),
        ("Sample", "Specimen-Sample"),
    ),
    (("Siân", "Rhŷs", "Angharad", "Llŷr", "Ffion", "Iestyn"), ("Enghraifft", "ap Enghraifft")),
    (("Seán", "Niamh", "Aoife", "Ciarán"), ("O'Sample", "O’Sample")),
    (("Mary-Jane", "Anne-Marie", "J. P.", "John-Paul"), ("Sample-Specimen", "St. Sample")),
    (("Zoë", "Renée", "François", "Amélie"), ("d'Exemple", "L’Exemple")),
    (("Łukasz", "Zofia", "Michał", "Małgorzata"), ("Przykład", "Wzór-Przykład")),
    (("Núria", "José", "Íñigo", "Lucía"), ("Ejemplo", "Ejemplo Muñoz")),
    (("Jörg", "Björn", "Åsa", "Sören"), ("Muster", "Exempel")),
    (("Ömer", "Ayşe", "Çağla", "İpek"), ("Örnek",)),
    (("Nguyễn Thị", "Trần Đức"), ("Ví Dụ",)),
    (("Adébáyọ̀", "Fúnmiláyọ̀"), ("Àpẹẹrẹ",)),
    (("Cabdi", "Xaliimo"), ("Tusaale",)),
    (("Олена", "Андрій"), ("Приклад",)),
    (("Ελένη", "Γιώργος"), ("Παράδειγμα",)),
    (("فاطمة", "يوسف"), ("مثال",)),
    (("زهرا", "می‌ترا"), ("نمونه",)),  # the second holds a zero-width non-joiner
    (("נועה", "דוד"), ("דוגמה",)),
    (("प्रिया", "अर्जुन"), ("उदाहरण",)),
    (("ਗੁਰਪ੍ਰੀਤ", "ਹਰਲੀਨ"), ("ਉਦਾਹਰਣ",)),
    (("নুসরাত", "আরিফ"), ("উদাহরণ",)),
    (("தமிழ்", "கவிதா"), ("உதாரணம்",)),
    (("小明", "美玲"), ("示例",)),
    (("민준", "서연"), ("예시",)),
    (("さくら", "健"), ("見本",)),
)

# A fault file is HEADINGS, a sound row 2, and then these rows.
_SOUND: Final = ("Alice Sample", "9900900005", "alice@example.org", "603/7595/4", "1", "Pass", "2026-07-03")


def pick(rng: Random, choices: Sequence[T]) -> T:
    """One of `choices`, evenly."""
    return choices[int(rng.random() * len(choices))]


def graded(rng: Random, scale: Sequence[tuple[str, float]]) -> str:
    """A grade drawn by the shares beside it, which add up to 1."""
    point = rng.random()
    for grade, share in scale:
        point -= share
        if point < 0:
            return grade
    return scale[-1][0]


def synthetic_ulns(first: int, count: int) -> list[str]:
    """`count` ULNs with a right check digit from nine-digit numbers counted up from `first`."""
    found: list[str] = []
    number = first
    while len(found) < count:
        digit = uln_check_digit(str(number))
        if digit is not None:
            found.append(f"{number}{digit}")
        number += 1
    return found


def learner_names(rng: Random, count: int) -> list[str]:
    """`count` names; the English ones come most often, every group comes."""
    names = []
    for place in range(count):
        given, family = NAMES[place % len(NAMES)] if place % 3 == 0 else NAMES[int(rng.random() ** 2 * len(NAMES))]
        first, second = pick(rng, given), pick(rng, given)
        # The small groups are scripts where a second given name would look wrong.
        both = f"{first} {second}" if first != second and len(given) > 2 and rng.random() < 0.6 else first
        names.append(f"{both} {pick(rng, family)}")
    return names


def hnc_rows(rng: Random) -> list[Row]:
    """HNC Computing: most learners have all eight units, some one Unclassified, some are part of the way."""
    rows: list[Row] = []
    people = zip(learner_names(rng, HNC_LEARNERS), synthetic_ulns(HNC_ULNS_FROM, HNC_LEARNERS), strict=True)
    for place, (name, uln) in enumerate(people, start=1):
        ability = rng.random()
        scale = (
            ("Distinction", 0.10 + 0.35 * ability),
            ("Merit", 0.35),
            ("Pass", 0.55 - 0.35 * ability),
        )
        # One learner in nine is part of the way, with two to six units.
        units = HNC_UNITS[: 2 + int(rng.random() * 5)] if place % 9 == 0 else HNC_UNITS
        failed = pick(rng, units)[0] if place % 13 == 0 else None
        for code, day in units:
            grade = graded(rng, scale)
            shown = "Unclassified" if code == failed else grade
            rows.append((name, uln, f"hnc{place:03d}@example.org", "603/7595/4", code, shown, day))
    return rows


def t_level_rows(rng: Random) -> list[Row]:
    """T Level in Digital Support and Security: core, one specialism and the placement for each learner."""
    core = (
        ("A*", 0.05),
        ("A", 0.15),
        ("B", 0.25),
        ("C", 0.25),
        ("D", 0.17),
        ("E", 0.10),
        ("Unclassified", 0.03),
    )
    specialism = (("Distinction", 0.25), ("Merit", 0.40), ("Pass", 0.30), ("Unclassified", 0.05))
    placement = (("Met", 0.93), ("Not met", 0.07))
    rows: list[Row] = []
    ulns = synthetic_ulns(T_LEVEL_ULNS_FROM, T_LEVEL_LEARNERS)
    for place, (name, uln) in enumerate(zip(learner_names(rng, T_LEVEL_LEARNERS), ulns, strict=True), start=1):
        for code, scale in (
            ("6105799X", core),
            (pick(rng, SPECIALISMS), specialism),
            ("PLACEMENT", placement),
        ):
            email = f"tlevel{place:03d}@example.org"
            rows.append((name, uln, email, "610/5799/X", code, graded(rng, scale), T_LEVEL_RESULTS_DAY))
    return rows


def table(rows: Sequence[Row], headings: Row = HEADINGS, line_end: str = "\n") -> bytes:
    """A CSV file in UTF-8."""
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end).writerows((headings, *rows))
    return text.getvalue().encode()


def altered(**cells: str) -> Row:
    """A sound row of another learner, with the given cells changed."""
    row = dict(zip(HEADINGS, ("Ben Sample", "9900900013", "ben@example.org", *_SOUND[3:]), strict=True))
    return tuple((row | cells).values())


def fault_files() -> dict[str, tuple[bytes, str, int]]:
    """For each fault: the bytes of a file that shows it, the code expected and the row it stands in."""
    no_grade = tuple(heading for heading in HEADINGS if heading != "grade")
    changed = {
        "value_missing": altered(grade=""),
        "uln_format": altered(uln="99009000"),
        "uln_checksum": altered(uln="9900900014"),
        "email_format": altered(email="ben at example.org"),
        "name_control_character": altered(learner_name="Ben \u202esample"),
        "name_character": altered(learner_name="B3n Sample"),
        "name_too_long": altered(learner_name="Ben " + "Sample " * 40),
        "date_format": altered(award_date="07/31/2026"),
        "date_in_future": altered(award_date="2099-07-03"),
        "formula_prefix": altered(learner_name='=HYPERLINK("https://example.org")'),
        "duplicate_row": (*_SOUND[:3], "60375954", "01", "Merit", "2026-07-03"),
        "learner_inconsistent": ("Alicia Sample", *_SOUND[1:4], "2", "Pass", "2026-07-03"),
        "row_too_short": altered()[:5],
        "row_too_long": (*altered(), "2"),
        "unit_unknown": altered(component="99"),
        "grade_not_on_scale": altered(grade="First"),
        "unit_not_awardable": altered(
            qualification="hnd-computing-england-cyber",
            component="CYBER-SECURITY-PATHWAY-OPTIONAL-LEVEL-5-UNIT-A",
        ),
        "award_before_live": altered(
            qualification="610/5799/X", component="PLACEMENT", grade="Met", award_date="2024-07-03"
        ),
    }
    found = {code: (table((_SOUND, row)), code, 3) for code, row in changed.items()}
    found["file_empty"] = (b"", "file_empty", 1)
    found["file_empty_headings_only"] = (table(()), "file_empty", 1)
    found["columns_missing"] = (table((_SOUND[:5] + _SOUND[6:],), no_grade), "columns_missing", 1)
    found["columns_missing_semicolons"] = (table((_SOUND,)).replace(b",", b";"), "columns_missing", 1)
    found["columns_unknown"] = (table(((*_SOUND, "x"),), (*HEADINGS, "tutor")), "columns_unknown", 1)
    found["column_duplicated"] = (table(((*_SOUND, "Pass"),), (*HEADINGS, "grade")), "column_duplicated", 1)
    found["encoding_not_utf8"] = (
        table((_SOUND, altered(learner_name="Zoë Sample"))).decode().encode("cp1252"),
        "encoding_not_utf8",
        3,
    )
    found["encoding_not_utf8_utf16"] = (
        b"\xff\xfe" + table((_SOUND,)).decode().encode("utf-16-le"),
        "encoding_not_utf8",
        1,
    )
    found["not_csv"] = (b"PK\x03\x04 the first bytes of a workbook", "not_csv", 1)
    found["not_csv_null"] = (table((_SOUND,)) + b"\x00", "not_csv", 3)
    found["not_csv_open_quote"] = (table((_SOUND,)) + b'"Ben Sample,9900900013\n', "not_csv", 3)
    return found


def sample_files() -> dict[str, bytes]:
    """Every generated file: path inside this folder to content."""
    rng = Random(SEED)
    faults = fault_files()
    expected = {f"{name}.csv": [{"code": code, "row": row}] for name, (_, code, row) in sorted(faults.items())}
    return {
        "hnc-computing-2026.csv": table(hnc_rows(rng)),
        # As a spreadsheet saves "CSV UTF-8": byte order mark, CRLF, dates as they are written in the UK.
        "t-level-digital-support-2026.csv": b"\xef\xbb\xbf" + table(t_level_rows(rng), line_end="\r\n"),
        **{f"bad/{name}.csv": content for name, (content, _, _) in sorted(faults.items())},
        "bad/expected.json": (json.dumps(expected, indent=1) + "\n").encode(),
    }


def main() -> None:
    folder = Path(__file__).parent
    for name, content in sample_files().items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
