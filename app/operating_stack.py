"""`stackmark stack`: looking at an award as a sum. Needs no database; see `verifying`."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.errors import Refused
from app.operating import out
from app.settings import settings

if TYPE_CHECKING:
    from app.verification.report import Report

stack_app = typer.Typer(help="Awards that are made of other credentials.", no_args_is_help=True)

EXIT_CODES = {"valid": 0, "cannot tell": 3}
_COLOURS = {"valid": "green", "cannot tell": "yellow"}


@stack_app.command("verify")
def stack_verify(
    file: Annotated[
        Path,
        typer.Argument(
            help="An award, or what holds one: credential, bundle, record or presentation.", exists=True, dir_okay=False
        ),
    ],
    rpc: Annotated[list[str] | None, typer.Option(help="Address of a node of the chain, as for `verify`.")] = None,
    issuers: Annotated[Path, typer.Option(help="Folder of recognised issuers.")] = Path("wallets/public"),
    served_at: Annotated[str | None, typer.Option(help="Where a development issuer's pages are really served.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Use only what the bundle brings; ask nobody.")] = False,
    at: Annotated[datetime | None, typer.Option(help="The day asked about, in UK time.", formats=["%Y-%m-%d"])] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Do the sum of an award again: verify each part, run the rules it names, show each addition.

    The exit code is that of `stackmark verify`: 0 valid, 1 not, 3 cannot tell.
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
    found = list(_awards(report))
    if not found:
        raise Refused("not_an_award", "There is no award made of parts in this file. Check it with: stackmark verify")
    if as_json:
        out.print_json(json.dumps(report.as_json()))
    else:
        for one in found:
            _tell(one)
    raise SystemExit(EXIT_CODES.get(report.verdict, 1))


def _awards(report: "Report") -> Iterator["Report"]:
    """The reports on awards: this one, or those on what is inside."""
    for one in (report, *report.parts):
        if any(finding.check == "adds_up" and finding.code != "not_stacked" for finding in one.findings):
            yield one


def _tell(report: "Report") -> None:
    colour = _COLOURS.get(report.verdict, "red")
    out.print(Text.assemble((report.verdict.upper(), f"bold {colour}"), f" {report.summary}"))
    found = report.finding("adds_up")
    out.print(f"  {found.outcome:<8}{found.sentence} ({found.code})")
    if not report.additions:
        return
    table = Table(box=None, pad_edge=False, show_footer=True)
    table.add_column("Part", "Together", overflow="fold")
    table.add_column("Verdict")
    table.add_column("Grade")
    table.add_column("Credits", str(sum(one.credits for one in report.additions)), justify="right")
    table.add_column("Counted in", overflow="fold")
    table.add_column("Why", overflow="fold")
    for one in report.additions:
        # The words are whatever the file says: never read as markup.
        cells = (one.title or one.credential_id, one.verdict or "not had", one.grade or "", str(one.credits))
        table.add_row(*(Text(cell) for cell in (*cells, one.counted_in or "", one.sentence)))
    out.print(table)
