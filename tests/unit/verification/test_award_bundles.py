"""An award and everything it is made of in one file: the sum is done again with nobody to ask."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.adapters.bundled import BundledPublications
from app.adapters.registry import NoRegistry
from app.verification import verify
from app.verification.bundling import Bundle, make_bundle
from app.verification.checks.trail import Trail
from app.verification.evidence import RecognisedIssuer, Submission
from app.verification.report import Outcome, Report, Verdict
from tests.unit.verification.accredited import Trusted
from tests.unit.verification.awards import COLLEGES, HOME, OTHER, Stack, hnc, hnc_results, stack_of, uri, written
from tests.unit.verification.world import FORM, NOW, Document

KNOWN = Trusted(
    {
        one.did: RecognisedIssuer(
            one.did, one.name, "10000000", (one.keys()["verificationMethod"][0]["publicKeyMultibase"],)
        )
        for one in COLLEGES
    }
)


def partnership() -> Stack:
    """Four units at home and four at another college."""
    results = hnc_results()
    return stack_of(
        "hnc-computing-partnership", 1, [*results[:4], *(replace(one, college=OTHER) for one in results[4:])]
    )


def made(stack: Stack) -> Bundle:
    return asyncio.run(
        make_bundle(
            Submission(stack.award(), None),
            publications=stack.publications(),
            registry=NoRegistry(),
            recogniser=KNOWN,
            canonicaliser=FORM,
            trail=Trail(NOW),
        )
    )


def offline(bundle: bytes) -> Report:
    submission, members = verify.read_submission(bundle)
    return asyncio.run(
        verify.verify(
            submission,
            publications=BundledPublications(members, KNOWN),
            registry=NoRegistry(),
            recogniser=KNOWN,
            canonicaliser=FORM,
            now=NOW,
        )
    )


@pytest.mark.parametrize("stack", [hnc, partnership])
def test_the_sum_is_done_again_with_nobody_to_ask(stack: Callable[[], Stack]) -> None:
    bundle = made(stack())
    assert bundle.missing == ()
    report = offline(bundle.document)
    assert (report.verdict, report.finding("adds_up").code) == (Verdict.VALID, "adds_up_ok")
    assert sum(one.credits for one in report.additions) == 120
    # Each part is as old as the list in the file says, and so is the whole.
    assert report.finding("adds_up").relied_on is not None
    assert report.true_as_of is not None
    assert report.true_as_of < NOW


def test_what_all_parts_share_is_in_the_file_once() -> None:
    document = made(partnership()).document
    assert document.count(HOME.listed()["proof"]["proofValue"].encode()) == 1
    assert document.count(OTHER.listed()["proof"]["proofValue"].encode()) == 1


def edited(edit: Callable[[Document], object]) -> bytes:
    bundle = json.loads(made(partnership()).document)
    edit(bundle)
    return json.dumps(bundle).encode()


def _raise_grade(bundle: Document) -> None:
    part = json.loads(bundle["parts"][uri(1)]["document"])
    part["credentialSubject"]["result"][0]["value"] = "Distinction"
    bundle["parts"][uri(1)]["document"] = written(part).decode()


def _swap(bundle: Document) -> None:
    bundle["parts"][uri(1)] = bundle["parts"][uri(2)]


def _easier(bundle: Document) -> None:
    [(address, text)] = bundle["rules"].items()
    pack = json.loads(text)
    pack["minimums"][0]["credits"] = 15
    bundle["rules"][address] = json.dumps(pack)


def _own_keys(bundle: Document) -> None:
    """Whoever made the file chose the keys in it."""
    keys = bundle["published"][OTHER.did]
    keys["verificationMethod"][0]["publicKeyMultibase"] = HOME.keys()["verificationMethod"][0]["publicKeyMultibase"]


SPOILT: dict[str, tuple[Callable[[Document], Any], Verdict, str]] = {
    "a grade raised in the file": (_raise_grade, Verdict.NOT_VALID, "part_changed"),
    "a part swapped for another": (_swap, Verdict.NOT_VALID, "part_changed"),
    "easier rules": (_easier, Verdict.NOT_VALID, "rules_changed"),
    "a part left out": (lambda bundle: bundle["parts"].pop(uri(1)), Verdict.CANNOT_TELL, "part_missing"),
    "no parts": (lambda bundle: bundle.pop("parts"), Verdict.CANNOT_TELL, "part_missing"),
    "no rules": (lambda bundle: bundle.pop("rules"), Verdict.CANNOT_TELL, "rules_missing"),
    "the other college's keys replaced": (_own_keys, Verdict.CANNOT_TELL, "part_unclear"),
    "the other college's list left out": (
        lambda bundle: bundle["published"].pop(OTHER.list_url),
        Verdict.CANNOT_TELL,
        "part_unclear",
    ),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_spoilt_file_is_never_green(spoilt: str) -> None:
    edit, verdict, code = SPOILT[spoilt]
    report = offline(edited(edit))
    assert (report.verdict, report.finding("adds_up").code) == (verdict, code)


def test_a_part_withdrawn_before_the_file_was_made_is_withdrawn_in_it() -> None:
    report = offline(made(replace(partnership(), withdrawn={OTHER: (8,)})).document)
    assert (report.verdict, report.finding("adds_up").outcome) == (Verdict.WAS_VALID, Outcome.INVALID)


def test_what_could_not_be_had_is_named() -> None:
    stack = replace(hnc(), lost=frozenset({hnc().address(1)}))
    bundle = made(stack)
    assert bundle.missing == ("It could not be fetched just now.",)
    assert offline(bundle.document).finding("adds_up").code == "part_missing"
