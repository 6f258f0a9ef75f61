"""Values of a rule pack: the published rules of one award. No I/O, no clock.

Every number is data of a pack with a date and a source; none is a constant of this program.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from app.stacking.held import Origin

UNGRADED = "Achieved"
"""The grade of an award whose pack gives it none."""


class GroupKind(StrEnum):
    """MANDATORY: every unit. PATHWAY and OPTIONAL: units of the list, as many as the group asks for."""

    MANDATORY = "mandatory"
    PATHWAY = "pathway"
    OPTIONAL = "optional"


class Measure(StrEnum):
    """What a group, a minimum or a limit counts."""

    CREDITS = "credits"
    UNITS = "units"
    HOURS = "hours"


class AwardType(StrEnum):
    """QUALIFICATION: a regulated or higher education award. MODULE: part of a parent course, for study loans."""

    QUALIFICATION = "qualification"
    MODULE = "module"


class SignOff(StrEnum):
    """Who decides on a complete stack: nobody, or a person of the awarding organisation."""

    AUTOMATIC = "automatic"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class PackUnit:
    """A unit as a pack names it. `accepts` are ids of the catalogue's units that are this unit (the same one, offered
    under several qualifications); `live_from` and `live_until` the days on which it could be awarded."""

    id: str
    code: str
    title: str
    level: int
    credits: int
    accepts: tuple[str, ...]
    live_from: date | None = None
    live_until: date | None = None

    def is_live_on(self, day: date) -> bool:
        return (self.live_from is None or self.live_from <= day) and (self.live_until is None or day <= self.live_until)


@dataclass(frozen=True, slots=True)
class Group:
    """Units of which exactly `needed` (in credits, or in units) count. A unit may stand in several groups and counts in
    one of them."""

    id: str
    title: str
    kind: GroupKind
    measure: Measure
    needed: int
    units: tuple[PackUnit, ...]


@dataclass(frozen=True, slots=True)
class Counting:
    """Which of what is counted a rule looks at; an empty set leaves that side open."""

    levels: frozenset[int] = frozenset()
    origins: frozenset[Origin] = frozenset()
    units: frozenset[str] = frozenset()
    passed_only: bool = False

    def covers(self, unit_id: str | None, level: int, origin: Origin, passed: bool) -> bool:
        return (
            (not self.levels or level in self.levels)
            and (not self.origins or origin in self.origins)
            and (not self.units or unit_id in self.units)
            and (passed or not self.passed_only)
        )


@dataclass(frozen=True, slots=True)
class Minimum:
    """At least `amount` of what is counted: credits passed, credits of a level, credits earned here, hours."""

    id: str
    title: str
    of: Counting
    measure: Measure
    amount: int


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` credits of what is counted, by the policy in force from one day to another (inclusive)."""

    id: str
    title: str
    of: Counting
    amount: int
    since: date
    until: date | None
    source: str

    def is_in_force_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Exemption:
    """Whoever passed one of `holding` (catalogue ids of units or qualifications) need not take `unit`, which then
    counts at `grade`."""

    unit: str
    holding: tuple[str, ...]
    grade: str


