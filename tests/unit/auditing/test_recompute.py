"""Roots from tiles, one tile after the other: the same as those of a tree that holds every leaf."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.auditing import seen
from app.auditing.recompute import Recomputation
from app.auditing.seen import Seen
from app.standards import merkle, tlog_tiles
from app.standards.tlog_tiles import Tile

LEAVES = [merkle.hash_leaf(number.to_bytes(4)) for number in range(70_000)]
TREE = merkle.Tree(LEAVES)


def passed(size: int, wanted: list[int], leaves: list[int]) -> Recomputation:
    found = Recomputation(wanted, leaves)
    for tile in tlog_tiles.tiles_of(size):
        start = 256 * tile.number
        found.take(b"".join(LEAVES[start : start + tile.width]))
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3_000), st.lists(st.integers(1, 3_000), max_size=8), st.lists(st.integers(0, 3_000), max_size=4))
def test_every_root_and_leaf_asked_for(size: int, wanted: list[int], leaves: list[int]) -> None:
    found = passed(size, wanted, leaves)
    assert found.roots == {one: TREE.root(one) for one in wanted if one <= size}
    assert found.kept == {place: LEAVES[place] for place in leaves if place < size}


@pytest.mark.parametrize("size", [255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])
def test_at_the_edges_of_tiles(size: int) -> None:
    found = passed(size, [1, size - 1, size], [])
    assert found.roots == {one: TREE.root(one) for one in (1, size - 1, size)}
    for level in range(1, tlog_tiles.levels_of(size)):
        for tile in tlog_tiles.tiles_of(size, level):
            start = 256 * tile.number
            expected = b"".join(TREE.node(8 * level, start + place) for place in range(tile.width))
            assert found.upper(tile) == expected


def test_nothing_stands_above_one_leaf() -> None:
    with pytest.raises(IndexError):
        passed(1, [1], []).upper(Tile(1, 0, 1))


def test_what_was_seen_is_read_as_it_was_written() -> None:
    kept = Seen().with_root(3, bytes(32)).with_root(10, bytes(range(32)))
    assert seen.read(kept.as_json()) == kept
    assert kept.newest == 10
    assert Seen().newest == 0


@pytest.mark.parametrize("value", [None, [], {"x": "00"}, {"1": "0" * 63}, {"1": 5}, {"٣": "0" * 64}])
def test_a_memory_that_cannot_be_read_is_not_an_empty_one(value: object) -> None:
    with pytest.raises(ValueError, match="seen before"):
        seen.read(value)


def test_the_memory_has_a_limit_and_keeps_the_oldest_and_the_newest() -> None:
    kept = Seen({size: bytes(32) for size in range(1, seen.MOST + 1)}).with_root(10**6, bytes(32))
    assert len(kept.roots) == seen.MOST
    assert {1, 10**6} <= set(kept.roots)
