"""A made-up college in memory: its keys through the years, its log, its register, and a credential of every age.

Everything is signed for real; a test spoils one thing. Nothing here knows how Stackmark issues.
"""

import asyncio
import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.adapters.contexts import canonicaliser
from app.standards import anchor_receipt, checkpoint_list, data_integrity, did, merkle, multikey, status_list, vc
from app.standards.anchor_receipt import ChainRecord, LeafKind
from app.standards.compiled_shape import ShapeCache
from app.verification import verify
from app.verification.evidence import Submission
from app.verification.ports import Registry
from app.verification.reader import Reader
from app.verification.report import Report
from tests.fakes import MemoryList, MemoryPublications, MemoryRegistry
from tests.unit.standards import sample

Document = dict[str, Any]

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
WALLET = "0x" + "a1" * 20
CONTRACT = "0x" + "c0" * 20
CHAIN_ID = 31337
LIST_URL = "https://college.example.ac.uk/status/1"
CHECKPOINTS_URL = "https://college.example.ac.uk/checkpoints"
FORM = ShapeCache(canonicaliser())


@cache
def private_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(anchor_receipt.sha256(name.encode()).digest())


def public_key(name: str) -> str:
    raw = private_key(name).public_key().public_bytes_raw()
    return multikey.PublicKey(multikey.KeyType.ED25519, raw).encode()


def did_document(**keys: Mapping[str, str]) -> Document:
    """The college's document with `keys`: name -> limits on it (`revoked`, `expires`); those revoked sign no more."""
    names = {name: name.replace("_", "-") for name in keys}
    wallet = f"{sample.DID}#anchor-wallet-1"
    methods: list[Document] = [
        {
            "id": f"{sample.DID}#{names[name]}",
            "type": "Multikey",
            "controller": sample.DID,
            "publicKeyMultibase": public_key(names[name]),
            **limits,
        }
        for name, limits in keys.items()
    ]
    methods.append(
        {
            "id": wallet,
            "type": "EcdsaSecp256k1RecoveryMethod2020",
            "controller": sample.DID,
            "blockchainAccountId": did.caip10(CHAIN_ID, WALLET),
        }
    )
    return {
        "@context": list(did.MULTIKEY_CONTEXTS),
        "id": sample.DID,
        "verificationMethod": methods,
        "assertionMethod": [f"{sample.DID}#{names[name]}" for name in keys if "revoked" not in keys[name]],
        "capabilityInvocation": [wallet],
        "service": [{"id": f"{sample.DID}#c", "type": "CheckpointList", "serviceEndpoint": CHECKPOINTS_URL}],
    }


def signed(document: Document, key: str, on: datetime) -> tuple[Document, bytes]:
    """(document with an eddsa-rdfc-2022 proof, its binding digest)."""
    options = data_integrity.proof_options(data_integrity.RDFC, f"{sample.DID}#{key}", on)
    hash_data = data_integrity.hash_rdfc(FORM, document, options)
    signature = private_key(key).sign(hash_data)
    return data_integrity.secured(document, options, signature), anchor_receipt.binding_digest(hash_data, signature)


def signed_jcs(document: Document, key: str, on: datetime) -> Document:
    return data_integrity.sign_jcs(document, f"{sample.DID}#{key}", on, private_key(key).sign)


