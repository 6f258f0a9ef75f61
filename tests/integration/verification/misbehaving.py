"""Real servers on loopback that misbehave in one place: a web server of published pages, a node of the chain."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

Page = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]
"""Answers a request for a page; gets what an honest server would have sent."""

Node = Callable[[str, list[Any], Callable[[list[Any]], Awaitable[Any]]], Awaitable[Any]]
"""Answers a JSON-RPC call (method, parameters, how to ask the real node); bytes are the whole body of the answer."""


@asynccontextmanager
async def website(pages: Mapping[str, bytes], faults: Mapping[str, Page]) -> AsyncIterator[str]:
    """Serves `pages` by path and query; those in `faults` badly."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ")[1].decode()
            name = path.split("Time=")[0] if "Time=" in path else path
            if name not in pages:
                await says("404 Not Found")(writer, b"{}")
            else:
                await faults.get(name, says("200 OK"))(writer, pages[name])
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://localhost:{listening.sockets[0].getsockname()[1]}"


def says(status: str, body: bytes | None = None, *headers: str) -> Page:
    """That status, with the honest page or another body."""

    async def answer(writer: asyncio.StreamWriter, page: bytes) -> None:
        said = page if body is None else body
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(said)}", *headers, "Connection: close", "", ""]
        writer.write("\r\n".join(head).encode() + said)

    return answer


def changed(edit: Callable[[Any], Any]) -> Page:
    """The honest page after `edit`, which changes it in place or returns another."""

    async def answer(writer: asyncio.StreamWriter, page: bytes) -> None:
        document = json.loads(page)
        other = edit(document)
        await says("200 OK", json.dumps(document if other is None else other).encode())(writer, page)

    return answer


async def refuses(writer: asyncio.StreamWriter, page: bytes) -> None:
    writer.transport.abort()


async def hangs(writer: asyncio.StreamWriter, page: bytes) -> None:
    await asyncio.Event().wait()


async def hangs_in_the_middle(writer: asyncio.StreamWriter, page: bytes) -> None:
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(page)}\r\n\r\n".encode() + page[: len(page) // 2])
    await writer.drain()
    await asyncio.Event().wait()


async def drips(writer: asyncio.StreamWriter, page: bytes) -> None:
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(page)}\r\n\r\n".encode())
    for byte in page:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def is_cut_off(writer: asyncio.StreamWriter, page: bytes) -> None:
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(page)}\r\n\r\n".encode() + page[:-1])


async def never_ends(writer: asyncio.StreamWriter, page: bytes) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
        await writer.drain()


@asynccontextmanager
async def node(real: str, bad: Node | None = None) -> AsyncIterator[str]:
    """A node of the chain in front of the real one at `real`."""
    async with httpx.AsyncClient(trust_env=False, timeout=120) as client:

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).lower()
                    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                    call = json.loads(await reader.readexactly(length))
                    method = call["method"]

                    async def ask(params: list[Any], method: str = method) -> Any:
                        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
                        return (await client.post(real, json=asked)).json().get("result")

                    said = await (bad(method, call["params"], ask) if bad else ask(call["params"]))
                    body = said if isinstance(said, bytes) else _result(said)
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
                    writer.write(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
                    await writer.drain()
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        listening = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with listening:
            yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


def _result(value: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode()
