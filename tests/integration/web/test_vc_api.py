"""The VC API of an installation: it checks for anybody, withdraws for its institutions, and signs nothing it is sent."""

import json
import subprocess
import sys
from typing import Any
from uuid import uuid4

import httpx

from app.adapters.contexts import conformance_canonicaliser
from app.standards import clr, data_integrity, vc, vc_1_1
from app.standards.multikey import KeyType
from app.verification.submission import MAX_EMBEDDED
from app.wiring import now
from tests.integration.web.test_api_credentials import assert_problem

JSON = {"Accept": "application/json"}
UNSIGNED = {
    "@context": [vc.CONTEXT],
    "type": ["VerifiableCredential"],
    "issuer": "did:web:localhost%3A8000:i:northgate",
    "credentialSubject": {"id": "did:example:anybody"},
}


async def verify(installation: Any, document: Any, **options: Any) -> httpx.Response:
    body = {"verifiableCredential": document, "options": options}
    response: httpx.Response = await installation.client.post("/credentials/verify", json=body)
    return response


async def fetch(installation: Any, credential: Any) -> dict[str, Any]:
    document: dict[str, Any] = (await installation.client.get(f"/credentials/{credential.id}")).json()
    return document


async def test_checking_by_default_is_the_check_of_everybody(installation: Any) -> None:
    credential = await installation.issue_one()
    await installation.work()
    document = await fetch(installation, credential)
    response = await verify(installation, document, returnCredential=True)
    report = response.json()
    assert (response.status_code, report["verified"], report["verdict"]) == (200, True, "valid")
    assert (report["errors"], report["anchor"], report["issuer"]) == ([], "anchored", "Northgate College (test)")
    assert report["credential"] == document
    posted = (await installation.client.post("/verify", json=document, headers=JSON)).json()
    assert {one["check"]: one["code"] for one in posted["checks"]} == {
        one["check"]: one["code"] for one in report["checks"]
    }

    forged = document | {"name": "Another"}
    response = await verify(installation, forged)
    assert (response.status_code, response.json()["verified"], response.json()["verdict"]) == (400, False, "not valid")
    assert [one["code"] for one in response.json()["errors"]] == ["signature_wrong"]
    assert "credential" not in response.json()


async def test_what_was_valid_or_cannot_be_told_is_not_verified(installation: Any) -> None:
    credential = await installation.issue_one()
    document = await fetch(installation, credential)
    await installation.client.post(
        f"/api/credentials/{credential.id}/revoke", json={"reason": "other"}, headers=installation.headers("revoke")
    )
    response = await verify(installation, document)
    assert (response.status_code, response.json()["verdict"]) == (400, "was valid")
    assert [one["code"] for one in response.json()["errors"]] == ["revoked"]

    unknown = document | {"issuer": "did:web:nowhere.invalid"}
    response = await verify(installation, unknown)
    assert (response.status_code, response.json()["verified"]) == (400, False)


async def test_proofs_alone(installation: Any) -> None:
    document = await fetch(installation, await installation.issue_one())
    response = await verify(installation, document, checks=["proof"])
    assert (response.status_code, response.json()["verified"], response.json()["verdict"]) == (200, True, "cannot tell")
    response = await verify(installation, document | {"name": "Another"}, checks=["proof"])
    assert (response.status_code, response.json()["verified"], response.json()["verdict"]) == (400, False, "not valid")
    response = await verify(installation, document, checks=["proof"], challenge="c")
    assert [one["code"] for one in response.json()["errors"]] == ["challenge_other"]
    response = await verify(installation, document, checks=["proof"], expectedProofPurpose="authentication")
    assert [one["code"] for one in response.json()["errors"]] == ["purpose_wrong"]


async def test_a_presentation_of_ours(installation: Any) -> None:
    first, second = [await fetch(installation, await installation.issue_one(component=one)) for one in ("1", "2")]
    presentation = {
        "@context": [vc.CONTEXT],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [first, second],
    }

    async def shown(document: dict[str, Any], **options: Any) -> httpx.Response:
        body = {"verifiablePresentation": document, "options": options}
        response: httpx.Response = await installation.client.post("/presentations/verify", json=body)
        return response

    response = await shown(presentation, returnPresentation=True)
    report = response.json()
    assert (response.status_code, report["verified"], report["verdict"]) == (200, True, "valid")
    assert [one["verdict"] for one in report["credentials"]] == ["valid", "valid"]
    assert report["verifiablePresentation"] == presentation
    assert {one["check"]: one["code"] for one in report["checks"]} == {
        "structure": "structure_ok",
        "holder": "holder_none",
    }
    response = await shown(presentation | {"verifiableCredential": [first, second | {"name": "Another"}]})
    assert (response.status_code, response.json()["verdict"]) == (400, "not valid")
    (error,) = response.json()["errors"]
    assert (error["code"], error["credential"]) == ("signature_wrong", 1)
    for asked in ({"challenge": "c"}, {"domain": "verifier.example"}, {"checks": ["proof"]}):
        response = await shown(presentation, **asked)
        assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "holder_proof_missing")


