"""Running a program on a stranger's data in a process of its own that can be killed: little time, little memory.

The program is one file without our code in it. It sees the data on its standard input and nothing else: no
environment (so no secrets), no arguments, no files it could write. This file is both ends: imported, it starts the
process; started, it sets the limits and then becomes the program.
"""

import contextlib
import runpy
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path


class NoAnswer(Exception):
    """The program was stopped by one of its limits, or failed. Which of them is not told: it is the data's doing."""


class Busy(Exception):
    """As many programs run as may run at once, and none of them ended in time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use. `wall_seconds` is larger than `cpu_seconds`, for the machine may be busy."""

    cpu_seconds: int = 2
    wall_seconds: int = 20
    memory_bytes: int = 256 * 1024 * 1024
    answer_bytes: int = 2 * 1024 * 1024


_AT_ONCE = threading.BoundedSemaphore(2)


def run(program: Path, data: bytes, limits: Limits) -> bytes:
    """What `program` writes when given `data`. Blocks: call it in a thread. Raises `NoAnswer`, `Busy`."""
    if not _AT_ONCE.acquire(timeout=limits.wall_seconds):
        raise Busy
    try:
        return _run(program, data, limits)
    except BrokenPipeError:
        raise NoAnswer from None
    finally:
        _AT_ONCE.release()


def _run(program: Path, data: bytes, limits: Limits) -> bytes:
    command = [sys.executable, "-I", __file__, str(program), str(limits.cpu_seconds), str(limits.memory_bytes)]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing, env={}, cwd="/") as process:
        # Killed, the program closes its pipes, and whatever waits for one of them here goes on.
        timer = threading.Timer(limits.wall_seconds, process.kill)
        timer.start()
        try:
            answer = _exchange(process, data, limits.answer_bytes + 1)
            if len(answer) > limits.answer_bytes:
                raise NoAnswer
            if process.wait() != 0:
                raise NoAnswer
            return answer
        finally:
            process.kill()
            timer.cancel()


def _exchange(process: "subprocess.Popen[bytes]", data: bytes, most: int) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise NoAnswer
    process.stdin.write(data)
    process.stdin.close()
    return process.stdout.read(most)


def _become(program: str, cpu_seconds: int, memory_bytes: int) -> None:
    import resource

    for limit, most in (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        # Not every system lets every one of them be set; the time limit above holds everywhere.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    _become(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
