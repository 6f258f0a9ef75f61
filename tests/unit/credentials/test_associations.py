"""How the achievements of a record relate, and that every identifier in it is one that others can read."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pyoxigraph as ox
import pytest

from app.catalogue.model import Qualification, Unit
from app.catalogue.seed import load_seed
from app.credentials.associations import Held, relate
from app.credentials.documents import (
    award_achievement,
    issuer_profile,
    programme_achievement,
    unit_achievement,
    unit_achievement_id,
)
from app.credentials.model import Credential, CredentialKind, CredentialState
from app.institutions.model import Institution
from app.standards import open_badge
from app.standards.clr import AssociationType
from tests.pyld_form import PyldForm
from tests.unit.standards import sample

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
COLLEGE = Institution(
    UUID(int=1), "college", "Example College", "10000000", sample.DID, "https://college.example.ac.uk", NOW
)
QUALIFICATIONS = {each.id: each for each in load_seed().qualifications}
HNC, HND = QUALIFICATIONS["hnc-computing"], QUALIFICATIONS["hnd-healthcare-practice-england"]
T_LEVEL = QUALIFICATIONS["tlevel-6105799x"]


def credential(kind: CredentialKind, qualification: Qualification, unit: Unit | None) -> Credential:
    return Credential(
        id=uuid4(),
        institution_id=COLLEGE.id,
        learner_id=UUID(int=2),
        kind=kind,
        state=CredentialState.SIGNED,
        qualification_id=qualification.id,
        unit_id=unit.id if unit else None,
        grade="Pass",
        awarded_on=date(2026, 6, 26),
        created_at=NOW,
        digest=None,
        revoked_at=None,
        revocation_reason=None,
    )


def held(qualification: Qualification, unit: Unit, **changes: Any) -> Held:
    record = credential(CredentialKind.UNIT, qualification, unit)
    achievement = unit_achievement(COLLEGE, qualification, unit, {})
    return Held(record, document(record, achievement, **changes))


def held_award(qualification: Qualification, *parts: Held) -> Held:
    record = credential(CredentialKind.AWARD, qualification, None)
    named = [open_badge.Part(part.credential.uri, "sha384-x", "application/vc") for part in parts]
    achievement = award_achievement(COLLEGE, qualification, ("Pass",))
    return Held(record, document(record, achievement, parts=named))


def document(record: Credential, achievement: open_badge.Achievement, **changes: Any) -> dict[str, Any]:
    award = sample.award(1, id=record.uri, grade=None, **changes)
    return open_badge.achievement_credential(issuer_profile(COLLEGE), achievement, award)


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
    signed = [sample.signed(one.document, PyldForm()) for one in everything]
    quads = PyldForm().n_quads(sample.record(signed, achievements=programmes, associations=found))
    assert len(list(ox.parse(quads, format=ox.RdfFormat.N_QUADS))) == quads.count(b"\n")