async def test_a_record_is_checked_with_each_credential_in_it(installation: Any) -> None:
    first = await installation.issue_one()
    second = await installation.issue_one(component="2")
    address = f"/api/learners/{first.learner_id}/record"
    made = (await installation.client.post(address, headers=installation.headers("issue"))).json()
    await installation.work()
    record = (await installation.client.get(f"/credentials/{made['id']}")).json()
    response = await verify(installation, record)
    report = response.json()
    assert (response.status_code, report["verified"], report["kind"]) == (200, True, "record")
    # Each is found in the register by a receipt of its own.
    assert (report["anchor"], [one["anchor"] for one in report["credentials"]]) == ("anchored", ["anchored"] * 2)
    await installation.client.post(
        f"/api/credentials/{second.id}/revoke", json={"reason": "other"}, headers=installation.headers("revoke")
    )
    response = await verify(installation, record)
    assert (response.status_code, response.json()["verdict"]) == (400, "was valid")
    place = [one["credentialId"] for one in report["credentials"]].index(second.uri)
    assert [(one["code"], one["credential"]) for one in response.json()["errors"]] == [("revoked", place)]
    # The same by the address of the record, for programs and for people.
    by_number = (await installation.client.get(f"/verify/{made['id']}", headers=JSON)).json()
    assert (by_number["verdict"], by_number["anchor"], by_number["kind"]) == ("was valid", "anchored", "record")
    page = await installation.client.get(f"/verify/{made['id']}", headers={"Accept": "text/html"})
    for words in ("<h1>Not all in force</h1>", "2 credentials inside", "Genuine, but withdrawn"):
        assert words in page.text


async def test_version_1_1_is_taken_here_and_nowhere_else(installation: Any) -> None:
    """By the same checks: who signed it is bound to the recognised issuer, as in any version."""
    document = {"@context": [vc_1_1.CONTEXT, vc_1_1.PROOF_CONTEXT], "issuanceDate": "2026-01-01T00:00:00Z"}
    document |= {name: UNSIGNED[name] for name in ("type", "issuer", "credentialSubject")}
    issuer = installation.issuer
    for suite in (data_integrity.RDFC, data_integrity.JCS):
        signed = data_integrity.secure(
            document, suite, issuer.key_id, now(), issuer.sign_bytes, KeyType.ED25519, conformance_canonicaliser()
        )
        response = await verify(installation, signed)
        assert (response.status_code, response.json()["verdict"]) == (200, "valid"), response.text
        for changed in (
            signed | {"issuanceDate": "2025-01-01T00:00:00Z"},
            signed | {"issuer": "did:web:other.example"},
        ):
            assert (await verify(installation, changed)).status_code == 400
        posted = (await installation.client.post("/verify", json=signed, headers=JSON)).json()
        assert (posted["verdict"], posted["checks"][0]["code"]) == ("not valid", "context_not_v2")


VERIFY, PRESENT = "/credentials/verify", "/presentations/verify"
CREDENTIAL, PRESENTATION = {"verifiableCredential": {}}, {"verifiablePresentation": {}}
REFUSED: list[tuple[str, str, Any, int, str]] = [
    ("nothing", VERIFY, {}, 400, "request_malformed"),
    ("a list", VERIFY, [], 400, "not_an_object"),
    ("no credential", VERIFY, {"options": {}}, 400, "request_malformed"),
    ("a credential that is null", VERIFY, {"verifiableCredential": None}, 400, "request_malformed"),
    ("a token for a credential", VERIFY, {"verifiableCredential": "eyJ"}, 400, "request_malformed"),
    ("several credentials", VERIFY, {"verifiableCredential": [{}]}, 400, "request_malformed"),
    ("a presentation for a credential", VERIFY, PRESENTATION, 400, "request_malformed"),
    ("another member", VERIFY, CREDENTIAL | {"verifiablePresentation": {}}, 400, "request_malformed"),
    ("options that are none", VERIFY, CREDENTIAL | {"options": ["proof"]}, 400, "request_malformed"),
    ("an unknown option", VERIFY, CREDENTIAL | {"options": {"check": ["proof"]}}, 400, "request_malformed"),
    ("a check that is a word", VERIFY, CREDENTIAL | {"options": {"checks": "proof"}}, 400, "request_malformed"),
    ("an unknown check", VERIFY, CREDENTIAL | {"options": {"checks": ["proofs"]}}, 400, "check_unknown"),
    ("an unknown check beside", VERIFY, CREDENTIAL | {"options": {"checks": ["proof", "x"]}}, 400, "check_unknown"),
    ("no check at all", VERIFY, CREDENTIAL | {"options": {"checks": []}}, 400, "check_unknown"),
    ("an empty challenge", VERIFY, CREDENTIAL | {"options": {"challenge": ""}}, 400, "request_malformed"),
    ("a challenge that is a number", VERIFY, CREDENTIAL | {"options": {"challenge": 5}}, 400, "request_malformed"),
    ("a truth that is a word", VERIFY, CREDENTIAL | {"options": {"returnCredential": "no"}}, 400, "request_malformed"),
    ("a challenge to what lasts", VERIFY, CREDENTIAL | {"options": {"challenge": "c"}}, 400, "option_not_applicable"),
    ("a purpose of what lasts", VERIFY, CREDENTIAL | {"options": {"expectedProofPurpose": "authentication"}}, 400, "option_not_applicable"),
    ("a purpose nobody knows", VERIFY, CREDENTIAL | {"options": {"checks": ["proof"], "expectedProofPurpose": "x"}}, 400, "request_malformed"),
    ("no presentation", PRESENT, {}, 400, "request_malformed"),
    ("a credential for a presentation", PRESENT, CREDENTIAL, 400, "request_malformed"),
    ("no check of a presentation", PRESENT, PRESENTATION | {"options": {"checks": []}}, 400, "check_unknown"),
    ("a holder's proof for assertion", PRESENT, PRESENTATION | {"options": {"expectedProofPurpose": "assertionMethod"}}, 400, "option_not_applicable"),
]  # fmt: skip


