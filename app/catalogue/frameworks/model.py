"""A framework as read from a file, and what importing it would change."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from app.catalogue.identifiers import ksb_id
from app.catalogue.model import Ksb, KsbKind, KsbMatch
from app.errors import Refused

MAX_TEXT: Final = 2_000
KINDS: Final[Mapping[str, KsbKind]] = {"K": "knowledge", "S": "skill", "B": "behaviour"}
CODE: Final = re.compile(r"[KSB][1-9][0-9]{0,2}")
VERSION: Final = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")
# Overrides and isolates turn the order of what follows; a statement in English needs none.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_BLANKS = re.compile(r"[ \t\r\n\u00a0]+")


class Source(StrEnum):
    """The kind of file."""

    CASE = "case"
    SKILLS_ENGLAND = "skills-england"


class UnreadableRow(Exception):
    """One row cannot be taken: a stable `code`, and a sentence that repeats nothing of the row."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken. `row` is its place in the file, such as `CFItems[3]`, counted from 1."""

    row: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement in its official wording. `uri` is its identifier at the publisher, None where it has none."""

    row: str
    code: str
    text: str
    uri: str | None = None
    matches: tuple[KsbMatch, ...] = ()

    @property
    def kind(self) -> KsbKind:
        return KINDS[self.code[0]]


@dataclass(frozen=True, slots=True)
class Framework:
    """One version of one standard. What the file does not say is None; `has_matches`: it could say which there are."""

    source: Source
    standard_id: str | None
    occupation_id: str | None
    version: str
    title: str | None
    level: int | None
    route: str | None
    uri: str | None
    statements: tuple[Statement, ...]
    refused: tuple[RefusedRow, ...]
    has_matches: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import changes: statements to write, and the ids of those new, worded anew, the same and not in the file.

    `is_whole`: every statement on record under this version is in the file, and no row of statements was refused.
    """

    occupation_id: str
    version: str
    ksbs: tuple[Ksb, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    left: tuple[str, ...]
    refused: tuple[RefusedRow, ...]
    is_whole: bool


def plan(framework: Framework, occupation_id: str, on_record: Iterable[Ksb]) -> Plan:
    """Compare with the statements `on_record` of the occupation, of whatever version; the other versions stay."""
    known = {ksb.id: ksb for ksb in on_record if ksb.version == framework.version}
    taken = tuple(_ksb(statement, occupation_id, framework.version) for statement in framework.statements)
    if not framework.has_matches:
        # A file that cannot name matches does not take away those that another one named.
        taken = tuple(replace(ksb, matches=known[ksb.id].matches) if ksb.id in known else ksb for ksb in taken)
    left = tuple(sorted(known.keys() - {ksb.id for ksb in taken}))
    return Plan(
        occupation_id=occupation_id,
        version=framework.version,
        ksbs=taken,
        added=tuple(ksb.id for ksb in taken if ksb.id not in known),
        changed=tuple(ksb.id for ksb in taken if ksb.id in known and ksb != known[ksb.id]),
        unchanged=tuple(ksb.id for ksb in taken if ksb.id in known and ksb == known[ksb.id]),
        left=left,
        refused=framework.refused,
        is_whole=not left and not any(is_statement_row(each.row) for each in framework.refused),
    )


def is_statement_row(row: str) -> bool:
    """Whether a row is one of statements, and not of associations."""
    return not row.startswith("CFAssociations")


def without_repeats(statements: Iterable[Statement]) -> tuple[tuple[Statement, ...], tuple[RefusedRow, ...]]:
    """(statements whose code stands once, the others as refused rows)."""
    every = list(statements)
    counts = Counter(statement.code for statement in every)
    message = "This code stands more than once in the file."
    return (
        tuple(statement for statement in every if counts[statement.code] == 1),
        tuple(RefusedRow(each.row, "code_repeated", message) for each in every if counts[each.code] > 1),
    )


def read_text(value: object) -> str:
    """A statement in NFC with single blanks. Raises `UnreadableRow("text_malformed")`."""
    if not isinstance(value, str):
        raise UnreadableRow("text_malformed", "The statement is not text.")
    text = _BLANKS.sub(" ", unicodedata.normalize("NFC", value)).strip()
    if not text or len(text) > MAX_TEXT:
        raise UnreadableRow("text_malformed", f"A statement has 1 to {MAX_TEXT:,} characters.")
    if any(unicodedata.category(each) in ("Cc", "Cs", "Co", "Cn") or each in _TURNING for each in text):
        raise UnreadableRow("text_malformed", "The statement has characters that cannot be shown as they are.")
    return text


def read_version(value: object) -> str:
    """Raises `Refused("framework_version_unclear")`."""
    if not isinstance(value, str) or not VERSION.fullmatch(value):
        message = "The file does not say which version of the standard it is, such as 1.2; codes belong to a version."
        raise Refused("framework_version_unclear", message)
    return value


def _ksb(statement: Statement, occupation_id: str, version: str) -> Ksb:
    return Ksb(
        id=ksb_id(occupation_id, version, statement.code),
        occupation_id=occupation_id,
        version=version,
        code=statement.code,
        kind=statement.kind,
        text=statement.text,
        is_official_wording=True,
        uri=statement.uri,
        matches=statement.matches,
    )
