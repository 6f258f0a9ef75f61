"""A chain that does not answer is not asked by every walk: those of chains that answer have the room."""

from datetime import timedelta

import pytest

from app.errors import OutsideFailed
from app.wiring import now
from app.worker import AWAY_FOR, Away


@pytest.mark.parametrize(("code", "is_away"), [("chain_unreachable", True), ("wallet_unfunded", False)])
def test_only_silence_counts_and_only_for_a_while(code: str, is_away: bool) -> None:
    away = Away()
    assert not away.knows(1, now())
    with pytest.raises(OutsideFailed), away.heeding(1):
        raise OutsideFailed(code, "Why it did not get through.")
    moment = now()
    assert away.knows(1, moment) is is_away
    assert not away.knows(2, moment)
    assert not away.knows(1, moment + AWAY_FOR + timedelta(seconds=1))
