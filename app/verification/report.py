"""What a verification says: findings, and the one verdict they allow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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


class DocumentKind(StrEnum):
    """What was checked; all but a credential hold others, each with a report of its own."""

    CREDENTIAL = "credential"
    RECORD = "record"
    PRESENTATION = "presentation"
    PROFILE = "profile"


class Level(StrEnum):
    """The strongest evidence reached, each level on top of those before it."""

    NONE = "none"
    SIGNATURE = "signature"
    INCLUSION = "inclusion"
    CHECKPOINT = "signed checkpoint"
    CHAIN = "live chain"


DEFENDS_AGAINST: Mapping[str, str] = {
    "structure": "A document that only looks like a credential, or says different things to different readers.",
    "dates": "A credential used before it begins or after it ends.",
    "issuer_key": "Anybody signing in a college's name with a key of their own.",
    "signature": "Any word of the document being changed.",
    "inclusion": "A register receipt made for one credential being shown with another.",
    "checkpoint": "A college showing different logs to different people.",
    "chain": "A college rewriting its own log, or somebody else's wallet vouching for it.",
    "signing_time": "Whoever steals a key, or finds an old one, signing as of an earlier day.",
    "status": "A withdrawn or corrected credential still looking good.",
    "issuer": "A perfectly signed credential of a made-up college.",
    "accreditation": "A real college issuing what it was never approved for.",
    "holder": "Somebody presenting credentials in another person's name.",
    "adds_up": "An award that its parts do not make: with a part changed, withdrawn, left out or counted otherwise.",
}
"""Check -> what an attacker could do without it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome. `code` is stable; `relied_on` is when the evidence was obtained or made, `source` whence.

    `relied_on` None: the finding rests on the document alone, or nobody knows how old its evidence is.
    """

    check: str
    outcome: Outcome
    code: str
    sentence: str
    relied_on: datetime | None = None
    source: str = ""

    def as_json(self, checked_at: datetime) -> dict[str, Any]:
        age = int((checked_at - self.relied_on).total_seconds()) if self.relied_on else None
        return {
            "check": self.check,
            "outcome": self.outcome,
            "code": self.code,
            "sentence": self.sentence,
            "defendsAgainst": DEFENDS_AGAINST[self.check],
            "source": self.source or None,
            "reliedOn": timestamp(self.relied_on) if self.relied_on else None,
            "ageSeconds": age,
        }


@dataclass(frozen=True, slots=True)
class Addition:
    """One part of a stacked award: whether it holds, and where the rules count it.

    `verdict` None = it could not be had. `code` and `sentence` are the rules' own reason, or why they could not be run
    on it. `credits` are what it adds, in the group named `counted_in`. `title`, `issuer` and `grade` are the part's own
    words, None where it could not be had.
    """

    credential_id: str
    verdict: Verdict | None
    code: str
    sentence: str
    title: str | None = None
    issuer: str | None = None
    grade: str | None = None
    credits: int = 0
    counted_in: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "credential": self.credential_id,
            "verdict": self.verdict,
            "code": self.code,
            "sentence": self.sentence,
            "title": self.title,
            "issuer": self.issuer,
            "grade": self.grade,
            "credits": self.credits,
            "countedIn": self.counted_in,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The findings in order, and what they add up to.

    `as_of` is the past moment that was asked about (None = now). `true_as_of` is how old the oldest evidence is that
    the verdict rests on (None = nobody knows). `parts` are the reports on credentials inside this one, in order; the
    verdict, `anchoring` and `level` are then those of the worst. `additions` are the parts of a stacked award, in the
    order in which it names them; of them the finding `adds_up` speaks.
    """

    findings: tuple[Finding, ...]
    verdict: Verdict
    anchoring: Anchoring
    level: Level
    checked_at: datetime
    summary: str
    issuer_name: str | None = None
    as_of: datetime | None = None
    true_as_of: datetime | None = None
    credential_id: str | None = None
    parts: tuple["Report", ...] = ()
    kind: DocumentKind = DocumentKind.CREDENTIAL
    additions: tuple[Addition, ...] = ()

    def finding(self, check: str) -> Finding:
        return next(finding for finding in self.findings if finding.check == check)

    def as_json(self) -> dict[str, Any]:
        members: dict[str, Any] = {
            "kind": self.kind,
            "verdict": self.verdict,
            "summary": self.summary,
            "anchor": self.anchoring,
            "level": self.level,
            "checkedAt": timestamp(self.checked_at),
            "asOf": timestamp(self.as_of) if self.as_of else None,
            "trueAsOf": timestamp(self.true_as_of) if self.true_as_of else None,
            "credentialId": self.credential_id,
            "issuer": self.issuer_name,
            "checks": [finding.as_json(self.checked_at) for finding in self.findings],
        }
        if self.kind is not DocumentKind.CREDENTIAL:
            members["credentials"] = [part.as_json() for part in self.parts]
        if self.additions:
            members["additions"] = [addition.as_json() for addition in self.additions]
        return members


