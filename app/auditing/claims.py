"""Dates claimed against dates recorded: a credential made today that says it was made a year ago.

The signer sets `created` and the award's date; only the chain sets the time of a record. What counts is the first
record that covers the leaf, whatever the receipt says, so that a receipt made again does not make a credential younger.
A corrected credential keeps the date of its award and is recorded when it is corrected: whoever holds only the newer
edition is told of the distance, and asks for the older one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.auditing.model import Finding, History, Rules, Severity, fault, unknown
from app.standards import anchor_receipt, data_integrity, vc
from app.standards.anchor_receipt import LeafKind, Receipt, leaf_hash
from app.standards.data_integrity import CanonicalForm, ProofProblem
from app.standards.did import DidDocument
from app.standards.json_ld import NotCanonicalisable


@dataclass(frozen=True, slots=True)
class Claim:
    """A credential with its receipt, as somebody handed it in under `name`."""

    name: str
    credential: Mapping[str, Any]
    receipt: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dated:
    """A leaf and the dates claimed for it. `awarded`, `signed`: None where no such date is claimed."""

    name: str
    index: int
    leaf: bytes
    signed: datetime | None
    awarded: datetime | None


def read_claim(claim: Claim, document: DidDocument, canonical: CanonicalForm) -> Dated | Finding:
    """The claim once it is the institution's and its receipt belongs to it; else what is wrong with it."""
    try:
        receipt = anchor_receipt.read_receipt(claim.receipt)
        proof = data_integrity.read_proof(claim.credential)
        key = document.signing_key(proof.verification_method) or document.withdrawn_key(proof.verification_method)
        if vc.issuer_id(claim.credential) != document.id or key is None:
            return unknown("claim_of_other", f"{claim.name} is not a credential of this institution.", claim.name)
        checked = data_integrity.check(proof, data_integrity.unsecured(claim.credential), key.key, canonical)
    except (ProofProblem, NotCanonicalisable, ValueError) as error:
        return unknown("claim_unreadable", f"{claim.name} cannot be read: {error}", claim.name)
    if not checked.holds:
        return fault("claim_unsigned", f"{claim.name} is not signed by the institution.", claim.name)
    if receipt.digest != checked.digest or receipt.kind is not LeafKind.CREDENTIAL:
        return fault("claim_receipt_of_other", f"The receipt of {claim.name} belongs to another document.", claim.name)
    return dated(claim.name, claim.credential, receipt, proof.created)


def dated(name: str, credential: Mapping[str, Any], receipt: Receipt, signed: datetime | None) -> Dated:
    """The dates a credential claims."""
    leaf = leaf_hash(receipt.kind, receipt.salt, receipt.digest)
    claimed = [vc.parse_timestamp(credential.get(member)) for member in ("awardedDate", "validFrom")]
    awarded = min((moment for moment in claimed if moment is not None), default=None)
    return Dated(name, receipt.index, leaf, signed, awarded)


def check_claim(claim: Dated, leaf: bytes | None, history: History, rules: Rules) -> Iterator[Finding]:
    """`leaf`: what the log has in the claim's place; None = its leaves could not be had."""
    if leaf is None:
        yield unknown("claim_not_found", f"The log shown does not reach to the place of {claim.name}.", claim.name)
        return
    if leaf != claim.leaf:
        yield fault("claim_not_in_log", f"{claim.name} is not in its place in the log.", claim.name)
        return
    if history.code:
        return
    covering = [history.times[one.root] for one in history.records if one.size > claim.index]
    recorded = min((at for at in covering if at), default=None)
    if recorded is None:
        yield fault("claim_not_recorded", f"No record on the chain covers {claim.name}.", claim.name)
        return
    for finding in late(claim, datetime.fromtimestamp(recorded, UTC), rules):
        if history.is_partial:
            # The record that would date it may be the one that could not be asked for.
            yield unknown("claim_undated", f"{finding.sentence} An earlier one could not be asked for.", claim.name)
        else:
            yield finding


def late(claim: Dated, recorded: datetime, rules: Rules) -> Iterator[Finding]:
    """Whether the record came longer after what is claimed than `rules` take for natural."""
    awarding = Severity.FAULT if rules.awarding_is_rule else Severity.NOTICE
    cases = (
        (claim.signed, rules.signing, Severity.FAULT, "signature_backdated", "says it was signed"),
        (claim.awarded, rules.awarding, awarding, "award_backdated", "says it was awarded"),
    )
    for moment, allowed, severity, code, says in cases:
        if moment is not None and recorded - moment > allowed:
            yield Finding(
                severity,
                code,
                f"{claim.name} {says} on {moment:%d %B %Y}, {(recorded - moment).days} days before the first record "
                f"of it, of {recorded:%d %B %Y}.",
                claim.name,
            )
