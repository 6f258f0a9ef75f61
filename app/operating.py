"""The operator's commands of `stackmark`: institutions, wallets, API keys, the register."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import UUID

import typer
from rich.console import Console

from app.errors import Refused
from app.settings import settings

if TYPE_CHECKING:
    from app.wiring import Wiring

institution_app = typer.Typer(help="Institutions: register, accredit, list.", no_args_is_help=True)
wallet_app = typer.Typer(help="Public wallets: show, publish, fund for practice.", no_args_is_help=True)
key_app = typer.Typer(help="API keys: create.", no_args_is_help=True)
registry_app = typer.Typer(help="The register's contract.", no_args_is_help=True)
record_app = typer.Typer(help="Comprehensive records of learners: make.", no_args_is_help=True)

# What is printed may hold anybody's words: no markup in it, and no line broken for a program that reads it.
out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
Result = TypeVar("Result")


def run(work: Callable[["Wiring"], Awaitable[Result]]) -> Result:
    """Run `work` with this process's wiring."""
    from app.wiring import wired

    async def inside() -> Result:
        async with wired(settings()) as wiring:
            return await work(wiring)

    return asyncio.run(inside())


@institution_app.command("create")
def institution_create(
    slug: Annotated[str, typer.Argument(help="Short name for addresses, such as northgate-college.")],
    name: Annotated[str, typer.Option(help="The institution's name.")],
    ukprn: Annotated[str, typer.Option(help="Its UKPRN, eight digits.")],
) -> None:
    """Register an institution with its DID, signing key and public wallet."""
    from app.catalogue.identifiers import check_ukprn
    from app.credentials import service as credentials
    from app.database import transaction
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        for finding in check_ukprn(ukprn):
            if finding.severity == "error":
                raise Refused(finding.code, finding.message)
            out.print(f"Please check: {finding.message}")
        if wiring.settings.registry_address is None:
            raise Refused("registry_missing", "Set STACKMARK_REGISTRY_ADDRESS to the register's contract.")
        chain_id = await wiring.chain.chain_id()
        async with transaction(wiring.engine) as conn:
            issuer = await credentials.become_issuer(
                conn,
                wiring.keystore,
                wiring.compiled,
                slug=slug,
                name=name,
                ukprn=ukprn,
                public_url=wiring.settings.public_url,
                chain_id=chain_id,
                contract=wiring.settings.registry_address,
                now=now(),
            )
        out.print(f"Registered {issuer.institution.did}. Wallet {issuer.identity.wallet.address} needs funds.")

    run(work)
    wallet_publish(slug)


@institution_app.command("accredit")
def institution_accredit(
    slug: Annotated[str, typer.Argument(help="The institution's short name.")],
    qualifications: Annotated[list[str], typer.Argument(help="Catalogue ids, such as hnc-computing.")],
    valid_from: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
) -> None:
    """Record that an institution may issue for qualifications."""
    from app.catalogue import service as catalogue
    from app.database import transaction
    from app.institutions import service as institutions

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            institution = await institutions.get(conn, slug)
            for qualification in qualifications:
                await catalogue.get_qualification(conn, qualification)
            await institutions.accredit(conn, institution.id, qualifications, valid_from.date())
        out.print(f"{institution.name} may issue for {', '.join(qualifications)} from {valid_from.date()}.")

    run(work)


@institution_app.command("list")
def institution_list() -> None:
    """List institutions."""
    from app.database import transaction
    from app.institutions import service as institutions

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            everyone = await institutions.list_all(conn)
        for institution in everyone:
            out.print(f"{institution.slug}  {institution.name}  UKPRN {institution.ukprn}  {institution.did}")
        if not everyone:
            out.print("No institution yet: stackmark institution create")

    run(work)


@wallet_app.command("publish")
def wallet_publish(slug: Annotated[str, typer.Argument(help="The institution's short name.")]) -> None:
    """Write wallets/public/<slug>.json, the public statement of an institution's wallet."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.institutions.model import published_wallet

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            identity = await institutions.identity(conn, (await institutions.get(conn, slug)).id)
        folder = wiring.settings.wallets_dir / "public"
        folder.mkdir(parents=True, exist_ok=True)
        statement = published_wallet(identity.institution, identity.wallet, identity.signing_key)
        file = folder / f"{slug}.json"
        file.write_text(json.dumps(statement, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        out.print(f"Published in {file}")

    run(work)


@wallet_app.command("show")
def wallet_show(slug: Annotated[str, typer.Argument(help="The institution's short name.")]) -> None:
    """Show a wallet's address, chain, contract and balance."""
    from app.database import transaction
    from app.institutions import service as institutions

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            wallet = (await institutions.identity(conn, (await institutions.get(conn, slug)).id)).wallet
        balance = await wiring.chain.balance(wallet.address)
        out.print(f"{wallet.address} on chain {wallet.chain_id}, contract {wallet.contract}")
        out.print(f"Balance: {balance / 10**18:.6f}")

    run(work)


@key_app.command("create")
def key_create(
    slug: Annotated[str, typer.Argument(help="The institution's short name.")],
    label: Annotated[str, typer.Option(help="A name by which you know the key again.")],
    scope: Annotated[list[str], typer.Option(help="issue, revoke or admin; may be given several times.")],
) -> None:
    """Create an API key. It is shown once."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            institution = await institutions.get(conn, slug)
            made = await institutions.create_api_key(conn, institution.id, label=label, scopes=scope, now=now())
        out.print("Keep this key safe; it is not shown again:")
        out.print(made.secret)

    run(work)


@wallet_app.command("fund")
def wallet_fund(slug: Annotated[str, typer.Argument(help="The institution's short name.")]) -> None:
    """Give a wallet play money. Works on a practice chain only."""
    from app.adapters.local_chain import practice_chain
    from app.database import transaction
    from app.institutions import service as institutions

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            wallet = (await institutions.identity(conn, (await institutions.get(conn, slug)).id)).wallet
        practice_chain(wiring.settings.chain_rpc_url).fund(wallet.address)
        out.print(f"{wallet.address} has play money.")

    run(work)


@record_app.command("make")
def record_make(
    institution: Annotated[str, typer.Argument(help="The institution's short name.")],
    learner: Annotated[UUID, typer.Argument(help="The learner's id, as /api/learners shows it.")],
) -> None:
    """Sign one document with all that a learner holds here. The record before it is withdrawn."""
    from app.credentials import records
    from app.database import transaction
    from app.institutions import service as institutions
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            issuer = await wiring.issuer(conn, (await institutions.get(conn, institution)).id)
            made = await records.issue_record(conn, issuer, wiring.canonical, learner, now=now())
        out.print(f"Record {made.id} is signed: {wiring.settings.public_url}/credentials/{made.id}")

    run(work)


@registry_app.command("deploy")
def registry_deploy() -> None:
    """Deploy the register on a practice chain, unless it is there. On a public chain: contracts/README.md."""
    from app.adapters.local_chain import practice_chain
    from app.local import deploy

    chain = practice_chain(settings().chain_rpc_url)
    out.print(f"The register is at {asyncio.run(deploy(settings(), chain))}")
