"""A stacked award as a sum that anybody does again: what it takes to be believed, and each way in which it is not."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.stacking import packs, rules
from app.stacking.pack import RulePack
from app.standards import open_badge
from app.verification.checks.adds_up import MAX_PARTS
from app.verification.evidence import Submission
from app.verification.report import Outcome, Report, Verdict
from app.verification.stacked import read_part
from tests.unit.verification import awards, world
from tests.unit.verification.awards import (
    EARNED_ON,
    HOME,
    MADE_ON,
    OTHER,
    Result,
    Stack,
    hnc,
    hnc_results,
    number,
    stack_of,
    uri,
    written,
)

VALID, WAS, NO, TELL = Verdict.VALID, Verdict.WAS_VALID, Verdict.NOT_VALID, Verdict.CANNOT_TELL


def outcome(report: Report) -> tuple[Verdict, str]:
    return report.verdict, report.finding("adds_up").code


def test_each_part_is_checked_and_the_sum_is_shown() -> None:
    report = hnc().report()
    found = report.finding("adds_up")
    assert (report.verdict, found.outcome, found.code) == (VALID, Outcome.VALID, "adds_up_ok")
    assert found.sentence == "The 8 parts were checked one by one and add up to 120 credits: Merit."
    assert [one.credential_id for one in report.additions] == [uri(place) for place in range(1, 9)]
    assert {(one.verdict, one.code, one.credits, one.issuer) for one in report.additions} == {
        (VALID, "counted", 15, "Example College")
    }
    first = report.additions[0]
    assert (first.title, first.grade, first.counted_in) == ("Programming", "Pass", "Core units")
    assert first.sentence == "Programming counts: 15 credits at Pass."
    assert report.as_json()["additions"][0] == {
        "credential": uri(1),
        "verdict": "valid",
        "code": "counted",
        "sentence": "Programming counts: 15 credits at Pass.",
        "title": "Programming",
        "issuer": "Example College",
        "grade": "Pass",
        "credits": 15,
        "countedIn": "Core units",
    }


def test_what_is_no_award_has_no_sum() -> None:
    report = world.a_world().report()
    assert (report.finding("adds_up").outcome, report.finding("adds_up").code) == (Outcome.SKIPPED, "not_stacked")
    assert report.additions == ()
    assert "additions" not in report.as_json()


def test_a_credential_that_names_another_for_other_reasons_is_no_award() -> None:
    related = [{"id": uri(1), "digestSRI": open_badge.digest_sri(b"x"), "mediaType": "application/vc"}]
    report = world.a_world(members={"relatedResource": related}).report()
    assert outcome(report) == (VALID, "not_stacked")


# One thing changed in a whole award: who would do it, and what is said.


def _with_result(place: int, **changes: Any) -> Stack:
    """The award as it was, and one part made again, which the award names: only the college could do that."""
    results = hnc_results()
    results[place - 1] = replace(results[place - 1], **changes)
    return replace(hnc(), documents={**hnc().documents, place: results[place - 1].document()})


def _barely() -> Stack:
    """The last point of a Merit is missing in the parts that are named."""
    results = hnc_results("MMMMPPPP")
    whole = stack_of("hnc-computing-2022", 2, results)
    lower = replace(results[0], grade="Pass")
    return replace(whole, documents={**whole.documents, lower.place: lower.document()})


def _republished(place: int, data: bytes) -> Stack:
    return replace(hnc(), published={hnc().address(place): data})


def _without(place: int) -> Stack:
    return replace(hnc(), documents={each: one for each, one in hnc().documents.items() if each != place})


def _pack_changed() -> Stack:
    """The same rules with an easier Distinction, at the same address."""
    easier = json.loads(hnc().rules)
    easier["grading"]["bands"][2]["from"] -= 200
    return replace(hnc(), published={hnc().rules_url: json.dumps(easier).encode()})


def _own_rules(name: str) -> Stack:
    """The college makes rules of its own, by which a Pass is enough for a Distinction."""
    easier = json.loads(hnc().rules) | {"id": name}
    easier["grading"]["bands"][2]["from"] = 610
    data = json.dumps(easier).encode()
    pack = packs.parse_pack(data)
    made = rules.evaluate(pack, [result.held() for result in hnc_results()], MADE_ON.date())
    return replace(hnc(), rules=data, pack=pack, made=made)


def _door() -> Stack:
    """Rules that ask for something to begin with: an award names what it counts, and a door counts for nothing."""
    rules_of_its_own = json.loads(hnc().rules) | {"id": "hnc-with-a-door"}
    rules_of_its_own["entry"][0]["required"] = True
    data = json.dumps(rules_of_its_own).encode()
    return replace(hnc(), rules=data, pack=packs.parse_pack(data))


def _another_version() -> Stack:
    """It names version 2 by address and version 1 by digest: which of the two counted the parts?"""
    first = packs.pack_bytes("hnc-computing-2022", 1)
    return replace(hnc(), rules=first, published={hnc().rules_url: first})


def _other_rules() -> Stack:
    """The parts make a small award by its own rules, and the college calls it an HNC."""
    small = _small()
    identifiers = [{"type": "IdentifierEntry", "identifierType": open_badge.CATALOGUE_QUALIFICATION}]
    subject = small.unsigned()["credentialSubject"]
    achievement = {
        **subject["achievement"],
        "id": f"{HOME.origin}/catalogue/qualifications/hnc-computing",
        "otherIdentifier": [{**identifiers[0], "identifier": "hnc-computing"}],
    }
    return replace(small, members={"credentialSubject": {**subject, "achievement": achievement}})


def _small() -> Stack:
    units = {unit.id: unit for unit in packs.find_pack("mc-programming-database").units}
    return stack_of("mc-programming-database", 1, [Result(1, units["u01"], "Pass"), Result(2, units["u04"], "Merit")])


def _one_more() -> Stack:
    """A ninth unit that the rules have no room for."""
    extra = next(unit for unit in hnc().pack.units if unit.id not in awards.HNC_UNITS)
    return replace(hnc(), documents={**hnc().documents, 9: Result(9, extra, "Pass").document()})


def _unknown_unit() -> Stack:
    unit = replace(hnc().pack.units[0], accepts=("somebody-elses-unit",))
    return replace(hnc(), documents={**hnc().documents, 1: Result(1, unit, "Pass").document()})


def _without_rules() -> Stack:
    related = [one for one in hnc().unsigned()["relatedResource"] if one["id"].startswith("urn:uuid:")]
    return replace(hnc(), members={"relatedResource": related})


def _two_rule_sets() -> Stack:
    related = hnc().unsigned()["relatedResource"]
    again = {**related[-1], "id": f"{HOME.origin}/rules/hnc-computing-2022/1"}
    return replace(hnc(), members={"relatedResource": [*related, again]})


def _speechless(*members: str) -> Stack:
    """A part that leaves something out which the rules need to know."""
    document = hnc_results()[0].unsigned()
    achievement = document["credentialSubject"]["achievement"]
    for member in members:
        achievement.pop(member)
    achievement["id"] = f"{HOME.origin}/what/1"
    return replace(hnc(), documents={**hnc().documents, 1: HOME.signed(document)})


def _in_two_ways() -> Stack:
    document = hnc_results()[0].unsigned()
    document["credentialSubject"]["achievement"]["id"] = f"{HOME.origin}/catalogue/units/hnc-computing-u02"
    return replace(hnc(), documents={**hnc().documents, 1: HOME.signed(document)})


def _two_spellings() -> Stack:
    """The same number in capitals names a second credential, which the college made too."""
    loud = uri(1).upper().replace("URN:UUID:", "urn:uuid:")
    second = HOME.signed(hnc_results()[0].unsigned() | {"id": loud})
    related = hnc().unsigned()["relatedResource"]
    named = {"id": loud, "digestSRI": open_badge.digest_sri(written(second)), "mediaType": "application/vc"}
    address = f"{HOME.origin}/credentials/{loud.removeprefix('urn:uuid:')}"
    return replace(hnc(), members={"relatedResource": [*related, named]}, published={address: written(second)})


def _dated(moment: str) -> Stack:
    document = HOME.signed(hnc_results()[0].unsigned() | {"awardedDate": moment})
    return replace(hnc(), documents={**hnc().documents, 1: document})


def _too_many() -> Stack:
    one = hnc().documents[1]
    return replace(hnc(), documents=dict.fromkeys(range(1, MAX_PARTS + 2), one))


def _corrected(later: timedelta) -> Stack:
    """What is served in the place of a part is signed by its college, with another grade, and begins at another time."""
    edition = hnc_results()[0]
    document = replace(edition, grade="Distinction").document(valid_from=MADE_ON + later)
    return _republished(1, written(document))


def _stolen_number() -> Stack:
    """Somebody else signs, with a key of their own, what should be the college's part."""
    return _republished(1, written(OTHER.signed(hnc_results()[0].unsigned())))


