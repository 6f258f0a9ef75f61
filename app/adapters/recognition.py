"""Lists of issuers that a verifier recognises: our own tenants, or published wallet files."""

import json
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from app.database import transaction
from app.institutions import service as institutions
from app.institutions.model import Institution
from app.institutions.roles import Role
from app.verification.evidence import RecognisedIssuer, Recognition


class TenantList:
    """The institutions of this installation, each admitted by its operator under its UKPRN."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def recognise(self, did: str) -> Recognition:
        async with transaction(self._engine) as conn:
            found = await institutions.find_by_did(conn, did)
        return Recognition(True, _recognised(found) if found else None)


class KnownTenant:
    """An institution of this installation and those that accredit it, already looked up."""

    def __init__(self, institution: Institution, *accreditors: Institution) -> None:
        self._issuers = {one.did: _recognised(one) for one in (institution, *accreditors)}

    async def recognise(self, did: str) -> Recognition:
        return Recognition(True, self._issuers.get(did))


class FileList:
    """The files of a folder such as `wallets/public/`, each naming an institution, its UKPRN and its DID.

    A file whose role is "scheme operator" is a root: whoever puts it there trusts that one to accredit.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def recognise(self, did: str) -> Recognition:
        known = False
        for file in sorted(self._folder.glob("*.json")):
            try:
                entry = json.loads(file.read_text(encoding="utf-8"))
                keys = tuple(str(key) for key in entry.get("signingKeys", ()))
                is_root = entry.get("role") == Role.SCHEME_OPERATOR
                issuer = RecognisedIssuer(entry["did"], entry["institution"], entry["ukprn"], keys, is_root)
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                continue
            known = True
            if issuer.did == did:
                return Recognition(True, issuer)
        return Recognition(known)


def _recognised(institution: Institution) -> RecognisedIssuer:
    is_root = institution.role is Role.SCHEME_OPERATOR
    return RecognisedIssuer(institution.did, institution.name, institution.ukprn, is_root=is_root)
