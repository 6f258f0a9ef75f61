"""What others take for the same service: EAS, OpenAttestation and TrustVC, on the chain that ours is measured on.

Their contracts are created from the code that their makers compiled and published (`package.json` beside this file
pins it); nothing of theirs is built or copied here. Each call is one that an issuer of credentials makes again and
again, with data that never comes twice, so each writes storage that nobody wrote before, as it does in use. It counts
once its event is in the receipt. Unit: gas of the whole transaction.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from benchmarks.payer import Payer
from benchmarks.real_log import digest_without_zero_byte

_PACKAGES = Path(__file__).parent / "node_modules"
_EAS = "@ethereum-attestation-service/eas-contracts/artifacts/contracts"
_OPEN_ATTESTATION = "@govtechsg/document-store/dist/contracts/factories/contracts/DocumentStore__factory.js"
_TRUST_VC = "@trustvc/document-store/types/factories/DocumentStore__factory.d.ts"
_NOBODY = "0x" + 40 * "0"
_LEARNER = "0x" + 20 * "1e"
_ATTEST = "(bytes32,(address,uint64,bool,bytes32,bytes,uint256))"
_PATH = 12
"""Hashes from one document to the root of 4,096."""

NOT_MEASURED_HERE = (
    "Noted elsewhere from builds with other settings, not measured here: EAS timestamp 45,852, attest 200,956; "
    "document store with paths (here TrustVC’s) issue 48,037, revoke one of 4,096 63,738."
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `event` is what the contract says once it is done."""

    name: str
    to: str
    data: bytes
    event: str


def installed() -> bool:
    """Whether `make bench` has put the packages there."""
    return all((_PACKAGES / path).exists() for path in (_EAS, _OPEN_ATTESTATION, _TRUST_VC))


async def measure(payer: Payer) -> dict[Call, int]:
    """Gas of each call, in the order in which they are made."""
    calls = [*await _eas(payer), *await _open_attestation(payer), *await _trust_vc(payer)]
    return {call: await _gas(payer, call) for call in calls}


async def _eas(payer: Payer) -> Sequence[Call]:
    """EAS with a schema of one digest and no resolver; it is attested to a learner, as a credential would be."""
    schemas = await payer.create(_artifact("SchemaRegistry"))
    eas = await payer.create(_artifact("EAS") + encode(["address"], [schemas]))
    await payer.send(_call("register(string,address,bool)", "bytes32 digest", _NOBODY, True), schemas)
    schema = keccak(b"bytes32 digest" + bytes(20) + b"\x01")
    attestation = (schema, (_LEARNER, 0, True, bytes(32), digest_without_zero_byte(), 0))
    attest = keccak(text=f"attest({_ATTEST})")[:4] + encode([_ATTEST], [attestation])
    revoke = _of_digest("revokeOffchain")
    return (
        Call("EAS timestamp", eas, _of_digest("timestamp"), "Timestamped(bytes32,uint64)"),
        Call("EAS attest, one credential", eas, attest, "Attested(address,address,bytes32,bytes32)"),
        Call("EAS revokeOffchain, one credential", eas, revoke, "RevokedOffchain(address,bytes32,uint64)"),
    )


async def _open_attestation(payer: Payer) -> Sequence[Call]:
    """The document store of OpenAttestation as it last published it: withdrawn is a digest, issued or not."""
    store = await payer.create(_factory(_OPEN_ATTESTATION) + _owner(payer))
    return (
        Call("OpenAttestation issue", store, _of_digest("issue"), "DocumentIssued(bytes32)"),
        Call("OpenAttestation revoke, one credential", store, _of_digest("revoke"), "DocumentRevoked(bytes32)"),
    )


async def _trust_vc(payer: Payer) -> Sequence[Call]:
    """The store that followed it, published by TrustVC: withdrawn is one document with its path to the root issued.

    A pair is hashed in ascending order; a document is its own leaf.
    """
    store = await payer.create(_factory(_TRUST_VC) + _owner(payer))
    document, path = digest_without_zero_byte(), [digest_without_zero_byte() for _ in range(_PATH)]
    root = document
    for sibling in path:
        root = keccak(min(root, sibling) + max(root, sibling))
    revoke = _call("revoke(bytes32,bytes32,bytes32[])", root, document, path)
    return (
        Call("TrustVC issue", store, _call("issue(bytes32)", root), "DocumentIssued(bytes32)"),
        Call("TrustVC revoke, one credential of 4,096", store, revoke, "DocumentRevoked(bytes32,bytes32)"),
    )


async def _gas(payer: Payer, call: Call) -> int:
    receipt = await payer.send(call.data, call.to)
    assert ["0x" + keccak(text=call.event).hex()] in [log["topics"][:1] for log in receipt["logs"]], call.name
    return int(receipt["gasUsed"], 16)


def _call(function: str, *given: Any) -> bytes:
    kinds = function[function.index("(") + 1 : -1].split(",")
    return keccak(text=function)[:4] + encode(kinds, given)


def _of_digest(function: str) -> bytes:
    return _call(f"{function}(bytes32)", digest_without_zero_byte())


def _owner(payer: Payer) -> bytes:
    return encode(["string", "address"], ["Northgate College (sample)", payer.account.address])


def _artifact(contract: str) -> bytes:
    artifact = json.loads((_PACKAGES / _EAS / f"{contract}.sol" / f"{contract}.json").read_text(encoding="utf-8"))
    return bytes.fromhex(artifact["bytecode"][2:])


def _factory(path: str) -> bytes:
    """The code inside a generated class, which is all that these packages have of it."""
    found = re.search(r'bytecode = "0x([0-9a-f]+)"', (_PACKAGES / path).read_text(encoding="utf-8"))
    assert found is not None, path
    return bytes.fromhex(found[1])
