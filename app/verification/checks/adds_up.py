"""The sum of a stacked award, done again from its parts by the rules that it names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, NamedTuple

from app.errors import Refused
from app.stacking import packs, rules
from app.stacking.evaluation import Evaluation
from app.stacking.held import HeldCredential, Origin, Standing
from app.stacking.options import written
from app.stacking.pack import RulePack
from app.standards import strict_json, vc
from app.standards.open_badge import digest_sri
from app.verification import stacked
from app.verification.checks.trail import Trail, finding, skipped
from app.verification.evidence import PartEvidence, StackEvidence
from app.verification.report import PART_ENDED, Addition, Finding, Outcome, Report, Verdict, day, oldest
from app.verification.stacked import ClaimOfAward, NamedByAward, Unclear

CHECK = "adds_up"
MAX_PARTS = 100
"""Parts of one award, with the parts of these: an award names hosts of a stranger's choice."""

_NOT_STACKED = "It does not say that it is made of other credentials."
_ORDER = ("part_changed", "part_not_valid", "part_of_another", PART_ENDED, "part_missing", "part_unclear")
_Fault = tuple[Outcome, str, str]
_UNCOUNTED: _Fault = (Outcome.ERROR, "not_reached", "It holds, and was not counted: the rules could not be run.")


class _Stop(Exception):
    """The sum cannot be done, or is of no use, whatever the parts are."""

    def __init__(self, outcome: Outcome, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = (outcome, code, sentence)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part as it was found: what it is to the rules, how it stands, and what speaks against it."""

    id: str
    title: str
    evidence: PartEvidence
    held: HeldCredential | None
    standing: Standing
    fault: _Fault | None


class _Sum(NamedTuple):
    """`made`: what the parts made when the award was; `now`: what they make with the standing they have."""

    made: Evaluation
    now: Evaluation


def check_adds_up(
    document: Mapping[str, Any], named: NamedByAward | None, evidence: StackEvidence | None, trail: Trail
) -> tuple[Finding, tuple[Addition, ...]]:
    """Whether the parts that an award names make it, by the rules it names, and each part with what it adds.

    Without it, a college could sign any grade over any parts, and an award would outlive what it was made of.
    `evidence` None = not gathered: the signature was not established, or nobody knows the issuer.
    """
    if named is None:
        return skipped(CHECK, _NOT_STACKED, "not_stacked"), ()
    if evidence is None:
        return skipped(CHECK, "Its parts were not looked at, because who made it was not established."), ()
    parts: list[_Part] = []
    pack: RulePack | None = None
    outcome: _Sum | None = None
    try:
        pack = _rules(named, evidence, trail)
        claim = _claim(document)
        if pack.qualification_id != claim.qualification_id:
            raise _Stop(
                Outcome.INVALID, "rules_changed", "The rules that it names are those of another award than this one."
            )
        if evidence.is_too_large:
            sentence = f"It has more parts than are checked at once, with theirs: at most {MAX_PARTS}."
            raise _Stop(Outcome.ERROR, "part_missing", sentence)
        parts = [
            _part(document, part, one, claim, trail) for part, one in zip(named.parts, evidence.parts, strict=True)
        ]
        readable = [part for part in parts if part.held is not None]
        outcome = _run(pack, readable, claim)
        faults = [part.fault for part in parts if part.fault is not None]
        worst = min(faults, key=lambda fault: _ORDER.index(fault[1]), default=None)
        if worst is not None and worst[1] != PART_ENDED:
            raise _Stop(*worst)
        if len(readable) == len(parts):
            # With what has ended since it was made: whether it was right then. Of a part that was corrected, what was
            # counted may be nowhere any more.
            _compare(claim, outcome.made, len(parts), pack)
        if worst is not None:
            raise _Stop(*worst)
    except _Stop as stop:
        outcome_of, code, sentence = stop.fault
        found = finding(CHECK, outcome_of, code, stacked.shown(sentence))
    else:
        known = oldest([part.evidence.report for part in parts if part.evidence.report is not None])
        sentence = stacked.shown(_added_up(outcome.made, parts) + _whose(pack))
        found = finding(CHECK, Outcome.VALID, "adds_up_ok", sentence, known)
    return found, tuple(_additions(parts, pack, outcome))


def _rules(named: NamedByAward, evidence: StackEvidence, trail: Trail) -> RulePack:
    if named.rules is None:
        raise _Stop(Outcome.ERROR, "rules_missing", "It does not name one set of rules by which its parts add up.")
    fetched = evidence.rules
    if fetched is None or fetched.data is None:
        failure = f" {fetched.failure}" if fetched is not None and fetched.failure else ""
        raise _Stop(Outcome.ERROR, "rules_missing", f"The rules by which its parts add up could not be had.{failure}")
    if digest_sri(fetched.data) != named.rules.digest:
        if not _is_rule_set(fetched.data):
            raise _Stop(Outcome.ERROR, "rules_missing", "What is at the address of its rules is no set of rules.")
        sentence = "The rules at the address that it names are not those by which it was made."
        raise _Stop(Outcome.INVALID, "rules_changed", sentence)
    data = fetched.data
    try:
        # The same few rule sets count for thousands of awards.
        pack = trail.reader.once(("rule pack", sha256(data).digest()), lambda: packs.parse_pack(data), size=len(data))
    except Refused as refused:
        raise _Stop(Outcome.ERROR, "rules_missing", f"This verifier cannot read its rules. {refused.message}") from None
    if pack.path != named.path:
        raise _Stop(Outcome.INVALID, "rules_changed", "What it names is not the version of the rules that it says.")
    known = packs.bytes_at(named.path)
    if known is not None and known != data:
        # What was published never changes: these are somebody's own, under a name that is taken.
        raise _Stop(Outcome.INVALID, "rules_changed", "Other rules than these were published under their name.")
    return pack


def _is_rule_set(data: bytes) -> bool:
    """Whether somebody published rules there: an error page in their place says nothing about the award."""
    try:
        return strict_json.parse_object(data).keys() >= {"id", "version", "groups"}
    except strict_json.NotStrictJson:
        return False


def _claim(document: Mapping[str, Any]) -> ClaimOfAward:
    try:
        return stacked.read_claim(document)
    except Unclear as unclear:
        raise _Stop(Outcome.ERROR, "part_unclear", f"What it says of itself cannot be checked. {unclear}") from None


def _part(
    award: Mapping[str, Any],
    named: stacked.Named,
    evidence: PartEvidence,
    claim: ClaimOfAward,
    trail: Trail,
) -> _Part:
    number = stacked.number_of(named.id)
    document, report = evidence.document, evidence.report
    title = stacked.title_of(document) if document is not None else f"The part {named.id}"
    standing = Standing.IN_FORCE
    held: HeldCredential | None = None

    def found(fault: _Fault | None) -> _Part:
        return _Part(named.id, title, evidence, held, standing, fault)

    if evidence.fetched.data is None or document is None or report is None or "credentialSubject" not in document:
        failure = evidence.fetched.failure or "What is where it should be is no credential."
        return found((Outcome.ERROR, "part_missing", f"{title} could not be had. {failure}"))
    if digest_sri(evidence.fetched.data) != named.digest:
        return found(_other_edition(award, document, report, named, title, trail))
    if number is None or document.get("id") != named.id:
        return found((Outcome.INVALID, "part_changed", f"{title} is not the credential that the award says it is."))
    if report.verdict is Verdict.NOT_VALID:
        return found(
            (Outcome.INVALID, "part_not_valid", f"{title} is not a genuine credential in force. {_why(report)}")
        )
    if report.verdict is Verdict.CANNOT_TELL:
        return found((Outcome.ERROR, "part_unclear", f"We cannot tell about {title}. {_why(report)}"))
    try:
        held = stacked.read_part(document, number, claim.issuer)
    except Unclear as unclear:
        return found((Outcome.ERROR, "part_unclear", f"{title} cannot be counted with certainty. {unclear}"))
    if other := _of_another(document, claim, title):
        return found(other)
    if report.verdict is Verdict.WAS_VALID:
        status = report.finding("status")
        standing = Standing.SUPERSEDED if status.code == "superseded" else Standing.REVOKED
        return found((Outcome.INVALID, PART_ENDED, f"{title} no longer holds. {_why(report)}"))
    return found(None)


def _other_edition(
    award: Mapping[str, Any],
    document: Mapping[str, Any],
    report: Report,
    named: stacked.Named,
    title: str,
    trail: Trail,
) -> _Fault:
    """What was found is not what was counted: the college's own correction since, or somebody else's doing."""
    changed = (Outcome.INVALID, "part_changed", f"{title} is not, word for word, what the award was made of.")
    if trail.is_past and report.finding("dates").code == "not_yet_valid":
        return Outcome.ERROR, "part_missing", f"{title} could not be had as it was on the day asked about."
    if report.verdict not in (Verdict.VALID, Verdict.WAS_VALID):
        return changed
    begins, made = (vc.parse_timestamp(one.get("validFrom")) for one in (document, award))
    if document.get("id") != named.id or begins is None or made is None or begins <= made:
        return changed
    return Outcome.INVALID, PART_ENDED, f"{title} was corrected on {day(begins)}, after this award was made of it."


def _of_another(document: Mapping[str, Any], claim: ClaimOfAward, title: str) -> _Fault | None:
    same = stacked.learner_of(document).is_same_as(claim.learner)
    if same:
        return None
    own = vc.issuer_id(document) == claim.issuer
    if same is False and own:
        return Outcome.INVALID, "part_of_another", f"{title} is in the name of another learner."
    if own:
        return Outcome.ERROR, "part_unclear", f"{title} does not show that it is the same learner's."
    return (
        Outcome.ERROR,
        "part_unclear",
        f"{title} was issued by another college and does not show the same name: whether it is the same learner's "
        "cannot be told from the documents alone.",
    )


def _why(report: Report) -> str:
    wanted = (Outcome.ERROR,) if report.verdict is Verdict.CANNOT_TELL else (Outcome.INVALID,)
    return next((one.sentence for one in report.findings if one.outcome in wanted), report.summary)


def _run(pack: RulePack, parts: Sequence[_Part], claim: ClaimOfAward) -> _Sum:
    held = [part.held for part in parts if part.held is not None]
    standing = {part.held.id: part.standing for part in parts if part.held is not None}
    try:
        made = rules.evaluate(pack, held, claim.on)
        if set(standing.values()) <= {Standing.IN_FORCE}:
            return _Sum(made, made)
        today = [replace(one, standing=standing[one.id]) for one in held]
        return _Sum(made, rules.evaluate(pack, today, claim.on))
    except Refused as refused:
        raise _Stop(Outcome.ERROR, "rules_missing", f"This verifier cannot run its rules. {refused.message}") from None


def _compare(claim: ClaimOfAward, made: Evaluation, parts: int, pack: RulePack) -> None:
    """Raises `_Stop` where the award says something else than its parts make."""
    idle = [reason for reason in made.reasons if not reason.counts]
    if idle:
        raise _Stop(Outcome.INVALID, "part_not_counted", f"One of its parts does not count. {idle[0].sentence}")
    if not made.complete and _lacks_only_entry(made, pack):
        # What opens the door carries no credit, and an award names what it counts.
        sentence = "Its rules ask for something to begin with, which is not among its parts."
        raise _Stop(Outcome.ERROR, "part_missing", sentence)
    if not made.complete:
        missing = f" {made.missing[0]}" if made.missing else ""
        raise _Stop(Outcome.INVALID, "adds_up_not", f"Its {parts} parts do not make the award.{missing}")
    differences = [
        f"it says {stated}, its parts make {found}"
        for stated, found in (
            (claim.grade, made.grade),
            (f"{claim.credits_earned} credits", f"{made.credits_passed} credits"),
            (written(claim.awarded_on), written(made.awarded_on) if made.awarded_on else "no day"),
        )
        if stated != found
    ]
    if differences:
        raise _Stop(Outcome.INVALID, "adds_up_not", f"It does not say what its parts make: {'; '.join(differences)}.")


def _lacks_only_entry(made: Evaluation, pack: RulePack) -> bool:
    doors = {entry.id for entry in pack.entry if entry.required}
    unmet = [each.id for each in made.requirements if not each.is_met]
    return bool(unmet) and doors.issuperset(unmet) and all(group.is_full for group in made.groups)


def _added_up(made: Evaluation, parts: Sequence[_Part]) -> str:
    total = f"{made.credits_passed} credits: {made.grade}" if made.credits_passed else str(made.grade)
    sentence = (
        f"The {len(parts)} parts were checked one by one and add up to {total}."
        if len(parts) > 1
        else f"The one part was checked and adds up to {total}."
    )
    moved = sum(1 for part in parts if part.held is not None and part.held.origin is Origin.TRANSFER)
    if moved:
        sentence += (
            f" {moved} of them came from another college: that they are the same learner's shows in the name alone, "
            "and the college that made the award vouches for it."
        )
    return sentence


def _whose(pack: RulePack) -> str:
    """By whose rules, where this verifier has not known them before: anybody may publish some, easy ones too."""
    if packs.bytes_at(pack.path) is not None:
        return ""
    return f" The rules are not among those this verifier knows: {pack.title}, of {pack.owner}, version {pack.version}."


def _additions(parts: Sequence[_Part], pack: RulePack | None, outcome: _Sum | None) -> Iterator[Addition]:
    reasons = {reason.credential_id: reason for reason in outcome.now.reasons} if outcome else {}
    titles = {group.id: stacked.shown(group.title, 120) for group in pack.groups} if pack else {}
    for part in parts:
        report, held = part.evidence.report, part.held
        reason = reasons.get(held.id) if held is not None and part.fault is None else None
        code, sentence = (reason.code.value, reason.sentence) if reason else (part.fault or _UNCOUNTED)[1:]
        yield Addition(
            credential_id=part.id,
            verdict=report.verdict if report is not None else None,
            code=code,
            sentence=stacked.shown(sentence),
            title=part.title if part.evidence.document is not None else None,
            issuer=report.issuer_name if report is not None else None,
            grade=stacked.shown(held.grade, 60) if held is not None else None,
            credits=reason.credits if reason else 0,
            counted_in=titles.get(reason.group or "") if reason else None,
        )
