"""Whose key signed it, and whether that key counted when it was used."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.standards import did, strict_json, vc
from app.standards.data_integrity import Proof
from app.standards.did import DidDocument, VerificationKey
from app.verification.checks.proofs import of_issuer
from app.verification.checks.trail import Trail, finding, of, skipped, unfetched
from app.verification.evidence import Evidence, Fetched
from app.verification.report import Finding, Outcome, day

CLOCK_SKEW = timedelta(minutes=5)


def check_issuer_key(evidence: Evidence, trail: Trail) -> Finding:
    """Whether the issuer itself publishes the key.

    The key must be named under the issuer's own identifier and be listed by the issuer for making statements
    (assertionMethod, never the wallet, never by its own value): now, or, when it was withdrawn since or a past moment
    is asked about, in the version of the issuer's document that was in force then.
    """
    issuer_id = vc.issuer_id(evidence.submission.credential)
    readable = [proof for proof in trail.proofs if isinstance(proof, Proof)]
    if not readable or issuer_id is None:
        return skipped("issuer_key", "The document's form is wrong, so its key was not looked up.")
    own = of_issuer(readable, issuer_id)
    if not own:
        return _not_own(readable, issuer_id)
    fetched = evidence.did_document
    if fetched is None or fetched.data is None:
        return unfetched(
            "issuer_key", fetched, ("did_not_resolved", "The issuer's published keys could not be fetched.")
        )
    try:
        trail.issuer = trail.issuer_then = trail.reader.did_document(fetched.data, issuer_id)
    except ValueError as error:
        return _unreadable(fetched, error)
    return _find_keys(evidence, trail, own, fetched)


def check_signing_time(evidence: Evidence, trail: Trail, chain: Finding) -> Finding:
    """Whether the key counted when it was used (CID 1.0, section 2.2, expires and revoked).

    The signature's own date is the signer's word. A key that was stolen proves nothing by its word: only the time of
    the register entry, which no key of the issuer can set, shows that it signed before it was stolen.
    """
    proof, key = trail.proof, trail.key
    if proof is None or key is None or trail.digest is None:
        return skipped("signing_time", "There is no signature whose time could be judged.")
    claimed, proven = proof.created, trail.recorded
    if claimed is not None and claimed > trail.moment + CLOCK_SKEW:
        return finding("signing_time", Outcome.INVALID, "signed_later", "It says it was signed after that moment.")
    if proof.expires is not None and proof.expires < trail.moment:
        return finding(
            "signing_time",
            Outcome.INVALID,
            "proof_expired",
            f"The signature was made to count until {day(proof.expires)}.",
        )
    if key.revoked is not None:
        return _before_theft(key.revoked, claimed, _shown(trail, key.revoked), chain)
    if key.expires is not None and key.expires < trail.moment:
        return _before_retirement(key.expires, claimed, _shown(trail, key.expires))
    if proven is not None:
        return finding(
            "signing_time", Outcome.VALID, "signing_time_ok", f"It was signed by {day(proven)}, with a key in use."
        )
    return finding("signing_time", Outcome.VALID, "signing_time_ok", "The signing key is in use.")


def _shown(trail: Trail, limit: datetime) -> datetime | None:
    """The time of the record, as far as it tells on which side of `limit` the signature was made: an earlier record
    that could not be asked about may be before it."""
    return None if trail.is_late and trail.recorded is not None and trail.recorded >= limit else trail.recorded


def read_published(fetched: Fetched, issuer_id: str) -> DidDocument:
    """The issuer's document out of what was fetched. Raises `ValueError`."""
    return did.read_document(strict_json.parse_object(fetched.data or b""), issuer_id)


def _not_own(proofs: list[Proof], issuer_id: str) -> Finding:
    named = [proof for proof in proofs if proof.verification_method.partition("#")[0] == issuer_id]
    if any(proof.purpose != "assertionMethod" for proof in named):
        return finding("issuer_key", Outcome.INVALID, "purpose_wrong", "The signature was made for another purpose.")
    if named:
        return finding(
            "issuer_key", Outcome.INVALID, "proof_not_lasting", "The signature was made for one occasion, and is past."
        )
    return finding(
        "issuer_key", Outcome.INVALID, "key_of_other", "The signing key belongs to somebody other than the issuer."
    )


