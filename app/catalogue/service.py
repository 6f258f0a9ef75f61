"""What other packages may ask of the catalogue. Every function works inside the caller's transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue import store
from app.catalogue.identifiers import component_code, qualification_reference
from app.catalogue.model import AwardingOrganisation, Bundle, Catalogue, Ksb, Qualification, StandardVersion, Unit
from app.catalogue.seed import packaged
from app.errors import Conflict, NotFound, Refused

MODULE: Final = "module"
"""The kind of a bundle that is looked at as a qualification."""


async def load_catalogue(conn: AsyncConnection, catalogue: Catalogue) -> None:
    """Write a catalogue: new entries are added, known ones overwritten, none deleted. Safe to repeat.

    Raises `Refused("catalogue_invalid")` with the messages in `details["errors"]` when an entry is wrong in
    itself, for example when its units do not add up to its credits, or names a KSB or an awarding
    organisation that is neither in the catalogue nor on record.
    """
    errors = [finding.message for finding in catalogue.findings() if finding.severity == "error"]
    errors += [f"The statement {ksb} is not on record." for ksb in await _missing_ksbs(conn, catalogue)]
    errors += [
        f"The awarding organisation {number} is not on record."
        for number in await _missing_organisations(conn, catalogue)
    ]
    if errors:
        message = f"The catalogue was not loaded: {len(errors)} of its entries are wrong. The first: {errors[0]}"
        raise Refused("catalogue_invalid", message, {"errors": errors})
    await store.upsert_catalogue(conn, catalogue)


async def get_unit(conn: AsyncConnection, unit_id: str) -> Unit:
    """The unit with its proposed and confirmed KSBs. Raises `NotFound("unit_unknown")`."""
    unit = await store.find_unit(conn, unit_id)
    if unit is None:
        raise NotFound("unit_unknown", "There is no unit with this id in the catalogue.", {"unit": unit_id})
    return unit


async def get_qualification(conn: AsyncConnection, qualification_id: str) -> Qualification:
    """The qualification, by catalogue id, with its units; a module, by that of its bundle, without.

    Raises `NotFound("qualification_unknown")`.
    """
    found = await store.find_qualification(conn, qualification_id) or await _module(conn, qualification_id)
    if found is None:
        details = {"qualification": qualification_id}
        raise NotFound("qualification_unknown", "There is no such qualification in the catalogue.", details)
    return found


async def get_qualifications(conn: AsyncConnection, ids: Collection[str]) -> dict[str, Qualification]:
    """By id, with their units: two queries whatever their number, modules (see
    `get_qualification`) included. Raises `NotFound("qualification_unknown")`."""
    parents = {bundle.id: bundle.parent_id for bundle in packaged().bundles if bundle.id in ids}
    wanted = (set(ids) - set(parents)) | set(parents.values())
    every = {entry.id: entry for entry in await store.find_qualifications(conn, wanted)}
    found = {each: every[each] for each in ids if each in every}
    for bundle in packaged().bundles:
        if bundle.id in parents and bundle.parent_id in every:
            found[bundle.id] = _as_qualification(bundle, every[bundle.parent_id])
    for missing in sorted(set(ids) - set(found)):
        message = "There is no such qualification in the catalogue."
        raise NotFound("qualification_unknown", message, {"qualification": missing})
    return found


def modules_of(qualification_id: str) -> tuple[Bundle, ...]:
    """The bundles of which a qualification is the parent course."""
    return tuple(bundle for bundle in packaged().bundles if bundle.parent_id == qualification_id)


async def find_component(conn: AsyncConnection, qualification_ref: str, code: str) -> Unit:
    """The unit with this code in a qualification given by number (any form) or by catalogue id.

    Raises `NotFound("unit_unknown")`, and `Conflict("component_ambiguous")` as `resolve_components` does.
    """
    found = await resolve_components(conn, [(qualification_ref, code)])
    if not found:
        details = {"qualification": qualification_ref, "component": code}
        raise NotFound("unit_unknown", "There is no such unit in the catalogue.", details)
    return found[qualification_ref, code]


async def resolve_components(conn: AsyncConnection, refs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Unit]:
    """The units for pairs (qualification number in any form or catalogue id, component code), in one query.

    The keys are the pairs exactly as given; a pair that is not in the catalogue is absent from the result.
    Raises `Conflict("component_ambiguous")` when a qualification number is shared by two catalogue entries
    that both have the code: the file must then name the entry by its catalogue id.
    """
    normal = {pair: (qualification_reference(pair[0]), component_code(pair[1])) for pair in refs}
    if not normal:
        return {}
    references = {reference for reference, _ in normal.values()}
    codes = {code for _, code in normal.values()}
    candidates: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    for qualification_id, number, unit in await store.find_components(conn, references, codes):
        candidates[qualification_id, unit.code].append(unit)
        if number is not None:
            candidates[number, unit.code].append(unit)
    ambiguous = sorted({key for key in normal.values() if len(candidates.get(key, ())) > 1})
    if ambiguous:
        number, code = ambiguous[0]
        ids = [unit.qualification_id for unit in candidates[number, code]]
        message = f"{number} stands for more than one catalogue entry; write one of {', '.join(ids)}."
        raise Conflict("component_ambiguous", message, {"component": code, "qualifications": ids})
    return {pair: candidates[key][0] for pair, key in normal.items() if key in candidates}


async def list_qualifications(conn: AsyncConnection) -> tuple[Qualification, ...]:
    """Every qualification with its units, by title."""
    return await store.list_qualifications(conn)


async def list_units(conn: AsyncConnection, qualification_id: str) -> tuple[Unit, ...]:
    """The units of a qualification in the awarding organisation's order; empty when it is not known."""
    return await store.units_of(conn, qualification_id)


