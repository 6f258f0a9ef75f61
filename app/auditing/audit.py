"""One audit of one log, in order: keys, what is signed, what is recorded, and the leaves themselves."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.auditing import checks, claims, published
from app.auditing.claims import Claim, Dated
from app.auditing.model import Audited, Fetched, Finding, History, Rules, fault, unknown
from app.auditing.places import Told, together
from app.auditing.ports import Host, Ledger
from app.auditing.published import NotSigned
from app.auditing.recompute import Recomputation
from app.auditing.seen import Seen
from app.standards import did, tlog_tiles
from app.standards.checkpoint_list import CheckpointList
from app.standards.data_integrity import CanonicalForm
from app.standards.did import DidDocument, WalletAddress
from app.standards.tlog_checkpoint import LogCheckpoint
from app.standards.tlog_tiles import HASH, WIDTH, Tile

MAX_CHECKPOINT = 100_000
MAX_LEAVES = 50_000_000
AT_ONCE = 16
"""Tiles asked for at a time."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be audited. `contract`: the registry, by the wallet's own signed word; `further`: both on each further
    chain. `seen` before, `mirrors`: addresses of copies of the log, `claims`: credentials whose dates are to be looked
    at.
    """

    did: str
    wallet: WalletAddress | None
    contract: str
    seen: Seen = field(default_factory=Seen)
    mirrors: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    further: tuple[tuple[WalletAddress, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The report, and what is to be remembered of it."""

    report: Audited
    seen: Seen


@dataclass(slots=True)
class _Trail:
    """What is established as the audit goes on."""

    log_url: str
    findings: list[Finding] = field(default_factory=list)
    checkpoint: LogCheckpoint | None = None
    listed: CheckpointList | None = None
    history: History = field(default_factory=History)
    dated: list[Dated] = field(default_factory=list)

    @property
    def published(self) -> dict[int, bytes]:
        found = dict(zip(self.listed.sizes, self.listed.roots, strict=True)) if self.listed else {}
        if self.checkpoint is not None:
            found.setdefault(self.checkpoint.size, self.checkpoint.root)
        return found


async def audit(
    question: Question,
    *,
    host: Host,
    ledger: Ledger | None,
    canonical: CanonicalForm,
    now: datetime,
    rules: Rules | None = None,
) -> Answer:
    """The report on a log. Never raises for what it finds. `ledger` None = the chain is not to be asked."""
    rules = rules or Rules()
    document = await _document(host, question.did)
    if isinstance(document, Finding):
        return Answer(Audited(question.did, "", now, (document,)), question.seen)
    log_url, list_url = (document.service(kind) for kind in (published.LOG_SERVICE, published.LIST_SERVICE))
    if log_url is None or list_url is None:
        missing = unknown("log_not_named", "The institution does not say where its log is published.")
        return Answer(Audited(question.did, "", now, (missing,)), question.seen)
    trail = _Trail(log_url)
    await _signed(trail, document, host, list_url, now, rules)
    if ledger is not None:
        await _recorded(trail, question, document, ledger, now, rules)
    _claimed(trail, question.claims, document, canonical)
    seen = await _leaves(trail, question, document, host, rules)
    size, root = (trail.checkpoint.size, trail.checkpoint.root) if trail.checkpoint else (0, b"")
    counts = len(trail.published), len(trail.history.records), len(trail.dated)
    return Answer(Audited(question.did, log_url, now, _each_once(trail.findings), size, root, *counts), seen)


async def _document(host: Host, name: str) -> DidDocument | Finding:
    try:
        fetched = await host.get(did.web_url(name), published.MAX_DID_DOCUMENT)
    except ValueError:
        return unknown("did_not_web", "The institution is named in a way that this audit cannot look up.")
    if fetched.data is None:
        return unknown("did_not_fetched", f"The institution's keys could not be had: {fetched.failure}")
    try:
        return published.read_did_document(fetched.data, name)
    except ValueError as error:
        return fault("did_malformed", f"The institution's page of keys cannot be read: {error}.")


