"""What an institution publishes of its identity, over HTTP: as of a time, on its own domain, in plain words."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.adapters.wallet_signatures import recover
from app.credentials import keys
from app.credentials import service as credentials
from app.database import transaction
from app.institutions import service as institutions
from app.standards import data_integrity, did, wallet_statement
from app.standards.vc import timestamp
from app.wiring import now
from tests.integration.conftest import Installation
from tests.integration.web.test_api_credentials import assert_problem

DOMAIN = "creds.eastham.ac.uk"
JSON = {"Accept": "application/json"}


async def rotate(installation: Installation, at: datetime) -> None:
    wiring = installation.wiring
    async with transaction(wiring.engine) as conn:
        await keys.rotate(conn, wiring.keystore, wiring.compiled, installation.issuer.institution.id, at)


@pytest.fixture
async def own_domain(installation: Installation) -> Installation:
    """The same installation with a college on its own domain."""
    wiring = installation.wiring
    async with transaction(wiring.engine) as conn:
        await credentials.become_issuer(
            conn,
            wiring.keystore,
            wiring.compiled,
            slug="eastham",
            name="Eastham College (test)",
            ukprn="10000003",
            public_url=installation.settings.public_url,
            chain_id=31337,
            contract=str(installation.settings.registry_address),
            now=now(),
            domain=DOMAIN,
        )
    return installation


async def test_the_document_of_any_time(installation: Installation) -> None:
    client = installation.client
    first = (await client.get("/i/northgate/did.json")).content
    later = now() + timedelta(days=1)
    await rotate(installation, later)
    second = (await client.get("/i/northgate/did.json")).content
    assert first != second
    async with transaction(installation.wiring.engine) as conn:
        versions = await institutions.did_document_versions(conn, installation.issuer.institution.id)
    began, changed = (one.valid_from for one in versions)
    for at, expected, lasting in (
        (began, first, True),
        (changed - timedelta(seconds=1), first, True),
        (changed, second, False),
        (changed + timedelta(days=9), second, False),
    ):
        response = await client.get("/i/northgate/did.json", params={"versionTime": timestamp(at)})
        assert response.content == expected, at
        assert ("immutable" in response.headers["cache-control"]) is lasting
        assert response.headers["access-control-allow-origin"] == "*"
    zoned = await client.get("/i/northgate/did.json", params={"versionTime": began.strftime("%Y-%m-%dT%H:%M:%S+00:00")})
    assert zoned.content == first

    listed = (await client.get("/i/northgate/did/versions")).json()
    assert listed["did"] == installation.issuer.institution.did
    assert [(one["version"], one["from"], one["until"]) for one in listed["versions"]] == [
        (1, timestamp(began), timestamp(changed)),
        (2, timestamp(changed), None),
    ]
    assert [one["sha256"] for one in listed["versions"]] == [one.sha256.hex() for one in versions]


@pytest.mark.parametrize(
    "wanted", ["", "yesterday", "2026-09-12", "2026-09-12T10:00:00", "2026-13-01T00:00:00Z", "9" * 99]
)
async def test_a_time_that_is_none_is_refused(installation: Installation, wanted: str) -> None:
    response = await installation.client.get("/i/northgate/did.json", params={"versionTime": wanted}, headers=JSON)
    assert_problem(response, 422, "version_time_invalid")


async def test_what_is_not_there(own_domain: Installation) -> None:
    before = timestamp(datetime(2000, 1, 1, tzinfo=UTC))
    for address, host, code in (
        (f"/i/northgate/did.json?versionTime={before}", None, "did_version_unknown"),
        (f"/i/nobody/did.json?versionTime={before}", None, "institution_unknown"),
        ("/i/nobody/did/versions", None, "institution_unknown"),
        ("/i/nobody/anchor-wallets.json", None, "institution_unknown"),
        # Our own host is no institution's domain, and a domain that nobody registered is none either.
        ("/.well-known/did.json", None, "institution_unknown"),
        ("/.well-known/anchor-wallets.json", None, "institution_unknown"),
        ("/.well-known/did.json", "forger.example", "institution_unknown"),
        ("/.well-known/did.json", f"{DOMAIN}:8443", "institution_unknown"),
        ("/.well-known/did.json", f"{DOMAIN}.forger.example", "institution_unknown"),
        ("/.well-known/did-configuration.json", "forger.example", "did_configuration_unknown"),
    ):
        headers = JSON | ({"Host": host} if host else {})
        assert_problem(await own_domain.client.get(address, headers=headers), 404, code)


@pytest.mark.parametrize("host", [DOMAIN, DOMAIN.upper(), f"{DOMAIN}:443"])
async def test_a_college_on_its_own_domain(own_domain: Installation, host: str) -> None:
    client, named = own_domain.client, {"Host": host}
    issuer_did = f"did:web:{DOMAIN}"
    published = await client.get("/.well-known/did.json", headers=named)
    assert did.web_url(issuer_did) == f"https://{DOMAIN}/.well-known/did.json"
    issuer = did.read_document(published.json(), issuer_did)
    assert published.content == (await client.get("/i/eastham/did.json", headers=named)).content
    dated = await client.get("/.well-known/did.json", params={"versionTime": timestamp(now())}, headers=named)
    assert dated.content == published.content
    for service in published.json()["service"]:
        assert service["serviceEndpoint"].startswith(f"https://{DOMAIN}/i/eastham/")

    said = (await client.get("/.well-known/anchor-wallets.json", headers=named)).json()
    wallet_statement.check(said, issuer_did, issuer.wallets[0], recover)

    configuration = (await client.get("/.well-known/did-configuration.json", headers=named)).json()
    (linkage,) = configuration["linked_dids"]
    check_linkage(linkage, issuer_did, f"https://{DOMAIN}", issuer)


async def test_our_own_host_is_linked_to_every_institution_published_there(own_domain: Installation) -> None:
    configuration = (await own_domain.client.get("/.well-known/did-configuration.json")).json()
    assert configuration["@context"] == "https://identity.foundation/.well-known/did-configuration/v1"
    by_did = {linkage["issuer"]: linkage for linkage in configuration["linked_dids"]}
    assert set(by_did) == {f"did:web:localhost%3A8000:i:{slug}" for slug in ("northgate", "southport")}
    for slug in ("northgate", "southport"):
        issuer_did = f"did:web:localhost%3A8000:i:{slug}"
        document = (await own_domain.client.get(f"/i/{slug}/did.json")).json()
        issuer = did.read_document(document, issuer_did)
        check_linkage(by_did[issuer_did], issuer_did, "http://localhost:8000", issuer)


def check_linkage(linkage: dict[str, Any], issuer_did: str, origin: str, issuer: did.DidDocument) -> None:
    """As the specification has it (section Domain Linkage Credential), and signed by a key of the DID."""
    assert "id" not in linkage
    assert linkage["@context"][:2] == [
        "https://www.w3.org/2018/credentials/v1",
        "https://identity.foundation/.well-known/did-configuration/v1",
    ]
    assert linkage["type"] == ["VerifiableCredential", "DomainLinkageCredential"]
    assert linkage["issuer"] == issuer_did
    assert linkage["credentialSubject"] == {"id": issuer_did, "origin": origin}
    assert linkage["issuanceDate"] < linkage["expirationDate"]
    proof = data_integrity.read_proof(linkage)
    assert proof.cryptosuite == data_integrity.JCS
    key = issuer.signing_key(proof.verification_method)
    assert key is not None

    class NeverAsked:
        def n_quads(self, document: Any) -> bytes:
            raise AssertionError("a JCS proof needs no vocabulary")

    assert data_integrity.verify_signature(
        key.key, proof.signature, data_integrity.hash_for(proof, linkage, NeverAsked())
    )


async def test_the_page_tells_of_keys_past_and_present_in_plain_words(installation: Installation) -> None:
    wiring, institution = installation.wiring, installation.issuer.institution
    await rotate(installation, now())
    async with transaction(wiring.engine) as conn:
        identity = await institutions.identity(conn, institution.id)
        await keys.compromise(conn, wiring.keystore, wiring.compiled, institution.id, since=now(), now=now())
        after = await institutions.identity(conn, institution.id)
    page = (await installation.client.get("/i/northgate", headers={"Accept": "text/html"})).text
    for key in after.keys:
        assert key.name in page
        assert key.public_key in page
    for words in (
        "In use",
        "Retired",
        "Compromised since",
        "I anchor for did:web:",
        "/i/northgate/anchor-wallets.json",
    ):
        assert words in page
    told = (await installation.client.get("/i/northgate", headers=JSON)).json()
    assert identity.signing_key.public_key not in told["signingKeys"]
    assert [entry["key"] for entry in told["compromisedKeys"]] == [identity.signing_key.public_key]
    assert json.loads((await installation.client.get(told["anchorWallets"])).content)["did"] == institution.did
    assert (await installation.client.get(told["didDocumentVersions"])).status_code == 200
