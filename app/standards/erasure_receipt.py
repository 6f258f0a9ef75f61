"""ErasureReceipt v1: an institution's signed word that it deleted what it held of a learner, and nothing else.

Our own format, secured with eddsa-jcs-2022. It names positions of the institution's log, whose leaf hashes stay: with
salt and digest deleted, nobody can tell any more what they committed to. No name, number or address is in it, so it
may be kept and shown by both sides. An auditor takes from it that an entry without a salt was deleted, not hidden.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.standards.vc import parse_timestamp, timestamp

KIND = "ErasureReceipt"
MAX_BYTES = 1_000_000
COUNTED = ("credentials", "editions", "receipts", "logEntries", "shareLinks", "learners")
_MEMBERS = frozenset({"type", "version", "id", "issuer", "erasedAt", "reason", "counts", "log", "logPositions"})


class ErasureReason(StrEnum):
    """Why (UK GDPR, article 17(1)): the learner asked, the data are no longer needed, the law demands it."""

    LEARNER_REQUEST = "learner-request"
    NO_LONGER_NEEDED = "no-longer-needed"
    LEGAL_DUTY = "legal-duty"

    @property
    def words(self) -> str:
        """For people, after "erased"."""
        return _WORDS[self]


_WORDS = {
    ErasureReason.LEARNER_REQUEST: "at the learner’s request",
    ErasureReason.NO_LONGER_NEEDED: "because it is no longer needed",
    ErasureReason.LEGAL_DUTY: "because the law demands it",
}


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """A receipt that was read; its signature is still unchecked. `positions` of the log at `log_url`, ascending."""

    id: str
    issuer: str
    erased_at: datetime
    reason: ErasureReason
    counts: Mapping[str, int]
    log_url: str
    positions: tuple[int, ...]


def unsigned(
    *,
    receipt_id: str,
    issuer: str,
    log_url: str,
    reason: ErasureReason,
    counts: Mapping[str, int],
    positions: Sequence[int],
    now: datetime,
) -> dict[str, Any]:
    """The receipt as JSON, ready for eddsa-jcs-2022."""
    return {
        "type": KIND,
        "version": "1",
        "id": receipt_id,
        "issuer": issuer,
        "erasedAt": timestamp(now),
        "reason": reason.value,
        "counts": {name: counts.get(name, 0) for name in COUNTED},
        "log": log_url,
        "logPositions": sorted(positions),
    }


def read(document: Mapping[str, Any]) -> ErasureReceipt:
    """Raises `ValueError` for any member that is missing, misshapen, or not part of version 1."""
    erased_at, counts, positions = (document.get(name) for name in ("erasedAt", "counts", "logPositions"))
    if document.get("type") != KIND or document.get("version") != "1":
        raise ValueError("not an erasure receipt of a known kind")
    if set(document) - {"proof"} != _MEMBERS or not all(
        isinstance(document[name], str) for name in ("id", "issuer", "log")
    ):
        raise ValueError("the receipt's members are not those of an erasure receipt")
    moment = parse_timestamp(erased_at)
    if moment is None or not isinstance(counts, dict) or tuple(sorted(counts)) != tuple(sorted(COUNTED)):
        raise ValueError("its date or its counts cannot be read")
    if not isinstance(positions, list) or not all(_is_number(one) for one in (*positions, *counts.values())):
        raise ValueError("a number cannot be read")
    if positions != sorted(set(positions)):
        raise ValueError("its positions do not rise")
    return ErasureReceipt(
        document["id"],
        document["issuer"],
        moment,
        ErasureReason(document["reason"]),
        counts,
        document["log"],
        tuple(positions),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
