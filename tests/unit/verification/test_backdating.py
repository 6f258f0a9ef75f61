"""A credential issued while nobody had approved the college, and those who would have it issued on a better day."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.standards import data_integrity
from app.verification.report import Verdict
from tests.unit.standards import sample
from tests.unit.verification import accredited, scenarios, world
from tests.unit.verification.accredited import SCHEME
from tests.unit.verification.scenarios import ACCREDITATIONS_URL, LOST_ON, SIGNED_ON, Scenario
from tests.unit.verification.world import NOW, Document

APPROVED_ONCE = NOW - timedelta(days=200)
ENDED, AGAIN = NOW - timedelta(days=100), NOW - timedelta(days=20)


def approved_with_a_gap() -> Scenario:
    """Approved until a hundred days ago and again for twenty days; signed between, and not recorded anywhere."""
    there = scenarios.approved()
    documents = dict(there.documents)
    keys = scenarios.keys_today()
    keys["service"] = documents[sample.DID]["service"]
    documents[sample.DID] = keys
    documents[ACCREDITATIONS_URL] = scenarios.accreditations(_edge(1, until=ENDED), _edge(2, since=AGAIN))
    history = {sample.DID: [(NOW - timedelta(days=400), scenarios.keys_then()), (LOST_ON, keys)]}
    submission = replace(there.submission, receipt=None)
    return replace(there, verdict=Verdict.NOT_VALID, documents=documents, history=history, submission=submission)


def _edge(place: int, since: datetime = accredited.BEGAN, until: datetime | None = None) -> Document:
    made = accredited.edge(
        SCHEME, accredited.COLLEGE, place, qualifications=[scenarios.QUALIFICATION], valid_from=since, valid_until=until
    )
    subject = {name: value for name, value in made["credentialSubject"].items() if name != "wallet"}
    return accredited.signed(made | {"credentialSubject": subject | {"id": sample.DID}}, SCHEME)


def and_also(there: Scenario, key: str, on: datetime, **changes: Any) -> Scenario:
    """With one more signature on the credential, before the one that it has."""
    credential = dict(there.submission.credential)
    more = world.signed(data_integrity.unsecured(credential), key, on)[0]["proof"] | changes
    signed = credential | {"proof": [more, credential["proof"]]}
    return replace(there, submission=replace(there.submission, credential=signed))


def code(there: Scenario) -> tuple[Verdict, str]:
    report = there.report()
    return report.verdict, report.finding("accreditation").code


def test_signed_while_nobody_had_approved_the_college() -> None:
    assert code(approved_with_a_gap()) == (Verdict.NOT_VALID, "not_accredited_at_issue")


def test_a_thief_with_a_lost_key_cannot_date_it_back() -> None:
    there = and_also(approved_with_a_gap(), "key-2025-09", APPROVED_ONCE)
    assert code(there) == (Verdict.NOT_VALID, "not_accredited_at_issue")


@pytest.mark.parametrize("date", [APPROVED_ONCE, AGAIN + timedelta(days=1)])
def test_nobody_else_can_date_it_by_a_signature_that_is_none(date: datetime) -> None:
    """In the college's name and by the name of its key, but of its own making."""
    there = approved_with_a_gap()
    forged = world.signed(data_integrity.unsecured(there.submission.credential), "thief", date)[0]["proof"]
    there = and_also(there, "key-2026-09", date, proofValue=forged["proofValue"])
    assert code(there) == (Verdict.NOT_VALID, "not_accredited_at_issue")


def test_of_two_signatures_of_the_college_the_earliest_tells_when_it_was_issued() -> None:
    there = approved_with_a_gap()
    later = and_also(there, "key-2026-09", AGAIN + timedelta(days=1))
    assert code(later) == (Verdict.NOT_VALID, "not_accredited_at_issue")
    # The college's own word, which nothing contradicts.
    assert SIGNED_ON > APPROVED_ONCE
    assert code(and_also(there, "key-2026-09", APPROVED_ONCE)) == (Verdict.VALID, "accreditation_ok")
