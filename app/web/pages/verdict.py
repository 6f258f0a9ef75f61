"""How a verification is told to an employer: one verdict in words, what was checked, what it does not prove."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from app.credentials.model import Credential
from app.verification.report import (
    DEFENDS_AGAINST,
    PART_ENDED,
    Addition,
    Anchoring,
    DocumentKind,
    Finding,
    Outcome,
    Report,
    Verdict,
    own_verdict,
)
from app.web.pages.reading import Content
from app.web.rendering import age, day, moment

_TITLES = {
    "structure": "Form of the document",
    "dates": "Dates",
    "issuer_key": "Key of the college",
    "signature": "Signature",
    "inclusion": "Receipt of the register",
    "checkpoint": "The college's list of entries",
    "chain": "Entry in the public register",
    "signing_time": "When it was signed",
    "status": "Withdrawn or not",
    "issuer": "Who the college is",
    "accreditation": "Approval of the college",
    "holder": "Who presents it",
    "adds_up": "Sum of the parts",
}
# Checks that had no part in this answer, and would only puzzle an employer.
_UNTOLD = ("not_needed", "accreditation_none", "holder_none", "not_stacked")
_OUTCOMES = {
    Outcome.VALID: ("good", "Fine"),
    Outcome.INVALID: ("bad", "Wrong"),
    Outcome.ERROR: ("unknown", "Could not be checked"),
    Outcome.SKIPPED: ("none", "Not checked"),
}


_OF_SEVERAL = {
    Verdict.VALID: ("good", "All genuine"),
    Verdict.WAS_VALID: ("ended", "Not all in force"),
    Verdict.CANNOT_TELL: ("unknown", "Cannot tell"),
    Verdict.NOT_VALID: ("bad", "Not all genuine"),
}


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One line of "How we know". `tone` picks the icon, `outcome` says the same in a word."""

    title: str
    tone: str
    outcome: str
    sentence: str
    evidence: str | None
    defends_against: str


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part of an award as a page lists it: `number` leads to its own check, `added` says what it adds and where,
    `wrong` why it adds nothing."""

    number: str
    title: str
    added: str | None
    wrong: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """The top of the page. `tone`: good, ended, bad or unknown; `is_trusted`: the words below it are the issuer's."""

    tone: str
    headline: str
    summary: str
    because: str | None
    is_trusted: bool
    anchored_since: str | None
    register_note: str | None
    checks: tuple[CheckLine, ...]
    limits: tuple[str, ...]


def tell(report: Report, content: Content, record: Credential | None) -> Told:
    """The report in plain English. `record` (ours, if we issued it) adds when and why it was withdrawn."""
    codes = {finding.check: finding.code for finding in report.findings}
    withdrawn = codes["status"] == "revoked" and report.verdict is own_verdict(report)
    superseded = codes["status"] == "superseded" and report.verdict is Verdict.WAS_VALID
    tone, headline = _headline(report, codes, record if withdrawn else None)
    summary = report.summary
    if withdrawn and report.verdict is Verdict.WAS_VALID:
        summary = "The college issued this credential and later withdrew it. Do not rely on it."
        if record is not None and record.reason_given is not None:
            summary += f" The reason given: {record.reason_given}."
    if superseded:
        summary = f"This edition was genuine. {report.finding('status').sentence}"
    anchored = report.finding("inclusion").relied_on if report.anchoring is Anchoring.ANCHORED else None
    return Told(
        tone=tone,
        headline=headline,
        summary=summary,
        because=_because(report, withdrawn),
        is_trusted=report.verdict in (Verdict.VALID, Verdict.WAS_VALID),
        anchored_since=day(anchored) if anchored else None,
        register_note=_register_note(report),
        checks=tuple(_line(finding, report.checked_at) for finding in report.findings if finding.code not in _UNTOLD),
        limits=_limits(content, report.kind),
    )


def tell_presentation(report: Report) -> Told:
    """The report on a presentation. What is in it is told credential by credential."""
    tone, headline = _OF_SEVERAL[report.verdict]
    own = [finding for finding in report.findings if finding.outcome in (Outcome.INVALID, Outcome.ERROR)]
    return Told(
        tone=tone,
        headline=headline,
        summary=report.summary,
        because=own[0].sentence if own else None,
        is_trusted=report.verdict in (Verdict.VALID, Verdict.WAS_VALID),
        anchored_since=None,
        register_note=None,
        checks=tuple(_line(finding, report.checked_at) for finding in report.findings),
        limits=(
            "That the person in front of you is who presents them: compare the names with an identity document.",
            "That all of them are about the same person: compare the names on each.",
        ),
    )


