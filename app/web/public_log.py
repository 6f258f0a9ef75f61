"""An institution's log for clients of transparency logs (C2SP tlog-tiles), as bytes that anybody may mirror.

Prefix `/i/<slug>/log`: `checkpoint`, `tile/<L>/<N>[.p/<W>]`, and beside them `vkeys` (who may sign checkpoints) and
`checkpoints` (the feed). Nothing is shown beyond the newest final checkpoint. There are no entry bundles: a leaf
commits to a private salt and digest, so its hash says nothing about anybody, and level 0 holds those hashes.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.anchoring import publishing
from app.database import reading
from app.errors import NotFound
from app.institutions import service as institutions
from app.standards import checkpoint_feed, multikey, tlog_checkpoint, tlog_tiles
from app.web.dependencies import wiring_of
from app.web.documents import OPEN, SHORT, published

TEXT = "text/plain"
OCTETS = "application/octet-stream"
# What changes with each checkpoint is not to be kept; a tile never changes.
_FRESH = {**OPEN, "Cache-Control": "public, max-age=5"}
_FOR_EVER = {**OPEN, "Cache-Control": "public, max-age=31536000, immutable"}


async def _checkpoint(request: Request) -> Response:
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        note = await publishing.signed_checkpoint(conn, institution.id)
    if note is None:
        raise _none_yet()
    return published(request, note, _FRESH, TEXT)


async def _keys(request: Request) -> Response:
    """The keys a checkpoint may be signed with, one verifier key to a line, the current one first.

    Those of the institution's DID document: a replaced key stays, for copies of what it signed; a lost one does not.
    """
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        identity = await institutions.identity(conn, institution.id)
    lines = [
        tlog_checkpoint.key_of(institution.log_url, multikey.decode_multikey(key.public_key).data).vkey()
        for key in reversed(identity.keys)
        if key.revoked_at is None
    ]
    return published(request, "".join(f"{line}\n" for line in lines).encode(), SHORT, TEXT)


async def _feed(request: Request) -> Response:
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        feed = await publishing.feed(conn, institution.id)
    if feed is None:
        raise _none_yet()
    return published(request, feed, SHORT, checkpoint_feed.MEDIA_TYPE)


async def _tile(request: Request) -> Response:
    wanted = tlog_tiles.read_path(request.path_params["level"], request.path_params["rest"])
    async with reading(wiring_of(request).engine) as conn:
        institution = await institutions.get(conn, request.path_params["slug"])
        hashes = await publishing.tile(conn, institution.id, wanted) if wanted else None
    if hashes is None:
        raise NotFound("tile_unknown", "The newest final checkpoint of this log has no such tile.")
    return published(request, hashes, _FOR_EVER, OCTETS)


def _none_yet() -> NotFound:
    return NotFound("checkpoints_none", "This institution has no final entry in the public register yet.")


routes = [
    Route("/i/{slug}/log/checkpoint", _checkpoint),
    Route("/i/{slug}/log/checkpoints", _feed),
    Route("/i/{slug}/log/vkeys", _keys),
    Route("/i/{slug}/log/tile/{level}/{rest:path}", _tile),
]
