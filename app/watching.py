"""Auditing logs as anybody could: no database, no account; what is published, a chain, and files somebody holds."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.adapters.connecting import by_chain, read_node
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
MAX_FURTHER = 8


@dataclass(frozen=True, slots=True)
class Manner:
    """How to look: which nodes to ask, of one chain or several (none = the chain is left out), and where pages are
    served. `from_block`: on the chain of the first of them."""

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
            places = await _wallets(host, name, manner)
            wallet, contract = places[0] if places else (None, "")
            before = logs.get(name, seen.Seen())
            answer: Answer = await audit.audit(
                Question(name, wallet, contract, before, manner.mirrors, tuple(claims), tuple(places[1:])),
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


async def _wallets(host: HttpLogHost, name: str, manner: Manner) -> list[tuple[WalletAddress, str]]:
    """The wallet that records for an institution, and the registry, by the wallet's own signed word: on the log's own
    chain, then on the others it is recorded on. Empty where it has not spoken.

    The institution's document must name the wallet on each too: the audit sees to that.
    """
    try:
        address = did.web_url(name).removesuffix("did.json") + "anchor-wallets.json"
        members = strict_json.parse_object((await host.get(address, MAX_STATEMENT)).data or b"")
        also = members.get("also", [])
        listed = (members, *(also if isinstance(also, list) else ())[:MAX_FURTHER])
        stated = [await _stated(one, name, manner) for one in listed]
    except (ValueError, OutsideFailed, WalletStatementProblem):
        return []
    (wallet, contract), *further = stated
    return [(wallet, manner.contract or contract), *further]


async def _stated(members: Any, name: str, manner: Manner) -> tuple[WalletAddress, str]:
    """Raises `ValueError`, `OutsideFailed`, `WalletStatementProblem`."""
    wallet = did.parse_caip10(members.get("address")) if isinstance(members, dict) else None
    if wallet is None:
        raise ValueError("the wallet's word cannot be read")
    if members.get("scheme") == wallet_statement.CONTRACT:
        statement = await _said_by_contract(wallet_statement.read(members, name, wallet), manner)
    else:
        statement = wallet_statement.check(members, name, wallet, recover)
    return statement.wallet, statement.contract


async def _said_by_contract(claimed: Claimed, manner: Manner) -> WalletStatement:
    """The statement, if every node of its chain says that the contract confirms it.

    Raises as `wallet_statement.check`.
    """
    statement = claimed.statement
    async with _nodes(manner) as (chains, silent):
        asked = [*chains.get(statement.wallet.chain_id, []), *silent]
        said = [
            await node.chain_id() == statement.wallet.chain_id
            and await has_said(node, statement.wallet.address, statement.text, claimed.signature)
            for node in asked
        ]
    if not said or not all(said):
        raise wallet_statement.unsigned()
    return statement


@asynccontextmanager
async def _nodes(manner: Manner) -> AsyncIterator[tuple[dict[int, list["EvmChain"]], list["EvmChain"]]]:
    """The nodes named, by chain, and those of which nobody can tell."""
    from app.wiring import finality_on

    base = manner.base
    named = [read_node(url) for url in manner.rpc_urls]
    rule = chain_rules(base).finality
    chains, silent = await by_chain(named, lambda number: finality_on(base, number), rule, base.contracts_dir)
    try:
        yield chains, silent
    finally:
        for node in (*(one for nodes in chains.values() for one in nodes), *silent):
            await node.close()


@asynccontextmanager
async def _ledger(manner: Manner) -> AsyncIterator[Ledger | None]:
    if not manner.rpc_urls:
        yield None
        return
    from app.adapters.ledger import AgreeingLedger, EvmLedger, LedgerByChain
    from app.wiring import finality_on, registers_of

    base = manner.base

    def ledger_of(nodes: Sequence["EvmChain"], finality: str, from_block: int) -> Ledger:
        ledgers = [EvmLedger(node, finality=finality, from_block=from_block) for node in nodes]
        return ledgers[0] if len(ledgers) == 1 else AgreeingLedger(ledgers)

    async with _nodes(manner) as (chains, silent):
        first = next(iter(chains), None)
        ledgers = {
            number: ledger_of(nodes, finality_on(base, number), manner.from_block if number == first else 0)
            for number, nodes in ((number, [*nodes, *silent]) for number, nodes in chains.items())
        }
        rule = chain_rules(base).finality
        otherwise = ledger_of(silent, rule, manner.from_block) if silent else None
        yield LedgerByChain(ledgers, otherwise, registers_of(base))
