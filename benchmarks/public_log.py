"""The log in public: proofs read from tiles on disk as the log grows, and the audit of a whole log from outside.

A proof starts from nothing: it reads the tiles it needs from a file, and none is kept for the next. The audit is
`auditing.audit` over HTTP from a server in a process of its own (so it has two cores, one each), signatures and all;
only the chain is a list in memory. Against: the SHA-256 of as many inner nodes as the work has, and nothing else.
"""

import asyncio
import json
import multiprocessing
import random
import socket
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.adapters.contexts import canonicaliser
from app.adapters.log_host import HttpLogHost
from app.auditing.audit import Question, audit
from app.auditing.model import History, Outcome, Recorded
from app.standards import checkpoint_list, data_integrity, merkle, signed_note, tlog_checkpoint, tlog_tiles
from app.standards.did import MULTIKEY_CONTEXTS, WalletAddress
from app.standards.multikey import KeyType, PublicKey
from app.standards.tlog_checkpoint import LogCheckpoint
from benchmarks.figures import Section, Timing
from benchmarks.scale import Scale
from benchmarks.tile_file import TileFile

_DID = "did:web:localhost%3A8000:i:bench"
_PAGE = "http://localhost:8000/i/bench"
_WALLET = WalletAddress(1, "0x" + "11" * 20)
_PROOFS = 200
_CHECKPOINTS = 10


def measure(scale: Scale, folder: Path) -> Section:
    """Every size of `scale.growth`, and one audit of `scale.audited` leaves."""
    section = Section("The log in public: proofs from tiles, audit from outside")
    milliseconds: dict[int, float] = {}
    for size in scale.growth:
        log = TileFile(folder / f"{size}.tiles", size)
        try:
            milliseconds[size] = _prove(section, log)
        finally:
            log.close()
            (folder / f"{size}.tiles").unlink()
    small, large = min(milliseconds), max(milliseconds)
    section.notes.append(
        f"From {small:,} to {large:,} leaves, {large // small:,} times as many, a proof costs "
        f"{milliseconds[large] / milliseconds[small]:.2f} times as much."
    )
    _audit(section, folder, scale.audited)
    return section


def _prove(section: Section, log: TileFile) -> float:
    chosen = random.Random(log.size).choices(range(log.size), k=_PROOFS)
    root = log.root()
    taken, hashed, read = [], [], []
    for index in chosen:
        started = time.thread_time()
        path, tiles = log.inclusion_path(index)
        taken.append(time.thread_time() - started)
        read.append(tiles)
        assert merkle.verify_inclusion(index, log.size, log.leaf(index), path, root)
        data = b"\x01" + root + root
        started = time.thread_time()
        for _ in range(255 * tiles):
            sha256(data).digest()
        hashed.append(time.thread_time() - started)
    proofs, hashing = Timing(tuple(taken)), Timing(tuple(hashed))
    name = f"inclusion proof from tiles, {log.size:,} leaves, {median(read):.0f} tiles read"
    section.add(name, proofs.milliseconds, "ms", proofs.slower_than(hashing), "SHA-256 of the nodes in those tiles")
    return proofs.milliseconds


