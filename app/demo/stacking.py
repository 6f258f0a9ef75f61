"""The second tale: one learner's pieces from two colleges add up to an HNC and an HND; one is withdrawn.

What a stranger needs to check the HND is saved before that, and checked with nobody to ask.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import service as anchoring
from app.credentials import accrediting, cohort_import
from app.credentials import service as credentials
from app.credentials.model import Credential, CredentialKind, RevocationReason
from app.credentials.signing import Issuer
from app.database import transaction
from app.demo.tale import StepFailed, Tale, out
from app.institutions.model import Institution
from app.settings import Settings
from app.sharing import service as sharing
from app.stacking import linking, notices, packs, transferring
from app.wiring import Wiring, now

SECOND_SLUG: Final = "southport-sample"
SECOND_NAME: Final = "Southport College (sample)"
HNC, HND, T_LEVEL = "hnc-computing", "hnd-computing-england-network", "tlevel-60358324"
BUNDLE: Final = "the-hnd-of-one-learner.json"
WAIT_SECONDS: Final = 180

HEADINGS: Final = "learner_name,uln,email,qualification,component,grade,award_date\n"
_LEARNER: Final = "Sana Specimen-Sample,9900901001,sana@example.org"
_Results = tuple[tuple[str, str, str, date], ...]
# Qualification, component, grade, day. First a T Level, which opens the door and carries no credit at level 4; then two
# modules of 30 credits, one at each college; then what completes the HNC, and the HND.
_BEGUN: Final[_Results] = (
    (T_LEVEL, "60358324", "B", date(2025, 8, 13)),
    (T_LEVEL, "PLACEMENT", "Met", date(2025, 6, 20)),
    (HNC, "2", "Merit", date(2026, 1, 16)),
    (HNC, "5", "Distinction", date(2026, 1, 16)),
)
_ELSEWHERE: Final[_Results] = (
    (HNC, "1", "Merit", date(2026, 3, 27)),
    (HNC, "4", "Pass", date(2026, 3, 27)),
)
_REST: Final[_Results] = tuple((HNC, unit, "Merit", date(2026, 6, 26)) for unit in ("3", "6", "7", "13"))
_LEVEL_5: Final[_Results] = tuple(
    (HND, unit, grade, date(2026, 10, 30))
    for unit, grade in (
        ("16", "Distinction"),
        ("17", "Merit"),
        ("27", "Merit"),
        ("28", "Distinction"),
        ("29", "Distinction"),
        ("DATA-STRUCTURES-AND-ALGORITHMS", "Merit"),
        ("APPLICATION-DEVELOPMENT", "Distinction"),
    )
)
_Found = TypeVar("_Found")
WITHDRAWN: Final = "hnd-computing-england-network-u28"


async def second_college(conn: AsyncConnection, wiring: Wiring, operator: Issuer) -> Institution:
    """The college at which the learner takes one module."""
    issuer = await credentials.become_issuer(
        conn,
        wiring.keystore,
        wiring.compiled,
        slug=SECOND_SLUG,
        name=SECOND_NAME,
        ukprn="10000002",
        public_url=wiring.settings.public_url,
        chain_id=await wiring.chain.chain_id(),
        contract=str(wiring.settings.registry_address),
        now=now(),
    )
    await accrediting.accredit(conn, operator, issuer.institution, (HNC,), valid_from=date(2020, 9, 1), now=now())
    return issuer.institution


async def tell(tale: Tale, wiring: Wiring, settings: Settings, here: Institution, there: Institution, at: str) -> None:
    """From a T Level to an HND, and what one withdrawn unit does to it. A second run finds what it made."""
    with tale.telling("Add up one learner's pieces from two colleges: a T Level, two modules, an HNC, an HND"):
        learner_id = await _take_in(wiring, here, "begun", _BEGUN)
        other_id = await _take_in(wiring, there, "module", _ELSEWHERE)
        await _link(wiring, here, learner_id, there, other_id)
        await _take_in(wiring, here, "rest", _REST)
        hnc = await _award(wiring, here, learner_id, HNC)
        await _take_in(wiring, here, "level-5", _LEVEL_5)
        hnd = await _award(wiring, here, learner_id, HND)
        out.print(f"    HNC: {hnc.grade}, with 30 credits from {there.name}. HND: {hnd.grade}")
    file = settings.data_dir / "shown" / BUNDLE
    file.parent.mkdir(parents=True, exist_ok=True)
    if hnd.revoked_at is None:
        with tale.telling("Check the HND with nobody to ask: each part, and the sum of them"):
            await _recorded(wiring, (here, there))
            async with transaction(wiring.engine) as conn:
                file.write_bytes(await credentials.bundle(conn, hnd.id, packs.bytes_at))
            await asyncio.to_thread(_check_offline, file, settings.wallets_dir / "public")
        with tale.telling("Withdraw one unit of level 5, and see what becomes of the HND"):
            hnd = await _withdraw_a_unit(wiring, here, learner_id, hnd)
    async with transaction(wiring.engine) as conn:
        link = await sharing.create(conn, here.id, learner_id, audience="demo", lifetime=timedelta(days=90), now=now())
    tale.addresses += [
        ("An HNC from two colleges, checked", f"{at}/verify/{hnc.id}"),
        ("The profile of its learner", f"{at}/p/{link.token}"),
    ]
    tale.ended.append(("An HND that ended with a unit of it", f"{at}/verify/{hnd.id}"))


async def _take_in(wiring: Wiring, college: Institution, name: str, results: _Results) -> UUID:
    """Commit a file of one learner; the learner's number at the college. The same file again changes nothing."""
    rows = "".join(f"{_LEARNER},{unit},{code},{grade},{day}\n" for unit, code, grade, day in results)
    async with transaction(wiring.engine) as conn:
        issuer = await wiring.issuer(conn, college.id)
        file = (HEADINGS + rows).encode()
        cohort, _ = await cohort_import.commit(
            conn, issuer, file, file_name=f"{name}.csv", idempotency_key=None, now=now()
        )
        [learner] = await credentials.learners_of_import(conn, college.id, cohort.id)
        return learner.id


