"""The contracts, at one address on every chain: CREATE2 (EIP-1014) through the deterministic deployment proxy.

The address follows from the proxy, a salt and the creation code alone, so it does not matter who deploys. The proxy
stands on most chains; where it does not, one transaction, signed once for no chain in particular (as before EIP-155),
brings it to the same place. A private chain that refuses such a transaction gets a plain deployment, whose address
depends on who deploys.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.address import is_checksum_address, to_checksum_address
from eth_utils.crypto import keccak

from app.adapters.evm import EvmChain
from app.adapters.local_chain import CHAIN_ID as PRACTICE_CHAIN
from app.anchoring.model import Fees
from app.errors import OutsideFailed, Refused

PROXY = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
_PROXY_CODE_HASH = "0x2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989"
# Signs one transaction, the one below, and nothing else: nobody knows its key.
_PROXY_SIGNER = "0x3fAB184622Dc19b6109349B94811493BF2a45362"
_PROXY_TRANSACTION = bytes.fromhex(
    "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba022222222222222222222"
    "22222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222"
)
_PROXY_PRICE = 100_000 * 100 * 10**9
_TRANSFER_GAS = 21_000
SALT = keccak(text="stackmark")
_WAIT_TRIES, _WAIT_PAUSE_SECONDS = 300, 2.0


@dataclass(frozen=True, slots=True)
class Contract:
    """What is deployed. `creation_code` has the constructor's arguments at its end."""

    name: str
    creation_code: bytes
    runtime_code_hash: str
    compiler: str

    @property
    def address(self) -> str:
        """Where CREATE2 puts it, on every chain."""
        parts = b"\xff" + bytes.fromhex(PROXY[2:]) + SALT + keccak(self.creation_code)
        return str(to_checksum_address(keccak(parts)[12:]))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deployment takes. `gas` and `cost` (wei) are the most it can take; nothing to do if `is_there`."""

    contract: Contract
    chain_id: int
    is_there: bool
    plain: bool
    proxy_missing: bool
    gas: int
    fees: Fees
    cost: int


@dataclass(frozen=True, slots=True)
class Deployment:
    """What was deployed. `salt` is None for a plain deployment."""

    contract: Contract
    chain_id: int
    address: str
    deployed_by: str
    tx_hash: str
    block_number: int
    date: datetime
    salt: bytes | None


def anchor_registry(contracts_dir: Path) -> Contract:
    """The registry of checkpoints."""
    return _contract(contracts_dir, "AnchorRegistry", b"")


def accreditation_registry(contracts_dir: Path, scheme_operator: str) -> Contract:
    """The registry of accreditations of one scheme. Raises `Refused("address_malformed")`."""
    if not is_checksum_address(scheme_operator):
        raise Refused(
            "address_malformed", "The scheme operator must be an address of 0x and 40 digits, capitals as given."
        )
    return _contract(contracts_dir, "AccreditationRegistry", encode(["address"], [scheme_operator]))


async def plan(chain: EvmChain, contract: Contract, payer: str, *, plain: bool = False) -> Plan:
    """What it takes to deploy `contract` from `payer`; writes nothing.

    Raises `Refused("contract_other")` when other code stands at its address, and `OutsideFailed`.
    """
    chain_id, fees = await chain.chain_id(), await chain.fees()
    standing = "0x" if plain else await chain.call("eth_getCode", contract.address, "latest")
    if standing != "0x":
        if _hash_of(standing) != contract.runtime_code_hash:
            raise Refused(
                "contract_other",
                f"At {contract.address} stands other code than {contract.name}: this is no usual chain.",
            )
        return Plan(contract, chain_id, True, plain, False, 0, fees, 0)
    creating = {"from": payer, "data": "0x" + contract.creation_code.hex()}
    # The proxy's own work is small beside the creation; what is not used is not paid.
    gas = int(await chain.call("eth_estimateGas", creating), 16) * 11 // 10 + 50_000
    missing = not plain and _hash_of(await chain.call("eth_getCode", PROXY, "latest")) != _PROXY_CODE_HASH
    cost = gas * fees.max_fee
    if missing:
        gas += _TRANSFER_GAS
        cost += _TRANSFER_GAS * fees.max_fee + _PROXY_PRICE
    return Plan(contract, chain_id, False, plain, missing, gas, fees, cost)


async def deploy(chain: EvmChain, planned: Plan, account: Any) -> Deployment:
    """Carry a plan out, paid by `account`, and look at what then stands there.

    Raises `Refused("payer_unfunded")`, `OutsideFailed` (proxy_refused, deployment_failed, and as the chain does).
    Safe to repeat after any failure.
    """
    if await chain.balance(account.address) < planned.cost:
        raise Refused("payer_unfunded", f"{account.address} does not hold the {in_ether(planned.cost)} this can take.")
    if planned.proxy_missing:
        await _bring_proxy(chain, planned, account)
    contract = planned.contract
    # The proxy takes the salt, then the creation code; a plain deployment goes to nobody.
    call = {"data": contract.creation_code} if planned.plain else {"to": PROXY, "data": SALT + contract.creation_code}
    receipt = await _send(chain, planned, account, {**call, "gas": planned.gas})
    address = str(to_checksum_address(receipt["contractAddress"])) if planned.plain else contract.address
    if _hash_of(await chain.call("eth_getCode", address, "latest")) != contract.runtime_code_hash:
        raise OutsideFailed("deployment_failed", f"The transaction {receipt['transactionHash']} did not deploy it.")
    block = await chain.call("eth_getBlockByHash", receipt["blockHash"], False)
    return Deployment(
        contract,
        planned.chain_id,
        address,
        str(account.address),
        receipt["transactionHash"],
        int(receipt["blockNumber"], 16),
        datetime.fromtimestamp(int(block["timestamp"], 16), UTC),
        None if planned.plain else SALT,
    )


def open_payer(file: Path, passphrase: str) -> Any:
    """The account in an encrypted wallet file. Raises `Refused` (payer_unreadable, passphrase_wrong)."""
    from eth_account import Account

    try:
        keystore = json.loads(file.read_bytes())
        if not isinstance(keystore, dict):
            raise TypeError("no wallet file")
        key = Account.decrypt(keystore, passphrase)
    except (OSError, TypeError, KeyError, json.JSONDecodeError, UnicodeDecodeError):
        raise Refused("payer_unreadable", f"{file.name} is no encrypted wallet file that can be read.") from None
    except ValueError:
        raise Refused("passphrase_wrong", "The passphrase does not open the key file.") from None
    return Account.from_key(key)


def record(folder: Path, deployment: Deployment) -> Path | None:
    """Write a deployment into `<chain id>.json`. None on a practice chain, which is gone tomorrow.

    Raises `Refused("deployment_recorded")` if another is recorded there: an entry never changes.
    """
    if deployment.chain_id == PRACTICE_CHAIN:
        return None
    file = folder / f"{deployment.chain_id}.json"
    known: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {"chainId": deployment.chain_id}
    contracts = known.setdefault("contracts", {})
    name = deployment.contract.name
    if name in contracts and contracts[name]["address"] != deployment.address:
        raise Refused("deployment_recorded", f"{file.name} already names another {name}; move that entry first.")
    contracts[name] = {
        "address": deployment.address,
        "transaction": deployment.tx_hash,
        "block": deployment.block_number,
        "date": deployment.date.date().isoformat(),
        "deployedBy": deployment.deployed_by,
        "runtimeCodeHash": deployment.contract.runtime_code_hash,
        "creationCodeHash": "0x" + keccak(deployment.contract.creation_code).hex(),
        "factory": PROXY if deployment.salt else None,
        "salt": "0x" + deployment.salt.hex() if deployment.salt else None,
        "compiler": deployment.contract.compiler,
    }
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    return file


def recorded(folder: Path, chain_id: int, contract: Contract) -> str | None:
    """The address at which this very contract was recorded on a chain."""
    file = folder / f"{chain_id}.json"
    entry = json.loads(file.read_text())["contracts"].get(contract.name) if file.exists() else None
    if entry is None or entry["creationCodeHash"] != "0x" + keccak(contract.creation_code).hex():
        return None
    return str(entry["address"])


def in_ether(wei: int) -> str:
    """For people: six decimals."""
    return f"{wei / 10**18:.6f} of the chain’s currency"


async def _bring_proxy(chain: EvmChain, planned: Plan, account: Any) -> None:
    lacking = _PROXY_PRICE - await chain.balance(_PROXY_SIGNER)
    if lacking > 0:
        await _send(chain, planned, account, {"to": _PROXY_SIGNER, "value": lacking, "gas": _TRANSFER_GAS})
    try:
        await chain.broadcast(_PROXY_TRANSACTION)
    except OutsideFailed as error:
        if error.code != "transaction_refused":
            raise
        raise OutsideFailed(
            "proxy_refused", "This chain does not take the proxy’s transaction; deploy with --plain instead."
        ) from error
    await chain.wait_for("0x" + keccak(_PROXY_TRANSACTION).hex(), _WAIT_TRIES, _pause(planned.chain_id))


async def _send(chain: EvmChain, planned: Plan, account: Any, call: dict[str, Any]) -> Any:
    signed = account.sign_transaction(
        {
            "type": 2,
            "chainId": planned.chain_id,
            "nonce": await chain.next_nonce(account.address),
            "value": 0,
            "maxFeePerGas": planned.fees.max_fee,
            "maxPriorityFeePerGas": planned.fees.priority_fee,
            **call,
        }
    )
    await chain.broadcast(bytes(signed.raw_transaction))
    return await chain.wait_for("0x" + bytes(signed.hash).hex(), _WAIT_TRIES, _pause(planned.chain_id))


def _pause(chain_id: int) -> float:
    return 0.1 if chain_id == PRACTICE_CHAIN else _WAIT_PAUSE_SECONDS


def _contract(contracts_dir: Path, name: str, arguments: bytes) -> Contract:
    artifact = json.loads((contracts_dir / "abi" / f"{name}.json").read_text())
    compiler = artifact["compiler"]
    return Contract(
        name,
        bytes.fromhex(artifact["bytecode"][2:]) + arguments,
        artifact["runtimeCodeHash"],
        f"{compiler['name']} {compiler['version']}",
    )


def _hash_of(code: str) -> str:
    return "0x" + keccak(bytes.fromhex(code[2:])).hex()
