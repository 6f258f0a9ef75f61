"""A wallet's signed statement of whom it anchors for: the half of the binding that a DID document cannot give.

The DID document names the wallet; anybody could name a stranger's. This is the wallet naming the DID, as plain text
signed under ERC-191 version 0x45 ("personal_sign"), which every wallet can make and show. Our own format: no published
one fits. Recovering the signer needs secp256k1, so it is handed in. A wallet that is a contract has no key to recover:
whether it said so, it has to be asked itself (EIP-1271), which needs a chain.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.standards.did import WalletAddress, caip10, parse_caip10

PERSON, CONTRACT = "eip191", "eip1271"
"""Schemes: a wallet with a key, and one that is a contract."""
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_SIGNATURES = {
    PERSON: re.compile(r"0x[0-9a-fA-F]{130}", re.ASCII),
    CONTRACT: re.compile(r"0x(?:[0-9a-fA-F]{130}){1,50}", re.ASCII),
}
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


@dataclass(frozen=True, slots=True)
class Claimed:
    """A statement whose words are right and whose signature nobody has checked yet."""

    statement: WalletStatement
    signature: bytes
    scheme: str


def document(statement: WalletStatement, text: str, signature: str, scheme: str = PERSON) -> dict[str, Any]:
    """The published form. `text` is what was signed; `signature` is 0x and hex: 65 bytes, or more of a contract."""
    return {
        "did": statement.did,
        "chain": f"eip155:{statement.wallet.chain_id}",
        "contract": statement.contract.lower(),
        "address": caip10(statement.wallet.chain_id, statement.wallet.address),
        "from": statement.valid_from.isoformat(),
        "statement": text,
        "signature": signature,
        "scheme": scheme,
    }


def check(members: Mapping[str, Any], did: str, wallet: WalletAddress, recover: Recover) -> WalletStatement:
    """The statement in `members`, if `wallet` (as the DID document names it) made it for `did`.

    Without it: an issuer adorns itself with a wallet, and a history in the register, that belong to somebody else.
    Raises `WalletStatementProblem` as `read`, and with code wallet_statement_unsigned or, where the wallet is a
    contract, wallet_statement_of_contract.
    """
    claimed = read(members, did, wallet)
    if claimed.scheme != PERSON:
        raise WalletStatementProblem(
            "wallet_statement_of_contract", "The wallet is a contract: only a chain can tell whether it said so."
        )
    signer = recover(claimed.statement.text, claimed.signature)
    if signer is None or signer.lower() != wallet.address:
        raise unsigned()
    return claimed.statement


def read(members: Mapping[str, Any], did: str, wallet: WalletAddress) -> Claimed:
    """What is said, if it is about `did` and `wallet`; whether the wallet said it is not known yet.

    Raises `WalletStatementProblem` (wallet_statement_malformed, _other_issuer, _other_wallet, _altered).
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
    return Claimed(statement, bytes.fromhex(members["signature"][2:]), members["scheme"])


def unsigned() -> WalletStatementProblem:
    return WalletStatementProblem("wallet_statement_unsigned", "The statement is not signed by that wallet.")


def _read(members: Mapping[str, Any]) -> WalletStatement:
    wallet = parse_caip10(members.get("address"))
    names = ("did", "contract", "from", "statement", "signature")
    if (
        wallet is None
        or not all(isinstance(members.get(name), str) for name in names)
        or members.get("scheme") not in (PERSON, CONTRACT)
        or members.get("chain") != f"eip155:{wallet.chain_id}"
        or not _ADDRESS.fullmatch(members["contract"])
        or not _SIGNATURES[members["scheme"]].fullmatch(members["signature"])
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
