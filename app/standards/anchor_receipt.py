"""EvmAnchorReceipt v1: proof, beside a credential, that its digest was in a log whose root is on an EVM chain.

Our own format (no published one fits), on RFC 9162 trees. The receipt never touches the credential. Digests, salt
and path are bare hex; `root`, hashes and addresses carry 0x. What it says of the chain are hints: the truth is the
registry's storage at a finalised block.

`alsoAnchored`, if there, lists records of the same log on other chains, each with a root and a path of its own: on a
second chain, the first record that covers a leaf is usually of a larger log. Whoever does not know it reads the rest.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from hashlib import sha256
from typing import Any

from app.standards import merkle
from app.standards.did import WalletAddress, caip10, parse_caip10
from app.standards.vc import parse_timestamp, timestamp

LEAF_TAG = "ukvc-anchor/v1"
RDFC_METHOD = "di-rdfc-sha256"
# What a digest was made of, by cryptosuite of the document; each can be made again from the document alone.
METHODS = (RDFC_METHOD, "di-jcs-sha256", "ecdsa-sd-sha256")
_LEAF_PREFIX = LEAF_TAG.encode()
MAX_PATH = 64
MAX_ALSO = 4
"""Further records in one receipt. Each makes a verifier ask once more."""
_HASH = re.compile("[0-9a-f]{64}")
_HEX = re.compile("[0-9a-f]*+")


class LeafKind(IntEnum):
    """What a leaf commits to; the number is the byte in the leaf."""

    CREDENTIAL = 1
    STATUS_LIST = 2
    DID_DOCUMENT = 3
    ACCREDITATION = 4

    @property
    def label(self) -> str:
        return self.name.lower().replace("_", "-")


_KINDS = {kind.label: kind for kind in LeafKind}


def binding_digest(hash_data: bytes, proof_bytes: bytes) -> bytes:
    """`di-rdfc-sha256`: SHA-256 of what was signed (64 bytes) and the signature (64 bytes).

    Independent of how the JSON is spelled, so re-serialising a credential never breaks its anchor.
    """
    return sha256(hash_data + proof_bytes).digest()


def leaf_hash(kind: LeafKind, salt: bytes, digest: bytes) -> bytes:
    """RFC 9162 leaf hash of tag || kind || salt (32 random bytes) || digest (32 bytes)."""
    return merkle.hash_leaf(_LEAF_PREFIX + bytes([kind]) + salt + digest)


@dataclass(frozen=True, slots=True)
class ChainRecord:
    """Where a checkpoint was recorded. Addresses lower case, hashes 32 bytes, `block_time` UTC."""

    chain_id: int
    contract: str
    anchored_by: str
    tx_hash: bytes
    log_index: int
    block_number: int
    block_hash: bytes
    block_time: datetime
    finality: str


@dataclass(frozen=True, slots=True)
class Proven:
    """A record and the path that leads to its root, of the first `tree_size` leaves."""

    tree_size: int
    path: Sequence[bytes]
    root: bytes
    record: ChainRecord


@dataclass(frozen=True, slots=True)
class FurtherRecord:
    """What a receipt says of a record on another chain."""

    tree_size: int
    path: tuple[bytes, ...]
    root: bytes
    chain_id: int
    contract: str
    anchored_by: WalletAddress
    block_time: datetime | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A parsed receipt. `proof` is still unchecked. `also`: the same leaf recorded on further chains."""

    issuer: str
    method: str
    digest: bytes
    kind: LeafKind
    salt: bytes
    index: int
    tree_size: int
    path: tuple[bytes, ...]
    root: bytes
    chain_id: int
    contract: str
    anchored_by: WalletAddress
    block_time: datetime | None
    also: tuple[FurtherRecord, ...] = ()

    def proves_inclusion(self) -> bool:
        """Whether each path leads from the leaf to the root it belongs to."""
        leaf = leaf_hash(self.kind, self.salt, self.digest)
        return merkle.verify_inclusion(self.index, self.tree_size, leaf, self.path, self.root) and all(
            merkle.verify_inclusion(self.index, one.tree_size, leaf, one.path, one.root) for one in self.also
        )


def unsigned_receipt(
    *,
    issuer: str,
    digest: bytes,
    kind: LeafKind,
    salt: bytes,
    index: int,
    tree_size: int,
    path: Sequence[bytes],
    root: bytes,
    record: ChainRecord,
    also: Sequence[Proven] = (),
) -> dict[str, Any]:
    """The receipt as JSON, ready for eddsa-jcs-2022. `also`: records on other chains, at most `MAX_ALSO` are named."""
    document: dict[str, Any] = {
        "type": "EvmAnchorReceipt",
        "version": "1",
        "issuer": issuer,
        "binding": {"method": RDFC_METHOD, "digest": digest.hex()},
        "leaf": {
            "alg": "RFC9162_SHA256",
            "tag": LEAF_TAG,
            "kind": kind.label,
            "salt": salt.hex(),
            "index": index,
            "treeSize": tree_size,
        },
        "inclusionPath": [item.hex() for item in path],
        "root": "0x" + root.hex(),
        "anchor": _anchor(record),
    }
    if also:
        document["alsoAnchored"] = [
            {
                "leaf": {"treeSize": one.tree_size},
                "inclusionPath": [item.hex() for item in one.path],
                "root": "0x" + one.root.hex(),
                "anchor": _anchor(one.record),
            }
            for one in also[:MAX_ALSO]
        ]
    return document


