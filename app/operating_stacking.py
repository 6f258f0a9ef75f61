"""The commands about awards that are made of parts: how they follow their parts, and what happened to them."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

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


@stacking_app.command("sign-off")
def stacking_sign_off(
    institution: Annotated[str, typer.Argument(help="The institution's short name.")],
    who: Annotated[str, typer.Argument(help="owner: a person approves each award. automatic: nobody has to.")],
    pack: Annotated[str | None, typer.Option(help="For the awards of this rule set alone.")] = None,
) -> None:
    """Choose whether a person approves complete stacks. Where the rule set wants it, it cannot be left out."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.stacking import sign_off

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            await sign_off.choose(conn, (await institutions.get(conn, institution)).id, who, pack)
        out.print(f"From now on: {who}.")

    run(work)


@stacking_app.command("awaiting")
def stacking_awaiting(institution: Annotated[str, typer.Argument(help="The institution's short name.")]) -> None:
    """List the complete stacks that wait for a decision, oldest first."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.stacking import sign_off

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            found = await sign_off.awaiting(conn, (await institutions.get(conn, institution)).id)
        for one in found:
            rules = f"{one.pack_id} version {one.pack_version}"
            out.print(f"{one.id} {rules}: {one.grade}, learner {one.learner_id}, since {one.made_at:%Y-%m-%d}")

    run(work)


@stacking_app.command("approve")
def stacking_approve(
    institution: Annotated[str, typer.Argument(help="The institution's short name.")],
    candidate: Annotated[UUID, typer.Argument(help="The number that `awaiting` shows.")],
    by: Annotated[str, typer.Option(help="The name of the person who decides; it is kept.")],
    comment: Annotated[str, typer.Option(help="What they have to say; it is kept, and not published.")] = "",
) -> None:
    """Approve a complete stack: it is worked out once more and the award is issued."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.stacking import approving
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            issuer = await wiring.issuer(conn, (await institutions.get(conn, institution)).id)
            said = {"actor": by, "comment": comment}
            done = await approving.approve(conn, issuer, wiring.canonical, candidate, **said, now=now())
        out.print(f"Award {done.award_id} is signed: {wiring.settings.public_url}/credentials/{done.award_id}")

    run(work)


@stacking_app.command("return")
def stacking_return(
    institution: Annotated[str, typer.Argument(help="The institution's short name.")],
    candidate: Annotated[UUID, typer.Argument(help="The number that `awaiting` shows.")],
    by: Annotated[str, typer.Option(help="The name of the person who decides; it is kept.")],
    comment: Annotated[str, typer.Option(help="What is to be looked at; it is kept, and not published.")],
) -> None:
    """Return a complete stack with a comment. It comes again when something in it changes."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.stacking import sign_off
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            institution_id = (await institutions.get(conn, institution)).id
            await sign_off.give_back(conn, institution_id, candidate, actor=by, comment=comment, now=now())
        out.print("Returned. Nothing was awarded.")

    run(work)
