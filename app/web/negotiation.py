"""Which of the representations on offer a client prefers (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence
from functools import lru_cache

from starlette.requests import Request

HTML = "text/html"
JSON = "application/json"
_USUAL = 200


def preferred(accept: str | None, offered: Sequence[str]) -> str:
    """The one of `offered` (best first) that `accept` likes most; the first when it likes none or says nothing.

    Answering with the first instead of 406 is allowed, and kinder to old programs.
    """
    if not accept or accept == "*/*":
        return offered[0]
    return _most_liked(accept, tuple(offered)) if len(accept) <= _USUAL else _liked(accept, offered)


def _liked(accept: str, offered: Sequence[str]) -> str:
    wishes = [_wish(part) for part in accept.split(",")[:40]]
    best, best_quality = offered[0], 0.0
    for candidate in offered:
        # The most specific wish that fits a type decides, wherever it stands.
        fitting = [(depth, quality) for pattern, depth, quality in wishes if _fits(pattern, candidate)]
        quality = max(fitting)[1] if fitting else 0.0
        if quality > best_quality:
            best, best_quality = candidate, quality
    return best


_most_liked = lru_cache(256)(_liked)
"""Programs say the same with every request."""


def prefers_html(request: Request, *, default: bool = True) -> bool:
    """Whether the client wants a page rather than JSON; `default` for one that does not care."""
    order = (HTML, JSON) if default else (JSON, HTML)
    return preferred(request.headers.get("accept"), order) == HTML


def _wish(part: str) -> tuple[str, int, float]:
    """(pattern, how specific it is, quality)."""
    pattern, *parameters = (piece.strip() for piece in part.lower().split(";"))
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = min(1.0, max(0.0, float(value)))
            except ValueError:
                quality = 0.0
    return pattern, 0 if pattern == "*/*" else 1 if pattern.endswith("/*") else 2, quality


def _fits(pattern: str, media_type: str) -> bool:
    return pattern in ("*/*", media_type) or (pattern.endswith("/*") and media_type.startswith(pattern[:-1]))