def _find_keys(evidence: Evidence, trail: Trail, own: tuple[Proof, ...], fetched: Fetched) -> Finding:
    """Pair the issuer's signatures with the keys it lists, or listed then."""
    issuer = trail.issuer
    if issuer is None:
        raise LookupError("the issuer's document is read before its keys are looked up")
    today = {
        proof.verification_method: key
        for proof in own
        if (key := issuer.signing_key(proof.verification_method) or issuer.withdrawn_key(proof.verification_method))
    }
    if not today:
        return of(
            fetched, "issuer_key", Outcome.INVALID, "key_not_listed", "The issuer does not list this signing key."
        )
    then = evidence.did_document_then
    if then is None and all(issuer.signing_key(name) for name in today):
        trail.keyed = _keyed(own, today)
        return of(fetched, "issuer_key", Outcome.VALID, "issuer_key_ok", "The issuer publishes the key that signed it.")
    if then is None or then.data is None:
        return unfetched(
            "issuer_key", then, ("history_missing", "The issuer's keys of that time could not be fetched.")
        )
    try:
        trail.issuer_then = trail.reader.did_document(then.data, issuer.id)
    except ValueError as error:
        return _unreadable(then, error)
    # What is known of a key today counts, whatever was known of it then.
    listed = {
        name: key
        for name, key in today.items()
        if (was := trail.issuer_then.signing_key(name)) is not None and was.key == key.key
    }
    if not listed and any(_knows_of_later(evidence, trail, trail.issuer_then, proof) for proof in own):
        return of(
            then,
            "issuer_key",
            Outcome.ERROR,
            "history_missing",
            "The issuer's keys of that time could not be had: its page tells of what came after.",
        )
    if not listed:
        return of(
            then,
            "issuer_key",
            Outcome.INVALID,
            "key_not_listed",
            "The issuer did not list this signing key at the time.",
        )
    trail.keyed = _keyed(own, listed)
    return of(
        then, "issuer_key", Outcome.VALID, "issuer_key_ok", "The issuer published the key that signed it at the time."
    )


def _knows_of_later(evidence: Evidence, trail: Trail, then: DidDocument, proof: Proof) -> bool:
    """Whether what was given as the page of then is a later one, as from a host that keeps no history."""
    key = then.withdrawn_key(proof.verification_method)
    asked = trail.moment if trail.is_past else proof.created or evidence.seen_on_chain
    return key is not None and key.revoked is not None and asked is not None and asked < key.revoked


def _keyed(own: tuple[Proof, ...], keys: Mapping[str, VerificationKey]) -> tuple[tuple[Proof, VerificationKey], ...]:
    return tuple((proof, keys[proof.verification_method]) for proof in own if proof.verification_method in keys)


def _before_theft(since: datetime, claimed: datetime | None, proven: datetime | None, chain: Finding) -> Finding:
    if claimed is not None and claimed >= since:
        return finding(
            "signing_time", Outcome.INVALID, "key_revoked", f"It was signed after {day(since)}, when the key was lost."
        )
    if proven is not None and proven < since:
        return finding(
            "signing_time",
            Outcome.VALID,
            "signed_before_compromise",
            f"The key was lost on {day(since)}; the public register shows that it was signed before, by {day(proven)}.",
            chain.relied_on,
            chain.source,
        )
    if proven is not None or chain.outcome is Outcome.INVALID:
        return finding(
            "signing_time",
            Outcome.INVALID,
            "key_compromised",
            f"The signing key was lost on {day(since)}, and nothing shows that this was signed before.",
        )
    return finding(
        "signing_time",
        Outcome.ERROR,
        "signing_time_unproven",
        f"The signing key was lost on {day(since)}. Only a register entry from before that day would show that this is "
        "genuine, and it could not be checked.",
    )


def _before_retirement(ended: datetime, claimed: datetime | None, proven: datetime | None) -> Finding:
    if proven is not None and proven <= ended:
        return finding(
            "signing_time",
            Outcome.VALID,
            "signing_time_ok",
            f"It was signed by {day(proven)}, while the key was in use.",
        )
    if claimed is None or claimed > ended:
        return finding(
            "signing_time", Outcome.INVALID, "key_expired", f"The signing key was in use until {day(ended)} only."
        )
    if proven is not None:
        return finding(
            "signing_time",
            Outcome.ERROR,
            "signing_time_unproven",
            f"It says it was signed while its key was in use, but was entered in the register after {day(ended)}.",
        )
    return finding(
        "signing_time",
        Outcome.VALID,
        "signing_time_claimed",
        f"By the issuer's own word it was signed on {day(claimed)}, while the key was in use.",
    )


def _unreadable(fetched: Fetched, error: ValueError) -> Finding:
    return of(
        fetched,
        "issuer_key",
        Outcome.ERROR,
        "did_document_unreadable",
        f"The issuer's page of keys is wrong: {error}.",
    )
