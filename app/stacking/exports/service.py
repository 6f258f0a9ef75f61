"""Use cases: the files that a learner takes away, made from what the institution has on record."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue import service as catalogue
from app.catalogue.model import Qualification
from app.catalogue.seed import packaged
from app.credentials import service as credentials
from app.credentials.model import CredentialKind
from app.errors import NotFound, Refused
from app.institutions import service as institutions
from app.stacking import modules
from app.stacking import service as stacking
from app.stacking.exports import europass, json_resume, transcript
from app.stacking.exports.writing import Subject, as_bytes
from app.stacking.profile import LearnerProfile

MOST_UNITS = 20
"""In one module; a whole year has eight."""


async def modules_completed(conn: AsyncConnection, profile: LearnerProfile) -> tuple[modules.CompletedModule, ...]:
    """Every module of the Lifelong Learning Entitlement that a learner completed."""
    credits: Counter[str] = Counter()
    for each in profile.current:
        if each.kind is CredentialKind.UNIT:
            credits[each.qualification_id] += each.credits or 0
    large_enough = {course for course, count in credits.items() if count >= modules.MINIMUM_CREDITS}
    return modules.completed(profile.current, packaged().bundles, await _qualifications(conn, large_enough))


async def make_transcript(
    conn: AsyncConnection,
    institution_id: UUID,
    learner_id: UUID,
    *,
    public_url: str,
    now: datetime,
    chosen: Sequence[str] = (),
    with_uln: bool = False,
) -> bytes:
    """The standardised transcript of the module that `chosen` names (a bundle, or units of one course), or of every
    module the learner completed.

    Raises `NotFound` (learner_unknown, module_unknown, modules_none) and what `modules.read_module` and
    `modules.complete` raise.
    """
    subject = await _subject(conn, institution_id, learner_id, public_url, now, with_uln)
    held = subject.profile.current
    if chosen:
        if len(chosen) > MOST_UNITS:
            raise Refused("module_too_large", f"Name up to {MOST_UNITS} units.", {"limit_units": MOST_UNITS})
        parents = await _parents(conn, chosen)
        module = modules.read_module(chosen, packaged().bundles, {each.id: each for each in parents})
        found: tuple[modules.CompletedModule, ...] = (modules.complete(module, held),)
    else:
        found = await modules_completed(conn, subject.profile)
        if not found:
            raise NotFound("modules_none", "A transcript is made when a module of at least 30 credits is completed.")
    return as_bytes(transcript.transcript(subject, found))


async def make_json_resume(
    conn: AsyncConnection,
    institution_id: UUID,
    learner_id: UUID,
    *,
    public_url: str,
    now: datetime,
    with_uln: bool = False,
) -> bytes:
    """A JSON Resume. Raises `NotFound("learner_unknown")`."""
    subject = await _subject(conn, institution_id, learner_id, public_url, now, with_uln)
    return as_bytes(json_resume.json_resume(subject))


async def make_europass(
    conn: AsyncConnection,
    institution_id: UUID,
    learner_id: UUID,
    *,
    public_url: str,
    now: datetime,
    with_uln: bool = False,
) -> bytes:
    """A document in the shape of the European Learning Model. Raises `NotFound("learner_unknown")`."""
    subject = await _subject(conn, institution_id, learner_id, public_url, now, with_uln)
    known = await _qualifications(conn, {each.qualification_id for each in subject.profile.current})
    # A college records the placement of a T Level; every other result is the awarding organisation's.
    theirs = {unit.id for each in known.values() for unit in each.units if unit.result_owned_by == "college"}
    awarded_by = {
        each.id: subject.profile.institution_name
        if each.unit_id in theirs
        else known[each.qualification_id].awarding_organisation
        for each in subject.profile.current
    }
    return as_bytes(europass.europass(subject, awarded_by))


async def _subject(
    conn: AsyncConnection, institution_id: UUID, learner_id: UUID, public_url: str, now: datetime, with_uln: bool
) -> Subject:
    profile = await stacking.profile(conn, institution_id, learner_id, now)
    learner = await credentials.get_learner(conn, institution_id, learner_id)
    institution = (await institutions.identity(conn, institution_id)).institution
    return Subject(
        profile=profile,
        public_url=public_url,
        ukprn=institution.ukprn,
        attribution=packaged().attribution,
        uln=learner.uln if with_uln else None,
    )


async def _qualifications(conn: AsyncConnection, ids: Iterable[str]) -> dict[str, Qualification]:
    return {each: await catalogue.get_qualification(conn, each) for each in sorted(ids)}


async def _parents(conn: AsyncConnection, chosen: Sequence[str]) -> list[Qualification]:
    """The courses that a bundle or units belong to. Raises `NotFound("module_unknown")`."""
    bundle = next((each for each in packaged().bundles if [each.id] == list(chosen)), None)
    try:
        ids = (
            {bundle.parent_id}
            if bundle
            else {(await catalogue.get_unit(conn, each)).qualification_id for each in chosen}
        )
        return [await catalogue.get_qualification(conn, each) for each in sorted(ids)]
    except NotFound:
        raise NotFound("module_unknown", "There is no bundle or unit with this id in the catalogue.") from None
