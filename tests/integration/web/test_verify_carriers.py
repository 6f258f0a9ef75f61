"""Everything an employer may drop on the check: pictures, PDFs, presentations, records, our links, and what is none."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.pdf import attached_json
from app.errors import Refused
from app.main import create_app
from app.sharing import service as sharing
from app.standards import baking, data_integrity
from app.verification import carriers
from app.wiring import now
from tests.fakes import MemoryPublications
from tests.integration.web.test_api_credentials import assert_problem
from tests.unit.verification.files import CLR, damaged, element, pdf, png, svg, text_chunk, zipped_chunk
from tests.unit.verification.people import HOLDER, THIEF
from tests.unit.verification.test_carriers import JWT

PAGE = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}


async def document_of(installation: Any, number: Any) -> bytes:
    content: bytes = (await installation.client.get(f"/credentials/{number}")).content
    return content


def presentation(*documents: bytes) -> bytes:
    members = b",".join(documents)
    return b'{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"],"verifiableCredential":[' + members + b"]}"  # fmt: skip


def changed(document: bytes) -> bytes:
    forged = document.replace(b"Merit", b"Distinction")
    assert forged != document
    return forged


async def test_one_credential_in_every_carrier(installation: Any) -> None:
    credential = await installation.issue_one(learner_name="Anna Müller")
    await installation.work()
    document, bundle = await document_of(installation, credential.id), await installation.bundle(credential.id)
    for media_type, sent in (
        ("image/png", baking.bake_png(png(), document)),
        ("image/png", baking.bake_png(png(), bundle, CLR)),
        ("image/svg+xml", baking.bake_svg(svg(), document)),
        ("application/pdf", pdf(("credential.json", bundle))),
        ("application/vc", document),
        ("application/octet-stream", pdf(("credential.json", document))),
        ("text/plain", document),
        # What a file is, is read off its content: a wrong name or type changes nothing.
        ("application/json", baking.bake_png(png(), document)),
    ):
        response = await installation.client.post("/verify", content=sent, headers={"Content-Type": media_type})
        assert (response.json()["verdict"], response.json()["anchor"]) == ("valid", "anchored"), media_type
        page = await installation.client.post("/verify", files={"document": ("photo.jpg", sent)}, headers=PAGE)
        assert "<h1>Genuine</h1>" in page.text


async def test_a_forgery_in_a_carrier_is_a_forgery(installation: Any) -> None:
    credential = await installation.issue_one()
    forged = changed(await document_of(installation, credential.id))
    for sent in (baking.bake_png(png(), forged), baking.bake_svg(svg(), forged), pdf(("c.json", forged))):
        response = await installation.client.post("/verify", content=sent, headers={"Content-Type": "image/png"})
        assert response.json()["verdict"] == "not valid"


@pytest.mark.parametrize(
    ("sent", "status", "code", "words"),
    [
        (png(), 422, "image_without_credential", "exactly as it was downloaded"),
        (png(text_chunk(b"{}"), text_chunk(b"{}")), 422, "image_two_credentials", "more than one credential"),
        (png(zipped_chunk(b" " * 1_000_000)), 422, "image_credential_encoding", "compressed"),
        (png(text_chunk(b"{}", b"openbadges")), 415, "badge_too_old", "older kind of badge"),
        (png()[:-3], 400, "image_malformed", "cut off"),
        (svg("<script>alert(1)</script>"), 422, "image_active_content", "contains a program"),
        (svg(before='<!DOCTYPE svg [<!ENTITY e SYSTEM "file:///etc/passwd">]>'), 422, "image_entities", "entities"),
        (svg(element("{}") * 2), 422, "image_two_credentials", "more than one credential"),
        (pdf(), 422, "pdf_without_credential", "attached to this PDF"),
        (pdf(("a.json", b"{}"), ("b.json", b"{}")), 422, "pdf_two_credentials", "More than one credential file"),
        (pdf(("a.json", b" " * 50_000_000)), 422, "pdf_too_complex", "more time or memory"),
        (b"%PDF-1.7", 400, "pdf_malformed", "damaged"),
        (b"\xff\xd8\xff\xe0", 415, "photo_not_credential", "photo or a scan"),
        (b"PK\x03\x04", 415, "archive_not_credential", "Unpack it"),
        (b"{\\rtf1}", 415, "office_document", "word processor"),
        (b"<!doctype html><p>", 415, "html_page", "saved web page"),
        (b"I certify that Anna passed.", 400, "text_not_credential", "plain text"),
        (b"\xa2\x01", 415, "file_unknown", "kind of file"),
        (JWT.encode(), 415, "jwt_not_supported", "we cannot tell whether it is genuine"),
        (f"{JWT}~x".encode(), 415, "sd_jwt_not_supported", "we cannot tell whether it is genuine"),
        (b'{"type":["VerifiablePresentation"]}', 422, "presentation_empty", "nothing to check"),
        (b'{"url":"https://other.example/verify/1"}', 422, "url_not_ours", "another site"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_credential_is_refused_in_plain_words(
    installation: Any, sent: bytes, status: int, code: str, words: str
) -> None:
    response = await installation.client.post("/verify", content=sent, headers=JSON | {"Content-Type": "text/plain"})
    assert_problem(response, status, code)
    page = await installation.client.post("/verify", files={"document": ("certificate", sent)}, headers=PAGE)
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert words in page.text
    assert "What to do" in page.text
    assert "enuine</h1>" not in page.text


async def test_sizes(installation: Any) -> None:
    large = b"%PDF-" + b"x" * (10 * 1024 * 1024 - 4)
    assert_problem(await installation.client.post("/verify", content=large, headers=JSON), 413, "file_too_large")
    assert_problem(await installation.client.post("/verify", content=large * 2, headers=JSON), 413, "body_too_large")
    baked = baking.bake_png(png(), b'{"a":"' + b"x" * 1_000_000 + b'"}')
    assert_problem(await installation.client.post("/verify", content=baked, headers=JSON), 413, "document_too_large")


async def test_a_presentation_gets_a_report_for_each_and_the_worst_for_all(installation: Any) -> None:
    first, second = await installation.issue_one(), await installation.issue_one(component="2")
    good = [await document_of(installation, one.id) for one in (first, second)]
    response = await installation.client.post("/verify", content=presentation(*good))
    told = response.json()
    assert (told["kind"], told["verdict"], codes(told)["holder"]) == ("presentation", "valid", "holder_none")
    assert [one["credentialId"] for one in told["credentials"]] == [first.uri, second.uri]
    assert [one["verdict"] for one in told["credentials"]] == ["valid", "valid"]
    # One rotten apple.
    response = await installation.client.post("/verify", content=presentation(good[0], changed(good[1])))
    assert response.json()["verdict"] == "not valid"
    assert [one["verdict"] for one in response.json()["credentials"]] == ["valid", "not valid"]
    page = await installation.client.post(
        "/verify", files={"document": ("vp.json", presentation(good[0], changed(good[1])))}, headers=PAGE
    )
    assert "<h1>Not all genuine</h1>" in page.text
    assert "Nobody signed this presentation, so who shows it is not known." in page.text
    # One withdrawn.
    reason = {"reason": "other"}
    await installation.client.post(
        f"/api/credentials/{second.id}/revoke", json=reason, headers=installation.headers("revoke")
    )
    response = await installation.client.post("/verify", content=presentation(*good))
    assert response.json()["verdict"] == "was valid"


def codes(report: dict[str, Any]) -> dict[str, str]:
    return {one["check"]: one["code"] for one in report["checks"]}


@pytest.mark.parametrize("suite", [data_integrity.RDFC, data_integrity.JCS])
async def test_who_shows_a_presentation_is_checked_and_shown(installation: Any, suite: str) -> None:
    """The signature of a thief, or none that holds, makes genuine credentials no good evidence."""
    credential = await installation.issue_one()
    document = json.loads(await document_of(installation, credential.id))
    before = {"created": "2026-01-01T00:00:00Z"}
    shown = HOLDER.shows(document, suite=suite, holder=HOLDER.did, proof=before)
    for what, sent, verdict, code, words in (
        ("the holder's", shown, "valid", "holder_ok", "Whoever shows it signed it"),
        ("a thief's", THIEF.shows(document, suite=suite, holder=HOLDER.did, proof=before), "not valid", "holder_other",
         "Somebody other than the holder named in it signed this presentation."),
        ("changed since", shown | {"id": "urn:x:1"}, "not valid", "signature_wrong", "It was changed after it was signed"),
        ("of an unknown kind", shown | {"proof": {"type": "x"}}, "cannot tell", "proof_type_unknown", "Cannot tell"),
        ("that of an issuer", HOLDER.signs(shown | {"proof": None}, suite), "not valid", "purpose_wrong", "another purpose"),
    ):  # fmt: skip
        told = (await installation.client.post("/verify", json=sent, headers=JSON)).json()
        assert (told["verdict"], codes(told)["holder"]) == (verdict, code), what
        assert [one["verdict"] for one in told["credentials"]] == ["valid"]
        page = await installation.client.post("/verify", files={"document": ("vp", json.dumps(sent))}, headers=PAGE)
        assert words in page.text
        assert ("<h1>All genuine</h1>" in page.text) is (verdict == "valid")


async def test_an_unsigned_record_does_not_borrow_the_good_name_of_what_is_in_it(installation: Any) -> None:
    credential = await installation.issue_one()
    document = json.loads(await document_of(installation, credential.id))
    record = document | {
        "id": "urn:uuid:0b54c1de-7a0f-4a53-9f6e-2c1d8f3a7b90",
        "type": ["VerifiableCredential", "ClrCredential"],
        "credentialSubject": {"type": ["ClrSubject"], "verifiableCredential": [document]},
    }
    told = (await installation.client.post("/verify", content=json.dumps(record).encode())).json()
    assert (told["kind"], told["verdict"], codes(told)["signature"]) == ("record", "not valid", "term_undefined")
    assert [one["verdict"] for one in told["credentials"]] == ["valid"]
    page = await installation.client.post("/verify", files={"document": ("clr", json.dumps(record))}, headers=PAGE)
    assert "<h1>Not genuine</h1>" in page.text
    assert "1 credential inside" in page.text


async def test_each_credential_in_a_presentation_counts_against_the_limit(installation: Any) -> None:
    async with application(installation, {}, public_writes_per_minute=20) as client:
        many = presentation(*[b'{"type":["VerifiableCredential"]}'] * 15)
        assert (await client.post("/verify", content=many)).status_code == 200
        assert_problem(await client.post("/verify", content=many), 429, "too_many_requests")


async def test_a_link_of_ours(installation: Any) -> None:
    credential, base = await installation.issue_one(), installation.settings.public_url
    client = installation.client
    for path in (f"/verify/{credential.id}", f"/credentials/{credential.id}", f"/credentials/{credential.id}/bundle"):
        for sent in (f"{base}{path}\n".encode(), json.dumps({"url": f"{base}{path}?from=mail#top"}).encode()):
            response = await client.post("/verify", content=sent, headers={"Content-Type": "text/plain"})
            assert (response.json()["verdict"], response.json()["credential"]) == ("valid", credential.uri)
        moved = await client.post("/verify", data={"reference": f"{base}{path}"}, files={"x": b""}, headers=PAGE)
        assert (moved.status_code, moved.headers["location"]) == (303, f"/verify/{credential.id}")
    unknown = {"url": f"{base}/verify/0b54c1de-7a0f-4a53-9f6e-2c1d8f3a7b90"}
    assert_problem(await client.post("/verify", json=unknown, headers=JSON), 404, "credential_unknown")
    for path in ("", "/", "/api/credentials", f"/i/{credential.id}", "/p/short"):
        response = await client.post("/verify", json={"url": base + path}, headers=JSON)
        assert_problem(response, 404, "reference_unknown")


async def test_a_shared_profile_is_checked_credential_by_credential_and_the_learner_sees_it(installation: Any) -> None:
    first, _ = await installation.issue_one(), await installation.issue_one(component="2")
    client, base, institution = installation.client, installation.settings.public_url, installation.issuer.institution
    async with installation.wiring.engine.begin() as conn:
        made = await sharing.create(conn, institution.id, first.learner_id, audience="an employer", now=now())
    link = f"{base}/p/{made.token}"
    told = (await client.post("/verify", json={"url": link}, headers=JSON)).json()
    assert (told["kind"], told["verdict"], codes(told)["holder"]) == ("profile", "valid", "holder_none")
    assert [one["verdict"] for one in told["credentials"]] == ["valid", "valid"]
    moved = await client.post("/verify", content=link, headers=PAGE | {"Content-Type": "text/plain"})
    assert (moved.status_code, moved.headers["location"]) == (303, f"/p/{made.token}")
    async with installation.wiring.engine.begin() as conn:
        (shown,) = await sharing.links_of(conn, institution.id, first.learner_id)
        assert shown.views == 1
        await sharing.withdraw(conn, institution.id, made.link.id, now())
    assert_problem(await client.post("/verify", json={"url": link}, headers=JSON), 410, "link_withdrawn")


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/verify/{number}",
        "http://127.0.0.1:{port}/verify/{number}",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:8000@127.0.0.1:{port}/verify/{number}",
        "http://localhost:8000.other.example/verify/{number}",
        "http://localhost:8000\\@127.0.0.1:{port}/verify/{number}",
        "http://LOCALHOST:9/verify/{number}",
        "http://[::1]:{port}/verify/{number}",
        "http://[::1/verify/{number}",
        "//localhost:8000/verify/{number}",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "javascript:alert(1)",
    ],
)
async def test_ssrf_no_link_makes_us_visit_another_address(installation: Any, url: str) -> None:
    """A listener stands where the link leads; nobody calls."""
    credential, calls = await installation.issue_one(), []

    async def called(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(await reader.read(1_000))
        writer.close()

    async with await asyncio.start_server(called, "127.0.0.1", 0) as server:
        link = url.format(port=server.sockets[0].getsockname()[1], number=credential.id)
        response = await installation.client.post("/verify", json={"url": link}, headers=JSON)
        assert_problem(response, 422, "url_not_ours")
        moved = await installation.client.post("/verify", json={"url": link}, headers=PAGE)
        assert moved.status_code == 422
        assert calls == []


@asynccontextmanager
async def application(
    installation: Any, publications: dict[str, bytes], **changes: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """The same installation in another process's place: its own limits, nothing fetched from outside."""
    app = create_app(installation.settings.model_copy(update=changes))
    async with app.router.lifespan_context(app):
        app.state.wiring.__dict__["publications"] = MemoryPublications(publications)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            yield client


