"""StatusReasons v1: why and when places of a status list were set, in the issuer's words.

A status list (Bitstring Status List v1.0) says that a credential no longer stands, in one bit; `statusMessage` would
take one text for every credential. Our own format, signed with eddsa-jcs-2022 beside each version of the list and
asked for as a whole, so that nobody learns which credential is being checked. It says nothing that the list does
not: a verifier believes the bit, and takes from here only the words that go with it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.standards import vc

TYPE = "StatusReasons"
VERSION = "1"
MAX_REASONS = 131_072
MAX_REASON = 100
_MEMBERS = frozenset({"type", "version", "issuer", "statusListCredential", "validFrom", "reasons"})
_INDEX = re.compile("0|[1-9][0-9]{0,8}", re.ASCII)


class Standing(StrEnum):
    """REVOKED: withdrawn for good. SUPERSEDED: corrected, and a newer edition with the same id stands instead."""

    REVOKED = "revoked"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class StatusReason:
    """What happened to the credential at one place. `reason` is for people, `on` in UTC."""

    standing: Standing
    reason: str
    on: datetime


class StatusReasonsProblem(ValueError):
    """The statement cannot be read, or is about another list."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def unsigned(list_url: str, issuer: str, reasons: Mapping[int, StatusReason], now: datetime) -> dict[str, Any]:
    """The statement as JSON, ready for eddsa-jcs-2022. `reasons` by index in the list, each reason printable."""
    return {
        "type": TYPE,
        "version": VERSION,
        "issuer": issuer,
        "statusListCredential": list_url,
        "validFrom": vc.timestamp(now),
        "reasons": {
            str(index): {"status": one.standing.value, "reason": one.reason, "on": vc.timestamp(one.on)}
            for index, one in sorted(reasons.items())
        },
    }


def read(document: Mapping[str, Any], list_url: str, issuer: str) -> dict[int, StatusReason]:
    """The reasons by index, from a statement whose signature has been checked already.

    Raises `StatusReasonsProblem`: `reasons_foreign` when it is about another list or by another issuer,
    `reasons_malformed` for anything that version 1 does not allow.
    """
    if document.get("type") != TYPE or document.get("version") != VERSION:
        raise StatusReasonsProblem("reasons_malformed", "The reasons for withdrawals are in a form not known here.")
    if document.get("statusListCredential") != list_url or document.get("issuer") != issuer:
        raise StatusReasonsProblem("reasons_foreign", "The reasons found belong to another list of withdrawals.")
    reasons = document.get("reasons")
    if (
        set(document) - {"proof"} != _MEMBERS
        or vc.parse_timestamp(document["validFrom"]) is None
        or not isinstance(reasons, dict)
        or len(reasons) > MAX_REASONS
    ):
        raise _damaged()
    return {_index(index): _reason(one) for index, one in reasons.items()}


def _index(text: Any) -> int:
    if not isinstance(text, str) or _INDEX.fullmatch(text) is None:
        raise _damaged()
    return int(text)


def _reason(value: Any) -> StatusReason:
    if not isinstance(value, dict) or set(value) != {"status", "reason", "on"}:
        raise _damaged()
    on, reason = vc.parse_timestamp(value["on"]), value["reason"]
    try:
        standing = Standing(value["status"])
    except ValueError:
        raise _damaged() from None
    # Shown to people: nothing that hides or reorders text, and not a page of it.
    if on is None or not isinstance(reason, str) or not 0 < len(reason) <= MAX_REASON or not reason.isprintable():
        raise _damaged()
    return StatusReason(standing, reason, on)


def _damaged() -> StatusReasonsProblem:
    return StatusReasonsProblem("reasons_malformed", "The reasons for withdrawals are damaged.")
