"""The operator's commands about wallets that succeed another."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.operating import out, run

if TYPE_CHECKING:
    from app.wiring import Wiring


def add_to(wallet_app: typer.Typer) -> None:
    """Put these commands beside those of `stackmark wallet`."""
    wallet_app.command("create")(wallet_create)


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
