"""The conformance tenant over its API: what it signs verifies, here and by others; what is no credential it refuses."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.standards import clr, data_integrity, status_list, vc, vc_1_1
from app.standards.multikey import KeyType
from tests.integration.web.tenant import TOKEN, URL, Suite, a_suite, unsigned
from tests.integration.web.test_api_credentials import assert_problem
from tests.unit.verification.people import HOLDER, SUITES, THIEF

OLDER = {"@context": [vc_1_1.CONTEXT], "issuanceDate": "2020-03-16T22:37:26.544Z"}
# The tenant goes by the real clock, which may be behind that of the tests.
SIGNED_BEFORE = {"created": "2026-01-01T00:00:00Z"}
REVOCABLE = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}


@pytest.fixture
async def suite() -> AsyncIterator[Suite]:
    async with a_suite() as made:
        yield made


# What is signed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cryptosuite", "place"), SUITES)
async def test_what_is_issued_verifies_bound_and_unbound(suite: Suite, cryptosuite: str, place: int) -> None:
    key = suite.keys[place]
    signed = await suite.issued(unsigned(issuer={"id": key.did}), cryptosuite=cryptosuite)
    proof = signed["proof"]
    assert (proof["type"], proof["cryptosuite"], proof["proofPurpose"]) == (
        "DataIntegrityProof",
        cryptosuite,
        "assertionMethod",
    )
    assert proof["verificationMethod"] == key.id
    assert data_integrity.unsecured(signed) == unsigned(issuer={"id": key.did})
    bound, unbound = await suite.verify(signed), await suite.verify(signed, checks=["proof"])
    assert (bound.status_code, bound.json()["verdict"]) == (200, "valid")
    assert (unbound.status_code, unbound.json()["verdict"]) == (200, "cannot tell")
    for answer in (bound, unbound):
        assert (answer.json()["verified"], answer.json()["errors"]) == (True, [])
    changed = signed | {"credentialSubject": {"id": "did:example:another"}}
    for options in ({}, {"checks": ["proof"]}):
        answer = await suite.verify(changed, **options)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "signature_wrong")


@pytest.mark.parametrize(("cryptosuite", "place"), SUITES)
async def test_version_1_1_is_signed_with_the_vocabulary_of_proofs(suite: Suite, cryptosuite: str, place: int) -> None:
    signed = await suite.issued(unsigned(issuer=suite.keys[place].did, **OLDER), cryptosuite=cryptosuite)
    assert signed["@context"] == [vc_1_1.CONTEXT, vc_1_1.PROOF_CONTEXT]
    assert (await suite.verify(signed, checks=["proof"])).status_code == 200
    older = signed | {"issuanceDate": "2021-01-01T00:00:00Z"}
    assert (await suite.verify(older, checks=["proof"])).status_code == 400
    answer = await suite.verify(signed)
    assert (answer.status_code, answer.json()["verdict"], answer.json()["errors"]) == (200, "valid", [])
    answer = await suite.verify(older)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "signature_wrong")


@pytest.mark.parametrize("cryptosuite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
@pytest.mark.parametrize(
    ("dates", "verdict", "code"),
    [
        ({"expirationDate": "2099-01-01T00:00:00Z"}, "valid", "dates_ok"),
        ({"expirationDate": "2021-01-01T00:00:00Z"}, "was valid", "expired"),
        ({"issuanceDate": "2099-01-01T00:00:00Z"}, "not valid", "not_yet_valid"),
        # Words that version 1.1 keeps for later: what they say is no less binding.
        ({"validUntil": "2021-01-01T00:00:00Z"}, "was valid", "expired"),
        ({"validUntil": "2021-01-01T00:00:00Z", "expirationDate": "2099-01-01T00:00:00Z"}, "was valid", "expired"),
        ({"validFrom": "2099-01-01T00:00:00Z"}, "not valid", "not_yet_valid"),
    ],
)
async def test_version_1_1_holds_between_its_own_dates(
    suite: Suite, cryptosuite: str, dates: dict[str, str], verdict: str, code: str
) -> None:
    signed = await suite.issued(unsigned(issuer=suite.keys[0].did, **OLDER | dates), cryptosuite=cryptosuite)
    report = (await suite.verify(signed)).json()
    assert (report["verdict"], codes(report)["dates"]) == (verdict, code)
    shown = await suite.present(HOLDER.shows(signed, proof=SIGNED_BEFORE) | {"proof": []})
    assert shown.json()["verdict"] == verdict


async def test_a_status_that_version_1_1_cannot_name_is_not_passed_over(suite: Suite) -> None:
    """It has no word for our lists, so whether it was withdrawn cannot be told."""
    for cryptosuite in ("eddsa-rdfc-2022", "eddsa-jcs-2022"):
        entry = {"id": "https://college.example/status/1#7", "type": "https://college.example/Status"}
        issuing = await suite.issue(
            unsigned(issuer=suite.keys[0].did, **OLDER, credentialStatus=entry), cryptosuite=cryptosuite
        )
        assert issuing.status_code == 201, issuing.text
        report = (await suite.verify(issuing.json()["verifiableCredential"])).json()
        assert (report["verified"], report["verdict"]) == (False, "cannot tell")


async def test_an_issuer_nobody_knows_is_no_better_in_an_older_version(suite: Suite) -> None:
    document = {name: one for name, one in unsigned(**OLDER, issuer=THIEF.did).items() if name != "id"}
    document["@context"] = [vc_1_1.CONTEXT, vc_1_1.PROOF_CONTEXT]
    answer = await suite.verify(THIEF.signs(document, created="2026-01-01T00:00:00Z"))
    assert (answer.status_code, answer.json()["verdict"]) == (400, "cannot tell")
    assert codes(answer.json())["issuer"] == "issuer_unknown"


async def test_a_proof_that_version_1_1_has_no_words_for_is_not_given_any(suite: Suite) -> None:
    """Contexts are added before signing, never when checking: a signature counts for what was received."""
    signed = await suite.issued(unsigned(issuer=suite.keys[0].did, **OLDER), cryptosuite="eddsa-rdfc-2022")
    for contexts in ([vc_1_1.CONTEXT], [vc_1_1.CONTEXT, vc.CONTEXT], [vc.CONTEXT, vc_1_1.CONTEXT]):
        for options in ({}, {"checks": ["proof"]}):
            answer = await suite.verify(signed | {"@context": contexts}, **options)
            assert (answer.status_code, answer.json()["verified"]) == (400, False)


async def test_a_record_is_checked_with_all_that_is_in_it(suite: Suite) -> None:
    inside = await suite.issued(unsigned(), credentialStatus=REVOCABLE)

    def record(*members: Any) -> dict[str, Any]:
        subject = {"type": ["ClrSubject"], "verifiableCredential": list(members)}
        contexts = {"@context": list(clr.CONTEXTS), "type": ["VerifiableCredential", clr.TYPE]}
        return unsigned(id="urn:uuid:86294362-4254-4f36-854f-3952fe42555e", credentialSubject=subject, **contexts)

    signed = await suite.issued(record(inside))
    report = (await suite.verify(signed)).json()
    assert (report["kind"], report["verified"], report["verdict"]) == ("record", True, "valid")
    assert [one["credentialId"] for one in report["credentials"]] == [inside["id"]]
    forged = await suite.issued(record(inside | {"name": "Another"}))
    answer = await suite.verify(forged)
    assert (answer.status_code, answer.json()["verdict"]) == (400, "not valid")
    assert [(one["code"], one["credential"]) for one in answer.json()["errors"]] == [("signature_wrong", 0)]
    await suite.post("/credentials/status", credentialId=inside["id"], credentialStatus=REVOCABLE, status=True)
    answer = await suite.verify(signed)
    assert (answer.status_code, answer.json()["verdict"]) == (400, "was valid")


def codes(report: dict[str, Any]) -> dict[str, str]:
    return {one["check"]: one["code"] for one in report["checks"]}


async def test_the_issuer_may_be_left_out_and_the_suite_chosen_by_either_name(suite: Suite) -> None:
    for options, key_type, made in (
        ({}, KeyType.ED25519, "eddsa-rdfc-2022"),
        ({"type": "DataIntegrityProof"}, KeyType.ED25519, "eddsa-rdfc-2022"),
        ({"type": "eddsa-jcs-2022"}, KeyType.ED25519, "eddsa-jcs-2022"),
        ({"type": "DataIntegrityProof", "cryptosuite": "ecdsa-rdfc-2019"}, KeyType.P256, "ecdsa-rdfc-2019"),
        ({"cryptosuite": "ecdsa-jcs-2019", "mandatoryPointers": []}, KeyType.P256, "ecdsa-jcs-2019"),
    ):
        signed = await suite.issued(unsigned(), **options)
        key = next(one for one in suite.keys if one.public.type is key_type)
        assert (signed["issuer"], signed["proof"]["cryptosuite"]) == (key.did, made)
        assert (await suite.verify(signed)).status_code == 200
    p384 = await suite.issued(unsigned(issuer=suite.keys[2].did))
    assert p384["proof"]["cryptosuite"] == "ecdsa-rdfc-2019"


ENTRY = status_list.entry(f"{URL}/conformance/status/1", 5)
REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], int, str]] = [
    ("signed already", unsigned(proof={"type": "DataIntegrityProof"}), {}, 400, "proof_present"),
    ("signed by nothing", unsigned() | {"proof": None}, {}, 400, "proof_present"),
    ("another's issuer", unsigned(issuer=THIEF.did), {}, 400, "issuer_other"),
    ("an issuer without a name", unsigned(issuer={"name": "College"}), {}, 400, "issuer_other"),
    ("an issuer that is null", unsigned() | {"issuer": None}, {}, 400, "issuer_other"),
    ("two issuers", unsigned(issuer=["did:example:1", "did:example:2"]), {}, 400, "issuer_other"),
    ("no contexts", unsigned(**{"@context": None}), {}, 400, "context_not_v2"),
    ("another context first", unsigned(**{"@context": [vc_1_1.PROOF_CONTEXT, vc.CONTEXT]}), {}, 400, "context_not_v2"),
    ("a context nobody knows", unsigned(**{"@context": [vc.CONTEXT, "https://vocabulary.example/v1"]}), {}, 400, "context_unknown"),
    ("a context inside that is not read", unsigned(**{"@context": [vc.CONTEXT, {"@import": "https://vocabulary.example/v1"}]}), {}, 400, "context_unknown"),
    ("no type", unsigned(type=None), {}, 400, "type_not_credential"),
    ("an undefined type", unsigned(type=["VerifiableCredential", "Thing"]), {}, 400, "term_undefined"),
    ("no subject", unsigned(credentialSubject=None), {}, 400, "subject_missing"),
    ("a subject of nothing", unsigned(credentialSubject=[{}]), {}, 400, "subject_missing"),
    ("an id that is none", unsigned(id="x"), {}, 400, "id_not_url"),
    ("two ids", unsigned(id=["urn:x:1", "urn:x:2"]), {}, 400, "id_not_url"),
    ("a date without a zone", unsigned(validFrom="2026-01-01T00:00:00"), {}, 400, "date_malformed"),
    ("an end before the beginning", unsigned(validFrom="2026-01-02T00:00:00Z", validUntil="2026-01-01T00:00:00Z"), {}, 400, "dates_reversed"),
    ("a status without a type", unsigned(credentialStatus={"id": "urn:x:1"}), {}, 400, "status_malformed"),
    ("an undefined word", unsigned(statusEntry={"type": "BitstringStatusListEntry"}), {}, 400, "term_undefined"),
    ("an undefined word inside", unsigned(credentialSubject={"id": "urn:x:1", "mark": "1"}), {}, 400, "term_undefined"),
    ("a relative reference", unsigned(credentialSubject={"id": "subject"}), {}, 400, "reference_relative"),
    ("a member that is no word", unsigned(**{"https://schema.org/name": "x"}), {}, 400, "keyword_not_allowed"),
    ("an invisible character", unsigned(name="a\x08"), {}, 400, "control_character"),
    ("1.1 without its date", unsigned(**OLDER | {"issuanceDate": None}), {}, 400, "issuance_date_missing"),
    ("1.1 with a day for a date", unsigned(**OLDER | {"issuanceDate": "2020-03-16"}), {}, 400, "date_malformed"),
    ("1.1 over before it begins", unsigned(**OLDER, expirationDate="2019-01-01T00:00:00Z"), {}, 400, "dates_reversed"),
    ("1.1 with a word of 2.0", unsigned(**OLDER, name="x"), {}, 400, "term_undefined"),
    ("1.1 with a status of 2.0", unsigned(**OLDER), {"credentialStatus": REVOCABLE}, 400, "term_undefined"),
    ("a suite nobody knows", unsigned(), {"cryptosuite": "rsa"}, 400, "cryptosuite_unknown"),
    ("an older suite", unsigned(), {"type": "Ed25519Signature2020"}, 400, "cryptosuite_unknown"),
    ("two suites", unsigned(), {"type": "eddsa-jcs-2022", "cryptosuite": "eddsa-rdfc-2022"}, 400, "cryptosuite_unknown"),
    ("showing parts", unsigned(), {"cryptosuite": "ecdsa-sd-2023"}, 400, "cryptosuite_not_made"),
    ("pointers to parts", unsigned(), {"mandatoryPointers": ["/issuer"]}, 400, "cryptosuite_not_made"),
    ("a key of another kind", unsigned(issuer=HOLDER.did), {"cryptosuite": "ecdsa-rdfc-2019"}, 400, "issuer_other"),
    ("an unknown option", unsigned(), {"credentialSubject": {}}, 400, "request_malformed"),
    ("a status of another purpose", unsigned(), {"credentialStatus": REVOCABLE | {"statusPurpose": "suspension"}}, 400, "status_unknown"),
    ("a status of another kind", unsigned(), {"credentialStatus": REVOCABLE | {"type": "StatusList2021Entry"}}, 400, "request_malformed"),
    ("a status at a place chosen", unsigned(), {"credentialStatus": REVOCABLE | {"statusListIndex": "5"}}, 400, "status_unknown"),
    ("two statuses", unsigned(), {"credentialStatus": [REVOCABLE, REVOCABLE]}, 400, "status_unknown"),
    ("a status beside one's own", unsigned(credentialStatus=ENTRY), {"credentialStatus": REVOCABLE}, 400, "status_present"),
    ("a status of the nameless", unsigned(id=None), {"credentialStatus": REVOCABLE}, 400, "credential_id_missing"),
]  # fmt: skip


async def test_what_is_not_signed(suite: Suite) -> None:
    answered = {}
    for what, document, options, _, _ in REFUSED:
        response = await suite.issue(document, **options)
        answered[what] = (response.status_code, response.json().get("code"))
    assert answered == {what: (status, code) for what, _, _, status, code in REFUSED}


@pytest.mark.parametrize("cryptosuite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
async def test_a_word_without_a_meaning_is_not_signed_by_any_suite(suite: Suite, cryptosuite: str) -> None:
    assert_problem(await suite.issue(unsigned(grade="A"), cryptosuite=cryptosuite), 400, "term_undefined")


async def test_a_key_of_another_kind_than_the_suite(suite: Suite) -> None:
    for key, cryptosuite in ((suite.keys[0], "ecdsa-rdfc-2019"), (suite.keys[1], "eddsa-jcs-2022")):
        response = await suite.issue(unsigned(issuer=key.did), cryptosuite=cryptosuite)
        assert_problem(response, 400, "key_type_wrong")


async def test_only_the_token_admits(suite: Suite) -> None:
    issue, change = {"credential": unsigned()}, {"credentialId": "x", "credentialStatus": REVOCABLE, "status": True}
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}):
        for path, body in (("/credentials/issue", issue), ("/credentials/status", change)):
            assert_problem(await suite.client.post(path, json=body, headers=headers), 401, "api_key_invalid")
    for token, status in ((TOKEN, 201), ("x", 401), ("%F0%9F%98%80", 401)):
        response = await suite.client.post(f"/conformance/{token}/credentials/issue", json=issue)
        assert response.status_code == status


# What is withdrawn ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_issued_withdrawn_and_seen(suite: Suite, place: int) -> None:
    wishes: tuple[Any, ...] = (REVOCABLE, [REVOCABLE], REVOCABLE | {"type": "BitstringStatusList"})
    signed = await suite.issued(unsigned(issuer=suite.keys[place].did), credentialStatus=wishes[place])
    entry = signed["credentialStatus"]
    address = f"{URL}/conformance/status/{place + 1}"
    assert (entry["statusListCredential"], entry["id"]) == (address, f"{address}#{entry['statusListIndex']}")
    assert (await suite.verify(signed)).json()["verdict"] == "valid"

    async def listed() -> bool:
        response = await suite.client.get(address)
        assert response.headers["content-type"] == "application/json"
        document = response.json()
        assert (await suite.verify(document)).json()["verdict"] == "valid"
        return status_list.read_bit(document, address, suite.keys[place].did, int(entry["statusListIndex"]))

    async def change(status: bool, **members: Any) -> Any:
        wish = REVOCABLE | members
        return await suite.post("/credentials/status", credentialId=signed["id"], credentialStatus=wish, status=status)

    assert (await change(False)).status_code == 200
    assert await listed() is False
    assert_problem(await change(True, statusListIndex="131072"), 400, "status_other")
    assert_problem(await change(True, statusListCredential=f"{URL}/conformance/status/9"), 400, "status_other")
    assert_problem(await change(True, statusPurpose="suspension"), 400, "status_unknown")
    assert await listed() is False
    assert (await change(True, **{name: entry[name] for name in ("id", "statusListIndex")})).status_code == 200
    assert await listed() is True
    answer = await suite.verify(signed)
    assert (answer.status_code, answer.json()["verdict"]) == (400, "was valid")
    # The proof is as good as ever.
    assert (await suite.verify(signed, checks=["proof"])).status_code == 200
    assert_problem(await change(False), 400, "status_permanent")


async def test_a_credential_is_withdrawn_by_the_name_it_was_issued_under(suite: Suite) -> None:
    signed = await suite.issued(unsigned(id=None), credentialStatus=REVOCABLE, credentialId="record 7")
    assert "id" not in signed
    again = await suite.issue(unsigned(id=None), credentialStatus=REVOCABLE, credentialId="record 7")
    assert_problem(again, 409, "credential_id_known")
    change = {"credentialStatus": REVOCABLE, "status": True}
    assert_problem(await suite.post("/credentials/status", credentialId="7", **change), 404, "credential_unknown")
    assert (await suite.post("/credentials/status", credentialId="record 7", **change)).status_code == 200
    assert (await suite.verify(signed)).json()["verdict"] == "was valid"


async def test_lists_are_told_apart_by_their_addresses(suite: Suite) -> None:
    vc_type = await suite.client.get("/conformance/status/1", headers={"Accept": "application/vc"})
    assert vc_type.headers["content-type"] == "application/vc"
    for number in ("0", "4", "99"):
        assert_problem(await suite.client.get(f"/conformance/status/{number}"), 404, "status_list_unknown")


async def test_a_status_in_anothers_list_is_not_believed(suite: Suite) -> None:
    """The tenant signs what it is sent, so a status entry that names another issuer's list must fail when checked."""
    signed = await suite.issued(unsigned(credentialStatus=status_list.entry(f"{URL}/conformance/status/2", 5)))
    answer = await suite.verify(signed)
    assert (answer.status_code, answer.json()["verdict"]) == (400, "cannot tell")


