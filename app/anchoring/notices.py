"""Notice of a wallet that somebody else may hold: told to the register of every chain on which the wallet counts.

Noted down first, for all of them in one transaction, and then told to each by itself: a chain that is dead, or on which
the wallet cannot pay, holds up no other, and is told as soon as it can be. What is sent is signed, on disk and only
then broadcast, as a checkpoint is; a register that has the notice, whoever brought it, is not told again.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app import jobs
from app.anchoring import alarms, fees, service, store
from app.anchoring.model import DisownCall, Fees, Log, Notice, SignedTransaction
from app.anchoring.steps import Steps
from app.database import transaction
from app.errors import AppError, OutsideFailed, OwnersAwaited

GAS_LIMIT = 200_000

logger = structlog.get_logger()


async def note_down(
    conn: AsyncConnection, owner: UUID, places: Collection[tuple[int, str]], since: datetime, now: datetime
) -> tuple[Notice, ...]:
    """Notices of the wallet in use, for every register that it has recorded in and for those of `places` (chain,
    contract), where it is published; those still to be told. `since`: nothing from then on is to be believed.

    Noted once, however often it is asked for. Raises `NotFound("log_unknown")`.
    """
    log = await service.held_log(conn, owner)
    recorded = [
        (one.chain_id, one.contract)
        for one in await store.list_checkpoints(conn, log.id)
        if one.anchored_by == log.wallet_address
    ]
    known: dict[tuple[int, str], str] = {}
    for chain_id, contract in ((log.chain_id, log.contract), *recorded, *places):
        known.setdefault((chain_id, contract.lower()), contract)
    moment = int(since.timestamp())
    for (chain_id, _), contract in known.items():
        notice = Notice(log.id, chain_id, contract, log.wallet_address, log.wallet_keystore, moment)
        await store.save_notice(conn, notice, now)
    left = await store.list_notices(conn, log.id, log.wallet_address)
    for notice in left:
        await _request(conn, notice)
    return left


async def waiting(conn: AsyncConnection, log_id: UUID) -> tuple[Notice, ...]:
    """Those of a log, of whichever wallet, that their registers do not have for good."""
    return await store.list_notices(conn, log_id)


async def request_all(conn: AsyncConnection, chains: Collection[int]) -> None:
    """Have whatever is still to be told told, on those of the chains that are set up here."""
    for notice in await store.list_notices(conn):
        if notice.chain_id in chains:
            await _request(conn, notice)


async def advance_on(steps: Steps, log_id: UUID, chain_id: int) -> bool:
    """Tell what a log's wallets have to tell a chain, as far as it goes now; whether somebody has to look again soon.

    Raises `AppError`.
    """
    async with transaction(steps.engine) as conn:
        found = [one for one in await store.list_notices(conn, log_id) if one.chain_id == chain_id]
    return not all([await advance(steps, one) for one in found])


async def request_again(conn: AsyncConnection, log_id: UUID, chain_id: int, delay_seconds: float) -> None:
    for notice in await store.list_notices(conn, log_id):
        if notice.chain_id == chain_id:
            await _request(conn, notice, delay_seconds)
            return


async def advance(steps: Steps, notice: Notice) -> bool:
    """Bring one notice as far as it will go now. True = nothing is to be done soon: its register has it for good, or
    those who hold the wallet together have to bring it.

    Raises `AppError`, and then it is an alarm of the log until it has been told.
    """
    async with transaction(steps.engine) as conn:
        found, log = await store.find_notice(conn, notice), await store.find_log(conn, id=notice.log_id)
    if found is None or log is None or found.told_at is not None:
        return True
    there = log.on(found.chain_id, found.contract)
    try:
        return await _tell(steps, there, found)
    except AppError as error:
        await alarms.opened(
            steps,
            there,
            "notice_not_given",
            f"Chain {found.chain_id} does not know yet that the wallet {found.address} is not safe: {error.message}",
        )
        if isinstance(error, OwnersAwaited):
            return True
        raise


async def _tell(steps: Steps, log: Log, notice: Notice) -> bool:
    if await steps.chain.chain_id() != notice.chain_id:
        raise OutsideFailed("chain_wrong", f"The node answers for another chain than {notice.chain_id}.")
    if not await steps.chain.has_registry(notice.contract):
        raise OutsideFailed("registry_missing", f"The register is not at {notice.contract} on chain {notice.chain_id}.")
    if _says_so(await steps.chain.disowned_since(notice.contract, notice.address, final=True), notice):
        async with transaction(steps.engine) as conn:
            done = await store.set_notice_told(conn, notice, steps.now())
            others = [one for one in await store.list_notices(conn, log.id) if one.chain_id == log.chain_id]
        if not others:
            await alarms.settled(steps, log, "notice_not_given")
        logger.info("notice_given", log=str(log.id), chain=notice.chain_id, wallet=notice.address)
        return done
    if _says_so(await steps.chain.disowned_since(notice.contract, notice.address), notice):
        return False
    used = await steps.chain.next_nonce(notice.address)
    if notice.sent is not None and notice.nonce is not None and notice.nonce >= used:
        await _send_again(steps, notice, notice.sent, notice.nonce)
        return False
    offer = await _first_offer(steps, notice, used)
    await _sign(steps, notice, used, offer)
    return False


def _says_so(since: int, notice: Notice) -> bool:
    return 0 < since <= notice.since


async def _send_again(steps: Steps, notice: Notice, sent: SignedTransaction, nonce: int) -> None:
    """The same bytes; or, when they have waited too long or are too cheap, the same call for more."""
    is_overdue = notice.sent_at is None or steps.now() - notice.sent_at >= steps.policy.replace_after
    if not is_overdue:
        try:
            await steps.chain.broadcast(sent.raw)
            return
        except OutsideFailed as error:
            if error.code != "transaction_underpriced":
                raise
    market = await steps.chain.fees()
    offer = fees.replacement(notice.fees or market, market, steps.policy)
    if offer is None:
        # All that is allowed is offered already.
        await steps.chain.broadcast(sent.raw)
        return
    await _sign(steps, notice, nonce, offer)


async def _first_offer(steps: Steps, notice: Notice, nonce: int) -> Fees:
    """Raises `OutsideFailed("fees_above_cap")`."""
    async with transaction(steps.engine) as conn:
        rival = await store.dearest_with_nonce(conn, notice.chain_id, notice.address, nonce)
    market = await steps.chain.fees()
    # A checkpoint of this wallet that still waits there is pushed aside: nothing of it is to be believed any more.
    offer = fees.replacement(rival.fees, market, steps.policy) if rival else fees.first_offer(market, steps.policy)
    if offer is None:
        raise OutsideFailed(
            "fees_above_cap", f"Chain {notice.chain_id} asks more for a unit of gas just now than is allowed here."
        )
    return offer


async def _sign(steps: Steps, notice: Notice, nonce: int, offer: Fees) -> None:
    """Sign, commit the bytes, broadcast; nothing, where another has done so meanwhile."""
    if not await steps.chain.may_disown(notice.contract, notice.address, notice.since):
        raise OutsideFailed(
            "notice_refused", "The register would not take the notice: its clock is behind, or it knows no notices."
        )
    call = DisownCall(notice.chain_id, notice.contract, nonce, notice.since, offer)
    signed = await steps.wallet.sign_disown(notice.keystore, call)
    needed = GAS_LIMIT * offer.max_fee
    if await steps.chain.balance(notice.address) < needed:
        raise OutsideFailed(
            "wallet_unfunded",
            f"The wallet {notice.address} cannot pay for it on chain {notice.chain_id}: it needs {fees.coins(needed)}.",
        )
    async with transaction(steps.engine) as conn:
        current = await store.find_notice(conn, notice, lock=True)
        if current is None or current.told_at is not None:
            return
        if (current.since, current.nonce, current.sent) != (notice.since, notice.nonce, notice.sent):
            return
        await store.set_notice_sent(conn, notice, nonce, signed, offer, steps.now())
    await steps.chain.broadcast(signed.raw)


async def _request(conn: AsyncConnection, notice: Notice, delay_seconds: float = 0) -> None:
    await jobs.enqueue(
        conn,
        jobs.GIVE_NOTICE,
        lock=f"wallet:{notice.address}:{notice.chain_id}",
        delay_seconds=delay_seconds,
        log_id=str(notice.log_id),
        chain_id=notice.chain_id,
    )
