"""The operator's commands about keys: list, rotate, give up, where each lies. Each says first what it will do."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from app.errors import AppError, OutsideFailed, Refused
from app.operating import out, run, wallet_publish

if TYPE_CHECKING:
    from app.adapters.custody.custodians import Custodians
    from app.credentials.keys import KeyUse
    from app.institutions.custody import KeyPlace
    from app.institutions.model import SigningKey
    from app.wiring import Wiring

keys_app = typer.Typer(help="Keys: list, rotate, give up after a compromise, where they lie.", no_args_is_help=True)

_Slug = Annotated[str, typer.Argument(help="The institution's short name.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]
_Custody = Annotated[
    str | None,
    typer.Option(help="Who keeps the new key: file, aws-kms, google-kms or pkcs11; as in the settings if not given."),
]


@keys_app.command("list")
def keys_list(slug: _Slug) -> None:
    """List an institution's signing keys, oldest first."""
    from app.database import transaction
    from app.institutions import service as institutions

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            identity = await institutions.identity(conn, (await institutions.get(conn, slug)).id)
        for key in identity.keys:
            out.print(f"{key.name}  {key.public_key}  {_life(key)}")

    run(work)


@keys_app.command("where")
def keys_where(
    slug: Annotated[str | None, typer.Argument(help="The institution's short name; all if not given.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Have each key in use sign a question.")] = False,
) -> None:
    """Tell which key lies with whom. No secret is shown."""
    from app.adapters.custody.custodians import scheme_of
    from app.database import transaction
    from app.institutions import service as institutions
    from app.institutions.custody import places

    async def work(wiring: "Wiring") -> list[AppError]:
        async with transaction(wiring.engine) as conn:
            chosen = [await institutions.get(conn, slug)] if slug else await institutions.list_all(conn)
            identities = [await institutions.identity(conn, one.id) for one in chosen]
        failures: list[AppError] = []
        for place in (place for identity in identities for place in places(identity)):
            said = "in use" if place.in_use else "no more in use"
            if check and place.in_use:
                try:
                    said = _answer(wiring, place)
                except AppError as error:
                    failures.append(error)
                    said = f"in use, DOES NOT ANSWER: {error}"
            out.print(f"{place.institution}  {place.name}  {scheme_of(place.reference)}  {place.public}  {said}")
            out.print(f"  {place.reference}")
        return failures

    if failures := run(work):
        many = f"{_counted(len(failures), 'key')} in use cannot be signed with."
        family = OutsideFailed if any(isinstance(one, OutsideFailed) for one in failures) else Refused
        raise family("custody_check_failed", many)


def _answer(wiring: "Wiring", place: "KeyPlace") -> str:
    """What is said of a key in use that signs a question; raises what `prove` raises."""
    from app.adapters.custody.custodians import scheme_of
    from app.adapters.custody.wallets import SAFE
    from app.adapters.wallet_signatures import recover
    from app.institutions.custody import prove

    if scheme_of(place.reference) != SAFE:
        prove(wiring.keystore, place, recover)
        return "in use, answers"
    # Its owners are not asked for the sake of a check; the key that pays for it is ours.
    key, address = wiring.wallets.relayer()
    prove(wiring.keystore, replace(place, public=address, reference=key), recover)
    return f"in use, its owners sign; {address}, which pays, answers"


@keys_app.command("rotate")
def keys_rotate(slug: _Slug, custody: _Custody = None, yes: _Yes = False) -> None:
    """Sign with a new key from now on. What the old one signed stays valid."""
    from app.adapters.custody.custodians import FILE, scheme_of
    from app.credentials import keys
    from app.database import transaction
    from app.institutions import upkeep
    from app.wiring import now

    key, use = run(lambda wiring: _weigh(wiring, slug, None, None, custody))
    out.print(f"{key.name} signed {_counted(use.signed)} in force. They stay valid.")
    if custody is not None:
        out.print(f"The new key is made with {custody} and kept there.")
    out.print("A new key signs from now on; every list of withdrawn credentials is signed again with it.")
    _confirm(yes)

    async def work(wiring: "Wiring") -> None:
        institution_id = await _id(wiring, slug)
        async with transaction(wiring.engine) as conn:
            # The time is taken once nobody signs any more.
            await upkeep.hold(conn, institution_id)
            # By name, so that a second start of the same command cannot retire the key that came after it.
            done = await keys.rotate(conn, _making(wiring, custody), wiring.compiled, institution_id, now(), key.name)
        made = done.identity.signing_key
        out.print(f"{made.name} signs from now on. {_counted(done.lists, 'list')} signed again.")
        if scheme_of(made.keystore) == FILE:
            out.print("Back up the folder of keystores: it holds a new key.")

    run(work)
    wallet_publish(slug)


