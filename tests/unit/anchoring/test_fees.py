"""What is offered for a transaction: never above the cap, and a replacement is one that nodes take."""

from hypothesis import given
from hypothesis import strategies as st

from app.anchoring import chains, fees
from app.anchoring.fees import SendingPolicy
from app.anchoring.model import Fees
from app.settings import Settings

GWEI = 10**9
prices = st.integers(min_value=0, max_value=10**15)


@st.composite
def markets(draw: st.DrawFn) -> Fees:
    base, priority = draw(prices), draw(prices)
    return Fees(2 * base + priority, priority, base)


@given(markets(), st.integers(min_value=1, max_value=10**15))
def test_a_first_offer_keeps_to_the_cap_and_is_one_that_can_be_mined_now(market: Fees, cap: int) -> None:
    offer = fees.first_offer(market, SendingPolicy(max_fee=cap))
    if offer is None:
        assert market.base_fee + market.priority_fee > cap
        return
    assert offer.max_fee <= cap
    assert offer.priority_fee <= offer.max_fee
    assert offer.max_fee >= market.base_fee + market.priority_fee or offer.max_fee == cap


@given(markets(), markets(), st.integers(min_value=1, max_value=10**16))
def test_a_replacement_raises_both_fees_by_a_tenth_at_least_or_is_not_made(last: Fees, market: Fees, cap: int) -> None:
    offer = fees.replacement(last, market, SendingPolicy(max_fee=cap))
    if offer is None:
        assert last.max_fee * 9 > (cap - 1) * 8
        return
    assert offer.max_fee <= cap
    assert offer.priority_fee <= offer.max_fee
    assert offer.max_fee * 10 >= last.max_fee * 11
    assert offer.priority_fee * 10 >= last.priority_fee * 11
    assert offer.max_fee >= min(market.max_fee, cap)


@given(st.integers(min_value=0, max_value=10**22), markets())
def test_what_a_balance_pays_for_is_never_overstated(balance: int, market: Fees) -> None:
    number = fees.affordable(balance, market)
    assert number * fees.GAS_CHECKPOINT * market.max_fee <= balance


def test_a_forecast_counts_the_dearer_first_checkpoint_once() -> None:
    market = Fees(2 * GWEI, 1 * GWEI, GWEI)
    first = fees.forecast(market, 3, True, "ETH", 2_000)
    later = fees.forecast(market, 3, False, "ETH", None)
    assert first.gas == fees.GAS_FIRST_CHECKPOINT + 2 * fees.GAS_CHECKPOINT
    assert first.fee == first.gas * 2 * GWEI
    assert str(first) == "3 entries in the public register, 174,000 gas, at most 0.000348 ETH = £0.70"
    assert str(later) == "3 entries in the public register, 156,000 gas, at most 0.000312 ETH"


def test_small_amounts_are_not_rounded_to_nothing() -> None:
    assert fees.coins(5 * 10**7) == "0.000000000050"
    assert fees.per_gas(1_250_000) == "0.001 gwei"
    assert fees.per_gas(20 * GWEI) == "20 gwei"


def test_every_profile_can_be_chosen_and_says_what_its_finality_is_worth() -> None:
    chosen = Settings.model_fields["chain"].annotation
    assert set(chosen.__args__) == set(chains.PROFILES)  # type: ignore[union-attr]
    for name, profile in chains.PROFILES.items():
        rules = chains.rules_of(name, None if profile.chain_id else 1337, "", None)
        assert rules.chain_id == (profile.chain_id or 1337)
        assert rules.finality == profile.finality
        assert rules.max_fee == profile.max_fee_gwei * GWEI
        assert profile.rule.endswith(".")


def test_what_an_installation_chose_goes_before_the_profile() -> None:
    rules = chains.rules_of("ethereum", 17000, "64", 0.5)
    assert (rules.chain_id, rules.finality, rules.max_fee) == (17000, "64", GWEI // 2)
