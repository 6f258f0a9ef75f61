"""The operator's commands of `stackmark`: institutions, wallets, API keys, the register."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import typer
from rich.console import Console

from app.errors import AppError, OutsideFailed, Refused
from app.settings import settings

if TYPE_CHECKING:
    from app.wiring import Wiring

institution_app = typer.Typer(help="Institutions: register, accredit, list.", no_args_is_help=True)
wallet_app = typer.Typer(help="Public wallets: show, publish, create, fund for practice.", no_args_is_help=True)
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
    ukprn: Annotated[str, typer.Option(help="Its UKPRN, eight digits; a provider must have one.")] = "",
    role: Annotated[str, typer.Option(help="provider, awarding-organisation or scheme-operator.")] = "provider",
    recognition_number: Annotated[str, typer.Option(help="Ofqual's RN of an awarding organisation.")] = "",
    domain: Annotated[str | None, typer.Option(help="Its own domain, such as creds.college.ac.uk.")] = None,
    without_dns: Annotated[
        bool, typer.Option("--without-dns", help="Register although the domain's records are not there yet.")
    ] = False,
    wallet: Annotated[
        str | None, typer.Option(help="A Safe that is to be its wallet, as safe:0x…; a new wallet if not given.")
    ] = None,
) -> None:
    """Register an institution with its DID, signing key and public wallet."""
    from app.catalogue.identifiers import check_ukprn
    from app.credentials import service as credentials
    from app.database import transaction
    from app.institutions.roles import Role, read_role
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        chosen = read_role(role)
        for finding in check_ukprn(ukprn) if ukprn or chosen is Role.PROVIDER else ():
            if finding.severity == "error":
                raise Refused(finding.code, finding.message)
            out.print(f"Please check: {finding.message}")
        if domain is not None and (unbound := await _look_up(wiring, domain)) and not without_dns:
            raise unbound
        if wiring.settings.registry_address is None:
            raise Refused("registry_missing", "Set STACKMARK_REGISTRY_ADDRESS to the register's contract.")
        chain_id = await wiring.chain.chain_id()
        safe = await look_at_safe(wiring, wallet) if wallet is not None else None
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
                domain=domain,
                role=chosen,
                recognition_number=recognition_number,
                wallet=safe,
            )
        used = issuer.identity.wallet
        payer = await wiring.wallets.payer(used.keystore, used.address)
        out.print(f"Registered {issuer.institution.did}. Wallet {payer.address} needs funds.")

    run(work)
    wallet_publish(slug)


async def look_at_safe(wiring: "Wiring", reference: str) -> tuple[str, str]:
    """The reference and address of a Safe that checkpoints can be proposed to. Raises `Refused`."""
    from app.adapters.custody.custodians import scheme_of
    from app.adapters.custody.safe import safe_of
    from app.adapters.custody.wallets import SAFE

    if scheme_of(reference) != SAFE:
        raise Refused("wallet_not_safe", "Only a Safe can be named here (safe:0x…); any other wallet is made new.")
    address = safe_of(reference)
    # Whoever pays must be there too, or nothing could ever be sent.
    await wiring.wallets.payer(reference, address)
    found = await wiring.proposals.safe(address)
    out.print(f"The Safe {address} is owned by {len(found.owners)}, {found.threshold} of whom sign each checkpoint.")
    return f"{SAFE}:{address}", address


@institution_app.command("check-domain")
def institution_check_domain(slug: Annotated[str, typer.Argument(help="The institution's short name.")]) -> None:
    """Look whether the records of an institution's own domain name its DID."""
    from app.database import transaction
    from app.institutions import service as institutions

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            institution = await institutions.get(conn, slug)
        if institution.public_url == wiring.settings.public_url:
            raise Refused("domain_none", "This institution has no domain of its own; its identity lives on ours.")
        if unbound := await _look_up(wiring, urlsplit(institution.public_url).netloc):
            raise unbound

    run(work)


async def _look_up(wiring: "Wiring", domain: str) -> AppError | None:
    """Say what the domain's records show, and which are wanted where some are not there; what stands in the way."""
    from app.institutions.domains import Outcome, check_domain, check_domain_name, records_wanted

    check_domain_name(domain)
    our_host = urlsplit(wiring.settings.public_url).hostname or ""
    binding, pointing = await check_domain(wiring.domain_names, domain, our_host)
    for finding in (binding, pointing):
        signed = "signed (DNSSEC)" if finding.validated else "not signed (DNSSEC)"
        told = f", {signed}" if finding.outcome is not Outcome.UNKNOWN else ""
        out.print(f"{finding.outcome}: {finding.sentence} ({finding.code}{told})")
    if not binding.outcome is pointing.outcome is Outcome.GOOD:
        out.print("The records wanted are:")
        for record in records_wanted(domain, our_host):
            out.print(f"  {record}")
    if binding.outcome is Outcome.GOOD:
        return None
    if binding.outcome is Outcome.UNKNOWN:
        return OutsideFailed("dns_unreachable", "Whether the domain names its DID cannot be told just now.")
    return Refused(binding.code, "The domain does not name its DID yet: create the records above.")


