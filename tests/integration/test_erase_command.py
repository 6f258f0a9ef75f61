"""`stackmark erase` as people start it: it says what will go, asks, and leaves a signed receipt."""

import json
from pathlib import Path
from uuid import uuid4

from app.standards import erasure_receipt
from tests.integration.conftest import ANNA, Installation
from tests.integration.test_command_line import DONE, REFUSED, USAGE, Terminal, terminal

__all__ = ["terminal"]


async def test_an_erasure_is_listed_confirmed_done_and_receipted(
    installation: Installation, terminal: Terminal, tmp_path: Path
) -> None:
    issued = await installation.issue_one()
    await installation.work()
    learner = ("erase", "--learner", issued.learner_id)
    said = terminal.run(*learner, "--dry-run", expect=DONE)
    assert f"unit {issued.id}" in said
    assert "Nothing was deleted." in said
    # Nobody answers the question: nothing is deleted.
    terminal.run(*learner, expect=REFUSED)
    assert (await installation.client.get(f"/credentials/{issued.id}")).status_code == 200
    said = terminal.run(*learner, "--yes", "--receipt", "receipt.json", expect=DONE)
    receipt = erasure_receipt.read(json.loads((tmp_path / "receipt.json").read_bytes()))
    assert receipt.id in said
    for private in ANNA.values():
        assert private not in said
    assert (await installation.client.get(f"/credentials/{issued.id}")).status_code == 410
    assert "credential_erased" in terminal.run("erase", "--credential", issued.id, "--yes", expect=REFUSED)
    assert "learner_unknown" in terminal.run(*learner, "--yes", expect=REFUSED)
    audited = json.loads(terminal.run("audit", "--institution", "northgate", "--json"))["logs"]
    assert [(one["outcome"], one["credentials"], one["findings"]) for one in audited] == [("whole", 0, [])]


async def test_what_is_refused(installation: Installation, terminal: Terminal) -> None:
    number = uuid4()
    for arguments, code in (
        ((), "erasure_unclear"),
        (("--learner", number, "--credential", number), "erasure_unclear"),
        (("--learner", number), "learner_unknown"),
        (("--credential", number), "credential_unknown"),
        (("--learner", number, "--reason", "because"), "reason_unknown"),
    ):
        assert code in terminal.run("erase", *arguments, expect=REFUSED)
    terminal.run("erase", "--learner", "123", expect=USAGE)


async def test_the_audit_tells_backdating_from_the_tables(installation: Installation, terminal: Terminal) -> None:
    """The award of June is a notice in November, and a fault where a scheme made it its rule."""
    await installation.issue_one()
    await installation.work()
    audit = ("audit", "--institution", "northgate", "--json")
    (report,) = json.loads(terminal.run(*audit, "--awarded-within", "1", expect=REFUSED))["logs"]
    assert [(one["severity"], one["code"]) for one in report["findings"]] == [("fault", "award_backdated")]
