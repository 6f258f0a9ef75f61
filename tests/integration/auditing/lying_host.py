"""A host that publishes what it likes: first what was really published, then whatever a test makes of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.auditing.model import Rules
from app.credentials.signing import Issuer, ReceiptKey
from app.standards import checkpoint_list, data_integrity, merkle, signed_note, tlog_checkpoint, tlog_tiles
from app.standards.signed_note import NoteKey
from app.standards.tlog_checkpoint import LogCheckpoint
from app.standards.tlog_tiles import Tile
from app.watching import Manner
from tests.integration.conftest import Installation

PAGE = "/i/northgate"
LOG = f"{PAGE}/log"
AT_ONCE = Rules().__class__(publishing=Rules().publishing * 0)
"""Nothing is excused by the moment it takes to publish."""


@dataclass
class LyingHost:
    """`files`: path -> bytes. `hanging`: paths that never answer; `endless`: paths that never stop.

    It holds the institution's own key, as a lying institution does.
    """

    issuer: Issuer
    files: dict[str, bytes] = field(default_factory=dict)
    hanging: set[str] = field(default_factory=set)
    endless: set[str] = field(default_factory=set)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await (await self._answer(Request(scope)))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        if path in self.hanging:
            await asyncio.Event().wait()
        if path in self.endless:
            return StreamingResponse(_endless())
        data = self.files.get(path)
        return Response(data, 200) if data is not None else Response(status_code=404)

    @property
    def key(self) -> NoteKey:
        signer = ReceiptKey(self.issuer)
        return tlog_checkpoint.key_of(signer.log_url, signer.public_key)

    @property
    def checkpoints(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = json.loads(self.files[f"{PAGE}/checkpoints"])["checkpoints"]
        return listed

    @property
    def leaves(self) -> list[bytes]:
        data = b"".join(self.files[f"{LOG}/{tile.path()}"] for tile in tlog_tiles.tiles_of(self.size))
        return [data[at : at + 32] for at in range(0, len(data), 32)]

    @property
    def size(self) -> int:
        return tlog_checkpoint.read(signed_note.read(self.files[f"{LOG}/checkpoint"]).text).size

    def show_leaves(self, leaves: list[bytes]) -> bytes:
        """Publish tiles of these leaves; their root."""
        tree = merkle.Tree(leaves)
        for level in range(tlog_tiles.levels_of(len(leaves))):
            for tile in tlog_tiles.tiles_of(len(leaves), level):
                hashes = [tree.node(8 * level, 256 * tile.number + place) for place in range(tile.width)]
                self.files[f"{LOG}/{tile.path()}"] = b"".join(hashes)
        return tree.root()

    def show_checkpoint(self, size: int, root: bytes, key: NoteKey | None = None, sign: Any = None) -> None:
        text = LogCheckpoint(self.key.name, size, root).text()
        self.files[f"{LOG}/checkpoint"] = signed_note.sign(text, key or self.key, sign or self.issuer.sign_bytes)

    def show_list(self, checkpoints: list[dict[str, Any]], now: datetime | None = None) -> None:
        now = now or datetime.now(UTC)
        unsigned = checkpoint_list.unsigned_list(self.issuer.institution.did, checkpoints, now)
        signed = data_integrity.sign_jcs(unsigned, self.issuer.key_id, now, self.issuer.sign_bytes)
        self.files[f"{PAGE}/checkpoints"] = json.dumps(signed).encode()

    def show_log(self, leaves: list[bytes]) -> None:
        """Another log altogether, everything of it signed and whole in itself."""
        root = self.show_leaves(leaves)
        tree = merkle.Tree(leaves)
        self.show_checkpoint(len(leaves), root)
        self.show_list(
            [
                one | {"root": "0x" + tree.root(one["treeSize"]).hex()}
                for one in self.checkpoints
                if one["treeSize"] <= len(leaves)
            ]
        )


async def honest(installation: Installation) -> LyingHost:
    """Everything the institution publishes of its log today."""
    host = LyingHost(installation.issuer)
    paths = [
        f"{PAGE}/{name}" for name in ("did.json", "anchor-wallets.json", "checkpoints", "log/checkpoint", "log/vkeys")
    ]
    for path in paths:
        host.files[path] = await _published(installation, path)
    size = host.size
    tiles: list[Tile] = []
    for level in range(tlog_tiles.levels_of(size)):
        tiles += tlog_tiles.tiles_of(size, level)
    for tile in tiles:
        host.files[f"{LOG}/{tile.path()}"] = await _published(installation, f"{LOG}/{tile.path()}")
    return host


def manner(installation: Installation, url: str, **changes: Any) -> Manner:
    """Ask the host at `url` for everything, and the real node."""
    rpc = (str(installation.settings.chain_rpc_url),)
    return Manner(**({"base": installation.settings, "rpc_urls": rpc, "served_at": url, "rules": AT_ONCE} | changes))


@asynccontextmanager
async def another_moment(host: LyingHost) -> AsyncIterator[LyingHost]:
    """The host with its files put back afterwards."""
    kept = dict(host.files)
    try:
        yield host
    finally:
        host.files = kept
        host.hanging.clear()
        host.endless.clear()


async def _published(installation: Installation, path: str) -> bytes:
    response = await installation.client.get(path)
    assert response.status_code == 200, (path, response.text)
    return response.content


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield bytes(65_536)
        # The other files of the host are still to be had.
        await asyncio.sleep(0.001)
