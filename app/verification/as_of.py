"""A day asked about: which moment stands for it. Days are those of the United Kingdom, where the colleges are."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from app.errors import Refused
from app.standards.uk_time import ZONE, day_of


def moment_of(asked: date, now: datetime) -> datetime | None:
    """The last second of the day, in the time of the zone, so that what was issued on it counts; None for today.

    Midnight is never among the hours that the clock skips or repeats. Raises `Refused("day_invalid")` for a day that
    is still to come.
    """
    zone = ZoneInfo(ZONE)
    today = day_of(now)
    if asked > today:
        raise Refused("day_invalid", "The day asked about is still to come.")
    return None if asked == today else datetime.combine(asked, time(23, 59, 59), zone)


def read_day(text: str, now: datetime) -> datetime | None:
    """As `moment_of`, of a day written like 2025-09-12. Raises `Refused("day_invalid")`."""
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        raise Refused("day_invalid", "Write the day asked about like this: 2025-09-12.") from None
    return moment_of(asked, now)
