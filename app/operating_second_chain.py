"""The operator's commands for a second chain: record the newest checkpoints there too, and move there for good."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.errors import NotFound, OutsideFailed, Refused
from app.operating import out, run

if TYPE_CHECKING:
    from app.adapters.connecting import ConnectedChain
    from app.anchoring.model import Fees, Log
    from app.institutions.model import Institution
    from app.wiring import Wiring

_To = Annotated[str, typer.Option("--to", help="The chain's name, as in the settings (STACKMARK_SECOND_CHAIN).")]
_Institution = Annotated[str | None, typer.Option(help="A short name; every institution if not given.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; what it costs is still shown.")]


@dataclass(frozen=True, slots=True)
class _Planned:
    """A log that is to be recorded on another chain. `leaves`: how many are. In wei, `fee`: what it takes at most, and
    `needed`: what the wallet must hold, for all the gas that its transaction allows."""

    institution: "Institution"
    log: "Log"
    leaves: int
    fee: int
    needed: int


def add_to(chain_app: typer.Typer) -> None:
    chain_app.command("reanchor")(chain_reanchor)
    chain_app.command("switch")(chain_switch)
    chain_app.command("records")(chain_records)


def chain_reanchor(to: _To, institution: _Institution = None, yes: _Yes = False) -> None:
    """Record each log's newest final checkpoint on a second chain too, by the same wallets.

    The cost is shown first, and nothing is sent without a yes. The worker sends it, waits until it is final there, and
    names it in every receipt. The first chain is not asked, so this can be done after that one has died. What is
    recorded already is not sent again.
    """

    async def plan(wiring: "Wiring") -> list[_Planned]:
        return await _reanchoring(wiring, _chosen(wiring, to), institution)

    planned = run(plan)
    if not planned:
        out.print("Everything final is recorded there already, or on its way. Nothing was sent.")
        return
    _confirm(yes, "Record it?")

    async def carry_out(wiring: "Wiring") -> None:
        from app.anchoring import reanchoring
        from app.database import transaction
        from app.wiring import now

        for one in planned:
            await _open_account(wiring, one, as_main=False)
            async with transaction(wiring.engine) as conn:
                await reanchoring.request(conn, one.log, now())
            out.print(f"{one.institution.slug}: {one.leaves:,} entries are on their way to chain {one.log.chain_id}.")

    run(carry_out)
    out.print("The worker does the rest. See how it goes with: stackmark chain records")


def chain_switch(to: _To, institution: _Institution = None, yes: _Yes = False) -> None:
    """Go on on another chain from now on: the same logs, the same wallets, the next checkpoint there.

    What was sent to the chain that is left and is not final is waited for while that chain answers; when it does not,
    it is given up, and the first checkpoint on the other chain covers it. Afterwards make that chain the first one in
    the settings (STACKMARK_CHAIN).
    """

    async def plan(wiring: "Wiring") -> list[_Planned]:
        return await _moving(wiring, _chosen(wiring, to), institution)

    planned = run(plan)
    if not planned:
        out.print("They are on that chain already. Nothing was changed.")
        return
    _confirm(yes, "Move there?")

    async def carry_out(wiring: "Wiring") -> None:
        from app.anchoring import reanchoring
        from app.anchoring import service as anchoring
        from app.database import transaction
        from app.wiring import now

        for one in planned:
            async with transaction(wiring.engine) as conn:
                present = await anchoring.log_of(conn, one.institution.id)
            is_gone = not await _answers(wiring, present.chain_id)
            # Named there before it records there; the first of its chains only once it does.
            await _open_account(wiring, one, as_main=False)
            async with transaction(wiring.engine) as conn:
                await reanchoring.move(conn, one.log, now(), is_gone=is_gone)
            await _open_account(wiring, one, as_main=True)
            out.print(f"{one.institution.slug} goes on on chain {one.log.chain_id}.")

    run(carry_out)
    out.print(f"Now make it the first chain in the settings: STACKMARK_CHAIN={to}, with its nodes.")
    out.print("Publish the wallets again: stackmark wallet publish")


def chain_records(
    institution: _Institution = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show on which chains each log is recorded, and how far. No chain is asked."""

    async def work(wiring: "Wiring") -> list[dict[str, Any]]:
        from app.anchoring import reanchoring
        from app.database import transaction

        found = []
        for one, log in await _logs(wiring, institution):
            async with transaction(wiring.engine) as conn:
                standings = await reanchoring.standings(conn, log)
            found.append({"institution": one.slug, "entries": log.size, "chains": [one.as_json() for one in standings]})
        return found

    found = run(work)
    if as_json:
        out.print_json(json.dumps(found))
        return
    for one in found:
        out.print(f"{one['institution']}: {one['entries']:,} entries")
        for chain in one["chains"]:
            newest = f"{chain['entries']:,} final" if chain["entries"] else "nothing final"
            since = f", recorded {chain['recordedAt']}" if chain["recordedAt"] else ""
            on_its_way = f", {chain['onItsWay']:,} on their way" if chain["onItsWay"] else ""
            own = ", where it goes on" if chain["isOwn"] else ""
            out.print(f"  chain {chain['chainId']}: {newest}{since}{on_its_way}{own}")


