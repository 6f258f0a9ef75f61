"""Stacked awards on real parts: who gets one, what it names, and that there is never a second."""

import asyncio
import hashlib
from base64 import b64encode

import httpx
import pytest
from sqlalchemy import text

from app.credentials import service as credentials
from app.credentials.model import CredentialKind
from app.database import transaction
from app.stacking import packs
from app.stacking import service as stacking
from app.wiring import now
from tests.integration.conftest import PUBLIC_URL, Installation
from tests.integration.stacking.classroom import award, awards, held, issue_units, results, take_in, uln, withdraw

PACK = "/rules/hnc-computing-2022/2"


async def served(client: httpx.AsyncClient, path: str) -> httpx.Response:
    answer = await client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return answer


def sri(data: bytes) -> str:
    return "sha384-" + b64encode(hashlib.sha384(data).digest()).decode()


async def test_eight_units_make_one_award_that_names_its_parts(installation: Installation) -> None:
    await take_in(installation, results(1, "PPPPMMDD"))
    await installation.work()
    (made,) = await awards(installation)
    units = await held(installation, CredentialKind.UNIT)
    assert len(units) == 8

    document = (await served(installation.client, f"/credentials/{made.id}")).json()
    named = {part["id"]: part["digestSRI"] for part in document["relatedResource"]}
    expected = {}
    for unit in units:
        expected[f"urn:uuid:{unit.id}"] = sri((await served(installation.client, f"/credentials/{unit.id}")).content)
    rules = (await served(installation.client, PACK)).content
    assert rules == packs.pack_bytes("hnc-computing-2022", 2)
    assert named == {**expected, PUBLIC_URL + PACK: sri(rules)}
    [told] = document["evidence"]
    assert told["name"] == "How the parts add up"
    assert sorted(told["narrative"].splitlines()) == sorted(
        f"{title} counts: 15 credits at {grade}."
        for title, grade in zip(
            (
                "Programming",
                "Networking",
                "Professional Practice",
                "Database Design & Development",
                "Security",
                "Planning a Computing Project (Pearson-set)",
                "Software Development Lifecycles",
                "Website Design & Development",
            ),
            ("Pass", "Pass", "Pass", "Pass", "Merit", "Merit", "Distinction", "Distinction"),
            strict=True,
        )
    )

    # 15 credits a unit: four at 4 points, two at 6, two at 8; Merit begins at 600.
    assert 15 * (4 * 4 + 2 * 6 + 2 * 8) == 660
    assert made.grade == "Merit"
    assert document["credentialSubject"]["creditsEarned"] == 120
    assert made.awarded_on == max(unit.awarded_on for unit in units)

    report = (await served(installation.client, f"/verify/{made.id}")).json()
    assert (report["verdict"], report["anchor"]) == ("valid", "anchored")

    # A result that the rules do not count: the worker looks again, and nothing comes of it.
    t_level = f"Learner Sample,{uln(1)},learner1@example.org,610/5799/X,ZTLOS091,Merit,2026-06-26\n"
    await take_in(installation, t_level)
    await installation.work()
    assert await awards(installation) == [made]
    assert len(await held(installation, CredentialKind.UNIT)) == 9


OUTCOMES = [
    ("PPPPPPPP", "Pass"),
    ("PPPPPPPU", "Pass"),
    ("MMMPPPPP", "Pass"),
    ("MMMMPPPP", "Merit"),
    ("UDDDDDDD", "Distinction"),
    ("DDDDDDDD", "Distinction"),
    ("MMDDDDDD", "Distinction"),
    ("MDDDDDDU", "Merit"),
    ("PPPPPPUU", None),
    ("DDDDDDUU", None),
    ("DDDDDDD ", None),
]


async def test_the_grade_follows_from_the_points_and_105_credits_must_be_passed(installation: Installation) -> None:
    await take_in(installation, "".join(results(place, grades) for place, (grades, _) in enumerate(OUTCOMES)))
    await installation.work()
    made = {credential.learner_id: credential.grade for credential in await awards(installation)}
    learners = await learner_ids(installation)
    got = [(grades, made.get(learners[uln(place)])) for place, (grades, _) in enumerate(OUTCOMES)]
    assert got == OUTCOMES


async def test_a_unit_not_passed_counts_as_attempted_and_not_as_earned(installation: Installation) -> None:
    units = await issue_units(installation, "PPPPPPPU")
    assert await award(installation, units["1"].learner_id) == 1
    (made,) = await awards(installation)
    document = (await served(installation.client, f"/credentials/{made.id}")).json()
    assert (made.grade, document["credentialSubject"]["creditsEarned"]) == ("Pass", 105)
    assert len(document["relatedResource"]) == 9


async def test_a_better_result_later_completes_what_two_failures_left_open(installation: Installation) -> None:
    units = await issue_units(installation, "PPPPPPUU")
    learner_id = units["1"].learner_id
    assert await award(installation, learner_id) == 0
    await withdraw(installation, units["13"].id, "grade changed")
    await installation.issue_one(component="13", grade="Pass")
    assert await award(installation, learner_id) == 1


async def test_two_at_the_same_moment_make_one_award(installation: Installation) -> None:
    units = await issue_units(installation, "MMMMMMMM")
    made = await asyncio.gather(*(award(installation, units["1"].learner_id) for _ in range(4)))
    assert sorted(made) == [0, 0, 0, 1]
    assert len(await awards(installation)) == 1


async def test_a_part_being_withdrawn_at_the_same_moment_is_waited_for(installation: Installation) -> None:
    units = await issue_units(installation, "PPPPPPPP")
    async with transaction(installation.wiring.engine) as conn:
        await credentials.revoke(conn, installation.issuer, units["1"].id, reason="malpractice", now=now())
        awarding = asyncio.create_task(award(installation, units["1"].learner_id))
        while not await someone_waits(installation):
            assert not awarding.done()
    assert await awarding == 0
    assert await awards(installation) == []


async def test_credentials_of_another_institution_do_not_count(installation: Installation) -> None:
    rows = results(1, "PPPPPPPP").splitlines(keepends=True)
    await take_in(installation, "".join(rows[:4]))
    await take_in(installation, "".join(rows[4:]), installation.other)
    await installation.work()
    assert await awards(installation) == []
    assert await awards(installation, installation.other) == []
    learner_id = (await held(installation, CredentialKind.UNIT))[0].learner_id
    async with transaction(installation.wiring.engine) as conn:
        pack = packs.find_pack("hnc-computing-2022")
        here = await stacking.progress(conn, installation.issuer.institution.id, learner_id, pack, now().date())
        there = await stacking.progress(conn, installation.other.institution.id, learner_id, pack, now().date())
    assert (here.credits_counted, there.credits_counted) == (60, 0)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (PACK, 200),
        # What was published once is served for ever: awards name it.
        ("/rules/hnc-computing-2022/1", 200),
        ("/rules/hnc-computing-2022/3", 404),
        ("/rules/unknown/1", 404),
    ],
)
async def test_only_published_rules_are_served(installation: Installation, path: str, status: int) -> None:
    answer = await installation.client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == status


async def someone_waits(installation: Installation) -> bool:
    """Whether a connection to this database waits for another one's lock."""
    query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with transaction(installation.wiring.engine) as conn:
        return (await conn.execute(text(query))).first() is not None


async def learner_ids(installation: Installation) -> dict[str, object]:
    async with transaction(installation.wiring.engine) as conn:
        return {row.uln: row.id for row in await conn.execute(text("SELECT uln, id FROM learners"))}
