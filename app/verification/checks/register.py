"""The issuer's log and the public register: is it in the log, does the log show one face, who recorded it."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from app.standards import anchor_receipt, checkpoint_list, data_integrity
from app.standards.data_integrity import ProofProblem
from app.standards.did import DidDocument
from app.verification import records
from app.verification.checks.trail import Trail, finding, of, skipped, unfetched
from app.verification.evidence import Evidence
from app.verification.reader import Reader, keys_of
from app.verification.report import NOT_RECORDED_THEN, Finding, Outcome, day

SOURCE = "the public register"


def check_inclusion(evidence: Evidence, trail: Trail) -> Finding:
    """Whether the receipt is this credential's and leads to the root it names."""
    submitted = evidence.submission.receipt
    if submitted is None:
        return skipped("inclusion", "Its entry in the public register is not made yet.", "anchor_pending")
    if trail.digest is None or trail.issuer is None:
        return skipped("inclusion", "The register was not consulted, because the signature was not established.")
    try:
        receipt = anchor_receipt.read_receipt(submitted)
    except ValueError as error:
        return finding("inclusion", Outcome.INVALID, "receipt_malformed", f"The register receipt is damaged: {error}.")
    if (receipt.digest, receipt.method) != (
        trail.digest,
        trail.method,
    ) or receipt.kind is not anchor_receipt.LeafKind.CREDENTIAL:
        return finding(
            "inclusion", Outcome.INVALID, "receipt_of_other", "The register receipt belongs to another document."
        )
    if receipt.issuer != trail.issuer.id:
        return finding("inclusion", Outcome.INVALID, "receipt_of_other", "The register receipt is another issuer's.")
    if not receipt.proves_inclusion():
        return finding(
            "inclusion", Outcome.INVALID, "inclusion_wrong", "The register receipt does not lead to the recorded value."
        )
    # The path and the chain prove what a receipt says, so one signed with a key lost since need not be made again.
    if not signed_by(submitted, trail.issuer, or_withdrawn=True):
        return finding(
            "inclusion", Outcome.INVALID, "receipt_signature_wrong", "The register receipt is not signed by the issuer."
        )
    trail.receipt = receipt
    return finding(
        "inclusion",
        Outcome.VALID,
        "inclusion_ok",
        "It is in the issuer's log of credentials.",
        receipt.block_time,
        "the receipt that came with it",
    )


def check_checkpoint(evidence: Evidence, trail: Trail) -> Finding:
    """Whether the issuer's signed, public list of checkpoints has the root of the receipt."""
    receipt, issuer = trail.receipt, trail.issuer
    if receipt is None or issuer is None:
        return skipped("checkpoint", "There is no register entry to look for in the issuer's list.")
    fetched = evidence.checkpoints
    if fetched is None:
        return skipped("checkpoint", "The issuer's list of register entries was not needed.", "not_needed")
    if fetched.data is None:
        return unfetched("checkpoint", fetched, ("checkpoints_not_fetched", "The issuer's list could not be fetched."))
    try:
        data = fetched.data
        document = trail.reader.document(data, checkpoint_list.MAX_BYTES)
        made_of = ("checkpoints", sha256(data).digest(), issuer.id)
        listed = trail.reader.once(made_of, lambda: checkpoint_list.read(document, issuer.id), size=len(data))
    except ValueError as error:
        return of(
            fetched, "checkpoint", Outcome.ERROR, "checkpoints_malformed", f"The issuer's list is damaged: {error}."
        )
    if not signed_by(document, issuer, reader=trail.reader, data=data):
        return of(fetched, "checkpoint", Outcome.ERROR, "checkpoints_unsigned", "The list is not signed by the issuer.")
    if listed.root_of(receipt.tree_size) is None:
        return of(
            fetched,
            "checkpoint",
            Outcome.ERROR,
            "checkpoint_not_listed",
            "The issuer's list does not have its entry yet.",
        )
    if listed.root_of(receipt.tree_size) != receipt.root:
        return of(
            fetched,
            "checkpoint",
            Outcome.INVALID,
            "checkpoint_other",
            "The issuer's own list has another value in this place: it shows different logs to different people.",
        )
    return finding(
        "checkpoint",
        Outcome.VALID,
        "checkpoint_ok",
        "The issuer's signed list of register entries has it.",
        listed.made,
        fetched.source,
    )


