"""The application under measurement, with one bare FastAPI route beside it: `uvicorn --factory benchmarks.served:app`.

The bare route stands in the same server, behind the same middleware, and answers with bytes at once: the difference to
a route of ours is what that route does.
"""

from fastapi import FastAPI
from starlette.responses import Response

from app.main import create_app

BARE = "/bench/bare"


def app() -> FastAPI:
    """The product's application and `BARE`."""
    application = create_app()

    @application.get(BARE)
    async def bare() -> Response:
        return Response(b'{"bare":true}', media_type="application/json")

    # A page may answer every address that no earlier route has taken.
    application.router.routes.insert(0, application.router.routes.pop())
    return application
