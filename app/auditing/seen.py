"""What a witness remembers of a log: the checkpoints it was shown, so that nobody can show it another past.

Kept as JSON by whoever runs the audit. Only what was signed and recomputed is remembered, and nothing is forgotten:
a later audit must find each remembered root again in the log of that day.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST = 10_000
_ROOT = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Seen:
    """Size -> root (32 bytes) of one log."""

    roots: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def newest(self) -> int:
        return max(self.roots, default=0)

    def with_root(self, size: int, root: bytes) -> "Seen":
        """With one more. The newest and the oldest are kept where there are too many."""
        roots = {**self.roots, size: root}
        if len(roots) > MOST:
            sizes = sorted(roots)
            del roots[sizes[1]]
        return Seen(roots)

    def as_json(self) -> dict[str, Any]:
        return {str(size): self.roots[size].hex() for size in sorted(self.roots)}


def read(value: Any) -> Seen:
    """Raises `ValueError`: a memory that cannot be read is no reason to start a new one."""
    if not isinstance(value, dict) or len(value) > MOST:
        raise ValueError("what was seen before cannot be read")
    roots: dict[int, bytes] = {}
    for size, root in value.items():
        if not (size.isascii() and size.isdigit() and isinstance(root, str) and _ROOT.fullmatch(root)):
            raise ValueError("what was seen before cannot be read")
        roots[int(size)] = bytes.fromhex(root)
    return Seen(roots)
