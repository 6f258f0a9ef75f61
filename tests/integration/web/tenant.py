"""The conformance tenant behind a client: the whole application, in memory, always with the same keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from app.conformance.keys import TenantKey, keys_from
from app.conformance.serving import create_app
from app.conformance.tenant import Tenant
from app.standards import vc
from app.wiring import now

URL = "https://localhost:8443"
TOKEN = "a-token-for-tests"


@dataclass(frozen=True)
class Suite:
    """What a conformance suite sends, and what it gets."""

    client: httpx.AsyncClient
    keys: tuple[TenantKey, ...]

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.client.post(path, json=body, headers={"Authorization": f"Bearer {TOKEN}"})

    async def issue(self, document: Any, **options: Any) -> httpx.Response:
        return await self.post("/credentials/issue", credential=document, options=options)

    async def issued(self, document: Any, **options: Any) -> dict[str, Any]:
        response = await self.issue(document, **options)
        assert response.status_code == 201, response.text
        signed: dict[str, Any] = response.json()["verifiableCredential"]
        return signed

    async def verify(self, document: Any, **options: Any) -> httpx.Response:
        return await self.post("/credentials/verify", verifiableCredential=document, options=options)

    async def present(self, document: Any, **options: Any) -> httpx.Response:
        return await self.post("/presentations/verify", verifiablePresentation=document, options=options)


@asynccontextmanager
async def a_suite() -> AsyncIterator[Suite]:
    keys = keys_from(b"of the tests")
    transport = httpx.ASGITransport(create_app(Tenant(keys, TOKEN, URL, now)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield Suite(client, keys)


def unsigned(**changes: Any) -> dict[str, Any]:
    """A credential as a suite sends it; None leaves a member out."""
    whole: dict[str, Any] = {
        "@context": [vc.CONTEXT],
        "id": "urn:uuid:86294362-4254-4f36-854f-3952fe42555d",
        "type": ["VerifiableCredential"],
        "credentialSubject": {"id": "did:example:subject"},
    } | changes
    return {name: value for name, value in whole.items() if value is not None}
