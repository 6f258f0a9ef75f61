"""A log of random leaves as tiles: level 0 in a file, the levels above, a 256th of it, in memory."""

import os
from pathlib import Path

from app.anchoring.tiles import MissingTile, TileSet
from app.standards import merkle
from app.standards.tlog_tiles import HASH, WIDTH, Tile

_CHUNK = 1_000


class TileFile:
    """`size` random leaf hashes. Each read of a level-0 tile is one read of the file."""

    def __init__(self, file: Path, size: int) -> None:
        self.size = size
        self._upper = merkle.Tree()
        with file.open("wb") as written:
            for start in range(0, size, _CHUNK * WIDTH):
                data = os.urandom(HASH * min(_CHUNK * WIDTH, size - start))
                written.write(data)
                self._upper.extend([_root(data, at) for at in range(0, len(data) - HASH * WIDTH + 1, HASH * WIDTH)])
        self._file = os.open(file, os.O_RDONLY)

    def close(self) -> None:
        os.close(self._file)

    def read(self, level: int, number: int, width: int = WIDTH) -> bytes:
        """The hashes of a tile, as many as there are."""
        if level == 0:
            return os.pread(self._file, HASH * width, HASH * WIDTH * number)
        there = self.size >> 8 * level
        last = min(number * WIDTH + width, there)
        return b"".join(self._upper.node(8 * (level - 1), place) for place in range(number * WIDTH, last))

    def tile(self, wanted: Tile) -> bytes:
        return self.read(wanted.level, wanted.number, wanted.width)

    def leaf(self, index: int) -> bytes:
        return os.pread(self._file, HASH, HASH * index)

    def root(self, size: int | None = None) -> bytes:
        """Of the first `size` leaves, by reading what it takes."""
        wanted = self.size if size is None else size
        return self.proving(lambda tiles: merkle.root(wanted, tiles.node))[0]

    def inclusion_path(self, index: int) -> tuple[list[bytes], int]:
        """(the proof, tiles read for it), from nothing: no tile is kept from one proof to the next."""
        return self.proving(lambda tiles: merkle.inclusion_path(index, self.size, tiles.node))

    def proving(self, maths):  # type: ignore[no-untyped-def]
        """As `anchoring.service.prove`, with a file in the place of the database."""
        tiles, read = TileSet(), 0
        while True:
            try:
                return maths(tiles), read
            except MissingTile as missing:
                tiles.put(missing.key, self.read(*missing.key))
                read += 1


def _root(data: bytes, at: int) -> bytes:
    return merkle.Tree([data[start : start + HASH] for start in range(at, at + HASH * WIDTH, HASH)]).root()
