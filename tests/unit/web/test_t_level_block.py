"""The part of a profile that shows a T Level, on a day on which its results can still be reviewed."""

import re
from datetime import UTC, date, datetime
from types import SimpleNamespace
from uuid import UUID

from starlette.requests import Request

from app.stacking.profile import LearnerProfile
from app.web import rendering
from app.web.pages.profile import shared_t_levels
from tests.unit.stacking.t_level_results import CORE, PLACEMENT, found, result


def profile_on(day: date) -> LearnerProfile:
    outcome = found([result(1, CORE, "A", awarded_on=date(2026, 8, 12)), result(2, PLACEMENT, "Met")], as_of=day)
    return LearnerProfile(
        learner_id=UUID(int=1),
        learner_name="Anna Müller",
        institution_id=UUID(int=2),
        institution_name="Northgate College",
        as_of=datetime(day.year, day.month, day.day, tzinfo=UTC),
        credentials=(),
        credits_by_level=(),
        ksbs=(),
        progress=(),
        t_levels=(outcome,),
    )


def shown(day: date) -> str:
    profile = profile_on(day)
    t_levels, without_result = shared_t_levels(profile)
    page = rendering.page(
        Request({"type": "http", "method": "GET", "path": "/p/x", "headers": []}),
        "profile.html",
        profile=profile,
        link=SimpleNamespace(audience="", expires_at=profile.as_of),
        awards=[],
        credentials=[],
        t_levels=t_levels,
        t_levels_without_result=without_result,
        statements=[],
    )
    return " ".join(re.sub(r"<[^>]*>", " ", bytes(page.body).decode()).split())


def test_summer_results_are_marked_until_they_are_final() -> None:
    mark = "Partial achievement Subject to review and appeal until 1 November 2026"
    assert mark in shown(date(2026, 10, 31))
    assert "Subject to review" not in shown(date(2026, 11, 1))


def test_a_result_in_its_words() -> None:
    assert "Overall result on these components: Partial achievement" in shown(date(2026, 12, 1))
    assert "This is component evidence; the award is made by the Department for Education." in shown(date(2026, 12, 1))
