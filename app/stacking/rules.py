"""Running a rule pack: a pure function of the pack, the credentials held and the day asked about.

The steps, in this order: refuse what can never count (`options`); choose what counts where (`choosing`); say why
(`explaining`).
"""

from collections.abc import Sequence
from datetime import date

from app.stacking.choosing import Choice, band, choose
from app.stacking.evaluation import Evaluation
from app.stacking.explaining import explain, group_progress, missing, newest_day, requirements
from app.stacking.held import HeldCredential, Standing
from app.stacking.options import admit
from app.stacking.pack import UNGRADED, RulePack
from app.stacking.sums import rules_of


def evaluate(pack: RulePack, held: Sequence[HeldCredential], as_of: date) -> Evaluation:
    """Where a learner is under `pack` on a day, with one reason for each of `held`, whatever their order.

    Never raises for what a credential says. Raises `Refused("pack_too_wide")` for a pack that leaves too many ways to
    be worked out in bounded time; ValueError when two of `held` have the same id.
    """
    if len({credential.id for credential in held}) != len(held):
        raise ValueError("each credential may be given once")
    ordered = sorted(held, key=lambda credential: (credential.awarded_on, credential.id))
    admitted = admit(ordered, pack, as_of)
    choice = choose(admitted, pack, as_of)
    rules = rules_of(pack, as_of)
    reasons = admitted.refused | explain(admitted, choice, rules, pack)
    in_force = [each for each in ordered if each.awarded_on <= as_of and each.standing_on(as_of) is Standing.IN_FORCE]
    found = tuple(requirements(in_force, admitted, choice, rules, pack))
    groups = tuple(group_progress(choice, pack))
    complete = choice.complete and all(each.is_met for each in found)
    points = sum(pick.option.points for pick in choice.picks)
    return Evaluation(
        pack_id=pack.id,
        pack_version=pack.version,
        as_of=as_of,
        complete=complete,
        grade=_grade(pack, points) if complete else None,
        awarded_on=newest_day(choice),
        credits_counted=_credits(choice),
        credits_passed=_passed(choice),
        credits_needed=pack.total_credits,
        credits_passed_needed=pack.credits_to_pass,
        points=points,
        groups=groups,
        requirements=found,
        reasons=tuple(reasons[credential.id] for credential in ordered),
        missing=() if complete else tuple(missing(groups, found, choice, pack)),
    )


def _credits(choice: Choice) -> int:
    brought = choice.block.rule.credits if choice.block else 0
    return brought + sum(pick.option.unit.credits for pick in choice.picks)


def _passed(choice: Choice) -> int:
    block = choice.block
    brought = block.rule.passed if block else 0
    return brought + sum(pick.option.passed for pick in choice.picks)


def _grade(pack: RulePack, points: int) -> str | None:
    if not pack.bands:
        return UNGRADED
    reached = band(pack, points)
    return pack.bands[reached - 1].grade if reached else None
