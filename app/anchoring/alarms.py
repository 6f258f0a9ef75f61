"""What somebody must know of a log: opened once, for as long as it is so, and seen in `stackmark wallet status`.

Each is of one chain: a second one that goes well says nothing of the first.

Most alarms are about a walk that did not get through, and end with the next one that does. Some last beyond that:
they end when what they are about has been seen to be over, or when somebody dismisses them.
"""

from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import fees, store
from app.anchoring.model import Alarm, Fees, Log, Payer
from app.anchoring.steps import Steps
from app.database import transaction

LASTING = frozenset(
    {
        "balance_low",
        "transaction_stuck",
        "transaction_reverted",
        "wallet_used_elsewhere",
        "chain_forgot_checkpoints",
        "notice_not_given",
    }
)
"""Those that a walk getting through does not end."""

logger = structlog.get_logger()


async def opened(steps: Steps, log: Log, code: str, message: str) -> None:
    async with transaction(steps.engine) as conn:
        is_new = await store.open_alarm(conn, log, code, message, steps.now())
    if is_new:
        logger.warning("alarm", log=str(log.id), code=code, message=message)


async def passed(steps: Steps, log: Log, *, still: str = "") -> None:
    """A walk got through: whatever stood in the way is over, and a wallet that was low may have been filled.

    `still`: the one alarm that is not over, where a walk got as far as it can for now.
    """
    async with transaction(steps.engine) as conn:
        known = {alarm.code for alarm in await store.list_alarms(conn, log.id, log.chain_id)}
        over = known - LASTING - {still}
        ended = await store.close_alarms(conn, log.id, over, log.chain_id) if over else ()
    for code in ended:
        logger.info("alarm_over", log=str(log.id), code=code)
    if "balance_low" in known:
        payer = await steps.wallet.payer(log.wallet_keystore, log.wallet_address)
        await check_reserve(steps, log, payer, await steps.chain.fees())


async def settled(steps: Steps, log: Log, *codes: str) -> None:
    async with transaction(steps.engine) as conn:
        ended = await store.close_alarms(conn, log.id, codes, log.chain_id)
    for one in ended:
        logger.info("alarm_over", log=str(log.id), code=one)


async def check_reserve(steps: Steps, log: Log, payer: Payer, market: Fees) -> None:
    """Warn while there is still time: the balance pays for fewer checkpoints than are to be kept in reserve."""
    balance = await steps.chain.balance(payer.address)
    left = fees.affordable(balance, market, payer.gas_beyond)
    if left >= steps.policy.reserve:
        await settled(steps, log, "balance_low")
        return
    await opened(
        steps,
        log,
        "balance_low",
        f"The wallet {named(log, payer)} on chain {log.chain_id} holds {fees.coins(balance)}, enough for about {left} "
        f"more checkpoints at today's fees. Top it up; fewer than {steps.policy.reserve} is too few to be safe.",
    )


def named(log: Log, payer: Payer) -> str:
    """Whose balance is spoken of."""
    if payer.address == log.wallet_address:
        return payer.address
    return f"{payer.address}, which pays for {log.wallet_address},"


async def current(conn: AsyncConnection, log_id: UUID) -> tuple[Alarm, ...]:
    """Oldest first."""
    return await store.list_alarms(conn, log_id)


async def dismiss(conn: AsyncConnection, log_id: UUID) -> tuple[str, ...]:
    """Somebody has looked at what lasts: the codes of what was dismissed. What is still so comes back."""
    return await store.close_alarms(conn, log_id, LASTING)