ATTACKS: dict[str, tuple[Callable[[], Stack], Verdict, str]] = {
    "the grade of the award is raised": (lambda: replace(hnc(), claims={"grade": "Distinction"}), NO, "adds_up_not"),
    "its credits are raised": (lambda: replace(hnc(), claims={"credits_earned": 135}), NO, "adds_up_not"),
    "it is dated otherwise": (lambda: replace(hnc(), claims={"awarded_on": date(2026, 9, 15)}), NO, "adds_up_not"),
    "the grade of a part is raised where it is served": (lambda: _republished(1, _raised()), NO, "part_changed"),
    "a part of a lower grade is named in the place of the one that was counted": (_barely, NO, "adds_up_not"),
    "a part that was failed is named as passed": (
        lambda: _with_result(1, grade="Unclassified", passed=False),
        NO,
        "adds_up_not",
    ),
    "a part of another learner": (lambda: _with_result(1, learner="Bob Jones"), NO, "part_of_another"),
    "a part is left out": (lambda: _without(8), NO, "adds_up_not"),
    "one part too many": (_one_more, NO, "part_not_counted"),
    "a unit that the rules do not know": (_unknown_unit, NO, "part_not_counted"),
    "another credential is served in the place of a part": (
        lambda: _republished(1, written(hnc().documents[2])),
        NO,
        "part_changed",
    ),
    "a part signed by somebody else": (_stolen_number, NO, "part_changed"),
    "an edition of before the award in the place of a part": (
        lambda: _corrected(-timedelta(days=1)),
        NO,
        "part_changed",
    ),
    "easier rules at the same address": (_pack_changed, NO, "rules_changed"),
    "the college's own easier rules under a published name": (
        lambda: _own_rules("hnc-computing-2022"),
        NO,
        "rules_changed",
    ),
    "the rules of another version": (_another_version, NO, "rules_changed"),
    "the rules of a smaller award": (_other_rules, NO, "rules_changed"),
    "a part was withdrawn": (lambda: replace(hnc(), withdrawn={HOME: (1,)}), WAS, "part_withdrawn"),
    "a part was corrected": (lambda: _corrected(timedelta(days=1)), WAS, "part_withdrawn"),
    "a part was withdrawn, and the grade was too good": (
        lambda: replace(hnc(), withdrawn={HOME: (1,)}, claims={"grade": "Distinction"}),
        NO,
        "adds_up_not",
    ),
    "a part cannot be had": (lambda: replace(hnc(), lost=frozenset({hnc().address(1)})), TELL, "part_missing"),
    "an error page in the place of a part": (lambda: _republished(1, b"<html></html>"), TELL, "part_missing"),
    "the rules cannot be had": (lambda: replace(hnc(), lost=frozenset({hnc().rules_url})), TELL, "rules_missing"),
    "an error page in the place of the rules": (
        lambda: replace(hnc(), published={hnc().rules_url: b"{}"}),
        TELL,
        "rules_missing",
    ),
    "no rules are named": (_without_rules, TELL, "rules_missing"),
    "two sets of rules are named": (_two_rule_sets, TELL, "rules_missing"),
    "a part does not say which unit it is": (lambda: _speechless("otherIdentifier"), TELL, "part_unclear"),
    "a part says in two ways which unit it is": (_in_two_ways, TELL, "part_unclear"),
    "one part under two spellings of its number": (_two_spellings, TELL, "part_missing"),
    "a part of before the calendar": (lambda: _dated("0001-01-01T00:00:00Z"), TELL, "part_unclear"),
    "a part of after all time": (lambda: _dated("9999-12-31T23:59:59Z"), TELL, "part_unclear"),
    "something to begin with is asked for": (_door, TELL, "part_missing"),
    "more parts than anybody looks at": (_too_many, TELL, "part_missing"),
}


