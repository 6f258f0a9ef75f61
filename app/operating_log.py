"""The operator's commands about logs: audit them from inside or from outside, watch them, and erase what they
lead to."""

import asyncio
import json
import signal
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from app.auditing.model import Audited, Finding, Outcome, Rules, Severity, fault
from app.errors import Refused
from app.operating import out, run
from app.settings import settings
from app.standards.erasure_receipt import ErasureReason

if TYPE_CHECKING:
    from app.adapters.webhook import WebhookSender
    from app.credentials.erasing import Erasure, Plan, Target
    from app.institutions.model import Institution
    from app.watching import Manner
    from app.wiring import Wiring

EXIT_REFUSED, EXIT_OUTSIDE = 1, 3
_AWARDING = Rules().awarding.days

Rpc = Annotated[
    list[str] | None,
    typer.Option(
        help="Address of a node of the chain; of two of one chain, both must agree. With its chain before it "
        "(8453=https://…), it counts for that one alone."
    ),
]
ServedAt = Annotated[str | None, typer.Option(help="Where a development issuer's pages are really served.")]
Contract = Annotated[str | None, typer.Option(help="The register, if it is not to be taken from the wallet's word.")]
FromBlock = Annotated[
    int, typer.Option(help="The block to begin at, that of the register, on the chain that is named first.", min=0)
]
Mirrors = Annotated[list[str] | None, typer.Option("--compare", help="Address of a copy of the log (…/log).")]
Issuers = Annotated[Path, typer.Option(help="Folder of recognised issuers.")]
StateFile = Annotated[Path | None, typer.Option("--state", help="Remembers what was seen, as a witness does.")]


def audit(
    institution: Annotated[
        str | None, typer.Option(help="A short name; with --from-chain also a did:web or the address of its page.")
    ] = None,
    from_chain: Annotated[
        bool, typer.Option("--from-chain", help="From what is published and the chain alone, without the database.")
    ] = False,
    without_chain: Annotated[bool, typer.Option("--without-chain", help="Do not ask the chain.")] = False,
    state: StateFile = None,
    compare: Mirrors = None,
    credential: Annotated[
        list[Path] | None,
        typer.Option(help="A bundle whose dates are to be checked (with --from-chain).", exists=True, dir_okay=False),
    ] = None,
    signed_within: Annotated[int, typer.Option(help="Days from signature to record.", min=0)] = Rules().signing.days,
    awarded_within: Annotated[
        int | None,
        typer.Option(help=f"Days from award to record; more is a fault. Not given: a notice over {_AWARDING}.", min=0),
    ] = None,
    rpc: Rpc = None,
    served_at: ServedAt = None,
    issuers: Issuers = Path("wallets/public"),
    contract: Contract = None,
    from_block: FromBlock = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
) -> None:
    """Recompute every log and compare it with the chain: as its operator, or from outside, as anybody could.

    As the operator, from the database: every root again from the leaves, every credential in its log exactly once.
    With --from-chain, from public addresses and the chain alone: every root again from the tiles, every checkpoint
    consistent with the one before, signed, on the chain, and the same as it was shown before or elsewhere.
    """
    rules = Rules(
        signing=timedelta(days=signed_within),
        awarding=timedelta(days=_AWARDING if awarded_within is None else awarded_within),
        awarding_is_rule=awarded_within is not None,
    )
    if not from_chain:
        if any((state, compare, credential, rpc, served_at, contract)):
            raise Refused("from_chain_only", "These options are for an audit from outside: add --from-chain.")
        _finish(run(lambda wiring: _from_inside(wiring, institution, rules, without_chain)), as_json)
        return
    from app import watching
    from app.adapters.state_file import held_state, read_state, write_state

    manner = manner_of(rpc, without_chain, served_at, contract, from_block, compare, rules)
    wanted = [watching.page_of(institution, settings().public_url)] if institution else watching.listed_in(issuers)
    if len(wanted) > 1 and (compare or credential):
        raise Refused("institution_unclear", "A copy of a log and a credential are of one institution: name it.")
    claims = [watching.read_claim(file) for file in credential or ()]
    with held_state(state) if state else nullcontext():
        memory = read_state(state) if state else {}
        reports, memory = asyncio.run(watching.audit_all(wanted, manner, memory, claims))
        if state is not None:
            write_state(state, memory)
    _finish([(one.did, one.outcome, one.findings, one.as_json(), _counted(one)) for one in reports], as_json)


