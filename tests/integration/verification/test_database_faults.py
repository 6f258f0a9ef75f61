"""Our own database behind /verify: away, or there and silent. No verdict is made up, and whoever asks is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from app import database
from app.adapters.contexts import canonicaliser
from app.adapters.publications import HostedPublications, HttpPublications
from app.adapters.recognition import TenantList
from app.adapters.registry import NoRegistry
from app.database import create_engine, transaction
from app.institutions import service as institutions
from app.main import create_app
from app.standards import strict_json
from app.verification import verify
from app.verification.evidence import Recognition, Submission
from app.verification.report import Outcome, Report, Verdict
from app.wiring import now
from tests.integration.conftest import PUBLIC_URL, Installation

NOWHERE = "postgresql://nobody@127.0.0.1:9/nothing"


class Line:
    """What stands between us and the server: passes on what is said until it is cut or held."""

    def __init__(self, folder: str, port: int) -> None:
        self._socket = f"{folder}/.s.PGSQL.{port}"
        self.is_held = False
        self._writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_unix_connection(self._socket)
        self._writers += [writer, here]
        await asyncio.gather(self._pass_on(reader, here), self._pass_on(there, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                if not self.is_held:
                    writer.write(data)
                    await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


@asynccontextmanager
async def line_to(installation: Installation) -> AsyncIterator[tuple[Line, str]]:
    """A line to the installation's own server, and the address of its near end."""
    url = make_url(installation.settings.secret_database_url())
    line = Line(str(url.query["host"]), url.port or 5432)
    listening = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    async with listening:
        near = url.set(host="127.0.0.1", port=listening.sockets[0].getsockname()[1], query={})
        try:
            yield line, near.render_as_string(hide_password=False)
        finally:
            line.cut()


async def reported(installation: Installation, credential: bytes, url: str, within: float = 30) -> Report:
    """The report of a verifier whose own list, and whose tenants' pages, are behind that address."""
    engine = create_engine(url)
    try:
        return await verify.verify(
            Submission(strict_json.parse_object(credential), None),
            publications=HostedPublications(engine, HttpPublications(allow_localhost=False), now),
            registry=NoRegistry(),
            recogniser=TenantList(engine),
            canonicaliser=canonicaliser(),
            now=now(),
            within=within,
        )
    finally:
        await engine.dispose()


async def page_over(installation: Installation, url: str, path: str) -> httpx.Response:
    """GET over an installation whose database is behind that address."""
    application = create_app(installation.settings.model_copy(update={"database_url": SecretStr(url)}))
    async with application.router.lifespan_context(application):
        transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
            return await client.get(path, headers={"Accept": "application/json"})


async def document_of(installation: Installation, number: object) -> bytes:
    answer = await installation.client.get(f"/credentials/{number}")
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_a_database_that_is_away_is_cannot_tell(installation: Installation) -> None:
    credential = await installation.issue_one()
    document = await document_of(installation, credential.id)
    async with line_to(installation) as (_, url):
        assert (await reported(installation, document, url)).verdict is Verdict.VALID
    report = await reported(installation, document, NOWHERE)
    assert report.verdict is Verdict.CANNOT_TELL
    assert (report.finding("issuer").outcome, report.finding("issuer").code) == (Outcome.ERROR, "database_unavailable")
    assert report.finding("issuer_key").code == "database_unavailable"
    answer = await page_over(installation, NOWHERE, f"/verify/{credential.id}")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")


async def test_a_database_that_says_nothing_is_given_up(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "READING_SECONDS", 1)
    credential = await installation.issue_one()
    document = await document_of(installation, credential.id)
    async with line_to(installation) as (line, url):
        line.is_held = True
        report, answer = await asyncio.gather(
            reported(installation, document, url, within=1),
            page_over(installation, url, f"/verify/{credential.id}"),
        )
    assert report.verdict is Verdict.CANNOT_TELL
    assert {report.finding(check).outcome for check in ("issuer", "issuer_key")} == {Outcome.ERROR}
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")


async def test_a_database_that_goes_away_in_the_middle_is_cannot_tell(installation: Installation) -> None:
    credential = await installation.issue_one()
    document = await document_of(installation, credential.id)
    async with line_to(installation) as (line, url):
        engine = create_engine(url)

        class Cut(TenantList):
            """The line is cut while the list is being asked."""

            async def recognise(self, did: str) -> Recognition:
                async with transaction(engine) as conn:
                    await institutions.find_by_did(conn, did)
                    line.cut()
                    await institutions.has_scheme_operator(conn)
                return await super().recognise(did)

        report = await verify.verify(
            Submission(strict_json.parse_object(document), None),
            publications=installation.wiring.publications,
            registry=NoRegistry(),
            recogniser=Cut(engine),
            canonicaliser=canonicaliser(),
            now=now(),
        )
        await engine.dispose()
    assert report.verdict is Verdict.CANNOT_TELL
    assert report.finding("issuer").code == "database_unavailable"
    assert report.finding("signature").outcome is Outcome.VALID
