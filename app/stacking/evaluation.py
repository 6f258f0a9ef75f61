"""What comes out of running a rule pack: a reason for each credential, groups, requirements, the grade. No I/O."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from app.stacking.pack import GroupKind, Measure, PackUnit


class ReasonCode(StrEnum):
    """Why a credential counts or does not; stable, for programs."""

    COUNTED = "counted"
    COUNTED_NOT_PASSED = "counted_not_passed"
    COUNTED_FORWARD = "counted_brought_forward"
    COUNTED_EXEMPTION = "counted_as_exemption"
    OPENS_THE_DOOR = "opens_the_door"
    NOT_YET = "refused_not_yet_awarded"
    REVOKED = "refused_revoked"
    SUSPENDED = "refused_suspended"
    SUPERSEDED = "refused_superseded"
    NO_CREDIT = "refused_no_credit"
    OTHER_QUALIFICATION = "refused_other_qualification"
    OTHER_FRAMEWORK = "refused_other_framework"
    WRONG_LEVEL = "refused_wrong_level"
    CREDITS_DIFFER = "refused_credits_differ"
    GRADE_UNKNOWN = "refused_grade_unknown"
    UNIT_NOT_LIVE = "refused_unit_not_live"
    WITHIN_AWARD = "refused_within_award"
    TOO_OLD = "refused_too_old"
    OUTSIDE_WINDOW = "refused_outside_window"
    DUPLICATE_UNIT = "refused_duplicate_unit"
    BARRED = "refused_barred_pair"
    LIMIT_REACHED = "refused_limit_reached"
    GROUP_FULL = "refused_group_full"

    @property
    def counts(self) -> bool:
        return self.value.startswith("counted")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one credential counts (`credits` > 0 where it carries any, `group` says where) or not.

    `instead` is the credential used in its place.
    """

    credential_id: UUID
    code: ReasonCode
    sentence: str
    credits: int = 0
    group: str | None = None
    instead: UUID | None = None

    @property
    def counts(self) -> bool:
        return self.code.counts


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """One group: how much of it is filled, the credentials that fill it, its units without one.

    `needed` and `filled` are in credits or units, as `measure` says.
    """

    id: str
    title: str
    kind: GroupKind
    measure: Measure
    needed: int
    filled: int
    credits_passed: int
    counted: tuple[UUID, ...]
    open_units: tuple[PackUnit, ...]

    @property
    def is_full(self) -> bool:
        return self.filled == self.needed


@dataclass(frozen=True, slots=True)
class Requirement:
    """A minimum, a limit or an entry requirement, and where the learner is with it.

    `at_most`: `needed` is the most that may count. Entry requirements have 1 or 0 of 1.
    """

    id: str
    title: str
    measure: Measure
    reached: int
    needed: int
    at_most: bool
    is_met: bool


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How far a learner is under one pack on a day.

    `credits_counted` were attempted, `credits_passed` of them passed; `credits_needed` is the size of the
    whole and `credits_passed_needed` the part of it that must be passed. `grade` is None until `complete`.
    `awarded_on` is the day of the newest part that counts. `reasons` has one entry for each credential, by award
    date and id. `missing` is what is still to do, in sentences.
    """

    pack_id: str
    pack_version: int
    as_of: date
    complete: bool
    grade: str | None
    awarded_on: date | None
    credits_counted: int
    credits_passed: int
    credits_needed: int
    credits_passed_needed: int
    points: int
    groups: tuple[GroupProgress, ...]
    requirements: tuple[Requirement, ...]
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]

    @property
    def trace(self) -> tuple[str, ...]:
        """Why each credential counts that does, in sentences."""
        return tuple(reason.sentence for reason in self.reasons if reason.counts)

    @property
    def counted(self) -> tuple[UUID, ...]:
        """The credentials that count, by award date and id."""
        return tuple(reason.credential_id for reason in self.reasons if reason.counts)