def check_chain(evidence: Evidence, trail: Trail) -> Finding:
    """Whether the registry's storage, at a final block, has the root under a wallet that the issuer publishes.

    What the receipt says of the chain is not believed. Where it names records on several chains, see `records`.
    """
    receipt = trail.receipt
    if receipt is None or trail.issuer is None:
        return skipped("chain", "There is no register entry to look up.")
    if receipt.anchored_by not in trail.issuer.wallets:
        return finding(
            "chain",
            Outcome.INVALID,
            "wallet_not_issuers",
            "The register entry was made by a wallet that the issuer does not publish.",
        )
    answer, further = evidence.chain, evidence.chain_further
    counts = records.counting(receipt, answer, further, trail.issuer.wallets)
    if counts is not None:
        trail.recorded, trail.is_late = counts.recorded, counts.instead_of is not None
        if trail.is_past and counts.recorded > trail.moment:
            return _recorded_later(receipt, counts)
        code, sentence = _recorded(receipt, counts)
        return finding("chain", Outcome.VALID, code, sentence, counts.answer.at, SOURCE)
    if answer is None or answer.anchored_at is None:
        return finding(
            "chain",
            Outcome.ERROR,
            answer.code if answer else "chain_not_asked",
            answer.failure if answer else "The public register was not asked.",
        )
    if answer.anchored_at == 0 and records.elsewhere(receipt, further, trail.issuer.wallets):
        return finding(
            "chain",
            Outcome.ERROR,
            "chains_contradict",
            f"The public register on chain {receipt.chain_id} says that it has no such entry, though one on another "
            "chain has it. Until that is explained, neither can be relied on.",
            answer.at,
            SOURCE,
        )
    if answer.anchored_at == 0:
        return finding(
            "chain",
            Outcome.INVALID,
            "root_not_recorded",
            "The public register has no such entry by the issuer.",
            answer.at,
            SOURCE,
        )
    return finding(
        "chain", Outcome.ERROR, "not_final", "The register entry is there, but not final yet.", answer.at, SOURCE
    )


def _recorded_later(receipt: anchor_receipt.Receipt, counts: records.Counting) -> Finding:
    since = f"On the day asked about it was not in the public register yet; it has been since {day(counts.recorded)}."
    if counts.instead_of is None:
        return finding("chain", Outcome.SKIPPED, NOT_RECORDED_THEN, since, counts.answer.at, SOURCE)
    return finding(
        "chain",
        Outcome.ERROR,
        "recorded_then_unknown",
        f"Whether it was in the public register on that day cannot be told: the one on chain {counts.chain_id} has "
        f"recorded it since {day(counts.recorded)}, and the one on chain {receipt.chain_id} could not be asked.",
        counts.answer.at,
        SOURCE,
    )


def _recorded(receipt: anchor_receipt.Receipt, counts: records.Counting) -> tuple[str, str]:
    """Code and sentence; who did not speak is named, since the time shown is then a later one than it may deserve."""
    if counts.instead_of is None:
        return "chain_ok", f"The public register has recorded it since {day(counts.recorded)}."
    first = "could not be asked" if counts.instead_of.anchored_at is None else "has it, but not for good yet"
    return (
        "chain_ok_elsewhere",
        f"The public register on chain {counts.chain_id} has recorded it since {day(counts.recorded)}. The one on "
        f"chain {receipt.chain_id}, where it was entered first, {first}.",
    )


def signed_by(
    document: Mapping[str, Any],
    issuer: DidDocument,
    *,
    or_withdrawn: bool = False,
    reader: Reader | None = None,
    data: bytes = b"",
) -> bool:
    """Whether a document of the issuer that is not a credential (eddsa-jcs-2022) carries its signature.

    `or_withdrawn`: with a key lost since, too. Only for what other evidence proves: whoever has the key can sign
    anything with it today. `reader` remembers that `data`, of which `document` was read, does.
    """
    if reader is None:
        return _is_signed_by(document, issuer, or_withdrawn)
    made_of = ("signed", sha256(data).digest(), keys_of(issuer), or_withdrawn)
    return reader.once(made_of, lambda: _is_signed_by(document, issuer, or_withdrawn), keep=bool)


def _is_signed_by(document: Mapping[str, Any], issuer: DidDocument, or_withdrawn: bool) -> bool:
    try:
        proof = data_integrity.read_proof(document)
        key = issuer.signing_key(proof.verification_method)
        if key is None and or_withdrawn:
            key = issuer.withdrawn_key(proof.verification_method)
        if (
            key is None
            or (key.revoked is not None and not or_withdrawn)
            or proof.cryptosuite != data_integrity.JCS
            or proof.purpose != "assertionMethod"
        ):
            return False
        hash_data = data_integrity.hash_jcs(document, proof.options)
    except (ProofProblem, ValueError):
        return False
    return data_integrity.verify_signature(key.key, proof.signature, hash_data)
