"""Pages: Jinja2 with everything escaped, and how dates and ages read."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app import __version__

logger = structlog.get_logger()
STATIC = Path(__file__).parent / "static"
_TEMPLATES = Path(__file__).parent / "templates"
# Pages may name a learner, and computers in colleges are shared: nothing is kept by the browser or on the way.
_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept"}


def page(
    request: Request, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
) -> HTMLResponse:
    """`template` as an answer."""
    text = _environment().get_template(template).render(path=request.url.path, **context)
    return HTMLResponse(text, status, {**_HEADERS, **(headers or {})})


def day(value: date | datetime | None) -> str:
    """22 November 2026."""
    return "" if value is None else f"{value.day} {value:%B %Y}"


def moment(value: datetime | None) -> str:
    """22 November 2026 at 14:05, in the time of the United Kingdom."""
    if value is None:
        return ""
    local = value.astimezone(_uk())
    return f"{day(local)} at {local:%H:%M}" + ("" if _uk() is not UTC else " UTC")


def age(then: datetime, now: datetime) -> str:
    """How old evidence is, in the largest fitting unit."""
    seconds = max(0, int((now - then).total_seconds()))
    if seconds < 60:
        return "just now"
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    raise AssertionError("a minute has sixty seconds")


@cache
def _uk() -> tzinfo:
    try:
        return ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        return UTC


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": day, "moment": moment}
    environment.globals |= {"version": __version__, "age": age}
    return environment
