"""From a sealed checkpoint to a final one: submit, confirm, offer more, and what to do when the chain forgot.

What is sent is a checkpoint of a log on a chain; that of a log on a second chain (`reanchoring`) is sent the same way.
Each step takes its own transaction through `Steps.engine` and is safe to repeat after a crash at any line. Whatever
stands in the way is an alarm of the log for as long as it does.

Who pays for a checkpoint may be another account than the wallet that records it, and pay for several wallets. So a
nonce is its sender's, and is given out under a lock of the sender: no two logs send under the same one.
"""

from dataclasses import replace
from uuid import UUID

import structlog

from app.anchoring import alarms, fees, receipting, service, store
from app.anchoring.model import AnchorCall, Checkpoint, CheckpointState, Fees, Inclusion, Log, Payer, SentTransaction
from app.anchoring.steps import Steps
from app.database import transaction
from app.errors import AppError, NotFound, OutsideFailed, OwnersAwaited

logger = structlog.get_logger()
_SWEPT_AFTER = 60


async def advance(steps: Steps, log_id: UUID) -> float:
    """Walk one log as far as it will go; in how many seconds to look again, 0 = it is at rest.

    Raises `OutsideFailed`, or `Refused` where somebody has to set this installation right: nothing is lost, the next
    walk goes on from there.
    """
    log = await _log(steps, log_id)
    try:
        again = await _walk(steps, log)
    except OwnersAwaited as error:
        # No failure, and people take hours: the sweep looks again, and nothing behind this walk is held up.
        await alarms.opened(steps, log, error.code, error.message)
        await alarms.passed(steps, log, still=error.code)
        return 0
    except AppError as error:
        await alarms.opened(steps, log, error.code, error.message)
        raise
    await alarms.passed(steps, log)
    return again


async def _walk(steps: Steps, log: Log) -> float:
    await forgotten(steps, log)
    while True:
        again = await follow(steps, log)
        if again is not None:
            return again
        async with transaction(steps.engine) as conn:
            window = await service.window(conn, log, steps.now(), steps.policy)
            checkpoint = await service.seal(conn, log.id, steps.now()) if window == 0 else None
        if checkpoint is None:
            await receipting.issue_receipts(steps, log)
            # A walk that waits holds up the walks behind it; a long wait is ended by the sweep, or by an entry more.
            return min(window, steps.policy.poll.total_seconds()) if window and window <= _SWEPT_AFTER else 0


async def follow(steps: Steps, log: Log) -> float | None:
    """Send the checkpoint in flight and look where it is; None once there is none, else when to look again (0 = the
    owner has stopped it)."""
    while True:
        async with transaction(steps.engine) as conn:
            checkpoint = await store.checkpoint_in_flight(conn, log)
        if checkpoint is None:
            return None
        if checkpoint.state is CheckpointState.SEALED:
            if log.pause is not None:
                return 0
            try:
                await submit(steps, log, checkpoint)
            except AppError:
                # Whatever this one has to wait for, those before it are final.
                await receipting.issue_receipts(steps, log)
                raise
        if not await confirm(steps, log):
            return steps.policy.poll.total_seconds()


async def submit(steps: Steps, log: Log, checkpoint: Checkpoint) -> None:
    """Sign the transaction, commit its bytes, then broadcast it.

    Raises `OutsideFailed` with code chain_unreachable, chain_wrong, chain_behind, registry_missing, fees_above_cap or
    wallet_unfunded, `OwnersAwaited`, and what the wallet's keeper raises; the checkpoint stays sealed and nothing is
    lost.
    """
    await _check_chain(steps, log)
    if not await steps.chain.has_registry(log.contract):
        raise OutsideFailed("registry_missing", f"The register is not at {log.contract} on chain {log.chain_id}.")
    if await steps.chain.last_size(log.contract, log.wallet_address) >= checkpoint.tree_size:
        # Whoever holds the wallet has brought it, or a later one: nothing is left to sign. Where it stands comes next.
        await _move(steps, log, checkpoint, CheckpointState.SUBMITTED)
        return
    if not await steps.chain.may_anchor(log.contract, log.wallet_address, checkpoint.root, checkpoint.tree_size):
        raise OutsideFailed(
            "wallet_refused",
            f"The register takes nothing more from {log.wallet_address}: the wallet has a successor, or was given up. "
            "Nothing is sent that would be paid for and refused. Use another one: stackmark wallet replace.",
        )
    payer = await steps.wallet.payer(log.wallet_keystore, log.wallet_address)
    nonce = await _next_nonce(steps, log, payer.address)
    market = await steps.chain.fees()
    offer = await _offer(steps, log, payer, nonce, market)
    await _check_balance(steps, log, payer, offer)
    if await _sign(steps, log, checkpoint, payer, nonce, offer) is not None:
        await alarms.check_reserve(steps, log, payer, market)