async def _signed(trail: _Trail, document: DidDocument, host: Host, list_url: str, now: datetime, rules: Rules) -> None:
    # The checkpoint last: whatever is recorded meanwhile, it is as new as the list.
    listed = await host.get(list_url, published.MAX_LIST)
    note, vkeys = await asyncio.gather(
        host.get(f"{trail.log_url}/checkpoint", MAX_CHECKPOINT),
        host.get(f"{trail.log_url}/vkeys", published.MAX_KEYS),
    )
    for fetched, what in ((note, "checkpoint"), (listed, "list"), (vkeys, "vkeys")):
        if fetched.data is None:
            trail.findings.append(_unfetched(fetched, what))
    try:
        if note.data is not None:
            trail.checkpoint = published.read_checkpoint(note.data, document, trail.log_url)
    except NotSigned as error:
        trail.findings.append(fault("checkpoint_unsigned", f"The checkpoint shown counts for nothing: {error}."))
    except ValueError as error:
        trail.findings.append(fault("checkpoint_malformed", f"The checkpoint shown cannot be read: {error}."))
    try:
        if listed.data is not None:
            trail.listed = published.read_list(listed.data, document)
    except NotSigned as error:
        trail.findings.append(fault("list_unsigned", f"The list of checkpoints counts for nothing: {error}."))
    except ValueError as error:
        trail.findings.append(fault("list_malformed", f"The list of checkpoints cannot be read: {error}."))
    if vkeys.data is not None:
        ours = {key.vkey() for key in published.keys_of(document, trail.log_url)}
        if set(vkeys.data.decode(errors="replace").split("\n")) - {""} != ours:
            trail.findings.append(fault("vkeys_wrong", "The log names other keys than the institution's document."))
    if trail.listed is not None and trail.checkpoint is not None:
        trail.findings += checks.check_list(trail.listed, trail.checkpoint, now, rules)


async def _recorded(
    trail: _Trail, question: Question, document: DidDocument, ledger: Ledger, now: datetime, rules: Rules
) -> None:
    wallet = question.wallet
    if wallet is None or not question.contract:
        trail.findings.append(unknown("wallet_unknown", "It is not known which wallet records for the institution."))
        trail.history = History(code="wallet_unknown")
        return
    places = ((wallet, question.contract), *question.further)
    if any(one not in document.wallets for one, _ in places):
        trail.findings.append(fault("wallet_not_published", "The institution does not publish the wallet asked about."))
    # One wallet may have followed another: what each recorded stands under its own address. And on each chain.
    roots = list(trail.published.values())
    told = [Told(one.chain_id, await _history(ledger, document, one, contract, roots)) for one, contract in places]
    found = together(told, trail.published)
    trail.history = found.history
    trail.findings += found.findings
    if not trail.history.code and not trail.history.last_size and not question.seen.roots:
        # Nothing was recorded yet, so nothing is published.
        trail.findings = [one for one in trail.findings if one.code not in ("checkpoint_missing", "list_missing")]
    size = trail.checkpoint.size if trail.checkpoint else max(trail.published, default=None)
    has_list = trail.listed is not None
    trail.findings += checks.check_chain(found.published, trail.history, size, now, rules, has_list=has_list)
    for one in told if len(told) > 1 else ():
        # By size, as they are together, nothing could be seen to shrink.
        trail.findings += checks.check_growing(one.history)


async def _history(
    ledger: Ledger, document: DidDocument, wallet: WalletAddress, contract: str, roots: Sequence[bytes]
) -> History:
    """What every wallet of the institution on a chain recorded there."""
    wallets = dict.fromkeys([wallet, *(one for one in document.wallets if one.chain_id == wallet.chain_id)])
    return checks.one_history(
        await asyncio.gather(*(ledger.history(one.chain_id, contract, one.address, roots) for one in wallets))
    )


def _claimed(trail: _Trail, claimed: Iterable[Claim], document: DidDocument, canonical: CanonicalForm) -> None:
    for claim in claimed:
        found = claims.read_claim(claim, document, canonical)
        if isinstance(found, Finding):
            trail.findings.append(found)
        else:
            trail.dated.append(found)


async def _leaves(trail: _Trail, question: Question, document: DidDocument, host: Host, rules: Rules) -> Seen:
    """Compute every root again from the leaves, of the log and of its mirrors; what may be remembered."""
    checkpoint = trail.checkpoint
    if checkpoint is None or checkpoint.size == 0:
        if question.seen.newest and checkpoint is not None:
            trail.findings.append(fault("log_shrank", f"The log is empty; it had {question.seen.newest} leaves."))
        return question.seen
    recorded = {one.size for one in trail.history.records}
    wanted = {size for size in {*trail.published, *recorded, *question.seen.roots} if size <= checkpoint.size}
    passed = await _recompute(trail, host, trail.log_url, checkpoint.size, wanted, [one.index for one in trail.dated])
    trail.findings += checks.check_roots(passed.roots, trail.published, trail.history, question.seen, checkpoint.size)
    for claim in trail.dated:
        trail.findings += claims.check_claim(claim, passed.kept.get(claim.index), trail.history, rules)
    for mirror in question.mirrors:
        await _mirror(trail, host, mirror.rstrip("/"), document, checkpoint)
    is_proven = passed.roots.get(checkpoint.size) == checkpoint.root
    is_new = question.seen.roots.get(checkpoint.size, checkpoint.root) == checkpoint.root
    return question.seen.with_root(checkpoint.size, checkpoint.root) if is_proven and is_new else question.seen


