"""Sending signed webhooks to an address of the operator's own choosing.

Unlike the addresses of strangers' documents it may be inside the operator's network; https all the same, or localhost.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from app.auditing.alarms import Alarm
from app.errors import Refused
from app.standards import webhooks

TIMEOUT_SECONDS = 10.0
ATTEMPTS = 4


class WebhookSender:
    """POSTs alarms until they are taken (any 2xx), a few times with doubling waits. Nothing of an answer is read."""

    def __init__(
        self,
        url: str,
        secret: bytes,
        *,
        now: Callable[[], datetime],
        first_wait: float = 1.0,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        """Raises `Refused("webhook_address")`."""
        parts = urlsplit(url)
        is_local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")
        if not is_local and (parts.scheme != "https" or not parts.hostname):
            raise Refused("webhook_address", "The address for alarms must start with https://.")
        self._url = url
        self._secret = secret
        self._now = now
        self._first_wait = first_wait
        self._timeout = timeout

    async def send(self, alarm: Alarm) -> bool:
        """Whether it was taken."""
        body = json.dumps(alarm.body, ensure_ascii=False, separators=(",", ":")).encode()
        async with httpx.AsyncClient(timeout=self._timeout, follow_redirects=False, trust_env=False) as client:
            for attempt in range(ATTEMPTS):
                if attempt:
                    await asyncio.sleep(self._first_wait * 2 ** (attempt - 1))
                # Signed anew each time: an old timestamp would be refused as a message sent again by somebody else.
                headers = webhooks.headers(self._secret, alarm.id, body, self._now())
                request = client.build_request(
                    "POST", self._url, content=body, headers={**headers, "Content-Type": "application/json"}
                )
                try:
                    response = await asyncio.wait_for(client.send(request, stream=True), self._timeout)
                    await response.aclose()
                except (httpx.HTTPError, OSError, TimeoutError):
                    continue
                if response.is_success:
                    return True
        return False
