"""A small JSON file that outlives its program: written beside itself, flushed, and put in place in one step.

Whoever reads it to write it again holds it meanwhile: of two, each would undo what the other has seen and told.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.errors import OutsideFailed, Refused

MAX_BYTES = 50_000_000


@contextmanager
def held_state(path: Path) -> Iterator[None]:
    """Hold the file for this process alone, until the block or the process ends, however it ends.

    What is locked is a file beside it, for the file itself is another one after each writing. Raises
    `Refused("state_in_use")`, `OutsideFailed("state_not_saved")`.
    """
    real = path.resolve()
    try:
        lock = os.open(real.with_name(f".{real.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OutsideFailed("state_not_saved", f"{path} could not be written: {error.strerror}.") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused(
                "state_in_use",
                f"Another stackmark monitor or audit is using {path}: wait until it has ended, or name another file.",
            ) from None
        yield
    finally:
        os.close(lock)


def read_state(path: Path) -> dict[str, Any]:
    """What was written last; empty where nothing was. Raises `Refused("state_damaged")` for what is no such file.

    A memory that cannot be read is never taken for an empty one: whoever damaged it would be rid of its witness.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("too large")
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise _damaged(path) from None
    if not isinstance(value, dict):
        raise _damaged(path)
    return value


def write_state(path: Path, value: Mapping[str, Any]) -> None:
    """Raises `OutsideFailed("state_not_saved")`; what was there before is there still."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8") as file:
            json.dump(value, file, separators=(",", ":"), sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OutsideFailed("state_not_saved", f"{path} could not be written: {error.strerror}.") from None


def _damaged(path: Path) -> Refused:
    return Refused("state_damaged", f"{path} cannot be read as what was seen before. Restore it, or name another file.")
