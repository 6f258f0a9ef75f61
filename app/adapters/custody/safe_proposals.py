"""What a Safe's owners are asked to sign, held against the Safe: who owns it now, how many must sign, what it has sent.

A proposal is made from the checkpoint and the Safe's next nonce alone, so making it again finds it again, with the
signatures there are. One that the Safe has gone past is stale; of all with one nonce the contract sends only one. The
word of one node is enough here: what it could lie about is refused by the contract when it is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from app.adapters.custody.safe import joined, signed_by
from app.adapters.custody.safe_files import Asked, Proposal, ProposalFiles, Statement, proposal_of
from app.adapters.evm import EvmChain
from app.adapters.wallet_signatures import has_said
from app.anchoring.model import Fees
from app.errors import NotFound, OutsideFailed, OwnersAwaited, Refused

GAS_LIMIT = 250_000
GAS_PER_SIGNATURE = 10_000
"""Well over what version 1.4.1 needs for an anchor and for each signature; what is left is not paid."""


@dataclass(frozen=True, slots=True)
class SafeState:
    """What the contract says of itself."""

    owners: tuple[str, ...]
    threshold: int
    nonce: int

    @property
    def gas_limit(self) -> int:
        """Of a checkpoint that the Safe anchors."""
        return GAS_LIMIT + GAS_PER_SIGNATURE * self.threshold


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a proposal is: the signatures of those who are owners now."""

    signatures: Mapping[str, bytes]
    state: SafeState
    stale: bool

    @property
    def missing(self) -> int:
        return max(0, self.state.threshold - len(self.signatures))

    @property
    def ready(self) -> bool:
        return not self.stale and not self.missing

    @property
    def chosen(self) -> Mapping[str, bytes]:
        """As many as are needed."""
        return dict(sorted(self.signatures.items())[: self.state.threshold])


