"""What the checks hand on to each other, and the shapes of what they leave."""

from dataclasses import dataclass, field
from datetime import datetime

from app.standards import anchor_receipt
from app.standards.data_integrity import Proof
from app.standards.did import DidDocument, VerificationKey
from app.standards.proof_sets import AnyProof
from app.verification.evidence import Fetched
from app.verification.reader import Reader
from app.verification.report import Finding, Outcome


@dataclass(slots=True)
class Trail:
    """What earlier checks established and later ones rely on; None until established.

    `moment` is now, or the past moment asked about. `reads_older`: version 1.1 of the data model counts too. `issuer`
    is the issuer's document as it is now, `issuer_then` as it was at the time that counts (the same one where nothing
    was asked of the past). `keyed` are the issuer's signatures with their keys; `proof`, `key` and the binding `digest`
    by `method` are of the one that holds. `recorded` is the time of the block that holds the register entry. `is_late`:
    the receipt names an earlier entry too, on a chain that did not answer, so nothing shows that a limit before
    `recorded` was passed. `reader` reads what was fetched.
    """

    moment: datetime
    is_past: bool = False
    reads_older: bool = False
    proofs: tuple[AnyProof, ...] = ()
    keyed: tuple[tuple[Proof, VerificationKey], ...] = ()
    proof: Proof | None = None
    issuer: DidDocument | None = None
    issuer_then: DidDocument | None = None
    key: VerificationKey | None = None
    digest: bytes | None = None
    method: str = ""
    receipt: anchor_receipt.Receipt | None = None
    recorded: datetime | None = None
    is_late: bool = False
    reader: Reader = field(default_factory=Reader)


def finding(
    check: str,
    outcome: Outcome,
    code: str,
    sentence: str,
    relied_on: datetime | None = None,
    source: str = "",
) -> Finding:
    return Finding(check, outcome, code, sentence, relied_on, source)


def of(fetched: Fetched, check: str, outcome: Outcome, code: str, sentence: str) -> Finding:
    """A finding that rests on a published document."""
    return Finding(check, outcome, code, sentence, fetched.at, fetched.source)


def unfetched(check: str, fetched: Fetched | None, otherwise: tuple[str, str]) -> Finding:
    """ERROR: what the check needs could not be had. `otherwise` = code and sentence where nobody says why."""
    code, sentence = (fetched.code, fetched.failure) if fetched is not None else otherwise
    return Finding(check, Outcome.ERROR, code, sentence)


def skipped(check: str, sentence: str, code: str = "not_reached") -> Finding:
    return Finding(check, Outcome.SKIPPED, code, sentence)
