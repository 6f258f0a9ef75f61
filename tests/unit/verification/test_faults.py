"""Each call to the outside fails, hangs, lies: the verdict is never green for it, and there always is one."""

import inspect
import json
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from app.adapters.registry import AgreeingRegistry
from app.verification.evidence import Recognition
from app.verification.ports import Publications, Recogniser, Registry
from app.verification.report import Anchoring, Level, Outcome, Verdict
from tests.unit.standards import sample
from tests.unit.verification import scenarios, world
from tests.unit.verification.accredited import BOARD, SCHEME
from tests.unit.verification.faults import (
    CHAIN,
    LISTS,
    Fault,
    FaultyPublications,
    FaultyRecogniser,
    FaultyRegistry,
    hangs,
    instead,
    recorded,
)
from tests.unit.verification.lies import ASKED_FOR_BUNDLES, NO, QUESTIONS, TELL, VALID, WAS, Question
from tests.unit.verification.scenarios import SCENARIOS, SIGNED_ON, Scenario
from tests.unit.verification.world import LIST_URL, NOW

SHORT = 0.05
"""Seconds; whatever answers here at all answers at once."""

TABLE = [(question, fault) for question, one in QUESTIONS.items() for fault in one.rows]


def calls(port: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(port, inspect.isfunction) if not name.startswith("_")}


def test_every_call_of_every_port_is_in_the_table() -> None:
    assert calls(Publications) == {question.method for question in QUESTIONS.values()} | set(ASKED_FOR_BUNDLES)
    assert calls(Registry) == {"anchored"}
    assert calls(Recogniser) == {"recognise"}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.__name__)
def test_the_truth_is_told_while_everybody_answers(scenario: Callable[[], Scenario]) -> None:
    found = scenario()
    assert found.report().verdict is found.verdict


@pytest.mark.parametrize(("question", "fault"), TABLE, ids=[f"{question}: {fault}" for question, fault in TABLE])
def test_a_bad_answer(question: str, fault: str) -> None:
    asked: Question = QUESTIONS[question]
    spoil, verdict, code = asked.rows[fault]
    there = asked.scenario()
    report = there.report(FaultyPublications(there.publications, asked.spoilt(spoil)), within=SHORT)
    assert (report.verdict, report.finding(asked.check).code) == (verdict, code)
    assert all(finding.sentence.endswith(".") for finding in report.findings)
    # Not green unless the check that asked stands beside the verdict, or the truth was no better.
    assert verdict is not VALID or (asked.check == "checkpoint" and report.level is not Level.CHECKPOINT)


CHAIN_TABLE: Mapping[str, tuple[Anchoring, Verdict, str]] = {
    # fault: what is said of a register entry, of a credential whose key was lost since, and of its entry.
    "raises": (Anchoring.UNKNOWN, TELL, "chain_failed"),
    "breaks": (Anchoring.UNKNOWN, TELL, "database_unavailable"),
    "hangs": (Anchoring.UNKNOWN, TELL, "chain_timeout"),
    "is away": (Anchoring.UNKNOWN, TELL, "chain_unreachable"),
    "never recorded": (Anchoring.FAILED, NO, "root_not_recorded"),
    "not final": (Anchoring.UNKNOWN, TELL, "not_final"),
    "recorded before time": (Anchoring.UNKNOWN, TELL, "chain_answer_unreadable"),
    "recorded after all time": (Anchoring.UNKNOWN, TELL, "chain_answer_unreadable"),
    "recorded today": (Anchoring.ANCHORED, NO, "chain_ok"),
}


@pytest.mark.parametrize("fault", CHAIN)
def test_a_bad_answer_of_the_chain(fault: str) -> None:
    anchoring, verdict, code = CHAIN_TABLE[fault]
    plain, lost = scenarios.plain(), scenarios.lost_key()
    report = plain.report(registry=FaultyRegistry(plain.registry, CHAIN[fault]), within=SHORT)
    # What the chain says stands beside the verdict on a key in use.
    assert (report.verdict, report.anchoring, report.finding("chain").code) == (VALID, anchoring, code)
    report = lost.report(registry=FaultyRegistry(lost.registry, CHAIN[fault]), within=SHORT)
    assert (report.verdict, report.finding("chain").code) == (verdict, code)


def test_one_lying_node_beside_an_honest_one_is_found_out() -> None:
    """An earlier time is what would make good what a thief signed; one node alone could say it."""
    lost = scenarios.lost_key()
    earlier = recorded(int((SIGNED_ON - timedelta(days=100)).timestamp()))
    for both in (
        (lost.registry, FaultyRegistry(lost.registry, earlier)),
        (FaultyRegistry(lost.registry, earlier), lost.registry),
    ):
        report = lost.report(registry=AgreeingRegistry(both))
        assert (report.verdict, report.finding("chain").code) == (TELL, "chain_disagrees")


