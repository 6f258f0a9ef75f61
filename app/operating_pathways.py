"""The commands of curriculum staff about rule packs: check one, read one, try one, sign one; and about the
ladders. All but signing need no database."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from app.errors import NotFound, Refused
from app.operating import out, run

if TYPE_CHECKING:
    from app.stacking.evaluation import Evaluation
    from app.stacking.held import HeldCredential
    from app.stacking.pack import RulePack
    from app.wiring import Wiring

pathway_app = typer.Typer(help="Rule packs: check, read, try.", no_args_is_help=True)
pathways_app = typer.Typer(help="The ladders of the catalogue: where they end.", no_args_is_help=True)

EXIT_REFUSED = 1
MOST_BYTES = 10_000_000

PackOrName = Annotated[
    str, typer.Argument(metavar="PACK", help="A file, or the name of a published rule set (hnc-computing-2022, …/1).")
]
Json = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]


@pathway_app.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="PACK", help="The rule pack.", exists=True, dir_okay=False)],
    as_json: Json = False,
) -> None:
    """Tell every problem of a rule pack with its line, by itself and beside the published ones and the catalogue."""
    from app.catalogue.seed import load_seed
    from app.stacking.pack_together import Known, look_at
    from app.stacking.packs import published_packs

    catalogue = load_seed()
    known = Known(
        published_packs(),
        {unit.id for each in catalogue.qualifications for unit in each.units},
        {each.id for each in catalogue.qualifications} | {each.id for each in catalogue.bundles},
    )
    looked = look_at(file.read_bytes(), known)
    told = [("problem", each) for each in looked.problems] + [("warning", each) for each in looked.warnings]
    if as_json:
        found = [
            {"severity": kind, "code": each.code, "line": each.line, "where": each.where, "sentence": each.sentence}
            for kind, each in told
        ]
        pack = None if looked.pack is None else {"id": looked.pack.id, "version": looked.pack.version}
        out.print_json(json.dumps({"file": str(file), "usable": not looked.problems, "pack": pack, "found": found}))
    else:
        for kind, each in told:
            where = "" if each.sentence.startswith(each.where) else f" {each.where}:"
            out.print(f"{file}:{each.line}: {kind}:{where} {each.sentence} ({each.code})")
        counts = f"{len(looked.problems)} problems, {len(looked.warnings)} warnings"
        verdict = f"{looked.pack.title}, version {looked.pack.version}" if looked.pack else "This pack"
        out.print(f"{verdict} {'can be used' if looked.pack else 'cannot be used'}: {counts}.")
    raise SystemExit(EXIT_REFUSED if looked.problems else 0)


@pathway_app.command("show")
def show(pack: PackOrName) -> None:
    """Print the rules of a pack in plain words: groups, minimums, limits, sources, what is confirmed and what not."""
    from app.stacking.pack_words import in_words
    from app.stacking.packs import titles

    found = _pack(pack)
    out.print(Text(f"{found.title}, version {found.version}", "bold"))
    for part in in_words(found, titles()):
        out.print()
        out.print(Text(part.title, "bold"))
        for line in part.lines:
            out.print(f"  {line}")


@pathway_app.command("try")
def try_out(
    pack: PackOrName,
    held: Annotated[Path, typer.Argument(help="Held credentials (JSON or CSV).", exists=True, dir_okay=False)],
    as_of: Annotated[
        datetime | None, typer.Option(help="The day asked about; today if not given.", formats=["%Y-%m-%d"])
    ] = None,
) -> None:
    """Run a rule pack on a file of held credentials; print each addition and refusal, and where they lead."""
    from app.catalogue.seed import load_seed
    from app.stacking.held_reading import read_held
    from app.stacking.rules import evaluate

    found = _pack(pack)
    day = as_of.date() if as_of else datetime.now(UTC).date()
    credentials = read_held(held.read_bytes(), found, load_seed())
    _tell(found, credentials, evaluate(found, credentials, day))


@pathway_app.command("sign")
def sign(
    pack: PackOrName,
    institution: Annotated[str, typer.Option(help="The short name of the institution that uses it.")],
    into: Annotated[Path | None, typer.Option("--into", help="Also write the statement to a file.")] = None,
) -> None:
    """Publish an institution's signed statement on a published rule set: its digest, its version, who wrote it."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.stacking import packs, statements
    from app.wiring import now

    found = _pack(pack)
    published = next((each for each in packs.published_packs() if each.pack == found), None)
    if published is None:
        raise Refused(
            "rule_pack_not_published", "Only a published rule set can be signed: a statement names its address."
        )

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            issuer = await wiring.issuer(conn, (await institutions.get(conn, institution)).id)
            document = await statements.sign(conn, issuer, published, now())
        if into is not None:
            into.write_bytes(document)
        out.print(f"Published at {json.loads(document)['id']}.")

    run(work)


