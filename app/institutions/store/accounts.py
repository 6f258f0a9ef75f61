"""Queries about wallets on further chains; private to the package."""

from dataclasses import replace

from sqlalchemy import ScalarSelect, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.institutions.model import Wallet
from app.institutions.store.tables import wallet_accounts, wallets

_ACCOUNT = ("chain_id", "contract", "created_at", "statement", "signature", "scheme")


async def list_accounts(conn: AsyncConnection, wallet: Wallet) -> tuple[Wallet, ...]:
    """The wallet on further chains, oldest first."""
    query = (
        select(wallet_accounts)
        .where(wallet_accounts.c.wallet_id == _wallet_id(wallet))
        .order_by(wallet_accounts.c.created_at, wallet_accounts.c.chain_id)
    )
    return tuple(
        replace(wallet, **{name: getattr(row, name) for name in _ACCOUNT}) for row in await conn.execute(query)
    )


async def save_account(conn: AsyncConnection, account: Wallet) -> None:
    """The wallet on a further chain, new or with what it says of itself there."""
    values = {name: getattr(account, name) for name in _ACCOUNT}
    query = upsert(wallet_accounts).values(wallet_id=_wallet_id(account), **values)
    await conn.execute(query.on_conflict_do_update(index_elements=["wallet_id", "chain_id"], set_=values))


async def exchange_accounts(conn: AsyncConnection, wallet: Wallet, account: Wallet) -> None:
    """Put `account` in the place of `wallet`, the same one on another chain, and that one among the further ones."""
    await conn.execute(
        delete(wallet_accounts).where(
            wallet_accounts.c.wallet_id == _wallet_id(wallet), wallet_accounts.c.chain_id == account.chain_id
        )
    )
    await save_account(conn, wallet)
    query = update(wallets).where(wallets.c.address == wallet.address)
    await conn.execute(query.values({name: getattr(account, name) for name in _ACCOUNT}))


def _wallet_id(wallet: Wallet) -> ScalarSelect[int]:
    return select(wallets.c.id).where(wallets.c.address == wallet.address).scalar_subquery()
