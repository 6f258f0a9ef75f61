"""A log's checkpoints as an Atom feed (RFC 4287): every feed reader keeps copies, and copies are what catches a lie.

Each entry holds a signed checkpoint word for word and can be checked alone; the feed around it is not signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from app.standards.tlog_checkpoint import origin_of
from app.standards.vc import timestamp

MEDIA_TYPE = "application/atom+xml"
MOST = 100
"""Entries in a feed, newest first; the signed list has them all."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A final checkpoint: its size, root (32 bytes), the time of its block and the signed note."""

    size: int
    root: bytes
    recorded: datetime
    note: bytes


def feed(log_url: str, entries: Sequence[FeedEntry], now: datetime) -> bytes:
    """The feed of the log under `log_url`, made at `now`; `entries` newest first."""
    origin = escape(origin_of(log_url))
    address = escape(log_url)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>{address}/checkpoints</id>",
        f"<title>Checkpoints of {origin}</title>",
        f"<updated>{timestamp(now)}</updated>",
        f"<author><name>{origin}</name></author>",
        f'<link rel="self" type="{MEDIA_TYPE}" href="{address}/checkpoints"/>',
        f'<link rel="related" type="text/plain" title="Keys to check them with" href="{address}/vkeys"/>',
        *(_entry(address, entry) for entry in entries[:MOST]),
        "</feed>\n",
    ]
    return "\n".join(lines).encode()


def _entry(address: str, entry: FeedEntry) -> str:
    name = f"{address}/checkpoints#{entry.size}-{entry.root.hex()}"
    return (
        f"<entry><id>{name}</id><title>{entry.size} leaves</title><updated>{timestamp(entry.recorded)}</updated>"
        f'<link rel="alternate" type="text/plain" href="{address}/checkpoint"/>'
        f'<content type="text">{escape(entry.note.decode())}</content></entry>'
    )
