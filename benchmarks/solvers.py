"""The rules of a pack as equations for general solvers, where one is installed: `pip install '.[benchmark]'`.

They answer with the points of the best complete choice, or None when there is none. Only what the compared packs use is
put into equations: groups by credits, minimums and limits in credits; no currency rule, no award brought forward.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from importlib.util import find_spec
from typing import Any, Final

from app.stacking.held import HeldCredential
from app.stacking.options import Option, admit
from app.stacking.pack import Group, RulePack
from app.stacking.sums import rules_of

Solve = Callable[[RulePack, Sequence[HeldCredential], date], int | None]

CP_SAT: Final = "OR-tools CP-SAT"
CONSTRAINT: Final = "python-constraint"
FEW_UNITS: Final = 10
"""python-constraint finds every solution; with more units that takes minutes."""
_MODULES: Final = {CP_SAT: "ortools", CONSTRAINT: "constraint"}


def installed() -> Mapping[str, Solve]:
    """The solvers that can be asked here, by name."""
    known: dict[str, Solve] = {CP_SAT: _cp_sat, CONSTRAINT: _constraint}
    return {name: solve for name, solve in known.items() if find_spec(_MODULES[name]) is not None}


def missing() -> Sequence[str]:
    """Those that are not installed."""
    return [name for name in _MODULES if name not in installed()]


def _places(pack: RulePack, held: Sequence[HeldCredential], day: date) -> list[list[tuple[Option, Group]]]:
    """For each unit of which a result is held: every way to count it."""
    ordered = sorted(held, key=lambda each: (each.awarded_on, each.id))
    options = admit(ordered, pack, day).options
    return [[(option, group) for option in each for group in pack.groups_of[name]] for name, each in options.items()]


def _cp_sat(pack: RulePack, held: Sequence[HeldCredential], day: date) -> int | None:
    from ortools.sat.python import cp_model

    model: Any = cp_model.CpModel()
    ways = [
        (model.new_bool_var(f"{number}.{nth}"), option, group, number)
        for number, each in enumerate(_places(pack, held, day))
        for nth, (option, group) in enumerate(each)
    ]
    for number in {entry[3] for entry in ways}:
        model.add_at_most_one(taken for taken, _, _, of in ways if of == number)
    for group in pack.groups:
        model.add(sum(taken * option.unit.credits for taken, option, into, _ in ways if into is group) == group.needed)
    for rule in rules_of(pack, day):
        total = sum(taken * rule.weigh(option) for taken, option, _, _ in ways)
        if rule.least is not None:
            model.add(total >= rule.least)
        if rule.most is not None:
            model.add(total <= rule.most)
    model.maximize(sum(taken * option.points for taken, option, _, _ in ways))
    solver: Any = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    return round(solver.objective_value) if solver.solve(model) == cp_model.OPTIMAL else None


def _constraint(pack: RulePack, held: Sequence[HeldCredential], day: date) -> int | None:
    from constraint import Problem

    rules = rules_of(pack, day)
    places = _places(pack, held, day)
    problem: Any = Problem()
    for number, each in enumerate(places):
        problem.addVariable(number, [None, *range(len(each))])

    def kept(*chosen: int | None) -> bool:
        taken = [each[place] for each, place in zip(places, chosen, strict=True) if place is not None]
        return all(
            sum(option.unit.credits for option, into in taken if into is group) == group.needed for group in pack.groups
        ) and all(rule.is_kept(sum(rule.weigh(option) for option, _ in taken)) for rule in rules)

    problem.addConstraint(kept, range(len(places)))
    points = (
        sum(places[number][place][0].points for number, place in found.items() if place is not None)
        for found in problem.getSolutionIter()
    )
    return max(points, default=None)
