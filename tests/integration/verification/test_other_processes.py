"""What another process publishes, withdraws or gives up is seen by the very next check, whatever a server remembers."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.credentials import accrediting, keys
from app.credentials import service as credentials
from app.credentials.model import RevocationReason
from app.database import transaction
from app.standards.vc import parse_timestamp, timestamp
from app.wiring import now, wired
from tests.integration.conftest import Installation
from tests.integration.credentials.test_accrediting import Scheme
from tests.integration.credentials.test_accrediting import scheme as scheme
from tests.integration.test_command_line import Terminal, terminal_of

JSON = {"Accept": "application/json"}
_OF_THE_MOMENT = ("reliedOn", "ageSeconds")


@pytest.fixture
def terminal(installation: Installation, tmp_path: Path) -> Terminal:
    return terminal_of(installation, tmp_path)


@pytest.fixture
async def watched(scheme: Scheme) -> "Watched":
    """A credential of an accredited college, which the serving process has checked already."""
    await scheme.accredit(scheme.operator, scheme.board, "*")
    await scheme.accredit(scheme.board, scheme.college, "hnc-computing")
    # Dates are of whole seconds: in the second in which a key is made, nothing can be told from before it.
    await a_second_later()
    document = await scheme.issue()
    await a_second_later()
    found = Watched(
        scheme, UUID(document["id"].removeprefix("urn:uuid:")), parse_timestamp(document["proof"]["created"])
    )
    for _ in range(2):
        assert await found.finding("accreditation") == "accreditation_ok"
    return found


class Watched:
    """The server of `installation.client` has an engine of its own; `installation.wiring` stands for another process."""

    def __init__(self, scheme: Scheme, number: UUID, signed_at: datetime | None) -> None:
        self.scheme, self.number, self.signed_at = scheme, number, signed_at

    async def report(self) -> dict[str, Any]:
        """What the serving process says, which is what one that has just started says."""
        answer = await self.scheme.installation.client.get(f"/verify/{self.number}", headers=JSON)
        assert answer.status_code == 200, answer.text
        report: dict[str, Any] = answer.json()
        async with wired(self.scheme.installation.settings) as fresh:
            async with transaction(fresh.engine) as conn:
                found = await credentials.evidence(conn, self.number)
            expected = (await fresh.verify_ours(found)).as_json()
        assert _timeless(report["checks"]) == _timeless(expected["checks"])
        assert report["verdict"] == expected["verdict"]
        return report

    async def finding(self, check: str) -> str:
        code: str = next(one["code"] for one in (await self.report())["checks"] if one["check"] == check)
        return code


def _timeless(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in one.items() if name not in _OF_THE_MOMENT} for one in checks]


async def test_a_withdrawal_elsewhere_is_seen_at_once(watched: Watched) -> None:
    scheme = watched.scheme
    async with transaction(scheme.installation.wiring.engine) as conn:
        await credentials.revoke(
            conn, scheme.college, watched.number, reason=RevocationReason.ISSUED_IN_ERROR, now=now()
        )
    report = await watched.report()
    assert report["verdict"] == "was valid"
    assert await watched.finding("status") == "revoked"


async def test_a_withdrawn_accreditation_is_seen_at_once(watched: Watched) -> None:
    scheme = watched.scheme
    async with transaction(scheme.installation.wiring.engine) as conn:
        edge = (await edges_behind(conn, scheme))[0]
    await scheme.withdraw(scheme.board, edge)
    assert await watched.finding("accreditation") != "accreditation_ok"
    again = await scheme.accredit(scheme.board, scheme.college, "hnc-computing")
    assert await watched.finding("accreditation") == "accreditation_ok"
    await scheme.withdraw(scheme.board, again.id)
    assert await watched.finding("accreditation") != "accreditation_ok"


async def test_one_withdrawn_further_up_is_seen_at_once(watched: Watched) -> None:
    scheme = watched.scheme
    async with transaction(scheme.installation.wiring.engine) as conn:
        above = (await edges_behind(conn, scheme))[1]
    await scheme.withdraw(scheme.operator, above)
    assert await watched.finding("accreditation") != "accreditation_ok"


async def a_second_later() -> None:
    await asyncio.sleep(1 - now().microsecond / 1_000_000)


async def _lost(watched: Watched, conn: Any, owner: str) -> object:
    """In the very second in which the credential was signed."""
    wiring, institution = watched.scheme.installation.wiring, getattr(watched.scheme, owner).institution
    assert watched.signed_at is not None
    return await keys.compromise(
        conn, wiring.keystore, wiring.compiled, institution.id, since=watched.signed_at, now=now()
    )


async def _rotated(watched: Watched, conn: Any, owner: str) -> object:
    wiring, institution = watched.scheme.installation.wiring, getattr(watched.scheme, owner).institution
    return await keys.rotate(conn, wiring.keystore, wiring.compiled, institution.id, now())


@pytest.mark.parametrize(
    ("change", "owner", "check", "code"),
    [
        (_lost, "college", "signing_time", "key_revoked"),
        # What they had signed is signed again, with the key that follows, in the same step.
        (_lost, "board", "accreditation", "accreditation_ok"),
        (_lost, "operator", "accreditation", "accreditation_ok"),
        (_rotated, "college", "status", "status_ok"),
        (_rotated, "board", "accreditation", "accreditation_ok"),
    ],
)
async def test_a_change_of_keys_elsewhere_is_seen_at_once(
    watched: Watched, change: Any, owner: str, check: str, code: str
) -> None:
    async with transaction(watched.scheme.installation.wiring.engine) as conn:
        await change(watched, conn, owner)
    assert await watched.finding(check) == code
    lost_by_issuer = change is _lost and owner == "college"
    assert ((await watched.report())["verdict"] == "valid") is not lost_by_issuer


async def test_what_another_program_does_is_seen_at_once(installation: Installation, terminal: Terminal) -> None:
    credential = await installation.issue_one()
    address = f"/verify/{credential.id}"
    assert (await installation.client.get(address, headers=JSON)).json()["verdict"] == "valid"
    await a_second_later()
    terminal.run("keys", "compromise", "northgate", "--since", timestamp(credential.created_at), "--yes")
    report = (await installation.client.get(address, headers=JSON)).json()
    # Signed in the very second from which the key does not count any more.
    assert {one["check"]: one["code"] for one in report["checks"]}["signing_time"] == "key_revoked", report["checks"]
    assert report["verdict"] == "not valid"


async def edges_behind(conn: Any, scheme: Scheme) -> list[UUID]:
    """The accreditations behind the college: its own first, then those above."""
    return [edge.id for edge in await accrediting.edges_of(conn, scheme.college.institution.id)]
