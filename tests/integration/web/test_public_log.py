"""The log as clients of transparency logs read it: signed checkpoints, tiles, keys and the feed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from app.anchoring import publishing, service, store
from app.anchoring.model import CheckpointState
from app.anchoring.service import append
from app.credentials import keys
from app.database import transaction
from app.institutions import service as institutions
from app.main import create_app
from app.standards import did, merkle, multikey, signed_note, strict_json, tlog_checkpoint, tlog_tiles
from app.standards.anchor_receipt import LeafKind
from app.standards.signed_note import NoteKey
from app.wiring import now
from tests.integration.conftest import Installation
from tests.integration.serving import served
from tests.integration.web.test_api_credentials import assert_problem
from tests.oracles import javascript

LOG = "/i/northgate/log"


async def grow(installation: Installation, leaves: int) -> None:
    """Put digests of nothing in the log, and have them recorded."""
    async with transaction(installation.wiring.engine) as conn:
        digests = [(LeafKind.CREDENTIAL, number.to_bytes(32)) for number in range(leaves)]
        await append(conn, installation.issuer.institution.id, digests, now())
    await installation.work()


async def note_keys(installation: Installation) -> list[NoteKey]:
    text = (await installation.client.get(f"{LOG}/vkeys")).text
    return [signed_note.read_vkey(line) for line in text.splitlines()]


async def newest(installation: Installation) -> tuple[signed_note.Note, tlog_checkpoint.LogCheckpoint]:
    note = signed_note.read((await installation.client.get(f"{LOG}/checkpoint")).content)
    return note, tlog_checkpoint.read(note.text)


async def test_the_checkpoint_is_the_newest_that_is_final_and_signed_with_a_key_of_the_did_document(
    installation: Installation,
) -> None:
    nothing = await installation.client.get(f"{LOG}/checkpoint")
    assert_problem(nothing, 404, "checkpoints_none")
    assert_problem(await installation.client.get(f"{LOG}/checkpoints"), 404, "checkpoints_none")
    await grow(installation, 3)
    response = await installation.client.get(f"{LOG}/checkpoint")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["cache-control"] == "public, max-age=5"
    note, checkpoint = await newest(installation)
    document = (await installation.client.get("/i/northgate/did.json")).content
    published = did.read_document(strict_json.parse_object(document), installation.issuer.institution.did)
    address = published.service("TransparencyLog")
    assert address == f"http://localhost:8000{LOG}"
    from_document = [tlog_checkpoint.key_of(address, key.key.data) for key in published.signing_keys]
    assert from_document == await note_keys(installation)
    assert note.signed_by(from_document) is not None
    assert checkpoint.origin == "localhost:8000/i/northgate/log"
    listed = (await installation.client.get("/i/northgate/anchors")).json()["checkpoints"][-1]
    assert (checkpoint.size, checkpoint.root.hex()) == (listed["treeSize"], listed["root"][2:])


async def test_an_independent_reader_recomputes_the_root_and_finds_a_leaf(installation: Installation) -> None:
    await grow(installation, 700)
    async with transaction(installation.wiring.engine) as conn:
        log = await service.log_of(conn, installation.issuer.institution.id)
        leaves = await store.leaf_hashes(conn, log.id)
    vkey = (await note_keys(installation))[0].vkey()
    other = NoteKey((await note_keys(installation))[0].name, bytes(32)).vkey()
    with served(create_app(installation.settings)) as url:
        requests = [
            {"prefix": url + LOG, "vkey": vkey, "index": 513, "leaf": leaves[513].hex()},
            {"prefix": url + LOG, "vkey": other},
        ]
        answer, refused = await asyncio.to_thread(javascript.ask, "tlog_reader.mjs", requests)
    assert answer["size"] == len(leaves) > 700
    # Three tiles of leaves and one of theirs.
    assert (answer["tiles"], answer["included"]) == (4, True)
    assert refused == {"error": "not signed by this key"}


async def test_tiles_are_cut_at_the_newest_final_checkpoint(installation: Installation) -> None:
    await grow(installation, 300)
    _, checkpoint = await newest(installation)
    size = checkpoint.size
    async with transaction(installation.wiring.engine) as conn:
        log = await service.log_of(conn, installation.issuer.institution.id)
        leaves = await store.leaf_hashes(conn, log.id)
        # More leaves are sealed, and not recorded yet.
        digests = [(LeafKind.CREDENTIAL, (10**6 + number).to_bytes(32)) for number in range(400)]
        await append(conn, log.owner, digests, now())
        await service.seal(conn, log.id, now())
    client = installation.client
    for tile in [*tlog_tiles.tiles_of(size), *tlog_tiles.tiles_of(size, 1), tlog_tiles.Tile(0, 0, 7)]:
        response = await client.get(f"{LOG}/{tile.path()}")
        assert response.status_code == 200, tile
        assert response.headers["content-type"] == "application/octet-stream"
        assert "immutable" in response.headers["cache-control"]
        assert response.headers["access-control-allow-origin"] == "*"
        assert "set-cookie" not in response.headers
        again = await client.get(f"{LOG}/{tile.path()}", headers={"If-None-Match": response.headers["etag"]})
        assert again.status_code == 304
        if tile.level == 0:
            start = 256 * tile.number
            assert response.content == b"".join(leaves[start : start + tile.width])
        else:
            assert response.content == merkle.Tree(leaves[:256]).root()
    for path in (
        f"tile/0/001.p/{size - 256 + 1}",
        "tile/0/001",
        "tile/0/002",
        "tile/1/000",
        "tile/1/000.p/2",
        "tile/2/000.p/1",
        "tile/0/x000/000",
        "tile/0/000.p/256",
        "tile/0/9",
        "tile/entries/000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
    ):
        assert_problem(await client.get(f"{LOG}/{path}"), 404, "tile_unknown")


async def test_what_is_on_its_way_to_the_register_is_not_shown(installation: Installation) -> None:
    async with transaction(installation.wiring.engine) as conn:
        log = await service.log_of(conn, installation.issuer.institution.id)
        await service.seal(conn, log.id, now())
        assert [one.state for one in await store.list_checkpoints(conn, log.id)] == [CheckpointState.SEALED]
    for address, code in (("checkpoint", "checkpoints_none"), ("tile/0/000.p/1", "tile_unknown")):
        assert_problem(await installation.client.get(f"{LOG}/{address}"), 404, code)


async def test_a_replaced_key_stays_among_the_keys_and_a_lost_one_does_not(installation: Installation) -> None:
    await grow(installation, 1)
    wiring, institution = installation.wiring, installation.issuer.institution
    first, _ = await newest(installation)
    (old,) = await note_keys(installation)
    async with transaction(wiring.engine) as conn:
        await keys.rotate(conn, wiring.keystore, wiring.compiled, institution.id, now())
    current, kept = await note_keys(installation)
    assert kept == old
    assert first.signed_by([current, kept]) == old
    await installation.work()
    note, _ = await newest(installation)
    assert note.signed_by([current]) == current
    async with transaction(wiring.engine) as conn:
        await keys.compromise(
            conn, wiring.keystore, wiring.compiled, institution.id, since=now(), now=now() + timedelta(seconds=2)
        )
    assert current not in await note_keys(installation)
    await installation.work()
    note, _ = await newest(installation)
    assert note.signed_by(await note_keys(installation)) is not None
    # The notes of the feed that the lost key signed are signed again.
    for entry in await feed_notes(installation):
        assert signed_note.read(entry).signed_by(await note_keys(installation)) is not None


async def feed_notes(installation: Installation) -> list[bytes]:
    response = await installation.client.get(f"{LOG}/checkpoints")
    assert response.headers["content-type"].startswith("application/atom+xml")
    root = ElementTree.fromstring(response.content)  # noqa: S314
    return [(node.text or "").encode() for node in root.iter("{http://www.w3.org/2005/Atom}content")]


async def test_the_feed_has_every_final_checkpoint_and_is_made_anew_each_day(installation: Installation) -> None:
    await grow(installation, 2)
    await installation.issue_one()
    await installation.work()
    listed = (await installation.client.get("/i/northgate/anchors")).json()["checkpoints"]
    found = [tlog_checkpoint.read(signed_note.read(note).text) for note in await feed_notes(installation)]
    assert [one.size for one in found] == [one["treeSize"] for one in reversed(listed)]
    before = (await installation.client.get(f"{LOG}/checkpoints")).content
    steps = installation.wiring.steps
    async with transaction(installation.wiring.engine) as conn:
        log = await service.log_of(conn, installation.issuer.institution.id)
    assert not await publishing.publish_checkpoints(steps, log.id)
    tomorrow = replace(steps, now=lambda: now() + timedelta(days=1, minutes=1))
    assert await publishing.publish_checkpoints(tomorrow, log.id)
    after = (await installation.client.get(f"{LOG}/checkpoints")).content
    assert after != before
    assert after.split(b"<entry>")[1:] == before.split(b"<entry>")[1:]


@pytest.mark.parametrize("path", ["checkpoint", "checkpoints", "vkeys", "tile/0/000"])
async def test_there_is_no_log_of_nobody(installation: Installation, path: str) -> None:
    response: httpx.Response = await installation.client.get(f"/i/nobody/log/{path}")
    assert_problem(response, 404, "institution_unknown")


async def test_the_keys_are_those_of_the_identity(installation: Any) -> None:
    async with transaction(installation.wiring.engine) as conn:
        identity = await institutions.identity(conn, installation.issuer.institution.id)
    (key,) = await note_keys(installation)
    assert key.public_key == multikey.decode_multikey(identity.signing_key.public_key).data
