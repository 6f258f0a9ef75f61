"""A load generator: keep-alive connections on raw sockets, each asking again as soon as it has its answer.

It understands what the server sends here (HTTP/1.1 with Content-Length) and refuses everything else. It is bounded by
a number of requests, and talks to 127.0.0.1 alone.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

CONNECTIONS = 16
_HOST = "127.0.0.1"


class BadAnswer(Exception):
    """An answer that is not 200 with a Content-Length: then nothing was measured."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one run saw. `latencies` are milliseconds from the request's last byte sent to the answer's last read."""

    seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


async def run(port: int, paths: Sequence[str], connections: int = CONNECTIONS) -> Load:
    """One GET request for JSON to each of `paths`, over `connections` connections. Raises `BadAnswer`."""
    latencies: list[float] = []
    left = iter(paths)

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection(_HOST, port)
        try:
            for path in left:
                request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nAccept: application/json\r\n\r\n".encode()
                started = time.perf_counter()
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(_length(head, path))
                latencies.append(1000 * (time.perf_counter() - started))
        finally:
            writer.close()

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(min(connections, len(paths))):
            group.create_task(one_connection())
    return Load(time.perf_counter() - started, latencies)


def _length(head: bytes, path: str) -> int:
    status, _, fields = head.partition(b"\r\n")
    if not status.startswith(b"HTTP/1.1 200"):
        raise BadAnswer(f"{path}: {status.decode(errors='replace')}")
    for field in fields.split(b"\r\n"):
        name, _, value = field.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise BadAnswer(f"{path}: the answer does not state its length")
