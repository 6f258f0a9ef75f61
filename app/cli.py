"""`stackmark`: the command line. Commands parse, call services and print; heavy modules are loaded when needed.

Exit codes: 0 done (or: valid), 1 refused (or: not valid), 2 wrong usage, 3 cannot tell or something outside failed.
"""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.text import Text

from app import operating
from app.errors import AppError, OutsideFailed, Refused
from app.logs import configure_logging
from app.operating import out, run
from app.settings import settings

if TYPE_CHECKING:
    from app.wiring import Wiring

app = typer.Typer(
    name="stackmark",
    help="Sign, anchor, stack and verify records of achievement.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(operating.institution_app, name="institution")
app.add_typer(operating.wallet_app, name="wallet")
app.add_typer(operating.key_app, name="api-key")
app.add_typer(operating.registry_app, name="registry")
app.add_typer(operating.record_app, name="record")

errors = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
EXIT_REFUSED, EXIT_OUTSIDE = 1, 3


def main() -> None:
    """Entry point: every failure is one sentence and an exit code, never a traceback for what was foreseen."""
    try:
        configure_logging(settings().log_format, settings().log_level)
        app()
    except OutsideFailed as error:
        errors.print(Text.assemble(("Could not be done:", "bold"), f" {error.message} ({error.code})"))
        raise SystemExit(EXIT_OUTSIDE) from None
    except AppError as error:
        errors.print(Text.assemble(("Refused:", "bold"), f" {error.message} ({error.code})"))
        for problem in error.details.get("problems", []):
            errors.print(f"  row {problem['row']}, {problem['column'] or 'whole row'}: {problem['message']}")
        raise SystemExit(EXIT_REFUSED) from None


@app.command()
def demo(
    check: Annotated[bool, typer.Option("--check", help="Run to the end, verify everything, stop.")] = False,
) -> None:
    """Show the whole product on this machine: import, sign, anchor, verify, stack, serve."""
    from app.demo import run_demo

    raise SystemExit(run_demo(settings(), check=check))


@app.command()
def migrate() -> None:
    """Bring the database to the current schema."""
    from app.migrating import migrate as apply

    apply(settings().secret_database_url())
    out.print("The database is up to date.")


@app.command()
def serve() -> None:
    """Serve the web application."""
    import uvicorn

    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=settings().host,
        port=settings().port,
        access_log=False,
        log_config=None,
    )


@app.command()
def worker() -> None:
    """Work through the queue: sign, seal, submit, confirm, award."""
    from app import worker as background

    asyncio.run(background.run_for_good(settings()))


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A results file (CSV).", exists=True, dir_okay=False)],
    institution: Annotated[str, typer.Option(help="The institution's short name.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only report what is wrong; write nothing.")] = False,
) -> None:
    """Import a results file: check it, then issue a credential for every row."""
    from app.credentials import cohort_import
    from app.database import transaction
    from app.institutions import service as institutions
    from app.wiring import now

    data = file.read_bytes()

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            issuer = await wiring.issuer(conn, (await institutions.get(conn, institution)).id)
            if not dry_run:
                cohort, is_new = await cohort_import.commit(
                    conn, issuer, data, file_name=file.name, idempotency_key=None, now=now()
                )
                done = "taken" if is_new else "taken before; nothing was done twice"
                out.print(f"{cohort.row_count} results {done}. Import {cohort.id}.")
                return
            checked = await cohort_import.dry_run(conn, issuer, data, now().date())
        for problem in checked.problems:
            where = f"row {problem.row}" + (f", {problem.column}" if problem.column else "")
            out.print(f"{problem.severity}: {where}: {problem.message} ({problem.code})")
        out.print(f"{checked.row_count} good rows, {len(checked.errors)} errors. Nothing was written.")
        if checked.errors:
            raise Refused("file_has_errors", "Mend the rows named above and try again.")

    run(work)


