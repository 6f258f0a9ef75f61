"""Check a Stackmark bundle with tools that Stackmark did not write. Nothing here comes from Stackmark.

    pip install openvc-core==1.37.0 openbadgeslib==4.6.3 "pyld>=3.3" web3
    python verify_without_us.py credential.json --rpc https://a-node-of-the-chain.example [--online]

1. openvc-core checks the signature, the dates, and the signed list of withdrawn credentials.
2. PyLD and hashlib make the credential's digest again and walk the receipt's path to the recorded root (RFC 9162).
3. web3 asks a node of the chain whether the issuer's wallet recorded that root, and when.

With --online the issuer's keys and list are fetched from the issuer; without, those in the bundle are used, and you
must compare the printed key and wallet with what the college publishes.
"""

import argparse
import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openbadgeslib.ob3.contexts import bundled_contexts, document_loader
from openvc.did.base import DidResolverRegistry
from openvc.did.did_web import DidWebResolver
from openvc.errors import OpenvcError
from openvc.fetch import https_json_fetch, https_text_fetch
from openvc.multibase import decode_multibase
from openvc.resolvers import default_status_list_resolver
from openvc.verify import verify_credential
from pyld import jsonld
from web3 import Web3

LEAF, NODE = b"\x00", b"\x01"
REGISTRY = [
    {
        "type": "function",
        "name": "anchoredAt",
        "stateMutability": "view",
        "inputs": [{"name": "issuer", "type": "address"}, {"name": "root", "type": "bytes32"}],
        "outputs": [{"type": "uint64"}],
    }
]


def main() -> int:
    parser = argparse.ArgumentParser(description="Check a bundle without Stackmark.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--rpc", required=True, help="a node of the chain named in the receipt")
    parser.add_argument("--online", action="store_true", help="fetch the keys and the list from the issuer")
    arguments = parser.parse_args()
    bundle = json.loads(arguments.bundle.read_text(encoding="utf-8"))
    credential, receipt = bundle["credential"], bundle["anchorReceipt"]

    fetch_keys, fetch_list = brought(bundle["didDocument"]), brought(json.dumps(bundle["statusListCredential"]))
    if arguments.online:
        fetch_keys, fetch_list = https_json_fetch, https_text_fetch
    resolver = DidResolverRegistry([DidWebResolver(fetch_keys)])
    lists = default_status_list_resolver(resolver=resolver, fetch=fetch_list, extra_contexts=bundled_contexts())
    try:
        verify_credential(credential, resolver=resolver, resolve_status_list=lists, extra_contexts=bundled_contexts())
    except OpenvcError as error:
        return fail(f"openvc-core: {error}")
    print(f"Signed by {credential['issuer']['id']} with {credential['proof']['verificationMethod']}; not withdrawn.")

    digest = digest_of(credential)
    if digest.hex() != receipt["binding"]["digest"]:
        return fail("the receipt is another document's")
    if root_of(receipt, digest) != bytes.fromhex(receipt["root"][2:]):
        return fail("the receipt's path does not lead to its root")
    print(f"It is entry {receipt['leaf']['index']} of the issuer's log of {receipt['leaf']['treeSize']}.")

    chain, _, wallet = receipt["anchor"]["anchoredBy"].rpartition(":")
    contract = receipt["anchor"]["contract"].rpartition(":")[2]
    node = Web3(Web3.HTTPProvider(arguments.rpc, request_kwargs={"timeout": 10}))
    if f"eip155:{node.eth.chain_id}" != chain:
        return fail(f"the node is of another chain than {chain}")
    registry = node.eth.contract(address=Web3.to_checksum_address(contract), abi=REGISTRY)
    root = bytes.fromhex(receipt["root"][2:])
    recorded = registry.functions.anchoredAt(Web3.to_checksum_address(wallet), root).call(block_identifier="finalized")
    if not recorded:
        return fail("the wallet never recorded that root")
    print(f"Recorded by wallet {wallet} at {datetime.fromtimestamp(recorded, UTC):%Y-%m-%d %H:%M:%S} UTC.")
    return 0


def brought(member: Any) -> Any:
    """A fetch that gives what the bundle brings, whatever is asked for."""
    return lambda url: member


def digest_of(credential: dict[str, Any]) -> bytes:
    """SHA-256 of what eddsa-rdfc-2022 signs (proof options, then document) and of the signature."""
    document = {name: value for name, value in credential.items() if name != "proof"}
    proof = dict(credential["proof"])
    signature = decode_multibase(proof.pop("proofValue"))
    options = {**proof, "@context": credential["@context"]}
    canonical = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        "documentLoader": document_loader(),
    }
    hashes = [hashlib.sha256(jsonld.normalize(part, canonical).encode()).digest() for part in (options, document)]
    return hashlib.sha256(b"".join(hashes) + signature).digest()


def root_of(receipt: dict[str, Any], digest: bytes) -> bytes:
    """The root that the receipt's path leads to (RFC 9162, section 2.1.3.2)."""
    leaf, path = receipt["leaf"], [bytes.fromhex(step) for step in receipt["inclusionPath"]]
    kind = b"\x01"  # a credential
    value = hashlib.sha256(LEAF + leaf["tag"].encode() + kind + bytes.fromhex(leaf["salt"]) + digest).digest()
    index, last = leaf["index"], leaf["treeSize"] - 1
    for step in path:
        if index % 2 or index == last:
            value = hashlib.sha256(NODE + step + value).digest()
            while index % 2 == 0 and index:
                index, last = index >> 1, last >> 1
        else:
            value = hashlib.sha256(NODE + value + step).digest()
        index, last = index >> 1, last >> 1
    return value


def fail(why: str) -> int:
    print(f"NOT VERIFIED: {why}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
