"""The queue: Procrastinate on the same PostgreSQL.

A job is enqueued by task name inside the caller's transaction, so that it exists if and only if the row it works
on does. Tasks call services and nothing else; the names are the contract between the two processes.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import procrastinate
from sqlalchemy.ext.asyncio import AsyncConnection

from app.database import libpq_url

ADVANCE_LOG = "anchoring.advance_log"
ADVANCE_ELSEWHERE = "anchoring.advance_elsewhere"
GIVE_NOTICE = "anchoring.give_notice"
ISSUE_IMPORT = "credentials.issue_import"
AWARD_STACKS = "stacking.award_completed"
AWARD_LEARNER = "stacking.award_learner"
REVIEW_STACKS = "stacking.review_dependents"
CASCADE_AWARD = "stacking.cascade"
CASCADE_UNFINISHED = "stacking.cascade_unfinished"
REFRESH_STATUS_LISTS = "credentials.refresh_status_lists"
SWEEP = "anchoring.sweep"

_unopened = procrastinate.App(connector=procrastinate.PsycopgConnector())


async def enqueue(
    conn: AsyncConnection, task: str, *, lock: str | None = None, delay_seconds: float = 0, **arguments: Any
) -> None:
    """Enqueue `task` in the transaction of `conn`.

    Jobs with the same `lock` run one after the other in the order of their making: one that waits for its time, or
    for another try, holds up those behind it.
    """
    raw = (await conn.get_raw_connection()).driver_connection
    schedule = {"schedule_in": {"seconds": delay_seconds}} if delay_seconds else {}
    await _unopened.configure_task(name=task, lock=lock, connection=raw, **schedule).defer_async(**arguments)  # type: ignore[arg-type]


async def forget(conn: AsyncConnection, ids: Iterable[UUID]) -> int:
    """Delete the jobs about credentials or learners that are being erased, whatever became of them; their number.

    One being worked on is left alone: it finds nothing to do, and is deleted when it is done.
    """
    raw = (await conn.get_raw_connection()).driver_connection
    found = await raw.execute(  # type: ignore[union-attr]
        "DELETE FROM procrastinate_jobs WHERE status <> 'doing'"
        " AND (args->>'learner_id' = ANY(%(ids)s) OR args->>'credential_id' = ANY(%(ids)s))",
        {"ids": [str(one) for one in ids]},
    )
    return int(found.rowcount)


def worker_app(database_url: str) -> procrastinate.App:
    """A Procrastinate application with its own connections, for the worker process."""
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=libpq_url(database_url), max_size=6))
