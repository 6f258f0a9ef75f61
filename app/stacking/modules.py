"""Modules as the Lifelong Learning Entitlement (LLE) has them: what one is, and which ones a learner completed. Pure.

A module belongs to a parent course of the same provider, is at level 4 to 6 and has at least 30 credits, alone or as a
bundle of units (Student Loans Company, course design FAQ; Department for Education, modular funding form guide).
Whether a provider may be funded for one is not decided here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.catalogue.model import Bundle, Qualification, Unit
from app.credentials.model import CredentialKind
from app.errors import NotFound, Refused
from app.stacking.profile import ProfileCredential

MINIMUM_CREDITS: Final = 30
LEVELS: Final = range(4, 7)


@dataclass(frozen=True, slots=True)
class Module:
    """A unit or a bundle of units of one parent course. `notional_hours` is None where nobody states them.

    `id` is the catalogue's of the bundle or unit; units chosen one by one have theirs, joined by a plus sign.
    """

    id: str
    title: str
    parent: Qualification
    units: tuple[Unit, ...]
    notional_hours: int | None = None

    @property
    def credits(self) -> int:
        return sum(unit.credits or 0 for unit in self.units)

    @property
    def level(self) -> int:
        """That of the highest unit."""
        return max(unit.level for unit in self.units)


@dataclass(frozen=True, slots=True)
class CompletedModule:
    """A module of which every unit is passed and in force: `results` are in the order of its units."""

    module: Module
    results: tuple[ProfileCredential, ...]

    @property
    def completed_on(self) -> date:
        """The day on which the last part was earned."""
        return max(result.awarded_on for result in self.results)


def read_module(
    chosen: Sequence[str], bundles: Iterable[Bundle], qualifications: Mapping[str, Qualification]
) -> Module:
    """The module that `chosen` names: a bundle, or units of one parent course. `qualifications` are by id.

    Raises `NotFound("module_unknown")` or `Refused` (module_unit_repeated, module_parents_differ, module_level,
    module_too_small).
    """
    bundle = next((each for each in bundles if [each.id] == list(chosen)), None)
    wanted = bundle.unit_ids if bundle else chosen
    known = {unit.id: (unit, parent) for parent in qualifications.values() for unit in parent.units}
    if not wanted or any(each not in known for each in wanted):
        raise NotFound("module_unknown", "There is no bundle or unit with this id in the catalogue.")
    if len(set(wanted)) != len(wanted):
        raise Refused("module_unit_repeated", "A unit is named twice; its credit counts once.")
    units = tuple(known[each][0] for each in wanted)
    parents = {known[each][1].id: known[each][1] for each in wanted}
    if len(parents) != 1:
        raise Refused("module_parents_differ", "These units belong to different courses; a module has one parent.")
    (parent,) = parents.values()
    title = bundle.title if bundle else " and ".join(unit.title for unit in units)
    module = Module("+".join(chosen), title, parent, units, bundle.notional_hours if bundle else None)
    if problem := _problem(module):
        raise problem
    return module


def complete(module: Module, held: Iterable[ProfileCredential]) -> CompletedModule:
    """The module with its results among `held`, the best of each unit. Raises `Refused("module_incomplete")`."""
    found = _results(module, held)
    if len(found) < len(module.units):
        so_far = f"{len(found)} of the {len(module.units)} units of this module passed so far"
        raise Refused("module_incomplete", f"{so_far}; its transcript is made when all are.")
    return CompletedModule(module, found)


def completed(
    held: Sequence[ProfileCredential], bundles: Iterable[Bundle], qualifications: Mapping[str, Qualification]
) -> tuple[CompletedModule, ...]:
    """Every bundle of the catalogue and every large enough unit that is completed, by day of completion and id.

    A unit that stands alone is left out where a completed bundle holds it: its credit is shown once.
    """
    modules = [module for each in bundles if (module := _bundled(each, qualifications))]
    found = [CompletedModule(each, results) for each in modules if (results := _whole(each, held))]
    inside = {unit.id for each in found for unit in each.module.units}
    for parent in qualifications.values():
        for unit in parent.units:
            alone = Module(unit.id, unit.title, parent, (unit,))
            if unit.id not in inside and (results := _whole(alone, held)):
                found.append(CompletedModule(alone, results))
    return tuple(sorted(found, key=lambda each: (each.completed_on, each.module.id)))


def _bundled(bundle: Bundle, qualifications: Mapping[str, Qualification]) -> Module | None:
    parent = qualifications.get(bundle.parent_id)
    units = {unit.id: unit for unit in parent.units} if parent else {}
    if parent is None or not set(bundle.unit_ids) <= units.keys():
        return None
    return Module(
        bundle.id, bundle.title, parent, tuple(units[each] for each in bundle.unit_ids), bundle.notional_hours
    )


def _whole(module: Module, held: Iterable[ProfileCredential]) -> tuple[ProfileCredential, ...]:
    if _problem(module):
        return ()
    found = _results(module, held)
    return found if len(found) == len(module.units) else ()


def _problem(module: Module) -> Refused | None:
    if module.credits < MINIMUM_CREDITS:
        size = f"{module.credits} credits" if module.credits else "No credit"
        return Refused(
            "module_too_small",
            f"{size}; an LLE module has at least {MINIMUM_CREDITS}.",
            {"credits": module.credits, "minimum_credits": MINIMUM_CREDITS},
        )
    if module.level not in LEVELS:
        return Refused("module_level", f"Level {module.level}; an LLE module is at level 4, 5 or 6.")
    return None


def _results(module: Module, held: Iterable[ProfileCredential]) -> tuple[ProfileCredential, ...]:
    passed = [each for each in held if each.kind is CredentialKind.UNIT and each.passed and each.in_force]
    best = []
    for unit in module.units:
        of_unit = [each for each in passed if each.unit_id == unit.id]
        if of_unit:
            best.append(max(of_unit, key=lambda each: (unit.grade_scale.index(each.grade), each.awarded_on, each.id)))
    return tuple(best)