def _raised() -> bytes:
    """Whoever serves it changed the words, and has no key."""
    document = json.loads(written(hnc().documents[1]))
    document["credentialSubject"]["result"][0]["value"] = "Distinction"
    return written(document)


@pytest.mark.parametrize("attack", ATTACKS)
def test_one_thing_changed_is_found(attack: str) -> None:
    make, verdict, code = ATTACKS[attack]
    report = make().report()
    assert outcome(report) == (verdict, code)
    assert report.finding("adds_up").sentence.endswith(".")


@pytest.mark.parametrize(
    ("attack", "sentence"),
    [
        (
            "the grade of the award is raised",
            "It does not say what its parts make: it says Distinction, its parts make Merit.",
        ),
        ("a part of another learner", "Programming is in the name of another learner."),
        ("a part was withdrawn", "Programming no longer holds. The issuer has withdrawn it."),
        ("a part was corrected", "Programming was corrected on 27 October 2026, after this award was made of it."),
        ("a part cannot be had", f"The part {uri(1)} could not be had. It could not be fetched just now."),
        (
            "the grade of a part is raised where it is served",
            "Programming is not, word for word, what the award was made of.",
        ),
    ],
)
def test_the_sentence_names_the_part(attack: str, sentence: str) -> None:
    assert ATTACKS[attack][0]().report().finding("adds_up").sentence == sentence


