"""Fetching what strangers' documents name: over a real socket, from a server that misbehaves in every way."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.adapters.publications import MAX_DID_DOCUMENT, HttpPublications
from app.standards import did
from app.verification.evidence import Fetched

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
DOCUMENT = {"id": "did:web:localhost"}


class Requests(list[bytes]):
    """The heads of the requests that reached the server."""


@asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[tuple[int, Requests]]:
    """A TCP server on loopback that reads a request's head and then does what `answer` says."""
    seen = Requests()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        try:
            await answer(writer)
            await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1], seen


def says(status: str, body: bytes, *headers: str) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "Connection: close", "", ""]
        writer.write("\r\n".join(head).encode() + body)

    return answer


async def never_ends(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(100_000):
        writer.write(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
        await writer.drain()


async def hangs(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def hangs_up(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")


async def fetch(port: int, **options: Any) -> Fetched:
    return await HttpPublications(allow_localhost=True, **options).did_document(f"did:web:localhost%3A{port}")


async def test_a_document_is_fetched_as_it_is_and_with_its_address() -> None:
    body = json.dumps(DOCUMENT).encode()
    async with server(says("200 OK", body)) as (port, seen):
        fetched = await fetch(port)
    assert fetched.data == body
    assert fetched.source == f"http://localhost:{port}/.well-known/did.json"
    assert f"Host: localhost:{port}".encode() in seen[0]


BAD_ANSWERS: list[tuple[str, Answer, str]] = [
    ("a redirect", says("302 Found", b"", "Location: http://169.254.169.254/latest/meta-data/"), "publication_missing"),
    ("not found", says("404 Not Found", b"{}"), "publication_missing"),
    ("an error", says("500 Internal Server Error", b"{}"), "publication_missing"),
    ("a huge answer", says("200 OK", b" " * (MAX_DID_DOCUMENT + 1)), "publication_too_large"),
    ("an endless answer", never_ends, "publication_too_large"),
    ("a packed answer", says("200 OK", gzip.compress(b" " * 10**7), "Content-Encoding: gzip"), "publication_unreachable"),
    ("a connection cut short", hangs_up, "publication_unreachable"),
    ("no HTTP at all", says("nonsense", b""), "publication_unreachable"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "answer", "code"), BAD_ANSWERS, ids=[row[0] for row in BAD_ANSWERS])
async def test_a_bad_answer_is_a_failure_with_a_reason(what: str, answer: Answer, code: str) -> None:
    async with server(answer) as (port, _):
        fetched = await fetch(port)
    assert (fetched.data, fetched.code) == (None, code)
    assert fetched.failure.endswith(".")


async def test_a_server_that_hangs_is_given_up() -> None:
    async with server(hangs) as (port, _):
        fetched = await fetch(port, timeout=0.2)
    assert (fetched.data, fetched.code) == (None, "publication_timeout")


NOT_PUBLIC = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001::1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
async def test_ssrf_a_public_name_that_leads_to_an_address_of_ours(address: str) -> None:
    for answer in ([address], ["93.184.216.34", address], [address, "93.184.216.34"]):
        asked = Names(answer)
        publications = HttpPublications(allow_localhost=True, resolve=asked)
        for fetched in (
            await publications.did_document("did:web:college.example"),
            await publications.status_list("https://college.example/status/1"),
            await publications.accreditations("https://college.example/accreditations"),
        ):
            assert (fetched.data, fetched.code) == (None, "publication_address_refused")


class Names:
    """A name server that gives these answers, one after the other."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


async def test_ssrf_dns_rebinding_the_name_is_resolved_once_and_that_address_connected_to() -> None:
    """The first answer is loopback and allowed, the next would be the cloud's metadata service: it is never asked for."""
    async with server(says("200 OK", b"{}")) as (port, seen):
        asked = Names(["127.0.0.1"], ["169.254.169.254"])
        fetched = await fetch(port, resolve=asked)
    assert fetched.data == b"{}"
    assert asked.asked == 1
    assert len(seen) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://college.example/status/1",
        "ftp://college.example/status/1",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "https://user:secret@college.example/status/1",
        "http://localhost.college.example/status/1",
        "https://localhost:8000/status/1",
        "http://127.0.0.1:8000/status/1",
        "https://[::1]/status/1",
        "https://2130706433/status/1",
        "https://0x7f.1/status/1",
        "https:///status/1",
        "https://college.example:99999/status/1",
    ],
)
async def test_ssrf_an_address_in_a_document_that_is_not_a_public_https_one(url: str) -> None:
    fetched = await HttpPublications(allow_localhost=False).status_list(url)
    assert fetched.data is None
    assert fetched.code in ("publication_address_refused", "publication_unreachable")


@pytest.mark.parametrize("name", ["did:web:127.0.0.1", "did:web:0x7f.1", "did:web:2130706433", "did:web:[::1]"])
async def test_ssrf_a_did_that_names_an_address(name: str) -> None:
    fetched = await HttpPublications(allow_localhost=True).did_document(name)
    assert (fetched.data, fetched.code) == (None, "did_method_unknown")


async def test_a_did_key_needs_nobody() -> None:
    asked = Names(["127.0.0.1"])
    name = "did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd"
    fetched = await HttpPublications(allow_localhost=False, resolve=asked).did_document(name)
    read = did.read_document(json.loads(fetched.data or b""), name)
    assert read.signing_keys[0].id == f"{name}#{name.removeprefix('did:key:')}"
    assert asked.asked == 0