async def _link(wiring: Wiring, here: Institution, learner_id: UUID, there: Institution, other_id: UUID) -> None:
    """The college takes HNC credit from the other one; the learner proves that both records are hers."""
    async with transaction(wiring.engine) as conn:
        if not await transferring.agreements(conn, here.id):
            issuer = await wiring.issuer(conn, here.id)
            await transferring.agree(
                conn,
                issuer,
                there,
                qualification_ids=(HNC,),
                most_credits=60,
                valid_from=date(2025, 9, 1),
                now=now(),
            )
        if not await linking.linked_records(conn, learner_id):
            code = await linking.make_code(conn, there.id, other_id, here.id, now())
            await linking.enter_code(conn, here.id, learner_id, code, now())
            code = await linking.make_code(conn, here.id, learner_id, there.id, now())
            await linking.enter_code(conn, there.id, other_id, code, now())


async def _award(
    wiring: Wiring, college: Institution, learner_id: UUID, qualification: str, *, ended: bool = False
) -> Credential:
    """Wait for the worker to make an award, or to end it."""

    async def found() -> Credential | None:
        async with transaction(wiring.engine) as conn:
            held = await credentials.held_by(conn, college.id, learner_id)
        awards = [one for one in held if one.kind is CredentialKind.AWARD and one.qualification_id == qualification]
        return next((one for one in awards if not ended or one.revoked_at is not None), None)

    return await _waited(found, f"the award of {qualification}")


async def _recorded(wiring: Wiring, colleges: tuple[Institution, ...]) -> None:
    """Wait until everything that was issued has its entry in the register."""

    async def found() -> bool | None:
        async with transaction(wiring.engine) as conn:
            logs = [await anchoring.progress(conn, college.id) for college in colleges]
        return True if all(waiting == 0 and sealed == receipts for waiting, sealed, receipts in logs) else None

    await _waited(found, "an entry in the register")


async def _waited(look: Callable[[], Awaitable[_Found | None]], what: str) -> _Found:
    deadline = time.monotonic() + WAIT_SECONDS
    while (found := await look()) is None:
        if time.monotonic() > deadline:
            raise StepFailed(f"{what} did not come in time; the worker's messages are above")
        await asyncio.sleep(0.3)
    return found


async def _withdraw_a_unit(wiring: Wiring, college: Institution, learner_id: UUID, hnd: Credential) -> Credential:
    async with transaction(wiring.engine) as conn:
        held = await credentials.held_by(conn, college.id, learner_id)
        unit = next(one for one in held if one.unit_id == WITHDRAWN)
        issuer = await wiring.issuer(conn, college.id)
        await credentials.revoke(conn, issuer, unit.id, reason=RevocationReason.ISSUED_IN_ERROR, now=now())
    ended = await _award(wiring, college, learner_id, HND, ended=True)
    if ended.id != hnd.id:
        raise StepFailed("another HND ended than the one that was made")
    async with transaction(wiring.engine) as conn:
        [told] = [one for one in await notices.notices(conn, college.id) if one.award_id == hnd.id]
    out.print(f"    {told.sentence}")
    return ended


def _check_offline(file: Path, issuers: Path) -> None:
    words = ("stack", "verify", str(file), "--offline", "--issuers", str(issuers))
    done = subprocess.run([sys.executable, "-m", "app.cli", *words], capture_output=True, text=True)
    out.print(done.stdout.rstrip(), markup=False, soft_wrap=True)
    if done.returncode != 0:
        raise StepFailed(f"stackmark stack verify --offline says: {done.stdout}{done.stderr}")
