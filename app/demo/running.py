"""From starting the parts to stopping them, with the first tale: a results file becomes a verified profile."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import httpx
import structlog
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.anchoring import service as anchoring
from app.catalogue import service as catalogue
from app.catalogue.seed import load_seed
from app.credentials import accrediting, cohort_import
from app.credentials import service as credentials
from app.credentials.model import CredentialKind, ImportState
from app.credentials.scheme import make_scheme_operator
from app.database import transaction
from app.demo import stacking as stacking_tale
from app.demo.processes import announced, child, choose_port, wait_until_served
from app.demo.tale import StepFailed, Tale, out
from app.errors import AppError
from app.institutions import service as institutions
from app.institutions.model import Institution, published_wallet
from app.local import LocalInstallation, local_installation
from app.settings import Settings
from app.sharing import service as sharing
from app.stacking import packs
from app.stacking import service as stacking
from app.wiring import Wiring, now, wired

SLUG = "northgate-sample"
OPERATOR_SLUG = "scheme-sample"
NAME = "Northgate College (sample)"
SAMPLES = ("hnc-computing-2026.csv", "t-level-digital-support-2026.csv")
ACCREDITED = ("hnc-computing", "tlevel-6105799x", stacking_tale.T_LEVEL, stacking_tale.HND)
WAIT_SECONDS = 600

logger = structlog.get_logger()


def run_demo(base: Settings, *, check: bool) -> int:
    """Run the demo; the exit code."""
    tale = Tale()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    try:
        with ExitStack() as stack:
            port, said = choose_port(base)
            if said:
                out.print(said)
            with tale.telling("Start PostgreSQL and the local chain, bring the schema up to date, deploy the register"):
                installation = stack.enter_context(local_installation(base, f"http://localhost:{port}"))
            settings = installation.settings.model_copy(update={"port": port})
            stack.enter_context(announced(settings))
            asyncio.run(_prepare(tale, installation, settings))
            with tale.telling("Start the web application and the worker"):
                stack.enter_context(child(settings, "worker"))
                stack.enter_context(child(settings, "serve"))
                wait_until_served(f"http://127.0.0.1:{port}/readyz")
            asyncio.run(_show(tale, settings, f"http://127.0.0.1:{port}"))
            _summary(tale)
            if check:
                with tale.telling("Fetch every address and verify what is there"):
                    _check(tale, settings, f"http://127.0.0.1:{port}")
                out.print("[green]Everything printed above answers and verifies.[/]")
                return 0
            out.print(f"\n[bold]serving[/] on http://127.0.0.1:{port} (Ctrl-C stops everything)")
            while True:
                signal.pause()
    except KeyboardInterrupt:
        out.print("\nStopped. What was made is kept; run the same command to go on.")
        return 0
    except (StepFailed, AppError) as error:
        out.print(f"[red]Failed at: {tale.step}.[/] {escape(str(error))}")
        return 1
    except Exception:
        logger.exception("demo_failed", step=tale.step)
        out.print(f"[red]Failed at: {tale.step}.[/] That was not foreseen; the details are above.")
        return 1


async def _prepare(tale: Tale, installation: LocalInstallation, settings: Settings) -> None:
    """The college, the catalogue and the sample files, as far as they are not there yet."""
    async with wired(settings) as wiring:
        with tale.telling("Load the catalogue: T Levels, HTQs, HNC and HND units, occupational standards"):
            async with transaction(wiring.engine) as conn:
                await catalogue.load_catalogue(conn, load_seed())
        with tale.telling(
            "Create a sample college with its identity, signing key and public wallet, accredited by a scheme operator"
        ):
            college, _ = await _colleges(wiring)
            async with transaction(wiring.engine) as conn:
                everyone = await institutions.list_all(conn)
                identities = [await institutions.identity(conn, one.id) for one in everyone]
            public = settings.wallets_dir / "public"
            public.mkdir(parents=True, exist_ok=True)
            for identity in identities:
                installation.chain.fund(identity.wallet.address)
                published = published_wallet(
                    identity.institution, identity.wallet, *identity.keys, accounts=identity.also_on
                )
                statement = json.dumps(published, indent=2, ensure_ascii=False)
                (public / f"{identity.institution.slug}.json").write_text(statement + "\n", encoding="utf-8")
        for name in SAMPLES:
            with tale.telling(f"Check samples/{name} and take it in"):
                await _import(wiring, college, name, (Path("samples") / name).read_bytes())


async def _colleges(wiring: Wiring) -> tuple[Institution, Institution]:
    """The two colleges and, behind them, a scheme operator."""
    async with transaction(wiring.engine) as conn:
        known = [await institutions.find_by_slug(conn, slug) for slug in (SLUG, stacking_tale.SECOND_SLUG)]
        if known[0] is not None and known[1] is not None:
            return known[0], known[1]
        chain_id, contract = await wiring.chain.chain_id(), str(wiring.settings.registry_address)
        issuer = await credentials.become_issuer(
            conn,
            wiring.keystore,
            wiring.compiled,
            slug=SLUG,
            name=NAME,
            ukprn="10000001",
            public_url=wiring.settings.public_url,
            chain_id=chain_id,
            contract=contract,
            now=now(),
        )
        operator = await make_scheme_operator(
            conn,
            wiring.keystore,
            wiring.compiled,
            name=wiring.settings.scheme_name,
            public_url=wiring.settings.public_url,
            chain_id=chain_id,
            contract=contract,
            now=now(),
            slug=OPERATOR_SLUG,
        )
        await accrediting.accredit(
            conn, operator, issuer.institution, ACCREDITED, valid_from=date(2020, 9, 1), now=now()
        )
        return issuer.institution, await stacking_tale.second_college(conn, wiring, operator)


async def _import(wiring: Wiring, college: Institution, name: str, data: bytes) -> None:
    async with transaction(wiring.engine) as conn:
        issuer = await wiring.issuer(conn, college.id)
        cohort, is_new = await cohort_import.commit(conn, issuer, data, file_name=name, idempotency_key=None, now=now())
    out.print(f"    {cohort.row_count:,} results {'taken' if is_new else 'were taken in an earlier run'}")


async def _show(tale: Tale, settings: Settings, served_at: str) -> None:
    """Wait for the worker, then find things worth looking at."""
    async with wired(settings) as wiring:
        college, second = await _colleges(wiring)
        with tale.telling("Sign every credential, award what is complete, record the log in the register"):
            await _follow(wiring, college)
        async with transaction(wiring.engine) as conn:
            issued = await credentials.list_issued(conn, college.id, limit=None)
            awards = [
                (one, one.learner_id)
                for one in issued
                if one.kind is CredentialKind.AWARD and one.revoked_at is None and one.learner_id is not None
            ]
            if not awards:
                raise StepFailed("no learner completed the pathway")
            award, learner_id = awards[0]
            profile = await stacking.profile(conn, college.id, learner_id, now())
            link = await sharing.create(
                conn, college.id, learner_id, audience="demo", lifetime=timedelta(days=90), now=now()
            )
        out.print(
            f"    {sum(one.revoked_at is None for one in issued):,} credentials in force, "
            f"{len(awards):,} of them stacked awards; "
            f"one learner: {len(profile.credentials)} credentials"
        )
        component = next(one for one in issued if one.qualification_id.startswith("tlevel") and one.revoked_at is None)
        tale.addresses += [
            ("A stacked award, checked", f"{served_at}/verify/{award.id}"),
            ("A T Level component, checked", f"{served_at}/verify/{component.id}"),
            ("A learner's profile", f"{served_at}/p/{link.token}"),
            ("The college's public page", f"{served_at}/i/{SLUG}"),
        ]
        folder = settings.data_dir / "shown"
        folder.mkdir(parents=True, exist_ok=True)
        async with transaction(wiring.engine) as conn:
            (folder / "credential.json").write_bytes(await credentials.bundle(conn, award.id, packs.bytes_at))
        await stacking_tale.tell(tale, wiring, settings, college, second, served_at)


async def _follow(wiring: Wiring, college: Institution) -> None:
    """Progress bars until every credential is signed and has its receipt."""
    deadline = time.monotonic() + WAIT_SECONDS
    with Progress(
        TextColumn("    {task.description:<9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=out,
        transient=not out.is_terminal,
    ) as bars:
        signed = bars.add_task("signed", total=None)
        recorded = bars.add_task("recorded", total=None)
        while True:
            async with transaction(wiring.engine) as conn:
                imports = await credentials.list_imports(conn, college.id)
                counts = [await credentials.import_progress(conn, one) for one in imports]
                waiting, sealed, receipts = await anchoring.progress(conn, college.id)
            done, total = sum(one.signed for one in counts), sum(one.prepared + one.signed for one in counts)
            bars.update(signed, completed=done, total=total)
            bars.update(recorded, completed=receipts, total=waiting + sealed)
            awarded = all(one.state is ImportState.AWARDED for one in imports)
            if done == total and awarded and receipts == waiting + sealed > 0:
                return
            if time.monotonic() > deadline:
                raise StepFailed("the worker did not finish in time; its messages are above")
            await asyncio.sleep(0.5)


def _check(tale: Tale, settings: Settings, served_at: str) -> None:
    with httpx.Client(timeout=30, trust_env=False) as client:
        for what, address in tale.addresses:
            response = client.get(address, headers={"Accept": "text/html"})
            if response.status_code != httpx.codes.OK or "<h1" not in response.text:
                raise StepFailed(f"{what}: {address} answered {response.status_code}")
            if "/verify/" in address:
                report = client.get(address, headers={"Accept": "application/json"}).json()
                if (report["verdict"], report["anchor"]) != ("valid", "anchored"):
                    raise StepFailed(f"{what}: {report['verdict']}, {report['anchor']}: {report['checks']}")
        for what, address in tale.ended:
            report = client.get(address, headers={"Accept": "application/json"}).json()
            if report["verdict"] != "was valid":
                raise StepFailed(f"{what}: {report['verdict']}: {report['checks']}")
    shown, public = settings.data_dir / "shown" / "credential.json", str(settings.wallets_dir / "public")
    for arguments in (["--rpc", str(settings.chain_rpc_url), "--served-at", served_at], ["--offline"]):
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "verify", str(shown), "--issuers", public, *arguments],
            capture_output=True,
            text=True,
        )
        out.print(done.stdout.rstrip(), markup=False, soft_wrap=True)
        if done.returncode != 0:
            raise StepFailed(f"stackmark verify {' '.join(arguments)} says: {done.stdout}{done.stderr}")
    done = subprocess.run([sys.executable, "-m", "app.cli", "audit"], capture_output=True, text=True)
    out.print(done.stdout.rstrip(), markup=False, soft_wrap=True)
    if done.returncode != 0:
        raise StepFailed(f"stackmark audit says: {done.stdout}{done.stderr}")


def _summary(tale: Tale) -> None:
    table = Table(title="What was done", title_justify="left", show_edge=False)
    table.add_column("step")
    table.add_column("seconds", justify="right")
    for step, seconds in tale.timings:
        table.add_row(step, f"{seconds:.1f}")
    out.print(table)
    for what, address in (*tale.addresses, *tale.ended):
        out.print(f"{what}: [link={address}]{address}[/link]", soft_wrap=True)


def _interrupted(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
