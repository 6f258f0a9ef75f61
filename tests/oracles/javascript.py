"""The JavaScript oracles of this folder, asked in one node process for many questions."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).parent


def ask(oracle: str, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers of `oracle`, one for each request. Fails when the oracles are not installed."""
    if not (_FOLDER / "node_modules").is_dir():
        pytest.fail("the JavaScript verifiers are not installed: run `make install`", pytrace=False)
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    run = subprocess.run(
        ["node", str(_FOLDER / oracle)], input=lines, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr
    answers = [json.loads(line) for line in run.stdout.split("\n") if line]
    assert len(answers) == len(requests)
    return answers
