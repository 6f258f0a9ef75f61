"""Share links on a real database: made, opened, counted, run out, withdrawn; a token is never stored in clear."""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import psycopg
import pytest

from app.credentials.signing import Issuer
from app.database import transaction
from app.errors import NotFound, Refused
from app.sharing import service as sharing
from app.sharing.model import DEFAULT_LIFETIME, LONGEST_LIFETIME, ShareLink
from app.sharing.service import NewLink
from app.wiring import now
from tests.integration.conftest import Installation

MINUTE = timedelta(minutes=1)


async def learner(installation: Installation) -> UUID:
    return (await installation.issue_one()).learner_id


async def create(
    installation: Installation, learner_id: UUID, lifetime: timedelta = DEFAULT_LIFETIME, audience: str = "an employer"
) -> NewLink:
    async with transaction(installation.wiring.engine) as conn:
        return await sharing.create(
            conn, installation.issuer.institution.id, learner_id, audience=audience, lifetime=lifetime, now=now()
        )


async def opened(installation: Installation, token: str, at: datetime | None = None) -> ShareLink:
    async with transaction(installation.wiring.engine) as conn:
        return await sharing.open_link(conn, token, at or now())


async def withdraw(installation: Installation, link_id: UUID, issuer: Issuer | None = None) -> None:
    async with transaction(installation.wiring.engine) as conn:
        await sharing.withdraw(conn, (issuer or installation.issuer).institution.id, link_id, now())


async def links(installation: Installation, learner_id: UUID, issuer: Issuer | None = None) -> tuple[ShareLink, ...]:
    async with transaction(installation.wiring.engine) as conn:
        return await sharing.links_of(conn, (issuer or installation.issuer).institution.id, learner_id)


async def test_a_link_opens_one_profile_and_every_view_is_counted(installation: Installation) -> None:
    learner_id = await learner(installation)
    made, quiet = await create(installation, learner_id), await create(installation, learner_id, audience="nobody yet")
    assert made.token != quiet.token
    for _ in range(3):
        link = await opened(installation, made.token)
    assert (link.learner_id, link.institution_id) == (learner_id, installation.issuer.institution.id)
    first, second = await links(installation, learner_id)
    assert [(first.audience, first.views), (second.audience, second.views)] == [("an employer", 3), ("nobody yet", 0)]


async def test_a_link_runs_out_and_a_late_view_is_not_counted(installation: Installation) -> None:
    learner_id = await learner(installation)
    made = await create(installation, learner_id, timedelta(minutes=5))
    await opened(installation, made.token, made.link.expires_at - MINUTE)
    for late in (made.link.expires_at, made.link.expires_at + MINUTE):
        with pytest.raises(NotFound) as refused:
            await opened(installation, made.token, late)
        assert refused.value.code == "link_expired"
    assert [link.views for link in await links(installation, learner_id)] == [1]


async def test_a_withdrawn_link_stays_withdrawn(installation: Installation) -> None:
    learner_id = await learner(installation)
    made, other = await create(installation, learner_id), await create(installation, learner_id)
    await withdraw(installation, made.link.id)
    # Withdrawn is said rather than run out, also after its end.
    for at in (now(), made.link.expires_at + MINUTE):
        with pytest.raises(NotFound) as refused:
            await opened(installation, made.token, at)
        assert refused.value.code == "link_withdrawn"
    with pytest.raises(NotFound) as again:
        await withdraw(installation, made.link.id)
    assert again.value.code == "link_unknown"
    assert (await opened(installation, other.token)).id == other.link.id


async def test_institutions_do_not_see_each_others_links(installation: Installation) -> None:
    learner_id = await learner(installation)
    made = await create(installation, learner_id)
    assert await links(installation, learner_id, installation.other) == ()
    with pytest.raises(NotFound) as refused:
        await withdraw(installation, made.link.id, installation.other)
    assert refused.value.code == "link_unknown"
    with pytest.raises(NotFound) as missing:
        async with transaction(installation.wiring.engine) as conn:
            await sharing.create(conn, installation.other.institution.id, learner_id, audience="", now=now())
    assert missing.value.code == "learner_unknown"
    await opened(installation, made.token)


async def test_the_token_is_stored_nowhere_in_clear(installation: Installation) -> None:
    made = await create(installation, await learner(installation))
    await opened(installation, made.token)
    assert made.token not in repr(made)
    # 128 random bits.
    assert len(made.token) == 22
    with psycopg.connect(installation.settings.secret_database_url()) as conn:
        named = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        for (table,) in conn.execute(named).fetchall():
            for (row,) in conn.execute(f'SELECT row_to_json(t)::text FROM "{table}" t').fetchall():
                assert made.token not in row
        stored = conn.execute("SELECT token_sha256 FROM share_links").fetchall()
    assert stored == [(sha256(made.token.encode()).digest(),)]


@pytest.mark.parametrize("token", ["", "x", "a" * 22, "a" * 100_000, "'; DROP TABLE share_links; --", "é" * 22])
async def test_a_guess_opens_nothing(installation: Installation, token: str) -> None:
    await create(installation, await learner(installation))
    with pytest.raises(NotFound) as refused:
        await opened(installation, token)
    assert refused.value.code == "link_unknown"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lifetime": timedelta(minutes=4)}, "lifetime_invalid"),
        ({"lifetime": -DEFAULT_LIFETIME}, "lifetime_invalid"),
        ({"lifetime": LONGEST_LIFETIME + MINUTE}, "lifetime_invalid"),
        ({"audience": "x" * 101}, "audience_invalid"),
    ],
)
async def test_what_a_link_may_not_be(installation: Installation, changes: dict[str, object], code: str) -> None:
    learner_id = await learner(installation)
    with pytest.raises(Refused) as refused:
        await create(installation, learner_id, **changes)  # type: ignore[arg-type]
    assert refused.value.code == code
    with pytest.raises(NotFound):
        await create(installation, uuid4())
    assert await links(installation, learner_id) == ()
