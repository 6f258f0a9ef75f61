"""`stackmark record make` as people start it."""

import re
from uuid import uuid4

import pytest

from app.credentials import records
from app.database import transaction
from tests.integration.conftest import ANNA, Installation
from tests.integration.test_command_line import DONE, REFUSED, USAGE, Terminal, terminal

__all__ = ["terminal"]


async def test_a_record_is_made_from_the_command_line(installation: Installation, terminal: Terminal) -> None:
    issued = await installation.issue_one()
    assert issued.learner_id is not None
    said = terminal.run("record", "make", "northgate", issued.learner_id, expect=DONE)
    async with transaction(installation.wiring.engine) as conn:
        made = await records.current_record(conn, installation.issuer.institution.id, issued.learner_id)
    assert re.search(r"/credentials/([0-9a-f-]+)", said)[1] == str(made.id)  # type: ignore[index]
    for private in ANNA.values():
        assert private not in said


@pytest.mark.parametrize(
    ("institution", "code"), [("southport", "learner_unknown"), ("nowhere", "institution_unknown")]
)
async def test_whose_learner_it_is_not_cannot_record_them(
    installation: Installation, terminal: Terminal, institution: str, code: str
) -> None:
    issued = await installation.issue_one()
    assert code in terminal.run("record", "make", institution, issued.learner_id, expect=REFUSED)


async def test_an_unknown_learner_and_a_misspelt_number_are_told_apart(
    installation: Installation, terminal: Terminal
) -> None:
    assert "learner_unknown" in terminal.run("record", "make", "northgate", uuid4(), expect=REFUSED)
    terminal.run("record", "make", "northgate", "123", expect=USAGE)
