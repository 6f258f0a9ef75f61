"""The EVM chains we know, each with its rule of finality: when a block counts as one that cannot vanish any more.

A receipt is made after finality only, so the rule decides how long a credential stays "not yet anchored", and what
kind of failure could ever take an anchor back. Every chain not named here is set up as `besu`, with its own number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

GWEI = 10**9


@dataclass(frozen=True, slots=True)
class ChainProfile:
    """One chain's facts.

    `chain_id` as registered (EIP-155); None = the installation gives it. `finality`: a block tag of JSON-RPC, or the
    number of blocks that must lie on top. `rule` says in words what that is worth. `block_seconds`: the usual time
    between blocks. `max_fee_gwei`: by default, what we never pay more than for a unit of gas.
    """

    name: str
    title: str
    chain_id: int | None
    currency: str
    finality: str
    rule: str
    block_seconds: float
    max_fee_gwei: int


_LOCAL = ChainProfile(
    "local",
    "a practice chain on this machine",
    31337,
    "play money",
    "finalized",
    "The node names its final block itself. It proves nothing to anybody else.",
    1,
    1_000,
)
_ETHEREUM = ChainProfile(
    "ethereum",
    "Ethereum",
    1,
    "ETH",
    "finalized",
    "Two thirds of all stake have voted for the block twice: about 13 minutes. To take it back, a third of all "
    "stake would be lost.",
    12,
    60,
)
_SEPOLIA = ChainProfile(
    "sepolia", "Sepolia (a test network)", 11155111, "test ETH", "finalized", _ETHEREUM.rule, 12, 200
)
_BASE = ChainProfile(
    "base",
    "Base",
    8453,
    "ETH",
    "finalized",
    "The block was posted to Ethereum in a block that is final there: about 15 to 20 minutes. Until then the "
    "sequencer's word is all there is, and that is not taken.",
    2,
    5,
)
_POLYGON = ChainProfile(
    "polygon",
    "Polygon PoS",
    137,
    "POL",
    "finalized",
    "The validators have agreed on a milestone that holds the block: seconds to a minute. Before milestones, this "
    "chain has taken back more than a hundred blocks, so no smaller depth is taken for final.",
    2,
    2_000,
)
_ARBITRUM = ChainProfile(
    "arbitrum",
    "Arbitrum One",
    42161,
    "ETH",
    "finalized",
    "The batch with the block was posted to Ethereum in a block that is final there: about 15 to 20 minutes.",
    0.25,
    5,
)
_BESU = ChainProfile(
    "besu",
    "a private Besu network (QBFT or IBFT 2.0)",
    None,
    "gas",
    "1",
    "More than two thirds of the validators have signed each block before it exists, so one block on top is enough; "
    "it is waited for to see that the network goes on. It is worth what its validators are worth together.",
    2,
    100,
)


@dataclass(frozen=True, slots=True)
class ChainRules:
    """What an installation goes by: its chain's profile with its own choices."""

    profile: ChainProfile
    chain_id: int
    finality: str
    max_fee: int
    """Wei per unit of gas."""


def rules_of(name: str, chain_id: int | None, finality: str, max_fee_gwei: float | None) -> ChainRules:
    """The profile `name`, and in its place what was chosen instead: `chain_id`, `finality` and the cap on fees."""
    profile = PROFILES[name]
    number = chain_id or profile.chain_id
    if number is None:
        raise ValueError(f"the chain {name} has no number of its own")
    cap = max_fee_gwei if max_fee_gwei is not None else profile.max_fee_gwei
    return ChainRules(profile, number, finality or profile.finality, int(cap * GWEI))


PROFILES: Mapping[str, ChainProfile] = MappingProxyType(
    {one.name: one for one in (_LOCAL, _ETHEREUM, _SEPOLIA, _BASE, _POLYGON, _ARBITRUM, _BESU)}
)


def finality_of(chain_id: int) -> str | None:
    """The rule of the chain with that number, where it is one we know."""
    return next((one.finality for one in PROFILES.values() if one.chain_id == chain_id), None)
