"""A wallet of several hands, with the Safe's own contracts on a real node: nobody alone can anchor, enough together can."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from app.adapters.custody.safe_files import Proposal, proposal_of, read_signatures
from app.adapters.custody.safe_proposals import Proposals
from app.adapters.evm import EvmChain, anchor_transaction
from app.anchoring.model import AnchorCall
from app.errors import AppError, NotFound, OutsideFailed, Refused
from tests.integration.conftest import Installation
from tests.integration.custody.conftest import Held, Opener
from tests.integration.custody.safe_contracts import deploy_safe
from tests.integration.custody.test_contract import owner
from tests.integration.custody.test_moving import reaching
from tests.integration.test_command_line import REFUSED, terminal_of


@dataclass(frozen=True)
class College:
    """A Safe of three owners, two of whom must sign: one with a wallet of her own, one in a module, one in a file."""

    installation: Installation
    safe: str
    outside: "Account"
    module: Held
    in_module: tuple[str, str]
    in_file: tuple[str, str]
    relayer: tuple[str, str]
    proposals: Proposals

    @property
    def chain(self) -> EvmChain:
        return self.installation.wiring.chain

    @property
    def contract(self) -> str:
        return str(self.installation.settings.registry_address)

    async def propose(self, size: int = 7) -> Proposal:
        return await self.proposals.propose(31337, self.safe, self.contract, secrets.token_bytes(32), size)

    def signed_outside(self, proposal: Proposal, account: object = None) -> bytes:
        """By an owner's own wallet, which is given the typed data from the file and nothing else."""
        given = json.loads(self.proposals.files.file(proposal).read_text())["typedData"]
        return bytes((account or self.outside).sign_message(encode_typed_data(full_message=given)).signature)  # type: ignore[attr-defined]

    async def send(self, proposal: Proposal) -> bytes:
        reference, address = self.relayer
        nonce, fees = await self.chain.next_nonce(address), await self.chain.fees()
        order = await self.proposals.execution(proposal, nonce, fees)
        signed = self.installation.wiring.keystore.sign_transaction(reference, order)
        await self.chain.broadcast(signed.raw)
        await self.chain.wait_for("0x" + signed.hash.hex())
        return signed.hash


@pytest.fixture
async def college(installation: Installation, open_custody: Opener, tmp_path: Path) -> College:
    module, keystore = open_custody("pkcs11"), installation.wiring.keystore
    outside = Account.create()
    in_module, in_file = module.keystore.create_wallet(owner()), keystore.create_wallet(owner())
    relayer = keystore.create_wallet(owner())
    installation.chain.fund(relayer[1])
    safe = deploy_safe(installation.chain, [outside.address, in_module[1], in_file[1]], 2)
    proposals = Proposals(installation.wiring.chain, tmp_path / "proposals")
    return College(installation, safe, outside, module, in_module, in_file, relayer, proposals)


async def test_two_of_three_owners_anchor_by_the_safes_address(college: College) -> None:
    proposal = await college.propose()
    assert await college.propose() != proposal
    again = await college.proposals.propose(31337, college.safe, college.contract, proposal.root, proposal.tree_size)
    assert again == proposal
    with pytest.raises(OutsideFailed, match="owners_awaited"):
        await college.send(proposal)
    assert await college.proposals.add(proposal, college.signed_outside(proposal)) == college.outside.address
    with pytest.raises(OutsideFailed, match="owners_awaited"):
        await college.send(proposal)
    signature = college.module.keystore.sign_digest(college.in_module[0], proposal.transaction.digest)
    assert await college.proposals.add(proposal, signature) == college.in_module[1]
    assert (await college.proposals.progress(proposal)).ready
    tx_hash = await college.send(proposal)

    inclusion = await college.chain.inclusion(tx_hash)
    assert inclusion is not None
    assert inclusion.succeeded
    assert await college.chain.anchored_at(college.contract, college.safe, proposal.root) > 0
    assert await college.chain.last_size(college.contract, college.safe) == proposal.tree_size
    assert await college.chain.anchored_at(college.contract, college.relayer[1], proposal.root) == 0
    found = await college.chain.find_anchored(college.contract, college.safe, proposal.root)
    assert found is not None
    assert found.tx_hash == tx_hash
    # What was sent once is not sent twice, and the next one is signed for anew.
    with pytest.raises(Refused, match="proposal_stale"):
        await college.send(proposal)
    following = await college.propose(8)
    assert following.transaction.nonce == proposal.transaction.nonce + 1
    assert (await college.proposals.progress(following)).signatures == {}


