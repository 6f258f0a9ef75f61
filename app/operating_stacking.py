"""The commands about awards that are made of parts: how they follow their parts, and what happened to them."""

from datetime import datetime
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


@stacking_app.command("agree")
def stacking_agree(
    institution: Annotated[str, typer.Argument(help="The institution that takes credit, by its short name.")],
    giver: Annotated[str, typer.Argument(help="The institution whose credit is taken.")],
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day covered.")],
    qualification: Annotated[list[str] | None, typer.Option(help="All units of this one; may be repeated.")] = None,
    unit: Annotated[list[str] | None, typer.Option(help="This unit, by catalogue id; may be repeated.")] = None,
    most: Annotated[int | None, typer.Option(help="At most so many credits for each learner.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day covered.")] = None,
) -> None:
    """Sign and publish that an institution takes credit of another one."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.stacking import transferring
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            issuer = await wiring.issuer(conn, (await institutions.get(conn, institution)).id)
            made = await transferring.agree(
                conn,
                issuer,
                await institutions.get(conn, giver),
                qualification_ids=qualification or (),
                unit_ids=unit or (),
                most_credits=most,
                valid_from=since.date(),
                valid_until=until.date() if until else None,
                now=now(),
            )
        out.print(f"Agreement {made.id} is signed: {issuer.institution.page_url}/transfer-agreements")

    run(work)


@stacking_app.command("end-agreement")
def stacking_end_agreement(
    institution: Annotated[str, typer.Argument(help="The institution that takes credit, by its short name.")],
    agreement: Annotated[UUID, typer.Argument(help="The agreement's number.")],
    last_day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The last day covered.")],
) -> None:
    """Sign an agreement again with its last day. What was earned until then counts as before."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.stacking import transferring
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            issuer = await wiring.issuer(conn, (await institutions.get(conn, institution)).id)
            await transferring.end(conn, issuer, agreement, last_day.date(), now())
        out.print(f"It covers what was earned until {last_day:%Y-%m-%d}.")

    run(work)


@stacking_app.command("link-code")
def stacking_link_code(
    institution: Annotated[str, typer.Argument(help="The institution's short name.")],
    learner: Annotated[UUID, typer.Argument(help="The learner's id, as /api/learners shows it.")],
    other: Annotated[str, typer.Argument(help="The institution at which the learner will enter the code.")],
) -> None:
    """Make a code with which a learner proves, at another institution, that the record here is theirs.

    Give it to the learner and to nobody else. It works once, within a day; the other one makes one for here as well.
    """
    from app.database import transaction
    from app.institutions import service as institutions
    from app.stacking import linking
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            here, there = await institutions.get(conn, institution), await institutions.get(conn, other)
            code = await linking.make_code(conn, here.id, learner, there.id, now())
        out.print(code)

    run(work)


@stacking_app.command("link")
def stacking_link(
    institution: Annotated[str, typer.Argument(help="The institution's short name.")],
    learner: Annotated[UUID, typer.Argument(help="The learner who brought the code.")],
    code: Annotated[str, typer.Option(prompt="Code", hide_input=True, help="Asked for when it is not given.")],
) -> None:
    """Enter the code of another institution. When both were entered, the two records are linked."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.stacking import linking
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            here = (await institutions.get(conn, institution)).id
            linked = await linking.enter_code(conn, here, learner, code.strip(), now())
        out.print("The two records are linked." if linked else "Taken. The code from here must be entered there too.")

    run(work)


@stacking_app.command("recognise")
def stacking_recognise(
    institution: Annotated[str, typer.Argument(help="The institution's short name.")],
    learner: Annotated[UUID, typer.Argument(help="The learner's id, as /api/learners shows it.")],
    unit: Annotated[str, typer.Argument(help="The unit, by its catalogue id.")],
    evidence: Annotated[str, typer.Option(help="Where the evidence is kept; a reference, not the evidence.")],
    assessor: Annotated[str, typer.Option(help="Who assessed it; kept, and not published.")],
    grade: Annotated[str, typer.Option(help="The grade found; the credential has the lowest that passes.")],
    decided_on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day of the decision.")],
) -> None:
    """Issue a unit as recognised prior learning."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.stacking import recognising
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            issuer = await wiring.issuer(conn, (await institutions.get(conn, institution)).id)
            made = await recognising.recognise(
                conn,
                issuer,
                wiring.canonical,
                learner,
                unit,
                evidence=evidence,
                assessor=assessor,
                grade=grade,
                decided_on=decided_on.date(),
                now=now(),
            )
        out.print(f"Credential {made.id} is signed, with the grade {made.grade}.")

    run(work)
