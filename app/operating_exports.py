"""The operator's command that writes what a learner takes away: transcript, JSON Resume, Europass document."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from app.errors import Refused
from app.operating import out, run

if TYPE_CHECKING:
    from app.wiring import Wiring


class Format(StrEnum):
    """What a file is: its name on the command line."""

    TRANSCRIPT = "lle-transcript"
    JSON_RESUME = "json-resume"
    EUROPASS = "europass"


def add_to(record_app: typer.Typer) -> None:
    record_app.command("export")(record_export)


def record_export(
    institution: Annotated[str, typer.Argument(help="The institution's short name.")],
    learner: Annotated[UUID, typer.Argument(help="The learner's id, as /api/learners shows it.")],
    format_: Annotated[Format, typer.Option("--as", help="What to make.")],
    module: Annotated[
        list[str] | None, typer.Option(help="For a transcript: a bundle, or units of one course. Else every module.")
    ] = None,
    with_uln: Annotated[bool, typer.Option("--with-uln", help="Write the learner's ULN into it.")] = False,
) -> None:
    """Print, as JSON, what a learner takes away. Nothing in it is signed: it links to the pages that check."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.stacking.exports import service as exports
    from app.wiring import now

    if module and format_ is not Format.TRANSCRIPT:
        raise Refused("module_not_wanted", "Only a transcript is made of chosen modules.")

    async def work(wiring: "Wiring") -> bytes:
        async with transaction(wiring.engine) as conn:
            asked = (conn, (await institutions.get(conn, institution)).id, learner)
            address, moment = wiring.settings.public_url, now()
            if format_ is Format.TRANSCRIPT:
                return await exports.make_transcript(
                    *asked, public_url=address, now=moment, chosen=module or (), with_uln=with_uln
                )
            make = exports.make_json_resume if format_ is Format.JSON_RESUME else exports.make_europass
            return await make(*asked, public_url=address, now=moment, with_uln=with_uln)

    out.print(run(work).decode(), end="")
