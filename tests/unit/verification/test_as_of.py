"""A day asked about is a day of the United Kingdom: it ends at midnight there, summer and winter."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refused
from app.standards.vc import timestamp
from app.verification.as_of import moment_of, read_day
from app.verification.report import day

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

# 2026: the clocks went forward on 29 March, and back on 25 October, both at 01:00 UTC.
ENDS = [
    ("winter", "2026-01-15", "2026-01-15T23:59:59Z"),
    ("the day before the clocks go forward", "2026-03-28", "2026-03-28T23:59:59Z"),
    ("the day the clocks go forward", "2026-03-29", "2026-03-29T22:59:59Z"),
    ("the day after", "2026-03-30", "2026-03-30T22:59:59Z"),
    ("summer", "2025-09-12", "2025-09-12T22:59:59Z"),
    ("the day before the clocks go back", "2026-10-24", "2026-10-24T22:59:59Z"),
    ("the day the clocks go back", "2026-10-25", "2026-10-25T23:59:59Z"),
    ("the day after that", "2026-10-26", "2026-10-26T23:59:59Z"),
    ("a year of summer time all through", "1970-01-15", "1970-01-15T22:59:59Z"),
    ("the first day there is", "0001-01-01", "0001-01-02T00:01:14Z"),
]


@pytest.mark.parametrize(("asked", "end"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_a_day_ends_at_midnight_in_the_united_kingdom(asked: str, end: str) -> None:
    moment = read_day(asked, NOW)
    assert moment is not None
    assert timestamp(moment) == end
    assert day(moment) == f"{date.fromisoformat(asked).day} {date.fromisoformat(asked):%B %Y}"


@given(st.dates(date(1900, 1, 1), date(2026, 11, 24)))
def test_no_moment_is_left_between_two_days(asked: date) -> None:
    before, after = moment_of(asked - timedelta(days=1), NOW), moment_of(asked, NOW)
    assert before is not None
    assert after is not None
    length = after.astimezone(UTC) - before.astimezone(UTC)
    assert timedelta(hours=22) < length < timedelta(hours=26)


@pytest.mark.parametrize(
    ("now", "today"),
    [
        # Just before and just after midnight there, in summer and in winter.
        ("2026-07-01T22:59:59+00:00", "2026-07-01"),
        ("2026-07-01T23:00:00+00:00", "2026-07-02"),
        ("2026-12-01T23:59:59+00:00", "2026-12-01"),
        ("2026-12-02T00:00:00+00:00", "2026-12-02"),
    ],
)
def test_today_is_the_ordinary_check_and_tomorrow_is_still_to_come(now: str, today: str) -> None:
    moment, asked = datetime.fromisoformat(now), date.fromisoformat(today)
    assert moment_of(asked, moment) is None
    yesterday = moment_of(asked - timedelta(days=1), moment)
    assert yesterday is not None
    assert yesterday < moment
    for ahead in (asked + timedelta(days=1), date.max):
        with pytest.raises(Refused, match="still to come"):
            moment_of(ahead, moment)


@pytest.mark.parametrize("text", ["", "yesterday", "12/09/2025", "2025-13-01", "2025-02-29", "2025-09-12T10:00:00Z"])
def test_what_is_no_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused) as caught:
        read_day(text, NOW)
    assert caught.value.code == "day_invalid"
    assert "2025-09-12" in caught.value.message
