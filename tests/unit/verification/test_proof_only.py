"""Proofs alone: what they must be, and that holding proofs never reads "valid"."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.standards import data_integrity, did, vc, vc_1_1
from app.verification import proof_only
from app.verification.proof_only import Occasion
from app.verification.report import Outcome, Verdict
from tests.unit.standards import sample
from tests.unit.verification import world
from tests.unit.verification.people import (
    FORM,
    HOLDER,
    ISSUER,
    NOW,
    SUITES,
    THIEF,
    Document,
    a_verifier,
    credential,
    proofs_of,
    publications,
)

OLDER = {
    "@context": [vc_1_1.CONTEXT, vc_1_1.PROOF_CONTEXT],
    "validFrom": None,
    "issuanceDate": "2026-11-20T09:00:00Z",
    "credentialSubject": {"id": HOLDER.did},
}


def without_none(document: Document) -> Document:
    return {name: value for name, value in document.items() if value is not None}


@pytest.mark.parametrize("changes", [{}, OLDER], ids=["2.0", "1.1"])
@pytest.mark.parametrize(("suite", "key"), SUITES)
def test_every_suite_holds_and_nothing_may_change(suite: str, key: int, changes: Document) -> None:
    signed = ISSUER.signs(without_none(credential(**changes)), suite, key=key)
    assert proof_only.holds(proofs_of(signed))
    assert [place for place, one in sample.changed_leaves(signed) if proof_only.holds(proofs_of(one))] == []


def test_a_proof_alone_never_reads_valid() -> None:
    """Even of a recognised issuer, in force: nobody looked."""
    report = proofs_of(ISSUER.signs(credential()))
    assert (report.verdict, proof_only.holds(report)) == (Verdict.CANNOT_TELL, True)
    assert "Nothing else was asked" in report.summary
    looked_at = {one.check for one in report.findings if one.outcome is not Outcome.SKIPPED}
    assert looked_at == {"structure", "signature"}


def test_a_stranger_in_an_issuers_name_holds_here_and_is_refused_by_the_full_check() -> None:
    """What binding is for: the reason that this check is only made where it is asked for by name."""
    forged = THIEF.signs(credential(issuer=ISSUER.did))
    assert proof_only.holds(proofs_of(forged))
    full = asyncio.run(a_verifier().credential(world.Submission(forged, None)))
    assert (full.verdict, full.finding("issuer_key").code) == (Verdict.NOT_VALID, "key_of_other")


FAULTS: list[tuple[str, dict[str, Any], Occasion, str, Outcome]] = [
    ("made for another purpose", {"proofPurpose": "authentication"}, Occasion(), "purpose_wrong", Outcome.INVALID),
    ("made for no purpose known", {"proofPurpose": "x"}, Occasion(), "purpose_wrong", Outcome.INVALID),
    ("over since a minute", {"expires": "2026-11-25T11:59:00Z"}, Occasion(), "proof_expired", Outcome.INVALID),
    ("from tomorrow", {"created": "2026-11-26T12:00:00Z"}, Occasion(), "signed_later", Outcome.INVALID),
    ("another challenge", {"challenge": "a"}, Occasion("b"), "challenge_other", Outcome.INVALID),
    ("no challenge", {}, Occasion("b"), "challenge_other", Outcome.INVALID),
    ("another domain", {"domain": "a.example"}, Occasion(domain="b.example"), "domain_other", Outcome.INVALID),
    ("part of the domain", {"domain": "b.example.evil"}, Occasion(domain="b.example"), "domain_other", Outcome.INVALID),
    ("no domain", {}, Occasion(domain="b.example"), "domain_other", Outcome.INVALID),
    ("nobody knows the method", {"verificationMethod": "did:x:y#z"}, Occasion(), "publication_unreachable", Outcome.ERROR),
    ("a key named by nothing", {"verificationMethod": ISSUER.did}, Occasion(), "key_not_listed", Outcome.INVALID),
    ("another's key", {"verificationMethod": THIEF.keys[0].id}, Occasion(), "signature_wrong", Outcome.INVALID),
    ("a key of another kind", {"verificationMethod": THIEF.keys[1].id}, Occasion(), "key_type_wrong", Outcome.INVALID),
]  # fmt: skip


@pytest.mark.parametrize(("options", "occasion", "code", "outcome"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])  # fmt: skip
def test_a_proof_that_is_not_what_it_should_be(
    options: dict[str, Any], occasion: Occasion, code: str, outcome: Outcome
) -> None:
    report = proofs_of(ISSUER.signs(credential(), **options), occasion)
    assert (report.finding("signature").code, report.finding("signature").outcome) == (code, outcome)
    assert report.verdict is (Verdict.NOT_VALID if outcome is Outcome.INVALID else Verdict.CANNOT_TELL)
    assert not proof_only.holds(report)


def test_what_was_asked_and_answered_holds() -> None:
    signed = ISSUER.signs(credential(), challenge="c", domain=["a.example", "b.example"])
    for occasion in (Occasion(), Occasion("c"), Occasion(domain="b.example"), Occasion("c", "a.example")):
        assert proof_only.holds(proofs_of(signed, occasion))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"@context": ["https://www.w3.org/ns/did/v1"]}, "context_not_v2"),
        ({"@context": vc.CONTEXT}, "context_not_v2"),
        ({"type": ["Thing"]}, "type_not_credential"),
        ({"issuer": None}, "issuer_missing"),
        ({"credentialSubject": []}, "subject_missing"),
        ({"proof": []}, "proof_missing"),
        ({"proof": {"type": "Ed25519Signature2020"}}, "proof_type_unknown"),
        ({"proof": "x"}, "proof_malformed"),
        (OLDER | {"issuanceDate": None}, "issuance_date_missing"),
        (OLDER | {"expirationDate": "2027-01-01"}, "date_malformed"),
    ],
)
def test_what_has_not_the_form_of_a_signed_credential(changes: Document, code: str) -> None:
    signed = without_none(ISSUER.signs(credential()) | changes)
    report = proofs_of(signed)
    assert report.finding("structure").code == code
    assert report.finding("signature").outcome is Outcome.SKIPPED
    assert not proof_only.holds(report)


@pytest.mark.parametrize("suite", [data_integrity.RDFC, data_integrity.ECDSA_RDFC])
def test_an_unknown_vocabulary_cannot_be_told(suite: str) -> None:
    signed = ISSUER.signs(credential(), suite, key=0 if suite == data_integrity.RDFC else 1)
    report = proofs_of(signed | {"@context": [vc.CONTEXT, "https://www.w3.org/ns/credentials/examples/v2"]})
    finding = report.finding("signature")
    assert (finding.code, finding.outcome, report.verdict) == ("context_unknown", Outcome.ERROR, Verdict.CANNOT_TELL)
    assert not proof_only.holds(report)


def test_one_foul_proof_spoils_the_set() -> None:
    """Here all must hold; the full check asks for the issuer's own."""
    good = ISSUER.signs(credential())
    also = HOLDER.signs(credential())["proof"]
    assert proof_only.holds(proofs_of(good | {"proof": [good["proof"], also]}))
    for foul in (also | {"proofValue": good["proof"]["proofValue"]}, {"type": "Unknown"}):
        for proofs in ([good["proof"], foul], [foul, good["proof"]]):
            assert not proof_only.holds(proofs_of(good | {"proof": proofs}))