def _chosen(wiring: "Wiring", name: str) -> "ConnectedChain":
    """The chain of that name, the second one first. Raises `NotFound("chain_not_set_up")`, `OutsideFailed`."""
    if wiring.second is not None and wiring.second.rules.profile.name == name:
        return wiring.second
    if wiring.settings.chain_rpc_url is not None and wiring.rules.profile.name == name:
        return wiring.first
    raise NotFound(
        "chain_not_set_up",
        f"There is no chain {name} in the settings: set STACKMARK_SECOND_CHAIN and STACKMARK_SECOND_CHAIN_RPC_URLS.",
    )


async def _reanchoring(wiring: "Wiring", there: "ConnectedChain", slug: str | None) -> list[_Planned]:
    """What is to be recorded; printed with its cost. Raises what `_look` does, `OutsideFailed("wallet_unfunded")`."""
    from app.anchoring import reanchoring
    from app.database import transaction

    market = await _look(there)
    planned = []
    for institution, present in await _logs(wiring, slug):
        if present.chain_id == there.rules.chain_id:
            out.print(f"{institution.slug}: this is the chain it is on.")
            continue
        log = present.on(there.rules.chain_id, there.contract)
        async with transaction(wiring.engine) as conn:
            newest = await reanchoring.newest(conn, log)
            there_now = await reanchoring.standing(conn, log)
        if newest is None:
            out.print(f"{institution.slug}: nothing of it is final yet.")
        elif newest.tree_size > there_now.final and not there_now.on_its_way:
            planned.append(await _priced(wiring, there, market, institution, log, newest.tree_size))
    _tell(there, planned)
    await _check_funds(there, planned)
    return planned


async def _moving(wiring: "Wiring", there: "ConnectedChain", slug: str | None) -> list[_Planned]:
    """Who is to move; printed with the cost of the first checkpoint there. A wallet may be filled afterwards."""
    from app.database import transaction
    from app.institutions import service as institutions

    market = await _look(there)
    planned = []
    for institution, log in await _logs(wiring, slug):
        async with transaction(wiring.engine) as conn:
            wallet = (await institutions.identity(conn, institution.id)).wallet
        # Both, for a move may have been interrupted between them.
        if {log.chain_id, wallet.chain_id} != {there.rules.chain_id}:
            there_too = log.on(there.rules.chain_id, there.contract)
            planned.append(await _priced(wiring, there, market, institution, there_too, log.size))
    _tell(there, planned)
    return planned


