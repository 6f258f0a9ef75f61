"""More than five hundred documents, half of them changed after signing, judged by five verifiers: what we say of each
is the truth, and whoever says otherwise is explained.

Ours; openvc-core (Python); DCC's `vc` and `verifier-core`, and Digital Bazaar's `vc` (JavaScript). The network is off,
the clock stands still, and all of them are given the same keys and the same status lists (`differential/publishers`).
verifier-core takes neither a loader of documents nor a moment: it fetches and reads the clock by itself, so in its
process `fetch` serves what the test gives and `Date` says what the test says (tests/oracles/verify_core.mjs).

    differential/kinds       what is signed, sound or with one fault
    differential/changes     what is done to it afterwards
    differential/explained   why others disagree, each rule with who is right by which section
"""

from collections import Counter
from functools import cache

from tests.vectors.differential.cases import Case, as_signed, changed_after
from tests.vectors.differential.changes import HARMFUL, HARMLESS
from tests.vectors.differential.explained import EVERYBODY, RULES, explaining
from tests.vectors.differential.judges import JUDGES, Judgement, judge_all
from tests.vectors.differential.kinds import FAULT, KINDS

OURS = "stackmark"


@cache
def cases() -> tuple[Case, ...]:
    return (*as_signed(), *changed_after())


@cache
def judged() -> dict[str, list[Judgement]]:
    return judge_all([case.document for case in cases()])


def test_there_are_enough_and_half_of_them_are_changed() -> None:
    assert len(cases()) >= 500
    changed = [case for case in cases() if case.change is not None]
    assert 0.5 <= len(changed) / len(cases()) < 0.6
    assert {case.kind for case in cases() if case.change is None} == set(KINDS)
    assert {case.change for case in changed} == {*HARMLESS, *HARMFUL}
    assert len({repr(case.document) for case in cases()}) == len(cases())


def test_what_we_say_is_the_truth() -> None:
    wrong = [case.name for case, said in zip(cases(), judged()[OURS], strict=True) if said.accepts != case.good]
    assert wrong == []


def test_what_is_wrong_is_named() -> None:
    unnamed = [
        (case.name, said.why)
        for case, said in zip(cases(), judged()[OURS], strict=True)
        if case.change is None and case.kind in FAULT and FAULT[case.kind] not in said.why.split()
    ]
    assert unnamed == []


def test_every_disagreement_is_explained_by_one_rule_and_every_rule_explains_one() -> None:
    unexplained, used = [], Counter[tuple[str, int]]()
    for judge in EVERYBODY:
        for case, ours, theirs in zip(cases(), judged()[OURS], judged()[judge], strict=True):
            if theirs.accepts == ours.accepts:
                continue
            rules = explaining(judge, case, theirs)
            if len(rules) != 1:
                unexplained.append((judge, case.name, theirs, ours.why, len(rules)))
            used.update((judge, id(rule)) for rule in rules)
    assert unexplained == []
    # A rule must be needed for each verifier that it names.
    assert set(used) == {(judge, id(rule)) for rule in RULES for judge in rule.judges}


def test_they_are_no_stopped_clocks() -> None:
    """Each accepts much and refuses much."""
    for judge in JUDGES:
        accepted = sum(said.accepts for said in judged()[judge])
        assert 50 < accepted < len(cases()) - 150, judge