LOST = "2026-11-24T00:00:00Z"
LATE = "2026-11-25T11:30:00Z"


@pytest.mark.parametrize(
    ("limits", "code"),
    [({}, None), ({"revoked": LOST}, "key_revoked"), ({"expires": LOST}, "key_expired"), ({"expires": LATE}, "key_expired")],
)  # fmt: skip
def test_a_published_key_counts_only_while_it_is_in_use(limits: dict[str, str], code: str | None) -> None:
    signed = world.signed(sample.credential(3), "key-2026-09", NOW - timedelta(minutes=5))[0]
    keys = world.did_document(key_2026_09={})
    keys["verificationMethod"][0] |= limits
    report = proofs_of(signed, verifier=a_verifier(publications(**{sample.DID: keys})))
    assert proof_only.holds(report) is (code is None)
    assert report.finding("signature").code == (code or "proof_ok")


def test_a_key_listed_for_holders_signs_no_credential() -> None:
    document = did.key_document(ISSUER.did) | {"assertionMethod": []}
    report = proofs_of(ISSUER.signs(credential()), verifier=a_verifier(publications(**{ISSUER.did: document})))
    assert report.finding("signature").code == "key_not_listed"


def test_a_did_document_of_another_id() -> None:
    document = did.key_document(THIEF.did)
    report = proofs_of(ISSUER.signs(credential()), verifier=a_verifier(publications(**{ISSUER.did: document})))
    assert (report.finding("signature").code, report.verdict) == ("did_document_unreadable", Verdict.CANNOT_TELL)


def test_the_canonical_form_of_the_service_knows_nothing_more_than_both_versions() -> None:
    with pytest.raises(ValueError, match="not one we know"):
        FORM.n_quads({"@context": ["https://w3id.org/security/v2"], "id": "urn:x:1"})
