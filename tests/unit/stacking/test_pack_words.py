"""A pack in plain words: everything that is in it is said."""

from dataclasses import replace
from datetime import date

import pytest

from app.stacking import packs
from app.stacking.pack import RulePack
from app.stacking.pack_words import in_words
from tests.unit.stacking.making import group, pack, unit

EVERY = [entry.pack for entry in packs.published_packs()]


@pytest.mark.parametrize("rules", EVERY, ids=lambda rules: rules.path)
def test_everything_in_a_pack_is_said(rules: RulePack) -> None:
    text = "\n".join(line for part in in_words(rules) for line in (part.title, *part.lines))
    said = [rules.owner, rules.qualification_title, *rules.method, *rules.verified, *rules.unverified]
    said += [each.title for each in (*rules.groups, *rules.units, *rules.minimums, *rules.brings_forward, *rules.entry)]
    said += [f"at most {limit.amount} credits" for limit in rules.limits]
    said += [f"{band.grade} from {band.from_points} points" for band in rules.bands]
    said += [each.title for each in rules.sources]
    assert [each for each in said if each not in text] == []


def test_what_a_pack_does_not_have_is_left_out() -> None:
    plain = replace(pack(group("one", 15, unit("a"))), grades=(), bands=(), entry=(), limits=(), recency_years=None)
    assert [part.title for part in in_words(plain)][:2] == ["What it awards", "One units"]
    assert {"The grade", "What may count at most", "What opens the door"}.isdisjoint(
        part.title for part in in_words(plain)
    )


def test_days_pairs_and_years_are_told() -> None:
    a, b = unit("a", live_from=date(2024, 9, 1), live_until=date(2026, 8, 31)), unit("b", live_until=date(2026, 8, 31))
    told = pack(group("one", 15, a, b), barred=(("a", "b"),), recency_years=5)
    lines = {part.title: part.lines for part in in_words(told)}
    assert lines["One units"] == (
        "15 credits of these.",
        "Unit A, Unit A: level 4, 15 credits, offered from 1 September 2024 until 31 August 2026.",
        "Unit B, Unit B: level 4, 15 credits, offered until 31 August 2026.",
        "Only one of Unit A and Unit B counts.",
    )
    assert "No two parts that count are more than 5 years apart." in lines["What must be reached"]