def test_rules_that_nobody_knows_are_named_with_whoever_made_them() -> None:
    """They may be as easy as their maker likes: what they are is for people to judge."""
    report = _own_rules("hnc-computing-at-example-college").report()
    assert outcome(report) == (VALID, "adds_up_ok")
    assert report.finding("adds_up").sentence == (
        "The 8 parts were checked one by one and add up to 120 credits: Distinction. The rules are not among those "
        f"this verifier knows: {hnc().pack.title}, of {hnc().pack.owner}, version 2."
    )


def test_a_withdrawn_part_is_shown_among_the_others() -> None:
    report = ATTACKS["a part was withdrawn"][0]().report()
    assert [(one.code, one.verdict, one.credits) for one in report.additions[:2]] == [
        ("part_withdrawn", WAS, 0),
        ("counted", VALID, 15),
    ]
    assert report.summary == (
        "This award was genuine when it was made, but a part of it has been withdrawn or corrected since. "
        "Do not rely on it."
    )


def test_a_part_withdrawn_later_counted_on_a_day_before() -> None:
    """The list of that day says that nothing was withdrawn."""
    stack = replace(hnc(), withdrawn={HOME: (1,)})
    publications = stack.publications()
    publications.history = {
        HOME.list_url: [(MADE_ON - timedelta(days=1), written(_list_of(MADE_ON)))],
        HOME.did: [(MADE_ON - timedelta(days=1), written(HOME.keys()))],
    }
    report = stack.report(publications=publications, as_of=MADE_ON + timedelta(hours=1))
    assert outcome(report) == (VALID, "adds_up_ok")


