"""A verification in words: the headline says what was asked, of when, and whether it is the whole or a part."""

from datetime import timedelta

import pytest

from app.standards import data_integrity
from app.verification.as_of import moment_of
from app.verification.report import Report, Verdict, worst
from app.web.pages.reading import read_content
from app.web.pages.verdict import Told, part_lines, tell, tell_presentation
from tests.unit.verification.people import HOLDER, ISSUER, NOW, THIEF, credential, presentation, shown
from tests.unit.verification.test_adds_up import ATTACKS
from tests.unit.verification.test_records import EXPIRED, FORGED, GOOD, UNKNOWN, checked, record
from tests.unit.verification.world import a_status_list, a_world, did_document

RECORD = ISSUER.signs(record(GOOD), data_integrity.RDFC)


def told(report: Report) -> Told:
    return tell(report, read_content(RECORD), None)


def test_a_past_day_stands_in_the_headline() -> None:
    """A picture of the page must not pass for an answer about today."""
    world = a_world()
    assert told(world.report()).headline == "Genuine"
    world.history = [(NOW - timedelta(days=400), did_document(key_2026_09={}))]
    world.listed = a_status_list(made=NOW - timedelta(days=2))
    past = told(world.report(moment_of((NOW - timedelta(days=2)).date(), NOW)))
    assert (past.tone, past.headline) == ("good", "Genuine on 23 November 2026")
    assert "was genuine and in force on 23 November 2026" in past.summary
    before = told(world.report(moment_of((NOW - timedelta(days=90)).date(), NOW)))
    assert before.tone == "bad"


@pytest.mark.parametrize(
    ("members", "tone", "headline"),
    [
        ([GOOD], "good", "Genuine"),
        ([GOOD, EXPIRED], "ended", "Not all in force"),
        ([GOOD, UNKNOWN], "unknown", "Cannot tell"),
        ([GOOD, FORGED], "bad", "Not all genuine"),
    ],
)
def test_a_record_is_told_by_the_worst_in_it(members: list[dict[str, object]], tone: str, headline: str) -> None:
    report = checked(ISSUER.signs(record(*members)))
    found = told(report)
    assert (found.tone, found.headline, found.because) == (tone, headline, None)
    assert report.verdict is worst(part.verdict for part in report.parts)
    made_up = told(checked(THIEF.signs(record(*members))))
    assert (made_up.headline, made_up.is_trusted) == ("Not genuine", False)
    assert made_up.because


@pytest.mark.parametrize(
    ("attack", "tone", "headline", "because"),
    [
        (
            "a part was withdrawn",
            "ended",
            "Genuine, but a part of it no longer holds",
            "Programming no longer holds. The issuer has withdrawn it.",
        ),
        (
            "the grade of the award is raised",
            "bad",
            "Does not add up",
            "It does not say what its parts make: it says Distinction, its parts make Merit.",
        ),
        (
            "the rules cannot be had",
            "unknown",
            "Cannot tell",
            "The rules by which its parts add up could not be had. It could not be fetched just now.",
        ),
    ],
)
def test_an_award_is_told_by_its_sum(attack: str, tone: str, headline: str, because: str) -> None:
    stack = ATTACKS[attack][0]()
    found = tell(stack.report(), read_content(stack.award()), None)
    assert (found.tone, found.headline, found.because) == (tone, headline, because)


def test_the_parts_of_an_award_are_listed_with_what_each_adds() -> None:
    stack = ATTACKS["a part was withdrawn"][0]()
    lines = part_lines(stack.report(), read_content(stack.award()))
    assert (lines[0].title, lines[0].added) == ("Programming", "Pass")
    assert lines[0].wrong == "Programming no longer holds. The issuer has withdrawn it."
    assert (lines[1].added, lines[1].wrong) == ("Pass, 15 credits, Core units", None)
    unasked = part_lines(ATTACKS["the rules cannot be had"][0]().report(), read_content(stack.award()))
    assert [(line.title, line.added) for line in unasked] == [(line.number, None) for line in lines]


def test_a_record_is_never_shown_as_an_award() -> None:
    """Its name, and achievements it only lists, are nobody's: they would read like a qualification under a name."""
    subject = RECORD["credentialSubject"] | {"achievement": [{"name": "HND Medicine", "description": "d"}]}
    shown_as = read_content(RECORD | {"name": "HND Medicine", "credentialSubject": subject})
    assert (shown_as.title, shown_as.description, shown_as.achievement_id) == ("Learner record", None, None)
    assert any("gathers" in limit for limit in told(checked(RECORD)).limits)


def test_who_shows_a_presentation_is_told() -> None:
    about = ISSUER.signs(credential(HOLDER.did))
    for document, headline, because in (
        (HOLDER.shows(about), "All genuine", None),
        (presentation(about), "All genuine", None),
        (THIEF.shows(about), "Cannot tell", "A credential in it is about somebody other than the one who shows it."),
        (THIEF.shows(GOOD, holder=HOLDER.did), "Not all genuine", "Somebody other than the holder named in it signed"),
        (HOLDER.shows(FORGED), "Not all genuine", None),
    ):
        found = tell_presentation(shown(document))
        assert found.headline == headline
        assert (found.because or "").startswith(because or "")
        assert bool(found.because) is bool(because)
        assert [check.title for check in found.checks] == ["Form of the document", "Who presents it"]
        assert found.is_trusted is (shown(document).verdict is Verdict.VALID)
