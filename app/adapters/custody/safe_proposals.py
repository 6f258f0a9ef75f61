"""Checkpoints that a Safe's owners are asked to sign: kept as files, signed outside, sent when enough have.

    <data>/proposals/<digest>/proposal.json      what is to be signed, with the typed data for an owner's own wallet
                              <owner>.signature  one file for each owner who has

A proposal is made from the checkpoint alone, so making it again finds it again. Nothing in a file is believed: the
digest is computed anew, the owners are the ones that the Safe itself names at that moment, and a proposal that the Safe
has gone past (its nonce) is stale. Of all proposals with one nonce the contract lets only one be sent.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from app.adapters.custody.safe import SafeTransaction, signed_by
from app.adapters.evm import EvmChain, anchor_transaction
from app.anchoring.model import AnchorCall, Fees
from app.errors import NotFound, OutsideFailed, Refused

GAS_LIMIT = 250_000
GAS_PER_SIGNATURE = 10_000
"""Well over what version 1.4.1 needs for an anchor and for each signature; what is left is not paid."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A checkpoint for a Safe to anchor."""

    transaction: SafeTransaction
    root: bytes
    tree_size: int

    @property
    def name(self) -> str:
        return self.transaction.digest.hex()

    def document(self) -> dict[str, Any]:
        sent = self.transaction
        return {
            "safeTxHash": "0x" + self.name,
            "chainId": sent.chain_id,
            "safe": sent.safe,
            "contract": sent.to,
            "nonce": sent.nonce,
            "root": self.root.hex(),
            "treeSize": self.tree_size,
            "typedData": sent.typed_data(),
        }


@dataclass(frozen=True, slots=True)
class SafeState:
    """What the contract says of itself."""

    owners: tuple[str, ...]
    threshold: int
    nonce: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a proposal is: the signatures of those who are owners now."""

    signatures: Mapping[str, bytes]
    state: SafeState
    stale: bool

    @property
    def ready(self) -> bool:
        return not self.stale and len(self.signatures) >= self.state.threshold


def proposal_of(chain_id: int, safe: str, contract: str, root: bytes, tree_size: int, nonce: int) -> Proposal:
    """The proposal to anchor a checkpoint as the Safe's transaction number `nonce`."""
    call = AnchorCall(chain_id, contract, 0, root, tree_size, Fees(0, 0))
    data: bytes = anchor_transaction(call)["data"]
    addresses = to_checksum_address(safe), to_checksum_address(contract)
    return Proposal(SafeTransaction(chain_id, *addresses, data, nonce), root, tree_size)