AUTHENTICITY = ("structure", "issuer_key", "signature", "signing_time", "issuer")
"""Checks without which nothing else means anything."""

ENTITLEMENT = ("accreditation", "holder", "adds_up")
"""Checks that may find nothing to check, but must not fail."""

PART_ENDED = "part_withdrawn"
"""The code of `adds_up` where it did add up, and a part has been withdrawn or corrected since."""

ANCHOR_CHECKS = ("inclusion", "chain")

_SUMMARIES = {
    Verdict.VALID: "This credential is genuine and in force.",
    Verdict.NOT_VALID: "This is not a genuine credential in force. Do not rely on it.",
    Verdict.WAS_VALID: "This credential is genuine, but it is no longer in force.",
    Verdict.CANNOT_TELL: "We cannot tell whether this credential is genuine and in force. Do not rely on it yet.",
}
_SUMMARIES_AS_OF = {
    Verdict.VALID: "This credential was genuine and in force on {day}.",
    Verdict.NOT_VALID: "This was not a genuine credential in force on {day}.",
    Verdict.WAS_VALID: "This credential is genuine, but it was no longer in force on {day}.",
    Verdict.CANNOT_TELL: "We cannot tell whether this credential was genuine and in force on {day}.",
}
_PART_ENDED_SUMMARY = (
    "This award was genuine when it was made, but a part of it has been withdrawn or corrected since. Do not rely on "
    "it."
)
# Where what is inside decides.
_SUMMARIES_INSIDE = {
    Verdict.VALID: "Everything in this record {is} genuine and in force{on}, and so {is} the record.",
    Verdict.NOT_VALID: "A credential in this record {is} not genuine and in force{on}. Do not rely on it; each is "
    "listed below.",
    Verdict.WAS_VALID: "This record is genuine, but a credential in it {is} no longer in force{on}; each is listed "
    "below.",
    Verdict.CANNOT_TELL: "We cannot tell whether every credential in this record {is} genuine and in force{on}. Do not "
    "rely on it yet; each is listed below.",
}
NOT_RECORDED_THEN = "not_recorded_then"
"""The chain check's code where the entry was made only after the day asked about."""
_UNANCHORED = {
    Anchoring.PENDING: " Its entry in the public register is still being made.",
    Anchoring.FAILED: " Its entry in the public register does not match; ask the issuer why.",
    Anchoring.UNKNOWN: " Its entry in the public register could not be checked.",
}
_ANCHORING_WORST_FIRST = (Anchoring.FAILED, Anchoring.UNKNOWN, Anchoring.PENDING, Anchoring.ANCHORED)
_WORST_FIRST = (Verdict.NOT_VALID, Verdict.CANNOT_TELL, Verdict.WAS_VALID, Verdict.VALID)


def conclude(
    findings: Iterable[Finding],
    now: datetime,
    *,
    as_of: datetime | None = None,
    issuer_name: str | None = None,
    credential_id: str | None = None,
    parts: tuple[Report, ...] = (),
    kind: DocumentKind = DocumentKind.CREDENTIAL,
    additions: tuple[Addition, ...] = (),
) -> Report:
    """The report. Anchoring never makes a credential invalid: it is stated beside the verdict.

    A document that holds others is no better than the worst of them.
    """
    ordered = tuple(findings)
    by_check = {finding.check: finding for finding in ordered}
    own = _verdict(by_check)
    report = Report(
        findings=ordered,
        verdict=worst([own, *(part.verdict for part in parts)]),
        anchoring=_anchoring(by_check),
        level=_level(by_check),
        checked_at=now,
        summary="",
        issuer_name=issuer_name,
        as_of=as_of,
        true_as_of=_true_as_of(by_check, now),
        credential_id=credential_id,
        parts=parts,
        kind=kind,
        additions=additions,
    )
    summary = _summary(report.verdict, as_of, by_check)
    if parts and (report.verdict is not own or own is Verdict.VALID):
        summary = _SUMMARIES_INSIDE[report.verdict].format(
            **{"is": "is", "on": ""} if as_of is None else {"is": "was", "on": f" on {day(as_of)}"}
        )
    if report.verdict is Verdict.VALID and report.anchoring is not Anchoring.ANCHORED:
        is_later = as_of is not None and report.anchoring is Anchoring.PENDING
        summary += (
            " It was entered in the public register after that day." if is_later else _UNANCHORED[report.anchoring]
        )
    if not parts:
        return replace(report, summary=summary)
    together = (report, *parts)
    return replace(
        report,
        summary=summary,
        anchoring=worst_anchoring(together),
        level=lowest(together),
        true_as_of=oldest(together),
    )


