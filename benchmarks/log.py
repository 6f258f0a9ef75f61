"""The log: appending, roots and proofs, by size.

Leaf hashes are random. "Appended" is `anchoring.tiles.append` from an empty log, which makes the stored tiles. Roots
and the inclusion paths of all leaves are computed as sealing and receipts do it, from those tiles; the in-memory
`merkle.Tree` beside it. Unit: microseconds of processor time per leaf, and seconds for the whole. Against: the SHA-256
of that many inner nodes and nothing else, which no tree can go below. Linear total time shows in time per leaf growing
only with the path's length (17 steps for 100,000 leaves, 14 for 10,000).
"""

import secrets
from hashlib import sha256

from app.anchoring import tiles
from app.standards import merkle
from benchmarks.figures import Section, Timing, race
from benchmarks.references import repeated
from benchmarks.scale import Scale

_ROOT_ONLY = 200_000


def measure(scale: Scale) -> Section:
    """Every size of `scale.leaves`."""
    section = Section("The log: append, roots and proofs")
    paths: dict[int, float] = {}
    for size in scale.leaves:
        leaves = [secrets.token_bytes(32) for _ in range(size)]
        rounds = (scale.rounds + 1) // 2 if size < _ROOT_ONLY else 1
        _build(section, leaves, rounds)
        if size < _ROOT_ONLY:
            paths[size] = _prove(section, leaves, rounds)
    sizes = sorted(paths)
    if len(sizes) > 1:
        small, large = sizes[0], sizes[-1]
        growth = paths[large] / paths[small]
        section.notes.append(
            f"From {small:,} to {large:,} leaves a path costs {growth:.2f} times as much "
            f"and is {(large - 1).bit_length() / (small - 1).bit_length():.2f} times as long."
        )
    return section


def _build(section: Section, leaves: list[bytes], rounds: int) -> None:
    size = len(leaves)

    def hashing_alone() -> int:
        data = b"\x01" + leaves[0] + leaves[-1]
        for _ in range(size - 1):
            sha256(data).digest()
        return size

    def append() -> int:
        tiles.append(0, {}, leaves)
        return size

    def tree_root() -> int:
        merkle.Tree(leaves).root()
        return size

    taken = race({"hashing": hashing_alone, "append": append, "tree": tree_root}, rounds)
    for name, key in ((f"{size:,} leaves appended to tiles", "append"), (f"{size:,} leaves, tree and root", "tree")):
        _add(section, name, size, taken[key], taken["hashing"])


def _prove(section: Section, leaves: list[bytes], rounds: int) -> float:
    """Paths of all leaves from tiles; microseconds per path."""
    size = len(leaves)
    tree = merkle.Tree(leaves)
    stored = tiles.as_tile_set(tiles.append(0, {}, leaves).items())
    root = merkle.root(size, stored.node)
    assert root == tree.root()

    found: list[list[bytes]] = []

    def all_paths(node: merkle.Node) -> int:
        found[:] = merkle.inclusion_paths(range(size), size, node)
        return size

    def hash_each() -> int:
        for _ in range(size):
            sha256(leaves[0] + leaves[-1]).digest()
        return size

    proofs = race(
        {"memory": lambda: all_paths(tree.node), "tiles": lambda: all_paths(stored.node), "hash": hash_each}, rounds
    )
    for name, key in (("from tiles", "tiles"), ("in memory", "memory")):
        seconds = proofs[key].milliseconds * size / 1000
        section.add(f"{size:,} inclusion paths {name}", seconds, "s")
        ratio = proofs[key].slower_than(proofs["hash"])
        section.add(
            f"one of {size:,} inclusion paths {name}", 1000 * proofs[key].milliseconds, "µs", ratio, "one SHA-256"
        )

    assert all(
        merkle.verify_inclusion(index, size, leaves[index], found[index], root) for index in range(0, size, size // 50)
    )
    middle, older = size // 2 + 1, size - size // 3
    proof = merkle.consistency_path(older, size, stored.node)
    old_root = merkle.root(older, stored.node)
    assert merkle.verify_consistency(older, size, old_root, root, proof)
    taken = race(
        {
            "verify": repeated(lambda: merkle.verify_inclusion(middle, size, leaves[middle], found[middle], root), 300),
            "consistency": repeated(lambda: merkle.consistency_path(older, size, stored.node), 300),
            "verify consistency": repeated(lambda: merkle.verify_consistency(older, size, old_root, root, proof), 300),
            "hash": repeated(lambda: sha256(leaves[0] + leaves[1]).digest(), 3_000),
        },
        3,
    )
    for name, key in (
        ("inclusion verified", "verify"),
        ("consistency proof built from tiles", "consistency"),
        ("consistency verified", "verify consistency"),
    ):
        ratio = taken[key].slower_than(taken["hash"])
        section.add(f"{name}, {size:,} leaves", 1000 * taken[key].milliseconds, "µs", ratio, "one SHA-256")
    return 1000 * proofs["tiles"].milliseconds


def _add(section: Section, name: str, size: int, timing: Timing, hashing: Timing) -> None:
    section.add(f"{name}, a core", timing.rate, "leaves/s", timing.faster_than(hashing), "SHA-256 of the inner nodes")
    ratio = timing.slower_than(hashing)
    section.add(name, 1000 * timing.milliseconds, "µs per leaf", ratio, "SHA-256 of the inner nodes")
    section.add(f"{name}, all", timing.milliseconds * size / 1000, "s")
