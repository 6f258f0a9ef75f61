"""Records and endorsements over the API, and the discovery document of the Open Badges API."""

import json
from datetime import date
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from app.credentials import accrediting
from app.credentials.scheme import make_scheme_operator
from app.database import transaction
from app.web.open_badges_api import UNSUPPORTED
from app.wiring import now
from tests.integration.conftest import ANNA, PUBLIC_URL, Installation

DISCOVERY = "/ims/ob/v3p0/discovery"


async def make(installation: Installation, learner_id: UUID | None, **key: Any) -> Any:
    headers = key.get("headers", installation.headers("issue"))
    return await installation.client.post(f"/api/learners/{learner_id}/record", headers=headers)


async def test_a_record_is_made_shown_served_and_withdrawn(installation: Installation) -> None:
    client, headers = installation.client, installation.headers("issue")
    issued = await installation.issue_one()
    address = f"/api/learners/{issued.learner_id}/record"
    none = await client.get(address, headers=headers)
    assert (none.status_code, none.json()["code"]) == (404, "record_unknown")

    answer = await make(installation, issued.learner_id)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["location"] == f"/api/credentials/{made['id']}"
    assert made["kind"] == "record"
    assert (made["qualification"], made["unit"], made["grade"], made["endorsed"]) == (None, None, None, None)
    assert made["links"]["document"] == f"{PUBLIC_URL}/credentials/{made['id']}"
    for private in (ANNA["uln"], ANNA["email"]):
        assert private not in answer.text
    assert (await client.get(address, headers=headers)).json() == made
    assert (await client.get(answer.headers["location"], headers=headers)).json() == made

    served = await client.get(f"/credentials/{made['id']}", headers={"Accept": "application/vc"})
    assert served.headers["content-type"] == "application/vc"
    assert served.json()["type"] == ["VerifiableCredential", "ClrCredential"]
    held = await client.get(f"/credentials/{issued.id}", headers={"Accept": "application/vc"})
    assert held.content in served.content
    bundle = (await client.get(f"/credentials/{made['id']}/bundle")).json()
    assert bundle["credential"] == served.json()

    report = (await client.get(f"/verify/{made['id']}", headers={"Accept": "application/json"})).json()
    assert report["verdict"] == "valid", report
    handed_in = await client.post(
        "/verify",
        content=json.dumps(bundle),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
    )
    assert handed_in.json()["verdict"] == "valid", handed_in.text

    withdrawn = await client.post(
        f"/api/credentials/{made['id']}/revoke", json={"reason": "other"}, headers=installation.headers("revoke")
    )
    assert withdrawn.json()["revocation_reason"] == "other"
    assert (await client.get(address, headers=headers)).status_code == 404
    report = (await client.get(f"/verify/{made['id']}", headers={"Accept": "application/json"})).json()
    assert report["verdict"] == "was valid"


async def test_an_accredited_colleges_record_and_endorsement_are_genuine(installation: Installation) -> None:
    """Neither is a qualification, so no approval can name it; each credential in the record needs its own."""
    wiring, college = installation.wiring, installation.issuer.institution
    async with transaction(wiring.engine) as conn:
        operator = await make_scheme_operator(
            conn,
            wiring.keystore,
            wiring.compiled,
            name="The Scheme",
            public_url=PUBLIC_URL,
            chain_id=31337,
            contract=str(installation.settings.registry_address),
            now=now(),
        )
        await accrediting.accredit(conn, operator, college, ["hnc-computing"], valid_from=date(2026, 1, 1), now=now())
    issued = await installation.issue_one()
    made = (await make(installation, issued.learner_id)).json()
    body = {"endorsed": {"unit": issued.unit_id}, "comment": "Every outcome is assessed on real work."}
    praise = await installation.client.post("/api/endorsements", json=body, headers=installation.headers("issue"))
    for number, code in (
        (issued.id, "accreditation_ok"),
        (made["id"], "not_needed"),
        (praise.json()["id"], "not_needed"),
    ):
        report = (await installation.client.get(f"/verify/{number}", headers={"Accept": "application/json"})).json()
        assert {one["check"]: one["code"] for one in report["checks"]}["accreditation"] == code
        assert report["verdict"] == "valid", report["summary"]
        assert {part["verdict"] for part in report.get("credentials", [])} <= {"valid"}


async def test_a_record_reaches_the_public_register(installation: Installation) -> None:
    issued = await installation.issue_one()
    made = (await make(installation, issued.learner_id)).json()
    assert made["anchor"] == "pending"
    await installation.work()
    address = f"/api/learners/{issued.learner_id}/record"
    shown = await installation.client.get(address, headers=installation.headers("issue"))
    assert shown.json()["anchor"] == "anchored"


async def test_a_record_altered_inside_is_not_genuine(installation: Installation) -> None:
    issued = await installation.issue_one(grade="Pass")
    made = (await make(installation, issued.learner_id)).json()
    record = (await installation.client.get(f"/credentials/{made['id']}", headers={"Accept": "application/vc"})).json()
    record["credentialSubject"]["verifiableCredential"][0]["credentialSubject"]["result"][0]["value"] = "Distinction"
    answer = await installation.client.post(
        "/verify",
        content=json.dumps(record),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
    )
    assert answer.json()["verdict"] == "not valid"


@pytest.mark.parametrize("scope", ["revoke", None])
async def test_a_record_needs_the_right_key(installation: Installation, scope: str | None) -> None:
    issued = await installation.issue_one()
    headers = installation.headers(scope) if scope else {}
    for method in ("POST", "GET"):
        answer = await installation.client.request(method, f"/api/learners/{issued.learner_id}/record", headers=headers)
        assert answer.status_code in (401, 403)