async def test_fuzz_the_upload_never_fails_and_never_calls_anything_valid_but_the_original(installation: Any) -> None:
    credential = await installation.issue_one()
    await installation.work()
    found, bundle = await document_of(installation, credential.id), await installation.bundle(credential.id)
    original, members = json.loads(found), json.loads(bundle)
    status_list = original["credentialStatus"]["statusListCredential"]
    publications = {
        original["issuer"]["id"]: json.dumps(members["didDocument"]).encode(),
        status_list: json.dumps(members["statusListCredential"]).encode(),
        installation.issuer.institution.accreditations_url: json.dumps(
            {"type": "AccreditationList", "subject": original["issuer"]["id"], "accreditations": []}
        ).encode(),
    }
    files = (
        found,
        bundle,
        presentation(found),
        baking.bake_png(png(), found),
        baking.bake_svg(svg(), found),
    )
    attached = pdf(("c.json", found))
    loop = asyncio.get_running_loop()

    def check(client: httpx.AsyncClient, sent: bytes) -> None:
        for headers in (JSON, PAGE):
            posting = client.post("/verify", content=sent, headers=headers)
            response = asyncio.run_coroutine_threadsafe(posting, loop).result(60)
            assert response.status_code in (200, 303, 400, 404, 413, 415, 422), (response.status_code, response.text)
            if re.search(r'"verdict":"valid"|<h1>(?:Genuine|All genuine)</h1>', response.text):
                assert original in said(sent)

    def said(sent: bytes) -> list[Any]:
        """The credentials in what was sent: damage outside them, or none, leaves them as they were."""
        document = json.loads(carriers.unwrap(sent, attached_json).payload)
        inside = document.get("verifiableCredential")
        found = [document, document.get("credential"), *(inside if isinstance(inside, list) else [inside])]
        # A context that is named twice says what it says named once: the signature is over the meaning.
        return [
            {
                **one,
                "@context": [each for place, each in enumerate(one["@context"]) if each not in one["@context"][:place]],
            }
            if isinstance(one, dict) and isinstance(one.get("@context"), list)
            else one
            for one in found
        ]

    async with application(installation, publications, public_writes_per_minute=1_000_000) as client:
        for sent in (*files, attached):
            response = await client.post("/verify", content=sent, headers=JSON)
            assert response.json()["verdict"] == "valid"

        relaxed = settings(deadline=None, suppress_health_check=list(HealthCheck))

        @settings(relaxed, max_examples=250)
        @given(damaged(*files))
        def damage(sent: bytes) -> None:
            check(client, sent)

        @settings(relaxed, max_examples=100)
        @given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
        def noise(sent: bytes) -> None:
            check(client, sent)

        @settings(relaxed, max_examples=100)
        @given(damaged(found), st.sampled_from([baking.bake_png, None]))
        def damage_within(document: bytes, bake: Any) -> None:
            """The picture is sound, check values included; what is inside is not."""
            check(
                client,
                bake(png(), document) if bake else svg(element(f"<![CDATA[{document.decode(errors='replace')}]]>")),
            )

        @settings(relaxed, max_examples=15)
        @given(damaged(attached))
        def damaged_pdf(sent: bytes) -> None:
            check(client, sent)

        for fuzz in (damage, noise, damage_within, damaged_pdf):
            await asyncio.to_thread(fuzz)


def test_every_refusal_of_a_carrier_has_words_of_its_own() -> None:
    for code in carriers._SENTENCES:
        with pytest.raises(Refused, match=code):
            carriers.refuse(code)
