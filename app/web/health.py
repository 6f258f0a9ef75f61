"""Is the process alive; can it do its work. For load balancers and operators."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.database import transaction
from app.errors import AppError
from app.web.dependencies import wiring_of
from app.wiring import Wiring

_CHAIN_SECONDS = 3
_HEADERS = {"Cache-Control": "no-store"}


async def _alive(request: Request) -> Response:
    return JSONResponse({"status": "alive"}, headers=_HEADERS)


async def _ready(request: Request) -> Response:
    """503 without the database. Without the chain the answer is 200 "degraded": pages still work and say so."""
    wiring = wiring_of(request)
    parts = {"database": await _database_answers(wiring), "chain": await _chain_answers(wiring)}
    status = "ready" if all(parts.values()) else "degraded" if parts["database"] else "unavailable"
    members = {"status": status, **{name: "answers" if fine else "does not answer" for name, fine in parts.items()}}
    return JSONResponse(members, 200 if parts["database"] else 503, _HEADERS)


async def _database_answers(wiring: Wiring) -> bool:
    try:
        # The engine tries every connection before it hands it out.
        async with transaction(wiring.engine):
            return True
    except AppError:
        return False


async def _chain_answers(wiring: Wiring) -> bool:
    try:
        async with asyncio.timeout(_CHAIN_SECONDS):
            await wiring.chain.chain_id()
            return True
    except (AppError, TimeoutError):
        return False


routes = [Route("/healthz", _alive), Route("/readyz", _ready)]