async def confirm(steps: Steps, log: Log) -> bool:
    """Look where the checkpoint in flight is and record it. True when it has become final (or needs a new start)."""
    async with transaction(steps.engine) as conn:
        checkpoint = await store.checkpoint_in_flight(conn, log)
        sent = await store.list_transactions(conn, checkpoint.id) if checkpoint else ()
    if checkpoint is None:
        return True
    await _check_chain(steps, log)
    inclusion = await _find(steps, log, checkpoint, sent)
    if inclusion is None:
        return await _not_included(steps, log, checkpoint, sent)
    final = await steps.chain.is_final(inclusion.block.number)
    if final and await _find(steps, log, checkpoint, sent) != inclusion:
        # Between the two questions the chain changed its mind: another block has that number now.
        return False
    state = CheckpointState.FINALIZED if final else CheckpointState.INCLUDED
    await _move(steps, log, checkpoint, state, inclusion)
    if final:
        await alarms.settled(steps, log, "transaction_stuck", "transaction_reverted")
        logger.info("checkpoint_final", log=str(log.id), size=checkpoint.tree_size, block=inclusion.block.number)
    return final


async def forgotten(steps: Steps, log: Log) -> bool:
    """Notice a chain that no longer has final checkpoints, and anchor again. True when it had to.

    The newest one answers for all: a chain that still has it has what came before it.
    """
    async with transaction(steps.engine) as conn:
        everywhere = await store.list_checkpoints(conn, log.id, CheckpointState.FINALIZED)
    finals = [final for final in everywhere if final.chain_id == log.chain_id]
    if not finals or await steps.chain.chain_id() != log.chain_id:
        return False
    if await steps.chain.anchored_at(log.contract, finals[-1].anchored_by, finals[-1].root):
        return False
    lost = [
        final.id for final in finals if not await steps.chain.anchored_at(log.contract, final.anchored_by, final.root)
    ]
    async with transaction(steps.engine) as conn:
        current = await store.find_log(conn, lock=True, id=log.id)
        for checkpoint_id in lost:
            await store.set_state(conn, checkpoint_id, CheckpointState.ORPHANED)
        await store.delete_receipts(conn, lost)
        if current is not None and not await store.checkpoint_in_flight(conn, log):
            if current.chain_id == log.chain_id:
                await service.seal_size(conn, current, steps.now())
            else:
                again = replace(log, size=finals[-1].tree_size)
                await store.insert_checkpoint(conn, again, finals[-1].root, steps.now())
    await alarms.opened(
        steps,
        log,
        "chain_forgot_checkpoints",
        f"Chain {log.chain_id} took back {len(lost)} final record{'s' if len(lost) > 1 else ''} of this log. They are "
        "made again, and so are the receipts; until then what no other chain has shows as not yet anchored.",
    )
    return True


async def _find(steps: Steps, log: Log, checkpoint: Checkpoint, sent: tuple[SentTransaction, ...]) -> Inclusion | None:
    for one in sent:
        inclusion = await steps.chain.inclusion(one.hash)
        if inclusion is not None and inclusion.succeeded:
            return inclusion
    # A reverted or unknown transaction may still mean success: the root may stand through another one.
    if await steps.chain.anchored_at(log.contract, log.wallet_address, checkpoint.root):
        return await steps.chain.find_anchored(log.contract, log.wallet_address, checkpoint.root)
    return None


