"""CheckpointList v1: an institution's log in public, one (root, treeSize) after the other, signed by it.

Our own format, secured with eddsa-jcs-2022, downloadable as a static file. Whoever keeps copies can show that an
institution shows different logs to different people. Roots carry 0x, sizes strictly grow (RFC 9162 section 2.1).
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.standards.vc import parse_timestamp, timestamp

KIND = "CheckpointList"
MAX_CHECKPOINTS = 20_000
"""More than 30 years of a checkpoint a day and 200 on days of results."""
MAX_BYTES = 8_000_000
"""Of a list as it is fetched. An entry has about 105 bytes where it is size and root alone, 420 with its place on a
chain, and 720 with its place on two: room for all that are read, the newest of them in full."""
_ROOT = re.compile("0x[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class CheckpointList:
    """A list that was read; its signature is still unchecked. `sizes` and `roots` (32 bytes) go together."""

    issuer: str
    made: datetime
    sizes: tuple[int, ...]
    roots: tuple[bytes, ...]

    def root_of(self, tree_size: int) -> bytes | None:
        """The root listed for a log of that many leaves; None when there is none."""
        place = bisect_left(self.sizes, tree_size)
        return self.roots[place] if place < len(self.sizes) and self.sizes[place] == tree_size else None


def unsigned_list(issuer: str, checkpoints: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    """The list as JSON, ready for eddsa-jcs-2022. Each checkpoint has `treeSize` and `root`; more is for people."""
    return {
        "type": KIND,
        "version": "1",
        "issuer": issuer,
        "validFrom": timestamp(now),
        "checkpoints": list(checkpoints),
    }


def read(document: Mapping[str, Any], issuer: str) -> CheckpointList:
    """Read the list of `issuer`. Raises `ValueError` when any part is missing, misshapen or out of order."""
    made, entries = parse_timestamp(document.get("validFrom")), document.get("checkpoints")
    if document.get("type") != KIND or document.get("version") != "1":
        raise ValueError("it is not a list of checkpoints of a known kind")
    if document.get("issuer") != issuer:
        raise ValueError("it belongs to another institution")
    if made is None or not isinstance(entries, list) or len(entries) > MAX_CHECKPOINTS:
        raise ValueError("its date or its entries cannot be read")
    sizes: list[int] = []
    roots: list[bytes] = []
    for entry in entries:
        size, root = (entry.get("treeSize"), entry.get("root")) if isinstance(entry, dict) else (None, None)
        if not isinstance(size, int) or isinstance(size, bool) or size <= (sizes[-1] if sizes else 0):
            raise ValueError("its sizes do not grow")
        if not isinstance(root, str) or _ROOT.fullmatch(root) is None:
            raise ValueError("a root cannot be read")
        sizes.append(size)
        roots.append(bytes.fromhex(root[2:]))
    return CheckpointList(issuer, made, tuple(sizes), tuple(roots))
