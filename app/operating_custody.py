"""The operator's commands about wallets beside the one in use: a successor, a relayer, what a Safe's owners sign."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.operating import out, run

if TYPE_CHECKING:
    from app.adapters.custody.safe_files import Asked
    from app.adapters.custody.safe_proposals import Progress
    from app.wiring import Wiring

proposals_app = typer.Typer(help="What a Safe's owners sign: list, sign, import, send.", no_args_is_help=True)

_Proposal = Annotated[str, typer.Argument(help="The proposal's hash, as `list` shows it.")]


def add_to(wallet_app: typer.Typer) -> None:
    """Put these commands beside those of `stackmark wallet`."""
    wallet_app.command("create")(wallet_create)
    wallet_app.command("create-relayer")(wallet_create_relayer)
    wallet_app.add_typer(proposals_app, name="proposals")


def wallet_create(
    slug: Annotated[str, typer.Argument(help="The institution's short name.")],
    custody: Annotated[
        str | None, typer.Option(help="Who keeps it: file, aws-kms, google-kms, azure-key-vault or pkcs11.")
    ] = None,
) -> None:
    """Make a wallet to succeed the one in use. It anchors nothing before the one in use has named it."""
    from app.database import transaction
    from app.institutions import service as institutions

    async def work(wiring: "Wiring") -> None:
        async with transaction(wiring.engine) as conn:
            institution = await institutions.get(conn, slug)
        reference, address = _made(wiring, institution.slug, custody)
        out.print(f"{address} is made, signs, and is not in use yet. It is kept under:")
        out.print(f"  {reference}")

    run(work)


def wallet_create_relayer(
    custody: Annotated[
        str | None, typer.Option(help="Who keeps it: file, aws-kms, google-kms, azure-key-vault or pkcs11.")
    ] = None,
) -> None:
    """Make the wallet that pays for what the owners of Safes sign. It is nobody's, and can do nothing else."""

    async def work(wiring: "Wiring") -> None:
        reference, address = _made(wiring, "relayer", custody)
        out.print(f"{address} is made, signs, and needs funds. Restart everything with:")
        out.print(f"  STACKMARK_SAFE_RELAYER={reference}")

    run(work)


def _made(wiring: "Wiring", owner: str, custody: str | None) -> tuple[str, str]:
    """The reference and address of a new wallet that has signed a question."""
    from app.adapters.wallet_signatures import recover
    from app.institutions.custody import KeyPlace, prove

    keystore = wiring.keystore if custody is None else wiring.keystore.making_at(custody)
    reference, address = keystore.create_wallet(owner)
    prove(keystore, KeyPlace(owner, "wallet", address, reference, False, True), recover)
    return reference, address


@proposals_app.command("list")
def proposals_list(
    safe: Annotated[str | None, typer.Option(help="The Safe's address; all if not given.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those too that are stale, or done.")] = False,
) -> None:
    """List what is proposed, how many owners have signed, and which file each owner's wallet is to be given."""

    async def work(wiring: "Wiring") -> None:
        kept, shown = wiring.proposals, 0
        for asked in kept.files.list_all(safe):
            progress = await kept.progress(asked)
            if everything or not (progress.stale or _is_said(wiring, asked)):
                shown += 1
                out.print(_told(wiring, asked, progress))
                out.print(f"  {kept.files.file(asked)}")
        if not shown:
            out.print("Nothing is proposed.")

    run(work)


@proposals_app.command("sign")
def proposals_sign(
    proposal: _Proposal,
    key: Annotated[str, typer.Option("--with", help="The owner's key, by its reference (stackmark wallet create).")],
) -> None:
    """Sign as an owner whose key lies with one of this installation's custodians."""

    async def work(wiring: "Wiring") -> None:
        found = wiring.proposals.find(proposal)
        await _take_in(wiring, found, [wiring.keystore.sign_digest(key, found.digest)])

    run(work)


@proposals_app.command("import")
def proposals_import(
    file: Annotated[Path, typer.Argument(help="JSON with the hash and signatures.", exists=True, dir_okay=False)],
) -> None:
    """Take in signatures that owners made outside, each with a wallet of their own."""
    from app.adapters.custody.safe_files import read_signatures

    name, signatures = read_signatures(file.read_bytes())
    run(lambda wiring: _take_in(wiring, wiring.proposals.find(name), signatures))


@proposals_app.command("send")
def proposals_send(
    proposal: _Proposal,
    key: Annotated[str, typer.Option("--with", help="The key that pays, by its reference; it need not be an owner's.")],
) -> None:
    """Have the Safe anchor with another key than the worker's. Not needed: the worker does it by itself."""
    from app.errors import Refused

    async def work(wiring: "Wiring") -> None:
        kept = wiring.proposals
        found = kept.find_checkpoint(proposal)
        if key == wiring.settings.safe_relayer:
            raise Refused("relayer_busy", "The worker sends with this key, and does so by itself; name another one.")
        payer = wiring.keystore.wallet_address(key)
        nonce, fees = await wiring.chain.next_nonce(payer), await wiring.chain.fees()
        order = await kept.execution(found, nonce, fees)
        await kept.rehearse(order, payer)
        signed = wiring.keystore.sign_transaction(key, order)
        await wiring.chain.broadcast(signed.raw)
        out.print(f"Sent: 0x{signed.hash.hex()}")

    run(work)


async def _take_in(wiring: "Wiring", asked: "Asked", signatures: Iterable[bytes]) -> None:
    """Keep signatures, and go on at once where they are enough."""
    from app.adapters.custody.safe_files import Statement
    from app.anchoring import service as anchoring
    from app.credentials import keys
    from app.database import transaction
    from app.wiring import now

    kept = wiring.proposals
    for signature in signatures:
        out.print(f"{await kept.add(asked, signature)} has signed.")
    progress = await kept.progress(asked)
    if progress.ready:
        is_said = isinstance(asked, Statement) and await kept.finish(asked)
        async with transaction(wiring.engine) as conn:
            log = await anchoring.request_for(conn, asked.safe)
            if is_said and log is not None:
                issuer = await wiring.issuer(conn, log.owner)
                # Said anew: those who signed it before may not own the Safe any more.
                silent = replace(issuer.identity.wallet, statement="", signature="")
                await keys.publish(conn, replace(issuer, identity=replace(issuer.identity, wallet=silent)), now())
    out.print(_told(wiring, asked, progress))


def _is_said(wiring: "Wiring", asked: "Asked") -> bool:
    from app.adapters.custody.safe_files import Statement

    return isinstance(asked, Statement) and wiring.proposals.files.finished(asked) is not None


def _told(wiring: "Wiring", asked: "Asked", progress: "Progress") -> str:
    from app.adapters.custody.safe_files import Proposal

    count = f"{len(progress.signatures)} of {progress.state.threshold} signatures"
    if isinstance(asked, Proposal):
        state = "stale" if progress.stale else "ready to send" if progress.ready else "waits for owners"
        what = (
            f"its transaction {asked.transaction.nonce}:"
            f" {asked.tree_size:,} entries, root {asked.root.hex()}. {count}, {state}."
        )
    else:
        state = "said" if _is_said(wiring, asked) else "waits for owners"
        what = f'its words: "{asked.message.text}" {count}, {state}.'
    return f"0x{asked.name}  Safe {asked.safe}, {what}"
