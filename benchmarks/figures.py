"""Figures, and how they are taken: contenders in turns, medians over rounds, ratios within a round.

Rates "per core" count the processor time of the measuring thread, not the clock on the wall, so that other programs on
the machine cost little accuracy. Latencies (p50, p99) and whole pipelines are wall time: that is what people wait for.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median, quantiles

Round = Callable[[], int]
"""One round of a contender; returns the number of operations done."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `ratio` is `value` divided by the figure of `against`, in the same unit."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    against: str = ""


@dataclass(slots=True)
class Section:
    """The figures of one subject; `notes` say what a reader must know to read them."""

    title: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, value: float, unit: str, ratio: float | None = None, against: str = "") -> None:
        self.figures.append(Figure(name, value, unit, ratio, against))


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds per operation, one value for each round."""

    seconds: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Operations per second, median over the rounds."""
        return 1 / median(self.seconds)

    @property
    def milliseconds(self) -> float:
        return 1000 * median(self.seconds)

    def faster_than(self, other: "Timing") -> float:
        """This rate divided by the other's; median over rounds, in which both ran right after each other."""
        return median(theirs / ours for ours, theirs in zip(self.seconds, other.seconds, strict=True))

    def slower_than(self, other: "Timing") -> float:
        """This time per operation divided by the other's."""
        return 1 / self.faster_than(other)


def race(
    contenders: Mapping[str, Round], rounds: int, clock: Callable[[], float] = time.thread_time
) -> dict[str, Timing]:
    """Run every contender once per round, in turns; seconds of `clock` per operation."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            started = clock()
            operations = contender()
            taken[name].append((clock() - started) / operations)
    return {name: Timing(tuple(seconds)) for name, seconds in taken.items()}


def once(work: Callable[[], object]) -> float:
    """Processor seconds that `work` takes."""
    started = time.thread_time()
    work()
    return time.thread_time() - started


def p50_p99(latencies: list[float]) -> tuple[float, float]:
    """Median and 99th percentile, in the unit given."""
    return median(latencies), quantiles(latencies, n=100, method="inclusive")[98]
