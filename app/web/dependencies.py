"""What handlers ask for: the wiring, one transaction, the API key behind a request, room under the write limit."""

from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from sqlalchemy.ext.asyncio import AsyncConnection

from app.database import transaction
from app.errors import Refused
from app.institutions import service as institutions
from app.institutions.model import ApiKey, Scope
from app.wiring import Wiring, now

_bearer = HTTPBearer(auto_error=False, description="An API key of the institution: `Authorization: Bearer sm_…`.")


def wiring_of(request: Request) -> Wiring:
    """The adapters of this process, opened when it started."""
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(wiring_of)]


async def _connection(wiring: Wired) -> AsyncIterator[AsyncConnection]:
    async with transaction(wiring.engine) as conn:
        yield conn


Connection = Annotated[AsyncConnection, Depends(_connection, scope="function")]
"""The request's one transaction. "function": it is committed before the answer is sent, so an answer never lies."""


def _authenticated(scope: Scope) -> Callable[..., Awaitable[ApiKey]]:
    async def key(
        conn: Connection, presented: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> ApiKey:
        return await institutions.authenticate(conn, presented.credentials if presented else "", scope)

    return key


# Whose key it is decides which institution is worked on: no route takes the institution from the request.
IssueKey = Annotated[ApiKey, Depends(_authenticated(Scope.ISSUE))]
RevokeKey = Annotated[ApiKey, Depends(_authenticated(Scope.REVOKE))]
AdminKey = Annotated[ApiKey, Depends(_authenticated(Scope.ADMIN))]


class WriteLimit:
    """How often one client may have something worked out for it without an account. Kept in memory."""

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def take(self, client: str) -> None:
        """Raises `Refused("too_many_requests")`."""
        neighbourhood = _neighbourhood(client)
        if await self._limiter.hit(self._item, neighbourhood):
            return
        window = await self._limiter.get_window_stats(self._item, neighbourhood)
        wait = max(1, round(window.reset_time - now().timestamp()))
        raise Refused(
            "too_many_requests",
            f"Many checks came from your address just now. Please try again in {wait} seconds.",
            {"retry_after_seconds": wait},
        )


async def limited_write(request: Request) -> None:
    """Counts this request against its client's limit."""
    limit: WriteLimit = request.app.state.write_limit
    await limit.take(request.client.host if request.client else "")


def _neighbourhood(client: str) -> str:
    # Whoever has one IPv6 address has 2**64 of them.
    try:
        address = ip_address(client)
    except ValueError:
        return "unknown"
    return str(ip_network(f"{address}/64", strict=False)) if address.version == 6 else str(address)
