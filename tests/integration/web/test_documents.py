"""Published documents: the stored bytes, under the right media types, to be read by any verifier."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.credentials import service as credentials
from app.credentials import status
from app.database import transaction
from app.institutions import service as institutions
from app.stacking import packs
from app.standards import merkle
from app.standards.vc import timestamp
from app.wiring import now
from tests.integration.web.test_api_credentials import assert_problem


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/vc"),
        ("*/*", "application/vc"),
        ("application/vc", "application/vc"),
        ("application/vc+ld+json", "application/vc+ld+json"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/json"),
        ("image/png", "application/vc"),
        ("text/html;q=0.1, application/json", "application/json"),
    ],
)
async def test_the_signed_bytes_under_every_media_type(installation: Any, accept: str | None, expected: str) -> None:
    credential = await installation.issue_one()
    async with transaction(installation.wiring.engine) as conn:
        stored = await credentials.document(conn, credential.id)
    headers = {"Accept": accept} if accept else {}
    response = await installation.client.get(f"/credentials/{credential.id}", headers=headers)
    assert response.status_code == 200
    assert response.content == stored
    assert response.headers["content-type"] == expected
    assert "accept" in response.headers["vary"].lower()
    assert "noindex" in response.headers["x-robots-tag"]
    assert response.headers["access-control-allow-origin"] == "*"


async def test_people_are_led_to_the_page(installation: Any) -> None:
    credential = await installation.issue_one()
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    response = await installation.client.get(f"/credentials/{credential.id}", headers=browser)
    assert response.status_code == 303
    assert response.headers["location"] == f"/verify/{credential.id}"


async def test_the_bundle_is_a_file_with_a_plain_name(installation: Any) -> None:
    credential = await installation.issue_one()
    await installation.work()
    response = await installation.client.get(f"/credentials/{credential.id}/bundle")
    name = f"credential-{str(credential.id)[:8]}.json"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert response.content == await installation.bundle(credential.id)
    assert response.json()["anchorReceipt"]["type"] == "EvmAnchorReceipt"


async def test_what_is_not_there(installation: Any) -> None:
    client = installation.client
    for address, code in (
        (f"/credentials/{uuid4()}", "credential_unknown"),
        ("/credentials/abc", "credential_unknown"),
        (f"/credentials/{uuid4()}/bundle", "credential_unknown"),
        ("/i/nobody/did.json", "institution_unknown"),
        ("/i/nobody", "institution_unknown"),
        ("/i/northgate/status/99", "status_list_unknown"),
        ("/i/northgate/status/x", "address_unknown"),
        ("/i/northgate/anchors/" + "0" * 64, "receipt_unknown"),
        ("/i/northgate/anchors/zz", "receipt_unknown"),
        ("/i/northgate/anchors/consistency?first=1&second=999", "checkpoint_unknown"),
        ("/rules/none/1", "rule_pack_unknown"),
        ("/catalogue/units/none", "unit_unknown"),
        ("/catalogue/qualifications/none", "qualification_unknown"),
        ("/catalogue/ksbs/none", "ksb_unknown"),
        ("/catalogue/awarding-organisations/none", "organisation_unknown"),
    ):
        assert_problem(await client.get(address, headers={"Accept": "application/json"}), 404, code)
    sizes = await client.get("/i/northgate/anchors/consistency?first=x", headers={"Accept": "application/json"})
    assert_problem(sizes, 422, "sizes_invalid")


async def test_identity_and_status(installation: Any) -> None:
    client = installation.client
    async with transaction(installation.wiring.engine) as conn:
        published = await institutions.published_did_document(conn, slug="northgate")
    keys = await client.get("/i/northgate/did.json")
    assert keys.content == published
    assert keys.headers["content-type"] == "application/json"
    listed = await client.get("/i/northgate/status/1")
    assert listed.headers["content-type"] == "application/json"
    assert "max-age=900" in listed.headers["cache-control"]
    assert listed.headers["access-control-allow-origin"] == "*"
    assert listed.json()["credentialSubject"]["statusPurpose"] == "revocation"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json, application/vc", "application/json"),
        ("application/vc", "application/vc"),
        ("application/vc, application/json;q=0.5", "application/vc"),
        ("text/html", "application/json"),
    ],
)
async def test_a_status_list_is_json_unless_a_credential_is_asked_for(
    installation: Any, accept: str | None, expected: str
) -> None:
    async with transaction(installation.wiring.engine) as conn:
        stored = await status.published(conn, installation.issuer.institution.id, 1)
    listed = await installation.client.get("/i/northgate/status/1", headers={"Accept": accept} if accept else {})
    assert listed.headers["content-type"] == expected
    assert listed.headers["vary"] == "Accept"
    assert listed.content == stored


async def test_what_can_be_mirrored_has_a_validator_and_no_cookie(installation: Any) -> None:
    client = installation.client
    await installation.work()
    credential = await installation.issue_one(now=now() - timedelta(hours=1))
    await client.post(
        f"/api/credentials/{credential.id}/correct",
        json={"grade": "Pass", "reason": "grade changed"},
        headers=installation.headers("issue"),
    )
    await installation.work()
    checkpoints = (await client.get("/i/northgate/anchors")).json()["checkpoints"]
    digest = (
        await client.get(f"/api/credentials/{credential.id}/editions", headers=installation.headers("issue"))
    ).json()
    for address in (
        f"/credentials/{credential.id}",
        "/i/northgate/did.json",
        "/i/northgate/status/1",
        "/i/northgate/status/1/reasons",
        "/i/northgate/anchors",
        f"/i/northgate/anchors/{digest['editions'][0]['digest']}",
        f"/i/northgate/anchors/consistency?first={checkpoints[0]['treeSize']}&second={checkpoints[-1]['treeSize']}",
        packs.published_packs()[0].pack.path,
    ):
        whole = await client.get(address)
        assert whole.status_code == 200, address
        tag = whole.headers["etag"]
        for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            known = await client.get(address, headers={"If-None-Match": given})
            assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag), (address, given)
            assert known.headers["cache-control"] == whole.headers["cache-control"]
            assert known.headers["access-control-allow-origin"] == "*"
        for given in ('"other"', tag.strip('"'), ""):
            assert (await client.get(address, headers={"If-None-Match": given})).status_code == 200, (address, given)
        assert "set-cookie" not in whole.headers


async def test_the_same_list_as_a_credential_is_another_representation(installation: Any) -> None:
    plain = await installation.client.get("/i/northgate/status/1")
    headers = {"Accept": "application/vc", "If-None-Match": plain.headers["etag"]}
    assert (await installation.client.get("/i/northgate/status/1", headers=headers)).status_code == 200


async def test_an_edition_is_known_by_its_tag_and_the_next_one_is_another(installation: Any) -> None:
    client = installation.client
    credential = await installation.issue_one(now=now() - timedelta(hours=1))
    address = f"/credentials/{credential.id}"
    first = await client.get(address)
    assert (await client.get(address, headers={"If-None-Match": first.headers["etag"]})).status_code == 304
    as_json = {"Accept": "application/json", "If-None-Match": first.headers["etag"]}
    assert (await client.get(address, headers=as_json)).status_code == 200
    await client.post(
        f"/api{address}/correct",
        json={"grade": "Pass", "reason": "grade changed"},
        headers=installation.headers("issue"),
    )
    second = await client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert second.status_code == 200
    assert second.content != first.content
    assert second.headers["etag"] != first.headers["etag"]
    for odd in ('"' + "0" * 64 + '/application/vc"', '"/application/vc"', "," * 500, '"é/application/vc"'):
        assert (await client.get(address, headers={"If-None-Match": odd.encode()})).status_code == 200


async def test_a_list_as_it_was(installation: Any) -> None:
    """Bitstring Status List 1.0, section 3.2: ?timestamp=, from the second that a version states."""
    client, owner = installation.client, installation.issuer.institution.id
    begun = json.loads((await client.get("/i/northgate/status/1")).content)["validFrom"]
    credential = await installation.issue_one()
    later = now() + timedelta(hours=1)
    async with transaction(installation.wiring.engine) as conn:
        first = await status.published(conn, owner, 1)
        await credentials.revoke(conn, installation.issuer, credential.id, reason="other", now=later)
        second = await status.published(conn, owner, 1)
        assert await status.published_at(conn, owner, 1, later - timedelta(seconds=1)) == first
        assert await status.published_at(conn, owner, 1, later) == second
    assert first != second

    async def at(moment: str, tail: str = "") -> httpx.Response:
        return await client.get(
            f"/i/northgate/status/1{tail}", params={"timestamp": moment}, headers={"Accept": "application/json"}
        )

    for moment, expected in (
        (begun, first),
        (timestamp(later - timedelta(seconds=1)), first),
        (timestamp(later), second),
        (timestamp(later).replace("Z", ".999+00:00"), second),
        ("9999-12-31T23:59:59Z", second),
    ):
        assert (await at(moment)).content == expected, moment
    assert (await at(timestamp(later), "/reasons")).json()["reasons"]
    assert_problem(await at(begun, "/reasons"), 404, "status_reasons_unknown")
    for tail, code in (("", "status_list_unknown"), ("/reasons", "status_reasons_unknown")):
        assert_problem(await at("2020-01-01T00:00:00Z", tail), 404, code)
        assert_problem(await at("0001-01-01T00:00:00Z", tail), 404, code)
        for wrong in (
            "",
            "today",
            "2026-11-25",
            "2026-11-25T10:00:00",
            "2026-11-25T10:00:00 01:00",
            "2026-13-01T00:00:00Z",
        ):
            assert_problem(await at(wrong, tail), 422, "timestamp_invalid")
    twice = await client.get(
        f"/i/northgate/status/1?timestamp={begun}&timestamp={begun}", headers={"Accept": "application/json"}
    )
    assert_problem(twice, 422, "timestamp_invalid")


async def test_the_log_in_public(installation: Any) -> None:
    client = installation.client
    await installation.work()
    credential = await installation.issue_one()
    await installation.work()
    first, last = (await client.get("/i/northgate/anchors")).json()["checkpoints"]
    sizes = first["treeSize"], last["treeSize"]
    asked = await client.get(f"/i/northgate/anchors/consistency?first={sizes[0]}&second={sizes[1]}")
    proof = [bytes.fromhex(item) for item in asked.json()["proof"]]
    roots = (bytes.fromhex(checkpoint["root"][2:]) for checkpoint in (first, last))
    assert merkle.verify_consistency(*sizes, *roots, proof)
    async with transaction(installation.wiring.engine) as conn:
        signed = await credentials.get(conn, installation.issuer.institution.id, credential.id)
    assert signed.digest is not None
    receipt = await client.get(f"/i/northgate/anchors/{signed.digest.hex()}")
    assert receipt.json()["binding"]["digest"] == signed.digest.hex()


async def test_catalogue_facts_carry_their_attribution(installation: Any) -> None:
    client = installation.client
    for address in (
        "/catalogue",
        "/catalogue/units/hnc-computing-u01",
        "/catalogue/qualifications/hnc-computing",
        "/catalogue/ksbs/OCC0127%401.2%3AK10",
        "/catalogue/awarding-organisations/pearson",
    ):
        facts = await client.get(address, headers={"Accept": "application/json"})
        assert "Open Government Licence" in " ".join(facts.json()["attribution"]), address
        page = await client.get(address, headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert "Open Government Licence" in page.text


async def test_every_address_a_credential_names_answers(installation: Any) -> None:
    """A signed document cannot be mended later: what it points to must be there."""
    credential = await installation.issue_one()
    document = json.loads((await installation.client.get(f"/credentials/{credential.id}")).content)
    base = installation.settings.public_url
    achievement = document["credentialSubject"]["achievement"]
    named = [
        document["issuer"]["url"],
        document["credentialStatus"]["statusListCredential"],
        achievement["id"],
        achievement["criteria"]["id"],
        achievement["creator"]["id"],
        *(item["targetUrl"] for item in achievement.get("alignment", [])),
    ]
    for address in named:
        assert address.startswith(base)
        assert (await installation.client.get(address)).status_code == 200, address


async def test_rules_are_served_as_published(installation: Any) -> None:
    pack = packs.published_packs()[0]
    response = await installation.client.get(pack.pack.path)
    assert response.content == pack.data
    assert "immutable" in response.headers["cache-control"]
