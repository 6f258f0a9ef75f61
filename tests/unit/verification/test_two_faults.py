"""Two things go wrong at once, or a word of any answer is changed: never green for it, and never an exception."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.verification.report import Anchoring, Level, Report, Verdict
from tests.unit.standards import sample
from tests.unit.verification.accredited import BOARD, SCHEME
from tests.unit.verification.faults import (
    CHAIN,
    LISTS,
    SILENT,
    Fault,
    FaultyPublications,
    FaultyRecogniser,
    FaultyRegistry,
    hangs,
    instead,
)
from tests.unit.verification.lies import QUESTIONS, Question
from tests.unit.verification.scenarios import SCENARIOS, Scenario
from tests.unit.verification.test_mutations import mutants, says_the_same

SHORT = 0.02
THERE = {scenario.__name__: scenario() for scenario in SCENARIOS}
GOOD = {name: there.report() for name, there in THERE.items()}
# What the verdict does not rest on while all else is well: words beside it, and a stand-in for the chain.
_BESIDE = ("status_reasons", "checkpoints")
_PUBLIC = [(question, fault) for question, one in QUESTIONS.items() for fault in one.rows]
_OWN = [(whom, fault) for whom in (sample.DID, SCHEME.did, BOARD.did) for fault in LISTS]


def matters(name: str, question: Question) -> bool:
    """Whether the scenario asks this at all, and its verdict rests on the answer."""
    is_asked = THERE[name].name == question.scenario().name or (question.name == sample.DID and not question.is_past)
    return is_asked and question.method not in _BESIDE


def never_better(name: str, report: Report) -> None:
    """A verdict is a claim: under a fault there is the true one, or none, or a refusal; and nothing is made up."""
    true = GOOD[name]
    assert report.verdict in (true.verdict, Verdict.CANNOT_TELL, Verdict.NOT_VALID)
    if report.anchoring is Anchoring.ANCHORED:
        assert true.anchoring is Anchoring.ANCHORED
    assert list(Level).index(report.level) <= max(list(Level).index(true.level), list(Level).index(Level.CHECKPOINT))
    json.dumps(report.as_json())


@settings(deadline=None, max_examples=250)
@given(data=st.data())
def test_two_faults_at_once(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(THERE)))
    there = THERE[name]
    own = [row for row in _PUBLIC if QUESTIONS[row[0]].name in there.documents or QUESTIONS[row[0]].is_past]
    spoilt: dict[tuple[str, str, bool], Fault] = {}
    hidden = False
    for _ in range(data.draw(st.integers(1, 2))):
        chosen, fault = data.draw(st.sampled_from(own))
        question = QUESTIONS[chosen]
        spoilt |= question.spoilt(question.rows[fault][0])
        hidden = hidden or matters(name, question)
    registry, recogniser = there.registry, there.recogniser
    if data.draw(st.booleans()):
        # One node that makes something up is believed; two are not (see the table).
        possible = [fault for fault in CHAIN if fault != "recorded today" or there.registry_answers]
        registry = FaultyRegistry(registry, CHAIN[data.draw(st.sampled_from(possible))])
    if data.draw(st.booleans()):
        whom, fault = data.draw(st.sampled_from(_OWN))
        recogniser = FaultyRecogniser(recogniser, whom, LISTS[fault])
        hidden = hidden or whom == sample.DID
    report = there.report(FaultyPublications(there.publications, spoilt), registry, recogniser, SHORT)
    never_better(name, report)
    assert not (hidden and report.verdict is Verdict.VALID)


@settings(deadline=None, max_examples=250)
@given(data=st.data())
def test_any_place_of_any_two_answers_is_changed(data: st.DataObject) -> None:
    """Removed, of another type, off by one, a member added: of what is signed nothing, of the rest nothing that counts."""
    name = data.draw(st.sampled_from(sorted(THERE)))
    there = THERE[name]
    spoilt: dict[tuple[str, str, bool], Fault] = {}
    for _ in range(data.draw(st.integers(1, 2))):
        document_name = data.draw(st.sampled_from(sorted(there.documents)))
        original = there.documents[document_name]
        changed = data.draw(st.sampled_from(_mutants(name, document_name)))
        for method in _methods(document_name):
            spoilt[method, document_name.removesuffix("/reasons").removesuffix("/receipt"), False] = instead(changed)
        if "proof" in original and document_name.endswith("/status/1") and not says_the_same(changed, original):
            assert _reported(there, spoilt).verdict is not Verdict.VALID or name == "never_approved"
    never_better(name, _reported(there, spoilt))


def _reported(there: Scenario, spoilt: Mapping[tuple[str, str, bool], Fault]) -> Report:
    return there.report(FaultyPublications(there.publications, spoilt), within=SHORT)


def _methods(name: str) -> tuple[str, ...]:
    if name.startswith("did:"):
        return ("did_document",)
    if name.endswith("/reasons"):
        return ("status_reasons",)
    if "/credentials/" in name:
        return ("credential_receipt",) if name.endswith("/receipt") else ("credential",)
    if "/rules/" in name:
        return ("rules",)
    return ("status_list", "accreditations", "checkpoints")


_KNOWN: dict[tuple[str, str], list[Any]] = {}


def _mutants(scenario: str, name: str) -> list[Any]:
    if (scenario, name) not in _KNOWN:
        _KNOWN[scenario, name] = [copy for _, copy in mutants(THERE[scenario].documents[name])]
    return _KNOWN[scenario, name]


@pytest.mark.parametrize("fault", SILENT)
def test_every_answer_is_bad_in_the_same_way(fault: str) -> None:
    every = {(one.method, one.name, past): SILENT[fault] for one in QUESTIONS.values() for past in (False, True)}
    for name, there in THERE.items():
        report = there.report(
            FaultyPublications(there.publications, every), FaultyRegistry(there.registry, hangs), within=SHORT
        )
        assert report.verdict is Verdict.CANNOT_TELL, name