# Presentations --------------------------------------------------------------------------------------------------


async def test_presentations(suite: Suite) -> None:
    credential = await suite.issued(unsigned(credentialSubject={"id": HOLDER.did}))
    asked = {"challenge": "c", "domain": "suite.example"}
    answered = asked | SIGNED_BEFORE
    shown = HOLDER.shows(credential, proof=answered, holder=HOLDER.did)
    for document, options, status, code in (
        (shown, asked, 200, None),
        (shown, {}, 200, None),
        (shown, asked | {"checks": ["proof"]}, 200, None),
        (shown, {"checks": []}, 200, None),
        (shown, asked | {"expectedProofPurpose": "authentication"}, 200, None),
        (shown, asked | {"challenge": "d"}, 400, "challenge_other"),
        (shown, asked | {"domain": "other.example"}, 400, "domain_other"),
        (shown | {"proof": []}, asked, 400, "holder_proof_missing"),
        (HOLDER.shows(credential, holder=HOLDER.did, proof=SIGNED_BEFORE), asked, 400, "challenge_other"),
        (THIEF.shows(credential, holder=HOLDER.did, proof=answered), asked, 400, "holder_other"),
        (THIEF.shows(credential, proof=answered), asked, 400, "holder_not_subject"),
        (
            HOLDER.shows(credential | {"validUntil": "2099-01-01T00:00:00Z"}, proof=SIGNED_BEFORE),
            {},
            400,
            "signature_wrong",
        ),
    ):
        answer = await suite.present(document, **options)
        assert answer.status_code == status, (options, answer.text)
        assert answer.json()["verified"] is (status == 200)
        assert [one["code"] for one in answer.json()["errors"]] == ([code] if code else [])


async def test_an_empty_list_of_checks_is_the_proof_and_never_nothing(suite: Suite) -> None:
    signed = await suite.issued(unsigned())
    assert (await suite.verify(signed, checks=[])).status_code == 200
    assert (await suite.verify(signed | {"name": "x"}, checks=[])).status_code == 400
    assert (await suite.verify(unsigned(issuer=suite.keys[0].did), checks=[])).status_code == 400


async def test_nothing_else_is_served(suite: Suite) -> None:
    for path in ("/", "/verify", "/api/credentials", "/api/openapi.json", "/i/northgate", "/conformance/status/x"):
        assert (await suite.client.get(path, headers={"Accept": "application/json"})).status_code == 404
    page = await suite.client.get("/verify/x", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
