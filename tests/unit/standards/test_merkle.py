"""RFC 9162 trees of every size up to 70: what is right verifies, what is changed anywhere does not."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.standards import merkle

LEAVES = [merkle.hash_leaf(f"leaf {number}".encode()) for number in range(70)]
TREE = merkle.Tree(LEAVES)
WRONG = sha256(b"wrong").digest()


def recursive_root(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.hash_node(recursive_root(leaves[:split]), recursive_root(leaves[split:]))


@pytest.mark.parametrize("size", range(71))
def test_roots_and_growth(size: int) -> None:
    expected = recursive_root(LEAVES[:size])
    assert TREE.root(size) == expected
    assert merkle.Tree(LEAVES[:size]).root() == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 20), max_size=8))
def test_a_tree_grown_in_steps_is_the_tree_made_at_once(steps: list[int]) -> None:
    grown = merkle.Tree()
    for step in steps:
        grown.extend(LEAVES[grown.size : min(grown.size + step, 70)])
    whole = merkle.Tree(LEAVES[: grown.size])
    assert (grown.size, grown.root()) == (whole.size, whole.root())
    for index in range(grown.size):
        assert grown.inclusion_path(index) == whole.inclusion_path(index) == TREE.inclusion_path(index, grown.size)


@pytest.mark.parametrize("size", range(1, 71))
def test_inclusion(size: int) -> None:
    root = TREE.root(size)
    for index in range(size):
        path = TREE.inclusion_path(index, size)
        leaf = LEAVES[index]
        assert merkle.verify_inclusion(index, size, leaf, path, root)
        refused = [
            (index, size, WRONG, path, root),
            (index, size, leaf, path, WRONG),
            (index, size, leaf, [*path, WRONG], root),
            (index, size, leaf, path[:-1], root) if path else (index + 1, size, leaf, path, root),
            (-1, size, leaf, path, root),
            (size, size, leaf, path, root),
            (index, 0, leaf, path, root),
            ((index + 1) % size, size, leaf, path, root) if size > 1 else (1, 1, leaf, path, root),
        ]
        refused += [
            (index, size, leaf, [*path[:at], bad, *path[at + 1 :]], root)
            for at in range(len(path))
            for bad in (WRONG, path[at][:-1], path[at] + b"\0", b"")
        ]
        assert not any(merkle.verify_inclusion(*case) for case in refused)


@pytest.mark.parametrize("second", range(1, 71))
def test_consistency(second: int) -> None:
    for first in range(1, second + 1):
        path = TREE.consistency_path(first, second)
        old, new = TREE.root(first), TREE.root(second)
        assert merkle.verify_consistency(first, second, old, new, path)
        refused = [
            (first, second, WRONG, new, path),
            (first, second, old, WRONG, path),
            (first, second, old, new, [*path, WRONG]),
            (0, second, old, new, path),
            (0, second, merkle.EMPTY_ROOT, new, []),
            (second + 1, second, old, new, path),
        ]
        if path:
            refused += [
                (first, second, old, new, path[:-1]),
                (first, second, old, new, []),
                (first, second, new, old, path),
            ]
        refused += [(first, second, old, new, [*path[:at], WRONG, *path[at + 1 :]]) for at in range(len(path))]
        assert not any(merkle.verify_consistency(*case) for case in refused)


def test_a_removed_changed_or_reordered_leaf_is_not_consistent() -> None:
    old = TREE.root(5)
    for rewritten in (LEAVES[1:9], [*LEAVES[:2], WRONG, *LEAVES[3:8]], [LEAVES[1], LEAVES[0], *LEAVES[2:8]]):
        tree = merkle.Tree(rewritten)
        assert not merkle.verify_consistency(5, 8, old, tree.root(), tree.consistency_path(5))


def test_hashes_of_another_length_prove_nothing() -> None:
    assert not merkle.verify_inclusion(0, 1, b"", [], b"")
    assert not merkle.verify_inclusion(0, 1, LEAVES[0] * 2, [], LEAVES[0] * 2)


def test_a_node_cannot_pass_for_a_leaf() -> None:
    inner = merkle.hash_node(LEAVES[0], LEAVES[1])
    assert merkle.hash_leaf(LEAVES[0] + LEAVES[1]) != inner
    # The inner node is a "leaf" of the tree of two only if the sizes are not checked.
    assert not merkle.verify_inclusion(0, 4, inner, [merkle.hash_node(LEAVES[2], LEAVES[3])], TREE.root(4))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 5), (5, 5), (9, 5)])
def test_no_path_for_a_leaf_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        TREE.inclusion_path(index, size)


@pytest.mark.parametrize(("first", "second"), [(0, 5), (6, 5), (-1, 5)])
def test_no_path_between_impossible_sizes(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="consistency needs"):
        TREE.consistency_path(first, second)
