"""Records (CLR 2.0): a credential that holds credentials is no better than the worst in it, whoever asks."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.standards import clr, data_integrity
from app.verification import verify
from app.verification.evidence import Fetched, Submission
from app.verification.once import AskedOnce
from app.verification.report import Anchoring, DocumentKind, Level, Outcome, Report, Verdict, conclude, own_verdict
from app.verification.several import AT_ONCE, few_at_once, of_list
from app.verification.submission import MAX_EMBEDDED
from app.verification.verifier import Verifier
from tests.fakes import MemoryList, MemoryPublications, MemoryRegistry
from tests.unit.standards import sample
from tests.unit.verification.people import (
    FORM,
    HOLDER,
    ISSUER,
    NOW,
    THIEF,
    Document,
    a_verifier,
    credential,
    presentation,
    publications,
)

GOOD = ISSUER.signs(credential(), data_integrity.RDFC)
OTHER = ISSUER.signs(credential(id="urn:uuid:6f0e2d4b-0a1a-4a0d-8d0a-000000000002"))
EXPIRED = ISSUER.signs(credential(validUntil="2026-11-24T00:00:00Z"))
UNKNOWN = THIEF.signs(credential(issuer=THIEF.did))
FORGED = GOOD | {"credentialSubject": {"name": "Another unit"}}


def record(*members: Any, **changes: Any) -> Document:
    """An unsigned record of the issuer's."""
    whole: Document = credential(
        **{
            "@context": list(clr.CONTEXTS),
            "id": "urn:uuid:6f0e2d4b-0a1a-4a0d-8d0a-0000000000ff",
            "type": ["VerifiableCredential", clr.TYPE],
            "name": "Learner record",
            "partial": False,
            "credentialSubject": {"type": ["ClrSubject"], "verifiableCredential": list(members)},
        }
    )
    return whole | changes


def checked(document: Document, *embedded: Submission, verifier: Verifier | None = None) -> Report:
    submission = Submission(document, None, embedded=embedded)

    async def check() -> Report:
        return await (verifier or a_verifier()).credential(submission)

    return asyncio.run(check())


def test_a_record_is_checked_with_all_that_is_in_it() -> None:
    report = checked(ISSUER.signs(record(GOOD, OTHER), data_integrity.RDFC))
    assert (report.kind, report.verdict) == (DocumentKind.RECORD, Verdict.VALID)
    assert [part.credential_id for part in report.parts] == [GOOD["id"], OTHER["id"]]
    assert [part.verdict for part in report.parts] == [Verdict.VALID] * 2
    told = report.as_json()
    assert (told["kind"], [one["kind"] for one in told["credentials"]]) == ("record", ["credential"] * 2)
    assert "credentials" not in report.parts[0].as_json()


@pytest.mark.parametrize(
    ("members", "verdict"),
    [
        ([GOOD, EXPIRED], Verdict.WAS_VALID),
        ([EXPIRED, UNKNOWN], Verdict.CANNOT_TELL),
        ([UNKNOWN, FORGED, EXPIRED], Verdict.NOT_VALID),
    ],
)
def test_a_genuine_record_is_no_better_than_the_worst_in_it(members: list[Document], verdict: Verdict) -> None:
    report = checked(ISSUER.signs(record(GOOD, *members)))
    assert (report.verdict, own_verdict(report)) == (verdict, Verdict.VALID)
    assert report.summary.endswith("each is listed below.")
    assert report.parts[0].verdict is Verdict.VALID


def test_a_made_up_record_does_not_borrow_the_good_name_of_what_is_in_it() -> None:
    borrowed = record(GOOD) | {"proof": GOOD["proof"]}
    for document, verdict in (
        (borrowed, Verdict.NOT_VALID),
        (THIEF.signs(record(GOOD, issuer=THIEF.did)), Verdict.CANNOT_TELL),
        (THIEF.signs(record(GOOD)), Verdict.NOT_VALID),
        (record(GOOD), Verdict.NOT_VALID),
    ):
        report = checked(document)
        assert (report.verdict, own_verdict(report)) == (verdict, verdict)
        assert [part.verdict for part in report.parts] == [Verdict.VALID]


