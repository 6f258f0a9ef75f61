"""Stored Merkle trees: every log's perfect-subtree hashes in tiles of 256 (the C2SP tlog-tiles layout).

Tile (level L, number N) holds up to 256 hashes of tree level 8*L, starting at index 256*N. A proof in a log of a
million leaves reads three tiles. `TileSet` answers `node(level, index)` for the pure maths in `standards.merkle`;
what it lacks is named by `MissingTile`, fetched, and the maths run again.
"""

from collections.abc import Iterable, Sequence

from app.standards import merkle

HEIGHT = 8
WIDTH = 1 << HEIGHT

TileKey = tuple[int, int]


class MissingTile(LookupError):
    """The maths need a tile that has not been fetched yet."""

    def __init__(self, key: TileKey) -> None:
        super().__init__(f"tile {key}")
        self.key = key


class TileSet:
    """Some tiles of one log, and the hashes inside them."""

    def __init__(self) -> None:
        self._tiles: dict[TileKey, merkle.Tree] = {}

    def put(self, key: TileKey, hashes: bytes) -> None:
        """Add a fetched tile: `hashes` is a run of 32-byte hashes."""
        self._tiles[key] = merkle.Tree([hashes[start : start + 32] for start in range(0, len(hashes), 32)])

    def node(self, level: int, index: int) -> bytes:
        tile_level, within = divmod(level, HEIGHT)
        first = index << within
        tile = self._tiles.get((tile_level, first >> HEIGHT))
        if tile is None:
            raise MissingTile((tile_level, first >> HEIGHT))
        return tile.node(within, (first & (WIDTH - 1)) >> within)


def edge_tiles(size: int) -> list[TileKey]:
    """The partly filled last tile of each level of a log of `size` leaves (those that appending changes)."""
    keys = []
    level, count = 0, size
    while count:
        if count % WIDTH:
            keys.append((level, count // WIDTH))
        level, count = level + 1, count // WIDTH
    return keys


def append(size: int, edges: dict[TileKey, bytes], leaf_hashes: Sequence[bytes]) -> dict[TileKey, bytes]:
    """The tiles, new or grown, after `leaf_hashes` are appended to a log of `size` leaves.

    `edges` holds the tiles named by `edge_tiles(size)`. Linear in the number of leaves.
    """
    changed: dict[TileKey, bytes] = {}
    level, count, hashes = 0, size, list(leaf_hashes)
    while hashes:
        above: list[bytes] = []
        position = 0
        while position < len(hashes):
            number = count // WIDTH
            key = (level, number)
            start = count % WIDTH
            piece = hashes[position : position + WIDTH - start]
            before = edges.get(key, b"") if start else b""
            if len(before) != start * 32:
                raise ValueError("the stored tile does not match the log's size")
            tile = before + b"".join(piece)
            changed[key] = tile
            count += len(piece)
            position += len(piece)
            if len(tile) == WIDTH * 32:
                whole = merkle.Tree([tile[at : at + 32] for at in range(0, len(tile), 32)])
                above.append(whole.root())
        # Hashes above are appended after those that the level above already holds: one per full tile before.
        level, count, hashes = level + 1, _before(size, level + 1), above
    return changed


def _before(size: int, level: int) -> int:
    return size >> (HEIGHT * level)


def as_tile_set(tiles: Iterable[tuple[TileKey, bytes]]) -> TileSet:
    tile_set = TileSet()
    for key, hashes in tiles:
        tile_set.put(key, hashes)
    return tile_set
