"""The background process: tasks that call services, and nothing else."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition
from psycopg import OperationalError

from app import jobs
from app.anchoring import notices, publishing, reanchoring, sending
from app.anchoring import service as anchoring
from app.credentials import chains, keys, status
from app.credentials import service as credentials
from app.database import transaction
from app.errors import AppError, NotFound, OutsideFailed
from app.institutions import service as institutions
from app.settings import Settings
from app.stacking import cascading, linking
from app.stacking import service as stacking
from app.wiring import Wiring, now, wired

logger = structlog.get_logger()
AWAY_FOR = timedelta(seconds=30)
# A few tries with doubling waits; what still fails is taken up by the minute's sweep, for as long as it takes.
RETRY = procrastinate.RetryStrategy(max_attempts=5, exponential_wait=2, retry_exceptions={AppError, OSError})


def register_tasks(app: procrastinate.App, wiring: Wiring) -> None:
    """Make every task of this application known to the queue."""
    away = Away()

    @app.task(name=jobs.ADVANCE_LOG, retry=RETRY)
    async def advance_log(log_id: str) -> None:
        steps = await wiring.steps_of(UUID(log_id))
        if again := await sending.advance(steps, UUID(log_id)):
            # Something is on its way to being final, or waits for company.
            async with transaction(wiring.engine) as conn:
                await anchoring.request_again(conn, UUID(log_id), again)
        else:
            await publishing.publish_checkpoints(steps, UUID(log_id))

    @app.task(name=jobs.ADVANCE_ELSEWHERE, retry=RETRY)
    async def advance_elsewhere(log_id: str, chain_id: int) -> None:
        if chain_id not in wiring.chains or away.knows(chain_id, now()):
            # It was set up when this was asked for; what was sent there is followed again once it is, and answers.
            return
        steps = wiring.steps_on(chain_id)
        with away.heeding(chain_id):
            again = await reanchoring.advance(steps, UUID(log_id), chain_id)
        if again:
            async with transaction(wiring.engine) as conn:
                await reanchoring.request_again(conn, UUID(log_id), chain_id, again)
        else:
            await publishing.publish_checkpoints(steps, UUID(log_id))

    @app.task(name=jobs.GIVE_NOTICE, retry=RETRY)
    async def give_notice(log_id: str, chain_id: int) -> None:
        if chain_id not in wiring.chains or away.knows(chain_id, now()):
            return
        steps = wiring.steps_on(chain_id)
        with away.heeding(chain_id):
            is_waited_for = await notices.advance_on(steps, UUID(log_id), chain_id)
        if is_waited_for:
            async with transaction(wiring.engine) as conn:
                await notices.request_again(conn, UUID(log_id), chain_id, steps.policy.poll.total_seconds())

    @app.task(name=jobs.ISSUE_IMPORT, retry=RETRY)
    async def issue_import(import_id: str) -> None:
        more = True
        while more:
            async with transaction(wiring.engine) as conn:
                cohort = await credentials.find_import(conn, UUID(import_id))
                issuer = await wiring.issuer(conn, cohort.institution_id)
                more = await credentials.issue_import(conn, issuer, wiring.canonical, cohort.id, now())

    @app.task(name=jobs.AWARD_STACKS, retry=RETRY)
    async def award_stacks(import_id: str) -> None:
        async with transaction(wiring.engine) as conn:
            cohort = await credentials.find_import(conn, UUID(import_id))
            issuer = await wiring.issuer(conn, cohort.institution_id)
            learners = await credentials.learners_of_import(conn, cohort.institution_id, cohort.id)
            awarded = await stacking.award_completed(conn, issuer, wiring.canonical, learners, now())
            await linking.request_elsewhere(conn, [learner.id for learner in learners])
            await credentials.finish_import(conn, cohort.id)
        logger.info("awards_made", import_id=import_id, awards=awarded)

    @app.task(name=jobs.AWARD_LEARNER, retry=RETRY)
    async def award_learner(institution_id: str, learner_id: str, elsewhere: bool = True) -> None:
        async with transaction(wiring.engine) as conn:
            issuer = await wiring.issuer(conn, UUID(institution_id))
            try:
                learner = await credentials.get_learner(conn, UUID(institution_id), UUID(learner_id))
            except NotFound:
                # Erased since this was asked for: nothing is to be awarded, and nothing is to name them.
                return
            await stacking.award_completed(conn, issuer, wiring.canonical, [learner], now())
            if elsewhere:
                await linking.request_elsewhere(conn, [learner.id])

    @app.task(name=jobs.REVIEW_STACKS, retry=RETRY)
    async def review_stacks(credential_id: str) -> None:
        async with transaction(wiring.engine) as conn:
            flagged = await cascading.request(conn, UUID(credential_id))
        logger.info("awards_flagged", credential=credential_id, awards=len(flagged))

    @app.task(name=jobs.CASCADE_AWARD, retry=RETRY)
    async def cascade_award(credential_id: str) -> None:
        async with transaction(wiring.engine) as conn:
            award = await credentials.find(conn, UUID(credential_id))
            if award is None:
                # Erased since this was asked for.
                return
            issuer = await wiring.issuer(conn, award.institution_id)
            outcome = await cascading.follow(conn, issuer, wiring.canonical, award.id, now())
        logger.info("award_followed", credential=credential_id, outcome=outcome or "nothing to do")

    @app.periodic(cron="37 * * * *")
    @app.task(name=jobs.CASCADE_UNFINISHED)
    async def cascade_unfinished(timestamp: int) -> None:
        async with transaction(wiring.engine) as conn:
            await cascading.request_unfinished(conn)

    @app.periodic(cron="7 * * * *")
    @app.task(name=jobs.REFRESH_STATUS_LISTS, retry=RETRY)
    async def refresh_status_lists(timestamp: int) -> None:
        async with transaction(wiring.engine) as conn:
            everyone = await institutions.list_all(conn)
        for institution in everyone:
            try:
                async with transaction(wiring.engine) as conn:
                    await status.refresh(conn, await wiring.issuer(conn, institution.id), now())
                async with transaction(wiring.engine) as conn:
                    await keys.publish(conn, await wiring.issuer(conn, institution.id), now())
            except AppError as error:
                # One institution's missing key must not let the others' lists run out.
                logger.error("status_list_not_refreshed", institution=institution.slug, code=error.code)

    @app.periodic(cron="* * * * *")
    @app.task(name=jobs.SWEEP)
    async def sweep(timestamp: int) -> None:
        # The net under every other request: imports not fully signed, logs with something to do or to notice.
        async with transaction(wiring.engine) as conn:
            await anchoring.request_all(conn)
            for chain_id in wiring.chains:
                await reanchoring.request_all(conn, chain_id)
            await notices.request_all(conn, wiring.chains)
            await credentials.request_unfinished(conn)
        await record_elsewhere(wiring, now())


async def record_elsewhere(wiring: Wiring, moment: datetime) -> int:
    """What is due on the second chain, where the settings say how often; the number of logs. No chain is asked."""
    there, hours = wiring.second, wiring.settings.second_chain_hours
    if there is None or hours is None:
        return 0
    async with transaction(wiring.engine) as conn:
        everyone = await institutions.list_all(conn)
    done = 0
    for institution in everyone:
        try:
            async with transaction(wiring.engine) as conn:
                done += await chains.record_if_due(
                    conn,
                    wiring.keystore,
                    wiring.compiled,
                    institution.id,
                    chain_id=there.rules.chain_id,
                    contract=there.contract,
                    every=timedelta(hours=hours),
                    now=moment,
                )
        except AppError as error:
            # One institution's missing key must not keep the others' records back.
            logger.error("not_recorded_elsewhere", institution=institution.slug, code=error.code)
    return done


class Away:
    """Chains that did not answer a moment ago. Each walk of a log there would find that out anew, by waiting: a few
    hundred of them would leave no room for the walks of chains that answer. The sweep asks again."""

    def __init__(self) -> None:
        self._since: dict[int, datetime] = {}

    def knows(self, chain_id: int, moment: datetime) -> bool:
        since = self._since.get(chain_id)
        return since is not None and moment - since < AWAY_FOR

    @contextmanager
    def heeding(self, chain_id: int) -> Iterator[None]:
        try:
            yield
        except OutsideFailed as error:
            if error.code == "chain_unreachable":
                self._since[chain_id] = now()
            raise


async def run_for_good(settings: Settings) -> None:
    """Work until asked to stop; a database that goes away is waited for.

    A worker may also end without a word when its connections are dropped: only a signal ends the process. Or it goes
    on, but could not write down how a job ended: then a new one starts, and the job is taken up again.
    """
    asked, lost = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)

    def unheard(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(context.get("exception"), ConnectorException | OperationalError):
            lost.set()
        loop.default_exception_handler(context)

    loop.set_exception_handler(unheard)
    while not asked.is_set():
        lost.clear()
        work = asyncio.create_task(run(settings))
        signs = [asyncio.create_task(event.wait()) for event in (asked, lost)]
        await asyncio.wait({work, *signs}, return_when=asyncio.FIRST_COMPLETED)
        # Asked to stop, it finishes the jobs in hand.
        work.cancel()
        for sign in signs:
            sign.cancel()
        try:
            await work
        except asyncio.CancelledError:
            continue
        except (ConnectorException, OperationalError, AppError, OSError, ExceptionGroup) as error:
            logger.error("worker_interrupted", reason=type(error).__name__)
        if not asked.is_set():
            await asyncio.sleep(settings.worker_poll_seconds)


async def run(settings: Settings, *, until_idle: bool = False) -> None:
    """Work until stopped (or, with `until_idle`, until no job is due)."""
    heartbeat = settings.worker_heartbeat_seconds
    async with wired(settings, pool_size=4) as wiring:
        app = jobs.worker_app(settings.secret_database_url())
        register_tasks(app, wiring)
        async with app.open_async():
            rescuer = asyncio.create_task(rescue(app, 3 * heartbeat))
            try:
                await app.run_worker_async(
                    concurrency=2,
                    wait=not until_idle,
                    fetch_job_polling_interval=1.0,
                    install_signal_handlers=False,
                    delete_jobs=DeleteJobCondition.SUCCESSFUL,
                    update_heartbeat_interval=heartbeat,
                    stalled_worker_timeout=3 * heartbeat,
                )
            finally:
                rescuer.cancel()


async def rescue(app: procrastinate.App, stalled_after: float) -> None:
    """Take up again what a killed worker left running, for its locks hold up everybody; every task may be repeated."""
    while True:
        try:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after):
                logger.warning("job_taken_up_again", task=job.task_name)
                await app.job_manager.retry_job(job)
        except ConnectorException as error:
            logger.warning("rescue_put_off", reason=type(error).__name__)
        await asyncio.sleep(stalled_after / 3)