@pytest.mark.parametrize("suite", [data_integrity.RDFC, data_integrity.JCS])
def test_nothing_in_a_record_may_change(suite: str) -> None:
    signed = ISSUER.signs(record(GOOD, OTHER), suite)
    assert checked(signed).verdict is Verdict.VALID
    changed = [place for place, one in sample.changed_leaves(signed) if checked(one).verdict is Verdict.VALID]
    assert changed == []


def test_a_credential_swapped_dropped_or_added_after_signing() -> None:
    signed = ISSUER.signs(record(GOOD), data_integrity.RDFC)
    for members in ([OTHER], [], [GOOD, OTHER], [GOOD, GOOD]):
        subject = signed["credentialSubject"] | {"verifiableCredential": members}
        report = checked(signed | {"credentialSubject": subject})
        assert report.verdict is not Verdict.VALID, members
        assert report.finding("signature").code in ("signature_wrong", "graph_ambiguous")


def test_a_forgery_hidden_in_a_second_subject() -> None:
    subjects = [{"type": ["ClrSubject"], "verifiableCredential": one} for one in ([GOOD], FORGED)]
    report = checked(ISSUER.signs(record(credentialSubject=subjects)))
    assert [part.verdict for part in report.parts] == [Verdict.VALID, Verdict.NOT_VALID]
    assert report.verdict is Verdict.NOT_VALID


UNREADABLE: list[tuple[str, list[Any], str, Verdict]] = [
    ("a record inside", [record(GOOD)], "embedded_too_deep", Verdict.CANNOT_TELL),
    ("a presentation inside", [presentation(GOOD)], "presentation_nested", Verdict.CANNOT_TELL),
    ("a token inside", ["eyJhbGciOiJFZERTQSJ9.e30.AA"], "jwt_not_supported", Verdict.CANNOT_TELL),
    ("an envelope", [{"type": "EnvelopedVerifiableCredential", "id": "data:x"}], "enveloped_not_supported", Verdict.CANNOT_TELL),
    ("a name of a credential", [GOOD, "urn:uuid:1"], "clr_malformed", Verdict.NOT_VALID),
    ("very many", [GOOD] * (MAX_EMBEDDED + 1), "embedded_too_many", Verdict.CANNOT_TELL),
]  # fmt: skip


@pytest.mark.parametrize(("members", "code", "verdict"), [row[1:] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE])  # fmt: skip
def test_what_is_hidden_from_the_check_makes_no_record_good(members: list[Any], code: str, verdict: Verdict) -> None:
    """Signed by the issuer all the same: nobody looked at what is inside, so nobody vouches for it."""
    report = checked(ISSUER.signs(record(*members)))
    assert (report.finding("structure").code, report.verdict, report.parts) == (code, verdict, ())


def test_a_record_asked_about_a_past_day_asks_the_same_of_what_is_in_it() -> None:
    early = {"created": "2026-11-20T10:00:00Z"}
    members = [ISSUER.signs(credential(**one), **early) for one in ({}, {"validUntil": "2026-11-24T00:00:00Z"})]
    document = ISSUER.signs(record(*members), **early)

    def on(as_of: datetime | None) -> Report:
        return asyncio.run(
            verify.verify(
                Submission(document, None),
                publications=publications(),
                registry=MemoryRegistry({}),
                recogniser=MemoryList({key.did: ("Example College", "10000000") for key in ISSUER.keys}),
                canonicaliser=FORM,
                now=NOW,
                as_of=as_of,
            )
        )

    then = on(NOW - timedelta(days=3))
    assert (then.verdict, {part.as_of for part in then.parts}) == (Verdict.VALID, {then.as_of})
    assert then.summary.startswith("Everything in this record was genuine and in force on 22 November 2026")
    assert on(None).verdict is Verdict.WAS_VALID


