"""Lists of issuers that a verifier recognises: our own tenants, or published wallet files."""

import json
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from app.database import transaction
from app.institutions import service as institutions
from app.institutions.model import Institution
from app.verification.evidence import RecognisedIssuer, Recognition


class TenantList:
    """The institutions of this installation, each admitted by its operator under its UKPRN."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def recognise(self, did: str) -> Recognition:
        async with transaction(self._engine) as conn:
            found = await institutions.find_by_did(conn, did)
        return Recognition(True, RecognisedIssuer(found.did, found.name, found.ukprn) if found else None)


class KnownTenant:
    """One institution of this installation, already looked up."""

    def __init__(self, institution: Institution) -> None:
        self._issuer = RecognisedIssuer(institution.did, institution.name, institution.ukprn)

    async def recognise(self, did: str) -> Recognition:
        return Recognition(True, self._issuer if did == self._issuer.did else None)


class FileList:
    """The files of a folder such as `wallets/public/`, each naming an institution, its UKPRN and its DID."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def recognise(self, did: str) -> Recognition:
        known = False
        for file in sorted(self._folder.glob("*.json")):
            try:
                entry = json.loads(file.read_text(encoding="utf-8"))
                keys = tuple(str(key) for key in entry.get("signingKeys", ()))
                issuer = RecognisedIssuer(entry["did"], entry["institution"], entry["ukprn"], keys)
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                continue
            known = True
            if issuer.did == did:
                return Recognition(True, issuer)
        return Recognition(known)