def a_status_list(*withdrawn: int, key: str = "key-2026-09", made: datetime = NOW - timedelta(hours=1)) -> Document:
    bits = bytearray(status_list.LENGTH // 8)
    for index in withdrawn:
        status_list.set_bit(bits, index)
    return signed(status_list.unsigned_list(LIST_URL, {"id": sample.DID}, bytes(bits), made), key, made)[0]


def receipt_for(digest: bytes, recorded: datetime, key: str = "key-2026-09", wallet: str = WALLET) -> Document:
    """The receipt of a log of five leaves, the credential's the fourth."""
    salt = bytes(range(32))
    leaves = [bytes([number]) * 32 for number in range(5)]
    leaves[3] = anchor_receipt.leaf_hash(LeafKind.CREDENTIAL, salt, digest)
    tree = merkle.Tree(leaves)
    unsigned = anchor_receipt.unsigned_receipt(
        issuer=sample.DID,
        digest=digest,
        kind=LeafKind.CREDENTIAL,
        salt=salt,
        index=3,
        tree_size=5,
        path=tree.inclusion_path(3),
        root=tree.root(),
        record=ChainRecord(CHAIN_ID, CONTRACT, wallet, bytes(32), 0, 7, bytes(32), recorded, "finalized"),
    )
    return signed_jcs(unsigned, key, recorded)


def checkpoints_for(receipt: Document, key: str = "key-2026-09", **changes: Any) -> Document:
    entries = [{"treeSize": 5, "root": receipt["root"]} | changes]
    return signed_jcs(checkpoint_list.unsigned_list(sample.DID, entries, NOW - timedelta(hours=2)), key, NOW)


@dataclass
class World:
    """What there is to find. `history` are former versions of the DID document, each from a moment on."""

    credential: Document
    receipt: Document | None
    keys: Document
    listed: Document
    registry: Registry
    history: list[tuple[datetime, Document]] = field(default_factory=list)
    checkpoints: Document | None = None
    others: dict[str, Document] = field(default_factory=dict)
    issuers: dict[str, tuple[str, str]] | None = field(
        default_factory=lambda: {sample.DID: ("Example College", "10000000")}
    )
    lost: set[str] = field(default_factory=set)
    now: datetime = NOW

    def publications(self) -> MemoryPublications:
        documents = {sample.DID: self.keys, LIST_URL: self.listed, **self.others}
        if self.checkpoints is not None:
            documents[CHECKPOINTS_URL] = self.checkpoints
        there = {name: json.dumps(one).encode() for name, one in documents.items() if name not in self.lost}
        history = {sample.DID: [(since, json.dumps(one).encode()) for since, one in self.history]}
        return MemoryPublications(there, history)

    def report(
        self, as_of: datetime | None = None, *, reader: Reader | None = None, form: data_integrity.CanonicalForm = FORM
    ) -> Report:
        return asyncio.run(
            verify.verify(
                Submission(self.credential, self.receipt),
                publications=self.publications(),
                registry=self.registry,
                recogniser=MemoryList(self.issuers),
                canonicaliser=form,
                now=self.now,
                as_of=as_of,
                reader=reader,
            )
        )


def recorded_by(receipt: Document, moment: datetime, wallet: str = WALLET) -> MemoryRegistry:
    root = bytes.fromhex(receipt["root"][2:])
    return MemoryRegistry({(CHAIN_ID, CONTRACT, wallet, root): int(moment.timestamp())})


def a_world(
    *,
    key: str = "key-2026-09",
    signed_on: datetime = NOW - timedelta(days=30),
    recorded_on: datetime | None = None,
    keys: Document | None = None,
    members: Mapping[str, Any] | None = None,
    **changes: Any,
) -> World:
    """A credential signed with `key` on a day and recorded ten minutes later, unless something else is said.

    `members` replace members of the document before it is signed; None leaves one out.
    """
    document = sample.credential(3, valid_from=signed_on, **changes) | dict(members or {})
    document = {name: value for name, value in document.items() if value is not None}
    credential, digest = signed(document, key, signed_on)
    recorded = recorded_on or signed_on + timedelta(minutes=10)
    receipt = receipt_for(digest, recorded)
    return World(
        credential=credential,
        receipt=receipt,
        keys=keys or did_document(key_2026_09={}),
        listed=a_status_list(),
        registry=recorded_by(receipt, recorded),
    )


def changed(document: Document) -> Document:
    """A copy to spoil."""
    return deepcopy(document)


def stamp(moment: datetime) -> str:
    return vc.timestamp(moment)
