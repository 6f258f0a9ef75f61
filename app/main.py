"""The HTTP process: `uvicorn --factory app.main:create_app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from app import __version__
from app.logs import configure_logging
from app.settings import Settings
from app.settings import settings as read_settings
from app.web import api, documents, health, identities, open_badges_api, openapi, pages, problems, public_log, vc_api
from app.web.dependencies import WriteLimit
from app.web.edge import Edge
from app.wiring import wired


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; its adapters are opened when it starts. Raises `Refused("setting_invalid")`."""
    chosen = settings or read_settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if not structlog.is_configured():
            # Under a bare uvicorn the default would print local variables with a traceback: names among them.
            configure_logging(chosen.log_format, chosen.log_level)
        async with wired(chosen) as wiring:
            if chosen.chain_rpc_url is not None:
                # Loading what speaks to the chain takes a second: at the start, not in the first employer's check.
                _ = wiring.registry
            app.state.wiring = wiring
            yield

    app = FastAPI(
        title="Stackmark",
        version=__version__,
        description="Issue, check and share signed records of Higher Technical Qualification and T Level achievement.",
        lifespan=lifespan,
        # The interactive pages would load scripts from another host; /api/docs is our own.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.write_limit = WriteLimit(chosen.public_writes_per_minute)
    app.add_middleware(Edge, https=chosen.public_url.startswith("https://"))
    problems.install(app)
    app.router.routes += [
        *documents.routes,
        *public_log.routes,
        *identities.routes,
        *vc_api.routes,
        *open_badges_api.routes,
        *health.routes,
        *pages.routes(),
    ]
    app.include_router(api.router())
    openapi.install(app)
    return app
