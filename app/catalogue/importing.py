"""Importing a framework: official wording takes the place of our summaries, under the same scoped id and version."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue import store
from app.catalogue.frameworks.model import Framework, Plan, plan
from app.catalogue.frameworks.reading import read_framework
from app.catalogue.identifiers import check_occupation
from app.catalogue.model import Occupation
from app.errors import Conflict, NotFound, Refused


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changed, or would change. `other_versions` are on record beside it and were left as they are."""

    title: str
    plan: Plan
    other_versions: tuple[str | None, ...]

    @property
    def matches(self) -> int:
        """How many matches in other frameworks the statements have."""
        return sum(len(ksb.matches) for ksb in self.plan.ksbs)


async def import_framework(
    conn: AsyncConnection, data: bytes, *, now: datetime, occupation_id: str = "", dry_run: bool = False
) -> Imported:
    """Read a file and write its statements; nothing is written by a dry run. Safe to repeat.

    `occupation_id` is needed where the file does not name one and the standard has several, or names no standard.
    Raises what `read_framework` raises, `Refused` (occupation_format, occupation_unclear, occupation_differs) or
    `NotFound("occupation_unknown")` for a file that lacks what a new occupation needs.
    """
    framework = read_framework(data)
    await store.lock_frameworks(conn)
    known = await _occupation(conn, framework, occupation_id)
    identifier = known.id if isinstance(known, Occupation) else known
    on_record = await store.ksbs_of(conn, identifier)
    planned = plan(framework, identifier, on_record)
    title, level = framework.title, framework.level
    new: Occupation | None = None
    if isinstance(known, Occupation):
        title, level = title or known.title, level or known.level
    elif title is None or level is None or framework.standard_id is None:
        message = f"{identifier} is not in the catalogue, and this file does not say its title and level."
        raise NotFound("occupation_unknown", message, {"occupation": identifier})
    else:
        new = _new_occupation(identifier, framework, title, level, planned)
    if not dry_run:
        version = {
            "occupation_id": identifier,
            "version": framework.version,
            "title": title,
            "level": level,
            "is_whole": planned.is_whole,
            "source": framework.source.value,
            "uri": framework.uri,
            "file_sha256": sha256(data).digest(),
            "imported_at": now,
        }
        await store.save_framework(conn, version, planned.ksbs, new)
    others = {ksb.version for ksb in on_record} - {framework.version}
    return Imported(str(title), planned, tuple(sorted(others, key=lambda each: each or "")))


async def _occupation(conn: AsyncConnection, framework: Framework, chosen: str) -> Occupation | str:
    """The occupation, or its id where it is not on record."""
    for finding in check_occupation(chosen) if chosen else ():
        raise Refused(finding.code, finding.message)
    if chosen and framework.occupation_id not in (None, chosen):
        raise Conflict("occupation_differs", f"The file is of {framework.occupation_id}, not of {chosen}.")
    wanted = chosen or framework.occupation_id
    if wanted:
        found = await store.find_occupations(conn, id=wanted)
        if found and framework.standard_id not in (None, found[0].standard_id):
            message = f"The file is of {framework.standard_id}, but {wanted} belongs to {found[0].standard_id}."
            raise Conflict("occupation_differs", message)
        return found[0] if found else wanted
    if framework.standard_id is None:
        raise Refused("occupation_unclear", "The file does not name one standard; say which occupation it is of.")
    found = await store.find_occupations(conn, standard_id=framework.standard_id)
    if len(found) > 1:
        ids = [each.id for each in found]
        message = f"{framework.standard_id} has several occupations; say which one: {', '.join(ids)}."
        raise Refused("occupation_unclear", message, {"occupations": ids})
    # An occupation has the number of its standard, and a letter only where the standard has several.
    return found[0] if found else f"OCC{framework.standard_id.removeprefix('ST')}"


def _new_occupation(identifier: str, framework: Framework, title: str, level: int, planned: Plan) -> Occupation:
    return Occupation(
        id=identifier,
        standard_id=str(framework.standard_id),
        version=framework.version,
        title=title,
        level=level,
        route=framework.route or "",
        soc_codes=(),
        ksbs=(),
        ksbs_complete=planned.is_whole,
        licence="Skills England data, Open Government Licence v3.0; show the Skills England attribution with it",
        verified=True,
    )