async def list_organisations(conn: AsyncConnection) -> tuple[AwardingOrganisation, ...]:
    """Every awarding organisation, by name."""
    return await store.list_organisations(conn)


async def get_ksbs(conn: AsyncConnection, ids: Collection[str]) -> tuple[Ksb, ...]:
    """The statements of knowledge, skill and behaviour among `ids` that are on record, by id."""
    return await store.find_ksbs(conn, ids)


async def get_standards(conn: AsyncConnection, occupation_ids: Collection[str]) -> tuple[StandardVersion, ...]:
    """The versions of these occupations' standards whose statements are on record."""
    return await store.find_standards(conn, occupation_ids)


async def _missing_ksbs(conn: AsyncConnection, catalogue: Catalogue) -> list[str]:
    wanted = catalogue.ksbs_from_elsewhere()
    known = {ksb.id for ksb in await store.find_ksbs(conn, wanted)} if wanted else set()
    return sorted(wanted - known)


async def _missing_organisations(conn: AsyncConnection, catalogue: Catalogue) -> list[str]:
    wanted = catalogue.organisations_from_elsewhere()
    known = {entry.recognition_number for entry in await store.list_organisations(conn)} if wanted else set()
    return sorted(wanted - known)


async def _module(conn: AsyncConnection, bundle_id: str) -> Qualification | None:
    bundle = next((each for each in packaged().bundles if each.id == bundle_id), None)
    parent = None if bundle is None else await store.find_qualification(conn, bundle.parent_id)
    return _as_qualification(bundle, parent) if bundle and parent else None


def _as_qualification(bundle: Bundle, parent: Qualification) -> Qualification:
    """A module as the award it is when all of it is passed: a part of its parent, by whose number it goes."""
    return Qualification(
        id=bundle.id,
        title=bundle.title,
        kind=MODULE,
        level=bundle.level,
        total_credits=bundle.credits,
        number=parent.number,
        awarding_organisation=parent.awarding_organisation,
        is_htq=None,
        htq_evidence="",
        units=(),
        recognition_number=parent.recognition_number,
        status_note=f"A module of {parent.title}.",
    )
