"""Lists of issuers that a verifier recognises: our own tenants, or published wallet files."""

import json
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from app.database import transaction
from app.institutions import service as institutions
from app.institutions.model import Institution
from app.institutions.roles import Role
from app.verification.evidence import RecognisedIssuer, Recognition
from app.verification.ports import Recogniser


class TenantList:
    """The institutions of this installation, each admitted by its operator under its UKPRN."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def recognise(self, did: str) -> Recognition:
        async with transaction(self._engine) as conn:
            found = await institutions.find_by_did(conn, did)
            has_root = await institutions.has_scheme_operator(conn)
        return Recognition(True, _recognised(found) if found else None, has_root)


class KnownTenant:
    """An institution of this installation and those that accredit it, already looked up.

    `has_root`: the installation has a scheme operator, whether or not it is among them. `elsewhere` knows the others,
    where they may be asked about: an award has parts of other colleges.
    """

    def __init__(
        self,
        institution: Institution,
        *accreditors: Institution,
        has_root: bool = False,
        elsewhere: Recogniser | None = None,
    ) -> None:
        self._issuers = {one.did: _recognised(one) for one in (institution, *accreditors)}
        self._has_root = has_root or any(one.is_root for one in self._issuers.values())
        self._elsewhere = elsewhere

    async def recognise(self, did: str) -> Recognition:
        if self._elsewhere is not None and did not in self._issuers:
            return await self._elsewhere.recognise(did)
        return Recognition(True, self._issuers.get(did), self._has_root)


class FileList:
    """The files of a folder such as `wallets/public/`, each naming an institution, its UKPRN and its DID.

    A file whose role is "scheme operator" is a root: whoever puts it there trusts that one to accredit.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def recognise(self, did: str) -> Recognition:
        found: dict[str, RecognisedIssuer] = {}
        for file in sorted(self._folder.glob("*.json")):
            try:
                entry = json.loads(file.read_text(encoding="utf-8"))
                keys = tuple(str(key) for key in entry.get("signingKeys", ()))
                is_root = entry.get("role") == Role.SCHEME_OPERATOR
                issuer = RecognisedIssuer(entry["did"], entry["institution"], entry["ukprn"], keys, is_root)
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                continue
            found.setdefault(issuer.did, issuer)
        return Recognition(bool(found), found.get(did), any(one.is_root for one in found.values()))


def _recognised(institution: Institution) -> RecognisedIssuer:
    is_root = institution.role is Role.SCHEME_OPERATOR
    return RecognisedIssuer(institution.did, institution.name, institution.ukprn, is_root=is_root)
