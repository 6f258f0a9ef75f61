"""What a learner takes away, over HTTP: by the institution's key and behind the learner's link, by the same rules as
the record and the profile."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.credentials.model import Credential
from app.database import transaction
from app.institutions import service as institutions
from app.standards import strict_json
from tests.integration.conftest import ANNA, PUBLIC_URL, Installation

HND = "hnd-computing-england-network"
FILES = ("transcript", "json-resume", "europass")


async def networking_and_security(installation: Installation, second_grade: str = "Pass") -> list[Credential]:
    """The two units of one bundle of 30 credits."""
    async with transaction(installation.wiring.engine) as conn:
        await institutions.accredit(conn, installation.issuer.institution.id, [HND], date(2020, 9, 1))
    return [
        await installation.issue_one(qualification=HND, component="2", grade="Merit"),
        await installation.issue_one(qualification=HND, component="5", grade=second_grade),
    ]


async def asked(installation: Installation, learner_id: UUID | None, file: str, **query: Any) -> Any:
    address = f"/api/learners/{learner_id}/{file}"
    return await installation.client.get(address, params=query, headers=installation.headers("issue"))


async def link_of(installation: Installation, learner_id: UUID | None) -> Any:
    made = await installation.client.post(
        f"/api/learners/{learner_id}/links", json={}, headers=installation.headers("issue")
    )
    return made.json()


async def test_the_institution_gets_a_transcript_of_one_module_and_of_all(installation: Installation) -> None:
    first, second = await networking_and_security(installation)
    for query in ({}, {"module": "mc-networking-security"}, {"module": [first.unit_id, second.unit_id]}):
        answer = await asked(installation, first.learner_id, "transcript", **query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["content-disposition"] == 'attachment; filename="lle-transcript.json"'
        assert answer.headers["cache-control"] == "no-store, private"
        (module,) = strict_json.parse_object(answer.content)["modules"]
        assert [(each["credential"], each["grade"]["value"]) for each in module["results"]] == [
            (first.uri, "Merit"),
            (second.uri, "Pass"),
        ]
        assert module["results"][0]["verify"] == f"{PUBLIC_URL}/verify/{first.id}"
        assert ANNA["uln"] not in answer.text
    with_it = await asked(installation, first.learner_id, "transcript", with_uln=True)
    assert with_it.json()["learner"]["uln"]["value"] == ANNA["uln"]


@pytest.mark.parametrize(
    ("module", "status", "code"),
    [
        ("mc-single-networking", 422, "module_too_small"),
        ("mc-professional-project", 422, "module_incomplete"),
        ("mc-unheard-of", 404, "module_unknown"),
        ([f"{HND}-u02", "hnc-computing-u05"], 422, "module_parents_differ"),
        ([f"{HND}-u02"] * 2, 422, "module_unit_repeated"),
        ([f"{HND}-u02"] * 21, 422, "request_malformed"),
        ("'; DROP TABLE units; --", 422, "request_malformed"),
        ("\x00", 422, "request_malformed"),
    ],
    ids=str,
)
async def test_what_is_no_completed_module_is_refused_with_a_sentence(
    installation: Installation, module: Any, status: int, code: str
) -> None:
    first, _ = await networking_and_security(installation)
    answer = await asked(installation, first.learner_id, "transcript", module=module)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if code == "module_too_small":
        assert answer.json()["detail"] == "15 credits; an LLE module has at least 30."


async def test_without_a_completed_module_there_is_no_transcript(installation: Installation) -> None:
    first, second = await networking_and_security(installation, "Unclassified")
    answer = await asked(installation, first.learner_id, "transcript")
    assert (answer.status_code, answer.json()["code"]) == (404, "modules_none")
    assert str(second.id) not in answer.text


async def test_every_file_is_behind_the_learners_link_without_the_uln_and_each_look_is_counted(
    installation: Installation,
) -> None:
    first, second = await networking_and_security(installation)
    link = await link_of(installation, first.learner_id)
    for file in FILES:
        answer = await installation.client.get(f"{link['url']}/{file}", params={"with_uln": "true"})
        assert answer.status_code == 200, answer.text
        assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert f"{PUBLIC_URL}/verify/{first.id}" in answer.text
        assert f"{PUBLIC_URL}/verify/{second.id}" in answer.text
        for private in (ANNA["uln"], ANNA["email"], link["url"]):
            assert private not in answer.text
    listed = await installation.client.get(
        f"/api/learners/{first.learner_id}/links", headers=installation.headers("issue")
    )
    assert [each["views"] for each in listed.json()["links"]] == [3]
    await installation.client.delete(f"/api/links/{link['id']}", headers=installation.headers("issue"))
    for file in FILES:
        gone = await installation.client.get(f"{link['url']}/{file}")
        assert (gone.status_code, gone.json()["code"]) == (410, "link_withdrawn")
        assert "Anna" not in gone.text


async def test_the_page_behind_the_link_shows_what_is_evidenced_and_leads_to_the_files(
    installation: Installation,
) -> None:
    first, _ = await networking_and_security(installation)
    link = await link_of(installation, first.learner_id)
    page = (await installation.client.get(link["url"])).text
    path = link["url"].removeprefix(PUBLIC_URL)
    for file in FILES:
        assert f'href="{path}/{file}"' in page
    assert "Network engineer: knowledge, skills and behaviours" in page
    assert "4 of 13 statements on record here evidenced so far" in page
    assert "4 by a proposed mapping" in page
    assert '<a href="/catalogue/ksbs/OCC0127%401.2%3AK10">K10</a>' in page
    assert "© Skills England 2025. This information is licensed under the Open Government Licence." in page
    alone = await installation.issue_one(uln="1000000000", component="1", grade="Pass")
    other = (await installation.client.get((await link_of(installation, alone.learner_id))["url"])).text
    assert "/json-resume" in other
    assert "/transcript" not in other


async def test_a_withdrawn_credential_is_in_no_file(installation: Installation) -> None:
    first, second = await networking_and_security(installation)
    await installation.client.post(
        f"/api/credentials/{second.id}/revoke", json={"reason": "other"}, headers=installation.headers("revoke")
    )
    for file in ("json-resume", "europass"):
        answer = await asked(installation, first.learner_id, file)
        assert answer.status_code == 200
        assert str(first.id) in answer.text
        assert str(second.id) not in answer.text
    assert (await asked(installation, first.learner_id, "transcript")).status_code == 404


@pytest.mark.parametrize("file", FILES)
async def test_a_file_needs_the_right_key_of_the_right_institution(installation: Installation, file: str) -> None:
    first, _ = await networking_and_security(installation)
    address = f"/api/learners/{first.learner_id}/{file}"
    assert (await installation.client.get(address)).status_code == 401
    assert (await installation.client.get(address, headers=installation.headers("revoke"))).status_code == 403
    theirs = {"Authorization": f"Bearer {installation.other_api_key['issue']}"}
    for learner_id in (first.learner_id, uuid4()):
        answer = await installation.client.get(f"/api/learners/{learner_id}/{file}", headers=theirs)
        assert (answer.status_code, answer.json()["code"]) == (404, "learner_unknown")
    guessed = await installation.client.get(f"/p/{'A' * 22}/{file}")
    assert (guessed.status_code, guessed.json()["code"]) == (404, "link_unknown")


async def test_a_europass_document_says_whose_result_each_is(installation: Installation) -> None:
    """A college awards no T Level and none of its grades: the placement alone is its own to record."""
    placement = await installation.issue_one(qualification="610/5799/X", component="PLACEMENT", grade="Met")
    await installation.issue_one(qualification="610/5799/X", component="ZTLOS091", grade="Merit")
    await installation.issue_one(component="1", grade="Pass")
    made = (await asked(installation, placement.learner_id, "europass")).json()
    claims = made["credential"]["credentialSubject"]["hasClaim"]
    found = {}
    for claim in claims:
        (opportunity,) = claim["specifiedBy"]["awardingOpportunity"]
        found[claim["title"]["en"][0]] = opportunity["awardingBody"][0]["legalName"]["en"][0]
    assert found == {
        "Industry placement": "Northgate College (test)",
        "Digital Infrastructure": "Pearson",
        "Programming": "Pearson",
    }
    assert "creditReceived" not in next(claim for claim in claims if claim["title"]["en"] == ["Industry placement"])


@pytest.mark.parametrize("file", FILES)
async def test_the_uln_is_in_a_file_only_when_the_institution_asks(installation: Installation, file: str) -> None:
    first, _ = await networking_and_security(installation)
    assert ANNA["uln"] not in (await asked(installation, first.learner_id, file)).text
    assert ANNA["uln"] in (await asked(installation, first.learner_id, file, with_uln="true")).text
