"""The operator's commands for a chain: deploy the contracts, and see whether all is well there."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app.errors import OutsideFailed, Refused
from app.operating import out, run
from app.settings import Settings, settings

if TYPE_CHECKING:
    from app.adapters.connecting import ConnectedChain
    from app.adapters.deploying import Contract
    from app.adapters.evm import EvmChain
    from app.adapters.standing import ChainStanding
    from app.anchoring.model import Block, Checkpoint
    from app.institutions.model import Wallet
    from app.wiring import Wiring

EXIT_REFUSED, EXIT_OUTSIDE, EXIT_FURTHER = 1, 3, 4
_UNASKED = frozenset({"chain_unreachable", "chain_wrong", "chain_disagrees"})
chain_app = typer.Typer(help="The chain: deploy the contracts, see how it stands.", no_args_is_help=True)
Result = TypeVar("Result")


@chain_app.command("deploy")
def chain_deploy(
    chain_id: Annotated[int, typer.Option("--chain-id", help="The chain you mean; no other is written to.")],
    payer: Annotated[
        Path | None,
        typer.Option(help="The encrypted wallet file that pays.", exists=True, dir_okay=False),
    ] = None,
    scheme_operator: Annotated[
        str | None,
        typer.Option(help="Also deploy the register of accreditations, for the scheme of this address."),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Without the proxy, for a private chain that refuses it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; what it costs is still shown.")] = False,
) -> None:
    """Deploy the contracts, unless they are there. The cost is shown first, and nothing is sent without a yes."""
    from app.adapters import deploying

    async def work(chain: "EvmChain") -> None:
        real = await chain.chain_id()
        if real != chain_id:
            raise Refused("chain_wrong", f"The node is on chain {real}, not on {chain_id}. Nothing was sent.")
        account = _payer(payer)
        wanted = [deploying.anchor_registry(settings().contracts_dir)]
        if scheme_operator is not None:
            wanted.append(deploying.accreditation_registry(settings().contracts_dir, scheme_operator))
        for contract in wanted:
            await _deploy_one(chain, contract, account, plain=plain, yes=yes)

    _with_chain(work)


async def _deploy_one(chain: "EvmChain", contract: "Contract", account: Any, *, plain: bool, yes: bool) -> None:
    from app.adapters import deploying

    planned = await deploying.plan(chain, contract, account.address, plain=plain)
    # A plain deployment stands anywhere: the record and the settings are all that is known of it.
    for address in _known_places(contract, planned.chain_id) if plain else [contract.address]:
        if planned.is_there or await chain.code_hash(address) == contract.runtime_code_hash:
            out.print(f"{contract.name} is at {address} already, with the code expected. Nothing was sent.")
            return
    where = "at an address that depends on who pays" if plain else f"at {contract.address}"
    also = ", and the deployment proxy before it" if planned.proxy_missing else ""
    out.print(f"{contract.name} will stand {where} on chain {planned.chain_id}{also}.")
    out.print(f"At most {planned.gas:,} gas, {deploying.in_ether(planned.cost)}, paid by {account.address}.")
    if not yes and not typer.confirm("Deploy it?"):
        raise Refused("not_confirmed", "Nothing was sent.")
    made = await deploying.deploy(chain, planned, account)
    out.print(f"{contract.name} is at {made.address}, since block {made.block_number} ({made.tx_hash}).")
    if contract.name == "AnchorRegistry":
        out.print(f"Set STACKMARK_REGISTRY_ADDRESS={made.address}")
    file = deploying.record(settings().contracts_dir / "deployments", made)
    if file is not None:
        out.print(f"Recorded in {file.name}, among the deployments: keep that file.")


def _known_places(contract: "Contract", chain_id: int) -> list[str]:
    from app.adapters.deploying import recorded

    in_settings = settings().registry_address if contract.name == "AnchorRegistry" else None
    recorded_at = recorded(settings().contracts_dir / "deployments", chain_id, contract)
    return [address for address in (recorded_at, in_settings) if address is not None]


def _payer(file: Path | None) -> Any:
    """The account that pays; on a practice chain, where money is free, the chain's own. Raises `Refused`."""
    from app.adapters.deploying import open_payer
    from app.adapters.local_chain import practice_chain

    if file is not None:
        return open_payer(file, settings().secret_passphrase())
    try:
        return practice_chain(settings().chain_rpc_url).faucet()
    except Refused:
        raise Refused("payer_missing", "Say who pays: --payer with an encrypted wallet file.") from None


