"""What the demo tells while it runs: named steps with their timings, and the addresses to look at."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console

out = Console(highlight=False)


class StepFailed(Exception):
    """A step of the demo did not work. The message says what, in one sentence."""


@dataclass
class Tale:
    """What has been shown so far: timings for the summary, and the addresses to print.

    `ended` are those of what was withdrawn since.
    """

    timings: list[tuple[str, float]] = field(default_factory=list)
    addresses: list[tuple[str, str]] = field(default_factory=list)
    ended: list[tuple[str, str]] = field(default_factory=list)
    step: str = "start"

    @contextmanager
    def telling(self, step: str) -> Iterator[None]:
        """Name the step, so that a failure inside says where it was; note how long it took."""
        self.step = step
        started = time.monotonic()
        out.print(f"[dim]·[/] {step} …")
        yield
        self.timings.append((step, time.monotonic() - started))
