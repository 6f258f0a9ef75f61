"""The overall result of a T Level, worked out from its components by the published rules: a pure function.

The result is evidence that anyone can work out again. It is no award: the Department for Education makes that, and the
result says so in its `label`.

Decisions
- The year in which the learner began chooses the table. A T Level without a published table has no overall result
  here: it is refused, never guessed.
- A grade is compared letter for letter with the scale it belongs to; a look-alike, another case or a space at its end
  is refused with the name of the scale, and not repeated.
- A placement is shown as met or not met. Why it was completed with special consideration can be a health reason: it
  is nowhere in what comes out.
- Two specialisms are one grade only where the catalogue says of both that they are taken as a pair. Half of a pair
  alone is as if the specialism were still to come.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, NoReturn
from uuid import UUID

from app.errors import Refused
from app.stacking.t_level_rules import STATES, GradeTable, Overall, RuleSource, TLevelRules

MET: Final = "Met"
NOT_MET: Final = "Not met"


class ComponentKind(StrEnum):
    CORE = "core"
    SPECIALISM = "specialism"
    PLACEMENT = "placement"


class ResultCode(StrEnum):
    """What became of one result; stable, for programs."""

    USED = "used"
    ANOTHER_RESULT_USED = "not_used_another_result"
    RESULT_PENDING = "not_used_result_pending"
    NOT_YET_KNOWN = "not_used_not_yet_known"
    WITHDRAWN = "not_used_withdrawn"
    OTHER_COMPONENT = "not_used_other_component"


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a T Level. `paired`: a specialism that is taken together with a second one."""

    id: str
    kind: ComponentKind
    title: str
    paired: bool = False


@dataclass(frozen=True, slots=True)
class TLevel:
    """A T Level as the rules see it. `table` is the catalogue's; None = no table is published."""

    id: str
    title: str
    number: str
    table: str | None
    first_teaching_year: int
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class ComponentResult:
    """One result of one component, at one attempt. It counts until the day `withdrawn`, that day not included.

    The grade is left out of the printed form: the outcome of a placement can tell of a learner's health.
    """

    id: UUID
    component_id: str
    kind: ComponentKind
    title: str
    grade: str = field(repr=False)
    attempt: int
    awarded_on: date
    withdrawn: date | None = None


@dataclass(frozen=True, slots=True)
class ResultUsed:
    """The result of a component that the overall result is made of. `achieved`: a grade that passes, or met."""

    result_id: UUID
    component_id: str
    title: str
    grade: str
    awarded_on: date
    achieved: bool


@dataclass(frozen=True, slots=True)
class ResultReason:
    """What became of one result, and in whose favour."""

    result_id: UUID
    code: ResultCode
    sentence: str
    instead: UUID | None = None


@dataclass(frozen=True, slots=True)
class TableUsed:
    """Where the overall result is read from: table and rules by id, with their sources."""

    id: str
    title: str
    rules_id: str
    rules_version: int
    sources: tuple[RuleSource, ...]


@dataclass(frozen=True, slots=True)
class TLevelResult:
    """The overall result on what is known at `as_of`.

    `document` is what the Department for Education issues on such results. `ucas_points` None = none are stated, and
    `ucas_note` may say why. `specialism_grade` is that of the pair, or of the one specialism; None = still to come.
    `reasons` has one entry for each result given, by award date and id. `missing` is what is still to come, in
    sentences. `provisional_until`: the day before which a result in it is subject to review and appeal.
    `start_year_note` says how the start year was found, where it was not given.
    """

    t_level_id: str
    title: str
    overall: Overall
    document: str | None
    ucas_points: int | None
    ucas_code: str
    ucas_note: str
    core: ResultUsed | None
    specialisms: tuple[ResultUsed, ...]
    specialism_grade: str | None
    placement: ResultUsed | None
    start_year: int
    table: TableUsed
    reasons: tuple[ResultReason, ...]
    missing: tuple[str, ...]
    label: str
    as_of: date
    provisional_until: date | None
    start_year_note: str = ""

    @property
    def is_provisional(self) -> bool:
        return self.provisional_until is not None

    @property
    def achieved(self) -> tuple[ResultUsed, ...]:
        """The components that were achieved: core, specialisms, placement."""
        used = (self.core, *self.specialisms, self.placement)
        return tuple(entry for entry in used if entry is not None and entry.achieved)


