"""The registry's own inclusion check against ours, on a real node: what one finds, the other finds, and nothing else."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.local_chain import LocalChain, local_chain
from app.local import deploy
from app.settings import Settings
from app.standards import merkle
from app.standards.anchor_receipt import LeafKind, leaf_hash
from tests.integration.conftest import ROOT

LARGEST = 2**64 - 1
SIZES = st.integers(1, 80) | st.sampled_from([127, 128, 129, 255, 256, 257])
Claim = tuple[bytes, int, bytes, int, list[bytes]]


class Registry:
    """One registry; each claim is asked as another contract would ask it."""

    def __init__(self, chain: LocalChain, contract: str) -> None:
        self._chain, self._contract = chain, contract
        self._client = httpx.Client(trust_env=False, timeout=60)
        self._anchored = 0

    def anchor(self, root: bytes, size: int) -> None:
        """From the one wallet, whose log is closed to smaller trees: so each tree gets a wallet of its own."""
        self._anchored += 1
        self._chain.rpc("anvil_impersonateAccount", self.wallet)
        self._chain.fund(self.wallet)
        data = _selector("anchor(bytes32,uint64)") + encode(["bytes32", "uint64"], [root, size])
        sent = self._chain.rpc(
            "eth_sendTransaction", {"from": self.wallet, "to": self._contract, "data": "0x" + data.hex()}
        )
        # The node mines by itself, but a moment after it has answered.
        self._chain.rpc("evm_mine")
        assert self._chain.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"

    @property
    def wallet(self) -> str:
        return "0x" + sha256(self._anchored.to_bytes(8)).hexdigest()[:40]

    def anchored(self, claims: list[Claim]) -> list[bool]:
        """`verifyInclusion`: the size is the one anchored, whatever the claim says."""
        kinds = ["address", "bytes32", "bytes32", "uint64", "bytes32[]"]
        selector = _selector("verifyInclusion(address,bytes32,bytes32,uint64,bytes32[])")
        return self._ask(
            selector + encode(kinds, [self.wallet, root, leaf, index, path]) for root, _, leaf, index, path in claims
        )

    def proven(self, claims: list[Claim]) -> list[bool]:
        """`provesInclusion`."""
        kinds = ["bytes32", "uint64", "bytes32", "uint64", "bytes32[]"]
        selector = _selector("provesInclusion(bytes32,uint64,bytes32,uint64,bytes32[])")
        return self._ask(selector + encode(kinds, list(claim)) for claim in claims)

    def _ask(self, calls: Iterator[bytes]) -> list[bool]:
        batch = [
            {
                "jsonrpc": "2.0",
                "id": number,
                "method": "eth_call",
                "params": [{"to": self._contract, "data": "0x" + call.hex()}, "latest"],
            }
            for number, call in enumerate(calls)
        ]
        answers: list[dict[str, Any]] = self._client.post(self._chain.rpc_url, json=batch).json()
        by_number = {answer["id"]: answer["result"] for answer in answers}
        return [bool(decode(["bool"], bytes.fromhex(by_number[number][2:]))[0]) for number in range(len(batch))]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    import asyncio

    folder = tmp_path_factory.mktemp("inclusion")
    with local_chain(ROOT / "contracts") as chain:
        chosen = Settings(
            _env_file=None, data_dir=Path(folder), contracts_dir=ROOT / "contracts", chain_rpc_url=chain.rpc_url
        )
        yield Registry(chain, asyncio.run(deploy(chosen, chain)))


def tree_of(size: int, seed: int) -> tuple[list[bytes], merkle.Tree]:
    leaves = [
        leaf_hash(LeafKind.CREDENTIAL, sha256(f"{seed} {number}".encode()).digest(), bytes(32))
        for number in range(size)
    ]
    return leaves, merkle.Tree(leaves)


def ours(claims: list[Claim]) -> list[bool]:
    return [merkle.verify_inclusion(index, size, leaf, path, root) for root, size, leaf, index, path in claims]


def mutations(claim: Claim, other: int) -> list[Claim]:
    """Everything near a true claim: each hash changed, dropped, doubled or swapped, each other place and size."""
    root, size, leaf, index, path = claim
    wrong = sha256(b"wrong").digest()
    changed = [
        (wrong, size, leaf, index, path),
        (leaf, size, root, index, path),
        (root, size, wrong, index, path),
        (root, size, bytes([leaf[0] ^ 1]) + leaf[1:], index, path),
        (root, size, leaf, index, [*path, wrong]),
        (root, size, leaf, index, [wrong, *path]),
        (root, size, leaf, index, [*path, *path]),
        (root, size, leaf, index, path[::-1]),
        (root, size, leaf, index, []),
        *((root, size, leaf, index, [*path[:i], wrong, *path[i + 1 :]]) for i in range(len(path))),
        *((root, size, leaf, index, [*path[:i], *path[i + 1 :]]) for i in range(len(path))),
        *((root, size, leaf, index, [*path[: i + 1], *path[i:]]) for i in range(len(path))),
        *((root, size, leaf, place, path) for place in (other % size, index ^ 1, size, size + index, LARGEST)),
        *((root, count, leaf, index, path) for count in (0, size - 1, size + 1, size * 2, size // 2, LARGEST)),
    ]
    return [one for one in changed if one != claim]


@settings(max_examples=60, deadline=None)
@given(size=SIZES, seed=st.integers(0, 2**32), place=st.integers(0, 2**32), other=st.integers(0, 2**32))
def test_the_chain_and_we_agree_on_every_claim_near_the_truth(
    registry: Registry, size: int, seed: int, place: int, other: int
) -> None:
    leaves, tree = tree_of(size, seed)
    index = place % size
    claim = (tree.root(), size, leaves[index], index, tree.inclusion_path(index))
    registry.anchor(tree.root(), size)
    assert registry.anchored([claim]) == registry.proven([claim]) == ours([claim]) == [True]
    near = mutations(claim, other)
    assert registry.proven(near) == ours(near)
    # Where the size is the one anchored, nothing but the truth is found.
    as_anchored = [one for one in near if (one[0], one[2:]) != (claim[0], claim[2:])]
    assert registry.anchored(as_anchored) == [False] * len(as_anchored)


@settings(max_examples=60, deadline=None)
@given(
    root=st.binary(min_size=32, max_size=32),
    size=st.integers(0, LARGEST),
    leaf=st.binary(min_size=32, max_size=32),
    index=st.integers(0, LARGEST),
    path=st.lists(st.binary(min_size=32, max_size=32), max_size=70),
)
def test_the_chain_and_we_agree_on_claims_thrown_together(
    registry: Registry, root: bytes, size: int, leaf: bytes, index: int, path: list[bytes]
) -> None:
    # With the hash that a path leads to in place of the root, many of them are true.
    claims: list[Claim] = [(root, size, leaf, index, path)]
    claims += [(_led_to(leaf, index, size, path), size, leaf, index, path)]
    assert registry.proven(claims) == ours(claims)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13])
def test_every_leaf_is_found_in_its_place_and_in_no_other(registry: Registry, size: int) -> None:
    leaves, tree = tree_of(size, size)
    registry.anchor(tree.root(), size)
    claims: list[Claim] = [
        (tree.root(), size, leaves[leaf], index, tree.inclusion_path(leaf))
        for leaf in range(size)
        for index in range(size + 1)
    ]
    expected = [leaf == index for leaf in range(size) for index in range(size + 1)]
    assert registry.anchored(claims) == registry.proven(claims) == ours(claims) == expected


def _led_to(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    node, last, found = index, size - 1, leaf
    for hash_ in path:
        if node & 1 or node == last:
            found = merkle.hash_node(hash_, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = merkle.hash_node(found, hash_)
        node, last = node >> 1, last >> 1
    return found


def _selector(signature: str) -> bytes:
    return bytes(keccak(text=signature)[:4])
