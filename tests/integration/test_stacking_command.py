"""`stackmark stacking` as people start it."""

import re

from tests.integration.conftest import ANNA, Installation
from tests.integration.stacking.classroom import award, awards, issue_units, withdraw
from tests.integration.stacking.test_cascade import with_award
from tests.integration.stacking.test_transfers import split
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


async def test_a_complete_stack_is_returned_and_approved_by_name(
    installation: Installation, terminal: Terminal
) -> None:
    assert "From now on: owner." in terminal.run("stacking", "sign-off", "northgate", "owner", expect=DONE)
    units = await issue_units(installation, "MMMMPPPP")
    assert await award(installation, units["1"].learner_id) == 0  # type: ignore[arg-type]
    said = terminal.run("stacking", "awaiting", "northgate", expect=DONE)
    number = said.split()[0]
    assert f"{number} hnc-computing-2022 version 2: Merit, learner {units['1'].learner_id}" in said
    for private in ANNA.values():
        assert private not in said
    refused = terminal.run("stacking", "approve", "southport", number, "--by", "R. Okafor", expect=REFUSED)
    assert "candidate_unknown" in refused
    done = terminal.run("stacking", "approve", "northgate", number, "--by", "R. Okafor", expect=DONE)
    (made,) = await awards(installation)
    assert f"Award {made.id} is signed" in done
    again = ("stacking", "return", "northgate", number, "--by", "R. Okafor", "--comment", "No.")
    assert "already_decided" in terminal.run(*again, expect=REFUSED)


async def test_two_colleges_agree_and_a_learner_links_both_records(
    installation: Installation, terminal: Terminal
) -> None:
    anna = await split(installation, 5)
    terms = ("--qualification", "hnc-computing", "--from", "2026-01-01", "--most", "60")
    said = terminal.run("stacking", "agree", "northgate", "southport", *terms, expect=DONE)
    number = re.search(r"Agreement (\S+) is signed", said)[1]  # type: ignore[index]
    one = terminal.run("stacking", "link-code", "northgate", anna.here, "southport", expect=DONE).strip()
    other = terminal.run("stacking", "link-code", "southport", anna.there, "northgate", expect=DONE).strip()
    assert "Taken." in terminal.run("stacking", "link", "southport", anna.there, f"--code={one}", expect=DONE)
    assert "linked" in terminal.run("stacking", "link", "northgate", anna.here, f"--code={other}", expect=DONE)
    used = terminal.run("stacking", "link", "northgate", anna.here, f"--code={other}", expect=REFUSED)
    assert "code_unknown" in used
    assert other not in used
    await installation.work()
    assert len(await awards(installation)) == 1
    assert "2026-08-31" in terminal.run("stacking", "end-agreement", "northgate", number, "2026-08-31", expect=DONE)
