"""Running a rule pack: a pure function of the credentials held and the pack.

The steps, in this order: refuse what can never count; keep the window in which the parts must lie, if the
pack has one; take the best result of each unit; choose within each group. Groups share no unit, so each is
chosen for itself and the whole is their sum.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from app.stacking.model import (
    Group,
    GroupProgress,
    HeldCredential,
    PackUnit,
    Progress,
    Reason,
    ReasonCode,
    RulePack,
)

T_LEVEL: Final = "T Level"


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A credential that may count: its unit in the pack, and what its grade is worth."""

    held: HeldCredential
    unit: PackUnit
    group: Group
    points: int
    passes: bool

    @property
    def passed(self) -> int:
        return self.unit.credits if self.passes else 0


@dataclass(frozen=True, slots=True)
class _Choice:
    """Candidates chosen together, in order of unit id, with their sums."""

    credits: int = 0
    passed: int = 0
    points: int = 0
    chosen: tuple[_Candidate, ...] = ()

    @property
    def value(self) -> tuple[int, int, int]:
        return self.credits, self.passed, self.points

    def plus(self, other: "_Choice") -> "_Choice":
        return _Choice(
            self.credits + other.credits,
            self.passed + other.passed,
            self.points + other.points,
            self.chosen + other.chosen,
        )


def evaluate(held: Sequence[HeldCredential], pack: RulePack) -> Progress:
    """Progress under `pack`, with one reason for each credential of `held`, whatever their order.

    Never raises for what a credential says; ValueError when two of `held` have the same id.
    """
    if len({credential.id for credential in held}) != len(held):
        raise ValueError("each credential may be given once")
    ordered = sorted(held, key=lambda credential: (credential.awarded_on, credential.id))
    reasons: dict[UUID, Reason] = {}
    candidates: list[_Candidate] = []
    for credential in ordered:
        outcome = _admit(credential, pack)
        if isinstance(outcome, Reason):
            reasons[credential.id] = outcome
        else:
            candidates.append(outcome)
    newest, choice = _best_window(candidates, pack)
    reasons |= {reason.credential_id: reason for reason in _explain(candidates, choice, newest, pack)}
    groups = tuple(_group_progress(group, choice) for group in pack.groups)
    complete = choice.credits == pack.total_credits and choice.passed >= pack.minimum_credits_passed
    return Progress(
        pack_id=pack.id,
        pack_version=pack.version,
        complete=complete,
        grade=_grade(choice.points, pack) if complete else None,
        credits_counted=choice.credits,
        credits_passed=choice.passed,
        credits_needed=pack.total_credits,
        credits_passed_needed=pack.minimum_credits_passed,
        points=choice.points,
        groups=groups,
        reasons=tuple(reasons[credential.id] for credential in ordered),
        missing=() if complete else tuple(_missing(groups, choice, pack)),
    )


def _admit(held: HeldCredential, pack: RulePack) -> "_Candidate | Reason":
    if held.revoked:
        return _refuse(held, ReasonCode.REVOKED, f"{held.title} was withdrawn, so it does not count.")
    if held.qualification_kind == T_LEVEL:
        sentence = (
            f"A T Level carries no level {pack.level} credit: it opens the door to the {pack.short_title}, "
            "it does not count towards it."
        )
        return _refuse(held, ReasonCode.NO_CREDIT, sentence)
    if held.qualification_id != pack.qualification_id:
        sentence = f"{held.title} belongs to another qualification. Only a decision on prior learning brings it in."
        return _refuse(held, ReasonCode.OTHER_QUALIFICATION, sentence)
    if held.level != pack.level:
        sentence = f"{held.title} is at level {held.level}; only level {pack.level} counts here."
        return _refuse(held, ReasonCode.WRONG_LEVEL, sentence)
    if held.credits is None:
        return _refuse(held, ReasonCode.NO_CREDIT, f"{held.title} carries no credit.")
    found = pack.find_unit(held.unit_id)
    if found is None:
        sentence = f"{held.title} is not among the units of this rule set."
        return _refuse(held, ReasonCode.NOT_IN_PACK, sentence)
    group, unit = found
    if held.credits != unit.credits:
        sentence = f"{held.title} has {held.credits} credits on record, but {unit.credits} in this rule set."
        return _refuse(held, ReasonCode.CREDITS_DIFFER, sentence)
    grade = pack.grade_points(held.grade)
    if grade is None:
        sentence = f"The grade of {held.title} is not on the scale of this rule set."
        return _refuse(held, ReasonCode.GRADE_UNKNOWN, sentence)
    return _Candidate(held, unit, group, grade.points_per_credit * unit.credits, grade.passes)


