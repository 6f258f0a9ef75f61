"""Commands of `stackmark`, each in a process of its own that begins with the libraries loaded.

To load them takes a start a second or two, which is all that most commands need. A server that has loaded them, and
nothing else of this program than its parts behind the command line, forks for each command; `app.cli` itself is run
anew each time, with the environment, the folder and the words of that command alone.
"""

import multiprocessing
import os
import runpy
import sys
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from tempfile import TemporaryDirectory

TIMEOUT_SECONDS = 120
LIBRARIES = ["eth_account", "app.main", "app.worker", "app.verifying", "app.adapters.evm", "rich.console", "typer"]


def run(words: list[str], environment: dict[str, str], folder: Path) -> tuple[int, str, str]:
    """The exit code, and what came out on either stream. Raises `TimeoutError`."""
    with TemporaryDirectory() as kept:
        out, errors = Path(kept) / "out", Path(kept) / "errors"
        process = _server().Process(target=_command, args=(words, environment, folder, out, errors))
        process.start()
        process.join(TIMEOUT_SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"stackmark {' '.join(words)}: {out.read_text()}{errors.read_text()}")
        return process.exitcode, out.read_text(), errors.read_text()


@cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LIBRARIES)
    return context


def _command(words: list[str], environment: dict[str, str], folder: Path, out: Path, errors: Path) -> None:
    for stream, file in ((1, out), (2, errors)):
        written = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(written, stream)
        os.close(written)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv[1:] = words
    runpy.run_module("app.cli", run_name="__main__", alter_sys=True)
