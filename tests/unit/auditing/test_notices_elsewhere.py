"""The audit heeds a wallet's notice on whichever chain it was given."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from app.adapters.ledger import AgreeingLedger, LedgerByChain
from app.auditing.model import History, Recorded

HERE, THERE, CONTRACT, WALLET = 1, 2, "0x" + "c1" * 20, "0x" + "77" * 20
EARLY, LATE = b"\x01" * 32, b"\x02" * 32
WHOLE = History((Recorded(5, EARLY, 10), Recorded(9, LATE, 20)), {EARLY: 1_000, LATE: 2_000}, frozenset(), 9)


@dataclass
class Told:
    """A chain's history, and since when the wallet is disowned there."""

    chain_id: int
    said: History = field(default_factory=History)
    since: int = 0

    async def history(self, chain_id: int, contract: str, wallet: str, roots: Sequence[bytes]) -> History:
        return self.said

    async def disowned_since(self, chain_id: int, contract: str, wallet: str) -> int:
        return self.since if chain_id == self.chain_id else 0


@pytest.mark.parametrize(
    ("since", "sizes", "last"), [(0, [5, 9], 9), (2_001, [5, 9], 9), (2_000, [5], 5), (1_001, [5], 5), (1_000, [], 0)]
)
async def test_what_was_recorded_since_a_notice_on_another_chain_counts_for_nothing(
    since: int, sizes: list[int], last: int
) -> None:
    for there in (Told(THERE, since=since), AgreeingLedger([Told(THERE), Told(THERE, since=since)])):
        ledger = LedgerByChain({HERE: Told(HERE, WHOLE), THERE: there})
        found = await ledger.history(HERE, CONTRACT, WALLET, [EARLY, LATE])
        assert [one.size for one in found.records] == sizes
        assert found.last_size == last
        assert [root for root, at in found.times.items() if at] == [EARLY, LATE][: len(sizes)]


async def test_a_chain_that_cannot_be_asked_stays_one_that_cannot() -> None:
    unknown = History(code="chain_unreachable", failure="It could not be asked.")
    ledger = LedgerByChain({HERE: Told(HERE, unknown), THERE: Told(THERE, since=1)})
    assert await ledger.history(HERE, CONTRACT, WALLET, []) == unknown
