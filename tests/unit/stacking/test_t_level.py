"""The overall result of a T Level: every cell of every table, every pair, every state, and what is said of it."""

from collections import Counter
from datetime import date
from itertools import permutations, product
from uuid import UUID

import pytest

from app.catalogue.seed import load_seed
from app.stacking.t_level import ResultCode, overall
from app.stacking.t_level_held import t_level_of
from app.stacking.t_level_rules import Overall
from tests.unit.stacking.t_level_results import (
    ALONE,
    AS_OF,
    CORE,
    CORE_GRADES,
    OTHER,
    PLACEMENT,
    RULES,
    SPECIALISM_GRADES,
    found,
    result,
    results,
    with_table,
)

PENDING, NO_RESULT, UNCLASSIFIED = "Q - pending result", "X - no result", "Unclassified"
LETTERS = {"*": "Distinction*", "D": "Distinction", "M": "Merit", "P": "Pass"}
SEED = {entry.id: entry for entry in load_seed().qualifications}

# One word a core grade, A* to E; one letter a specialism grade: Distinction, Merit, Pass.
GOLDEN = {
    "standard": "*DD DDM DMM DMP MMP MPP",
    "landCreative": "*DM DDM DMM DMP DMP MPP",
    "starters2020a": "*DD DDM DMM MMP MPP PPP",
    "starters2020b": "*DM DDM DMM DMP MPP PPP",
}
NUMBERS = {
    "standard": {"Distinction*": 1, "Distinction": 6, "Merit": 7, "Pass": 4},
    "landCreative": {"Distinction*": 1, "Distinction": 6, "Merit": 7, "Pass": 4},
    "starters2020a": {"Distinction*": 1, "Distinction": 5, "Merit": 6, "Pass": 6},
    "starters2020b": {"Distinction*": 1, "Distinction": 5, "Merit": 6, "Pass": 6},
}
CELLS = [
    (table, core, specialism, LETTERS[letter])
    for table, words in GOLDEN.items()
    for core, word in zip(CORE_GRADES, words.split(), strict=True)
    for specialism, letter in zip(SPECIALISM_GRADES, word, strict=True)
]


@pytest.mark.parametrize(("table", "core", "specialism", "expected"), CELLS)
def test_every_cell_of_every_table(table, core, specialism, expected):
    outcome = found(results(core, specialism, "Met"), table)
    assert (outcome.overall, outcome.table.id) == (expected, table)
    assert (outcome.document, outcome.missing) == ("T Level certificate", ())
    without = found(results(core, specialism), table)
    assert (without.overall, without.document) == ("Partial achievement", "Statement of achievement")


@pytest.mark.parametrize("table", GOLDEN)
def test_how_often_a_table_gives_each_grade(table):
    assert Counter(expected for name, _, _, expected in CELLS if name == table) == NUMBERS[table]
    (ours,) = (entry for entry in RULES.tables if entry.id == table)
    assert Counter(map(str, ours.rows.values())) == NUMBERS[table]


PAIRS = {"DD": "D", "DM": "D", "DP": "M", "MM": "M", "MP": "P", "PP": "P"}


@pytest.mark.parametrize(("pair", "expected"), PAIRS.items())
def test_every_pair_in_any_order(pair, expected):
    for first, second in permutations(LETTERS[letter] for letter in pair):
        outcome = found(results("B", (first, second), "Met"))
        assert outcome.specialism_grade == LETTERS[expected]
        assert outcome.overall == found(results("B", LETTERS[expected], "Met")).overall
        assert [used.grade for used in outcome.specialisms] == [first, second]


# Half of a pair: None is one still to come. The first of these that one of the two has is what the pair has.
STATES_OF_PAIRS = (PENDING, NO_RESULT, None, UNCLASSIFIED)


@pytest.mark.parametrize("table", GOLDEN)
def test_of_a_pair_pending_comes_before_no_result_before_still_to_come_before_unclassified(table):
    for halves in product((*STATES_OF_PAIRS, *SPECIALISM_GRADES), repeat=2):
        outcome = found(results("A", halves, "Met"), table)
        states = [state for state in STATES_OF_PAIRS if state in halves]
        if states:
            assert outcome.specialism_grade == states[0], halves
            assert outcome.overall == (PENDING if states[0] == PENDING else "Partial achievement"), halves
        else:
            assert outcome.specialism_grade in SPECIALISM_GRADES, halves
            assert outcome.overall.is_award, halves