async def _not_included(steps: Steps, log: Log, checkpoint: Checkpoint, sent: tuple[SentTransaction, ...]) -> bool:
    if await steps.chain.last_size(log.contract, log.wallet_address) >= checkpoint.tree_size:
        if await _find(steps, log, checkpoint, sent) is not None:
            # It came in between the two questions; the next look sees it.
            return False
        # Overtaken: sizes must grow, so this one can never be anchored. A larger one covers the same leaves.
        await _move(steps, log, checkpoint, CheckpointState.ORPHANED)
        raise OutsideFailed(
            "checkpoint_overtaken",
            f"The chain already has a later record for {log.wallet_address}; the next checkpoint will cover this one.",
        )
    if not sent:
        await _move(steps, log, checkpoint, CheckpointState.SEALED)
        return False
    sender = sent[-1].sender
    ours = [one for one in sent if one.sender == sender]
    used = await steps.chain.next_nonce(sender)
    waiting = [one for one in ours if one.nonce >= used]
    # None of ours can be mined any more? Only once what took its nonce is final: the chain may yet change its mind,
    # or a node be behind with what it shows, and a second transaction would be paid for and refused.
    given_up = await steps.chain.next_nonce(sender, final=True) > max(one.nonce for one in ours)
    await _move(steps, log, checkpoint, CheckpointState.SEALED if given_up else CheckpointState.SUBMITTED)
    if waiting:
        if log.pause is None:
            await _send_again(steps, log, checkpoint, waiting[-1], used)
        return False
    included = [found for found in [await steps.chain.inclusion(one.hash) for one in ours] if found is not None]
    if any(found.succeeded for found in included):
        # It came in between the two questions; the next look sees it.
        return False
    if included:
        await alarms.opened(
            steps,
            log,
            "transaction_reverted",
            f"The chain took a transaction of {sender} and would not do what it says; the fee is spent. It is made "
            "again. If this comes back, stop the wallet and find out why.",
        )
        return False
    await alarms.opened(
        steps,
        log,
        "wallet_used_elsewhere",
        f"Something else has sent a transaction from {sender}. If that was nobody you know, stop the wallet and "
        "replace it.",
    )
    return False


async def _send_again(steps: Steps, log: Log, checkpoint: Checkpoint, last: SentTransaction, used: int) -> None:
    """The same bytes; or, when they have waited too long or are too cheap, the same call for more.

    `used`: how many nonces of the sender's the chain has taken.
    """
    nonce = await _next_nonce(steps, log, last.sender)
    # What waits behind another log's transaction is not helped by more money.
    overdue = last.nonce == used and fees.is_overdue(last, steps.now(), steps.policy)
    if nonce >= last.nonce and not overdue:
        try:
            await steps.chain.broadcast(last.raw)
            return
        except OutsideFailed as error:
            if error.code != "transaction_underpriced":
                raise
    payer = await steps.wallet.payer(log.wallet_keystore, log.wallet_address)
    if payer.address != last.sender:
        # Somebody else pays from now on, and cannot replace what another sent: whichever comes first counts.
        await _move(steps, log, checkpoint, CheckpointState.SEALED)
        return
    market = await steps.chain.fees()
    if nonce < last.nonce:
        # Nothing of ours will ever fill the gap before it, so it goes there itself.
        offer: Fees | None = await _offer(steps, log, payer, nonce, market)
    else:
        nonce, offer = last.nonce, fees.replacement(last.fees, market, steps.policy)
    if offer is not None:
        await _check_balance(steps, log, payer, offer)
        logger.info("transaction_replaced", log=str(log.id), nonce=nonce, max_fee=offer.max_fee)
        await _sign(steps, log, checkpoint, payer, nonce, offer)
        return
    await alarms.opened(
        steps,
        log,
        "transaction_stuck",
        f"A checkpoint has waited since {last.created_at:%d %B %Y, %H:%M} UTC for chain {log.chain_id} to take it, and "
        f"the {fees.per_gas(steps.policy.max_fee)} allowed for a unit of gas are offered already. Allow more, or wait.",
    )
    await steps.chain.broadcast(last.raw)


async def _next_nonce(steps: Steps, log: Log, sender: str) -> int:
    """The lowest that the sender can use for this log: no other log's checkpoint is on its way with it.

    Raises `OutsideFailed("chain_behind")`.
    """
    async with transaction(steps.engine) as conn:
        known = await store.final_nonces(conn, log.chain_id, sender)
        taken = await store.nonces_of_others(conn, log, sender)
    nonce = await steps.chain.next_nonce(sender)
    if nonce < known:
        raise OutsideFailed(
            "chain_behind",
            f"The chain's node has not yet seen the newest transactions of {sender}; it will be asked again. Nothing "
            "is sent on its word.",
        )
    while nonce in taken:
        nonce += 1
    return nonce


