"""Awards do not need a results file: the last of single results completes one too."""

from datetime import date

from app.credentials import service as credentials
from app.credentials.model import CredentialKind
from app.database import transaction
from tests.integration.conftest import Installation

UNITS = ("1", "2", "3", "4", "5", "6", "7", "13")


async def test_the_last_single_result_completes_the_award(installation: Installation) -> None:
    for place, unit in enumerate(UNITS[:-1]):
        learner = (await installation.issue_one(component=unit, awarded_on=date(2026, 1, 1 + place))).learner_id
    await installation.work()
    assert await awards(installation, learner) == 0
    await installation.issue_one(component=UNITS[-1])
    await installation.work()
    assert await awards(installation, learner) == 1


async def awards(installation: Installation, learner_id: object) -> int:
    async with transaction(installation.wiring.engine) as conn:
        held = await credentials.held_by(conn, installation.issuer.institution.id, learner_id)  # type: ignore[arg-type]
    return sum(one.kind is CredentialKind.AWARD for one in held)
