"""The sector's identifiers: pure checks and normal forms.

Every `check_*` takes the text as given and returns findings, none when it is fine. An error means the value
cannot be right; a warning means it may be a slip but exists in the wild. A check never asks a register: a
number that passes may still belong to nobody, or to the wrong person. Patterns use `[0-9]`, not `\\d`,
because `\\d` accepts the digits of every script.

Sources: the Department for Education's T Level results service (UKPRN, ULN, learning aims, specialisms),
HESA C21051 and the ILR validation rules (ULN check digit), the Ofqual register interface (qualification and
recognition numbers), Skills England (standards, occupations, KSBs), SOC 2020, sector subject areas (tier 2).
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning"]

TEMPORARY_ULN: Final = "9999999999"

_UKPRN = re.compile(r"[0-9]{8}")
_ULN = re.compile(r"[1-9][0-9]{9}")
_QUALIFICATION_NUMBER = re.compile(r"([0-9]{3})/?([0-9]{4})/?([0-9X])")
_LEARNING_AIM = re.compile(r"[0-9]{7}[0-9X]|Z[A-Z0-9]{7}")
_SPECIALISM = re.compile(r"ZTLOS[0-9]{3}|[0-9]{8}")
_RECOGNITION_NUMBER = re.compile(r"RN[0-9]{4}")
_STANDARD = re.compile(r"ST[0-9]{4}")
_OCCUPATION = re.compile(r"OCC[0-9]{4}[A-Z]?")
_KSB = re.compile(r"(OCC[0-9]{4}[A-Z]?)(?:@([0-9]+\.[0-9]+))?:([KSB][1-9][0-9]{0,2})")
_SOC = re.compile(r"[0-9]{4}(/[0-9]{2})?")
_SUBJECT_AREA = re.compile(r"(1[0-5]|[1-9])\.[1-5]")


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about one value: `code` is stable, `message` is a sentence for a registrar."""

    severity: Severity
    code: str
    message: str


def error(code: str, message: str) -> tuple[Finding, ...]:
    """One error, as the tuple that a check returns."""
    return (Finding("error", code, message),)


def warning(code: str, message: str) -> tuple[Finding, ...]:
    """One warning, as the tuple that a check returns."""
    return (Finding("warning", code, message),)


def check_ukprn(value: str) -> tuple[Finding, ...]:
    """UK Provider Reference Number, eight digits. That it starts with 1 is a convention: a warning."""
    if not _UKPRN.fullmatch(value):
        return error("ukprn_format", "A UKPRN has exactly eight digits, for example 10009696.")
    if not value.startswith("1"):
        return warning("ukprn_prefix", "UKPRNs start with 1 in practice; please check this number.")
    return ()


def check_uln(value: str) -> tuple[Finding, ...]:
    """Unique Learner Number: ten digits, one a check digit. Messages never repeat it: it is personal data."""
    if not _ULN.fullmatch(value):
        return error("uln_format", "A ULN has exactly ten digits and does not start with 0.")
    if value == TEMPORARY_ULN:
        return error("uln_checksum", "This is the temporary ULN; a credential needs the learner's own.")
    if uln_check_digit(value[:9]) != value[9]:
        return error("uln_checksum", "The check digit of this ULN is wrong; a digit may be mistyped.")
    return ()


def uln_check_digit(first_nine: str) -> str | None:
    """The tenth digit that completes nine digits, or None where no ULN can begin with these nine.

    ILR form of the rule: the remainder of the sum weighted 10 to 2, modulo 11, taken from 10; remainder 0 has
    no digit. HESA's form (all ten digits weighted 10 to 1 leave 10) says the same. Raises ValueError unless
    given nine digits.
    """
    if not re.fullmatch(r"[0-9]{9}", first_nine):
        raise ValueError("nine digits are needed")
    remainder = _weighted_sum(first_nine, 10) % 11
    return None if remainder == 0 else str(10 - remainder)


def masked_uln(value: str) -> str:
    """The number with all but its last four characters hidden, for screens and logs: `******8686`."""
    return "*" * max(len(value) - 4, 0) + value[-4:] if len(value) > 4 else "*" * len(value)


def qualification_number(value: str) -> str | None:
    """The normal form `603/5832/4` of a qualification number with or without slashes and with `x` or `X`.

    None when the text is not a qualification number. Slashes are taken both or neither.
    """
    match = _QUALIFICATION_NUMBER.fullmatch(value.upper())
    if match is None or value.count("/") == 1:
        return None
    return "/".join(match.groups())


