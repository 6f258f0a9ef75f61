"""Complete stacks on which a person decides: approved once, returned with a comment, never out of date."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.credentials import service as credentials
from app.credentials.model import Changes
from app.database import transaction
from app.errors import AppError
from app.stacking import approving, awarding, packs, sign_off, store
from app.stacking.notices import EventKind
from app.stacking.sign_off import Candidate, CandidateState
from app.wiring import now
from tests.integration.conftest import Installation
from tests.integration.credentials.test_correcting import correct, faults
from tests.integration.stacking.classroom import award, awards, issue_units, withdraw
from tests.integration.stacking.test_cascade import HND, LEVEL_5, approve_for, told

DEGREE = "bsc-computing-topup"


async def choose(installation: Installation, who: str, pack_id: str | None = None) -> None:
    async with transaction(installation.wiring.engine) as conn:
        await sign_off.choose(conn, installation.issuer.institution.id, who, pack_id)


async def awaiting(installation: Installation) -> tuple[Candidate, ...]:
    async with transaction(installation.wiring.engine) as conn:
        return await sign_off.awaiting(conn, installation.issuer.institution.id)


async def approve(installation: Installation, candidate_id: UUID, actor: str = "R. Okafor", **said: Any) -> Candidate:
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        given = {"actor": actor, "now": now(), **said}
        return await approving.approve(conn, issuer, installation.wiring.canonical, candidate_id, **given)


async def give_back(
    installation: Installation, candidate_id: UUID, comment: str, actor: str = "R. Okafor"
) -> Candidate:
    async with transaction(installation.wiring.engine) as conn:
        institution_id = installation.issuer.institution.id
        return await sign_off.give_back(conn, institution_id, candidate_id, actor=actor, comment=comment, now=now())


async def code_of(work: Any) -> str:
    with pytest.raises(AppError) as refused:
        await work
    return refused.value.code


async def queued(installation: Installation, grades: str) -> tuple[Candidate, dict[str, Any]]:
    """A complete HNC that waits for a decision."""
    await choose(installation, "owner")
    units = await issue_units(installation, grades)
    assert await award(installation, units["1"].learner_id) == 0
    (one,) = await awaiting(installation)
    return one, units


async def test_a_complete_stack_waits_and_is_awarded_when_a_person_approves_it(installation: Installation) -> None:
    one, units = await queued(installation, "MMMMPPPP")
    assert (one.pack_id, one.grade, one.learner_id) == ("hnc-computing-2022", "Merit", units["1"].learner_id)
    assert await award(installation, units["1"].learner_id) == 0
    assert await awaiting(installation) == (one,)
    assert await awards(installation) == []
    done = await approve(installation, one.id, comment="Seen at the board.")
    (made,) = await awards(installation)
    assert (done.state, done.decided_by, done.comment) == (
        CandidateState.APPROVED,
        "R. Okafor",
        "Seen at the board.",
    )
    assert (done.award_id, made.grade) == (made.id, "Merit")
    assert await awaiting(installation) == ()
    assert await code_of(approve(installation, one.id)) == "already_decided"
    await installation.work()
    assert len(await awards(installation)) == 1
    assert await faults(installation) == []


async def test_the_owner_of_a_rule_set_decides_whatever_the_institution_wants(installation: Installation) -> None:
    assert await code_of(choose(installation, "automatic", DEGREE)) == "sign_off_required"
    assert await code_of(choose(installation, "perhaps")) == "policy_unknown"
    assert await code_of(choose(installation, "owner", "no-such-pack")) == "rule_pack_unknown"
    await choose(installation, "automatic")
    async with transaction(installation.wiring.engine) as conn:
        needed = await sign_off.needed_for(conn, installation.issuer.institution.id)
    assert DEGREE in needed
    assert "hnc-computing-2022" not in needed


async def test_an_institution_may_want_it_for_all_but_some(installation: Installation) -> None:
    await choose(installation, "owner")
    await choose(installation, "automatic", "hnc-computing-2022")
    units = await issue_units(installation, "PPPPPPPP")
    assert await award(installation, units["1"].learner_id) == 1
    assert await awaiting(installation) == ()


async def test_a_returned_stack_comes_again_when_something_in_it_changes_and_not_before(
    installation: Installation,
) -> None:
    one, units = await queued(installation, "PPPPPPPP")
    assert await code_of(give_back(installation, one.id, " ")) == "comment_missing"
    done = await give_back(installation, one.id, "The Programming mark is being checked.")
    assert (done.state, done.decided_by) == (CandidateState.RETURNED, "R. Okafor")
    await award(installation, units["1"].learner_id)
    assert await awaiting(installation) == ()
    assert await code_of(approve(installation, one.id)) == "already_decided"
    await correct(installation, units["1"].id, changes=Changes(grade="Merit"))
    await installation.work()
    (again,) = await awaiting(installation)
    assert again.id != one.id
    await approve(installation, again.id)
    assert len(await awards(installation)) == 1


async def test_what_changed_after_it_was_looked_at_is_not_approved_unseen(installation: Installation) -> None:
    one, units = await queued(installation, "MMMMPPPP")
    await correct(installation, units["1"].id, changes=Changes(grade="Pass"))
    assert await code_of(approve(installation, one.id)) == "stack_changed"
    await installation.work()
    (again,) = await awaiting(installation)
    assert (again.id != one.id, again.grade) == (True, "Pass")
    await withdraw(installation, units["1"].id, "malpractice")
    assert await code_of(approve(installation, again.id)) == "stack_changed"
    await installation.work()
    assert await awaiting(installation) == ()
    assert await awards(installation) == []


async def test_two_people_who_approve_at_once_make_one_award(installation: Installation) -> None:
    one, _ = await queued(installation, "PPPPPPPP")
    done = await asyncio.gather(
        *(approve(installation, one.id, name) for name in ("A", "B", "C")), return_exceptions=True
    )
    assert sorted(getattr(each, "code", "approved") for each in done) == [
        "already_decided",
        "already_decided",
        "approved",
    ]
    assert len(await awards(installation)) == 1


async def test_a_part_withdrawn_while_it_is_being_approved_does_not_slip_through(installation: Installation) -> None:
    one, units = await queued(installation, "PPPPPPPP")
    await asyncio.gather(approve(installation, one.id), withdraw(installation, units["1"].id), return_exceptions=True)
    await installation.work()
    assert [each for each in await awards(installation) if each.revoked_at is None] == []
    assert await awaiting(installation) == ()
    assert await faults(installation) == []


@pytest.mark.parametrize("actor", ["", " ", "A\u202eB", "x" * 201])
async def test_nobody_decides_without_a_name(installation: Installation, actor: str) -> None:
    one, _ = await queued(installation, "PPPPPPPP")
    assert await code_of(approve(installation, one.id, actor)) == "actor_missing"
    assert await code_of(give_back(installation, one.id, "No.", actor)) == "actor_missing"
    assert await awards(installation) == []
    assert await code_of(approve(installation, uuid4())) == "candidate_unknown"


async def test_an_approved_award_that_would_be_another_one_waits_for_a_person_again(installation: Installation) -> None:
    one, units = await queued(installation, "MMMMPPPP")
    await approve(installation, one.id)
    await correct(installation, units["1"].id, changes=Changes(grade="Pass"))
    await installation.work()
    (made,) = await awards(installation)
    assert made.revoked_at is not None
    (again,) = await awaiting(installation)
    assert again.grade == "Pass"
    (event,) = await told(installation)
    assert event.kind is EventKind.WITHDRAWN
    assert event.sentence.endswith("a person decides whether it is made again.")


async def test_an_award_brought_forward_takes_up_what_was_built_on_it(installation: Installation) -> None:
    """The unit goes, then the HNC, then the HND that names it."""
    await approve_for(installation, HND)
    units = await issue_units(installation, "PPPPPPPP")
    learner_id = units["1"].learner_id
    assert await award(installation, learner_id) == 1
    (hnc,) = await awards(installation)
    due_to = hnc.learner_id
    assert due_to is not None
    for code in LEVEL_5:
        await installation.issue_one(qualification=HND, component=code, grade="Merit")
    # The units of the HNC are here too and would be counted one by one: looked at without them.
    async with transaction(installation.wiring.engine) as conn:
        await store.lock_awards(conn, hnc.institution_id)
        found = await awarding.look_at(conn, installation.issuer, [due_to], now())
        (due,) = found.earned
        held = await credentials.held_by(conn, hnc.institution_id, due.learner.id)
        every = (await awarding.known_of(conn, held)).seen(held)
        seen = [one for one in every if one.unit_id is None or one.level == 5]
        rules = next(each for each in packs.published_packs() if each.pack.id == "hnd-computing-network-2022")
        built = awarding.complete(due.learner, rules, seen, now().date())
        assert built is not None
        assert hnc.id in built.progress.counted
        await awarding.issue(conn, installation.issuer, installation.wiring.canonical, [built], now())
    await withdraw(installation, units["1"].id, "malpractice")
    await installation.work()
    gone = {one.qualification_id: one.reason_given for one in await awards(installation)}
    assert gone == {
        "hnc-computing": "Programming, one of its parts, was withdrawn",
        HND: "Pearson BTEC Level 4 HNC in Computing (2022), one of its parts, was withdrawn",
    }
    assert [event.kind for event in await told(installation)] == [EventKind.WITHDRAWN, EventKind.WITHDRAWN]
    assert await faults(installation) == []
