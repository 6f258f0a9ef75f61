"""The operator's commands about wallets of several hands: one that succeeds another, and what a Safe's owners sign."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.operating import out, run

if TYPE_CHECKING:
    from app.adapters.custody.safe_proposals import Progress, Proposal, Proposals
    from app.wiring import Wiring

proposals_app = typer.Typer(help="What a Safe's owners sign: list, sign, import, send.", no_args_is_help=True)

_Proposal = Annotated[str, typer.Argument(help="The proposal's hash, as `list` shows it.")]


def add_to(wallet_app: typer.Typer) -> None:
    """Put these commands beside those of `stackmark wallet`."""
    wallet_app.command("create")(wallet_create)
    wallet_app.add_typer(proposals_app, name="proposals")


def wallet_create(
    slug: Annotated[str, typer.Argument(help="The institution's short name.")],
    custody: Annotated[str | None, typer.Option(help="Who keeps it: file, aws-kms or pkcs11.")] = None,
) -> None:
    """Make a wallet to succeed the one in use. It anchors nothing before the one in use has named it."""
    from app.adapters.wallet_signatures import recover
    from app.database import transaction
    from app.institutions import service as institutions
    from app.institutions.custody import KeyPlace, prove

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            institution = await institutions.get(conn, slug)
        keystore = wiring.keystore if custody is None else wiring.keystore.making_at(custody)
        reference, address = keystore.create_wallet(institution.slug)
        prove(keystore, KeyPlace(slug, "wallet", address, reference, False, True), recover)
        out.print(f"{address} is made, signs, and is not in use yet. It is kept under:")
        out.print(f"  {reference}")

    run(work)


@proposals_app.command("list")
def proposals_list(
    safe: Annotated[str | None, typer.Option(help="The Safe's address; all if not given.")] = None,
) -> None:
    """List what is proposed, how many owners have signed, and which file each owner's wallet is to be given."""

    async def work(wiring: "Wiring") -> None:
        kept = _kept(wiring)
        for proposal in (found := kept.list_all(safe)):
            out.print(_told(proposal, await kept.progress(proposal)))
            out.print(f"  {kept.file(proposal)}")
        if not found:
            out.print("Nothing is proposed.")

    run(work)


@proposals_app.command("sign")
def proposals_sign(
    proposal: _Proposal,
    key: Annotated[str, typer.Option("--with", help="The owner's key, by its reference (stackmark wallet create).")],
) -> None:
    """Sign as an owner whose key lies with one of this installation's custodians."""

    async def work(wiring: "Wiring") -> None:
        kept = _kept(wiring)
        found = kept.find(proposal)
        owner = await kept.add(found, wiring.keystore.sign_digest(key, found.transaction.digest))
        out.print(f"{owner} has signed.")
        out.print(_told(found, await kept.progress(found)))

    run(work)


@proposals_app.command("import")
def proposals_import(
    file: Annotated[Path, typer.Argument(help="JSON with safeTxHash and signatures.", exists=True, dir_okay=False)],
) -> None:
    """Take in signatures that owners made outside, each with a wallet of their own."""
    from app.adapters.custody.safe_proposals import read_signatures

    name, signatures = read_signatures(file.read_bytes())

    async def work(wiring: "Wiring") -> None:
        kept = _kept(wiring)
        found = kept.find(name)
        for signature in signatures:
            out.print(f"{await kept.add(found, signature)} has signed.")
        out.print(_told(found, await kept.progress(found)))

    run(work)


@proposals_app.command("send")
def proposals_send(
    proposal: _Proposal,
    key: Annotated[str, typer.Option("--with", help="The key that pays, by its reference; it need not be an owner's.")],
    payer: Annotated[str, typer.Option("--from", help="The address of that key.")],
) -> None:
    """Have the Safe anchor, once enough owners have signed."""

    async def work(wiring: "Wiring") -> None:
        kept = _kept(wiring)
        found = kept.find(proposal)
        nonce, fees = await wiring.chain.next_nonce(payer), await wiring.chain.fees()
        signed = wiring.keystore.sign_transaction(key, await kept.execution(found, nonce, fees))
        await wiring.chain.broadcast(signed.raw)
        out.print(f"Sent: 0x{signed.hash.hex()}")

    run(work)


def _kept(wiring: "Wiring") -> "Proposals":
    from app.adapters.custody.safe_proposals import Proposals

    return Proposals(wiring.nodes[0], wiring.settings.data_dir / "proposals")


def _told(proposal: "Proposal", progress: "Progress") -> str:
    state = "stale" if progress.stale else "ready to send" if progress.ready else "waits for owners"
    return (
        f"0x{proposal.name}  Safe {proposal.transaction.safe}, its transaction {proposal.transaction.nonce}:"
        f" {proposal.tree_size:,} entries, root {proposal.root.hex()}."
        f" {len(progress.signatures)} of {progress.state.threshold} signatures, {state}."
    )
