"""How the achievements of a record relate, and that every identifier in it is one that others can read."""

from dataclasses import replace

import pyoxigraph as ox
import pytest

from app.adapters.contexts import canonicaliser
from app.catalogue.model import Unit
from app.credentials.associations import Held, relate
from app.credentials.documents import award_achievement, programme_achievement, unit_achievement_id
from app.standards.clr import AssociationType
from tests.unit.credentials.catalogued import COLLEGE, HNC, HND, QUALIFICATIONS, T_LEVEL, held, held_award
from tests.unit.standards import sample


def relations(*everything: Held) -> tuple[set[str], set[tuple[str, str, str]]]:
    programmes, found = relate(COLLEGE, everything, QUALIFICATIONS)
    assert len(set(found)) == len(found)
    return {each.id for each in programmes}, {(one.type.value, one.source_id, one.target_id) for one in found}


def test_units_are_children_of_the_award_that_names_them_and_no_programme_is_needed() -> None:
    units = [held(HNC, unit) for unit in HNC.units]
    award = held_award(HNC, *units)
    programmes, found = relations(award, *units)
    assert programmes == set()
    assert found == {("isChildOf", unit.achievement_id, award.achievement_id) for unit in units}


def test_a_unit_the_award_does_not_name_is_a_part_of_the_programme_only() -> None:
    named, extra = held(HNC, HNC.units[0]), held(HNC, HNC.units[1])
    award = held_award(HNC, named)
    programme = programme_achievement(COLLEGE, HNC)
    assert relations(named, extra, award) == (
        {programme.id},
        {
            ("isChildOf", named.achievement_id, award.achievement_id),
            ("isPartOf", extra.achievement_id, programme.id),
        },
    )


def test_an_award_precedes_the_one_that_is_made_of_all_its_parts_and_more() -> None:
    """An HNC, and the HND whose first level its units are: each unit is a child of both."""
    first, second = [held(HNC, unit) for unit in HNC.units[:2]], [held(HND, HND.units[-1])]
    hnc, hnd = held_award(HNC, *first), held_award(HND, *first, *second)
    programmes, found = relations(hnd, hnc, *first, *second)
    assert programmes == set()
    assert found == {
        *(("isChildOf", unit.achievement_id, hnc.achievement_id) for unit in first),
        *(("isChildOf", unit.achievement_id, hnd.achievement_id) for unit in (*first, *second)),
        ("precedes", hnc.achievement_id, hnd.achievement_id),
    }


def test_an_award_precedes_the_one_that_names_it_as_a_whole() -> None:
    units = [held(HND, HND.units[-1])]
    hnc = held_award(HNC, held(HNC, HNC.units[0]))
    hnd = held_award(HND, hnc, *units)
    _, found = relations(hnc, hnd, *units)
    assert found == {
        ("isChildOf", units[0].achievement_id, hnd.achievement_id),
        ("precedes", hnc.achievement_id, hnd.achievement_id),
    }


def test_awards_that_share_a_part_and_are_not_built_on_each_other_come_in_no_order() -> None:
    shared, one, other = (held(HNC, unit) for unit in HNC.units[:3])
    _, found = relations(held_award(HNC, shared, one), held_award(HND, shared, other), shared, one, other)
    assert "precedes" not in {kind for kind, _, _ in found}


def test_an_award_of_another_qualification_is_no_parent() -> None:
    unit = held(T_LEVEL, T_LEVEL.units[0])
    programmes, found = relations(unit, held_award(HNC))
    assert programmes == {programme_achievement(COLLEGE, T_LEVEL).id}
    assert {kind for kind, _, _ in found} == {"isPartOf"}


def test_components_of_a_t_level_are_parts_of_one_programme_that_nobody_is_said_to_have_earned() -> None:
    units = [held(T_LEVEL, unit) for unit in T_LEVEL.units]
    ((programme,), found) = relate(COLLEGE, units, QUALIFICATIONS)
    assert {one.type for one in found} == {AssociationType.IS_PART_OF}
    assert {one.target_id for one in found} == {programme.id}
    assert "not said" in programme.description
    assert "Department for Education" in programme.criteria
    assert programme.id != award_achievement(COLLEGE, T_LEVEL, ()).id


def test_the_first_year_precedes_the_second() -> None:
    by_level = {level: [unit for unit in HND.units if unit.level == level] for level in (4, 5)}
    assert all(by_level.values())
    units = {unit.id: held(HND, unit) for unit in HND.units}
    _, found = relations(*units.values())
    assert {(source, target) for kind, source, target in found if kind == "precedes"} == {
        (units[first.id].achievement_id, units[second.id].achievement_id)
        for first in by_level[4]
        for second in by_level[5]
    }


@pytest.mark.parametrize("units", [HNC.units, [unit for unit in HND.units if unit.level == 5], T_LEVEL.units])
def test_nothing_precedes_anything_within_one_level(units: list[Unit]) -> None:
    qualification = QUALIFICATIONS[units[0].qualification_id]
    _, found = relations(*(held(qualification, unit) for unit in units))
    assert "precedes" not in {kind for kind, _, _ in found}


def test_levels_of_two_qualifications_are_not_compared() -> None:
    later = next(unit for unit in HND.units if unit.level == 5)
    _, found = relations(held(HNC, HNC.units[0]), held(HND, later))
    assert {kind for kind, _, _ in found} == {"isPartOf"}


def test_an_achievement_is_named_as_it_was_signed_though_the_college_moved_since() -> None:
    moved = replace(COLLEGE, public_url="https://credentials.example.ac.uk")
    unit = held(HNC, HNC.units[0])
    _, (association,) = relate(moved, [unit], QUALIFICATIONS)
    assert association.source_id == unit_achievement_id(COLLEGE, HNC.units[0])


def test_every_identifier_of_a_record_is_one_that_a_strict_reader_takes() -> None:
    everything = [held(each, unit) for each in (HNC, HND, T_LEVEL) for unit in each.units[:2]]
    programmes, found = relate(COLLEGE, everything, QUALIFICATIONS)
    signed = [sample.signed(one.document, canonicaliser()) for one in everything]
    quads = canonicaliser().n_quads(sample.record(signed, achievements=programmes, associations=found))
    assert len(list(ox.parse(quads, format=ox.RdfFormat.N_QUADS))) == quads.count(b"\n")
