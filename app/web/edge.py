"""Around every request: a limit on what comes in, security headers on what goes out, and the last catch."""

import traceback
from uuid import uuid4

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import TooLarge
from app.web import problems

logger = structlog.get_logger()

KIB = 1024
# What a form wraps around a file (boundaries, part headers) comes on top of the file's own limit.
_FORM_ALLOWANCE = 64 * KIB
SMALL_BODY = 64 * KIB
_ONE_DOCUMENT = 1_000_000 + _FORM_ALLOWANCE
BODY_LIMITS = (
    ("/api/imports", 10 * KIB * KIB + _FORM_ALLOWANCE),
    ("/verify", 10 * KIB * KIB + _FORM_ALLOWANCE),
    ("/credentials/verify", _ONE_DOCUMENT),
    ("/presentations/verify", _ONE_DOCUMENT),
    ("/credentials/issue", _ONE_DOCUMENT),
)

_CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = (
    (b"content-security-policy", _CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")


class Edge:
    """The outermost middleware, plain ASGI because it runs on the hottest path.

    `https` says whether this installation is reached over HTTPS alone.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = [*_HEADERS, _STRICT_TRANSPORT] if https else [*_HEADERS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # The server drops the body of an answer to HEAD; the routes need not know of it.
            scope = {**scope, "method": "GET"}
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", ()), *self._headers]
            await send(message)

        try:
            await self._app(scope, _limited(scope, receive), sending)
        except Exception as error:
            if started:
                raise
            await self._answer_unknown(scope, receive, sending, error)

    async def _answer_unknown(self, scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
        # The route's pattern is logged, never the address: that may hold a learner's share token.
        reference = uuid4().hex[:12]
        pattern = getattr(scope.get("route"), "path", "")
        # Formatted here and without local variables, which hold names and numbers, whatever logging is set up.
        trace = "".join(traceback.format_exception(error))
        logger.error("request_failed", reference=reference, method=scope["method"], route=pattern, trace=trace)
        response = problems.respond(Request(scope, receive), problems.unknown(reference))
        await response(scope, receive, send)


def _limited(scope: Scope, receive: Receive) -> Receive:
    if scope["method"] == "GET":
        return receive
    limit = next((size for path, size in BODY_LIMITS if scope["path"] == path), SMALL_BODY)
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    # A refusal before the first byte where the size is stated; the count below holds where it is not, or lies.
    too_large = declared.isdigit() and int(declared) > limit
    received = 0

    async def counting() -> Message:
        nonlocal received
        if too_large:
            raise _over(limit)
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise _over(limit)
        return message

    return counting


def _over(limit: int) -> TooLarge:
    size = f"{limit // KIB // KIB} MB" if limit >= KIB * KIB else f"{limit // KIB} kB"
    return TooLarge("body_too_large", f"What was sent is larger than the {size} that are read here.")
