"""The front page, static files, and what robots may read."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from app.web import rendering

# Learners' pages and credentials are not for search engines; the catalogue is.
_ROBOTS = "User-agent: *\nDisallow: /api/\nDisallow: /credentials/\nDisallow: /p/\nDisallow: /verify\n"


async def _home(request: Request) -> Response:
    return rendering.page(request, "home.html", headers={"Cache-Control": "public, max-age=300"})


async def _robots(request: Request) -> Response:
    return PlainTextResponse(_ROBOTS, headers={"Cache-Control": "public, max-age=86400"})


async def _favicon(request: Request) -> Response:
    return RedirectResponse("/static/img/mark.svg", 308)


routes = [
    Route("/", _home),
    Route("/robots.txt", _robots),
    Route("/favicon.ico", _favicon),
    Mount("/static", StaticFiles(directory=rendering.STATIC)),
]