# core, specialism -> overall without a placement; rows and columns: nothing, X, Unclassified, a grade, Q.
KINDS = {"-": None, "X": NO_RESULT, "U": UNCLASSIFIED, "g": "a grade", "Q": PENDING}
WITHOUT_PLACEMENT = {
    "later": {"-": "XXXPQ", "X": "XXXPQ", "U": "XXUPQ", "g": "PPPPQ", "Q": "QQQQQ"},
    "2020": {"-": "XXUPQ", "X": "XXUPQ", "U": "UUUPQ", "g": "PPPPQ", "Q": "QQQQQ"},
}
WITH_PLACEMENT = {"-": "PPPPQ", "X": "PPPPQ", "U": "PPPPQ", "g": "PPPtQ", "Q": "QQQQQ"}
WORDS = {"X": NO_RESULT, "U": UNCLASSIFIED, "P": "Partial achievement", "Q": PENDING, "t": "Distinction"}
DOCUMENTS = {"Partial achievement": "Statement of achievement", "Distinction": "T Level certificate"}


@pytest.mark.parametrize("placement", [*RULES.placement_met, *RULES.placement_not_met, None])
@pytest.mark.parametrize("table", GOLDEN)
def test_every_state_with_every_placement(table, placement):
    without = WITHOUT_PLACEMENT["2020" if table.startswith("starters2020") else "later"]
    rows = WITH_PLACEMENT if placement in RULES.placement_met else without
    for core, specialism in product(KINDS, repeat=2):
        grades = ("A" if core == "g" else KINDS[core], "Distinction" if specialism == "g" else KINDS[specialism])
        outcome = found(results(*grades, placement), table)
        expected = WORDS[rows[core][list(KINDS).index(specialism)]]
        assert (outcome.overall, outcome.document) == (expected, DOCUMENTS.get(expected)), grades


@pytest.mark.parametrize(
    ("core", "specialism", "points", "code"),
    [
        ("A*", "Distinction", 168, "D*"),
        ("B", "Distinction", 144, "D"),
        ("D", "Distinction", 120, "M"),
        ("C", "Pass", 96, "P"),
        ("D", "Pass", 72, "P"),
        ("E", "Merit", 72, "P"),
        ("E", "Pass", 72, "P"),
    ],
)
def test_ucas_points(core, specialism, points, code):
    outcome = found(results(core, specialism, "Met"))
    assert (outcome.ucas_points, outcome.ucas_code, outcome.ucas_note) == (points, code, "")


def test_every_cell_of_every_table_has_its_points():
    for table, core, specialism, expected in CELLS:
        by_grade = {"Distinction*": 168, "Distinction": 144, "Merit": 120, "Pass": 96 if core in "A*BC" else 72}
        assert found(results(core, specialism, "Met"), table).ucas_points == by_grade[expected]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (results("A", None, "Met"), "PARTACH"),
        (results(UNCLASSIFIED, UNCLASSIFIED), "U"),
        (results(NO_RESULT), "X"),
        (results(PENDING, "Pass", "Met"), "Q"),
    ],
)
def test_no_points_are_stated_for_what_no_source_gives(given, code):
    outcome = found(given)
    assert (outcome.ucas_points, outcome.ucas_code) == (None, code)
    assert outcome.ucas_note == (
        "UCAS points for partial achievement were announced; no number is stated here, because no public source "
        "confirmed one."
        if code == "PARTACH"
        else ""
    )


def test_it_says_that_it_is_no_award_and_where_it_was_read():
    outcome = found(results("A", "Merit", "Met"))
    assert outcome.label == "component evidence; the award is made by the Department for Education"
    assert (outcome.table.rules_id, outcome.table.rules_version) == ("t-level-overall", 1)
    assert [source.key for source in outcome.table.sources] == ["S01", "S07"]
    assert [(used.title, used.grade) for used in outcome.achieved] == [
        ("Digital core", "A"),
        ("Network Cabling", "Merit"),
        ("Industry placement", "Met"),
    ]


def test_the_best_attempt_counts_and_the_others_say_so():
    early = result(1, CORE, "C", awarded_on=date(2025, 6, 2))
    best = result(2, CORE, "A", attempt=2, awarded_on=date(2026, 1, 12))
    late = result(3, CORE, "B", attempt=3)
    outcome = found([late, early, best])
    assert (outcome.core.result_id, outcome.core.grade) == (best.id, "A")
    assert [(reason.code, reason.instead) for reason in outcome.reasons] == [
        (ResultCode.ANOTHER_RESULT_USED, best.id),
        (ResultCode.USED, None),
        (ResultCode.ANOTHER_RESULT_USED, best.id),
    ]
    assert outcome.reasons[0].sentence == (
        "Digital core, attempt 1, dated 2 June 2025, is not used: the result used is A, attempt 2, dated 12 January 2026."
    )
    assert outcome.reasons[1].sentence == "Digital core is used: A, attempt 2, dated 12 January 2026."