async def test_what_cannot_be_answered_is_a_problem(installation: Any) -> None:
    answered = {}
    for what, path, body, _, _ in REFUSED:
        response = await installation.client.post(path, json=body, headers=JSON)
        answered[what] = (response.status_code, response.json().get("code"))
    assert answered == {what: (status, code) for what, _, _, status, code in REFUSED}


async def test_bytes_that_are_no_one_document(installation: Any) -> None:
    for path, member in ((VERIFY, b"verifiableCredential"), (PRESENT, b"verifiablePresentation")):
        for body, status, code in unreadable(member):
            assert_problem(await installation.client.post(path, content=body, headers=JSON), status, code)
        kept = await installation.client.post(path, content=b"<x/>", headers=JSON | {"Content-Type": "text/xml"})
        assert_problem(kept, 415, "media_type_unknown")


def unreadable(member: bytes) -> list[tuple[bytes, int, str]]:
    return [
        (b"not json", 400, "malformed_json"),
        (b'{"%s": {"id": 1, "id": 2}}' % member, 400, "duplicate_member"),
        (b'{"%s": {"n": 9007199254740993}}' % member, 400, "number_not_exact"),
        (b'{"%s": %s}' % (member, b'{"a":' * 60 + b"1" + b"}" * 60), 400, "too_deep"),
        (b'{"a": "' + b"x" * 1_010_000 + b'"}', 413, "document_too_large"),
        (b'{"a": "' + b"x" * 1_200_000 + b'"}', 413, "body_too_large"),
    ]


async def test_any_document_gets_an_answer(installation: Any) -> None:
    """However misshapen: a report and 400, never a failure of ours."""
    for document in (
        {},
        {"@context": {}, "type": 5, "proof": [[]], "verifiableCredential": [[]], "holder": []},
        {"@context": [vc.CONTEXT], "type": ["VerifiableCredential", "VerifiablePresentation"], "proof": {"proofValue": 5}},
        UNSIGNED | {"proof": [{"verificationMethod": []}]},
        {"@context": [vc.CONTEXT], "type": "VerifiablePresentation", "verifiableCredential": {"proof": {"verificationMethod": {}}, "credentialSubject": ["x"]}},
    ):  # fmt: skip
        for options in ({}, {"checks": ["proof"]}):
            for path, member in ((VERIFY, "verifiableCredential"), (PRESENT, "verifiablePresentation")):
                response = await installation.client.post(path, json={member: document, "options": options})
                assert (response.status_code, response.json()["verified"]) == (400, False), response.text
                assert response.json()["errors"]


async def test_checking_is_limited_per_client(installation: Any) -> None:
    for _ in range(installation.settings.public_writes_per_minute):
        assert (await installation.client.post(VERIFY, json={})).status_code == 400
    assert_problem(await installation.client.post(PRESENT, json={}, headers=JSON), 429, "too_many_requests")