@chain_app.command("status")
def chain_status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs; amounts in wei.")] = False,
) -> None:
    """Show each chain of the settings: its nodes, its rule of finality, the register's code, each wallet there.

    Exit code 3 when the first chain cannot be asked, 1 when something else is wrong with it (the register is not there
    or not ours, a node is behind, a wallet is empty or was disowned), 4 when all that is wrong is on a further chain:
    the first one goes on.
    """
    chains = asyncio.run(_look_at_all(settings()))
    if settings().database_url is not None:
        run(lambda wiring: _add_wallets(wiring, chains))
    # What is said of the first chain stands where it stood when there was one only.
    found = {**chains[0], "further": chains[1:]}
    if as_json:
        out.print_json(json.dumps(found))
    else:
        for one in chains:
            _tell(one)
    codes = {problem["code"] for problem in chains[0]["problems"]}
    if codes & _UNASKED:
        raise SystemExit(EXIT_OUTSIDE)
    if codes:
        raise SystemExit(EXIT_REFUSED)
    if any(one["problems"] for one in chains[1:]):
        raise SystemExit(EXIT_FURTHER)


async def _look_at_all(chosen: Settings) -> list[dict[str, Any]]:
    """Every chain of the settings, the first one first; no database is needed. Raises `OutsideFailed`, `Refused`."""
    from app.adapters.deploying import anchor_registry
    from app.adapters.standing import look
    from app.wiring import chains_of

    chains = chains_of(chosen)
    if not chains:
        raise OutsideFailed("chain_not_configured", "No chain is configured: set STACKMARK_CHAIN_RPC_URL.")
    expected = anchor_registry(chosen.contracts_dir).runtime_code_hash
    try:
        standings = await asyncio.gather(*map(look, chains))
    finally:
        for chain in chains:
            await chain.close()
    return [_described(standing, expected) for standing in standings]


def _described(standing: "ChainStanding", expected: str) -> dict[str, Any]:
    return {
        "chainId": standing.chain_id,
        "finality": {"rule": standing.finality, "meaning": standing.rule},
        "nodes": [{"state": one.state, "head": one.head.number if one.head else None} for one in standing.nodes],
        "head": _block(standing.head),
        "finalized": _block(standing.final),
        "registry": {
            "address": standing.contract,
            "codeHash": standing.code_hash,
            "expectedCodeHash": expected,
            "known": standing.registry_known,
        },
        "problems": [problem.as_json() for problem in standing.problems],
    }


async def _add_wallets(wiring: "Wiring", chains: list[dict[str, Any]]) -> None:
    """Each institution's wallet on each chain that it is published on, into what was found there."""
    from app.anchoring import service as anchoring
    from app.database import transaction
    from app.errors import AppError
    from app.institutions import service as institutions

    async with transaction(wiring.engine) as conn:
        known = [
            (
                institution.slug,
                await institutions.identity(conn, institution.id),
                await anchoring.finalized_checkpoints(conn, institution.id),
            )
            for institution in await institutions.list_all(conn)
        ]
    for found, chain in zip(chains, wiring.connected_chains, strict=True):
        found["wallets"] = []
        if {problem["code"] for problem in found["problems"]} & _UNASKED:
            continue
        number = chain.rules.chain_id
        for slug, identity, finals in known:
            wallet = next((one for one in (identity.wallet, *identity.also_on) if one.chain_id == number), None)
            if wallet is None:
                continue
            recorded = [one for one in finals if one.chain_id == number]
            try:
                found["wallets"].append(await _wallet(wiring, chain, slug, wallet, recorded))
            except AppError as error:
                said = f"What the wallet of {slug} has on chain {number} is not known: {error.message}"
                found["problems"].append({"code": error.code, "message": said})
        found["problems"] += [problem for wallet in found["wallets"] for problem in _of_wallet(wallet, number)]


