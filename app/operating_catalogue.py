"""The operator's commands for the catalogue: import a framework of knowledge, skills and behaviours."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.operating import out, run

if TYPE_CHECKING:
    from app.catalogue.importing import Imported
    from app.wiring import Wiring

catalogue_app = typer.Typer(help="The catalogue: import official wording of standards.", no_args_is_help=True)


@catalogue_app.callback()
def _catalogue() -> None:
    # A group of one command would take the command's place.
    pass


@catalogue_app.command("import-framework")
def import_framework(
    file: Annotated[
        Path, typer.Argument(help="A CASE 1.1 package or Skills England's JSON.", exists=True, dir_okay=False)
    ],
    occupation: Annotated[
        str, typer.Option(help="Such as OCC0127: where the file does not say, or its standard has several.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only report what would change; write nothing.")] = False,
) -> None:
    """Put official wording in the place of our summaries, under the same id and version. Safe to repeat."""
    from app.catalogue.frameworks.reading import MAX_BYTES
    from app.catalogue.importing import import_framework as bring_in
    from app.database import transaction
    from app.wiring import now

    with file.open("rb") as opened:
        # One byte more than is read tells a file that is too large.
        data = opened.read(MAX_BYTES + 1)

    async def work(wiring: "Wiring") -> "Imported":
        async with transaction(wiring.engine) as conn:
            return await bring_in(conn, data, now=now(), occupation_id=occupation, dry_run=dry_run)

    _tell(run(work), dry_run=dry_run)


def _tell(imported: "Imported", *, dry_run: bool) -> None:
    from app.catalogue.seed import packaged

    plan = imported.plan
    for row in plan.refused:
        out.print(f"refused: {row.row}: {row.message} ({row.code})")
    for word, ids in (("added", plan.added), ("changed", plan.changed), ("not in this file, left", plan.left)):
        for identifier in ids:
            out.print(f"{word}: {identifier}")
    out.print(
        f"{imported.title}, {plan.occupation_id} version {plan.version}: {len(plan.added)} added,"
        f" {len(plan.changed)} changed, {len(plan.unchanged)} unchanged, {len(plan.refused)} rows refused,"
        f" {imported.matches} matches in other frameworks."
    )
    if imported.other_versions:
        named = ", ".join(version or "no version" for version in imported.other_versions)
        out.print(f"Left as they are: the statements of {named}.")
    for line in packaged().attribution:
        out.print(f"{line}.")
    if dry_run:
        out.print("Nothing was written.")