def _list_of(day: Any) -> Any:
    from app.standards import status_list

    unsigned = status_list.unsigned_list(HOME.list_url, {"id": HOME.did}, bytes(status_list.LENGTH // 8), day)
    return HOME.signed(unsigned, day)


def test_a_part_corrected_since_cannot_be_looked_at_as_of_a_day_before() -> None:
    stack = _corrected(timedelta(days=10))
    publications = stack.publications()
    publications.history = {
        HOME.list_url: [(MADE_ON - timedelta(days=1), written(_list_of(MADE_ON)))],
        HOME.did: [(MADE_ON - timedelta(days=1), written(HOME.keys()))],
    }
    report = stack.report(publications=publications, as_of=MADE_ON + timedelta(hours=1))
    assert outcome(report) == (TELL, "part_missing")


# Two colleges.


def _partnership(**changes: Any) -> Stack:
    """Four units at home and four at another college, under rules that allow it."""
    results = hnc_results()
    moved = [replace(one, college=OTHER, **changes) for one in results[4:]]
    return stack_of("hnc-computing-partnership", 1, [*results[:4], *moved])


def test_a_part_of_another_college_is_verified_by_that_colleges_own_key() -> None:
    report = _partnership().report()
    assert outcome(report) == (VALID, "adds_up_ok")
    assert report.finding("adds_up").sentence == (
        "The 8 parts were checked one by one and add up to 120 credits: Merit. 4 of them came from another college: "
        "that they are the same learner's shows in the name alone, and the college that made the award vouches for it."
    )
    assert [one.issuer for one in report.additions] == ["Example College"] * 4 + ["Other College"] * 4


def test_a_college_cannot_sign_in_the_name_of_another() -> None:
    """The parts of the other college are signed with the key of the one that makes the award."""
    whole = _partnership()
    forged = {place: one if place < 5 else _forged(place) for place, one in whole.documents.items()}
    assert outcome(replace(whole, documents=forged).report()) == (NO, "part_not_valid")


def _forged(place: int) -> world.Document:
    return HOME.signed(replace(hnc_results()[place - 1], college=OTHER).unsigned())


def test_a_part_of_a_college_that_nobody_knows_does_not_count() -> None:
    report = _partnership().report(known=(HOME,))
    assert outcome(report) == (TELL, "part_unclear")


def test_a_part_withdrawn_by_the_other_college_is_found_in_its_own_list() -> None:
    report = replace(_partnership(), withdrawn={OTHER: (8,)}).report()
    assert outcome(report) == (WAS, "part_withdrawn")


def test_learners_of_two_colleges_are_compared_by_name_alone_and_a_doubt_is_said() -> None:
    report = _partnership(learner="Anna Mueller-O'Neill").report()
    assert outcome(report) == (TELL, "part_unclear")
    assert report.finding("adds_up").sentence == (
        f"{report.additions[4].title} was issued by another college and does not show the same name: whether it is the "
        "same learner's cannot be told from the documents alone."
    )


def test_a_name_written_with_other_keys_is_the_same_name() -> None:
    assert outcome(_partnership(learner=" ANNA  Mu\u0308ller-O’Neill ").report()) == (VALID, "adds_up_ok")


def test_too_much_from_elsewhere_is_found() -> None:
    """The rules ask for 40 credits of the college that makes the award."""
    results = [replace(one, college=OTHER) if place > 1 else one for place, one in enumerate(hnc_results())]
    whole = _partnership()
    moved = replace(whole, documents={one.place: one.document() for one in results})
    assert outcome(moved.report()) == (NO, "part_not_counted")


# Awards made of awards.


def _degree(**changes: Any) -> Stack:
    """A top-up degree: an HND brought forward as a whole, and what was studied at level 6. `changes` are of the HND."""
    pack = packs.find_pack("hnd-computing-network-2022", 1)
    below = stack_of(pack.id, 1, [Result(place, unit, "Merit") for place, unit in enumerate(pack.units, 1)])
    below = replace(below, place=500, **changes)
    top = packs.find_pack("bsc-computing-topup", 1)
    results = [Result(600 + place, unit, "Merit") for place, unit in enumerate(top.units) if unit.level == 6]
    hnd = below.award()
    held = [result.held() for result in results]
    made = rules.evaluate(top, [read_part(hnd, number(500), HOME.did), *held], MADE_ON.date())
    documents = {500: hnd} | {one.place: one.document() for one in results if number(one.place) in made.counted}
    inside = {below.address(place): written(one) for place, one in below.documents.items()}
    there = {below.rules_url: below.rules, **inside}
    return Stack(top, packs.pack_bytes(top.id, 1), documents, made, published=there, withdrawn=below.withdrawn)


def test_an_award_within_an_award_is_added_up_too() -> None:
    whole = _degree()
    assert whole.made.complete
    report = whole.report()
    assert outcome(report) == (VALID, "adds_up_ok")
    assert (report.additions[0].title, report.additions[0].code) == (
        f"Completed: {packs.find_pack('hnd-computing-network-2022').qualification_title}",
        "counted_brought_forward",
    )


def test_a_part_withdrawn_two_awards_below_ends_them_both() -> None:
    report = _degree(withdrawn={HOME: (1,)}).report()
    assert outcome(report) == (WAS, "part_withdrawn")
    assert "no longer holds" in report.finding("adds_up").sentence


def test_an_award_that_does_not_add_up_is_no_part_of_another() -> None:
    report = _degree(claims={"grade": "Distinction"}).report()
    assert outcome(report) == (NO, "part_not_valid")


# Who is asked, and how often.


def test_a_stranger_makes_this_verifier_ask_for_no_part() -> None:
    asked = []

    class Counting(type(hnc().publications())):  # type: ignore[misc]
        async def credential(self, url: str, at: Any = None) -> Any:
            asked.append(url)
            return await super().credential(url, at)

        async def rules(self, url: str) -> Any:
            asked.append(url)
            return await super().rules(url)

    report = hnc().report(publications=Counting(hnc().publications().documents), known=(OTHER,))
    assert report.verdict is not VALID
    assert report.finding("adds_up").code == "not_reached"
    assert asked == []


def test_parts_that_came_in_the_same_record_are_not_asked_for() -> None:
    stack = replace(hnc(), lost=frozenset(hnc().address(place) for place in hnc().documents))
    beside = {(uri(place), open_badge.digest_sri(written(one))): written(one) for place, one in hnc().documents.items()}
    report = stack.report(submission=Submission(stack.award(), None, beside=beside))
    assert outcome(report) == (VALID, "adds_up_ok")


# Awards of all kinds.


def _grades(pack: RulePack) -> list[tuple[str, bool]]:
    return [(each.grade, each.passes) for each in pack.grades] or [("Unclassified", False), ("Pass", True)]


PACKS = (
    ("hnc-computing-2022", 1),
    ("hnc-computing-2022", 2),
    ("hnc-computing-partnership", 1),
    ("hnd-computing-network-2022", 1),
    ("hnc-mechanical-2022", 1),
    ("mc-programming-database", 1),
    ("mc-cloud-netsec", 1),
    ("aat-l4-pat-2026", 1),
)


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    """What some learner made, with any grades that make an award; units of the partnership from either college."""
    name, version = draw(st.sampled_from(PACKS))
    pack = packs.find_pack(name, version)
    grades = draw(st.lists(st.sampled_from(_grades(pack)), min_size=len(pack.units), max_size=len(pack.units)))
    days = draw(st.lists(st.integers(0, 60), min_size=len(pack.units), max_size=len(pack.units)))
    moved = draw(st.sets(st.integers(5, 8))) if name == "hnc-computing-partnership" else set()
    passing = [each for each in _grades(pack) if each[1]]
    results = [
        Result(
            place,
            unit,
            *(grade if place % 8 == 0 else passing[days[place - 1] % len(passing)]),
            college=OTHER if place in moved else HOME,
            on=EARNED_ON + timedelta(days=days[place - 1]),
        )
        for place, (unit, grade) in enumerate(zip(pack.units, grades, strict=True), 1)
    ]
    made = rules.evaluate(pack, [result.held() for result in results], MADE_ON.date())
    if not made.complete:
        results = [replace(one, grade=passing[0][0], passed=True, on=EARNED_ON) for one in results]
    return stack_of(name, version, results)


def changes(stack: Stack) -> Iterator[tuple[str, Stack]]:
    """One thing changed at a time, each of which makes another award of it, or none."""
    [*places] = stack.documents
    first = places[0]
    assert stack.made.grade is not None
    other = next((each for each in stack.pack.award_grades if each != stack.made.grade), "Distinction*")
    yield "another grade", replace(stack, claims={"grade": other})
    yield "another sum", replace(stack, claims={"credits_earned": stack.made.credits_passed + 1})
    yield "a part left out", replace(stack, documents={each: stack.documents[each] for each in places[1:]})
    yield "another learner's award", replace(stack, learner="Bob Jones")
    yield "a part withdrawn", replace(stack, withdrawn={HOME: (first,), OTHER: (first,)})
    yield "a part lost", replace(stack, lost=frozenset({stack.address(first)}))
    yield "a part for another", replace(stack, published={stack.address(first): written(stack.documents[places[1]])})
    yield "other bytes of the rules", replace(stack, published={stack.rules_url: stack.rules + b"\n"})


@settings(max_examples=25, deadline=None)
@given(stacks())
def test_whatever_the_rules_make_adds_up_again_and_one_change_never_does(stack: Stack) -> None:
    assert outcome(stack.report()) == (VALID, "adds_up_ok")
    for name, changed in changes(stack):
        report = changed.report()
        assert report.verdict is not VALID, name
        assert report.finding("adds_up").outcome in (Outcome.INVALID, Outcome.ERROR), name


def test_a_credential_of_before_the_names_of_the_catalogue_were_in_it_counts_too() -> None:
    """It says the same in its address and in the last words of its description."""
    documents = {}
    for result in hnc_results():
        document = result.unsigned()
        achievement = document["credentialSubject"]["achievement"]
        achievement["otherIdentifier"] = [
            {"type": "IdentifierEntry", "identifier": "603/7595/4", "identifierType": "ext:QAN"}
        ]
        achievement["description"] = (
            f"{result.unit.title}, part of Pearson BTEC Level 4 HNC in Computing (2022). Level 4, 15 credits."
        )
        documents[result.place] = HOME.signed(document)
    assert outcome(replace(hnc(), documents=documents).report()) == (VALID, "adds_up_ok")


def test_what_the_description_of_an_old_credential_contradicts_is_not_guessed() -> None:
    document = hnc_results()[0].unsigned()
    achievement = document["credentialSubject"]["achievement"]
    achievement.pop("otherIdentifier")
    achievement["description"] = "Programming, part of an HNC. Level 4, 30 credits."
    stack = replace(hnc(), documents={**hnc().documents, 1: HOME.signed(document)})
    assert outcome(stack.report()) == (TELL, "part_unclear")
