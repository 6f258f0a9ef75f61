"""The test data published with RFC 8785."""

import json
from pathlib import Path

import pytest

from app.standards import jcs
from tests.vectors import published

ROOT = published.folder("jcs")


@pytest.mark.parametrize("path", sorted((ROOT / "input").glob("*.json")), ids=lambda path: path.stem)
def test_canonical_form(path: Path) -> None:
    expected = (ROOT / "output" / path.name).read_bytes()
    assert bytes.fromhex((ROOT / "outhex" / f"{path.stem}.txt").read_text()) == expected
    assert jcs.canonicalise(json.loads(path.read_bytes())) == expected
    assert jcs.canonicalise(json.loads(expected)) == expected