def test_of_equal_attempts_the_earliest_is_used():
    outcome = found([result(2, CORE, "A"), result(1, CORE, "A", awarded_on=date(2026, 5, 16))])
    assert outcome.core.result_id == UUID(int=2)


@pytest.mark.parametrize("day", [date(2025, 1, 1), date(2026, 6, 1)])
def test_a_pending_attempt_comes_before_a_better_one(day):
    complete = results("A*", "Distinction", "Met")
    outcome = found([*complete, result(9, CORE, PENDING, attempt=2, awarded_on=day)])
    assert (outcome.overall, outcome.document, outcome.ucas_points) == (Overall.PENDING, None, None)
    assert outcome.missing == ("Awaited: the result of Digital core.",)
    reason = next(reason for reason in outcome.reasons if reason.result_id == UUID(int=1))
    assert (reason.code, reason.instead) == (ResultCode.RESULT_PENDING, UUID(int=9))


def test_unclassified_is_better_than_no_result():
    outcome = found([result(1, CORE, NO_RESULT), result(2, CORE, UNCLASSIFIED), result(3, ALONE, UNCLASSIFIED)])
    assert (outcome.core.result_id, outcome.overall) == (UUID(int=2), Overall.UNCLASSIFIED)


@pytest.mark.parametrize("outcome", ["Completed", "Completed with special consideration", "Met"])
def test_why_a_placement_was_met_is_nowhere_to_be_seen(outcome):
    given = [*results("A", "Merit"), result(8, PLACEMENT, "Not completed"), result(9, PLACEMENT, outcome)]
    shown = found(given)
    assert (shown.overall, shown.placement.grade) == (Overall.DISTINCTION, "Met")
    everything = repr(shown) + repr(given)
    assert "special consideration" not in everything
    assert "ompleted" not in everything


def test_a_placement_not_met_is_not_achieved():
    shown = found([*results("A", "Merit"), result(8, PLACEMENT, "Will not complete")])
    assert (shown.placement.grade, shown.placement.achieved) == ("Not met", False)
    assert [used.title for used in shown.achieved] == ["Digital core", "Network Cabling"]


MISSING = [
    (
        results(),
        (
            "Still to come: a grade from E to A* in Digital core.",
            "Still to come: a grade from Pass to Distinction in an occupational specialism.",
            "Still to come: the industry placement.",
        ),
    ),
    (results("B", "Pass"), ("Still to come: the industry placement.",)),
    (
        results(UNCLASSIFIED, "Pass", "Met"),
        ("Still to come: a grade from E to A* in Digital core.",),
    ),
    (
        results("B", UNCLASSIFIED, "Met"),
        ("Still to come: a grade from Pass to Distinction in an occupational specialism.",),
    ),
    (
        results("B", ("Merit", None), "Met"),
        (
            "Still to come: a grade from Pass to Distinction in the specialism that is taken together with "
            "Heating Engineering.",
        ),
    ),
    (
        results(PENDING, PENDING),
        (
            "Awaited: the result of Digital core.",
            "Awaited: the result of Network Cabling.",
            "Still to come: the industry placement.",
        ),
    ),
]


@pytest.mark.parametrize(("given", "expected"), MISSING)
def test_what_is_still_to_come_is_said_plainly(given, expected):
    assert found(given).missing == expected


@pytest.mark.parametrize("state", [UNCLASSIFIED, NO_RESULT])
@pytest.mark.parametrize(
    "places",
    [
        lambda state: results(state, "Pass", "Met"),
        lambda state: results("B", state),
        lambda state: results(PENDING, state, "Met"),
        lambda state: results("B", ("Merit", state), "Met"),
        lambda state: results("B", (state, PENDING), "Met"),
    ],
)
def test_what_is_still_to_come_does_not_tell_who_sat_an_examination(places, state):
    assert found(places(state)).missing == found(places(None)).missing


# As of a day


def test_a_result_is_not_known_before_its_day():
    given = results("A", "Merit", "Met")
    before = found(given, as_of=date(2026, 5, 14))
    assert {reason.code for reason in before.reasons} == {ResultCode.NOT_YET_KNOWN}
    assert (before.overall, before.core) == (Overall.NO_RESULT, None)
    assert found(given, as_of=date(2026, 5, 15)).overall == Overall.DISTINCTION


