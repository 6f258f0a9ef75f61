"""`stackmark record export` as people start it."""

import json

from tests.integration.conftest import ANNA, Installation
from tests.integration.test_command_line import DONE, REFUSED, USAGE, Terminal, terminal
from tests.integration.web.test_exports import networking_and_security

__all__ = ["terminal"]


async def test_every_file_is_printed_as_json_and_the_uln_only_on_request(
    installation: Installation, terminal: Terminal
) -> None:
    first, _ = await networking_and_security(installation)
    for kind in ("lle-transcript", "json-resume", "europass"):
        said = terminal.run("record", "export", "northgate", first.learner_id, "--as", kind, expect=DONE)
        assert json.loads(said)
        assert ANNA["uln"] not in said
        asked = terminal.run("record", "export", "northgate", first.learner_id, "--as", kind, "--with-uln", expect=DONE)
        assert ANNA["uln"] in asked


async def test_what_cannot_be_exported_is_refused(installation: Installation, terminal: Terminal) -> None:
    issued = await installation.issue_one()
    export = ("record", "export", "northgate", issued.learner_id, "--as")
    assert "modules_none" in terminal.run(*export, "lle-transcript", expect=REFUSED)
    small = terminal.run(*export, "lle-transcript", "--module", issued.unit_id, expect=REFUSED)
    assert "15 credits; an LLE module has at least 30. (module_too_small)" in small
    assert "module_not_wanted" in terminal.run(*export, "europass", "--module", issued.unit_id, expect=REFUSED)
    terminal.run(*export, "docx", expect=USAGE)
    theirs = terminal.run("record", "export", "southport", issued.learner_id, "--as", "europass", expect=REFUSED)
    assert "learner_unknown" in theirs
