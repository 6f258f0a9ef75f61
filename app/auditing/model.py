"""What is fetched, what is recorded, and what an audit finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from app.standards.vc import timestamp


@dataclass(frozen=True, slots=True)
class Fetched:
    """Bytes from an address, or why there are none. `is_missing`: the host says that there is nothing."""

    data: bytes | None = None
    code: str = ""
    failure: str = ""
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """A `RootAnchored` event of a final block: `root` (32 bytes) of the first `size` leaves."""

    size: int
    root: bytes
    block: int


@dataclass(frozen=True, slots=True)
class History:
    """What the chain has of one wallet, all of it as of the last final block.

    `records` in the order of the chain; `times`: root -> Unix time it was recorded at, 0 = never, for those asked
    about and those of the records. `pending`: those that are on the chain, but not final there. `code` and `failure`
    say why there is none. `is_partial`: an earlier record may stand on a chain that did not answer.
    """

    records: tuple[Recorded, ...] = ()
    times: Mapping[bytes, int] = field(default_factory=dict)
    pending: frozenset[bytes] = frozenset()
    last_size: int = 0
    code: str = ""
    failure: str = ""
    is_partial: bool = False


class Severity(StrEnum):
    """A fault is shown; what could not be looked at is unknown, which is never the same as good.

    A notice is worth a look and may well be right.
    """

    FAULT = "fault"
    UNKNOWN = "cannot tell"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `code` and `about` (a size, a file; "" = the whole log) name it from one audit to the next."""

    severity: Severity
    code: str
    sentence: str
    about: str = ""

    @property
    def key(self) -> str:
        return f"{self.code}:{self.about}" if self.about else self.code

    def as_json(self) -> dict[str, Any]:
        return {"severity": self.severity, "code": self.code, "about": self.about, "sentence": self.sentence}


def fault(code: str, sentence: str, about: object = "") -> Finding:
    return Finding(Severity.FAULT, code, sentence, str(about))


def unknown(code: str, sentence: str, about: object = "") -> Finding:
    return Finding(Severity.UNKNOWN, code, sentence, str(about))


class Outcome(StrEnum):
    """Of a whole audit: the worst of what it found."""

    WHOLE = "whole"
    FAULTY = "faulty"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True)
class Rules:
    """What is taken for late.

    A record on the chain may be unpublished for `publishing`: the list is made in the minute after it is final. The
    list is renewed daily, so one older than `renewal` stands still. A signature is recorded within minutes of its
    making; `signing` leaves room for a chain that is away for a week. An award's own date is that of the board that
    met, and results come in up to a term later: `awarding`. Older results may be entered for good reasons, so that is
    a notice, unless a scheme made it its rule: `awarding_is_rule`.
    """

    publishing: timedelta = timedelta(hours=1)
    renewal: timedelta = timedelta(days=3)
    signing: timedelta = timedelta(days=7)
    awarding: timedelta = timedelta(days=90)
    awarding_is_rule: bool = False


@dataclass(frozen=True, slots=True)
class Audited:
    """The report on one log. `size` and `root` are of the newest checkpoint shown, where it could be read."""

    did: str
    log_url: str
    checked_at: datetime
    findings: tuple[Finding, ...]
    size: int = 0
    root: bytes = b""
    checkpoints: int = 0
    records: int = 0
    claims: int = 0

    @property
    def outcome(self) -> Outcome:
        severities = {finding.severity for finding in self.findings}
        if Severity.FAULT in severities:
            return Outcome.FAULTY
        return Outcome.UNKNOWN if Severity.UNKNOWN in severities else Outcome.WHOLE

    def as_json(self) -> dict[str, Any]:
        return {
            "did": self.did,
            "log": self.log_url,
            "checkedAt": timestamp(self.checked_at),
            "outcome": self.outcome,
            "size": self.size,
            "root": self.root.hex(),
            "checkpoints": self.checkpoints,
            "records": self.records,
            "claims": self.claims,
            "findings": [finding.as_json() for finding in self.findings],
        }
