"""What the overall result of a T Level is never guessed from: titles, years, grades and specialisms that do not fit."""

from dataclasses import replace
from datetime import date

import pytest

from app.catalogue.seed import load_seed
from app.errors import Refused
from app.stacking.t_level import ResultCode, overall
from app.stacking.t_level_held import t_level_of
from app.stacking.t_level_rules import Overall
from tests.unit.stacking.t_level_results import (
    ALONE,
    AS_OF,
    CORE,
    HEATING,
    OTHER,
    PLACEMENT,
    PLUMBING,
    RULES,
    T_LEVEL,
    VENTILATION,
    found,
    result,
    results,
)

SEED = {entry.id: entry for entry in load_seed().qualifications}


def refusal(given, t_level=T_LEVEL, start_year=2024, as_of=AS_OF):
    with pytest.raises(Refused) as caught:
        overall(RULES, t_level, start_year, given, as_of)
    return caught.value.code, caught.value.message


def test_a_title_without_a_published_table_is_refused():
    marketing = t_level_of(SEED["tlevel-61051251"])
    assert refusal([], marketing, 2025) == (
        "t_level_table_not_published",
        "No overall result is worked out for T Level in Marketing: no table of grades is published for it.",
    )


def test_a_table_of_the_catalogue_that_is_not_known_is_refused():
    code, message = refusal([], replace(T_LEVEL, table="Standard"))
    assert code == "t_level_table_not_published"
    assert message.endswith("no table of grades is published for those who began it in 2024.")


def test_the_intake_of_2020_of_a_title_without_a_table_of_2020_is_refused():
    assert refusal([], replace(T_LEVEL, first_teaching_year=2020), 2020)[0] == "t_level_table_not_published"


def test_a_start_before_the_first_teaching_year_is_refused():
    assert refusal([], start_year=2020) == (
        "t_level_start_year_too_early",
        "T Level in Things was first taught in 2021: nobody began it in 2020.",
    )


def test_a_start_in_the_future_is_refused():
    assert refusal([], start_year=2027)[0] == "t_level_start_year_in_future"


def test_a_result_before_the_course_is_refused():
    assert refusal([result(1, CORE, "A", awarded_on=date(2023, 12, 31))]) == (
        "t_level_result_before_start",
        "Digital core is dated 31 December 2023, before the course that began in 2024.",
    )


LOOK_ALIKES = (
    *("A\u2217", "A\uff0a", "\uff21*", "\u0410", "a*", "A *", "A* ", " A", "A\u200b", "A*\n", ""),
    *("F", "Distinction", "Q", "X"),
)


@pytest.mark.parametrize("grade", LOOK_ALIKES)
def test_a_grade_that_only_looks_like_one_is_refused_by_the_name_of_the_scale(grade):
    assert refusal([result(1, CORE, grade)]) == (
        "t_level_grade_not_on_scale",
        "The grade of Digital core is not on the scale of a T Level core: X - no result, Unclassified, E, D, C, B, A, "
        "A*, Q - pending result.",
    )


@pytest.mark.parametrize(
    "grade", ["Distinction*", "distinction", "Merit ", "P\u0430ss", "A", "Met", "Partial achievement"]
)
def test_a_specialism_has_a_scale_of_its_own(grade):
    assert refusal([result(1, ALONE, grade)]) == (
        "t_level_grade_not_on_scale",
        "The grade of Network Cabling is not on the scale of a T Level specialism: X - no result, Unclassified, Pass, "
        "Merit, Distinction, Q - pending result.",
    )


@pytest.mark.parametrize("grade", ["met", "Met ", "Completed: bereavement", "Q - pending result", "Pass"])
def test_a_health_reason_typed_for_a_placement_is_not_repeated(grade):
    assert refusal([result(1, PLACEMENT, grade)]) == (
        "t_level_grade_not_on_scale",
        "The grade of Industry placement is not on the scale of a T Level placement: Met, Not met.",
    )


def test_three_specialisms_are_an_error():
    given = [result(number, part, "Pass") for number, part in enumerate((HEATING, PLUMBING, VENTILATION), 1)]
    assert refusal(given) == (
        "t_level_too_many_specialisms",
        "A T Level has one specialism or a pair; for T Level in Things there are 3: Heating Engineering and Plumbing "
        "Engineering and Ventilation.",
    )


@pytest.mark.parametrize("second", [OTHER, HEATING])
def test_two_specialisms_that_are_no_pair_are_refused(second):
    assert refusal([result(1, ALONE, "Pass"), result(2, second, "Merit")])[0] == "t_level_specialisms_not_paired"


def test_two_attempts_of_one_specialism_are_not_two_specialisms():
    outcome = found([*results("A", None, "Met"), result(8, ALONE, "Pass"), result(9, ALONE, "Distinction")])
    assert outcome.overall == Overall.DISTINCTION


def test_a_result_of_something_else_is_set_aside():
    strange = result(8, replace(CORE, id="elsewhere"), "A*")
    wrong_kind = replace(result(9, CORE, "Distinction"), kind=ALONE.kind)
    outcome = found([*results("C", "Pass", "Met"), strange, wrong_kind])
    assert outcome.overall == Overall.PASS
    assert [reason.code for reason in outcome.reasons if reason.result_id.int > 5] == [ResultCode.OTHER_COMPONENT] * 2


def test_the_same_result_twice_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="once"):
        found([result(1, CORE, "A"), result(1, ALONE, "Pass")])
