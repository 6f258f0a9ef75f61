"""Where the published test vectors are. They are other people's work and are never copied into this tree."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(
    os.environ.get("STACKMARK_VECTORS") or Path(__file__).resolve().parents[3] / "shared" / "reference" / "vectors"
)


def folder(name: str) -> Path:
    """The folder `name` of the vectors. Skips the asking module, or fails where STACKMARK_REQUIRE_VECTORS=1."""
    found = ROOT / name
    if not found.is_dir():
        message = f"no published vectors {name!r}: set STACKMARK_VECTORS to the folder that holds them"
        if os.environ.get("STACKMARK_REQUIRE_VECTORS") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message, allow_module_level=True)
    return found


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def context(name: str) -> Any:
    """The value of `@context` in contexts/`name`, for vectors that use vocabularies we do not."""
    return read(folder("contexts") / name)["@context"]