def overall(
    rules: TLevelRules, t_level: TLevel, start_year: int, results: Sequence[ComponentResult], as_of: date
) -> TLevelResult:
    """The overall result on `results` as known on the day `as_of`, whatever their order.

    Raises `Refused` (t_level_table_not_published, t_level_start_year_too_early, t_level_start_year_in_future,
    t_level_result_before_start, t_level_grade_not_on_scale, t_level_too_many_specialisms,
    t_level_specialisms_not_paired); ValueError when two of `results` have the same id.
    """
    if len({result.id for result in results}) != len(results):
        raise ValueError("each result may be given once")
    table = _table(rules, t_level, start_year, as_of)
    ordered = sorted(results, key=lambda result: (result.awarded_on, result.id))
    components = {component.id: component for component in t_level.components}
    set_aside = {result.id: reason for result in ordered if (reason := _set_aside(result, components, as_of))}
    known = [result for result in ordered if result.id not in set_aside]
    for result in known:
        _check(result, start_year, rules)
    best = _best_of_each(known, rules)
    chosen = {kind: [best[key] for key in sorted(best) if best[key].kind is kind] for kind in ComponentKind}
    core, placement = (next(iter(chosen[kind]), None) for kind in (ComponentKind.CORE, ComponentKind.PLACEMENT))
    specialisms = chosen[ComponentKind.SPECIALISM]
    _check_specialisms(specialisms, components, t_level)
    core_grade = None if core is None else core.grade
    alone = len(specialisms) == 1 and components[specialisms[0].component_id].paired
    specialism_grade = _specialism_grade([result.grade for result in specialisms], alone, rules)
    met = placement is not None and placement.grade in rules.placement_met
    found = _overall(core_grade, specialism_grade, met, table)
    used = {result.id: _used(result, rules) for result in best.values()}
    return TLevelResult(
        t_level_id=t_level.id,
        title=t_level.title,
        overall=found,
        document=rules.documents.get(found),
        ucas_points=rules.ucas_points.get((found, core_grade or "")),
        ucas_code=rules.ucas_codes[found],
        ucas_note=rules.ucas_notes.get(found, ""),
        core=None if core is None else used[core.id],
        specialisms=tuple(used[result.id] for result in specialisms),
        specialism_grade=specialism_grade,
        placement=None if placement is None else used[placement.id],
        start_year=start_year,
        table=TableUsed(table.id, table.title, rules.id, rules.version, table.sources),
        reasons=tuple(set_aside.get(result.id) or _reason(result, best, rules) for result in ordered),
        missing=() if found.is_award else tuple(_missing(t_level, core, specialisms, met, rules)),
        label=rules.label,
        as_of=as_of,
        provisional_until=_provisional_until([*chosen[ComponentKind.CORE], *specialisms], as_of, rules),
    )


def _table(rules: TLevelRules, t_level: TLevel, start_year: int, as_of: date) -> GradeTable:
    if t_level.table is None:
        _refuse_table(t_level, "no table of grades is published for it")
    if start_year < t_level.first_teaching_year:
        message = f"{t_level.title} was first taught in {t_level.first_teaching_year}: nobody began it in {start_year}."
        raise Refused("t_level_start_year_too_early", message)
    if start_year > as_of.year:
        message = f"Nobody had begun {t_level.title} in {start_year} on {_written(as_of)}."
        raise Refused("t_level_start_year_in_future", message)
    for table in rules.tables:
        if table.is_of(t_level.table, t_level.number) and table.holds_for(start_year):
            return table
    _refuse_table(t_level, f"no table of grades is published for those who began it in {start_year}")


def _refuse_table(t_level: TLevel, why: str) -> NoReturn:
    raise Refused("t_level_table_not_published", f"No overall result is worked out for {t_level.title}: {why}.")


