"""Withdrawn, corrected or in force: the issuer's signed list, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from app.standards import status_list, status_reasons, strict_json, vc
from app.standards.data_integrity import CanonicalForm, ProofProblem
from app.standards.did import DidDocument
from app.standards.json_ld import NotCanonicalisable
from app.standards.status_list import StatusListProblem
from app.standards.status_reasons import Standing, StatusReason
from app.verification.checks.document import shown_in_part
from app.verification.checks.proofs import signed_by_issuer
from app.verification.checks.register import signed_by
from app.verification.checks.trail import Trail, finding, of, skipped, unfetched
from app.verification.evidence import Evidence
from app.verification.reader import Reader, keys_of
from app.verification.report import Finding, Outcome, day


def check_status(evidence: Evidence, trail: Trail, canonicaliser: CanonicalForm) -> Finding:
    """Whether the issuer's list, signed by it and in force, has the credential's place set."""
    # A list of today is signed by the issuer of today; one of a past day by the issuer of that day.
    issuer = trail.issuer_then if trail.is_past else trail.issuer
    if trail.digest is None or issuer is None:
        return skipped("status", "Its standing was not looked up, because the signature was not established.")
    try:
        entry = status_list.read_entry(evidence.submission.credential)
    except StatusListProblem as problem:
        return finding("status", Outcome.ERROR, problem.code, str(problem))
    if entry is None and shown_in_part(trail):
        return finding(
            "status",
            Outcome.ERROR,
            "status_hidden",
            "It is shown in part, without what tells whether it was withdrawn.",
        )
    if entry is None:
        return skipped("status", "The issuer keeps no list by which this credential could be withdrawn.", "status_none")
    fetched = evidence.status_list
    if fetched is None or fetched.data is None:
        return unfetched(
            "status", fetched, ("status_not_fetched", "The list of withdrawn credentials could not be fetched.")
        )
    try:
        listed = trail.reader.document(fetched.data, 1_000_000)
        made_of = ("signed list", sha256(fetched.data).digest(), keys_of(issuer), canonicaliser)
        signed = trail.reader.once(made_of, lambda: read_list(listed, issuer, canonicaliser))
        signed.require_in_force(trail.moment)
        made = signed.made
        withdrawn = status_list.read_bit(listed, entry[0], issuer.id, entry[1], trail.reader.bits)
    except (StatusListProblem, ProofProblem, NotCanonicalisable, strict_json.NotStrictJson) as problem:
        return of(fetched, "status", Outcome.ERROR, problem.code, str(problem))
    # What was fetched now is the state of now; what was brought is as old as it says.
    relied_on = made if trail.is_past else fetched.at or made
    if withdrawn:
        reason = _reason(evidence, entry, issuer, trail.reader)
        if reason is None and trail.is_past and made is not None and made > trail.moment:
            return of(fetched, "status", Outcome.ERROR, "withdrawn_when_unknown", f"It was withdrawn by {day(made)}.")
        return _withdrawn(trail, reason, relied_on, fetched.source)
    return finding("status", Outcome.VALID, "status_ok", "The issuer has not withdrawn it.", relied_on, fetched.source)


def _withdrawn(trail: Trail, reason: StatusReason | None, relied_on: datetime | None, source: str) -> Finding:
    """The bit is believed; the words that go with it are told where they can be had."""
    if reason is None:
        return finding("status", Outcome.INVALID, "revoked", "The issuer has withdrawn it.", relied_on, source)
    if trail.is_past and reason.on > trail.moment:
        return finding(
            "status",
            Outcome.VALID,
            "status_ok",
            f"The issuer withdrew it later, on {day(reason.on)}.",
            relied_on,
            source,
        )
    if reason.standing is Standing.SUPERSEDED:
        sentence = f"It was corrected on {day(reason.on)} ({reason.reason}). Ask for the newest edition."
        return finding("status", Outcome.INVALID, "superseded", sentence, relied_on, source)
    sentence = f"The issuer withdrew it on {day(reason.on)} ({reason.reason})."
    return finding("status", Outcome.INVALID, "revoked", sentence, relied_on, source)


def _reason(evidence: Evidence, entry: tuple[str, int], issuer: DidDocument, reader: Reader) -> StatusReason | None:
    fetched = evidence.status_reasons
    if fetched is None or fetched.data is None:
        return None
    try:
        document = reader.document(fetched.data, 1_000_000)
        if not signed_by(document, issuer, reader=reader, data=fetched.data):
            return None
        return status_reasons.read(document, entry[0], issuer.id).get(entry[1])
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class SignedList:
    """A list that is the issuer's: when it was made, until when it counts, and when the key that signed it ran out."""

    made: datetime | None
    until: datetime | None
    key_expires: datetime | None

    def require_in_force(self, moment: datetime) -> None:
        """Raises `StatusListProblem` (status_list_stale, status_list_unsigned)."""
        if self.until is not None and self.until < moment:
            raise StatusListProblem(
                "status_list_stale", f"The issuer's list of withdrawn credentials ran out on {day(self.until)}."
            )
        if self.key_expires is not None and (self.made is None or self.made > self.key_expires):
            raise StatusListProblem(
                "status_list_unsigned",
                "The list of withdrawn credentials is signed with a key that was no longer in use.",
            )


def read_list(listed: Mapping[str, Any], issuer: DidDocument, canonicaliser: CanonicalForm) -> SignedList:
    """The list, once its signature holds. Raises `StatusListProblem` and what reading a proof raises."""
    for _, sentence in vc.structure_problems(listed):
        raise StatusListProblem("status_list_malformed", f"The list of withdrawn credentials is wrong. {sentence}")
    signed = signed_by_issuer(listed, issuer, canonicaliser)
    # A key that was lost signs nothing any more; the issuer signed the list again with another.
    if signed is None or signed[1].revoked is not None:
        raise StatusListProblem(
            "status_list_unsigned", "The list of withdrawn credentials is not signed by the issuer."
        )
    made, until = (vc.parse_timestamp(listed.get(name)) for name in ("validFrom", "validUntil"))
    return SignedList(made, until, signed[1].expires)
