"""One log recorded in several places: what their histories say together. Pure.

A record in one place is a record of everything below it, since every root is computed again from the leaves. So where a
chain falls silent, what stands there alone and is covered by a record elsewhere is only said to be undated: nothing of
it can have been changed. What nothing else covers cannot be told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.auditing.model import Finding, History, Recorded, Severity, fault, unknown


@dataclass(frozen=True, slots=True)
class Told:
    """What a chain says of the log's wallet there."""

    chain_id: int
    history: History


@dataclass(frozen=True, slots=True)
class Together:
    """The histories as one, what was found between them, and the checkpoints that it is the measure of."""

    history: History
    findings: tuple[Finding, ...]
    published: Mapping[int, bytes]


def together(told: Sequence[Told], published: Mapping[int, bytes]) -> Together:
    """`told`: the log's own chain first. Where none of them speaks, it is as if there were that one alone."""
    speaking = [one for one in told if not one.history.code]
    if len(told) == 1 or not speaking:
        return Together(told[0].history, (), published)
    merged = _merged([one.history for one in speaking], is_partial=len(speaking) < len(told))
    findings = [*_split(speaking)]
    silent = [one for one in told if one.history.code]
    if not silent:
        return Together(merged, tuple(findings), published)
    covered = max((one.size for one in merged.records), default=0)
    recorded = {one.size for one in merged.records}
    alone = {size for size in published if size not in recorded and published[size] not in merged.pending}
    findings += _silence(silent, speaking, alone, covered)
    return Together(merged, tuple(findings), {size: root for size, root in published.items() if size not in alone})


def _merged(histories: Sequence[History], *, is_partial: bool) -> History:
    """Records by size, each once; the earliest time of each root that has one."""
    records: dict[int, Recorded] = {}
    times: dict[bytes, int] = {}
    for history in histories:
        for one in history.records:
            records.setdefault(one.size, one)
        for root, at in history.times.items():
            known = times.get(root, 0)
            times[root] = min(known, at) if known and at else known or at
    pending = frozenset(root for history in histories for root in history.pending if not times.get(root))
    last = max(history.last_size for history in histories)
    return History(tuple(records[size] for size in sorted(records)), times, pending, last, is_partial=is_partial)


def _split(speaking: Sequence[Told]) -> Iterator[Finding]:
    """Without it: one log for those who ask one chain, another for those who ask the other."""
    seen: dict[int, tuple[bytes, int]] = {}
    for one in speaking:
        for record in one.history.records:
            root, chain_id = seen.setdefault(record.size, (record.root, one.chain_id))
            if root != record.root:
                yield fault(
                    "split_view",
                    f"Chains {chain_id} and {one.chain_id} have different roots for {record.size} leaves.",
                    record.size,
                )


def _silence(silent: Sequence[Told], speaking: Sequence[Told], alone: set[int], covered: int) -> Iterator[Finding]:
    """Without it: a chain that is gone passes unseen; or one that is out for an hour looks like a lie."""
    by = " and ".join(str(one.chain_id) for one in speaking)
    below = sum(1 for size in alone if size <= covered)
    for one in silent:
        if any(size > covered for size in alone):
            yield unknown(one.history.code, one.history.failure, one.chain_id)
            continue
        stands = f"; the {below} checkpoints that no other chain has are not dated by it" if below else ""
        yield Finding(
            Severity.NOTICE,
            "chain_silent",
            f"Chain {one.chain_id} could not be asked{stands}. All its leaves are covered by a record on chain {by}.",
            str(one.chain_id),
        )
