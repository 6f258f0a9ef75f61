"""The operator's commands on what a wallet sends: how it stands, what it will cost, stop it, go on, send now."""

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from app.errors import AppError, OutsideFailed, OwnersAwaited, Refused
from app.operating import look_at_safe, out, run, wallet_app, wallet_publish

if TYPE_CHECKING:
    from app.adapters.wallet_calls import WalletCalls
    from app.anchoring.fees import Forecast
    from app.anchoring.model import Log
    from app.wiring import Wiring

__all__ = ["wallet_app"]

_NOTICE_TRIES = 900
_SLUG = Annotated[str, typer.Argument(help="The institution's short name.")]


@wallet_app.command("status")
def wallet_status(
    slug: _SLUG,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """How a wallet stands: balance, what it pays for, what waits, and what somebody should look at.

    Ends with 3 while there is an alarm, so that a schedule can watch it.
    """
    from app.anchoring import alarms, fees
    from app.anchoring import service as anchoring
    from app.database import transaction
    from app.institutions import service as institutions

    async def work(wiring: "Wiring") -> dict[str, Any]:
        async with transaction(wiring.engine) as conn:
            log = await anchoring.log_of(conn, (await institutions.get(conn, slug)).id)
            waiting, sealed, receipts = await anchoring.progress(conn, log.owner)
            in_flight = await anchoring.in_flight(conn, log.owner)
            open_alarms = await alarms.current(conn, log.id)
        chain, rules = wiring.chain_on(log.chain_id), wiring.rules_on(log.chain_id)
        found: dict[str, Any] = {
            "institution": slug,
            "address": log.wallet_address,
            "chain": rules.profile.title,
            "chainId": log.chain_id,
            "contract": log.contract,
            "finality": rules.profile.rule,
            "paused": {"since": log.pause.since.isoformat(), "reason": log.pause.reason} if log.pause else None,
            "entries": {"waiting": waiting, "onTheirWay": sealed - receipts, "anchored": receipts},
            "checkpoint": {"state": str(in_flight.state), "treeSize": in_flight.tree_size} if in_flight else None,
            "alarms": [
                {"code": alarm.code, "message": alarm.message, "since": alarm.since.isoformat()}
                for alarm in open_alarms
            ],
        }
        try:
            payer = await wiring.wallets.payer(log.wallet_keystore, log.wallet_address)
            balance, market = await chain.balance(payer.address), await chain.fees()
        except AppError as error:
            return {**found, "balance": None, "unknown": error.message}
        found["payer"] = payer.address
        found["balance"] = f"{fees.coins(balance)} {rules.profile.currency}"
        found["checkpointsLeft"] = fees.affordable(balance, market, payer.gas_beyond)
        return found

    found = run(work)
    if as_json:
        out.print_json(json.dumps(found))
    else:
        _print_status(found)
    if found["alarms"] or found["balance"] is None:
        raise typer.Exit(3)


def _print_status(found: dict[str, Any]) -> None:
    out.print(f"{found['address']} on {found['chain']} (chain {found['chainId']}), register {found['contract']}")
    if found["balance"] is None:
        out.print(f"Balance: not known. {found['unknown']}")
    else:
        if found["payer"] != found["address"]:
            out.print(f"{found['payer']} pays for it.")
        out.print(f"Balance: {found['balance']}, enough for about {found['checkpointsLeft']:,} checkpoints today")
    entries = found["entries"]
    out.print(
        f"Entries: {entries['waiting']} waiting, {entries['onTheirWay']} on their way, {entries['anchored']} final"
    )
    if found["checkpoint"]:
        out.print(f"Checkpoint in flight: {found['checkpoint']['state']}, of {found['checkpoint']['treeSize']} entries")
    if found["paused"]:
        out.print(f"STOPPED since {found['paused']['since']}: {found['paused']['reason']}")
    for alarm in found["alarms"]:
        out.print(f"Alarm since {alarm['since']}: {alarm['message']} ({alarm['code']})")
    if not found["alarms"]:
        out.print("No alarms.")


@wallet_app.command("forecast")
def wallet_forecast(
    slug: _SLUG,
    checkpoints: Annotated[int, typer.Option(help="How many entries in the public register.", min=1)] = 1,
) -> None:
    """What the next entries in the public register will cost at most. Each covers any number of credentials."""
    out.print(f"At today's fees: {run(lambda wiring: _forecast(wiring, slug, checkpoints))}")


async def _forecast(wiring: "Wiring", slug: str, checkpoints: int) -> "Forecast":
    from app.database import transaction
    from app.institutions import service as institutions

    async with transaction(wiring.engine) as conn:
        institution = await institutions.get(conn, slug)
    return await wiring.forecast(institution.id, checkpoints)


@wallet_app.command("stop")
def wallet_stop(
    slug: _SLUG,
    reason: Annotated[str, typer.Option(help="Why; shown to whoever looks.", prompt="Why is it stopped")],
) -> None:
    """Stop everything the wallet would send, at once. Issuing goes on; what is issued waits to be anchored."""
    from app.anchoring import service as anchoring
    from app.database import transaction
    from app.institutions import service as institutions

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            await anchoring.pause(conn, (await institutions.get(conn, slug)).id, reason, datetime.now(UTC))
        out.print(f"The wallet of {slug} is stopped. Go on with: stackmark wallet resume {slug}")

    run(work)


@wallet_app.command("resume")
def wallet_resume(slug: _SLUG) -> None:
    """Let a stopped wallet send again."""
    from app.anchoring import service as anchoring
    from app.database import transaction
    from app.institutions import service as institutions

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            await anchoring.resume(conn, (await institutions.get(conn, slug)).id)
        out.print(f"The wallet of {slug} goes on.")

    run(work)


@wallet_app.command("dismiss")
def wallet_dismiss(slug: _SLUG) -> None:
    """Dismiss the alarms that last, once somebody has looked at them. What is still so comes back."""
    from app.anchoring import alarms
    from app.anchoring import service as anchoring
    from app.database import transaction
    from app.institutions import service as institutions

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            log = await anchoring.log_of(conn, (await institutions.get(conn, slug)).id)
            gone = await alarms.dismiss(conn, log.id)
        out.print(f"Dismissed: {', '.join(gone)}." if gone else "There was nothing to dismiss.")

    run(work)


@wallet_app.command("replace")
def wallet_replace(
    slug: _SLUG,
    address: Annotated[str, typer.Option(help="The new wallet, as `stackmark wallet create` made it.")],
    key: Annotated[str, typer.Option(help="Its key, by the reference that `stackmark wallet create` showed.")],
    lost: Annotated[
        bool, typer.Option("--lost", help="The key of the wallet in use is gone: it can say nothing.")
    ] = False,
    stolen_since: Annotated[
        str | None, typer.Option(help="Somebody else may hold it since then: 2026-09-12T10:00:00Z.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Use another wallet from now on. What the one before it recorded stays good, except after a theft.

    Safe to start again wherever it stopped. The wallet stays stopped until it is through.
    """
    from app.standards.vc import parse_timestamp

    since = None if stolen_since is None else parse_timestamp(stolen_since)
    if stolen_since is not None and (since is None or not 0 < since.timestamp() <= datetime.now(UTC).timestamp()):
        raise Refused("time_malformed", "Give a moment that has passed, such as 2026-09-12T10:00:00Z.")
    out.print(f"{address} will record what {slug} issues. {_CONSEQUENCES[lost, since is not None]}")
    if not yes and not typer.confirm("Replace the wallet now?"):
        raise typer.Abort
    run(lambda wiring: _replace(wiring, slug, (address, key), lost, since))
    wallet_publish(slug)


_CONSEQUENCES = {
    (False, False): "The wallet in use names it as its successor, and can record nothing more afterwards.",
    (True, False): "The wallet in use can say nothing, so the institution's published identity alone says so.",
    (False, True): "What the wallet in use recorded since then is recorded again, and counts for nothing there.",
    (
        True,
        True,
    ): "What the wallet in use recorded since then is recorded again. Without its key no notice can be given.",
}


async def _replace(wiring: "Wiring", slug: str, new: tuple[str, str], lost: bool, since: datetime | None) -> None:
    from app.adapters.custody.custodians import scheme_of
    from app.adapters.custody.wallets import SAFE
    from app.adapters.wallet_signatures import recover
    from app.anchoring import service as anchoring
    from app.anchoring.model import CheckpointState
    from app.credentials import wallets
    from app.database import transaction
    from app.errors import Conflict
    from app.institutions import service as institutions
    from app.institutions.custody import KeyPlace, prove

    if scheme_of(new[1]) == SAFE:
        if (await look_at_safe(wiring, new[1]))[1] != new[0]:
            raise Refused("wallet_other", "The reference names another Safe than the address does.")
    else:
        prove(wiring.keystore, KeyPlace(slug, "wallet", new[0], new[1], False, True), recover)
    async with transaction(wiring.engine) as conn:
        owner = (await institutions.get(conn, slug)).id
        log = await anchoring.log_of(conn, owner)
        if log.wallet_address.lower() == new[0].lower():
            out.print(f"{new[0]} is in use already.")
            return
        if log.pause is None:
            await anchoring.pause(conn, owner, f"The wallet is being replaced by {new[0]}.", datetime.now(UTC))
    if since is not None and not lost:
        await _give_notice(wiring, owner, since)
    elif since is None:
        async with transaction(wiring.engine) as conn:
            on_its_way = await anchoring.in_flight(conn, owner)
        # One that is only sealed goes with the log to the new wallet.
        if on_its_way is not None and on_its_way.state is not CheckpointState.SEALED:
            raise Conflict(
                "checkpoint_in_flight",
                "The wallet is stopped, but a checkpoint of it is still on its way. Start this again when it is final.",
            )
    if since is None and not lost:
        await _calls(wiring, log).hand_over((log.wallet_address, log.wallet_keystore), new)
    async with transaction(wiring.engine) as conn:
        done = await wallets.replace(
            conn,
            wiring.keystore,
            wiring.compiled,
            owner,
            address=new[0],
            reference=new[1],
            disowned_from=since,
            now=datetime.now(UTC),
        )
    out.print(f"{done.identity.wallet.address} is in use.")
    if done.again:
        out.print(f"{done.again} checkpoint{'s are' if done.again > 1 else ' is'} recorded again by it.")


def _calls(wiring: "Wiring", log: "Log") -> "WalletCalls":
    """On the log's own chain."""
    from app.adapters.wallet_calls import WalletCalls

    chain = wiring.connected_on(log.chain_id)
    policy = wiring.steps_on(log.chain_id).policy
    return WalletCalls(chain.nodes[0], wiring.keystore, policy, log.contract, out.print)


async def _give_notice(wiring: "Wiring", owner: UUID, since: datetime) -> None:
    """Tell every chain on which the wallet counts, and wait until they have it; one that cannot be told now is told by
    the worker once it can, and holds up nothing. Raises `OwnersAwaited` where people have to do it themselves."""
    from app.anchoring import notices
    from app.credentials import wallets
    from app.database import transaction

    async with transaction(wiring.engine) as conn:
        left = await wallets.note_down(conn, owner, since, datetime.now(UTC))
    for one in left:
        out.print(f"Chain {one.chain_id} is told that {one.address} is not safe. Waiting until that is final.")
    awaited: OwnersAwaited | None = None
    for _ in range(_NOTICE_TRIES):
        going_on = []
        for one in left:
            try:
                if one.chain_id not in wiring.chains:
                    raise OutsideFailed("chain_not_set_up", f"Chain {one.chain_id} is not in the settings.")
                if not await notices.advance(wiring.steps_on(one.chain_id), one):
                    going_on.append(one)
            except OwnersAwaited as error:
                awaited = error
            except AppError as error:
                out.print(f"Chain {one.chain_id} could not be told now: {error.message} ({error.code})")
                out.print("The worker tells it as soon as it can be. See: stackmark wallet status")
        left = tuple(going_on)
        if not left:
            break
        await asyncio.sleep(wiring.settings.worker_poll_seconds)
    if awaited is not None:
        raise awaited


@wallet_app.command("declare")
def wallet_declare(slug: _SLUG) -> None:
    """Have the wallet say in the public register itself whose it is. Costs one transaction; once is enough."""
    from hashlib import sha256

    from app.anchoring import service as anchoring
    from app.database import transaction
    from app.errors import Conflict
    from app.institutions import service as institutions

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            institution = await institutions.get(conn, slug)
            document = await institutions.published_did_document(conn, slug=slug)
            log = await anchoring.log_of(conn, institution.id)
            if log.pause is None or await anchoring.in_flight(conn, institution.id) is not None:
                raise Conflict(
                    "wallet_not_stopped",
                    f"Stop the wallet first, so that nothing else is sent meanwhile: stackmark wallet stop {slug}",
                )
        await _calls(wiring, log).declare(
            (log.wallet_address, log.wallet_keystore), institution.did, sha256(document).digest()
        )
        out.print(f"The register says that {log.wallet_address} is the wallet of {institution.did}.")

    run(work)
