"""transparency-dev/merkle probes of RFC 6962 trees (the same as RFC 9162): inclusion and consistency, failures too."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from app.standards import merkle
from tests.vectors import published

ROOT = published.folder("rfc6962-merkle")


def probes(kind: str) -> list[Any]:
    paths = sorted((ROOT / kind).rglob("*.json"))
    return [pytest.param(path, id=str(path.relative_to(ROOT / kind).with_suffix(""))) for path in paths]


def hashes(values: list[str] | None) -> list[bytes]:
    return [b64decode(value) for value in values or []]


@pytest.mark.parametrize("path", probes("inclusion"))
def test_inclusion(path: Path) -> None:
    probe = published.read(path)
    root, leaf = hashes([probe["root"] or "", probe["leafHash"] or ""])
    holds = merkle.verify_inclusion(probe["leafIdx"], probe["treeSize"], leaf, hashes(probe["proof"]), root)
    assert holds is not probe["wantErr"], probe["desc"]


@pytest.mark.parametrize("path", probes("consistency"))
def test_consistency(path: Path) -> None:
    probe = published.read(path)
    first, second = hashes([probe["root1"] or "", probe["root2"] or ""])
    holds = merkle.verify_consistency(probe["size1"], probe["size2"], first, second, hashes(probe["proof"]))
    assert holds is not probe["wantErr"], probe["desc"]


def test_no_probe_was_missed() -> None:
    assert (len(probes("inclusion")), len(probes("consistency"))) == (98, 98)
