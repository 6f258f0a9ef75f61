"""What is offered for a transaction (EIP-1559), when more is offered, and what a batch will cost. All in wei.

A transaction that waits is replaced, never joined by a second one: same nonce, same call, higher fees, so that at most
one of them can ever be mined. Nodes take a replacement only if both fees rise by a tenth; an eighth is offered, since
some round up. What the cap forbids is not offered: the transaction waits, and the wallet's owner is told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.anchoring.model import Fees, SentTransaction

GAS_LIMIT = 100_000
GAS_FIRST_CHECKPOINT = 70_000
"""A wallet's very first checkpoint, rounded up: two fresh words of storage (measured 68,693)."""
GAS_CHECKPOINT = 52_000
"""Each further one, whatever it covers, rounded up (measured 51,617)."""
_WEI = 10**18


@dataclass(frozen=True, slots=True)
class SendingPolicy:
    """How an installation spends.

    `max_fee`: wei per unit of gas, never exceeded. `replace_after`: how long a transaction may wait before more is
    offered. `batch_size`, `batch_age`: a checkpoint is made once that many entries wait, or the oldest of them has
    waited that long, whichever comes first. `reserve`: the balance is low when it pays for fewer checkpoints.
    `poll`: how often a transaction on its way is looked for.
    """

    max_fee: int = 1_000 * 10**9
    replace_after: timedelta = timedelta(seconds=60)
    batch_size: int = 1
    batch_age: timedelta = timedelta(0)
    reserve: int = 20
    poll: timedelta = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the next checkpoints will cost at most at today's fees. `fee` in wei; `pounds` None = no rate is set."""

    checkpoints: int
    gas: int
    fee: int
    currency: str
    pounds: float | None

    def __str__(self) -> str:
        money = f" = £{self.pounds:,.2f}" if self.pounds is not None else ""
        many = "one entry" if self.checkpoints == 1 else f"{self.checkpoints} entries"
        return f"{many} in the public register, {self.gas:,} gas, at most {coins(self.fee)} {self.currency}{money}"


def first_offer(market: Fees, policy: SendingPolicy) -> Fees | None:
    """What is offered at first; None when even what the market asks now is over the cap."""
    if market.base_fee + market.priority_fee > policy.max_fee:
        return None
    return Fees(min(market.max_fee, policy.max_fee), market.priority_fee, market.base_fee)


def replacement(last: Fees, market: Fees, policy: SendingPolicy) -> Fees | None:
    """What is offered instead of `last`; None when a node would not take it for a replacement under the cap."""
    least = Fees(_raised(last.max_fee), _raised(last.priority_fee), market.base_fee)
    if least.max_fee > policy.max_fee:
        return None
    most = min(max(market.max_fee, least.max_fee), policy.max_fee)
    return Fees(most, min(max(market.priority_fee, least.priority_fee), most), market.base_fee)


def is_overdue(last: SentTransaction, now: datetime, policy: SendingPolicy) -> bool:
    return now - last.created_at >= policy.replace_after


def checkpoint_gas(is_first: bool) -> int:
    return GAS_FIRST_CHECKPOINT if is_first else GAS_CHECKPOINT


def forecast(
    market: Fees, checkpoints: int, is_first: bool, currency: str, pounds_per_coin: float | None, gas_beyond: int = 0
) -> Forecast:
    """The cost of the next `checkpoints` of a log. The price is today's upper bound: what is not used is not paid.

    `gas_beyond`: what each takes beside the register's own work.
    """
    gas = checkpoint_gas(is_first) + (checkpoints - 1) * GAS_CHECKPOINT if checkpoints else 0
    gas += checkpoints * gas_beyond
    fee = gas * market.max_fee
    return Forecast(checkpoints, gas, fee, currency, None if pounds_per_coin is None else fee / _WEI * pounds_per_coin)


def affordable(balance: int, market: Fees, gas_beyond: int = 0) -> int:
    """How many checkpoints a balance pays for at today's upper bound."""
    return balance // max(1, (GAS_CHECKPOINT + gas_beyond) * market.max_fee)


def coins(wei: int) -> str:
    """An amount in the chain's currency, as precise as it is small."""
    return f"{wei / _WEI:.6f}" if wei >= 10**12 or wei == 0 else f"{wei / _WEI:.12f}"


def per_gas(fee: int) -> str:
    """A price of gas as people name it."""
    return f"{fee / 10**9:,.3f}".rstrip("0").rstrip(".") + " gwei"


def _raised(fee: int) -> int:
    return fee + (fee + 7) // 8