async def test_each_credential_inside_counts_against_the_limit(installation: Any) -> None:
    """Fifty checks for the price of one would be a way around it."""
    each = installation.settings.public_writes_per_minute // 3 + 1
    subject = {"type": ["ClrSubject"], "verifiableCredential": [{}] * min(each, MAX_EMBEDDED)}
    record = {"@context": list(clr.CONTEXTS), "type": ["VerifiableCredential", clr.TYPE], "credentialSubject": subject}
    presentation = {"@context": [vc.CONTEXT], "type": ["VerifiablePresentation"], "verifiableCredential": [{}] * each}
    assert (await installation.client.post(VERIFY, json={"verifiableCredential": record})).status_code == 400
    for _ in range(2):
        last = await installation.client.post(PRESENT, json={"verifiablePresentation": presentation}, headers=JSON)
    assert_problem(last, 429, "too_many_requests")


async def test_a_stolen_api_key_puts_no_words_in_a_colleges_mouth(installation: Any) -> None:
    """Nothing that is sent is signed, whoever sends it, and the process holds no key that could."""
    body = {"credential": UNSIGNED}
    issue = "/credentials/issue"
    response = await installation.client.post(issue, json=body, headers=JSON | installation.headers("issue"))
    assert_problem(response, 403, "conformance_only")
    for headers, status, code in (
        ({}, 401, "api_key_invalid"),
        ({"Authorization": "Bearer sm_wrong"}, 401, "api_key_invalid"),
        ({"Authorization": "Basic c206"}, 401, "api_key_invalid"),
        (installation.headers("revoke"), 403, "scope_missing"),
    ):
        assert_problem(await installation.client.post(issue, json=body, headers=JSON | headers), status, code)
    token = installation.api_key["issue"]
    in_address = await installation.client.post(f"/conformance/{token}/credentials/issue", json=body, headers=JSON)
    assert_problem(in_address, 404, "address_unknown")
    assert_problem(await installation.client.get("/conformance/status/1", headers=JSON), 404, "address_unknown")


def test_without_the_flag_no_test_key_is_in_the_process() -> None:
    program = (
        "import sys\nfrom app.main import create_app\nfrom app.settings import Settings\n"
        "create_app(Settings(_env_file=None))\n"
        "raise SystemExit(any(name.startswith('app.conformance') for name in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


CHANGE = {"credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}, "status": True}


async def test_a_status_of_true_withdraws_for_good(installation: Any) -> None:
    credential = await installation.issue_one()
    document = await fetch(installation, credential)
    headers = JSON | installation.headers("revoke")

    async def change(**members: Any) -> httpx.Response:
        body = CHANGE | {"credentialId": credential.uri} | members
        response: httpx.Response = await installation.client.post("/credentials/status", json=body, headers=headers)
        return response

    entry = CHANGE["credentialStatus"]
    for members, status, code in (
        ({"status": False}, 400, "status_permanent"),
        ({"status": "true"}, 400, "request_malformed"),
        ({"status": None}, 400, "request_malformed"),
        ({"credentialStatus": entry | {"statusPurpose": "suspension"}}, 400, "status_unknown"),
        ({"credentialStatus": entry | {"statusListIndex": "5"}}, 400, "status_unknown"),
        ({"credentialStatus": entry | {"type": "RevocationList2020Status"}}, 400, "request_malformed"),
        ({"credentialId": "urn:x:1"}, 404, "credential_unknown"),
        ({"credentialId": f"urn:uuid:{uuid4()}"}, 404, "credential_unknown"),
        ({"more": 1}, 400, "request_malformed"),
    ):
        assert_problem(await change(**members), status, code)
    assert (await verify(installation, document)).status_code == 200
    assert (await change(credentialId=str(credential.id))).status_code == 200
    assert (await verify(installation, document)).json()["verdict"] == "was valid"
    assert_problem(await change(), 409, "already_revoked")


async def test_a_status_is_changed_by_its_own_institution_alone(installation: Any) -> None:
    credential = await installation.issue_one()
    body = CHANGE | {"credentialId": credential.uri}
    for headers, status, code in (
        ({}, 401, "api_key_invalid"),
        (installation.headers("issue"), 403, "scope_missing"),
        ({"Authorization": f"Bearer {installation.other_api_key['revoke']}"}, 404, "credential_unknown"),
    ):
        response = await installation.client.post("/credentials/status", json=body, headers=JSON | headers)
        assert_problem(response, status, code)
    assert (await verify(installation, await fetch(installation, credential))).status_code == 200


async def test_it_is_described(installation: Any) -> None:
    described = (await installation.client.get("/api/openapi.json")).json()
    for path in (VERIFY, PRESENT, "/credentials/issue", "/credentials/status"):
        assert "post" in described["paths"][path]
    text = json.dumps(described)
    assert "$defs" not in text
    for name in ("VcApiReport", "VcApiProblem"):
        assert f'"#/components/schemas/{name}"' in text
        assert name in described["components"]["schemas"]
    # The bodies are described where they are sent.
    for word in ("expectedProofPurpose", "mandatoryPointers", "credentialStatus"):
        assert word in text