async def _wallet(
    wiring: "Wiring", chain: "ConnectedChain", slug: str, wallet: "Wallet", finals: list["Checkpoint"]
) -> dict[str, Any]:
    """Raises `AppError`: the chain, or whoever keeps the wallet, does not answer."""
    from app.anchoring import fees

    payer = await wiring.wallets.payer(wallet.keystore, wallet.address)
    balance = await chain.chain.balance(payer.address)
    return {
        "institution": slug,
        "address": wallet.address,
        "payer": payer.address,
        "contract": wallet.contract,
        "balance": balance,
        "checkpointsLeft": fees.affordable(balance, await chain.chain.fees(), payer.gas_beyond),
        "sizeOnChain": await chain.chain.last_size(wallet.contract, wallet.address),
        "disownedSince": await _disowned_since(chain, wallet),
        "lastCheckpoint": _checkpoint(finals[-1]) if finals else None,
    }


async def _disowned_since(chain: "ConnectedChain", wallet: "Wallet") -> int:
    """Unix time, 0 = it was not. Of several nodes, any that knows of a notice is heeded. Raises `OutsideFailed`."""
    asked = [node.disowned_since(wallet.contract, wallet.address) for node in chain.nodes]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    told = [one for one in answers if isinstance(one, int)]
    if not told:
        raise OutsideFailed("chain_unreachable", "No node answers.")
    return min((one for one in told if one), default=0)


def _block(block: "Block | None") -> dict[str, Any] | None:
    return None if block is None else {"number": block.number, "time": _moment(block.time)}


def _checkpoint(last: "Checkpoint") -> dict[str, Any]:
    described: dict[str, Any] = {"treeSize": last.tree_size, "root": "0x" + last.root.hex()}
    if last.block is not None:
        described |= {"block": last.block.number, "time": _moment(last.block.time)}
    return described


def _of_wallet(wallet: dict[str, Any], number: int) -> list[dict[str, str]]:
    named = f"The wallet of {wallet['institution']}"
    problems = []
    if wallet["balance"] == 0:
        said = f"{named} is empty on chain {number}: {wallet['payer']} pays for it and holds nothing."
        problems.append({"code": "wallet_empty", "message": said})
    if wallet["disownedSince"]:
        said = f"{named} was disowned; it can anchor nothing more on chain {number}."
        problems.append({"code": "wallet_disowned", "message": said})
    return problems


def _tell(found: dict[str, Any]) -> None:
    registry, head, final = found["registry"], found["head"], found["finalized"]
    if head is None:
        out.print(f"Chain {found['chainId']}: no node answers for it.")
    else:
        out.print(f"Chain {found['chainId']}, block {head['number']:,} of {head['time']}")
        out.print(f"Final up to block {final['number']:,} of {final['time']}" if final else "Nothing is final yet.")
    if len(found["nodes"]) > 1:
        out.print("Nodes: " + ", ".join(f"{place} {one['state']}" for place, one in enumerate(found["nodes"], 1)))
    out.print(f"Final by the rule {found['finality']['rule']}. {found['finality']['meaning']}")
    code = "the expected code" if registry["codeHash"] == registry["expectedCodeHash"] else "an earlier version"
    if registry["known"]:
        out.print(f"The register is at {registry['address']}, with {code}.")
    for wallet in found.get("wallets", []):
        last = wallet["lastCheckpoint"]
        entries = (
            f"last checkpoint of {last.get('time')}, {last['treeSize']:,} entries" if last else "no checkpoint yet"
        )
        balance = f"{wallet['balance'] / 10**18:.6f}, about {wallet['checkpointsLeft']:,} checkpoints"
        out.print(f"{wallet['institution']}  {wallet['address']}  {balance}  {entries}")
    if "wallets" not in found:
        out.print("No database is configured, so no wallets are known.")
    for problem in found["problems"]:
        out.print(f"Problem: {problem['message']} ({problem['code']})")


def _with_chain(work: "Callable[[EvmChain], Awaitable[Result]]") -> Result:
    """Run `work` with the chain of the settings alone: no database is needed. Raises `OutsideFailed`."""

    async def inside(chosen: Settings) -> Result:
        from app.adapters.evm import EvmChain
        from app.wiring import chain_rules

        if chosen.chain_rpc_url is None:
            raise OutsideFailed("chain_not_configured", "No chain is configured: set STACKMARK_CHAIN_RPC_URL.")
        chain = EvmChain(chosen.chain_rpc_url, chain_rules(chosen).finality, chosen.contracts_dir)
        try:
            return await work(chain)
        finally:
            await chain.close()

    return asyncio.run(inside(settings()))


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
