"""Withdrawn, corrected or in force: the issuer's signed list, and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.standards import status_list, strict_json, vc
from app.standards.data_integrity import CanonicalForm, ProofProblem
from app.standards.did import DidDocument
from app.standards.json_ld import NotCanonicalisable
from app.standards.status_list import StatusListProblem
from app.verification.checks.document import shown_in_part
from app.verification.checks.proofs import signed_by_issuer
from app.verification.checks.trail import Trail, finding, of, skipped, unfetched
from app.verification.evidence import Evidence
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
        listed = strict_json.parse_object(fetched.data, 1_000_000)
        made = check_list(listed, issuer, canonicaliser, trail.moment)
        withdrawn = status_list.read_bit(listed, entry[0], issuer.id, entry[1])
    except (StatusListProblem, ProofProblem, NotCanonicalisable, strict_json.NotStrictJson) as problem:
        return of(fetched, "status", Outcome.ERROR, problem.code, str(problem))
    # What was fetched now is the state of now; what was brought is as old as it says.
    relied_on = made if trail.is_past else fetched.at or made
    if withdrawn:
        return finding("status", Outcome.INVALID, "revoked", "The issuer has withdrawn it.", relied_on, fetched.source)
    return finding("status", Outcome.VALID, "status_ok", "The issuer has not withdrawn it.", relied_on, fetched.source)


def check_list(
    listed: Mapping[str, Any], issuer: DidDocument, canonicaliser: CanonicalForm, moment: datetime
) -> datetime | None:
    """The list's signature and dates; when it was made. Raises `StatusListProblem` and what reading a proof raises."""
    for _, sentence in vc.structure_problems(listed):
        raise StatusListProblem("status_list_malformed", f"The list of withdrawn credentials is wrong. {sentence}")
    signed = signed_by_issuer(listed, issuer, canonicaliser)
    # A key that was lost signs nothing any more; the issuer signed the list again with another.
    if signed is None or signed[1].revoked is not None:
        raise StatusListProblem(
            "status_list_unsigned", "The list of withdrawn credentials is not signed by the issuer."
        )
    made, until = (vc.parse_timestamp(listed.get(name)) for name in ("validFrom", "validUntil"))
    if until is not None and until < moment:
        raise StatusListProblem(
            "status_list_stale", f"The issuer's list of withdrawn credentials ran out on {day(until)}."
        )
    retired = signed[1].expires
    if retired is not None and (made is None or made > retired):
        raise StatusListProblem(
            "status_list_unsigned", "The list of withdrawn credentials is signed with a key that was no longer in use."
        )
    return made