async def _offer(steps: Steps, log: Log, payer: Payer, nonce: int, market: Fees) -> Fees:
    """What is offered first under a nonce. Raises `OutsideFailed("fees_above_cap")`."""
    async with transaction(steps.engine) as conn:
        rival = await store.dearest_with_nonce(conn, log.chain_id, payer.address, nonce)
    # Something of ours may still wait under this nonce, for a checkpoint given up since: then it must be outbid.
    offer = fees.replacement(rival.fees, market, steps.policy) if rival else fees.first_offer(market, steps.policy)
    if offer is None:
        asked = fees.per_gas(market.base_fee + market.priority_fee)
        raise OutsideFailed(
            "fees_above_cap",
            f"Chain {log.chain_id} asks {asked} for a unit of gas just now, and {fees.per_gas(steps.policy.max_fee)} "
            "is allowed here. Credentials are safe and wait for a quieter hour.",
        )
    return offer


async def _sign(
    steps: Steps, log: Log, checkpoint: Checkpoint, payer: Payer, nonce: int, offer: Fees
) -> SentTransaction | None:
    """Sign, commit the bytes, broadcast. None when the checkpoint has gone on meanwhile: then nothing was done."""
    call = AnchorCall(log.chain_id, log.contract, nonce, checkpoint.root, checkpoint.tree_size, offer)
    signed = await steps.wallet.sign_anchor(log.wallet_keystore, call)
    sent = SentTransaction(checkpoint.id, payer.address, nonce, signed.raw, signed.hash, offer, steps.now())
    async with transaction(steps.engine) as conn:
        current = await store.checkpoint_in_flight(conn, log, lock=True)
        if current is None or current.id != checkpoint.id or current.state is CheckpointState.INCLUDED:
            return None
        # Held until the bytes are on disk: whoever stops or replaces the wallet waits for that, or is heeded here.
        here = await store.find_log(conn, lock=True, id=log.id)
        if here is None or here.pause is not None or here.wallet_address != log.wallet_address:
            return None
        await store.lock_sender(conn, log.chain_id, payer.address)
        if nonce in await store.nonces_of_others(conn, log, payer.address):
            return None
        newest = await store.list_transactions(conn, checkpoint.id)
        same = newest and (newest[-1].sender, newest[-1].nonce) == (payer.address, nonce)
        if same and newest[-1].fees.max_fee >= offer.max_fee:
            return None
        await store.insert_transaction(conn, sent)
        await store.set_state(conn, checkpoint.id, CheckpointState.SUBMITTED)
    await steps.chain.broadcast(signed.raw)
    return sent


async def _move(
    steps: Steps, log: Log, checkpoint: Checkpoint, state: CheckpointState, inclusion: Inclusion | None = None
) -> None:
    """Record where it is, unless another walk has brought it further meanwhile."""
    async with transaction(steps.engine) as conn:
        current = await store.checkpoint_in_flight(conn, log, lock=True)
        if current is not None and current.id == checkpoint.id:
            rule = steps.finality if state is CheckpointState.FINALIZED else None
            await store.set_state(conn, checkpoint.id, state, inclusion, rule)


async def _check_chain(steps: Steps, log: Log) -> None:
    if await steps.chain.chain_id() != log.chain_id:
        raise OutsideFailed("chain_wrong", f"The node answers for another chain than {log.chain_id}.")


async def _check_balance(steps: Steps, log: Log, payer: Payer, offer: Fees) -> None:
    needed = payer.gas_limit * offer.max_fee
    if await steps.chain.balance(payer.address) < needed:
        raise OutsideFailed(
            "wallet_unfunded",
            f"The wallet {alarms.named(log, payer)} on chain {log.chain_id} cannot pay for the next checkpoint: "
            f"it needs {fees.coins(needed)} of the chain's currency. Credentials are safe and wait.",
        )


async def _log(steps: Steps, log_id: UUID) -> Log:
    async with transaction(steps.engine) as conn:
        log = await store.find_log(conn, id=log_id)
    if log is None:
        raise NotFound("log_unknown", "There is no such log.")
    return log
