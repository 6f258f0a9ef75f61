"""Signed notes, checkpoints and tiles of C2SP: what the specifications say, and what must not pass."""

from base64 import b64decode, b64encode
from contextlib import suppress
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.standards import checkpoint_feed, signed_note, tlog_checkpoint, tlog_tiles
from app.standards.checkpoint_feed import FeedEntry
from app.standards.signed_note import NoteKey
from app.standards.tlog_checkpoint import LogCheckpoint
from app.standards.tlog_tiles import Tile

NOW = datetime(2026, 9, 12, 10, tzinfo=UTC)

LOG = "https://host.example/i/northgate/log"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = tlog_checkpoint.key_of(LOG, PRIVATE.public_key().public_bytes_raw())
ROOT = bytes(range(100, 132))
CHECKPOINT = LogCheckpoint(KEY.name, 20_852_163, ROOT)
NOTE = signed_note.sign(CHECKPOINT.text(), KEY, PRIVATE.sign)
# The key that the documentation of golang.org/x/mod/sumdb/note shows, and the one of the Go checksum database.
GO_KEYS = (
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
)
GO_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"


@pytest.mark.parametrize("vkey", GO_KEYS)
def test_a_key_of_go_is_read_and_written_again(vkey: str) -> None:
    assert signed_note.read_vkey(vkey).vkey() == vkey


def test_a_note_signed_by_go_is_verified() -> None:
    key = signed_note.read_vkey(GO_KEYS[0])
    note = signed_note.read(f"{GO_TEXT}\n— PeterNeumann {GO_SIGNATURE}\n".encode())
    assert note.text == GO_TEXT
    assert note.signed_by([KEY, key]) == key
    assert note.signed_by([KEY]) is None


def test_our_own_note() -> None:
    note = signed_note.read(NOTE)
    assert note.signed_by([KEY]) == KEY
    assert tlog_checkpoint.read(note.text) == CHECKPOINT
    assert NOTE.decode().split("\n")[:3] == ["host.example/i/northgate/log", "20852163", b64encode(ROOT).decode()]


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_a_note_with_any_byte_changed_is_no_longer_signed(place: int, change: int) -> None:
    changed = NOTE[:place] + bytes([NOTE[place] ^ change]) + NOTE[place + 1 :]
    with suppress(ValueError):
        assert signed_note.read(changed).signed_by([KEY]) is None


def line_of(key: NoteKey, signature: bytes) -> str:
    return f"— {key.name} {b64encode(key.id + signature).decode()}\n"


def test_a_line_of_an_unknown_key_is_passed_over_and_a_false_one_of_a_known_key_spoils_the_note() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    stranger = NoteKey(KEY.name, other.public_key().public_bytes_raw())
    text = CHECKPOINT.text()
    with_stranger = NOTE.decode() + line_of(stranger, bytes(64))
    assert signed_note.read(with_stranger.encode()).signed_by([KEY]) == KEY
    assert signed_note.read(with_stranger.encode()).signed_by([KEY, stranger]) is None
    namesake = f"{text}\n{line_of(KEY, other.sign(text.encode()))}".encode()
    assert signed_note.read(namesake).signed_by([KEY]) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        "text\n\n— name AAAA\n".encode(),
        NOTE[:-1],
        NOTE.replace("—".encode(), b"-"),
        NOTE + b"\n",
        NOTE.replace(b"20852163", b"2085\t163"),
        NOTE.replace(b"host", b"ho\xffst"),
        NOTE.replace(b"\n", b"\r\n"),
        CHECKPOINT.text().encode() + b"\n" + b"".join([NOTE.split(b"\n\n")[1]] * 33),
        b"x" * 200_000,
    ],
)
def test_what_is_no_note(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        signed_note.read(data)


@pytest.mark.parametrize(
    "vkey",
    [
        GO_KEYS[0].replace("c74f20a3", "c74f20a4"),
        GO_KEYS[0].replace("PeterNeumann", "PeterNeuman"),
        GO_KEYS[0].replace("c74f20a3", "C74F20A3"),
        GO_KEYS[0].replace("+ARpc", "+AhpC"),
        GO_KEYS[0] + "\n",
        "a+00000000+AQ==",
        "a b+00000000+AQ==",
    ],
)
def test_what_is_no_verifier_key(vkey: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        signed_note.read_vkey(vkey)


def test_a_signer_who_does_not_hold_the_key_makes_no_note() -> None:
    with pytest.raises(ValueError, match="does not hold"):
        signed_note.sign(CHECKPOINT.text(), KEY, Ed25519PrivateKey.generate().sign)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n1\n",
        f"log\n01\n{b64encode(ROOT).decode()}\n",
        f"log\n-1\n{b64encode(ROOT).decode()}\n",
        f"log\n٣\n{b64encode(ROOT).decode()}\n",
        f"log\n99999999999999999999\n{b64encode(ROOT).decode()}\n",
        f"log\n1\n{b64encode(ROOT[:31]).decode()}\n",
        f"log\n1\n{b64encode(ROOT).decode()[:-2]}F=\n",
        f"\n1\n{b64encode(ROOT).decode()}\n",
        f"log\n1\n{b64encode(ROOT).decode()}\n\n",
        f"log\n1\n{b64encode(ROOT).decode()}",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        tlog_checkpoint.read(text)


def test_extension_lines_are_read() -> None:
    assert tlog_checkpoint.read(CHECKPOINT.text() + "more\n").extensions == ("more",)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 999), "tile/0/999"),
        (Tile(0, 1_000), "tile/0/x001/000"),
        (Tile(1, 0, 17), "tile/1/000.p/17"),
        (Tile(63, 273, 1), "tile/63/273.p/1"),
    ],
)
def test_tile_paths(tile: Tile, path: str) -> None:
    assert tile.path() == path
    _, level, rest = path.split("/", 2)
    assert tlog_tiles.read_path(level, rest) == tile