class Proposals:
    """The proposals of an installation. `folder` is made when the first one is."""

    def __init__(self, chain: EvmChain, folder: Path) -> None:
        self._chain = chain
        self._folder = folder

    async def safe(self, address: str) -> SafeState:
        """Raises `Refused("safe_missing")` where no Safe answers, and what asking the chain raises."""
        owners = await self._read(address, "getOwners()", "address[]")
        threshold = await self._read(address, "getThreshold()", "uint256")
        nonce = await self._read(address, "nonce()", "uint256")
        return SafeState(tuple(map(to_checksum_address, owners)), int(threshold), int(nonce))

    async def propose(self, chain_id: int, safe: str, contract: str, root: bytes, tree_size: int) -> Proposal:
        """The proposal to anchor a checkpoint next, made or found again.

        Raises as `safe`, and `OutsideFailed("safe_disagrees")` when the contract would have something else signed.
        """
        state = await self.safe(safe)
        proposal = proposal_of(chain_id, safe, contract, root, tree_size, state.nonce)
        sent = proposal.transaction
        given = [*sent.message().values()]
        kinds = "address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,uint256"
        # Before anybody is asked to sign: another version of the contract may hash otherwise.
        if await self._read(safe, f"getTransactionHash({kinds})", "bytes32", given) != sent.digest:
            raise OutsideFailed(
                "safe_disagrees", f"The Safe {safe} reads this proposal in another way; nothing is asked."
            )
        folder = self._folder / proposal.name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = json.dumps(proposal.document(), indent=2)
        _write_once(folder / "proposal.json", text)
        return proposal

    def find(self, name: str) -> Proposal:
        """Raises `NotFound("proposal_unknown")` or `Refused("proposal_altered")`."""
        name = name.removeprefix("0x").lower()
        try:
            # A name given by a person is no path.
            bytes.fromhex(name)
        except ValueError:
            raise NotFound("proposal_unknown", "There is no such proposal here.") from None
        try:
            given = json.loads((self._folder / name / "proposal.json").read_text(encoding="utf-8"))
        except OSError:
            raise NotFound("proposal_unknown", "There is no such proposal here.") from None
        except ValueError:
            raise _altered(name) from None
        try:
            numbers = int(given["chainId"]), int(given["treeSize"]), int(given["nonce"])
            root = bytes.fromhex(given["root"])
            found = proposal_of(numbers[0], given["safe"], given["contract"], root, *numbers[1:])
        except (KeyError, TypeError, ValueError):
            raise _altered(name) from None
        # What owners are shown is what they sign.
        if found.name != name or found.document() != given:
            raise _altered(name)
        return found

    def list_all(self, safe: str | None = None) -> tuple[Proposal, ...]:
        """Those of a Safe, or all, by nonce and size. Raises as `find`."""
        found = [self.find(file.parent.name) for file in self._folder.glob("*/proposal.json")]
        wanted = [one for one in found if safe is None or one.transaction.safe == to_checksum_address(safe)]
        return tuple(sorted(wanted, key=lambda one: (one.transaction.nonce, one.tree_size)))

    def file(self, proposal: Proposal) -> Path:
        """Where it lies, with the typed data for an owner's wallet in it."""
        return self._folder / proposal.name / "proposal.json"

    async def progress(self, proposal: Proposal) -> Progress:
        state = await self.safe(proposal.transaction.safe)
        signatures = {}
        for file in (self._folder / proposal.name).glob("*.signature"):
            with suppress(ValueError):
                known = signed_by(proposal.transaction.digest, bytes.fromhex(file.read_text(encoding="ascii")))
                if known is not None and known[0] in state.owners:
                    signatures[known[0]] = known[1]
        return Progress(signatures, state, state.nonce != proposal.transaction.nonce)

    async def add(self, proposal: Proposal, signature: bytes) -> str:
        """Keep an owner's signature; whose it is. Raises `Refused` (proposal_stale, signature_not_owners)."""
        state = await self.safe(proposal.transaction.safe)
        if state.nonce != proposal.transaction.nonce:
            raise _stale()
        known = signed_by(proposal.transaction.digest, signature)
        if known is None or known[0] not in state.owners:
            raise Refused(
                "signature_not_owners",
                "This is no signature of this proposal by anybody who owns the Safe; it is not kept.",
            )
        _write_once(self._folder / proposal.name / f"{known[0]}.signature", known[1].hex())
        return known[0]

    async def execution(self, proposal: Proposal, nonce: int, fees: Fees) -> dict[str, Any]:
        """The transaction that has the Safe anchor; `nonce` and the cost are of whoever brings it.

        Raises `OutsideFailed("owners_awaited")` while signatures are missing, and `Refused("proposal_stale")`.
        """
        progress = await self.progress(proposal)
        if progress.stale:
            raise _stale()
        count, needed = len(progress.signatures), progress.state.threshold
        if not progress.ready:
            raise OutsideFailed(
                "owners_awaited",
                f"{count} of the {needed} signatures needed are there for 0x{proposal.name}; it waits for more.",
            )
        chosen = dict(sorted(progress.signatures.items())[:needed])
        return {
            "type": 2,
            "chainId": proposal.transaction.chain_id,
            "nonce": nonce,
            "to": proposal.transaction.safe,
            "value": 0,
            "gas": GAS_LIMIT + GAS_PER_SIGNATURE * needed,
            "maxFeePerGas": fees.max_fee,
            "maxPriorityFeePerGas": fees.priority_fee,
            "data": proposal.transaction.execution(chosen),
        }

    async def _read(self, address: str, function: str, kind: str, given: list[Any] | None = None) -> Any:
        from eth_abi.abi import encode

        kinds = function[function.index("(") + 1 : -1]
        data = keccak(text=function)[:4] + (encode(kinds.split(","), given) if given else b"")
        answer = await self._chain.call("eth_call", {"to": address, "data": "0x" + data.hex()}, "latest")
        try:
            return decode([kind], bytes.fromhex((answer or "0x")[2:]))[0]
        except (DecodingError, ValueError):
            raise Refused("safe_missing", f"There is no Safe at {address} on this chain.") from None


def read_signatures(data: bytes) -> tuple[str, tuple[bytes, ...]]:
    """(the proposal's hash, signatures) of a file: JSON with `safeTxHash` and a list `signatures` of hexadecimal texts.

    Raises `Refused("signatures_unreadable")`.
    """
    try:
        given = json.loads(data)
        return str(given["safeTxHash"]), tuple(bytes.fromhex(one.removeprefix("0x")) for one in given["signatures"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refused(
            "signatures_unreadable",
            'The file must be JSON such as {"safeTxHash": "0x…", "signatures": ["0x…", "0x…"]}.',
        ) from None


def _write_once(path: Path, text: str) -> None:
    """Whole or not at all, and never over what is there: two people may do the same at once."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    try:
        os.link(partial, path)
    except FileExistsError:
        return
    finally:
        partial.unlink()


def _altered(name: str) -> Refused:
    return Refused(
        "proposal_altered", f"The file of proposal 0x{name} is not as it was made. Delete it; it is made again."
    )


def _stale() -> Refused:
    return Refused("proposal_stale", "The Safe has sent something else meanwhile; a new proposal has to be signed.")
