"""A node that stands before the real one and passes everything on, but for what a test wants told wrong."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from app.adapters.local_chain import LocalChain

Fault = Callable[[str, Any], Any]
"""(method, the real result) -> the result told; `bytes` = a whole HTTP answer; raises `Hang` = nothing comes."""


class Hang(Exception):
    """The node takes the question and never answers."""


@dataclass
class Node:
    """`fault` None = honest. `asked` counts the questions by method."""

    url: str
    fault: Fault | None = None
    asked: dict[str, int] = field(default_factory=dict)


@asynccontextmanager
async def node_before(chain: LocalChain) -> AsyncIterator[Node]:
    """A server of its own before `chain`; its `fault` can be changed at any time."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                call = json.loads(await reader.readexactly(length))
                writer.write(await answer(call))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, Hang):
            writer.close()

    async def answer(call: dict[str, Any]) -> bytes:
        method = call["method"]
        made.asked[method] = made.asked.get(method, 0) + 1
        told = await asyncio.to_thread(_passed_on, chain, call)
        if made.fault is not None and "result" in told:
            said = made.fault(method, told["result"])
            if isinstance(said, bytes):
                return said
            told["result"] = said
        return http(200, json.dumps(told))

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    made = Node(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
    try:
        yield made
    finally:
        listening.close()


def http(status: int, body: str) -> bytes:
    """A whole HTTP answer."""
    data = body.encode()
    return (
        f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data
    )


def telling(told: dict[str, Any]) -> Fault:
    """Other results than the real ones, by method."""
    return lambda method, real: told.get(method, real)


def _passed_on(chain: LocalChain, call: dict[str, Any]) -> dict[str, Any]:
    import httpx

    answer: dict[str, Any] = httpx.post(chain.rpc_url, json=call, timeout=10, trust_env=False).json()
    return answer
