"""The overall result of a T Level behind a learner's link: worked out, explained, and never called an award."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

from app.catalogue import service as catalogue
from app.catalogue.seed import load_seed
from app.credentials.model import Credential
from app.database import transaction
from app.institutions import service as institutions
from tests.integration.conftest import Installation

SUPPORT = "610/5799/X"
SUMMER = date(2026, 8, 12)
PENDING = "Q - pending result"


async def record_pending_results(installation: Installation) -> None:
    """A catalogue in which the core of a T Level can be pending: the one that is shipped lists grades alone."""
    seed = load_seed()
    changed = tuple(
        replace(
            entry,
            units=tuple(
                replace(unit, grade_scale=(PENDING, *unit.grade_scale)) if unit.kind == "core" else unit
                for unit in entry.units
            ),
        )
        for entry in seed.qualifications
        if entry.number == SUPPORT
    )
    async with transaction(installation.wiring.engine) as conn:
        await catalogue.load_catalogue(conn, replace(seed, qualifications=changed, bundles=()))


async def issued(installation: Installation, **grades: str) -> list[Credential]:
    """One component for each keyword, with its grade, dated on the day of the summer results."""
    codes = {"core": "6105799X", "specialism": "ZTLOS091", "placement": "PLACEMENT"}
    return [
        await installation.issue_one(qualification=SUPPORT, component=codes[part], grade=grade, awarded_on=SUMMER)
        for part, grade in grades.items()
    ]


async def correct(installation: Installation, credential: Credential, grade: str) -> None:
    address = f"/api/credentials/{credential.id}/correct"
    body = {"reason": "grade changed", "grade": grade}
    done = await installation.client.post(address, json=body, headers=installation.headers("issue"))
    assert done.status_code == 200, done.text


async def page_of(installation: Installation, learner_id: Any) -> str:
    links = f"/api/learners/{learner_id}/links"
    made = await installation.client.post(links, json={}, headers=installation.headers("issue"))
    page = await installation.client.get(made.json()["url"], headers={"Accept": "text/html"})
    assert page.status_code == 200
    return page.text


def block(page: str) -> str:
    """The words of the first T Level on a page."""
    (section,) = re.findall(r'<section class="card" aria-labelledby="t-level-1">(.*?)</section>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", section).split())


async def test_core_specialism_and_placement_are_worked_out(installation: Installation) -> None:
    parts = await issued(installation, core="B", specialism="Merit", placement="Met")
    page = await page_of(installation, parts[0].learner_id)
    assert block(page) == (
        "T Level in Digital Support and Security "
        "Overall result on these components: Merit "
        "This is component evidence; the award is made by the Department for Education. "
        "Digital Support and Security core B, 12 August 2026 "
        "Digital Infrastructure Merit, 12 August 2026 "
        "Industry placement Met, 12 August 2026 "
        "UCAS Tariff points: 120 "
        "Document for such results, from the Department for Education: T Level certificate "
        "What comes next: it opens the door to level 4 and 5, and carries no credit towards them. "
        "Worked out with the table for those who began in 2021 or later (t-level-overall, version 1), read in "
        "DfE tl-results-and-certification (Manage T Level results), commit 78c7e8a, 2026-06-08 ; "
        "DfE T Level support: How grades are calculated . "
        "When the learner began is not recorded; one table holds for every intake of this T Level."
    )
    section = page[page.index('aria-labelledby="t-level-1"') :]
    for part in parts:
        assert f'href="/verify/{part.id}"' in section


async def test_a_pending_result_is_awaited_and_then_worked_out(installation: Installation) -> None:
    await record_pending_results(installation)
    core, *_ = await issued(installation, core=PENDING, specialism="Distinction", placement="Met")
    shown = block(await page_of(installation, core.learner_id))
    assert "Overall result on these components: Result pending" in shown
    assert "What comes next Awaited: the result of Digital Support and Security core." in shown
    assert "Digital Infrastructure Distinction, 12 August 2026" in shown
    assert "UCAS" not in shown
    assert "certificate" not in shown
    await correct(installation, core, "A*")
    shown = block(await page_of(installation, core.learner_id))
    assert "Overall result on these components: Distinction*" in shown
    assert "UCAS Tariff points: 168" in shown


async def test_a_part_is_shown_with_what_comes_next(installation: Installation) -> None:
    (core,) = await issued(installation, core="C")
    shown = block(await page_of(installation, core.learner_id))
    assert "Overall result on these components: Partial achievement" in shown
    assert "Document for such results, from the Department for Education: Statement of achievement" in shown
    assert "no number is stated here, because no public source confirmed one." in shown
    assert (
        "What comes next Still to come: a grade from Pass to Distinction in an occupational specialism. "
        "Still to come: the industry placement."
    ) in shown


async def test_a_withdrawn_component_takes_the_result_with_it(installation: Installation) -> None:
    core, *_ = await issued(installation, core="B", specialism="Merit", placement="Met")
    address = f"/api/credentials/{core.id}/revoke"
    revoked = await installation.client.post(address, json={"reason": "other"}, headers=installation.headers("revoke"))
    assert revoked.status_code == 200, revoked.text
    shown = block(await page_of(installation, core.learner_id))
    assert "Overall result on these components: Partial achievement" in shown
    assert "Still to come: a grade from E to A* in Digital Support and Security core." in shown


async def test_what_was_not_achieved_is_nobodys_business(installation: Installation) -> None:
    core, _, placement = await issued(installation, core="Unclassified", specialism="Unclassified", placement="Not met")
    page = await page_of(installation, core.learner_id)
    assert "t-level-1" not in page
    for word in ("Unclassified", "Not met", "No result"):
        assert word not in page
    await correct(installation, placement, "Met")
    page = await page_of(installation, core.learner_id)
    assert "Overall result on these components: Partial achievement" in block(page)
    for word in ("Unclassified", "Not met"):
        assert word not in page


async def test_a_t_level_without_a_published_table_says_so(installation: Installation) -> None:
    async with transaction(installation.wiring.engine) as conn:
        await institutions.accredit(conn, installation.issuer.institution.id, ["tlevel-61051251"], date(2025, 9, 1))
    core = await installation.issue_one(qualification="610/5125/1", component="61051251", grade="A", awarded_on=SUMMER)
    page = await page_of(installation, core.learner_id)
    assert "No overall result is worked out for T Level in Marketing: no table of grades is published for it." in page
    assert "t-level-1" not in page
