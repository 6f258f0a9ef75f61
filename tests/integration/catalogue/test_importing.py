"""Importing official wording on a real database: what takes its place, what stays, and where it is then seen."""

import asyncio
from typing import Any

import pytest

from app.catalogue import service as catalogue
from app.catalogue.importing import Imported, import_framework
from app.catalogue.model import KsbMatch, StandardVersion
from app.catalogue.seed import load_seed
from app.database import transaction
from app.errors import Conflict, NotFound, Refused
from app.wiring import now
from tests.integration.conftest import Installation
from tests.integration.web.test_exports import asked, link_of, networking_and_security
from tests.unit.catalogue.framework_files import ESCO, STATEMENTS, as_file, case, item, skills_england

OUR_CODES = [
    ksb.code for occupation in load_seed().occupations if occupation.id == "OCC0127" for ksb in occupation.ksbs
]
WHOLE = {code: f"Official words of {code}" for code in OUR_CODES} | STATEMENTS
ATTRIBUTION = "This information is licensed under the Open Government Licence"


async def bring_in(installation: Installation, value: Any, **options: Any) -> Imported:
    async with transaction(installation.wiring.engine) as conn:
        return await import_framework(conn, as_file(value), now=now(), **options)


async def statements(installation: Installation, *ids: str) -> dict[str, str]:
    async with transaction(installation.wiring.engine) as conn:
        return {ksb.id: ksb.text for ksb in await catalogue.get_ksbs(conn, ids) if ksb.is_official_wording}


async def versions(installation: Installation, occupation_id: str) -> dict[str | None, StandardVersion]:
    async with transaction(installation.wiring.engine) as conn:
        return {each.version: each for each in await catalogue.get_standards(conn, {occupation_id})}


async def test_official_wording_takes_the_place_of_our_summary_and_to_repeat_changes_nothing(
    installation: Installation,
) -> None:
    first = await bring_in(installation, skills_england())
    assert first.plan.changed == ("OCC0127@1.2:K8", "OCC0127@1.2:K10", "OCC0127@1.2:S1")
    assert first.plan.added == ("OCC0127@1.2:B1",)
    assert len(first.plan.left) == 10
    assert await statements(installation, "OCC0127@1.2:K10", "OCC0127@1.2:K19") == {
        "OCC0127@1.2:K10": "Official words on routing and switching"
    }
    again = await bring_in(installation, skills_england())
    assert (again.plan.added, again.plan.changed, len(again.plan.unchanged)) == ((), (), 4)


async def test_to_load_the_packaged_catalogue_again_takes_no_official_word_away(installation: Installation) -> None:
    await bring_in(installation, case())
    async with transaction(installation.wiring.engine) as conn:
        await catalogue.load_catalogue(conn, load_seed())
        (found,) = await catalogue.get_ksbs(conn, {"OCC0127@1.2:K10"})
    assert (found.text, found.is_official_wording) == ("Official words on routing and switching", True)
    assert found.matches == (KsbMatch("UK-SSC", "1234.5", "related"), KsbMatch("ESCO", ESCO, "exact"))


async def test_another_version_stands_beside_and_is_never_mixed(installation: Installation) -> None:
    await bring_in(installation, skills_england(WHOLE))
    later = await bring_in(installation, skills_england(versionNumber="1.3", version="1.3", title="Network designer"))
    assert (len(later.plan.added), later.plan.changed, later.other_versions) == (4, (), ("1.2",))
    found = await versions(installation, "OCC0127")
    assert {version: (each.title, each.statements, each.is_whole) for version, each in found.items()} == {
        "1.2": ("Network engineer", len(WHOLE), True),
        "1.3": ("Network designer", 4, True),
    }
    assert await statements(installation, "OCC0127@1.2:K1") == {"OCC0127@1.2:K1": "Official words of K1"}


async def test_statements_without_a_version_are_left_alone(installation: Installation) -> None:
    made = await bring_in(installation, skills_england(referenceNumber="ST0795", title="Data technician", level=3))
    assert made.plan.occupation_id == "OCC0795"
    assert made.other_versions == (None,)
    assert len(made.plan.added) == 4
    assert set(await versions(installation, "OCC0795")) == {None, "1.2"}


