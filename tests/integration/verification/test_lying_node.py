"""Nodes of the chain that hang, lie or talk nonsense, over a real socket: the register is "cannot tell", never green."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from app.adapters.evm import EvmChain, registry_artifact
from app.adapters.registry import EvmRegistry

CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"
CONTRACT, WALLET, ROOT = "0x" + "c0" * 20, "0x" + "a1" * 20, bytes(range(32))
DISOWNED_SINCE = "0x" + keccak(text="disownedSince(address)")[:4].hex()
Reply = Callable[[str, list[Any]], Any]


@asynccontextmanager
async def node(reply: Reply) -> AsyncIterator[str]:
    """A JSON-RPC server; `reply` gives the result of a call, or the whole body as bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                call = json.loads(await reader.readexactly(length))
                said = reply(call["method"], call["params"])
                body = (
                    said
                    if isinstance(said, bytes)
                    else json.dumps({"jsonrpc": "2.0", "id": 1, "result": said}).encode()
                )
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
                writer.write(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


def honest(method: str, params: list[Any]) -> Any:
    if method == "eth_call" and params[0]["data"].startswith(DISOWNED_SINCE):
        return "0x" + bytes(32).hex()
    answers = {
        "eth_chainId": hex(31337),
        "eth_getCode": registry_artifact(CONTRACTS)["runtimeBytecode"],
        "eth_call": "0x" + (1_760_000_000).to_bytes(32).hex(),
        "eth_blockNumber": "0x10",
    }
    return answers[method]


def lying(method: str, answer: Any) -> Reply:
    return lambda asked, params: answer if asked == method else honest(asked, params)


async def test_the_honest_node_is_believed() -> None:
    async with node(honest) as url:
        chain = EvmChain(url, "finalized", CONTRACTS)
        answer = await EvmRegistry(chain).anchored(31337, CONTRACT, WALLET, ROOT)
        await chain.close()
    assert (answer.anchored_at, answer.final) == (1_760_000_000, True)


LIES = [
    ("another chain", lying("eth_chainId", "0x1"), "chain_other"),
    ("a chain number that is none", lying("eth_chainId", "zero"), "chain_answer_unreadable"),
    ("no chain number", lying("eth_chainId", None), "chain_answer_unreadable"),
    ("another contract", lying("eth_getCode", "0x6000"), "registry_unknown"),
    ("no contract", lying("eth_getCode", "0x"), "registry_unknown"),
    ("code that is no code", lying("eth_getCode", "0xzz"), "chain_answer_unreadable"),
    ("a time that is none", lying("eth_call", "0x" + "zz" * 32), "chain_answer_unreadable"),
    ("a time beyond all time", lying("eth_call", "0x" + "ff" * 32), "chain_answer_unreadable"),
    ("a time after the last year", lying("eth_call", "0x" + (2**63).to_bytes(32).hex()), "chain_answer_unreadable"),
    ("an answer of another shape", lying("eth_call", ["0x1"]), "chain_answer_unreadable"),
    ("an error", lying("eth_call", b'{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}'), "chain_error"),
    ("no JSON", lying("eth_call", b"<html>"), "chain_unreachable"),
    ("JSON that is no answer", lying("eth_call", b"[]"), "chain_answer_unreadable"),
    ("nothing at all", lying("eth_call", b""), "chain_unreachable"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "reply", "code"), LIES, ids=[row[0] for row in LIES])
async def test_a_lie_is_cannot_tell(what: str, reply: Reply, code: str) -> None:
    async with node(reply) as url:
        chain = EvmChain(url, "finalized", CONTRACTS)
        answer = await EvmRegistry(chain).anchored(31337, CONTRACT, WALLET, ROOT)
        await chain.close()
    assert (answer.anchored_at, answer.final, answer.code) == (None, False, code)
    assert answer.failure.endswith(".")
