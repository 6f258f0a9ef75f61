"""Watching logs for good: an audit from outside on a schedule, and an alarm for each new fault and each that is over.

Everything is on disk before it is told, so a restart neither forgets a fault nor tells it twice; an alarm that nobody
took waits in the file for the next round. Killed between sending and noting it down, an alarm is sent once more, under
the same id. Whoever calls this holds the file (`held_state`): of two, each would undo what the other noted down.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import structlog

from app.adapters.state_file import read_state, write_state
from app.auditing import alarms
from app.auditing.alarms import Alarm, Watch
from app.auditing.model import Audited
from app.errors import AppError, Refused
from app.watching import Manner, audit_all

MOST_PENDING = 1_000

logger = structlog.get_logger()


class Sender(Protocol):
    """Where alarms go."""

    async def send(self, alarm: Alarm) -> bool:
        """Whether it was taken."""
        ...


async def one_round(
    institutions: Sequence[str], manner: Manner, state_file: Path, sender: Sender | None
) -> list[Audited]:
    """Audit, note down what is new, tell it. Raises `Refused("state_damaged")`, `OutsideFailed("state_not_saved")`."""
    state = read_state(state_file)
    watches = _read_watches(state)
    reports, state = await audit_all(institutions, manner, state)
    pending = list(state.get("pending", []))
    for report in reports:
        watches[report.did], new = alarms.weigh(watches.get(report.did, Watch()), report)
        pending += [{"id": alarm.id, "body": alarm.body} for alarm in new]
    if sender is None:
        pending = []
    state = {
        **state,
        "watches": {did: one.as_json() for did, one in watches.items()},
        "pending": pending[-MOST_PENDING:],
    }
    write_state(state_file, state)
    if sender is not None:
        await _tell(state, state_file, sender)
    return reports


async def watch(look: Callable[[], Awaitable[list[Audited]]], seconds: float, stopped: asyncio.Event) -> None:
    """Look, wait, look again, until stopped. One round that fails does not end the watch."""
    while not stopped.is_set():
        try:
            for report in await look():
                logger.info("log_looked_at", did=report.did, outcome=report.outcome, size=report.size)
        except AppError as error:
            logger.error("log_not_looked_at", code=error.code, reason=error.message)
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), seconds)


async def _tell(state: Mapping[str, Any], state_file: Path, sender: Sender) -> None:
    """Oldest first; what is not taken waits, and what comes after it too: "over" must not arrive before "found"."""
    pending = list(state["pending"])
    while pending:
        if not await sender.send(Alarm(pending[0]["id"], pending[0]["body"])):
            logger.warning("alarm_not_taken", waiting=len(pending))
            return
        pending.pop(0)
        write_state(state_file, {**state, "pending": pending})


def _read_watches(state: Mapping[str, Any]) -> dict[str, Watch]:
    try:
        return {did: alarms.read(one) for did, one in state.get("watches", {}).items()}
    except (ValueError, AttributeError):
        raise Refused("state_damaged", "What was told before cannot be read.") from None
