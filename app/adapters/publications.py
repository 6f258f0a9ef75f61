"""Fetching what issuers publish: over HTTPS, or from our own tables where we are the publisher.

Addresses come from documents of strangers, so: https only, no redirects, public addresses only with the connection
pinned to the address that was checked, a size limit and a time limit. localhost is for development installations.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.adapters.addresses import Resolve, checked_target, look_up
from app.anchoring import publishing
from app.credentials import accrediting, status
from app.credentials import publishing as publishing_credentials
from app.credentials.model import SignedDocument
from app.database import reading, transaction
from app.errors import NotFound
from app.institutions import service as institutions
from app.institutions.model import Institution
from app.stacking import packs
from app.standards import checkpoint_list, strict_json
from app.standards import did as did_standard
from app.standards.vc import timestamp
from app.verification.evidence import Fetched
from app.verification.ports import Publications

MAX_DID_DOCUMENT = 100_000
MAX_STATUS_LIST = 1_000_000
TIMEOUT_SECONDS = 5

MISSING = "publication_missing"
KEYS = "The issuer's published keys"
STATUS = "The list of withdrawn credentials"
REASONS = "The reasons for withdrawals"
ACCREDITATIONS = "The issuer's accreditations"
CHECKPOINTS = "The issuer's list of register entries"

RECEIPT = "The register receipt"
CREDENTIAL = "The credential"
RULES = "The rules of the award"
PUBLISHED = "what the issuer publishes on this site"


Read = Callable[[AsyncConnection, Institution, str], Awaitable[bytes | None]]


class HttpPublications:
    """Documents fetched from the web.

    `served_at` is where a development installation's pages are really served when its own port was taken: what is
    published under http://localhost is then fetched from there.
    """

    def __init__(
        self,
        *,
        allow_localhost: bool,
        served_at: str | None = None,
        resolve: Resolve | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._timeout = timeout
        self._allow_localhost = allow_localhost
        self._served_at = served_at
        self._resolve = resolve or look_up

    async def did_document(self, did: str, at: datetime | None = None) -> Fetched:
        try:
            if did.startswith("did:key:"):
                # The name is the key: there is nothing to fetch, and nothing that could change.
                document = json.dumps(did_standard.key_document(did)).encode()
                return Fetched(datetime.now(UTC), document, source="the identifier itself")
            url = did_standard.web_url(did)
        except ValueError:
            return failed("did_method_unknown", "The issuer is named in a way this verifier cannot look up.")
        # DID 1.0, section 3.2.1: the DID parameter versionTime.
        return await self._fetch(_dated(url, "versionTime", at), MAX_DID_DOCUMENT, KEYS)

    async def status_list(self, url: str, at: datetime | None = None) -> Fetched:
        # Bitstring Status List 1.0, section 3.2: a list may be had as of a time.
        return await self._fetch(_dated(url, "timestamp", at), MAX_STATUS_LIST, STATUS)

    async def status_reasons(self, url: str) -> Fetched:
        return await self._fetch(f"{url}/reasons", MAX_STATUS_LIST, REASONS)

    async def accreditations(self, url: str) -> Fetched:
        return await self._fetch(url, MAX_STATUS_LIST, ACCREDITATIONS)

    async def checkpoints(self, url: str) -> Fetched:
        return await self._fetch(url, checkpoint_list.MAX_BYTES, CHECKPOINTS)

    async def receipt(self, url: str, digest: bytes) -> Fetched:
        return await self._fetch(f"{url}/{digest.hex()}", MAX_DID_DOCUMENT, RECEIPT)

    async def credential(self, url: str, at: datetime | None = None) -> Fetched:
        """A credential, or a bundle, at an address that a person gave or an award leads to; the newest edition."""
        return await self._fetch(url, MAX_STATUS_LIST, CREDENTIAL)

    async def credential_receipt(self, url: str) -> Fetched:
        bundle = await self._fetch(f"{url}/bundle", MAX_STATUS_LIST, RECEIPT)
        return _receipt_in(bundle) if bundle.data is not None else bundle

    async def rules(self, url: str) -> Fetched:
        return await self._fetch(url, MAX_STATUS_LIST, RULES)

    async def _fetch(self, url: str, limit: int, what: str) -> Fetched:
        try:
            return await asyncio.wait_for(self._read(url, limit, what), self._timeout)
        except TimeoutError:
            return failed("publication_timeout", f"{what} could not be fetched in time.")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            return failed("publication_unreachable", f"{what} could not be fetched just now.")

    async def _read(self, url: str, limit: int, what: str) -> Fetched:
        parts = urlsplit(url)
        if self._served_at and parts.hostname == "localhost":
            served = urlsplit(self._served_at)
            # With what it asks: a page of a past time is another page.
            parts = parts._replace(
                scheme=served.scheme, netloc=served.netloc, path=served.path.rstrip("/") + parts.path
            )
        target = await checked_target(parts, self._resolve, allow_localhost=self._allow_localhost)
        if target is None:
            return failed("publication_address_refused", f"{what} are said to be at an address that is not public.")
        async with httpx.AsyncClient(timeout=self._timeout, follow_redirects=False, trust_env=False) as client:
            request = client.build_request(
                "GET",
                target,
                headers={
                    "Host": parts.netloc,
                    "Accept": "application/json, application/vc, application/did+json",
                    # A few packed bytes can be a gigabyte unpacked.
                    "Accept-Encoding": "identity",
                },
                extensions={"sni_hostname": parts.hostname or ""},
            )
            response = await client.send(request, stream=True)
            try:
                if response.headers.get("content-encoding", "identity") != "identity":
                    return failed("publication_unreachable", f"{what} could not be fetched just now.")
                if response.status_code != httpx.codes.OK:
                    return failed(MISSING, f"{what} are not where they should be.")
                data = bytearray()
                async for chunk in response.aiter_raw():
                    data += chunk
                    if len(data) > limit:
                        return failed("publication_too_large", f"{what} are unreasonably large.")
            finally:
                await response.aclose()
        return Fetched(datetime.now(UTC), bytes(data), source=url)


class KnownPublications:
    """Published documents that were read together, by name; what is not among them is looked up where it is published.

    They are of now: what is asked of the past is looked up too.
    """

    def __init__(
        self, documents: Mapping[str, bytes | None], at: datetime, elsewhere: Publications | None = None
    ) -> None:
        self._documents = documents
        self._at = at
        self._elsewhere = elsewhere

    async def did_document(self, did: str, at: datetime | None = None) -> Fetched:
        if self._elsewhere is not None and (at is not None or did not in self._documents):
            return await self._elsewhere.did_document(did, at)
        return self._find(did, KEYS)

    async def status_list(self, url: str, at: datetime | None = None) -> Fetched:
        if self._elsewhere is not None and (at is not None or url not in self._documents):
            return await self._elsewhere.status_list(url, at)
        return self._find(url, STATUS)

    async def status_reasons(self, url: str) -> Fetched:
        if self._elsewhere is not None and f"{url}/reasons" not in self._documents:
            return await self._elsewhere.status_reasons(url)
        return self._find(f"{url}/reasons", REASONS)

    async def accreditations(self, url: str) -> Fetched:
        if self._elsewhere is not None and url not in self._documents:
            return await self._elsewhere.accreditations(url)
        return self._find(url, ACCREDITATIONS)

    async def checkpoints(self, url: str) -> Fetched:
        if self._elsewhere is not None and url not in self._documents:
            return await self._elsewhere.checkpoints(url)
        return self._find(url, CHECKPOINTS)

    async def receipt(self, url: str, digest: bytes) -> Fetched:
        return self._find(f"{url}/{digest.hex()}", RECEIPT)

    async def credential(self, url: str, at: datetime | None = None) -> Fetched:
        if self._elsewhere is not None and (at is not None or url not in self._documents):
            return await self._elsewhere.credential(url, at)
        return self._find(url, CREDENTIAL)

    async def credential_receipt(self, url: str) -> Fetched:
        if self._elsewhere is not None and f"{url}/receipt" not in self._documents:
            return await self._elsewhere.credential_receipt(url)
        return self._find(f"{url}/receipt", RECEIPT)

    async def rules(self, url: str) -> Fetched:
        if self._elsewhere is not None and url not in self._documents:
            return await self._elsewhere.rules(url)
        return self._find(url, RULES)

    def _find(self, name: str, what: str) -> Fetched:
        data = self._documents.get(name)
        if data is None:
            return failed(MISSING, f"{what} are not where they should be.")
        return Fetched(self._at, data, source=PUBLISHED)


class HostedPublications:
    """Our own tenants' documents from the tables they are published from; everybody else's over the web.

    The bytes are the same that are served, and they are checked as any stranger's. `public_url` is where this
    installation's credentials and rules are published.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        elsewhere: HttpPublications,
        now: Callable[[], datetime],
        public_url: str | None = None,
    ) -> None:
        self._engine = engine
        self._elsewhere = elsewhere
        self._now = now
        self._public_url = public_url

    async def did_document(self, did: str, at: datetime | None = None) -> Fetched:
        async with transaction(self._engine) as conn:
            if await institutions.find_by_did(conn, did) is not None:
                try:
                    document = (
                        await institutions.published_did_document(conn, did=did)
                        if at is None
                        else await institutions.did_document_at(conn, did=did, at=at)
                    )
                except NotFound:
                    return failed(MISSING, f"{KEYS} of that time are not there.")
                return self._published(document)
        return await self._elsewhere.did_document(did, at)

    async def status_list(self, url: str, at: datetime | None = None) -> Fetched:
        found = await self._hosted(url, lambda conn, institution, tail: _list(conn, institution, tail, at))
        return found or await self._elsewhere.status_list(url, at)

    async def status_reasons(self, url: str) -> Fetched:
        found = await self._hosted(url, _reasons)
        return found or await self._elsewhere.status_reasons(url)

    async def accreditations(self, url: str) -> Fetched:
        found = await self._hosted(url, _accreditations)
        return found or await self._elsewhere.accreditations(url)

    async def checkpoints(self, url: str) -> Fetched:
        found = await self._hosted(url, _checkpoints)
        return found or await self._elsewhere.checkpoints(url)

    async def receipt(self, url: str, digest: bytes) -> Fetched:
        return await self._elsewhere.receipt(url, digest)

    async def credential(self, url: str, at: datetime | None = None) -> Fetched:
        number = self._own(url, "/credentials/")
        if number is None:
            return await self._elsewhere.credential(url, at)
        found = await self._signed(number, at)
        return self._published(found.document) if found else failed(MISSING, f"{CREDENTIAL} is not where it should be.")

    async def credential_receipt(self, url: str) -> Fetched:
        number = self._own(url, "/credentials/")
        if number is None:
            return await self._elsewhere.credential_receipt(url)
        found = await self._signed(number, None)
        receipt = found.receipt if found else None
        return self._published(receipt) if receipt else failed(MISSING, f"{RECEIPT} is not where it should be.")

    async def rules(self, url: str) -> Fetched:
        path = self._own(url, "/rules/")
        if path is None:
            return await self._elsewhere.rules(url)
        found = packs.bytes_at(f"/rules/{path}")
        return self._published(found) if found else failed(MISSING, f"{RULES} are not where they should be.")

    def _own(self, url: str, place: str) -> str | None:
        """The rest of an address of this installation's own; None for any other."""
        start = f"{self._public_url}{place}"
        return url.removeprefix(start) if self._public_url and url.startswith(start) else None

    async def _signed(self, number: str, at: datetime | None) -> SignedDocument | None:
        try:
            async with reading(self._engine) as conn:
                if at is None:
                    return await publishing_credentials.signed_document(conn, UUID(number))
                return await publishing_credentials.signed_document_at(conn, UUID(number), at)
        except (NotFound, ValueError):
            return None

    async def _hosted(self, url: str, read: Read) -> Fetched | None:
        """What one of our own tenants publishes at an address; None where the address is not ours."""
        origin, _, tail = url.partition("/i/")
        slug, _, rest = tail.partition("/")
        async with transaction(self._engine) as conn:
            institution = await institutions.find_by_slug(conn, slug) if rest else None
            if institution is None or institution.public_url != origin:
                return None
            document = await read(conn, institution, rest)
        return self._published(document) if document is not None else None

    def _published(self, document: bytes) -> Fetched:
        return Fetched(self._now(), document, source=PUBLISHED)