def own_verdict(report: Report) -> Verdict:
    """The verdict on a credential or record by itself, whatever it holds."""
    return _verdict({finding.check: finding for finding in report.findings})


def worst_anchoring(reports: Iterable[Report]) -> Anchoring:
    """How far all of them go on the chain. Raises `ValueError` for none at all."""
    return min((report.anchoring for report in reports), key=_ANCHORING_WORST_FIRST.index)


def lowest(reports: Iterable[Report]) -> Level:
    """The strongest evidence that all of them reach. Raises `ValueError` for none at all."""
    return min((report.level for report in reports), key=list(Level).index)


def oldest(reports: Iterable[Report]) -> datetime | None:
    """How old the oldest evidence is that any of them rests on; None = nobody knows, or there are none."""
    ages = [report.true_as_of for report in reports]
    known = [age for age in ages if age is not None]
    return min(known) if known and len(known) == len(ages) else None


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on several together. Raises `ValueError` for none at all."""
    return min(verdicts, key=_WORST_FIRST.index)


def day(moment: datetime) -> str:
    """A day as people write it."""
    return f"{moment.day} {moment:%B %Y}"


def _summary(verdict: Verdict, as_of: datetime | None, found: dict[str, Finding]) -> str:
    if verdict is Verdict.WAS_VALID and as_of is None and _part_ended(found) and not _ended(found):
        return _PART_ENDED_SUMMARY
    return _SUMMARIES[verdict] if as_of is None else _SUMMARIES_AS_OF[verdict].format(day=day(as_of))


def _part_ended(found: dict[str, Finding]) -> bool:
    return "adds_up" in found and found["adds_up"].code == PART_ENDED


def _ended(found: dict[str, Finding]) -> bool:
    return Outcome.INVALID in (found["dates"].outcome, found["status"].outcome)


def _verdict(found: dict[str, Finding]) -> Verdict:
    outcomes = {check: finding.outcome for check, finding in found.items()}
    if _part_ended(found):
        # It is as genuine as it was: what made it whole has ended, as if it had itself.
        del outcomes["adds_up"]
    entitled = {outcomes.get(check, Outcome.SKIPPED) for check in ENTITLEMENT}
    if Outcome.INVALID in (*(outcomes.get(check) for check in AUTHENTICITY), *entitled):
        return Verdict.NOT_VALID
    if any(outcomes.get(check) is not Outcome.VALID for check in AUTHENTICITY) or Outcome.ERROR in entitled:
        return Verdict.CANNOT_TELL
    if found["dates"].code == "not_yet_valid":
        return Verdict.NOT_VALID
    if _ended(found) or _part_ended(found):
        return Verdict.WAS_VALID
    if outcomes["status"] is Outcome.ERROR or outcomes["dates"] is Outcome.ERROR:
        return Verdict.CANNOT_TELL
    return Verdict.VALID


def _anchoring(found: dict[str, Finding]) -> Anchoring:
    outcomes = [found[check].outcome for check in ANCHOR_CHECKS]
    if Outcome.INVALID in (*outcomes, found["checkpoint"].outcome):
        return Anchoring.FAILED
    if all(outcome is Outcome.VALID for outcome in outcomes):
        return Anchoring.ANCHORED
    if found["inclusion"].code == "anchor_pending" or found["chain"].code == NOT_RECORDED_THEN:
        return Anchoring.PENDING
    return Anchoring.UNKNOWN


def _level(found: dict[str, Finding]) -> Level:
    reached = Level.NONE
    for check, level in (
        ("signature", Level.SIGNATURE),
        ("inclusion", Level.INCLUSION),
        ("checkpoint", Level.CHECKPOINT),
        ("chain", Level.CHAIN),
    ):
        if found[check].outcome is Outcome.VALID:
            reached = level
        elif check in ("signature", "inclusion"):
            break
    return reached


def _true_as_of(found: dict[str, Finding], now: datetime) -> datetime | None:
    """What can change after issue is the standing: the verdict is as old as the list it was read from."""
    status = found["status"]
    known = status.relied_on if status.outcome in (Outcome.VALID, Outcome.INVALID) else None
    own = now if status.code == "status_none" else known
    sum_of_parts = found.get("adds_up")
    if own is None or sum_of_parts is None or sum_of_parts.outcome is not Outcome.VALID:
        return own
    # The sum holds as long as its parts do, whose lists may be older.
    return min(own, sum_of_parts.relied_on) if sum_of_parts.relied_on else None
