"""A wallet's notice of a stolen key: what it recorded from then on is no evidence, what it recorded before stays."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from app.verification import verify
from app.verification.report import Anchoring, Report, Verdict
from tests.integration.conftest import Installation


async def anchored_and_disowned(installation: Installation, seconds: int) -> Report:
    """The report on an anchored credential whose wallet gave notice `seconds` after the entry was made."""
    credential = await installation.issue_one()
    await installation.work()
    submission, _ = verify.read_submission(await installation.bundle(credential.id))
    before = await installation.wiring.verify(submission)
    assert (before.verdict, before.anchoring) == (Verdict.VALID, Anchoring.ANCHORED)
    chain, wallet = installation.chain, installation.issuer.identity.wallet
    assert submission.receipt is not None
    recorded = await installation.wiring.chain.anchored_at(
        wallet.contract, wallet.address, bytes.fromhex(str(submission.receipt["root"])[2:])
    )
    chain.rpc("evm_increaseTime", 10)
    chain.rpc("anvil_impersonateAccount", wallet.address)
    data = keccak(text="disown(uint64)")[:4] + encode(["uint64"], [recorded + seconds])
    sent = chain.rpc("eth_sendTransaction", {"from": wallet.address, "to": wallet.contract, "data": "0x" + data.hex()})
    # The node mines by itself, but a moment after it has answered.
    chain.rpc("evm_mine")
    assert chain.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"
    # Another process, which remembers nothing of before.
    installation.wiring.__dict__.pop("registry")
    return await installation.wiring.verify(submission)


@pytest.mark.parametrize(
    ("seconds", "anchoring", "code"),
    [
        (-1, Anchoring.UNKNOWN, "anchor_disowned"),
        (0, Anchoring.UNKNOWN, "anchor_disowned"),
        (1, Anchoring.ANCHORED, "chain_ok"),
    ],
)
async def test_an_entry_made_with_a_stolen_wallet_is_no_evidence(
    installation: Installation, seconds: int, anchoring: Anchoring, code: str
) -> None:
    report = await anchored_and_disowned(installation, seconds)
    # The signature stands by itself; it is the record on the chain that counts no more.
    assert (report.verdict, report.anchoring) == (Verdict.VALID, anchoring)
    assert code in [finding.code for finding in report.findings if finding.check == "chain"]
