"""`stackmark pathway sign` as people start it."""

from pathlib import Path

from app.stacking.packs import pack_bytes
from tests.integration.conftest import PUBLIC_URL, Installation
from tests.integration.test_command_line import DONE, REFUSED, Terminal, terminal

__all__ = ["terminal"]

ADDRESS = "/rules/hnc-computing-2022/2/statements/northgate"


async def test_a_statement_is_published_from_the_command_line(
    installation: Installation, terminal: Terminal, tmp_path: Path
) -> None:
    file, into = tmp_path / "pack.json", tmp_path / "statement.json"
    file.write_bytes(pack_bytes("hnc-computing-2022", 2))
    said = terminal.run("pathway", "sign", file, "--institution", "northgate", "--into", into, expect=DONE)
    assert f"Published at {PUBLIC_URL}{ADDRESS}." in said
    assert (await installation.client.get(ADDRESS)).content == into.read_bytes()


async def test_a_pack_that_is_not_published_cannot_be_signed(
    installation: Installation, terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "pack.json"
    file.write_bytes(pack_bytes("hnc-computing-2022", 2).replace(b'"version": 2', b'"version": 7'))
    said = terminal.run("pathway", "sign", file, "--institution", "northgate", expect=REFUSED)
    assert "rule_pack_not_published" in said
    said = terminal.run("pathway", "sign", "hnc-computing-2022", "--institution", "nowhere", expect=REFUSED)
    assert "institution_unknown" in said