@dataclass(frozen=True, slots=True)
class BroughtForward:
    """An award that fills `groups` as a whole: `credits` at `level`, of which its own rules ask for `passed` to be
    passed, and none of its grade."""

    qualification_id: str
    title: str
    groups: tuple[str, ...]
    credits: int
    passed: int
    level: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What opens the door and carries no credit: all of one of `any_of` passed (catalogue ids of units or
    qualifications).

    `required`: without it the award is not made.
    """

    id: str
    title: str
    any_of: tuple[tuple[str, ...], ...]
    required: bool


@dataclass(frozen=True, slots=True)
class GradePoints:
    """What one credit at a grade is worth, and whether the grade passes."""

    grade: str
    points_per_credit: int
    passes: bool


@dataclass(frozen=True, slots=True)
class Band:
    """The grade of the whole from so many points upwards."""

    grade: str
    from_points: int


@dataclass(frozen=True, slots=True)
class PackSource:
    """Where rules were read. `url` is None for "no public source confirmed"."""

    key: str
    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class RulePack:
    """One published, versioned rule set.

    `graded_levels`: whose points make the grade; empty = all. `bands` run from low to high; none = the award has no
    grade. `recency_years` None = no currency rule, else no two parts that count are further apart. `effective_from` and
    `effective_until` (inclusive) bound the day on which the last part is earned. `barred`: units of which one counts.
    `leads_to`: packs that build on this one. `method` says in words how the rules run. `unit_of` finds the unit of a
    pack by the catalogue's id, `groups_of` the groups by the unit's own; `clusters` are groups that share a unit or a
    barred pair and are filled together.
    """

    id: str
    version: int
    title: str
    owner: str
    award_type: AwardType
    qualification_id: str
    qualification_title: str
    short_title: str
    parent_course: str | None
    level: int
    framework: str
    groups: tuple[Group, ...]
    minimums: tuple[Minimum, ...]
    limits: tuple[Limit, ...]
    barred: tuple[tuple[str, str], ...]
    exemptions: tuple[Exemption, ...]
    brings_forward: tuple[BroughtForward, ...]
    entry: tuple[Entry, ...]
    grades: tuple[GradePoints, ...]
    bands: tuple[Band, ...]
    graded_levels: frozenset[int]
    recency_years: int | None
    effective_from: date
    effective_until: date | None
    leads_to: tuple[str, ...]
    sign_off: SignOff
    method: tuple[str, ...]
    verified: tuple[str, ...]
    unverified: tuple[str, ...]
    sources: tuple[PackSource, ...]
    attribution: tuple[str, ...]
    unit_of: Mapping[str, PackUnit] = field(init=False, repr=False, compare=False)
    groups_of: Mapping[str, tuple[Group, ...]] = field(init=False, repr=False, compare=False)
    clusters: tuple[tuple[Group, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Looked up for every credential of every learner: worked out once.
        accepted = {name: unit for unit in self.units for name in unit.accepts}
        homes: dict[str, tuple[Group, ...]] = {}
        for group in self.groups:
            for unit in group.units:
                homes[unit.id] = (*homes.get(unit.id, ()), group)
        object.__setattr__(self, "unit_of", accepted)
        object.__setattr__(self, "groups_of", homes)
        object.__setattr__(self, "clusters", _clusters(self.groups, self.barred))

    @property
    def path(self) -> str:
        """Where the pack is published, below the public address."""
        return f"/rules/{self.id}/{self.version}"

    @property
    def award_grades(self) -> tuple[str, ...]:
        """Grades of the whole, low to high."""
        return tuple(band.grade for band in self.bands) or (UNGRADED,)

    @property
    def units(self) -> tuple[PackUnit, ...]:
        """Every unit once, in the order of the groups."""
        return tuple({unit.id: unit for group in self.groups for unit in group.units}.values())

    @property
    def total_credits(self) -> int:
        """The size of the whole: what its groups ask for in credits."""
        return sum(group.needed for group in self.groups if group.measure is Measure.CREDITS)

    @property
    def credits_to_pass(self) -> int:
        """How many of them must be passed, as far as the pack asks for it over all."""
        return next(
            (rule.amount for rule in self.minimums if rule.of == Counting(passed_only=True)),
            0,
        )

    def is_effective_on(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_until is None or day <= self.effective_until)

    def grade_points(self, grade: str) -> GradePoints | None:
        return next((entry for entry in self.grades if entry.grade == grade), None)


def _clusters(groups: tuple[Group, ...], barred: tuple[tuple[str, str], ...]) -> tuple[tuple[Group, ...], ...]:
    """Groups that must be looked at together, each set in the order of the pack."""
    found: list[tuple[set[str], list[Group]]] = []
    for group in groups:
        names = {unit.id for unit in group.units}
        names |= {other for pair in barred for one, other in (pair, pair[::-1]) if one in names}
        joined = [each for each in found if each[0] & names]
        found = [each for each in found if not each[0] & names]
        found.append(
            (names.union(*(each[0] for each in joined)), [*(one for each in joined for one in each[1]), group])
        )
    place = {group.id: number for number, group in enumerate(groups)}
    return tuple(
        tuple(sorted(members, key=lambda group: place[group.id]))
        for _, members in sorted(found, key=lambda each: min(place[group.id] for group in each[1]))
    )
