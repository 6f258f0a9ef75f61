"""A second chain beside the first: sent once, found again after a crash, made again after a reorganisation, and named in
every receipt. Two real nodes of different chains and rules of finality."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from app.anchoring import alarms, publishing, reanchoring, receipting, sending, service, store
from app.anchoring.audit import audit_log
from app.anchoring.model import Checkpoint, CheckpointState
from app.credentials import wallets
from app.database import transaction
from app.errors import Conflict, OutsideFailed
from app.standards import data_integrity, multikey
from app.standards.anchor_receipt import LeafKind, Receipt, read_receipt
from app.verification import verify
from app.verification.report import Anchoring, Report, Verdict
from app.wiring import now
from tests.integration.anchoring.two_chains import FIRST, SECOND, TwoChains, moved, open_account, two_chains
from tests.integration.conftest import Foundation

FINAL = CheckpointState.FINALIZED


@pytest.fixture
async def there(foundation: Foundation) -> AsyncIterator[TwoChains]:
    async with two_chains(foundation) as made:
        yield made


async def checkpoints(there: TwoChains, chain_id: int | None = None) -> list[Checkpoint]:
    log = await there.log()
    async with transaction(there.wiring.engine) as conn:
        found = await store.list_checkpoints(conn, log.id)
    return [one for one in found if chain_id in (None, one.chain_id)]


async def documents(there: TwoChains) -> list[dict[str, Any]]:
    """Every receipt of the log, in its order."""
    log = await there.log()
    async with transaction(there.wiring.engine) as conn:
        rows = await store.receipts_after(conn, log.id, 0, 10_000)
    return [json.loads(row.document) for row in rows]


async def receipts(there: TwoChains) -> list[Receipt]:
    return [read_receipt(one) for one in await documents(there)]


async def append(there: TwoChains, *numbers: int) -> None:
    async with transaction(there.wiring.engine) as conn:
        digests = [(LeafKind.CREDENTIAL, number.to_bytes(32)) for number in numbers]
        await service.append(conn, there.installation.issuer.institution.id, digests, now())


async def codes(there: TwoChains) -> list[str]:
    async with transaction(there.wiring.engine) as conn:
        return [alarm.code for alarm in await alarms.current(conn, (await there.log()).id)]


async def report_on(there: TwoChains, credential_id: Any, as_of: datetime | None = None) -> Report:
    submission, _ = verify.read_submission(await there.installation.bundle(credential_id))
    return await there.wiring.verify(submission, as_of)


async def test_receipts_carry_both_records_and_the_earlier_one_dates_them(there: TwoChains) -> None:
    await append(there, 1)
    await there.settle_first()
    await append(there, 2, 3)
    await there.settle_first()
    sizes = [one.tree_size for one in await checkpoints(there)]
    before = await receipts(there)
    assert await there.reanchor()
    await there.settle_second()
    made = await checkpoints(there, SECOND)
    assert [(one.state, one.tree_size) for one in made] == [(FINAL, sizes[-1])]
    after = (await receipts(there))[: len(before)]
    assert [replace(one, also=()) for one in after] == before
    for one in after:
        assert one.proves_inclusion()
        [further] = one.also
        assert (further.chain_id, further.tree_size, further.root) == (SECOND, sizes[-1], made[0].root)
        assert further.anchored_by == replace(one.anchored_by, chain_id=SECOND)
    assert await audit_log(there.wiring.engine, await there.log(), there.wiring.chain) == []


async def test_the_receipts_signature_covers_both_and_the_parts_known_before_are_as_they_were(there: TwoChains) -> None:
    await append(there, 1)
    await there.settle_first()
    before = await documents(there)
    await there.reanchor()
    await there.settle_second()
    key = multikey.decode_multikey(there.installation.issuer.identity.signing_key.public_key)
    for old, new in zip(before, await documents(there), strict=False):
        proof = data_integrity.read_proof(new)
        assert data_integrity.verify_signature(key, proof.signature, data_integrity.hash_jcs(new, proof.options))
        assert set(new) - set(old) == {"alsoAnchored"}
        assert {name: new[name] for name in old if name != "proof"} == {
            name: old[name] for name in old if name != "proof"
        }
        assert [one["anchor"]["finality"] for one in (new, *new["alsoAnchored"])] == ["finalized", "1"]


async def test_what_is_recorded_there_is_published_and_the_wallet_speaks_for_both(there: TwoChains) -> None:
    await append(there, 1)
    await there.settle_first()
    await there.reanchor()
    await there.settle_second()
    # What the further chain added to the log itself: the new DID document.
    await there.settle_first()
    log = await there.log()
    assert await publishing.publish_checkpoints(there.wiring.steps, log.id)
    assert not await publishing.publish_checkpoints(there.steps, log.id)
    client = there.installation.client
    listed = (await client.get("/i/northgate/checkpoints")).json()["checkpoints"]
    assert [one["chain"] for one in listed] == [f"eip155:{FIRST}"] * len(listed)
    [further] = [one["alsoAnchored"] for one in listed if "alsoAnchored" in one]
    assert [one["chain"] for one in further] == [f"eip155:{SECOND}"]
    document = (await client.get("/i/northgate/did.json")).json()
    accounts = [one["blockchainAccountId"] for one in document["verificationMethod"] if "blockchainAccountId" in one]
    assert accounts == [f"eip155:{chain}:{log.wallet_address.lower()}" for chain in (FIRST, SECOND)]
    assert len(document["capabilityInvocation"]) == 2
    stated = (await client.get("/i/northgate/anchor-wallets.json")).json()
    assert [one["chain"] for one in (stated, *stated["also"])] == [f"eip155:{FIRST}", f"eip155:{SECOND}"]
    assert f"eip155:{SECOND}" in (await client.get("/i/northgate", headers={"Accept": "text/html"})).text


async def test_asked_twice_it_is_sent_once(there: TwoChains) -> None:
    await append(there, 1)
    await there.settle_first()
    assert await there.reanchor()
    assert not await there.reanchor()
    await there.settle_second()
    assert not await there.reanchor()
    await there.settle_second()
    assert await there.sent_there() == len(await checkpoints(there, SECOND)) == 1
    before = await documents(there)
    await there.settle_second()
    assert await documents(there) == before


async def test_only_what_is_final_is_recorded_there(there: TwoChains) -> None:
    assert not await there.reanchor()
    await append(there, 1)
    assert await sending.advance(there.wiring.steps, (await there.log()).id)
    assert not await there.reanchor()
    assert await there.sent_there() == 0


@pytest.mark.parametrize("sent", [False, True], ids=["before the broadcast", "after the broadcast"])
async def test_killed_at_the_broadcast_it_goes_on_with_the_same_bytes(there: TwoChains, sent: bool) -> None:
    await append(there, 1)
    await there.settle_first()
    await there.reanchor()
    with pytest.raises(Killed):
        await there.settle_second(replace(there.steps, chain=Killing(there.steps.chain, sent)))
    [checkpoint] = await checkpoints(there, SECOND)
    assert checkpoint.state is CheckpointState.SUBMITTED
    await there.settle_second()
    [checkpoint] = await checkpoints(there, SECOND)
    async with transaction(there.wiring.engine) as conn:
        [only] = await store.list_transactions(conn, checkpoint.id)
    assert (checkpoint.state, checkpoint.tx_hash) == (FINAL, only.hash)
    assert await there.sent_there() == 1


async def test_an_empty_wallet_there_waits_and_the_first_chain_goes_on(there: TwoChains) -> None:
    await append(there, 1)
    await there.settle_first()
    log = await there.log()
    there.second.rpc("anvil_setBalance", log.wallet_address, "0x0")
    await there.reanchor()
    with pytest.raises(OutsideFailed) as failed:
        await there.settle_second()
    assert failed.value.code == "wallet_unfunded"
    assert f"chain {SECOND}" in failed.value.message
    await append(there, 2)
    await there.settle_first()
    # What goes well on one chain ends no alarm of another.
    assert await codes(there) == ["wallet_unfunded"]
    there.second.fund(log.wallet_address)
    await there.settle_second()
    assert await codes(there) == []
    assert await there.sent_there() == 1


async def test_a_block_that_vanishes_there_before_it_is_final_is_followed(there: TwoChains) -> None:
    await append(there, 1)
    await there.settle_first()
    await there.reanchor()
    log = await there.log()
    assert await reanchoring.advance(there.steps, log.id, SECOND)
    [before] = await checkpoints(there, SECOND)
    assert before.state is CheckpointState.INCLUDED
    there.second.rpc("anvil_reorg", 1, [])
    await there.settle_second()
    [after] = await checkpoints(there, SECOND)
    assert before.block is not None
    assert after.block is not None
    assert (after.state, after.block.hash == before.block.hash) == (FINAL, False)
    assert await there.sent_there() == 1


@pytest.mark.parametrize("at_once", [1, 2_000])
async def test_a_second_chain_that_takes_back_what_was_final_is_recorded_on_again_and_no_receipt_is_missed(
    there: TwoChains, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(receipting, "RECEIPTS_AT_ONCE", at_once)
    await append(there, 1, 2, 3)
    await there.settle_first()
    await there.reanchor()
    moment = there.second.rpc("evm_snapshot")
    await there.settle_second()
    first = [one.also for one in await receipts(there)]
    assert all(first)
    there.second.rpc("evm_revert", moment)
    there.second.rpc("evm_increaseTime", 600)
    there.second.rpc("evm_mine")
    assert await reanchoring.advance(there.steps, (await there.log()).id, SECOND)
    # None is pending meanwhile: what the first chain has is as good as before.
    assert len(await receipts(there)) == len(first)
    await there.settle_second()
    assert [one.state for one in await checkpoints(there, SECOND)] == [CheckpointState.ORPHANED, FINAL]
    again = [one.also for one in await receipts(there)]
    assert [[further.root for further in also] for also in again] == [[one.root for one in also] for also in first]
    assert all(new[0].block_time != old[0].block_time for new, old in zip(again, first, strict=True))
    assert await codes(there) == ["chain_forgot_checkpoints"]


async def test_a_first_chain_that_forgets_leaves_the_second_record_and_is_recorded_on_again(there: TwoChains) -> None:
    credential = await there.installation.issue_one()
    moment = there.first.rpc("evm_snapshot")
    await there.settle_first()
    await there.reanchor()
    await there.settle_second()
    there.first.rpc("evm_revert", moment)
    log = await there.log()
    assert await sending.advance(there.wiring.steps, log.id)
    assert (await report_on(there, credential.id)).anchoring in (Anchoring.PENDING, Anchoring.ANCHORED)
    await there.settle_second()
    # The second record came first, as things stand now, and dates the credential.
    report = await report_on(there, credential.id)
    assert (report.verdict, report.anchoring) == (Verdict.VALID, Anchoring.ANCHORED)
    await there.settle_first()
    for one in await receipts(there):
        assert one.proves_inclusion()
    dated = [one for one in await receipts(there) if one.also]
    assert {(one.chain_id, one.also[0].chain_id) for one in dated} == {(SECOND, FIRST)}
    assert (await report_on(there, credential.id)).anchoring is Anchoring.ANCHORED


async def test_a_later_record_there_leaves_the_receipts_that_an_earlier_one_dates_alone(there: TwoChains) -> None:
    await append(there, 1)
    await there.settle_first()
    await there.reanchor()
    await there.settle_second()
    kept = await documents(there)
    await append(there, 2)
    await there.settle_first()
    assert await there.reanchor()
    await there.settle_second()
    after = await documents(there)
    assert after[: len(kept)] == kept
    assert all(one["alsoAnchored"] for one in after)
    assert await there.sent_there() == 2


async def test_receipts_are_made_again_from_where_a_kill_left_them(
    there: TwoChains, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipting, "RECEIPTS_AT_ONCE", 2)
    await append(there, *range(1, 8))
    await there.settle_first()
    await there.reanchor()
    signed = 0
    signer_of = there.steps.signer_of

    async def dying(conn: Any, owner: Any) -> Any:
        nonlocal signed
        signed += 1
        if signed == 3:
            raise Killed
        return await signer_of(conn, owner)

    with pytest.raises(Killed):
        await there.settle_second(replace(there.steps, signer_of=dying))
    assert {len(one.also) for one in await receipts(there)} == {0, 1}
    halfway = [one for one in await documents(there) if "alsoAnchored" in one]
    await there.settle_second()
    after = await documents(there)
    assert all("alsoAnchored" in one for one in after)
    assert [one for one in after if one in halfway] == halfway


async def test_a_wallet_that_follows_another_records_there_too_and_each_record_keeps_its_own(there: TwoChains) -> None:
    credential = await there.installation.issue_one()
    await there.settle_first()
    reference, address = there.wiring.keystore.create_wallet("northgate")
    for chain in (there.first, there.second):
        chain.fund(address)
    await there.reanchor()
    with pytest.raises(Conflict) as refused:
        await follow(there, address, reference)
    assert refused.value.code == "checkpoint_in_flight"
    await there.settle_second()
    before = (await there.log()).wallet_address.lower()
    await follow(there, address, reference)
    later = await there.installation.issue_one(component="2")
    await there.settle_first()
    assert await there.reanchor()
    await there.settle_second()
    recorded = {one.also[0].anchored_by.address for one in await receipts(there)}
    assert recorded == {before, address.lower()}
    document = (await there.installation.client.get("/i/northgate/did.json")).json()
    accounts = [one["blockchainAccountId"] for one in document["verificationMethod"] if "blockchainAccountId" in one]
    assert accounts == [f"eip155:{chain}:{one}" for chain in (FIRST, SECOND) for one in (before, address.lower())]
    there.kill_first()
    for one in (credential, later):
        assert (await report_on(there, one.id)).anchoring is Anchoring.ANCHORED


async def follow(there: TwoChains, address: str, reference: str) -> None:
    """Another wallet for Northgate from now on."""
    async with transaction(there.wiring.engine) as conn:
        await wallets.replace(
            conn,
            there.wiring.keystore,
            there.wiring.compiled,
            there.installation.issuer.institution.id,
            address=address,
            reference=reference,
            now=now(),
        )


async def test_after_a_move_the_log_goes_on_and_nothing_is_lost_or_doubled(there: TwoChains) -> None:
    credential = await there.installation.issue_one()
    await there.settle_first()
    await there.reanchor()
    await there.settle_second()
    await append(there, 1)
    assert await sending.advance(there.wiring.steps, (await there.log()).id)
    there.kill_first()
    log = await there.log_there()
    async with transaction(there.wiring.engine) as conn:
        await reanchoring.move(conn, log, now(), is_gone=True)
        await reanchoring.move(conn, log, now(), is_gone=True)
    await open_account(there, as_main=True)
    async with moved(there) as after:
        later = await after.installation.issue_one(component="2")
        while await sending.advance(after.wiring.steps, log.id):
            after.second.finalize()
        log = await after.log()
        assert log.chain_id == SECOND
        assert await audit_log(after.wiring.engine, log, after.wiring.chain) == []
        made = await receipts(after)
        assert [one.index for one in sorted(made, key=lambda one: one.index)] == list(range(log.size))
        assert all(one.proves_inclusion() for one in made)
        newer = [one.chain_id for one in made if not one.also]
        assert set(newer) == {SECOND}
        for one, code in ((credential, "chain_ok_elsewhere"), (later, "chain_ok")):
            report = await report_on(after, one.id)
            assert (report.verdict, report.anchoring) == (Verdict.VALID, Anchoring.ANCHORED)
            assert report.finding("chain").code == code
        sizes = [one.tree_size for one in await checkpoints(after, SECOND)]
        assert sizes == sorted(set(sizes))
        assert await after.steps.chain.next_nonce(log.wallet_address) == len(sizes)


async def test_what_is_on_its_way_to_a_chain_that_answers_is_waited_for(there: TwoChains) -> None:
    await append(there, 1)
    assert await sending.advance(there.wiring.steps, (await there.log()).id)
    async with transaction(there.wiring.engine) as conn:
        with pytest.raises(Conflict) as refused:
            await reanchoring.move(conn, await there.log_there(), now(), is_gone=False)
    assert refused.value.code == "checkpoint_in_flight"
    assert (await there.log()).chain_id == FIRST


class Killed(BaseException):
    """As `kill -9` would have it: nothing catches it."""


class Killing:
    """The same chain; whoever broadcasts is killed, after or before the node has the bytes."""

    def __init__(self, chain: Any, after: bool) -> None:
        self._chain, self._after = chain, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)

    async def broadcast(self, raw: bytes) -> None:
        if self._after:
            await self._chain.broadcast(raw)
        raise Killed
