"""Receipts: what we write is what we read, and anything misshapen is refused."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.standards import anchor_receipt, data_integrity, merkle
from app.standards.anchor_receipt import ChainRecord, LeafKind, Proven
from app.standards.did import WalletAddress
from tests.unit.standards import sample

RECORD = ChainRecord(
    chain_id=31337,
    contract="0x5FbDB2315678afecb367f032d93F642f64180aa3",
    anchored_by="0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
    tx_hash=b"\x11" * 32,
    log_index=0,
    block_number=12,
    block_hash=b"\x22" * 32,
    block_time=datetime(2026, 11, 21, 10, tzinfo=UTC),
    finality="finalized",
)
SALTS = [bytes([number]) * 32 for number in range(5)]
DIGESTS = [bytes([0x80 + number]) * 32 for number in range(5)]
LEAVES = [
    anchor_receipt.leaf_hash(LeafKind.CREDENTIAL, salt, digest) for salt, digest in zip(SALTS, DIGESTS, strict=True)
]
TREE = merkle.Tree(LEAVES)


def receipt(index: int = 3) -> dict[str, Any]:
    return anchor_receipt.unsigned_receipt(
        issuer=sample.DID,
        digest=DIGESTS[index],
        kind=LeafKind.CREDENTIAL,
        salt=SALTS[index],
        index=index,
        tree_size=5,
        path=TREE.inclusion_path(index),
        root=TREE.root(),
        record=RECORD,
    )


def receipt_on_both(index: int = 2, sizes: tuple[int, ...] = (5,)) -> dict[str, Any]:
    """Recorded among the first three leaves, and on other chains among more."""
    also = [
        Proven(
            size, merkle.Tree(LEAVES[:size]).inclusion_path(index), TREE.root(size), replace(RECORD, chain_id=number)
        )
        for number, size in enumerate(sizes, 8453)
    ]
    return anchor_receipt.unsigned_receipt(
        issuer=sample.DID,
        digest=DIGESTS[index],
        kind=LeafKind.CREDENTIAL,
        salt=SALTS[index],
        index=index,
        tree_size=3,
        path=merkle.Tree(LEAVES[:3]).inclusion_path(index),
        root=TREE.root(3),
        record=RECORD,
        also=also,
    )


def test_further_records_are_read_each_with_its_own_root_and_path() -> None:
    read = anchor_receipt.read_receipt(receipt_on_both(sizes=(4, 5)))
    assert read.proves_inclusion()
    assert (read.tree_size, read.root, read.chain_id) == (3, TREE.root(3), 31337)
    assert [(one.chain_id, one.tree_size, one.root) for one in read.also] == [
        (8453, 4, TREE.root(4)),
        (8454, 5, TREE.root(5)),
    ]
    assert {one.anchored_by.chain_id for one in read.also} == {8453, 8454}


def test_a_further_record_that_does_not_prove_it_spoils_the_whole() -> None:
    read = anchor_receipt.read_receipt(receipt_on_both())
    [also] = read.also
    for wrong in (replace(also, root=TREE.root(4)), replace(also, tree_size=4), replace(also, path=also.path[1:])):
        assert not replace(read, also=(wrong,)).proves_inclusion()


def test_a_receipt_without_further_records_is_as_it_was() -> None:
    assert "alsoAnchored" not in receipt()
    assert anchor_receipt.read_receipt(receipt()).also == ()


def test_no_more_further_records_are_named_than_are_read() -> None:
    read = anchor_receipt.read_receipt(receipt_on_both(sizes=(5,) * 9))
    assert len(read.also) == anchor_receipt.MAX_ALSO


def test_a_further_record_on_a_chain_of_another_kind_is_left_to_others() -> None:
    document = receipt_on_both()
    document["alsoAnchored"].append({"anchor": {"chain": "bip122:000000000019d6689c085ae165831e93", "block": 1}})
    assert len(anchor_receipt.read_receipt(document).also) == 1


@pytest.mark.parametrize(
    "spoilt",
    [
        {},
        [7],
        [{}],
        [{"anchor": {"chain": "eip155:1"}}],
        [{"anchor": {"chain": 7}}],
        receipt_on_both()["alsoAnchored"] * (anchor_receipt.MAX_ALSO + 1),
        [receipt_on_both()["alsoAnchored"][0] | {"root": "0x"}],
        [receipt_on_both()["alsoAnchored"][0] | {"leaf": {}}],
        [receipt_on_both()["alsoAnchored"][0] | {"inclusionPath": ["ab"]}],
    ],
)
def test_misshapen_further_records(spoilt: Any) -> None:
    with pytest.raises(ValueError, match=r"receipt|32-byte|position"):
        anchor_receipt.read_receipt(receipt() | {"alsoAnchored": spoilt})


@pytest.mark.parametrize("index", range(5))
def test_round_trip(index: int) -> None:
    read = anchor_receipt.read_receipt(receipt(index))
    assert read.proves_inclusion()
    assert (read.digest, read.salt, read.index, read.tree_size) == (DIGESTS[index], SALTS[index], index, 5)
    assert read.root == TREE.root()
    assert read.anchored_by == WalletAddress(31337, RECORD.anchored_by.lower())
    assert (read.chain_id, read.contract) == (31337, RECORD.contract.lower())
    assert read.block_time == RECORD.block_time


def test_it_can_be_signed_with_jcs() -> None:
    signed = data_integrity.sign_jcs(receipt(), sample.KEY_ID, sample.SIGNED_ON, sample.KEY.sign)
    assert anchor_receipt.read_receipt(signed) == anchor_receipt.read_receipt(receipt())


def test_a_receipt_for_another_credential_does_not_prove_it() -> None:
    read = anchor_receipt.read_receipt(receipt(3))
    for wrong in (
        replace(read, digest=DIGESTS[2]),
        replace(read, salt=SALTS[2]),
        replace(read, kind=LeafKind.STATUS_LIST),
        replace(read, index=2),
        replace(read, index=5),
        replace(read, tree_size=4),
        replace(read, path=read.path[:-1]),
        replace(read, root=TREE.root(4)),
    ):
        assert not wrong.proves_inclusion()


def test_the_digest_covers_what_was_signed_and_the_signature() -> None:
    whole = anchor_receipt.binding_digest(bytes(64), bytes(64))
    assert len(whole) == 32
    assert whole != anchor_receipt.binding_digest(b"\1" + bytes(63), bytes(64))
    assert whole != anchor_receipt.binding_digest(bytes(64), bytes(63) + b"\1")


def test_each_kind_of_leaf_is_another_leaf() -> None:
    assert len({anchor_receipt.leaf_hash(kind, SALTS[0], DIGESTS[0]) for kind in LeafKind}) == len(LeafKind)


HEX = "ab" * 32


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("type",), "AnchorReceipt"),
        (("version",), 1),
        (("version",), "2"),
        (("issuer",), None),
        (("binding",), None),
        (("binding", "method"), "jws-sha256"),
        (("binding", "digest"), None),
        (("binding", "digest"), "0x" + HEX),
        (("binding", "digest"), HEX[2:]),
        (("binding", "digest"), HEX.upper()),
        (("binding", "digest"), "zz" + HEX[2:]),
        (("binding", "digest"), HEX[:-2] + "  "),
        (("binding", "digest"), HEX + "\n"),
        (("leaf",), []),
        (("leaf", "alg"), "RFC6962_SHA256"),
        (("leaf", "tag"), "ukvc-anchor/v2"),
        (("leaf", "kind"), "badge"),
        (("leaf", "kind"), 1),
        (("leaf", "kind"), ["credential"]),
        (("leaf", "kind"), {}),
        (("leaf", "salt"), ""),
        (("leaf", "index"), -1),
        (("leaf", "index"), "3"),
        (("leaf", "index"), True),
        (("leaf", "index"), 3.0),
        (("leaf", "index"), 2**63),
        (("leaf", "treeSize"), None),
        (("inclusionPath",), None),
        (("inclusionPath",), "ab"),
        (("inclusionPath",), [HEX] * 65),
        (("inclusionPath",), [7]),
        (("inclusionPath",), ["0x" + HEX]),
        (("root",), HEX),
        (("root",), "0x"),
        (("root",), None),
        (("anchor",), None),
        (("anchor", "contract"), RECORD.contract),
        (("anchor", "contract"), "eip155:31337:0x12"),
        (("anchor", "anchoredBy"), None),
        (("anchor", "anchoredBy"), "eip155:1:" + RECORD.anchored_by),
    ],
    ids=str,
)
def test_misshapen(path: tuple[str, ...], value: Any) -> None:
    document = deepcopy(receipt())
    holder: Any = document
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    with pytest.raises(ValueError, match=r"receipt|32-byte|position"):
        anchor_receipt.read_receipt(document)


@pytest.mark.parametrize(
    "document", [{}, {"type": "EvmAnchorReceipt"}, {"leaf": {}, "anchor": {}, "binding": {}}], ids=str
)
def test_incomplete(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="receipt"):
        anchor_receipt.read_receipt(document)