def _best_window(candidates: Sequence[_Candidate], pack: RulePack) -> tuple[date | None, _Choice]:
    """(last day of the window, or None without a currency rule; what counts in it). Of equals the latest."""
    if pack.maximum_age_years is None:
        return None, _choose(candidates, pack)
    newest, best = None, _Choice()
    for day in sorted({candidate.held.awarded_on for candidate in candidates}):
        choice = _choose(_within(candidates, day, pack.maximum_age_years), pack)
        if choice.value >= best.value:
            newest, best = day, choice
    return newest, best


def _within(candidates: Iterable[_Candidate], newest: date, years: int) -> list[_Candidate]:
    oldest = _years_before(newest, years)
    return [candidate for candidate in candidates if oldest <= candidate.held.awarded_on <= newest]


def _choose(candidates: Iterable[_Candidate], pack: RulePack) -> _Choice:
    best = _best_of_each_unit(candidates)
    total = _Choice()
    for group in pack.groups:
        of_group = [best[unit.id] for unit in group.units if unit.id in best]
        total = total.plus(_best_combination(of_group, group.credits))
    return total


def _best_of_each_unit(candidates: Iterable[_Candidate]) -> dict[str, _Candidate]:
    best: dict[str, _Candidate] = {}
    for candidate in candidates:
        current = best.get(candidate.unit.id)
        if current is None or _rank(candidate) < _rank(current):
            best[candidate.unit.id] = candidate
    return best


def _rank(candidate: _Candidate) -> tuple[bool, int, date, UUID]:
    """Lowest is best: passed, most points, earliest, smallest id."""
    return not candidate.passes, -candidate.points, candidate.held.awarded_on, candidate.held.id


def _best_combination(candidates: Iterable[_Candidate], limit: int) -> _Choice:
    """The best set of candidates (one per unit) of at most `limit` credits; of equals, first by unit ids."""
    best_at: dict[int, _Choice] = {0: _Choice()}
    for candidate in sorted(candidates, key=lambda entry: entry.unit.id):
        one = _Choice(candidate.unit.credits, candidate.passed, candidate.points, (candidate,))
        for choice in list(best_at.values()):
            longer = choice.plus(one)
            known = best_at.get(longer.credits)
            if longer.credits <= limit and (known is None or _order(longer) < _order(known)):
                best_at[longer.credits] = longer
    return best_at[max(best_at)]


def _order(choice: _Choice) -> tuple[int, int, tuple[str, ...]]:
    return -choice.passed, -choice.points, tuple(candidate.unit.id for candidate in choice.chosen)


def _explain(
    candidates: Iterable[_Candidate], choice: _Choice, newest: date | None, pack: RulePack
) -> Iterable[Reason]:
    chosen = {candidate.unit.id: candidate for candidate in choice.chosen}
    years = pack.maximum_age_years
    pool = list(candidates)
    inside = pool if newest is None or years is None else _within(pool, newest, years)
    best = _best_of_each_unit(inside)
    within = {candidate.held.id for candidate in inside}
    for candidate in pool:
        if candidate.held.id not in within and newest is not None:
            yield _outside(candidate, newest, years or 0)
        elif candidate is not best[candidate.unit.id]:
            yield _duplicate(candidate, best[candidate.unit.id])
        elif candidate.unit.id not in chosen:
            yield _group_full(candidate)
        else:
            yield _counted(candidate)