@app.command()
def revoke(
    credential: Annotated[UUID, typer.Argument(help="The credential's number.")],
    reason: Annotated[str, typer.Option(help="For example: issued in error, grade changed, malpractice.")],
    note: Annotated[str, typer.Option(help="For your own records.")] = "",
) -> None:
    """Withdraw a credential. Its status list is signed again at once."""
    from app.credentials import service as credentials
    from app.database import transaction
    from app.errors import NotFound
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            found = await credentials.find(conn, credential)
            if found is None:
                raise NotFound("credential_unknown", "There is no credential with this number here.")
            issuer = await wiring.issuer(conn, found.institution_id)
            await credentials.revoke(conn, issuer, credential, reason=reason, note=note, now=now())
        out.print("Withdrawn. Whoever checks it from now on will see that.")

    run(work)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A credential or a bundle (JSON).", exists=True, dir_okay=False)],
    rpc: Annotated[str | None, typer.Option(help="Address of a node of the chain to ask.")] = None,
    issuers: Annotated[Path, typer.Option(help="Folder of recognised issuers.")] = Path("wallets/public"),
    served_at: Annotated[str | None, typer.Option(help="Where a development issuer's pages are really served.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Use only what the bundle brings; ask nobody.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Verify a credential from public sources alone: the document, the issuer's publications, the chain."""
    from app.verifying import verify_file

    report = asyncio.run(
        verify_file(
            file.read_bytes(),
            rpc_url=None if offline else rpc or settings().chain_rpc_url,
            issuers=issuers,
            served_at=served_at,
            offline=offline,
            base=settings(),
        )
    )
    if as_json:
        out.print_json(json.dumps(report.as_json()))
    else:
        colour = {"valid": "green", "cannot tell": "yellow"}.get(report.verdict, "red")
        out.print(Text.assemble((report.verdict.upper(), f"bold {colour}"), f" {report.summary}"))
        for finding in report.findings:
            out.print(f"  {finding.outcome:<8}{finding.check:<11} {finding.sentence} ({finding.code})")
    raise SystemExit({"valid": 0, "cannot tell": EXIT_OUTSIDE}.get(report.verdict, 1))


@app.command()
def audit(
    without_chain: Annotated[bool, typer.Option("--without-chain", help="Do not ask the chain.")] = False,
) -> None:
    """Recompute every log and find every credential in it exactly once."""
    from app.anchoring import service as anchoring
    from app.anchoring.audit import audit_log, places_of
    from app.credentials.audit import audit_credentials
    from app.database import transaction
    from app.institutions import service as institutions
    from app.standards.anchor_receipt import LeafKind

    async def work(wiring: "Wiring") -> int:
        faults = 0
        async with transaction(wiring.engine) as conn:
            everyone = await institutions.list_all(conn)
        for institution in everyone:
            async with transaction(wiring.engine) as conn:
                log = await anchoring.log_of(conn, institution.id)
            found = await audit_log(wiring.engine, log, None if without_chain else wiring.chain)
            places = await places_of(wiring.engine, log, LeafKind.CREDENTIAL)
            count, more = await audit_credentials(wiring.engine, institution.id, wiring.compiled, places)
            out.print(f"{institution.name}: {count} credentials, {log.size} log entries, {len(found + more)} faults")
            for fault in found + more:
                out.print(f"  {fault}")
            faults += len(found + more)
        return faults

    if run(work):
        raise SystemExit(EXIT_REFUSED)


@app.command("load-catalogue")
def load_catalogue() -> None:
    """Load the catalogue that comes with Stackmark. Safe to repeat."""
    from app.catalogue import service as catalogue
    from app.catalogue.seed import load_seed
    from app.database import transaction

    async def work(wiring: "Wiring") -> Any:
        seed = load_seed()
        async with transaction(wiring.engine) as conn:
            await catalogue.load_catalogue(conn, seed)
        out.print(f"{len(seed.qualifications)} qualifications loaded.")

    run(work)


if __name__ == "__main__":
    main()