async def test_another_institutions_key_finds_no_such_learner(installation: Installation) -> None:
    issued = await installation.issue_one()
    await make(installation, issued.learner_id)
    theirs = {"Authorization": f"Bearer {installation.other_api_key['issue']}"}
    for method in ("POST", "GET"):
        for learner_id in (issued.learner_id, uuid4()):
            answer = await installation.client.request(method, f"/api/learners/{learner_id}/record", headers=theirs)
            assert (answer.status_code, answer.json()["code"]) == (404, "learner_unknown")


async def test_a_unit_is_endorsed_and_the_endorsement_verifies(installation: Installation) -> None:
    issued = await installation.issue_one()
    body = {"endorsed": {"unit": issued.unit_id}, "comment": "Every outcome is assessed on real work."}
    answer = await installation.client.post("/api/endorsements", json=body, headers=installation.headers("issue"))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["kind"], made["learner_id"]) == ("endorsement", None)
    assert made["endorsed"] == f"{PUBLIC_URL}/catalogue/units/{issued.unit_id}"
    report = await installation.client.get(f"/verify/{made['id']}", headers={"Accept": "application/json"})
    assert report.json()["verdict"] == "valid"
    listed = await installation.client.get("/api/credentials", headers=installation.headers("issue"))
    assert {one["kind"] for one in listed.json()["credentials"]} == {"unit", "endorsement"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"endorsed": {}, "comment": "Good."}, 422, "endorsed_unclear"),
        ({"endorsed": {"unit": "a", "institution": "b"}, "comment": "Good."}, 422, "endorsed_unclear"),
        ({"endorsed": {"unit": "a"}, "comment": "Good."}, 404, "unit_unknown"),
        ({"endorsed": {"institution": "northgate"}, "comment": "Good."}, 422, "endorsed_oneself"),
        ({"endorsed": {"institution": "southport"}, "comment": " "}, 422, "comment_empty"),
        ({"endorsed": {"learner": "a"}, "comment": "Good."}, 422, "request_malformed"),
        ({"endorsed": "southport", "comment": "Good."}, 422, "request_malformed"),
        ({"endorsed": {"institution": "southport"}}, 422, "request_malformed"),
        ({"endorsed": {"institution": "southport"}, "comment": "x" * 5_001}, 422, "request_malformed"),
    ],
    ids=str,
)
async def test_a_wrong_endorsement_is_refused(
    installation: Installation, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await installation.client.post("/api/endorsements", json=body, headers=installation.headers("issue"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_description_of_the_api_refers_to_nothing_that_is_missing(installation: Installation) -> None:
    described = (await installation.client.get("/api/openapi.json")).json()

    def references(value: Any) -> list[str]:
        if isinstance(value, list):
            return [found for item in value for found in references(item)]
        if not isinstance(value, dict):
            return []
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for item in value.values() for found in references(item)]

    named = {reference.removeprefix("#/components/schemas/") for reference in references(described)}
    assert named <= set(described["components"]["schemas"])
    assert {"/api/learners/{learner_id}/record", "/api/endorsements", DISCOVERY} <= set(described["paths"])


# --- the discovery document ---------------------------------------------------------------------------------------


async def test_the_discovery_document_is_public_and_of_the_published_form(installation: Installation) -> None:
    answer = await installation.client.get(DISCOVERY)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in answer.headers
    found = answer.json()
    assert found["openapi"].startswith("3.0.")
    assert found["servers"] == [{"url": f"{PUBLIC_URL}/ims/ob/v3p0"}]
    scheme = found["components"]["securitySchemes"]["OAuth2ACG"]
    flow = scheme["flows"]["authorizationCode"]
    assert scheme["type"] == "oauth2"
    addresses = [
        *(found["info"][name] for name in ("termsOfService", "x-imssf-image", "x-imssf-privacyPolicyUrl")),
        scheme["x-imssf-registrationUrl"],
        *(flow[name] for name in ("authorizationUrl", "tokenUrl", "refreshUrl")),
    ]
    assert all(address.startswith(f"{PUBLIC_URL}/") for address in addresses)


async def test_the_discovery_document_promises_nothing_that_is_not_there(installation: Installation) -> None:
    client = installation.client
    found = (await client.get(DISCOVERY)).json()
    for path, operations in found["paths"].items():
        for method in operations:
            assert (await client.request(method.upper(), f"/ims/ob/v3p0{path}")).status_code == 200
    for name in ("termsOfService", "x-imssf-image", "x-imssf-privacyPolicyUrl"):
        assert (await client.get(urlsplit(found["info"][name]).path)).status_code == 200
    scheme = found["components"]["securitySchemes"]["OAuth2ACG"]
    flow = scheme["flows"]["authorizationCode"]
    assert flow["scopes"] == {}
    assert "not supported" in found["info"]["description"].lower()
    assert "not supported" in scheme["description"].lower()
    asked = [
        ("POST", urlsplit(scheme["x-imssf-registrationUrl"]).path),
        ("GET", urlsplit(flow["authorizationUrl"]).path),
        ("POST", urlsplit(flow["tokenUrl"]).path),
        ("GET", "/ims/ob/v3p0/credentials"),
        ("POST", "/ims/ob/v3p0/credentials"),
        ("PUT", "/ims/ob/v3p0/profile"),
    ]
    for method, path in asked:
        answer = await client.request(method, path)
        assert answer.status_code == 501
        assert answer.json() == UNSUPPORTED
