"""Signing accreditations again: after the loss of a key, and when the wallet of one that is accredited changes.

It stays the same accreditation: its number, its dates, what it is for and its place in the status list. A new place
would lose its history, for what a list said of an old day is told by the place; and a mirror's older copy must not
read as withdrawn. The statement before is kept beside it for the audit, and is served no more.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import service as anchoring
from app.credentials import accrediting, store
from app.credentials.signing import Issuer
from app.institutions import service as institutions
from app.standards import did
from app.standards.anchor_receipt import LeafKind


async def renew_signed_with(conn: AsyncConnection, parent: Issuer, key_id: str, now: datetime) -> int:
    """Sign every accreditation that `parent` gave with a key (a DID URL) with its key of now; their number.

    Those that the register proves to be older than the loss, too: nobody who reads an accreditation is shown when it
    was signed, so under a lost key none counts. And those that ended or were withdrawn: what was issued under them
    stands on them still. The caller holds the institution. Raises as `accrediting.accredit` does when it signs.
    """
    rows = [row for row in await store.lock_edges(conn, parent_id=parent.institution.id) if _signer(row) == key_id]
    return await _replace(conn, parent, [(row, _unsigned(row)) for row in rows], now)


async def renew_for_wallet(conn: AsyncConnection, child: Issuer, now: datetime) -> int:
    """Have every accreditation of `child` name the wallet it has now, signed again by those who gave it; their number.

    In the same transaction as the change of wallet, or all that `child` issued would stand on accreditations of
    another's wallet. Safe to repeat. Raises what `institutions.identity` raises, of an accreditor.
    """
    wallet = child.identity.wallet
    named = did.caip10(wallet.chain_id, wallet.address.lower())
    outdated = [row for row in await store.edges_to(conn, [child.institution.id]) if _wallet(row) not in (None, named)]
    renewed = 0
    # By id, and each accreditor before its rows: as whoever gives up an accreditor's key goes about it.
    for parent_id in sorted({row.parent_id for row in outdated}):
        parent = Issuer(await institutions.identity(conn, parent_id, for_signing=True), child.keystore, child.canonical)
        locked = await store.lock_edges(conn, parent_id=parent_id, child_id=child.institution.id)
        changed = []
        for row in locked:
            if _wallet(row) not in (None, named):
                unsigned = _unsigned(row)
                unsigned["credentialSubject"] = unsigned["credentialSubject"] | {"wallet": named}
                changed.append((row, unsigned))
        renewed += await _replace(conn, parent, changed, now)
    return renewed


async def _replace(
    conn: AsyncConnection, parent: Issuer, statements: Sequence[tuple[Row[Any], dict[str, Any]]], now: datetime
) -> int:
    digests = []
    for row, unsigned in statements:
        document, digest = accrediting.sign_edge(parent, unsigned, now)
        await store.replace_edge(conn, row, document, digest, now)
        digests.append((LeafKind.ACCREDITATION, digest))
    await anchoring.append(conn, parent.institution.id, digests, now)
    return len(digests)


def _signer(row: Row[Any]) -> str:
    signer: str = json.loads(row.document)["proof"]["verificationMethod"]
    return signer


def _wallet(row: Row[Any]) -> str | None:
    """As it stands in the statement; None = it binds no wallet."""
    wallet: str | None = json.loads(row.document)["credentialSubject"].get("wallet")
    return wallet


def _unsigned(row: Row[Any]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(row.document)
    return {name: value for name, value in document.items() if name != "proof"}
