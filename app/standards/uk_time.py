"""Days are those of the United Kingdom, where the colleges are."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE = "Europe/London"


def day_of(moment: datetime) -> date:
    """The day on which a moment lies. `moment` has a zone."""
    return moment.astimezone(ZoneInfo(ZONE)).date()