def _set_aside(result: ComponentResult, components: Mapping[str, Component], as_of: date) -> ResultReason | None:
    """Why a result is not looked at on that day, if so."""
    component = components.get(result.component_id)
    if component is None or component.kind is not result.kind:
        sentence = f"{result.title} is not a component of this T Level that has a result of its own."
        return ResultReason(result.id, ResultCode.OTHER_COMPONENT, sentence)
    if result.awarded_on > as_of:
        sentence = f"{result.title} is dated {_written(result.awarded_on)}: on {_written(as_of)} it was not known yet."
        return ResultReason(result.id, ResultCode.NOT_YET_KNOWN, sentence)
    if result.withdrawn is not None and result.withdrawn <= as_of:
        sentence = f"{result.title} was withdrawn on {_written(result.withdrawn)}, so it does not count from that day."
        return ResultReason(result.id, ResultCode.WITHDRAWN, sentence)
    return None


def _scale(kind: ComponentKind, rules: TLevelRules) -> tuple[str, ...]:
    """What a result of this kind can be, the worst first; of a pending one nothing is known, so it is left out."""
    if kind is ComponentKind.PLACEMENT:
        return (*rules.placement_not_met, *rules.placement_met)
    grades = rules.core_grades if kind is ComponentKind.CORE else rules.specialism_grades
    return (Overall.NO_RESULT.value, Overall.UNCLASSIFIED.value, *grades)


def _check(result: ComponentResult, start_year: int, rules: TLevelRules) -> None:
    if result.awarded_on.year < start_year:
        message = (
            f"{result.title} is dated {_written(result.awarded_on)}, before the course that began in {start_year}."
        )
        raise Refused("t_level_result_before_start", message)
    scale = _scale(result.kind, rules)
    if result.kind is not ComponentKind.PLACEMENT:
        scale = (*scale, Overall.PENDING.value)
    if result.grade in scale:
        return
    # The value is not repeated: for a placement it could be a health reason typed into the wrong cell.
    shown = (MET, NOT_MET) if result.kind is ComponentKind.PLACEMENT else scale
    message = f"The grade of {result.title} is not on the scale of a T Level {result.kind}: {', '.join(shown)}."
    raise Refused("t_level_grade_not_on_scale", message)


def _best_of_each(known: Iterable[ComponentResult], rules: TLevelRules) -> dict[str, ComponentResult]:
    """Component id -> its result: a pending one if there is one, else the best; of equals the earliest."""
    best: dict[str, ComponentResult] = {}
    for result in known:
        current = best.get(result.component_id)
        if current is None or _rank(result, rules) > _rank(current, rules):
            best[result.component_id] = result
    return best


def _rank(result: ComponentResult, rules: TLevelRules) -> int:
    if result.kind is ComponentKind.PLACEMENT:
        return int(result.grade in rules.placement_met)
    scale = _scale(result.kind, rules)
    return len(scale) if result.grade == Overall.PENDING else scale.index(result.grade)


def _check_specialisms(
    specialisms: Sequence[ComponentResult], components: Mapping[str, Component], t_level: TLevel
) -> None:
    titles = " and ".join(result.title for result in specialisms)
    if len(specialisms) > 2:
        message = f"A T Level has one specialism or a pair; for {t_level.title} there are {len(specialisms)}: {titles}."
        raise Refused("t_level_too_many_specialisms", message)
    if len(specialisms) == 2 and not all(components[result.component_id].paired for result in specialisms):
        message = f"{titles} are not taken as a pair, so no overall result of {t_level.title} is worked out from both."
        raise Refused("t_level_specialisms_not_paired", message)


def _specialism_grade(grades: Sequence[str], alone: bool, rules: TLevelRules) -> str | None:
    """One grade or state of one specialism or a pair; None = still to come. `alone`: half of a pair."""
    for state in (Overall.PENDING, Overall.NO_RESULT):
        if state in grades:
            return state.value
    if not grades or alone:
        return None
    if Overall.UNCLASSIFIED in grades:
        return Overall.UNCLASSIFIED.value
    return grades[0] if len(grades) == 1 else rules.pairs[grades[0], grades[1]]


