"""How long the rules take: one learner, every pack, more and more held, a whole region after a change of rules.

Held credentials are drawn at random (a fixed seed) from the units that the packs name, over three years, at any grade;
so most results of a unit are held several times and one of them counts. Times of one evaluation are processor time.
"All published packs" are the newest version of each.

Re-evaluation is what a change of a pack sets off: rows of credentials are read one learner at a time, handed in lots to
processes of this machine, made into what the rules see, and evaluated under the new version; what comes back is whether
the award is complete, and its grade. Nothing is kept of a learner that was looked at. Unit: learners per second of the
clock on the wall, all processes together.

Against: OR-tools CP-SAT (one worker) and python-constraint, given the same credentials and the same rules as
equations. Both are asked for less: the best points of a complete choice, without reasons, sentences or a fixed choice
among equals. The outcomes are compared in the run.
"""

import multiprocessing
import random
import resource
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from app.stacking import packs
from app.stacking.held import HeldCredential
from app.stacking.pack import PackUnit, RulePack
from app.stacking.rules import evaluate
from benchmarks import solvers
from benchmarks.figures import Round, Section, race
from benchmarks.scale import Scale

_DAY = date(2026, 11, 1)
_FIRST = date(2023, 9, 1)
_GRADES = ("Pass", "Pass", "Merit", "Merit", "Distinction", "Unclassified")
_HELD = 200
_GROWTH = (10, 100, 1_000, 10_000)
_LOT = 250
_PROCESSES = 2
# A row as a database gives it: unit, grade, days since the first.
_Row = tuple[str, str, int]
_Pool = Sequence[tuple[str, PackUnit]]