async def test_all_three_may_sign_and_in_any_order(college: College) -> None:
    proposal = await college.propose()
    digest = proposal.transaction.digest
    by_message = bytes(college.outside.sign_message(encode_defunct(primitive=digest)).signature)
    signatures = [
        college.installation.wiring.keystore.sign_digest(college.in_file[0], digest),
        college.module.keystore.sign_digest(college.in_module[0], digest),
        # Asked by eth_sign, wallets sign the digest as a message; the Safe is told so by v.
        by_message[:64] + bytes([by_message[64] + 4]),
    ]
    signers = [await college.proposals.add(proposal, signature) for signature in signatures]
    assert signers == [college.in_file[1], college.in_module[1], college.outside.address]
    await college.send(proposal)
    assert await college.chain.anchored_at(college.contract, college.safe, proposal.root) > 0


async def test_an_owner_counts_once_and_a_stranger_not_at_all(college: College) -> None:
    proposal, other = await college.propose(), await college.propose(8)
    good = college.signed_outside(proposal)
    stranger = Account.create()
    await college.proposals.add(proposal, good)
    await college.proposals.add(proposal, good)
    await college.proposals.add(proposal, good[:64] + bytes([good[64] - 27]))
    refused = {
        "a stranger's": college.signed_outside(proposal, stranger),
        "of another proposal": college.signed_outside(other),
        "cut short": good[:64],
        "of nobody": bytes(65),
        "marked as a contract's": good[:64] + b"\x02",
        "a text's": bytes(college.outside.sign_message(encode_defunct(text="yes")).signature),
    }
    for signature in refused.values():
        with pytest.raises(Refused, match="signature_not_owners"):
            await college.proposals.add(proposal, signature)
    assert list((await college.proposals.progress(proposal)).signatures) == [college.outside.address]
    with pytest.raises(OutsideFailed, match="owners_awaited"):
        await college.send(proposal)


async def test_a_proposal_altered_on_disk_is_not_signed(college: College) -> None:
    """Whoever can write files here cannot have owners shown one root and sign another."""
    proposal = await college.propose()
    file = college.proposals.files.file(proposal)
    good = json.loads(file.read_text())
    other = proposal_of(31337, college.safe, college.contract, secrets.token_bytes(32), 7, 0)
    changes = [
        {"root": "00" * 32},
        {"treeSize": 8},
        {"nonce": 1},
        {"contract": college.relayer[1]},
        {"typedData": other.document()["typedData"]},
        {"more": 1},
        {"safe": "no address"},
        other.document(),
    ]
    for change in changes:
        file.write_text(json.dumps(good | change))
        with pytest.raises(Refused, match="proposal_altered"):
            college.proposals.find(proposal.name)
    for text in ("", "[]", "{", "null"):
        file.write_text(text)
        with pytest.raises(Refused, match="proposal_altered"):
            college.proposals.find(proposal.name)
    for name in ("00" * 32, "../../keystores", ""):
        with pytest.raises(NotFound, match="proposal_unknown"):
            college.proposals.find(name)


async def test_signatures_dropped_into_the_folder_are_not_believed(college: College) -> None:
    proposal = await college.propose()
    folder = college.proposals.files.file(proposal).parent
    forged = college.signed_outside(proposal, Account.create())
    (folder / f"{college.outside.address}.signature").write_text(forged.hex())
    (folder / f"{college.in_file[1]}.signature").write_text("no hex")
    assert (await college.proposals.progress(proposal)).signatures == {}
    # Nor do they keep the owner's own from being taken in.
    await college.proposals.add(proposal, college.signed_outside(proposal))
    assert list((await college.proposals.progress(proposal)).signatures) == [college.outside.address]


