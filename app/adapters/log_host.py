"""Reading a log over HTTPS: many small files of one host, over connections that are kept.

The addresses come from documents of strangers and are checked as those of `publications` are. What a host sends is
bounded in bytes and in time; a tile that did not come is asked for again before that counts.
"""

import asyncio
from types import TracebackType
from urllib.parse import SplitResult, urlsplit

import httpx

from app.adapters.addresses import Resolve, checked_target, look_up
from app.auditing.model import Fetched

TIMEOUT_SECONDS = 5.0
ATTEMPTS = 2
_GONE = (httpx.codes.NOT_FOUND, httpx.codes.GONE)


class HttpLogHost:
    """The `Host` of an audit, to be used as a context. Each name is looked up once: what it said then is connected to.

    `served_at` is where a development installation's pages are really served, as in `HttpPublications`.
    """

    def __init__(
        self,
        *,
        allow_localhost: bool,
        served_at: str | None = None,
        resolve: Resolve | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._allow_localhost = allow_localhost
        self._served_at = served_at
        self._resolve = resolve or look_up
        self._timeout = timeout
        # One client for each name: a connection opened for one host must never carry what is asked of another.
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._targets: dict[str, SplitResult] = {}

    async def __aenter__(self) -> "HttpLogHost":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def get(self, url: str, limit: int) -> Fetched:
        """As the port says; it never raises."""
        found = Fetched()
        for _ in range(ATTEMPTS):
            try:
                found = await asyncio.wait_for(self._read(url, limit), self._timeout)
            except TimeoutError:
                found = Fetched(code="host_timeout", failure="the host did not answer in time.")
            except (httpx.HTTPError, OSError, ValueError):
                found = Fetched(code="host_unreachable", failure="the host could not be reached.")
            if found.data is not None or found.code not in ("host_timeout", "host_unreachable", "host_failed"):
                break
        return found

    async def _read(self, url: str, limit: int) -> Fetched:
        parts = urlsplit(url)
        if self._served_at and parts.hostname == "localhost":
            parts = urlsplit(self._served_at.rstrip("/") + parts.path)
        target = await self._target(parts)
        if target is None:
            return Fetched(code="address_refused", failure="its address is not a public one.")
        name = f"{parts.scheme}://{parts.netloc}"
        if name not in self._clients:
            # Not `setdefault`: each client reads the system's certificates, which takes longer than the request.
            self._clients[name] = self._client()
        client = self._clients[name]
        request = client.build_request(
            "GET",
            target,
            headers={"Host": parts.netloc, "Accept": "*/*", "Accept-Encoding": "identity"},
            extensions={"sni_hostname": parts.hostname or ""},
        )
        response = await client.send(request, stream=True)
        try:
            if response.status_code in _GONE:
                return Fetched(code="missing", failure="it is not there.", is_missing=True)
            if response.status_code != httpx.codes.OK:
                return Fetched(code="host_failed", failure=f"the host answered {response.status_code}.")
            if response.headers.get("content-encoding", "identity") != "identity":
                return Fetched(code="host_failed", failure="the host packed what was to come unpacked.")
            data = bytearray()
            async for chunk in response.aiter_raw():
                data += chunk
                if len(data) > limit:
                    return Fetched(code="too_large", failure="it is unreasonably large.")
        finally:
            await response.aclose()
        return Fetched(bytes(data))

    def _client(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=16, max_keepalive_connections=16)
        return httpx.AsyncClient(timeout=self._timeout, follow_redirects=False, trust_env=False, limits=limits)

    async def _target(self, parts: SplitResult) -> str | None:
        key = f"{parts.scheme}://{parts.netloc}"
        if key not in self._targets:
            target = await checked_target(
                parts._replace(path="", query=""), self._resolve, allow_localhost=self._allow_localhost
            )
            if target is None:
                return None
            self._targets[key] = urlsplit(target)
        return self._targets[key]._replace(path=parts.path, query=parts.query).geturl()
