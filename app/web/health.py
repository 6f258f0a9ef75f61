"""Is the process alive; can it do its work. For load balancers and operators."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.adapters.standing import ChainStanding, Lookout
from app.database import transaction
from app.errors import AppError
from app.web.dependencies import wiring_of
from app.wiring import Wiring, now

_CHAIN_SECONDS = 3
_HEADERS = {"Cache-Control": "no-store"}


async def _alive(request: Request) -> Response:
    return JSONResponse({"status": "alive"}, headers=_HEADERS)


async def _ready(request: Request) -> Response:
    """503 without the database. Without the chain the answer is 200 "degraded": pages still work and say so.

    A further chain is told of beside it, and makes nothing ill: what is recorded there is recorded on the first one.
    """
    lookouts = _lookouts(request)
    database, found = await asyncio.gather(
        _database_answers(wiring_of(request)), asyncio.gather(*(lookout.standing() for lookout in lookouts))
    )
    first = found[0] if found else None
    parts = {"database": database, "chain": first is not None and first.answers}
    status = "ready" if all(parts.values()) else "degraded" if database else "unavailable"
    members: dict[str, Any] = {
        "status": status,
        **{name: "answers" if fine else "does not answer" for name, fine in parts.items()},
        "chains": [_described(lookout, standing) for lookout, standing in zip(lookouts, found, strict=True)],
    }
    return JSONResponse(members, 200 if database else 503, _HEADERS)


def _lookouts(request: Request) -> tuple[Lookout, ...]:
    """One for each chain set up here, the first one first; kept for as long as the process runs."""
    state = request.app.state
    if not hasattr(state, "lookouts"):
        chains = wiring_of(request).connected_chains
        state.lookouts = tuple(Lookout(chain, now, _CHAIN_SECONDS) for chain in chains)
    found: tuple[Lookout, ...] = state.lookouts
    return found


def _described(lookout: Lookout, standing: ChainStanding | None) -> dict[str, Any]:
    described = {"chainId": lookout.chain.rules.chain_id, "finality": lookout.chain.rules.finality}
    if standing is None:
        return {**described, "problems": ["chain_unreachable"]}
    return {
        **described,
        "nodes": [one.state for one in standing.nodes],
        "problems": [problem.code for problem in standing.problems],
    }


async def _database_answers(wiring: Wiring) -> bool:
    try:
        # The engine tries every connection before it hands it out.
        async with transaction(wiring.engine):
            return True
    except AppError:
        return False


routes = [Route("/healthz", _alive), Route("/readyz", _ready)]
