"""What a learner holds, as the rules see it. No I/O, no clock."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class HeldKind(StrEnum):
    """UNIT: a unit or component. AWARD: a whole qualification, itself made of parts or not."""

    UNIT = "unit"
    AWARD = "award"


class Origin(StrEnum):
    """How credit came to whoever makes the award.

    HOME: earned with the institution that makes it. TRANSFER: awarded by another institution, on its own credential.
    RECOGNISED: prior learning that an assessor recognised. EXEMPT: not asked for, because of something else held.
    """

    HOME = "home"
    TRANSFER = "transfer"
    RECOGNISED = "recognised"
    EXEMPT = "exempt"


class Standing(StrEnum):
    """Whether a credential holds on the day asked about."""

    IN_FORCE = "in_force"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class HeldCredential:
    """One credential of a learner.

    `unit_id` is the catalogue's id of the unit; None for an award. `credits` is the size of the unit, or what an award
    earned, whatever the grade; None = it carries no credit. `qualification_kind` is the catalogue's word, such as
    "T Level" or "HNC". `framework` is "RQF" or "QCF", None where it is not recorded. `hours` were spent in a placement.
    `ended_on` is the day on which it stopped to hold, with how in `standing`; both say what is known today, and
    `standing_on` what was true on a day. `parts` are the credentials an award is made of, as far as they are known.
    """

    id: UUID
    qualification_id: str
    qualification_kind: str
    unit_id: str | None
    title: str
    level: int
    credits: int | None
    grade: str
    awarded_on: date
    kind: HeldKind = HeldKind.UNIT
    passed: bool = True
    origin: Origin = Origin.HOME
    standing: Standing = Standing.IN_FORCE
    ended_on: date | None = None
    framework: str | None = None
    hours: int | None = None
    parts: frozenset[UUID] = frozenset()

    def standing_on(self, day: date) -> Standing:
        """Whether it held on a day: until the day before it ended, where that day is known."""
        if self.ended_on is not None and day < self.ended_on:
            return Standing.IN_FORCE
        return self.standing
