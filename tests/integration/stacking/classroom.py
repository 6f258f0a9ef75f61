"""Learners with chosen grades in the eight units of the HNC pathway, issued on a real installation."""

from datetime import date
from uuid import UUID

from app.catalogue.identifiers import uln_check_digit
from app.credentials import cohort_import
from app.credentials import service as credentials
from app.credentials.model import Credential, CredentialKind
from app.credentials.signing import Issuer
from app.database import transaction
from app.stacking import cascading
from app.stacking import service as stacking
from app.wiring import now
from tests.integration.conftest import Installation

UNITS = ("1", "2", "3", "4", "5", "6", "7", "13")
HEADINGS = "learner_name,uln,email,qualification,component,grade,award_date\n"
AWARDED_ON = date(2026, 6, 26)


def uln(number: int) -> str:
    """The `number`-th ULN that can exist."""
    beginnings = (str(first) for first in range(500_000_000, 600_000_000))
    whole = (first + digit for first in beginnings if (digit := uln_check_digit(first)) is not None)
    return next(each for place, each in enumerate(whole) if place == number)


def results(learner: int, grades: str, units: tuple[str, ...] = UNITS) -> str:
    """Rows of a results file: one letter a unit, U P M or D; a blank leaves the unit out."""
    words = {"U": "Unclassified", "P": "Pass", "M": "Merit", "D": "Distinction"}
    return "".join(
        f"Learner Sample,{uln(learner)},learner{learner}@example.org,603/7595/4,{unit},{words[grade]},{AWARDED_ON}\n"
        for unit, grade in zip(units, grades, strict=True)
        if grade != " "
    )


async def take_in(installation: Installation, rows: str, issuer: Issuer | None = None) -> None:
    """Commit a results file; the worker does the rest."""
    async with transaction(installation.wiring.engine) as conn:
        await cohort_import.commit(
            conn,
            issuer or installation.issuer,
            (HEADINGS + rows).encode(),
            file_name="results.csv",
            idempotency_key=None,
            now=now(),
        )


async def issue_units(installation: Installation, grades: str, awarded_on: date = AWARDED_ON) -> dict[str, Credential]:
    """Unit -> credential, signed at once and one at a time; nobody has looked yet what they add up to."""
    words = {"U": "Unclassified", "P": "Pass", "M": "Merit", "D": "Distinction"}
    return {
        unit: await installation.issue_one(component=unit, grade=words[grade], awarded_on=awarded_on)
        for unit, grade in zip(UNITS, grades, strict=True)
    }


async def award(installation: Installation, learner_id: UUID, issuer: Issuer | None = None) -> int:
    """Ask once, in a transaction of its own, for what a learner completed; how many awards that made."""
    issuer = issuer or installation.issuer
    async with transaction(installation.wiring.engine) as conn:
        learner = await credentials.get_learner(conn, issuer.institution.id, learner_id)
        return await stacking.award_completed(conn, issuer, installation.wiring.canonical, [learner], now())


async def held(installation: Installation, kind: CredentialKind, issuer: Issuer | None = None) -> list[Credential]:
    async with transaction(installation.wiring.engine) as conn:
        institution_id = (issuer or installation.issuer).institution.id
        issued = await credentials.list_issued(conn, institution_id, limit=None)
    return [credential for credential in issued if credential.kind is kind]


async def awards(installation: Installation, issuer: Issuer | None = None) -> list[Credential]:
    return await held(installation, CredentialKind.AWARD, issuer)


async def withdraw(installation: Installation, credential_id: UUID, reason: str = "issued in error") -> None:
    async with transaction(installation.wiring.engine) as conn:
        await credentials.revoke(conn, installation.issuer, credential_id, reason=reason, now=now())


async def choose_policy(installation: Installation, cascade: str, pack_id: str | None = None) -> None:
    """How the awards of the first institution follow their parts."""
    async with transaction(installation.wiring.engine) as conn:
        await cascading.set_policy(conn, installation.issuer.institution.id, cascade, pack_id)
