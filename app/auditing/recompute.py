"""Roots of a log computed again from its level-0 tiles, one after the other, in memory that hardly grows.

Of full tiles only their roots are kept (a 256th of the log); a checkpoint that ends inside a tile is computed as that
tile passes. All roots are of beginnings of the one sequence of leaves that passed: if each is the one recorded, every
checkpoint extends the one before it, and no consistency proof could show more (RFC 9162, section 2.1.4).
"""

from collections.abc import Iterable, Mapping

from app.standards import merkle
from app.standards.tlog_tiles import HASH, WIDTH, Tile


class Recomputation:
    """Takes the level-0 tiles of a log in order; `wanted` are the sizes whose roots are asked for.

    `leaves`: positions whose leaf hashes are to be kept.
    """

    def __init__(self, wanted: Iterable[int], leaves: Iterable[int] = ()) -> None:
        self._wanted: dict[int, list[int]] = {}
        for size in set(wanted):
            self._wanted.setdefault(max(size - 1, 0) // WIDTH, []).append(size)
        self._leaves: dict[int, list[int]] = {}
        for position in set(leaves):
            self._leaves.setdefault(position // WIDTH, []).append(position)
        self._full = merkle.Tree()
        self._passed = 0
        self.roots: dict[int, bytes] = {}
        self.kept: dict[int, bytes] = {}

    def take(self, hashes: bytes) -> None:
        """The next tile; only the last may be partial."""
        number = self._passed
        tile = merkle.Tree([hashes[at : at + HASH] for at in range(0, len(hashes), HASH)])
        full = tile.size == WIDTH
        if full:
            self._full.extend([tile.root()])
        for size in self._wanted.get(number, ()):
            if size <= number * WIDTH + tile.size:
                self.roots[size] = merkle.root(size, _nodes(self._full, tile, number))
        for position in self._leaves.get(number, ()):
            if position - number * WIDTH < tile.size:
                self.kept[position] = tile.node(0, position - number * WIDTH)
        self._passed += 1

    def upper(self, tile: Tile) -> bytes:
        """What a tile above level 0 must hold. Raises `IndexError` beyond what passed."""
        level = 8 * (tile.level - 1)
        start = tile.number * WIDTH
        return b"".join(self._full.node(level, index) for index in range(start, start + tile.width))


def _nodes(full: merkle.Tree, tile: merkle.Tree, number: int) -> merkle.Node:
    def node(level: int, index: int) -> bytes:
        if level >= 8:
            return full.node(level - 8, index)
        return tile.node(level, index - (number * WIDTH >> level))

    return node


def differing(expected: Mapping[int, bytes], found: Mapping[int, bytes]) -> list[int]:
    """Sizes at which both have a root, and not the same."""
    return sorted(size for size in expected.keys() & found.keys() if expected[size] != found[size])
