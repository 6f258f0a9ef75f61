"""Asking a custodian over its REST interface: what all of them have in common, failures above all.

Each request has limits of time and of size. Redirects are not followed, since the token would go with them. An answer
that did not come, or that says "later", is asked for once more where asking twice does no harm; a token that is not
taken any more is renewed once. A proxy is taken from the environment, as the makers' own clients do.
"""

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from app.adapters.custody import failures
from app.adapters.custody.login import Login
from app.errors import OutsideFailed

CONNECT_SECONDS = 2.0
READ_SECONDS = 3.0
ATTEMPTS = 2
PAUSE_SECONDS = 0.2
MOST_BYTES = 65_536
"""Of an answer. The longest real one, a key with its tags, is about 3,000."""

Result = TypeVar("Result")

_PASSING = ("custody_unreachable", "custody_throttled", "custody_garbled")


@dataclass(frozen=True, slots=True)
class Answer:
    """`body`: of a success the JSON object; of a failure that too, or nothing where it was none."""

    status: int
    body: dict[str, Any]

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def error(self, *names: str) -> str:
        """A word out of a failure's own description (`{"error": {…}}`), "" where it is not there."""
        found: Any = self.body.get("error")
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, str) else ""


class Rest:
    """`base`: the service's address without a slash at its end."""

    def __init__(self, title: str, base: str, login: Login) -> None:
        self._title = title
        self._base = base
        self._login = login
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._process = 0

    def __repr__(self) -> str:
        return f"Rest({self._base!r})"

    def ask(
        self,
        method: str,
        path: str,
        read: Callable[[Answer], Result],
        body: dict[str, Any] | None = None,
        *,
        again: bool = True,
    ) -> Result:
        """What `read` makes of a success, or of a refusal that is about this very request (400, 403, 404, 409, …).

        `again`: asking twice does no harm; it is done too where `read` raises custody_garbled. Raises what `read`
        does and `OutsideFailed` (custody_unreachable, custody_throttled, custody_denied, custody_garbled).
        """
        left, renewed = ATTEMPTS - 1 if again else 0, False
        while True:
            token = self._login.token()
            try:
                answer = self._once(method, path, body, token)
                if answer.status != 401:
                    return read(answer)
                if renewed:
                    raise failures.denied(self._title)
                # It was not done, so that whatever it was may be asked again.
                self._login.forget(token)
                renewed = True
            except OutsideFailed as error:
                if error.code not in _PASSING or not left:
                    raise
                left -= 1
                time.sleep(PAUSE_SECONDS)

    def _once(self, method: str, path: str, body: dict[str, Any] | None, token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Accept-Encoding": "identity"}
        try:
            status, data = self._read(method, path, body, headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            raise failures.unreachable(self._title) from None
        if status == 429:
            raise failures.throttled(self._title)
        if status >= 500:
            raise failures.unreachable(self._title)
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            found = None
        answer = Answer(status, found if isinstance(found, dict) else {})
        if answer.is_good and not answer.body:
            raise failures.garbled(self._title)
        return answer

    def _read(self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> tuple[int, bytes]:
        until, data = time.monotonic() + CONNECT_SECONDS + READ_SECONDS, bytearray()
        with self._connections().stream(method, self._base + path, json=body, headers=headers) as response:
            for chunk in response.iter_raw():
                data += chunk
                if len(data) > MOST_BYTES:
                    raise failures.garbled(self._title)
                if time.monotonic() > until:
                    raise failures.unreachable(self._title)
            return response.status_code, bytes(data)

    def _connections(self) -> httpx.Client:
        """Kept between requests, and never shared with a forked process: two would read each other's answers."""
        with self._lock:
            if self._client is None or self._process != os.getpid():
                limits = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
                self._client, self._process = httpx.Client(timeout=limits, follow_redirects=False), os.getpid()
            return self._client
