"""A wallet's signed statement of whom it anchors for: the half of the binding that a DID document cannot give.

The DID document names the wallet; anybody could name a stranger's. This is the wallet naming the DID, as plain text
signed under ERC-191 version 0x45 ("personal_sign"), which every wallet can make and show. Our own format: no published
one fits. Recovering the signer needs secp256k1, so it is handed in.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.standards.did import WalletAddress, caip10, parse_caip10

SCHEME = "eip191"
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_SIGNATURE = re.compile(r"0x[0-9a-fA-F]{130}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Recover = Callable[[str, bytes], str | None]
"""(text, 65-byte signature) -> address of the wallet that signed it, or None when no wallet can have."""


class WalletStatementProblem(ValueError):
    """The statement does not hold. `code` is stable; the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class WalletStatement:
    """What a wallet says: which DID it anchors for, on which chain, in which contract, from which day (UTC)."""

    did: str
    wallet: WalletAddress
    contract: str
    valid_from: date

    @property
    def text(self) -> str:
        """The words that are signed. They name everything that could be exchanged for something else."""
        return (
            f"I anchor for {self.did} on chain eip155:{self.wallet.chain_id}, "
            f"contract {self.contract.lower()}, from {self.valid_from.isoformat()}."
        )


def document(statement: WalletStatement, text: str, signature: str) -> dict[str, Any]:
    """The published form. `text` is what was signed; `signature` 65 bytes as 0x and hex."""
    return {
        "did": statement.did,
        "chain": f"eip155:{statement.wallet.chain_id}",
        "contract": statement.contract.lower(),
        "address": caip10(statement.wallet.chain_id, statement.wallet.address),
        "from": statement.valid_from.isoformat(),
        "statement": text,
        "signature": signature,
        "scheme": SCHEME,
    }


def check(members: Mapping[str, Any], did: str, wallet: WalletAddress, recover: Recover) -> WalletStatement:
    """The statement in `members`, if `wallet` (as the DID document names it) made it for `did`.

    Without it: an issuer adorns itself with a wallet, and a history in the register, that belong to somebody else.
    Raises `WalletStatementProblem` (wallet_statement_malformed, _other_issuer, _other_wallet, _altered, _unsigned).
    """
    statement = _read(members)
    if statement.did != did:
        raise WalletStatementProblem("wallet_statement_other_issuer", "The wallet speaks for another institution.")
    if statement.wallet != wallet:
        raise WalletStatementProblem(
            "wallet_statement_other_wallet", "The statement is about another wallet than the published one."
        )
    if members["statement"] != statement.text:
        # Only the text is signed: a field that says something else was written by somebody else.
        raise WalletStatementProblem("wallet_statement_altered", "The statement does not say what is shown beside it.")
    signer = recover(statement.text, bytes.fromhex(members["signature"][2:]))
    if signer is None or signer.lower() != wallet.address:
        raise WalletStatementProblem("wallet_statement_unsigned", "The statement is not signed by that wallet.")
    return statement


def _read(members: Mapping[str, Any]) -> WalletStatement:
    wallet = parse_caip10(members.get("address"))
    names = ("did", "contract", "from", "statement", "signature")
    if (
        wallet is None
        or not all(isinstance(members.get(name), str) for name in names)
        or members.get("scheme") != SCHEME
        or members.get("chain") != f"eip155:{wallet.chain_id}"
        or not _ADDRESS.fullmatch(members["contract"])
        or not _SIGNATURE.fullmatch(members["signature"])
        or not _DATE.fullmatch(members["from"])
    ):
        raise _malformed()
    try:
        valid_from = date.fromisoformat(members["from"])
    except ValueError:
        raise _malformed() from None
    return WalletStatement(members["did"], wallet, members["contract"], valid_from)


def _malformed() -> WalletStatementProblem:
    return WalletStatementProblem("wallet_statement_malformed", "The wallet's statement cannot be read.")
