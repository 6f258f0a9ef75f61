"""Auditing logs as anybody could: no database, no account; what is published, a chain, and files somebody holds."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.adapters.contexts import canonicaliser
from app.adapters.log_host import TIMEOUT_SECONDS, HttpLogHost
from app.adapters.pdf import attached_json
from app.adapters.wallet_signatures import has_said, recover
from app.auditing import audit, published, seen
from app.auditing.audit import Answer, Question
from app.auditing.claims import Claim
from app.auditing.model import Audited, Rules, unknown
from app.auditing.ports import Ledger
from app.errors import OutsideFailed, Refused
from app.settings import Settings
from app.standards import did, strict_json, wallet_statement
from app.standards.did import WalletAddress
from app.standards.wallet_statement import Claimed, WalletStatement, WalletStatementProblem
from app.verification import carriers, verify
from app.wiring import chain_rules

if TYPE_CHECKING:
    from app.adapters.evm import EvmChain

MAX_STATEMENT = 20_000


@dataclass(frozen=True, slots=True)
class Manner:
    """How to look: which nodes of the chain to ask (none = the chain is left out), and where pages are served."""

    base: Settings
    rpc_urls: tuple[str, ...] = ()
    served_at: str | None = None
    contract: str | None = None
    from_block: int = 0
    mirrors: tuple[str, ...] = ()
    rules: Rules = field(default_factory=Rules)
    timeout: float = TIMEOUT_SECONDS


async def audit_all(
    institutions: Sequence[str], manner: Manner, memory: Mapping[str, Any], claims: Sequence[Claim] = ()
) -> tuple[list[Audited], dict[str, Any]]:
    """The reports on several institutions (DIDs, or the addresses of their pages), and what is to be remembered.

    `memory` is what the last call returned, {} at first. Raises `Refused("state_damaged")`.
    """
    try:
        logs = {name: seen.read(value) for name, value in memory.get("logs", {}).items()}
    except (ValueError, AttributeError):
        raise Refused("state_damaged", "What was seen before cannot be read.") from None
    reports: list[Audited] = []
    async with (
        HttpLogHost(allow_localhost=True, served_at=manner.served_at, timeout=manner.timeout) as host,
        _ledger(manner) as ledger,
    ):
        for institution in institutions:
            name = institution if institution.startswith("did:") else await _named_at(host, institution)
            if name is None:
                missing = unknown("institution_not_found", f"There is no institution at {institution}.", institution)
                reports.append(Audited(institution, "", datetime.now(UTC), (missing,)))
                continue
            wallet, contract = await _wallet(host, name, manner)
            answer: Answer = await audit.audit(
                Question(name, wallet, contract, logs.get(name, seen.Seen()), manner.mirrors, tuple(claims)),
                host=host,
                ledger=ledger,
                canonical=canonicaliser(),
                now=datetime.now(UTC),
                rules=manner.rules,
            )
            logs[name] = answer.seen
            reports.append(answer.report)
    return reports, {**memory, "logs": {name: one.as_json() for name, one in logs.items()}}


def page_of(institution: str, public_url: str) -> str:
    """A DID or an address as it is; a short name is one of this installation's. Raises `Refused`."""
    if institution.startswith(("did:web:", "https://", "http://localhost")):
        return institution.rstrip("/")
    if "/" in institution or ":" in institution:
        raise Refused(
            "institution_unreadable", "Give a short name, a did:web, or an address that starts with https://."
        )
    return f"{public_url}/i/{institution}"


def listed_in(folder: Path) -> list[str]:
    """The DIDs of the institutions in a folder such as `wallets/public/`. Raises `Refused("institutions_none")`."""
    found = []
    for file in sorted(folder.glob("*.json")):
        try:
            found.append(str(json.loads(file.read_text(encoding="utf-8"))["did"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    if not found:
        raise Refused("institutions_none", f"Name an institution: there is none in {folder}.")
    return found


def read_claim(file: Path) -> Claim:
    """A bundle (JSON, or inside a PNG, SVG or PDF) whose dates are to be looked at. Raises `Refused`."""
    submission, _ = verify.read_submission(carriers.unwrap(file.read_bytes(), attached_json).payload)
    if submission.receipt is None:
        raise Refused("claim_without_receipt", f"{file} brings no register receipt: make a bundle of it first.")
    return Claim(file.name, submission.credential, submission.receipt)


async def _named_at(host: HttpLogHost, page: str) -> str | None:
    """The DID of the institution whose page this is."""
    fetched = await host.get(f"{page}/did.json", published.MAX_DID_DOCUMENT)
    try:
        name = strict_json.parse_object(fetched.data or b"").get("id")
    except ValueError:
        return None
    return name if isinstance(name, str) else None


async def _wallet(host: HttpLogHost, name: str, manner: Manner) -> tuple[WalletAddress | None, str]:
    """The wallet that records for an institution, and the registry, by the wallet's own signed word.

    The institution's document must name the wallet too: the audit sees to that.
    """
    try:
        address = did.web_url(name).removesuffix("did.json") + "anchor-wallets.json"
        fetched = await host.get(address, MAX_STATEMENT)
        members = strict_json.parse_object(fetched.data or b"")
        wallet = did.parse_caip10(members.get("address"))
        if wallet is None:
            return None, ""
        if members.get("scheme") == wallet_statement.CONTRACT:
            statement = await _said_by_contract(wallet_statement.read(members, name, wallet), manner)
        else:
            statement = wallet_statement.check(members, name, wallet, recover)
    except (ValueError, OutsideFailed, WalletStatementProblem):
        return None, ""
    return statement.wallet, manner.contract or statement.contract


async def _said_by_contract(claimed: Claimed, manner: Manner) -> WalletStatement:
    """The statement, if every node asked says that the contract confirms it. Raises as `wallet_statement.check`."""
    statement = claimed.statement
    chains = _chains(manner)
    try:
        said = [
            await chain.chain_id() == statement.wallet.chain_id
            and await has_said(chain, statement.wallet.address, statement.text, claimed.signature)
            for chain in chains
        ]
    finally:
        for chain in chains:
            await chain.close()
    if not said or not all(said):
        raise wallet_statement.unsigned()
    return statement


def _chains(manner: Manner) -> list["EvmChain"]:
    from app.adapters.evm import EvmChain

    finality = chain_rules(manner.base).finality
    return [EvmChain(url, finality, manner.base.contracts_dir) for url in manner.rpc_urls]


@asynccontextmanager
async def _ledger(manner: Manner) -> AsyncIterator[Ledger | None]:
    if not manner.rpc_urls:
        yield None
        return
    from app.adapters.ledger import AgreeingLedger, EvmLedger

    finality = chain_rules(manner.base).finality
    chains = _chains(manner)
    ledgers = [EvmLedger(chain, finality=finality, from_block=manner.from_block) for chain in chains]
    try:
        yield ledgers[0] if len(ledgers) == 1 else AgreeingLedger(ledgers)
    finally:
        for chain in chains:
            await chain.close()
