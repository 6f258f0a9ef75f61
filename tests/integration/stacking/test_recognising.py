"""Recognised prior learning: a credential that says what it is, the lowest pass, the caps of the rule sets."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.credentials import service as credentials
from app.credentials.model import Changes, Credential
from app.database import transaction
from app.errors import AppError
from app.stacking import awarding, packs, recognising
from app.stacking import service as stacking
from app.stacking.held import Origin
from app.wiring import now
from tests.integration.conftest import Installation
from tests.integration.credentials.test_correcting import correct, faults
from tests.integration.stacking.classroom import UNITS, award, awards, withdraw
from tests.integration.stacking.test_cascade import HND, JSON, approve_for
from tests.integration.stacking.test_transfers import agree, link, split

CLAIM = {"evidence": "Portfolio 2026/117", "assessor": "Dr Ada Ncube", "grade": "Distinction"}


async def recognise(installation: Installation, learner_id: UUID | None, unit_id: str, **changes: Any) -> Credential:
    wanted = {**CLAIM, "decided_on": date(2026, 9, 1), "now": now(), **changes}
    assert learner_id is not None
    async with transaction(installation.wiring.engine) as conn:
        issuer = await installation.wiring.issuer(conn, installation.issuer.institution.id)
        canonical = installation.wiring.canonical
        return await recognising.recognise(conn, issuer, canonical, learner_id, unit_id, **wanted)


async def all_but_the_last(installation: Installation) -> UUID:
    for unit in UNITS[:-1]:
        made = await installation.issue_one(component=unit, grade="Merit")
    assert made.learner_id is not None
    return made.learner_id


async def test_prior_learning_completes_an_award_and_says_what_it_is(installation: Installation) -> None:
    learner_id = await all_but_the_last(installation)
    claimed = await recognise(installation, learner_id, "hnc-computing-u13")
    assert claimed.grade == "Pass"
    await installation.work()
    [made] = await awards(installation)
    whole = (await installation.client.get(f"/verify/{made.id}", headers=JSON)).json()
    assert whole["verdict"] == "valid"
    assert [one["sentence"] for one in whole["additions"] if claimed.uri == one["credential"]] == [
        "Website Design & Development counts: 15 credits at Pass, recognised as prior learning."
    ]
    answer = await installation.client.get(f"/credentials/{claimed.id}", headers=JSON)
    achievement = answer.json()["credentialSubject"]["achievement"]
    assert achievement["achievementType"] == "ext:RecognisedPriorLearning"
    assert achievement["criteria"]["narrative"].startswith("Recognised as prior learning")
    for private in CLAIM.values():
        assert private not in answer.text.replace('"Pass","Merit","Distinction"', "")
    report = (await installation.client.get(f"/verify/{claimed.id}", headers=JSON)).json()
    assert report["verdict"] == "valid"
    async with transaction(installation.wiring.engine) as conn:
        (kept,) = await recognising.recognitions(conn, installation.issuer.institution.id)
        held = await credentials.held_by(conn, installation.issuer.institution.id, learner_id)
        seen = (await awarding.known_of(conn, held)).seen(held)
    assert (kept.credential_id, kept.evidence, kept.assessor, kept.claimed_grade) == (claimed.id, *CLAIM.values())
    assert [one.id for one in seen if one.origin is Origin.RECOGNISED] == [claimed.id]
    await withdraw(installation, claimed.id)
    await installation.work()
    assert [one for one in await awards(installation) if one.revoked_at is None] == []
    assert await faults(installation) == []


async def test_more_than_the_rule_set_takes_does_not_count(installation: Installation) -> None:
    """Of the 240 credits of the HND at most 120 may be prior learning."""
    await approve_for(installation, HND)
    learner_id = await all_but_the_last(installation)
    async with transaction(installation.wiring.engine) as conn:
        pack = packs.find_pack("hnd-computing-network-2022")
        issued = await credentials.held_by(conn, installation.issuer.institution.id, learner_id)
    for each in issued:
        await withdraw(installation, each.id, "other")
    for unit in ("01", "02", "03", "04", "05", "06", "07", "13"):
        await recognise(installation, learner_id, f"hnc-computing-u{unit}")
    await recognise(installation, learner_id, f"{HND}-u16")
    async with transaction(installation.wiring.engine) as conn:
        found = await stacking.progress(conn, installation.issuer.institution.id, learner_id, pack, now().date())
    assert found.credits_counted == 120
    limit = next(each for each in found.requirements if each.id == "recognised")
    assert (limit.reached, limit.needed) == (120, 120)


async def test_what_another_institution_recognised_is_not_transferred(installation: Installation) -> None:
    anna = await split(installation, 5, "PPPPPPPP")
    await agree(installation)
    async with transaction(installation.wiring.engine) as conn:
        (gone, *_) = await credentials.list_issued(conn, installation.other.institution.id)
        await credentials.revoke(conn, installation.other, gone.id, reason="other", now=now())
        assert gone.unit_id is not None
        wanted = {**CLAIM, "decided_on": date(2026, 9, 1), "now": now()}
        canonical = installation.wiring.canonical
        await recognising.recognise(conn, installation.other, canonical, anna.there, gone.unit_id, **wanted)
    await link(installation, anna)
    await installation.work()
    assert await awards(installation) == []
    assert await award(installation, anna.here) == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"evidence": " "}, "evidence_missing"),
        ({"evidence": "x" * 201}, "evidence_missing"),
        ({"assessor": ""}, "assessor_missing"),
        ({"assessor": "A\u202eB"}, "assessor_missing"),
        ({"grade": "Unclassified"}, "grade_not_passing"),
        ({"grade": "Splendid"}, "grade_not_passing"),
        ({"decided_on": date(2999, 1, 1)}, "award_date_future"),
        ({"decided_on": date(2019, 1, 1)}, "not_accredited"),
    ],
)
async def test_a_claim_that_cannot_be_recognised_is_refused(
    installation: Installation, changes: dict[str, Any], code: str
) -> None:
    learner_id = await all_but_the_last(installation)
    with pytest.raises(AppError) as refused:
        await recognise(installation, learner_id, "hnc-computing-u13", **changes)
    assert refused.value.code == code


async def test_a_correction_is_no_way_around_the_cap(installation: Installation) -> None:
    learner_id = await all_but_the_last(installation)
    claimed = await recognise(installation, learner_id, "hnc-computing-u13")
    with pytest.raises(AppError) as refused:
        await correct(installation, claimed.id, changes=Changes(grade="Distinction"))
    assert refused.value.code == "grade_capped"


async def test_nobody_is_recognised_twice_or_at_another_institution(installation: Installation) -> None:
    learner_id = await all_but_the_last(installation)
    await recognise(installation, learner_id, "hnc-computing-u13")
    for whom, unit, code in (
        (learner_id, "hnc-computing-u13", "award_duplicate"),
        (learner_id, "no-such-unit", "unit_unknown"),
        (uuid4(), "hnc-computing-u13", "learner_unknown"),
    ):
        with pytest.raises(AppError) as refused:
            await recognise(installation, whom, unit)
        assert refused.value.code == code
