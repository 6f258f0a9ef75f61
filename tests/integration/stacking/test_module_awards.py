"""Modules of a course, issued as awards: for whom the institution is approved, and nothing is used up by them."""

from datetime import date

from app.credentials.model import Changes
from app.stacking.notices import EventKind
from tests.integration.conftest import Installation
from tests.integration.credentials.test_correcting import correct, faults
from tests.integration.stacking.classroom import award, awards, issue_units, withdraw
from tests.integration.stacking.test_cascade import HND, JSON, LEVEL_5, approve_for, named, told

MODULE = "mc-networking-security"
# The rule sets of the modules are for what is earned from September 2026.
AUTUMN = date(2026, 9, 28)


async def test_a_module_is_issued_with_its_parent_course_named(installation: Installation) -> None:
    await approve_for(installation, HND)
    networking = await installation.issue_one(qualification=HND, component="2", grade="Merit", awarded_on=AUTUMN)
    assert await award(installation, networking.learner_id) == 0  # type: ignore[arg-type]
    security = await installation.issue_one(qualification=HND, component="5", grade="Pass", awarded_on=AUTUMN)
    await installation.work()
    (made,) = await awards(installation)
    assert (made.qualification_id, made.grade) == (MODULE, "Achieved")
    document = (await installation.client.get(f"/credentials/{made.id}", headers=JSON)).json()
    achievement = document["credentialSubject"]["achievement"]
    assert achievement["name"] == "Completed: Networking and Security (30 credits, level 4)"
    assert (
        "a part of Pearson BTEC Level 5 HND in Computing for England (Network Engineering)"
        in (achievement["description"])
    )
    assert (achievement["achievementType"], achievement["creditsAvailable"]) == ("MicroCredential", 30)
    assert {f"urn:uuid:{networking.id}", f"urn:uuid:{security.id}"} < await named(installation.client, made.id)
    report = (await installation.client.get(f"/verify/{made.id}", headers=JSON)).json()
    assert report["verdict"] == "valid"
    page = await installation.client.get(f"/verify/{made.id}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    address = f"/catalogue/qualifications/{MODULE}"
    assert (await installation.client.get(address, headers=JSON)).json()["kind"] == "module"
    assert (await installation.client.get(address, headers={"Accept": "text/html"})).status_code == 200
    assert await faults(installation) == []


async def test_approval_for_the_parent_course_decides(installation: Installation) -> None:
    """The units are those of the HNC, for which it is approved; the module belongs to the HND, for which it is not."""
    units = await issue_units(installation, "PPPPPPPP", AUTUMN)
    await installation.work()
    assert [one.qualification_id for one in await awards(installation)] == ["hnc-computing"]
    await approve_for(installation, HND)
    assert await award(installation, units["1"].learner_id) == 3
    assert {one.qualification_id for one in await awards(installation)} == {
        "hnc-computing",
        MODULE,
        "mc-professional-project",
        "mc-programming-database",
    }


async def test_a_unit_that_was_not_passed_makes_no_module(installation: Installation) -> None:
    await approve_for(installation, HND)
    networking = await installation.issue_one(qualification=HND, component="2", grade="Merit", awarded_on=AUTUMN)
    await installation.issue_one(qualification=HND, component="5", grade="Unclassified", awarded_on=AUTUMN)
    assert await award(installation, networking.learner_id) == 0  # type: ignore[arg-type]


async def test_modules_use_up_nothing_and_follow_their_units(installation: Installation) -> None:
    await approve_for(installation, HND)
    units = await issue_units(installation, "PPPPPPPP", AUTUMN)
    for code in LEVEL_5:
        await installation.issue_one(qualification=HND, component=code, grade="Merit", awarded_on=AUTUMN)
    await installation.work()
    made = {one.qualification_id: one for one in await awards(installation)}
    assert made.keys() == {
        "hnc-computing",
        HND,
        MODULE,
        "mc-cloud-netsec",
        "mc-professional-project",
        "mc-programming-database",
    }
    await correct(installation, units["5"].id, changes=Changes(grade="Distinction"))
    await withdraw(installation, units["1"].id)
    await installation.work()
    standing = {one.qualification_id: (one.edition, one.reason_given) for one in await awards(installation)}
    lost = "Programming, one of its parts, was withdrawn"
    assert standing[MODULE] == (2, None)
    assert standing["mc-cloud-netsec"] == (1, None)
    assert standing["mc-professional-project"] == (1, None)
    assert {standing[each][1] for each in ("mc-programming-database", "hnc-computing", HND)} == {lost}
    kinds = {event.award_id: event.kind for event in await told(installation) if event.kind is EventKind.WITHDRAWN}
    assert kinds.keys() == {made[each].id for each in ("mc-programming-database", "hnc-computing", HND)}
    assert await faults(installation) == []


async def test_units_from_before_there_were_modules_make_none(installation: Installation) -> None:
    await approve_for(installation, HND)
    units = await issue_units(installation, "PPPPPPPP")
    await installation.work()
    assert units["1"].awarded_on < AUTUMN
    assert [one.qualification_id for one in await awards(installation)] == ["hnc-computing"]