def measure(scale: Scale) -> Section:
    """The rules, alone, beside general solvers, and over many learners."""
    section = Section("stacking: what credentials add up to")
    chance = random.Random(5)
    hnc, hnd = packs.find_pack("hnc-computing-2022"), packs.find_pack("hnd-computing-network-2022")
    every = packs.newest_packs()
    own, mixed = _learner(chance, _pool([hnd]), _HELD), _learner(chance, _pool(every), _HELD)
    grown = {count: _learner(chance, _pool([hnd]), count) for count in _GROWTH}

    def once(*of: RulePack, held: Sequence[HeldCredential], times: int) -> Round:
        def run() -> int:
            for _ in range(times):
                for pack in of:
                    evaluate(pack, held, _DAY)
            return times

        return run

    rounds: dict[str, Round] = {
        "hnd": once(hnd, held=own, times=20),
        "all": once(*every, held=mixed, times=5),
        **{str(count): once(hnd, held=held, times=max(1, 1_000 // count)) for count, held in grown.items()},
    }
    taken = race(rounds, max(scale.rounds, 3), time.process_time)
    section.add(f"{_HELD} held against the HND ({len(hnd.units)} units)", taken["hnd"].milliseconds, "ms")
    section.add(f"{_HELD} held against all {len(every)} published packs", taken["all"].milliseconds, "ms")
    smallest = taken[str(_GROWTH[0])]
    for count in _GROWTH:
        timing = taken[str(count)]
        section.add(
            f"{count:,} held against the HND",
            timing.milliseconds,
            "ms",
            timing.slower_than(smallest),
            f"{_GROWTH[0]} held",
        )
    for pack, count in ((hnc, 12), (hnd, 24)):
        _against_solvers(section, scale, pack, _learner(chance, _pool([pack]), count, complete=True))
    for solver in solvers.missing():
        section.notes.append(f"{solver} is not installed and was not measured; it comes with the extra “benchmark”.")
    _many(section, scale, hnd)
    return section


def _against_solvers(section: Section, scale: Scale, pack: RulePack, held: Sequence[HeldCredential]) -> None:
    """The same credentials and pack by ours and by each general solver that is installed."""
    ours = evaluate(pack, held, _DAY)
    assert ours.complete
    contenders: dict[str, Round] = {"ours": lambda: len([evaluate(pack, held, _DAY) for _ in range(20)])}
    name = f"{len(held)} held against the {pack.short_title}"
    for solver, solve in solvers.installed().items():
        if solver == solvers.CONSTRAINT and len(pack.units) > solvers.FEW_UNITS:
            section.notes.append(f"{solver} looks at every combination: it is left out of {name}.")
            continue
        found = solve(pack, held, _DAY)
        assert found == ours.points, (solver, found, ours.points)

        def run(solve: solvers.Solve = solve) -> int:
            solve(pack, held, _DAY)
            return 1

        contenders[solver] = run
    taken = race(contenders, max(scale.rounds, 3), time.process_time)
    section.add(f"{name}, with reasons", taken["ours"].milliseconds, "ms")
    for solver in contenders:
        if solver != "ours":
            section.add(
                f"{name}: {solver}", taken[solver].milliseconds, "ms", taken[solver].slower_than(taken["ours"]), "ours"
            )


def _many(section: Section, scale: Scale, pack: RulePack) -> None:
    """Every learner of a region under a changed pack, over the processes of this machine."""
    count = scale.learners
    done = complete = 0
    before = _memory()
    started = time.perf_counter()
    # Started afresh: a copy of this process would bring along what other subjects left.
    with (
        Progress(
            "re-evaluating", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)
        ) as bar,
        multiprocessing.get_context("spawn").Pool(_PROCESSES, _ready, (pack.id,)) as pool,
    ):
        task = bar.add_task("", total=count)
        for lot in pool.imap(_evaluated, _lots(_rows(count, pack))):
            done += len(lot)
            complete += sum(is_complete for is_complete, _ in lot)
            bar.update(task, completed=done)
    seconds = time.perf_counter() - started
    assert done == count
    section.add(f"{count:,} learners re-evaluated on {_PROCESSES} processes", count / seconds, "learners/s")
    grown = max(0, _memory() - before) / 1024
    section.notes.append(
        f"Of {count:,} learners of 4 to {len(pack.units) + 2} credentials {complete:,} complete it. "
        f"This process grew by {grown:.0f} MiB meanwhile. The time includes the start of the processes."
    )


def _rows(count: int, pack: RulePack) -> Iterator[list[_Row]]:
    """The rows of each learner, made when they are asked for."""
    chance = random.Random(8)
    units = pack.units
    for _ in range(count):
        taken = chance.sample(units, chance.randint(4, len(units)))
        # Some take a unit again.
        taken += chance.choices(taken, k=chance.randint(0, 2))
        yield [(chance.choice(unit.accepts), chance.choice(_GRADES), chance.randrange(1_000)) for unit in taken]


def _lots(learners: Iterator[list[_Row]]) -> Iterator[list[list[_Row]]]:
    while lot := list(islice(learners, _LOT)):
        yield lot


_pack: RulePack
_units: dict[str, PackUnit]


def _ready(pack_id: str) -> None:
    """In each process, once: the pack."""
    global _pack, _units
    _pack = packs.find_pack(pack_id)
    _units = dict(_pack.unit_of)


def _evaluated(lot: Sequence[Sequence[_Row]]) -> list[tuple[bool, str | None]]:
    found = []
    for rows in lot:
        held = [_held(number, name, _units[name], grade, days) for number, (name, grade, days) in enumerate(rows)]
        outcome = evaluate(_pack, held, _DAY)
        found.append((outcome.complete, outcome.grade))
    return found


def _pool(of: Iterable[RulePack]) -> _Pool:
    found = {name: unit for pack in of for unit in pack.units for name in unit.accepts}
    return sorted(found.items(), key=lambda entry: entry[0])


def _learner(chance: random.Random, pool: _Pool, count: int, *, complete: bool = False) -> list[HeldCredential]:
    """`complete`: each unit once and passed before any is held again."""
    drawn = [*pool] if complete else []
    if complete:
        # Of the ids that are one unit, the first.
        drawn = list({unit.id: (name, unit) for name, unit in reversed(drawn)}.values())
    drawn += [chance.choice(pool) for _ in range(count - len(drawn))]
    return [
        _held(number, name, unit, chance.choice(_GRADES[: 5 if complete else 6]), chance.randrange(1_000))
        for number, (name, unit) in enumerate(drawn)
    ]


def _held(number: int, name: str, unit: PackUnit, grade: str, days: int) -> HeldCredential:
    return HeldCredential(
        UUID(int=number + 1),
        "",
        "HND",
        name,
        unit.title,
        unit.level,
        unit.credits or None,
        grade,
        _FIRST + timedelta(days=days),
        passed=grade != "Unclassified",
    )


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
