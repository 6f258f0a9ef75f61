"""The checks, in order; each pure, each leaving one finding and saying what an attacker could do without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.standards import anchor_receipt, data_integrity, did, status_list, strict_json, vc
from app.standards.data_integrity import CanonicalForm, Proof, ProofProblem
from app.standards.did import DidDocument, VerificationKey
from app.standards.json_ld import NotCanonicalisable
from app.standards.status_list import StatusListProblem
from app.verification.evidence import Evidence
from app.verification.report import Finding, Outcome

_UNSAFE_TO_READ = ("graph_too_large", "graph_ambiguous", "context_unknown")


@dataclass(slots=True)
class Trail:
    """What earlier checks established and later ones rely on; None until established."""

    proof: Proof | None = None
    issuer: DidDocument | None = None
    key: VerificationKey | None = None
    digest: bytes | None = None
    receipt: anchor_receipt.Receipt | None = None


def check_structure(evidence: Evidence, trail: Trail) -> Finding:
    """Without it: a document that only looks like a credential, or says different things to different readers."""
    credential = evidence.submission.credential
    for code, sentence in vc.structure_problems(credential):
        return _finding("structure", Outcome.INVALID, code, sentence)
    try:
        trail.proof = data_integrity.read_proof(credential)
    except ProofProblem as problem:
        outcome = Outcome.INVALID if problem.checkable else Outcome.ERROR
        return _finding("structure", outcome, problem.code, str(problem))
    return _finding("structure", Outcome.VALID, "structure_ok", "The document has the form of a signed credential.")


def check_dates(evidence: Evidence, trail: Trail, now: datetime) -> Finding:
    """Without it: a credential is used before it begins or after it ends."""
    credential = evidence.submission.credential
    start, end = (
        vc.parse_timestamp(credential[name]) if name in credential else None for name in ("validFrom", "validUntil")
    )
    if ("validFrom" in credential and start is None) or ("validUntil" in credential and end is None):
        return _finding("dates", Outcome.ERROR, "date_malformed", "The dates cannot be read.")
    if start is not None and start > now:
        return _finding("dates", Outcome.INVALID, "not_yet_valid", f"It is not valid before {_day(start)}.")
    if end is not None and end < now:
        return _finding("dates", Outcome.INVALID, "expired", f"It ran out on {_day(end)}; it was genuine until then.")
    return _finding("dates", Outcome.VALID, "dates_ok", "It is within its dates.")


def check_issuer_key(evidence: Evidence, trail: Trail) -> Finding:
    """Without it: anybody signs in a college's name with a key of their own.

    The key must be named under the issuer's own identifier, be listed by the issuer for making statements
    (assertionMethod, never the wallet), and have been in use when the signature says it was made.
    """
    proof, issuer_id = trail.proof, vc.issuer_id(evidence.submission.credential)
    if proof is None or issuer_id is None:
        return _skipped("issuer_key", "The document's form is wrong, so its key was not looked up.")
    if proof.purpose != "assertionMethod":
        return _finding("issuer_key", Outcome.INVALID, "purpose_wrong", "The signature was made for another purpose.")
    if proof.verification_method.partition("#")[0] != issuer_id:
        return _finding(
            "issuer_key", Outcome.INVALID, "key_of_other", "The signing key belongs to somebody other than the issuer."
        )
    fetched = evidence.did_document
    if fetched is None or fetched.data is None:
        return _finding(
            "issuer_key",
            Outcome.ERROR,
            fetched.code if fetched else "did_not_resolved",
            fetched.failure if fetched else "The issuer's published keys could not be fetched.",
        )
    try:
        trail.issuer = did.read_document(strict_json.parse_object(fetched.data), issuer_id)
    except ValueError as error:
        return _finding(
            "issuer_key",
            Outcome.ERROR,
            "did_document_unreadable",
            f"The issuer's page of keys is wrong: {error}.",
            fetched.at,
        )
    key = trail.issuer.signing_key(proof.verification_method)
    if key is None:
        return _finding(
            "issuer_key", Outcome.INVALID, "key_not_listed", "The issuer does not list this signing key.", fetched.at
        )
    made = proof.created
    if key.revoked is not None and (made is None or made >= key.revoked):
        return _finding(
            "issuer_key", Outcome.INVALID, "key_revoked", "The issuer withdrew this signing key.", fetched.at
        )
    if key.expires is not None and (made is None or made > key.expires):
        return _finding("issuer_key", Outcome.INVALID, "key_expired", "The signing key had run out.", fetched.at)
    trail.key = key
    return _finding(
        "issuer_key", Outcome.VALID, "issuer_key_ok", "The issuer publishes the key that signed it.", fetched.at
    )


def check_signature(evidence: Evidence, trail: Trail, canonicaliser: CanonicalForm) -> Finding:
    """Without it: any word of the document can be changed."""
    proof, key = trail.proof, trail.key
    if proof is None or key is None:
        return _skipped("signature", "There is no issuer's key to check the signature with.")
    if proof.cryptosuite != data_integrity.RDFC:
        return _finding(
            "signature", Outcome.ERROR, "proof_type_unknown", "Credentials are expected with another kind of signature."
        )
    try:
        hash_data = data_integrity.hash_for(proof, evidence.submission.credential, canonicaliser)
    except NotCanonicalisable as error:
        outcome = Outcome.ERROR if error.code in _UNSAFE_TO_READ else Outcome.INVALID
        return _finding("signature", outcome, error.code, str(error))
    except ProofProblem as problem:
        return _finding("signature", Outcome.INVALID, problem.code, str(problem))
    if not data_integrity.verify_signature(key.key, proof.signature, hash_data):
        return _finding(
            "signature",
            Outcome.INVALID,
            "signature_wrong",
            "The document was changed after it was signed, or was never signed by this issuer.",
        )
    trail.digest = anchor_receipt.binding_digest(hash_data, proof.signature)
    return _finding("signature", Outcome.VALID, "signature_ok", "Nothing in it was changed since the issuer signed it.")


def check_status(evidence: Evidence, trail: Trail, canonicaliser: CanonicalForm, now: datetime) -> Finding:
    """Without it: a withdrawn credential still looks good. The list must itself be signed by the issuer and fresh."""
    credential = evidence.submission.credential
    if trail.digest is None or trail.issuer is None:
        return _skipped("status", "Its standing was not looked up, because the signature was not established.")
    try:
        entry = status_list.read_entry(credential)
    except StatusListProblem as problem:
        return _finding("status", Outcome.ERROR, problem.code, str(problem))
    if entry is None:
        return _skipped(
            "status", "The issuer keeps no list by which this credential could be withdrawn.", "status_none"
        )
    fetched = evidence.status_list
    if fetched is None or fetched.data is None:
        return _finding(
            "status",
            Outcome.ERROR,
            fetched.code if fetched else "status_not_fetched",
            fetched.failure if fetched else "The list of withdrawn credentials could not be fetched.",
        )
    try:
        listed = strict_json.parse_object(fetched.data, 1_000_000)
        made = _check_list(listed, trail.issuer, canonicaliser, now)
        withdrawn = status_list.read_bit(listed, entry[0], trail.issuer.id, entry[1])
    except (StatusListProblem, ProofProblem, NotCanonicalisable, strict_json.NotStrictJson) as problem:
        return _finding("status", Outcome.ERROR, problem.code, str(problem), fetched.at)
    if withdrawn:
        return _finding("status", Outcome.INVALID, "revoked", "The issuer has withdrawn it.", made)
    return _finding("status", Outcome.VALID, "status_ok", "The issuer has not withdrawn it.", made)


def check_inclusion(evidence: Evidence, trail: Trail) -> Finding:
    """Without it: a receipt made for one credential is shown with another."""
    if evidence.submission.receipt is None:
        return _skipped("inclusion", "Its entry in the public register is not made yet.", "anchor_pending")
    if trail.digest is None or trail.issuer is None:
        return _skipped("inclusion", "The register was not consulted, because the signature was not established.")
    try:
        receipt = anchor_receipt.read_receipt(evidence.submission.receipt)
        proof = data_integrity.read_proof(evidence.submission.receipt)
    except ValueError as error:
        return _finding("inclusion", Outcome.INVALID, "receipt_malformed", f"The register receipt is damaged: {error}.")
    if receipt.digest != trail.digest or receipt.kind is not anchor_receipt.LeafKind.CREDENTIAL:
        return _finding(
            "inclusion", Outcome.INVALID, "receipt_of_other", "The register receipt belongs to another document."
        )
    if receipt.issuer != trail.issuer.id:
        return _finding("inclusion", Outcome.INVALID, "receipt_of_other", "The register receipt is another issuer's.")
    if not receipt.proves_inclusion():
        return _finding(
            "inclusion", Outcome.INVALID, "inclusion_wrong", "The register receipt does not lead to the recorded value."
        )
    if not _signed_by(evidence.submission.receipt, proof, trail.issuer):
        return _finding(
            "inclusion", Outcome.INVALID, "receipt_signature_wrong", "The register receipt is not signed by the issuer."
        )
    trail.receipt = receipt
    return _finding(
        "inclusion", Outcome.VALID, "inclusion_ok", "It is in the issuer's log of credentials.", receipt.block_time
    )


def check_chain(evidence: Evidence, trail: Trail) -> Finding:
    """Without it: an issuer rewrites its own log, or somebody else's wallet vouches for it.

    The wallet that recorded the root must be one that the issuer publishes; what the receipt says of the chain is
    not believed, the registry's storage is.
    """
    receipt = trail.receipt
    if receipt is None or trail.issuer is None:
        return _skipped("chain", "There is no register entry to look up.")
    wallet = receipt.anchored_by
    if wallet not in trail.issuer.wallets:
        return _finding(
            "chain",
            Outcome.INVALID,
            "wallet_not_issuers",
            "The register entry was made by a wallet that the issuer does not publish.",
        )
    answer = evidence.chain
    if answer is None or answer.anchored_at is None:
        return _finding(
            "chain",
            Outcome.ERROR,
            answer.code if answer else "chain_not_asked",
            answer.failure if answer else "The public register was not asked.",
        )
    if answer.anchored_at == 0:
        return _finding(
            "chain",
            Outcome.INVALID,
            "root_not_recorded",
            "The public register has no such entry by the issuer.",
            answer.at,
        )
    if not answer.final:
        return _finding(
            "chain", Outcome.ERROR, "not_final", "The register entry is there, but not final yet.", answer.at
        )
    recorded = datetime.fromtimestamp(answer.anchored_at, UTC)
    return _finding(
        "chain", Outcome.VALID, "chain_ok", f"The public register has recorded it since {_day(recorded)}.", answer.at
    )


def check_issuer(evidence: Evidence, trail: Trail) -> Finding:
    """Without it: a perfectly signed credential of a made-up college.

    Names come from the list, never from the document.
    """
    recognition = evidence.recognition
    if not recognition.known:
        return _finding(
            "issuer", Outcome.ERROR, "issuer_list_missing", "This verifier has no list of colleges to compare with."
        )
    if recognition.issuer is None:
        return _finding(
            "issuer", Outcome.ERROR, "issuer_unknown", "The issuer is not on this verifier's list of colleges."
        )
    issuer = recognition.issuer
    return _finding("issuer", Outcome.VALID, "issuer_ok", f"The issuer is {issuer.name} (UKPRN {issuer.ukprn}).")


def _check_list(
    listed: Mapping[str, Any], issuer: DidDocument, canonicaliser: CanonicalForm, now: datetime
) -> datetime | None:
    """The list's signature and dates; when it was made."""
    for _, sentence in vc.structure_problems(listed):
        raise StatusListProblem("status_list_malformed", f"The list of withdrawn credentials is wrong. {sentence}")
    proof = data_integrity.read_proof(listed)
    key = issuer.signing_key(proof.verification_method)
    if (
        key is None
        or proof.purpose != "assertionMethod"
        or proof.cryptosuite != data_integrity.RDFC
        or not data_integrity.verify_signature(
            key.key, proof.signature, data_integrity.hash_for(proof, listed, canonicaliser)
        )
    ):
        raise StatusListProblem(
            "status_list_unsigned", "The list of withdrawn credentials is not signed by the issuer."
        )
    made, until = (vc.parse_timestamp(listed.get(name)) for name in ("validFrom", "validUntil"))
    if until is not None and until < now:
        raise StatusListProblem(
            "status_list_stale", f"The issuer's list of withdrawn credentials ran out on {_day(until)}."
        )
    return made


def _signed_by(document: Mapping[str, Any], proof: Proof, issuer: DidDocument) -> bool:
    key = issuer.signing_key(proof.verification_method)
    if key is None or proof.cryptosuite != data_integrity.JCS or proof.purpose != "assertionMethod":
        return False
    try:
        hash_data = data_integrity.hash_jcs(document, proof.options)
    except ValueError:
        return False
    return data_integrity.verify_signature(key.key, proof.signature, hash_data)


def _finding(check: str, outcome: Outcome, code: str, sentence: str, relied_on: datetime | None = None) -> Finding:
    return Finding(check, outcome, code, sentence, relied_on)


def _skipped(check: str, sentence: str, code: str = "not_reached") -> Finding:
    return Finding(check, Outcome.SKIPPED, code, sentence)


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
