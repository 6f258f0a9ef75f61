"""Gas of a checkpoint, read from the receipts of a real EVM node.

The registry is deployed to a fresh local chain; a wallet that was never used anchors checkpoints as
`anchoring.sending.submit` does: the same transaction, signed by the same keystore. The contract sees a root and a size
whatever stands behind them, so batches of 1 to 1,000,000 credentials are anchored by their size alone. Unit: gas.
Against: a bare transaction that carries 32 bytes to nobody's contract, the least anything on chain can cost.
"""

import asyncio
import secrets
from pathlib import Path

from app.adapters.evm import EvmChain
from app.adapters.local_chain import CHAIN_ID, LocalChain, local_chain
from app.anchoring.model import AnchorCall
from app.local import deploy
from app.settings import Settings
from app.wiring import chain_rules
from benchmarks import material
from benchmarks.figures import Section

BATCHES = (1, 100, 10_000, 1_000_000)
BARE = "bare transaction with 32 bytes of data"


def measure(settings: Settings, folder: Path) -> Section:
    """One first checkpoint, then one for each batch size; `folder` holds the wallet file."""
    with local_chain(settings.contracts_dir) as chain:
        used = settings.model_copy(update={"chain_rpc_url": chain.rpc_url})
        contract = asyncio.run(deploy(used, chain))
        return asyncio.run(_measure(used, chain, contract, material.college(folder)))


async def _measure(settings: Settings, chain: LocalChain, contract: str, college: material.College) -> Section:
    wallet = college.identity.wallet
    chain.fund(wallet.address)
    evm = EvmChain(chain.rpc_url, chain_rules(settings).finality, settings.contracts_dir)
    try:

        async def anchor(tree_size: int) -> int:
            nonce = await evm.next_nonce(wallet.address)
            call = AnchorCall(CHAIN_ID, contract, nonce, secrets.token_bytes(32), tree_size, await evm.fees())
            signed = college.keystore.sign_anchor(wallet.keystore, call)
            await evm.broadcast(signed.raw)
            receipt = await evm.wait_for("0x" + signed.hash.hex())
            assert int(receipt["status"], 16) == 1
            return int(receipt["gasUsed"], 16)

        section = Section("Gas of a checkpoint")
        bare = await _bare(evm, chain)
        first = await anchor(1)
        section.add("first checkpoint of a wallet", first, "gas", first / bare, BARE)
        size, spent = 1, {}
        for batch in BATCHES:
            size += batch
            spent[batch] = await anchor(size)
        steady = max(spent.values())
        section.add("each further checkpoint (dearest measured)", steady, "gas", steady / bare, BARE)
        for batch, gas in spent.items():
            section.add(
                f"checkpoint of {batch:,} credentials", gas, "gas", gas / spent[BATCHES[0]], "of one credential"
            )
        for batch, gas in spent.items():
            ratio = gas / batch / bare
            section.add(f"per credential, {batch:,} to a checkpoint", gas / batch, "gas per credential", ratio, BARE)
        section.add(BARE, bare, "gas", 1.0, "reference")
        section.notes.append("Differences of a few gas come from zero bytes in root and size, which are cheaper.")
        return section
    finally:
        await evm.close()


async def _bare(evm: EvmChain, chain: LocalChain) -> int:
    account = chain.faucet()
    fees = await evm.fees()
    signed = account.sign_transaction(
        {
            "type": 2,
            "chainId": CHAIN_ID,
            "nonce": await evm.next_nonce(account.address),
            "to": account.address,
            "value": 0,
            "gas": 100_000,
            "maxFeePerGas": fees.max_fee,
            "maxPriorityFeePerGas": fees.priority_fee,
            "data": b"\xff" * 32,
        }
    )
    await evm.broadcast(bytes(signed.raw_transaction))
    return int((await evm.wait_for("0x" + bytes(signed.hash).hex()))["gasUsed"], 16)