def check_qualification_number(value: str) -> tuple[Finding, ...]:
    """Ofqual's qualification number (QN, QAN). Its check digit only warns: 36 of 8,092 break it."""
    normal = qualification_number(value)
    if normal is None:
        message = "A qualification number looks like 603/5832/4; slashes may be left out, the last place may be X."
        return error("qualification_number_format", message)
    plain = normal.replace("/", "")
    if qualification_number_check_digit(plain[:7]) != plain[7]:
        message = f"The check digit of {normal} is unusual; please compare it with the Ofqual register."
        return warning("qualification_number_check_digit", message)
    return ()


def qualification_number_check_digit(first_seven: str) -> str:
    """The eighth place for seven digits: their sum weighted 8 to 2, modulo 11, ten written X.

    An observation on the register, not a published rule. Raises ValueError unless given seven digits.
    """
    if not re.fullmatch(r"[0-9]{7}", first_seven):
        raise ValueError("seven digits are needed")
    remainder = _weighted_sum(first_seven, 8) % 11
    return "X" if remainder == 10 else str(remainder)


def check_learning_aim(value: str) -> tuple[Finding, ...]:
    """LARS learning aim reference: a qualification number without slashes, or Z and seven characters."""
    if not _LEARNING_AIM.fullmatch(value):
        message = "A learning aim reference has eight characters, for example 6105799X or ZTLOS094."
        return error("learning_aim_format", message)
    return ()


def check_specialism_code(value: str) -> tuple[Finding, ...]:
    """T Level occupational specialism: ZTLOS and three digits, or eight digits for one half of a pair."""
    if not _SPECIALISM.fullmatch(value):
        message = "A specialism code looks like ZTLOS094, or has eight digits for one half of a pair."
        return error("specialism_format", message)
    return ()


def recognition_number(value: str) -> str | None:
    """The normal form `RN5133`, also from the four digits alone. None for anything else."""
    upper = value.upper()
    candidate = f"RN{upper}" if re.fullmatch(r"[0-9]{4}", upper) else upper
    return candidate if _RECOGNITION_NUMBER.fullmatch(candidate) else None


def check_recognition_number(value: str) -> tuple[Finding, ...]:
    """Ofqual's recognition number of an awarding organisation."""
    if recognition_number(value) is None:
        return error("recognition_number_format", "A recognition number is RN and four digits, such as RN5133.")
    return ()


def check_standard(value: str) -> tuple[Finding, ...]:
    """Occupational standard reference, ST and four digits."""
    if not _STANDARD.fullmatch(value):
        return error("standard_format", "A standard reference is ST and four digits, for example ST0127.")
    return ()


def check_occupation(value: str) -> tuple[Finding, ...]:
    """Occupation code: OCC, four digits, and a letter where one standard has several occupations."""
    if not _OCCUPATION.fullmatch(value):
        message = "An occupation code is OCC and four digits, sometimes with a letter: OCC0127 or OCC0002A."
        return error("occupation_format", message)
    return ()


def ksb_id(occupation: str, version: str | None, code: str) -> str:
    """The scoped id of one statement, `OCC0127@1.2:K10`; no `@1.2` where the version is not known."""
    return f"{occupation}@{version}:{code}" if version else f"{occupation}:{code}"


def check_ksb_id(value: str) -> tuple[Finding, ...]:
    """A statement of knowledge, skill or behaviour, scoped to one version of one occupation.

    K10 of version 1.2 need not be K10 of the next version, so an id without a version is a warning.
    """
    match = _KSB.fullmatch(value)
    if match is None:
        message = "A knowledge, skill or behaviour is written occupation, version, code: OCC0127@1.2:K10."
        return error("ksb_format", message)
    if match[2] is None:
        return warning("ksb_version_unknown", f"{value} names no version; codes change with versions.")
    return ()


def check_soc(value: str) -> tuple[Finding, ...]:
    """SOC 2020: unit group `2137` or sub-unit `2137/00`."""
    if not _SOC.fullmatch(value):
        return error("soc_format", "A SOC 2020 code looks like 2137 or 2137/00.")
    return ()


def check_subject_area(value: str) -> tuple[Finding, ...]:
    """Sector subject area, tier 2: `6.1`. The pattern is wider than the list in `Catalogue.subject_areas`."""
    if not _SUBJECT_AREA.fullmatch(value):
        return error("subject_area_format", "A sector subject area looks like 6.1, from 1.1 to 15.5.")
    return ()


def qualification_reference(value: str) -> str:
    """How references to a qualification are compared: a normal number, else a lower-case catalogue id."""
    stripped = value.strip()
    return qualification_number(stripped) or stripped.lower()


def component_code(value: str) -> str:
    """How codes of units are compared: upper case, a short number without leading zeros (`01` is `1`)."""
    code = value.strip().upper()
    if code.isascii() and code.isdigit() and len(code) <= 3:
        return code.lstrip("0") or "0"
    return code


def _weighted_sum(digits: str, first_weight: int) -> int:
    # The weights fall by one from place to place.
    return sum(int(digit) * (first_weight - place) for place, digit in enumerate(digits))
