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
    from app.adapters.deploying import Contract
    from app.adapters.evm import EvmChain
    from app.anchoring.model import Checkpoint
    from app.wiring import Wiring

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
    """Show the chain, the register's code, and each wallet's balance and last checkpoint.

    Exit code 1 when the register is not there or not ours, or when a wallet is empty or was disowned.
    """
    found = _with_chain(_chain_and_registry)
    if settings().database_url is not None:
        found["wallets"] = run(_wallets)
    found["problems"] = _problems(found)
    if as_json:
        out.print_json(json.dumps(found))
    else:
        _tell(found)
    if found["problems"]:
        raise SystemExit(1)


async def _chain_and_registry(chain: "EvmChain") -> dict[str, Any]:
    from app.adapters.deploying import anchor_registry

    expected = anchor_registry(settings().contracts_dir)
    address = settings().registry_address or expected.address
    head, final = await chain.head(), await chain.final_head()
    return {
        "chainId": await chain.chain_id(),
        "head": {"number": head.number, "time": _moment(head.time)},
        "finalized": None if final is None else {"number": final.number, "time": _moment(final.time)},
        "registry": {
            "address": address,
            "codeHash": await chain.code_hash(address),
            "expectedCodeHash": expected.runtime_code_hash,
            "known": await chain.has_registry(address),
        },
    }


async def _wallets(wiring: "Wiring") -> list[dict[str, Any]]:
    from app.anchoring import service as anchoring
    from app.database import transaction
    from app.institutions import service as institutions

    async with transaction(wiring.engine) as conn:
        known = [
            (
                institution.slug,
                (await institutions.identity(conn, institution.id)).wallet,
                await anchoring.finalized_checkpoints(conn, institution.id),
            )
            for institution in await institutions.list_all(conn)
        ]
    chain = wiring.chain
    chain_id = await chain.chain_id()
    return [
        {
            "institution": slug,
            "address": wallet.address,
            "contract": wallet.contract,
            "balance": await chain.balance(wallet.address),
            "sizeOnChain": await chain.last_size(wallet.contract, wallet.address),
            "disownedSince": await wiring.nodes[0].disowned_since(wallet.contract, wallet.address),
            "lastCheckpoint": _checkpoint(finals[-1]) if finals else None,
        }
        for slug, wallet, finals in known
        if wallet.chain_id == chain_id
    ]


def _checkpoint(last: "Checkpoint") -> dict[str, Any]:
    described: dict[str, Any] = {"treeSize": last.tree_size, "root": "0x" + last.root.hex()}
    if last.block is not None:
        described |= {"block": last.block.number, "time": _moment(last.block.time)}
    return described


def _problems(found: dict[str, Any]) -> list[str]:
    registry = found["registry"]
    problems = []
    if registry["codeHash"] is None:
        problems.append(f"There is no contract at {registry['address']}: stackmark chain deploy")
    elif not registry["known"]:
        problems.append(f"The contract at {registry['address']} is not the register.")
    for wallet in found.get("wallets", []):
        if wallet["balance"] == 0:
            problems.append(f"The wallet of {wallet['institution']} is empty.")
        if wallet["disownedSince"]:
            problems.append(f"The wallet of {wallet['institution']} was disowned; it can anchor nothing more.")
    return problems


def _tell(found: dict[str, Any]) -> None:
    registry, final = found["registry"], found["finalized"]
    out.print(f"Chain {found['chainId']}, block {found['head']['number']:,} of {found['head']['time']}")
    out.print(f"Final up to block {final['number']:,} of {final['time']}" if final else "Nothing is final yet.")
    code = "the expected code" if registry["codeHash"] == registry["expectedCodeHash"] else "an earlier version"
    if registry["known"]:
        out.print(f"The register is at {registry['address']}, with {code}.")
    for wallet in found.get("wallets", []):
        last = wallet["lastCheckpoint"]
        entries = (
            f"last checkpoint of {last.get('time')}, {last['treeSize']:,} entries" if last else "no checkpoint yet"
        )
        out.print(f"{wallet['institution']}  {wallet['address']}  {wallet['balance'] / 10**18:.6f}  {entries}")
    if "wallets" not in found:
        out.print("No database is configured, so no wallets are known.")
    for problem in found["problems"]:
        out.print(f"Problem: {problem}")


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
