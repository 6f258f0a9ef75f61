"""`python -m benchmarks`: measure, show a table, and on request write the figures as JSON."""

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from rich.console import Console

from app.adapters.local_chain import free_port
from app.settings import Settings
from benchmarks import canonicalisation, gas, http, log, pipeline, public_log, signing, stacking, verification
from benchmarks.figures import Section
from benchmarks.installation import installed
from benchmarks.report import show, write_json
from benchmarks.scale import FULL, QUICK, USUAL

_CONTRACTS = Path(__file__).resolve().parents[1] / "contracts"
_SUBJECTS = ("canonicalisation", "signing", "verification", "log", "public_log", "stacking", "gas", "pipeline", "http")


def main(arguments: list[str]) -> int:
    """Run the chosen subjects; the exit code is 0 whatever the figures are."""
    chosen = _parse(arguments)
    # Asked to stop, a run still stops the database, the chain and the server that it started.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    name, scale = ("quick", QUICK) if chosen.quick else ("full", FULL) if chosen.full else ("usual", USUAL)
    subjects = chosen.only or _SUBJECTS
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    # A file or a pipe has no width of its own.
    console: Console = Console(width=None if sys.stdout.isatty() else 120)
    sections: list[Section] = []

    def take(subject: str, measure: Callable[[], Section]) -> None:
        if subject not in subjects:
            return
        started = time.monotonic()
        section = measure()
        section.notes.append(f"Measured in {time.monotonic() - started:.0f} s.")
        show(section, console)
        sections.append(section)

    def alone(measure: Callable[[Path], Section]) -> Callable[[], Section]:
        def in_folder() -> Section:
            with _folder() as folder:
                return measure(folder)

        return in_folder

    take("canonicalisation", alone(lambda folder: canonicalisation.measure(scale, folder)))
    take("signing", alone(lambda folder: signing.measure(scale, folder)))
    take("verification", alone(lambda folder: verification.measure(scale, folder)))
    take("log", lambda: log.measure(scale))
    take("public_log", alone(lambda folder: public_log.measure(scale, folder)))
    take("stacking", lambda: stacking.measure(scale))
    settings = Settings(_env_file=None, contracts_dir=_CONTRACTS)  # type: ignore[call-arg]
    take("gas", alone(lambda folder: gas.measure(settings, folder)))
    if {"pipeline", "http"} & set(subjects):
        with _folder() as folder, installed(folder, _CONTRACTS, free_port()) as installation:
            take("pipeline", lambda: asyncio.run(pipeline.measure(scale, installation)))
            take("http", lambda: http.measure(scale, installation))
    if chosen.json is not None:
        write_json(sections, name, chosen.json)
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Stackmark on this machine.")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a smoke run: each subject in a few seconds")
    size.add_argument("--full", action="store_true", help="more rounds, and a log of a million leaves")
    parser.add_argument("--only", nargs="+", choices=_SUBJECTS, metavar="SUBJECT", help=f"of: {', '.join(_SUBJECTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    return parser.parse_args(arguments)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for keys and data, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="stackmark-bench-", ignore_cleanup_errors=True) as name:
        yield Path(name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