def part_lines(report: Report, content: Content) -> tuple[PartLine, ...]:
    """What an award is made of, as the check found it; without a check, only which parts it names."""
    if not report.additions:
        return tuple(PartLine(str(number), str(number), None, None) for number in content.part_ids)
    return tuple(_part_line(addition) for addition in report.additions)


def _part_line(addition: Addition) -> PartLine:
    number = addition.credential_id.removeprefix("urn:uuid:")
    credits = f"{addition.credits} credits" if addition.credits else None
    added = ", ".join(text for text in (addition.grade, credits, addition.counted_in) if text)
    counts = addition.code.startswith("counted")
    return PartLine(number, addition.title or number, added or None, None if counts else addition.sentence)


def linkedin_url(content: Content, issuer: str, page: str) -> str:
    """LinkedIn's "add to profile" address. It fills in a form; LinkedIn itself verifies nothing."""
    fields = {
        "startTask": "CERTIFICATION_NAME",
        "name": content.title or "",
        "organizationName": issuer,
        "certUrl": page,
        "certId": str(content.number or ""),
    }
    if content.awarded_on is not None:
        fields |= {"issueYear": str(content.awarded_on.year), "issueMonth": str(content.awarded_on.month)}
    return "https://www.linkedin.com/profile/add?" + urlencode(fields)


def _headline(report: Report, codes: dict[str, str], record: Credential | None) -> tuple[str, str]:
    if report.verdict is not own_verdict(report):
        return _OF_SEVERAL[report.verdict]
    if report.verdict is Verdict.VALID:
        return "good", f"Genuine on {day(report.as_of)}" if report.as_of else "Genuine"
    if report.verdict is Verdict.WAS_VALID:
        if codes["status"] == "superseded":
            return "ended", "Genuine, but corrected since"
        if codes.get("adds_up") == PART_ENDED and codes["status"] != "revoked" and codes["dates"] != "expired":
            return "ended", "Genuine, but a part of it no longer holds"
        if codes["status"] != "revoked":
            return "ended", "Genuine, but it has run out"
        when = f" on {day(record.revoked_at)}" if record is not None and record.revoked_at else ""
        return "ended", f"Genuine, but withdrawn{when}"
    if report.verdict is Verdict.CANNOT_TELL:
        return "unknown", "Cannot tell"
    wrong = [finding.check for finding in report.findings if finding.outcome is Outcome.INVALID]
    if wrong == ["adds_up"]:
        return "bad", "Does not add up"
    return "bad", "Not valid yet" if codes["dates"] == "not_yet_valid" else "Not genuine"


def _because(report: Report, withdrawn: bool) -> str | None:
    """The first finding that stands between this credential and "genuine"."""
    if report.verdict is Verdict.VALID or withdrawn or report.verdict is not own_verdict(report):
        return None
    wanted = Outcome.ERROR if report.verdict is Verdict.CANNOT_TELL else Outcome.INVALID
    ranked = [finding for finding in report.findings if finding.check not in ("inclusion", "checkpoint", "chain")]
    return next((finding.sentence for finding in ranked if finding.outcome is wanted), None)


def _register_note(report: Report) -> str | None:
    notes = {
        Anchoring.PENDING: "Not in the public register yet. New credentials are entered within minutes.",
        Anchoring.FAILED: "The entry in the public register does not match. Ask the college why.",
        Anchoring.UNKNOWN: "The public register could not be checked just now.",
    }
    return None if report.verdict is Verdict.NOT_VALID else notes.get(report.anchoring)


def _line(finding: Finding, now: datetime) -> CheckLine:
    tone, outcome = _OUTCOMES[finding.outcome]
    evidence = f"From {finding.source}" if finding.source else None
    if finding.relied_on is not None:
        since = f"of {moment(finding.relied_on)} ({age(finding.relied_on, now)})"
        evidence = f"{evidence}, {since}" if evidence else f"Evidence {since}"
    against = DEFENDS_AGAINST[finding.check]
    return CheckLine(_TITLES[finding.check], tone, outcome, finding.sentence, evidence, against)


def _limits(content: Content, kind: DocumentKind) -> tuple[str, ...]:
    who = content.learner or "the person named"
    certificate = content.awarding_organisation or "the awarding organisation"
    what = (
        f"It states that the parts of a qualification add up. The certificate itself comes from {certificate}."
        if content.is_award
        else f"It records one part of a qualification. It is not the certificate, which comes from {certificate}."
    )
    if kind is DocumentKind.RECORD:
        what = "It gathers what one college recorded of a learner. Certificates come from the awarding organisations."
    return (
        f"That the person in front of you is {who}: compare it with an identity document.",
        what,
        "Anything about results that are not shown here.",
    )