def read_receipt(document: Mapping[str, Any]) -> Receipt:
    """Parse a receipt. Raises `ValueError` when any part is missing or misshapen."""
    leaf, binding = _object(document, "leaf"), _object(document, "binding")
    if (
        document.get("type") != "EvmAnchorReceipt"
        or document.get("version") != "1"
        or leaf.get("alg") != "RFC9162_SHA256"
        or leaf.get("tag") != LEAF_TAG
        or binding.get("method") not in METHODS
    ):
        raise ValueError("not an anchor receipt of a known kind")
    issuer = document.get("issuer")
    if not isinstance(issuer, str) or str(leaf.get("kind")) not in _KINDS:
        raise ValueError("the receipt's issuer or kind cannot be read")
    own = _recorded(document)
    return Receipt(
        issuer=issuer,
        method=binding["method"],
        digest=_hash(binding.get("digest")),
        kind=_KINDS[leaf["kind"]],
        salt=_hash(leaf.get("salt")),
        index=_position(leaf.get("index")),
        tree_size=own.tree_size,
        path=own.path,
        root=own.root,
        chain_id=own.chain_id,
        contract=own.contract,
        anchored_by=own.anchored_by,
        block_time=own.block_time,
        also=_further(document.get("alsoAnchored")),
    )


def _anchor(record: ChainRecord) -> dict[str, Any]:
    return {
        "chain": f"eip155:{record.chain_id}",
        "contract": caip10(record.chain_id, record.contract),
        "anchoredBy": caip10(record.chain_id, record.anchored_by),
        "txHash": "0x" + record.tx_hash.hex(),
        "logIndex": record.log_index,
        "blockNumber": record.block_number,
        "blockHash": "0x" + record.block_hash.hex(),
        "blockTime": timestamp(record.block_time),
        "finality": record.finality,
    }


def _recorded(document: Mapping[str, Any]) -> FurtherRecord:
    """The members that say where something is recorded, the same in a receipt and in each further record of one."""
    leaf, anchor = _object(document, "leaf"), _object(document, "anchor")
    contract, wallet = parse_caip10(anchor.get("contract")), parse_caip10(anchor.get("anchoredBy"))
    path, root = document.get("inclusionPath"), document.get("root")
    if contract is None or wallet is None or contract.chain_id != wallet.chain_id:
        raise ValueError("the receipt's addresses cannot be read")
    if not isinstance(path, list) or len(path) > MAX_PATH:
        raise ValueError("the receipt's path cannot be read")
    if not isinstance(root, str) or not root.startswith("0x"):
        raise ValueError("the receipt's root cannot be read")
    return FurtherRecord(
        tree_size=_position(leaf.get("treeSize")),
        path=_hashes(path),
        root=_hash(root[2:]),
        chain_id=contract.chain_id,
        contract=contract.address,
        anchored_by=wallet,
        block_time=parse_timestamp(anchor.get("blockTime")),
    )


def _further(value: Any) -> tuple[FurtherRecord, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_ALSO or not all(isinstance(one, dict) for one in value):
        raise ValueError("the receipt's further records cannot be read")
    # Those on chains of another kind are for others to read.
    return tuple(_recorded(one) for one in value if _is_evm(one.get("anchor")))


def _is_evm(anchor: Any) -> bool:
    chain = anchor.get("chain") if isinstance(anchor, dict) else None
    return not isinstance(chain, str) or chain.startswith("eip155:")


def _object(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"the receipt has no {name}")
    return value


def _hash(value: Any) -> bytes:
    if not isinstance(value, str) or _HASH.fullmatch(value) is None:
        raise ValueError("not a 32-byte value in lower-case hex")
    return bytes.fromhex(value)


def _hashes(values: Sequence[Any]) -> tuple[bytes, ...]:
    if not all([isinstance(value, str) and len(value) == 64 for value in values]):
        raise ValueError("not a 32-byte value in lower-case hex")
    joined = "".join(values)
    if _HEX.fullmatch(joined) is None:
        raise ValueError("not a 32-byte value in lower-case hex")
    data = bytes.fromhex(joined)
    return tuple([data[start : start + 32] for start in range(0, len(data), 32)])


def _position(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError("not a position in a log")
    return value