async def _recompute(
    trail: _Trail, host: Host, log_url: str, size: int, wanted: Iterable[int], leaves: Iterable[int]
) -> Recomputation:
    passed = Recomputation(wanted, leaves)
    if size > MAX_LEAVES:
        trail.findings.append(unknown("log_too_large", f"A log of {size} leaves is more than is computed again."))
        return passed
    async for tile, fetched in _tiles(host, log_url, tlog_tiles.tiles_of(size)):
        if not _usable(trail, tile, fetched):
            return passed
        passed.take(fetched.data or b"")
        # Hashing holds up the loop for a moment; others get their turn between tiles.
        await asyncio.sleep(0)
    above = [tile for level in range(1, tlog_tiles.levels_of(size)) for tile in tlog_tiles.tiles_of(size, level)]
    async for tile, fetched in _tiles(host, log_url, above):
        if not _usable(trail, tile, fetched):
            return passed
        if fetched.data != passed.upper(tile):
            # Whoever reads proofs reads these: a false one hides a leaf from them alone.
            trail.findings.append(fault("tile_wrong", f"{tile.path()} is not made of the tiles below it.", tile.path()))
    return passed


async def _mirror(trail: _Trail, host: Host, url: str, document: DidDocument, ours: LogCheckpoint) -> None:
    """A copy of the log: two checkpoints that are both signed must be of one log."""
    fetched = await host.get(f"{url}/checkpoint", MAX_CHECKPOINT)
    if fetched.data is None:
        trail.findings.append(replace(_unfetched(fetched, "mirror"), about=url))
        return
    try:
        theirs = published.read_checkpoint(fetched.data, document, trail.log_url)
    except ValueError as error:
        trail.findings.append(unknown("mirror_unreadable", f"The copy at {url} cannot be compared: {error}.", url))
        return
    # The larger log must begin with the smaller one.
    small, large, at = (ours, theirs, url) if theirs.size > ours.size else (theirs, ours, trail.log_url)
    passed = await _recompute(trail, host, at, large.size, [small.size, large.size], [])
    for one in (small, large):
        if passed.roots.get(one.size, one.root) != one.root:
            trail.findings.append(
                fault("split_view", f"{url} shows another log of {one.size} leaves, signed as well.", one.size)
            )


async def _tiles(host: Host, log_url: str, tiles: Iterable[Tile]) -> AsyncIterator[tuple[Tile, Fetched]]:
    """In order, some asked for ahead."""
    batch: list[Tile] = []
    for tile in tiles:
        batch.append(tile)
        if len(batch) == AT_ONCE:
            for found in zip(batch, await _together(host, log_url, batch), strict=True):
                yield found
            batch = []
    for found in zip(batch, await _together(host, log_url, batch), strict=True):
        yield found


async def _together(host: Host, log_url: str, tiles: Sequence[Tile]) -> list[Fetched]:
    return await asyncio.gather(*(_tile(host, log_url, tile) for tile in tiles))


async def _tile(host: Host, log_url: str, tile: Tile) -> Fetched:
    """A partial tile may be gone once the full one is there: its beginning is the same (tlog-tiles, Partial Tiles)."""
    fetched = await host.get(f"{log_url}/{tile.path()}", HASH * WIDTH)
    if fetched.is_missing and tile.width < WIDTH:
        full = await host.get(f"{log_url}/{replace(tile, width=WIDTH).path()}", HASH * WIDTH)
        if full.data is not None and len(full.data) == HASH * WIDTH:
            return Fetched(full.data[: HASH * tile.width])
    return fetched


def _usable(trail: _Trail, tile: Tile, fetched: Fetched) -> bool:
    path = tile.path()
    if fetched.is_missing:
        trail.findings.append(fault("tile_missing", f"{path} is not there, though the checkpoint covers it.", path))
    elif fetched.data is None:
        trail.findings.append(unknown("tile_not_fetched", f"{path} could not be had: {fetched.failure}", path))
    elif len(fetched.data) != HASH * tile.width:
        trail.findings.append(fault("tile_malformed", f"{path} does not have the length it must have.", path))
    else:
        return True
    return False


def _unfetched(fetched: Fetched, what: str) -> Finding:
    if fetched.is_missing:
        return fault(f"{what}_missing", f"{_NAMES[what]} is not where it should be.")
    return unknown(f"{what}_not_fetched", f"{_NAMES[what]} could not be had: {fetched.failure}")


def _each_once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple({finding.key: finding for finding in findings}.values())


_NAMES = {
    "checkpoint": "The newest checkpoint",
    "list": "The signed list of checkpoints",
    "vkeys": "The list of the log's keys",
    "mirror": "The checkpoint of the copy",
}