def _overall(core: str | None, specialism: str | None, met: bool, table: GradeTable) -> Overall:
    both = (core, specialism)
    if Overall.PENDING in both:
        return Overall.PENDING
    graded = [grade for grade in both if grade is not None and grade not in STATES]
    if met:
        return table.rows[graded[0], graded[1]] if len(graded) == 2 else Overall.PARTIAL
    if graded:
        return Overall.PARTIAL
    enough = both.count(Overall.UNCLASSIFIED) >= table.unclassified_needed
    return Overall.UNCLASSIFIED if enough else Overall.NO_RESULT


def _shown(result: ComponentResult, rules: TLevelRules) -> str:
    """The grade as it may be shown."""
    if result.kind is ComponentKind.PLACEMENT:
        return MET if result.grade in rules.placement_met else NOT_MET
    return result.grade


def _used(result: ComponentResult, rules: TLevelRules) -> ResultUsed:
    grade = _shown(result, rules)
    achieved = grade == MET if result.kind is ComponentKind.PLACEMENT else grade not in STATES
    return ResultUsed(result.id, result.component_id, result.title, grade, result.awarded_on, achieved)


def _reason(result: ComponentResult, best: Mapping[str, ComponentResult], rules: TLevelRules) -> ResultReason:
    instead = best[result.component_id]
    dated = f"attempt {result.attempt}, dated {_written(result.awarded_on)}"
    if instead.id == result.id:
        return ResultReason(result.id, ResultCode.USED, f"{result.title} is used: {_shown(result, rules)}, {dated}.")
    if instead.grade == Overall.PENDING:
        sentence = f"{result.title}, {dated}, waits: another result of it is pending, and that comes before all others."
        return ResultReason(result.id, ResultCode.RESULT_PENDING, sentence, instead.id)
    sentence = (
        f"{result.title}, {dated}, is not used: the result used is {_shown(instead, rules)}, attempt "
        f"{instead.attempt}, dated {_written(instead.awarded_on)}."
    )
    return ResultReason(result.id, ResultCode.ANOTHER_RESULT_USED, sentence, instead.id)


def _missing(
    t_level: TLevel,
    core: ComponentResult | None,
    specialisms: Sequence[ComponentResult],
    met: bool,
    rules: TLevelRules,
) -> Iterator[str]:
    """The same words for a component never sat and for one without a grade: whoever reads them is not told which."""
    parts = {component.id: component for component in t_level.components}
    without = (Overall.UNCLASSIFIED, Overall.NO_RESULT)
    sat = [one for one in ([core] if core else []) + list(specialisms) if one.grade not in without]
    yield from (f"Awaited: the result of {one.title}." for one in sat if one.grade == Overall.PENDING)
    if all(one.kind is not ComponentKind.CORE for one in sat):
        title = next((part.title for part in parts.values() if part.kind is ComponentKind.CORE), "the core")
        yield f"Still to come: a grade from {rules.core_grades[0]} to {rules.core_grades[-1]} in {title}."
    grades = f"a grade from {rules.specialism_grades[0]} to {rules.specialism_grades[-1]}"
    chosen = [one for one in sat if one.kind is ComponentKind.SPECIALISM]
    if not chosen:
        yield f"Still to come: {grades} in an occupational specialism."
    elif len(chosen) == 1 and parts[chosen[0].component_id].paired:
        yield f"Still to come: {grades} in the specialism that is taken together with {chosen[0].title}."
    if not met:
        yield "Still to come: the industry placement."


def _provisional_until(graded: Iterable[ComponentResult], as_of: date, rules: TLevelRules) -> date | None:
    """The day on which the last of the results that can be reviewed becomes final; None = they all are."""
    found: date | None = None
    for result in graded:
        final = date(result.awarded_on.year, *rules.final_from)
        published = date(result.awarded_on.year, *rules.results_from)
        if published <= result.awarded_on < final and as_of < final:
            found = final if found is None else max(found, final)
    return found


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