async def _look(there: "ConnectedChain") -> "Fees":
    """What the chain asks for. Raises `OutsideFailed` (chain_wrong, registry_missing, and as the chain does)."""
    wanted = there.rules.chain_id
    real = await there.chain.chain_id()
    if real != wanted:
        raise OutsideFailed("chain_wrong", f"The node answers for chain {real}, not for {wanted}. Nothing was sent.")
    if not await there.chain.has_registry(there.contract):
        raise OutsideFailed(
            "registry_missing", f"The register is not at {there.contract} on chain {wanted}: stackmark chain deploy"
        )
    return await there.chain.fees()


async def _logs(wiring: "Wiring", slug: str | None) -> list[tuple["Institution", "Log"]]:
    from app.anchoring import service as anchoring
    from app.database import transaction
    from app.institutions import service as institutions

    async with transaction(wiring.engine) as conn:
        everyone = [await institutions.get(conn, slug)] if slug else await institutions.list_all(conn)
        return [(one, await anchoring.log_of(conn, one.id)) for one in everyone]


async def _priced(
    wiring: "Wiring", there: "ConnectedChain", market: "Fees", institution: "Institution", log: "Log", leaves: int
) -> _Planned:
    from app.anchoring import fees

    is_first = await there.chain.last_size(log.contract, log.wallet_address) == 0
    offer = fees.first_offer(market, wiring.steps_on(there.rules.chain_id).policy)
    if offer is None:
        raise OutsideFailed(
            "fees_above_cap",
            f"Chain {log.chain_id} asks more for a unit of gas than is allowed. Nothing was sent; try later.",
        )
    cost = fees.checkpoint_gas(is_first) * offer.max_fee
    return _Planned(institution, log, leaves, cost, fees.GAS_LIMIT * offer.max_fee)


def _tell(there: "ConnectedChain", planned: list[_Planned]) -> None:
    from app.anchoring import fees

    rules = there.rules
    if planned:
        out.print(f"On {rules.profile.title} (chain {rules.chain_id}), register {there.contract}:")
    for one in planned:
        cost = f"at most {fees.coins(one.fee)} {rules.profile.currency}"
        out.print(f"  {one.institution.slug}: {one.leaves:,} entries, {cost}, paid by {one.log.wallet_address}")
    if len(planned) > 1:
        out.print(f"  Together at most {fees.coins(sum(one.fee for one in planned))} {rules.profile.currency}.")


async def _check_funds(there: "ConnectedChain", planned: list[_Planned]) -> None:
    """Raises `OutsideFailed("wallet_unfunded")` naming each wallet that cannot pay: better now than in an alarm."""
    poor = [one for one in planned if await there.chain.balance(one.log.wallet_address) < one.needed]
    if poor:
        wallets = ", ".join(f"{one.log.wallet_address} ({one.institution.slug})" for one in poor)
        raise OutsideFailed(
            "wallet_unfunded",
            f"Nothing was sent: on chain {there.rules.chain_id} these wallets cannot pay for it: {wallets}.",
        )


async def _open_account(wiring: "Wiring", one: _Planned, *, as_main: bool) -> None:
    from app.credentials import chains
    from app.database import transaction
    from app.wiring import now

    async with transaction(wiring.engine) as conn:
        await chains.open_account(
            conn,
            wiring.keystore,
            wiring.compiled,
            one.institution.id,
            chain_id=one.log.chain_id,
            contract=one.log.contract,
            now=now(),
            as_main=as_main,
        )


async def _answers(wiring: "Wiring", chain_id: int) -> bool:
    """Whether the chain with that number answers, for itself; one that is not set up here does not. Raises
    `OutsideFailed` where that cannot be told."""
    try:
        return await wiring.chain_on(chain_id).chain_id() == chain_id
    except OutsideFailed as error:
        if error.code in ("chain_unreachable", "chain_wrong"):
            return False
        raise


def _confirm(yes: bool, question: str) -> None:
    if not yes and not typer.confirm(question):
        raise Refused("not_confirmed", "Nothing was sent, and nothing was changed.")
