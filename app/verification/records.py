"""Which record of a credential counts, where its receipt names several: on its first chain, and on others.

One final record, under a wallet that the issuer publishes on that chain, shows by itself that the credential was there
by its time: the other chains need not answer. But they must not speak against it. The cases, by what the first one says
(a record elsewhere "holds" where it is final and by a wallet that is the issuer's there):

    first chain                              a record elsewhere holds            none does
    has it, final                            the earlier of the two counts       it counts
    has it, not final yet                    that one counts                     not final
    does not answer (dead, not asked here)   that one counts                     cannot tell
    says that it has no such entry           cannot tell: they contradict        not recorded
    is another contract, was disowned,       cannot tell                         cannot tell
    or its nodes disagree

Where a further record counts because the first chain did not answer, its later time is used for what it shows, and for
nothing against the credential: that something had ended by then (a key's life, an accreditation) is then no more known
than if nobody had answered. So a second record never makes anything worse, and nothing dated by its absence is green.

A record counts as disowned by a notice of its wallet on whichever chain is asked: one key signs on all of them.

A chain that this verifier does not ask, such as one of a forger's own, never answers: what is named there changes
nothing. Nor does a further record that is missing where the first one is there. Whoever has a chain asked trusts its
clock as well as its memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.standards.anchor_receipt import Receipt
from app.standards.did import WalletAddress
from app.verification.evidence import SILENT, ChainAnswer


@dataclass(frozen=True, slots=True)
class Counting:
    """The record that counts: on which chain, of when, and how the first chain answered where it is another one's."""

    chain_id: int
    answer: ChainAnswer
    recorded: datetime
    instead_of: ChainAnswer | None = None


def holds(answer: ChainAnswer | None) -> bool:
    """Whether it says that the record is there for good."""
    return answer is not None and bool(answer.anchored_at) and answer.final


def contradicts(answer: ChainAnswer) -> bool:
    """Whether somebody says that the record is not there, or not what it is taken for."""
    return answer.anchored_at == 0 or (answer.anchored_at is None and answer.code not in SILENT)


def elsewhere(
    receipt: Receipt, further: Sequence[ChainAnswer], wallets: Sequence[WalletAddress]
) -> tuple[Counting, ...]:
    """The further records that hold, earliest first."""
    found = [
        Counting(one.chain_id, answer, datetime.fromtimestamp(answer.anchored_at or 0, UTC))
        for one, answer in zip(receipt.also, further, strict=False)
        if holds(answer) and one.anchored_by in wallets
    ]
    return tuple(sorted(found, key=lambda one: one.recorded))


def counting(
    receipt: Receipt, answer: ChainAnswer | None, further: Sequence[ChainAnswer], wallets: Sequence[WalletAddress]
) -> Counting | None:
    """The record that counts; None = none does. The first record's own wallet must be the issuer's in any case."""
    if answer is None or receipt.anchored_by not in wallets or contradicts(answer):
        return None
    others = elsewhere(receipt, further, wallets)
    if not holds(answer):
        return Counting(others[0].chain_id, others[0].answer, others[0].recorded, answer) if others else None
    own = Counting(receipt.chain_id, answer, datetime.fromtimestamp(answer.anchored_at or 0, UTC))
    return min((own, *others), key=lambda one: one.recorded)
