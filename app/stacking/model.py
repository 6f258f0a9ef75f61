"""Values of stacking: credentials as the rules see them, rule packs, and progress. No I/O, no clock."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class GroupKind(StrEnum):
    """MANDATORY: every unit. PATHWAY and OPTIONAL: units of the list up to the group's credits."""

    MANDATORY = "mandatory"
    PATHWAY = "pathway"
    OPTIONAL = "optional"


class ReasonCode(StrEnum):
    """Why a credential counts or does not; stable, for programs."""

    COUNTED = "counted"
    COUNTED_NOT_PASSED = "counted_not_passed"
    REVOKED = "refused_revoked"
    NO_CREDIT = "refused_no_credit"
    OTHER_QUALIFICATION = "refused_other_qualification"
    WRONG_LEVEL = "refused_wrong_level"
    NOT_IN_PACK = "refused_not_in_pack"
    CREDITS_DIFFER = "refused_credits_differ"
    GRADE_UNKNOWN = "refused_grade_unknown"
    TOO_OLD = "refused_too_old"
    OUTSIDE_WINDOW = "refused_outside_window"
    DUPLICATE_UNIT = "refused_duplicate_unit"
    GROUP_FULL = "refused_group_full"

    @property
    def counts(self) -> bool:
        return self in (ReasonCode.COUNTED, ReasonCode.COUNTED_NOT_PASSED)


@dataclass(frozen=True, slots=True)
class HeldCredential:
    """One unit credential of a learner.

    `credits` is the size of the unit, whatever the grade; None = it carries no credit.
    `qualification_kind` is the catalogue's word, such as "T Level" or "HNC".
    """

    id: UUID
    qualification_id: str
    qualification_kind: str
    unit_id: str
    title: str
    level: int
    credits: int | None
    grade: str
    awarded_on: date
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class PackUnit:
    """A unit that a pack names, with its credits."""

    id: str
    code: str
    title: str
    credits: int


@dataclass(frozen=True, slots=True)
class Group:
    """Units of which all (mandatory) or `credits` worth (pathway, optional) are needed."""

    id: str
    title: str
    kind: GroupKind
    credits: int
    units: tuple[PackUnit, ...]


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

    `bands` run from low to high. `maximum_age_years` None = no currency rule, else every part that counts
    was awarded at most so many years before the newest one. `effective_from` and `effective_until`
    (inclusive) bound the day on which the last part is earned. `method` says in words how the rules run.
    """

    id: str
    version: int
    title: str
    qualification_id: str
    qualification_title: str
    short_title: str
    level: int
    total_credits: int
    minimum_credits_passed: int
    groups: tuple[Group, ...]
    grades: tuple[GradePoints, ...]
    bands: tuple[Band, ...]
    maximum_age_years: int | None
    effective_from: date
    effective_until: date | None
    method: tuple[str, ...]
    verified: tuple[str, ...]
    unverified: tuple[str, ...]
    sources: tuple[PackSource, ...]
    attribution: tuple[str, ...]

    @property
    def path(self) -> str:
        """Where the pack is published, below the public address."""
        return f"/rules/{self.id}/{self.version}"

    @property
    def award_grades(self) -> tuple[str, ...]:
        """Grades of the whole, low to high."""
        return tuple(band.grade for band in self.bands)

    def is_effective_on(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_until is None or day <= self.effective_until)

    def grade_points(self, grade: str) -> GradePoints | None:
        return next((entry for entry in self.grades if entry.grade == grade), None)

    def find_unit(self, unit_id: str) -> tuple[Group, PackUnit] | None:
        found = ((group, unit) for group in self.groups for unit in group.units if unit.id == unit_id)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one credential counts (`credits` > 0) or not. `instead` is the result used in its place."""

    credential_id: UUID
    code: ReasonCode
    sentence: str
    credits: int = 0
    instead: UUID | None = None

    @property
    def counts(self) -> bool:
        return self.code.counts


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """One group: its credits, the credentials counted in it and its units without a counted credential."""

    id: str
    title: str
    kind: GroupKind
    credits_needed: int
    credits_counted: int
    credits_passed: int
    counted: tuple[UUID, ...]
    open_units: tuple[PackUnit, ...]

    @property
    def is_full(self) -> bool:
        return self.credits_counted == self.credits_needed


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a learner is under one pack.

    `credits_counted` were attempted, `credits_passed` of them passed; `credits_needed` is the size of the
    whole and `credits_passed_needed` the part of it that must be passed. `grade` is None until `complete`.
    `reasons` has one entry for each credential, by award date and id. `missing` is what is still to do, in
    sentences.
    """

    pack_id: str
    pack_version: int
    complete: bool
    grade: str | None
    credits_counted: int
    credits_passed: int
    credits_needed: int
    credits_passed_needed: int
    points: int
    groups: tuple[GroupProgress, ...]
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]

    @property
    def counted(self) -> tuple[UUID, ...]:
        """The credentials that count, by award date and id."""
        return tuple(reason.credential_id for reason in self.reasons if reason.counts)
