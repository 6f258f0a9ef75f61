"""Skills England's JSON of one standard: `/api/apprenticeshipstandards/{ST}`, an interface that is not documented.

Fields as the Department for Education's courses service reads them: referenceNumber, version or versionNumber, title,
level, route, and the lists knowledges, skills and behaviours, whose entries have a UUID and a `detail` that begins with
the code.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from app.catalogue.frameworks.model import (
    Framework,
    RefusedRow,
    Source,
    Statement,
    UnreadableRow,
    read_text,
    read_version,
    without_repeats,
)
from app.catalogue.identifiers import check_standard
from app.errors import Refused

LISTS: Final = (("knowledges", "knowledgeId", "K"), ("skills", "skillId", "S"), ("behaviours", "behaviourId", "B"))
_CODED = re.compile(r"\s*([KSB][1-9][0-9]{0,2})\s*[:.\u2013-]?\s+(?=\S)")


def read(data: Mapping[str, Any]) -> Framework:
    """Raises `Refused` (framework_malformed, framework_version_unclear)."""
    standard = data.get("referenceNumber")
    if not isinstance(standard, str) or check_standard(standard):
        raise Refused("framework_malformed", "The file names no standard: referenceNumber is ST and four digits.")
    statements: list[Statement] = []
    refused: list[RefusedRow] = []
    for name, key, letter in LISTS:
        for row, entry in _rows(data, name):
            try:
                statements.append(_statement(row, entry, key, letter))
            except UnreadableRow as unreadable:
                refused.append(RefusedRow(row, unreadable.code, unreadable.message))
    taken, repeated = without_repeats(statements)
    level = data.get("level")
    return Framework(
        source=Source.SKILLS_ENGLAND,
        standard_id=standard,
        occupation_id=None,
        version=_version(data),
        title=_words(data.get("title")),
        level=level if isinstance(level, int) and not isinstance(level, bool) and 1 <= level <= 8 else None,
        route=_words(data.get("route")),
        uri=_words(data.get("standardPageUrl")),
        statements=taken,
        refused=(*refused, *repeated),
    )


def _rows(data: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    found = data.get(name)
    if found is None:
        return
    if not isinstance(found, list):
        raise Refused("framework_malformed", f"The member {name} is not a list.")
    for place, entry in enumerate(found, 1):
        yield f"{name}[{place}]", entry


def _statement(row: str, entry: object, key: str, letter: str) -> Statement:
    if not isinstance(entry, dict):
        raise UnreadableRow("row_malformed", "The row is not an object.")
    text = read_text(entry.get("detail"))
    match = _CODED.match(text)
    if match is None:
        raise UnreadableRow("code_missing", "The statement does not begin with its code, such as K1.")
    if match[1][0] != letter:
        raise UnreadableRow("ksb_kind_differs", "The code is of another kind than the list it stands in.")
    try:
        number = UUID(str(entry.get(key)))
    except ValueError:
        raise UnreadableRow("field_malformed", f"{key} is not a UUID.") from None
    return Statement(row, match[1], text[match.end() :], f"urn:uuid:{number}")


def _version(data: Mapping[str, Any]) -> str:
    given = {value for value in (data.get("versionNumber"), data.get("version")) if isinstance(value, str) and value}
    return read_version(given.pop() if len(given) == 1 else None)


def _words(value: object) -> str | None:
    try:
        return read_text(value)
    except UnreadableRow:
        return None
