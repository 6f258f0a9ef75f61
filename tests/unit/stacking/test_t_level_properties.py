"""What must hold for the overall result of a T Level, whatever was sat, how often and in which order."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.stacking.t_level import ComponentKind
from app.stacking.t_level_rules import Overall
from tests.unit.stacking.t_level_results import (
    ALONE,
    CORE,
    HEATING,
    PLACEMENT,
    PLUMBING,
    RULES,
    found,
    result,
)

TABLES = tuple(table.id for table in RULES.tables)
# From the worst to the best; a pending result is on neither.
ORDER = {entry: place for place, entry in enumerate(reversed([entry for entry in Overall if entry != Overall.PENDING]))}
PENDING = Overall.PENDING.value
SCALES = {
    ComponentKind.CORE: ("X - no result", "Unclassified", *RULES.core_grades),
    ComponentKind.SPECIALISM: ("X - no result", "Unclassified", *RULES.specialism_grades),
    ComponentKind.PLACEMENT: (*RULES.placement_not_met, *RULES.placement_met),
}
PARTS = (CORE, ALONE, HEATING, PLUMBING, PLACEMENT)
DAYS = st.dates(date(2024, 9, 1), date(2027, 9, 1))


def grade_of(draw, component):
    pending = () if component.kind is ComponentKind.PLACEMENT else (PENDING,)
    return draw(st.sampled_from((*SCALES[component.kind], *pending)))


@st.composite
def sittings(draw):
    """Results of one T Level: one specialism or a pair, each component up to four times, some withdrawn."""
    specialisms = draw(st.sampled_from(((ALONE,), (HEATING,), (HEATING, PLUMBING))))
    made = []
    for component in (CORE, *specialisms, PLACEMENT):
        for attempt in range(1, draw(st.integers(0, 4)) + 1):
            awarded_on = draw(DAYS)
            withdrawn = draw(st.none() | st.integers(0, 400).map(timedelta))
            made.append(
                result(
                    len(made) + 1,
                    component,
                    grade_of(draw, component),
                    attempt=attempt,
                    awarded_on=awarded_on,
                    withdrawn=None if withdrawn is None else awarded_on + withdrawn,
                )
            )
    return made


@given(sittings(), st.sampled_from(TABLES), DAYS, st.data())
def test_the_order_of_results_never_matters(made, table, as_of, data):
    assert found(data.draw(st.permutations(made)), table, as_of) == found(made, table, as_of)


@given(sittings(), st.sampled_from(TABLES), DAYS, st.data())
def test_one_more_attempt_never_lowers_the_result_unless_it_is_pending(made, table, as_of, data):
    before = found(made, table, as_of)
    sat = {entry.component_id for entry in made}
    component = data.draw(st.sampled_from([part for part in PARTS if part.id in sat] or [CORE]))
    grade = grade_of(data.draw, component)
    after = found([*made, result(99, component, grade, awarded_on=as_of)], table, as_of)
    if PENDING in (grade, before.overall):
        assert after.overall is Overall.PENDING
    else:
        assert ORDER[after.overall] >= ORDER[before.overall]


@given(sittings(), st.sampled_from(TABLES), DAYS, st.data())
def test_what_came_later_changes_nothing_that_was_true_before(made, table, as_of, data):
    """As of a day: what was dated later, or withdrawn later, might as well not have happened."""
    later = result(99, CORE, "A*", awarded_on=as_of + timedelta(days=data.draw(st.integers(1, 500))))
    kept = found(made, table, as_of)
    more = found([*made, later], table, as_of)
    for name in ("overall", "core", "specialisms", "placement", "missing", "provisional_until", "ucas_points"):
        assert getattr(more, name) == getattr(kept, name)


@given(sittings(), st.sampled_from(TABLES), DAYS)
def test_every_result_has_one_reason_and_each_component_one_that_is_used(made, table, as_of):
    outcome = found(made, table, as_of)
    assert sorted(reason.result_id for reason in outcome.reasons) == sorted(entry.id for entry in made)
    used = [reason.result_id for reason in outcome.reasons if reason.code == "used"]
    shown = [entry for entry in (outcome.core, *outcome.specialisms, outcome.placement) if entry is not None]
    assert sorted(used) == sorted(entry.result_id for entry in shown)
    assert {reason.instead for reason in outcome.reasons} - {None} <= set(used)
    assert all(reason.sentence.endswith(".") for reason in outcome.reasons)


@given(sittings(), st.sampled_from(TABLES), DAYS)
def test_an_award_needs_nothing_more_and_everything_else_says_what_comes_next(made, table, as_of):
    outcome = found(made, table, as_of)
    assert bool(outcome.missing) is not outcome.overall.is_award
    assert (outcome.ucas_points is not None) is outcome.overall.is_award
    assert (outcome.document == "T Level certificate") is outcome.overall.is_award
    assert outcome.table.id == table