class Proposals:
    """The proposals of an installation and the Safes that they are for."""

    def __init__(self, chain: EvmChain, folder: Path) -> None:
        self._chain = chain
        self.files = ProposalFiles(folder)

    async def safe(self, address: str) -> SafeState:
        """Raises `Refused("safe_missing")` where no Safe answers, and what asking the chain raises."""
        owners = await self._read(address, "getOwners()", "address[]")
        threshold = await self._read(address, "getThreshold()", "uint256")
        nonce = await self._read(address, "nonce()", "uint256")
        return SafeState(tuple(map(to_checksum_address, owners)), int(threshold), int(nonce))

    async def propose(self, chain_id: int, safe: str, contract: str, root: bytes, tree_size: int) -> Proposal:
        """The proposal to anchor a checkpoint next, made or found again.

        Raises as `safe`, and `OutsideFailed`: safe_disagrees when the contract would have something else signed,
        anchored_already when the Safe has anchored it, or a later one.
        """
        state = await self.safe(safe)
        proposal = proposal_of(chain_id, safe, contract, root, tree_size, state.nonce)
        if self.files.holds(proposal):
            return proposal
        # Asked after the nonce: what the Safe sent between the two questions shows here.
        if await self._chain.last_size(contract, safe) >= tree_size:
            raise OutsideFailed("anchored_already", f"The Safe {safe} has recorded this already; nobody need sign.")
        sent = proposal.transaction
        given = [*sent.message().values()]
        kinds = "address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,uint256"
        # Before anybody is asked to sign: another version of the contract may hash otherwise.
        if await self._read(safe, f"getTransactionHash({kinds})", "bytes32", given) != sent.digest:
            raise OutsideFailed(
                "safe_disagrees", f"The Safe {safe} reads this proposal in another way; nothing is asked."
            )
        self.files.put(proposal)
        return proposal

    def find(self, name: str) -> Asked:
        """Raises as `ProposalFiles.find`."""
        return self.files.find(name)

    def find_checkpoint(self, name: str) -> Proposal:
        """As `find`, of a checkpoint."""
        found = self.find(name)
        if not isinstance(found, Proposal):
            raise NotFound("proposal_unknown", "That is a statement; there is nothing to send.")
        return found

    async def progress(self, asked: Asked) -> Progress:
        state = await self.safe(asked.safe)
        signed = self.files.signatures(asked)
        signatures = {owner: signed[owner] for owner in state.owners if owner in signed}
        return Progress(signatures, state, isinstance(asked, Proposal) and state.nonce != asked.transaction.nonce)

    async def add(self, asked: Asked, signature: bytes) -> str:
        """Keep an owner's signature; whose it is. Raises `Refused` (proposal_stale, signature_not_owners)."""
        progress = await self.progress(asked)
        if progress.stale:
            raise _stale()
        known = signed_by(asked.digest, signature)
        if known is None or known[0] not in progress.state.owners:
            raise Refused(
                "signature_not_owners",
                "This is no signature of this proposal by anybody who owns the Safe; it is not kept.",
            )
        self.files.add(asked, *known)
        return known[0]

    async def finish(self, statement: Statement) -> bool:
        """Have the Safe agree to what enough owners have signed; False while signatures are missing.

        Raises `Refused("safe_silent")` where the Safe cannot say anything.
        """
        progress = await self.progress(statement)
        if not progress.ready:
            return False
        whole = joined(progress.chosen)
        if not await has_said(self._chain, statement.safe, statement.message.text, whole):
            raise Refused(
                "safe_silent",
                f"The Safe {statement.safe} does not confirm what its owners have signed: it has no fallback handler "
                "that answers for it (EIP-1271). Set one, then import a signature again.",
            )
        self.files.finish(statement, whole)
        return True

    async def execution(self, proposal: Proposal, nonce: int, fees: Fees) -> dict[str, Any]:
        """The transaction that has the Safe anchor; `nonce` and the cost are of whoever brings it.

        Raises `OwnersAwaited` while signatures are missing, and `Refused("proposal_stale")`.
        """
        progress = await self.progress(proposal)
        if progress.stale:
            raise _stale()
        if progress.missing:
            raise OwnersAwaited(
                f"{progress.missing} more of the {progress.state.threshold} signatures that the Safe {proposal.safe} "
                f"asks for are awaited, to record {proposal.tree_size:,} entries. Its owners find what to sign with: "
                f"stackmark wallet proposals list --safe {proposal.safe}."
            )
        return {
            "type": 2,
            "chainId": proposal.transaction.chain_id,
            "nonce": nonce,
            "to": proposal.safe,
            "value": 0,
            "gas": progress.state.gas_limit,
            "maxFeePerGas": fees.max_fee,
            "maxPriorityFeePerGas": fees.priority_fee,
            "data": proposal.transaction.execution(progress.chosen),
        }

    async def rehearse(self, order: dict[str, Any], sender: str) -> None:
        """Have the node try a transaction without sending it. Raises `OutsideFailed("safe_refuses")`.

        A Safe may have rules of its own (a guard, say); who brings what it refuses pays for that each time.
        """
        tried = {"from": sender, "to": order["to"], "data": "0x" + order["data"].hex(), "gas": hex(order["gas"])}
        try:
            await self._chain.call("eth_call", tried, "latest")
        except OutsideFailed as error:
            if error.code != "chain_error":
                raise
            raise OutsideFailed(
                "safe_refuses",
                f"The Safe {order['to']} would refuse what its owners have signed, so it is not sent. {error.message}",
            ) from None

    async def _read(self, address: str, function: str, kind: str, given: list[Any] | None = None) -> Any:
        kinds = function[function.index("(") + 1 : -1]
        data = keccak(text=function)[:4] + (encode(kinds.split(","), given) if given else b"")
        answer = await self._chain.call("eth_call", {"to": address, "data": "0x" + data.hex()}, "latest")
        try:
            return decode([kind], bytes.fromhex((answer or "0x")[2:]))[0]
        except (DecodingError, ValueError):
            raise Refused("safe_missing", f"There is no Safe at {address} on this chain.") from None


def _stale() -> Refused:
    return Refused("proposal_stale", "The Safe has sent something else meanwhile; a new proposal has to be signed.")