async def _list(conn: AsyncConnection, institution: Institution, tail: str, at: datetime | None = None) -> bytes | None:
    found = await _published_list(conn, institution, tail, at)
    return found.document if found else None


async def _reasons(conn: AsyncConnection, institution: Institution, tail: str) -> bytes | None:
    found = await _published_list(conn, institution, tail, None)
    return found.reasons if found else None


async def _accreditations(conn: AsyncConnection, institution: Institution, tail: str) -> bytes | None:
    return await accrediting.published(conn, institution) if tail == "accreditations" else None


async def _checkpoints(conn: AsyncConnection, institution: Institution, tail: str) -> bytes | None:
    return await publishing.published(conn, institution.id) if tail == "checkpoints" else None


async def _published_list(
    conn: AsyncConnection, institution: Institution, tail: str, at: datetime | None
) -> status.PublishedList | None:
    name, _, number = tail.partition("/")
    if name != "status" or not (number.isascii() and number.isdigit() and len(number) < 9):
        return None
    return await status.find(conn, institution.id, int(number), at)


def _dated(url: str, parameter: str, at: datetime | None) -> str:
    return url if at is None else f"{url}{'&' if '?' in url else '?'}{parameter}={timestamp(at)}"


def _receipt_in(bundle: Fetched) -> Fetched:
    try:
        receipt = strict_json.parse_object(bundle.data or b"", MAX_STATUS_LIST).get("anchorReceipt")
    except strict_json.NotStrictJson:
        receipt = None
    if not isinstance(receipt, dict):
        return failed(MISSING, f"{RECEIPT} is not where it should be.")
    return Fetched(bundle.at, json.dumps(receipt, ensure_ascii=False).encode(), source=bundle.source)


def failed(code: str, sentence: str) -> Fetched:
    """Why there is no document, as of now."""
    return Fetched(datetime.now(UTC), None, code, sentence)