def _counted(candidate: _Candidate) -> Reason:
    held, credits = candidate.held, candidate.unit.credits
    if candidate.passes:
        sentence = f"{held.title} counts: {credits} credits at {held.grade}."
        return Reason(held.id, ReasonCode.COUNTED, sentence, credits)
    sentence = f"{held.title} counts as attempted: {credits} credits at {held.grade}, none of them passed."
    return Reason(held.id, ReasonCode.COUNTED_NOT_PASSED, sentence, credits)


def _outside(candidate: _Candidate, newest: date, years: int) -> Reason:
    held = candidate.held
    awarded = f"{held.title} was awarded on {_written(held.awarded_on)}"
    if held.awarded_on < newest:
        sentence = f"{awarded}, more than {years} years before the newest part ({_written(newest)})."
        return _refuse(held, ReasonCode.TOO_OLD, sentence)
    sentence = f"{awarded}. The parts must lie within {years} years of each other; earlier ones add up to more."
    return _refuse(held, ReasonCode.OUTSIDE_WINDOW, sentence)


def _duplicate(candidate: _Candidate, better: _Candidate) -> Reason:
    held, instead = candidate.held, better.held
    sentence = (
        f"{held.title} is held more than once and is looked at once: the result used is {instead.grade}, "
        f"awarded on {_written(instead.awarded_on)}, not this {held.grade} of {_written(held.awarded_on)}."
    )
    return Reason(held.id, ReasonCode.DUPLICATE_UNIT, sentence, instead=instead.id)


def _group_full(candidate: _Candidate) -> Reason:
    group = candidate.group
    sentence = (
        f"{candidate.held.title} is not needed: {group.title} takes {group.credits} credits, and other units "
        "of it are counted."
    )
    return _refuse(candidate.held, ReasonCode.GROUP_FULL, sentence)


def _refuse(held: HeldCredential, code: ReasonCode, sentence: str) -> Reason:
    return Reason(held.id, code, sentence)


def _group_progress(group: Group, choice: _Choice) -> GroupProgress:
    counted = [candidate for candidate in choice.chosen if candidate.group.id == group.id]
    taken = {candidate.unit.id for candidate in counted}
    return GroupProgress(
        id=group.id,
        title=group.title,
        kind=group.kind,
        credits_needed=group.credits,
        credits_counted=sum(candidate.unit.credits for candidate in counted),
        credits_passed=sum(candidate.passed for candidate in counted),
        counted=tuple(candidate.held.id for candidate in counted),
        open_units=tuple(unit for unit in group.units if unit.id not in taken),
    )


def _missing(groups: Iterable[GroupProgress], choice: _Choice, pack: RulePack) -> Iterable[str]:
    for group in groups:
        short = group.credits_needed - group.credits_counted
        if not short:
            continue
        if sum(unit.credits for unit in group.open_units) == short:
            # Nothing is left to choose: each open unit is needed.
            for unit in group.open_units:
                yield f"Still to earn: {unit.title}, {unit.credits} credits of {group.title}."
        else:
            titles = ", ".join(unit.title for unit in group.open_units)
            yield f"Still to earn: {short} credits of {group.title}, from {titles}."
    spare = pack.total_credits - pack.minimum_credits_passed
    if choice.credits - choice.passed > spare:
        titles = ", ".join(candidate.held.title for candidate in choice.chosen if not candidate.passes)
        yield (
            f"At least {pack.minimum_credits_passed} of the {pack.total_credits} credits must be passed; "
            f"{choice.passed} are. A pass is needed in some of: {titles}."
        )


def _grade(points: int, pack: RulePack) -> str | None:
    reached = [band.grade for band in pack.bands if band.from_points <= points]
    return reached[-1] if reached else None


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=max(day.year - years, 1))
    except ValueError:  # 29 February
        return day.replace(year=max(day.year - years, 1), day=28)


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
