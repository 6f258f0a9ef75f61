"""`stackmark stacking` as people start it."""

from tests.integration.conftest import ANNA, Installation
from tests.integration.stacking.classroom import withdraw
from tests.integration.stacking.test_cascade import with_award
from tests.integration.test_command_line import DONE, REFUSED, Terminal, terminal

__all__ = ["terminal"]


async def test_notices_are_listed_without_a_word_about_the_person(
    installation: Installation, terminal: Terminal
) -> None:
    units, made = await with_award(installation, "PPPPPPPP")
    assert terminal.run("stacking", "notices", "northgate", expect=DONE) == ""
    assert "From now on: at-once." in terminal.run("stacking", "policy", "northgate", "at-once", expect=DONE)
    await withdraw(installation, units["1"].id, "other")
    await installation.work()
    said = terminal.run("stacking", "notices", "northgate", "--untold", expect=DONE)
    assert "withdrawn: Pearson BTEC Level 4 HNC in Computing (2022) was withdrawn" in said
    assert "Programming, one of its parts, was withdrawn." in said
    assert f"award {made.id}, learner {made.learner_id}" in said
    for private in ANNA.values():
        assert private not in said
    assert terminal.run("stacking", "notices", "southport", expect=DONE) == ""


async def test_an_unknown_policy_or_institution_is_refused(installation: Installation, terminal: Terminal) -> None:
    assert "policy_unknown" in terminal.run("stacking", "policy", "northgate", "perhaps", expect=REFUSED)
    assert "institution_unknown" in terminal.run("stacking", "notices", "nowhere", expect=REFUSED)
