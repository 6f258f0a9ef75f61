"""What a verification says: findings, and the one verdict they allow."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.standards.vc import timestamp


class Outcome(StrEnum):
    """VALID and INVALID are known; ERROR = could not be found out; SKIPPED = there was nothing to check."""

    VALID = "VALID"
    INVALID = "INVALID"
    ERROR = "ERROR"
    SKIPPED = "SKIPPED"


class Verdict(StrEnum):
    VALID = "valid"
    NOT_VALID = "not valid"
    WAS_VALID = "was valid"
    CANNOT_TELL = "cannot tell"


class Anchoring(StrEnum):
    """How far the record on the chain goes; apart from the verdict."""

    ANCHORED = "anchored"
    PENDING = "not yet anchored"
    FAILED = "anchor does not match"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome. `code` is stable; `relied_on` is when the evidence was obtained or made."""

    check: str
    outcome: Outcome
    code: str
    sentence: str
    relied_on: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The findings in order, and what they add up to."""

    findings: tuple[Finding, ...]
    verdict: Verdict
    anchoring: Anchoring
    checked_at: datetime
    summary: str
    issuer_name: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def finding(self, check: str) -> Finding:
        return next(finding for finding in self.findings if finding.check == check)

    def as_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "summary": self.summary,
            "anchor": self.anchoring,
            "checkedAt": timestamp(self.checked_at),
            "issuer": self.issuer_name,
            "checks": [
                {
                    "check": finding.check,
                    "outcome": finding.outcome,
                    "code": finding.code,
                    "sentence": finding.sentence,
                    "reliedOn": timestamp(finding.relied_on) if finding.relied_on else None,
                    "ageSeconds": int((self.checked_at - finding.relied_on).total_seconds())
                    if finding.relied_on
                    else None,
                }
                for finding in self.findings
            ],
        }


AUTHENTICITY = ("structure", "issuer_key", "signature")
"""Checks without which nothing else means anything."""

ANCHOR_CHECKS = ("inclusion", "chain")

_SUMMARIES = {
    Verdict.VALID: "This credential is genuine and in force.",
    Verdict.NOT_VALID: "This is not a genuine credential in force. Do not rely on it.",
    Verdict.WAS_VALID: "This credential is genuine, but it is no longer in force.",
    Verdict.CANNOT_TELL: "We cannot tell whether this credential is genuine and in force. Do not rely on it yet.",
}


def conclude(findings: Iterable[Finding], now: datetime) -> Report:
    """The verdict. Anchoring never makes a credential invalid: it is stated beside the verdict."""
    ordered = tuple(findings)
    by_check = {finding.check: finding for finding in ordered}
    verdict = _verdict(by_check)
    anchoring = _anchoring(by_check)
    summary = _SUMMARIES[verdict]
    if verdict is Verdict.VALID and anchoring is not Anchoring.ANCHORED:
        summary += {
            Anchoring.PENDING: " Its entry in the public register is still being made.",
            Anchoring.FAILED: " Its entry in the public register does not match; ask the issuer why.",
            Anchoring.UNKNOWN: " Its entry in the public register could not be checked.",
        }[anchoring]
    return Report(ordered, verdict, anchoring, now, summary)


def _verdict(found: dict[str, Finding]) -> Verdict:
    outcomes = {check: finding.outcome for check, finding in found.items()}
    if any(outcomes.get(check) is Outcome.INVALID for check in (*AUTHENTICITY, "issuer")):
        return Verdict.NOT_VALID
    if any(outcomes.get(check) is not Outcome.VALID for check in (*AUTHENTICITY, "issuer")):
        return Verdict.CANNOT_TELL
    if found["dates"].code == "not_yet_valid":
        return Verdict.NOT_VALID
    if outcomes["dates"] is Outcome.INVALID or outcomes["status"] is Outcome.INVALID:
        return Verdict.WAS_VALID
    if outcomes["status"] is Outcome.ERROR or outcomes["dates"] is Outcome.ERROR:
        return Verdict.CANNOT_TELL
    return Verdict.VALID


def _anchoring(found: dict[str, Finding]) -> Anchoring:
    outcomes = [found[check].outcome for check in ANCHOR_CHECKS]
    if Outcome.INVALID in outcomes:
        return Anchoring.FAILED
    if all(outcome is Outcome.VALID for outcome in outcomes):
        return Anchoring.ANCHORED
    if found["inclusion"].code == "anchor_pending":
        return Anchoring.PENDING
    return Anchoring.UNKNOWN
