"""Gas of a checkpoint, read from the receipts of a real EVM node, beside what others ask for the same service.

The registry is deployed to a fresh local chain; a wallet that was never used anchors checkpoints as
`anchoring.sending.submit` does: the same transaction, signed by the same keystore. The first ones are of a real log of
signed documents, some with the status list of a withdrawal among them. The contract sees a root and a size whatever
stands behind them, so batches of 1 to 1,000,000 credentials are anchored by their size alone. Unit: gas. Against: a
bare transaction that carries 32 bytes to nobody's contract, the least anything on chain can cost; and, for the
registries of others, a checkpoint of ours.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.adapters.evm import EvmChain
from app.adapters.local_chain import CHAIN_ID, LocalChain, local_chain
from app.anchoring.model import AnchorCall
from app.local import deploy
from app.settings import Settings
from app.wiring import chain_rules
from benchmarks import material, other_registries, real_log
from benchmarks.figures import Section
from benchmarks.payer import Payer

BATCHES = (1, 100, 10_000, 1_000_000)
LIMIT = 55_000
BARE = "bare transaction with 32 bytes of data"
OURS = "each further checkpoint (dearest measured)"
# The log stays below 256 leaves while withdrawals are measured: a longer size is dearer than a shorter one.
_COHORT = 60
_WITHDRAWN = (1, 40)


def measure(settings: Settings, folder: Path) -> Section:
    """First and further checkpoints, withdrawals, all batch sizes, and the others; `folder` holds the key files."""
    with local_chain(settings.contracts_dir) as chain:
        used = settings.model_copy(update={"chain_rpc_url": chain.rpc_url})
        contract = asyncio.run(deploy(used, chain))
        return asyncio.run(_measure(used, chain, contract, material.college(folder)))


async def _measure(settings: Settings, chain: LocalChain, contract: str, college: material.College) -> Section:
    chain.fund(college.identity.wallet.address)
    evm = EvmChain(chain.rpc_url, chain_rules(settings).finality, settings.contracts_dir)
    try:
        payer, wallet = Payer(evm, chain.faucet()), _Wallet(evm, contract, college)
        bare = int((await payer.send(b"\xff" * 32, payer.account.address))["gasUsed"], 16)
        log = real_log.RealLog()
        first = await wallet.anchor(*log.seal(real_log.signed_credentials(college, 1)))
        withdrawals = await _withdrawals(wallet, log)
        spent, size = {}, log.size
        for batch in BATCHES:
            size += batch
            spent[batch] = await wallet.anchor(real_log.digest_without_zero_byte(), size)
        ours = max(*withdrawals.values(), *spent.values())

        section = Section("Gas of a checkpoint, and of what others do")
        section.add("first checkpoint of a wallet", first, "gas", first / bare, BARE)
        section.add(OURS, ours, "gas", ours / bare, BARE)
        _add_batches(section, spent, bare)
        _add_withdrawals(section, withdrawals)
        await _add_others(section, payer, ours)
        section.add(BARE, bare, "gas", 1.0, "reference")
        section.notes.append(
            f"The limit for a further checkpoint is {LIMIT:,} gas; the dearest took {ours / LIMIT:.1%}."
        )
        section.notes.append(
            "Roots and digests have no zero byte here; each zero byte in what is sent takes 12 gas less."
        )
        return section
    finally:
        await evm.close()


@dataclass(frozen=True, slots=True)
class _Wallet:
    """The institution's own, anchoring with it."""

    evm: EvmChain
    contract: str
    college: material.College

    async def anchor(self, root: bytes, tree_size: int) -> int:
        """The gas of a checkpoint, once it is in a block."""
        wallet = self.college.identity.wallet
        nonce = await self.evm.next_nonce(wallet.address)
        call = AnchorCall(CHAIN_ID, self.contract, nonce, root, tree_size, await self.evm.fees())
        signed = self.college.keystore.sign_anchor(wallet.keystore, call)
        await self.evm.broadcast(signed.raw)
        receipt = await self.evm.wait_for("0x" + signed.hash.hex())
        assert int(receipt["status"], 16) == 1
        return int(receipt["gasUsed"], 16)


async def _withdrawals(wallet: _Wallet, log: real_log.RealLog) -> dict[int, int]:
    """The gas of a checkpoint of a cohort by how many credentials are withdrawn in it, none first.

    Those withdrawn together stand in one new status list, which is one leaf more in the log.
    """
    spent = {}
    for withdrawn in (0, *_WITHDRAWN):
        appended = real_log.signed_credentials(wallet.college, _COHORT)
        if withdrawn:
            appended.append(real_log.signed_status_list(wallet.college, withdrawn))
        spent[withdrawn] = await wallet.anchor(*log.seal(appended))
    return spent


def _add_batches(section: Section, spent: Mapping[int, int], bare: int) -> None:
    for batch, gas in spent.items():
        section.add(f"checkpoint of {batch:,} credentials", gas, "gas", gas / spent[BATCHES[0]], "of one credential")
    for batch, gas in spent.items():
        ratio = gas / batch / bare
        section.add(f"per credential, {batch:,} to a checkpoint", gas / batch, "gas per credential", ratio, BARE)


def _add_withdrawals(section: Section, spent: Mapping[int, int]) -> None:
    without = f"checkpoint of {_COHORT} signed credentials"
    section.add(without, spent[0], "gas", 1.0, "reference")
    for withdrawn in _WITHDRAWN:
        gas, name = spent[withdrawn], f"the same, with {withdrawn} withdrawn"
        section.add(name, gas, "gas", gas / spent[0], without)
    for withdrawn in _WITHDRAWN:
        more = (spent[withdrawn] - spent[0]) / withdrawn
        section.add(f"per credential withdrawn, {withdrawn} at once", more, "gas more")


async def _add_others(section: Section, payer: Payer, ours: int) -> None:
    section.notes.append(other_registries.NOT_MEASURED_HERE)
    if not other_registries.installed():
        section.notes.append("The registries of others are not installed, so not measured: `make bench` installs them.")
        return
    spent = await other_registries.measure(payer)
    for call, gas in spent.items():
        section.add(call.name, gas, "gas", gas / ours, OURS)
    section.notes.append(
        "A bare transaction, EAS timestamp and issue take less and promise less: a bare one leaves nothing that a "
        "contract can look up, EAS forgets who sent it, and none of them refuses a log that became shorter."
    )