def monitor(
    state: Annotated[Path, typer.Option(help="The file that remembers what was seen and what was told.")],
    institution: Annotated[
        list[str] | None, typer.Option(help="A did:web, the address of a page, or a short name; may be repeated.")
    ] = None,
    webhook: Annotated[str | None, typer.Option(help="Where alarms are sent (Standard Webhooks).")] = None,
    secret_file: Annotated[
        Path | None, typer.Option(help="Holds the secret (whsec_…) that alarms are signed with.", dir_okay=False)
    ] = None,
    every: Annotated[float, typer.Option(help="Minutes from one look to the next.", min=0.1)] = 60,
    once: Annotated[bool, typer.Option("--once", help="Look once and end, with the exit code of an audit.")] = False,
    compare: Mirrors = None,
    without_chain: Annotated[bool, typer.Option("--without-chain", help="Do not ask the chain.")] = False,
    rpc: Rpc = None,
    served_at: ServedAt = None,
    issuers: Issuers = Path("wallets/public"),
    contract: Contract = None,
    from_block: FromBlock = 0,
) -> None:
    """Audit logs from outside on a schedule; tell each new fault once, and once more when it is over."""
    from app import monitoring, watching
    from app.adapters.state_file import held_state

    if compare and len(institution or ()) != 1:
        raise Refused("institution_unclear", "A copy of a log is of one institution: name it.")
    public_url = settings().public_url
    wanted = [watching.page_of(one, public_url) for one in institution or ()] or watching.listed_in(issuers)
    manner = manner_of(rpc, without_chain, served_at, contract, from_block, compare)
    sender = _sender(webhook, secret_file)

    async def look() -> list[Audited]:
        return await monitoring.one_round(wanted, manner, state, sender)

    if once:
        with held_state(state):
            reports = asyncio.run(look())
        _finish([(one.did, one.outcome, one.findings, one.as_json(), _counted(one)) for one in reports], False)
        return

    async def until_stopped() -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await monitoring.watch(look, every * 60, stopped)

    with held_state(state):
        asyncio.run(until_stopped())


