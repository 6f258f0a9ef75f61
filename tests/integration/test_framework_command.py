"""`stackmark catalogue import-framework` as people start it."""

from app.catalogue.frameworks.reading import MAX_BYTES
from tests.integration.conftest import Installation
from tests.integration.test_command_line import DONE, REFUSED, USAGE, Terminal, terminal
from tests.unit.catalogue.framework_files import as_file, skills_england

__all__ = ["terminal"]
IMPORT = ("catalogue", "import-framework")


async def test_an_import_says_what_it_did_row_by_row_and_whose_words_these_are(
    installation: Installation, terminal: Terminal
) -> None:
    file = terminal.write(
        "ST0127.json", as_file(skills_england({"K10": "Official", "K99": "Official"}, behaviours=["text"]))
    )
    tried = terminal.run(*IMPORT, file, "--dry-run", expect=DONE)
    assert "Nothing was written." in tried
    said = terminal.run(*IMPORT, file, expect=DONE)
    assert "refused: behaviours[1]: The row is not an object. (row_malformed)" in said
    assert "changed: OCC0127@1.2:K10\n" in said
    assert "added: OCC0127@1.2:K99\n" in said
    assert "not in this file, left: OCC0127@1.2:K19\n" in said
    assert "Network engineer, OCC0127 version 1.2: 1 added, 1 changed, 0 unchanged, 1 rows refused" in said
    assert "© Skills England 2025. This information is licensed under the Open Government Licence." in said
    assert "0 added, 0 changed, 2 unchanged" in terminal.run(*IMPORT, file, expect=DONE)


async def test_a_file_that_is_no_framework_is_refused_with_a_sentence(
    installation: Installation, terminal: Terminal
) -> None:
    for content, code in (
        (b"{}", "framework_unknown"),
        (b"K1", "malformed_json"),
        (b" " * (MAX_BYTES + 9), "file_too_large"),
    ):
        assert code in terminal.run(*IMPORT, terminal.write("bad.json", content), expect=REFUSED)
    terminal.run(*IMPORT, terminal.folder / "nowhere.json", expect=USAGE)
