"""Presentations and records of several: what cannot be told of one thing in it cannot be told of the whole."""

import asyncio
from collections.abc import Mapping

import pytest

from app.standards import did
from app.verification import verify
from app.verification.evidence import Submission
from app.verification.report import Outcome, Report, Verdict, worst
from app.verification.verifier import Verifier
from tests.fakes import MemoryList, MemoryRegistry
from tests.unit.standards import sample
from tests.unit.verification import people, scenarios, world
from tests.unit.verification.accredited import BOARD
from tests.unit.verification.faults import SILENT, Fault, FaultyPublications, instead
from tests.unit.verification.lies import QUESTIONS
from tests.unit.verification.people import FORM, HOLDER, ISSUER, NOW, THIEF
from tests.unit.verification.world import LIST_URL, Document

SHORT = 0.05
SHOWN = HOLDER.shows(ISSUER.signs(people.credential(HOLDER.did)), holder=HOLDER.did)
LIES: Mapping[str, Fault] = {
    "another's": instead(did.key_document(THIEF.did)),
    "another institution's": instead(BOARD.did_document()),
    "another's key under this name": instead(
        {**did.key_document(HOLDER.did), "verificationMethod": did.key_document(THIEF.did)["verificationMethod"]}
    ),
    "without keys": instead({"id": HOLDER.did}),
}


def presented(whose: str, fault: Fault, *, proofs_only: bool) -> Report:
    there = FaultyPublications(people.publications(), {("did_document", whose, False): fault})

    async def in_full(submission: Submission) -> Report:
        return await verify.verify(
            submission,
            publications=there,
            registry=MemoryRegistry({}),
            recogniser=MemoryList({ISSUER.did: ("Example College", "10000000")}),
            canonicaliser=FORM,
            now=NOW,
            within=SHORT,
        )

    verifier = Verifier(in_full, there, FORM, lambda: NOW, within=SHORT)
    return asyncio.run(verifier.presentation(SHOWN, proofs_only=proofs_only))


def test_the_presentation_is_good_while_everybody_answers() -> None:
    assert people.shown(SHOWN).verdict is Verdict.VALID


@pytest.mark.parametrize("proofs_only", [False, True])
@pytest.mark.parametrize("whose", [HOLDER.did, ISSUER.did], ids=["holder", "issuer"])
@pytest.mark.parametrize("fault", [*SILENT, *LIES])
def test_a_bad_answer_about_who_signed_a_presentation(fault: str, whose: str, proofs_only: bool) -> None:
    report = presented(whose, {**SILENT, **LIES}[fault], proofs_only=proofs_only)
    assert report.verdict in (Verdict.CANNOT_TELL, Verdict.NOT_VALID)
    if fault in SILENT:
        looked_at = report.findings if whose == HOLDER.did else report.parts[0].findings
        assert report.verdict is Verdict.CANNOT_TELL
        assert Outcome.ERROR in {finding.outcome for finding in looked_at}


def a_record() -> list[Document]:
    """A record of two credentials, and both of them; each signed, one list for all."""
    parts = [world.signed(sample.credential(number, valid_from=SIGNED), "key-2026-09", SIGNED)[0] for number in (1, 2)]
    return [world.signed(sample.record(parts, valid_from=SIGNED), "key-2026-09", SIGNED)[0], *parts]


SIGNED = scenarios.SIGNED_ON
RECORD = a_record()
RECORD_TABLE = [
    (name, fault) for name in ("the issuer's keys", "the list of withdrawals") for fault in QUESTIONS[name].rows
]


def record_under(faults: Mapping[tuple[str, str, bool], Fault]) -> list[Verdict]:
    there = scenarios.plain()
    asked = FaultyPublications(there.publications, faults)
    reports = []
    for document in RECORD:
        submission = Submission(document, None)
        reports.append(scenarios.replaced(there, submission).report(asked, within=SHORT))
    return [report.verdict for report in reports]


def test_the_record_is_good_while_everybody_answers() -> None:
    assert record_under({}) == [Verdict.VALID] * 3


@pytest.mark.parametrize(
    ("question", "fault"), RECORD_TABLE, ids=[f"{question}: {fault}" for question, fault in RECORD_TABLE]
)
def test_a_bad_answer_about_a_record(question: str, fault: str) -> None:
    spoil, verdict, _ = QUESTIONS[question].rows[fault]
    found = record_under(QUESTIONS[question].spoilt(spoil))
    assert found == [verdict] * 3
    assert worst(found) is not Verdict.VALID


def test_one_withdrawn_part_of_a_record_is_the_verdict_on_all() -> None:
    withdrawn = instead(world.a_status_list(2))
    found = record_under({("status_list", LIST_URL, False): withdrawn})
    # The record's own verdict is that of the worst in it.
    assert found == [Verdict.WAS_VALID, Verdict.VALID, Verdict.WAS_VALID]
    assert worst(found) is Verdict.WAS_VALID
