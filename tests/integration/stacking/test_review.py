"""Where an institution wants it so, nothing follows by itself when a part is withdrawn: the award that names it is
flagged, people decide, and verifiers are told."""

import pytest

from app.credentials import service as credentials
from app.credentials.model import Credential
from app.database import transaction
from app.errors import NotFound, Refused
from app.stacking import service as stacking
from app.stacking.evaluation import Evaluation, ReasonCode
from app.wiring import now
from tests.integration.conftest import Installation
from tests.integration.stacking.classroom import award, awards, choose_policy, issue_units, withdraw


async def awarded(installation: Installation, grades: str) -> tuple[dict[str, Credential], Credential]:
    units = await issue_units(installation, grades)
    assert await award(installation, units["1"].learner_id) == 1
    (made,) = await awards(installation)
    return units, made


async def reconsidered(installation: Installation, made: Credential) -> Evaluation:
    async with transaction(installation.wiring.engine) as conn:
        return await stacking.reconsider(conn, installation.issuer.institution.id, made.id, now().date())


async def verdict(installation: Installation, credential: Credential) -> dict[str, object]:
    answer = await installation.client.get(f"/verify/{credential.id}", headers={"Accept": "application/json"})
    found: dict[str, object] = answer.json()
    return found


async def page(installation: Installation, credential: Credential) -> str:
    answer = await installation.client.get(f"/verify/{credential.id}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return answer.text


async def test_withdrawing_a_part_flags_the_award_and_withdraws_nothing_by_itself(installation: Installation) -> None:
    units, made = await awarded(installation, "PPPPPPPP")
    await choose_policy(installation, "review")
    assert (await reconsidered(installation, made)).complete
    await withdraw(installation, units["1"].id, "malpractice")
    await installation.work()

    async with transaction(installation.wiring.engine) as conn:
        flagged = await credentials.get(conn, installation.issuer.institution.id, made.id)
    assert flagged.review_reason == f"urn:uuid:{units['1'].id} was withdrawn: malpractice"
    assert flagged.revoked_at is None

    progress = await reconsidered(installation, made)
    assert not progress.complete
    assert (progress.credits_counted, progress.grade) == (105, None)
    reason = next(reason for reason in progress.reasons if reason.credential_id == units["1"].id)
    assert reason.code is ReasonCode.REVOKED
    assert reason.sentence == "Programming was withdrawn, so it does not count."
    assert progress.missing == ("Still to earn: Programming, 15 credits of Core units.",)

    part, whole = await verdict(installation, units["1"]), await verdict(installation, made)
    assert (part["verdict"], part["anchor"], "underReview" in part) == ("was valid", "anchored", False)
    # People decide about the award; what it says is no longer so, whoever looks.
    assert (whole["verdict"], whole["anchor"], whole["underReview"]) == ("was valid", "anchored", True)
    assert "Genuine, but withdrawn" in await page(installation, units["1"])
    shown = await page(installation, made)
    assert "Under review." in shown
    assert f"/verify/{units['1'].id}" in shown


async def test_only_awards_that_name_the_part_are_flagged(installation: Installation) -> None:
    _, made = await awarded(installation, "PPPPPPPP")
    alone = await installation.issue_one(uln="5000000039", learner_name="Seán Ó Briain", email="sean@example.org")
    await withdraw(installation, alone.id)
    await installation.work()
    async with transaction(installation.wiring.engine) as conn:
        untouched = await credentials.get(conn, installation.issuer.institution.id, made.id)
        assert await credentials.review_dependents(conn, made.id) == []
    assert untouched.review_reason is None


async def test_after_a_correction_the_old_award_is_withdrawn_by_people_and_a_new_one_made(
    installation: Installation,
) -> None:
    units, made = await awarded(installation, "PPPPPPPP")
    learner_id = units["1"].learner_id
    await withdraw(installation, units["1"].id, "grade changed")
    await installation.issue_one(component="1", grade="Distinction")
    # The sum is whole again, but an award in force is never issued a second time.
    assert (await reconsidered(installation, made)).complete
    assert await award(installation, learner_id) == 0
    await withdraw(installation, made.id, "a part of it was withdrawn")
    assert await award(installation, learner_id) == 1
    old, new = sorted(await awards(installation), key=lambda found: found.revoked_at is None)
    assert (old.id, new.revoked_at) == (made.id, None)
    assert (await verdict(installation, old))["verdict"] == "was valid"
    assert (await verdict(installation, new))["verdict"] == "valid"


async def test_what_cannot_be_reconsidered_is_said(installation: Installation) -> None:
    units, made = await awarded(installation, "PPPPPPPP")
    async with transaction(installation.wiring.engine) as conn:
        with pytest.raises(Refused) as refused:
            await stacking.reconsider(conn, installation.issuer.institution.id, units["1"].id, now().date())
        assert refused.value.code == "not_an_award"
        with pytest.raises(NotFound) as missing:
            await stacking.reconsider(conn, installation.other.institution.id, made.id, now().date())
        assert missing.value.code == "credential_unknown"