@institution_app.command("accredit")
def institution_accredit(
    slug: Annotated[str, typer.Argument(help="The institution's short name.")],
    qualifications: Annotated[list[str], typer.Argument(help="Catalogue ids, such as hnc-computing.")],
    valid_from: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    valid_until: Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day.")] = None,
    by: Annotated[
        str, typer.Option(help="Who accredits: an awarding organisation here. Else the scheme operator does.")
    ] = "",
) -> None:
    """Sign that an institution may issue for qualifications, or that an awarding organisation may let others."""
    from app.credentials import accrediting
    from app.database import transaction
    from app.institutions import service as institutions
    from app.standards.accreditation import Action
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            child = await institutions.get(conn, slug)
            parent = await wiring.issuer(conn, (await institutions.get(conn, by or scheme)).id)
            edge = await accrediting.accredit(
                conn,
                parent,
                child,
                qualifications,
                valid_from=valid_from.date(),
                valid_until=valid_until.date() if valid_until else None,
                now=now(),
            )
        may = "issue" if edge.action is Action.ISSUE else "let others issue"
        until = f" until {edge.valid_until}" if edge.valid_until else ""
        out.print(f"{child.name} may {may} for {', '.join(qualifications)} from {edge.valid_from}{until}.")
        out.print(f"Accreditation {edge.id}, signed by {parent.institution.name}.")

    scheme = "" if by else _scheme_operator()
    run(work)


def _scheme_operator() -> str:
    """The short name of the installation's scheme operator, made and published when there is none yet."""
    from app.credentials.scheme import find_scheme_operator, make_scheme_operator
    from app.database import transaction
    from app.wiring import now

    async def work(wiring: "Wiring") -> tuple[str, bool]:
        async with transaction(wiring.engine) as conn:
            known = await find_scheme_operator(conn)
        if known is not None:
            return known.slug, False
        if wiring.settings.registry_address is None:
            raise Refused("registry_missing", "Set STACKMARK_REGISTRY_ADDRESS to the register's contract.")
        chain_id = await wiring.chain.chain_id()
        async with transaction(wiring.engine) as conn:
            made = await make_scheme_operator(
                conn,
                wiring.keystore,
                wiring.compiled,
                name=wiring.settings.scheme_name,
                public_url=wiring.settings.public_url,
                chain_id=chain_id,
                contract=wiring.settings.registry_address,
                now=now(),
            )
        out.print(f"Registered {made.institution.did}. Wallet {made.identity.wallet.address} needs funds.")
        return made.institution.slug, True

    slug, is_new = run(work)
    if is_new:
        wallet_publish(slug)
    return slug


@institution_app.command("accreditations")
def institution_accreditations(slug: Annotated[str, typer.Argument(help="The institution's short name.")]) -> None:
    """List the signed accreditations behind an institution, newest first."""
    from app.credentials import accrediting
    from app.database import transaction
    from app.institutions import service as institutions

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            names = {one.id: one.name for one in await institutions.list_all(conn)}
            edges = await accrediting.edges_of(conn, (await institutions.get(conn, slug)).id)
        for edge in edges:
            until = f" until {edge.valid_until}" if edge.valid_until else ""
            state = "  withdrawn" if edge.withdrawn_at else ""
            out.print(
                f"{edge.id}  {names[edge.parent_id]} lets {names[edge.child_id]} {edge.action}"
                f" {', '.join(edge.qualification_ids)} from {edge.valid_from}{until}{state}"
            )
        if not edges:
            out.print("None yet: stackmark institution accredit")

    run(work)


@institution_app.command("withdraw-accreditation")
def institution_withdraw_accreditation(
    accreditation: Annotated[UUID, typer.Argument(help="The accreditation's number.")],
    reason: Annotated[str, typer.Option(help="Why; kept by the one who withdraws it.")],
) -> None:
    """Withdraw an accreditation. What was issued before keeps its standing; nothing more can be issued."""
    from app.credentials import accrediting
    from app.database import transaction
    from app.wiring import now

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            parent = await wiring.issuer(conn, await accrediting.accreditor_of(conn, accreditation))
            await accrediting.withdraw(conn, parent, accreditation, reason, now())
        out.print("Withdrawn.")

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
            number = f"UKPRN {institution.ukprn}" if institution.ukprn else institution.role
            out.print(f"{institution.slug}  {institution.name}  {number}  {institution.did}")
        if not everyone:
            out.print("No institution yet: stackmark institution create")

    run(work)


@wallet_app.command("publish")
def wallet_publish(slug: Annotated[str, typer.Argument(help="The institution's short name.")]) -> None:
    """Write wallets/public/<slug>.json, the public statement of an institution's wallet and keys."""
    from app.database import transaction
    from app.institutions import service as institutions
    from app.institutions.model import published_wallet

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            identity = await institutions.identity(conn, (await institutions.get(conn, slug)).id)
        folder = wiring.settings.wallets_dir / "public"
        folder.mkdir(parents=True, exist_ok=True)
        statement = published_wallet(identity.institution, identity.wallet, *identity.keys, accounts=identity.also_on)
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
        payer = await wiring.wallets.payer(wallet.keystore, wallet.address)
        balance = await wiring.chain_on(wallet.chain_id).balance(payer.address)
        out.print(f"{wallet.address} on chain {wallet.chain_id}, contract {wallet.contract}")
        if payer.address != wallet.address:
            out.print(f"{payer.address} pays for it.")
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
        payer = await wiring.wallets.payer(wallet.keystore, wallet.address)
        practice_chain(wiring.settings.chain_rpc_url).fund(payer.address)
        out.print(f"{payer.address} has play money.")

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
