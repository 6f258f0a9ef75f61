"""What a profile says of a learner: credits by level, evidence of KSBs, awards, progress; at one institution."""

import pytest

from app.database import transaction
from app.errors import NotFound
from app.stacking import service as stacking
from app.stacking.profile import LearnerProfile, LevelCredits
from app.wiring import now
from tests.integration.conftest import Installation
from tests.integration.stacking.classroom import award, issue_units, withdraw


async def profile(installation: Installation, learner_id: object) -> LearnerProfile:
    async with transaction(installation.wiring.engine) as conn:
        institution_id = installation.issuer.institution.id
        return await stacking.profile(conn, institution_id, learner_id, now())  # type: ignore[arg-type]


async def test_a_profile_counts_each_unit_once_and_names_its_evidence(installation: Installation) -> None:
    units = await issue_units(installation, "PMDPMDPU")
    learner_id = units["1"].learner_id
    await installation.issue_one(qualification="610/5799/X", component="ZTLOS091", grade="Merit")
    assert await award(installation, learner_id) == 1
    found = await profile(installation, learner_id)

    assert (found.learner_name, found.institution_name) == ("Anna Müller-O’Neill", "Northgate College (test)")
    # Seven units passed; the award adds nothing to its parts, and a T Level carries no credit.
    assert found.credits_by_level == (LevelCredits(4, 105),)
    assert len(found.credentials) == 10
    assert [(entry.title, entry.credits, entry.grade) for entry in found.awards] == [
        ("Completed: Pearson BTEC Level 4 HNC in Computing (2022)", 120, "Merit")
    ]
    evidence = {ksb.ksb_id: {entry.credential_id for entry in ksb.evidence} for ksb in found.ksbs}
    assert evidence == {
        "OCC0116@1.1:S1": {units["1"].id},
        "OCC0116@1.1:K10": {units["4"].id},
        "OCC0127@1.2:K8": {units["2"].id},
        "OCC0127@1.2:K10": {units["2"].id},
        "OCC0127@1.2:K11": {units["2"].id},
        "OCC0127@1.2:K19": {units["5"].id},
    }
    assert not any(ksb.verified for ksb in found.ksbs)
    begun = {each.pack.id: each.progress for each in found.progress}
    assert (begun["hnc-computing-2022"].complete, begun["hnc-computing-2022"].grade) == (True, "Merit")
    # The same units are the whole of level 4 of the HND.
    assert (begun["hnd-computing-network-2022"].complete, begun["hnd-computing-network-2022"].credits_counted) == (
        False,
        120,
    )
    assert [(each.standard.label, each.sentence, each.basis) for each in found.occupations] == [
        ("OCC0127, version 1.2", "4 of 13 statements on record here evidenced so far", "4 by a proposed mapping"),
        ("OCC0116, version 1.1", "2 of 24 statements on record here evidenced so far", "2 by a proposed mapping"),
    ]


async def test_what_was_withdrawn_is_shown_as_withdrawn_and_counts_for_nothing(installation: Installation) -> None:
    units = await issue_units(installation, "PPPPPPPP")
    await withdraw(installation, units["1"].id, "malpractice")
    found = await profile(installation, units["1"].learner_id)
    assert found.credits_by_level == (LevelCredits(4, 105),)
    assert "OCC0116@1.1:S1" not in {ksb.ksb_id for ksb in found.ksbs}
    (gone,) = [entry for entry in found.credentials if not entry.in_force]
    assert (gone.id, gone.withdrawn_reason) == (units["1"].id, "malpractice")
    [begun] = [each.progress for each in found.progress if each.pack.id == "hnc-computing-2022"]
    assert (begun.complete, begun.credits_counted) == (False, 105)


async def test_a_profile_belongs_to_one_institution(installation: Installation) -> None:
    credential = await installation.issue_one()
    async with transaction(installation.wiring.engine) as conn:
        with pytest.raises(NotFound) as refused:
            await stacking.profile(conn, installation.other.institution.id, credential.learner_id, now())
    assert refused.value.code == "learner_unknown"