def test_a_withdrawn_result_counts_until_its_day():
    given = [*results(None, "Merit", "Met"), result(9, CORE, "A", withdrawn=date(2026, 9, 1))]
    assert found(given, as_of=date(2026, 8, 31)).overall == Overall.DISTINCTION
    after = found(given, as_of=date(2026, 9, 1))
    assert (after.overall, after.core) == (Overall.PARTIAL, None)
    reason = next(reason for reason in after.reasons if reason.result_id == UUID(int=9))
    assert (reason.code, reason.sentence) == (
        ResultCode.WITHDRAWN,
        "Digital core was withdrawn on 1 September 2026, so it does not count from that day.",
    )


def test_what_is_not_looked_at_cannot_stop_the_rest():
    """As of a day, a grade that came later or had been withdrawn by then was no obstacle."""
    given = [
        *results("A", "Merit", "Met"),
        result(8, CORE, "nonsense", awarded_on=date(2027, 1, 1)),
        result(9, OTHER, "nonsense", withdrawn=date(2026, 6, 1)),
    ]
    assert found(given).overall == Overall.DISTINCTION


@pytest.mark.parametrize(
    ("awarded_on", "as_of", "expected"),
    [
        (date(2026, 8, 12), date(2026, 8, 12), date(2026, 11, 1)),
        (date(2026, 8, 12), date(2026, 10, 31), date(2026, 11, 1)),
        (date(2026, 8, 12), date(2026, 11, 1), None),
        (date(2026, 8, 1), date(2026, 9, 1), date(2026, 11, 1)),
        (date(2026, 7, 31), date(2026, 9, 1), None),
        (date(2026, 10, 31), date(2026, 10, 31), date(2026, 11, 1)),
        (date(2026, 11, 1), date(2026, 11, 1), None),
        (date(2025, 8, 13), date(2026, 9, 1), None),
    ],
)
def test_summer_results_are_subject_to_review_until_the_first_of_november(awarded_on, as_of, expected):
    outcome = found([result(1, CORE, "A", awarded_on=awarded_on)], as_of=as_of)
    assert (outcome.provisional_until, outcome.is_provisional) == (expected, expected is not None)


def test_a_placement_is_not_subject_to_review_by_the_awarding_organisation():
    outcome = found([result(1, PLACEMENT, "Met", awarded_on=date(2026, 8, 12))], as_of=date(2026, 9, 1))
    assert outcome.provisional_until is None


# Which table


def test_the_catalogue_names_a_published_table_for_every_t_level_but_marketing():
    chosen = {}
    for entry in SEED.values():
        if entry.kind != "T Level" or entry.overall_grade_table is None:
            continue
        t_level = t_level_of(entry)
        year = max(2021, t_level.first_teaching_year)
        chosen[entry.id] = overall(RULES, t_level, year, [], AS_OF).table.id
    assert Counter(chosen.values()) == {"standard": 23, "landCreative": 4}
    assert sorted(SEED[each].title for each, table in chosen.items() if table == "landCreative") == [
        "T Level in Agriculture, Land Management and Production",
        "T Level in Animal Care and Management",
        "T Level in Craft and Design",
        "T Level in Media, Broadcast and Production",
    ]


@pytest.mark.parametrize(
    ("qualification", "table"),
    [
        ("tlevel-60358300", "starters2020a"),
        ("tlevel-60358324", "starters2020a"),
        ("tlevel-60358294", "starters2020b"),
    ],
)
def test_each_title_of_2020_has_its_table(qualification, table):
    t_level = t_level_of(SEED[qualification])
    assert t_level.first_teaching_year == 2020
    assert overall(RULES, t_level, 2020, [], AS_OF).table.id == table
    assert overall(RULES, t_level, 2021, [], AS_OF).table.id == "standard"


def test_no_other_title_had_an_intake_in_2020():
    of_2020 = [
        entry.id for entry in SEED.values() if entry.kind == "T Level" and t_level_of(entry).first_teaching_year == 2020
    ]
    assert sorted(of_2020) == ["tlevel-60358294", "tlevel-60358300", "tlevel-60358324"]


@pytest.mark.parametrize("table", GOLDEN)
def test_it_is_a_function_of_what_it_is_given(table):
    given = results("B", ("Merit", "Pass"), "Met")
    t_level, start_year = with_table(table)
    first = overall(RULES, t_level, start_year, tuple(given), AS_OF)
    assert overall(RULES, t_level, start_year, given, AS_OF) == first
    assert given == results("B", ("Merit", "Pass"), "Met")
