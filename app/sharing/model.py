"""Share links: values and rules."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

DEFAULT_LIFETIME = timedelta(days=90)
LONGEST_LIFETIME = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class ShareLink:
    """A link to one learner's profile, without its token."""

    id: UUID
    institution_id: UUID
    learner_id: UUID
    audience: str
    created_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    views: int

    def works_at(self, now: datetime) -> bool:
        return self.withdrawn_at is None and now < self.expires_at
