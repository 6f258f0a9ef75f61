"""The table on the terminal, and the same figures as JSON."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Section

_LIBRARIES = ("cryptography", "pyoxigraph", "pyld", "fastapi", "uvicorn", "psycopg", "web3")


def show(section: Section, console: Console) -> None:
    """Print one section."""
    table = Table(title=section.title, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    table.add_column("measured", overflow="fold")
    table.add_column("figure", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("ratio", justify="right", no_wrap=True)
    table.add_column("against", overflow="fold")
    for figure in section.figures:
        ratio = "" if figure.ratio is None else f"{_number(figure.ratio)} x"
        table.add_row(figure.name, _number(figure.value), figure.unit, ratio, figure.against)
    console.print()
    console.print(table)
    for note in section.notes:
        console.print(f"[dim]{note}[/]", highlight=False)


def write_json(sections: Sequence[Section], scale: str, file: Path) -> None:
    """Write all sections with what is needed to compare two runs; no name or path of this machine."""
    document = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "scale": scale,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "ratio": "figure / figure of the reference, same unit, same run",
        "sections": [asdict(section) for section in sections],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _number(value: float) -> str:
    """Three significant digits below 100, whole numbers above."""
    if value == 0:
        return "0"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 1 else f"{value:.3g}"
