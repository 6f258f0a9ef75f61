"""The Safe contracts as their makers built them (package @safe-global/safe-smart-account 1.5.0), deployed on a local chain."""

import json
from collections.abc import Sequence
from typing import Any

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from app.adapters.local_chain import LocalChain
from tests.integration.conftest import ROOT

ARTIFACTS = ROOT / "tests/oracles/node_modules/@safe-global/safe-smart-account/build/artifacts/contracts"
NOBODY = "0x" + 40 * "0"
SETUP = "setup(address[],uint256,address,bytes,address,address,uint256,address)"
HANDLER = "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json"
CREATE = "createProxyWithNonce(address,bytes,uint256)"


def call_data(function: str, *given: Any) -> bytes:
    kinds = function[function.index("(") + 1 : -1].split(",")
    return keccak(text=function)[:4] + encode(kinds, given)


def sent(chain: LocalChain, data: str | bytes, to: str | None = None) -> Any:
    """The receipt of a transaction of the local chain's own account."""
    text = data if isinstance(data, str) else "0x" + data.hex()
    order = {"from": chain.faucet().address, "data": text, "gas": hex(6_000_000)} | ({"to": to} if to else {})
    tx_hash = chain.rpc("eth_sendTransaction", order)
    # The node mines by itself, but a moment after it has answered.
    chain.rpc("evm_mine")
    receipt = chain.rpc("eth_getTransactionReceipt", tx_hash)
    assert receipt["status"] == "0x1"
    return receipt


def deployed(chain: LocalChain, path: str) -> str:
    artifact = json.loads((ARTIFACTS / path).read_text(encoding="utf-8"))
    return str(to_checksum_address(sent(chain, artifact["bytecode"])["contractAddress"]))


def deploy_safe(
    chain: LocalChain, owners: Sequence[str], threshold: int, *, speaks: bool = True, kind: str = "Safe"
) -> str:
    """A new Safe of these owners; its address.

    `speaks`: with the handler that answers for it, as Safes usually have. `kind`: Safe, or SafeL2 as on the cheaper
    chains.
    """
    singleton = deployed(chain, f"{kind}.sol/{kind}.json")
    factory = deployed(chain, "proxies/SafeProxyFactory.sol/SafeProxyFactory.json")
    handler = deployed(chain, HANDLER) if speaks else NOBODY
    setup = call_data(SETUP, owners, threshold, NOBODY, b"", handler, NOBODY, 0, NOBODY)
    receipt = sent(chain, call_data(CREATE, singleton, setup, 7), factory)
    created = next(log for log in receipt["logs"] if log["address"].lower() == factory.lower())
    return str(to_checksum_address("0x" + created["topics"][1][-40:]))
