"""Verifiable Credentials Data Model 2.0: the shape every credential must have, and its dates."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

CONTEXT = "https://www.w3.org/ns/credentials/v2"
DATES = ("validFrom", "validUntil")
"""Since when and until when a credential holds (section 4.9)."""

_DATE_TIME_STAMP = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_FARTHEST_ZONE = timedelta(hours=14)  # XML Schema 1.1 part 2, section 3.3.7
_TYPED_PARTS = ("credentialSchema", "evidence", "refreshService", "termsOfUse", "confidenceMethod", "renderMethod")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20<>\"{}|\\^`]+")


def timestamp(moment: datetime) -> str:
    """XSD dateTimeStamp in UTC and whole seconds. `moment` must carry a time zone."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def parse_timestamp(text: Any) -> datetime | None:
    """The moment an XSD dateTimeStamp names, or None when `text` is not one (the time zone is required)."""
    return _moment(text) if isinstance(text, str) and len(text) < 64 else None


@lru_cache(1024)  # Each check of a credential reads its few dates again, and a cohort shares them.
def _moment(text: str) -> datetime | None:
    match = _DATE_TIME_STAMP.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction, offset = match.group(7), match.group(8)
    zone = UTC
    if offset != "Z":
        distance = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
        if offset[4:6] > "59" or distance > _FARTHEST_ZONE:
            return None
        zone = timezone(-distance if offset[0] == "-" else distance)
    microsecond = int((fraction or ".0")[1:7].ljust(6, "0"))
    try:
        # Always in UTC, so that no later comparison or conversion can overflow.
        return datetime(year, month, day, hour, minute, second, microsecond, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_url(value: Any) -> bool:
    """An absolute URI: the model's "URL"."""
    return isinstance(value, str) and len(value) < 2048 and _URL.fullmatch(value) is not None


def structure_problems(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each way in which `document` is not a VCDM 2.0 credential, as (code, sentence). Section 4."""
    contexts = document.get("@context")
    if not isinstance(contexts, list) or not contexts or contexts[0] != CONTEXT:
        yield "context_not_v2", "The document is not a version 2.0 verifiable credential."
    if "VerifiableCredential" not in several(document.get("type")):
        yield "type_not_credential", 'The document does not say that it is a "VerifiableCredential".'
    if issuer_id(document) is None:
        yield "issuer_missing", "The document does not name who issued it."
    if "id" in document and not is_url(document["id"]):
        yield "id_not_url", "The document's own identifier is not a URI."
    subject = document.get("credentialSubject")
    if not (isinstance(subject, dict) and subject) and not (
        isinstance(subject, list) and subject and all(isinstance(item, dict) and item for item in subject)
    ):
        yield "subject_missing", "The document does not say what it is about."
    moments = {}
    for name in DATES:
        if name in document:
            moments[name] = parse_timestamp(document[name])
            if moments[name] is None:
                yield "date_malformed", f'The date in "{name}" is not a date and time with a time zone.'
    start, end = moments.get("validFrom"), moments.get("validUntil")
    if start and end and end < start:
        yield "dates_reversed", "The document ends before it begins."
    for entry in several(document.get("credentialStatus")):
        if not isinstance(entry, dict) or not _has_type(entry) or ("id" in entry and not is_url(entry["id"])):
            yield "status_malformed", "The document's status entry is damaged."
    yield from _part_problems(document)


def _part_problems(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The parts that must say what they are (sections 4.5, 4.11 and 5.4 to 5.6), and named resources (5.3)."""
    for name in _TYPED_PARTS:
        for part in several(document.get(name)):
            if not isinstance(part, dict) or not _has_type(part) or ("id" in part and not is_url(part["id"])):
                yield "part_malformed", f'A part of the document, "{name}", does not say what it is.'
    for schema in several(document.get("credentialSchema")):
        if isinstance(schema, dict) and "id" not in schema:
            yield "part_malformed", "The document names a schema without saying where it is."
    resources = several(document.get("relatedResource"))
    named = [resource.get("id") if isinstance(resource, dict) else None for resource in resources]
    if not all(map(is_url, named)) or len(set(named)) != len(named):
        yield "resource_malformed", "The document does not name each of its related resources by a URI of its own."
    elif any("digestSRI" not in resource and "digestMultibase" not in resource for resource in resources):
        yield "resource_malformed", "The document names a related resource without saying what must be found there."


def several(value: Any) -> list[Any]:
    """A value that may stand alone, in a list or not at all, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _has_type(part: Mapping[str, Any]) -> bool:
    types = several(part.get("type"))
    return bool(types) and all(isinstance(name, str) for name in types)


def issuer_id(document: Mapping[str, Any]) -> str | None:
    """The issuer's identifier, given alone or inside an object; None when there is none."""
    issuer = document.get("issuer")
    value = issuer.get("id") if isinstance(issuer, dict) else issuer
    return value if is_url(value) else None