async def test_anybody_may_bring_what_owners_signed_and_it_is_found(college: College) -> None:
    """A stranger who has the signatures saves the college the fee; nothing is anchored twice."""
    proposal = await college.propose()
    for reference, keystore in (
        (college.in_module[0], college.module.keystore),
        (college.in_file[0], college.installation.wiring.keystore),
    ):
        await college.proposals.add(proposal, keystore.sign_digest(reference, proposal.transaction.digest))
    faucet = college.installation.chain.faucet()
    nonce, fees = await college.chain.next_nonce(faucet.address), await college.chain.fees()
    order = await college.proposals.execution(proposal, nonce, fees)
    signed = faucet.sign_transaction(order)
    await college.chain.broadcast(bytes(signed.raw_transaction))
    assert (await college.chain.wait_for("0x" + bytes(signed.hash).hex()))["status"] == "0x1"
    assert await college.chain.find_anchored(college.contract, college.safe, proposal.root) is not None
    with pytest.raises(Refused, match="proposal_stale"):
        await college.send(proposal)


async def test_where_there_is_no_safe_nobody_is_asked(college: College) -> None:
    for address in (college.relayer[1], college.contract):
        with pytest.raises(AppError) as failed:
            await college.proposals.propose(31337, address, college.contract, bytes(32), 1)
        assert failed.value.code in ("safe_missing", "chain_error")
    # Of another chain than the one that is asked.
    with pytest.raises(OutsideFailed, match="safe_disagrees"):
        await college.proposals.propose(1, college.safe, college.contract, bytes(32), 1)


async def test_the_data_is_that_of_an_ordinary_anchor(college: College) -> None:
    proposal = await college.propose()
    fees = await college.chain.fees()
    call = AnchorCall(31337, college.contract, 0, proposal.root, proposal.tree_size, fees)
    assert proposal.transaction.data == anchor_transaction(call)["data"]
    assert proposal.transaction.to == college.contract


def test_a_file_of_signatures_is_read_or_refused() -> None:
    assert read_signatures(b'{"safeTxHash": "0xab", "signatures": ["0x01", "02"]}') == ("0xab", (b"\x01", b"\x02"))
    for data in (
        b"",
        b"[]",
        b"{}",
        b'{"safeTxHash": 1, "signatures": [1]}',
        b'{"safeTxHash": "", "signatures": ["x"]}',
    ):
        with pytest.raises(Refused, match="signatures_unreadable"):
            read_signatures(data)


async def test_owners_sign_by_command_and_by_file(college: College, tmp_path: Path) -> None:
    folder = tmp_path / "terminal"
    folder.mkdir()
    terminal = reaching(terminal_of(college.installation, folder), college.module)
    terminal.settings["PROPOSALS_DIR"] = str(tmp_path / "proposals")
    proposal = await college.propose()
    hash_ = f"0x{proposal.name}"
    said = terminal.run("wallet", "proposals", "list", "--safe", college.safe)
    assert said.startswith(f"{hash_}  Safe {college.safe}, its transaction 0: 7 entries, root {proposal.root.hex()}.")
    assert "0 of 2 signatures, waits for owners." in said
    assert str(college.proposals.files.file(proposal)) in said

    said = terminal.run("wallet", "proposals", "sign", hash_, "--with", college.in_module[0])
    assert f"{college.in_module[1]} has signed." in said
    given = {"safeTxHash": hash_, "signatures": ["0x" + college.signed_outside(proposal).hex()]}
    said = terminal.run("wallet", "proposals", "import", terminal.write("signatures.json", json.dumps(given)))
    assert f"{college.outside.address} has signed." in said
    assert "2 of 2 signatures, ready to send." in said
    sending = ("wallet", "proposals", "send", hash_, "--with", college.relayer[0])
    said = terminal.run(*sending)
    assert said.startswith("Sent: 0x")
    await college.chain.wait_for(said.split()[1])
    assert await college.chain.anchored_at(college.contract, college.safe, proposal.root) > 0
    assert "(proposal_stale)" in terminal.run(*sending, expect=REFUSED)