@given(st.integers(0, 63), st.integers(0, 10**15), st.integers(1, 256))
def test_every_tile_has_one_path_that_leads_back(level: int, number: int, width: int) -> None:
    tile = Tile(level, number, width)
    _, shown, rest = tile.path().split("/", 2)
    assert tlog_tiles.read_path(shown, rest) == tile


@pytest.mark.parametrize(
    ("level", "rest"),
    [
        ("00", "000"),
        ("64", "000"),
        ("-1", "000"),
        ("٣", "000"),
        ("0", "0"),
        ("0", "67"),
        ("0", "x000/067"),
        ("0", "x001"),
        ("0", "001/067"),
        ("0", "000.p/0"),
        ("0", "000.p/256"),
        ("0", "000.p/999"),
        ("0", "000.p/08"),
        ("0", "000.p/"),
        ("0", "000/"),
        ("0", "entries/000"),
        ("entries", "000"),
        ("0", "../000"),
        ("0", "x999/" * 7 + "999"),
        ("0", "000\n"),
        ("0", "/".join(["x001"] * 20) + "/000"),
    ],
)
def test_another_spelling_names_no_tile(level: str, rest: str) -> None:
    assert tlog_tiles.read_path(level, rest) is None


def test_the_tiles_of_the_specification_s_example() -> None:
    """tlog-tiles, Partial Tiles: 70,000 leaves."""
    found = [list(tlog_tiles.tiles_of(70_000, level)) for level in range(tlog_tiles.levels_of(70_000))]
    assert [len(level) for level in found] == [274, 2, 1]
    assert [level[-1].width for level in found] == [112, 17, 1]
    assert [len(list(tlog_tiles.tiles_of(256, level))) for level in range(3)] == [1, 1, 0]
    assert list(tlog_tiles.tiles_of(256, 1)) == [Tile(1, 0, 1)]


@given(st.integers(0, 200_000))
def test_a_log_has_its_own_tiles_and_none_that_are_wider(size: int) -> None:
    for level in range(tlog_tiles.levels_of(size)):
        for tile in tlog_tiles.tiles_of(size, level):
            assert tile.is_in(size)
            assert tile.width == 256 or not Tile(level, tile.number, tile.width + 1).is_in(size)
    assert not Tile(tlog_tiles.levels_of(size), 0, 1).is_in(size)


def test_the_feed_holds_each_note_word_for_word() -> None:
    entries = [FeedEntry(size, ROOT, NOW, NOTE) for size in range(300, 0, -1)]
    root = ElementTree.fromstring(checkpoint_feed.feed(LOG, entries, NOW))  # noqa: S314
    atom = "{http://www.w3.org/2005/Atom}"
    found = root.findall(f"{atom}entry")
    assert len(found) == checkpoint_feed.MOST
    assert {entry.findtext(f"{atom}content") for entry in found} == {NOTE.decode()}
    assert len({entry.findtext(f"{atom}id") for entry in found}) == len(found)
    assert root.findtext(f"{atom}updated") == "2026-09-12T10:00:00Z"
    for name in ("id", "title", "updated", "author"):
        assert root.find(f"{atom}{name}") is not None


def test_the_key_is_the_documents_own() -> None:
    """Whoever has the DID document has the verifier key: name, ID and key follow from it and the log's address."""
    name, key_id, data = KEY.vkey().split("+", 2)
    assert (name, len(key_id)) == ("host.example/i/northgate/log", 8)
    assert b64decode(data) == b"\x01" + PRIVATE.public_key().public_bytes_raw()
