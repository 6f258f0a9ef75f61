"""What was published against what was recorded, recomputed and seen before. Pure; each says what it defends against."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from app.auditing.model import Finding, History, Rules, fault, unknown
from app.auditing.recompute import differing
from app.auditing.seen import Seen
from app.standards.checkpoint_list import CheckpointList
from app.standards.tlog_checkpoint import LogCheckpoint


def check_list(listed: CheckpointList, checkpoint: LogCheckpoint, now: datetime, rules: Rules) -> Iterator[Finding]:
    """The signed list against the signed checkpoint.

    Without it: one face for those who read lists, another for those who read checkpoints; or a log that stands still
    while everybody takes its last list for today's.
    """
    if listed.root_of(checkpoint.size) not in (None, checkpoint.root):
        yield fault(
            "split_view",
            f"The signed checkpoint of {checkpoint.size} leaves has another root than the signed list.",
            checkpoint.size,
        )
    # Both are made at once, but a cache on the way may keep one a little longer than the other.
    if listed.sizes and listed.sizes[-1] > checkpoint.size and now - listed.made > rules.publishing:
        yield fault(
            "checkpoint_behind",
            f"The signed checkpoint shows {checkpoint.size} leaves, the signed list {listed.sizes[-1]}.",
        )
    if now - listed.made > rules.renewal:
        yield fault(
            "list_stale",
            f"The signed list is of {listed.made:%d %B %Y, %H:%M} UTC; it should be renewed every day.",
        )


def check_chain(
    published: Mapping[int, bytes],
    history: History,
    size: int | None,
    now: datetime,
    rules: Rules,
    *,
    has_list: bool = True,
) -> Iterator[Finding]:
    """The published checkpoints against the chain.

    `size`: how far the published log reaches, None = that could not be looked at; nor could the list of checkpoints
    without `has_list`, and what it may well have is then not called missing.

    Without it: an institution shows a log that it never recorded, so that it may change it later; or hides what it
    did record.
    """
    if history.code:
        yield unknown(history.code, history.failure)
        return
    yield from check_growing(history)
    recorded = {one.size: one.root for one in history.records}
    for differs in differing(published, recorded):
        yield fault(
            "split_view", f"The root published for {differs} leaves is not the one recorded on the chain.", differs
        )
    for place, root in sorted(published.items()):
        if root in history.pending:
            yield unknown("not_final", f"The checkpoint of {place} leaves is on the chain, but not final yet.", place)
        elif not history.times.get(root) and recorded.get(place, root) == root:
            yield fault("not_recorded", f"The checkpoint of {place} leaves is published, but not on the chain.", place)
        elif history.times.get(root) and place not in recorded:
            yield unknown(
                "chain_incomplete", f"The node has the checkpoint of {place} leaves, but not its event.", place
            )
    for place, root in sorted(recorded.items()):
        at = datetime.fromtimestamp(history.times.get(root, 0), UTC)
        if place in published or now - at <= rules.publishing:
            continue
        if size is not None and place > size:
            yield fault(
                "log_behind",
                f"The log shown has {size} leaves, but {place} were recorded on {at:%d %B %Y, %H:%M} UTC.",
            )
        elif size is not None and has_list:
            yield fault("not_published", f"The checkpoint of {place} leaves is on the chain, but not published.", place)


def check_roots(
    recomputed: Mapping[int, bytes], published: Mapping[int, bytes], history: History, seen: Seen, size: int
) -> Iterator[Finding]:
    """The roots computed from today's leaves against every root published, recorded or seen before.

    Without it: leaves are removed, changed or put in another order after somebody relied on them.
    """
    recorded = {one.size: one.root for one in history.records}
    for expected, code, by_whom in (
        (published, "root_wrong", "the institution published"),
        (recorded, "history_rewritten", "is recorded on the chain"),
        (seen.roots, "history_rewritten", "was shown before"),
    ):
        for differs in differing(expected, recomputed):
            yield fault(code, f"The first {differs} leaves do not have the root that {by_whom}.", differs)
    for differs in differing(seen.roots, published):
        yield fault("split_view", f"Another root was shown before for {differs} leaves.", differs)
    if seen.newest > size:
        yield fault("log_shrank", f"The log shown has {size} leaves; it had {seen.newest} when last looked at.")


def check_growing(history: History) -> Iterator[Finding]:
    """Without it: two records of one wallet, and a log for each of them."""
    before = 0
    for one in history.records:
        if one.size <= before:
            yield fault("sizes_not_growing", f"On the chain, {one.size} leaves come after {before}.", one.size)
        before = max(before, one.size)
        if not history.times.get(one.root):
            yield unknown(
                "chain_incomplete", f"The node has an event for {one.size} leaves, but not its record.", one.size
            )
    if history.last_size > before:
        yield unknown(
            "chain_incomplete", f"The register says that {history.last_size} leaves were recorded; no event does."
        )


def one_history(histories: Sequence[History]) -> History:
    """What several wallets of one log recorded, as if one had: in the order of the chain, each root when it was first.

    The first one that could not be told leaves all of it untold.
    """
    untold = next((one for one in histories if one.code), None)
    if untold is not None or len(histories) == 1:
        return untold or histories[0]
    records = sorted((record for one in histories for record in one.records), key=lambda record: record.block)
    times: dict[bytes, int] = {}
    for one in histories:
        for root, at in one.times.items():
            known = times.get(root, 0)
            times[root] = min(known, at) if known and at else known or at
    pending = frozenset(root for one in histories for root in one.pending if not times.get(root))
    return History(tuple(records), times, pending, max(one.last_size for one in histories))