def _audit(section: Section, folder: Path, size: int) -> None:
    log = TileFile(folder / "audited.tiles", size)
    sizes = sorted({max(1, size * part // _CHECKPOINTS) for part in range(1, _CHECKPOINTS + 1)})
    roots = [log.root(one) for one in sizes]
    files = _published(sizes, roots)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = multiprocessing.get_context("fork").Process(target=_serve, args=(listening, files, log), daemon=True)
        server.start()
        try:
            started, used = time.monotonic(), time.process_time()
            asyncio.run(_look(url, sizes, roots))
            seconds, used = time.monotonic() - started, time.process_time() - used
        finally:
            server.terminate()
            server.join()
    data = b"\x01" + roots[0] + roots[-1]
    started = time.thread_time()
    for _ in range(size):
        sha256(data).digest()
    hashing = time.thread_time() - started
    section.add(f"audit from outside, {size:,} leaves, {len(sizes)} checkpoints", seconds, "s")
    section.add("its own processor time", used, "s", used / hashing, "SHA-256 of the inner nodes")
    log.close()


async def _look(url: str, sizes: list[int], roots: list[bytes]) -> None:
    await _reachable(url)
    async with HttpLogHost(allow_localhost=True, served_at=url, timeout=30) as host:
        answer = await audit(
            Question(_DID, _WALLET, "0x" + "22" * 20),
            host=host,
            ledger=_Recorded(sizes, roots),
            canonical=canonicaliser(),
            now=datetime.now(UTC),
        )
    assert answer.report.outcome is Outcome.WHOLE, answer.report.findings


async def _reachable(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
            return
        except OSError:
            await asyncio.sleep(0.05)


class _Recorded:
    """A chain that has every checkpoint."""

    def __init__(self, sizes: list[int], roots: list[bytes]) -> None:
        self._records = tuple(Recorded(size, root, size) for size, root in zip(sizes, roots, strict=True))

    async def history(self, chain_id: int, contract: str, wallet: str, roots: Any) -> History:
        at = int((datetime.now(UTC) - timedelta(days=1)).timestamp())
        times = {one.root: at for one in self._records}
        return History(self._records, times, last_size=self._records[-1].size)


def _published(sizes: list[int], roots: list[bytes]) -> dict[str, bytes]:
    """Everything but the tiles, signed."""
    private, now = Ed25519PrivateKey.generate(), datetime.now(UTC)
    public = private.public_key().public_bytes_raw()
    key, key_id = tlog_checkpoint.key_of(f"{_PAGE}/log", public), f"{_DID}#key"
    method = {"id": key_id, "type": "Multikey", "controller": _DID}
    account = {"id": f"{_DID}#w", "controller": _DID, "blockchainAccountId": f"eip155:1:{_WALLET.address}"}
    document = {
        "@context": list(MULTIKEY_CONTEXTS),
        "id": _DID,
        "verificationMethod": [method | {"publicKeyMultibase": PublicKey(KeyType.ED25519, public).encode()}, account],
        "assertionMethod": [key_id],
        "capabilityInvocation": [f"{_DID}#w"],
        "service": [
            {"id": f"{_DID}#log", "type": "TransparencyLog", "serviceEndpoint": f"{_PAGE}/log"},
            {"id": f"{_DID}#list", "type": "CheckpointList", "serviceEndpoint": f"{_PAGE}/checkpoints"},
        ],
    }
    entries = [{"treeSize": size, "root": "0x" + root.hex()} for size, root in zip(sizes, roots, strict=True)]
    listed = checkpoint_list.unsigned_list(_DID, entries, now)
    text = LogCheckpoint(key.name, sizes[-1], roots[-1]).text()
    return {
        "/i/bench/did.json": json.dumps(document).encode(),
        "/i/bench/checkpoints": json.dumps(data_integrity.sign_jcs(listed, key_id, now, private.sign)).encode(),
        "/i/bench/log/checkpoint": signed_note.sign(text, key, private.sign),
        "/i/bench/log/vkeys": f"{key.vkey()}\n".encode(),
    }


def _serve(listening: socket.socket, files: dict[str, bytes], log: TileFile) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"]
        data = files.get(path)
        if data is None and path.startswith("/i/bench/log/tile/"):
            wanted = tlog_tiles.read_path(*path.removeprefix("/i/bench/log/tile/").split("/", 1))
            data = log.tile(wanted) if wanted else None
        head = [(b"content-length", str(len(data or b"")).encode())]
        await send({"type": "http.response.start", "status": 404 if data is None else 200, "headers": head})
        await send({"type": "http.response.body", "body": data or b""})

    server = uvicorn.Server(uvicorn.Config(application, log_level="error", access_log=False))
    server.run(sockets=[listening])
