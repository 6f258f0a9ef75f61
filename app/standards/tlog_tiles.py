"""Tiles of a log over HTTP (C2SP tlog-tiles): how they are named, and which a tree of some size has.

`/tile/<L>/<N>[.p/<W>]`: tile N of level L holds up to 256 hashes of tree level 8 * L; N is written in groups of three
digits, all but the last after an `x`. A partial tile names its width W (1 to 255). There are no entry bundles: what a
leaf commits to (salt and digest) is private, and the leaf hashes are level 0.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

WIDTH = 256
HASH = 32
_LEVEL = re.compile(r"[0-9]|[1-5][0-9]|6[0-3]", re.ASCII)
_NUMBER = re.compile(r"((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)
_MAX_PATH = 40
# Logs hold fewer than 2**63 leaves, so no tile is further out.
_LAST = 2**55 - 1


@dataclass(frozen=True, slots=True)
class Tile:
    """`width` hashes from the start of tile `number` of `level`; 256 = a full one."""

    level: int
    number: int
    width: int = WIDTH

    def path(self) -> str:
        """`tile/0/x001/x234/067` or, for a partial one, `tile/0/x001/x234/067.p/8`."""
        groups = [f"{self.number % 1000:03}"]
        rest = self.number // 1000
        while rest:
            groups.append(f"x{rest % 1000:03}")
            rest //= 1000
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{self.level}/{'/'.join(reversed(groups))}{partial}"

    def is_in(self, size: int) -> bool:
        """Whether a log of `size` leaves has every hash of it."""
        return self.number * WIDTH + self.width <= size >> 8 * self.level


def read_path(level: str, rest: str) -> Tile | None:
    """The tile a path names: `level` and what follows it. None for any spelling but the one."""
    match = _NUMBER.fullmatch(rest) if len(rest) <= _MAX_PATH else None
    if match is None or _LEVEL.fullmatch(level) is None:
        return None
    width = int(match[2]) if match[2] else WIDTH
    if match[2] and width >= WIDTH:
        return None
    tile = Tile(int(level), int(match[1].replace("x", "").replace("/", "")), width)
    # Leading groups of zeros are another name for the same thing.
    return tile if tile.number <= _LAST and tile.path() == f"tile/{level}/{rest}" else None


def tiles_of(size: int, level: int = 0) -> Iterator[Tile]:
    """The tiles of one level of a log of `size` leaves, the partial one last."""
    hashes = size >> 8 * level
    for number in range(hashes // WIDTH):
        yield Tile(level, number)
    if hashes % WIDTH:
        yield Tile(level, hashes // WIDTH, hashes % WIDTH)


def levels_of(size: int) -> int:
    """How many levels of tiles a log of `size` leaves has."""
    levels = 0
    while size:
        levels, size = levels + 1, size // WIDTH
    return levels
