"""`stackmark`: the command line. Commands parse, call services and print; heavy modules are loaded when needed.

Exit codes: 0 done (or: valid), 1 refused (or: not valid), 2 wrong usage, 3 cannot tell or something outside failed.
"""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.text import Text

from app import (
    operating,
    operating_catalogue,
    operating_chain,
    operating_custody,
    operating_exports,
    operating_keys,
    operating_log,
    operating_pathways,
    operating_second_chain,
    operating_stack,
    operating_stacking,
    operating_wallets,
)
from app.errors import AppError, OutsideFailed, Refused
from app.logs import configure_logging
from app.operating import out, run
from app.settings import settings

if TYPE_CHECKING:
    from app.verification.report import Report
    from app.wiring import Wiring

app = typer.Typer(
    name="stackmark",
    help="Sign, anchor, stack and verify records of achievement.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(operating.institution_app, name="institution")
app.add_typer(operating_wallets.wallet_app, name="wallet")
app.add_typer(operating.key_app, name="api-key")
app.add_typer(operating_keys.keys_app, name="keys")
operating_custody.add_to(operating.wallet_app)
app.add_typer(operating.registry_app, name="registry")
app.add_typer(operating_catalogue.catalogue_app, name="catalogue")
operating_second_chain.add_to(operating_chain.chain_app)
app.add_typer(operating_chain.chain_app, name="chain")
operating_exports.add_to(operating.record_app)
app.add_typer(operating.record_app, name="record")
app.add_typer(operating_pathways.pathway_app, name="pathway")
app.add_typer(operating_pathways.pathways_app, name="pathways")
app.add_typer(operating_stacking.stacking_app, name="stacking")
app.add_typer(operating_stack.stack_app, name="stack")
app.command()(operating_log.audit)
app.command()(operating_log.erase)
app.command()(operating_log.monitor)

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
def serve(
    conformance: Annotated[
        bool, typer.Option("--conformance", help="Serve a test tenant for conformance suites instead, over HTTPS.")
    ] = False,
    port: Annotated[int | None, typer.Option(help="Instead of the one in the settings.", min=1, max=65535)] = None,
) -> None:
    """Serve the web application; or, instead of it, a test tenant that signs what conformance suites send."""
    port = port or settings().port
    if conformance:
        from app.conformance import serving

        session = serving.prepare(settings(), port)
        for line in session.described():
            out.print(line)
        serving.run(session, settings().host)
        return
    import uvicorn

    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=settings().host,
        port=port,
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
        if not checked.errors:
            out.print(await _cost_of(wiring, issuer.institution.id))
        if checked.errors:
            raise Refused("file_has_errors", "Mend the rows named above and try again.")

    run(work)


async def _cost_of(wiring: "Wiring", institution_id: UUID) -> str:
    """What this file will cost, in a sentence; a chain that cannot be asked is no reason not to check a file."""
    try:
        return f"Its entry in the public register: {await wiring.forecast(institution_id)}."
    except AppError as error:
        return f"What its entry in the public register will cost cannot be told: {error.message}"


@app.command()
def correct(
    credential: Annotated[UUID, typer.Argument(help="The credential's number.")],
    reason: Annotated[
        str,
        typer.Option(help="grade changed, award date wrong, wrong learner details, change of name, or other."),
    ],
    grade: Annotated[str | None, typer.Option(help="The grade as it should be.")] = None,
    award_date: Annotated[str | None, typer.Option(help="The award date as it should be, such as 2026-06-26.")] = None,
    name: Annotated[str | None, typer.Option(help="The learner's name as it should be.")] = None,
    note: Annotated[str, typer.Option(help="For your own records.")] = "",
) -> None:
    """Correct a credential. It keeps its number; a change of name renews all of the learner's credentials."""
    from app.credentials import correcting
    from app.credentials import service as credentials
    from app.credentials.model import Changes
    from app.database import transaction
    from app.errors import NotFound
    from app.sharing import renaming
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        moment = now()
        awarded_on = None if award_date is None else correcting.award_date(award_date, moment.date())
        async with transaction(wiring.engine) as conn:
            found = await credentials.find(conn, credential)
            if found is None:
                raise NotFound("credential_unknown", "There is no credential with this number here.")
            issuer = await wiring.issuer(conn, found.institution_id)
            corrected = await renaming.correct(
                conn,
                issuer,
                wiring.canonical,
                credential,
                changes=Changes(grade, awarded_on, name),
                reason=reason,
                note=note,
                now=moment,
            )
        out.print(f"Corrected: this is edition {corrected.edition}. Whoever checks the former one will see that.")

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
    file: Annotated[
        Path,
        typer.Argument(
            help="A credential, bundle, record or presentation: JSON, or a PNG, SVG or PDF.",
            exists=True,
            dir_okay=False,
        ),
    ],
    rpc: Annotated[
        list[str] | None,
        typer.Option(
            help="Address of a node of the chain; of two of one chain, both must agree. With its chain before it "
            "(8453=https://…), it counts for that one alone."
        ),
    ] = None,
    issuers: Annotated[Path, typer.Option(help="Folder of recognised issuers.")] = Path("wallets/public"),
    served_at: Annotated[str | None, typer.Option(help="Where a development issuer's pages are really served.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Use only what the bundle brings; ask nobody.")] = False,
    at: Annotated[datetime | None, typer.Option(help="The day asked about, in UK time.", formats=["%Y-%m-%d"])] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Verify a credential from public sources alone: the document, the issuer's publications, the chain.

    A file that holds several has each checked; the verdict and the exit code are those of the worst.
    """
    from app.verification.as_of import moment_of
    from app.verifying import verify_file
    from app.wiring import own_nodes

    report = asyncio.run(
        verify_file(
            file.read_bytes(),
            rpc_urls=[] if offline else rpc or own_nodes(settings()),
            issuers=issuers,
            served_at=served_at,
            offline=offline,
            base=settings(),
            as_of=moment_of(at.date(), datetime.now(UTC)) if at else None,
        )
    )
    if as_json:
        out.print_json(json.dumps(report.as_json()))
    else:
        _tell(report)
    raise SystemExit({"valid": 0, "cannot tell": EXIT_OUTSIDE}.get(report.verdict, 1))


def _tell(report: "Report", margin: str = "") -> None:
    """The report in lines, then those on the credentials inside, each under its number and its name."""
    colour = {"valid": "green", "cannot tell": "yellow"}.get(report.verdict, "red")
    out.print(Text.assemble(margin, (report.verdict.upper(), f"bold {colour}"), f" {report.summary}"))
    for finding in report.findings:
        out.print(f"{margin}  {finding.outcome:<8}{finding.check:<13} {finding.sentence} ({finding.code})")
    for addition in report.additions:
        out.print(f"{margin}    {addition.credits:>4} credits  {addition.sentence} ({addition.code})")
    shown = f"{report.true_as_of:%d %B %Y, %H:%M} UTC" if report.true_as_of else "an unknown time"
    out.print(f"{margin}  Evidence reached: {report.level}. True as of {shown}.")
    for number, part in enumerate(report.parts, 1):
        # The name is whatever the file says.
        name = "".join(one for one in part.credential_id or "without a name" if one.isprintable())
        out.print(f"{margin}  Credential {number} of {len(report.parts)}: {name}")
        _tell(part, f"{margin}    ")


@app.command()
def bundle(
    credential: Annotated[str, typer.Argument(help="Address (https://…) or file of a credential.")],
    into: Annotated[Path, typer.Option("--into", help="The file to write.")] = Path("credential-bundle.json"),
    served_at: Annotated[str | None, typer.Option(help="Where a development issuer's pages are really served.")] = None,
) -> None:
    """Make one file that can be checked for good: the credential, and all that is published about it."""
    from app.verifying import bundle_of, fetch_credential

    if credential.startswith(("https://", "http://")):
        data = asyncio.run(fetch_credential(credential, served_at=served_at))
    elif Path(credential).is_file():
        data = Path(credential).read_bytes()
    else:
        raise Refused("file_missing", f"There is no file {credential}, and it is no address that starts with https://.")
    made = asyncio.run(bundle_of(data, issuers=Path("wallets/public"), served_at=served_at))
    into.write_bytes(made.document)
    out.print(f"Written to {into}, {len(made.document):,} bytes. Check it with: stackmark verify --offline {into}")
    for sentence in made.missing:
        out.print(f"Not in it: {sentence}")


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
