"""The part of a profile that says where a learner can go from here."""

import re

from app.stacking import packs
from app.stacking.progression import next_steps
from app.stacking.progression_facts import ladders_of, published_skill_facts
from app.web import rendering
from tests.unit.stacking.making import DAY, credential


def shown(*names: str) -> str:
    hnc = packs.find_pack("hnc-computing-2022")
    held = [
        credential(number, unit, qualification_id="hnc-computing")
        for number, unit in enumerate(hnc.units)
        if unit.id in names
    ]
    steps = next_steps(packs.newest_packs(), held, DAY, published_skill_facts())
    text = rendering._environment().get_template("leads_to.html").render(steps=steps, ladders=ladders_of(held, DAY))
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_what_completes_an_award_is_said_and_what_is_there_is_linked() -> None:
    text = shown("u01", "u02", "u03", "u04", "u05", "u06", "u07")
    assert text.startswith(
        "What this can lead to Pearson BTEC Level 4 HNC in Computing (2022) , level 4. 15 credits complete the HNC. "
        "15 at level 4: Computer Systems Architecture."
    )
    assert "missing" not in text


def test_what_is_held_is_marked_on_the_paths() -> None:
    text = shown("u02", "u05")
    assert "Pearson BTEC Level 5 HND in Computing for England (Network Engineering) begun" not in text
    assert "Pearson BTEC Level 4 HNC in Computing (2022) begun" in text


def test_nobody_is_shown_an_empty_block() -> None:
    assert shown() == ""
