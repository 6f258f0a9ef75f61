"""The same thing asked for twice at the same moment, over two connections: it is done once, and the other is told.

The first has done its work and not yet committed when the second comes: the moment at which a look alone sees nothing.
The second has to wait for it; what it is told then is what it would have been told a minute later.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials import accrediting, cohort_import, endorsements, keys, records, status
from app.credentials import service as credentials
from app.credentials.model import Changes
from app.credentials.scheme import make_scheme_operator
from app.credentials.signing import Issuer
from app.database import reading, transaction
from app.errors import AppError
from app.institutions import service as institutions
from app.institutions import upkeep
from app.sharing import service as sharing
from app.standards.data_integrity import CanonicalForm
from app.wiring import now
from tests.integration.conftest import ANNA, PUBLIC_URL, Installation
from tests.integration.credentials.test_correcting import LONG_AGO, faults
from tests.integration.stacking.classroom import HEADINGS, results

RESULT = {
    **ANNA,
    "qualification": "603/7595/4",
    "component": "1",
    "grade": "Merit",
    "awarded_on": date(2026, 6, 26),
}
BOB = {**RESULT, "learner_name": "Bob Example", "uln": "9900000012", "email": "bob@example.org"}
FILE = (HEADINGS + results(0, "PPPPPPPP")).encode()
OF_ANNA = f"{ANNA['learner_name']},{ANNA['uln']},{ANNA['email']},603/7595/4,1,Merit,2026-06-26\n"


@dataclass(frozen=True)
class Given:
    """What is there before: a credential, its record, a link, an accreditation, the key in use."""

    installation: Installation
    credential_id: UUID
    learner_id: UUID
    link_id: UUID
    edge_id: UUID
    operator_id: UUID
    key_name: str

    @property
    def form(self) -> CanonicalForm:
        return self.installation.wiring.canonical

    async def issuer(self, conn: AsyncConnection, institution_id: UUID | None = None) -> Issuer:
        return await self.installation.wiring.issuer(conn, institution_id or self.institution_id)

    @property
    def institution_id(self) -> UUID:
        return self.installation.issuer.institution.id

    @property
    def registration(self) -> dict[str, Any]:
        contract = str(self.installation.settings.registry_address)
        return {"public_url": PUBLIC_URL, "chain_id": 31337, "contract": contract, "now": now()}


Act = Callable[[Given, AsyncConnection], Awaitable[object]]


async def issue(given: Given, conn: AsyncConnection) -> object:
    order = {**RESULT, "component": "2", "now": now()}
    return await credentials.issue_one(conn, await given.issuer(conn), given.form, **order)


async def issue_to_bob(given: Given, conn: AsyncConnection) -> object:
    return await credentials.issue_one(conn, await given.issuer(conn), given.form, **BOB, now=now())


async def take_in(given: Given, conn: AsyncConnection, data: bytes = FILE, key: str | None = None) -> object:
    named = {"file_name": "results.csv", "idempotency_key": key, "now": now()}
    return await cohort_import.commit(conn, await given.issuer(conn), data, **named)


async def take_in_with_key(given: Given, conn: AsyncConnection) -> object:
    return await take_in(given, conn, key="one")


async def take_in_other_with_key(given: Given, conn: AsyncConnection) -> object:
    return await take_in(given, conn, FILE.replace(b"Pass", b"Merit"), key="one")


async def take_in_the_same_result(given: Given, conn: AsyncConnection) -> object:
    return await take_in(given, conn, (HEADINGS + OF_ANNA.replace(",1,", ",2,")).encode())


async def take_in_backwards(given: Given, conn: AsyncConnection) -> object:
    """Other results of the same learners, in the other order."""
    rows = [*results(1, "PPPPPPPP").splitlines(True), *results(0, "PPPPPPPP").splitlines(True)]
    return await take_in(given, conn, (HEADINGS + rows[0] + rows[8]).encode())


async def take_in_forwards(given: Given, conn: AsyncConnection) -> object:
    rows = [*results(0, "PPPPPPPP").splitlines(True), *results(1, "PPPPPPPP").splitlines(True)]
    return await take_in(given, conn, (HEADINGS + rows[1] + rows[9]).encode())


async def correct(given: Given, conn: AsyncConnection) -> object:
    wanted = {"changes": Changes(grade="Pass"), "reason": "grade changed", "now": now()}
    return await credentials.correct(conn, await given.issuer(conn), given.form, given.credential_id, **wanted)


async def correct_details(given: Given, conn: AsyncConnection) -> object:
    wanted = {"changes": Changes(learner_name="Hanna Miller"), "reason": "wrong learner details", "now": now()}
    return await credentials.correct(conn, await given.issuer(conn), given.form, given.credential_id, **wanted)


async def revoke(given: Given, conn: AsyncConnection) -> object:
    return await credentials.revoke(conn, await given.issuer(conn), given.credential_id, reason="other", now=now())


async def rename(given: Given, conn: AsyncConnection) -> object:
    issuer = await given.issuer(conn)
    return await credentials.change_name(conn, issuer, given.form, given.learner_id, name="Hanna Miller", now=now())


async def make_record(given: Given, conn: AsyncConnection) -> object:
    return await records.issue_record(conn, await given.issuer(conn), given.form, given.learner_id, now=now())


async def endorse(given: Given, conn: AsyncConnection) -> object:
    wanted = {"institution": "southport", "comment": "Good.", "now": now()}
    return await endorsements.endorse(conn, await given.issuer(conn), given.form, **wanted)


async def rotate(given: Given, conn: AsyncConnection) -> object:
    wiring = given.installation.wiring
    await upkeep.hold(conn, given.institution_id)
    return await keys.rotate(conn, wiring.keystore, wiring.compiled, given.institution_id, now(), given.key_name)


async def lose_key(given: Given, conn: AsyncConnection) -> object:
    wiring = given.installation.wiring
    await upkeep.hold(conn, given.institution_id)
    moment = now()
    named = {"since": moment, "now": moment, "key_name": given.key_name}
    return await keys.compromise(conn, wiring.keystore, wiring.compiled, given.institution_id, **named)


async def lose_operators_key(given: Given, conn: AsyncConnection) -> object:
    wiring = given.installation.wiring
    await upkeep.hold(conn, given.operator_id)
    moment = now()
    return await keys.compromise(conn, wiring.keystore, wiring.compiled, given.operator_id, since=moment, now=moment)


async def accredit(given: Given, conn: AsyncConnection) -> object:
    operator = await given.issuer(conn, given.operator_id)
    child = given.installation.issuer.institution
    return await accrediting.accredit(
        conn, operator, child, ["tlevel-6105799x"], valid_from=date(2026, 9, 1), now=now()
    )


async def withdraw_accreditation(given: Given, conn: AsyncConnection) -> object:
    operator = await given.issuer(conn, await accrediting.accreditor_of(conn, given.edge_id))
    return await accrediting.withdraw(conn, operator, given.edge_id, "it closed", now())


async def withdraw_link(given: Given, conn: AsyncConnection) -> object:
    return await sharing.withdraw(conn, given.institution_id, given.link_id, now())


def register(slug: str, ukprn: str, domain: str | None = None) -> Act:
    async def act(given: Given, conn: AsyncConnection) -> object:
        wiring = given.installation.wiring
        return await credentials.become_issuer(
            conn,
            wiring.keystore,
            wiring.compiled,
            slug=slug,
            name="Eastham College",
            ukprn=ukprn,
            domain=domain,
            **given.registration,
        )

    return act


async def make_operator(given: Given, conn: AsyncConnection) -> object:
    wiring = given.installation.wiring
    return await make_scheme_operator(
        conn, wiring.keystore, wiring.compiled, name="Scheme", slug="second", **given.registration
    )


EASTHAM = register("eastham", "10000003", "creds.eastham.ac.uk")
TWICE: list[tuple[str, Act, Act, str | None]] = [
    ("issue, issue", issue, issue, "award_duplicate"),
    ("issue, import the same result", issue, take_in_the_same_result, "award_duplicate"),
    ("import a result, issue it", take_in_the_same_result, issue, "award_duplicate"),
    ("import a file, import it", take_in, take_in, None),
    ("import with a key, import another with it", take_in_with_key, take_in_other_with_key, "idempotency_key_reused"),
    ("import learners, import them in another order", take_in_forwards, take_in_backwards, None),
    ("correct, correct", correct, correct, "correction_empty"),
    ("correct, withdraw", correct, revoke, None),
    ("withdraw, correct", revoke, correct, "already_revoked"),
    ("withdraw, withdraw", revoke, revoke, "already_revoked"),
    ("withdraw, correct details", revoke, correct_details, "already_revoked"),
    ("correct details, correct them", correct_details, correct_details, "correction_empty"),
    ("rename, rename", rename, rename, "correction_empty"),
    ("rename, correct details to the same", rename, correct_details, "correction_empty"),
    ("rename, make a record", rename, make_record, None),
    ("make a record, rename", make_record, rename, None),
    ("make a record, make one", make_record, make_record, None),
    ("withdraw the only credential, make a record", revoke, make_record, "record_empty"),
    ("endorse, endorse", endorse, endorse, "endorsement_duplicate"),
    ("rotate, rotate", rotate, rotate, "key_already_rotated"),
    ("rotate, give the key up", rotate, lose_key, None),
    ("give the key up, rotate it", lose_key, rotate, "key_already_rotated"),
    ("give the key up, give it up", lose_key, lose_key, "key_already_compromised"),
    ("give the key up, issue", lose_key, issue, None),
    ("accredit, accredit", accredit, accredit, "accreditation_duplicate"),
    ("give up the accreditor's key, accredit", lose_operators_key, accredit, None),
    ("accredit, give up the accreditor's key", accredit, lose_operators_key, None),
    ("withdraw an accreditation, give up the key", withdraw_accreditation, lose_operators_key, None),
    ("withdraw an accreditation, withdraw it", withdraw_accreditation, withdraw_accreditation, "accreditation_withdrawn"),
    ("withdraw a link, withdraw it", withdraw_link, withdraw_link, "link_unknown"),
    ("claim a domain, claim it", EASTHAM, register("westham", "10000004", "creds.eastham.ac.uk"), "domain_taken"),
    ("register a name, register it", EASTHAM, register("eastham", "10000004"), "institution_exists"),
    ("register a number, register it", EASTHAM, register("westham", "10000003"), "institution_exists"),
    ("begin a scheme, begin it", make_operator, make_operator, "institution_exists"),
]  # fmt: skip


@pytest.fixture
async def given(installation: Installation) -> Given:
    wiring, college = installation.wiring, installation.issuer.institution
    issued = await installation.issue_one(now=LONG_AGO)
    assert issued.learner_id is not None
    contract = str(installation.settings.registry_address)
    async with transaction(wiring.engine) as conn:
        link = await sharing.create(conn, college.id, issued.learner_id, audience="", now=now())
        operator = await make_scheme_operator(
            conn,
            wiring.keystore,
            wiring.compiled,
            name="The Scheme",
            public_url=PUBLIC_URL,
            chain_id=31337,
            contract=contract,
            now=now(),
        )
        edge = await accrediting.accredit(
            conn, operator, college, ["hnc-computing"], valid_from=date(2020, 9, 1), now=now()
        )
        key = (await institutions.identity(conn, college.id)).signing_key
    return Given(installation, issued.id, issued.learner_id, link.link.id, edge.id, operator.institution.id, key.name)


async def alone(given: Given, act: Act) -> object:
    async with transaction(given.installation.wiring.engine) as conn:
        return await act(given, conn)


async def outcome_of_second(given: Given, first: Act, second: Act) -> object:
    """What comes of `second` when it starts after `first` did its work and before that was committed."""
    engine = given.installation.wiring.engine
    async with transaction(engine) as conn:
        await first(given, conn)
        waiting = asyncio.create_task(alone(given, second))
        # Each look on its own: within a transaction the server shows what it saw first.
        async with reading(engine) as other:
            while not (await other.execute(text(_SOMEBODY_WAITS))).scalar():
                assert not waiting.done(), f"it did not wait: {waiting}"
    (outcome,) = await asyncio.gather(waiting, return_exceptions=True)
    return outcome


_SOMEBODY_WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.mark.parametrize(("what", "first", "second", "code"), TWICE, ids=[what for what, *_ in TWICE])
async def test_it_is_done_once_and_the_other_is_told(
    given: Given, what: str, first: Act, second: Act, code: str | None
) -> None:
    outcome = await outcome_of_second(given, first, second)
    if code is None:
        assert not isinstance(outcome, BaseException), outcome
    else:
        assert isinstance(outcome, AppError), outcome
        assert outcome.code == code, what
    # What an import brought waits for the worker.
    assert [one for one in await faults(given.installation) if "not signed" not in one] == []


@pytest.mark.parametrize(("what", "first", "second", "code"), TWICE, ids=[what for what, *_ in TWICE])
async def test_neither_fails_for_another_reason_when_both_start_together(
    given: Given, what: str, first: Act, second: Act, code: str | None
) -> None:
    """Whoever comes first: no deadlock, no failure of the database, and never both where one is to be refused."""
    outcomes = await asyncio.gather(alone(given, first), alone(given, second), return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, BaseException)]
    assert all(isinstance(one, AppError) for one in refused), outcomes
    assert not {"saved_meanwhile", "database_unavailable"} & {getattr(one, "code", "") for one in refused}
    if first is second:
        assert [getattr(one, "code", "") for one in refused] == ([] if code is None else [code])


async def test_two_at_once_that_find_the_list_full_open_one_new_list(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "CAPACITY", 1)
    assert not isinstance(await outcome_of_second(given, issue, issue_to_bob), BaseException)
    async with transaction(given.installation.wiring.engine) as conn:
        query = "SELECT number, allocated_count FROM status_lists WHERE institution_id = :id ORDER BY number"
        lists = (await conn.execute(text(query), {"id": given.institution_id})).all()
    assert [tuple(one) for one in lists] == [(1, 1), (2, 1), (3, 1)]


async def test_two_requests_for_one_result_are_a_credential_and_a_conflict(installation: Installation) -> None:
    body = {
        "learner_name": ANNA["learner_name"],
        "uln": ANNA["uln"],
        "email": ANNA["email"],
        "qualification": "603/7595/4",
        "component": "1",
        "grade": "Merit",
        "award_date": "2026-06-26",
    }
    headers = installation.headers("issue")
    asked = [installation.client.post("/api/credentials", json=body, headers=headers) for _ in range(4)]
    answers = await asyncio.gather(*asked)
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"award_duplicate"}
    listed = (await installation.client.get("/api/credentials", headers=headers)).json()
    assert len(listed["credentials"]) == 1