async def test_an_occupation_that_is_not_known_comes_with_its_standard(installation: Installation) -> None:
    made = await bring_in(installation, skills_england(referenceNumber="ST9001", title="Kite maker", level=2))
    assert (made.title, made.plan.occupation_id) == ("Kite maker", "OCC9001")
    found = await versions(installation, "OCC9001")
    assert found["1.2"] == StandardVersion("OCC9001", "ST9001", "1.2", "Kite maker", 2, 4, is_whole=True)
    document = case()["CFDocument"] | {"title": "Kite tester (ST9002)", "uri": "https://frameworks.example/cf/kites"}
    with pytest.raises(NotFound) as refused:
        await bring_in(installation, case(CFDocument=document))
    assert refused.value.code == "occupation_unknown"


async def test_a_standard_of_several_occupations_needs_to_be_told_which(installation: Installation) -> None:
    for letter in "AB":
        await bring_in(
            installation, skills_england(referenceNumber="ST9001", title="Kites"), occupation_id=f"OCC9001{letter}"
        )
    with pytest.raises(Refused) as refused:
        await bring_in(installation, skills_england(referenceNumber="ST9001"))
    assert refused.value.code == "occupation_unclear"
    assert refused.value.details == {"occupations": ["OCC9001A", "OCC9001B"]}


@pytest.mark.parametrize(
    ("value", "occupation_id", "error", "code"),
    [
        (skills_england(), "OCC0116", Conflict, "occupation_differs"),
        (skills_england(), "K10", Refused, "occupation_format"),
        (
            case(CFItems=[item("K1", "Words", humanCodingScheme="OCC0127@1.2:K1")], CFAssociations=[]),
            "OCC0116",
            Conflict,
            "occupation_differs",
        ),
        (case(CFDocument=case()["CFDocument"] | {"title": "x", "uri": "urn:x"}), "", Refused, "occupation_unclear"),
    ],
    ids=str,
)
async def test_a_file_is_not_taken_under_another_occupation(
    installation: Installation, value: Any, occupation_id: str, error: type[Refused], code: str
) -> None:
    with pytest.raises(error) as refused:
        await bring_in(installation, value, occupation_id=occupation_id)
    assert refused.value.code == code
    assert await statements(installation, "OCC0127@1.2:K1", "OCC0127@1.2:K10") == {}


async def test_a_dry_run_says_the_same_and_writes_nothing(installation: Installation) -> None:
    tried = await bring_in(installation, case(), dry_run=True)
    assert await statements(installation, "OCC0127@1.2:K10") == {}
    assert await bring_in(installation, case()) == tried


async def test_two_imports_at_the_same_moment_add_each_statement_once(installation: Installation) -> None:
    made = await asyncio.gather(*(bring_in(installation, case()) for _ in range(3)))
    assert sorted(len(each.plan.added) for each in made) == [0, 0, 1]


async def test_official_words_are_seen_with_their_attribution_in_pages_and_files(installation: Installation) -> None:
    first, _ = await networking_and_security(installation)
    await bring_in(installation, case(WHOLE))
    client = installation.client
    page = await client.get("/catalogue/ksbs/OCC0127@1.2:K10", headers={"Accept": "text/html"})
    assert ESCO in page.text
    assert "<dd>Official</dd>" in page.text
    described = (await client.get("/catalogue/ksbs/OCC0127@1.2:K10", headers={"Accept": "application/json"})).json()
    assert described["matches"][1] == {"framework": "ESCO", "target": ESCO, "relation": "exact"}
    shared = await client.get((await link_of(installation, first.learner_id))["url"])
    assert f"4 of {len(WHOLE)} evidenced so far" in shared.text
    files = [await asked(installation, first.learner_id, name) for name in ("transcript", "json-resume", "europass")]
    for shown in (page, shared, *files):
        assert "Official words on routing and switching" in shown.text
        assert ATTRIBUTION in shown.text
    for shown in (files[0], files[2]):
        assert ESCO in shown.text


async def test_markup_in_official_words_is_shown_as_words(installation: Installation) -> None:
    words = "<script>alert(1)</script> & {{ 7 * 7 }}"
    await bring_in(installation, case({"K10": words}))
    page = await installation.client.get("/catalogue/ksbs/OCC0127@1.2:K10", headers={"Accept": "text/html"})
    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{ 7 * 7 }}" in page.text