def _sender(webhook: str | None, secret_file: Path | None) -> "WebhookSender | None":
    from app.adapters.webhook import WebhookSender
    from app.standards import webhooks
    from app.wiring import now

    if webhook is None:
        return None
    if secret_file is None:
        raise Refused("webhook_secret", "Name the file with the secret that alarms are signed with: --secret-file.")
    try:
        secret = webhooks.read_secret(secret_file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused("webhook_secret", f"The secret cannot be read: {error}.") from None
    return WebhookSender(webhook, secret, now=now)


def manner_of(
    rpc: list[str] | None,
    without_chain: bool,
    served_at: str | None,
    contract: str | None,
    from_block: int,
    mirrors: list[str] | None,
    rules: Rules | None = None,
) -> "Manner":
    """How to look from outside: the nodes named, else the one of the settings. Raises `Refused("chain_not_named")`."""
    from app.watching import Manner
    from app.wiring import own_nodes

    urls = () if without_chain else tuple(rpc or own_nodes(settings(), with_witnesses=True))
    if not urls and not without_chain:
        raise Refused(
            "chain_not_named", "Name a node of the chain with --rpc, or leave the chain out: --without-chain."
        )
    return Manner(settings(), urls, served_at, contract, from_block, tuple(mirrors or ()), rules or Rules())


_Report = tuple[str, Outcome, tuple[Finding, ...], dict[str, Any], str]


def _finish(reports: list[_Report], as_json: bool) -> None:
    """Print the reports, and end with the exit code of the worst."""
    if as_json:
        out.print_json(json.dumps({"logs": [members for *_, members, _ in reports]}))
    else:
        for name, _, findings, _, counted in reports:
            faults = sum(1 for finding in findings if finding.severity is Severity.FAULT)
            out.print(f"{name}: {counted}, {faults} faults")
            for finding in findings:
                kind = "" if finding.severity is Severity.FAULT else f"{finding.severity}: "
                out.print(f"  {kind}{finding.sentence}")
    outcomes = {outcome for _, outcome, *_ in reports}
    if Outcome.FAULTY in outcomes:
        raise SystemExit(EXIT_REFUSED)
    if Outcome.UNKNOWN in outcomes:
        raise SystemExit(EXIT_OUTSIDE)


def _counted(one: Audited) -> str:
    return f"{one.size} log entries, {one.checkpoints} checkpoints published, {one.records} on the chain"


async def _from_inside(wiring: "Wiring", slug: str | None, rules: Rules, without_chain: bool) -> list[_Report]:
    from app.database import transaction
    from app.institutions import service as institutions

    async with transaction(wiring.engine) as conn:
        everyone = [await institutions.get(conn, slug)] if slug else await institutions.list_all(conn)
    return [await _audit_one(wiring, institution, rules, without_chain) for institution in everyone]


async def _audit_one(wiring: "Wiring", institution: "Institution", rules: Rules, without_chain: bool) -> _Report:
    from app.anchoring import service as anchoring
    from app.anchoring.audit import Records, audit_log, audit_records, erased_positions, places_of, times_of
    from app.credentials.accreditation_audit import audit_accreditations
    from app.credentials.audit import audit_credentials, audit_erasures
    from app.credentials.identity_audit import audit_identity
    from app.database import transaction
    from app.standards.anchor_receipt import LeafKind
    from app.standards.vc import timestamp
    from app.wiring import now

    async with transaction(wiring.engine) as conn:
        log = await anchoring.log_of(conn, institution.id)
    found = await audit_log(wiring.engine, log, None)
    records = Records() if without_chain else await audit_records(wiring.engine, log, wiring.chain_on)
    places = await places_of(wiring.engine, log, LeafKind.CREDENTIAL)
    count, more = await audit_credentials(wiring.engine, institution.id, wiring.compiled, places)
    given = await places_of(wiring.engine, log, LeafKind.ACCREDITATION)
    accredited = await audit_accreditations(wiring.engine, institution.id, wiring.compiled, given)
    published = await times_of(wiring.engine, log, LeafKind.DID_DOCUMENT)
    identity = await audit_identity(wiring.engine, institution.id, published)
    unlinked = await audit_erasures(wiring.engine, institution.id, await erased_positions(wiring.engine, log))
    findings = tuple(
        fault(code, sentence)
        for code, sentences in (
            ("log_damaged", [*found, *records.faults]),
            ("credential_misplaced", more),
            ("accreditation_misplaced", accredited),
            ("identity_misplaced", identity),
            ("erasure_unaccounted", unlinked),
        )
        for sentence in sentences
    )
    findings += tuple(Finding(Severity.NOTICE, "chain_silent", one) for one in records.notices)
    findings += tuple(await _backdated(wiring, institution, rules))
    is_faulty = any(finding.severity is Severity.FAULT for finding in findings)
    outcome = Outcome.FAULTY if is_faulty else Outcome.WHOLE
    members = {
        "did": institution.did,
        "checkedAt": timestamp(now()),
        "outcome": outcome,
        "size": log.size,
        "credentials": count,
        "findings": [finding.as_json() for finding in findings],
    }
    return institution.name, outcome, findings, members, f"{count} credentials, {log.size} log entries"


async def _backdated(wiring: "Wiring", institution: "Institution", rules: Rules) -> list[Finding]:
    """Dates claimed against dates recorded; notices of one kind are told once, with their number."""
    from app.anchoring import service as anchoring
    from app.anchoring.audit import recorded_times
    from app.auditing.claims import Dated, late
    from app.credentials.audit import claimed_dates
    from app.database import transaction

    async with transaction(wiring.engine) as conn:
        log = await anchoring.log_of(conn, institution.id)
    times = await recorded_times(wiring.engine, log)
    found = [
        finding
        for name, digest, signed, awarded in await claimed_dates(wiring.engine, institution.id)
        if digest in times
        for finding in late(Dated(name, 0, b"", signed, awarded), times[digest], rules)
    ]
    notices = [finding for finding in found if finding.severity is Severity.NOTICE]
    faults = [finding for finding in found if finding.severity is not Severity.NOTICE]
    if not notices:
        return faults
    told = f"{len(notices)} awards are more than {rules.awarding.days} days older than their record. The first: "
    return [*faults, Finding(Severity.NOTICE, "award_backdated", told + notices[0].sentence, str(len(notices)))]


def erase(
    credential: Annotated[UUID | None, typer.Option(help="The number of a credential.")] = None,
    learner: Annotated[UUID | None, typer.Option(help="The number of a learner: everything there is goes.")] = None,
    reason: Annotated[
        str, typer.Option(help="learner-request, no-longer-needed or legal-duty.")
    ] = ErasureReason.LEARNER_REQUEST.value,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would go; write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")] = False,
    receipt: Annotated[Path | None, typer.Option(help="The file to write the signed receipt to.")] = None,
) -> None:
    """Delete a credential, or a learner with everything. It cannot be undone; a signed receipt says what was deleted.

    What remains is a leaf in the log that leads to nobody. Copies that somebody kept still prove that they are
    genuine, and say that they were erased.
    """
    from app.credentials.erasing import Target

    if (credential is None) == (learner is None):
        raise Refused("erasure_unclear", "Name a credential with --credential, or a learner with --learner.")
    try:
        why = ErasureReason(reason)
    except ValueError:
        raise Refused("reason_unknown", f"Choose one of these reasons: {', '.join(ErasureReason)}.") from None
    target = Target(learner, credential)
    plan = run(lambda wiring: _plan(wiring, target))
    out.print("This will be deleted for good:" if not dry_run else "This would be deleted:")
    for kind, number in plan.credentials:
        out.print(f"  {kind} {number}")
    out.print(f"  {plan.editions} former editions, and what leads to {len(plan.positions)} places of the log")
    if plan.learner_id is not None:
        out.print("  the learner: name, ULN, e-mail address, share links, mentions in names of imported files")
    if dry_run:
        out.print("Nothing was deleted.")
        return
    if not yes and not typer.confirm("It cannot be undone. Delete all this?", default=False):
        raise Refused("erasure_not_confirmed", "Nothing was deleted.")
    done = run(lambda wiring: _erase(wiring, target, plan, why))
    if receipt is not None:
        receipt.write_bytes(done.receipt)
    out.print(f"Erased. The signed receipt is at {json.loads(done.receipt)['id']}.")


async def _plan(wiring: "Wiring", target: "Target") -> "Plan":
    from app.credentials import erasing
    from app.database import transaction

    async with transaction(wiring.engine) as conn:
        return await erasing.plan(conn, await erasing.institution_of(conn, target), target)


async def _erase(wiring: "Wiring", target: "Target", plan: "Plan", reason: ErasureReason) -> "Erasure":
    from app.database import transaction
    from app.sharing import erasing
    from app.wiring import now

    async with transaction(wiring.engine) as conn:
        issuer = await wiring.issuer(conn, plan.institution_id)
        done = await erasing.erase(conn, issuer, target, reason=reason, now=now())
        if set(done.plan.credentials) != set(plan.credentials):
            # What was agreed to is what is deleted; raising here takes everything back.
            raise Refused("erasure_changed", "Something was issued meanwhile. Nothing was deleted; please look again.")
    return done
