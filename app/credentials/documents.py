"""From the catalogue to what an Open Badge says: achievements of units, components and awards."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from app.catalogue.model import Ksb, Qualification, Unit
from app.institutions.model import Institution
from app.standards.open_badge import CATALOGUE_QUALIFICATION, CATALOGUE_UNIT, LEVEL, Achievement, Alignment, Profile


def issuer_profile(institution: Institution) -> Profile:
    numbers = (("ext:UKPRN", institution.ukprn),) if institution.ukprn else ()
    return Profile(institution.did, institution.name, numbers, url=institution.page_url)


def unit_achievement(
    institution: Institution, qualification: Qualification, unit: Unit, ksbs: Mapping[str, Ksb]
) -> Achievement:
    """The record of one unit or component."""
    size = f", {unit.credits} credits" if unit.credits is not None else ""
    return Achievement(
        id=unit_achievement_id(institution, unit),
        name=unit.title,
        description=f"{unit.title}, part of {qualification.title}. Level {unit.level}{size}.",
        criteria=(
            f"Assessed against the criteria that {qualification.awarding_organisation} sets for this part of the "
            f"qualification. This is {institution.name}'s record of achievement in one part; it is not the "
            "certificate of the qualification."
        ),
        achievement_type="MicroCredential",
        credits=unit.credits,
        code=unit.code,
        creator=_awarding_organisation(institution, qualification),
        grades=unit.grade_scale,
        lowest_pass=_lowest_pass(unit),
        alignments=tuple(_alignments(institution, unit, ksbs)),
        identifiers=(*_number(qualification), (CATALOGUE_UNIT, unit.id), (LEVEL, str(unit.level))),
    )


def unit_achievement_id(institution: Institution, unit: Unit) -> str:
    """By this identifier an endorsement or a record speaks of a unit."""
    return f"{institution.public_url}/catalogue/units/{unit.id}"


def programme_achievement(institution: Institution, qualification: Qualification) -> Achievement:
    """A qualification as the whole to which parts belong. Where it is named, nobody is said to have earned it.

    Its identifier is not that of the stacked award, which says "completed", and leads to the same page. Not a
    fragment: the identifier of its criteria adds one, and an address has room for one only.
    """
    certifier = qualification.overall_awarded_by or qualification.awarding_organisation
    return Achievement(
        id=f"{institution.public_url}/catalogue/qualifications/{qualification.id}?programme",
        name=qualification.title,
        description=(
            f"{qualification.title}, level {qualification.level}. Named here so that its parts can say what they "
            "belong to; whether the whole was earned is not said."
        ),
        criteria=f"The rules are those of {qualification.awarding_organisation}. It is awarded by: {certifier}.",
        achievement_type="LearningProgram",
        creator=_awarding_organisation(institution, qualification),
        identifiers=_number(qualification),
    )


def award_achievement(institution: Institution, qualification: Qualification, grades: tuple[str, ...]) -> Achievement:
    """A stacked award: every part of a qualification's rule set was earned."""
    return Achievement(
        id=f"{institution.public_url}/catalogue/qualifications/{qualification.id}",
        name=f"Completed: {qualification.title}",
        description=(
            f"The parts earned fulfil the published rules for {qualification.title}: {qualification.total_credits} "
            # Not at which level: those of a diploma are of several.
            "credits were taken and enough of them passed. Anyone can run the rules again."
        ),
        criteria=(
            "The parts are named by identifier and digest under relatedResource, together with the rule set that "
            f"counted them. This is {institution.name}'s statement that the parts add up; the certificate itself "
            f"comes from {qualification.awarding_organisation}."
        ),
        achievement_type="Certificate",
        credits=qualification.total_credits,
        creator=_awarding_organisation(institution, qualification),
        grades=grades,
        identifiers=(
            *_number(qualification),
            (CATALOGUE_QUALIFICATION, qualification.id),
            (LEVEL, str(qualification.level)),
        ),
    )


def organisation_slug(name: str) -> str:
    """The last part of an awarding organisation's address in the catalogue."""
    return "-".join("".join(character if character.isalnum() else " " for character in name.lower()).split())


def _lowest_pass(unit: Unit) -> str | None:
    """The grade from which on the scale passes; None where it is not so simple."""
    failing = [grade for grade in unit.grade_scale if not unit.is_pass(grade)]
    rest = unit.grade_scale[len(failing) :]
    return rest[0] if rest and unit.grade_scale[: len(failing)] == tuple(failing) else None


def _number(qualification: Qualification) -> tuple[tuple[str, str], ...]:
    return (("ext:QAN", qualification.number),) if qualification.number else ()


def _awarding_organisation(institution: Institution, qualification: Qualification) -> Profile:
    name = qualification.awarding_organisation
    slug = organisation_slug(name)
    return Profile(f"{institution.public_url}/catalogue/awarding-organisations/{slug}", name)


def _alignments(institution: Institution, unit: Unit, ksbs: Mapping[str, Ksb]) -> Iterable[Alignment]:
    for mapping in unit.ksbs:
        ksb = ksbs.get(mapping.ksb_id)
        if ksb is not None:
            yield Alignment(
                name=f"{ksb.code} {ksb.text}",
                url=f"{institution.public_url}/catalogue/ksbs/{quote(ksb.id, safe='')}",
                code=ksb.id,
                framework=f"Occupation {ksb.occupation_id}, version {ksb.version}",
            )