def _tell(pack: "RulePack", held: "tuple[HeldCredential, ...]", outcome: "Evaluation") -> None:
    from app.stacking.options import written
    from app.stacking.pack import Measure

    by_id = {each.id: each for each in held}
    out.print(Text(f"{pack.title}, version {pack.version}, on {written(outcome.as_of)}", "bold"))
    out.print(f"{'Row':>5}  {'Awarded':<10}  {'Credits':>7}  {'Group':<14}  {'Outcome':<28}  Why")
    total = 0
    for reason in outcome.reasons:
        credential = by_id[reason.credential_id]
        total += reason.credits
        added = f"+{reason.credits}" if reason.counts else "-"
        out.print(
            f"{credential.id.int:>5}  {credential.awarded_on}  {added:>7}  {reason.group or '-':<14}  "
            f"{reason.code:<28}  {reason.sentence}"
        )
    out.print(f"{'':>5}  {'Together':<10}  {total:>7}  of {outcome.credits_needed} credits")
    for group in outcome.groups:
        out.print(f"  {group.title}: {group.filled} of {group.needed} {group.measure}.")
    for each in outcome.requirements:
        if each.measure is Measure.UNITS:
            out.print(f"  {each.title}: {'shown' if each.reached else 'not shown'}.")
            continue
        asked = ", at most" if each.at_most else " of"
        out.print(f"  {each.title}: {each.reached}{asked} {each.needed} {each.measure}.")
    if outcome.complete and outcome.awarded_on is not None:
        grade = f", {outcome.grade}" if pack.bands else ""
        out.print(f"Complete{grade}, from {written(outcome.awarded_on)}.")
    for sentence in outcome.missing:
        out.print(f"  {sentence}")


def _pack(named: str) -> "RulePack":
    """The pack in a file, or a published one by its name, with its version behind a stroke where one is meant."""
    from app.stacking.packs import find_pack, parse_pack

    file = Path(named)
    if file.is_file():
        with file.open("rb") as opened:
            return parse_pack(opened.read(MOST_BYTES))
    name, _, version = named.partition("/")
    if version and not (version.isascii() and version.isdigit() and len(version) < 6):
        raise NotFound("rule_pack_unknown", f"There is no file {named}.", {"pack": named})
    return find_pack(name, int(version) if version else None)


@pathways_app.command("gaps")
def gaps(
    region: Annotated[
        Path | None,
        typer.Option(
            help="What is offered where (CSV: ukprn, name, qualification); the whole catalogue if not given.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find where ladders end: T Levels and HTQs that lead nowhere, levels left out, units and KSBs nothing uses."""
    from app.catalogue.seed import load_seed
    from app.stacking.explorer import build
    from app.stacking.gaps import find_gaps
    from app.stacking.packs import newest_packs
    from app.stacking.paths_published import published_paths
    from app.stacking.region_reading import read_region

    catalogue = load_seed()
    known = {each.id for each in catalogue.qualifications}
    offers = None if region is None else read_region(region.read_bytes(), known)
    graph = build(catalogue, newest_packs(), published_paths())
    found = find_gaps(graph, catalogue, newest_packs(), offers)
    if as_json:
        members = [
            {
                "code": gap.code,
                "qualification": gap.qualification_id,
                "title": gap.title,
                "sentence": gap.sentence,
                "providers": list(gap.providers),
                "details": list(gap.details),
            }
            for gap in found
        ]
        out.print_json(json.dumps({"gaps": members}))
        return
    out.print(f"{'Gap':<28}  {'Qualification':<40}  Finding")
    for gap in found:
        where = f" Offered by {', '.join(gap.providers)}." if gap.providers else ""
        meant = f" ({', '.join(gap.details)})" if gap.details else ""
        out.print(f"{gap.code:<28}  {gap.qualification_id:<40}  {gap.title}: {gap.sentence}{meant}{where}")
    out.print(f"{len(found)} gaps.")
