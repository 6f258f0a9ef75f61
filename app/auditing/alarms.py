"""Which faults are new, and which are over: one alarm for each, however often the audit finds them again.

A fault is told at once. What could not be looked at is told the second time in a row: networks fail for a moment. And
nothing is over while anything could not be looked at, or a host would be rid of its faults by falling silent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from app.auditing.model import Audited, Severity
from app.standards.vc import parse_timestamp, timestamp

ROUNDS_UNKNOWN = 2


@dataclass(frozen=True, slots=True)
class Open:
    """A finding that is there: since when, how often in a row, whether it was told, and its words."""

    since: datetime
    rounds: int
    told: bool
    severity: Severity
    code: str
    about: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of one log, by key of the finding."""

    found: Mapping[str, Open] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            key: {
                "since": timestamp(one.since),
                "rounds": one.rounds,
                "told": one.told,
                "severity": one.severity,
                "code": one.code,
                "about": one.about,
                "sentence": one.sentence,
            }
            for key, one in self.found.items()
        }


@dataclass(frozen=True, slots=True)
class Alarm:
    """One message. `id` is the same whenever it is sent; `body` is what is sent, as JSON members."""

    id: str
    body: Mapping[str, Any]


def weigh(before: Watch, report: Audited) -> tuple[Watch, tuple[Alarm, ...]]:
    """What is known after an audit, and what is to be told."""
    now = report.checked_at
    alarms: list[Alarm] = []
    found: dict[str, Open] = {}
    severities = {finding.severity for finding in report.findings}
    for finding in report.findings:
        if finding.severity is Severity.NOTICE:
            continue
        known = before.found.get(finding.key)
        since, rounds = (known.since, known.rounds + 1) if known else (now, 1)
        due = finding.severity is Severity.FAULT or rounds >= ROUNDS_UNKNOWN
        told = known.told if known else False
        one = Open(since, rounds, told or due, finding.severity, finding.code, finding.about, finding.sentence)
        if due and not told:
            alarms.append(_alarm("found", report, finding.key, one))
        found[finding.key] = one
    for key, known in before.found.items():
        if key in found:
            continue
        if Severity.UNKNOWN in severities and known.severity is Severity.FAULT:
            found[key] = known
        elif known.told:
            alarms.append(_alarm("over", report, key, known))
    return Watch(found), tuple(alarms)


def read(value: Any) -> Watch:
    """Raises `ValueError`."""
    if not isinstance(value, dict):
        raise ValueError("what was told before cannot be read")
    found = {}
    for key, one in value.items():
        since = parse_timestamp(one.get("since")) if isinstance(one, dict) else None
        if since is None or not isinstance(one.get("rounds"), int) or not isinstance(one.get("told"), bool):
            raise ValueError("what was told before cannot be read")
        texts = [str(one.get(name, "")) for name in ("code", "about", "sentence")]
        found[key] = Open(since, one["rounds"], one["told"], Severity(one.get("severity")), *texts)
    return Watch(found)


def _alarm(event: str, report: Audited, key: str, one: Open) -> Alarm:
    named = "\n".join((event, report.did, key, timestamp(one.since)))
    body = {
        "type": f"log.{event}",
        "timestamp": timestamp(report.checked_at),
        "data": {
            "did": report.did,
            "log": report.log_url,
            "severity": one.severity,
            "code": one.code,
            "about": one.about,
            "sentence": one.sentence,
            "since": timestamp(one.since),
        },
    }
    return Alarm("alarm_" + sha256(named.encode()).hexdigest()[:32], body)
