"""Merkle trees of RFC 9162 section 2.1 with SHA-256: roots, inclusion and consistency proofs.

Functions that need the tree take `node(level, index)`, which returns the 32-byte hash of the perfect subtree over
leaves [index * 2**level, (index + 1) * 2**level): an in-memory `Tree` or stored tiles, the maths cannot tell.
Positions are 0-based; a tree size is a number of leaves.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

Node = Callable[[int, int], bytes]

EMPTY_ROOT = sha256(b"").digest()


def hash_leaf(data: bytes) -> bytes:
    """SHA-256(0x00 || data) (RFC 9162 section 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right) (RFC 9162 section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def root(size: int, node: Node) -> bytes:
    """Root hash of the first `size` leaves."""
    return _subtree(0, size, node) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """Inclusion proof of leaf `index` in the tree of `size` leaves, leaf side first (section 2.1.3.1).

    Raises `ValueError` unless 0 <= index < size.
    """
    return next(inclusion_paths([index], size, node))


def inclusion_paths(indexes: Iterable[int], size: int, node: Node) -> Iterator[list[bytes]]:
    """Inclusion proofs of many leaves of one tree, in the order given.

    The unfinished right edge of the tree, which half of all proofs need, is hashed once. Raises `ValueError` as
    `inclusion_path` does.
    """
    edge: dict[int, bytes] = {}
    for index in indexes:
        if not 0 <= index < size:
            raise ValueError("the leaf is not in a tree of that size")
        path: list[bytes] = []
        place, last, level = index, size - 1, 0
        while last:
            if place & 1:
                path.append(node(level, place - 1))
            elif place < last:
                sibling = place + 1
                if (sibling + 1) << level <= size:
                    path.append(node(level, sibling))
                else:
                    if level not in edge:
                        edge[level] = _subtree(sibling << level, size, node)
                    path.append(edge[level])
            # A last node without a sibling moves up as it is.
            place, last, level = place >> 1, last >> 1, level + 1
        yield path


def consistency_path(first: int, second: int, node: Node) -> list[bytes]:
    """Proof that the tree of `second` leaves only appends to that of `first` (section 2.1.4.1).

    Raises `ValueError` unless 0 < first <= second.
    """
    if not 0 < first <= second:
        raise ValueError("consistency needs 0 < first <= second")
    path: list[bytes] = []
    start, end, whole = 0, second, True
    while first != end:
        split = start + _largest_power_below(end - start)
        if first <= split:
            path.append(_subtree(split, end, node))
            end = split
        else:
            path.append(_subtree(start, split, node))
            start, whole = split, False
    if not whole:
        path.append(_subtree(start, end, node))
    path.reverse()
    return path


def verify_inclusion(index: int, size: int, leaf_hash: bytes, path: Sequence[bytes], root_hash: bytes) -> bool:
    """RFC 9162 section 2.1.3.2; hashes that are not 32 bytes prove nothing."""
    if not 0 <= index < size or len(leaf_hash) != 32:
        return False
    fn, sn, result = index, size - 1, leaf_hash
    for sibling in path:
        if sn == 0 or len(sibling) != 32:
            return False
        if fn & 1 or fn == sn:
            result = hash_node(sibling, result)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            result = hash_node(result, sibling)
        fn >>= 1
        sn >>= 1
    return sn == 0 and result == root_hash


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """RFC 9162 section 2.1.4.2; equal sizes need equal roots and an empty path, size 0 is never proven."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    hashes = list(path)
    if first & (first - 1) == 0:
        hashes.insert(0, first_root)
    if not hashes or any(len(item) != 32 for item in hashes):
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    old = new = hashes[0]
    for item in hashes[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old, new = hash_node(item, old), hash_node(item, new)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            new = hash_node(new, item)
        fn >>= 1
        sn >>= 1
    return sn == 0 and old == first_root and new == second_root


class Tree:
    """An append-only tree in memory: every level of perfect subtrees, so that a proof is a few look-ups."""

    def __init__(self, leaf_hashes: Sequence[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        self.extend(leaf_hashes)

    @property
    def size(self) -> int:
        return len(self._levels[0])

    def extend(self, leaf_hashes: Sequence[bytes]) -> None:
        """Append leaf hashes in order; linear in their number."""
        self._levels[0].extend(leaf_hashes)
        level = 0
        while len(self._levels[level]) > 1:
            below = self._levels[level]
            if level + 1 == len(self._levels):
                self._levels.append([])
            above = self._levels[level + 1]
            start = 2 * len(above)
            pairs = zip(below[start::2], below[start + 1 :: 2], strict=False)
            above.extend([sha256(b"\x01" + left + right).digest() for left, right in pairs])
            level += 1

    def node(self, level: int, index: int) -> bytes:
        return self._levels[level][index]

    def root(self, size: int | None = None) -> bytes:
        return root(self.size if size is None else size, self.node)

    def inclusion_path(self, index: int, size: int | None = None) -> list[bytes]:
        return inclusion_path(index, self.size if size is None else size, self.node)

    def consistency_path(self, first: int, second: int | None = None) -> list[bytes]:
        return consistency_path(first, self.size if second is None else second, self.node)


def _largest_power_below(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _subtree(start: int, end: int, node: Node) -> bytes:
    """Hash over leaves [start, end) where start is a multiple of the power of two at or above the length."""
    length = end - start
    if length & (length - 1) == 0:
        level = length.bit_length() - 1
        return node(level, start >> level)
    split = start + _largest_power_below(length)
    return hash_node(_subtree(start, split, node), _subtree(split, end, node))
