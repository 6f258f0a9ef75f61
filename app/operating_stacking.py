"""The commands about awards that are made of parts: how they follow their parts, and what happened to them."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.operating import out, run

if TYPE_CHECKING:
    from app.wiring import Wiring

stacking_app = typer.Typer(help="Awards made of parts: what happened to them, who decides.", no_args_is_help=True)


@stacking_app.command("notices")
def stacking_notices(
    institution: Annotated[str, typer.Argument(help="The institution's short name.")],
    untold: Annotated[bool, typer.Option("--untold", help="Only those that the institution was not told yet.")] = False,
) -> None:
    """List what happened to an institution's awards because a part of them changed, oldest first."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.stacking import notices

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            found = await notices.notices(conn, (await institutions.get(conn, institution)).id)
        for event in found:
            if untold and event.institution_told_at is not None:
                continue
            out.print(f"{event.happened_at:%Y-%m-%d %H:%M} {event.kind}: {event.sentence}")
            link = "" if event.replacement_id is None else f", now {event.replacement_id}"
            out.print(f"  award {event.award_id}{link}, learner {event.learner_id}")

    run(work)


@stacking_app.command("policy")
def stacking_policy(
    institution: Annotated[str, typer.Argument(help="The institution's short name.")],
    cascade: Annotated[str, typer.Argument(help="at-once, by-reason or review.")],
    pack: Annotated[str | None, typer.Option(help="For the awards of this rule set alone.")] = None,
) -> None:
    """Choose whether awards follow by themselves when a part of them is withdrawn or corrected.

    at-once: whatever the reason. by-reason: where it leaves no choice (made in error, malpractice, the grade changed),
    which is so unless you choose otherwise. review: a person decides each time.
    """
    from app.database import transaction
    from app.institutions import service as institutions
    from app.stacking import cascading

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            await cascading.set_policy(conn, (await institutions.get(conn, institution)).id, cascade, pack)
        out.print(f"From now on: {cascade}.")

    run(work)