LIST_TABLE: Mapping[tuple[str, str], tuple[Verdict, str, str]] = {
    # (whom, fault): verdict, and which finding says why.
    (sample.DID, "raises"): (TELL, "issuer", "issuer_list_failed"),
    (sample.DID, "breaks"): (TELL, "issuer", "database_unavailable"),
    (sample.DID, "hangs"): (TELL, "issuer", "issuer_list_timeout"),
    (sample.DID, "no list"): (TELL, "issuer", "issuer_list_missing"),
    (sample.DID, "nobody"): (TELL, "issuer", "issuer_unknown"),
    (SCHEME.did, "raises"): (TELL, "accreditation", "accreditation_root_unknown"),
    (SCHEME.did, "breaks"): (TELL, "accreditation", "accreditation_root_unknown"),
    (SCHEME.did, "hangs"): (TELL, "accreditation", "accreditation_root_unknown"),
    (SCHEME.did, "no list"): (TELL, "accreditation", "accreditation_root_unknown"),
    (SCHEME.did, "nobody"): (TELL, "accreditation", "accreditation_root_unknown"),
    # A board need not be on the list: the scheme operator's signature says who it is.
    (BOARD.did, "raises"): (VALID, "accreditation", "accreditation_ok"),
    (BOARD.did, "breaks"): (VALID, "accreditation", "accreditation_ok"),
    (BOARD.did, "hangs"): (VALID, "accreditation", "accreditation_ok"),
    (BOARD.did, "no list"): (VALID, "accreditation", "accreditation_ok"),
    (BOARD.did, "nobody"): (VALID, "accreditation", "accreditation_ok"),
}


@pytest.mark.parametrize(
    ("whom", "fault"), [(whom, fault) for whom in (sample.DID, SCHEME.did, BOARD.did) for fault in LISTS]
)
def test_a_bad_answer_of_the_verifiers_own_list(whom: str, fault: str) -> None:
    verdict, check, code = LIST_TABLE[whom, fault]
    there = scenarios.approved()
    report = there.report(recogniser=FaultyRecogniser(there.recogniser, whom, LISTS[fault]), within=SHORT)
    assert (report.verdict, report.finding(check).code) == (verdict, code)


def test_a_list_of_colleges_that_fails_the_second_time_hides_nothing() -> None:
    """The emptied list of accreditations is asked about only after the issuer was recognised."""
    there = scenarios.approved()

    class Once:
        asked = 0

        async def recognise(self, did: str) -> Recognition:
            self.asked += did == sample.DID
            if self.asked > 1:
                raise RuntimeError("gone")
            return await there.recogniser.recognise(did)

    emptied = QUESTIONS["the issuer's accreditations"].spoilt(instead(scenarios.accreditations()))
    report = there.report(FaultyPublications(there.publications, emptied), recogniser=Once())
    assert (report.verdict, report.finding("accreditation").code) == (TELL, "accreditation_missing")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.__name__)
def test_everything_hangs_at_once_and_there_is_an_answer_by_the_deadline(scenario: Callable[[], Scenario]) -> None:
    there = scenario()
    every: dict[tuple[str, str, bool], Fault] = {
        (one.method, one.name, past): hangs for one in QUESTIONS.values() for past in (False, True)
    }
    report = there.report(
        FaultyPublications(there.publications, every),
        FaultyRegistry(there.registry, hangs),
        FaultyRecogniser(there.recogniser, sample.DID, hangs),
        SHORT,
    )
    assert report.verdict is TELL
    assert (report.anchoring, report.level) == (Anchoring.UNKNOWN, Level.NONE)
    # What the document tells by itself is still told.
    assert report.finding("structure").outcome is Outcome.VALID


def test_an_older_list_can_be_shown_again_only_until_it_runs_out() -> None:
    """What is signed to count until a day counts until that day, whoever shows it: the issuer bounds the harm, and the
    report tells when the list was made where it came with the file."""
    there = scenarios.withdrawn()
    for age, verdict in ((timedelta(hours=2), VALID), (timedelta(days=7, seconds=1), TELL)):
        older = instead(world.a_status_list(made=NOW - age))
        asked = FaultyPublications(there.publications, {("status_list", LIST_URL, False): older})
        assert there.report(asked).verdict is verdict


@pytest.mark.parametrize(
    "place",
    list(sample.changed_leaves(json.loads(json.dumps(scenarios.plain().documents[LIST_URL])))),
    ids=lambda one: str(one[0]),
)
def test_no_word_of_the_list_can_be_changed(place: tuple[str, world.Document]) -> None:
    there = scenarios.withdrawn()
    asked = FaultyPublications(there.publications, {("status_list", LIST_URL, False): instead(place[1])})
    assert there.report(asked).verdict in (TELL, WAS)
