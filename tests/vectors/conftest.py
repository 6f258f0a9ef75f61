"""Which of the published files the tests of this folder open, so that none is forgotten."""

import sys
from pathlib import Path

import pytest

from tests.vectors import published

LAST = "test_every_vector"
_opened: set[str] = set()
_whole: list[bool] = [False]


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str | Path) and (name := str(arguments[0])).startswith(_prefix):
        _opened.add(name)


_prefix = f"{published.ROOT}/"
# Before the modules are imported: most read their vectors then.
sys.addaudithook(_note)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks which files were opened comes last."""
    here = Path(__file__).parent
    modules = {item.path for item in items if item.path.parent == here}
    _whole[0] = modules >= set(here.glob("test_*.py"))
    items.sort(key=lambda item: item.path.stem == LAST)


@pytest.fixture
def opened() -> set[Path] | None:
    """The published files opened so far; None where some tests of this folder are not run with the one that asks."""
    return {Path(name) for name in _opened} if _whole[0] else None