def test_the_whole_reaches_no_further_than_its_parts() -> None:
    report = checked(GOOD)
    findings = tuple(
        replace(one, outcome=Outcome.VALID) if one.check in ("inclusion", "chain") else one for one in report.findings
    )
    alone = conclude(findings, NOW)
    assert (alone.anchoring, alone.level) == (Anchoring.ANCHORED, Level.CHAIN)
    around = conclude(findings, NOW, parts=(alone, report))
    assert (around.anchoring, around.level) == (report.anchoring, report.level) == (Anchoring.PENDING, Level.SIGNATURE)
    unknown = replace(report, true_as_of=None)
    assert conclude(findings, NOW, parts=(unknown,)).true_as_of is None


def test_a_list_that_nobody_signed() -> None:
    good, expired = checked(GOOD), checked(EXPIRED)
    report = of_list([good, expired], NOW, "Somebody shows it.")
    assert (report.kind, report.verdict, report.parts) == (DocumentKind.PROFILE, Verdict.WAS_VALID, (good, expired))
    assert report.finding("holder").outcome is Outcome.SKIPPED
    assert of_list([], NOW, "Somebody shows it.").verdict is Verdict.CANNOT_TELL
    assert of_list([], NOW, "Somebody shows it.").as_json()["credentials"] == []


async def test_few_are_checked_at_once_and_none_is_left_out() -> None:
    """Whoever sends a document of many chooses which hosts are asked."""
    running, most = 0, 0
    report = await a_verifier().credential(Submission(GOOD, None))

    async def one(number: int) -> Report:
        nonlocal running, most
        running, most = running + 1, max(most, running + 1)
        for _ in range(number % 7):
            await asyncio.sleep(0)
        running -= 1
        return replace(report, credential_id=f"urn:x:{number}")

    found = await few_at_once([one(number) for number in range(MAX_EMBEDDED)])
    assert [each.credential_id for each in found] == [f"urn:x:{number}" for number in range(MAX_EMBEDDED)]
    assert most == AT_ONCE


class Counted(MemoryPublications):
    """Says how often each document was asked for."""

    def __init__(self) -> None:
        super().__init__(publications().documents)
        self.asked: list[str] = []

    async def did_document(self, did: str, at: datetime | None = None) -> Fetched:
        self.asked.append(did)
        await asyncio.sleep(0)
        return await super().did_document(did, at)


def test_a_record_of_many_sends_us_to_no_host_more_than_once() -> None:
    """Fifty credentials in one file would otherwise be fifty requests to whomever its sender dislikes."""
    counted = Counted()
    members = [GOOD, UNKNOWN, *[ISSUER.signs(credential(id=f"urn:x:{number}")) for number in range(20)]]
    report = checked(ISSUER.signs(record(*members)), verifier=a_verifier(counted))
    assert len(report.parts) == len(members)
    assert sorted(counted.asked) == sorted([ISSUER.did, THIEF.did])
    # What could not be had is not asked for again either; and nothing is kept for the next check.
    assert checked(ISSUER.signs(record(*members)), verifier=a_verifier(counted)).verdict is report.verdict
    assert len(counted.asked) == 4


async def test_whoever_stops_waiting_stops_it_for_nobody_else() -> None:
    once = AskedOnce(counted := Counted())
    impatient = asyncio.ensure_future(once.did_document(ISSUER.did))
    patient = asyncio.ensure_future(once.did_document(ISSUER.did))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).data is not None
    assert counted.asked == [ISSUER.did]
    # A past version is another document.
    await once.did_document(ISSUER.did, NOW)
    assert counted.asked == [ISSUER.did] * 2


def test_a_holder_shows_no_record_in_a_presentation_yet() -> None:
    """Two levels deep is not looked at, and not vouched for."""

    async def shown() -> Report:
        return await a_verifier().presentation(HOLDER.shows(ISSUER.signs(record(GOOD))))

    report = asyncio.run(shown())
    assert (report.finding("structure").code, report.verdict) == ("embedded_too_deep", Verdict.CANNOT_TELL)