@keys_app.command("compromise")
def keys_compromise(
    slug: _Slug,
    since: Annotated[str, typer.Option(help="Since when it may not be yours alone: 2026-09-12T10:00:00Z.")],
    key: Annotated[str | None, typer.Option(help="The key's name; the current one if not given.")] = None,
    custody: _Custody = None,
    yes: _Yes = False,
) -> None:
    """Give up a key that somebody else may hold. What the register cannot prove to be older has to be issued again."""
    from app.credentials import keys
    from app.database import transaction
    from app.institutions import upkeep
    from app.standards.vc import parse_timestamp
    from app.wiring import now

    moment = parse_timestamp(since)
    if moment is None:
        raise Refused("since_invalid", "Give the moment with its time zone, such as 2026-09-12T10:00:00Z.")
    found, use = run(lambda wiring: _weigh(wiring, slug, key, moment, custody))
    out.print(f"{found.name} signed {_counted(use.signed)} in force.")
    out.print(f"{use.proven} stay valid: the public register proves that they are older than {since}.")
    out.print(f"{use.to_issue_again} have to be issued again: nobody can tell them from a forger's.")
    if found.is_current:
        out.print("It is the current key: a new one signs from now on.")
    _confirm(yes)

    async def work(wiring: "Wiring") -> None:
        institution_id = await _id(wiring, slug)
        async with transaction(wiring.engine) as conn:
            await upkeep.hold(conn, institution_id)
            done = await keys.compromise(
                conn,
                _making(wiring, custody),
                wiring.compiled,
                institution_id,
                since=moment,
                now=now(),
                # By name, so that a second start of the same command cannot give up the key that came after it.
                key_name=found.name,
            )
        out.print(f"{found.name} is given up. {done.identity.signing_key.name} signs from now on.")
        again = ((done.lists, "list"), (done.receipts, "register receipt"), (done.accreditations, "accreditation"))
        out.print(f"Signed again: {', '.join(_counted(number, what) for number, what in again)}.")
        out.print(f"Valid still: {done.use.proven}. To be issued again: {done.use.to_issue_again}.")

    run(work)
    wallet_publish(slug)


async def _weigh(
    wiring: "Wiring", slug: str, name: str | None, since: datetime | None, custody: str | None = None
) -> tuple["SigningKey", "KeyUse"]:
    """The key in question and what hangs on it; raises what the change itself would raise."""
    from app.credentials import keys
    from app.database import transaction
    from app.institutions import service as institutions
    from app.institutions import upkeep
    from app.wiring import now

    _making(wiring, custody)
    async with transaction(wiring.engine) as conn:
        identity = await institutions.identity(conn, (await institutions.get(conn, slug)).id)
        key = upkeep.find_key(identity, name)
        if since is not None:
            upkeep.check_compromise(key, since, now())
        return key, await keys.use_of(conn, identity, key, since or now())


def _making(wiring: "Wiring", custody: str | None) -> "Custodians":
    """The keystore that makes new keys where it was asked to."""
    return wiring.keystore if custody is None else wiring.keystore.making_at(custody)


async def _id(wiring: "Wiring", slug: str) -> UUID:
    from app.database import transaction
    from app.institutions import service as institutions

    async with transaction(wiring.engine) as conn:
        return (await institutions.get(conn, slug)).id


def _confirm(yes: bool) -> None:
    if not yes:
        typer.confirm("Go on?", abort=True)


def _life(key: "SigningKey") -> str:
    from app.standards.vc import timestamp

    began = f"from {timestamp(key.created_at)}"
    if key.revoked_at is not None:
        return f"{began}, compromised since {timestamp(key.revoked_at)}"
    if key.expires_at is not None:
        return f"{began}, retired, ends {timestamp(key.expires_at)}"
    return f"{began}, in use"


def _counted(number: int, what: str = "credential") -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
