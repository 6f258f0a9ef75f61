"""Presentations: who shows them, for which occasion, and that they are no better than what they hold."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.standards import data_integrity, did, vc, vc_1_1
from app.verification import proof_only
from app.verification.proof_only import UNASKED, Occasion
from app.verification.report import DEFENDS_AGAINST, Anchoring, Outcome, Report, Verdict
from app.verification.submission import MAX_EMBEDDED
from tests.unit.standards import sample
from tests.unit.verification.people import (
    HOLDER,
    ISSUER,
    NOW,
    SUITES,
    THIEF,
    Document,
    a_verifier,
    credential,
    presentation,
    publications,
    shown,
)

GOOD = ISSUER.signs(credential())
ABOUT_HOLDER = ISSUER.signs(credential(HOLDER.did))
ASKED = Occasion("challenge-1", "verifier.example")
ANSWER = {"challenge": "challenge-1", "domain": "verifier.example"}


def outcome(report: Report, check: str = "holder") -> tuple[str, Outcome, Verdict]:
    return report.finding(check).code, report.finding(check).outcome, report.verdict


# What is good ---------------------------------------------------------------------------------------------------


def test_a_container_is_as_good_as_what_is_in_it() -> None:
    report = shown(presentation(GOOD, ABOUT_HOLDER))
    assert outcome(report) == ("holder_none", Outcome.SKIPPED, Verdict.VALID)
    assert [part.verdict for part in report.parts] == [Verdict.VALID, Verdict.VALID]
    assert report.anchoring is Anchoring.PENDING
    assert len(report.as_json()["credentials"]) == 2


@pytest.mark.parametrize("named", [{}, {"holder": HOLDER.did}, {"holder": {"id": HOLDER.did}}])
def test_shown_by_its_holder_in_answer_to_what_was_asked(named: Document) -> None:
    report = shown(HOLDER.shows(ABOUT_HOLDER, proof=ANSWER, **named), ASKED)
    assert outcome(report) == ("holder_ok", Outcome.VALID, Verdict.VALID)
    assert "in answer to what was asked" in report.finding("holder").sentence


def test_where_nothing_was_asked_it_says_so() -> None:
    report = shown(HOLDER.shows(ABOUT_HOLDER, proof=ANSWER))
    assert report.verdict is Verdict.VALID
    assert "whether for this occasion was not asked" in report.finding("holder").sentence


@pytest.mark.parametrize(("suite", "key"), SUITES)
def test_a_holder_may_sign_with_any_suite_and_need_not_show_anything(suite: str, key: int) -> None:
    document = HOLDER.signs(presentation(), suite, key=key, proofPurpose="authentication", **ANSWER)
    assert outcome(shown(document, ASKED)) == ("holder_ok", Outcome.VALID, Verdict.VALID)


def test_a_presentation_of_version_1_1() -> None:
    older = presentation(**{"@context": [vc_1_1.CONTEXT, vc_1_1.PROOF_CONTEXT]})
    for suite in (data_integrity.RDFC, data_integrity.JCS):
        assert shown(HOLDER.signs(older, suite, proofPurpose="authentication")).verdict is Verdict.VALID


def test_every_kind_of_check_says_what_it_defends_against() -> None:
    for one in shown(HOLDER.shows(GOOD)).findings:
        assert DEFENDS_AGAINST[one.check]


# Attacks --------------------------------------------------------------------------------------------------------


def test_nothing_in_a_signed_presentation_may_change() -> None:
    signed = HOLDER.shows(ABOUT_HOLDER, proof=ANSWER, holder=HOLDER.did, id="urn:uuid:1")
    assert shown(signed, ASKED).verdict is Verdict.VALID
    changed = [place for place, one in sample.changed_leaves(signed) if shown(one, ASKED).verdict is Verdict.VALID]
    assert changed == []


RDFC_SUITES = [(suite, key) for suite, key in SUITES if "rdfc" in suite]
ANOTHER = ISSUER.signs(credential(HOLDER.did, id="urn:uuid:6f0e2d4b-0a1a-4a0d-8d0a-000000000002"), data_integrity.RDFC)


@pytest.mark.parametrize(("suite", "key"), RDFC_SUITES)
def test_a_holders_proof_over_the_graph_covers_each_credential_in_it(suite: str, key: int) -> None:
    """Each stands in a graph of its own, its proof in another: none may be changed, swapped, dropped or added."""
    inside = ISSUER.signs(credential(HOLDER.keys[key].did, issuer=ISSUER.keys[key].did), suite, key=key)
    options = {"proofPurpose": "authentication", **ANSWER}
    signed = HOLDER.signs(presentation(inside, GOOD, holder=HOLDER.keys[key].did), suite, key=key, **options)
    assert outcome(shown(signed, ASKED)) == ("holder_ok", Outcome.VALID, Verdict.VALID)
    changed = [place for place, one in sample.changed_leaves(signed) if shown(one, ASKED).verdict is Verdict.VALID]
    assert changed == []
    for members in ([inside], [GOOD], [], [inside, ANOTHER], [inside, GOOD, ANOTHER]):
        report = shown(signed | {"verifiableCredential": members}, ASKED)
        assert outcome(report) == ("signature_wrong", Outcome.INVALID, Verdict.NOT_VALID), members
    for asked, code in ((Occasion("challenge-2"), "challenge_other"), (Occasion(domain="x.example"), "domain_other")):
        assert outcome(shown(signed, asked))[0] == code
    for_assertion = HOLDER.signs(presentation(inside), suite, key=key, **ANSWER)
    assert outcome(shown(for_assertion, ASKED))[0] == "purpose_wrong"


def test_an_embedded_credential_is_tampered_with_and_the_container_signed_again() -> None:
    forged = ABOUT_HOLDER | {"credentialSubject": {"id": HOLDER.did, "name": "Another unit"}}
    report = shown(HOLDER.shows(forged, proof=ANSWER), ASKED)
    assert outcome(report) == ("holder_ok", Outcome.VALID, Verdict.NOT_VALID)
    assert report.parts[0].finding("signature").code == "signature_wrong"
    assert shown(presentation(GOOD, forged)).verdict is Verdict.NOT_VALID


def test_a_replay_of_what_was_shown_to_another_verifier() -> None:
    overheard = HOLDER.shows(ABOUT_HOLDER, proof=ANSWER)
    assert outcome(shown(overheard, Occasion("challenge-2"))) == (
        "challenge_other",
        Outcome.INVALID,
        Verdict.NOT_VALID,
    )
    assert outcome(shown(overheard, Occasion("challenge-1", "other.example")))[0] == "domain_other"


def test_a_replay_with_the_holders_signature_cut_off() -> None:
    """Without its proof it would be a mere container, and those have nothing that could be replayed."""
    overheard = HOLDER.shows(ABOUT_HOLDER, proof=ANSWER)
    for nothing in (None, []):
        stripped = overheard | {"proof": nothing}
        for occasion in (ASKED, Occasion("c"), Occasion(domain="verifier.example")):
            assert outcome(shown(stripped, occasion)) == (
                "holder_proof_missing",
                Outcome.INVALID,
                Verdict.NOT_VALID,
            )


@given(asked=st.text(min_size=1, max_size=40), answered=st.text(max_size=40))
def test_no_challenge_but_the_one_asked_is_an_answer(asked: str, answered: str) -> None:
    signed = HOLDER.shows(proof={"challenge": answered} if answered else {})
    assert (shown(signed, Occasion(asked)).verdict is Verdict.VALID) is (asked == answered)


def test_the_challenge_written_in_after_signing() -> None:
    signed = HOLDER.shows(ABOUT_HOLDER)
    signed["proof"] |= ANSWER
    assert outcome(shown(signed, ASKED)) == ("signature_wrong", Outcome.INVALID, Verdict.NOT_VALID)


def test_signed_by_another_key_than_the_holders() -> None:
    assert outcome(shown(THIEF.shows(GOOD, holder=HOLDER.did))) == ("holder_other", Outcome.INVALID, Verdict.NOT_VALID)
    borrowed = THIEF.shows(GOOD, holder=HOLDER.did, proof={"verificationMethod": HOLDER.keys[0].id})
    assert outcome(shown(borrowed))[0] == "signature_wrong"


def test_a_thief_shows_a_copy_in_his_own_name() -> None:
    """Whether he may cannot be told from the outside, so it is never green."""
    stolen = THIEF.shows(ABOUT_HOLDER, proof=ANSWER, holder=THIEF.did)
    assert outcome(shown(stolen, ASKED)) == ("holder_not_subject", Outcome.ERROR, Verdict.CANNOT_TELL)


def test_a_thief_adds_his_signature_to_the_holders() -> None:
    signed = HOLDER.shows(ABOUT_HOLDER, proof=ANSWER)
    also = THIEF.shows(ABOUT_HOLDER, proof=ANSWER)["proof"]
    report = shown(signed | {"proof": [signed["proof"], also]}, ASKED)
    assert outcome(report) == ("holder_several", Outcome.INVALID, Verdict.NOT_VALID)


def test_a_holder_makes_a_credential_of_his_own() -> None:
    """Self-made credentials must say so: one name as issuer and holder (VCDM 2.0, section 4.13.4)."""
    own = HOLDER.signs(credential(issuer=HOLDER.did))
    in_anothers_name = HOLDER.signs(credential(issuer=ISSUER.did))
    for document, code in (
        (HOLDER.shows(own), "holder_not_issuer"),
        (HOLDER.shows(in_anothers_name, holder=HOLDER.did), "holder_not_issuer"),
        (HOLDER.shows(own, holder=HOLDER.did), "holder_ok"),
    ):
        report = shown(document, proofs_only=True)
        assert report.finding("holder").code == code
        assert proof_only.holds(report) is (code == "holder_ok")
        # Nobody recognises him, whatever he says.
        assert shown(document).verdict is not Verdict.VALID


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"proofPurpose": "assertionMethod"}, "purpose_wrong"),
        ({"expires": "2026-11-25T11:59:59Z"}, "proof_expired"),
        ({"created": "2026-11-25T13:00:00Z"}, "signed_later"),
        ({"verificationMethod": "did:x:y#z"}, "publication_unreachable"),
    ],
)
def test_a_holders_proof_that_is_not_what_it_should_be(options: dict[str, Any], code: str) -> None:
    report = shown(HOLDER.shows(GOOD, proof=options))
    assert report.finding("holder").code == code
    assert report.verdict is not Verdict.VALID


def test_an_issuers_signature_is_no_holders() -> None:
    """A key that is listed for credentials alone."""
    listed = did.key_document(HOLDER.did) | {"authentication": []}
    report = shown(HOLDER.shows(GOOD), verifier=a_verifier(publications(**{HOLDER.did: listed})))
    assert outcome(report) == ("key_not_listed", Outcome.INVALID, Verdict.NOT_VALID)


def test_it_is_no_better_than_the_worst_in_it() -> None:
    expired = ISSUER.signs(credential(validUntil="2026-11-24T00:00:00Z"))
    unknown = THIEF.signs(credential(issuer=THIEF.did))
    forged = GOOD | {"name": "x"}
    for members, verdict in (
        ([GOOD, expired], Verdict.WAS_VALID),
        ([expired, unknown, GOOD], Verdict.CANNOT_TELL),
        ([unknown, GOOD, expired, forged], Verdict.NOT_VALID),
    ):
        assert shown(presentation(*members)).verdict is verdict
        assert shown(HOLDER.shows(*members)).verdict is verdict


NESTED = {"@context": [vc.CONTEXT], "type": ["VerifiablePresentation"], "verifiableCredential": [GOOD]}
MALFORMED: list[tuple[str, Document, str, Verdict]] = [
    ("no vocabulary of ours", {"@context": ["https://www.w3.org/ns/did/v1"]}, "context_not_vc", Verdict.NOT_VALID),
    ("no type", {"type": None}, "type_not_presentation", Verdict.NOT_VALID),
    ("a credential", {"type": ["VerifiableCredential"]}, "type_not_presentation", Verdict.NOT_VALID),
    ("an id that is none", {"id": "x"}, "id_not_url", Verdict.NOT_VALID),
    ("two ids", {"id": ["urn:x:1", "urn:x:2"]}, "id_not_url", Verdict.NOT_VALID),
    ("a holder without a name", {"holder": {"name": "Anna"}}, "holder_malformed", Verdict.NOT_VALID),
    ("a holder that is a word", {"holder": "Anna"}, "holder_malformed", Verdict.NOT_VALID),
    ("two holders", {"holder": [HOLDER.did, THIEF.did]}, "holder_malformed", Verdict.NOT_VALID),
    ("nothing at all", {"verifiableCredential": []}, "presentation_empty", Verdict.NOT_VALID),
    ("a name of a credential", {"verifiableCredential": "urn:uuid:1"}, "credential_malformed", Verdict.NOT_VALID),
    ("a token among credentials", {"verifiableCredential": [GOOD, "eyJ"]}, "credential_malformed", Verdict.NOT_VALID),
    ("an envelope", {"verifiableCredential": [{"type": "EnvelopedVerifiableCredential"}]}, "envelope_not_supported", Verdict.CANNOT_TELL),
    ("a presentation inside", {"verifiableCredential": [NESTED]}, "presentation_nested", Verdict.CANNOT_TELL),
    ("a record of several inside", {"verifiableCredential": [GOOD | {"type": ["VerifiableCredential", "ClrCredential"]}]}, "embedded_too_deep", Verdict.CANNOT_TELL),
    ("very many", {"verifiableCredential": [{}] * (MAX_EMBEDDED + 1)}, "credentials_too_many", Verdict.CANNOT_TELL),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "verdict"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED])  # fmt: skip
def test_what_has_not_the_form_of_a_presentation(changes: Document, code: str, verdict: Verdict) -> None:
    for proofs_only in (False, True):
        report = shown(presentation(GOOD, **changes), proofs_only=proofs_only)
        assert (report.finding("structure").code, report.verdict) == (code, verdict)
        assert report.parts == ()
        assert not proof_only.holds(report)


# Proofs alone ---------------------------------------------------------------------------------------------------


def test_proofs_alone_ask_for_the_holders_too_and_never_read_valid() -> None:
    signed = HOLDER.shows(GOOD, THIEF.signs(credential(issuer=THIEF.did)))
    report = shown(signed, proofs_only=True)
    assert (proof_only.holds(report), report.verdict) == (True, Verdict.CANNOT_TELL)
    assert report.summary == proof_only.SUMMARY_HOLDS
    unsigned = shown(presentation(GOOD), proofs_only=True)
    assert outcome(unsigned) == ("holder_proof_missing", Outcome.INVALID, Verdict.NOT_VALID)
    forged = shown(HOLDER.shows(GOOD | {"name": "x"}), proofs_only=True)
    assert not proof_only.holds(forged)


def test_time_passes() -> None:
    signed = HOLDER.shows(GOOD, proof={"expires": "2026-11-25T12:10:00Z"})
    assert shown(signed, UNASKED).verdict is Verdict.VALID
    later = a_verifier(now=NOW + timedelta(minutes=11))
    assert shown(signed, UNASKED, verifier=later).finding("holder").code == "proof_expired"
