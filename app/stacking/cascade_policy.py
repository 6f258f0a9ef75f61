"""Whether an award follows its parts by itself or waits for a person. No I/O, no clock.

An institution chooses for itself, and for a rule pack of its own choice otherwise. A credential is withdrawn for good
or corrected: there is no suspension (a status list of Open Badges has one purpose, and it is revocation).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.credentials.model import CorrectionReason, RevocationReason


class CascadePolicy(StrEnum):
    """AT_ONCE: whatever the reason. BY_REASON: where the reason leaves no choice. REVIEW: people decide."""

    AT_ONCE = "at-once"
    BY_REASON = "by-reason"
    REVIEW = "review"


# Two sets, because the two kinds of reasons share words, and words are equal.
ACTED_ON_WITHDRAWN: Final = frozenset(
    {
        RevocationReason.ISSUED_IN_ERROR,
        RevocationReason.MALPRACTICE,
        RevocationReason.IDENTITY_ERROR,
        RevocationReason.GRADE_CHANGED,
        RevocationReason.PART_WITHDRAWN,
        RevocationReason.PART_CORRECTED,
    }
)
ACTED_ON_CORRECTED: Final = frozenset(
    {CorrectionReason.GRADE_CHANGED, CorrectionReason.AWARD_DATE_WRONG, CorrectionReason.PART_CORRECTED}
)
"""Reasons after which a part does not say any more what its award rests on. After the others (another reason, details
of the learner) the result may well stand: somebody looks."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A part that is not what its award names any more.

    `reason` is that of the withdrawal or of the newest correction, `edition` the one it happened to.
    """

    part_id: UUID
    title: str
    edition: int
    withdrawn: bool
    reason: RevocationReason | CorrectionReason

    @property
    def sentence(self) -> str:
        """For everybody, at most 100 characters: it names the part and nobody."""
        end = f", one of its parts, was {'withdrawn' if self.withdrawn else 'corrected'}"
        room = 100 - len(end)
        return (self.title if len(self.title) <= room else f"{self.title[: room - 1]}…") + end

    @property
    def key(self) -> str:
        """The same for the same happening, and for no other."""
        return f"{self.part_id}:{self.edition}:{'withdrawn' if self.withdrawn else 'corrected'}"


def acts(policy: CascadePolicy, causes: Iterable[Cause]) -> bool:
    """Whether the award follows without a person. One cause that leaves no choice is enough."""
    if policy is CascadePolicy.BY_REASON:
        return any(cause.reason in (ACTED_ON_WITHDRAWN if cause.withdrawn else ACTED_ON_CORRECTED) for cause in causes)
    return policy is CascadePolicy.AT_ONCE
